# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide golden cases through the call that patch_evaluate makes, and compare with what they expect.

Usage: run_cases.py FILE...  prints each case that fails, then 'N passed, N failed'; exits 1 if one failed or none ran.
The format stands at the top of golden-cases.yml.
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "plugins" / "module_utils"))

from _engine.assessment import what_if
from _engine.errors import EngineError
from _engine.operating_systems import default_manager

Document = t.Dict[str, t.Any]

BOOT = "2000-01-01T00:00:00Z"
AFTER_BOOT = "2000-01-02T00:00:00Z"


def repositories_of(case: Document) -> t.Tuple[Document, t.List[Document]]:
    """Every origin of the case as a repository of its own, and the versions on offer with references to them."""
    repositories: Document = {}
    offers = []
    for offer in case["available"]:
        offer = dict(offer)
        keys = []
        for origin in offer.pop("origins", ()):
            key = "repository-%d" % len(repositories)
            repositories[key] = dict(origin, id=key)
            keys.append(key)
        offer["repositories"] = keys
        offers.append(offer)
    return repositories, offers


def advisories_of(offers: t.List[Document]) -> Document:
    """Moves the notices (rpm) and patches (SUSE) of the versions into one table, as an inventory has them."""
    advisories: Document = {}
    for offer in offers:
        keys = []
        for notice in offer.pop("notices", ()):
            keys.append("advisory-%d" % len(advisories))
            advisories[keys[-1]] = notice
        for patch in offer.pop("patches", ()):
            keys.append("advisory-%d" % len(advisories))
            advisories[keys[-1]] = {
                "id": patch["name"],
                "type": patch.get("category"),
                "severity": patch.get("severity"),
                "updated": patch.get("created"),
            }
        offer["advisories"] = keys
    return advisories


def inventory_of(case: Document) -> Document:
    """The inventory of a node that has nothing but the case's package or update."""
    since_boot = {"installed_time": AFTER_BOOT} if (case.get("run") or {}).get("installed_since_boot") else {}
    inventory: Document = {
        "schema": 1,
        "captured_at": case["now"],
        "node": {"id": case["id"], "name": case["id"], "operating_system": case["os"], "product": case.get("product")},
        "manager": case.get("manager") or default_manager(case["os"]),
        "boot_time": BOOT,
    }
    if "update" in case:
        inventory["updates"] = [dict(case["update"], **since_boot)]
        return inventory
    repositories, offers = repositories_of(case)
    inventory["repositories"] = repositories
    inventory["advisories"] = advisories_of(offers)
    package = dict(case["package"], available=offers)
    if case["installed"] is not None:
        package["installed"] = [dict(case["installed"], **since_boot)]
    inventory["packages"] = [package]
    return inventory


def run_of(case: Document) -> Document:
    given = case.get("run") or {}
    kb_id = case["update"]["kb"] if "update" in case else "%(name)s.%(arch)s" % case["package"]
    run = {name: given[name] for name in ("operation", "reboot_option") if name in given}
    if "result" in given:
        run["outcomes"] = {kb_id: given["result"]}
    if "needs_rejected_dependency" in given:
        run["rejected_dependencies"] = {kb_id: given["needs_rejected_dependency"]}
    run["external_installs_pending"] = bool(given.get("installed_since_boot"))
    return run


def baseline_of(case: Document) -> Document:
    return dict(case["baseline"], Name="golden-case", OperatingSystem=case["os"])


def decided(case: Document, inventory: t.Optional[Document] = None, baseline: t.Optional[Document] = None) -> Document:
    """What the engine says of the case, or of what a real node that is set up like it has and could get.

    `baseline`: the case's own, after a way through another system.
    """
    baseline = baseline or baseline_of(case)
    given = inventory_of(case) if inventory is None else inventory
    evaluations = what_if(given, [baseline], now=case["now"], run=run_of(case))["evaluations"]
    if "update" in case:  # on a real node there is also what supersedes it
        evaluations = [one for one in evaluations if one["kb_id"] == case["update"]["kb"]]
    (patch,) = evaluations
    answer = {
        "decision": patch["decision"],
        "reason": patch["reason_code"],
        "state": patch["state"],
        "status": patch["status"],
        "level": patch["compliance_level"],
    }
    if patch["decision"] == "approved" and "update" not in case:
        answer["version"] = patch["version"]
    return answer


def main(files: t.Sequence[str]) -> int:
    passed = failed = 0
    for name in files:
        for case in yaml.safe_load(pathlib.Path(name).read_text(encoding="utf-8"))["cases"]:
            try:
                answer = decided(case)
            except EngineError as error:
                answer = {"error": str(error)}
            if answer == case["expect"]:
                passed += 1
            else:
                failed += 1
                print("%s: expected %s, got %s" % (case["id"], case["expect"], answer))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
