# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role patch_install on this machine, up to where something would be installed: nothing ever is."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest

pytestmark = [pytest.mark.needs("python3-apt"), pytest.mark.needs("tzdata")]

PYTHON = "/usr/bin/python3"
PLAY = """\
- hosts: all
  gather_facts: false
  any_errors_fatal: "{{ all_or_none | default(false) }}"
  tasks:
    - block:
        - ansible.builtin.%s_role:
            name: patchops.fleet.patch_install
      always:
        - ansible.builtin.copy:
            content: "{{ patch_install_result | to_json }}"
            dest: "{{ playbook_dir }}/{{ inventory_hostname }}.result"
            mode: "0600"
          delegate_to: localhost
          check_mode: false
"""
# Whatever else goes wrong in a test, nothing is ever installed on this machine.
NOTHING = {"patch_install_include": ["no-such-package"], "patch_install_reboot_option": "NoReboot"}
QUICK = {
    **NOTHING,
    "patch_install_refresh": "never",
    "patch_install_preflight": False,
    "patch_baselines": ["security-now"],
    "patch_records_dir": "records",
}


def at(hours, **members):
    """A window of two hours that opens so many hours from now, its cutoff after the first."""
    opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return {"name": "window", "schedule": f"at({opens:%Y-%m-%dT%H:%M:%S})", "duration": 2, "cutoff": 1, **members}


@pytest.fixture
def play(ansible, tmp_path):
    """Runs the role; answers what Ansible said, the facts it left, and the compliance records by node."""

    def run(variables, hosts=("node1",), include="include", arguments=()):
        nodes = hosts if isinstance(hosts, dict) else {host: {} for host in hosts}
        common = {"ansible_connection": "local", "ansible_python_interpreter": PYTHON}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": nodes, "vars": common}}))
        (tmp_path / "play.yml").write_text(PLAY % include)
        (tmp_path / "vars.json").write_text(json.dumps({**QUICK, **variables}))
        ended = ansible("ansible-playbook", "-i", "hosts.json", "play.yml", "-e", "@vars.json", *arguments)
        results = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.result")}
        return ended, results, records(tmp_path / "records")

    return run


def records(folder):
    found = [json.loads(path.read_text()) for path in pathlib.Path(folder).rglob("*.json")]
    return sorted(record["node"]["name"] for record in found)


REFUSED = {
    "before": ([at(24)], "Outside of the maintenance windows; the next one is window, from"),
    "after": ([at(-3)], "Outside of the maintenance windows; there is no next one"),
    "after-the-cutoff": ([at(-1.5)], "The cutoff of the maintenance window has passed"),
    "of-others": ([at(-0.5, patch_groups=["Staging"])], "No maintenance window is meant for patch group Production"),
    "a-single-one": (at(24), "Outside of the maintenance windows"),
}
ALLOWED = {
    "one-is-open": {"maintenance_windows": [at(24), at(-0.5)]},
    "of-its-group": {"maintenance_windows": [at(-0.5, patch_groups=["Production"])]},
    "not-checked": {"maintenance_windows": [at(24)], "patch_install_window_check": False},
    "without": {},
}


@pytest.mark.parametrize("include", ["include", "import"])
def test_outside_of_its_window_a_node_is_not_touched(play, include):
    hosts = {name: {"maintenance_windows": windows} for name, (windows, _words) in REFUSED.items()}
    ended, results, recorded = play({"patch_group": "Production"}, hosts, include)
    assert ended.returncode != 0
    assert recorded == sorted(REFUSED)
    for name, (_windows, words) in REFUSED.items():
        assert (results[name]["ok"], results[name]["failed_phase"]) == (False, "window")
        assert results[name]["phases"] == ["window"]
        assert results[name]["message"].startswith(words)
        assert "Nothing was touched" in results[name]["message"]
        assert results[name]["status"] in ("COMPLIANT", "NON_COMPLIANT")


def test_inside_it_the_plan_is_made(play):
    ended, results, _recorded = play({"patch_group": "Production"}, ALLOWED, arguments=["--check"])
    windowed = {name for name, result in results.items() if result["window"]}
    assert all(result["phases"][-1] != "window" for result in results.values()), ended.stdout
    assert windowed == {"one-is-open", "of-its-group"}


def test_nothing_to_do_needs_no_hook_and_no_health(play, tmp_path):
    (tmp_path / "fail.yml").write_text("- ansible.builtin.fail: {msg: not to be run}\n")
    hooks = dict.fromkeys(("pre_hook", "snapshot_hook", "post_hook", "health_hook"), "fail.yml")
    variables = {f"patch_install_{name}": path for name, path in hooks.items()}
    ended, results, recorded = play(variables)
    assert ended.returncode == 0, ended.stdout
    assert "changed: [node1]" not in ended.stdout.partition("Say what happened")[0]
    assert (results["node1"]["ok"], results["node1"]["outcome"]) == (True, "nothing_to_do")
    assert results["node1"]["phases"] == ["plan", "install"]
    assert recorded == ["node1", "node1"]


def test_what_the_preflight_finds_ends_the_run(play):
    ended, results, recorded = play(
        {
            "patch_install_preflight": True,
            "patch_install_minimum_free_space": 1000000000,
            "maintenance_windows": [at(24)],
        }
    )
    assert ended.returncode != 0
    assert results["node1"]["failed_phase"] == "preflight"
    assert results["node1"]["message"].startswith("Not fit to be patched: / has ")
    assert recorded == ["node1"]


def test_a_hook_that_is_not_there_is_told_before_anything_is_begun(play):
    ended, results, recorded = play({"patch_install_pre_hook": "hooks/drain.yml"})
    assert ended.returncode != 0
    assert "hooks/drain.yml is no file" in ended.stdout
    assert not results["node1"]
    assert not recorded


def test_a_node_that_another_one_stops_is_recorded_too(play):
    ended, results, recorded = play(
        {"all_or_none": True, "maintenance_windows": [at(24, patch_groups=["Late"]), at(-0.5, patch_groups=["Now"])]},
        hosts={"late": {"patch_group": "Late"}, "now": {"patch_group": "Now"}},
    )
    assert ended.returncode != 0
    assert recorded == ["late", "now"], ended.stdout
    assert results["late"]["failed_phase"] == "window"
    assert not results["now"]["ok"]
    assert "any_errors_fatal" in results["now"]["message"]
