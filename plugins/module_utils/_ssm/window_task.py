# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Tasks registered with a maintenance window (maintenance-windows.md, section 4)."""

from __future__ import annotations

import re
import typing as t

from .._schedule.reading import NAME
from . import invocation, maintenance_window
from .change import Change, Resource, ResourceError, refuse_several, settle
from .reading import Reader, shown, without_cleared
from .window_target import NAMES

TYPES = tuple(invocation.MEMBERS)
# RUN_COMMAND runs on nodes alone; the others may have no targets.
TARGETLESS = ("AUTOMATION", "LAMBDA", "STEP_FUNCTIONS")
TEXTS = {"service_role_arn": "ServiceRoleArn", "description": "Description"}
RATES = {"max_concurrency": "MaxConcurrency", "max_errors": "MaxErrors"}
CLEARABLE = (*TEXTS, *RATES, "window_targets", "instance_ids", "alarm_configuration", "task_invocation_parameters")
# What UpdateMaintenanceWindowTask changes.
UPDATED = ("name", "task_arn", "priority", "cutoff_behavior", *CLEARABLE)
MEMBERS = (*UPDATED, "task_type")
DEFAULTS: Resource = {
    "task_type": "RUN_COMMAND",
    "window_targets": [],
    "instance_ids": [],
    "priority": 1,
    "cutoff_behavior": "CONTINUE_TASK",
    "task_invocation_parameters": {},
}
RATE_PATTERNS = {
    "max_concurrency": (re.compile(r"([1-9][0-9]*|[1-9][0-9]?%|100%)\Z"), "a number from 1, or 1% to 100%"),
    "max_errors": (re.compile(r"(0|[1-9][0-9]*|[0-9]%|[1-9][0-9]%|100%)\Z"), "a number, or 0% to 100%"),
}
CUTOFFS = ("CONTINUE_TASK", "CANCEL_TASK")
TARGET_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
# AWS fills this in where no role is given.
SERVICE_LINKED = re.compile(r"arn:[^:]+:iam::[0-9]*:role/aws-service-role/ssm\.[^/]+/AWSServiceRoleForAmazonSSM\Z")
# Deprecated members of the API: kept as they are, and not managed.
DEPRECATED = {"task_parameters": "TaskParameters", "logging_info": "LoggingInfo"}


def from_api(raw: Resource, targets: t.Sequence[Resource]) -> Resource:
    """An answer of GetMaintenanceWindowTask in the form that users write; `targets` are those of the window."""
    resource: Resource = {"window_task_id": raw["WindowTaskId"]}
    if raw.get("Name"):
        resource["name"] = raw["Name"]
    resource["task_type"] = raw["TaskType"]
    resource["task_arn"] = raw["TaskArn"]
    names = references(targets)
    resource["window_targets"] = [names.get(one, one) for one in _values(raw, "WindowTargetIds")]
    resource["instance_ids"] = _values(raw, "InstanceIds")
    resource["priority"] = raw.get("Priority", 0)
    if _has_targets(resource):  # else AWS answers 1 and 1, which nobody set
        resource.update((name, raw[member]) for name, member in RATES.items() if raw.get(member))
    resource.update((name, raw[member]) for name, member in TEXTS.items() if raw.get(member))
    if SERVICE_LINKED.match(resource.get("service_role_arn", "")):
        del resource["service_role_arn"]
    resource["cutoff_behavior"] = raw.get("CutoffBehavior") or DEFAULTS["cutoff_behavior"]
    alarms = raw.get("AlarmConfiguration") or {}
    if alarms.get("Alarms"):
        resource["alarm_configuration"] = {
            "alarms": [one["Name"] for one in alarms["Alarms"]],
            "ignore_poll_alarm_failure": alarms.get("IgnorePollAlarmFailure", False),
        }
    resource["task_invocation_parameters"] = invocation.from_api(raw.get("TaskInvocationParameters") or {})
    deprecated = {name: raw[member] for name, member in DEPRECATED.items() if raw.get(member)}
    if deprecated:
        resource["deprecated"] = deprecated
    return resource


def _values(raw: Resource, key: str) -> t.List[str]:
    return [value for one in raw.get("Targets") or [] if one["Key"] == key for value in one.get("Values", [])]


def _has_targets(resource: Resource) -> bool:
    return bool(resource.get("window_targets") or resource.get("instance_ids"))


def references(targets: t.Sequence[Resource]) -> t.Dict[str, str]:
    """How tasks name targets, by their ids: by name, by id where there is none or several have it."""
    names = [target.get("name") for target in targets]
    return {
        one["window_target_id"]: one["name"] if names.count(one.get("name")) == 1 and "name" in one
        else one["window_target_id"]
        for one in targets
    }  # fmt: skip


def target_ids(written: t.Sequence[str], targets: t.Sequence[Resource]) -> t.List[str]:
    """Ids of the targets that are named, by name or by id. Raises ResourceError for those that the window lacks."""
    known = {one["window_target_id"] for one in targets}
    found = []
    for name in written:
        ids = [name] if name in known else [one["window_target_id"] for one in targets if one.get("name") == name]
        refuse_several("targets named %s" % name, ids, "Name the one that is meant by its id")
        found += ids
    missing = [name for name in written if name not in known and not any(one.get("name") == name for one in targets)]
    if missing:
        names = sorted(references(targets).values())
        raise ResourceError(
            "The maintenance window has no target %s: register it first, or name one of those it has: %s"
            % (", ".join(missing), ", ".join(names) or "none")
        )
    return found


def foretold(written: t.Sequence[str], targets: t.Sequence[Resource]) -> t.List[Resource]:
    """Stand-ins for the targets that the window lacks and that may be registered until the task is: those by name."""
    known = {one.get(member) for one in targets for member in ("window_target_id", "name")}
    names = [name for name in dict.fromkeys(written) if name not in known]
    return [
        {"window_target_id": name, "name": name} for name in names if NAME.match(name) and not TARGET_ID.match(name)
    ]


def named(written: t.Sequence[str], targets: t.Sequence[Resource]) -> t.List[str]:
    """The same targets as tasks that are read name them. Raises as `target_ids` does."""
    names = references(targets)
    return [names[one] for one in target_ids(written, targets)]


def to_api(resource: Resource, targets: t.Sequence[Resource]) -> Resource:
    """What RegisterTask and UpdateTask take alike; `targets` are those of the window."""
    request: Resource = {
        "TaskArn": resource["task_arn"],
        "Priority": resource["priority"],
        "CutoffBehavior": resource["cutoff_behavior"],
    }
    ids = {"WindowTargetIds": target_ids(resource["window_targets"], targets), "InstanceIds": resource["instance_ids"]}
    if _has_targets(resource):
        request["Targets"] = [{"Key": key, "Values": values} for key, values in ids.items() if values]
    members = {"name": "Name", **TEXTS, **RATES}
    request.update((member, resource[name]) for name, member in members.items() if name in resource)
    alarms = resource.get("alarm_configuration")
    if alarms:
        request["AlarmConfiguration"] = {
            "Alarms": [{"Name": name} for name in alarms["alarms"]],
            "IgnorePollAlarmFailure": alarms["ignore_poll_alarm_failure"],
        }
    if resource["task_invocation_parameters"]:
        request["TaskInvocationParameters"] = invocation.to_api(resource["task_invocation_parameters"])
    deprecated = resource.get("deprecated", {})
    request.update((DEPRECATED[name], value) for name, value in deprecated.items())
    return request


def plan(
    before: t.Optional[Resource], options: Resource, purge_members: bool = False, path: str = "window_task"
) -> Change:
    """What `options` ask of a task. None keeps what is, or with `purge_members` nothing; empty values clear.

    Raises ScheduleError with all that `declared` refuses, ResourceError for what cannot be changed.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if purge_members:
        kept = {name: value for name, value in kept.items() if name in ("name", "task_type", "task_arn")}
    if not _has_targets({**kept, **given}):  # the rates go with the last target
        kept = {name: value for name, value in kept.items() if name not in RATES}
    if before and given.get("task_type") not in (None, before["task_type"]):
        raise ResourceError(
            "Task %s is of type %s, which cannot be changed to %s: register another task, or deregister this one first"
            % (label(before), before["task_type"], given["task_type"])
        )
    identity = {name: value for name, value in (before or {}).items() if name in ("window_task_id", "deprecated")}
    return settle(before, declared({**identity, **kept, **given}, path), comparable)


def declared(written: Resource, path: str = "window_task") -> Resource:
    """A whole task from the form that users write, with defaults filled in.

    Raises ScheduleError with all that is wrong. One that exists, so has an id, may go without a name.
    """
    reader = Reader(path)
    given = reader.mapping("", written, MEMBERS, ("window_task_id", "window_id", "deprecated"))
    members = {**DEFAULTS, **without_cleared(given, CLEARABLE)}
    resource: Resource = {}
    if "name" in members:
        resource["name"] = reader.matching("name", members["name"], NAME, NAMES)
    elif not (isinstance(written, dict) and written.get("window_task_id")):
        reader.problem("name", "is missing")
    kind = reader.choice("task_type", members["task_type"], TYPES)
    resource["task_type"] = kind
    if "task_arn" in members:
        resource["task_arn"] = reader.text("task_arn", members["task_arn"], 1600)
    else:
        reader.problem("task_arn", "is missing: the name or ARN of what the task runs")
    resource["window_targets"] = reader.texts("window_targets", members["window_targets"], 50)
    resource["instance_ids"] = reader.texts("instance_ids", members["instance_ids"], 50)
    resource["priority"] = reader.number("priority", members["priority"], 0, 2**31 - 1)
    resource.update(_declared_rates(reader, members, kind))
    resource.update((name, reader.text(name, members[name], LONGEST[name])) for name in TEXTS if name in members)
    if SERVICE_LINKED.match(resource.get("service_role_arn", "")):
        del resource["service_role_arn"]
    resource["cutoff_behavior"] = reader.choice("cutoff_behavior", members["cutoff_behavior"], CUTOFFS)
    if "alarm_configuration" in members:
        resource.update(declared_alarms(reader, members["alarm_configuration"]))
    written_parameters = members["task_invocation_parameters"]
    resource["task_invocation_parameters"] = invocation.declared(reader, written_parameters, kind)
    if kind == "RUN_COMMAND":
        deprecated = written.get("deprecated") if isinstance(written, dict) else None
        elsewhere = "task_parameters" in (deprecated or {})
        invocation.refuse_for_document(reader, resource.get("task_arn", ""), written_parameters, elsewhere)
    reader.finish()
    return resource


LONGEST = {"service_role_arn": 2048, "description": 128}


def _declared_rates(reader: Reader, members: Resource, kind: str) -> Resource:
    """Both are needed with targets, and neither is allowed without any."""
    has_targets = _has_targets(members)
    if not has_targets and kind not in TARGETLESS:
        reader.problem("window_targets", "a task of type %s needs window_targets or instance_ids", kind)
    rates = {}
    for name in RATES:
        if name in members and not has_targets and kind in TARGETLESS:
            reader.problem(name, "is for tasks with targets alone")
        elif name in members:
            rates[name] = declared_rate(reader, name, members[name])
        elif has_targets:
            reader.problem(name, "is missing, and needed for a task with targets")
    return rates


def declared_rate(reader: Reader, name: str, value: t.Any) -> str:
    """One of RATES, a number or a percentage, as the API takes it."""
    pattern, allowed = RATE_PATTERNS[name]
    as_text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    rate = reader.matching(name, as_text, pattern, allowed)
    if len(rate) > 7:
        reader.problem(name, "must have 7 characters at most, not %d", len(rate))
    return rate


def declared_alarms(reader: Reader, written: t.Any) -> Resource:
    """The member `alarm_configuration`, or nothing where no alarm is named."""
    where = "alarm_configuration"
    given = reader.mapping(where, written, ("alarms", "ignore_poll_alarm_failure"))
    alarms = reader.texts(where + ".alarms", given.get("alarms", []), 1)
    for name in alarms:
        if not name.strip() or len(name) > 255:
            reader.problem(where + ".alarms", "%s is no name of an alarm: 1 to 255 characters", shown(name))
    ignore = reader.flag(where + ".ignore_poll_alarm_failure", given.get("ignore_poll_alarm_failure", False))
    return {where: {"alarms": alarms, "ignore_poll_alarm_failure": ignore}} if alarms else {}


def comparable(member: str, value: t.Any) -> t.Any:
    """The value in a form in which what AWS takes for the same is equal."""
    if member in ("window_targets", "instance_ids"):
        return sorted(set(value))
    if member == "task_invocation_parameters":
        return invocation.comparable(value)
    return value


def label(task: Resource) -> str:
    return "%s (%s)" % (task.get("name", "without a name"), task["window_task_id"])


def of_window(api: t.Any, window_id: str, targets: t.Sequence[Resource]) -> t.List[Resource]:
    """All tasks of a window, by name; `targets` are those of the window.

    The list has no invocation parameters, so each task is asked for (operations.md, 3).
    """
    found = [read(api, window_id, row["WindowTaskId"], targets) for row in maintenance_window.task_rows(api, window_id)]
    there = [one for one in found if one]  # one may have been deregistered meanwhile
    return sorted(there, key=lambda one: (one.get("name", ""), one["window_task_id"]))


def find(rows: t.Sequence[Resource], name: str) -> t.Optional[Resource]:
    """The row of the task of this name. Raises ResourceError where there are several."""
    found = [row for row in rows if row.get("Name") == name]
    remedy = "Name the one that is meant by window_task_id"
    refuse_several("tasks named %s" % name, [row["WindowTaskId"] for row in found], remedy)
    return found[0] if found else None


def read(api: t.Any, window_id: str, window_task_id: str, targets: t.Sequence[Resource]) -> t.Optional[Resource]:
    """A task by its id; `targets` are those of the window."""
    doing = "get task %s of maintenance window %s" % (window_task_id, window_id)
    named_so = {"WindowId": window_id, "WindowTaskId": window_task_id}
    raw = api.find(doing, "get_maintenance_window_task", **named_so)
    return from_api(raw, targets) if raw else None


def refuse_nodes(api: t.Any, window_id: str, change: Change) -> None:
    """Raise ResourceError where the change names nodes, and the window allows registered targets alone."""
    if not change.altered("instance_ids") or not (change.after or {})["instance_ids"]:
        return
    window = maintenance_window.raw(api, window_id)
    if window and not window["AllowUnassociatedTargets"]:
        raise ResourceError(
            "instance_ids: maintenance window %s allows registered targets alone: register the nodes as a target and "
            "name that in window_targets, or set allow_unassociated_targets of the window" % window_id
        )


def warnings(task: Resource) -> t.List[str]:
    """What is legal but probably not meant."""
    found = [deprecation(task)] if "deprecated" in task else []
    if task["task_type"] == "LAMBDA" and not invocation.function_name(task["task_arn"]).startswith("SSM"):
        found.append(
            "task_arn: the name of function %s does not begin with SSM, and the policy that AWS manages for "
            "maintenance windows lets them invoke no others" % task["task_arn"]
        )
    return found


def deprecation(task: Resource) -> str:
    """What to tell of a task that has members which the API deprecates."""
    return (
        "Task %s has %s, which the API deprecates: kept as it is, and not managed here. Register the task anew with "
        "task_invocation_parameters to be rid of it" % (label(task), " and ".join(sorted(task["deprecated"])))
    )


def apply(api: t.Any, window_id: str, change: Change, targets: t.Sequence[Resource]) -> t.Optional[str]:
    """Make the change; the task's id, None where there is none any more. `targets` are those of the window.

    Raises ResourceError for targets that the window lacks, before any call.
    """
    before, after = change.before, change.after
    if after is None:
        if before:
            doing = "deregister task %s from maintenance window %s" % (label(before), window_id)
            named_so = {"WindowId": window_id, "WindowTaskId": before["window_task_id"]}
            api.remove(doing, "deregister_task_from_maintenance_window", **named_so)
        return None
    request = to_api(after, targets)
    if before is None:
        doing = "register task %s with maintenance window %s" % (after["name"], window_id)
        registered = {"WindowId": window_id, "TaskType": after["task_type"], **request}
        return api.change(doing, "register_task_with_maintenance_window", **registered)["WindowTaskId"]
    if change.altered(*UPDATED):
        # Replace: a member left out is reset, not kept unseen
        doing = "update task %s of maintenance window %s" % (label(before), window_id)
        named_so = {"WindowId": window_id, "WindowTaskId": before["window_task_id"], "Replace": True}
        api.change(doing, "update_maintenance_window_task", **named_so, **request)
    return before["window_task_id"]
