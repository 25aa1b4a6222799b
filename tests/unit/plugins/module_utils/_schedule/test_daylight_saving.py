# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where clocks change: what local times mean, and that windows last as long as they say."""

from __future__ import annotations

import datetime
import itertools

import pytest
import zoneinfo
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import UTC, next_run, runs
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.window import current, upcoming
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._schedule.builders import instant, window

pytestmark = pytest.mark.needs("tzdata")

NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"
APIA = "Pacific/Apia"

# The night before each change of 2026, and the hour of the change in local time.
CHANGES = {
    (NEW_YORK, "2026-03-08T07:00:00Z"),
    (NEW_YORK, "2026-11-01T06:00:00Z"),
    (BERLIN, "2026-03-29T01:00:00Z"),
    (BERLIN, "2026-10-25T01:00:00Z"),
    (LORD_HOWE, "2026-04-04T15:00:00Z"),
    (LORD_HOWE, "2026-10-03T15:30:00Z"),
}


@pytest.mark.parametrize(
    ("zone", "schedule", "expected", "local"),
    [
        pytest.param(NEW_YORK, "cron(59 1 8 3 ? 2026)", "2026-03-08T06:59:00Z", "01:59-05:00", id="NY before the gap"),
        pytest.param(NEW_YORK, "cron(0 2 8 3 ? 2026)", "2026-03-08T07:00:00Z", "03:00-04:00", id="NY gap begins"),
        pytest.param(NEW_YORK, "cron(30 2 8 3 ? 2026)", "2026-03-08T07:30:00Z", "03:30-04:00", id="NY in the gap"),
        pytest.param(NEW_YORK, "cron(0 3 8 3 ? 2026)", "2026-03-08T07:00:00Z", "03:00-04:00", id="NY gap is over"),
        pytest.param(NEW_YORK, "cron(59 0 1 11 ? 2026)", "2026-11-01T04:59:00Z", "00:59-04:00", id="NY before overlap"),
        pytest.param(NEW_YORK, "cron(30 1 1 11 ? 2026)", "2026-11-01T05:30:00Z", "01:30-04:00", id="NY overlap"),
        pytest.param(NEW_YORK, "cron(0 2 1 11 ? 2026)", "2026-11-01T07:00:00Z", "02:00-05:00", id="NY overlap is over"),
        pytest.param(NEW_YORK, "at(2026-03-08T02:30:00)", "2026-03-08T07:30:00Z", "03:30-04:00", id="NY at in the gap"),
        pytest.param(NEW_YORK, "at(2026-11-01T01:30:00)", "2026-11-01T05:30:00Z", "01:30-04:00", id="NY at, overlap"),
        pytest.param(BERLIN, "cron(59 1 29 3 ? 2026)", "2026-03-29T00:59:00Z", "01:59+01:00", id="Berlin before gap"),
        pytest.param(BERLIN, "cron(30 2 29 3 ? 2026)", "2026-03-29T01:30:00Z", "03:30+02:00", id="Berlin in the gap"),
        pytest.param(BERLIN, "cron(0 3 29 3 ? 2026)", "2026-03-29T01:00:00Z", "03:00+02:00", id="Berlin gap is over"),
        pytest.param(BERLIN, "cron(30 2 25 10 ? 2026)", "2026-10-25T00:30:00Z", "02:30+02:00", id="Berlin overlap"),
        pytest.param(BERLIN, "cron(0 3 25 10 ? 2026)", "2026-10-25T02:00:00Z", "03:00+01:00", id="Berlin overlap over"),
        pytest.param(
            LORD_HOWE, "cron(15 2 4 10 ? 2026)", "2026-10-03T15:45:00Z", "02:45+11:00", id="half an hour's gap"
        ),
        pytest.param(LORD_HOWE, "cron(30 2 4 10 ? 2026)", "2026-10-03T15:30:00Z", "02:30+11:00", id="that gap is over"),
        pytest.param(
            LORD_HOWE, "cron(29 1 5 4 ? 2026)", "2026-04-04T14:29:00Z", "01:29+11:00", id="before its overlap"
        ),
        pytest.param(LORD_HOWE, "cron(45 1 5 4 ? 2026)", "2026-04-04T14:45:00Z", "01:45+11:00", id="its overlap"),
        pytest.param(
            LORD_HOWE, "cron(0 2 5 4 ? 2026)", "2026-04-04T15:30:00Z", "02:00+10:30", id="that overlap is over"
        ),
        pytest.param(
            APIA, "cron(30 12 30 12 ? 2011)", "2011-12-30T22:30:00Z", "12:30+14:00", id="day that is left out"
        ),
    ],
)
def test_one_run(zone, schedule, expected, local):
    run = next_run(window(schedule, zone).timing, instant("2011-01-01T00:00:00Z"))
    assert run.instant == instant(expected)
    assert run.instant.astimezone(zoneinfo.ZoneInfo(zone)).isoformat(timespec="minutes")[11:] == local


@pytest.mark.parametrize(
    ("zone", "schedule", "members", "after", "expected"),
    [
        pytest.param(NEW_YORK, "cron(0/30 1-3 8 3 ? 2026)", {}, "2026-03-08T00:00:00Z",
                     ["08T06:00", "08T06:30", "08T07:00", "08T07:30"], id="times of the gap fall on those after it"),
        pytest.param(NEW_YORK, "cron(0/30 0-2 1 11 ? 2026)", {}, "2026-11-01T00:00:00Z",
                     ["01T04:00", "01T04:30", "01T05:00", "01T05:30", "01T07:00", "01T07:30"],
                     id="nothing in the second half of the overlap"),
        pytest.param(NEW_YORK, "cron(30 2 ? * SAT *)", {"schedule_offset": 1}, "2026-03-07T00:00:00Z",
                     ["08T07:30", "15T06:30"], id="the offset leads into the gap"),
        pytest.param(NEW_YORK, "cron(30 2 ? * SUN *)", {"schedule_offset": 1}, "2026-03-07T00:00:00Z",
                     ["09T06:30", "16T06:30"], id="the offset leads out of the gap"),
        pytest.param(BERLIN, "cron(0 4 * * ? *)", {}, "2026-03-28T00:00:00Z",
                     ["28T03:00", "29T02:00", "30T02:00"], id="the wall clock's time is kept"),
        pytest.param(BERLIN, "rate(1 day)", {"start_date": "2026-03-28T03:00:00Z"}, "2026-03-28T00:00:00Z",
                     ["28T03:00", "29T03:00", "30T03:00"], id="a rate does not move"),
        pytest.param(APIA, "cron(30 0,12 * * ? *)", {}, "2011-12-30T00:00:00Z",
                     ["30T10:30", "30T22:30", "31T10:30"], id="the left out day falls on the next"),
        pytest.param(APIA, "cron(30 12 30 12 ? 2011)", {}, "2011-12-30T12:00:00Z", ["30T22:30"],
                     id="the left out day, asked on the next"),
    ],
)  # fmt: skip
def test_runs_in_order(zone, schedule, members, after, expected):
    found = itertools.islice(runs(window(schedule, zone, **members).timing, instant(after)), len(expected))
    assert [run.instant.strftime("%dT%H:%M") for run in found] == expected


@pytest.mark.parametrize(
    ("zone", "schedule", "closes"),
    [
        pytest.param(NEW_YORK, "cron(0 0 8 3 ? 2026)", "2026-03-08T05:00:00-04:00", id="spring"),
        pytest.param(NEW_YORK, "cron(0 0 1 11 ? 2026)", "2026-11-01T03:00:00-05:00", id="autumn"),
        pytest.param(LORD_HOWE, "cron(0 0 5 4 ? 2026)", "2026-04-05T03:30:00+10:30", id="half an hour"),
    ],
)
def test_durations_are_hours_that_pass(zone, schedule, closes):
    (opening,) = upcoming([window(schedule, zone)], instant("2026-01-01T00:00:00Z"), 1)
    assert opening.closes_at == instant(closes)
    assert opening.closes_at - opening.opens_at == datetime.timedelta(hours=4)
    assert current(opening.window, opening.closes_at - datetime.timedelta(seconds=1)) == opening
    assert current(opening.window, opening.closes_at) is None


@pytest.mark.parametrize(
    ("zone", "schedule", "note"),
    [
        pytest.param(NEW_YORK, "cron(30 2 8 3 ? 2026)", "2026-03-08 02:30:00 does not exist in America/New_York: "
                     "opens at 2026-03-08 03:30:00", id="gap"),
        pytest.param(BERLIN, "cron(30 2 25 10 ? 2026)",
                     "2026-10-25 02:30:00 happens twice in Europe/Berlin: the first one counts", id="overlap"),
        pytest.param(BERLIN, "cron(30 3 25 10 ? 2026)", None, id="any other time"),
        pytest.param(NEW_YORK, "cron(0 2,3 8 3 ? 2026)", None, id="the gap falls on a time that is planned as well"),
    ],
)  # fmt: skip
def test_the_user_is_told(zone, schedule, note):
    (opening,) = upcoming([window(schedule, zone)], instant("2026-01-01T00:00:00Z"), 1)
    assert opening.note == note


def local(moment, zone):
    return moment.astimezone(zone).replace(tzinfo=None)


def means(moment, zone):
    """The local times that lead to this instant: the clock's, if it shows it for the first time; and one in a gap."""
    shown = moment.astimezone(zone)
    if not shown.fold:
        yield shown.replace(tzinfo=None)
    missed = shown.utcoffset() - (moment - datetime.timedelta(hours=2)).astimezone(zone).utcoffset()
    unchanged = shown.replace(tzinfo=None) - missed
    if missed > datetime.timedelta() and local(unchanged.replace(tzinfo=zone).astimezone(UTC), zone) != unchanged:
        yield unchanged


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CHANGES)), st.integers(0, 59), st.sets(st.integers(0, 5), min_size=1))
def test_runs_around_a_change_are_the_minutes_whose_local_time_matches(change, minute, hours):
    zone, moment = zoneinfo.ZoneInfo(change[0]), instant(change[1])
    schedule = "cron(%d %s * * ? *)" % (minute, ",".join(map(str, hours)))
    first, last = moment - datetime.timedelta(hours=30), moment + datetime.timedelta(hours=30)
    minutes = [first + datetime.timedelta(minutes=past) for past in range(1, 60 * 60)]
    expected = [at for at in minutes if any(time.minute == minute and time.hour in hours for time in means(at, zone))]
    found = itertools.takewhile(lambda run: run.instant < last, runs(window(schedule, change[0]).timing, first))
    assert [run.instant for run in found] == expected
