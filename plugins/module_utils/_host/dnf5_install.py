# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. dnf5's transactions: which it may make, and what came of them."""

from __future__ import annotations

import typing as t

from .base import BackendError, Options, Run
from .dnf5_output import Row, full_nevra, parse_failures, refusal, written
from .dnf5_repair import finish, look
from .dnf5_transactions import Installed, Offer, Plan, Refused, Transactions, asking
from .dnf_install import labels
from .transaction import Change, Installer, Request, Solution, Step, StepResult, Unwelcome, Wanted, welcome

ROUNDS = 5  # of solving anew without what would put an installed package out of use


class Dnf5Installer(Installer):
    """dnf5 5.2.13 and later, which has `do` and `replay`."""

    def __init__(self, run: Run, options: Options) -> None:
        super().__init__(run, options)
        self._dnf5 = Transactions(run, options)
        self._solved: t.Dict[Request, Plan] = {}

    @property
    def download_folder(self) -> str:
        return self._dnf5.cache

    def leftovers(self) -> t.List[str]:
        return look(self._dnf5).sentences

    def repair(self, unwelcome: Unwelcome = welcome) -> t.List[Step]:
        found = look(self._dnf5)
        if not found.sentences:
            return []
        try:
            return self._dnf5.replay("repair", finish(self._dnf5, found))
        except Refused as refused:
            raise BackendError("dnf5 cannot bring an interrupted transaction to its end: %s" % refused) from refused

    def solve(self, request: Request) -> Solution:
        plan = self._plan(request)
        if plan.refusal:
            return Solution((), None, plan.refusal)
        incoming = [row for row in plan.rows if row.incoming]
        offers = self._dnf5.offers([row.package for row in incoming])
        coming = [offers[row.repository, row.package] for row in incoming]
        return Solution(tuple(changes(plan.rows, offers)), sum(offer.remaining for offer in coming))

    def download(self, request: Request) -> t.List[Step]:
        return self._dnf5.download(self._plan(request))

    def install(self, request: Request) -> t.List[Step]:
        return self._dnf5.replay("install", self._plan(request))

    def failures(self, request: Request, results: t.Sequence[StepResult]) -> t.Dict[str, str]:
        output = "\n".join(result.output for result in results)
        found = parse_failures(output, labels((*request.packages, *request.removals)))
        why = refusal(output) if any(result.code != 0 for result in results) else ""
        if why:
            for wanted in request.packages:
                found.setdefault(wanted.kb_id, why)
        return found

    def services(self) -> t.Optional[t.List[str]]:
        return self._dnf5.services()

    def _plan(self, request: Request) -> Plan:
        """What dnf5 says to a request, asked once: what was shown is what is run."""
        if request not in self._solved:
            try:
                self._solved[request] = self._resolve(request)
            except Refused as refused:
                self._solved[request] = Plan(refusal=str(refused))
        return self._solved[request]

    def _resolve(self, request: Request) -> Plan:
        """Raises Refused."""
        with self._dnf5.undisturbed():
            installed = self._dnf5.installed()
        reasons = {entry.package: entry.reason for entry in installed}
        packages = [wanted for wanted in request.packages if wanted not in reasons]
        removals = leaving(request, installed)
        plan = Plan((), reasons, request.forbidden, request.downgrade)
        if not packages and not removals:
            return plan
        for _round in range(ROUNDS):
            rows = self._dnf5.solve(
                plan,
                *asking("install", [full_nevra(wanted) for wanted in packages]),
                *asking("remove", [full_nevra(wanted) for wanted in removals]),
            )
            plan = plan._replace(rows=rows)
            # Another package may serve the dependency as well.
            unwanted = [row.package for row in rows if obsoleted(row, rows) and row.package not in packages]
            if not unwanted:
                break
            plan = plan._replace(excluded=(*plan.excluded, *unwanted))
        problems = [*lost(request, plan.rows, self._spared(request, plan.rows)), *absent(packages, plan.rows)]
        if problems:
            raise Refused("; ".join(problems))
        return plan

    def _spared(self, request: Request, rows: t.Sequence[Row]) -> t.Collection[Wanted]:
        """What may leave by itself: dnf5 keeps as many kernels as its configuration says."""
        unasked = [row for row in rows if row.action == "Remove" and row.package not in request.removals]
        return self._dnf5.packages("--installonly") if unasked else ()


def leaving(request: Request, installed: t.Sequence[Installed]) -> t.List[Wanted]:
    """The removals of a request that are still to be made. Raises Refused."""
    here = [entry.package for entry in installed]
    refusals = []
    for wanted in request.removals:
        others = [written(package) for package in here if package.kb_id == wanted.kb_id]
        if wanted not in here and others:
            refusals.append("%s is not installed, but %s" % (written(wanted), ", ".join(others)))
    if refusals:
        raise Refused("; ".join(refusals))
    return [wanted for wanted in request.removals if wanted in here]


def obsoleted(row: Row, rows: t.Sequence[Row]) -> t.List[Wanted]:
    """The packages that this one would put out of use, other than by a new version of theirs."""
    renewed = [old for other in rows for old in other.predecessors]
    return [old for old in row.replaces if old not in renewed]


def lost(request: Request, rows: t.Sequence[Row], spared: t.Collection[Wanted]) -> t.List[str]:
    """What would happen to installed packages that the request does not stand for."""
    named = [wanted.kb_id for wanted in request.packages]
    backwards = request.downgrade or request.removals
    found = []
    for row in rows:
        found += ["%s would be obsoleted" % written(old) for old in obsoleted(row, rows)]
        old = ", ".join(written(package) for package in row.predecessors)
        if row.action == "Downgrade" and row.package in request.packages and not request.downgrade:
            found.append("%s is older than %s, which is installed" % (written(row.package), old))
        elif row.action == "Downgrade" and not request.downgrade:
            found.append("%s would be downgraded" % old)
        elif row.action == "Upgrade" and backwards and row.package.kb_id not in named:
            found.append("%s would be upgraded" % old)
        elif row.action == "Remove" and row.package not in (*request.removals, *spared):
            found.append("%s would be removed" % written(row.package))
    return found


def absent(packages: t.Sequence[Wanted], rows: t.Sequence[Row]) -> t.List[str]:
    """What was asked for and would not come."""
    coming = [row.package for row in rows if row.incoming]
    return ["%s would not come" % written(wanted) for wanted in packages if wanted not in coming]


def changes(rows: t.Sequence[Row], offers: t.Mapping[t.Tuple[str, Wanted], Offer]) -> t.Iterator[Change]:
    """What a solved transaction does to each package."""
    for row in rows:
        name, arch, version = row.package
        if row.incoming:
            old = next((package.version for package in row.predecessors), None)
            yield Change(name, arch, old, version, offers[row.repository, row.package].size)
        else:
            yield Change(name, arch, version, None)
