# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies are for (see scenarios.py): associations, automations, and the role with a runbook."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.patchops.fleet.tests.aws.scenario import Play, Scenario, Task, Variables, module, role
from ansible_collections.patchops.fleet.tests.servers.answers import node_id
from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

TAGS = {"team": "example"}
ASSOCIATION = {
    "association_name": "example",
    "name": "AWS-RunPatchBaseline",
    "parameters": {"Operation": "Scan"},
    "targets": {"tag:Patch Group": ["Production"]},
    "tags": TAGS,
}
ROLLBACK = "AWS-PatchInstanceWithRollback"
AUTOMATION_ROLE = "arn:aws:iam::123456789012:role/example-automation"
OLDER_RUNBOOK = {
    "schemaVersion": "0.3",
    "mainSteps": [{"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT1M"}}],
}
ON_ONE = {"parameters": {"InstanceId": node_id(0)}}
STOPPED = {"wait_timeout": 0, "stop_on_timeout": True, "may_fail": True}
ON_GROUP = {"target_parameter_name": "InstanceId", "targets": {"tag:Patch Group": ["Production"]}}
ON_TWO = {"instance_ids": [node_id(0), node_id(1)], "automation_role": AUTOMATION_ROLE, "wait_delay": 0}


def automate(may_fail: bool = False, **options: t.Any) -> Task:
    parameters = {"AutomationAssumeRole": AUTOMATION_ROLE, **options.pop("parameters", {})}
    usual = {"document_name": ROLLBACK, "parameters": parameters, "wait_delay": 0}
    return module("ssm_automation_run", may_fail, **{**usual, **options})


def aws_patch_runbook(**variables: t.Any) -> Task:
    return role("aws_patch_runbook", **{f"aws_patch_runbook_{name}": value for name, value in variables.items()})


def instances(server: Server) -> Variables:
    """One that succeeds, and one that fails."""
    tags = {"Patch Group": "Production"}
    server.nodes({"id": node_id(0), "tags": tags}, {"id": node_id(1), "tags": tags, "end": "Failed"})
    return {}


def instances_and_runbook(server: Server) -> Variables:
    """With a version before the one that the role has."""
    server.client().create_document(
        Name="PatchWithHealthCheck",
        DocumentType="Automation",
        TargetType="/AWS::EC2::Instance",
        Content=json.dumps(OLDER_RUNBOOK),
        Tags=[{"Key": "stage", "Value": "example"}],
    )
    return instances(server)


def runs(server: Server) -> None:
    """What is read of associations and automations."""
    ssm = server.client()
    ssm.create_association(
        AssociationName="example",
        Name="AWS-RunPatchBaseline",
        Parameters={"Operation": ["Scan"]},
        Targets=[{"Key": "InstanceIds", "Values": ["*"]}],
        Tags=[{"Key": "team", "Value": "example"}],
    )
    ssm.start_automation_execution(DocumentName=ROLLBACK, Parameters={"InstanceId": [node_id(0)]})


INFO = [
    module("ssm_association_info", executions=1),
    module("ssm_automation_info"),
    module("ssm_automation_info", execution_id="01234567-89ab-cdef-0123-456789abcdef"),
]
SCENARIOS = [
    Scenario(
        "ssm_association",
        "Module ssm_association",
        [
            Play([module("ssm_association", **ASSOCIATION)], check=True),
            Play(
                [
                    module("ssm_association", **ASSOCIATION),
                    module("ssm_association", association_name="example", max_errors="5", tags={"stage": "example"}),
                    module("ssm_association", association_name="example", apply_now=True),
                    module("ssm_association", association_name="example", state="absent"),
                ]
            ),
        ],
    ),
    Scenario(
        "ssm_automation_run",
        "Module ssm_automation_run, with the runbook AWS-PatchInstanceWithRollback",
        [
            Play([automate(**ON_ONE)], check=True),
            Play(
                [
                    automate(**ON_ONE, tags=TAGS),
                    automate(**ON_GROUP),
                    automate(**ON_ONE, **STOPPED),
                ]
            ),
        ],
        prepare=instances,
    ),
    Scenario(
        "aws_patch_runbook",
        "Role aws_patch_runbook",
        [
            Play(
                [
                    aws_patch_runbook(tags=TAGS, shared_with=["111122223333"]),  # a new version
                    aws_patch_runbook(state="absent"),
                    {"block": [aws_patch_runbook(**ON_TWO)], "rescue": [{"ansible.builtin.meta": "noop"}]},
                    automate(document_name="PatchWithHealthCheck", **ON_ONE, **STOPPED),  # as one that is interrupted
                ]
            )
        ],
        prepare=instances_and_runbook,
    ),
]
