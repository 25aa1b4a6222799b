# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_maintenance_window_task and ssm_maintenance_window_task_info."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.aws.conftest import READING
from ansible_collections.patchops.fleet.tests.servers import answers

NAME = answers.WINDOW["Name"]
ROLE = "arn:aws:iam::123456789012:role/windows"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:patches"
NODE = "i-0123456789abcdef0"
NOWHERE = "00000000-0000-0000-0000-000000000000"
DEFAULTS = {
    "task_type": "RUN_COMMAND",
    "window_targets": [],
    "instance_ids": [],
    "priority": 1,
    "cutoff_behavior": "CONTINUE_TASK",
    "task_invocation_parameters": {},
}
LITTLE = {
    "name": "install-patches",
    "task_arn": "our-patching",
    "window_targets": ["production"],
    "max_concurrency": "25%",
    "max_errors": "10%",
}
RUN = {
    "parameters": {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]},
    "comment": "by night",
    "document_version": "$DEFAULT",
    "document_hash": "0" * 64,
    "document_hash_type": "Sha256",
    "timeout_seconds": 600,
    "output_s3_bucket_name": "patch-logs",
    "output_s3_key_prefix": "production",
    "service_role_arn": "arn:aws:iam::123456789012:role/notify",
    "cloud_watch_output_config": {"cloud_watch_log_group_name": "patches", "cloud_watch_output_enabled": True},
    "notification_config": {
        "notification_arn": TOPIC,
        "notification_events": ["Failed", "TimedOut"],
        "notification_type": "Command",
    },
}
WHOLE = {
    **LITTLE,
    "task_type": "RUN_COMMAND",
    "window_targets": ["production", "critical"],
    "instance_ids": [NODE],
    "priority": 5,
    "service_role_arn": ROLE,
    "description": "Patches of production servers",
    "cutoff_behavior": "CANCEL_TASK",
    "alarm_configuration": {"alarms": ["too-many-errors"], "ignore_poll_alarm_failure": True},
    "task_invocation_parameters": {"run_command": RUN},
}
HOOKS = {
    **LITTLE,
    "task_arn": "AWS-RunPatchBaselineWithHooks",
    "task_invocation_parameters": {
        "run_command": {"parameters": {"Operation": ["Install"], "PreInstallHookDocName": ["our-stop-services"]}}
    },
}
AUTOMATION = {
    **LITTLE,
    "task_type": "AUTOMATION",
    "task_arn": "AWS-PatchAsgInstance",
    "task_invocation_parameters": {
        "automation": {"document_version": "2", "parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}
    },
}
TARGETLESS = {
    "name": "prepare",
    "task_type": "AUTOMATION",
    "task_arn": "our-preparation",
    "task_invocation_parameters": {"automation": {"parameters": {"Ring": ["production"]}}},
}
SECRET = json.dumps({"token": "a-secret-that-nobody-should-see"})
LAMBDA = {
    "name": "open-change",
    "task_type": "LAMBDA",
    "task_arn": "arn:aws:lambda:eu-central-1:123456789012:function:SSMOpenChange",
    "task_invocation_parameters": {
        "lambda": {"payload": SECRET, "client_context": "a-context-of-the-client", "qualifier": "live"}
    },
}
STEP_FUNCTIONS = {
    "name": "state-machine",
    "task_type": "STEP_FUNCTIONS",
    "task_arn": "arn:aws:states:eu-central-1:123456789012:stateMachine:patch",
    "task_invocation_parameters": {"step_functions": {"input": SECRET, "name": "tonight"}},
}
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


@pytest.fixture
def task(module):
    return module("ssm_maintenance_window_task", "maintenance_window_task")


@pytest.fixture
def info(module):
    return module("ssm_maintenance_window_task_info")


@pytest.fixture
def window_id(aws):
    """The id of a window with targets production and critical, which allows nodes that are no targets."""
    client = aws.client()
    identifier = answers.window(client, AllowUnassociatedTargets=True)
    for name in ("production", "critical"):
        answers.target(client, identifier, Name=name)
    return identifier


@pytest.fixture
def targets(aws, window_id):
    """Ids of its targets by name."""
    rows = aws.client().describe_maintenance_window_targets(WindowId=window_id)["Targets"]
    return {row["Name"]: row["WindowTargetId"] for row in rows}


def writes(aws):
    """What was called that changes something."""
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def shown(options):
    """What a result shows of a task: values that may be secret are hidden."""
    invocation = options["task_invocation_parameters"]
    hidden = {
        kind: {name: HIDDEN if name in ("payload", "input", "client_context") else one for name, one in given.items()}
        for kind, given in invocation.items()
    }
    return {**options, "task_invocation_parameters": hidden}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(LITTLE, id="little"),
        pytest.param(WHOLE, id="whole"),
        pytest.param(HOOKS, id="hooks"),
        pytest.param(AUTOMATION, id="automation"),
        pytest.param(TARGETLESS, id="automation without targets"),
        pytest.param(LAMBDA, id="lambda"),
        pytest.param(STEP_FUNCTIONS, id="step functions"),
    ],
)
def test_register_and_deregister(task, aws, window_id, options):
    expected = shown({**DEFAULTS, **options})
    created = task.converge(window=NAME, **options)
    assert created["diff"] == {"before": {}, "after": expected}
    assert len(created["maintenance_window_task"]["window_task_id"]) == 36
    gone = task.converge(window_id=window_id, name=options["name"], state="absent")
    assert (gone["maintenance_window_task"], gone["diff"]) == ({}, {"before": expected, "after": {}})
    (region,) = aws.application.service.regions.values()
    assert region.tasks == {}


def test_what_is_registered_is_what_the_aws_cli_reads(task, aws_cli, window_id, targets):
    created = task.converge(window=NAME, **WHOLE)["maintenance_window_task"]["window_task_id"]
    named = ("--window-id", window_id, "--window-task-id", created)
    read = aws_cli("ssm", "get-maintenance-window-task", *named)
    assert read == {
        "WindowId": window_id,
        "WindowTaskId": created,
        "Targets": [
            {"Key": "WindowTargetIds", "Values": [targets["production"], targets["critical"]]},
            {"Key": "InstanceIds", "Values": [NODE]},
        ],
        "TaskArn": "our-patching",
        "ServiceRoleArn": ROLE,
        "TaskType": "RUN_COMMAND",
        "TaskParameters": {},
        "TaskInvocationParameters": {
            "RunCommand": {
                "Comment": "by night",
                "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "patches", "CloudWatchOutputEnabled": True},
                "DocumentHash": "0" * 64,
                "DocumentHashType": "Sha256",
                "DocumentVersion": "$DEFAULT",
                "NotificationConfig": {
                    "NotificationArn": TOPIC,
                    "NotificationEvents": ["Failed", "TimedOut"],
                    "NotificationType": "Command",
                },
                "OutputS3BucketName": "patch-logs",
                "OutputS3KeyPrefix": "production",
                "Parameters": {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]},
                "ServiceRoleArn": "arn:aws:iam::123456789012:role/notify",
                "TimeoutSeconds": 600,
            }
        },
        "Priority": 5,
        "MaxConcurrency": "25%",
        "MaxErrors": "10%",
        "Name": "install-patches",
        "Description": "Patches of production servers",
        "CutoffBehavior": "CANCEL_TASK",
        "AlarmConfiguration": {"IgnorePollAlarmFailure": True, "Alarms": [{"Name": "too-many-errors"}]},
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(
            LAMBDA,
            {"Lambda": {"ClientContext": "a-context-of-the-client", "Qualifier": "live", "Payload": SECRET.encode()}},
            id="lambda",
        ),
        pytest.param(STEP_FUNCTIONS, {"StepFunctions": {"Input": SECRET, "Name": "tonight"}}, id="step functions"),
        pytest.param(
            AUTOMATION,
            {"Automation": {"DocumentVersion": "2", "Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}},
            id="automation",
        ),
    ],
)
def test_what_other_types_run_with(task, aws, window_id, options, expected):
    created = task.ok(window=NAME, **options)["maintenance_window_task"]["window_task_id"]
    read = aws.client().get_maintenance_window_task(WindowId=window_id, WindowTaskId=created)
    assert read["TaskInvocationParameters"] == expected


CHANGED = {
    "task_arn": "AWS-RunPatchBaselineWithHooks",
    "window_targets": ["critical"],
    "instance_ids": ["i-00000000000000001"],
    "priority": 0,
    "max_concurrency": "1",
    "max_errors": "0",
    "service_role_arn": "arn:aws:iam::123456789012:role/other",
    "description": "Patches",
    "cutoff_behavior": "CONTINUE_TASK",
    "alarm_configuration": {"alarms": ["other"], "ignore_poll_alarm_failure": False},
    "task_invocation_parameters": {"run_command": {"parameters": {"Operation": ["Scan"]}}},
}


@pytest.mark.parametrize("option", CHANGED)
def test_each_option_changed_alone(task, window_id, option):
    task.ok(window=NAME, **WHOLE)
    changed = task.converge(window=NAME, name=WHOLE["name"], **{option: CHANGED[option]})
    assert changed["diff"] == {"before": WHOLE, "after": {**WHOLE, option: CHANGED[option]}}
    assert changed["changed"]


RUN_CHANGED = {
    "parameters": {"Operation": ["Scan"]},
    "comment": "by day",
    "document_version": "3",
    "document_hash": "1" * 64,
    "document_hash_type": "Sha1",
    "timeout_seconds": 30,
    "output_s3_bucket_name": "other-logs",
    "output_s3_key_prefix": "critical",
    "service_role_arn": "arn:aws:iam::123456789012:role/other",
    "cloud_watch_output_config": {"cloud_watch_log_group_name": "patches", "cloud_watch_output_enabled": False},
    "notification_config": {"notification_arn": TOPIC, "notification_events": ["All"], "notification_type": "Command"},
}


@pytest.mark.parametrize("setting", RUN_CHANGED)
@pytest.mark.parametrize("cleared", [pytest.param(False, id="changed"), pytest.param(True, id="left out")])
def test_each_setting_of_a_command(task, window_id, setting, cleared):
    task.ok(window=NAME, **WHOLE)
    run = {name: one for name, one in RUN.items() if name != setting}
    if not cleared:
        run[setting] = RUN_CHANGED[setting]
    changed = task.converge(window=NAME, name=WHOLE["name"], task_invocation_parameters={"run_command": run})
    assert changed["changed"]
    assert changed["diff"]["after"] == {**WHOLE, "task_invocation_parameters": {"run_command": run}}


CLEARED = {
    "window_targets": ([], []),
    "instance_ids": ([], []),
    "service_role_arn": ("", None),
    "description": ("", None),
    "alarm_configuration": ({}, None),
    "task_invocation_parameters": ({}, {}),
}


@pytest.mark.parametrize("option", CLEARED)
def test_each_option_cleared(task, window_id, option):
    task.ok(window=NAME, **WHOLE)
    given, empty = CLEARED[option]
    cleared = task.converge(window=NAME, name=WHOLE["name"], **{option: given})
    expected = {**WHOLE, option: empty}
    assert cleared["changed"]
    assert cleared["diff"]["after"] == {name: value for name, value in expected.items() if value is not None}


def test_the_last_target_takes_the_rates_along(task, window_id):
    task.ok(window=NAME, **AUTOMATION)
    cleared = task.converge(window=NAME, name=AUTOMATION["name"], window_targets=[])
    rates = ("max_concurrency", "max_errors")
    expected = {**DEFAULTS, **AUTOMATION, "window_targets": []}
    assert cleared["diff"]["after"] == {name: value for name, value in expected.items() if name not in rates}
    assert task.converge(window=NAME, **AUTOMATION)["diff"]["after"] == {**DEFAULTS, **AUTOMATION}


def test_replace_takes_back_what_is_not_given(task, window_id):
    task.ok(window=NAME, **WHOLE)
    replaced = task.converge(window=NAME, **LITTLE, replace=True)
    assert replaced["diff"]["after"] == {**DEFAULTS, **LITTLE}


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param({"window_targets": ["critical", "production"]}, id="order of targets"),
        pytest.param({"service_role_arn": None}, id="nothing"),
        pytest.param({"task_invocation_parameters": {"run_command": {**RUN, "notification_config": {
            **RUN["notification_config"], "notification_events": ["TimedOut", "Failed"]}}}}, id="order of events"),
        pytest.param({"task_invocation_parameters": {"run_command": {**RUN, "parameters": {
            "RebootOption": "RebootIfNeeded", "Operation": "Install"}}}}, id="texts for lists of one"),
    ],
)  # fmt: skip
def test_another_spelling_is_no_change(task, aws, window_id, spelling):
    task.ok(window=NAME, **WHOLE)
    aws.application.calls.clear()
    assert not task.converge(window=NAME, **{**WHOLE, **spelling})["changed"]
    assert writes(aws) == []


def test_json_in_another_spelling_is_no_change(task, window_id):
    task.ok(window=NAME, **LAMBDA)
    settings = {"payload": json.dumps(json.loads(SECRET), indent=2), "qualifier": "live"}
    settings["client_context"] = "a-context-of-the-client"
    given = {**LAMBDA, "task_invocation_parameters": {"lambda": settings}}
    assert not task.converge(window=NAME, **given)["changed"]
    settings["payload"] = json.dumps({"token": "another"})
    assert task.converge(window=NAME, **given)["changed"]


@pytest.mark.parametrize("options", [LAMBDA, STEP_FUNCTIONS], ids=["lambda", "step functions"])
def test_secrets_are_shown_nowhere(task, aws, window_id, options):
    other = {"name": options["name"], "task_invocation_parameters": {}}
    results = [
        task(True, window=NAME, **options),
        task(window=NAME, **options),
        task(window=NAME, name=options["name"], description="they were not given here"),
        task(window=NAME, **other),
        task(window=NAME, **options),
        task(window=NAME, name=options["name"], state="absent"),
    ]
    for result in results:
        assert result["changed"]
        text = json.dumps(result)
        assert "nobody-should-see" not in text
        assert "a-context-of-the-client" not in text


@pytest.mark.parametrize("text", ["no json", "{'token': 'x'}"], ids=["text", "what Python writes"])
def test_what_is_no_json_is_refused_and_not_shown(task, aws, window_id, text):
    parameters = {"lambda": {"payload": text}}
    message = task.failure(window=NAME, **{**LAMBDA, "task_invocation_parameters": parameters})
    assert "task_invocation_parameters.lambda.payload: is no JSON; a mapping becomes it with" in message
    assert text not in message


def test_the_type_stays(task, aws, window_id):
    created = task.ok(window=NAME, **LITTLE)["maintenance_window_task"]["window_task_id"]
    aws.application.calls.clear()
    for check_mode in (True, False):
        message = task.failure(check_mode, window=NAME, **{**AUTOMATION, "name": LITTLE["name"]})
        expected = f"Task install-patches ({created}) is of type RUN_COMMAND, which cannot be changed to AUTOMATION: "
        assert expected + "register another task" in message
    assert writes(aws) == []


def test_by_id_the_name_can_change(task, window_id):
    created = task.ok(window=NAME, **LITTLE)["maintenance_window_task"]["window_task_id"]
    renamed = task.converge(window=NAME, window_task_id=created, name="install-more")
    assert renamed["diff"]["after"]["name"] == "install-more"
    assert task.converge(window=NAME, window_task_id=created, state="absent")["changed"]


def test_a_task_without_a_name_goes_by_its_id(task, aws, window_id, targets):
    created = answers.task(aws.client(), window_id, targets["critical"])
    changed = task.converge(window=NAME, window_task_id=created, priority=7)
    assert "name" not in changed["diff"]["after"]
    assert task.converge(window=NAME, window_task_id=created, state="absent")["changed"]


def test_two_of_one_name(task, aws, window_id, targets):
    ids = [answers.task(aws.client(), window_id, targets["critical"], Name=LITTLE["name"]) for _number in range(2)]
    aws.application.calls.clear()
    for state in ("present", "absent"):
        message = task.failure(window=NAME, **LITTLE, state=state)
        assert "There are 2 tasks named install-patches: " in message
        assert all(one in message for one in [*ids, "window_task_id"])
    assert writes(aws) == []
    assert task.converge(window=NAME, window_task_id=ids[1], priority=9)["changed"]


def test_targets_are_named_by_id_where_names_do_not_tell(task, aws, window_id, targets):
    twin = answers.target(aws.client(), window_id, Name="critical")
    nameless = answers.target(aws.client(), window_id)
    message = task.failure(window=NAME, **{**LITTLE, "window_targets": ["critical"]})
    assert "There are 2 targets named critical: " in message
    assert twin in message
    by_id = [targets["production"], twin, nameless]
    created = task.converge(window=NAME, **{**LITTLE, "window_targets": by_id})
    assert created["maintenance_window_task"]["window_targets"] == ["production", twin, nameless]


def test_what_is_unknown(task, aws, window_id):
    aws.application.calls.clear()
    message = task.failure(window=NAME, **{**LITTLE, "window_targets": ["productoin", "critical"]})
    assert "has no target productoin: register it first, or name one of those it has: critical, production" in message
    assert "There is no maintenance window elsewhere" in task.failure(window="elsewhere", **LITTLE)
    assert NOWHERE in task.failure(window=NAME, window_task_id=NOWHERE, priority=3)
    for where in ({"window": "elsewhere", "name": "x"}, {"window": NAME, "window_task_id": NOWHERE}):
        assert not task.converge(**where, state="absent")["changed"]
    assert writes(aws) == []


def test_check_mode_foretells_a_task_of_a_target_that_is_to_be_registered(task, aws, window_id):
    """As in a play that registers the target just before, which check mode leaves out."""
    options = {**LITTLE, "window_targets": ["databases", "critical"]}
    foretold = task.ok(True, window=NAME, **options)
    assert foretold["diff"] == {"before": {}, "after": {**DEFAULTS, **options}}
    warning = "The maintenance window has no target databases yet: in a real run it must be registered first"
    assert foretold["warnings"] == [warning]
    assert "has no target databases: register it first" in task.failure(window=NAME, **options)
    answers.target(aws.client(), window_id, Name="databases")
    done = task.converge(window=NAME, **options)
    assert (done["diff"], done["warnings"]) == (foretold["diff"], [])
    changed = task.ok(True, window=NAME, name=LITTLE["name"], window_targets=["production", "webs"])
    assert changed["diff"]["after"]["window_targets"] == ["production", "webs"]


@pytest.mark.parametrize("unknown", [pytest.param(NOWHERE, id="id"), pytest.param("a b", id="no name")])
def test_check_mode_refuses_targets_that_nobody_can_register(task, window_id, unknown):
    for check_mode in (True, False):
        message = task.failure(check_mode, window=NAME, **{**LITTLE, "window_targets": [unknown]})
        assert f"has no target {unknown}: register it first" in message


def test_check_mode_foretells_a_task_of_a_window_that_is_to_be_created(task, aws):
    foretold = task.ok(True, window="later", **LITTLE, instance_ids=[NODE])
    assert foretold["diff"]["after"] == {**DEFAULTS, **LITTLE, "instance_ids": [NODE]}
    assert foretold["warnings"] == [
        "There is no maintenance window later yet: in a real run it must be created first",
        "The maintenance window has no target production yet: in a real run it must be registered first",
    ]
    for check_mode, where in ((False, {"window": "later"}), (True, {"window_id": "mw-00000000000000000"})):
        assert "There is no maintenance window" in task.failure(check_mode, **where, **LITTLE)
    assert writes(aws) == []


def test_a_target_that_is_gone_is_refused_until_another_takes_its_place(task, aws, window_id, targets):
    task.ok(window=NAME, **LITTLE)
    aws.client().deregister_target_from_maintenance_window(WindowId=window_id, WindowTargetId=targets["production"])
    aws.application.calls.clear()
    for check_mode in (True, False):
        message = task.failure(check_mode, window=NAME, name=LITTLE["name"], priority=3)
        assert f"has no target {targets['production']}: register it first, or name one of those" in message
    assert writes(aws) == []
    changed = task.converge(window=NAME, name=LITTLE["name"], window_targets=["critical"])
    assert changed["diff"]["before"]["window_targets"] == [targets["production"]]


def test_nodes_need_a_window_that_allows_them(task, aws):
    client = aws.client()
    strict = answers.window(client, Name="strict")
    answers.target(client, strict, Name="production")
    aws.application.calls.clear()
    for check_mode in (True, False):
        message = task.failure(check_mode, window="strict", **LITTLE, instance_ids=[NODE])
        assert f"maintenance window {strict} allows registered targets alone" in message
        assert "allow_unassociated_targets" in message
    assert writes(aws) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"name": "a b"}, "window_task.name: 'a b' is not allowed", id="name"),
        pytest.param({"task_arn": None}, "window_task.task_arn: is missing", id="no document"),
        pytest.param({"task_arn": "x" * 1601}, "task_arn: must have 1 to 1600 characters", id="document"),
        pytest.param({"priority": -1}, "window_task.priority: -1 is not allowed", id="priority"),
        pytest.param({"max_concurrency": None}, "max_concurrency: is missing, and needed", id="no concurrency"),
        pytest.param({"max_errors": None}, "max_errors: is missing, and needed", id="no errors"),
        pytest.param({"max_concurrency": "0"}, "max_concurrency: '0' is not allowed", id="concurrency 0"),
        pytest.param({"max_concurrency": "101%"}, "max_concurrency: '101%' is not allowed", id="concurrency 101%"),
        pytest.param({"max_concurrency": "12345678"}, "must have 7 characters at most", id="concurrency too long"),
        pytest.param({"max_errors": "-1"}, "max_errors: '-1' is not allowed", id="errors"),
        pytest.param({"max_errors": "1.5%"}, "max_errors: '1.5%' is not allowed", id="errors in fractions"),
        pytest.param({"window_targets": None}, "a task of type RUN_COMMAND needs window_targets", id="no targets"),
        pytest.param({**LAMBDA, "max_errors": "1"}, "max_errors: is for tasks with targets alone", id="targetless"),
        pytest.param({"instance_ids": [NODE] * 51}, "instance_ids: must have 0 to 50 values, not 51", id="nodes"),
        pytest.param({"description": "x" * 129}, "description: must have 1 to 128 characters", id="description"),
        pytest.param({"alarm_configuration": {"alarms": ["a", "b"]}}, "0 to 1 values, not 2", id="alarms"),
        pytest.param({"alarm_configuration": {"alarms": [" "]}}, "' ' is no name of an alarm", id="alarm"),
        pytest.param({"task_invocation_parameters": {"lambda": {"qualifier": "x"}}},
                     "is not for a task of type RUN_COMMAND; allowed: run_command", id="other type"),
        pytest.param({"task_invocation_parameters": {"run_command": {"timeout_seconds": 29}}},
                     "run_command.timeout_seconds: 29 is not allowed", id="timeout"),
        pytest.param({"task_invocation_parameters": {"run_command": {"document_version": "new"}}},
                     "run_command.document_version: 'new' is not allowed", id="version"),
        pytest.param({"task_invocation_parameters": {"run_command": {"comment": "x" * 101}}},
                     "run_command.comment: must have 0 to 100 characters", id="comment"),
        pytest.param({"task_invocation_parameters": {"run_command": {"output_s3_bucket_name": "x"}}},
                     "run_command.output_s3_bucket_name: must have 3 to 63 characters", id="bucket"),
        pytest.param({"task_invocation_parameters": {"run_command": {"parameters": {"Operation": [True]}}}},
                     "parameters.Operation[0]: must be text, not True; put it in quotes", id="parameter"),
    ],
)  # fmt: skip
def test_what_is_refused_before_any_call_that_changes(task, aws, window_id, options, message):
    aws.application.calls.clear()
    given = {"window": NAME, **LITTLE, **options}
    if options.get("task_type") == "LAMBDA":
        del given["window_targets"], given["max_concurrency"]
    assert message in task.failure(**given)
    assert message in task.failure(True, **given)
    assert writes(aws) == []


def test_all_that_a_patch_document_does_not_take_is_told_at_once(task, aws, window_id):
    parameters = {
        "Operatoin": ["Install"],
        "RebootOption": "AlwaysReboot",
        "SnapshotId": ["0"],
        "StepTimeoutSeconds": 0,
    }
    given = {**LITTLE, "task_arn": "AWS-RunPatchBaseline", "priority": -1}
    aws.application.calls.clear()
    given["task_invocation_parameters"] = {"run_command": {"parameters": parameters}}
    message = task.failure(window=NAME, **given)
    assert message == task.failure(True, window=NAME, **given)
    where = "window_task.task_invocation_parameters.run_command.parameters."
    for problem in (
        "window_task.priority: -1 is not allowed",
        where + "Operation: is missing; allowed: Scan, Install",
        where + "Operatoin: is unknown to AWS-RunPatchBaseline; allowed: Operation, RebootOption, ",
        where + "RebootOption: 'AlwaysReboot' is not allowed; allowed: RebootIfNeeded, NoReboot",
        where + "SnapshotId: must not be given: in a maintenance window Systems Manager supplies it",
        where + "StepTimeoutSeconds: 0 is not allowed; allowed: a whole number from 1 to 36000",
    ):
        assert problem in message
    assert writes(aws) == []
    task.converge(window=NAME, **{**given, "priority": 1, "task_arn": "our-patching"})


@pytest.mark.parametrize(
    ("function", "warned"), [("SSMOpenChange", False), ("OpenChange", True)], ids=["of Systems Manager", "other"]
)
def test_a_function_that_windows_may_not_invoke_gives_a_warning(task, window_id, function, warned):
    for arn in (function, f"arn:aws:lambda:eu-central-1:123456789012:function:{function}:live"):
        answer = task.converge(window=NAME, **{**LAMBDA, "task_arn": arn})
        expected = [f"task_arn: the name of function {arn} does not begin with SSM"] if warned else []
        assert [warning.partition(", and")[0] for warning in answer["warnings"]] == expected


def test_the_role_that_aws_fills_in_counts_as_none(task, aws, window_id):
    created = task.ok(window=NAME, **LITTLE)["maintenance_window_task"]
    named = {"WindowId": window_id, "WindowTaskId": created["window_task_id"]}
    filled = aws.client().get_maintenance_window_task(**named)["ServiceRoleArn"]
    assert filled.endswith("/AWSServiceRoleForAmazonSSM")
    assert "service_role_arn" not in created
    assert not task.converge(window=NAME, **LITTLE, service_role_arn=filled)["changed"]


def test_deprecated_members_are_kept_with_a_warning(task, info, aws, window_id, targets):
    deprecated = {
        "TaskParameters": {"Operation": {"Values": ["Scan"]}},
        "LoggingInfo": {"S3BucketName": "patch-logs", "S3Region": "eu-central-1"},
    }
    created = answers.task(aws.client(), window_id, targets["production"], Name=LITTLE["name"], **deprecated)
    answer = task.converge(window=NAME, **LITTLE)
    assert answer["changed"]
    warning = json.dumps(answer["warnings"])
    assert f"Task install-patches ({created}) has logging_info and task_parameters, which the API deprecates" in warning
    read = aws.client().get_maintenance_window_task(WindowId=window_id, WindowTaskId=created)
    assert {name: read[name] for name in deprecated} == deprecated
    (one,) = info.ok(window=NAME)["maintenance_window_tasks"]
    assert one["deprecated"] == {
        "task_parameters": deprecated["TaskParameters"],
        "logging_info": deprecated["LoggingInfo"],
    }


def test_info(task, info, window_id):
    first = task.ok(window=NAME, **WHOLE)["maintenance_window_task"]
    second = task.ok(window=NAME, **LAMBDA)["maintenance_window_task"]["window_task_id"]
    read = info.ok(window=NAME)["maintenance_window_tasks"]
    assert read == [first, {**DEFAULTS, **LAMBDA, "window_task_id": second}]
    assert info.ok(window_id=window_id, name=first["name"])["maintenance_window_tasks"] == [first]
    assert info.ok(window=NAME, window_task_id=second)["maintenance_window_tasks"] == read[1:]
    assert info.ok(window=NAME, window_task_id=NOWHERE)["maintenance_window_tasks"] == []
    assert info.ok(window="elsewhere")["maintenance_window_tasks"] == []


def test_info_is_what_the_module_takes(task, info, window_id):
    for options in (WHOLE, AUTOMATION, LAMBDA, STEP_FUNCTIONS):
        named = {"window": NAME, "name": options["name"]}
        task.ok(window=NAME, **options)
        (read,) = info.ok(**named)["maintenance_window_tasks"]
        known = {name: value for name, value in read.items() if name != "window_task_id"}
        assert not task.converge(window=NAME, **known)["changed"]
        task.ok(**named, state="absent")


def test_many_pages(task, info, aws, window_id, targets):
    for number in range(20):
        answers.task(aws.client(), window_id, targets["critical"], Name=f"task-{number:02}")
    aws.set(largest_page=10, empty_pages=True)
    names = [one["name"] for one in info.ok(window=NAME)["maintenance_window_tasks"]]
    assert names == [f"task-{number:02}" for number in range(20)]
    assert task.converge(window=NAME, name="task-19", priority=9)["changed"]


def test_with_a_fifth_of_all_calls_throttled(task, aws, window_id):
    aws.fail(error="ThrottlingException", every=5)
    task.converge(window=NAME, **WHOLE)
    task.converge(window=NAME, **LITTLE, replace=True)
    task.converge(window=NAME, name=LITTLE["name"], state="absent")
    assert [call.error for call in aws.calls].count("ThrottlingException") > 3


def test_lists_that_lag_behind(task, aws, window_id):
    """The result tells what was done, and names the targets."""
    aws.set(stale_lists=2)
    created = task.ok(window=NAME, **WHOLE)["maintenance_window_task"]
    assert created == {**WHOLE, "window_task_id": created["window_task_id"]}
    for _number in range(2):
        aws.client().describe_maintenance_window_tasks(WindowId=window_id)
    changed = task.ok(window=NAME, name=WHOLE["name"], window_targets=["critical"], description="other")
    assert changed["maintenance_window_task"] == {**created, "window_targets": ["critical"], "description": "other"}


def test_a_lost_answer_while_deregistering(task, aws, window_id):
    """The next try finds nothing, because the first one has done the work."""
    created = task.ok(window=NAME, **LITTLE)["maintenance_window_task"]["window_task_id"]
    aws.fail(operation="DeregisterTask*", error="InternalServerError", answered=False, times=1)
    gone = task.ok(window=NAME, name=LITTLE["name"], state="absent")
    assert gone["changed"]
    assert gone["changes"] == [f"deregister task install-patches ({created}) from maintenance window {window_id}"]
    assert [call.error for call in aws.calls][-2:] == ["InternalServerError", "DoesNotExistException"]


@pytest.mark.parametrize(
    ("operation", "done"),
    [
        pytest.param("RegisterTask*", [], id="at once"),
        pytest.param("GetMaintenanceWindowTask", ["register task install-patches with maintenance window "],
                     id="after the change"),
    ],
)  # fmt: skip
def test_denied_access_names_what_was_done(task, aws, window_id, operation, done):
    aws.fail(operation=operation, error="AccessDeniedException")
    answer = task(window=NAME, **LITTLE)
    assert "is not authorized to perform" in answer["msg"]
    assert (answer["changes"], answer["changed"]) == ([one + window_id for one in done], bool(done))


def test_calls_of_an_unchanged_task(task, aws, window_id):
    task.ok(window=NAME, **WHOLE)
    aws.application.calls.clear()
    task.ok(window=NAME, **WHOLE)
    assert aws.actions == [
        "ssm:DescribeMaintenanceWindows",
        "ssm:DescribeMaintenanceWindowTargets",
        "ssm:DescribeMaintenanceWindowTasks",
        "ssm:GetMaintenanceWindowTask",
    ]
