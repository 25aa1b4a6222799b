# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each policy of docs/iam is for: everything that a role, or a module, does with those permissions.

A scenario is a row of SCENARIOS: tasks of a playbook that lead through all that the policy has to allow. What they
call makes the policy (`make policies`); test_policies.py plays them with that policy alone. Names that users give begin
with "example".
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import COUNTS
from ansible_collections.patchops.fleet.tests.aws import scenarios_of_operations, scenarios_of_runbooks
from ansible_collections.patchops.fleet.tests.aws.scenario import Play, Scenario, Task, Variables, module, role
from ansible_collections.patchops.fleet.tests.servers import answers
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id
from ansible_collections.patchops.fleet.tests.servers.ssm.server import REGION, Server

QUICK_SETUP = "AWSQuickSetupType-PatchPolicy"
RULE = {"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 7}
TAGS = {"team": "example"}
BASELINE = {
    "name": "example",
    "operating_system": "AMAZON_LINUX_2023",
    "default": True,
    "patch_groups": ["Production"],
    "approval_rules": [RULE],
    "tags": TAGS,
}
WINDOW = {
    "name": "example",
    "schedule": "cron(0 2 ? * SUN *)",
    "duration": 4,
    "cutoff": 1,
    "patch_groups": ["Production"],
    "targets": [{"name": "machines", "targets": {"InstanceIds": ["i-0123456789abcdef0"]}}],
    "tasks": [{"operation": "Scan"}, {"operation": "Install"}],
    "tags": TAGS,
}
POLICY = {"patch_baselines": [BASELINE], "maintenance_windows": [WINDOW]}
# Each resource has changed, and each has lost something.
CHANGED = {
    "patch_baselines": [
        {
            **BASELINE,
            "default": False,
            "patch_groups": ["Development"],
            "rejected_patches": ["kernel*"],
            "tags": {"stage": "example"},
        }
    ],
    "maintenance_windows": [
        {
            **WINDOW,
            "duration": 5,
            "patch_groups": [],
            "targets": [{"name": "machines", "targets": {"InstanceIds": ["i-0123456789abcdef1"]}}],
            "tasks": [{"operation": "Scan", "max_errors": "10%"}],
            "tags": {"stage": "example"},
        }
    ],
}
GROUP = {"patch_baselines": [{"name": "example", "operating_system": "DEBIAN", "patch_groups": ["Production"]}]}
TASK = {
    "maintenance_windows": [{**WINDOW, "patch_groups": ["Production"], "targets": [], "tasks": [{"operation": "Scan"}]}]
}
SERVICE_ROLE = {"aws_patch_manager_service_role": "example-windows"}


def aws_patch_manager(**variables: t.Any) -> Task:
    return role("aws_patch_manager", **variables)


def instance(server: Server) -> Variables:
    """An instance of EC2 that belongs to a patch group."""
    ec2 = server.client("ec2")
    image = scenarios_of_operations.IMAGE
    (launched,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    return {"nodes": [{"id": launched["InstanceId"], "patch_group": "Production"}]}


def managed_nodes(server: Server) -> Variables:
    """One that succeeds and one outside EC2 that fails, both of a patch group; and a bucket."""
    location = {"LocationConstraint": REGION}
    server.client("s3").create_bucket(Bucket="example-bucket", CreateBucketConfiguration=location)
    tags = {"Patch Group": "Production"}
    server.nodes({"id": node_id(0), "tags": tags}, {"id": "mi-00000000000000001", "tags": tags, "end": "Failed"})
    return {}


def reporting_nodes(server: Server) -> Variables:
    """One that lacks patches, and one with security updates that its baseline does not approve."""
    security = {**MISSING, "KBId": "KB1", "State": "AVAILABLE_SECURITY_UPDATE"}
    windows = {"platform": "Windows", "operating_system": "WINDOWS", "patches": [security]}
    tags = {"Patch Group": "Production"}
    server.nodes(
        {"id": node_id(0), "tags": tags, "scanned": True, "patches": [MISSING]},
        {"id": "mi-00000000000000001", "tags": tags, "scanned": True, **windows},
    )
    return {}


def everything(server: Server) -> Variables:
    """One of each thing that there is to read, with tags."""
    ssm, tags = server.client(), [{"Key": "team", "Value": "example"}]
    baseline = answers.baseline(ssm, Name="example", Tags=tags)
    ssm.register_patch_baseline_for_patch_group(BaselineId=baseline, PatchGroup="Production")
    window = answers.window(ssm, Name="example", Tags=tags)
    answers.task(ssm, window, answers.target(ssm, window))
    content = json.dumps({"schemaVersion": "2.2", "description": "Drain", "mainSteps": []})
    ssm.create_document(Name="example", Content=content, DocumentFormat="JSON", DocumentType="Command")
    parameters = {"PatchPolicyName": "example", "SelectedPatchBaselines": "{}", "TargetRegions": REGION}
    definition = {"Type": QUICK_SETUP, "Parameters": {**parameters, "TargetAccounts": "123456789012"}}
    server.client("ssm-quicksetup").create_configuration_manager(Name="example", ConfigurationDefinitions=[definition])
    scenarios_of_runbooks.runs(server)
    return reporting_nodes(server)


# What hosts found out about themselves.
HOST_RECORD = {
    "schema": 1,
    "capture": {"time": "2026-11-21T05:40:00Z", "run_id": "example"},
    "operation": "Scan",
    "node": {"id": "mi-00000000000000001", "name": "example", "operating_system": "DEBIAN"},
    "baseline": {"name": "example", "why": "it is the only one"},
    "status": "COMPLIANT",
    "compliance_level": None,
    "complete": True,
    "summary": dict.fromkeys(COUNTS, 0),
    "patches": [],
    "patches_omitted": 0,
}
HOST_RECORDS = [HOST_RECORD, {**HOST_RECORD, "node": {**HOST_RECORD["node"], "id": node_id(0)}}]


def patch(may_fail: bool = False, **options: t.Any) -> Task:
    return module("ssm_patch_run", may_fail, **{"operation": "Scan", "wait_delay": 0, **options})


NODES = [node_id(0), "mi-00000000000000001", "i-0fffffffffffffff0"]  # the last is not managed
OVERRIDE = {
    "baseline_override": [{"operating_system": "AMAZON_LINUX_2023", "approval_rules": [RULE]}],
    "override_s3_bucket_name": "example-bucket",
}
NOTIFIED = {
    "service_role_arn": "arn:aws:iam::123456789012:role/example-notifications",
    "notification_config": {
        "notification_arn": "arn:aws:sns:eu-central-1:123456789012:example",
        "notification_events": ["All"],
        "notification_type": "Command",
    },
}
STEP = {"action": "aws:runShellScript", "name": "drain", "inputs": {"runCommand": ["drain"]}}
DOCUMENT = {
    "name": "example",
    "content": {"schemaVersion": "2.2", "description": "Drain", "mainSteps": [STEP]},
    "shared_with": ["111122223333"],
    "tags": TAGS,
}
ANOTHER_DOCUMENT = {
    "name": "example",
    "content": {"schemaVersion": "2.2", "description": "Drain the node", "mainSteps": [STEP]},
    "shared_with": [],
    "tags": {"stage": "example"},
}
PATCH_POLICY = {
    "name": "example",
    "scan_schedule": "cron(0 1 * * ? *)",
    "target_accounts": ["123456789012"],
    "target_regions": [REGION],
    "local_deployment_administration_role_arn": "arn:aws:iam::123456789012:role/example-administration",
    "local_deployment_execution_role_name": "example-execution",
    "tags": TAGS,
    "wait_delay": 0,
}
ANOTHER_PATCH_POLICY = {
    **PATCH_POLICY,
    "description": "Example",
    "scan_schedule": "cron(0 3 * * ? *)",
    "patch_baselines": {"UBUNTU": "AWS-UbuntuDefaultPatchBaseline"},
    "tags": {"stage": "example"},
}
PRESENT, GONE = aws_patch_manager(**POLICY), aws_patch_manager(**POLICY, aws_patch_manager_state="absent")
IMPORT = {"aws_patch_manager_state": "import", "aws_patch_manager_import_file": "{{ playbook_dir }}/imported.yml"}

INFO = [
    *scenarios_of_runbooks.INFO,
    module("ssm_activation_info"),
    module("ssm_document_info"),
    module("ssm_maintenance_window_info"),
    module("ssm_managed_node_info"),
    module("ssm_maintenance_window_target_info", window="example"),
    module("ssm_maintenance_window_task_info", window="example"),
    module("ssm_patch_baseline_info", owner="all"),
    module("ssm_patch_compliance_info"),
    module("ssm_patch_compliance_info", patch_groups=["Production"]),
    module("ssm_patch_compliance_info", instance_ids=NODES, patches="all"),
    module("ssm_patch_group_info"),
    module("ssm_patch_manager_info", nodes=True),
    module("ssm_patch_policy_info"),
    module("ssm_resource_data_sync_info"),
]

SCENARIOS = [
    Scenario(
        "aws_patch_manager-read",
        "Role aws_patch_manager in check mode, with `drift` and with `import`",
        [
            Play(
                [
                    aws_patch_manager(**CHANGED, aws_patch_manager_purge=True),
                    GONE,
                    aws_patch_manager(**POLICY, aws_patch_manager_state="drift"),
                    aws_patch_manager(**IMPORT),
                ],
                check=True,
            )
        ],
        prepare=everything,
    ),
    Scenario(
        "aws_patch_manager-manage",
        "Role aws_patch_manager, and the modules for baselines, groups and windows, but for the two that follow",
        [Play([PRESENT, aws_patch_manager(**CHANGED, aws_patch_manager_purge=True), GONE])],
    ),
    Scenario(
        "aws_patch_manager-nodes",
        "In addition, with `aws_patch_manager_nodes`",
        [
            Play(
                [
                    aws_patch_manager(**GROUP, aws_patch_manager_nodes="{{ nodes }}"),
                    aws_patch_manager(**GROUP, aws_patch_manager_nodes="{{ nodes }}", aws_patch_manager_state="absent"),
                ]
            )
        ],
        prepare=instance,
        beside=["aws_patch_manager-manage"],
    ),
    Scenario(
        "aws_patch_manager-service-role",
        "In addition, with `aws_patch_manager_service_role`",
        [
            Play(
                [
                    aws_patch_manager(**TASK, **SERVICE_ROLE),
                    aws_patch_manager(**TASK, **SERVICE_ROLE, aws_patch_manager_state="absent"),
                ]
            )
        ],
        beside=["aws_patch_manager-manage"],
    ),
    Scenario(
        "ssm_patch_run-plan",
        "Module ssm_patch_run in check mode",
        [Play([patch(patch_group="Production"), patch(instance_ids=NODES, may_fail=True)], check=True)],
        prepare=managed_nodes,
    ),
    Scenario(
        "ssm_patch_run",
        "Module ssm_patch_run",
        [
            Play(
                [
                    patch(patch_group="Production", may_fail=True),
                    patch(instance_ids=NODES, operation="Install", return_output="all", may_fail=True),
                    patch(patch_group="Production", operation="Install", pre_install_hook="example", may_fail=True),
                    patch(instance_ids=NODES, wait_timeout=0, cancel_on_timeout=True, may_fail=True),
                ]
            )
        ],
        prepare=managed_nodes,
    ),
    Scenario(
        "ssm_patch_run-overrides",
        "In addition, with `baseline_override` or `install_override_list`",
        [Play([patch(patch_group="Production", **OVERRIDE, may_fail=True)])],
        prepare=managed_nodes,
        beside=["ssm_patch_run"],
    ),
    Scenario(
        "ssm_patch_run-notifications",
        "In addition, with `service_role_arn`",
        [Play([patch(patch_group="Production", **NOTIFIED, may_fail=True)])],
        prepare=managed_nodes,
        beside=["ssm_patch_run"],
    ),
    Scenario(
        "ssm_patch_run-output",
        "In addition, with `output_s3_bucket_name`",
        [Play([patch(patch_group="Production", output_s3_bucket_name="example-bucket", may_fail=True)])],
        prepare=managed_nodes,
        beside=["ssm_patch_run"],
    ),
    Scenario(
        "info",
        "All modules whose names end with `_info`",
        [Play(INFO)],
        prepare=everything,
        every=["document"],
    ),
    Scenario(
        "ssm_compliance_items",
        "Module ssm_compliance_items",
        [
            Play([module("ssm_compliance_items", records=HOST_RECORDS)], check=True),
            Play([module("ssm_compliance_items", records=HOST_RECORDS)]),
        ],
        prepare=reporting_nodes,
    ),
    Scenario(
        "ssm_document",
        "Module ssm_document",
        [
            Play([module("ssm_document", **DOCUMENT)], check=True),
            Play(
                [
                    module("ssm_document", **DOCUMENT),
                    module("ssm_document", **ANOTHER_DOCUMENT),
                    module("ssm_document", **DOCUMENT),  # whose content an older version has
                    module("ssm_document", name="example", state="absent"),
                ]
            ),
        ],
    ),
    Scenario(
        "ssm_patch_policy",
        "Module ssm_patch_policy",
        [
            Play(
                [
                    module("ssm_patch_policy", **PATCH_POLICY),
                    module("ssm_patch_policy", **ANOTHER_PATCH_POLICY),
                    module("ssm_patch_policy", name="example", state="absent", wait_delay=0),
                ]
            )
        ],
    ),
    *scenarios_of_runbooks.SCENARIOS,
    *scenarios_of_operations.SCENARIOS,
]
