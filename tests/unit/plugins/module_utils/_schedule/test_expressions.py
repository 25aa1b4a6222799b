# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.expressions import (
    FORMS,
    At,
    Rate,
    parse_schedule,
)

HOURS = [datetime.time(hour) for hour in range(24)]
SIX = "it needs six, minutes hours day-of-month month day-of-week year, or seven with seconds before them"
OF_MINUTES = "0-59 with , - * /"
OF_HOURS = "0-23 with , - * /"
OF_MONTH_DAYS = "1-31 with , - * / ? L W"
OF_MONTHS = "1-12 or JAN-DEC with , - * /"
OF_WEEK_DAYS = "1-7 or SUN-SAT (1 is Sunday) with , - * / ? L #"
OF_YEARS = "1970-2199 with , - * /"
BOTH = "day-of-month and day-of-week: "
ONE_OF_THEM = "; exactly one of them must be ?"
A_RATE = "allowed: a whole number above 0, a blank, and minutes, hours or days"


def minutes(*values, hour=0):
    return [datetime.time(hour, value) for value in values]


@pytest.mark.parametrize(
    ("written", "times"),
    [
        pytest.param("5 3", [datetime.time(3, 5)], id="one value each"),
        pytest.param("0,30 0", minutes(0, 30), id="list"),
        pytest.param("0,30,0 0", minutes(0, 30), id="list with a value twice"),
        pytest.param("0/15 0", minutes(0, 15, 30, 45), id="increment"),
        pytest.param("5/20 0", minutes(5, 25, 45), id="increment from 5 on"),
        pytest.param("*/30 0", minutes(0, 30), id="increment of all"),
        pytest.param("10-30/10 0", minutes(10, 20, 30), id="increment in a range"),
        pytest.param("50-10/10 0", minutes(0, 10, 50), id="increment in a range over the hour"),
        pytest.param("00 09", [datetime.time(9)], id="leading zeros"),
        pytest.param("0 *", HOURS, id="every hour"),
        pytest.param("0 9-11", HOURS[9:12], id="range"),
        pytest.param("0 22-1", HOURS[:2] + HOURS[22:], id="range over midnight"),
        pytest.param("30 5 2", [datetime.time(2, 5, 30)], id="seconds before the minutes"),
        pytest.param("  0   2  ", [datetime.time(2)], id="runs of blanks"),
    ],
)
def test_times(written, times):
    assert list(parse_schedule("cron(%s ? * SUN *)" % written).times) == times


def november(day_of_month, day_of_week):
    schedule = parse_schedule("cron(0 0 %s 11 %s 2026)" % (day_of_month, day_of_week))
    return [date.day for date in schedule.dates(datetime.date.min)]


@pytest.mark.parametrize(
    ("day_of_month", "day_of_week", "days"),  # November 2026 begins on a Sunday and has 30 days
    [
        pytest.param("7", "?", [7], id="day"),
        pytest.param("31", "?", [], id="day that the month has not"),
        pytest.param("*", "?", list(range(1, 31)), id="every day of the month"),
        pytest.param("?", "*", list(range(1, 31)), id="every day of the week"),
        pytest.param("28-2", "?", [1, 2, 28, 29, 30], id="range over the end"),
        pytest.param("1/10", "?", [1, 11, 21], id="increment"),
        pytest.param("L", "?", [30], id="last day"),
        pytest.param("l", "?", [30], id="last day, in small letters"),
        pytest.param("1,L", "?", [1, 30], id="last day in a list"),
        pytest.param("1W", "?", [2], id="weekday nearest to the first, a Sunday"),
        pytest.param("28W", "?", [27], id="weekday nearest to a Saturday"),
        pytest.param("18W", "?", [18], id="weekday nearest to a Wednesday"),
        pytest.param("31W", "?", [], id="weekday nearest to a day that the month has not"),
        pytest.param("LW", "?", [30], id="last weekday"),
        pytest.param("?", "1", [1, 8, 15, 22, 29], id="1 is Sunday"),
        pytest.param("?", "SAT", [7, 14, 21, 28], id="name"),
        pytest.param("?", "mon,Wed", [2, 4, 9, 11, 16, 18, 23, 25, 30], id="names in any case"),
        pytest.param("?", "FRI-MON", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30],
                     id="range over the weekend"),
        pytest.param("?", "2/3", [2, 5, 9, 12, 16, 19, 23, 26, 30], id="increment in the week"),
        pytest.param("?", "L", [7, 14, 21, 28], id="last day of the week"),
        pytest.param("?", "6L", [27], id="last Friday"),
        pytest.param("?", "TUEL", [24], id="last Tuesday"),
        pytest.param("?", "MON#5", [30], id="fifth Monday"),
        pytest.param("?", "TUE#5", [], id="no fifth Tuesday"),
        pytest.param("?", "THU#1,FRI#3", [5, 20], id="numbered days in a list"),
    ],
)  # fmt: skip
def test_days(day_of_month, day_of_week, days):
    assert november(day_of_month, day_of_week) == days


@pytest.mark.parametrize(
    ("year", "month", "rule", "day"),
    [
        pytest.param(2026, 8, "1W", 3, id="first on a Saturday: not back into July"),
        pytest.param(2026, 2, "1W", 2, id="first on a Sunday"),
        pytest.param(2026, 5, "31W", 29, id="last on a Sunday: not on into June"),
        pytest.param(2026, 5, "LW", 29, id="last weekday, the last is a Sunday"),
        pytest.param(2026, 10, "LW", 30, id="last weekday, the last is a Saturday"),
        pytest.param(2028, 2, "L", 29, id="last day of a leap year's February"),
    ],
)
def test_days_at_the_ends_of_months(year, month, rule, day):
    schedule = parse_schedule("cron(0 0 %s %d ? %d)" % (rule, month, year))
    assert list(schedule.dates(datetime.date.min)) == [datetime.date(year, month, day)]


@pytest.mark.parametrize(
    ("written", "months"),
    [
        pytest.param("JAN,jul", (1, 7), id="names"),
        pytest.param("NOV-FEB", (1, 2, 11, 12), id="range over the year's end"),
        pytest.param("2/5", (2, 7, 12), id="increment"),
    ],
)
def test_months(written, months):
    assert parse_schedule("cron(0 0 1 %s ? *)" % written).months == months


@pytest.mark.parametrize(
    ("written", "schedule"),
    [
        pytest.param("rate(5 minutes)", Rate(datetime.timedelta(minutes=5)), id="minutes"),
        pytest.param("rate(1 hour)", Rate(datetime.timedelta(hours=1)), id="one hour"),
        pytest.param("rate(7 days)", Rate(datetime.timedelta(days=7)), id="days"),
        pytest.param("at(2026-07-07T15:55:00)", At(datetime.datetime(2026, 7, 7, 15, 55)), id="at"),
    ],
)
def test_rates_and_moments(written, schedule):
    assert parse_schedule(written) == schedule


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        pytest.param("", ["must have 1 to 256 characters, not 0"], id="nothing"),
        pytest.param("cron(%s)" % (" " * 256), ["must have 1 to 256 characters, not 262"], id="too long"),
        pytest.param("0 15 10 ? * *", ["'0 15 10 ? * *' is no schedule; allowed: " + FORMS], id="obsolete sample"),
        pytest.param("@daily", ["'@daily' is no schedule; allowed: " + FORMS], id="macro"),
        pytest.param("CRON(0 2 ? * SUN *)", ["'CRON(0 2 ? * SUN *)' is no schedule; allowed: " + FORMS], id="CRON"),
        pytest.param("cron(0 2 ? * SUN)", ["cron() has 5 fields; " + SIX], id="five fields"),
        pytest.param("cron()", ["cron() has 0 fields; " + SIX], id="no field"),
        pytest.param("cron(0 0 0 2 ? * SUN *)", ["cron() has 8 fields; " + SIX], id="eight fields"),
        pytest.param("cron(60 2 ? * SUN *)", ["minutes: 60 is out of range; allowed: " + OF_MINUTES], id="minutes"),
        pytest.param("cron(60 0 2 ? * SUN *)", ["seconds: 60 is out of range; allowed: " + OF_MINUTES], id="seconds"),
        pytest.param("cron(0 24 ? * SUN *)", ["hours: 24 is out of range; allowed: " + OF_HOURS], id="hours"),
        pytest.param("cron(0 ? ? * SUN *)", ["hours: '?' is no value; allowed: " + OF_HOURS], id="? in hours"),
        pytest.param("cron(0 2 32 * ? *)", ["day-of-month: 32 is out of range; allowed: " + OF_MONTH_DAYS],
                     id="day of the month"),
        pytest.param("cron(0 2 1-5W * ? *)", ["day-of-month: '1-5' is no value; allowed: " + OF_MONTH_DAYS],
                     id="range of nearest weekdays"),
        pytest.param("cron(0 2 L-3 * ? *)", ["day-of-month: 'L' is no value; allowed: " + OF_MONTH_DAYS],
                     id="days before the last"),
        pytest.param("cron(0 2 1,? * ? *)", ["day-of-month: '?' is no value; allowed: " + OF_MONTH_DAYS],
                     id="? in a list"),
        pytest.param("cron(0 2 1 13 ? *)", ["month: 13 is out of range; allowed: " + OF_MONTHS], id="month"),
        pytest.param("cron(0 2 1 JANUARY ? *)", ["month: 'JANUARY' is no value; allowed: " + OF_MONTHS],
                     id="name of a month"),
        pytest.param("cron(0 2 ? * 0 *)", ["day-of-week: 0 is out of range; allowed: " + OF_WEEK_DAYS],
                     id="day of the week"),
        pytest.param("cron(0 2 ? * TUE#6 *)",
                     ["day-of-week: '6' is no number of a week; allowed after #: 1 to 5; allowed: " + OF_WEEK_DAYS],
                     id="sixth Tuesday"),
        pytest.param("cron(0 2 ? * SUN 2200)", ["year: 2200 is out of range; allowed: " + OF_YEARS], id="year"),
        pytest.param("cron(0 2 ? * SUN NEXT)", ["year: 'NEXT' is no value; allowed: " + OF_YEARS], id="name of a year"),
        pytest.param("cron(0 2 ? * SUN 2030-2026)",
                     ["year: 2030-2026 ends before it begins; allowed: " + OF_YEARS], id="years backwards"),
        pytest.param("cron(0/0 2 ? * SUN *)",
                     ["minutes: '0' is no increment; allowed: 1 to 59; allowed: " + OF_MINUTES], id="increment 0"),
        pytest.param("cron(0 0/24 ? * SUN *)",
                     ["hours: '24' is no increment; allowed: 1 to 23; allowed: " + OF_HOURS], id="increment too long"),
        pytest.param("cron(0, 2 ? * SUN *)", ["minutes: '' is no value; allowed: " + OF_MINUTES], id="empty entry"),
        pytest.param("cron(\u0661 2 ? * SUN *)", ["minutes: '\u0661' is no value; allowed: " + OF_MINUTES],
                     id="digit of another script"),
        pytest.param("cron(0 2 * * * *)", [BOTH + "* and *, a value in both" + ONE_OF_THEM], id="a value in both"),
        pytest.param("cron(0 2 ? * ? *)", [BOTH + "both are ?" + ONE_OF_THEM], id="a value in neither"),
        pytest.param(
            "cron(60 24 ? 13 8 1969)",
            [
                "minutes: 60 is out of range; allowed: " + OF_MINUTES,
                "hours: 24 is out of range; allowed: " + OF_HOURS,
                "month: 13 is out of range; allowed: " + OF_MONTHS,
                "day-of-week: 8 is out of range; allowed: " + OF_WEEK_DAYS,
                "year: 1969 is out of range; allowed: " + OF_YEARS,
            ],
            id="all at once",
        ),
        pytest.param("rate(5)", ["'5' is no rate; " + A_RATE], id="rate without unit"),
        pytest.param("rate(-5 days)", ["'-5 days' is no rate; " + A_RATE], id="negative rate"),
        pytest.param("rate(0 days)", ["rate() needs a whole number above 0, not 0"], id="rate of nothing"),
        pytest.param("rate(1 hours)", ["'1 hours': the unit is singular after 1, and plural otherwise: 1 hour"],
                     id="plural after 1"),
        pytest.param("rate(5 hour)", ["'5 hour': the unit is singular after 1, and plural otherwise: 5 hours"],
                     id="singular after 5"),
        pytest.param("rate(2 weeks)", ["'weeks' is no unit of rate(); allowed: minute(s), hour(s), day(s)"],
                     id="weeks"),
        pytest.param("rate(4 minutes)", ["rate() of less than 5 minutes is not supported"], id="rate too fast"),
        pytest.param("rate(9999999999 days)", ["rate(9999999999 days) is too long to be counted"], id="rate too long"),
        pytest.param("at(2026-07-07)", ["'2026-07-07' is no moment for at(); allowed: YYYY-MM-DDTHH:MM:SS"],
                     id="a day"),
        pytest.param("at(2026-07-07T15:55:00Z)",
                     ["'2026-07-07T15:55:00Z' is no moment for at(); allowed: YYYY-MM-DDTHH:MM:SS"], id="at in a zone"),
        pytest.param("at(2026-02-30T00:00:00)", ["at(2026-02-30T00:00:00): day is out of range for month"],
                     id="a day that does not exist"),
    ],
)  # fmt: skip
def test_problems_name_the_field_what_is_wrong_and_what_is_allowed(written, problems):
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(written)
    assert [str(problem) for problem in caught.value.problems] == ["schedule: " + problem for problem in problems]


@pytest.mark.parametrize(
    ("written", "too_fast"),
    [
        pytest.param("0/5 * * * ? *", False, id="every five minutes"),
        pytest.param("0/4 * * * ? *", True, id="every four minutes"),
        pytest.param("0,4 2 ? * SUN *", True, id="twice within five minutes"),
        pytest.param("0,30 0 2 ? * SUN *", True, id="twice within a minute"),
        pytest.param("0/7 * * * ? *", False, id="every seven minutes, though four over the hour"),
        pytest.param("0,58 0,23 ? * SUN *", False, id="late in an hour and early in the next"),
    ],
)
def test_more_often_than_every_five_minutes(written, too_fast):
    if not too_fast:
        assert parse_schedule("cron(%s)" % written)
        return
    with pytest.raises(ScheduleError, match=r"^schedule: cron\(\) runs more often than every 5 minutes"):
        parse_schedule("cron(%s)" % written)
