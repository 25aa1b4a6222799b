# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows (operations.md, 3; maintenance-windows.md, 1 and 6)."""

from __future__ import annotations

from . import schedules
from .errors import invalid
from .paging import matching, page
from .state import Region, Resource, once, only, refuse_beyond
from .tags import check_tags

QUOTA = 50
REQUIRED = ("Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets")
OPTIONAL = ("Description", "StartDate", "EndDate", "ScheduleTimezone", "ScheduleOffset")
WHEN = ("Schedule", "ScheduleTimezone", "ScheduleOffset", "StartDate")
SCHEDULED = "_scheduled"  # not of the API: when the schedule was last set


def create_maintenance_window(region: Region, request: Resource) -> Resource:
    """Names are not unique. Enabled from the start: only UpdateMaintenanceWindow changes that."""
    return once(region, "CreateMaintenanceWindow", request, lambda: _create(region, request))


def _create(region: Region, request: Resource) -> Resource:
    tags = check_tags({}, request.get("Tags", []))
    window = {**only(request, *REQUIRED, *OPTIONAL), "Enabled": True}
    schedules.parsed(window, region.now)
    refuse_beyond(QUOTA, len(region.windows), "maintenance windows")
    identifier = region.new_id("mw")
    dates = {"CreatedDate": region.now, "ModifiedDate": region.now, SCHEDULED: region.now}
    region.windows[identifier] = {"WindowId": identifier, **window, **dates}
    region.tags["MaintenanceWindow", identifier] = tags
    return {"WindowId": identifier}


def update_maintenance_window(region: Region, request: Resource) -> Resource:
    """With Replace all that creation requires is required again, and what is not given is cleared.

    Enabled is required by nothing and not cleared to anything that is known: it stays (maintenance-windows.md, 6).
    """
    before = region.window(request["WindowId"])
    given = only(request, *REQUIRED, *OPTIONAL, "Enabled")
    if request.get("Replace"):
        missing = [member for member in REQUIRED if member not in given]
        if missing:
            raise invalid(f"With Replace, {', '.join(missing)} must be given as in CreateMaintenanceWindow")
        before_kept = only(before, "WindowId", "Enabled", "CreatedDate", SCHEDULED)
    else:
        before_kept = before
    after = {**before_kept, **given, "ModifiedDate": region.now}
    if only(after, *WHEN) != only(before, *WHEN):
        after[SCHEDULED] = region.now
    schedules.parsed(after, after[SCHEDULED])
    region.windows[after["WindowId"]] = after
    return only(after, "WindowId", *REQUIRED, *OPTIONAL, "Enabled")


def _next(region: Region, window: Resource) -> Resource:
    return schedules.next_execution(schedules.parsed(window, window[SCHEDULED]), region.now)


def get_maintenance_window(region: Region, request: Resource) -> Resource:
    window = region.window(request["WindowId"])
    return {**{name: value for name, value in window.items() if name != SCHEDULED}, **_next(region, window)}


def identity(region: Region, window: Resource) -> Resource:
    shown = ("WindowId", "Name", "Description", "Enabled", "Duration", "Cutoff", "Schedule", "ScheduleTimezone")
    dates = ("ScheduleOffset", "EndDate", "StartDate")
    return {**only(window, *shown, *dates), **_next(region, window)}


def describe_maintenance_windows(region: Region, request: Resource) -> Resource:
    """Filters: Name, which is exact, and Enabled (the API reference)."""
    tests = {
        "Name": lambda one, value: one["Name"] == value,
        "Enabled": lambda one, value: str(one["Enabled"]).lower() == value.lower(),
    }
    rows = [identity(region, one) for one in matching(region.windows.values(), request, tests)]
    return page(rows, request, "WindowIdentities", region.pages)


def delete_maintenance_window(region: Region, request: Resource) -> Resource:
    """With its targets and tasks; quietly where there is none (maintenance-windows.md, 6)."""
    identifier = request["WindowId"]
    region.windows.pop(identifier, None)
    region.tags.pop(("MaintenanceWindow", identifier), None)
    for resources in (region.targets, region.tasks):
        for key in [key for key, one in resources.items() if one["WindowId"] == identifier]:
            del resources[key]
    return {"WindowId": identifier}


def _reached(region: Region, request: Resource) -> list[Resource]:
    """Windows with a registered target that names one of the wanted ones. Tags of nodes are not looked up."""
    wanted = {(one.get("Key"), value) for one in request["Targets"] for value in one.get("Values", ())}
    found = set()
    for target in region.targets.values():
        named = {(one.get("Key"), value) for one in target["Targets"] for value in one.get("Values", ())}
        if target["ResourceType"] == request["ResourceType"] and named & wanted:
            found.add(target["WindowId"])
    return [window for identifier, window in region.windows.items() if identifier in found]


def describe_maintenance_windows_for_target(region: Region, request: Resource) -> Resource:
    rows = [only(window, "WindowId", "Name") for window in _reached(region, request)]
    return page(rows, request, "WindowIdentities", region.pages)


def describe_maintenance_window_schedule(region: Region, request: Resource) -> Resource:
    """Of one window, of those that reach a target, or of all (maintenance-windows.md, 1)."""
    if "WindowId" in request:
        chosen = [region.window(request["WindowId"])]
    elif "Targets" in request:
        if "ResourceType" not in request:
            raise invalid("Targets need their ResourceType")
        chosen = _reached(region, request)
    else:
        chosen = list(region.windows.values())
    read = [(window, schedules.parsed(window, window[SCHEDULED])) for window in chosen]
    return schedules.schedule_page(region, request, read)
