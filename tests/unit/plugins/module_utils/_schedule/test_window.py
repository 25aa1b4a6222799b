# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import itertools

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import next_run, runs
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.window import current, upcoming
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._schedule.builders import instant, window

SUNDAYS = "cron(0 2 ? * SUN *)"
FOREVER_LATER = "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    ("schedule", "members", "now", "expected"),
    [
        pytest.param(SUNDAYS, {}, "2026-11-22T01:59:59Z", "2026-11-22T02:00:00Z", id="a second before"),
        pytest.param(SUNDAYS, {}, "2026-11-22T02:00:00Z", "2026-11-29T02:00:00Z", id="strictly after now"),
        pytest.param(SUNDAYS, {"enabled": False}, "2026-11-22T01:00:00Z", None, id="disabled"),
        pytest.param(SUNDAYS, {"start_date": "2026-11-22T02:00:00Z"}, "2026-11-01T00:00:00Z", "2026-11-22T02:00:00Z",
                     id="the start itself counts"),
        pytest.param(SUNDAYS, {"start_date": "2026-11-22T02:00:01Z"}, "2026-11-01T00:00:00Z", "2026-11-29T02:00:00Z",
                     id="before the start"),
        pytest.param(SUNDAYS, {"end_date": "2026-11-22T02:00:00Z"}, "2026-11-21T00:00:00Z", "2026-11-22T02:00:00Z",
                     id="the end itself counts"),
        pytest.param(SUNDAYS, {"end_date": "2026-11-22T01:59:59Z"}, "2026-11-21T00:00:00Z", None, id="after the end"),
        pytest.param(SUNDAYS, {"end_date": "2026-11-01T00:00:00Z"}, "2026-11-21T00:00:00Z", None, id="the end passed"),
        pytest.param(SUNDAYS, {"created_date": "2026-11-22T02:00:00Z"}, "2026-11-21T00:00:00Z", "2026-11-29T02:00:00Z",
                     id="created at a base time"),
        pytest.param(SUNDAYS, {"schedule_offset": 6, "start_date": "2026-11-22T00:00:00Z"}, "2026-11-20T00:00:00Z",
                     "2026-11-28T02:00:00Z", id="offset: base times before the start do not count"),
        pytest.param(SUNDAYS, {"schedule_offset": 6, "end_date": "2026-11-27T00:00:00Z"}, "2026-11-22T00:00:00Z", None,
                     id="offset: the run is held to the end"),
        pytest.param("cron(0 0 31 12 ? 2199)", {"schedule_offset": 6}, "2026-01-01T00:00:00Z", "2200-01-06T00:00:00Z",
                     id="offset out of the last year"),
        pytest.param("cron(0 0 30 2 ? *)", {}, "2026-01-01T00:00:00Z", None, id="a day that never comes"),
        pytest.param("cron(0 0 1 1 ? 1970)", {}, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
                     id="first year of all"),
        pytest.param(SUNDAYS, {}, FOREVER_LATER, None, id="last instant of all"),
        pytest.param("rate(7 days)", {"start_date": "2026-11-25T00:00:00Z"}, "2026-11-01T00:00:00Z",
                     "2026-11-25T00:00:00Z", id="rate: the first run is at the anchor"),
        pytest.param("rate(7 days)", {"start_date": "2026-11-25T00:00:00Z"}, "2026-11-25T00:00:00Z",
                     "2026-12-02T00:00:00Z", id="rate: strictly after now"),
        pytest.param("rate(1 day)", {"created_date": "2026-11-25T10:00:00Z"}, "2026-11-27T12:00:00Z",
                     "2026-11-28T10:00:00Z", id="rate: counts from the creation"),
        pytest.param("rate(1 day)", {"start_date": "2026-11-20T03:00:00Z", "created_date": "2026-11-25T10:00:00Z"},
                     "2026-11-27T12:00:00Z", "2026-11-28T10:00:00Z", id="rate: a start before the creation"),
        pytest.param("rate(1 day)", {"start_date": "2026-11-26T03:00:00Z", "created_date": "2026-11-25T10:00:00Z"},
                     "2026-11-27T12:00:00Z", "2026-11-28T03:00:00Z", id="rate: a start after the creation"),
        pytest.param("rate(7 days)", {"start_date": "2019-01-01T00:03:15+09:00"}, "2026-11-21T00:00:00Z",
                     "2026-11-23T15:03:15Z", id="rate: Tuesdays at 00:03:15 in Tokyo"),
        pytest.param("rate(1 day)", {"start_date": "2026-11-25T00:00:00Z", "end_date": "2026-11-26T00:00:00Z"},
                     "2026-11-26T00:00:00Z", None, id="rate: the end passed"),
        pytest.param("rate(2000000 days)", {"start_date": "2026-11-25T00:00:00Z"}, "2026-11-26T00:00:00Z",
                     "7502-09-19T00:00:00Z", id="rate: in thousands of years"),
        pytest.param("rate(3000000 days)", {"start_date": "2026-11-25T00:00:00Z"}, "2026-11-26T00:00:00Z", None,
                     id="rate: beyond all years"),
        pytest.param("at(2026-07-07T15:55:00)", {}, "2026-07-07T15:54:59Z", "2026-07-07T15:55:00Z", id="at"),
        pytest.param("at(2026-07-07T15:55:00)", {"created_date": "2026-07-07T16:00:00Z"}, "2026-07-07T00:00:00Z", None,
                     id="at: created later"),
        pytest.param("at(2026-07-07T15:55:00)", {"start_date": "2026-07-08T00:00:00Z"}, "2026-07-07T00:00:00Z", None,
                     id="at: before the start"),
        pytest.param("at(2026-07-07T15:55:00)", {"end_date": "2026-07-07T00:00:00Z"}, "2026-07-06T00:00:00Z", None,
                     id="at: after the end"),
    ],
)  # fmt: skip
def test_next_run(schedule, members, now, expected):
    run = next_run(window(schedule, **members).timing, instant(now))
    assert (run and run.instant) == instant(expected)


def test_runs_one_after_another():
    timing = window("cron(0 0/12 * 2,3 ? *)").timing
    found = [run.instant for run in itertools.islice(runs(timing, instant("2027-02-28T00:00:00Z")), 3)]
    assert found == [instant("2027-02-28T12:00:00Z"), instant("2027-03-01T00:00:00Z"), instant("2027-03-01T12:00:00Z")]


@pytest.mark.parametrize(
    ("now", "is_open", "cutoff_passed"),
    [
        pytest.param("2026-11-22T01:59:59Z", False, None, id="a second before it opens"),
        pytest.param("2026-11-22T02:00:00Z", True, False, id="as it opens"),
        pytest.param("2026-11-22T04:59:59Z", True, False, id="a second before the cutoff"),
        pytest.param("2026-11-22T05:00:00Z", True, True, id="at the cutoff"),
        pytest.param("2026-11-22T05:59:59Z", True, True, id="its last second"),
        pytest.param("2026-11-22T06:00:00Z", False, None, id="as it closes"),
    ],
)
def test_open_and_cutoff(now, is_open, cutoff_passed):
    opening = current(window(SUNDAYS), instant(now))
    assert bool(opening) == is_open
    if opening:
        assert opening.closes_at == instant("2026-11-22T06:00:00Z")
        assert opening.cutoff_passed(instant(now)) == cutoff_passed


def test_the_cutoff_may_be_the_end():
    opening = current(window(SUNDAYS, cutoff=0), instant("2026-11-22T05:59:59Z"))
    assert opening.cutoff_at == opening.closes_at
    assert not opening.cutoff_passed(instant("2026-11-22T05:59:59Z"))


def test_of_openings_that_overlap_the_latest_holds():
    hourly = window("cron(0 * * * ? *)")
    assert current(hourly, instant("2026-11-22T05:30:00Z")).opens_at == instant("2026-11-22T05:00:00Z")


def test_an_opening_outlives_the_end_date():
    ended = window(SUNDAYS, end_date="2026-11-22T03:00:00Z")
    assert current(ended, instant("2026-11-22T05:59:59Z"))
    assert not current(ended, instant("2026-11-29T02:00:00Z"))


def test_a_disabled_window_is_closed():
    assert current(window(SUNDAYS, enabled=False), instant("2026-11-22T03:00:00Z")) is None


def test_a_period_that_was_skipped_is_closed():
    assert current(window(SUNDAYS, created_date="2026-11-22T02:00:00Z"), instant("2026-11-22T03:00:00Z")) is None


def test_an_instant_in_another_zone_is_the_same_instant():
    offset = datetime.timezone(datetime.timedelta(hours=5))
    now = instant("2026-11-22T03:00:00Z")
    assert current(window(SUNDAYS), now.astimezone(offset)) == current(window(SUNDAYS), now)


def test_the_openings_of_several_windows_come_in_order():
    saturdays = window("cron(0 22 ? * SAT *)", name="saturday")
    never = window("cron(0 0 30 2 ? *)", name="never")
    found = upcoming([window(SUNDAYS, name="sunday"), never, saturdays], instant("2026-11-21T12:00:00Z"), 3)
    assert [(opening.window.name, opening.opens_at.day) for opening in found] == [
        ("saturday", 21),
        ("sunday", 22),
        ("saturday", 28),
    ]
