# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Schedules: cron(), rate() and at() (maintenance-windows.md, section 2)."""

from __future__ import annotations

import datetime
import re
import typing as t

from . import days, fields
from .errors import Problem, ScheduleError
from .fields import Field, FieldError

LONGEST = 256
FASTEST = datetime.timedelta(minutes=5)
FORMS = "cron(minutes hours day-of-month month day-of-week year), rate(value unit) or at(YYYY-MM-DDTHH:MM:SS)"
UNITS = {
    "minute": datetime.timedelta(minutes=1),
    "hour": datetime.timedelta(hours=1),
    "day": datetime.timedelta(days=1),
}

_form = re.compile(r"(cron|rate|at)\((.*)\)\Z", re.DOTALL).match
_rate = re.compile(r"([0-9]+)\s+([a-z]+)\Z").match
_at = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\Z").match


class Cron(t.NamedTuple):
    times: t.Tuple[datetime.time, ...]  # in rising order, as the wall clock shows them
    days: t.Tuple[days.Rule, ...]  # a day counts that one of them names
    months: t.Tuple[int, ...]
    years: t.Tuple[int, ...]

    def dates(self, first: datetime.date) -> t.Iterator[datetime.date]:
        """The days with a run, in order, from `first` on."""
        for year in self.years:
            for month in self.months:
                if (year, month) >= (first.year, first.month):
                    for day in sorted(set().union(*(rule.of(year, month) for rule in self.days))):
                        if datetime.date(year, month, day) >= first:
                            yield datetime.date(year, month, day)


class Rate(t.NamedTuple):
    interval: datetime.timedelta


class At(t.NamedTuple):
    moment: datetime.datetime  # as the wall clock shows it


Schedule = t.Union[Cron, Rate, At]


def parse_schedule(written: str, path: str = "schedule") -> Schedule:
    """The schedule that an expression means. Raises ScheduleError that names each field which is wrong."""
    if not 1 <= len(written) <= LONGEST:
        raise _error(path, "must have 1 to %d characters, not %d" % (LONGEST, len(written)))
    found = _form(written.strip())
    if not found:
        raise _error(path, "'%.80s' is no schedule; allowed: %s" % (written, FORMS))
    form, inside = found.group(1), found.group(2).strip()
    if form == "cron":
        return _parse_cron(inside.split(), path)
    return _parse_rate(inside, path) if form == "rate" else _parse_at(inside, path)


def _error(path: str, message: str) -> ScheduleError:
    return ScheduleError([Problem(path, message)])


def _parse_cron(written: t.List[str], path: str) -> Cron:
    if len(written) not in (6, 7):
        raise _error(
            path,
            "cron() has %d fields; it needs six, minutes hours day-of-month month day-of-week year, or seven with "
            "seconds before them" % len(written),
        )
    seconds = written.pop(0) if len(written) == 7 else "0"
    minutes, hours, day_of_month, month, day_of_week, year = written
    problems: t.List[Problem] = []

    def read(parse: t.Callable[..., t.Any], field: Field, *arguments: t.Any) -> t.Any:
        try:
            return parse(*arguments)
        except FieldError as error:
            problems.append(Problem("%s: %s" % (path, field.name), "%s; allowed: %s" % (error, field.allowed)))
            return ()

    chosen_seconds = read(fields.numbers, fields.SECONDS, fields.SECONDS, seconds)
    chosen_minutes = read(fields.numbers, fields.MINUTES, fields.MINUTES, minutes)
    chosen_hours = read(fields.numbers, fields.HOURS, fields.HOURS, hours)
    rules: t.Tuple[days.Rule, ...] = ()
    if (day_of_month == "?") == (day_of_week == "?"):
        problems.append(Problem("%s: day-of-month and day-of-week" % path, _both(day_of_month, day_of_week)))
    if day_of_month != "?":
        rules += read(fields.month_days, fields.DAY_OF_MONTH, day_of_month)
    chosen_months = read(fields.numbers, fields.MONTH, fields.MONTH, month)
    if day_of_week != "?":
        rules += read(fields.week_days, fields.DAY_OF_WEEK, day_of_week)
    chosen_years = read(fields.numbers, fields.YEAR, fields.YEAR, year)
    if problems:
        raise ScheduleError(problems)
    if _too_fast(chosen_seconds, chosen_minutes):
        raise _error(path, "cron() runs more often than every 5 minutes, which is not supported")
    times = [
        datetime.time(hour, minute, second)
        for hour in chosen_hours
        for minute in chosen_minutes
        for second in chosen_seconds
    ]
    return Cron(tuple(times), rules, chosen_months, chosen_years)


def _both(day_of_month: str, day_of_week: str) -> str:
    given = "both are ?" if day_of_month == "?" else "%s and %s, a value in both" % (day_of_month, day_of_week)
    return "%s; exactly one of them must be ?" % given


def _too_fast(seconds: t.Sequence[int], minutes: t.Sequence[int]) -> bool:
    """Within an hour. 0/7 is a rate of seven minutes, though the next hour begins four minutes after its last."""
    fastest = FASTEST.total_seconds() / 60
    return len(seconds) > 1 or any(later - earlier < fastest for earlier, later in zip(minutes, minutes[1:]))


def _parse_rate(written: str, path: str) -> Rate:
    found = _rate(written)
    if not found:
        raise _error(
            path,
            "'%.80s' is no rate; allowed: a whole number above 0, a blank, and minutes, hours or days" % written,
        )
    count, unit = int(found.group(1)), found.group(2)
    singular = unit[:-1] if unit.endswith("s") else unit
    if singular not in UNITS:
        raise _error(path, "'%.80s' is no unit of rate(); allowed: minute(s), hour(s), day(s)" % unit)
    if count < 1:
        raise _error(path, "rate() needs a whole number above 0, not %d" % count)
    right = singular if count == 1 else singular + "s"
    if unit != right:
        raise _error(path, "'%s': the unit is singular after 1, and plural otherwise: %d %s" % (written, count, right))
    try:
        rate = Rate(UNITS[singular] * count)
    except OverflowError as error:
        raise _error(path, "rate(%.80s) is too long to be counted" % written) from error
    if rate.interval < FASTEST:
        raise _error(path, "rate() of less than 5 minutes is not supported")
    return rate


def _parse_at(written: str, path: str) -> At:
    found = _at(written)
    if not found:
        raise _error(path, "'%.80s' is no moment for at(); allowed: YYYY-MM-DDTHH:MM:SS" % written)
    try:
        return At(datetime.datetime(*(int(part) for part in found.groups())))
    except ValueError as error:
        raise _error(path, "at(%s): %s" % (written, error)) from error
