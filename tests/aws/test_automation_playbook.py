# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples of ssm_association and ssm_automation_run, pasted into one playbook."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import subprocess
import sys

import yaml

from ansible_collections.patchops.fleet.tests.aws.conftest import MODULES

PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
RUNBOOKS = pathlib.Path(__file__).resolve().parents[2] / "roles" / "aws_patch_runbook" / "files"
NAMES = ("ssm_association", "ssm_association_info", "ssm_automation_run", "ssm_automation_info")


def test_the_examples_can_be_pasted(aws, tmp_path):
    aws.set(unseen_polls=0)
    tags = {"Patch Group": "Production", "aws:autoscaling:groupName": "web"}
    aws.nodes({"id": "i-0123456789abcdef0", "tags": tags})
    content = (RUNBOOKS / "patch-with-health-check.yml").read_text(encoding="utf-8")
    named = {"Name": "PatchWithHealthCheck", "DocumentType": "Automation", "DocumentFormat": "YAML"}
    aws.client().create_document(**named, Content=content)
    aws.client().describe_document(Name="PatchWithHealthCheck")
    tasks = [task for name in NAMES for task in yaml.safe_load(importlib.import_module(MODULES + name).EXAMPLES)]
    defaults = {
        "group/patchops.fleet.aws": {"region": "eu-central-1"},
        "patchops.fleet.ssm_automation_run": {"wait_delay": 0},
    }
    play = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    environment = {**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "1000"}
    environment.pop("AWS_DEFAULT_REGION")
    command = [PLAYBOOK, "play.yml"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "[localhost] InProgress, 3 of 11 steps ended, at installMissingUpdates (aws:runCommand)" in ended.stdout
    (region,) = aws.application.service.regions.values()
    names = [one["Versions"][-1]["AssociationName"] for one in region.associations.values()]
    assert names == ["scan-production", "update-agents"]
    started = [call.request["DocumentName"] for call in aws.calls if call.operation == "StartAutomationExecution"]
    assert started == ["AWS-PatchInstanceWithRollback", "AWS-PatchAsgInstance", "PatchWithHealthCheck"]
