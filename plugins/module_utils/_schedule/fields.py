# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One field of a cron expression (maintenance-windows.md, section 2.1)."""

from __future__ import annotations

import re
import typing as t

from . import days

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS_OF_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

_number = re.compile(r"[0-9]{1,4}").fullmatch


class FieldError(ValueError):
    """What is wrong in one field."""


class Field(t.NamedTuple):
    name: str
    first: int
    last: int
    allowed: str  # in words, for errors
    names: t.Tuple[str, ...] = ()  # of the values, from `first` on
    wraps: bool = True  # whether 22-2 goes on from the last value to the first

    def value(self, written: str) -> int:
        if written in self.names:
            return self.names.index(written) + self.first
        if not _number(written):
            raise FieldError("%r is no value" % written)
        if not self.first <= int(written) <= self.last:
            raise FieldError("%s is out of range" % written)
        return int(written)

    def values(self, written: str) -> t.Set[int]:
        """Of one entry of a list: `*`, `5`, `1-15`, and each of them with `/20` behind."""
        span, slash, step = written.partition("/")
        first, last = self._ends(span, bool(slash))
        size = self.last - self.first + 1
        count = (last - first) % size + 1
        return {(first - self.first + past) % size + self.first for past in range(0, count, self._step(step, slash))}

    def _ends(self, span: str, stepped: bool) -> t.Tuple[int, int]:
        if span == "*":
            return self.first, self.last
        start, dash, end = span.partition("-")
        first = self.value(start)
        if not dash:
            return first, self.last if stepped else first
        last = self.value(end)
        if last < first and not self.wraps:
            raise FieldError("%s ends before it begins" % span)
        return first, last

    def _step(self, step: str, slash: str) -> int:
        if not slash:
            return 1
        longest = self.last - self.first + (0 if self.first == 0 else 1)
        if not _number(step) or not 1 <= int(step) <= longest:
            raise FieldError("%r is no increment; allowed: 1 to %d" % (step, longest))
        return int(step)


SECONDS = Field("seconds", 0, 59, "0-59 with , - * /")
MINUTES = Field("minutes", 0, 59, "0-59 with , - * /")
HOURS = Field("hours", 0, 23, "0-23 with , - * /")
DAY_OF_MONTH = Field("day-of-month", 1, 31, "1-31 with , - * / ? L W")
MONTH = Field("month", 1, 12, "1-12 or JAN-DEC with , - * /", MONTHS)
DAY_OF_WEEK = Field("day-of-week", 1, 7, "1-7 or SUN-SAT (1 is Sunday) with , - * / ? L #", DAYS_OF_WEEK)
YEAR = Field("year", 1970, 2199, "1970-2199 with , - * /", wraps=False)


def numbers(field: Field, written: str) -> t.Tuple[int, ...]:
    """The values of a field, in rising order."""
    return tuple(sorted(set().union(*(field.values(entry) for entry in written.upper().split(",")))))


def month_days(written: str) -> t.Tuple[days.Rule, ...]:
    """The rules of a day-of-month that is not `?`; a day counts that one of them names."""
    return tuple(_month_day(entry) for entry in written.upper().split(","))


def week_days(written: str) -> t.Tuple[days.Rule, ...]:
    """The rules of a day-of-week that is not `?`; a day counts that one of them names."""
    return tuple(_week_day(entry) for entry in written.upper().split(","))


def _month_day(entry: str) -> days.Rule:
    if entry == "L":
        return days.LastDay()
    if entry == "LW":
        return days.LastWeekday()
    if entry.endswith("W"):
        return days.NearestWeekday(DAY_OF_MONTH.value(entry[:-1]))
    return days.Days(frozenset(DAY_OF_MONTH.values(entry)))


def _week_day(entry: str) -> days.Rule:
    if entry == "L":
        return days.DaysOfWeek(frozenset([days.SATURDAY]))
    if entry.endswith("L"):
        return days.LastDayOfWeek(DAY_OF_WEEK.value(entry[:-1]))
    value, hash_sign, number = entry.partition("#")
    if not hash_sign:
        return days.DaysOfWeek(frozenset(DAY_OF_WEEK.values(entry)))
    if number not in ("1", "2", "3", "4", "5"):
        raise FieldError("%r is no number of a week; allowed after #: 1 to 5" % number)
    return days.NthDayOfWeek(DAY_OF_WEEK.value(value), int(number))
