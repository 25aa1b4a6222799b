# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of a maintenance window may not say, beyond the model (maintenance-windows.md, 4)."""

from __future__ import annotations

import typing as t

from .errors import invalid, unknown
from .state import Region, Resource

INVOCATIONS = {
    "RUN_COMMAND": "RunCommand",
    "AUTOMATION": "Automation",
    "LAMBDA": "Lambda",
    "STEP_FUNCTIONS": "StepFunctions",
}
RATES = ("MaxConcurrency", "MaxErrors")


def refuse_impossible(region: Region, task: Resource, window: Resource) -> None:
    found = list(problems(task, window))
    if found:
        raise invalid("; ".join(found))
    for target in _values(task, "WindowTargetIds"):
        if target not in region.targets or region.targets[target]["WindowId"] != window["WindowId"]:
            raise unknown("Target", target)


def problems(task: Resource, window: Resource) -> t.Iterator[str]:
    if "TaskArn" not in task:
        yield "TaskArn must be given"
    yield from _target_problems(task, window)
    yield from _rate_problems(task)
    yield from _invocation_problems(task)


def _target_problems(task: Resource, window: Resource) -> t.Iterator[str]:
    if task["TaskType"] == "RUN_COMMAND" and not task.get("Targets"):
        yield "A RUN_COMMAND task needs at least one target"
    for one in task.get("Targets", ()):
        if one.get("Key") not in ("WindowTargetIds", "InstanceIds"):
            yield f"Target key {one.get('Key')} is not valid; valid keys: WindowTargetIds, InstanceIds"
        if not one.get("Values"):
            yield f"Target key {one.get('Key')} has no values"
    if _values(task, "InstanceIds") and not window["AllowUnassociatedTargets"]:
        yield "The maintenance window allows registered targets alone: AllowUnassociatedTargets is false"


def _rate_problems(task: Resource) -> t.Iterator[str]:
    """Both are required with targets, and neither can be given without any (the API reference)."""
    for member in RATES:
        if task.get("Targets") and member not in task:
            yield f"{member} must be given for a task with targets"
        if not task.get("Targets") and member in task:
            yield f"{member} cannot be given for a task without targets"


def _invocation_problems(task: Resource) -> t.Iterator[str]:
    allowed = INVOCATIONS[task["TaskType"]]
    for member in task.get("TaskInvocationParameters", ()):
        if member != allowed:
            yield f"TaskInvocationParameters.{member} is not for a task of type {task['TaskType']}"


def _values(task: Resource, key: str) -> list[str]:
    return [value for one in task.get("Targets", ()) if one.get("Key") == key for value in one.get("Values", ())]
