# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation on the strict SSM, through boto3: how runbooks go on and end, and what is refused (operations.md, 6)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id, nodes, refused

ROLLBACK = "AWS-PatchInstanceWithRollback"
NOWHERE = "01234567-89ab-cdef-0123-456789abcdef"
SCAN = {
    "name": "scan",
    "action": "aws:runCommand",
    "inputs": {
        "DocumentName": "AWS-RunPatchBaseline",
        "InstanceIds": ["{{ InstanceId }}"],
        "Parameters": {"Operation": "Scan"},
    },
}
APPROVE = {"name": "approve", "action": "aws:approve", "inputs": {"Approvers": ["arn:aws:iam::123456789012:user/me"]}}
REPORT = {"name": "report", "action": "aws:sleep", "inputs": {"Duration": "PT1M"}, "isEnd": True}
PARAMETERS = {"InstanceId": {"type": "String"}}


def runbook(*steps, **members):
    return {"schemaVersion": "0.3", "parameters": PARAMETERS, "mainSteps": list(steps), **members}


@pytest.fixture
def ssm(aws):
    aws.set(now="2026-11-21T00:00:00Z", unseen_polls=0)
    aws.nodes(*nodes(3, tags={"Site": "one"}, patches=[MISSING]))
    return aws.client()


def create(ssm, *steps, **members):
    """A runbook of one's own, Own."""
    ssm.create_document(Name="Own", DocumentType="Automation", Content=json.dumps(runbook(*steps, **members)))
    ssm.describe_document(Name="Own")


def start(ssm, name="Own", **options):
    usual = {} if "Targets" in options else {"Parameters": {"InstanceId": [node_id(0)]}}
    given = {**usual, **options}
    return ssm.start_automation_execution(DocumentName=name, **given)["AutomationExecutionId"]


def read(ssm, identifier):
    return ssm.get_automation_execution(AutomationExecutionId=identifier)["AutomationExecution"]


def steps(ssm, identifier):
    return {one["StepName"]: one["StepStatus"] for one in read(ssm, identifier)["StepExecutions"]}


def test_the_steps_of_aws_own_runbook_one_after_another(aws, ssm):
    identifier = start(ssm, ROLLBACK)
    aws.set(now="2026-11-21T00:00:00Z", poll_seconds=0)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == "Pending"
    aws.advance(30)
    shown = read(ssm, identifier)
    assert (shown["AutomationExecutionStatus"], shown["CurrentStepName"]) == ("InProgress", "IdentifyRootVolume")
    assert shown["ProgressCounters"]["SuccessSteps"] == 1
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == "Success"
    rows = ssm.describe_automation_step_executions(AutomationExecutionId=identifier, MaxResults=3)
    assert [one["StepName"] for one in rows["StepExecutions"]] == [
        "createDocumentStack",
        "IdentifyRootVolume",
        "PrePatchSnapshot",
    ]


@pytest.mark.parametrize("end", ["Failed", "TimedOut", "Cancelled"])
def test_a_step_that_does_not_succeed_ends_it(aws, ssm, end):
    aws.set(now="2026-11-21T00:00:00Z", unseen_polls=0, step_ends={"installMissingUpdates": end})
    identifier = start(ssm, ROLLBACK)
    aws.advance(600)
    shown = read(ssm, identifier)
    assert shown["AutomationExecutionStatus"] == end
    assert list(steps(ssm, identifier).values()) == ["Success"] * 3 + [end] + ["Pending"] * 7


def test_a_step_of_run_command_runs_on_the_node(aws, ssm):
    create(ssm, SCAN, outputs=["scan.CommandId"])
    identifier = start(ssm)
    aws.advance(120)
    shown = read(ssm, identifier)
    (command,) = shown["Outputs"]["scan.CommandId"]
    assert shown["AutomationExecutionStatus"] == "Success"
    assert ssm.list_commands(CommandId=command)["Commands"][0]["Parameters"] == {"Operation": ["Scan"]}
    assert ssm.describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"][0]["MissingCount"] == 1


@pytest.mark.parametrize(
    ("members", "words"),
    [
        pytest.param({"end": "Failed"}, "returns unexpected invocation result: Failed", id="failed"),
        pytest.param({"ping": "Inactive"}, "InvalidInstanceId", id="offline"),
    ],
)
def test_where_run_command_fails(aws, ssm, members, words):
    aws.nodes({**nodes(1)[0], **members})
    create(ssm, SCAN, REPORT)
    identifier = start(ssm)
    aws.advance(120)
    shown = read(ssm, identifier)
    assert shown["AutomationExecutionStatus"] == "Failed"
    assert words in shown["FailureMessage"]


@pytest.mark.parametrize(
    ("members", "end", "last"),
    [
        pytest.param({}, "Failed", "Pending", id="abort"),
        pytest.param({"onFailure": "Continue"}, "Success", "Success", id="continue, not critical"),
        pytest.param({"onFailure": "Continue", "isCritical": True}, "Failed", "Success", id="continue, critical"),
        pytest.param({"onFailure": "step:report"}, "Failed", "Success", id="another step"),
        pytest.param(
            {"onFailure": "step:report", "isCritical": False}, "Success", "Success", id="another, not critical"
        ),
    ],
)
def test_what_follows_a_failure(aws, ssm, members, end, last):
    aws.set(now="2026-11-21T00:00:00Z", unseen_polls=0, step_ends={"scan": "Failed"})
    create(ssm, {**SCAN, **members}, REPORT)
    identifier = start(ssm)
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == end
    assert steps(ssm, identifier) == {"scan": "Failed", "report": last}


@pytest.mark.parametrize(
    ("instance", "went"),
    [pytest.param(node_id(0), "report", id="fits"), pytest.param(node_id(1), "again", id="default")],
)
def test_a_branch(aws, ssm, instance, went):
    choices = [{"NextStep": "report", "Variable": "{{ InstanceId }}", "StringEquals": node_id(0)}]
    again = {**REPORT, "name": "again"}
    branch = {"name": "choose", "action": "aws:branch", "inputs": {"Choices": choices, "Default": "again"}}
    create(ssm, branch, REPORT, again)
    identifier = start(ssm, Parameters={"InstanceId": [instance]})
    aws.advance(600)
    told = steps(ssm, identifier)
    assert [name for name, status in told.items() if status == "Success"] == ["choose", went]


@pytest.mark.parametrize(("signal", "end"), [("Approve", "Success"), ("Reject", "Rejected")])
def test_an_approval_is_waited_for(aws, ssm, signal, end):
    create(ssm, APPROVE, REPORT)
    identifier = start(ssm)
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == "Waiting"
    ssm.send_automation_signal(AutomationExecutionId=identifier, SignalType=signal)
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == end
    with refused("InvalidAutomationSignalException"):
        ssm.send_automation_signal(AutomationExecutionId=identifier, SignalType=signal)


def test_step_by_step(aws, ssm):
    create(ssm, {**REPORT, "name": "first", "isEnd": False}, REPORT)
    identifier = start(ssm, Mode="Interactive")
    for number in range(2):
        aws.advance(600)
        assert read(ssm, identifier)["AutomationExecutionStatus"] == "Waiting"
        assert list(steps(ssm, identifier).values()).count("Success") == number
        ssm.send_automation_signal(AutomationExecutionId=identifier, SignalType="StartStep")
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == "Success"


@pytest.mark.parametrize(("kind", "scan"), [("Cancel", "Cancelled"), ("Complete", "Success")])
def test_one_that_is_stopped(aws, ssm, kind, scan):
    create(ssm, SCAN, REPORT)
    identifier = start(ssm)
    aws.advance(5)
    ssm.stop_automation_execution(AutomationExecutionId=identifier, Type=kind)
    aws.advance(600)
    assert read(ssm, identifier)["AutomationExecutionStatus"] == "Cancelled"
    assert steps(ssm, identifier) == {"scan": scan, "report": "Pending"}
    with refused("InvalidAutomationStatusUpdateException"):
        ssm.stop_automation_execution(AutomationExecutionId=identifier)


@pytest.mark.parametrize(
    ("target", "count"),
    [
        pytest.param({"Key": "ParameterValues", "Values": [node_id(0), node_id(1)]}, 2, id="values"),
        pytest.param({"Key": "tag:Site", "Values": ["one"]}, 3, id="tag"),
        pytest.param({"Key": "InstanceIds", "Values": ["*"]}, 3, id="all"),
        pytest.param({"Key": "tag:Site", "Values": ["two"]}, 0, id="nobody"),
    ],
)
def test_one_automation_for_each_target(aws, ssm, target, count):
    create(ssm, SCAN)
    identifier = start(ssm, TargetParameterName="InstanceId", Targets=[target])
    aws.advance(600)
    shown = read(ssm, identifier)
    assert (shown["AutomationExecutionStatus"], len(shown["StepExecutions"])) == ("Success", count)
    asked = [{"Key": "ParentExecutionId", "Values": [identifier]}]
    children = ssm.describe_automation_executions(Filters=asked)["AutomationExecutionMetadataList"]
    assert sorted(one["Target"] for one in children) == [node_id(number) for number in range(count)]
    whole = ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert [one["AutomationExecutionId"] for one in whole] == [identifier]


@pytest.mark.parametrize(
    ("rates", "begun", "end"),
    [
        pytest.param({"MaxConcurrency": "1", "MaxErrors": "0"}, 2, "Failed", id="stops"),
        pytest.param({"MaxConcurrency": "1", "MaxErrors": "34%"}, 3, "Success", id="tolerates"),
        pytest.param({}, 3, "Failed", id="all at once"),
    ],
)
def test_rates(aws, ssm, rates, begun, end):
    aws.set(now="2026-11-21T00:00:00Z", unseen_polls=0, step_ends={f"scan@{node_id(1)}": "Failed"})
    create(ssm, SCAN)
    target = {"Key": "InstanceIds", "Values": ["*"]}
    identifier = start(ssm, TargetParameterName="InstanceId", Targets=[target], **rates)
    aws.advance(3600)
    shown = read(ssm, identifier)
    assert (shown["AutomationExecutionStatus"], len(shown["StepExecutions"])) == (end, begun)
    assert shown["ProgressCounters"]["TotalSteps"] == 3


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param({"DocumentName": "Nothing"}, "AutomationDefinitionNotFoundException", id="name"),
        pytest.param({"DocumentName": "AWS-RunShellScript"}, "AutomationDefinitionNotFoundException", id="a command"),
        pytest.param({"DocumentVersion": "7"}, "AutomationDefinitionVersionNotFoundException", id="version"),
        pytest.param({"Parameters": {"InstanceId": [node_id(0)], "WaitForReboot": ["PT5M"]}},
                     "InvalidAutomationExecutionParametersException", id="unknown parameter"),
        pytest.param({"Parameters": {"ReportS3Bucket": ["x"]}}, "InvalidAutomationExecutionParametersException",
                     id="missing parameter"),
        pytest.param({"TargetParameterName": "InstanceId"}, "InvalidTarget", id="no targets"),
        pytest.param({"Targets": [{"Key": "ParameterValues", "Values": ["x"]}]}, "InvalidTarget", id="no parameter"),
        pytest.param({"Tags": [{"Key": str(number), "Value": ""} for number in range(6)]}, "ValidationException",
                     id="six tags"),
    ],
)  # fmt: skip
def test_what_is_not_started(ssm, asked, code):
    given = {"DocumentName": ROLLBACK, "Parameters": {"InstanceId": [node_id(0)]}, **asked}
    with refused(code):
        ssm.start_automation_execution(**given)
    assert ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []


def test_the_same_client_token_starts_once(ssm):
    first = start(ssm, ROLLBACK, ClientToken=NOWHERE)
    assert start(ssm, ROLLBACK, ClientToken=NOWHERE) == first
    with refused("IdempotentParameterMismatch"):
        start(ssm, ROLLBACK, ClientToken=NOWHERE, Mode="Auto")


@pytest.mark.parametrize(
    "operation", ["get_automation_execution", "describe_automation_step_executions", "stop_automation_execution"]
)
def test_one_that_is_not_there(ssm, operation):
    with refused("AutomationExecutionNotFoundException"):
        getattr(ssm, operation)(AutomationExecutionId=NOWHERE)


SCRIPT = {
    "name": "check",
    "action": "aws:executeScript",
    "inputs": {"Runtime": "python3.11", "Handler": "check", "Script": "def check(events, context): pass"},
}
WRONG = [
    pytest.param(runbook(), "mainSteps is missing", id="no steps"),
    pytest.param(runbook(SCAN, SCAN), "step scan is there twice", id="names"),
    pytest.param(runbook({**SCAN, "action": "aws:runcommand"}), "aws:runcommand is no action", id="action"),
    pytest.param(runbook({**SCAN, "onfailure": "Abort"}), "onfailure is not known", id="member"),
    pytest.param(runbook({**SCAN, "inputs": {}}), "input DocumentName is missing", id="input"),
    pytest.param(runbook({**SCAN, "nextStep": "report"}), "there is no step report to go to", id="next step"),
    pytest.param(runbook({**SCAN, "onFailure": "step:report"}), "there is no step report to go to", id="on failure"),
    pytest.param(runbook({**SCAN, "onFailure": "Stop"}), "onFailure Stop is not known", id="unknown end"),
    pytest.param(runbook(SCAN, parameters={}), "InstanceId is not known", id="parameter"),
    pytest.param(runbook(SCAN, outputs=["scan.Out"]), "outputs: scan.Out is no output of a step", id="output"),
    pytest.param(runbook(SCAN, {**REPORT, "inputs": {"Duration": "{{ scan.Time }}"}}), "scan.Time is not known",
                 id="output of a step"),
    pytest.param(runbook(SCAN, assumeRole="{{ Role }}"), "assumeRole: Role is not known", id="role"),
    pytest.param(runbook({**SCRIPT, "inputs": {**SCRIPT["inputs"], "Runtime": "python3.8"}}),
                 "runtime python3.8 is not supported", id="runtime"),
    pytest.param(runbook(SCAN, parameters={"InstanceId": {}}), "parameter InstanceId has no type", id="type"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), WRONG)
def test_content_that_is_no_runbook(ssm, content, words):
    with refused("InvalidDocumentContent", words):
        ssm.create_document(Name="Own", DocumentType="Automation", Content=json.dumps(content))


def test_content_that_is_one(ssm):
    declared = [{"Name": "Why", "Selector": "$.Payload.why", "Type": "String"}]
    told = {"name": "tell", "action": "aws:sleep", "inputs": {"Duration": "{{ check.Why }} {{ global:DATE }}"}}
    create(ssm, {**SCRIPT, "outputs": declared}, told, outputs=["check.Why", "check.Payload"])
