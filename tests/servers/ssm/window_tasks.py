# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks registered with a maintenance window (maintenance-windows.md, 4)."""

from __future__ import annotations

from .errors import unknown
from .paging import matching, page
from .state import Region, Resource, known, once, only, refuse_beyond
from .task_rules import refuse_impossible

QUOTA = 20  # for each window (maintenance-windows.md, 5)
MEMBERS = (
    *("Targets", "TaskArn", "ServiceRoleArn", "TaskParameters", "TaskInvocationParameters", "Priority"),
    *("MaxConcurrency", "MaxErrors", "LoggingInfo", "Name", "Description", "CutoffBehavior", "AlarmConfiguration"),
)


def register_task_with_maintenance_window(region: Region, request: Resource) -> Resource:
    return once(region, "RegisterTaskWithMaintenanceWindow", request, lambda: _register(region, request))


def _register(region: Region, request: Resource) -> Resource:
    window = region.window(request["WindowId"])
    task = _whole(region, only(request, *MEMBERS, "TaskType"), window)
    refuse_beyond(QUOTA, len(of_window(region, window["WindowId"])), "tasks for a maintenance window")
    identifier = region.new_uuid()
    region.tasks[identifier] = {"WindowId": window["WindowId"], "WindowTaskId": identifier, **task}
    return {"WindowTaskId": identifier}


def _whole(region: Region, given: Resource, window: Resource) -> Resource:
    """With what AWS fills in.

    Without a role that is the service-linked one, which the examples of the aws CLI show; a task without targets is
    reported with 1 and 1; the examples show empty TaskParameters. The API names no priority for none given: 0 here.
    """
    refuse_impossible(region, given, window)
    filled: Resource = {"ServiceRoleArn": service_linked_role(region), "TaskParameters": {}, "Priority": 0, **given}
    if not filled.get("Targets"):
        filled.update(Targets=[], MaxConcurrency="1", MaxErrors="1")
    return filled


def service_linked_role(region: Region) -> str:
    role = "role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"
    return f"arn:aws:iam::{region.account}:{role}"


def of_window(region: Region, window: str) -> list[Resource]:
    return [task for task in region.tasks.values() if task["WindowId"] == window]


def find(region: Region, request: Resource) -> Resource:
    """Of this window: the id of another window's task does not exist."""
    region.window(request["WindowId"])
    task = known(region.tasks, request["WindowTaskId"], "Task")
    if task["WindowId"] != request["WindowId"]:
        raise unknown("Task", request["WindowTaskId"])
    return task


def update_maintenance_window_task(region: Region, request: Resource) -> Resource:
    """The type stays. Members that are given replace whole ones; with Replace the others are cleared.

    So what is not repeated of TaskInvocationParameters is gone (the API reference).
    """
    before = find(region, request)
    identity = only(before, "WindowId", "WindowTaskId", "TaskType")
    kept = _given_before(before, request) if not request.get("Replace") else {}
    given = {**kept, **only(request, *MEMBERS), **only(before, "TaskType")}
    after = {**identity, **_whole(region, given, region.window(request["WindowId"]))}
    region.tasks[after["WindowTaskId"]] = after
    return {name: value for name, value in after.items() if name != "TaskType"}


def _given_before(before: Resource, request: Resource) -> Resource:
    """Of a task without targets the rate is AWS's placeholder, and goes when targets come or stay away."""
    placeholders = () if before["Targets"] else ("MaxConcurrency", "MaxErrors", "Targets")
    return only(before, *(member for member in MEMBERS if member not in placeholders))


def get_maintenance_window_task(region: Region, request: Resource) -> Resource:
    return find(region, request)


def describe_maintenance_window_tasks(region: Region, request: Resource) -> Resource:
    """Without TaskInvocationParameters (operations.md, 3), and what Get calls TaskType is Type here."""
    rows = of_window(region, region.window(request["WindowId"])["WindowId"])
    tests = {
        "WindowTaskId": lambda one, value: one["WindowTaskId"] == value,
        "TaskArn": lambda one, value: one["TaskArn"] == value,
        "Priority": lambda one, value: str(one["Priority"]) == value,
        "TaskType": lambda one, value: one["TaskType"] == value,
    }
    chosen = [_described(one) for one in matching(rows, request, tests)]
    return page(chosen, request, "Tasks", region.pages)


def _described(task: Resource) -> Resource:
    left_out = ("TaskInvocationParameters", "TaskType")
    return {**{name: value for name, value in task.items() if name not in left_out}, "Type": task["TaskType"]}


def deregister_task_from_maintenance_window(region: Region, request: Resource) -> Resource:
    del region.tasks[find(region, request)["WindowTaskId"]]
    return only(request, "WindowId", "WindowTaskId")
