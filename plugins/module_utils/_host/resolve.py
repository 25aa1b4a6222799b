# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The largest part of a request that the package manager would carry out, and why not more.

A package manager refuses a transaction as a whole. One patch that cannot be had must not keep the others from being
installed, so what it refuses is halved until the patches to blame are alone.
"""

from __future__ import annotations

import typing as t

from .transaction import Change, Installer, Request, Solution, Unwelcome, Wanted, welcome

MOST_ROUNDS = 25  # each forbids at least one more version


class Resolution(t.NamedTuple):
    request: Request
    solution: Solution
    refused: t.Dict[str, str]  # kb_id -> why, in the package manager's words
    unwelcome: t.Dict[str, str]  # kb_id -> the package it needs that must stay away


def resolve(installer: Installer, wanted: t.Sequence[Wanted], unwelcome: Unwelcome) -> Resolution:
    """Raises BackendError when the package manager cannot be asked."""
    solver = _Solver(installer, unwelcome)
    accepted, solution = solver.grow((), tuple(wanted), Solution((), 0))
    return Resolution(solver.request(accepted), solution, dict(solver.refused), dict(solver.needs))


def resolve_undo(installer: Installer, older: t.Sequence[Wanted], removals: t.Sequence[Wanted]) -> Resolution:
    """The same for a rollback: `older` versions come back, `removals` leave."""
    solver = _Solver(installer, welcome, frozenset(removals), downgrade=True)
    accepted, solution = solver.grow((), (*older, *removals), Solution((), 0))
    return Resolution(solver.request(accepted), solution, dict(solver.refused), {})


class _Solver:
    def __init__(
        self,
        installer: Installer,
        unwelcome: Unwelcome,
        removals: t.FrozenSet[Wanted] = frozenset(),
        downgrade: bool = False,
    ) -> None:
        self._installer = installer
        self._unwelcome = unwelcome
        self._removals = removals
        self._downgrade = downgrade
        self._forbidden: t.Dict[Wanted, str] = {}
        self.refused: t.Dict[str, str] = {}
        self.needs: t.Dict[str, str] = {}

    def request(self, packages: t.Sequence[Wanted]) -> Request:
        """For these, without what was found to be unwelcome; what is asked for by itself is not that."""
        return Request(
            tuple(package for package in packages if package not in self._removals),
            tuple(version for version in self._forbidden if version not in packages),
            tuple(package for package in packages if package in self._removals),
            self._downgrade,
        )

    def grow(
        self, accepted: t.Tuple[Wanted, ...], more: t.Tuple[Wanted, ...], solution: Solution
    ) -> t.Tuple[t.Tuple[Wanted, ...], Solution]:
        """`accepted`, which `solution` is for, and as much of `more` as can be had with it."""
        if not more:
            return accepted, solution
        attempt, needed = self._solve(accepted + more)
        if not attempt.refusal:
            return accepted + more, attempt
        if len(more) == 1:
            self._blame(more[0], attempt.refusal, needed)
            return accepted, solution
        middle = len(more) // 2
        accepted, solution = self.grow(accepted, more[:middle], solution)
        return self.grow(accepted, more[middle:], solution)

    def _solve(self, packages: t.Tuple[Wanted, ...]) -> t.Tuple[Solution, t.List[Change]]:
        """A solution without anything unwelcome, and the last unwelcome changes that stood in the way of one."""
        needed: t.List[Change] = []
        for _round in range(MOST_ROUNDS):
            solution = self._installer.solve(self.request(packages))
            if solution.refusal:
                return solution, needed
            found = list(self._found(solution, packages))
            if not found:
                return solution, needed
            needed = [change for change, _why in found]
            for change, why in found:
                self._forbidden[Wanted(change.name, change.arch, t.cast(str, change.new))] = why
        return Solution((), None, "no solution without packages that must stay away was found"), needed

    def _found(self, solution: Solution, packages: t.Sequence[Wanted]) -> t.Iterator[t.Tuple[Change, str]]:
        asked = {(package.name, package.arch, package.version) for package in packages}
        for change in solution.changes:
            if change.new is None or (change.name, change.arch, change.new) in asked:
                continue
            why = self._unwelcome(change.name, change.arch, change.new)
            if why is not None:
                yield change, why

    def _blame(self, package: Wanted, refusal: str, needed: t.Sequence[Change]) -> None:
        change = needed[0] if needed else self._without_bans(package)
        if change is None:
            self.refused[package.kb_id] = refusal
            return
        version = Wanted(change.name, change.arch, t.cast(str, change.new))
        why = self._forbidden.get(version, "it must stay away")
        self.needs[package.kb_id] = change.name
        self.refused[package.kb_id] = "it needs %s %s, but %s" % (change.kb_id, change.new, why)

    def _without_bans(self, package: Wanted) -> t.Optional[Change]:
        """The unwelcome change that `package` would bring by itself; None when bans are not what stands in its way."""
        if not self._forbidden:
            return None
        alone = self._installer.solve(Request((package,)))
        return next((change for change, _why in self._found(alone, (package,))), None)
