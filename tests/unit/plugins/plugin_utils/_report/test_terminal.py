# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table holds its width, cuts no name, and nothing in it moves the cursor."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import loading, terminal
from ansible_collections.patchops.fleet.plugins.plugin_utils._report.text import width


def test_a_small_fleet_on_a_wide_terminal(assembled, record, patch):
    fleet = assembled(
        record(
            "web-1",
            patches=[patch()],
            summary={
                "waiting_count": 2,
                "installed_count": 812,
                "rejected_count": 1,
                "installed_pending_reboot_count": 3,
            },
        ),
        hosts={"web-1": "", "app-1": "unreachable or failed in this play"},
    )
    assert terminal.lines(fleet, 130)[:7] == [
        "Patch compliance, 2026-11-21 06:00 UTC",
        "",
        "NODE   STATUS         MISSING  FAILED  WAITING  INSTALLED  REJECTED  REBOOT  BASELINE",
        "-" * 130,
        "web-1  NON_COMPLIANT        1       0        2        812         1       3"
        "  production: patch group Production names it",
        "app-1  UNKNOWN              -       -        -          -         -       -"
        "  unreachable or failed in this play",
        "",
    ]


def test_a_small_fleet_on_a_narrow_terminal(assembled, record):
    assert terminal.lines(assembled(record("web-1"), record("a-name-that-is-long.example.com")), 79)[2:] == [
        "NODE             STATUS        MISSING FAILED WAITING INSTALLED REJECTED REBOOT",
        "-" * 79,
        "a-name-that-is-long.example.com",
        "                 COMPLIANT           0      0       0         0        0      0",
        "    production: patch group Production names it",
        "web-1            COMPLIANT           0      0       0         0        0      0",
        "    production: patch group Production names it",
        "",
        "Fleet: COMPLIANT. 2 nodes, 2 compliant, 0 non-compliant, 0 unknown.",
        "Patches: 0 missing, 0 failed, 0 waiting, 0 installed, 0 rejected, 0 pending",
        "reboot.",
    ]


def test_a_reason_is_given_once(assembled, record):
    why = "no baseline fits"
    made = record("web-1", status="UNKNOWN", status_reason=why, baseline={"name": None, "why": why})
    table = terminal.lines(assembled(made), 160)
    assert [line.count(why) for line in table if "UNKNOWN  " in line] == [1]
    assert table[4].endswith("  no baseline fits")


def test_what_makes_numbers_doubtful_is_counted(assembled, record):
    fleet = assembled(record(complete=False, refreshed_at="2026-05-21T05:40:00Z"))
    table = " ".join(" ".join(terminal.lines(fleet, 200)).split())
    assert "0 unknown, 1 incomplete, 1 with old package lists." in table
    assert "incomplete: something could not be read, see its problems; package lists fetched 184 days before" in table


@pytest.mark.parametrize("columns", [75, 79, 100, 120, 121, 160, 240])
def test_no_line_is_wider_than_the_terminal(sample_fleet, columns):
    assert max(width(line) for line in terminal.lines(sample_fleet, columns)) <= columns


def test_every_name_is_whole_at_every_width(sample_fleet):
    for columns in (40, 79, 200):
        table = "\n".join(terminal.lines(sample_fleet, columns))
        assert [node.name for node in sample_fleet.nodes if node.name not in table] == []


def test_unreadable_records_and_warnings_are_named(assembled, record):
    fleet = assembled(
        record(), unreadable=[loading.Unreadable("/records/x.json", "not JSON")], warnings=["check the clocks"]
    )
    table = terminal.lines(fleet, 79)
    assert "Unreadable: /records/x.json: not JSON" in table
    assert "Warning: check the clocks" in table


def test_no_records_are_no_table(assembled):
    assert "No compliance record was found." in terminal.lines(assembled(), 79)


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J\x1b[1;1H", "a\nFleet: COMPLIANT.", "\u202e", "\x9b31m", "\r", "\ud800"],
    ids=["clear screen", "another line", "right to left", "C1", "carriage return", "surrogate"],
)
def test_hostile_text_reaches_no_terminal(assembled, record, hostile):
    bad = record(hostile, baseline={"name": hostile, "why": hostile}, status="UNKNOWN", status_reason=hostile)
    fleet = assembled(
        bad,
        hosts={f"host {hostile}": hostile},
        unreadable=[loading.Unreadable(hostile, hostile)],
        warnings=[hostile],
        title=hostile,
    )
    for columns in (79, 200):
        table = terminal.lines(fleet, columns)
        assert all(line.isprintable() for line in table)
        assert sum(line.startswith("Fleet: ") for line in table) == 1
    assert terminal.file_line("html", f"/{hostile}", "created").isprintable()


def test_paint_changes_colours_only(sample_fleet):
    def paint(text, status):
        return f"<{status}>{text}</>"

    painted = terminal.lines(sample_fleet, 160, paint)
    plain = [line.replace("</>", "") for line in painted]
    for status in ("NON_COMPLIANT", "COMPLIANT", "UNKNOWN"):
        plain = [line.replace(f"<{status}>", "") for line in plain]
    assert plain == terminal.lines(sample_fleet, 160)
    assert sum("<NON_COMPLIANT>" in line for line in painted) == 8
