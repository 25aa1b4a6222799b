# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change, ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.window_task import (
    apply,
    comparable,
    declared,
    from_api,
    named,
    plan,
    target_ids,
    to_api,
)

ONE, TWO, THREE, FOUR = ("%d1234567-89ab-cdef-0123-456789abcdef" % number for number in range(4))
TARGETS = [
    {"window_target_id": ONE, "name": "production"},
    {"window_target_id": TWO, "name": "twin"},
    {"window_target_id": THREE, "name": "twin"},
    {"window_target_id": FOUR},
]
TASK = {
    "name": "install-patches",
    "task_arn": "our-patching",
    "window_targets": ["production"],
    "max_concurrency": "25%",
    "max_errors": "0",
}
DEFAULTS = {
    "task_type": "RUN_COMMAND",
    "instance_ids": [],
    "priority": 1,
    "cutoff_behavior": "CONTINUE_TASK",
    "task_invocation_parameters": {},
}
ID = "91234567-89ab-cdef-0123-456789abcdef"
READ = {"window_task_id": ID, **DEFAULTS, **TASK, "description": "Patches", "service_role_arn": "arn:aws:iam::1:role/x"}
ANSWER = {
    "WindowId": "mw-0123456789abcdef0",
    "WindowTaskId": ID,
    "Targets": [{"Key": "WindowTargetIds", "Values": [ONE]}],
    "TaskArn": "our-patching",
    "ServiceRoleArn": "arn:aws:iam::1:role/x",
    "TaskType": "RUN_COMMAND",
    "TaskParameters": {},
    "Priority": 1,
    "MaxConcurrency": "25%",
    "MaxErrors": "0",
    "Name": "install-patches",
    "Description": "Patches",
}
FILLED = "arn:aws-cn:iam::123456789012:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"
AUTOMATION = {"name": "prepare", "task_type": "AUTOMATION", "task_arn": "our-preparation"}
# As the aws CLI's examples show it, without what is not set.
RECORDED = {
    "Comment": "",
    "TimeoutSeconds": 600,
    "Parameters": {"commands": ["echo Hello"], "workingDirectory": [""]},
    "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
}


def of_type(task_type, **settings):
    kind = {"RUN_COMMAND": "run_command", "STEP_FUNCTIONS": "step_functions"}.get(task_type, task_type.lower())
    return {**AUTOMATION, "task_type": task_type, "task_invocation_parameters": {kind: settings}}


def patching(document, **parameters):
    run = {"run_command": {"parameters": parameters}}
    return {**TASK, "task_arn": document, "task_invocation_parameters": run}


INSTALL = {"Operation": ["Install"], "RebootOption": ["NoReboot"]}
ARN = "arn:aws:ssm:eu-central-1::document/"


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(patching("AWS-RunPatchBaseline", **INSTALL, StepTimeoutSeconds=["36000"], SnapshotId=[""]),
                     id="baseline"),
        pytest.param(patching("AWS-RunPatchBaselineWithHooks", **INSTALL, PreInstallHookDocName=["x"]), id="hooks"),
        pytest.param(patching("AWS-RunPatchBaselineAssociation", **INSTALL, AssociationId=["x"]), id="association"),
        pytest.param(patching("AWS-RunPatchBaseline", Operation="{{ ssm:operation }}"), id="of Parameter Store"),
        pytest.param(patching("our-patching", RebootOption="AlwaysReboot"), id="own document"),
        pytest.param(patching("my-AWS-RunPatchBaseline", RebootOption="AlwaysReboot"), id="own with a similar name"),
    ],
)  # fmt: skip
def test_what_patch_documents_take(task):
    assert declared(task)["task_arn"] == task["task_arn"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        pytest.param({**TASK, "task_arn": "AWS-RunPatchBaseline"}, "Operation: is missing; allowed: Scan, Install",
                     id="nothing"),
        pytest.param(patching(ARN + "AWS-RunPatchBaseline", Operation=["Update"]),
                     "Operation: 'Update' is not allowed; allowed: Scan, Install", id="operation, by ARN"),
        pytest.param(patching("AWS-RunPatchBaseline", Operation=["Scan", "Install"]),
                     "Operation: must have one value, not 2", id="two values"),
        pytest.param(patching("AWS-RunPatchBaselineWithHooks", **INSTALL, InstallOverrideList=["x"]),
                     "InstallOverrideList: is unknown to AWS-RunPatchBaselineWithHooks; allowed: ", id="hooks"),
        pytest.param(patching("AWS-RunPatchBaselineWithHooks", **INSTALL, SnapshotId=["x"]),
                     "SnapshotId: must not be given: in a maintenance window", id="snapshot"),
        pytest.param(patching("AWS-RunPatchBaselineAssociation", **INSTALL, StepTimeoutSeconds=["9"]),
                     "StepTimeoutSeconds: is unknown to AWS-RunPatchBaselineAssociation", id="association"),
        pytest.param(patching("AWS-RunPatchBaseline", **INSTALL, StepTimeoutSeconds=["36001"]),
                     "StepTimeoutSeconds: '36001' is not allowed; allowed: a whole number from 1 to 36000", id="time"),
        pytest.param(patching("AWS-RunPatchBaseline", Operation=[True]),
                     "Operation[0]: must be text, not True; put it in quotes", id="no text"),
    ],
)  # fmt: skip
def test_what_patch_documents_do_not_take(task, message):
    with pytest.raises(ScheduleError) as refused:
        declared(task)
    (problem,) = refused.value.problems
    assert message in str(problem)


def test_deprecated_parameters_may_say_what_to_do():
    before = {**READ, "task_arn": "AWS-RunPatchBaseline"}
    with pytest.raises(ScheduleError, match="Operation: is missing"):
        plan(before, {"priority": 3})
    kept = {"deprecated": {"task_parameters": {"Operation": {"Values": ["Scan"]}}}}
    assert plan({**before, **kept}, {"priority": 3}).needed


def test_what_the_api_answers_in_the_form_that_users_write():
    assert from_api(ANSWER, TARGETS) == READ


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        pytest.param({"ServiceRoleArn": FILLED}, {"service_role_arn": None}, id="the role that AWS fills in"),
        pytest.param({"Targets": [], "MaxConcurrency": "1", "MaxErrors": "1"},
                     {"window_targets": [], "max_concurrency": None, "max_errors": None}, id="the rates it fills in"),
        pytest.param({"Targets": [{"Key": "WindowTargetIds", "Values": [TWO, FOUR, "gone"]}]},
                     {"window_targets": [TWO, FOUR, "gone"]}, id="ids where names do not tell"),
        pytest.param({"Targets": [{"Key": "InstanceIds", "Values": ["i-1"]}]},
                     {"window_targets": [], "instance_ids": ["i-1"]}, id="nodes"),
        pytest.param({"CutoffBehavior": "CANCEL_TASK"}, {"cutoff_behavior": "CANCEL_TASK"}, id="cutoff"),
        pytest.param({"AlarmConfiguration": {"Alarms": [{"Name": "x"}]}},
                     {"alarm_configuration": {"alarms": ["x"], "ignore_poll_alarm_failure": False}}, id="alarm"),
        pytest.param({"TaskInvocationParameters": {"RunCommand": RECORDED}}, {"task_invocation_parameters": {
            "run_command": {"timeout_seconds": 600,
                            "parameters": {"commands": ["echo Hello"], "workingDirectory": [""]}}}}, id="command"),
        pytest.param({"TaskInvocationParameters": {"RunCommand": {}}}, {}, id="empty command"),
        pytest.param({"TaskInvocationParameters": {"RunCommand": {"CloudWatchOutputConfig": {
            "CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False}}}}, {}, id="output to no log group"),
        pytest.param({"TaskInvocationParameters": {"Lambda": {"Payload": b'{"a": 1}', "Qualifier": ""}}},
                     {"task_invocation_parameters": {"lambda": {"payload": '{"a": 1}'}}}, id="payload"),
        pytest.param({"LoggingInfo": {"S3BucketName": "x"}}, {"deprecated": {"logging_info": {"S3BucketName": "x"}}},
                     id="deprecated"),
    ],
)  # fmt: skip
def test_what_the_api_fills_in_is_left_out(answered, expected):
    read = {name: value for name, value in {**READ, **expected}.items() if value is not None}
    assert from_api({**ANSWER, **answered}, TARGETS) == read


def test_a_request_names_targets_by_id_and_keeps_what_is_deprecated():
    deprecated = {"logging_info": {"S3BucketName": "x", "S3Region": "y"}}
    expected = {
        name: ANSWER[name] for name in ("TaskArn", "Targets", "Priority", "MaxConcurrency", "MaxErrors", "Name")
    }
    assert to_api({**DEFAULTS, **TASK, "deprecated": deprecated}, TARGETS) == {
        **expected,
        "CutoffBehavior": "CONTINUE_TASK",
        "LoggingInfo": deprecated["logging_info"],
    }


AS_THE_API_WRITES = {
    "TaskInvocationParameters": {
        "RunCommand": {"TimeoutSeconds": "600", "Parameters": {"executionTimeout": 3600, "Names": ["a", "b"]}}
    }
}
AS_WE_DO = {"timeout_seconds": 600, "parameters": {"executionTimeout": ["3600"], "Names": ["a", "b"]}}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({}, {}, id="defaults"),
        pytest.param({"max_errors": 0, "max_concurrency": 5}, {"max_concurrency": "5"}, id="numbers"),
        pytest.param({"window_targets": "production"}, {}, id="one target"),
        pytest.param({"service_role_arn": FILLED}, {}, id="the role that AWS fills in"),
        pytest.param({"description": "", "alarm_configuration": {}, "service_role_arn": ""}, {}, id="cleared"),
        pytest.param({"alarm_configuration": {"alarms": []}}, {}, id="no alarm"),
        pytest.param({"task_invocation_parameters": {"run_command": {}}}, {}, id="empty command"),
        pytest.param({"task_invocation_parameters": {"run_command": {"cloud_watch_output_config": {
            "cloud_watch_output_enabled": False}}}}, {}, id="output to no log group"),
        pytest.param({"task_invocation_parameters": {"run_command": None, "lambda": None}}, {}, id="nothing"),
        pytest.param(AS_THE_API_WRITES, {"task_invocation_parameters": {"run_command": AS_WE_DO}},
                     id="members as the API writes them, parameters as the document does"),
    ],
)  # fmt: skip
def test_declared(written, expected):
    assert declared({**TASK, **written}) == {**DEFAULTS, **TASK, **expected}


@pytest.mark.parametrize("task_type", ["AUTOMATION", "LAMBDA", "STEP_FUNCTIONS"])
def test_others_than_commands_need_no_targets(task_type):
    task = declared({**AUTOMATION, "task_type": task_type})
    assert task == {**DEFAULTS, **AUTOMATION, "task_type": task_type, "window_targets": []}
    assert "Targets" not in to_api(task, TARGETS)


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        pytest.param({**TASK, "name": None, "task_arn": None, "priority": "high", "colour": "blue"},
                     ["colour", "name", "task_arn", "priority"], id="all at once"),
        pytest.param({**AUTOMATION, "max_errors": "1"}, ["max_errors"], id="rate without targets"),
        pytest.param({**TASK, "max_errors": None}, ["max_errors"], id="targets without rate"),
        pytest.param({**TASK, "window_targets": []}, ["window_targets"], id="command without targets"),
        pytest.param({**TASK, "max_concurrency": True}, ["max_concurrency"], id="rate that is no number"),
        pytest.param(of_type("LAMBDA", payload="{"), ["task_invocation_parameters.lambda.payload"], id="no JSON"),
        pytest.param(of_type("LAMBDA", payload={"a": 1}), ["task_invocation_parameters.lambda.payload"], id="mapping"),
        pytest.param(of_type("AUTOMATION", parameters=["x"]), ["task_invocation_parameters.automation.parameters"],
                     id="parameters"),
        pytest.param(of_type("AUTOMATION", parameters={"a": "x" * 513, "b": ["x"] * 51, "c": "x" * 512}),
                     ["task_invocation_parameters.automation.parameters." + name for name in "ab"], id="values"),
        pytest.param(of_type("AUTOMATION", parameters={str(number): "x" for number in range(201)}),
                     ["task_invocation_parameters.automation.parameters"], id="too many parameters"),
        pytest.param(of_type("LAMBDA", payload='"%s"' % ("ü" * 2048)), ["task_invocation_parameters.lambda.payload"],
                     id="bytes of a payload"),
        pytest.param(of_type("AUTOMATION", comment="x"), ["task_invocation_parameters.automation.comment"],
                     id="of another type"),
        pytest.param(of_type("STEP_FUNCTIONS", name="x" * 81), ["task_invocation_parameters.step_functions.name"],
                     id="long name"),
    ],
)  # fmt: skip
def test_what_is_wrong(written, problems):
    with pytest.raises(ScheduleError) as caught:
        declared(written, "tasks[0]")
    assert [problem.path for problem in caught.value.problems] == ["tasks[0]." + member for member in problems]


@pytest.mark.parametrize("name", ["payload", "client_context"])
def test_what_may_be_secret_is_in_no_message(name):
    with pytest.raises(ScheduleError) as caught:
        declared(of_type("LAMBDA", **{name: {"password": "hunter2"}}))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("member", "one", "other", "same"),
    [
        pytest.param("window_targets", ["a", "b"], ["b", "a"], True, id="order of targets"),
        pytest.param("instance_ids", ["i-1"], ["i-2"], False, id="nodes"),
        pytest.param("task_invocation_parameters", {"lambda": {"payload": '{"a":1,"b":2}'}},
                     {"lambda": {"payload": '{"b": 2, "a": 1}'}}, True, id="JSON"),
        pytest.param("task_invocation_parameters", {"lambda": {"payload": "1"}}, {"lambda": {"payload": "true"}}, False,
                     id="JSON that Python takes for the same"),
        pytest.param("task_invocation_parameters", {"lambda": {"payload": "null"}}, {"lambda": {}}, False, id="null"),
        pytest.param("task_invocation_parameters", {"run_command": {"parameters": {"a": ["x", "y"]}}},
                     {"run_command": {"parameters": {"a": ["y", "x"]}}}, False, id="parameters keep their order"),
    ],
)  # fmt: skip
def test_comparable(member, one, other, same):
    assert (comparable(member, one) == comparable(member, other)) == same


@pytest.mark.parametrize(
    ("options", "purge", "different"),
    [
        pytest.param({}, False, {}, id="nothing"),
        pytest.param({"max_errors": 0, "window_targets": "production"}, False, {}, id="other spellings"),
        pytest.param({"description": "", "service_role_arn": ""}, False,
                     {"description": None, "service_role_arn": None}, id="cleared"),
        pytest.param({"priority": 0}, False, {"priority": 0}, id="one"),
        pytest.param({"instance_ids": ["i-1"], "window_targets": []}, False,
                     {"instance_ids": ["i-1"], "window_targets": []}, id="rates stay while there are nodes"),
        pytest.param(TASK, True, {"description": None, "service_role_arn": None}, id="replaced"),
    ],
)  # fmt: skip
def test_plan(options, purge, different):
    change = plan(READ, options, purge)
    expected = {name: value for name, value in {**READ, **different}.items() if value is not None}
    assert (change.before, change.after, change.needed) == (READ, expected, bool(different))


def test_plan_keeps_what_is_deprecated_without_a_difference():
    before = {**READ, "deprecated": {"logging_info": {}}}
    change = plan(before, {"priority": 3})
    assert change.after == {**before, "priority": 3}
    assert "deprecated" not in change.diff()["before"]


def test_the_type_stays():
    with pytest.raises(ResourceError, match="is of type RUN_COMMAND, which cannot be changed to LAMBDA: register"):
        plan(READ, {"task_type": "LAMBDA"})


def test_targets_by_name_and_by_id():
    assert target_ids(["production", THREE, FOUR], TARGETS) == [ONE, THREE, FOUR]
    assert named([ONE, THREE, "production"], TARGETS) == ["production", THREE, "production"]
    with pytest.raises(ResourceError, match="There are 2 targets named twin: " + TWO + ", " + THREE):
        target_ids(["twin"], TARGETS)
    with pytest.raises(ResourceError, match=r"has no target test, gone: register it first, .*: .*production") as caught:
        target_ids(["test", "production", "gone"], TARGETS)
    assert TWO in str(caught.value)
    with pytest.raises(ResourceError, match="those it has: none"):
        target_ids(["test"], [])


class NoApi:
    """Calls nothing."""


def test_an_unknown_target_is_refused_before_any_call():
    for before in (None, READ):
        after = {**DEFAULTS, **TASK, "window_targets": ["test"]}
        with pytest.raises(ResourceError, match="has no target test"):
            apply(NoApi(), "mw-0123456789abcdef0", Change(before, after), TARGETS)


def test_json_that_is_written_reaches_the_api_as_bytes():
    payload = json.dumps({"ring": "süd"}, ensure_ascii=False)
    task = declared(of_type("LAMBDA", payload=payload))
    assert to_api(task, TARGETS)["TaskInvocationParameters"] == {"Lambda": {"Payload": payload.encode("utf-8")}}
