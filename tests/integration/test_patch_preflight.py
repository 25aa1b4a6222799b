# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_preflight through Ansible, as module and as role, on this machine."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.needs("python3-apt")

PYTHON = "/usr/bin/python3"
NODES = {
    "alive": {"ansible_connection": "local", "ansible_python_interpreter": PYTHON},
}
PLAY = """\
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_preflight
      vars: {patch_preflight_refresh: never}
  post_tasks:
    - ansible.builtin.copy:
        content: "{{ ansible_facts.patch_preflight | to_json }}"
        dest: "{{ playbook_dir }}/{{ inventory_hostname }}.json"
        mode: "0600"
      delegate_to: localhost
      check_mode: false
      changed_when: false
"""


@pytest.fixture
def play(ansible, tmp_path):
    """Runs the role on some of NODES; answers what Ansible said, and the findings by node and check."""

    def run(*arguments, hosts=("alive",)):
        nodes = {host: NODES[host] for host in hosts}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": nodes}}))
        (tmp_path / "play.yml").write_text(PLAY)
        ended = ansible("ansible-playbook", "-i", "hosts.json", "play.yml", *arguments)
        facts = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json") if path.stem in nodes}
        return ended, {
            host: {finding["check"]: finding for finding in fact["findings"]} for host, fact in facts.items()
        }

    return run


@pytest.mark.parametrize("arguments", [pytest.param((), id="real"), pytest.param(("--check",), id="check mode")])
def test_it_tells_every_check_and_changes_nothing(play, arguments):
    ended, findings = play("-e", "patch_preflight_fail_on=never", *arguments)
    assert ended.returncode == 0, ended.stdout
    assert set(findings["alive"]) == {
        *("connection", "operating_system", "disk_space", "lock", "interrupted_transaction"),
        *("package_manager", "repositories", "pending_reboot", "clock"),
    }
    assert findings["alive"]["clock"]["status"] == "ok"
    assert findings["alive"]["repositories"]["status"] == "skipped"
    assert "changed: [alive]" not in ended.stdout
    for check in findings["alive"]:
        assert check in ended.stdout


def test_a_finding_ends_the_play_after_the_table(play):
    ended, findings = play("-e", '{"patch_preflight_minimum_free_space": 1000000000}')
    assert ended.returncode != 0
    assert not findings
    assert "Remedy: free some" in ended.stdout
    assert "Not fit to be patched: / has" in ended.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"patch_preflight_fail_on": "sometimes"}, "error, warning, never", id="fail_on"),
        pytest.param({"patch_preflight_refresh": "auto"}, "always, never", id="refresh"),
    ],
)
def test_senseless_variables_are_refused_with_what_is_allowed(play, options, words):
    ended, _findings = play("-e", json.dumps(options))
    assert ended.returncode != 0
    assert words in ended.stdout
