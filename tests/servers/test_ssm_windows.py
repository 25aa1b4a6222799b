# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows, their targets and tasks on the strict SSM, through boto3."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import (
    RATES,
    SCAN,
    TARGET,
    WINDOW,
    refused,
    target,
    task,
    window,
    without_metadata,
)

NOW = "2026-11-21T12:00:00Z"
SERVICE_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def ssm(aws):
    aws.set(now=NOW)
    return aws.client()


def test_a_window_is_read_back_enabled_with_its_next_execution(ssm):
    identifier = window(ssm)
    answer = without_metadata(ssm.get_maintenance_window(WindowId=identifier))
    assert answer.pop("CreatedDate") == answer.pop("ModifiedDate")
    assert answer == {**WINDOW, "WindowId": identifier, "Enabled": True, "NextExecutionTime": "2026-11-24T02:00Z"}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"Schedule": "nonsense"}, id="schedule"),
        pytest.param({"Schedule": "cron(0 2 * * * *)"}, id="both days"),
        pytest.param({"Cutoff": 4}, id="cutoff as long as the window"),
        pytest.param({"ScheduleTimezone": "Mars/Olympus"}, id="zone"),
        pytest.param({"StartDate": "tomorrow"}, id="date"),
        pytest.param({"Schedule": "rate(7 days)", "ScheduleOffset": 2}, id="offset of a rate"),
    ],
)
def test_windows_that_are_refused(ssm, given):
    with refused("ValidationException"):
        window(ssm, **given)
    assert ssm.describe_maintenance_windows()["WindowIdentities"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"Schedule": "rate(7 days)"}, "2026-11-28T12:00Z", id="a rate counts from the creation"),
        pytest.param({"Schedule": "rate(7 days)", "StartDate": "2026-11-25T00:00:00Z"}, "2026-11-25T00:00Z", id="then"),
        pytest.param({"ScheduleTimezone": "Europe/Berlin"}, "2026-11-24T01:00Z", id="zone"),
        pytest.param({"EndDate": "2026-11-22T00:00:00Z"}, None, id="ended before"),
        pytest.param({"Schedule": "cron(30 23 ? * TUE#3 *)", "ScheduleOffset": 2}, "2026-12-17T23:30Z", id="offset"),
    ],
)  # fmt: skip
def test_next_executions(ssm, given, expected):
    assert ssm.get_maintenance_window(WindowId=window(ssm, **given)).get("NextExecutionTime") == expected


def test_updates_keep_and_replacing_clears(ssm):
    identifier = window(ssm, Description="before", ScheduleOffset=2)
    ssm.update_maintenance_window(WindowId=identifier, Enabled=False)
    kept = ssm.get_maintenance_window(WindowId=identifier)
    assert (kept["Description"], kept["ScheduleOffset"], kept["Enabled"]) == ("before", 2, False)
    assert "NextExecutionTime" not in kept
    with refused("ValidationException", "Schedule, Duration"):
        ssm.update_maintenance_window(WindowId=identifier, Name="other", Replace=True)
    ssm.update_maintenance_window(WindowId=identifier, **WINDOW, Replace=True)
    cleared = ssm.get_maintenance_window(WindowId=identifier)
    assert "Description" not in cleared
    assert "ScheduleOffset" not in cleared


def test_a_rate_counts_anew_from_a_change_of_the_schedule_alone(aws, ssm):
    identifier = window(ssm, Schedule="rate(7 days)")
    aws.set(now="2026-11-22T06:00:00Z")
    ssm.update_maintenance_window(WindowId=identifier, Name="renamed")
    assert ssm.get_maintenance_window(WindowId=identifier)["NextExecutionTime"] == "2026-11-28T12:00Z"
    ssm.update_maintenance_window(WindowId=identifier, Schedule="rate(2 days)")
    assert ssm.get_maintenance_window(WindowId=identifier)["NextExecutionTime"] == "2026-11-24T06:00Z"


def test_a_refused_update_changes_nothing(ssm):
    identifier = window(ssm)
    before = without_metadata(ssm.get_maintenance_window(WindowId=identifier))
    with refused("ValidationException"):
        ssm.update_maintenance_window(WindowId=identifier, Name="other", Cutoff=9)
    assert without_metadata(ssm.get_maintenance_window(WindowId=identifier)) == before


def test_filters_of_windows(ssm):
    first, second = window(ssm), window(ssm, Name="tuesday")
    ssm.update_maintenance_window(WindowId=second, Enabled=False)

    def found(key, value):
        answer = ssm.describe_maintenance_windows(Filters=[{"Key": key, "Values": [value]}])
        return [one["WindowId"] for one in answer["WindowIdentities"]]

    assert found("Name", "tuesday") == [second]
    assert (found("Enabled", "true"), found("Enabled", "False")) == ([first], [second])
    with refused("ValidationException"):
        found("Colour", "blue")


def test_deleting_a_window_takes_targets_and_tasks_along_and_is_quiet(ssm):
    identifier = window(ssm)
    task(ssm, identifier, target(ssm, identifier))
    for _again in range(2):
        assert ssm.delete_maintenance_window(WindowId=identifier)["WindowId"] == identifier
    with refused("DoesNotExistException"):
        ssm.describe_maintenance_window_targets(WindowId=identifier)


def test_the_coming_executions_of_all_windows_in_order(ssm):
    tuesday, sunday = window(ssm), window(ssm, Name="sunday", Schedule="cron(0 2 ? * SUN *)")
    answer = ssm.describe_maintenance_window_schedule(MaxResults=3)
    rows = [(one["WindowId"], one["ExecutionTime"]) for one in answer["ScheduledWindowExecutions"]]
    assert rows == [(sunday, "2026-11-22T02:00Z"), (tuesday, "2026-11-24T02:00Z"), (sunday, "2026-11-29T02:00Z")]
    assert answer["NextToken"]


def test_executions_and_windows_of_a_target(ssm):
    identifier = window(ssm)
    target(ssm, identifier)
    window(ssm, Name="without-target")
    answer = ssm.describe_maintenance_windows_for_target(**TARGET)
    assert answer["WindowIdentities"] == [{"WindowId": identifier, "Name": WINDOW["Name"]}]
    coming = ssm.describe_maintenance_window_schedule(**TARGET, MaxResults=5)["ScheduledWindowExecutions"]
    assert {one["WindowId"] for one in coming} == {identifier}


def test_targets_are_registered_changed_and_replaced(ssm):
    where = {"WindowId": window(ssm)}
    chosen = {**where, "WindowTargetId": target(ssm, where["WindowId"], Name="production", OwnerInformation="team-a")}
    (row,) = ssm.describe_maintenance_window_targets(**where)["Targets"]
    assert row == {**chosen, **TARGET, "Name": "production", "OwnerInformation": "team-a"}
    assert ssm.update_maintenance_window_target(**chosen, Description="new")["Name"] == "production"
    with refused("ValidationException", "Targets must be given"):
        ssm.update_maintenance_window_target(**chosen, Replace=True)
    ssm.update_maintenance_window_target(**chosen, Targets=TARGET["Targets"], Replace=True)
    assert ssm.describe_maintenance_window_targets(**where)["Targets"] == [{**chosen, **TARGET}]


def test_filters_of_targets(ssm):
    identifier = window(ssm)
    first = target(ssm, identifier, OwnerInformation="team-a")
    group = [{"Key": "resource-groups:Name", "Values": ["fleet"]}]
    second = target(ssm, identifier, ResourceType="RESOURCE_GROUP", Targets=group)
    for key, value, expected in (
        ("OwnerInformation", "team-a", [first]),
        ("Type", "RESOURCE_GROUP", [second]),
        ("WindowTargetId", first, [first]),
    ):
        given = [{"Key": key, "Values": [value]}]
        answer = ssm.describe_maintenance_window_targets(WindowId=identifier, Filters=given)
        assert [one["WindowTargetId"] for one in answer["Targets"]] == expected


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"Targets": []}, id="none"),
        pytest.param({"Targets": [{"Key": "Patch Group", "Values": ["x"]}]}, id="key without tag:"),
        pytest.param({"Targets": [{"Key": "tag:x", "Values": []}]}, id="no values"),
        pytest.param({"ResourceType": "RESOURCE_GROUP"}, id="tag of a resource group"),
    ],
)
def test_targets_that_are_refused(ssm, given):
    identifier = window(ssm)
    with refused("ValidationException"):
        target(ssm, identifier, **given)


def test_a_target_in_use_goes_only_where_safe_is_not_asked(ssm):
    identifier = window(ssm)
    used = target(ssm, identifier)
    task(ssm, identifier, used)
    chosen = {"WindowId": identifier, "WindowTargetId": used}
    with refused("TargetInUseException"):
        ssm.deregister_target_from_maintenance_window(**chosen, Safe=True)
    assert without_metadata(ssm.deregister_target_from_maintenance_window(**chosen)) == chosen
    with refused("DoesNotExistException"):
        ssm.deregister_target_from_maintenance_window(**chosen)


def test_a_task_is_read_back_whole_by_get_alone(ssm):
    identifier = window(ssm)
    named = target(ssm, identifier)
    created = task(ssm, identifier, named, Name="scan", CutoffBehavior="CANCEL_TASK")
    chosen = {"WindowId": identifier, "WindowTaskId": created}
    answer = without_metadata(ssm.get_maintenance_window_task(**chosen))
    assert answer == {
        **chosen,
        **RATES,
        "Targets": [{"Key": "WindowTargetIds", "Values": [named]}],
        "TaskType": "RUN_COMMAND",
        "TaskArn": "AWS-RunPatchBaseline",
        "TaskParameters": {},
        "TaskInvocationParameters": SCAN,
        "Priority": 0,
        "ServiceRoleArn": SERVICE_ROLE,
        "Name": "scan",
        "CutoffBehavior": "CANCEL_TASK",
    }
    (row,) = ssm.describe_maintenance_window_tasks(WindowId=identifier)["Tasks"]
    assert row.pop("Type") == answer.pop("TaskType")
    del answer["TaskInvocationParameters"]
    assert row == answer


def test_a_payload_is_read_back_as_the_bytes_it_was(ssm):
    identifier = window(ssm)
    invocation = {"Lambda": {"Payload": b'{"operation": "scan"}'}}
    created = task(ssm, identifier, TaskType="LAMBDA", TaskInvocationParameters=invocation)
    answer = ssm.get_maintenance_window_task(WindowId=identifier, WindowTaskId=created)
    assert answer["TaskInvocationParameters"] == invocation
    with refused("ValidationException", "length less than or equal to 4096"):
        task(ssm, identifier, TaskType="LAMBDA", TaskInvocationParameters={"Lambda": {"Payload": b"x" * 4097}})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({}, "needs at least one target", id="a command without target"),
        pytest.param({"TaskType": "LAMBDA", "TaskInvocationParameters": SCAN}, "RunCommand is not", id="parameters"),
        pytest.param({"TaskType": "LAMBDA", "TaskInvocationParameters": {}, **RATES}, "cannot be given", id="rates"),
        pytest.param({"Targets": [{"Key": "InstanceIds", "Values": ["i-1"]}], **RATES}, "registered", id="nodes"),
        pytest.param({"Targets": [{"Key": "tag:x", "Values": ["y"]}], **RATES}, "tag:x is not valid", id="tags"),
        pytest.param({"Targets": [{"Key": "WindowTargetIds", "Values": [NOWHERE]}]}, "must be given", id="no rates"),
    ],
)  # fmt: skip
def test_tasks_that_are_refused(ssm, given, why):
    identifier = window(ssm)
    with refused("ValidationException", why):
        task(ssm, identifier, **given)


def test_a_task_names_targets_of_its_own_window(ssm):
    elsewhere = target(ssm, window(ssm, Name="elsewhere"))
    identifier = window(ssm)
    with refused("DoesNotExistException"):
        task(ssm, identifier, elsewhere)


def test_tasks_and_targets_are_not_found_in_another_window(ssm):
    elsewhere, identifier = window(ssm, Name="elsewhere"), window(ssm)
    named = target(ssm, identifier)
    with refused("DoesNotExistException"):
        ssm.update_maintenance_window_target(WindowId=elsewhere, WindowTargetId=named, Name="other")
    with refused("DoesNotExistException"):
        ssm.get_maintenance_window_task(WindowId=elsewhere, WindowTaskId=task(ssm, identifier, named))


def test_nodes_that_are_no_targets_where_the_window_allows_them(ssm):
    identifier = window(ssm, AllowUnassociatedTargets=True)
    assert task(ssm, identifier, Targets=[{"Key": "InstanceIds", "Values": ["i-1"]}], **RATES)


def test_a_task_without_targets_reports_one_and_one(ssm):
    identifier = window(ssm)
    created = task(ssm, identifier, TaskType="AUTOMATION", TaskInvocationParameters={"Automation": {}})
    answer = ssm.get_maintenance_window_task(WindowId=identifier, WindowTaskId=created)
    assert (answer["MaxConcurrency"], answer["MaxErrors"], answer["Targets"]) == ("1", "1", [])
    changed = ssm.update_maintenance_window_task(WindowId=identifier, WindowTaskId=created, Priority=5)
    assert (changed["Priority"], changed["MaxErrors"]) == (5, "1")


def test_updating_a_task_replaces_whole_members(ssm):
    identifier = window(ssm)
    created = task(ssm, identifier, target(ssm, identifier), Name="scan", Description="before")
    chosen = {"WindowId": identifier, "WindowTaskId": created}
    install = {"RunCommand": {"Comment": "only this"}}
    answer = ssm.update_maintenance_window_task(**chosen, TaskInvocationParameters=install)
    assert answer["TaskInvocationParameters"] == install
    assert (answer["Name"], answer["Description"]) == ("scan", "before")
    with refused("ValidationException", "TaskArn"):
        ssm.update_maintenance_window_task(**chosen, Replace=True)
    kept = {name: answer[name] for name in ("TaskArn", "Targets", *RATES)}
    answer = ssm.update_maintenance_window_task(**chosen, **kept, Replace=True)
    assert not {"Name", "Description", "TaskInvocationParameters"} & set(answer)


def test_filters_of_tasks_and_deregistering(ssm):
    identifier = window(ssm)
    named = target(ssm, identifier)
    first, second = task(ssm, identifier, named), task(ssm, identifier, named, Priority=3)
    for key, value, expected in (
        ("Priority", "3", [second]),
        ("WindowTaskId", first, [first]),
        ("TaskArn", "AWS-RunPatchBaseline", [first, second]),
        ("TaskType", "LAMBDA", []),
    ):
        given = [{"Key": key, "Values": [value]}]
        rows = ssm.describe_maintenance_window_tasks(WindowId=identifier, Filters=given)["Tasks"]
        assert [one["WindowTaskId"] for one in rows] == expected
    ssm.deregister_task_from_maintenance_window(WindowId=identifier, WindowTaskId=first)
    with refused("DoesNotExistException"):
        ssm.deregister_task_from_maintenance_window(WindowId=identifier, WindowTaskId=first)


def test_quotas(ssm):
    identifier = window(ssm)
    named = target(ssm, identifier)
    for _number in range(20):
        task(ssm, identifier, named)
    with refused("ResourceLimitExceededException"):
        task(ssm, identifier, named)
    for _number in range(49):
        window(ssm)
    with refused("ResourceLimitExceededException"):
        window(ssm)


@pytest.mark.parametrize("register", [window, lambda ssm, **given: target(ssm, window(ssm, Name="fixed"), **given)])
def test_tokens(ssm, register):
    if register is window:
        assert register(ssm, ClientToken="token") == register(ssm, ClientToken="token")
    else:
        register(ssm, ClientToken="token")
    with refused("IdempotentParameterMismatch"):
        register(ssm, ClientToken="token", Name="another-name")
