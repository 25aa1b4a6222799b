# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Maintenance windows: the API's calls, and the one place that knows its spelling."""

from __future__ import annotations

import re
import typing as t

from .._engine.parse import snake
from .._schedule.errors import ScheduleError
from .._schedule.reading import NAME, parse_instant, parse_windows
from . import tags
from .change import Change, Resource, ResourceError, refuse_several, settle
from .reading import Reader, together, without_cleared

TYPE = "MaintenanceWindow"
REQUIRED = {
    "name": "Name",
    "schedule": "Schedule",
    "duration": "Duration",
    "cutoff": "Cutoff",
    "allow_unassociated_targets": "AllowUnassociatedTargets",
}
CLEARABLE = {
    "description": "Description",
    "schedule_timezone": "ScheduleTimezone",
    "schedule_offset": "ScheduleOffset",
    "start_date": "StartDate",
    "end_date": "EndDate",
}
# What UpdateMaintenanceWindow changes.
UPDATED = (*REQUIRED, *CLEARABLE, "enabled")
MEMBERS = (*UPDATED, "tags")
DEFAULTS: Resource = {"allow_unassociated_targets": False, "enabled": True, "tags": {}}
# With these any option is right or wrong by itself.
STAND_INS: Resource = {"name": "window", "schedule": "cron(0 0 ? * MON *)", "duration": 24, "cutoff": 0}
# AWS counts a rate from the creation, which is yet to come here; any instant shows that there is one.
CREATION = "1970-01-01T00:00:00Z"


class Purge(t.NamedTuple):
    """What becomes of what is there and was not given."""

    members: bool = False  # those of UpdateMaintenanceWindow go back to their defaults; the name stays
    tags: bool = True


def from_api(raw: Resource, tag_list: t.Optional[tags.Tags]) -> Resource:
    """An answer of GetMaintenanceWindow in the form that users write; tags stand elsewhere (None: not read)."""
    resource: Resource = {"window_id": raw["WindowId"]}
    resource.update((name, raw[member]) for name, member in REQUIRED.items())
    optional = {**CLEARABLE, "next_execution_time": "NextExecutionTime"}
    resource.update((name, raw[member]) for name, member in optional.items() if raw.get(member))
    resource["enabled"] = raw["Enabled"]
    if tag_list is not None:
        resource["tags"] = tag_list
    for name, member in (("created_date", "CreatedDate"), ("modified_date", "ModifiedDate")):
        if member in raw:
            resource[name] = raw[member].isoformat()
    return resource


def to_api(resource: Resource) -> Resource:
    """What CreateMaintenanceWindow takes, but for tags, and UpdateMaintenanceWindow with Replace."""
    return {member: resource[name] for name, member in {**REQUIRED, **CLEARABLE}.items() if name in resource}


def plan(before: t.Optional[Resource], options: Resource, purge: Purge, path: str = "window") -> Change:
    """What `options` ask of a window. None keeps what is, or what `purge` says; empty text and 0 clear.

    Raises ScheduleError with all that `declared` refuses, and tags like AWS's own.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if purge.members:
        kept = {name: value for name, value in kept.items() if name not in UPDATED or name == "name"}
    merged = {**kept, **given}
    merged["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), purge.tags)
    with together(ScheduleError, tags.reserved(kept.get("tags", {}), given.get("tags"), path)):
        after = declared(merged, path)
    return settle(before, after, comparable)


def refuse(options: Resource) -> None:
    """Raise ScheduleError for all that is wrong with the options whatever the window is like now."""
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    try:
        declared({**STAND_INS, **given})
    except ScheduleError as error:
        raise ScheduleError([*error.problems, *tags.reserved({}, given.get("tags"), "window")]) from error


def declared(written: Resource, path: str = "window") -> Resource:
    """A whole window of AWS from the form that users write, with defaults filled in.

    What else belongs to a window in the variables of users, such as its patch groups and tasks, is not looked at.
    Raises ScheduleError with all that is wrong.
    """
    reader = Reader(path)
    members = _members(written)
    try:
        parse_windows({"created_date": CREATION, **members} if isinstance(members, dict) else members, path)
    except ScheduleError as error:
        reader.problems += error.problems
    if not isinstance(members, dict):
        raise ScheduleError(reader.problems)
    chosen = {**DEFAULTS, **{name: members[name] for name in MEMBERS if name in members}}
    chosen["allow_unassociated_targets"] = reader.flag(
        "allow_unassociated_targets", chosen["allow_unassociated_targets"]
    )
    chosen["tags"] = reader.tags(chosen["tags"])
    if "description" in chosen:
        reader.text("description", chosen["description"])
    reader.finish()
    for name in ("duration", "cutoff", "schedule_offset"):
        if name in chosen:
            chosen[name] = int(chosen[name])
    return {**chosen, "enabled": reader.flag("enabled", chosen["enabled"]), "schedule": spaced(chosen["schedule"])}


def _members(written: t.Any) -> t.Any:
    """By their names in snake_case. Two spellings of one are left for parse_windows to refuse."""
    if not isinstance(written, dict) or len({snake(str(name)) for name in written}) < len(written):
        return written
    return without_cleared(
        {snake(str(name)): value for name, value in written.items()}, tuple(CLEARABLE), ("schedule_offset",)
    )


def spaced(schedule: str) -> str:
    """AWS stores a schedule as it is given, and documents single blanks between its fields alone."""
    return re.sub(r"\s*([()])\s*", r"\1", " ".join(schedule.split()))


def comparable(member: str, value: t.Any) -> t.Any:
    """The value in a form in which what AWS takes for the same is equal."""
    if member == "schedule":
        return spaced(value)
    if member in ("start_date", "end_date"):
        try:
            return parse_instant(value, member)
        except ScheduleError:  # what AWS let through stays what it is
            return value
    return value


def identities(api: t.Any, name: t.Optional[str] = None) -> t.List[Resource]:
    """Rows of DescribeMaintenanceWindows, those of this very name where it is given."""
    filters = [{"Key": "Name", "Values": [name]}] if name else []
    doing = "list maintenance windows"
    rows = api.rows(doing, "describe_maintenance_windows", "WindowIdentities", Filters=filters, MaxResults=100)
    return [row for row in rows if name in (None, row["Name"])]


def find(api: t.Any, name: str) -> t.Optional[Resource]:
    """The row of the window of this name. Raises ResourceError where there are several."""
    rows = identities(api, name)
    remedy = "Name the one that is meant by window_id"
    refuse_several("maintenance windows named %s" % name, [row["WindowId"] for row in rows], remedy)
    return rows[0] if rows else None


def task_rows(api: t.Any, window_id: str) -> t.List[Resource]:
    """Rows of DescribeMaintenanceWindowTasks."""
    doing = "list the tasks of maintenance window %s" % window_id
    return api.rows(doing, "describe_maintenance_window_tasks", "Tasks", WindowId=window_id, MaxResults=100)


def raw(api: t.Any, window_id: str) -> t.Optional[Resource]:
    """The answer of GetMaintenanceWindow."""
    return api.find("get maintenance window %s" % window_id, "get_maintenance_window", WindowId=window_id)


def read(api: t.Any, window_id: str, with_tags: bool = True) -> t.Optional[Resource]:
    found = raw(api, window_id)
    return from_api(found, tags.read(api, TYPE, window_id) if with_tags else None) if found else None


def describe(api: t.Any, name: str) -> t.Optional[Resource]:
    row = find(api, name)
    return read(api, row["WindowId"]) if row else None


def identify(api: t.Any, name: t.Optional[str], window_id: t.Optional[str]) -> t.Optional[str]:
    """The id of the window that is named in either way; None where there is none."""
    row = raw(api, window_id) if window_id else find(api, name or "")
    return row["WindowId"] if row else None


def unknown(named: str) -> ResourceError:
    return ResourceError(
        "There is no maintenance window %s in this account and Region: create it first, with ssm_maintenance_window"
        % named
    )


def foretold(name: t.Optional[str], window_id: t.Optional[str], check_mode: bool) -> str:
    """What to warn of where there is no such window: in check mode one that is named may be created until then.

    Raises ResourceError for any other.
    """
    if check_mode and name and NAME.match(name):
        return "There is no maintenance window %s yet: in a real run it must be created first" % name
    raise unknown(window_id or name or "")


def apply(api: t.Any, change: Change) -> t.Optional[str]:
    """Make the change; the window's id, None where there is none any more."""
    before, after = change.before, change.after
    if after is None:
        if before:
            doing = "delete maintenance window %s (%s)" % (before["name"], before["window_id"])
            api.remove(doing, "delete_maintenance_window", WindowId=before["window_id"])
        return None
    if before is None:
        return _create(api, after)
    if change.altered(*UPDATED):
        _update(api, before["window_id"], before["name"], after)
    tags.apply(api, TYPE, before["window_id"], change)
    return before["window_id"]


def _create(api: t.Any, after: Resource) -> str:
    created = to_api(after)
    if after["tags"]:
        created["Tags"] = tags.to_api(after["tags"])
    doing = "create maintenance window %s" % after["name"]
    window_id = api.change(doing, "create_maintenance_window", **created)["WindowId"]
    if not after["enabled"]:  # only an update can say so
        _update(api, window_id, after["name"], after)
    return window_id


def _update(api: t.Any, window_id: str, name: str, after: Resource) -> None:
    """Replace: a member left out is reset, not kept unseen. Enabled is no part of that, and always given."""
    doing = "update maintenance window %s (%s)" % (name, window_id)
    enabled = after["enabled"]
    api.change(doing, "update_maintenance_window", WindowId=window_id, Replace=True, Enabled=enabled, **to_api(after))
