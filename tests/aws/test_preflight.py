# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_preflight: each check over nodes that the services of the strict server know."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.aws.baselines import writes

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
SETTING = "/ssm/managed-instance/default-ec2-instance-management-role"
HYBRID = "mi-0123456789abcdef0"
IMAGE = "ami-03cf127a"  # one of moto's; to list them takes it seconds
STRANGER = "i-0fedcba9876543210"


@pytest.fixture
def preflight(module):
    """What it answers, and the findings of one node by their check."""
    run = module("ssm_preflight")

    def look(**options):
        answer = run.ok(**options)
        assert answer["changed"] is False
        return answer

    look.failure = run.failure
    return look


class Fleet:
    """Instances of EC2 in a VPC of their own, and what Systems Manager knows of them."""

    def __init__(self, aws):
        self.aws = aws
        self.ec2 = aws.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.nodes = []

    @property
    def table(self):
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        return self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]

    def launch(self, tags=None, profile=None, subnet=None, managed=True, metadata_tags=False, **node):
        """An instance; `node` is what Systems Manager knows of it, where it does."""
        asked = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "SubnetId": subnet or self.subnet}
        if profile:
            asked["IamInstanceProfile"] = {"Name": profile}
        if metadata_tags:
            asked["MetadataOptions"] = {"InstanceMetadataTags": "enabled"}
        tagged = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        if tagged:
            asked["TagSpecifications"] = [{"ResourceType": "instance", "Tags": tagged}]
        (instance,) = self.ec2.run_instances(**asked)["Instances"]
        if managed:
            self.manage({"id": instance["InstanceId"], "tags": tags or {}, "agent_latest": True, **node})
        return instance["InstanceId"]

    def manage(self, node):
        self.nodes.append(node)
        self.aws.nodes(*self.nodes)

    def profile(self, name, *policies):
        iam = self.aws.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        for policy in policies:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return name

    def endpoint(self, service, **more):
        asked = {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True, "SubnetIds": [self.subnet], **more}
        name = f"com.amazonaws.eu-central-1.{service}"
        return self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=name, **asked)["VpcEndpoint"]["VpcEndpointId"]

    def endpoints(self):
        for service in ("ssm", "ssmmessages"):
            self.endpoint(service)
        self.endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=[self.table])

    def window(
        self, group, operation="Install", enabled=True, document="AWS-RunPatchBaseline", name="sunday", key=None
    ):
        ssm = self.aws.client()
        made = ssm.create_maintenance_window(
            Name=name, Schedule="rate(7 days)", Duration=2, Cutoff=1, AllowUnassociatedTargets=False
        )["WindowId"]
        targets = [{"Key": key or "tag:Patch Group", "Values": [group]}]
        kind = "RESOURCE_GROUP" if key else "INSTANCE"
        target = ssm.register_target_with_maintenance_window(WindowId=made, ResourceType=kind, Targets=targets)
        parameters = {"RunCommand": {"Parameters": {"Operation": [operation]}}}
        ssm.register_task_with_maintenance_window(
            WindowId=made,
            TaskArn=document,
            TaskType="RUN_COMMAND",
            Targets=[{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]}],
            MaxConcurrency="1",
            MaxErrors="1",
            TaskInvocationParameters=parameters if document.startswith("AWS-RunPatch") else {"RunCommand": {}},
        )
        if not enabled:
            ssm.update_maintenance_window(WindowId=made, Enabled=False)

    def register(self, group, system="AMAZON_LINUX_2023"):
        ssm = self.aws.client()
        made = ssm.create_patch_baseline(Name=f"of-{system}", OperatingSystem=system)["BaselineId"]
        ssm.register_patch_baseline_for_patch_group(BaselineId=made, PatchGroup=group)


@pytest.fixture
def fleet(aws):
    return Fleet(aws)


def of(answer, identifier):
    """The findings of a node, by check."""
    found = [one for one in answer["findings"] if identifier in one["nodes"]]
    assert len({one["check"] for one in found}) == len(found)
    return {one["check"]: one for one in found}


def statuses(answer, identifier):
    return {check: one["status"] for check, one in of(answer, identifier).items()}


def test_a_node_that_is_fit(preflight, fleet, aws):
    fleet.endpoints()
    fleet.register("Web")
    fleet.window("Web")
    node = fleet.launch({"Patch Group": "Web"}, fleet.profile("core", CORE))
    aws.application.calls.clear()
    answer = preflight(instance_ids=[node])
    assert (answer["status"], answer["region"]) == ("ok", "eu-central-1")
    assert {check: one["finding"] for check, one in of(answer, node).items()} == {
        "managed": "Systems Manager manages it, and its agent answers",
        "agent": "version 3.3.1230.0",
        "permissions": "instance profile core has AmazonSSMManagedInstanceCore",
        "endpoints": "VPC endpoints for ssm, ssmmessages, s3",
        "patch_group": "Web (tag Patch Group)",
        "baseline": "patch group Web has of-AMAZON_LINUX_2023 for AMAZON_LINUX_2023",
        "maintenance_window": "patched in sunday",
    }
    assert answer["nodes"] == [{"id": node, "name": f"{node}.example.com", "status": "ok"}]
    assert not writes(aws)


def test_who_is_looked_at(preflight, fleet):
    web = fleet.launch({"Patch Group": "Web", "Stage": "a"})
    both = fleet.launch({"PatchGroup": "Web", "Patch Group": "Other", "Stage": "b"})
    unmanaged = fleet.launch({"PatchGroup": "Web", "Stage": "a"}, managed=False)
    fleet.manage({"id": HYBRID, "tags": {"PatchGroup": "Web", "Stage": "a"}})

    def looked_at(**options):
        return {one["id"] for one in preflight(**options)["nodes"]}

    assert looked_at() == {web, both, unmanaged, HYBRID}
    assert looked_at(patch_group="Web") == {web, both, unmanaged, HYBRID}
    assert looked_at(patch_group="Other") == set()
    assert looked_at(targets={"tag:Stage": ["a"]}) == {web, unmanaged, HYBRID}
    assert looked_at(instance_ids=[web, STRANGER]) == {web, STRANGER}


def test_nobody_is_an_error(preflight):
    answer = preflight(patch_group="Web")
    assert (answer["status"], answer["nodes"]) == ("error", [])
    assert [(one["check"], one["finding"]) for one in answer["findings"]] == [("managed", "there is no such node")]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="everybody"),
        pytest.param({"patch_group": "Web"}, id="a patch group"),
        pytest.param({"targets": {"tag:Patch Group": ["Web"]}}, id="targets"),
    ],
)
def test_who_may_not_ask_for_unmanaged_instances_is_told(preflight, fleet, aws, options):
    words = "instances that Systems Manager does not manage could not be looked for, needs ec2:DescribeInstances"
    fleet.launch({"Patch Group": "Web"}, managed=False)
    aws.set(permissions={"denied": ["ec2:DescribeInstances"]})
    alone = preflight(**options)
    assert [(one["status"], one["finding"]) for one in alone["findings"]] == [
        ("error", "Systems Manager manages no such node"),
        ("skipped", words),
    ]
    fleet.manage({"id": HYBRID, "tags": {"Patch Group": "Web"}})
    found = [one for one in preflight(**options)["findings"] if one["check"] == "managed"]
    assert [(one["status"], one["nodes"]) for one in found] == [("ok", [HYBRID]), ("skipped", [HYBRID])]
    assert found[1]["finding"] == words


def test_managed_or_not(preflight, fleet):
    running, stopped, offline = fleet.launch(managed=False), fleet.launch(managed=False), fleet.launch(ping="Inactive")
    halted = fleet.launch(ping="ConnectionLost")
    fleet.ec2.stop_instances(InstanceIds=[stopped, halted])
    answer = preflight(instance_ids=[running, stopped, offline, halted, STRANGER])
    told = {one: of(answer, one)["managed"] for one in (running, stopped, offline, halted, STRANGER)}
    assert {one: told[one]["status"] for one in told} == {
        running: "error",
        stopped: "warning",
        offline: "error",
        halted: "warning",
        STRANGER: "error",
    }
    assert told[running]["finding"] == "the instance runs, and Systems Manager does not manage it"
    assert told[stopped]["finding"] == told[halted]["finding"] == "the instance is stopped"
    assert told[offline]["finding"] == "its agent does not answer"
    assert told[STRANGER]["finding"] == "neither Systems Manager nor EC2 knows it in this account and Region"
    assert set(of(answer, STRANGER)) == {"managed"}
    assert "agent" not in of(answer, running)


def test_a_node_whose_tag_is_late(preflight, fleet):
    node = fleet.launch({"Patch Group": "Web"}, managed=False)
    fleet.manage({"id": node})
    found = of(preflight(patch_group="Web"), node)["managed"]
    assert (found["status"], found["remedy"]) == ("warning", "run again in a moment")
    assert found["finding"] == "Systems Manager manages it, and does not know its tag yet"


def gateway(fleet, kind):
    """A default route in the VPC's table: what it leads to."""
    ec2 = fleet.ec2
    if kind == "igw":
        target = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=target, VpcId=fleet.vpc)
        more = {"GatewayId": target}
    elif kind == "nat":
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        target = ec2.create_nat_gateway(SubnetId=fleet.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        more = {"NatGatewayId": target}
    else:
        target = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        more = {"TransitGatewayId": target}
    ec2.create_route(RouteTableId=fleet.table, DestinationCidrBlock="0.0.0.0/0", **more)
    return target


def test_permissions_of_roles_and_of_default_host_management(preflight, fleet, aws):
    named = {
        "core": fleet.launch(profile=fleet.profile("core", CORE)),
        "other": fleet.launch(profile=fleet.profile("other")),
        "none": fleet.launch(),
        "old": fleet.launch(agent_version="3.2.581.0"),
    }

    def found():
        answer = preflight()
        return {name: of(answer, one)["permissions"]["status"] for name, one in named.items()}

    assert found() == {"core": "ok", "other": "warning", "none": "error", "old": "error"}
    aws.client().update_service_setting(SettingId=SETTING, SettingValue="service-role/Default")
    assert found() == {"core": "ok", "other": "ok", "none": "ok", "old": "error"}
    aws.client().reset_service_setting(SettingId=SETTING)
    assert found()["none"] == "error"


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        pytest.param(lambda one: gateway(one, "nat"), "ok", "through nat-", id="a NAT gateway"),
        pytest.param(lambda one: gateway(one, "tgw"), "skipped", "leads to tgw-", id="a transit gateway"),
        pytest.param(lambda one: None, "error", "has no way to ssm, ssmmessages, s3", id="nothing"),
        pytest.param(
            lambda one: [
                one.endpoint("ssm", PrivateDnsEnabled=False),
                one.endpoint("ssmmessages"),
                one.endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=[one.table]),
            ],
            "warning",
            "has no private DNS name; its agent answers all the same",
            id="an endpoint without a name",
        ),
    ],
)
def test_endpoints(preflight, fleet, made, status, words):
    made(fleet)
    node = fleet.launch()
    found = of(preflight(instance_ids=[node]), node)["endpoints"]
    assert (found["status"], words in found["finding"]) == (status, True), found


def test_an_internet_gateway_takes_a_public_address(preflight, fleet):
    target = gateway(fleet, "igw")
    hidden = fleet.launch()
    fleet.ec2.modify_subnet_attribute(SubnetId=fleet.subnet, MapPublicIpOnLaunch={"Value": True})
    public = fleet.launch()
    answer = preflight()
    assert of(answer, public)["endpoints"]["finding"] == f"through {target}"
    assert "instances have no public address" in of(answer, hidden)["endpoints"]["finding"]


def test_which_tag_to_give_where_metadata_shows_tags(preflight, fleet):
    node, other = fleet.launch(metadata_tags=True), fleet.launch()
    answer = preflight()
    assert of(answer, other)["patch_group"]["remedy"] == "tag it Patch Group, or PatchGroup"
    assert "EC2 takes no key with a blank" in of(answer, node)["patch_group"]["remedy"]


def test_groups_of_nodes_with_their_baselines_and_windows(preflight, fleet):
    fleet.register("Web")
    fleet.register("Db", "UBUNTU")
    fleet.window("Web", operation="Scan")
    fleet.window("Db", name="monday", enabled=False)
    fleet.window("servers", name="tuesday", key="resource-groups:Name")
    web, db = fleet.launch({"Patch Group": "Web"}), fleet.launch({"Patch Group": "Db"})
    answer = preflight()
    assert "has of-AMAZON_LINUX_2023" in of(answer, web)["baseline"]["finding"]
    assert "for UBUNTU, and none for AMAZON_LINUX_2023" in of(answer, db)["baseline"]["finding"]
    window = {one: of(answer, one)["maintenance_window"] for one in (web, db)}
    assert {one: found["status"] for one, found in window.items()} == {web: "skipped", db: "skipped"}
    assert window[web]["finding"] == "tuesday patches a resource group, whose members are not seen here"


def test_a_hybrid_node_needs_neither_profile_nor_vpc(preflight, fleet):
    fleet.register("Web")
    fleet.manage({"id": HYBRID, "tags": {"Patch Group": "Web"}, "agent_latest": True})
    assert statuses(preflight(instance_ids=[HYBRID]), HYBRID) == {
        "managed": "ok",
        "agent": "ok",
        "patch_group": "ok",
        "baseline": "ok",
        "maintenance_window": "warning",
    }


@pytest.mark.parametrize(
    ("service", "operation", "error", "checks", "words"),
    [
        pytest.param(
            "ec2",
            "DescribeInstances",
            "UnauthorizedOperation",
            {"permissions", "endpoints", "patch_group", "baseline", "maintenance_window"},
            "ec2:DescribeInstances",
            id="instances",
        ),
        pytest.param(
            "ec2", "DescribeVpcEndpoints", "UnauthorizedOperation", {"endpoints"}, "ec2:DescribeVpcEndpoints", id="VPC"
        ),
        pytest.param(
            "ec2", "DescribeRouteTables", "UnauthorizedOperation", {"endpoints"}, "ec2:DescribeRouteTables", id="routes"
        ),
        pytest.param(
            "iam", "ListAttachedRolePolicies", "AccessDenied", {"permissions"}, "iam:GetInstanceProfile and", id="IAM"
        ),
        pytest.param(
            "ssm", "DescribePatchGroups", "AccessDeniedException", {"baseline"}, "ssm:DescribePatchGroups", id="groups"
        ),
        pytest.param(
            "ssm",
            "GetMaintenanceWindowTask",
            "AccessDeniedException",
            {"maintenance_window"},
            "ssm:GetMaintenanceWindowTask",
            id="windows",
        ),
    ],
)
def test_a_permission_that_is_lacking_skips_its_check_alone(
    preflight, fleet, aws, service, operation, error, checks, words
):
    fleet.endpoints()
    fleet.register("Web")
    fleet.window("Web")
    node = fleet.launch({"Patch Group": "Web"}, fleet.profile("core", CORE))
    aws.fail(service=service, operation=operation, error=error)
    answer = preflight(instance_ids=[node])
    skipped = {check for check, status in statuses(answer, node).items() if status == "skipped"}
    assert skipped == checks
    for check in checks:
        assert of(answer, node)[check]["finding"].startswith("could not be looked at, needs ")
        assert words in of(answer, node)[check]["finding"]
    assert answer["status"] == "ok"


def test_what_is_denied_is_asked_once(preflight, fleet, aws):
    for number in range(3):
        fleet.manage({"id": "mi-%017d" % number})
    aws.fail(operation="ListTagsForResource", error="AccessDeniedException")
    (finding,) = [one for one in preflight()["findings"] if one["check"] == "patch_group"]
    assert (finding["status"], len(finding["nodes"])) == ("skipped", 3)
    assert aws.actions.count("ssm:ListTagsForResource") == 1


def test_the_setting_is_not_missed_where_the_profile_has_the_policy(preflight, fleet, aws):
    good, bad = fleet.launch(profile=fleet.profile("core", CORE)), fleet.launch()
    aws.fail(operation="GetServiceSetting", error="AccessDeniedException")
    answer = preflight()
    assert of(answer, good)["permissions"]["status"] == "ok"
    assert of(answer, bad)["permissions"]["finding"] == "could not be looked at, needs ssm:GetServiceSetting"


def test_without_knowing_the_nodes_there_is_nothing_to_say(preflight, aws):
    aws.fail(operation="DescribeInstanceInformation", error="AccessDeniedException")
    assert "Failed to list managed nodes" in preflight.failure()


def test_many_nodes_take_few_calls_and_few_findings(preflight, fleet, aws):
    fleet.endpoints()
    aws.client().update_service_setting(SettingId=SETTING, SettingValue="service-role/Default")
    asked = {"ImageId": IMAGE, "MinCount": 220, "MaxCount": 220, "SubnetId": fleet.subnet}
    made = fleet.ec2.run_instances(**asked)["Instances"]
    identifiers = [one["InstanceId"] for one in made]
    aws.nodes(*({"id": one, "agent_latest": True} for one in identifiers))
    aws.set(empty_pages=True)
    aws.application.calls.clear()
    answer = preflight()
    assert len(answer["nodes"]) == 220
    assert [(one["check"], one["status"], len(one["nodes"])) for one in answer["findings"]] == [
        ("managed", "ok", 220),
        ("agent", "ok", 220),
        ("permissions", "ok", 220),
        ("endpoints", "ok", 220),
        ("patch_group", "warning", 220),
        ("baseline", "ok", 220),
        ("maintenance_window", "warning", 220),
    ]
    counts = {action: aws.actions.count(action) for action in set(aws.actions)}
    assert counts["ssm:DescribeInstanceInformation"] == 6  # five pages, after an empty one
    assert counts["ec2:DescribeInstances"] <= 4
    assert counts["ssm:GetServiceSetting"] == counts["ec2:DescribeVpcEndpoints"] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"instance_ids": []}, "must have one id or more", id="no id"),
        pytest.param({"instance_ids": ["x"]}, "instance_ids[0]: 'x' is not allowed", id="no id of a node"),
        pytest.param({"minimum_agent_version": "new"}, "minimum_agent_version: 'new' is not allowed", id="no version"),
        pytest.param({"patch_group": ""}, "patch_group: must have 1 to 256", id="no group"),
        pytest.param({"targets": {"resource-groups:Name": ["x"]}}, "is known to AWS alone", id="a resource group"),
        pytest.param({"patch_group": "Web", "targets": {"tag:x": ["y"]}}, "mutually exclusive", id="two ways"),
    ],
)
def test_refused(preflight, options, words):
    assert words in preflight.failure(**options)
