# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_automation_run and ssm_automation_info: what is started, how far it is waited for, what is said of each step."""

from __future__ import annotations

import json
import signal

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import automation, automation_outcome
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.automation_watch import Watch
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.patience import Patience
from ansible_collections.patchops.fleet.tests.aws.conftest import READING
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id, nodes

ROLLBACK = "AWS-PatchInstanceWithRollback"
ONE = {"document_name": ROLLBACK, "parameters": {"InstanceId": node_id(0)}}
ALL = {"document_name": ROLLBACK, "target_parameter_name": "InstanceId", "targets": {"tag:Site": "one"}}
OWN = {
    "schemaVersion": "0.3",
    "parameters": {
        "InstanceId": {"type": "String"},
        "Reboot": {"type": "Boolean", "default": False},
        "Tags": {"type": "StringMap", "default": {}},
    },
    "outputs": ["scan.CommandId"],
    "mainSteps": [
        {
            "name": "scan",
            "action": "aws:runCommand",
            "onFailure": "Continue",
            "inputs": {
                "DocumentName": "AWS-RunPatchBaseline",
                "InstanceIds": ["{{ InstanceId }}"],
                "Parameters": {"Operation": "Scan"},
            },
        },
        {"name": "approve", "action": "aws:approve", "inputs": {"Approvers": ["arn:aws:iam::123456789012:user/me"]}},
    ],
}


@pytest.fixture
def automate(module, aws):
    """ssm_automation_run, without pauses, on three nodes."""
    aws.nodes(*nodes(3, tags={"Site": "one"}, patches=[MISSING]))
    run = module("ssm_automation_run")
    return lambda check_mode=False, **options: run(check_mode, **{"wait_delay": 0, **options})


@pytest.fixture
def own(aws):
    aws.set(unseen_polls=0)
    aws.client().create_document(Name="Own", DocumentType="Automation", Content=json.dumps(OWN))
    aws.client().describe_document(Name="Own")
    return {"document_name": "Own", "parameters": {"InstanceId": node_id(0)}}


@pytest.fixture
def info(module):
    read = module("ssm_automation_info")
    return lambda **options: read.ok(**options)["executions"]


def started(aws):
    """The requests of StartAutomationExecution that were accepted."""
    return [call.request for call in aws.calls if call.operation == "StartAutomationExecution" and call.status == 200]


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def statuses(result):
    return {one["name"]: one["status"] for one in result["execution"]["steps"]}


def test_a_runbook_of_aws_with_each_of_its_steps(aws, aws_cli, automate):
    result = automate(**ONE, tags={"Owner": "platform"})
    assert not result.get("failed"), result
    identifier = result["execution"]["execution_id"]
    assert result["changed"]
    assert result["changes"] == [f"start runbook {ROLLBACK} as automation {identifier}"]
    assert list(statuses(result).values()) == ["Success"] * 11
    read = aws_cli("ssm", "get-automation-execution", "--automation-execution-id", identifier)["AutomationExecution"]
    assert (read["DocumentName"], read["AutomationExecutionStatus"]) == (ROLLBACK, "Success")
    assert read["Parameters"]["InstanceId"] == [node_id(0)]
    named = ("--resource-type", "Automation", "--resource-id", identifier)
    assert aws_cli("ssm", "list-tags-for-resource", *named)["TagList"] == [{"Key": "Owner", "Value": "platform"}]


def test_it_is_started_again_each_time(aws, automate):
    for _run in range(2):
        automate(**ONE)
    tokens = {one["ClientToken"] for one in started(aws)}
    assert len(tokens) == 2


def test_check_mode_says_what_would_be_started(aws, automate):
    planned = automate(True, **ONE)
    assert planned["changed"]
    assert planned["execution"].items() >= {"document_name": ROLLBACK, "status": "Planned"}.items()
    assert planned["execution"]["steps"][0] == {"name": "createDocumentStack", "action": "aws:createStack"}
    assert writes(aws) == []
    aws.fail(operation="GetDocument", error="AccessDeniedException")
    denied = automate(True, **ONE)
    assert denied["execution"]["steps"] == []
    assert f"The steps of {ROLLBACK} are not shown: that is not allowed (ssm:GetDocument)" in denied["warnings"]


@pytest.mark.parametrize("end", ["Failed", "TimedOut", "Cancelled"])
def test_a_step_that_does_not_succeed_is_named(aws, automate, end):
    aws.set(step_ends={"installMissingUpdates": end})
    result = automate(**ONE)
    assert result["failed"]
    assert statuses(result)["installMissingUpdates"] == end
    assert statuses(result)["CheckCompliance"] == "Pending"
    assert result["msg"].startswith(f"Runbook {ROLLBACK} (automation {result['execution']['execution_id']}) {end}: ")
    assert f"step installMissingUpdates (aws:runCommand) {end}: Step fails when it is" in result["msg"]


@pytest.mark.parametrize("status", automation_outcome.STATUSES)
def test_every_status_has_its_words(aws, automate, status):
    aws.set(execution_status=status)
    result = automate(**ONE, wait_timeout=0)
    assert result["execution"]["status"] == status
    assert result["execution"]["message"] == automation_outcome.MEANINGS[status]
    assert bool(result.get("failed")) == (status not in ("Success", "CompletedWithSuccess"))
    ended = "it had not ended after 0 seconds; it goes on"
    assert (ended in result.get("msg", "")) == (not automation_outcome.ended(status))


def test_a_runbook_of_ones_own_waits_for_an_approval(aws, automate, own, info, tmp_path):
    aws.set(unseen_polls=0, poll_seconds=600)
    path = tmp_path / "progress"
    result = automate(**own, wait_timeout=0, progress_file=str(path))
    words = "waits for an approval: approve or reject it in Systems Manager, or by send-automation-signal"
    assert (result["execution"]["status"], result["execution"]["message"]) == ("Waiting", f"step approve {words}")
    assert result["msg"].endswith(f"Waiting: step approve {words}")
    assert path.read_text() == f"Waiting, 1 of 2 steps ended, at approve (aws:approve), which {words}\n"
    identifier = result["execution"]["execution_id"]
    assert [one["execution_id"] for one in info(status="Waiting")] == [identifier]
    aws.client().send_automation_signal(AutomationExecutionId=identifier, SignalType="Reject")
    (rejected,) = info(execution_id=identifier)
    assert rejected["message"] == "somebody rejected it: step approve (aws:approve) Rejected: Step approve was rejected"
    (command,) = rejected["outputs"]["scan.CommandId"]
    assert aws.client().list_commands(CommandId=command)["Commands"][0]["Status"] == "Success"


def test_a_step_that_failed_and_did_not_matter_is_warned_of(aws, automate, own):
    aws.set(unseen_polls=0, step_ends={"scan": "Failed", "approve": "Success"})
    result = automate(**own)
    assert not result.get("failed"), result
    assert any(one.startswith("step scan (aws:runCommand) Failed: ") for one in result["warnings"])
    assert all(one.endswith("The runbook went on") for one in result["warnings"])


def test_parameters_are_sent_as_texts(aws, automate, own):
    parameters = {**own["parameters"], "Reboot": True, "Tags": {"Owner": "platform"}}
    automate(**{**own, "parameters": parameters}, wait=False)
    (sent,) = started(aws)
    assert sent["Parameters"] == {
        "InstanceId": [node_id(0)],
        "Reboot": ["true"],
        "Tags": ['{"Owner": "platform"}'],
    }


INVALID = [
    pytest.param({"parameters": {"InstanceId": "i", "WaitForReboot": "PT5M"}},
                 "parameters.WaitForReboot: AWS-PatchInstanceWithRollback has no such parameter: it belongs to "
                 "AWS-PatchAsgInstance; it has AutomationAssumeRole, InstanceId, LambdaAssumeRole, ReportS3Bucket",
                 id="of another runbook"),
    pytest.param({"parameters": {"InstanceID": "i"}},
                 "parameters.InstanceID: AWS-PatchInstanceWithRollback has no such parameter; meant was perhaps Inst",
                 id="misspelt"),
    pytest.param({"parameters": {}}, "parameters.InstanceId: is missing, and AWS-PatchInstanceWithRollback needs it",
                 id="missing"),
    pytest.param({"parameters": {"InstanceId": ""}}, "parameters.InstanceId: values must have 1 to 512", id="empty"),
    pytest.param({"document_name": "AWS-RunShellScript", "parameters": {"commands": "ls"}},
                 "document_name: AWS-RunShellScript is a document of type Command, and no runbook", id="a command"),
    pytest.param({"document_name": "a b"}, "document_name: 'a b' is not allowed", id="name"),
    pytest.param({"document_version": "first"}, "document_version: 'first' is not allowed", id="version"),
    pytest.param({"max_errors": "1"}, "max_errors: is for a run on targets alone", id="rate without targets"),
    pytest.param({"targets": {"Site": ["x"]}, "target_parameter_name": "ReportS3Bucket"}, "targets.Site: is no key",
                 id="target key"),
    pytest.param({"targets": {"tag:Site": ["x"]}, "target_parameter_name": "InstanceId"},
                 "parameters.InstanceId: is what the targets fill", id="twice"),
    pytest.param({"targets": {"tag:Site": ["x"]}, "target_parameter_name": "Instance", "parameters": {}},
                 "parameters: AWS-PatchInstanceWithRollback has no parameter Instance", id="parameter of targets"),
    pytest.param({"tags": {str(number): "" for number in range(6)}}, "tags: an automation may have 5, not 6",
                 id="tags"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_anything_is_started(aws, automate, options, message):
    for check_mode in (True, False):
        answer = automate(check_mode, **{**ONE, **options})
        assert message in answer["msg"]
    assert writes(aws) == []


def test_a_runbook_that_is_not_there(aws, automate):
    missing = {"document_name": "Nothing"}
    assert automate(**missing)["msg"].startswith("There is no document Nothing in this account and Region: create it")
    foretold = automate(True, **missing)
    assert foretold["execution"]["steps"] == []
    assert any(one.startswith("There is no document Nothing") for one in foretold["warnings"])


def test_on_each_target(aws, automate):
    result = automate(**ALL, max_concurrency="2")
    assert not result.get("failed"), result
    assert {one["target"]: one["status"] for one in result["targets"]} == dict.fromkeys(
        map(node_id, range(3)), "Success"
    )
    assert len({one["execution_id"] for one in result["targets"]} | {result["execution"]["execution_id"]}) == 4
    assert started(aws)[0].items() >= {"TargetParameterName": "InstanceId", "MaxConcurrency": "2"}.items()


def test_targets_that_fail_and_those_nothing_was_begun_with(aws, automate):
    aws.set(step_ends={f"CheckCompliance@{node_id(0)}": "Failed"})
    result = automate(**ALL, max_concurrency="1")
    told = {one["target"]: one["status"] for one in result["targets"]}
    assert told == {node_id(0): "Failed", node_id(1): "NotStarted", node_id(2): "NotStarted"}
    assert "3 of 3 targets did not succeed. " in result["msg"]
    assert (
        f"{node_id(0)} (Failed): a step failed: step CheckCompliance (aws:invokeLambdaFunction) Failed" in result["msg"]
    )
    assert result["targets"][0]["steps"][5]["status"] == "Failed"


def test_errors_that_are_tolerated_are_failures_all_the_same(aws, automate):
    """AWS calls such a run a success."""
    aws.set(step_ends={f"CheckCompliance@{node_id(0)}": "Failed"})
    result = automate(**ALL, max_errors="1")
    assert result["execution"]["status"] == "Success"
    assert "1 of 3 targets did not succeed. " in result["msg"]


def test_targets_that_nothing_fits(aws, automate):
    result = automate(**{**ALL, "targets": {"tag:Site": ["two"]}})
    assert result["execution"]["status"] == "Success"
    assert result["msg"].endswith("nothing fits the targets; it was run on nothing")


def test_more_steps_and_targets_than_one_page(aws, automate):
    aws.nodes(*nodes(120, tags={"Site": "one"}))
    aws.set(empty_pages=True)
    result = automate(**ALL, max_concurrency="100%")
    assert [one["status"] for one in result["targets"]] == ["Success"] * 120


def test_progress_is_written_whenever_it_is_further(automate, tmp_path):
    path = tmp_path / "progress"
    automate(**ONE, progress_file=str(path))
    lines = path.read_text().splitlines()
    assert lines[0].endswith("0 of 11 steps ended") or "at createDocumentStack" in lines[0]
    assert "InProgress, 3 of 11 steps ended, at installMissingUpdates (aws:runCommand)" in lines
    assert lines[-1] == "Success, 11 of 11 steps ended"
    assert len(lines) == len(set(lines))
    path.unlink()
    automate(**ALL, max_concurrency="2", progress_file=str(path))
    lines = path.read_text().splitlines()
    assert "1 pending, 2 running, 0 done, 0 failed, of 3 targets" in lines
    assert lines[-1] == "0 pending, 0 running, 3 done, 0 failed, of 3 targets"


@pytest.mark.parametrize(
    ("options", "words", "stopped"),
    [
        pytest.param({}, "it had not ended after 0 seconds; it goes on", False, id="left alone"),
        pytest.param({"stop_on_timeout": True}, "it was told to stop", True, id="cancelled"),
        pytest.param({"stop_on_timeout": True, "stop_type": "Complete"}, "it was told to stop", True, id="completed"),
    ],
)
def test_time_is_up(aws, automate, options, words, stopped):
    aws.set(step_seconds=60)
    result = automate(**ONE, wait_timeout=0, **options)
    assert words in result["msg"]
    stops = [call.request["Type"] for call in aws.calls if call.operation == "StopAutomationExecution"]
    assert stops == ([options.get("stop_type", "Cancel")] if stopped else [])
    assert (result["execution"]["status"] == "Cancelled") == stopped


def test_one_that_ended_before_it_could_be_stopped(aws):
    api = Api(aws.client())
    aws.nodes(*nodes(1))
    request = {"DocumentName": ROLLBACK, "Parameters": {"InstanceId": [node_id(0)]}}
    identifier = automation.start(api, request)
    aws.advance(3600)
    automation.stop(api, identifier, "Cancel")
    assert len(api.changes) == 1


def test_a_signal_ends_the_waiting(aws):
    aws.nodes(*nodes(1))
    aws.set(step_seconds=100_000)
    api, patience, lines = Api(aws.client()), Patience(60), []
    identifier = automation.start(api, {"DocumentName": ROLLBACK, "Parameters": {"InstanceId": [node_id(0)]}})
    watch = Watch(api, identifier, patience, lines.append)
    with patience.listening():
        signal.raise_signal(signal.SIGTERM)
        watch.wait()
        assert (patience.interrupted, watch.ended) == ("SIGTERM", False)
    assert lines


def test_without_waiting(aws, automate, info):
    result = automate(**ONE, wait=False)
    assert not result.get("failed")
    assert result["execution"]["status"] == "Pending"
    assert aws.actions[-1] != "ssm:GetAutomationExecution"
    aws.advance(3600)
    (read,) = info(execution_id=result["execution"]["execution_id"])
    assert (read["status"], len(read["steps"])) == ("Success", 11)


def test_calls_that_are_throttled_or_lost_start_it_once(aws, automate):
    aws.fail(operation="*Automation*", error="ThrottlingException", every=3)
    aws.fail(operation="StartAutomationExecution", error="InternalServerError", answered=False, times=1)
    assert not automate(**ONE).get("failed")
    assert len(aws.client(attempts=5).describe_automation_executions()["AutomationExecutionMetadataList"]) == 1


def test_one_that_is_not_known_everywhere_yet(aws, automate):
    aws.fail(operation="GetAutomationExecution", error="AutomationExecutionNotFoundException", times=3)
    assert not automate(**ONE).get("failed")
    aws.fail(operation="GetAutomationExecution", error="AutomationExecutionNotFoundException")
    assert "AWS does not know of automation" in automate(**ONE)["msg"]


def test_what_aws_refuses(aws, automate):
    aws.fail(operation="StartAutomationExecution", error="AutomationExecutionLimitExceededException")
    assert automate(**ONE)["msg"].startswith(f"Failed to start runbook {ROLLBACK}: ")


def test_info(aws, automate, info):
    aws.set(empty_pages=True, largest_page=1)
    automate(**ONE)
    fleet = automate(**ALL)["execution"]["execution_id"]
    assert len(info()) == 2
    assert len(info(most=1)) == 1
    assert info(status="Failed") == info(document_name_prefix="Own") == []
    assert sorted(one["target"] for one in info(parent_execution_id=fleet)) == [node_id(number) for number in range(3)]
    assert info(execution_id="01234567-89ab-cdef-0123-456789abcdef") == []
