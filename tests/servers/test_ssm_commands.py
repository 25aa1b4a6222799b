# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Command: every way in which a command ends, rate control, what is seen when, and what is refused."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import node_id, nodes, refused

DOCUMENT = "AWS-RunPatchBaseline"
HOUR = 3600
# With AWS's own time-outs: an hour to be taken, two to be worked on.
EXPIRY = 3 * HOUR


def send(ssm, count=None, operation="Scan", **options):
    named = {"InstanceIds": [node_id(number) for number in range(count)]} if count is not None else {}
    given = {"DocumentName": DOCUMENT, "Parameters": {"Operation": [operation]}, **named, **options}
    return ssm.send_command(**given)["Command"]["CommandId"]


def details(ssm, command):
    """Of the command, and of its invocations by number of nodes."""
    rows = ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
    (row,) = ssm.list_commands(CommandId=command)["Commands"]
    return (row["Status"], row["StatusDetails"]), dict(collections.Counter(one["StatusDetails"] for one in rows))


def ended(aws, command, seconds=EXPIRY + 1):
    aws.client().list_commands(CommandId=command)  # the look that does not see it
    aws.advance(seconds)
    return details(aws.client(), command)


ENDS = [
    pytest.param([{}] * 3, {}, ("Success", "Success"), {"Success": 3}, id="success"),
    pytest.param([{"end": "Failed"}], {}, ("Failed", "Failed"), {"Failed": 1}, id="failed"),
    pytest.param([{"end": "Failed"}, {}, {}], {"MaxErrors": "1"}, ("Failed", "Incomplete"), {"Failed": 1, "Success": 2},
                 id="incomplete"),
    pytest.param([{"end": "lost"}], {}, ("TimedOut", "DeliveryTimedOut"), {"DeliveryTimedOut": 1},
                 id="delivery timed out"),
    pytest.param([{"end": "silent"}], {}, ("TimedOut", "DeliveryTimedOut"), {"DeliveryTimedOut": 1},
                 id="taken and never heard of again"),
    pytest.param([{"seconds": 2 * HOUR + 1}], {}, ("TimedOut", "ExecutionTimedOut"), {"ExecutionTimedOut": 1},
                 id="execution timed out"),
    pytest.param([{"end": "lost"}, {"end": "lost"}, {}], {"MaxConcurrency": "3", "MaxErrors": "2"},
                 ("Failed", "Incomplete"), {"DeliveryTimedOut": 2, "Success": 1}, id="delivery time-outs do not count"),
    pytest.param([{"end": "Undeliverable"}] * 4 + [{}], {}, ("Success", "Success"),
                 {"Undeliverable": 4, "Success": 1}, id="undeliverable beside a success"),
    pytest.param([{"end": "Undeliverable"}] * 2, {}, ("Failed", "Failed"), {"Undeliverable": 2},
                 id="nothing but undeliverable"),
    pytest.param([{"end": "AccessDenied"}, {}], {}, ("Success", "Success"), {"AccessDenied": 1, "Success": 1},
                 id="access denied beside a success"),
    pytest.param([{"end": "InvalidPlatform"}], {}, ("Failed", "Failed"), {"InvalidPlatform": 1},
                 id="invalid platform alone"),
    pytest.param([{"end": "Failed"}, *[{}] * 9], {"MaxConcurrency": "1"}, ("Failed", "Failed"),
                 {"Failed": 1, "Terminated": 9}, id="terminated by the first error"),
    pytest.param([{"end": "Failed"}] * 10, {"MaxConcurrency": "1", "MaxErrors": "29%"}, ("Failed", "Failed"),
                 {"Failed": 3, "Terminated": 7}, id="errors round down: 2.9 of 10 tolerate two"),
    pytest.param([{"end": "Failed", "seconds": 30 + 30 * number} for number in range(4)] + [{}] * 4,
                 {"MaxConcurrency": "4"}, ("Failed", "Failed"), {"Failed": 4, "Terminated": 4},
                 id="those at work go on after the last tolerated error"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "options", "command", "invocations"), ENDS)
def test_how_commands_end(aws, given, options, command, invocations):
    aws.nodes(*[{**one, **members} for one, members in zip(nodes(len(given)), given, strict=True)])
    sent = send(aws.client(), len(given), **options)
    assert ended(aws, sent) == (command, invocations)


def test_it_goes_on_with_every_look(aws):
    aws.nodes(*nodes(5, seconds=10))
    aws.set(unseen_polls=0, poll_seconds=11)
    ssm = aws.client()
    command = send(ssm, 5, MaxConcurrency="2")
    seen = []
    for _look in range(4):
        rows = ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
        seen.append([one["StatusDetails"] for one in rows])
    assert seen == [
        ["Success"] * 2 + ["Pending"] * 3,
        ["Success"] * 4 + ["Pending"],
        ["Success"] * 5,
        ["Success"] * 5,
    ]


@pytest.mark.parametrize(
    ("written", "count", "together"),
    [
        pytest.param("3", 10, 3, id="number"),
        pytest.param("25%", 10, 3, id="fractions round up"),
        pytest.param("1%", 10, 1, id="one at least"),
        pytest.param("100%", 10, 10, id="all"),
    ],
)
def test_no_more_nodes_work_at_a_time_than_may(aws, written, count, together):
    aws.nodes(*nodes(count))
    aws.set(unseen_polls=0, poll_seconds=5)
    ssm = aws.client()
    command = send(ssm, count, MaxConcurrency=written)
    assert details(ssm, command)[1].get("InProgress") == together


def test_a_command_expires_for_those_that_wait_for_their_turn_too(aws):
    aws.nodes(*nodes(3, seconds=100))
    sent = send(
        aws.client(),
        3,
        MaxConcurrency="1",
        TimeoutSeconds=30,
        Parameters={"Operation": ["Scan"], "StepTimeoutSeconds": ["120"]},
    )
    assert ended(aws, sent) == (("TimedOut", "DeliveryTimedOut"), {"Success": 1, "DeliveryTimedOut": 2})


def test_a_node_that_takes_nothing_is_delayed(aws):
    aws.nodes(*nodes(1, end="lost"))
    ssm = aws.client()
    assert ended(aws, send(ssm, 1), 120)[1] == {"Delayed": 1}


def test_what_was_just_sent_is_not_seen_yet(aws):
    aws.nodes(*nodes(1))
    ssm = aws.client()
    command = send(ssm, 1)
    with refused("InvocationDoesNotExist"):
        ssm.get_command_invocation(CommandId=command, InstanceId=node_id(0))
    assert ssm.get_command_invocation(CommandId=command, InstanceId=node_id(0))["Status"] == "InProgress"
    again = send(ssm, 1)
    assert ssm.list_command_invocations(CommandId=again)["CommandInvocations"] == []
    assert len(ssm.list_command_invocations(CommandId=again)["CommandInvocations"]) == 1


CANCELLED = [
    pytest.param({}, {}, {"Cancelled": 4}, ("Cancelled", "Cancelled"), id="all stop"),
    pytest.param({"cancels": False}, {}, {"Success": 2, "Cancelled": 2}, ("Cancelled", "Cancelled"),
                 id="those at work do not stop"),
    pytest.param({}, {"InstanceIds": [node_id(0)]}, {"Cancelled": 1, "Success": 3}, ("Failed", "Incomplete"),
                 id="one node alone"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "options", "invocations", "whole"), CANCELLED)
def test_cancelled(aws, members, options, invocations, whole):
    aws.nodes(*nodes(4, **members))
    aws.set(unseen_polls=0, poll_seconds=0)
    ssm = aws.client()
    command = send(ssm, 4, MaxConcurrency="2")
    aws.advance(10)
    ssm.cancel_command(CommandId=command, **options)
    if not options:
        assert details(ssm, command)[0] == ("Cancelling", "Cancelling")
    aws.advance(200)
    assert details(ssm, command) == (whole, invocations)


def test_what_has_ended_is_not_cancelled(aws):
    aws.nodes(*nodes(1))
    ssm = aws.client()
    command = send(ssm, 1)
    ended(aws, command, 100)
    ssm.cancel_command(CommandId=command)
    assert details(ssm, command) == (("Success", "Success"), {"Success": 1})


def targets(**tags):
    return [{"Key": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


CHOSEN = [
    pytest.param(targets(stage="prod"), {0, 1}, id="tag"),
    pytest.param(targets(stage="prod", role="web"), {0}, id="all tags"),
    pytest.param([{"Key": "tag:stage", "Values": ["prod", "dev"]}], {0, 1, 2}, id="one of the values"),
    pytest.param([{"Key": "tag-key", "Values": ["role"]}], {0, 2}, id="key"),
    pytest.param([{"Key": "InstanceIds", "Values": [node_id(2)]}], {2}, id="ids"),
    pytest.param([{"Key": "resource-groups:Name", "Values": ["fleet"]}], {1}, id="resource group"),
]
TAGGED = [
    {"id": node_id(0), "tags": {"stage": "prod", "role": "web"}},
    {"id": node_id(1), "tags": {"stage": "prod"}, "resource_groups": ["fleet"]},
    {"id": node_id(2), "tags": {"stage": "dev", "role": "web"}},
]


@pytest.mark.parametrize(("given", "chosen"), CHOSEN)
def test_targets(aws, given, chosen):
    aws.nodes(*TAGGED)
    aws.set(unseen_polls=0)
    ssm = aws.client()
    command = send(ssm, Targets=given)
    rows = ssm.list_command_invocations(CommandId=command)["CommandInvocations"]
    assert {one["InstanceId"] for one in rows} == {node_id(number) for number in chosen}


def test_targets_that_nobody_fits_are_a_success(aws):
    aws.nodes(*TAGGED)
    ssm = aws.client()
    command = send(ssm, Targets=targets(stage="nowhere"))
    looks = [ssm.list_commands(CommandId=command)["Commands"][0] for _look in range(2)]
    told = [(one["Status"], one["StatusDetails"], one["TargetCount"]) for one in looks]
    assert told == [("Pending", "Pending", 0), ("Success", "NoInstancesInTag", 0)]


def test_too_many_targets_for_the_account(aws):
    aws.nodes(*TAGGED)
    aws.set(pending_limit=1, unseen_polls=0)
    assert details(aws.client(), send(aws.client(), Targets=targets(stage="prod"))) == (("Failed", "RateExceeded"), {})


def test_targets_reach_for_nodes_that_are_offline(aws):
    aws.nodes({**TAGGED[0], "ping": "ConnectionLost"}, TAGGED[1])
    sent = send(aws.client(), Targets=targets(stage="prod"), MaxErrors="1")
    assert ended(aws, sent)[1] == {"DeliveryTimedOut": 1, "Success": 1}


REFUSED = [
    pytest.param({"InstanceIds": [node_id(0), node_id(7)]}, "InvalidInstanceId", node_id(7), id="unknown node"),
    pytest.param({"InstanceIds": [node_id(0), node_id(1)]}, "InvalidInstanceId", node_id(1), id="node that is offline"),
    pytest.param({"InstanceIds": [node_id(0)] * 2}, "DuplicateInstanceId", "twice", id="id given twice"),
    pytest.param({"InstanceIds": [node_id(0)], "DocumentName": "AWS-Nothing"}, "InvalidDocument", "AWS-Nothing",
                 id="unknown document"),
    pytest.param({"InstanceIds": [node_id(0)], "DocumentVersion": "9"}, "InvalidDocumentVersion", "9", id="version"),
    pytest.param({"InstanceIds": [node_id(0)], "Parameters": {}}, "InvalidParameters", "Operation must be given",
                 id="no operation"),
    pytest.param({"InstanceIds": [node_id(0)], "Parameters": {"Operation": ["Scan"], "RebootOption": ["AlwaysReboot"]}},
                 "InvalidParameters", "RebootOption may not be AlwaysReboot", id="reboot option"),
    pytest.param({"InstanceIds": [node_id(0)], "Parameters": {"Operation": ["Scan"], "SnapshotId": ["1"]}},
                 "InvalidParameters", "SnapshotId may not be 1", id="snapshot"),
    pytest.param({"InstanceIds": [node_id(0)], "Parameters": {"Operation": ["Scan"], "Colour": ["red"]}},
                 "InvalidParameters", "Colour is not a parameter", id="parameter"),
    pytest.param({"InstanceIds": [node_id(0)], "DocumentName": "AWS-RunPatchBaselineWithHooks",
                  "Parameters": {"Operation": ["Install"], "InstallOverrideList": ["s3://a/b"]}},
                 "InvalidParameters", "InstallOverrideList is not a parameter", id="override list with hooks"),
    pytest.param({}, "ValidationException", "Either InstanceIds or Targets", id="nobody"),
    pytest.param({"InstanceIds": [node_id(0)], "OutputS3BucketName": "nowhere"}, "InvalidOutputFolder", "nowhere",
                 id="bucket for output"),
    pytest.param({"InstanceIds": [node_id(0)], "NotificationConfig": {"NotificationArn": "arn:aws:sns:x:1:y"}},
                 "InvalidNotificationConfig", "arn:aws:sns:x:1:y", id="topic"),
    pytest.param({"InstanceIds": [node_id(2)], "DocumentName": "AWS-RunShellScript",
                  "Parameters": {"commands": ["true"]}}, "UnsupportedPlatformType", "RunShellScript", id="platform"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "code", "text"), REFUSED)
def test_what_is_refused(aws, options, code, text):
    online, offline, windows = nodes(3)
    aws.nodes(online, {**offline, "ping": "ConnectionLost"}, {**windows, "platform": "Windows"})
    with refused(code, text):
        send(aws.client(), **options)
    assert aws.client().list_commands()["Commands"] == []


def test_notifications_need_a_role(aws):
    aws.nodes(*nodes(1))
    topic = aws.client("sns").create_topic(Name="patching")["TopicArn"]
    with refused("InvalidRole"):
        send(aws.client(), 1, NotificationConfig={"NotificationArn": topic})
    role = "arn:aws:iam::123456789012:role/notify"
    assert send(aws.client(), 1, NotificationConfig={"NotificationArn": topic}, ServiceRoleArn=role)


def test_output_of_steps(aws):
    long = "x" * 30_000
    aws.nodes(*nodes(1, end="Failed", exit_code=146, output=long, error="no such system"))
    ssm = aws.client()
    command = send(ssm, 1)
    ended(aws, command, 100)
    asked = {"CommandId": command, "InstanceId": node_id(0)}
    step = ssm.get_command_invocation(**asked, PluginName="PatchLinux")
    assert (step["ResponseCode"], len(step["StandardOutputContent"])) == (146, 24_000)
    assert step["StandardErrorContent"] == "no such system\nfailed to run commands: exit status 146"
    whole = ssm.get_command_invocation(**asked)
    assert (whole["Status"], whole["ResponseCode"], whole["StandardOutputContent"]) == ("Failed", -1, "")
    with refused("InvalidPluginName"):
        ssm.get_command_invocation(**asked, PluginName="PatchSolaris")
    (row,) = ssm.list_command_invocations(**asked, Details=True)["CommandInvocations"]
    told = {one["Name"]: (one["Status"], one["ResponseCode"], len(one["Output"])) for one in row["CommandPlugins"]}
    assert told["PatchLinux"] == ("Failed", 146, 2_500)
    assert {told["PatchWindows"][:2], told["PatchMacOS"][:2]} == {("Success", 0)}
    assert ssm.list_command_invocations(**asked)["CommandInvocations"][0]["CommandPlugins"] == []


def test_pages_and_filters(aws):
    aws.nodes(*nodes(50), {"id": node_id(50), "end": "Failed"})
    ssm = aws.client()
    command = send(ssm, Targets=[{"Key": "InstanceIds", "Values": ["*"]}])
    ended(aws, command)
    pages = ssm.get_paginator("list_command_invocations").paginate(CommandId=command, PaginationConfig={"PageSize": 20})
    assert [len(page["CommandInvocations"]) for page in pages] == [20, 20, 11]
    failed = [{"key": "Status", "value": "Failed"}]
    rows = ssm.list_command_invocations(CommandId=command, Filters=failed)["CommandInvocations"]
    assert [one["InstanceId"] for one in rows] == [node_id(50)]
    with refused("InvalidNextToken"):
        ssm.list_command_invocations(CommandId=command, NextToken="nonsense")
    with refused("InvalidCommandId"):
        ssm.list_commands(CommandId="01234567-89ab-cdef-0123-456789abcdef")
    documents = [{"key": "DocumentName", "value": DOCUMENT}]
    assert len(ssm.list_commands(Filters=documents, InstanceId=node_id(0))["Commands"]) == 1


def test_nodes(aws):
    aws.nodes(*TAGGED, {"id": "mi-0123456789abcdef0", "name": "on-premises", "ping": "ConnectionLost"})
    ssm = aws.client()

    def found(*filters):
        rows = ssm.describe_instance_information(Filters=[{"Key": key, "Values": values} for key, values in filters])
        return [one["InstanceId"] for one in rows["InstanceInformationList"]]

    assert len(found()) == 4
    assert found(("PingStatus", ["ConnectionLost"])) == ["mi-0123456789abcdef0"]
    assert found(("tag:stage", ["prod"]), ("tag-key", ["role"])) == [node_id(0)]
    assert found(("InstanceIds", [node_id(1), node_id(9)])) == [node_id(1)]
    with refused("InvalidFilterKey"):
        found(("Colour", ["red"]))
    with refused("ValidationException", "cannot be combined"):
        found(("tag:stage", ["prod"]), ("PingStatus", ["Online"]))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([{"id": "nonsense"}], id="id"),
        pytest.param([{"id": node_id(0), "end": "Exploded"}], id="end"),
        pytest.param(nodes(1) * 2, id="twice"),
        pytest.param([{"id": node_id(0), "colour": "red"}], id="unknown member"),
    ],
)
def test_nodes_that_cannot_be(aws, given):
    with pytest.raises((TypeError, ValueError)):
        aws.nodes(*given)
