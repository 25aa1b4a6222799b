# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

One inventory, one baseline, one moment: every patch considered, with decision, reason and state.
"""

from __future__ import annotations

import datetime
import typing as t

from .baseline import Baseline, for_operating_system
from .dates import parse_instant, text
from .decision import APPROVED, REJECTED, Decision, Judge
from .errors import InventoryError
from .families import Family, family_of
from .operating_systems import FAMILIES
from .patch import DATELESS, Document, Package, Pair
from .rules import APPROVE, HOLD
from .state import Run, State, States
from .supersedence import NEWEST, without_superseded


class Evaluation:
    """A patch, what was decided on it and what state it is in. Words are made when a document is asked for."""

    __slots__ = ("decision", "state", "_family")

    def __init__(self, decision: Decision, state: State, family: Family) -> None:
        self.decision = decision
        self.state = state
        self._family = family

    @property
    def held(self) -> t.Optional[str]:
        """The package manager's hold or lock, where it keeps an update back."""
        return None

    @property
    def on_offer(self) -> bool:
        """What was decided on is not what the node has, and it could have it."""
        raise NotImplementedError

    @property
    def waiting(self) -> bool:
        """An update is on offer, and only its date keeps it from being approved."""
        return self.decision.approved_on is not None and self.on_offer

    @property
    def approved(self) -> t.Optional[t.Tuple[str, t.Optional[str]]]:
        """Name and version of what is approved here; None when nothing is."""
        raise NotImplementedError

    @property
    def wanted(self) -> bool:
        """Approved, and not there."""
        return self.state.state in ("MISSING", "FAILED")

    @property
    def security(self) -> bool:
        pair = self.decision.pair
        return (
            pair is not None and (pair.properties.classification or "").lower() in self._family.security_classifications
        )

    def document(self) -> Document:
        """The patch as schemas.PATCH describes it."""
        decision = self.decision
        classification, severity = self._family.reported(decision.pair) if decision.pair else ("", "")
        return {
            "decision": decision.decision,
            "reason_code": decision.code,
            "reason": self._reason(),
            "rule": decision.rule,
            "compliance_level": decision.level,
            "state": self.state.state,
            "status": self.state.status,
            "classification": classification,
            "severity": severity,
            "approved_on": text(decision.approved_on) if decision.approved_on and self.waiting else None,
            "release_date": _release_date(decision.pair),
            "held": self.held,
        }

    def _reason(self) -> str:
        parts = [self.decision.reason]
        if self.state.state == "INSTALLED_REJECTED" and self.decision.decision != REJECTED:
            parts.append(
                "the installed version is named by rejected_patches entry '%s'" % self.decision.installed_rejected
            )
        if self.state.note:
            parts.append(self.state.note)
        if self.held:
            parts.append("held on the node: %s" % self.held)
        return "; ".join(parts)


class PackageEvaluation(Evaluation):
    __slots__ = ("_package",)

    def __init__(self, package: Package, decision: Decision, state: State, family: Family) -> None:
        super().__init__(decision, state, family)
        self._package = package

    @property
    def held(self) -> t.Optional[str]:
        held = self._package.document.get("held")
        return held if held and self.on_offer else None

    @property
    def waiting(self) -> bool:
        # of an approved package it is a newer version that waits
        return super().waiting or (self.decision.approved_on is not None and self.decision.decision == APPROVED)

    @property
    def approved(self) -> t.Optional[t.Tuple[str, t.Optional[str]]]:
        if self.decision.decision != APPROVED or self.decision.version is None:
            return None
        return self._package.kb_id, self._family.text(self.decision.version.document)

    @property
    def on_offer(self) -> bool:
        installed, version = self._package.installed, self.decision.version
        return installed is not None and version is not None and version.key != installed.key

    def document(self) -> Document:
        package, family = self._package, self._family
        installed = package.installed.document if package.installed else None
        decided = self.decision.version.document if self.decision.version else None
        shown = decided or installed
        notices = family.notices(shown) if shown else ()
        document = super().document()
        document.update(
            title=family.title(package, shown) if shown else package.kb_id,
            kb_id=package.kb_id,
            name=package.name,
            arch=package.arch,
            installed_version=family.text(installed) if installed else None,
            version=family.text(decided) if decided else None,
            installed_time=installed.get("installed_time") if installed and not self.wanted else None,
            advisories=[notice.id for notice in notices],
            cve_ids=sorted({cve for notice in notices for cve in notice.cves}),
        )
        return document


class UpdateEvaluation(Evaluation):
    __slots__ = ("_update",)

    def __init__(self, update: Document, decision: Decision, state: State, family: Family) -> None:
        super().__init__(decision, state, family)
        self._update = update

    @property
    def approved(self) -> t.Optional[t.Tuple[str, t.Optional[str]]]:
        return (self._update.get("kb") or "", None) if self.decision.decision == APPROVED else None

    @property
    def held(self) -> t.Optional[str]:
        held = self._update.get("held")
        return held if held and self.on_offer else None

    @property
    def on_offer(self) -> bool:
        update = self._update
        return not update["installed"] and update.get("applicable", True) and not update.get("superseded", False)

    def document(self) -> Document:
        update = self._update
        document = super().document()
        document.update(
            title=update["title"],
            kb_id=update.get("kb") or "",
            name=update.get("kb") or update["title"],
            arch=None,
            installed_version=None,
            version=None,
            installed_time=update.get("installed_time"),
            advisories=[update["bulletin"]] if update.get("bulletin") else [],
            cve_ids=list(update.get("cves") or ()),
        )
        return document


def default_undated(inventory: Document) -> str:
    """Without a date: approve as AWS does (approval-rules.md, 4.3); hold where dates were asked for that AWS lacks."""
    apt = FAMILIES.get(inventory["node"]["operating_system"]) == "apt"
    return HOLD if apt and inventory.get("release_dates", "ignored") != "ignored" else APPROVE


def evaluate(
    inventory: Document,
    baseline: Baseline,
    now: datetime.datetime,
    run: t.Optional[Run] = None,
    undated: t.Optional[str] = None,
    supersedence: str = NEWEST,
) -> t.List[Evaluation]:
    """Every patch of the inventory, in its order, as the baseline sees it at `now` (aware, UTC) after `run` (a scan).

    `undated`: approve or hold, None for the default of the inventory. `supersedence`: one of supersedence.POLICIES.
    Raises InventoryError when the inventory contradicts itself, BaselineError when no rule of the baseline is for it.
    """
    system = inventory["node"]["operating_system"]
    if system not in FAMILIES:
        raise InventoryError("operating system %s is not one that Patch Manager knows" % system)
    here = for_operating_system(baseline, system)
    family = family_of(inventory)
    judge = Judge(here, family, now, undated or default_undated(inventory))
    states = States(here, run or Run.scan(), parse_instant(inventory.get("boot_time")))
    evaluations: t.List[Evaluation] = []
    for document in inventory.get("packages") or ():
        package = family.package(document)
        decision = judge.package(package)
        evaluations.append(PackageEvaluation(package, decision, states.package(package, decision), family))
    decided = [(update, judge.update(update)) for update in inventory.get("updates") or ()]
    for update, decision in without_superseded(decided, supersedence):
        evaluations.append(UpdateEvaluation(update, decision, states.update(update, decision), family))
    return evaluations


def _release_date(pair: t.Optional[Pair]) -> t.Optional[str]:
    if pair is None or pair.properties.dating == DATELESS or pair.properties.reference is None:
        return None
    return text(pair.properties.reference)
