# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The one call modules make: inventory and baselines in, compliance record out."""

from __future__ import annotations

import datetime
import typing as t

from . import advice
from .baseline import Baseline, for_operating_system
from .choice import choose, parse_baselines
from .dates import instant, parse_instant
from .errors import InventoryError
from .evaluation import Evaluation, default_undated, evaluate
from .operating_systems import FAMILIES
from .patch import Document, reference_of
from .record import compliance, unknown
from .rules import APPROVE
from .schemas import INVENTORY, INVENTORY_SCHEMA
from .shape import faults
from .state import Run, parse_run
from .supersedence import NEWEST

_MOST_FAULTS = 5
OFFLINE = "offline"  # run id of what no run captured


def check_inventory(document: t.Any) -> None:
    """Raises InventoryError unless `document` is an inventory of a schema that this version reads."""
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > INVENTORY_SCHEMA:
        raise InventoryError(
            "the inventory has schema %d, and this version reads up to %d; update the collection"
            % (schema, INVENTORY_SCHEMA)
        )
    found = []
    for fault in faults(document, INVENTORY):
        found.append(fault)
        if len(found) == _MOST_FAULTS:
            break
    if found:
        raise InventoryError("no inventory as patch_scan returns it: %s" % "; ".join(found))


def assess(
    inventory: Document,
    baselines: t.Optional[t.Sequence[Baseline]],
    now: datetime.datetime,
    run_id: str,
    run: t.Optional[Run] = None,
    undated: t.Optional[str] = None,
    supersedence: str = NEWEST,
) -> Document:
    """The full compliance record of one node at `now` (aware, UTC), after `run` (default: a scan).

    `baselines` as choice.parse_baselines returns them (None: AWS's predefined ones); the node's patch group chooses.
    A node that none fits gets status UNKNOWN with the reason. Raises BaselineError and InventoryError as evaluate does.
    """
    return _assessed(inventory, baselines, now, run_id, run or Run.scan(), undated, supersedence)[0]


def _assessed(
    inventory: Document,
    baselines: t.Optional[t.Sequence[Baseline]],
    now: datetime.datetime,
    run_id: str,
    run: Run,
    undated: t.Optional[str],
    supersedence: str,
) -> t.Tuple[Document, t.List[Evaluation]]:
    """The record, and the evaluations it was made from: a record does not list what Linux only counts."""
    node = inventory["node"]
    if inventory.get("unusable"):
        return unknown(inventory, inventory["unusable"], now, run_id, run), []
    choice = choose(baselines, node["operating_system"], node.get("patch_group"))
    if choice.baseline is None:
        return unknown(inventory, choice.why, now, run_id, run), []
    warnings = list(_warnings(inventory, choice.baseline, undated))
    evaluations = evaluate(inventory, choice.baseline, now, run, undated, supersedence)
    return compliance(inventory, choice.baseline, choice.why, evaluations, now, run_id, run, warnings), evaluations


def _warnings(inventory: Document, baseline: Baseline, undated: t.Optional[str]) -> t.Iterator[str]:
    """What to know of this baseline on this node."""
    system = inventory["node"]["operating_system"]
    here = for_operating_system(baseline, system)
    yield from advice.warnings(baseline, baseline.name)
    ignored = inventory.get("release_dates", "ignored") == "ignored"
    if FAMILIES[system] == "apt" and ignored:
        yield from map(str, advice.apt_dates(here, system, baseline.name))
    elif any(rule.delayed for rule in here.rules):
        yield from _undated(inventory, undated or default_undated(inventory))


def _undated(inventory: Document, undated: str) -> t.Iterator[str]:
    """Says how many patches have no date to count a delay from, and which repositories should have given it."""
    if inventory["manager"] == "apt":
        repositories: t.List[t.Sequence[str]] = [
            offer.get("repositories") or ()
            for package in inventory.get("packages") or ()
            for offer in package.get("available") or ()
            if parse_instant(offer.get("released_at")) is None
        ]
    elif inventory["manager"] == "windows":
        sources = list(inventory.get("repositories") or ())
        repositories = [
            sources
            for update in inventory.get("updates") or ()
            if not update["installed"] and update.get("kb") and parse_instant(update.get("release_date")) is None
        ]
    else:
        repositories = [
            [advisory["repository"]] if advisory.get("repository") else ()
            for advisory in (inventory.get("advisories") or {}).values()
            if reference_of(advisory.get("updated"), advisory.get("issued")) is None
        ]
    if repositories:
        names = sorted({name for named in repositories for name in named}) or [
            "repositories that the inventory does not name"
        ]
        yield "%d patches of %s have no release date; they %s (option undated)" % (
            len(repositories),
            ", ".join(names),
            "count as old and are approved at once" if undated == APPROVE else "are held back",
        )


def what_if(
    inventory: t.Any,
    baselines: t.Any,
    now: t.Optional[str] = None,
    patch_group: t.Optional[str] = None,
    run: t.Optional[Document] = None,
    undated: t.Optional[str] = None,
    supersedence: str = NEWEST,
) -> Document:
    """What the baselines would say of a stored inventory at another moment; everything as plain JSON types, unchecked.

    `now` is an instant, by default the inventory's own. Returns the `record` at that moment, all `evaluations`, and
    `newly_approved`: those that the node could have and that were not approved, or not at this version, when the
    inventory was taken.
    Raises EngineError in any of its kinds.
    """
    check_inventory(inventory)
    parsed = parse_baselines(baselines)
    captured = instant(inventory["captured_at"], "inventory.captured_at")
    moment = captured if now is None else instant(now, "now")
    if patch_group is not None:
        inventory = dict(inventory, node=dict(inventory["node"], patch_group=patch_group))
    parsed_run = parse_run(run)
    record, evaluations = _assessed(inventory, parsed, moment, OFFLINE, parsed_run, undated, supersedence)
    before = evaluations
    if moment != captured:
        before = _assessed(inventory, parsed, captured, OFFLINE, parsed_run, undated, supersedence)[1]
    known = {evaluation.approved for evaluation in before}
    newly = [evaluation for evaluation in evaluations if evaluation.on_offer and evaluation.approved not in known]
    return {
        "record": record,
        "evaluations": [evaluation.document() for evaluation in evaluations],
        "newly_approved": [evaluation.document() for evaluation in newly if evaluation.approved is not None],
    }
