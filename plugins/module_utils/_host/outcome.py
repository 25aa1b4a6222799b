# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What became of each patch of a run, from what the package manager said and now has."""

from __future__ import annotations

import typing as t

from .._engine.changes import Changed, Reboot
from .._engine.families import family_of
from .._engine.selection import Skip, Target
from .._engine.state import FAILED, SUCCEEDED
from .base import Document
from .transaction import Change, StepResult

INSTALLED = "installed"
FAILED_PATCH = "failed"
SKIPPED = "skipped"
PLANNED = "planned"
DOWNLOADED = "downloaded"

_LAST_WORDS = 400  # characters of a step's output that tell why it failed


class PatchResult(t.NamedTuple):
    """One patch of a run, as results and run.json show it."""

    target: Target
    outcome: str
    reason: t.Optional[str] = None

    def document(self) -> Document:
        target = self.target
        return {
            "kb_id": target.kb_id,
            "name": target.name,
            "arch": target.arch,
            "old": target.old,
            "new": target.new,
            "outcome": self.outcome,
            "reason": self.reason,
        }


def patch_results(
    targets: t.Sequence[Target],
    skipped: t.Sequence[Skip],
    refused: t.Mapping[str, str],
    succeeded: t.Callable[[Target], t.Optional[str]],
    outcome: str,
) -> t.List[PatchResult]:
    """`succeeded` tells why a target has not come to `outcome`, None when it has."""
    found = []
    for target in targets:
        why_not = refused.get(target.kb_id) or succeeded(target)
        found.append(PatchResult(target, FAILED_PATCH, why_not) if why_not else PatchResult(target, outcome))
    found.extend(PatchResult(skip.target, SKIPPED, skip.reason) for skip in skipped)
    return sorted(found, key=lambda result: result.target.kb_id)


def why_not_installed(
    target: Target, inventory: Document, failures: t.Mapping[str, str], results: t.Sequence[StepResult]
) -> t.Optional[str]:
    """None when the node has the version, and the package manager does not complain of it."""
    if failures.get(target.kb_id):
        return failures[target.kb_id]
    unfinished = _unfinished(inventory, target)
    if unfinished:
        return "the package manager left it %s" % unfinished
    if target.kb_id not in failures and target.new in installed_versions(inventory, target):
        return None
    return last_words(results) or "it is still not at this version, and the package manager does not say why"


def _unfinished(inventory: Document, target: Target) -> t.Optional[str]:
    """The package manager's word for a package that is not properly installed."""
    for package in inventory.get("packages") or ():
        if package["name"] == target.name and package["arch"] == target.arch:
            return package.get("unfinished")
    return None


def installed_versions(inventory: Document, target: t.Union[Target, Change]) -> t.List[str]:
    family = family_of(inventory)
    return [
        family.text(version)
        for package in inventory.get("packages") or ()
        if package["name"] == target.name and _same_arch(package["arch"], target.arch, inventory)
        for version in package.get("installed") or ()
    ]


def _same_arch(one: str, other: str, inventory: Document) -> bool:
    """A Debian package may change between all and the node's architecture, and stays the same package."""
    return one == other or (inventory["manager"] == "apt" and "all" in (one, other))


def last_words(results: t.Sequence[StepResult]) -> str:
    """Of the first step that did not succeed: why, or the end of what it said."""
    for result in results:
        if not result.failed:
            continue
        said = " ".join(result.output.split())
        tail = said if len(said) <= _LAST_WORDS else "..." + said[-_LAST_WORDS:]
        if result.why_not:
            return "%s: %s" % (result.name, result.why_not)
        return "%s ended with exit code %s: %s" % (result.name, result.code, tail or "it said nothing")
    return ""


def engine_outcomes(results: t.Sequence[PatchResult]) -> t.Dict[str, str]:
    """For state.Run: what was tried, and how it went."""
    words = {INSTALLED: SUCCEEDED, FAILED_PATCH: FAILED}
    return {result.target.kb_id: words[result.outcome] for result in results if result.outcome in words}


def notes(results: t.Sequence[PatchResult]) -> t.Dict[str, str]:
    return {result.target.kb_id: result.reason for result in results if result.reason}


def diff(changes: t.Sequence[t.Union[Change, Changed]]) -> Document:
    """Before and after, a line for each package that changes."""
    before = ["%s %s" % (change.kb_id, change.old) for change in changes if change.old is not None]
    after = ["%s %s" % (change.kb_id, change.new) for change in changes if change.new is not None]
    return {"before": _lines(before), "after": _lines(after)}


def joined(first: Document, second: Document) -> Document:
    """Two differences, one after another, as one."""
    return {side: first[side] + second[side] for side in ("before", "after")}


def _lines(lines: t.List[str]) -> str:
    return "".join("%s\n" % line for line in sorted(lines))


def change_document(change: t.Union[Change, Changed]) -> Document:
    return {"kb_id": change.kb_id, "name": change.name, "arch": change.arch, "old": change.old, "new": change.new}


def reboot_document(reboot: Reboot) -> Document:
    return dict(reboot._asdict(), reasons=list(reboot.reasons), done=False)
