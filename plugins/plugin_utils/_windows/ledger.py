# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What one run knows of each update that it considered; none is ever lost from here."""

from __future__ import annotations

import typing as t

from . import outcome
from .outcome import PatchResult
from .selection import Selection, Target

Document = dict[str, t.Any]

MOST_TRIES = 2  # of one update: what failed is tried once more after a restart
NOT_BEGUN = "max_duration was over before it was begun"


class Ledger:
    """`download_only`: what is downloaded is done. `present`: the newest inventory's updates by their ids."""

    def __init__(self, download_only: bool) -> None:
        self._download_only = download_only
        self._considered: dict[str, Target] = {}
        self._skipped: dict[str, tuple[Target, str]] = {}
        self._refused: dict[str, str] = {}
        self._failures: dict[str, str] = {}
        self._tries: dict[str, int] = {}
        self._done: set[str] = set()
        self._left: set[str] = set()  # not begun, because the run was to end
        self._again: set[str] = set()  # failed, or nobody told: may be tried once more
        self._fresh: set[str] = set()  # installed since the last restart

    @property
    def considered(self) -> list[Target]:
        return list(self._considered.values())

    @property
    def done(self) -> list[str]:
        return sorted(self._done)

    @property
    def unrestarted(self) -> bool:
        """Something was installed since the last restart."""
        return bool(self._fresh)

    def next(self, chosen: Selection) -> list[Target]:
        """Of what is approved and missing now, what was not tried in vain."""
        self._skipped.update({target.id or target.kb_id: (target, why) for target, why in chosen.skipped.items()})
        targets = []
        for target in chosen.targets:
            self._considered.setdefault(target.id, target)
            tries = self._tries.get(target.id, 0)
            once_more = target.id in self._again and tries < MOST_TRIES
            if target.id not in self._refused and (not tries or once_more):
                targets.append(target)
        return targets

    def refuse(self, refused: t.Mapping[Target, str]) -> None:
        self._refused.update({target.id: why for target, why in refused.items()})

    def tried(self, targets: t.Sequence[Target], came: Document) -> None:
        """`came`: the result of win_updates."""
        told = {identifier.lower(): one for identifier, one in (came.get("updates") or {}).items()}
        done = "downloaded" if self._download_only else "installed"
        for target in targets:
            self._considered.setdefault(target.id, target)
            one = told.get(target.id) or {}
            self._tries[target.id] = self._tries.get(target.id, 0) + 1
            self._failures[target.id] = outcome.failure(one, came)
            self._again.discard(target.id)
            if one.get(done) or (self._download_only and _there_before(one, came)):
                self._done.add(target.id)
            elif "failure_hresult_code" not in one:  # nobody told: only a new search can
                self._again.add(target.id)

    def seen(self, targets: t.Sequence[Target], present: t.Mapping[str, Document]) -> list[Target]:
        """What the node has of `targets` after they were tried; it counts, whatever win_updates said."""
        newly = []
        for target in targets:
            # one that the agent no longer tells of is as win_updates left it
            there = target.id in self._done
            if not self._download_only and target.id in present:
                there = present[target.id]["installed"]
            if there:
                newly.append(target)
                self._done.add(target.id)
                self._failures.pop(target.id, None)
            else:
                self._done.discard(target.id)
        if not self._download_only:
            self._fresh |= {target.id for target in newly}
        return newly

    def restarted(self, present: t.Mapping[str, Document]) -> None:
        """What failed may be tried again; what was installed and is gone is not, because it would go on for ever."""
        self._again = set(self._failures)
        for identifier in self._fresh:
            if identifier in present and not present[identifier]["installed"]:
                self._failures[identifier] = outcome.UNDONE
                self._done.discard(identifier)
        self._fresh = set()

    def leave(self, targets: t.Iterable[Target]) -> None:
        """max_duration is over; they are not begun any more."""
        self._left |= {target.id for target in targets}

    def give_up(self, words: str) -> None:
        """The run ends here; `words` are why, for what nothing else is known of."""
        for identifier in self._considered:
            if identifier not in self._done and identifier not in self._left:
                self._failures.setdefault(identifier, words)

    def results(self, hoped: str) -> list[PatchResult]:
        """Every update that the run considered; `hoped`: what the outcome of those is that nothing speaks against."""
        results = [PatchResult(target, outcome.SKIPPED, why) for target, why in self._skipped.values()]
        for identifier, target in self._considered.items():
            why = self._refused.get(identifier) or self._failures.get(identifier)
            if identifier in self._done or (why is None and hoped == outcome.PLANNED):
                results.append(PatchResult(target, hoped))
            elif why is not None:
                results.append(PatchResult(target, outcome.FAILED_PATCH, why))
            elif identifier not in self._skipped:
                results.append(PatchResult(target, outcome.SKIPPED, NOT_BEGUN))
        return outcome.ordered(results)


def _there_before(told: Document, came: Document) -> bool:
    """Of what is downloaded already win_updates says only that it chose it."""
    return bool(told) and "failure_hresult_code" not in told and not (came.get("failed") or came.get("unreachable"))
