# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation (operations.md, 6)."""

from __future__ import annotations

import collections

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import parse_instant

from . import runbooks
from .errors import SSMError, invalid
from .executing import Execution, Fleet
from .paging import page
from .state import Region, Resource, once, only
from .tags import check_tags

POLLS = ("GetAutomationExecution", "DescribeAutomationExecutions", "DescribeAutomationStepExecutions")
LARGEST = 100  # steps that GetAutomationExecution answers
MOST_TAGS = 5
COUNTERS = {
    "SuccessSteps": "Success",
    "FailedSteps": "Failed",
    "CancelledSteps": "Cancelled",
    "TimedOutSteps": "TimedOut",
}
ASKED = ("TargetParameterName", "Targets", "TargetMaps", "MaxConcurrency", "MaxErrors", "TargetLocations")


def start_automation_execution(region: Region, request: Resource) -> Resource:
    return once(region, "StartAutomationExecution", request, lambda: _start(region, request))


def _start(region: Region, request: Resource) -> Resource:
    found = runbooks.runbook(region, request)
    targets, parameter = request.get("Targets"), request.get("TargetParameterName")
    if bool(targets) != bool(parameter) and not request.get("TargetMaps"):
        raise SSMError("InvalidTarget", "Targets and TargetParameterName need each other")
    if targets and request.get("TargetMaps"):
        raise SSMError("InvalidTarget", "Targets and TargetMaps cannot both be given")
    if len(request.get("Tags", [])) > MOST_TAGS:
        raise invalid(f"An automation may have {MOST_TAGS} tags")
    runbooks.refuse_parameters(found, request.get("Parameters", {}), [parameter] if parameter else [])
    identifier = region.new_uuid()
    execution = Execution(identifier, request, found, region.now)
    if targets:
        values = tuple(_resolved(region, targets[0]))
        ids = tuple(region.new_uuid() for _value in values)
        execution = Fleet(identifier, request, found, region.now, targets=values, ids=ids)
    region.tags["Automation", identifier] = check_tags({}, request.get("Tags", []))
    region.executions[identifier] = execution
    return {"AutomationExecutionId": identifier}


def _resolved(region: Region, target: Resource) -> list[str]:
    key, values = target.get("Key", ""), target.get("Values", [])
    nodes = region.nodes.values()
    if key == "ParameterValues":
        return list(values)
    if key == "InstanceIds":
        return [one.id for one in nodes if one.id in values or "*" in values]
    if key.startswith("tag:"):
        return [one.id for one in nodes if one.tags.get(key.removeprefix("tag:")) in values]
    if key == "ResourceGroup":
        return [one.id for one in nodes if set(values) & set(one.resource_groups)]
    raise SSMError("InvalidTarget", f"Target key {key} is not valid")


def _find(region: Region, request: Resource) -> Execution:
    identifier = request["AutomationExecutionId"]
    if identifier not in region.executions:
        raise SSMError("AutomationExecutionNotFoundException", f"There is no automation {identifier}")
    return region.executions[identifier]


def proceed(region: Region) -> None:
    """Bring everything that is under way to the Region's time."""
    for execution in list(region.executions.values()):
        execution.proceed(region)


def get_automation_execution(region: Region, request: Resource) -> Resource:
    """With the first steps; DescribeAutomationStepExecutions has all."""
    proceed(region)
    execution = _find(region, request)
    shown = execution.shown_steps()
    return {
        "AutomationExecution": {
            **_described(region, execution),
            "StepExecutions": shown[:LARGEST],
            "StepExecutionsTruncated": len(shown) > LARGEST,
            "Parameters": {name: values for name, values in execution.parameters.items() if values},
            **_counted(execution, shown),
        }
    }


def _counted(execution: Execution, shown: list[Resource]) -> Resource:
    statuses = collections.Counter(one["StepStatus"] for one in shown)
    total = len(execution.targets) if isinstance(execution, Fleet) else len(shown)
    counted = {"ProgressCounters": {"TotalSteps": total, **{name: statuses[one] for name, one in COUNTERS.items()}}}
    if isinstance(execution, Fleet):
        counted["ResolvedTargets"] = {"ParameterValues": list(execution.targets), "Truncated": False}
    return counted


def _described(region: Region, execution: Execution) -> Resource:
    request = execution.request
    forced = region.simulation.execution_status if not execution.parent else ""
    step = execution.current
    shown = {
        "AutomationExecutionId": execution.id,
        "DocumentName": request["DocumentName"].rpartition("document/")[2],
        "DocumentVersion": request.get("DocumentVersion", "1"),
        "AutomationExecutionStatus": forced or execution.status,
        "ExecutionStartTime": execution.began,
        "ExecutionEndTime": execution.ended if execution.end else None,
        "ExecutedBy": f"arn:aws:iam::{region.account}:root",
        "Mode": request.get("Mode", "Auto"),
        "ParentAutomationExecutionId": execution.parent,
        "FailureMessage": execution.failure if execution.end else "",
        "CurrentStepName": step.name if step else "",
        "CurrentAction": step.action if step else "",
        "Target": execution.target,
        "Outputs": _outputs(execution) if execution.end else {},
        **({} if execution.parent else only(request, *ASKED)),
    }
    return {name: value for name, value in shown.items() if value not in (None, "", {})}


def _outputs(execution: Execution) -> dict[str, list[str]]:
    by_name = {step.name: step.outputs for step in execution.steps}
    found = {}
    for one in execution.runbook.outputs:
        step, _point, output = one.partition(".")
        found[one] = by_name.get(step, {}).get(output, ["No output available yet because the step is not executed"])
    return found


def describe_automation_executions(region: Region, request: Resource) -> Resource:
    """The latest first; those of targets where their parent is asked for."""
    proceed(region)
    tests = {
        "DocumentNamePrefix": lambda row, value: row["DocumentName"].startswith(value),
        "ExecutionStatus": lambda row, value: row["AutomationExecutionStatus"] == value,
        "ExecutionId": lambda row, value: row["AutomationExecutionId"] == value,
        "ParentExecutionId": lambda row, value: row.get("ParentAutomationExecutionId") == value,
        "StartTimeAfter": lambda row, value: row["ExecutionStartTime"] > parse_instant(value, "StartTimeAfter"),
        "StartTimeBefore": lambda row, value: row["ExecutionStartTime"] < parse_instant(value, "StartTimeBefore"),
    }
    rows = [{**_described(region, one), "AutomationType": "Local"} for one in region.executions.values()]
    keys = [one["Key"] for one in request.get("Filters", ())]
    if not set(keys) & {"ParentExecutionId", "ExecutionId"}:
        rows = [row for row in rows if "ParentAutomationExecutionId" not in row]
    for asked in request.get("Filters", ()):
        if asked["Key"] not in tests:
            raise SSMError("InvalidFilterKey", f"The filter {asked['Key']} is not known here")
        rows = [row for row in rows if any(tests[asked["Key"]](row, value) for value in asked["Values"])]
    rows.sort(key=lambda row: row["ExecutionStartTime"], reverse=True)
    return page(rows, request, "AutomationExecutionMetadataList", region.pages, "InvalidNextToken")


def describe_automation_step_executions(region: Region, request: Resource) -> Resource:
    proceed(region)
    rows = _find(region, request).shown_steps()
    keys = {"StepName": "StepName", "StepExecutionStatus": "StepStatus", "Action": "Action"}
    for asked in request.get("Filters", ()):
        if asked["Key"] not in keys:
            raise SSMError("InvalidFilterKey", f"The filter {asked['Key']} is not known here")
        rows = [row for row in rows if row[keys[asked["Key"]]] in asked["Values"]]
    if request.get("ReverseOrder"):
        rows.reverse()
    return page(rows, request, "StepExecutions", region.pages, "InvalidNextToken")


def stop_automation_execution(region: Region, request: Resource) -> Resource:
    proceed(region)
    execution = _find(region, request)
    if execution.end:
        raise SSMError("InvalidAutomationStatusUpdateException", f"The automation is {execution.end}")
    execution.stop(request.get("Type", "Cancel"), region.now)
    return {}


def send_automation_signal(region: Region, request: Resource) -> Resource:
    """Approve and Reject for a step that waits for it; StartStep and Resume step by step."""
    proceed(region)
    step = _find(region, request).current
    signal = request["SignalType"]
    if signal in ("StartStep", "Resume") and step is not None and (step.began is None or step.action == "aws:pause"):
        step.signalled = signal
        if step.began is not None:
            step.end, step.ends = "Success", region.now
    elif signal in ("Approve", "Reject") and step is not None and step.waiting and step.action == "aws:approve":
        step.end, step.ends = "Success" if signal == "Approve" else "Rejected", region.now
        step.outputs = {"ApprovalStatus": ["Approved" if signal == "Approve" else "Rejected"]}
        step.failure = "" if signal == "Approve" else f"Step {step.name} was rejected"
    else:
        raise SSMError("InvalidAutomationSignalException", f"Nothing waits for the signal {signal}")
    return {}
