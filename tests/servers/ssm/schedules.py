# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When maintenance windows open next, by the collection's own reading of schedules (maintenance-windows.md, 2, 3)."""

from __future__ import annotations

import datetime
import itertools
import typing as t

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import next_run
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import Window, parse_windows
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.window import upcoming

from .errors import invalid
from .paging import matching, page
from .state import UTC, Region, Resource, only

# How far DescribeMaintenanceWindowSchedule looks ahead; the API does not say.
HORIZON = datetime.timedelta(days=366)
MOST = 1000
READ = (
    "Name",
    "Schedule",
    "ScheduleTimezone",
    "ScheduleOffset",
    "StartDate",
    "EndDate",
    "Duration",
    "Cutoff",
    "Enabled",
)


def parsed(window: Resource, scheduled: datetime.datetime) -> Window:
    """Refused where its schedule, dates, zone, offset or cutoff are wrong. `scheduled`: when the schedule was last set.

    A rate counts from then on, or from a later StartDate (maintenance-windows.md, 2.2).
    """
    members = {**only(window, *READ), "CreatedDate": scheduled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    try:
        return parse_windows(members, "maintenance window")[0]
    except ScheduleError as error:
        raise invalid(str(error)) from error


def next_execution(window: Window, now: datetime.datetime) -> Resource:
    """NextExecutionTime, or nothing where nothing is due."""
    run = next_run(window.timing, now)
    return {"NextExecutionTime": shown(run.instant)} if run else {}


def shown(instant: datetime.datetime) -> str:
    """As the examples of the aws CLI show it: without seconds where they are zero."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%MZ" if utc.second == 0 else "%Y-%m-%dT%H:%M:%SZ")


def executions(windows: t.Iterable[tuple[Resource, Window]], now: datetime.datetime) -> list[Resource]:
    """Of all the windows together, in order."""
    found = []
    for window, read in windows:
        soon = itertools.takewhile(lambda one: one.opens_at <= now + HORIZON, upcoming([read], now, MOST))
        found += [(one.opens_at, window) for one in soon]
    found.sort(key=lambda one: one[0])
    return [{**only(window, "WindowId", "Name"), "ExecutionTime": shown(opens)} for opens, window in found]


def schedule_page(region: Region, request: Resource, windows: t.Iterable[tuple[Resource, Window]]) -> Resource:
    tests = {
        "ScheduledBefore": lambda one, value: one["ExecutionTime"] < value,
        "ScheduledAfter": lambda one, value: one["ExecutionTime"] > value,
    }
    rows = matching(executions(windows, region.now), request, tests)
    return page(rows, request, "ScheduledWindowExecutions", region.pages)
