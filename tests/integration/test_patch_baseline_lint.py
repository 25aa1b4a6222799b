# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_baseline_lint as users call it: values from YAML, the module packed and run by Ansible."""

from __future__ import annotations

import json
import pathlib

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

# Numbers, booleans and moments unquoted, as YAML lets one write them; nothing stops before the last one is looked at.
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    days: 7
    patch_baselines:
      - name: shadowed
        operating_system: REDHAT_ENTERPRISE_LINUX
        patch_groups: [web]
        approval_rules:
          - filters: {CLASSIFICATION: [Security]}
            approve_after_days: "{{ days }}"
            compliance_level: CRITICAL
          - filters: {CLASSIFICATION: [Security], SEVERITY: [Critical]}
            approve_after_days: 8
            compliance_level: CRITICAL
      - name: dated
        operating_system: WINDOWS
        approval_rules:
          - approve_until_date: 2026-11-20
      - name: refused
        patch_groups: [db]
        approval_rules:
          - filters: {SEVERITIES: [High]}
            enable_non_security: yes
  tasks:
    - patchops.fleet.patch_baseline_lint:
        baselines: "{{ patch_baselines }}"
        now: "{{ item.now | default(omit) }}"
        for_aws: "{{ item.for_aws | default(omit) }}"
        fail_on: "{{ item.fail_on | default(omit) }}"
      register: answers
      ignore_errors: true
      loop:
        - {fail_on: never, now: 2026-11-20}
        - {now: 2026-11-21}
        - {fail_on: never, now: 2026-11-21, for_aws: true}
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/answers.json"
        content: "{{ answers.results | to_json }}"
      check_mode: false
"""


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_in_a_playbook(ansible, tmp_path, options):
    (tmp_path / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
    ended = ansible("ansible-playbook", "site.yml", *options)
    assert ended.returncode == 0, ended.stdout
    first, second, third = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))

    def codes(answer):
        return [(one["level"], one["code"], one["path"], one["baseline"]) for one in answer["findings"]]

    shadowed = ("warning", "rule-shadowed", "baselines[0].approval_rules[1]", "shadowed")
    ahead = ("warning", "cut-off-ahead", "baselines[1].approval_rules[0].approve_until_date", "dated")
    unknown = "baselines[2].approval_rules[0].filters.SEVERITIES"
    refused = [
        ("error", "unknown-filter-key", unknown, "refused"),
        ("error", "date-fields", "baselines[2].approval_rules[0]", "refused"),
    ]
    assert codes(first) == [shadowed, ahead, *refused]
    assert first["summary"] == {"error": 2, "warning": 2, "info": 0}
    assert codes(second) == codes(third) == [shadowed, *refused]
    assert [answer.get("failed", False) for answer in (first, second, third)] == [False, True, False]
    assert unknown in second["msg"]
    assert not any(answer["changed"] for answer in (first, second, third))


def ad_hoc(ansible, tmp_path, arguments):
    """The module's answer to `ansible localhost -m patchops.fleet.patch_baseline_lint`."""
    module, given = "--module-name=patchops.fleet.patch_baseline_lint", "--args=%s" % json.dumps(arguments)
    ended = ansible("ansible", "localhost", module, given, "--tree=answers")
    return ended, json.loads((tmp_path / "answers" / "localhost").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "failed", "words"),
    [
        pytest.param({"baselines": "predefined"}, False, "AWS-MacOSDefaultPatchBaseline", id="AWS's own"),
        pytest.param({"baselines": ["security-now"]}, False, '"findings": []', id="a name"),
        pytest.param({"baselines": ["security-now"], "for_aws": True}, False, "operating-system-missing", id="for AWS"),
        pytest.param({"baselines": [{"Name": "abc"}]}, False, "approves-nothing", id="nothing is approved"),
        pytest.param({"baselines": [{"Name": "abc"}], "fail_on": "warning"}, True, "approves-nothing", id="and fails"),
        pytest.param({"baselines": []}, True, "no-baselines", id="an empty list"),
        pytest.param({"baselines": ["security-now"], "now": "soon"}, True, "no instant", id="no moment"),
    ],
)
def test_ad_hoc(ansible, tmp_path, arguments, failed, words):
    ended, answer = ad_hoc(ansible, tmp_path, arguments)
    assert bool(ended.returncode) is failed, ended.stdout
    assert "Traceback" not in ended.stdout
    assert words in json.dumps(answer)


def test_the_example_inventory(ansible, tmp_path):
    """Its own variables, as a user would look at them."""
    ended = ansible(
        "ansible",
        *("-i", CHECKOUT / "inventories" / "example", "all", "--limit", "production[0]"),
        *(
            "-e",
            "ansible_connection=local",
            "-e",
            "ansible_become=false",
            "-e",
            "ansible_python_interpreter={{ ansible_playbook_python }}",
        ),
        *("-m", "patchops.fleet.patch_baseline_lint", "-a", "baselines={{ patch_baselines }} fail_on=warning"),
        "--tree=answers",
    )
    assert ended.returncode == 0, ended.stdout
    (path,) = (tmp_path / "answers").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["summary"]["error"] == 0
