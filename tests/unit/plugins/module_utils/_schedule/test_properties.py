# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every cron schedule: the next run matches it, is after now, and none is in between."""

from __future__ import annotations

import calendar
import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import UTC, next_run
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.window import current, upcoming
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._schedule.builders import window

DAY = datetime.timedelta(days=1)
NAMES = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]  # as date.weekday() counts


def is_last(date, name):
    return NAMES[date.weekday()] == name and (date + 7 * DAY).month != date.month


def is_nth(date, name, number):
    return NAMES[date.weekday()] == name and (date.day - 1) // 7 + 1 == number


def is_nearest_weekday(date, day):
    length = calendar.monthrange(date.year, date.month)[1]
    weekdays = [one for one in range(1, length + 1) if calendar.weekday(date.year, date.month, one) < 5]
    return day <= length and date.day == min(weekdays, key=lambda one: abs(one - day))


def day_rules():
    """Pairs: both day fields as written, and a question to a date that means the same."""
    names, days = st.sampled_from(NAMES), st.integers(1, 31)
    return st.one_of(
        st.just(("* * ?", lambda date: True)),
        days.map(lambda day: ("%d * ?" % day, lambda date: date.day == day)),
        st.sets(days, min_size=1, max_size=4).map(
            lambda chosen: (",".join(map(str, chosen)) + " * ?", lambda date: date.day in chosen)
        ),
        st.just(("L * ?", lambda date: (date + DAY).day == 1)),
        st.just(("LW * ?", lambda date: is_nearest_weekday(date, calendar.monthrange(date.year, date.month)[1]))),
        days.map(lambda day: ("%dW * ?" % day, lambda date: is_nearest_weekday(date, day))),
        st.sets(names, min_size=1).map(
            lambda chosen: ("? * " + ",".join(chosen), lambda date: NAMES[date.weekday()] in chosen)
        ),
        names.map(lambda name: ("? * %sL" % name, lambda date: is_last(date, name))),
        st.tuples(names, st.integers(1, 5)).map(
            lambda chosen: ("? * %s#%d" % chosen, lambda date: is_nth(date, *chosen))
        ),
    )


def first_by_trying(minute, hours, matches, offset, now):
    """The first run after now, by looking at every hour of every day."""
    for past in range(-offset - 1, 400):
        date = now.date() + past * DAY
        for hour in sorted(hours) if matches(date) else ():
            run = datetime.datetime(date.year, date.month, date.day, hour, minute, tzinfo=UTC) + offset * DAY
            if run > now:
                return run
    return None


INSTANTS = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2032, 12, 31), timezones=st.just(UTC))


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 59), st.sets(st.integers(0, 23), min_size=1), day_rules(), st.integers(0, 6), INSTANTS)
def test_the_next_run_is_the_first_that_matches(minute, hours, rule, offset, now):
    written, matches = rule
    schedule = "cron(%d %s %s *)" % (minute, ",".join(map(str, hours)), written)
    members = {"schedule_offset": offset} if offset else {}
    run = next_run(window(schedule, **members).timing, now)
    assert run.instant == first_by_trying(minute, hours, matches, offset, now)


@settings(max_examples=100, deadline=None)
@given(st.integers(5, 5000), st.integers(1, 24), INSTANTS, INSTANTS)
def test_rates_are_counted_from_their_anchor(minutes, duration, start, now):
    start, now = start.replace(microsecond=0), now.replace(microsecond=0)
    rate = window("rate(%d minutes)" % minutes, start_date=start.isoformat(), duration=duration, cutoff=0)
    (opening,) = upcoming([rate], now, 1)
    interval = datetime.timedelta(minutes=minutes)
    assert opening.opens_at > now
    assert (opening.opens_at - start) % interval == datetime.timedelta()
    assert opening.opens_at == start or opening.opens_at - interval <= now


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 59), st.sets(st.integers(0, 23), min_size=1), day_rules(), st.integers(1, 24), INSTANTS)
def test_a_window_is_open_from_its_opening_until_it_closes(minute, hours, rule, duration, now):
    written, matches = rule
    schedule = "cron(%d %s %s *)" % (minute, ",".join(map(str, hours)), written)
    made = window(schedule, duration=duration, cutoff=0)
    length = datetime.timedelta(hours=duration)
    assert (current(made, now) is not None) == (first_by_trying(minute, hours, matches, 0, now - length) <= now)
    (opening,) = upcoming([made], now, 1)
    assert current(made, opening.opens_at) == opening
    assert current(made, opening.closes_at - datetime.timedelta(seconds=1)).opens_at >= opening.opens_at
