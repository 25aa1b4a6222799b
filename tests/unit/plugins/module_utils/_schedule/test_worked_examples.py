# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worked examples of docs/spec/maintenance-windows.md, all of them."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.expressions import parse_schedule
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import next_run
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._schedule.builders import (
    ZONES,
    instant,
    window,
)

SPECIFICATION = pathlib.Path(__file__).resolve().parents[5] / "docs" / "spec" / "maintenance-windows.md"
THE_SAME = "cron(30 23 ? * TUE#3 *)"  # example 17 is 16 with another creation

EXAMPLES = {
    1: ("cron(0 16 ? * TUE *)", "UTC", {}, "2026-11-24T16:00:00Z", "2026-12-01T16:00:00Z"),
    2: ("cron(0 2 ? * THU#3 *)", "UTC", {}, "2026-11-21T00:00:00Z", "2026-12-17T02:00:00Z"),
    3: ("cron(15 10 ? * 6L *)", "UTC", {}, "2026-11-21T00:00:00Z", "2026-11-27T10:15:00Z"),
    4: ("cron(0 2 L * ? *)", "Europe/Berlin", {}, "2027-02-01T00:00:00Z", "2027-02-28T01:00:00Z"),
    5: ("cron(0 3 15W * ? *)", "UTC", {}, "2026-11-01T00:00:00Z", "2026-11-16T03:00:00Z"),
    6: ("cron(0 3 1W * ? *)", "UTC", {}, "2026-08-01T00:00:00Z", "2026-08-03T03:00:00Z"),
    7: ("cron(0 4 LW * ? *)", "UTC", {}, "2026-10-01T00:00:00Z", "2026-10-30T04:00:00Z"),
    8: ("cron(0 0 ? * TUE#5 *)", "UTC", {}, "2026-11-21T00:00:00Z", "2026-12-29T00:00:00Z"),
    9: ("cron(0/30 8-10 ? * MON-FRI *)", "Asia/Tokyo", {}, "2026-11-20T01:45:00Z", "2026-11-22T23:00:00Z"),
    10: ("cron(24 30 09 ? * * *)", "UTC", {}, "2026-11-21T09:30:24Z", "2026-11-22T09:30:24Z"),
    11: ("cron(0 0 29 2 ? *)", "UTC", {}, "2026-11-21T00:00:00Z", "2028-02-29T00:00:00Z"),
    12: ("cron(0 0 ? * 2#1 *)", "UTC", {}, "2026-11-21T00:00:00Z", "2026-12-07T00:00:00Z"),
    13: ("cron(0 9 ? * WED *)", "America/Los_Angeles", {"start_date": "2021-01-01T00:00:00-08:00"},
         "2020-12-15T00:00:00Z", "2021-01-06T17:00:00Z"),
    14: ("cron(30 2 8 3 ? 2026)", "America/New_York", {}, "2026-03-01T00:00:00Z", "2026-03-08T07:30:00Z"),
    15: ("cron(30 1 1 11 ? 2026)", "America/New_York", {}, "2026-10-31T00:00:00Z", "2026-11-01T05:30:00Z"),
    16: (THE_SAME, "UTC", {"schedule_offset": 2, "created_date": "2026-11-01T00:00:00Z"},
         "2026-11-18T12:00:00Z", "2026-11-19T23:30:00Z"),
    17: (THE_SAME, "UTC", {"schedule_offset": 2, "created_date": "2026-11-18T12:00:00Z"},
         "2026-11-18T12:00:00Z", "2026-12-17T23:30:00Z"),
    18: ("rate(7 days)", "UTC", {"start_date": "2026-11-25T00:00:00Z"},
         "2026-12-03T00:00:00Z", "2026-12-09T00:00:00Z"),
    19: ("at(2026-07-07T15:55:00)", "UTC", {}, "2026-07-07T15:55:00Z", None),
    20: ("cron(0 2 ? * SUN *)", "America/New_York", {}, "2026-03-04T12:00:00Z", "2026-03-08T07:00:00Z"),
}  # fmt: skip

INVALID = [
    "cron(0 2 * * * *)",
    "cron(0 2 ? * ? *)",
    "cron(0 2 ? * 0 *)",
    "cron(60 2 ? * SUN *)",
    "cron(0 2 ? * SUN)",
    "rate(0 days)",
    "rate(1 days)",
    "rate(2 day)",
    "rate(2 weeks)",
    "at(2026-07-07)",
    "cron(0/2 * * * ? *)",
]


@pytest.mark.needs("tzdata")
@pytest.mark.parametrize(
    ("schedule", "zone", "members", "now", "expected"),
    [pytest.param(*row, id=str(number)) for number, row in EXAMPLES.items() if ZONES or row[1] == "UTC"],
)
def test_examples(schedule, zone, members, now, expected):
    run = next_run(window(schedule, zone, **members).timing, instant(now))
    assert (run and run.instant) == instant(expected)


@pytest.mark.parametrize("schedule", INVALID)
def test_invalid_examples(schedule):
    with pytest.raises(ScheduleError):
        parse_schedule(schedule)


def test_the_tables_are_those_of_the_specification():
    page = SPECIFICATION.read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if re.match(r"\| [0-9]+ \|", line)]
    told = {int(number): (expression, zone, now, run) for number, expression, zone, now, run, *local in rows}
    assert sorted(told) == sorted(EXAMPLES)
    for number, (schedule, zone, _members, now, run) in EXAMPLES.items():
        expression, told_zone, told_now, told_run = told[number]
        assert schedule in expression or expression.startswith("the same")
        assert (told_zone.replace("none", "UTC"), told_now, told_run) == (zone, now, run or "none")
    assert [written for written in INVALID if "`%s`" % written not in page.partition("Invalid: ")[2]] == []
