# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One inventory, one baseline, one moment: every patch considered, with decision, reason and state."""

from __future__ import annotations

import datetime
import typing as t

from .baseline import Baseline, for_operating_system
from .dates import parse_instant, text
from .decision import APPROVED, Decision, Judge
from .errors import InventoryError
from .families import Family, family_of
from .operating_systems import FAMILIES
from .patch import DATELESS, Document, Package, Pair
from .rules import APPROVE, HOLD
from .state import Run, State, States


class Evaluation(t.NamedTuple):
    """A patch as the compliance record shows it; the members are those of schemas.PATCH."""

    title: str
    kb_id: str
    name: str
    arch: t.Optional[str]
    installed_version: t.Optional[str]
    version: t.Optional[str]  # the one decided on
    decision: str
    reason_code: str
    reason: str
    rule: t.Optional[int]
    compliance_level: str
    state: t.Optional[str]
    status: t.Optional[str]
    classification: str
    severity: str
    installed_time: t.Optional[str]
    approved_on: t.Optional[str]
    release_date: t.Optional[str]
    advisories: t.List[str]
    cve_ids: t.List[str]
    held: t.Optional[str]

    @property
    def wanted(self) -> bool:
        """Approved, and not there."""
        return self.state in ("MISSING", "FAILED")

    @property
    def waiting(self) -> bool:
        """An update is on offer, and only its date keeps it from being approved."""
        return self.approved_on is not None and (self.decision == APPROVED or self.version != self.installed_version)

    @property
    def security(self) -> bool:
        return self.classification in ("Security", "SecurityUpdates")


def default_undated(inventory: Document) -> str:
    """Without a date: approve where AWS does (approval-rules.md, 4.3); hold where the user asked us for dates that AWS has not."""
    apt = FAMILIES.get(inventory["node"]["operating_system"]) == "apt"
    return HOLD if apt and inventory.get("release_dates", "ignored") != "ignored" else APPROVE


def evaluate(
    inventory: Document,
    baseline: Baseline,
    now: datetime.datetime,
    run: t.Optional[Run] = None,
    undated: t.Optional[str] = None,
) -> t.List[Evaluation]:
    """Every patch of the inventory, in its order, as the baseline sees it at `now` (aware, UTC) after `run` (default: a scan).

    `undated`: approve or hold, None for the default of the inventory.
    Raises InventoryError when the inventory contradicts itself, BaselineError when a portable baseline has no rule for it.
    """
    system = inventory["node"]["operating_system"]
    if system not in FAMILIES:
        raise InventoryError("operating system %s is not one that Patch Manager knows" % system)
    here = for_operating_system(baseline, system)
    family = family_of(inventory)
    judge = Judge(here, family, now, undated or default_undated(inventory))
    states = States(here, run or Run.scan(), parse_instant(inventory.get("boot_time")))
    evaluations = []
    for document in inventory.get("packages") or ():
        package = family.package(document)
        decision = judge.package(package)
        evaluations.append(_package_evaluation(family, package, decision, states.package(package, decision)))
    for update in inventory.get("updates") or ():
        decision = judge.update(update)
        evaluations.append(_update_evaluation(family, update, decision, states.update(update, decision)))
    return evaluations


def _package_evaluation(family: Family, package: Package, decision: Decision, state: State) -> Evaluation:
    installed = package.installed
    version = decision.version or installed
    document = version.document if version is not None else package.document
    classification, severity = family.reported(decision.pair) if decision.pair else ("", "")
    notices = family.notices(document) if document.get("advisories") else ()
    held = package.document.get("held")
    return Evaluation(
        title=family.title(package, document) if version is not None else package.kb_id,
        kb_id=package.kb_id,
        name=package.name,
        arch=package.arch,
        installed_version=installed.text if installed is not None else None,
        version=decision.version.text if decision.version is not None else None,
        decision=decision.decision,
        reason_code=decision.code,
        reason=_reason(decision, state, held if _newer(package, decision) else None),
        rule=decision.rule,
        compliance_level=decision.level,
        state=state.state,
        status=state.status,
        classification=classification,
        severity=severity,
        installed_time=installed.document.get("installed_time") if installed is not None else None,
        approved_on=text(decision.approved_on) if decision.approved_on else None,
        release_date=_release_date(decision.pair),
        advisories=[notice.id for notice in notices],
        cve_ids=sorted({cve for notice in notices for cve in notice.cves}),
        held=held,
    )


def _update_evaluation(family: Family, update: Document, decision: Decision, state: State) -> Evaluation:
    assert decision.pair is not None
    classification, severity = family.reported(decision.pair)
    return Evaluation(
        title=update["title"],
        kb_id=update.get("kb") or "",
        name=update.get("kb") or update["title"],
        arch=None,
        installed_version=None,
        version=None,
        decision=decision.decision,
        reason_code=decision.code,
        reason=_reason(decision, state, None),
        rule=decision.rule,
        compliance_level=decision.level,
        state=state.state,
        status=state.status,
        classification=classification,
        severity=severity,
        installed_time=update.get("installed_time"),
        approved_on=text(decision.approved_on) if decision.approved_on else None,
        release_date=_release_date(decision.pair),
        advisories=[update["bulletin"]] if update.get("bulletin") else [],
        cve_ids=list(update.get("cves") or ()),
        held=None,
    )


def _newer(package: Package, decision: Decision) -> bool:
    return package.installed is not None and decision.version is not None and decision.version.key > package.installed.key


def _reason(decision: Decision, state: State, held: t.Optional[str]) -> str:
    parts = [decision.reason]
    if state.state == "INSTALLED_REJECTED" and decision.decision != "rejected":
        parts.append("the installed version is named by rejected_patches entry '%s'" % decision.installed_rejected)
    if state.note:
        parts.append(state.note)
    if held:
        parts.append("held on the node: %s" % held)
    return "; ".join(parts)


def _release_date(pair: t.Optional[Pair]) -> t.Optional[str]:
    if pair is None or pair.properties.dating == DATELESS or pair.properties.reference is None:
        return None
    return text(pair.properties.reference)
