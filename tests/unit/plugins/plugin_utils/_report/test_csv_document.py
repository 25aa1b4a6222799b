# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of Patch Manager's export, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import csv_document


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def unguarded(cell):
    return cell[1:] if cell.startswith("'") else cell


def escaped(text):
    return text.replace("\t", "\\x09").replace("\r", "\\x0d").replace("\n", "\\x0a")


def test_the_columns_of_the_summary():
    assert [
        "Index",
        "Instance ID",
        "Instance name",
        "Instance IP",
        "Platform name",
        "Platform version",
        "SSM Agent version",
        "Patch baseline",
        "Patch group",
        "Compliance status",
        "Compliance severity",
        *(
            f"Noncompliant {level} severity patch count"
            for level in ("Critical", "High", "Medium", "Low", "Informational", "Unspecified")
        ),
    ] == csv_document.SUMMARY_COLUMNS


def test_the_columns_of_the_detail():
    columns = (
        "Index, Instance ID, Instance name, Patch name, KB ID/Patch ID, Patch state, Last report time, Compliance"
        " level, Patch severity, Patch classification, CVE ID, Patch baseline, Logs URL, Instance IP, Platform name,"
        " Platform version, SSM Agent version"
    )
    assert columns.split(", ") == csv_document.DETAIL_COLUMNS


def test_a_line_per_node(assembled, record, patch):
    bad = record(
        "web-1", patches=[patch(), patch(compliance_level="LOW"), patch(status="COMPLIANT", state="INSTALLED")]
    )
    bad["node"]["platform"] = {
        "name": "Debian GNU/Linux",
        "version": "12",
        "ip_address": "192.0.2.1",
        "agent_version": None,
    }
    one, two = rows(csv_document.summary_csv(assembled(bad, hosts={"app-1": "failed"})))
    assert list(one.values()) == [
        *("1", "id-web-1", "web-1", "192.0.2.1", "Debian GNU/Linux", "12", "", "production", "Production"),
        *("NON_COMPLIANT", "HIGH", "0", "1", "0", "1", "0", "0"),
    ]
    assert list(two.values()) == ["2", "", "app-1", *[""] * 6, "UNKNOWN", *[""] * 7]


def test_a_line_per_patch_in_a_state(assembled, record, patch):
    patches = [patch(cve_ids=["CVE-2026-1", "CVE-2026-2"]), patch("nothing", state=None, status=None)]
    (one,) = rows(csv_document.detail_csv(assembled(record(patches=patches))))
    assert list(one.values()) == [
        *(
            "1",
            "id-web-1",
            "web-1",
            "openssl.amd64:3.0.17-2",
            "openssl.amd64",
            "MISSING",
            "2026-11-21T05:40:00Z",
            "HIGH",
        ),
        *("important", "Security", "CVE-2026-1,CVE-2026-2", "production", "", "", "", "", ""),
    ]


HOSTILE = [
    pytest.param("=cmd|'/C calc'!A0", id="formula"),
    pytest.param("+1", id="plus"),
    pytest.param("-1", id="minus"),
    pytest.param("@SUM(A1)", id="at"),
    pytest.param("\t=1", id="tab"),
    pytest.param("\r=1", id="carriage return"),
    pytest.param("\n=1", id="line feed"),
    pytest.param("\uff1d1", id="full-width equals sign"),
    pytest.param("'=1", id="begins with the guard itself"),
    pytest.param('say "hi", bye\r\nnext', id="quotes, commas and line ends"),
    pytest.param("<script>alert(1)</script>", id="markup"),
    pytest.param("plain", id="plain"),
    pytest.param("", id="nothing"),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_cell_is_a_formula_and_every_cell_reads_back_but_for_escapes(assembled, record, patch, hostile):
    made = record(hostile, patches=[patch(hostile)])
    (summary,) = rows(csv_document.summary_csv(assembled(made)))
    (detail,) = rows(csv_document.detail_csv(assembled(made)))
    for cell in (summary["Instance name"], detail["Instance name"], detail["Patch name"]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
        assert unguarded(cell) == escaped(hostile)


def test_no_cell_holds_what_acts_instead_of_showing(assembled, record, patch):
    hostile = "\x1b[2J\u202eexe.txt\x9b\ud800"
    made = record(hostile, patches=[patch(hostile)])
    for text in (csv_document.summary_csv(assembled(made)), csv_document.detail_csv(assembled(made))):
        assert text.replace("\r\n", "").isprintable()
        assert "\\x1b[2J\\u202eexe.txt\\x9b\\ud800" in text
