# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. When maintenance windows open (maintenance-windows.md, section 3). `now` is given."""

from __future__ import annotations

import datetime
import typing as t

from .expressions import At, Cron, Rate, Schedule

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
# No schedule begins before, and its last year and the longest offset are over by then.
EARLIEST = datetime.datetime(1970, 1, 1, tzinfo=UTC) - 2 * DAY
LATEST = datetime.datetime(2201, 1, 1, tzinfo=UTC)


class Timing(t.NamedTuple):
    """All that decides when a window opens. Instants are aware; None where not given, but a rate counts from one."""

    schedule: Schedule
    zone: datetime.tzinfo = UTC
    offset: int = 0  # days, of a cron schedule
    start: t.Optional[datetime.datetime] = None
    end: t.Optional[datetime.datetime] = None
    created: t.Optional[datetime.datetime] = None  # or when the schedule last changed
    enabled: bool = True


class Run(t.NamedTuple):
    instant: datetime.datetime  # in UTC
    planned: t.Optional[datetime.datetime]  # the wall clock's time that the schedule asks for; None for a rate
    clock_change: str = ""  # "gap": that time does not exist; "overlap": it exists twice, and the first one counts


def next_run(timing: Timing, now: datetime.datetime) -> t.Optional[Run]:
    """The first run after `now`."""
    return next(runs(timing, now), None)


def runs(timing: Timing, after: datetime.datetime) -> t.Iterator[Run]:
    """Every run later than `after`, in order: without end for a rate."""
    if not timing.enabled:
        return
    after = max(after, EARLIEST)
    for run in _all_runs(timing, after) if after < LATEST else ():
        if timing.end is not None and run.instant > timing.end:
            return
        if run.instant > after:
            yield run


def _all_runs(timing: Timing, after: datetime.datetime) -> t.Iterator[Run]:
    """Runs in order; perhaps some that are not after `after`, and some beyond the end."""
    if isinstance(timing.schedule, Cron):
        return _cron_runs(timing, timing.schedule, after)
    if isinstance(timing.schedule, Rate):
        return _rate_runs(timing, timing.schedule, after)
    return _at_run(timing, timing.schedule)


def _counts(timing: Timing, instant: datetime.datetime) -> bool:
    """Whether the window is there at that instant: a period whose base time is before its creation is skipped."""
    return (timing.created is None or instant > timing.created) and (timing.start is None or instant >= timing.start)


def _cron_runs(timing: Timing, cron: Cron, after: datetime.datetime) -> t.Iterator[Run]:
    offset = timing.offset * DAY
    # a time of the day before may fall on this one: zones have left out whole days
    first = max(after.astimezone(timing.zone).date() - offset - DAY, datetime.date(1970, 1, 1))
    pending: t.Dict[datetime.datetime, Run] = {}
    for date in cron.dates(first):
        for time in cron.times:
            base = datetime.datetime.combine(date, time)
            if _counts(timing, _at_wall_clock(base, timing.zone).instant):
                run = _at_wall_clock(base + offset, timing.zone)
                # of a time that does not exist and the one it falls on, the latter comes later and stays
                pending[run.instant] = run
        next_day = datetime.datetime.combine(date + offset + DAY, datetime.time())
        settled = _at_wall_clock(next_day, timing.zone).instant
        for instant in sorted(instant for instant in pending if instant < settled):
            yield pending.pop(instant)
    for instant in sorted(pending):
        yield pending[instant]


def _rate_runs(timing: Timing, rate: Rate, after: datetime.datetime) -> t.Iterator[Run]:
    """At the anchor and each interval later, whatever clocks show meanwhile."""
    anchor = max(instant for instant in (timing.start, timing.created) if instant is not None).astimezone(UTC)
    count = max(0, (after - anchor) // rate.interval + 1)
    try:
        while True:
            yield Run(anchor + count * rate.interval, None)
            count += 1
    except OverflowError:  # beyond the year 9999
        return


def _at_run(timing: Timing, at: At) -> t.Iterator[Run]:
    run = _at_wall_clock(at.moment, timing.zone)
    if _counts(timing, run.instant):
        yield run


def _at_wall_clock(planned: datetime.datetime, zone: datetime.tzinfo) -> Run:
    """The run at a local time: one that does not exist is read with the offset before the change."""
    local = planned.replace(tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != planned:
        return Run(instant, planned, "gap")
    twice = local.replace(fold=1).utcoffset() != local.utcoffset()
    return Run(instant, planned, "overlap" if twice else "")
