# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role patch_install on booted hosts: every phase, and what a failed one leaves behind."""

from __future__ import annotations

import datetime
import json
import pathlib
import re

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package
from ansible_collections.patchops.fleet.tests.hosts.lab.waiting import finished

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
NEWCOMER = next(
    play for play in re.findall(r"^```yaml\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    if "patchops.fleet.patch_install" in play
)  # fmt: skip

PLAY = """\
- hosts: all
  gather_facts: false
%s
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: patchops.fleet.patch_install
      always:
        - ansible.builtin.copy:
            content: "{{ patch_install_result | to_json }}"
            dest: "{{ playbook_dir }}/{{ inventory_hostname }}.result"
            mode: "0600"
          delegate_to: localhost
          check_mode: false
          vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
# Each hook leaves its name on the host, with the version that is installed then.
HOOK = """\
- ansible.builtin.shell: echo %s $(cat /usr/share/made/hello) >> /root/hooks
"""
HOOKS = {f"patch_install_{name}": f"{name}.yml" for name in ("pre_hook", "snapshot_hook", "health_hook", "post_hook")}
SECURITY = Advisory("SEC-1", severity="Critical", issued="2026-01-01")
UNWELL = """\
- ansible.builtin.command: grep -q 1.0-1 /usr/share/made/hello
  changed_when: false
"""


@pytest.fixture
def boot_node(boot):
    """Boots a host with one security patch to install."""

    def boot_one(kind):
        host = boot(kind)
        host.install(Package("hello", "1.0-1"))
        host.publish(Package("hello", "1.0-1"))
        host.publish(Package("hello", "1.1-1"), advisory=SECURITY)
        return host

    return boot_one


@pytest.fixture
def debian(boot_node):
    return boot_node("debian12")


@pytest.fixture
def patch(controller):
    return Patch(controller)


class Patch:
    """Runs the role; a call answers its output and the fact that it left on the first host."""

    def __init__(self, controller):
        self.controller = controller
        self.folder = controller.folder

    def __call__(self, hosts, *arguments, ends_well=True, **variables):
        with self.started(hosts, *arguments, **variables) as process:
            output, result = self.ended(process, hosts)
        assert (process.returncode == 0) is ends_well, output
        return output, result

    def started(self, hosts, *arguments, keywords="", **variables):
        for old in self.folder.glob("*.result"):
            old.unlink()
        for name, path in HOOKS.items():
            (self.folder / path).write_text(HOOK % name.removeprefix("patch_install_"))
        variables = {"patch_baselines": ["security-now"], "patch_records_dir": "records", **variables}
        (self.folder / "play.yml").write_text(PLAY % keywords)
        inventory = self.controller.inventory(hosts, **variables)
        return self.controller.start("ansible-playbook", "-i", inventory, "play.yml", *arguments)

    def ended(self, process, hosts):
        output, _none = finished(process, 300)
        path = self.folder / f"{hosts[0].name}.result"
        assert path.exists(), output
        return output, json.loads(path.read_text())


def records(controller):
    return [json.loads(path.read_text()) for path in sorted(controller.folder.glob("records/*/*.json"))]


def test_the_play_of_a_newcomer_patches_every_kind_of_host_in_one_run(boot_node, controller):
    nodes = [boot_node(kind) for kind in KINDS]
    controller.play(nodes, NEWCOMER)
    assert {node.name: node.version("hello") for node in nodes} == {node.name: "1.1-1" for node in nodes}


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_phase_in_its_order(boot_node, patch, controller, kind):
    node = boot_node(kind)
    node.shell("systemctl start ssh")
    output, result = patch(
        [node],
        patch_install_health_services=["ssh"],
        patch_install_health_ports=[22, {"port": 22, "host": "127.0.0.1"}],
        patch_install_health_commands=["test -e /usr/share/made/hello"],
        **HOOKS,
    )
    assert node.version("hello") == "1.1-1"
    assert (result["ok"], result["outcome"], result["status"]) == (True, "installed", "COMPLIANT"), output
    assert result["phases"] == ["preflight", "plan", "pre_hook", "snapshot_hook", "install", "health", "post_hook"]
    assert [(patch["name"], patch["new"], patch["outcome"]) for patch in result["patches"]] == [
        ("hello", result["patches"][0]["new"], "installed")
    ]
    hooks = [line.split() for line in node.path("/root/hooks").read_text().splitlines()]
    assert hooks == [
        ["pre_hook", "1.0-1"],
        ["snapshot_hook", "1.0-1"],
        ["health_hook", "1.1-1"],
        ["post_hook", "1.1-1"],
    ]
    assert {record["operation"] for record in records(controller)} == {"Install", "Scan"}

    _output, again = patch([node], **HOOKS)
    assert (again["ok"], again["outcome"], again["phases"]) == (True, "nothing_to_do", ["preflight", "plan", "install"])
    assert len(node.path("/root/hooks").read_text().splitlines()) == len(hooks)


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        pytest.param(["--check"], "", id="of the command line"),
        pytest.param([], "  check_mode: true", id="of the play"),
    ],
)
def test_check_mode_shows_the_plan_alone(debian, patch, arguments, keywords):
    debian.shell("apt-get update")  # which a check does not do
    _output, result = patch([debian], *arguments, keywords=keywords, patch_install_refresh="always", **HOOKS)
    assert debian.version("hello") == "1.0-1"
    assert not debian.path("/root/hooks").exists()
    assert not debian.path("/var/lib/patchops").exists()
    assert result["ok"]
    assert [(patch["name"], patch["outcome"]) for patch in result["patches"]] == [("hello", "planned")]


@pytest.mark.parametrize(
    ("on_failure", "version", "ends_well", "phases"),
    [
        pytest.param("stop", "1.1-1", False, ["health"], id="stop"),
        pytest.param("continue", "1.1-1", True, ["health", "post_hook"], id="continue"),
        pytest.param("rollback", "1.0-1", False, ["health"], id="rollback"),
    ],
)
def test_a_failed_health_check(debian, patch, controller, on_failure, version, ends_well, phases):
    (controller.folder / "unwell.yml").write_text(UNWELL)
    hooks = {**HOOKS, "patch_install_health_hook": "unwell.yml"}
    output, result = patch([debian], ends_well=ends_well, patch_install_on_failure=on_failure, **hooks)
    assert debian.version("hello") == version, output
    assert result["ok"] is ends_well
    assert result["failed_phase"] == (None if ends_well else "health")
    assert result["health"]["ok"] is False
    assert result["phases"][5:] == phases
    assert ("was rolled back" in (result["message"] or "")) is (on_failure == "rollback")
    assert records(controller)[-1]["operation"] == "Scan"


def test_a_service_that_fails_since_is_no_good_health(debian, patch):
    unit = "[Service]\nExecStart=/bin/sh -c 'grep -q 1.0-1 /usr/share/made/hello'\n"
    debian.path("/etc/systemd/system/picky.service").write_text(unit)
    debian.publish(Package("hello", "1.2-1", after="systemctl start picky"), advisory=SECURITY)
    debian.shell("systemctl daemon-reload; systemctl start picky")
    _output, result = patch([debian], ends_well=False)
    assert result["failed_phase"] == "health"
    assert result["message"].startswith("failed since the installation: picky.service")


def test_a_patch_that_fails_ends_the_run_with_a_record(debian, patch, controller):
    debian.publish(Package("hello", "1.2-1", before="echo no room for me; exit 1"), advisory=SECURITY)
    output, result = patch([debian], ends_well=False, **HOOKS)
    assert (result["failed_phase"], result["outcome"]) == ("install", "failed"), output
    assert [patch["outcome"] for patch in result["patches"]] == ["failed"]
    assert result["phases"][-1] == "install"
    assert records(controller)[-1]["operation"] == "Scan"


def test_a_connection_that_breaks_ends_the_run_and_not_the_transaction(debian, patch, controller):
    debian.publish(
        Package("hello", "1.2-1", after="touch /root/begun; while [ ! -e /root/go ]; do sleep 0.1; done"),
        advisory=SECURITY,
    )
    with patch.started([debian]) as process:
        debian.wait_for_file("/root/begun")
        controller.kill_ssh()
        debian.unplug()
        output, result = patch.ended(process, [debian])
    debian.plug()
    debian.path("/root/go").touch()
    assert process.returncode != 0
    assert (result["failed_phase"], result["status"]) == ("install", "UNKNOWN"), output
    _output, again = patch([debian])
    assert debian.version("hello") == "1.2-1"
    assert (again["ok"], again["status"]) == (True, "COMPLIANT")
    assert [run["run_id"] for run in again["recovered"]]


def test_a_hook_that_lasts_beyond_the_cutoff_leaves_no_time_to_install(debian, patch, controller):
    cutoff = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)  # time to come to the hook
    opened = cutoff - datetime.timedelta(hours=1)
    window = {"name": "short", "schedule": f"at({opened:%Y-%m-%dT%H:%M:%S})", "duration": 2, "cutoff": 1}
    wait = f"until test $(date +%s) -gt {int(cutoff.timestamp())}; do sleep 0.2; done; touch /root/waited"
    (controller.folder / "slow.yml").write_text(f"- ansible.builtin.shell: {wait}\n")
    output, result = patch([debian], ends_well=False, maintenance_windows=[window], patch_install_pre_hook="slow.yml")
    assert debian.path("/root/waited").exists()
    assert (result["failed_phase"], result["ok"]) == ("pre_hook", False), output
    assert result["message"].startswith("The cutoff of the maintenance window short has passed since the run began.")
    assert debian.version("hello") == "1.0-1"
    assert [record["operation"] for record in records(controller)] == ["Scan"]


def test_what_would_not_end_in_the_window_is_not_begun(debian, patch):
    opened = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    window = {"name": "short", "schedule": f"at({opened:%Y-%m-%dT%H:%M:%S})", "duration": 1, "cutoff": 0}
    patch([debian], maintenance_windows=[window])
    assert debian.version("hello") == "1.1-1"
    (run,) = debian.path("/var/lib/patchops/runs").glob("*/run.json")
    run.write_text(json.dumps({**json.loads(run.read_text()), "seconds": 7200}))
    debian.publish(Package("hello", "1.2-1"), advisory=SECURITY)
    output, result = patch([debian], ends_well=False, maintenance_windows=[window])
    assert result["failed_phase"] == "plan", output
    assert result["message"].startswith("By the history of 1 runs on this node the installation takes 7201 seconds; ")
    assert debian.version("hello") == "1.1-1"
    patch([debian], maintenance_windows=[window], patch_install_window_check=False)
    assert debian.version("hello") == "1.2-1"
