# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Targets registered with a maintenance window (maintenance-windows.md, section 4)."""

from __future__ import annotations

import typing as t
import unicodedata

from .._schedule.reading import NAME
from . import maintenance_window
from .change import Change, Resource, ResourceError, refuse_several, settle
from .reading import Reader, keyed, shown, without_cleared

KEYS = {
    "INSTANCE": ("InstanceIds", "tag-key"),
    "RESOURCE_GROUP": ("resource-groups:Name", "resource-groups:ResourceTypeFilters"),
}
CLEARABLE = {"owner_information": "OwnerInformation", "description": "Description"}
# What UpdateMaintenanceWindowTarget changes.
UPDATED = ("name", "targets", *CLEARABLE)
MEMBERS = (*UPDATED, "resource_type")
NAMES = "3 to 128 of letters, digits, _ - ."


def from_api(raw: Resource) -> Resource:
    """A row of DescribeMaintenanceWindowTargets in the form that users write."""
    resource: Resource = {"window_target_id": raw["WindowTargetId"]}
    if raw.get("Name"):
        resource["name"] = raw["Name"]
    resource["resource_type"] = raw.get("ResourceType", "INSTANCE")
    resource["targets"] = keyed(raw.get("Targets", []))
    resource.update((name, raw[member]) for name, member in CLEARABLE.items() if raw.get(member))
    return resource


def to_api(resource: Resource) -> Resource:
    """What RegisterTarget and UpdateTarget take alike."""
    request: Resource = {"Targets": [{"Key": key, "Values": values} for key, values in resource["targets"].items()]}
    members = {"name": "Name", **CLEARABLE}
    request.update((member, resource[name]) for name, member in members.items() if name in resource)
    return request


def plan(
    before: t.Optional[Resource], options: Resource, purge_members: bool = False, path: str = "window_target"
) -> Change:
    """What `options` ask of a target. None keeps what is, or with `purge_members` nothing; empty text clears.

    Raises ScheduleError with all that `declared` refuses, ResourceError for what cannot be changed.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if purge_members:
        kept = {name: value for name, value in kept.items() if name in ("name", "resource_type")}
    identity = {"window_target_id": before["window_target_id"]} if before else {}
    after = declared({**identity, **kept, **given}, path)
    if before and after["resource_type"] != before["resource_type"]:
        raise ResourceError(
            "Target %s is of resource type %s, which cannot be changed to %s: register another target, or deregister "
            "this one first" % (label(before), before["resource_type"], after["resource_type"])
        )
    return settle(before, after, comparable)


def declared(written: Resource, path: str = "window_target") -> Resource:
    """A whole target from the form that users write. Raises ScheduleError with all that is wrong.

    One that exists, so has an id, may go without a name.
    """
    reader = Reader(path)
    given = reader.mapping("", written, MEMBERS, ("window_target_id", "window_id"))
    members = without_cleared(given, tuple(CLEARABLE))
    resource: Resource = {}
    if "name" in members:
        resource["name"] = reader.matching("name", members["name"], NAME, NAMES)
    elif not (isinstance(written, dict) and written.get("window_target_id")):
        reader.problem("name", "is missing")
    kind = reader.choice("resource_type", members.get("resource_type", "INSTANCE"), list(KEYS))
    resource["resource_type"] = kind
    resource["targets"] = declared_targets(reader, members.get("targets", {}), kind)
    resource.update((name, reader.text(name, members[name])) for name in CLEARABLE if name in members)
    reader.finish()
    return resource


def declared_targets(reader: Reader, written: t.Any, kind: str) -> Resource:
    """Targets as a mapping of keys to values, for a kind of KEYS; the reader notes what is wrong."""
    if not isinstance(written, dict):
        reader.problem("targets", "must be a mapping of keys to lists of values, not %s", shown(written))
        return {}
    if not 1 <= len(written) <= 5:
        reader.problem("targets", "must have 1 to 5 keys, not %d", len(written))
    targets = {}
    for key, values in written.items():
        member = "targets.%s" % key
        if not _known(str(key), kind):
            allowed = [*KEYS[kind], "tag: and the key of a tag"] if kind == "INSTANCE" else KEYS[kind]
            reader.problem(member, "is no key for %s; allowed: %s", kind, ", ".join(allowed))
        targets[str(key)] = reader.texts(member, values, 50, 1)
    return targets


def declared_node_targets(reader: Reader, written: t.Any) -> Resource:
    """Targets of a command or an association: nodes, or a resource group."""
    grouped = isinstance(written, dict) and any(str(key).startswith("resource-groups:") for key in written)
    return declared_targets(reader, written, "RESOURCE_GROUP" if grouped else "INSTANCE")


def _known(key: str, kind: str) -> bool:
    """Letters, numbers and separators of any script, and a few signs, as in the API's pattern for keys of tags."""
    if kind == "INSTANCE" and key.startswith("tag:"):
        tag = key[len("tag:") :]
        spelt = all(unicodedata.category(sign)[0] in "LNZ" or sign in "_.:/=-@" for sign in tag)
        return bool(tag) and spelt and len(key) <= 163
    return key in KEYS[kind]


def comparable(member: str, value: t.Any) -> t.Any:
    """The value in a form in which what AWS takes for the same is equal: order counts nowhere."""
    if member == "targets" and isinstance(value, dict):
        return {key: sorted(set(values)) for key, values in value.items()}
    return value


def label(target: Resource) -> str:
    return "%s (%s)" % (target.get("name", "without a name"), target["window_target_id"])


def of_window(api: t.Any, window_id: str) -> t.List[Resource]:
    """All targets of a window, by name."""
    doing = "list the targets of maintenance window %s" % window_id
    asked = {"WindowId": window_id, "MaxResults": 100}
    rows = api.rows(doing, "describe_maintenance_window_targets", "Targets", **asked)
    return sorted(map(from_api, rows), key=lambda one: (one.get("name", ""), one["window_target_id"]))


def find(targets: t.Sequence[Resource], name: str) -> t.Optional[Resource]:
    """The one of this name. Raises ResourceError where there are several."""
    found = [one for one in targets if one.get("name") == name]
    remedy = "Name the one that is meant by window_target_id"
    refuse_several("targets named %s" % name, [one["window_target_id"] for one in found], remedy)
    return found[0] if found else None


def refuse_in_use(api: t.Any, window_id: str, target: Resource) -> None:
    """Raise ResourceError where tasks of the window name this target."""
    rows = maintenance_window.task_rows(api, window_id)
    identifier = target["window_target_id"]
    users = [
        "%s (%s)" % (row.get("Name", "without a name"), row["WindowTaskId"])
        for row in rows
        if any(identifier in one.get("Values", []) for one in row.get("Targets", []))
    ]
    if users:
        raise ResourceError(
            "Target %s is used by tasks %s: give them other targets or deregister them first, or set force, which "
            "leaves them with a target that is gone" % (label(target), ", ".join(sorted(users)))
        )


def apply(api: t.Any, window_id: str, change: Change, force: bool = False) -> t.Optional[str]:
    """Make the change; the target's id, None where there is none any more. `force`: though tasks use it."""
    before, after = change.before, change.after
    if after is None:
        if before:
            _deregister(api, window_id, before, force)
        return None
    if before is None:
        doing = "register target %s with maintenance window %s" % (after["name"], window_id)
        registered = {"WindowId": window_id, "ResourceType": after["resource_type"], **to_api(after)}
        return api.change(doing, "register_target_with_maintenance_window", **registered)["WindowTargetId"]
    if change.altered(*UPDATED):
        # Replace: a member left out is reset, not kept unseen
        doing = "update target %s of maintenance window %s" % (label(before), window_id)
        named = {"WindowId": window_id, "WindowTargetId": before["window_target_id"], "Replace": True}
        api.change(doing, "update_maintenance_window_target", **named, **to_api(after))
    return before["window_target_id"]


def _deregister(api: t.Any, window_id: str, before: Resource, force: bool) -> None:
    doing = "deregister target %s from maintenance window %s" % (label(before), window_id)
    named = {"WindowId": window_id, "WindowTargetId": before["window_target_id"], "Safe": not force}
    try:
        api.remove(doing, "deregister_target_from_maintenance_window", **named)
    except Exception as error:
        if getattr(error, "code", None) == "TargetInUseException":
            refuse_in_use(api, window_id, before)
        raise
