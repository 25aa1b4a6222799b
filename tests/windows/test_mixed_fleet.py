# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One play, `hosts: all`: role patch_install over this machine, where nothing is installed, and two Windows hosts.

tests/hosts/test_mixed_fleet.py has the same with booted hosts of Linux that are patched.
"""

from __future__ import annotations

import datetime
import json

import pytest

from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

pytestmark = pytest.mark.needs("python3-apt")

LONG_AGO = datetime.datetime(2025, 10, 14, 17)
HOOK = "- ansible.windows.win_ping:\n  when: inventory_hostname != 'linux'\n"
PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: patchops.fleet.patch_install
      always:
        - ansible.builtin.copy:
            content: "{{ patch_install_result | combine(ansible_facts.patch_preflight | default({})) | to_json }}"
            dest: "{{ playbook_dir }}/{{ inventory_hostname }}.result"
            mode: "0600"
          delegate_to: localhost
          check_mode: false
          vars:
            ansible_connection: local
            ansible_shell_type: sh
            ansible_python_interpreter: "{{ ansible_playbook_python }}"
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_report
      vars: {patch_report_dir: "{{ playbook_dir }}/report", patch_report_formats: [json]}
"""
LINUX = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "/usr/bin/python3",
    "patch_install_include": ["no-such-package"],  # nothing is ever installed on this machine
    "patch_install_reboot_option": "NoReboot",
    "patch_install_preflight_fail_on": "never",
    "patch_install_refresh": "never",
}
VARIABLES = {
    "patch_baselines": ["security-now"],
    "patch_records_dir": "records",
    "patch_install_pre_hook": "hook.yml",
    "patch_install_post_hook": "hook.yml",
}
WELL = {
    "patch_install_health_services": ["W3SVC"],
    "patch_install_health_ports": [443],
    "patch_install_health_commands": ["Test-Shop"],
}


def windows(number, **members):
    host = WindowsHost(machine_guid=f"00000000-0000-0000-0000-{number:012}", wsus_server="http://wsus:8530", **members)
    host.running.update(W3SVC="Running", spooler="Stopped")
    host.open_ports.add(443)
    host.commands["Test-Shop"] = "fine"
    return host.add(Update("u1", "2025-10 Cumulative Update", ("5066835",), severity="Critical", released=LONG_AGO))


def test_one_play_over_linux_and_windows(ansible, fleet, tmp_path):
    fleet.add("psrp", windows(1), "psrp", **WELL)
    fleet.add("winrm", windows(2), "winrm", **WELL)
    unwell = fleet.add("unwell", windows(3), "psrp", **{**WELL, "patch_install_on_failure": "rollback",
                                                        "patch_install_health_timeout": 1})  # fmt: skip
    unwell.commands.clear()
    fleet.add("disabled", windows(4, services={"wuauserv": "Disabled", "bits": "Manual"}, wsus_status=503), "winrm")
    snapped = fleet.add("snapped", windows(5), patch_install_snapshot="auto")
    late = fleet.add("late", windows(6), **WELL)
    late.update("u1").installed = True
    late.faults.released = Update(
        "u2", "2025-11 Cumulative Update", ("5068787",), severity="Critical", released=LONG_AGO
    )
    fleet.write_inventory(linux=LINUX)
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "hook.yml").write_text(HOOK)
    (tmp_path / "vars.json").write_text(json.dumps(VARIABLES))
    ended = ansible("ansible-playbook", "-i", "hosts.json", "play.yml", "-e", "@vars.json", "--forks=6")
    results = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.result")}
    assert set(results) == {"linux", *fleet}, ended.stdout
    for name in ("psrp", "winrm"):
        result = results[name]
        assert (result["ok"], result["outcome"]) == (True, "installed"), ended.stdout
        assert result["phases"] == ["preflight", "plan", "pre_hook", "install", "health", "post_hook"]
        assert (result["reboot"]["done"], fleet[name].host.boots) == (True, 2)
        assert fleet[name].modules.count("win_ping") == 2
        assert {one["check"]: one["status"] for one in result["findings"]} == {
            **dict.fromkeys(("connection", "operating_system", "disk_space", "services", "package_manager"), "ok"),
            **dict.fromkeys(("interrupted_transaction", "wsus", "repositories", "pending_reboot", "clock"), "ok"),
        }
    assert results["linux"]["ok"], ended.stdout
    assert results["linux"]["phases"] == ["preflight", "plan", "install"]
    unwell_result = results["unwell"]
    assert (unwell_result["failed_phase"], unwell_result["rollback"]["outcome"]) == ("health", "restored"), ended.stdout
    assert not unwell.update("u1").installed
    disabled = results["disabled"]
    assert disabled["failed_phase"] == "preflight"
    for words in ("Windows Update (wuauserv) is disabled", "(trustedinstaller) is not there", "http://wsus:8530"):
        assert words in disabled["message"], disabled
    assert not fleet["disabled"].host.update("u1").installed
    # what is offered only after the plan, for which the node was not drained, waits for the next run
    assert (results["late"]["ok"], results["late"]["outcome"]) == (True, "nothing_to_do"), ended.stdout
    assert results["late"]["phases"] == ["preflight", "plan"]
    assert (late.boots, late.update("u2").installed) == (1, False)
    assert results["snapped"] == {}  # told before anything is begun
    assert "patch_install_snapshot: auto is for Linux" in " ".join(ended.stdout.split())
    assert not snapped.update("u1").installed
    (report,) = (tmp_path / "report").glob("*.json")
    nodes = {node["node"]["name"]: node["status"] for node in json.loads(report.read_text())["nodes"]}
    assert set(nodes) == set(results) - {"snapped"}  # of which nothing is known
    assert {nodes[name] for name in ("psrp", "winrm")} == {"COMPLIANT"}
    assert {nodes[name] for name in ("unwell", "disabled", "late")} == {"NON_COMPLIANT"}
