# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of what runs, watches and tells: patching now, preflights, hybrid nodes, alerts."""

from __future__ import annotations

import json

from ansible_collections.patchops.fleet.tests.aws.scenario import Play, Scenario, Variables, may_fail, module, role
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id
from ansible_collections.patchops.fleet.tests.servers.ssm.server import REGION, Server

ACCOUNT = "123456789012"
IMAGE = "ami-03cf127a"  # one of moto's; to list them takes it seconds
HYBRID = "mi-00000000000000001"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
TAGS, OTHER_TAGS = {"team": "example"}, {"stage": "example"}
GROUP = {"Patch Group": "Production"}


def nodes(server: Server) -> Variables:
    """One of EC2 and one that is not, and roles that Systems Manager may assume."""
    for name in ("example-hybrid", "example-other"):
        server.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    server.nodes({"id": node_id(0), "tags": GROUP, "patches": [MISSING]}, {"id": HYBRID, "tags": GROUP})
    return {}


def fleet(server: Server) -> Variables:
    """Nodes that succeed, of EC2 and others, and one that does not."""
    server.nodes(
        {"id": node_id(0), "tags": GROUP, "patches": [MISSING]},
        {"id": HYBRID, "tags": GROUP, "patches": [MISSING]},
        {"id": node_id(1), "tags": GROUP, "end": "Failed"},
    )
    return {}


def instance(server: Server) -> Variables:
    """A managed one in a network, with a profile; a baseline and a window for its patch group."""
    ec2, iam, ssm = (server.client(service) for service in ("ec2", "iam", "ssm"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    iam.create_role(RoleName="example", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="example")
    iam.add_role_to_instance_profile(InstanceProfileName="example", RoleName="example")
    asked = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "SubnetId": subnet}
    (made,) = ec2.run_instances(**asked, IamInstanceProfile={"Name": "example"})["Instances"]
    server.nodes({"id": made["InstanceId"], "tags": GROUP}, {"id": HYBRID, "tags": GROUP})
    baseline = ssm.create_patch_baseline(Name="example", OperatingSystem="AMAZON_LINUX_2023")["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=baseline, PatchGroup="Production")
    window = {"Name": "example", "Schedule": "rate(7 days)", "Duration": 2, "Cutoff": 1}
    found = ssm.create_maintenance_window(**window, AllowUnassociatedTargets=False)["WindowId"]
    targets = [{"Key": "tag:Patch Group", "Values": ["Production"]}]
    target = ssm.register_target_with_maintenance_window(WindowId=found, ResourceType="INSTANCE", Targets=targets)
    ssm.register_task_with_maintenance_window(
        WindowId=found,
        TaskArn="AWS-RunPatchBaseline",
        TaskType="RUN_COMMAND",
        Targets=[{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]}],
        MaxConcurrency="1",
        MaxErrors="1",
        TaskInvocationParameters={"RunCommand": {"Parameters": {"Operation": ["Install"]}}},
    )
    return {}


def bucket(server: Server) -> Variables:
    """One that Systems Manager may write to."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="example-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "ssm.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "*",
    }
    s3.put_bucket_policy(Bucket="example-bucket", Policy=json.dumps({"Statement": [allowed]}))
    return {}


ACTIVATION = {"default_instance_name": "example", "iam_role": "example-hybrid", "tags": TAGS}
NODE = {"node_id": HYBRID, "iam_role": "example-other", "wait": True}
TO_BUCKET = {"bucket_name": "example-bucket"}
FROM_REGIONS = {"source_type": "SingleAccountMultiRegions", "source_regions": ["us-east-1"]}
ALERTS = {
    "aws_alerts_topic": "example",
    "aws_alerts_subscriptions": [{"protocol": "email", "endpoint": "operations@example.com"}],
    "aws_alerts_tags": TAGS,
}
OTHER_ALERTS = {
    **ALERTS,
    "aws_alerts_on": ["commands"],
    "aws_alerts_display_name": "Example",
    "aws_alerts_subscriptions": [{"protocol": "email", "endpoint": "others@example.com"}],
    "aws_alerts_purge_subscriptions": True,
    "aws_alerts_tags": OTHER_TAGS,
    "aws_alerts_test": True,
}
ONE_NODE = {"operation": "Scan", "instance_ids": [node_id(0)], "wait_delay": 0}
LATE = {**ONE_NODE, "wait_timeout": 0, "cancel_on_timeout": True}
RUN = {"aws_patch_run_patch_groups": ["Production"], "aws_patch_run_wait_delay": 0, "aws_patch_run_max_errors": "100%"}

SCENARIOS = [
    Scenario(
        "aws_patch_run",
        "Role aws_patch_run",
        [
            Play(
                [
                    may_fail(role("aws_patch_run", **RUN)),
                    may_fail(role("aws_patch_run", **RUN, aws_patch_run_operation="Install")),
                    module("ssm_patch_run", True, **LATE),  # as one that is interrupted, it is cancelled
                ]
            )
        ],
        prepare=fleet,
    ),
    Scenario(
        "ssm_preflight",
        "Module ssm_preflight, and `playbooks/preflight.yml` on AWS",
        [Play([module("ssm_preflight"), module("ssm_preflight", patch_group="Production")])],
        prepare=instance,
        every=["instance-profile", "role"],
    ),
    Scenario(
        "hybrid_node",
        "Role hybrid_node, and modules ssm_activation and ssm_managed_node",
        [
            Play(
                [
                    module("ssm_activation", **ACTIVATION, code_file="{{ playbook_dir }}/example.activation"),
                    module("ssm_activation", default_instance_name="example", state="absent"),
                    module("ssm_managed_node", **NODE, tags=TAGS),
                    module("ssm_managed_node", node_id=HYBRID, state="absent"),
                ]
            )
        ],
        prepare=nodes,
    ),
    Scenario(
        "ssm_resource_data_sync",
        "Module ssm_resource_data_sync",
        [
            Play(
                [
                    module("ssm_resource_data_sync", sync_name="example", s3_destination=TO_BUCKET),
                    module("ssm_resource_data_sync", sync_name="example", state="absent"),
                    module("ssm_resource_data_sync", sync_name="example", sync_source=FROM_REGIONS),
                    module(
                        "ssm_resource_data_sync",
                        sync_name="example",
                        sync_source={**FROM_REGIONS, "source_regions": ["eu-west-1"]},
                    ),
                    module("ssm_resource_data_sync", sync_name="example", state="absent"),
                ]
            )
        ],
        prepare=bucket,
    ),
    Scenario(
        "aws_alerts",
        "Role aws_alerts, and modules sns_alert_topic and eventbridge_alert_rule",
        [
            Play(
                [
                    role("aws_alerts", **ALERTS),
                    role("aws_alerts", **OTHER_ALERTS),
                    module("sns_alert_topic", name="example", tags=TAGS),
                    module("eventbridge_alert_rule", name="example-commands", tags=TAGS),
                    role("aws_alerts", **ALERTS, aws_alerts_state="absent"),
                ]
            )
        ],
    ),
]
