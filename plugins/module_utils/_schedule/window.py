# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Openings of a maintenance window: from when, until when, and how long tasks may start."""

from __future__ import annotations

import datetime
import heapq
import itertools
import typing as t

from .next_run import UTC, Run, runs
from .reading import Window


class Opening(t.NamedTuple):
    """Open from `opens_at` on and until `closes_at`, which no longer belongs to it; so the cutoff."""

    window: Window
    run: Run

    @property
    def opens_at(self) -> datetime.datetime:
        return self.run.instant

    @property
    def closes_at(self) -> datetime.datetime:
        return self.run.instant + self.window.duration

    @property
    def cutoff_at(self) -> datetime.datetime:
        return self.closes_at - self.window.cutoff

    def cutoff_passed(self, now: datetime.datetime) -> bool:
        """Whether no task may start any more."""
        return now >= self.cutoff_at

    @property
    def note(self) -> t.Optional[str]:
        """What is to be known of an opening where clocks change; None for any other."""
        if not self.run.clock_change or self.run.planned is None:
            return None
        planned, zone = self.run.planned.strftime("%Y-%m-%d %H:%M:%S"), self.window.timezone
        if self.run.clock_change == "overlap":
            return "%s happens twice in %s: the first one counts" % (planned, zone)
        local = self.opens_at.astimezone(self.window.timing.zone)
        return "%s does not exist in %s: opens at %s" % (planned, zone, local.strftime("%Y-%m-%d %H:%M:%S"))


def current(window: Window, now: datetime.datetime) -> t.Optional[Opening]:
    """The opening that holds at `now`; of several that overlap the latest, which closes last. None: it is closed."""
    found = None
    for run in runs(window.timing, now.astimezone(UTC) - window.duration):
        if run.instant > now:
            break
        found = Opening(window, run)
    return found


def upcoming(windows: t.Iterable[Window], now: datetime.datetime, count: int) -> t.List[Opening]:
    """The first `count` openings of all the windows after `now`, in order."""
    after = now.astimezone(UTC)
    merged = heapq.merge(*(_openings(window, after) for window in windows), key=lambda opening: opening.opens_at)
    return list(itertools.islice(merged, count))


def _openings(window: Window, after: datetime.datetime) -> t.Iterator[Opening]:
    for run in runs(window.timing, after):
        yield Opening(window, run)
