# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One play, `hosts: all`, role patch_install: a booted Debian host, an EL host, two Windows hosts; one report."""

from __future__ import annotations

import datetime
import json

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package
from ansible_collections.patchops.fleet.tests.hosts.lab.waiting import finished
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost
from ansible_collections.patchops.fleet.tests.servers.windows.server import WindowsServer

LONG_AGO = datetime.datetime(2025, 10, 14, 17)
SECURITY = {"name": "security", "approval_rules": [{"security": True, "approve_after_days": 7}]}
PLAY = """\
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_install
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_report
"""
VARIABLES = {
    "patch_baselines": [SECURITY],
    "patch_install_minimum_free_space": 0,  # of a machine whose memory others fill
    "patch_records_dir": "records",
    "patch_report_dir": "report",
    "patch_report_formats": ["json"],
}


@pytest.fixture
def windows(laboratory):
    """Starts a Windows host where the controller reaches it: windows(number)."""
    servers = []

    def start(number):
        host = WindowsHost(machine_guid=f"00000000-0000-0000-0000-{number:012}").add(
            Update("u1", "2025-10 Cumulative Update", ("5066835",), severity="Critical", released=LONG_AGO),
            Update("u2", "2999-10 Cumulative Update", ("9966835",), severity="Critical",
                   released=datetime.datetime(2999, 1, 1)),
        )  # fmt: skip
        servers.append(WindowsServer(host, laboratory.listen()))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_one_play_over_linux_and_windows(boot, controller, windows):
    linux = [boot("debian12"), boot("dnf4", "rocky9")]
    for host in linux:
        host.install(Package("hello", "1.0-1"))
        host.publish(Package("hello", "1.0-1"))
        host.publish(Package("hello", "1.1-1"), advisory=Advisory("SEC-1", severity="Critical", issued="2026-01-01"))
    servers = {"psrp": windows(1), "winrm": windows(2)}
    path = controller.inventory(linux)
    inventory = json.loads(path.read_text())
    common = inventory["all"].pop("vars")
    hosts = {name: {**common, **entry} for name, entry in inventory["all"]["hosts"].items()}
    hosts.update({name: server.variables(name) for name, server in servers.items()})
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": VARIABLES}}))
    (controller.folder / "play.yml").write_text(PLAY)
    with controller.start("ansible-playbook", "-i", path, "play.yml") as process:
        output, _none = finished(process, 600)
    assert process.returncode == 0, output
    assert [host.version("hello") for host in linux] == ["1.1-1", "1.1-1"]
    assert [server.host.update("u1").installed for server in servers.values()] == [True, True]
    assert [server.host.boots for server in servers.values()] == [2, 2]
    (report,) = (controller.folder / "report").glob("*.json")
    nodes = {node["node"]["name"]: node for node in json.loads(report.read_text())["nodes"]}
    assert set(nodes) == set(hosts)
    assert {node["status"] for node in nodes.values()} == {"COMPLIANT"}
    assert {name: node["node"]["operating_system"] for name, node in nodes.items()} == {
        linux[0].name: "DEBIAN", linux[1].name: "ROCKY_LINUX", "psrp": "WINDOWS", "winrm": "WINDOWS",
    }  # fmt: skip
    for name in servers:
        decided = {patch["kb_id"]: (patch["decision"], patch["state"]) for patch in nodes[name]["patches"]}
        assert decided["KB9966835"] == ("not_approved", "AVAILABLE_SECURITY_UPDATE")
    kept = [json.loads(one.read_text()) for one in controller.folder.glob("records/*/*.json")]
    installed = {
        record["node"]["name"]: {patch["kb_id"]: patch["state"] for patch in record["patches"]}
        for record in kept
        if record["operation"] == "Install"
    }
    assert {states.get("KB5066835") or states.get("hello.amd64") or states.get("hello.x86_64")
            for states in installed.values()} == {"INSTALLED"}  # fmt: skip
    assert set(installed) == set(hosts)
