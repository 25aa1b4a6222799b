# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Associations run: at once, when they are asked to, and by their schedules; each time one command or automation."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import Timing, next_run

from . import automation, commands
from .association_rules import refuse_schedule
from .known_documents import document_type
from .state import Region, Resource, only

POLLS = ("DescribeAssociationExecutions", "DescribeAssociationExecutionTargets")
WAITING = ("Pending", "Delayed", "InProgress", "Cancelling")
# State Manager's own (the API reference of CreateAssociation), and no limit on errors.
RATES = {"MaxConcurrency": "100%", "MaxErrors": "100%"}


class Summary(t.NamedTuple):
    status: str
    targets: dict[str, str]  # status by node

    @property
    def counts(self) -> dict[str, int]:
        return dict(collections.Counter(self.targets.values()))


def runs_at_once(version: Resource) -> bool:
    return not version["ApplyOnlyAtCronInterval"]


def run(region: Region, association: Resource) -> None:
    version = association["Versions"][-1]
    execution = {
        "ExecutionId": region.new_uuid(),
        "AssociationVersion": version["AssociationVersion"],
        "CreatedTime": region.now,
    }
    if document_type(region, version["Name"]) == "Command":
        sent = {
            "DocumentName": version["Name"],
            **only(version, "DocumentVersion", "Parameters", "Targets"),
            **RATES,
            **only(version, *RATES),
        }
        command = commands.send_command(region, sent)["Command"]
        execution.update(Source=command["CommandId"], SourceType="RunCommand")
    else:
        execution.update(Source=_started(region, version), SourceType="Automation")
    association["Executions"].append(execution)


def _started(region: Region, version: Resource) -> str:
    asked = {"DocumentName": version["Name"], **only(version, "Parameters", "Targets", "TargetMaps", *RATES)}
    if "AutomationTargetParameterName" in version:
        asked["TargetParameterName"] = version["AutomationTargetParameterName"]
    return automation.start_automation_execution(region, asked)["AutomationExecutionId"]


def proceed(region: Region) -> None:
    """Run what has become due by the Region's time, each at its own time."""
    now = region.now
    for association in region.associations.values():
        version = association["Versions"][-1]
        schedule = refuse_schedule(version) if "ScheduleExpression" in version else None
        if schedule is None:
            continue
        began = version["LastUpdateAssociationDate"]
        timing = Timing(schedule, offset=version.get("ScheduleOffset", 0), created=began)
        due = next_run(timing, association["Scheduled"])
        while due and due.instant <= now:
            region.now = association["Scheduled"] = due.instant
            run(region, association)
            due = next_run(timing, due.instant)
        region.now = now
    commands.proceed(region)
    automation.proceed(region)


def summary(region: Region, execution: Resource) -> Summary:
    if execution["SourceType"] == "Automation":
        return _of_automation(region, execution)
    command = region.commands[execution["Source"]]
    command.proceed(region)
    targets = {one.node.id: one.status(region.now) for one in command.invocations}
    statuses = set(targets.values())
    if statuses & set(WAITING):
        return Summary("Pending" if statuses == {"Pending"} else "InProgress", targets)
    return Summary("Success" if statuses <= {"Success"} else "Failed", targets)


def _of_automation(region: Region, execution: Resource) -> Summary:
    started = region.executions[execution["Source"]]
    started.proceed(region)
    targets = {one["StepName"]: one["StepStatus"] for one in started.shown_steps()} if started.fleet else {}
    status = started.status if started.status in ("Pending", "Success") else "Failed" if started.end else "InProgress"
    return Summary(status, targets)
