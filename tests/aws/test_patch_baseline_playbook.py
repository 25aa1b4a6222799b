# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules for patch baselines and patch groups, and unquoted dates, in a play."""

from __future__ import annotations

import importlib
import os
import pathlib
import subprocess
import sys

import yaml

from ansible_collections.patchops.fleet.tests.aws.conftest import MODULES

ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
# Without their quotes when they are in the play.
DATES = """
- name: Give dates without quotes
  patchops.fleet.ssm_patch_baseline:
    name: dated
    operating_system: SUSE
    approval_rules: "{{ rules }}"
  vars:
    rules:
      - filters: {CLASSIFICATION: [Security]}
        approve_until_date: '2026-11-30'
  loop: [1, 2]
- name: Give back what is read
  patchops.fleet.ssm_patch_baseline_info:
    name: dated
  register: read
- name: Take it as it is
  patchops.fleet.ssm_patch_baseline: "{{ read.patch_baselines[0] }}"
"""


def examples(module):
    return yaml.safe_load(importlib.import_module(MODULES + module).EXAMPLES)


def test_examples_and_unquoted_dates(aws, tmp_path):
    *kept, deleted = examples("ssm_patch_baseline")
    groups, reading = examples("ssm_patch_group"), examples("ssm_patch_group_info")
    ours, _scan, theirs = examples("ssm_patch_baseline_info")
    tasks = [*kept, *groups, ours, theirs, *reading, deleted, *yaml.safe_load(DATES)]
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    # as text, so that the date is one to Ansible
    written = yaml.safe_dump(play, sort_keys=False).replace("'2026-11-30'", "2026-11-30")
    (tmp_path / "play.yml").write_text(written, encoding="utf-8")
    ended = subprocess.run(
        [ANSIBLE_BIN / "ansible-playbook", "play.yml"],
        cwd=tmp_path,
        env={**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # the baseline: created, default, replaced, deleted; the group: deregistered, having been registered; the loop
    assert "changed=6 " in ended.stdout, ended.stdout
    client = aws.client()
    (left,) = client.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])["BaselineIdentities"]
    (rule,) = client.get_patch_baseline(BaselineId=left["BaselineId"])["ApprovalRules"]["PatchRules"]
    assert rule["ApproveUntilDate"] == "2026-11-30"
