# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

The compliance record: one node at one moment (compliance.md, sections 2 and 4; schemas.RECORD).
"""

from __future__ import annotations

import datetime
import json
import typing as t

from .baseline import Baseline, fingerprint
from .dates import text
from .decision import REJECTED
from .evaluation import Evaluation
from .patch import Document
from .rules import LEVEL_RANK
from .schemas import COUNTS, RECORD_SCHEMA
from .state import SCAN, Run

NON_COMPLIANT = "NON_COMPLIANT"
FACTS_LIMIT = 256 * 1024

# What a record takes over from the inventory as it is.
_KEPT = ("problems", "warnings", "refreshed_at", "repositories", "reboot", "activity", "services")
_COUNTED_STATES = {
    "INSTALLED": "installed_count",
    "INSTALLED_OTHER": "installed_other_count",
    "INSTALLED_PENDING_REBOOT": "installed_pending_reboot_count",
    "INSTALLED_REJECTED": "installed_rejected_count",
    "MISSING": "missing_count",
    "FAILED": "failed_count",
    "NOT_APPLICABLE": "not_applicable_count",
    "AVAILABLE_SECURITY_UPDATE": "available_security_update_count",
}


def summarise(evaluations: t.Iterable[Evaluation]) -> t.Dict[str, int]:
    """Counts of states, of NON_COMPLIANT patches by kind, and of decisions, named as InstancePatchState's members."""
    counts = dict.fromkeys(COUNTS, 0)
    for evaluation in evaluations:
        decision, state = evaluation.decision, evaluation.state
        counts["considered_count"] += 1
        if state.state is not None:
            counts[_COUNTED_STATES[state.state]] += 1
        if state.status == NON_COMPLIANT:
            # a patch that is both critical and security counts in both
            critical = decision.level == "CRITICAL"
            counts["critical_non_compliant_count"] += critical
            counts["security_non_compliant_count"] += evaluation.security
            counts["other_non_compliant_count"] += not critical and not evaluation.security
        counts["waiting_count"] += evaluation.waiting
        counts["rejected_count"] += decision.decision == REJECTED
        counts["held_count"] += evaluation.held is not None and (
            evaluation.waiting or state.state in ("MISSING", "FAILED")
        )
    return counts


def _highest_level(evaluations: t.Iterable[Evaluation]) -> t.Optional[str]:
    levels = [evaluation.decision.level for evaluation in evaluations if evaluation.state.status == NON_COMPLIANT]
    return max(levels, key=LEVEL_RANK.__getitem__) if levels else None


def _described(baseline: t.Optional[Baseline], why: str) -> Document:
    if baseline is None:
        return {"name": None, "id": None, "hash": None, "operating_system": None, "source": None, "why": why}
    return {
        "name": baseline.name,
        "id": baseline.baseline_id,
        "hash": fingerprint(baseline),
        "operating_system": baseline.operating_system,
        "source": baseline.source,
        "why": why,
    }


def _frame(inventory: Document, time: datetime.datetime, run_id: str, run: Run, warnings: t.Sequence[str]) -> Document:
    """What every record has, whatever was decided."""
    record: Document = {name: inventory[name] for name in _KEPT if name in inventory}
    record["warnings"] = [*inventory.get("warnings", ()), *warnings]
    record.setdefault("problems", [])
    record.update(
        schema=RECORD_SCHEMA,
        capture={"time": text(time), "run_id": run_id},
        operation=run.operation,
        reboot_option=run.reboot_option,
        node=inventory["node"],
        complete=inventory.get("complete", True),
        patches_omitted=0,
    )
    return record


def compliance(
    inventory: Document,
    baseline: Baseline,
    why: str,
    evaluations: t.Sequence[Evaluation],
    time: datetime.datetime,
    run_id: str,
    run: Run,
    warnings: t.Sequence[str] = (),
) -> Document:
    """The full record. Patches that Linux counts but never lists (NOT_APPLICABLE packages) are counted only."""
    record = _frame(inventory, time, run_id, run, warnings)
    linux = inventory["manager"] != "windows"
    listed = [entry for entry in evaluations if not (linux and entry.state.state == "NOT_APPLICABLE")]
    non_compliant = any(entry.state.status == NON_COMPLIANT for entry in evaluations)
    record.update(
        baseline=_described(baseline, why),
        status=NON_COMPLIANT if non_compliant else "COMPLIANT",
        status_reason=None,
        compliance_level=_highest_level(evaluations),
        summary=summarise(evaluations),
        patches=[entry.document() for entry in listed],
    )
    return record


def unknown(
    inventory: Document,
    reason: str,
    time: datetime.datetime,
    run_id: str,
    run: t.Optional[Run] = None,
    warnings: t.Sequence[str] = (),
) -> Document:
    """The record of a node that nothing could be decided for. `inventory` needs its `node` only."""
    record = _frame(inventory, time, run_id, run or Run(SCAN), warnings)
    record.update(
        baseline=_described(None, reason),
        status="UNKNOWN",
        status_reason=reason,
        compliance_level=None,
        summary=summarise(()),
        patches=[],
    )
    return record


def needs_attention(patch: Document) -> bool:
    """NON_COMPLIANT, waiting for its date, rejected, or a security update that is not approved."""
    return bool(
        patch["status"] == NON_COMPLIANT
        or patch["approved_on"]
        or patch["decision"] == "rejected"
        or patch["state"] == "AVAILABLE_SECURITY_UPDATE"
    )


def attention(record: Document, limit: int = FACTS_LIMIT) -> Document:
    """The record with the patches that need attention only, the worst first, and at most `limit` bytes of JSON.

    `patches_omitted` counts those that need attention and did not fit.
    """
    wanted = sorted(
        (patch for patch in record["patches"] if needs_attention(patch)),
        key=lambda patch: (patch["status"] != NON_COMPLIANT, -LEVEL_RANK[patch["compliance_level"]], patch["title"]),
    )
    frame = dict(record, patches=[], patches_omitted=len(wanted))
    room = limit - _size(frame) - 16  # the count and the brackets
    kept = []
    for patch in wanted:
        room -= _size(patch) + 2
        if room < 0:
            break
        kept.append(patch)
    return dict(frame, patches=kept, patches_omitted=len(wanted) - len(kept))


def _size(document: t.Any) -> int:
    return len(json.dumps(document, ensure_ascii=True))


def plan(record: Document) -> t.List[Document]:
    """What an installation would bring: the exact versions that are approved and missing."""
    return [
        {"name": patch["name"], "arch": patch["arch"], "version": patch["version"], "kb_id": patch["kb_id"]}
        for patch in record["patches"]
        if patch["state"] in ("MISSING", "FAILED")
    ]
