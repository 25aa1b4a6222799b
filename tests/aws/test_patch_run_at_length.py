# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_run where one command is not enough, and where a run does not come to its end by itself."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import yaml
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import command, node, patch_run
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.patience import Patience
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.unrepeatable import Once
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.watch import Sent, Watch
from ansible_collections.patchops.fleet.tests.aws.conftest import MODULES
from ansible_collections.patchops.fleet.tests.aws.test_patch_run import IDS, SNAPSHOT, commands, statuses
from ansible_collections.patchops.fleet.tests.servers.answers import node_id, nodes

ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
MODULE = "patchops.fleet.ssm_patch_run"
SCAN = {"Operation": ["Scan"]}
MANY = [node_id(number) for number in range(120)]


def sizes(aws):
    return [(len(one["InstanceIds"]), one["MaxConcurrency"], one["MaxErrors"]) for one in commands(aws)]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param({}, [(50, "50", "0"), (50, "50", "0"), (20, "50", "0")], id="usual"),
        pytest.param({"max_concurrency": 10, "max_errors": 3}, [(50, "10", "3"), (50, "10", "3"), (20, "10", "3")],
                     id="numbers"),
        pytest.param({"max_concurrency": "25%", "max_errors": "10%"},
                     [(50, "30", "12"), (50, "30", "12"), (20, "30", "12")], id="percentages are of all nodes"),
    ],
)  # fmt: skip
def test_more_than_50_ids_go_one_batch_after_another(aws, patch, rates, expected):
    aws.nodes(*nodes(120))
    result = patch(instance_ids=MANY, **rates)
    assert set(statuses(result).values()) == {"Success"}
    assert sizes(aws) == expected
    assert {one["Parameters"]["SnapshotId"][0] for one in commands(aws)} == {result["snapshot_id"]}
    assert [one["nodes"] for one in result["commands"]] == [50, 50, 20]
    order = [call.operation for call in aws.calls if call.operation in ("SendCommand", "ListCommands")]
    assert order[:2] == ["SendCommand", "ListCommands"]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        pytest.param({"end": "Failed"}, "Failed", id="failed"),
        pytest.param({"seconds": 700}, "ExecutionTimedOut", id="timed out at work"),
    ],
)
def test_errors_are_counted_over_all_batches(aws, patch, members, status):
    """Two of the first batch fail, which three errors tolerate; two more of the second one do not."""
    failing = {3, 4, 55, 56}
    aws.nodes(*[{**one, **(members if number in failing else {})} for number, one in enumerate(nodes(120))])
    aws.set(poll_seconds=600)
    result = patch(instance_ids=MANY, max_concurrency=1, max_errors=3, step_timeout_seconds=600)
    told = list(statuses(result).values())
    assert sizes(aws) == [(50, "1", "3"), (50, "1", "1")]
    assert (told.count(status), told.count("Terminated")) == (4, 120 - 57)


@pytest.mark.parametrize(
    ("concurrency", "at_once"),
    [pytest.param("100%", 2, id="two commands together"), pytest.param("99", 1, id="one after another")],
)
def test_as_many_commands_at_a_time_as_max_concurrency_lets(aws, patch, concurrency, at_once):
    aws.nodes(*nodes(120))
    patch(instance_ids=MANY, max_concurrency=concurrency)
    order = [call.operation for call in aws.calls if call.operation in ("SendCommand", "ListCommands")]
    assert order[: at_once + 1] == ["SendCommand"] * at_once + ["ListCommands"]


def test_batches_that_nobody_waits_for_share_the_rates(aws, patch):
    aws.nodes(*nodes(120))
    result = patch(operation="Install", instance_ids=MANY, wait=False, max_concurrency=10, max_errors=4)
    assert sizes(aws) == [(50, "4", "2"), (50, "3", "1"), (20, "3", "1")]
    assert set(statuses(result).values()) == {"Pending"}
    assert result["changed"]
    assert not result.get("failed")


def test_more_commands_than_nodes_that_may_work(aws, patch):
    aws.nodes(*nodes(120))
    result = patch(instance_ids=MANY, wait=False, max_concurrency=2)
    assert "max_concurrency lets 2 nodes work at a time, and that many ids take 3 commands" in result["msg"]
    assert commands(aws) == []


def test_a_node_that_is_lost_on_the_way_refuses_no_other(aws, patch):
    """It was online when it was looked for, and is not when the command is sent: AWS refuses the whole call."""
    aws.nodes(*nodes(8))
    aws.set(leaving=(node_id(5),))
    result = patch(instance_ids=MANY[:8])
    told = statuses(result)
    assert told.pop(node_id(5)) == "Refused"
    assert set(told.values()) == {"Success"}


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        pytest.param(True, [(4, "4", "2"), (1, "4", "2"), (2, "4", "2")], id="one after another"),
        pytest.param(False, [(4, "2", "1"), (1, "1", "0"), (2, "1", "0")], id="at once"),
    ],
)
def test_parts_of_a_refused_command_keep_to_the_limits_of_the_whole(aws, patch, wait, expected):
    aws.nodes(*nodes(8))
    aws.set(leaving=(node_id(5),))
    patch(instance_ids=MANY[:8], wait=wait, max_concurrency="50%", max_errors="25%")
    assert sizes(aws) == expected


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        pytest.param({"error": "ThrottlingException", "times": 2}, 3, id="throttled"),
        pytest.param({"error": "InternalServerError", "times": 1, "answered": False}, 1, id="answer lost"),
    ],
)
def test_nothing_is_sent_twice(aws, patch, fault, tries):
    aws.nodes(*nodes(2))
    aws.fail(operation="SendCommand", **fault)
    result = patch(instance_ids=IDS[:2])
    assert set(statuses(result).values()) == {"Success"}
    assert aws.actions.count("ssm:SendCommand") == tries
    assert len(aws.client().list_commands()["Commands"]) == 1


def test_a_connection_that_breaks_once_the_command_is_sent(aws):
    """botocore raises before anybody sees the answer, which has no error code then."""

    def broken(**_event):
        raise ConnectionClosedError(endpoint_url=aws.url)

    aws.nodes(*nodes(2))
    once = aws.client()
    once.meta.events.register("after-call.ssm.SendCommand", broken)
    api = Api(aws.client())
    request = {
        "DocumentName": patch_run.PLAIN,
        "InstanceIds": IDS[:2],
        "Parameters": {**SCAN, "SnapshotId": [SNAPSHOT]},
    }
    sent = command.Sender(api, Once(api, Api(once), lambda: None, ())).send("send it", request)
    assert [one["CommandId"] for one in aws.client().list_commands()["Commands"]] == [sent]


def test_a_service_that_failed_before_it_did_anything(aws, patch):
    """The command that other runs sent to the same nodes is not taken for this run's."""
    aws.nodes(*nodes(2))
    patch(instance_ids=IDS[:2])
    aws.fail(operation="SendCommand", error="InternalServerError")
    result = patch(instance_ids=IDS[:2])
    assert result["msg"].startswith("Failed to send AWS-RunPatchBaseline (Scan) to 2 nodes: ")
    assert result["changes"] == []


def test_polling_outlives_throttling(aws, patch):
    aws.nodes(*nodes(2))
    aws.fail(operation="ListCommand*", error="ThrottlingException", times=1)
    assert set(statuses(patch(instance_ids=IDS[:2])).values()) == {"Success"}


@pytest.mark.parametrize("error", ["InvalidDocument", "InternalServerError"])
def test_a_second_batch_that_is_refused_loses_nothing_of_the_first(aws, patch, error):
    aws.nodes(*nodes(60))
    aws.fail(operation="SendCommand", error=error, after=1)
    result = patch(instance_ids=MANY[:60])
    told = list(statuses(result).values())
    assert (told.count("Success"), told.count("NotSent")) == (50, 10)
    assert error in result["nodes"][59]["message"]


@pytest.mark.parametrize(
    ("cancel", "status", "words"),
    [
        pytest.param(False, "InProgress", "nodes that work on it go on", id="left alone"),
        pytest.param(True, "Cancelled", "nodes were told to stop", id="cancelled"),
    ],
)
def test_time_is_up(aws, patch, cancel, status, words):
    aws.nodes(*nodes(2, seconds=100_000))
    aws.set(unseen_polls=0)
    result = patch(operation="Install", instance_ids=IDS[:2], wait_timeout=0, cancel_on_timeout=cancel)
    assert f"not all nodes had ended after 0 seconds; {words}" in result["msg"]
    assert statuses(result) == dict.fromkeys(IDS[:2], status)
    assert result["changed"]
    assert ("ssm:CancelCommand" in aws.actions) == cancel


def test_what_was_not_sent_when_time_is_up_is_not(aws, patch):
    aws.nodes(*nodes(60, seconds=100_000))
    aws.set(unseen_polls=0)
    told = list(statuses(patch(instance_ids=MANY[:60], wait_timeout=0)).values())
    assert (told.count("InProgress"), told.count("NotSent")) == (50, 10)


def test_a_signal_ends_one_pause_and_not_those_in_which_nodes_stop(aws):
    aws.nodes(*nodes(1, seconds=100_000))
    api, patience = Api(aws.client()), Patience(0.02)
    request = patch_run.declared({"operation": "Scan", "instance_ids": IDS[:1]}, SNAPSHOT)
    sender = command.Sender(api, Once(api, api, patience.pause, ()))
    watch = Watch(api, sender, request, node.by_ids(api, lambda: None, IDS[:1]), patience, print)
    with patience.listening():
        watch.start(True)
        signal.raise_signal(signal.SIGTERM)
        watch.wait()
        assert (patience.interrupted, watch.ended) == ("SIGTERM", False)
        watch.cancel("interrupted")
    assert watch.statuses() == {IDS[0]: "Cancelled"}
    began = time.monotonic()
    patience.pause()
    assert time.monotonic() - began > 0.01


@pytest.mark.parametrize(
    ("named", "targets"), [pytest.param(IDS[:2], 0, id="by ids"), pytest.param((), 2, id="by targets")]
)
def test_a_command_has_not_ended_before_lists_show_all_of_its_nodes(aws, named, targets):
    client = aws.client()
    with Stubber(client) as stub:
        for shown in (1, 2):
            row = {"Status": "Success", "StatusDetails": "Success"}
            stub.add_response("list_commands", {"Commands": [{**row, "TargetCount": targets}]})
            rows = [{"InstanceId": one, **row} for one in IDS[:shown]]
            stub.add_response("list_command_invocations", {"CommandInvocations": rows})
        sent = Sent(SNAPSHOT, named)
        ended = []
        for _look in range(2):
            sent.look(Api(client))
            ended.append(sent.ended)
    assert ended == [False, True]


@pytest.fixture
def play(aws, tmp_path):
    """Start a playbook; `defaults` are those of the module."""

    def start(tasks, **defaults):
        defaults = {"group/patchops.fleet.aws": {"region": "eu-central-1"}, MODULE: {"operation": "Scan", **defaults}}
        written = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
        (tmp_path / "play.yml").write_text(json.dumps(written), encoding="utf-8")
        environment = {**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "1000"}
        environment["PYTHONUNBUFFERED"] = "1"  # into a pipe Ansible writes late, other than into a terminal
        environment.pop("AWS_DEFAULT_REGION")
        return subprocess.Popen(
            [ANSIBLE_BIN / "ansible-playbook", "play.yml"], cwd=tmp_path, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    return start


def test_the_examples_can_be_pasted(aws, play):
    tags = {"Patch Group": "Production", "Environment": "production"}
    aws.nodes({"id": "i-0123456789abcdef0", "tags": tags}, {"id": "mi-0123456789abcdef0"})
    aws.client("s3").create_bucket(
        Bucket="patch-overrides", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    process = play(yaml.safe_load(importlib.import_module(MODULES + "ssm_patch_run").EXAMPLES), wait_delay=0)
    output, _nothing = process.communicate(timeout=100)
    assert process.returncode == 0, output
    assert "ok=5    changed=3 " in output
    assert [one["Parameters"]["Operation"][0] for one in commands(aws)] == ["Scan", "Install", "Install", "Scan"]


@pytest.mark.parametrize("cancel", [pytest.param(True, id="asked"), pytest.param(False, id="not asked")])
def test_an_interrupted_task_tells_nodes_to_stop_if_asked(aws, play, cancel):
    """It is interrupted once its progress is shown, which is while it waits."""
    aws.nodes(*nodes(2, seconds=100_000))
    process = play([{MODULE: {"instance_ids": MANY[:2]}}], cancel_on_interrupt=cancel, wait_delay=60, wait_timeout=60)
    assert any(line.startswith("[localhost] ") for line in process.stdout)
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    looks = 2000
    while cancel and "ssm:CancelCommand" not in aws.actions and looks:
        looks -= 1
        aws.client().describe_instance_information()
    assert ("ssm:CancelCommand" in aws.actions) == cancel
