# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes report of their patches, once a command has run on them, and compliance items."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import (
    INSTALLED_OTHER,
    MISSING,
    baseline,
    node_id,
    nodes,
    refused,
)
from ansible_collections.patchops.fleet.tests.servers.test_ssm_commands import ended, send

GROUP = {"Patch Group": "Production"}
PATCHES = [MISSING, INSTALLED_OTHER]
TYPE = "Custom:PatchLocal"


def run(aws, operation, **parameters):
    given = {"Operation": [operation], **{name: [value] for name, value in parameters.items()}}
    command = send(aws.client(), 1, Parameters=given)
    ended(aws, command, 60)
    return aws.client().list_command_invocations(CommandId=command)["CommandInvocations"][0]["StatusDetails"]


def state(aws):
    states = aws.client().describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"]
    return states[0] if states else None


def counts(aws):
    return {name: value for name, value in state(aws).items() if name.endswith("Count") and value}


def test_a_node_that_never_reported_is_absent(aws):
    aws.nodes(*nodes(1, patches=PATCHES))
    assert state(aws) is None
    assert aws.client().describe_instance_patches(InstanceId=node_id(0))["Patches"] == []


def test_a_scan_reports(aws):
    ssm = aws.client()
    mine = baseline(ssm, OperatingSystem="AMAZON_LINUX_2023")
    ssm.register_patch_baseline_for_patch_group(BaselineId=mine, PatchGroup="Production")
    aws.nodes(*nodes(1, patches=PATCHES, tags=GROUP, counts={"NotApplicableCount": 10_254}))
    snapshot = "01234567-89ab-cdef-0123-456789abcdef"
    assert run(aws, "Scan", SnapshotId=snapshot) == "Success"
    found = state(aws)
    assert (found["BaselineId"], found["PatchGroup"], found["SnapshotId"]) == (mine, "Production", snapshot)
    assert counts(aws) == {
        "MissingCount": 1,
        "InstalledOtherCount": 1,
        "NotApplicableCount": 10_254,
        "CriticalNonCompliantCount": 1,
        "SecurityNonCompliantCount": 1,
    }
    patches = {one["KBId"]: one for one in ssm.describe_instance_patches(InstanceId=node_id(0))["Patches"]}
    assert patches["openssl.x86_64"]["CVEIds"] == MISSING["CVEIds"]
    assert (patches["zlib.x86_64"]["Classification"], patches["zlib.x86_64"]["Severity"]) == ("", "")


@pytest.mark.parametrize(
    ("members", "parameters", "end", "found"),
    [
        pytest.param({}, {}, "Success", {"InstalledCount": 1}, id="installed"),
        pytest.param({}, {"RebootOption": "NoReboot"}, "Success", {"InstalledPendingRebootCount": 1}, id="no reboot"),
        pytest.param({"unpatchable": ["openssl.x86_64"]}, {}, "Failed", {"FailedCount": 1}, id="not installed"),
        pytest.param({"end": "Failed"}, {}, "Failed", None, id="a setup error reports nothing"),
    ],
)
def test_an_installation(aws, members, parameters, end, found):
    aws.nodes(*nodes(1, patches=[MISSING], **members))
    assert run(aws, "Install", **parameters) == end
    if found is None:
        assert state(aws) is None
    else:
        assert counts(aws).items() >= found.items()
        assert counts(aws).get("MissingCount", 0) == 0


def upload(aws, text):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="overrides", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="overrides", Key="file", Body=text)
    return "s3://overrides/file"


LINUX, UBUNTU = '{"OperatingSystem": "AMAZON_LINUX_2023"}', '{"OperatingSystem": "UBUNTU"}'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(f"[{LINUX}, {UBUNTU}]", 0, id="one for the system"),
        pytest.param(f"[{UBUNTU}]", 163, id="none for the system"),
        pytest.param(f"[{LINUX}, {LINUX}]", 165, id="several"),
        pytest.param(None, 160, id="no file"),
    ],
)
def test_a_baseline_override(aws, text, code):
    aws.nodes(*nodes(1, patches=PATCHES))
    url = upload(aws, text) if text else "s3://overrides/file"
    run(aws, "Scan", BaselineOverride=url)
    (command,) = aws.client().list_commands()["Commands"]
    asked = {"CommandId": command["CommandId"], "InstanceId": node_id(0), "PluginName": "PatchLinux"}
    assert aws.client().get_command_invocation(**asked)["ResponseCode"] == code
    assert state(aws) is None


def test_an_install_override_list(aws):
    aws.nodes(*nodes(1, patches=[MISSING, {**MISSING, "KBId": "kernel.x86_64"}]))
    url = upload(aws, "patches:\n  - id: openssl.x86_64\n")
    assert run(aws, "Install", InstallOverrideList=url) == "Success"
    assert counts(aws).items() >= {"InstalledCount": 1, "MissingCount": 1}.items()
    assert state(aws)["InstallOverrideList"] == url


def test_both_overrides(aws):
    aws.nodes(*nodes(1))
    url = upload(aws, f"[{LINUX}]")
    assert run(aws, "Install", InstallOverrideList=url, BaselineOverride=url) == "Failed"


def test_groups(aws):
    one, other, stranger = nodes(3, scanned=True, patches=PATCHES)
    aws.nodes(
        {**one, "tags": GROUP},
        {**other, "tags": {"PatchGroup": "Production", "Patch Group": "Test"}, "patches": []},
        {**stranger, "tags": {"Patch Group": "Test"}},
    )
    ssm = aws.client()
    found = ssm.describe_patch_group_state(PatchGroup="Production")
    assert (found["Instances"], found["InstancesWithMissingPatches"]) == (2, 1)
    asked = {"PatchGroup": "Production", "Filters": [{"Key": "MissingCount", "Type": "GreaterThan", "Values": ["0"]}]}
    rows = ssm.describe_instance_patch_states_for_patch_group(**asked)["InstancePatchStates"]
    assert [row["InstanceId"] for row in rows] == [node_id(0)]
    with refused("InvalidFilter"):
        wrong = [{"Key": "Colour", "Type": "Equal", "Values": ["0"]}]
        ssm.describe_instance_patch_states_for_patch_group(PatchGroup="Production", Filters=wrong)


def test_patches_by_state(aws):
    aws.nodes(*nodes(1, scanned=True, patches=PATCHES))
    ssm = aws.client()
    rows = ssm.describe_instance_patches(
        InstanceId=node_id(0), Filters=[{"Key": "State", "Values": ["InstalledOther"]}]
    )["Patches"]
    assert [row["KBId"] for row in rows] == ["zlib.x86_64"]
    with refused("InvalidFilter"):
        ssm.describe_instance_patches(InstanceId=node_id(0), Filters=[{"Key": "Colour", "Values": ["red"]}])
    with refused("InvalidInstanceId"):
        ssm.describe_instance_patches(InstanceId=node_id(5))


def put(ssm, items, node=0, **options):
    moment = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
    ssm.put_compliance_items(
        ResourceId=node_id(node),
        ResourceType="ManagedInstance",
        **{"ComplianceType": TYPE, "ExecutionSummary": {"ExecutionTime": moment}, "Items": items, **options},
    )


def custom(ssm, node=0):
    filters = [{"Key": "ComplianceType", "Values": [TYPE], "Type": "EQUAL"}]
    return ssm.list_compliance_items(ResourceIds=[node_id(node)], Filters=filters)["ComplianceItems"]


GOOD = {"Id": "good", "Title": "a", "Severity": "LOW", "Status": "COMPLIANT"}
BAD = {"Id": "bad", "Title": "b", "Severity": "CRITICAL", "Status": "NON_COMPLIANT", "Details": {"why": "because"}}


def test_compliance_items_replace_those_of_their_type(aws):
    aws.nodes(*nodes(1, scanned=True, patches=PATCHES))
    ssm = aws.client()
    put(ssm, [GOOD, BAD])
    assert [(one["Id"], one["Details"]) for one in custom(ssm)] == [("good", {}), ("bad", {"why": "because"})]
    put(ssm, [GOOD], ItemContentHash="1")
    assert [one["Id"] for one in custom(ssm)] == ["good"]
    put(ssm, [], ItemContentHash="1")  # the same hash is ignored
    assert len(custom(ssm)) == 1
    everything = ssm.list_compliance_items(ResourceIds=[node_id(0)])["ComplianceItems"]
    assert [one["ComplianceType"] for one in everything] == ["Patch", "Patch", TYPE]


REFUSED = [
    pytest.param({"node": 7}, "InvalidResourceId", id="unknown node"),
    pytest.param({"ComplianceType": "Patch"}, "InvalidItemContentException", id="a type of AWS"),
    pytest.param({"UploadType": "PARTIAL"}, "InvalidItemContentException", id="partial"),
    pytest.param(
        {"items": [{**GOOD, "Details": {"a": "x" * 4_000}}] * 300}, "TotalSizeLimitExceededException", id="size"
    ),
    pytest.param({"items": [{"Status": "COMPLIANT", "Severity": "LOW"}]}, "InvalidItemContentException", id="no id"),
]


@pytest.mark.parametrize(("options", "code"), REFUSED)
def test_items_that_are_refused(aws, options, code):
    aws.nodes(*nodes(1))
    with refused(code):
        put(aws.client(), **{"items": [GOOD], **options})


def test_ten_types_for_each_node(aws):
    aws.nodes(*nodes(1))
    ssm = aws.client()
    for number in range(10):
        put(ssm, [GOOD], ComplianceType=f"Custom:Type{number}")
    with refused("ComplianceTypeCountLimitExceededException"):
        put(ssm, [GOOD], ComplianceType="Custom:Type10")
    put(ssm, [], ComplianceType="Custom:Type9")


def test_summaries(aws):
    aws.nodes(
        *nodes(2, scanned=True, patches=PATCHES), {"id": node_id(2), "scanned": True, "patches": [INSTALLED_OTHER]}
    )
    ssm = aws.client()
    (found,) = ssm.list_compliance_summaries()["ComplianceSummaryItems"]
    good, bad = found["CompliantSummary"], found["NonCompliantSummary"]
    assert (good["CompliantCount"], bad["NonCompliantCount"], bad["SeveritySummary"]["CriticalCount"]) == (1, 2, 2)
    filters = [{"Key": "Status", "Values": ["NON_COMPLIANT"], "Type": "EQUAL"}]
    rows = ssm.list_resource_compliance_summaries(Filters=filters)["ResourceComplianceSummaryItems"]
    told = [(row["ResourceId"], row["OverallSeverity"], row["CompliantSummary"]["CompliantCount"]) for row in rows]
    assert told == [(node_id(0), "CRITICAL", 1), (node_id(1), "CRITICAL", 1)]
    with refused("InvalidFilter"):
        ssm.list_resource_compliance_summaries(Filters=[{"Key": "Colour", "Values": ["red"], "Type": "EQUAL"}])
