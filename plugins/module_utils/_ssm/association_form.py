# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Associations as users write them, and as the API spells them (operations.md, 8). Pure."""

from __future__ import annotations

import datetime
import re
import typing as t

from .._schedule.errors import ScheduleError
from .._schedule.expressions import Cron, Rate, parse_schedule
from .._schedule.reading import NAME
from . import runbook_targets, tags, window_task
from .change import Change, Resource, settle
from .document_parameters import Document
from .invocation import VERSION
from .maintenance_window import spaced
from .reading import Reader, keyed, together, without_cleared
from .window_target import NAMES, declared_node_targets

SIMPLE = {
    "association_name": "AssociationName",
    "name": "Name",
    "document_version": "DocumentVersion",
    "parameters": "Parameters",
    "schedule_expression": "ScheduleExpression",
    "schedule_offset": "ScheduleOffset",
    "apply_only_at_cron_interval": "ApplyOnlyAtCronInterval",
    "automation_target_parameter_name": "AutomationTargetParameterName",
    "max_concurrency": "MaxConcurrency",
    "max_errors": "MaxErrors",
    "compliance_severity": "ComplianceSeverity",
    "sync_compliance": "SyncCompliance",
    "calendar_names": "CalendarNames",
    "duration": "Duration",
    "association_dispatch_assume_role": "AssociationDispatchAssumeRole",
}
OUTPUT = {
    "output_s3_region": "OutputS3Region",
    "output_s3_bucket_name": "OutputS3BucketName",
    "output_s3_key_prefix": "OutputS3KeyPrefix",
}
OUTPUT_LENGTHS = {"output_s3_region": (3, 20), "output_s3_bucket_name": (3, 63), "output_s3_key_prefix": (0, 500)}
# Carried along as they are, because an update without them would erase them.
UNMANAGED = {"target_locations": "TargetLocations", "target_maps": "TargetMaps"}
# What UpdateAssociation changes.
UPDATED = (*SIMPLE, "targets", "output_location", "alarm_configuration")
MEMBERS = (*UPDATED, "tags")
DEFAULTS: Resource = {
    "document_version": "$DEFAULT",
    "parameters": {},
    "targets": {},
    "apply_only_at_cron_interval": False,
    "compliance_severity": "UNSPECIFIED",
    "sync_compliance": "AUTO",
    "calendar_names": [],
    "tags": {},
}
CLEARABLE = tuple(name for name in UPDATED if name not in ("association_name", "name", "apply_only_at_cron_interval"))
CLEARED_BY_ZERO = ("schedule_offset", "duration")
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNSPECIFIED")
SYNCS = ("AUTO", "MANUAL")
NUMBERS = {"schedule_offset": (1, 6), "duration": (1, 24)}
DOCUMENT = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}\Z")
ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::[0-9]{12}:role/.+\Z")
# Of a rate (the user guide, on schedules of associations).
SHORTEST, TOO_LONG = datetime.timedelta(minutes=30), datetime.timedelta(days=31)


def from_api(raw: Resource, tag_list: tags.Tags) -> Resource:
    """An AssociationDescription in the form that users write, with defaults filled in."""
    resource: Resource = {"association_id": raw["AssociationId"], **DEFAULTS}
    resource.update((name, raw[member]) for name, member in SIMPLE.items() if raw.get(member) not in (None, "", {}, []))
    resource["targets"] = keyed(raw.get("Targets") or [])
    location = (raw.get("OutputLocation") or {}).get("S3Location") or {}
    if location:
        resource["output_location"] = {
            name: location[member] for name, member in OUTPUT.items() if location.get(member)
        }
    alarms = raw.get("AlarmConfiguration") or {}
    if alarms.get("Alarms"):
        resource["alarm_configuration"] = {
            "alarms": [one["Name"] for one in alarms["Alarms"]],
            "ignore_poll_alarm_failure": alarms.get("IgnorePollAlarmFailure", False),
        }
    resource["tags"] = tag_list
    unmanaged = {name: raw[member] for name, member in UNMANAGED.items() if raw.get(member)}
    if unmanaged:
        resource["unmanaged"] = unmanaged
    return {**resource, **_assigned(raw)}


def _assigned(raw: Resource) -> Resource:
    overview = raw.get("Overview") or {}
    dates = {
        "created_date": "Date",
        "modified_date": "LastUpdateAssociationDate",
        "last_execution_date": "LastExecutionDate",
    }
    return {
        "association_version": raw.get("AssociationVersion", ""),
        "overview": {
            "status": overview.get("DetailedStatus") or overview.get("Status", ""),
            "targets": overview.get("AssociationStatusAggregatedCount") or {},
        },
        **{name: raw[member].isoformat() for name, member in dates.items() if member in raw},
    }


def to_api(resource: Resource) -> Resource:
    """What CreateAssociation and UpdateAssociation take alike; what is as AWS has it by itself is not sent."""
    kept = {
        name: value for name, value in resource.items() if name == "document_version" or value != DEFAULTS.get(name)
    }
    request = {member: kept[name] for name, member in SIMPLE.items() if name in kept}
    if resource["targets"]:
        request["Targets"] = [{"Key": key, "Values": values} for key, values in resource["targets"].items()]
    if "output_location" in resource:
        location = resource["output_location"]
        s3 = {member: location[name] for name, member in OUTPUT.items() if name in location}
        request["OutputLocation"] = {"S3Location": s3}
    alarms = resource.get("alarm_configuration")
    if alarms:
        request["AlarmConfiguration"] = {
            "Alarms": [{"Name": name} for name in alarms["alarms"]],
            "IgnorePollAlarmFailure": alarms["ignore_poll_alarm_failure"],
        }
    request.update((UNMANAGED[name], value) for name, value in resource.get("unmanaged", {}).items())
    return request


class Purge(t.NamedTuple):
    """What becomes of what is there and was not given."""

    members: bool = False  # those of UpdateAssociation go back to their defaults; name and document stay
    tags: bool = True


def plan(before: t.Optional[Resource], options: Resource, purge: Purge, path: str = "association") -> Change:
    """What `options` ask of an association. None keeps what is, or what `purge` says; empty values and 0 clear.

    Raises ScheduleError with all that `declared` refuses, and tags like AWS's own.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if purge.members:
        kept = {name: value for name, value in kept.items() if name in ("association_name", "name", "tags")}
    merged = {**kept, **given}
    merged["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), purge.tags)
    identity = {"association_id": before["association_id"]} if before else {}
    with together(ScheduleError, tags.reserved(kept.get("tags", {}), given.get("tags"), path)):
        elsewhere = before.get("unmanaged", {}) if before else {}
        after = declared({**identity, **merged}, path, bool(elsewhere))
    return settle(before, after, comparable)


def declared(written: Resource, path: str = "association", targeted: bool = False) -> Resource:
    """A whole association from the form that users write, with defaults filled in.

    Raises ScheduleError with all that is wrong. One that exists, so has an id, may go without a name. `targeted`: it
    has targets in members that are not managed here.
    """
    reader = Reader(path)
    given = reader.mapping("", written, MEMBERS, ("association_id",))
    members = {**DEFAULTS, **without_cleared(given, CLEARABLE, CLEARED_BY_ZERO)}
    resource: Resource = {}
    if "association_name" in members:
        resource["association_name"] = reader.matching("association_name", members["association_name"], NAME, NAMES)
    elif "association_id" not in written:
        reader.problem("association_name", "is missing")
    if "name" in members:
        resource["name"] = reader.matching("name", members["name"], DOCUMENT, "the name or ARN of a document")
    else:
        reader.problem("name", "is missing: the document that is run")
    version = str(members["document_version"])
    resource["document_version"] = reader.matching(
        "document_version", version, VERSION, "$DEFAULT, $LATEST or a number"
    )
    resource["parameters"] = _parameters(reader, members["parameters"])
    resource.update(_targets(reader, members, targeted))
    resource.update(_schedule(reader, members))
    for name in ("max_concurrency", "max_errors"):
        if name in members:
            resource[name] = window_task.declared_rate(reader, name, members[name])
    resource["compliance_severity"] = reader.choice("compliance_severity", members["compliance_severity"], SEVERITIES)
    resource["sync_compliance"] = reader.choice("sync_compliance", members["sync_compliance"], SYNCS)
    resource["calendar_names"] = reader.texts("calendar_names", members["calendar_names"], 100)
    if "output_location" in members:
        resource.update(_output(reader, members["output_location"]))
    if "alarm_configuration" in members:
        resource.update(window_task.declared_alarms(reader, members["alarm_configuration"]))
    if "association_dispatch_assume_role" in members:
        role = members["association_dispatch_assume_role"]
        member = "association_dispatch_assume_role"
        resource[member] = reader.matching(member, role, ROLE, "the ARN of a role")
    resource["tags"] = reader.tags(members["tags"])
    reader.finish()
    return resource


def _parameters(reader: Reader, written: t.Any) -> Resource:
    if not isinstance(written, dict):
        reader.problem("parameters", "must be a mapping of parameters to lists of texts")
        return {}
    return {str(name): reader.texts("parameters.%s" % name, values, 1000) for name, values in written.items()}


def _targets(reader: Reader, members: Resource, targeted: bool) -> Resource:
    """Of a runbook's targets one of its parameters is made: what can be named is another thing then."""
    parameter = members.get("automation_target_parameter_name")
    named = {} if parameter is None else {"automation_target_parameter_name": parameter}
    if parameter is not None:
        reader.text("automation_target_parameter_name", parameter, 50)
    if not members["targets"]:
        if parameter is not None and not targeted:
            reader.problem("targets", "is missing: what automation_target_parameter_name is to be filled with")
        return {**named, "targets": {}}
    if parameter is None:
        return {"targets": declared_node_targets(reader, members["targets"])}
    return {**named, "targets": runbook_targets.declared(reader, members["targets"])}


def _schedule(reader: Reader, members: Resource) -> Resource:
    found: Resource = {}
    for name, (first, last) in NUMBERS.items():
        if name in members:
            found[name] = reader.number(name, members[name], first, last)
    only_cron = reader.flag("apply_only_at_cron_interval", members["apply_only_at_cron_interval"])
    found["apply_only_at_cron_interval"] = only_cron
    schedule = None
    if "schedule_expression" in members:
        written = reader.text("schedule_expression", members["schedule_expression"], 256)
        found["schedule_expression"] = spaced(written)
        try:
            schedule = parse_schedule(found["schedule_expression"], "schedule_expression")
        except ScheduleError as error:
            for one in error.problems:
                reader.problem(one.path, one.message)
            return found
    if isinstance(schedule, Rate) and not SHORTEST <= schedule.interval < TOO_LONG:
        reader.problem("schedule_expression", "a rate of an association is 30 minutes or more, and less than 31 days")
    if only_cron and not isinstance(schedule, Cron):
        reader.problem("apply_only_at_cron_interval", "needs a schedule_expression with cron(...)")
    if "schedule_offset" in found and not (only_cron and isinstance(schedule, Cron)):
        reader.problem("schedule_offset", "needs apply_only_at_cron_interval and a schedule_expression with cron(...)")
    return found


def _output(reader: Reader, written: t.Any) -> Resource:
    location = {}
    for name, value in reader.mapping("output_location", written, list(OUTPUT)).items():
        if value != "":
            shortest, longest = OUTPUT_LENGTHS[name]
            location[name] = reader.text("output_location.%s" % name, value, longest, shortest)
    if location and "output_s3_bucket_name" not in location:
        reader.problem("output_location.output_s3_bucket_name", "is missing")
    return {"output_location": location} if location else {}


def refuse_for_document(association: Resource, document: Document, targeted: bool, path: str = "association") -> None:
    """Raise ScheduleError for what this document does not take. `targeted`: as for `declared`."""
    reader = Reader(path)
    parameter = association.get("automation_target_parameter_name")
    if document.kind not in ("Command", "Automation"):
        reader.problem("name", "%s is a document of type %s, which cannot be run", document.name, document.kind)
    else:
        document.refuse(reader, "parameters", association["parameters"], [parameter] if parameter else [])
    if document.kind == "Command" and not (association["targets"] or targeted):
        reader.problem("targets", "is missing: the nodes that %s, a Command document, runs on", document.name)
    if document.kind == "Command" and parameter:
        reader.problem(
            "automation_target_parameter_name", "is for runbooks, and %s is a Command document", document.name
        )
    if document.kind == "Automation" and association["targets"] and not parameter:
        words = "is missing: the parameter of %s that is filled with the targets"
        reader.problem("automation_target_parameter_name", words, document.name)
    reader.finish()


def warnings(association: Resource) -> t.List[str]:
    """What is legal but probably not meant."""
    if "duration" in association and not association["apply_only_at_cron_interval"]:
        return ["duration: AWS holds to it with apply_only_at_cron_interval alone"]
    return []


def comparable(member: str, value: t.Any) -> t.Any:
    """The value in a form in which what AWS takes for the same is equal."""
    if member == "targets" and isinstance(value, dict):
        return {key: sorted(set(values)) for key, values in value.items()}
    if member == "calendar_names":
        return sorted(value)
    if member == "schedule_expression":
        return spaced(value)
    return value
