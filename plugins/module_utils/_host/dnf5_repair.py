# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a killed transaction of dnf5 left behind, and the one that brings it to its end.

What rpm leaves, and what cures it, stands in `_host/probes/dnf_repair.py`.
"""

from __future__ import annotations

import json
import typing as t

from .._engine.versions import rpm_key, rpm_parts
from .dnf5_output import full_nevra, wanted, written
from .dnf5_transactions import Installed, Plan, Refused, Transactions, asking
from .dnf_install import sentences
from .transaction import Wanted

INCOMING = ("Install", "Upgrade", "Downgrade", "Reinstall")
ENDED = ("Ok", "Error")


class Repair(t.NamedTuple):
    installed: t.List[Installed]
    intended: t.List[Wanted]  # what the transaction that never ended was to bring
    twice: t.List[t.List[Wanted]]  # of each package the version to keep, and the others
    begun: t.List[Wanted]  # what of it is installed

    @property
    def sentences(self) -> t.List[str]:
        return sentences(
            {
                "duplicates": [[written(package) for package in packages] for packages in self.twice],
                "unfinished": [written(package) for package in self.begun],
            }
        )


def look(dnf5: Transactions) -> Repair:
    """Raises BackendError."""
    with dnf5.undisturbed():
        installed = dnf5.installed()
        twice = dnf5.packages("--duplicates")
        history = json.loads(dnf5.ask("history", "list", "--json").strip() or "[]")
        last = json.loads(dnf5.ask("history", "info", "--json")) if history else []
    intended = unfinished(last)
    present = {entry.package for entry in installed}
    return Repair(installed, intended, duplicates(twice, intended), [each for each in intended if each in present])


def unfinished(history: t.Sequence[t.Dict[str, t.Any]]) -> t.List[Wanted]:
    """The packages that the last transaction was to bring, if nobody wrote its end down."""
    if not history or history[0]["status"] in ENDED:
        return []
    return [of_nevra(entry["nevra"]) for entry in history[0]["packages"] if entry["action"] in INCOMING]


def of_nevra(text: str) -> Wanted:
    label, _dot, arch = text.rpartition(".")
    name, version, release = label.rsplit("-", 2)
    return wanted(name, arch, "%s-%s" % (version, release))


def duplicates(twice: t.Sequence[Wanted], intended: t.Sequence[Wanted]) -> t.List[t.List[Wanted]]:
    """The one to keep is what the transaction was to bring, which may be the older one, or else the newest."""
    found: t.Dict[str, t.List[Wanted]] = {}
    for package in sorted(twice, key=_order, reverse=True):
        found.setdefault(package.kb_id, []).append(package)
    return [sorted(packages, key=lambda package: package not in intended) for packages in found.values()]


def finish(dnf5: Transactions, found: Repair) -> Plan:
    """Installs anew what may be unfinished, and removes what it replaces. Raises Refused."""
    offered = dnf5.packages("--available")
    # rpm does not install anew what is older than another one: there the newer one leaves, and that is all.
    kept = {packages[0]: max(packages, key=_order) for packages in found.twice}
    anew = [package for package, newest in kept.items() if package == newest]
    anew += [package for package in found.begun if package not in kept]
    anew = [package for package in anew if package in offered]
    leaving = [package for packages in found.twice for package in packages[1:]]
    # Where what the transaction had not come to is needed, its versions are to come.
    coming = {package.kb_id for package in found.intended if package in offered}
    reasons = {entry.package: entry.reason for entry in found.installed}
    stay = {*found.intended, *reasons}  # what is excluded cannot be removed either
    excluded = tuple(each for each in offered if each.kb_id in coming and each not in stay)
    plan = Plan(reasons=reasons, excluded=excluded, downgrade=True)
    rows = dnf5.solve(
        plan,
        *asking("reinstall", [full_nevra(package) for package in anew]),
        *asking("remove", [full_nevra(package) for package in leaving]),
    )
    lost = [row.package for row in rows if row.action == "Remove" and row.package not in leaving]
    if lost:
        raise Refused("%s would be removed" % ", ".join(written(package) for package in lost))
    if not rows:
        raise Refused("it finds nothing to do")
    return plan._replace(rows=rows)


def _order(package: Wanted) -> str:
    epoch, version, release = rpm_parts(package.version)
    return rpm_key(epoch, version, release or "")
