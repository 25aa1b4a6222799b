# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers have the shape of those that AWS gave: recorded ones, and those of the aws CLI's examples."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import (
    BASELINE,
    TARGET,
    WINDOW,
    baseline,
    target,
    task,
    window,
    without_metadata,
)

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "ssm"
EXAMPLES = FIXTURES / "cli-examples"


def shape(value):
    """Names and types, not values; of a list the members of all its items together, of a map of names nothing."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in ("Parameters", "TaskParameters")}
    if isinstance(value, list):
        inner = [shape(item) for item in value]
        if all(isinstance(item, dict) for item in inner):
            return [{name: kind for item in inner for name, kind in item.items()}]
        return sorted({repr(item) for item in inner})
    return "number" if type(value) in (int, float) else type(value).__name__


def recorded(name):
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def plain(answer):
    """As the aws CLI prints it."""
    return json.loads(json.dumps(without_metadata(answer), default=lambda date: date.timestamp()))


class Populated:
    """One of everything, as the examples have it."""

    def __init__(self, ssm):
        self.ssm = ssm
        self.baseline = {"BaselineId": baseline(ssm, Description="of production")}
        self.group = {**self.baseline, "PatchGroup": "Production"}
        ssm.register_patch_baseline_for_patch_group(**self.group)
        self.window = {"WindowId": window(ssm)}
        owner = {"OwnerInformation": "CostCenter1", "Name": "ProdTarget1"}
        self.target = {**self.window, "WindowTargetId": target(ssm, **window_id(self.window), **owner)}
        named = self.target["WindowTargetId"]
        self.task = {**self.window, "WindowTaskId": task(ssm, self.window["WindowId"], named, Name="MyTask")}


def window_id(given):
    return {"window_id": given["WindowId"]}


COMMAND = {"RunCommand": {"TimeoutSeconds": 600, "Parameters": {"allowDowngrade": ["false"]}}}
FULL_COMMAND = {"RunCommand": {**COMMAND["RunCommand"], "Comment": ""}}
# The example, the request that is like its own.
CASES = [
    ("create-maintenance-window.1", lambda one: one.ssm.create_maintenance_window(**WINDOW)),
    ("create-patch-baseline.1", lambda one: one.ssm.create_patch_baseline(**BASELINE)),
    ("delete-maintenance-window.1", lambda one: one.ssm.delete_maintenance_window(**one.window)),
    ("delete-patch-baseline.1", lambda one: one.ssm.delete_patch_baseline(BaselineId=baseline(one.ssm))),
    (
        "deregister-patch-baseline-for-patch-group.1",
        lambda one: one.ssm.deregister_patch_baseline_for_patch_group(**one.group),
    ),
    (
        "deregister-target-from-maintenance-window.1",
        lambda one: one.ssm.deregister_target_from_maintenance_window(**one.target),
    ),
    (
        "deregister-task-from-maintenance-window.1",
        lambda one: one.ssm.deregister_task_from_maintenance_window(**one.task),
    ),
    (
        "describe-maintenance-window-targets.2",
        lambda one: one.ssm.describe_maintenance_window_targets(**one.window),
    ),
    ("describe-maintenance-window-tasks.2", lambda one: one.ssm.describe_maintenance_window_tasks(**one.window)),
    ("describe-maintenance-windows.1", lambda one: one.ssm.describe_maintenance_windows()),
    ("describe-patch-groups.1", lambda one: one.ssm.describe_patch_groups()),
    ("get-default-patch-baseline.2", lambda one: one.ssm.get_default_patch_baseline()),
    (
        "get-patch-baseline-for-patch-group.1",
        lambda one: one.ssm.get_patch_baseline_for_patch_group(PatchGroup="Production"),
    ),
    ("register-default-patch-baseline.1", lambda one: one.ssm.register_default_patch_baseline(**one.baseline)),
    (
        "register-patch-baseline-for-patch-group.1",
        lambda one: one.ssm.register_patch_baseline_for_patch_group(**one.group),
    ),
    (
        "register-target-with-maintenance-window.1",
        lambda one: one.ssm.register_target_with_maintenance_window(**one.window, **TARGET),
    ),
    (
        "register-task-with-maintenance-window.1",
        lambda one: one.ssm.register_task_with_maintenance_window(
            **one.window, TaskType="AUTOMATION", TaskArn="AWS-RestartEC2Instance"
        ),
    ),
    (
        "get-maintenance-window-task.1",
        lambda one: one.ssm.get_maintenance_window_task(
            **one.window,
            WindowTaskId=task(
                one.ssm,
                one.window["WindowId"],
                one.target["WindowTargetId"],
                Name="MyTask",
                TaskInvocationParameters=FULL_COMMAND,
            ),
        ),
    ),
    (
        "update-maintenance-window-target.1",
        lambda one: one.ssm.update_maintenance_window_target(**one.target, Description="new"),
    ),
    (
        "update-maintenance-window-task.1",
        lambda one: one.ssm.update_maintenance_window_task(
            **one.task, Description="UpdateEC2Config", TaskInvocationParameters=COMMAND
        ),
    ),
    (
        "update-maintenance-window.1",
        lambda one: one.ssm.update_maintenance_window(**one.window, Name="My-Renamed-MW"),
    ),
]


@pytest.mark.parametrize(("name", "ask"), [pytest.param(name, ask, id=name) for name, ask in CASES])
def test_the_answer_has_the_shape_of_the_example(aws, name, ask):
    assert shape(plain(ask(Populated(aws.client())))) == shape(recorded(name))


def test_a_baseline_has_the_shape_of_the_example(aws):
    example = json.loads((FIXTURES / "get-patch-baseline.json").read_text(encoding="utf-8"))
    ssm = aws.client()
    given = ("Name", "Description", "OperatingSystem", "ApprovalRules")
    created = without_metadata(ssm.create_patch_baseline(**{name: example[name] for name in given}))
    for group in example["PatchGroups"]:
        ssm.register_patch_baseline_for_patch_group(**created, PatchGroup=group)
    answer = plain(ssm.get_patch_baseline(**created))
    assert shape(answer) == shape(example)
    changing = {"BaselineId", "CreatedDate", "ModifiedDate"}
    assert {name: answer[name] for name in answer.keys() - changing} == {
        name: example[name] for name in example.keys() - changing
    }


def test_patch_groups_have_the_shape_that_was_recorded(aws):
    ssm = aws.client()
    created = ssm.create_patch_baseline(Name="patch-baseline")["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=created, PatchGroup="patch-group-name")
    answer = json.loads((FIXTURES / "recorded-DescribePatchGroups.json").read_text(encoding="utf-8"))["data"]
    assert shape(plain(ssm.describe_patch_groups())) == shape(without_metadata(answer))


def test_executions_have_the_form_of_the_example(aws):
    ssm = aws.client()
    window(ssm, Schedule="cron(0 16 ? * WED *)")
    answer = plain(ssm.describe_maintenance_window_schedule(MaxResults=100))
    example = recorded("describe-maintenance-window-schedule.1")
    assert shape(answer) == shape(example)
    form = [len(one["ScheduledWindowExecutions"][0]["ExecutionTime"]) for one in (answer, example)]
    assert form[0] == form[1]
