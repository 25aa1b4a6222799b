# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The days of a month that day-of-month and day-of-week of a cron expression mean.

Days of the week are numbered as the expressions number them: 1 is Sunday.
"""

from __future__ import annotations

import calendar
import typing as t

SUNDAY = 1
SATURDAY = 7


def day_of_week(year: int, month: int, day: int) -> int:
    return (calendar.weekday(year, month, day) + 1) % 7 + 1


def length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


class Days(t.NamedTuple):
    """`15`, `1-15`, `*`"""

    values: t.FrozenSet[int]

    def of(self, year: int, month: int) -> t.Set[int]:
        return set(self.values.intersection(range(1, length(year, month) + 1)))


class LastDay(t.NamedTuple):
    """`L`"""

    def of(self, year: int, month: int) -> t.Set[int]:
        return {length(year, month)}


class LastWeekday(t.NamedTuple):
    """`LW`"""

    def of(self, year: int, month: int) -> t.Set[int]:
        return {_nearest_weekday(year, month, length(year, month))}


class NearestWeekday(t.NamedTuple):
    """`15W`; nothing in a month without that day."""

    day: int

    def of(self, year: int, month: int) -> t.Set[int]:
        return {_nearest_weekday(year, month, self.day)} if self.day <= length(year, month) else set()


class DaysOfWeek(t.NamedTuple):
    """`TUE`, `MON-FRI`"""

    values: t.FrozenSet[int]

    def of(self, year: int, month: int) -> t.Set[int]:
        return {day for day in range(1, length(year, month) + 1) if day_of_week(year, month, day) in self.values}


class LastDayOfWeek(t.NamedTuple):
    """`6L`: the last Friday"""

    value: int

    def of(self, year: int, month: int) -> t.Set[int]:
        return {max(DaysOfWeek(frozenset([self.value])).of(year, month))}


class NthDayOfWeek(t.NamedTuple):
    """`THU#3`; nothing in a month without a fifth."""

    value: int
    number: int

    def of(self, year: int, month: int) -> t.Set[int]:
        return set(sorted(DaysOfWeek(frozenset([self.value])).of(year, month))[self.number - 1 : self.number])


Rule = t.Union[Days, LastDay, LastWeekday, NearestWeekday, DaysOfWeek, LastDayOfWeek, NthDayOfWeek]


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Monday to Friday, and never in another month."""
    on = day_of_week(year, month, day)
    if on == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if on == SUNDAY:
        return day + 1 if day < length(year, month) else day - 2
    return day
