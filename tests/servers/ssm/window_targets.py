# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets registered with a maintenance window (maintenance-windows.md, 4)."""

from __future__ import annotations

from .errors import SSMError, invalid
from .paging import matching, page
from .state import Region, Resource, known, once, only, refuse_beyond

QUOTA = 100  # for each window (maintenance-windows.md, 5)
OPTIONAL = ("OwnerInformation", "Name", "Description")
# The API reference of RegisterTargetWithMaintenanceWindow; tag:KEY is the other one.
KEYS = {
    "INSTANCE": ("InstanceIds", "tag-key"),
    "RESOURCE_GROUP": ("resource-groups:Name", "resource-groups:ResourceTypeFilters"),
}


def register_target_with_maintenance_window(region: Region, request: Resource) -> Resource:
    return once(region, "RegisterTargetWithMaintenanceWindow", request, lambda: _register(region, request))


def _register(region: Region, request: Resource) -> Resource:
    window = region.window(request["WindowId"])["WindowId"]
    _check(request["Targets"], request["ResourceType"])
    refuse_beyond(QUOTA, len(of_window(region, window)), "targets for a maintenance window")
    identifier = region.new_uuid()
    given = only(request, "WindowId", "ResourceType", "Targets", *OPTIONAL)
    region.targets[identifier] = {"WindowTargetId": identifier, **given}
    return {"WindowTargetId": identifier}


def _check(targets: list[Resource], resource_type: str) -> None:
    if not targets:
        raise invalid("A target names at least one managed node, tag or resource group")
    for one in targets:
        key = one.get("Key", "")
        if key not in KEYS[resource_type] and not (resource_type == "INSTANCE" and key.startswith("tag:")):
            raise invalid(f"Target key {key} is not valid for {resource_type}")
        if not one.get("Values"):
            raise invalid(f"Target key {key} has no values")


def of_window(region: Region, window: str) -> list[Resource]:
    return [target for target in region.targets.values() if target["WindowId"] == window]


def find(region: Region, request: Resource) -> Resource:
    """Of this window: the id of another window's target does not exist."""
    region.window(request["WindowId"])
    target = known(region.targets, request["WindowTargetId"], "Target")
    return known({request["WindowId"]: target}, target["WindowId"], "The maintenance window of the target,")


def update_maintenance_window_target(region: Region, request: Resource) -> Resource:
    """The type of resource stays. With Replace Targets are required, and what is not given is cleared."""
    before = find(region, request)
    if request.get("Replace") and "Targets" not in request:
        raise invalid("With Replace, Targets must be given as in RegisterTargetWithMaintenanceWindow")
    kept = only(before, "WindowTargetId", "WindowId", "ResourceType") if request.get("Replace") else before
    after = {**kept, **only(request, "Targets", *OPTIONAL)}
    _check(after["Targets"], after["ResourceType"])
    region.targets[after["WindowTargetId"]] = after
    return {name: value for name, value in after.items() if name != "ResourceType"}


def describe_maintenance_window_targets(region: Region, request: Resource) -> Resource:
    """Filters: Type, WindowTargetId and OwnerInformation (the API reference)."""
    rows = of_window(region, region.window(request["WindowId"])["WindowId"])
    tests = {
        "Type": lambda one, value: one["ResourceType"] == value,
        "WindowTargetId": lambda one, value: one["WindowTargetId"] == value,
        "OwnerInformation": lambda one, value: one.get("OwnerInformation") == value,
    }
    return page(matching(rows, request, tests), request, "Targets", region.pages)


def deregister_target_from_maintenance_window(region: Region, request: Resource) -> Resource:
    """With Safe it is refused while a task names it; without, that task names a target that is gone."""
    target = find(region, request)["WindowTargetId"]
    named = any(target in one["Values"] for task in region.tasks.values() for one in task.get("Targets", ()))
    if request.get("Safe") and named:
        raise SSMError("TargetInUseException", f"Target {target} is still referenced by a task")
    del region.targets[target]
    return only(request, "WindowId", "WindowTargetId")
