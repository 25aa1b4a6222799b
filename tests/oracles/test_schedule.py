# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cron schedules beside aws-croniter, an independent library for the EventBridge dialect, where the two overlap.

What the library does not know, or takes for something else, is left out: seconds, offsets, zones, `LW`, lists of `L`,
`W` or `#`, increments in day-of-week and year, `L` alone in day-of-week, and `29W` to `31W` in months without that day.
"""

from __future__ import annotations

import datetime
import random

import pytest
from aws_croniter import AwsCroniter

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.expressions import parse_schedule
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.next_run import UTC, Timing, runs

EXPRESSIONS = 1000
SEED = 20261121
RUNS = 5  # compared of each expression

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def values(chance, first, last, longest=4):
    """One field of numbers: a value, a list, a range, an increment, or all."""
    one, other = chance.randint(first, last), chance.randint(first, last)
    return chance.choice(
        [
            "*",
            str(one),
            ",".join(str(chance.randint(first, last)) for past in range(chance.randint(1, longest))),
            "%d-%d" % (one, other),
            "%d/%d" % (one, chance.randint(max(first, 1), last)),
            "*/%d" % chance.randint(max(first, 1), last),
            "%d-%d/%d" % (one, other, chance.randint(max(first, 1), last)),
        ]
    )


def minutes(chance):
    """Five minutes apart at least."""
    return chance.choice(["0", str(chance.randint(0, 59)), "0/%d" % chance.randint(5, 59), "5,25,45", "10-50/20"])


def month_day(chance):
    return chance.choice([values(chance, 1, 31), values(chance, 1, 31), "L", "%dW" % chance.randint(1, 28)])


def week_day(chance):
    one = chance.choice([str(chance.randint(1, 7)), chance.choice(DAYS), chance.choice(DAYS).lower()])
    return chance.choice(
        [
            one,
            ",".join(chance.choice(DAYS) for past in range(chance.randint(1, 4))),
            "%d-%d" % (chance.randint(1, 7), chance.randint(1, 7)),
            one.upper() + "L",
            "%s#%d" % (one.upper(), chance.randint(1, 5)),
            "*",
        ]
    )


def months(chance):
    return chance.choice(["*", "*", values(chance, 1, 12), ",".join(chance.sample(MONTHS, chance.randint(1, 4)))])


def years(chance):
    year = chance.randint(2024, 2040)
    return chance.choice(["*", "*", "*", str(year), "%d-%d" % (year, year + chance.randint(0, 9))])


def expression(chance):
    by_week = chance.random() < 0.5
    days = ("?", week_day(chance)) if by_week else (month_day(chance), "?")
    return " ".join([minutes(chance), values(chance, 0, 23), days[0], months(chance), days[1], years(chance)])


def ours(written, now):
    found = runs(Timing(parse_schedule("cron(%s)" % written)), now)
    return [run.instant for past, run in zip(range(RUNS), found)]


def theirs(written, now):
    return [run for run in AwsCroniter(written).get_next(now, RUNS) if run is not None]


def cases():
    chance = random.Random(SEED)
    start = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    for _number in range(EXPRESSIONS):
        yield expression(chance), start + datetime.timedelta(minutes=chance.randrange(5 * 365 * 24 * 60))


@pytest.mark.parametrize("part", range(10))
def test_1000_random_expressions_agree(part):
    different = {}
    for written, now in list(cases())[part::10]:
        if ours(written, now) != theirs(written, now):
            different[written, now.isoformat()] = (ours(written, now), theirs(written, now))
    assert different == {}


def test_the_expressions_are_many_and_most_have_runs():
    found = list(cases())
    assert len({written for written, now in found}) > 0.95 * EXPRESSIONS
    assert sum(bool(ours(written, now)) for written, now in found) > 0.9 * EXPRESSIONS
