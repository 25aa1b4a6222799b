# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_evaluate as users call it: values from YAML, the module packed and run by Ansible."""

from __future__ import annotations

import gzip
import json

import pytest

INVENTORY = {
    "schema": 1,
    "captured_at": "2026-11-21T12:00:00Z",
    "node": {
        "id": "i-1",
        "name": "web1",
        "operating_system": "REDHAT_ENTERPRISE_LINUX",
        "product": "RedhatEnterpriseLinux9.4",
    },
    "manager": "dnf",
    "advisories": {
        "RHSA-2026:1": {"id": "RHSA-2026:1", "type": "security", "severity": "Important", "updated": "2026-11-20"}
    },
    "packages": [
        {
            "name": "openssl",
            "arch": "x86_64",
            "installed": [{"epoch": 1, "version": "3.0.7", "release": "20.el9"}],
            "available": [{"epoch": 1, "version": "3.0.7", "release": "27.el9", "advisories": ["RHSA-2026:1"]}],
        }
    ],
}

# Numbers, booleans and moments unquoted, as YAML lets one write them.
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    days: 7
    patch_baselines:
      - name: with-days
        patch_groups: [days]
        approval_rules:
          - security: true
            approve_after_days: "{{ days }}"
            compliance_level: CRITICAL
      - name: with-date
        patch_groups: [date]
        operating_system: REDHAT_ENTERPRISE_LINUX
        approval_rules:
          - filters: {SEVERITY: [Important]}
            approve_until_date: %s
            enable_non_security: yes
  tasks:
    - patchops.fleet.patch_evaluate:
        src: "{{ playbook_dir }}/stored.json.gz"
        baselines: "{{ patch_baselines }}"
        patch_group: "{{ item.patch_group }}"
        now: "{{ item.now | default(omit) }}"
      register: answers
      loop:
        - {patch_group: days}
        - {patch_group: days, now: 2026-11-28}
        - {patch_group: date}
        - {patch_group: other}
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/answers.json"
        content: "{{ answers.results | to_json }}"
"""


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "stored.json.gz"
    path.write_bytes(gzip.compress(json.dumps(INVENTORY).encode("utf-8")))
    return path


def test_in_a_playbook(ansible, stored, tmp_path):
    (tmp_path / "site.yml").write_text(PLAYBOOK % "'2026-11-20'", encoding="utf-8")
    ended = ansible("ansible-playbook", "site.yml")
    assert ended.returncode == 0, ended.stdout
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    found = [
        (answer["record"]["baseline"]["name"], [patch["decision"] for patch in answer["evaluations"]])
        for answer in answers
    ]
    assert found == [
        ("with-days", ["not_approved"]),
        ("with-days", ["approved"]),
        ("with-date", ["approved"]),
        (None, []),
    ]
    assert answers[0]["evaluations"][0]["approved_on"] == "2026-11-27T00:00:00Z"
    assert answers[1]["evaluations"][0]["compliance_level"] == "CRITICAL"
    assert answers[3]["record"]["status"] == "UNKNOWN"
    assert not any(answer["changed"] for answer in answers)


def ad_hoc(ansible, tmp_path, arguments, *options):
    """The module's answer to `ansible localhost -m patchops.fleet.patch_evaluate`."""
    ended = ansible(
        "ansible",
        "localhost",
        "--module-name=patchops.fleet.patch_evaluate",
        "--args=%s" % json.dumps(arguments),
        "--tree=answers",
        *options,
    )
    return ended, json.loads((tmp_path / "answers" / "localhost").read_text(encoding="utf-8"))


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_ad_hoc(ansible, stored, tmp_path, options):
    arguments = {"src": str(stored), "baselines": ["security-7-days"], "now": "2026-12-31"}
    ended, answer = ad_hoc(ansible, tmp_path, arguments, *options)
    assert ended.returncode == 0, ended.stdout
    assert answer["changed"] is False
    assert [patch["title"] for patch in answer["newly_approved"]] == ["openssl.x86_64:1:3.0.7-27.el9"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"src": "/nonexistent/inventory.json"}, ["/nonexistent/inventory.json"], id="no such file"),
        pytest.param(
            {"inventory": dict(INVENTORY, schema=2)}, ["schema 2", "update the collection"], id="a newer schema"
        ),
        pytest.param({"now": "2026-11-21"}, ["inventory", "src"], id="neither"),
        pytest.param({"inventory": INVENTORY, "baselines": []}, ["empty", "predefined"], id="an empty list"),
        pytest.param(
            {
                "inventory": INVENTORY,
                "baselines": [{"name": "x", "approval_rules": [{"filters": {"SEVERITIES": ["*"]}}]}],
            },
            ["baselines[0].name", "baselines[0].approval_rules[0].filters.SEVERITIES", "approve_after_days"],
            id="a bad baseline",
        ),
    ],
)
def test_ad_hoc_refused(ansible, tmp_path, arguments, words):
    ended, answer = ad_hoc(ansible, tmp_path, arguments)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout
    for word in words:
        assert word in answer["msg"]


@pytest.mark.parametrize(
    "written",
    [pytest.param("2026-11-20", id="unquoted"), pytest.param("'2026-11-20'", id="quoted")],
)
def test_a_date_of_yaml(ansible, stored, tmp_path, written):
    """YAML makes a date of an unquoted one; it means the same."""
    baseline = "{name: dated, approval_rules: [{security: true, approve_until_date: %s}]}" % written
    (tmp_path / "site.yml").write_text(
        """
- hosts: localhost
  gather_facts: false
  tasks:
    - patchops.fleet.patch_evaluate:
        src: "{{ playbook_dir }}/stored.json.gz"
        baselines: [%s]
      register: answer
    - ansible.builtin.assert:
        that: answer.evaluations[0].decision == 'approved'
"""
        % baseline,
        encoding="utf-8",
    )
    ended = ansible("ansible-playbook", "site.yml")
    assert ended.returncode == 0, ended.stdout


def test_an_unquoted_date_in_a_variable(ansible, stored, tmp_path):
    """ansible-core 2.18 makes text of a variable that holds a date, and the module a list of that."""
    (tmp_path / "site.yml").write_text(PLAYBOOK % "2026-11-20", encoding="utf-8")
    ended = ansible("ansible-playbook", "site.yml")
    assert ended.returncode == 0, ended.stdout
