# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_run: whom it tells, how far it waits, and what it says of every node."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id, nodes

IDS = [node_id(number) for number in range(3)]
IMAGE = "ami-0123456789abcdef0"
SNAPSHOT = "01234567-89ab-cdef-0123-456789abcdef"


def statuses(result):
    return {one["id"]: one["status"] for one in result["nodes"]}


def commands(aws):
    """The requests of SendCommand that were accepted."""
    return [call.request for call in aws.calls if call.operation == "SendCommand" and call.status == 200]


def group(count, **members):
    return nodes(count, tags={"Patch Group": "Production"}, **members)


@pytest.mark.parametrize(
    ("operation", "given", "parameters", "changed"),
    [
        pytest.param("Scan", {}, {}, False, id="scan"),
        pytest.param("Install", {}, {"RebootOption": ["RebootIfNeeded"]}, True, id="install"),
        pytest.param("Install", {"reboot_option": "NoReboot"}, {"RebootOption": ["NoReboot"]}, True, id="no reboot"),
        pytest.param("Scan", {"step_timeout_seconds": 600}, {"StepTimeoutSeconds": ["600"]}, False, id="step timeout"),
        pytest.param("Scan", {"snapshot_id": SNAPSHOT}, {"SnapshotId": [SNAPSHOT]}, False, id="given snapshot"),
    ],
)
def test_nodes_by_id(aws, patch, operation, given, parameters, changed):
    aws.nodes(*nodes(3, patches=[MISSING]))
    result = patch(operation=operation, instance_ids=IDS, **given)
    assert not result.get("failed"), result
    assert (result["changed"], result["document"]) == (changed, "AWS-RunPatchBaseline")
    assert statuses(result) == dict.fromkeys(IDS, "Success")
    assert result["progress"] == {"pending": 0, "running": 0, "done": 3, "failed": 0}
    (sent,) = result["commands"]
    (read,) = aws.client().list_commands(CommandId=sent["command_id"])["Commands"]
    expected = {"Operation": [operation], "SnapshotId": [result["snapshot_id"]], **parameters}
    assert (read["Parameters"], read["StatusDetails"], read["InstanceIds"]) == (expected, "Success", IDS)
    states = aws.client().describe_instance_patch_states(InstanceIds=IDS)["InstancePatchStates"]
    assert {one["SnapshotId"] for one in states} == {result["snapshot_id"]}
    assert result["changes"] == [f"send AWS-RunPatchBaseline ({operation}) to 3 nodes as command {sent['command_id']}"]


def test_each_run_has_a_snapshot_of_its_own(aws, patch):
    aws.nodes(*nodes(1))
    runs = [patch(instance_ids=IDS[:1])["snapshot_id"] for _run in range(2)]
    assert len(set(runs)) == 2


def test_an_id_given_twice_counts_once(aws, patch):
    aws.nodes(*nodes(1))
    assert statuses(patch(instance_ids=[IDS[0], IDS[0]])) == {IDS[0]: "Success"}


ENDS = [
    pytest.param({"end": "Failed", "exit_code": 146, "output": "out", "error": "err"}, {}, "Failed",
                 "step PatchLinux ended with exit code 146: the operating system is not supported", id="failed"),
    pytest.param({"end": "Failed", "exit_code": 195}, {}, "Failed",
                 "exit code 195: a reboot was asked for, and patches failed", id="reboot with failures"),
    pytest.param({"end": "Failed", "exit_code": 140}, {}, "Failed",
                 "exit code 140: the patching could not be set up on the node", id="another setup error"),
    pytest.param({"end": "Failed", "exit_code": 77}, {}, "Failed",
                 "exit code 77: not one of the codes that AWS's patching has", id="another code"),
    pytest.param({"end": "lost"}, {}, "DeliveryTimedOut", "the command expired before", id="delivery timed out"),
    pytest.param({"end": "silent"}, {}, "DeliveryTimedOut", "the command expired before", id="never heard of again"),
    pytest.param({"seconds": 700}, {"step_timeout_seconds": 600}, "ExecutionTimedOut",
                 "the node worked on it for longer", id="execution timed out"),
    pytest.param({"end": "Undeliverable"}, {}, "Undeliverable", "could not be delivered", id="undeliverable"),
    pytest.param({"end": "InvalidPlatform"}, {}, "InvalidPlatform", "the document does not run", id="platform"),
    pytest.param({"end": "AccessDenied"}, {}, "AccessDenied", "the caller may not", id="access denied"),
    pytest.param({"unpatchable": ["openssl.x86_64"], "patches": [MISSING]}, {"operation": "Install"}, "Failed",
                 "exit code 1: the scan or the installation failed", id="a patch failed"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "options", "status", "words"), ENDS)
def test_how_a_node_ends(aws, patch, members, options, status, words):
    """Beside two that succeed, with which the command as a whole may be a success."""
    good, other, bad = nodes(3)
    aws.nodes(good, other, {**bad, **members})
    aws.set(poll_seconds=2000)
    result = patch(instance_ids=IDS, **options)
    assert result["failed"]
    assert statuses(result) == {IDS[0]: "Success", IDS[1]: "Success", IDS[2]: status}
    last = result["nodes"][2]
    assert words in last["message"]
    assert f"1 of 3 nodes did not succeed. {IDS[2]}.example.com ({status}): " in result["msg"]
    assert result["progress"]["failed"] == 1


@pytest.mark.parametrize("unknown", [pytest.param(0, id="at once"), pytest.param(4, id="not known yet")])
def test_the_output_of_what_failed(aws, patch, unknown):
    aws.nodes(*nodes(2), {"id": IDS[2], "end": "Failed", "exit_code": 135, "output": "x" * 9000, "error": "denied"})
    aws.fail(operation="GetCommandInvocation", error="InvocationDoesNotExist", times=unknown)
    result = patch(instance_ids=IDS, max_errors=3)
    assert "output" not in result["nodes"][0]
    failed = result["nodes"][2]
    assert (failed["step"], failed["exit_code"], len(failed["output"])) == ("PatchLinux", 135, 9000)
    assert failed["error_output"] == "denied\nfailed to run commands: exit status 135"


def test_output_that_is_never_known_is_what_lists_have(aws, patch):
    aws.nodes({"id": IDS[0], "end": "Failed", "exit_code": 135, "output": "x" * 9000})
    aws.fail(operation="GetCommandInvocation", error="InvocationDoesNotExist")
    (failed,) = patch(instance_ids=IDS[:1])["nodes"]
    assert (failed["exit_code"], failed["output"]) == (135, "x" * 2500)


def test_the_output_of_all(aws, patch):
    aws.nodes({"id": IDS[0], "output": "all is well", "platform": "Windows"})
    (one,) = patch(instance_ids=IDS[:1], return_output="all")["nodes"]
    assert (one["step"], one["exit_code"], one["output"]) == ("PatchWindows", 0, "all is well")
    assert one["message"] == "done"


def test_what_never_started_has_no_output(aws, patch):
    aws.nodes({"id": IDS[0], "end": "Undeliverable"})
    (one,) = patch(instance_ids=IDS[:1], return_output="all")["nodes"]
    assert one.get("exit_code") is None


def test_errors_stop_it(aws, patch):
    aws.nodes({"id": node_id(0), "end": "Failed"}, *nodes(10)[1:])
    result = patch(instance_ids=[node_id(number) for number in range(10)], max_concurrency=2, max_errors="5%")
    told = list(statuses(result).values())
    assert (told.count("Failed"), told.count("Success"), told.count("Terminated")) == (1, 1, 8)
    assert "8 nodes" not in result["msg"]
    assert "more nodes had failed than max_errors tolerates" in result["nodes"][9]["message"]


def test_who_cannot_be_reached_is_named_and_the_others_are_told(aws, patch):
    ec2 = aws.client("ec2")
    running = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    aws.nodes({"id": IDS[0]}, {"id": IDS[1], "ping": "ConnectionLost"})
    result = patch(instance_ids=[IDS[0], IDS[1], running, IDS[2], "mi-0123456789abcdef0"])
    assert statuses(result) == {
        IDS[0]: "Success",
        IDS[1]: "Offline",
        running: "Unmanaged",
        IDS[2]: "Unknown",
        "mi-0123456789abcdef0": "Unknown",
    }
    assert result["failed"]
    messages = [one["message"] for one in result["nodes"]]
    assert "its agent was last heard of at" in messages[1]
    assert "EC2 knows the instance (running), and Systems Manager does not manage it: look at its agent" in messages[2]
    assert "neither Systems Manager nor EC2 knows it" in messages[3]
    assert commands(aws)[0]["InstanceIds"] == [IDS[0]]


def test_who_cannot_be_reached_may_be_a_warning(aws, patch):
    aws.nodes({"id": IDS[0]}, {"id": IDS[1], "ping": "ConnectionLost"})
    result = patch(instance_ids=IDS[:2], unreached_nodes="warn")
    assert not result.get("failed")
    (warning,) = result["warnings"]
    assert warning.startswith(f"{IDS[1]}.example.com (Offline): Systems Manager does not hear from the node's agent")


def test_nobody_can_be_reached(aws, patch):
    aws.nodes({"id": IDS[0], "ping": "ConnectionLost"})
    result = patch(operation="Install", instance_ids=IDS[:1])
    assert (result["failed"], result["changed"], result["commands"]) == (True, False, [])
    assert statuses(result) == {IDS[0]: "Offline"}


@pytest.mark.parametrize(
    ("options", "find"),
    [
        pytest.param({"patch_group": "Production"}, True, id="patch group"),
        pytest.param({"targets": {"tag:Patch Group": ["Production"]}}, True, id="tag"),
        pytest.param({"targets": {"tag:Patch Group": ["Production"]}, "find_unmanaged": False}, False, id="not asked"),
    ],
)
def test_instances_that_are_not_managed_are_named(aws, patch, options, find):
    ec2 = aws.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Patch Group", "Value": "Production"}]}]
    started = ec2.run_instances(ImageId=IMAGE, MinCount=2, MaxCount=2, TagSpecifications=tags)["Instances"]
    stranger, gone = (one["InstanceId"] for one in started)
    ec2.terminate_instances(InstanceIds=[gone])
    aws.nodes(*group(2))
    told = statuses(patch(unreached_nodes="warn", **options))
    assert told == {IDS[0]: "Success", IDS[1]: "Success", **({stranger: "Unmanaged"} if find else {})}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"patch_group": "Production"}, id="patch group"),
        pytest.param({"targets": {"tag:Patch Group": ["Production"]}}, id="tag"),
    ],
)
def test_a_node_whose_tag_is_late_is_not_called_unmanaged(aws, patch, options):
    ec2 = aws.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Patch Group", "Value": "Production"}]}]
    started = ec2.run_instances(ImageId=IMAGE, MinCount=52, MaxCount=52, TagSpecifications=tags)["Instances"]
    stranger, *late = sorted(one["InstanceId"] for one in started)
    aws.nodes(*group(1), *({"id": one} for one in late))
    aws.application.calls.clear()
    result = patch(unreached_nodes="warn", **options)
    assert statuses(result) == {IDS[0]: "Success", stranger: "Unmanaged", **dict.fromkeys(late, "Untagged")}
    said = {one["id"]: one["message"] for one in result["nodes"]}
    assert said[late[0]] == (
        "no command went to the node: Systems Manager manages it, and does not know its tag yet: run again in a moment"
    )
    assert said[stranger].count("Systems Manager does not manage") == 1
    assert aws.actions.count("ssm:DescribeInstanceInformation") == (5 if "patch_group" in options else 3)


def test_a_caller_who_may_not_ask_ec2_is_told_what_that_means(aws, patch):
    aws.nodes(*group(1))
    aws.set(permissions={"denied": ["ec2:DescribeInstances"]})
    result = patch(patch_group="Production")
    assert statuses(result) == {IDS[0]: "Success"}
    assert any("Instances that Systems Manager does not manage are not named" in one for one in result["warnings"])


GROUPS = [
    pytest.param([{"PatchGroup": "P"}], {"Targets": [{"Key": "tag:PatchGroup", "Values": ["P"]}]}, id="no blank"),
    pytest.param([{"Patch Group": "P"}], {"Targets": [{"Key": "tag:Patch Group", "Values": ["P"]}]}, id="with one"),
    pytest.param([{"Patch Group": "P"}, {"PatchGroup": "P"}], {"InstanceIds": IDS[:2]}, id="both kinds of nodes"),
    pytest.param([{"Patch Group": "P"}, {"PatchGroup": "Q", "Patch Group": "P"}], {"InstanceIds": IDS[:1]},
                 id="of both tags the first counts"),
    pytest.param([{"PatchGroup": "P", "Patch Group": "Q"}, {"Patch Group": "Q"}],
                 {"Targets": [{"Key": "tag:PatchGroup", "Values": ["P"]}]}, id="the other group of a node with both"),
]  # fmt: skip


@pytest.mark.parametrize(("tags", "named"), GROUPS)
def test_patch_groups(aws, patch, tags, named):
    aws.nodes(*[{"id": node_id(number), "tags": one} for number, one in enumerate(tags)])
    result = patch(patch_group="P")
    (request,) = commands(aws)
    assert {name: request[name] for name in ("InstanceIds", "Targets") if name in request} == named
    expected = named.get("InstanceIds") or IDS[:1]
    assert statuses(result) == dict.fromkeys(expected, "Success")


def test_targets_have_to_fit_all(aws, patch):
    aws.nodes(
        {"id": IDS[0], "tags": {"stage": "prod", "role": "web", "zone": "a"}},
        {"id": IDS[1], "tags": {"stage": "prod"}},
        {"id": IDS[2], "tags": {"stage": "prod", "role": "web"}},
    )
    result = patch(targets={"tag:stage": "prod", "tag:role": ["web", "db"], "tag:zone": "a"})
    assert statuses(result) == {IDS[0]: "Success"}


@pytest.mark.parametrize("online", [1, 0])
def test_targets_that_are_offline_are_waited_for(aws, patch, online):
    aws.nodes(*group(online), {"id": IDS[1], "tags": {"Patch Group": "Production"}, "ping": "ConnectionLost"})
    aws.set(poll_seconds=5000)
    result = patch(patch_group="Production", timeout_seconds=30)
    assert statuses(result) == {**dict.fromkeys(IDS[:online], "Success"), IDS[1]: "DeliveryTimedOut"}


def test_of_a_large_fleet_those_that_did_not_succeed(aws, patch):
    aws.nodes(*nodes(2), {"id": IDS[2], "end": "Failed"})
    result = patch(instance_ids=IDS, return_nodes="unsuccessful")
    assert statuses(result) == {IDS[2]: "Failed"}
    assert result["progress"] == {"pending": 0, "running": 0, "done": 2, "failed": 1}
    assert "1 of 3 nodes did not succeed" in result["msg"]


@pytest.mark.parametrize("online", [1, 0])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"patch_group": "Production"}, id="patch group"),
        pytest.param({"targets": {"tag:Patch Group": ["Production"]}}, id="targets"),
    ],
)
def test_targets_that_are_offline_are_skipped(aws, patch, options, online):
    aws.nodes(*group(online), {"id": IDS[1], "tags": {"Patch Group": "Production"}, "ping": "ConnectionLost"})
    result = patch(offline_nodes="skip", **options)
    assert statuses(result) == {**dict.fromkeys(IDS[:online], "Success"), IDS[1]: "Offline"}
    assert result["failed"]
    assert [one["InstanceIds"] for one in commands(aws)] == [IDS[:online]] * online


def test_a_resource_group_cannot_skip_nodes(aws, patch):
    result = patch(offline_nodes="skip", targets={"resource-groups:Name": ["fleet"]})
    assert "offline_nodes: cannot be skip with a resource group" in result["msg"]
    assert aws.actions == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"patch_group": "Nowhere"}, id="patch group"),
        pytest.param({"targets": {"tag:stage": ["nowhere"]}}, id="tag"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_nobody_fits(aws, patch, options, check_mode):
    aws.nodes(*group(1))
    named = "tag:stage" if "targets" in options else "patch group Nowhere (tag PatchGroup or Patch Group)"
    words = f"There is no managed node of {named} in this account and Region; nothing was sent"
    assert patch(check_mode, **options)["msg"] == words
    result = patch(check_mode, no_nodes="warn", **options)
    assert result["warnings"] == [words]
    assert (result["changed"], result["nodes"]) == (False, [])
    assert not result.get("failed")
    assert commands(aws) == []


def test_a_resource_group_that_nobody_fits_is_no_success(aws, patch):
    """AWS calls it one: Success, with NoInstancesInTag in its details."""
    aws.nodes(*group(1))
    result = patch(targets={"resource-groups:Name": ["nowhere"]})
    assert result["failed"]
    assert "no managed node fits the targets" in result["msg"]
    assert result["commands"][0]["status"] == "NoInstancesInTag"


def test_a_resource_group(aws, patch):
    aws.nodes({"id": IDS[0], "resource_groups": ["fleet"]})
    result = patch(targets={"resource-groups:Name": ["fleet"]})
    assert statuses(result) == {IDS[0]: "Success"}
    assert any("known to AWS alone" in one for one in result["warnings"])


def test_more_targets_than_the_account_may_have(aws, patch):
    aws.nodes(*group(2))
    aws.set(pending_limit=1)
    result = patch(patch_group="Production")
    assert "more nodes were targeted than the account may have waiting; nothing was sent" in result["msg"]
    assert statuses(result) == dict.fromkeys(IDS[:2], "Omitted")


def test_lists_that_lag_behind(aws, patch):
    aws.nodes(*nodes(3, seconds=1))
    aws.set(unseen_polls=8)
    assert statuses(patch(instance_ids=IDS)) == dict.fromkeys(IDS, "Success")


def test_pages_that_are_empty_or_small(aws, patch):
    aws.nodes(*group(12))
    aws.set(largest_page=5, empty_pages=True)
    assert list(statuses(patch(patch_group="Production")).values()) == ["Success"] * 12


@pytest.mark.parametrize(
    ("options", "planned"),
    [
        pytest.param({"instance_ids": IDS}, ["Planned", "Offline", "Unknown"], id="ids"),
        pytest.param({"patch_group": "Production"}, ["Planned", "Offline"], id="patch group"),
    ],
)
def test_check_mode_says_who_would_be_told(aws, patch, options, planned):
    one, other = group(2)
    aws.nodes(one, {**other, "ping": "ConnectionLost"})
    result = patch(True, operation="Install", **options)
    assert list(statuses(result).values()) == planned
    assert (result["changed"], result["changes"], result["commands"]) == (True, [], [])
    assert not [call for call in aws.calls if not call.operation.startswith(("Describe", "List", "Get"))]
    assert patch(True, operation="Scan", **options)["changed"] is False


def test_everything_that_send_command_takes(aws, patch, aws_cli):
    aws.nodes(*nodes(1))
    location = {"LocationConstraint": "eu-central-1"}
    aws.client("s3").create_bucket(Bucket="outputs", CreateBucketConfiguration=location)
    topic = aws.client("sns").create_topic(Name="patching")["TopicArn"]
    aws.client("ssm")
    result = patch(
        instance_ids=IDS[:1],
        comment="Patch now",
        document_version="$LATEST",
        timeout_seconds=600,
        output_s3_bucket_name="outputs",
        output_s3_key_prefix="runs",
        cloud_watch_output_config={"cloud_watch_output_enabled": True, "cloud_watch_log_group_name": "patching"},
        notification_config={
            "notification_arn": topic, "notification_events": ["Failed"], "notification_type": "Command"
        },
        service_role_arn="arn:aws:iam::123456789012:role/notify",
        max_concurrency="50%",
        max_errors=1,
        return_output="all",
    )  # fmt: skip
    assert not result.get("failed"), result
    identifier = result["commands"][0]["command_id"]
    (read,) = aws_cli("ssm", "list-commands", "--command-id", identifier)["Commands"]
    names = ("Comment", "DocumentVersion", "TimeoutSeconds", "OutputS3BucketName", "OutputS3KeyPrefix", "ServiceRole")
    assert [read[name] for name in names] == [
        *("Patch now", "$LATEST", 600, "outputs", "runs", "arn:aws:iam::123456789012:role/notify"),
    ]
    assert read["NotificationConfig"] == {
        "NotificationArn": topic, "NotificationEvents": ["Failed"], "NotificationType": "Command",
    }  # fmt: skip
    assert read["CloudWatchOutputConfig"]["CloudWatchLogGroupName"] == "patching"
    assert (read["MaxConcurrency"], read["MaxErrors"]) == ("50%", "1")
    assert result["nodes"][0]["output_url"].endswith(
        f"/outputs/runs/{identifier}/{IDS[0]}/awsrunShellScript/PatchLinux/stdout"
    )


def test_hooks(aws, patch):
    aws.nodes(*nodes(1))
    result = patch(operation="Install", instance_ids=IDS[:1], pre_install_hook="Drain", on_exit_hook="Undrain")
    assert result["document"] == "AWS-RunPatchBaselineWithHooks"
    assert statuses(result) == {IDS[0]: "Success"}
    parameters = commands(aws)[0]["Parameters"]
    assert (parameters["PreInstallHookDocName"], parameters["OnExitHookDocName"]) == (["Drain"], ["Undrain"])
    assert "PostInstallHookDocName" not in parameters
