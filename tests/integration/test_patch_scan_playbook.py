# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook patchops.fleet.scan: scan and report with one command, whatever happens to single nodes."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest

from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

pytestmark = pytest.mark.needs("python3-apt")

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
FLEET = {
    "good": {"ansible_connection": "local", "ansible_python_interpreter": PYTHON},
    "broken": {"ansible_connection": "local", "ansible_python_interpreter": "/nonexistent"},
    "away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9},
}


MISSING = Update(
    "u1", "2025-10 Cumulative Update", ("5066835",), severity="Critical", released=datetime.datetime(2025, 10, 14)
)


@pytest.fixture
def scan(ansible, fleet, tmp_path):
    """Runs the playbook on FLEET and a Windows host; answers its exit code, and each node's status in the report."""

    def run(*arguments):
        fleet.add("windows", WindowsHost().add(MISSING))
        fleet.write_inventory(**FLEET)
        options = ("-i", "hosts.json", "-e", "patch_scan_refresh=never")
        ended = ansible("ansible-playbook", "patchops.fleet.scan", *options, *arguments)
        report = tmp_path / "reports" / "patch-compliance.json"
        assert report.exists(), ended.stdout
        return ended.returncode, statuses(json.loads(report.read_text()))

    return run


def statuses(report):
    found = {record["node"]["name"]: record["status"] for record in report["nodes"]}
    return {**found, **{host["name"]: "UNKNOWN" for host in report["unknown_hosts"]}}


def test_the_demo_ends_with_the_table_and_the_files(ansible, tmp_path):
    ended = ansible(
        "ansible-playbook", "patchops.fleet.scan", "-i", CHECKOUT / "inventories/demo", "-e", "patch_scan_refresh=never"
    )
    assert ended.returncode == 0, ended.stdout
    assert "NODE " in ended.stdout
    assert "security-7-days: the only baseline given for DEBIAN" in ended.stdout
    for extension in ("html", "csv", "json"):
        path = tmp_path / "reports" / f"patch-compliance.{extension}"
        assert path.stat().st_size
        assert str(path) in ended.stdout


def test_nodes_that_fail_are_reported_as_unknown(scan):
    code, nodes = scan()
    assert nodes.pop("good") in ("COMPLIANT", "NON_COMPLIANT")
    assert nodes == {"broken": "UNKNOWN", "away": "UNKNOWN", "windows": "NON_COMPLIANT"}
    assert code != 0


def test_there_is_a_report_when_every_node_fails(scan):
    code, nodes = scan("-e", "patch_hosts=broken:away")
    assert nodes == {"broken": "UNKNOWN", "away": "UNKNOWN"}
    assert code != 0


def test_a_limit_limits_the_report_too(scan, tmp_path):
    code, nodes = scan("--limit", "good,windows")
    assert set(nodes) == {"good", "windows"}
    assert code == 0
    page = (tmp_path / "reports" / "patch-compliance.html").read_text()
    assert "2025-10 Cumulative Update" in page
    assert "Windows Server 2022 Datacenter" in (tmp_path / "reports" / "patch-compliance.csv").read_text()
