# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which of a node's updates one run is to install."""

from __future__ import annotations

import fnmatch
import typing as t

from ...module_utils._engine.errors import RunError
from ...module_utils._engine.selection import Limits

Document = dict[str, t.Any]

WANTED_STATES = ("MISSING", "FAILED")


class Target(t.NamedTuple):
    """An update. Its KB id does not name it: several updates can share one."""

    id: str
    kb_id: str
    title: str
    kbs: tuple[str, ...]

    def document(self) -> Document:
        return {"id": self.id, "kb_id": self.kb_id, "title": self.title}


class Selection(t.NamedTuple):
    targets: tuple[Target, ...]
    skipped: dict[Target, str]  # why
    warnings: tuple[str, ...]  # of what was asked for and is nowhere


def check_limits(limits: Limits) -> None:
    """Raises RunError that names the option, what is wrong with it and what is allowed."""
    if limits.manifest is not None and limits.override_list is not None:
        raise RunError("manifest and install_override_list each say all that is to be installed; give one of them")
    for index, entry in enumerate(limits.manifest or ()):
        if not _kb_of(entry):
            raise RunError(f"manifest[{index}].kb_id: on Windows an entry is a KB id, as patch_scan returns its plan")


def select(inventory: Document, patches: t.Sequence[Document], limits: Limits) -> Selection:
    """What to install. `patches`: those of the full record of `inventory`, one for each update and in its order."""
    pairs = list(zip(inventory["updates"], patches, strict=True))
    warnings: list[str] = []
    skipped: dict[Target, str] = {}
    if limits.override_list is not None:
        wanted = _overridden(pairs, limits.override_list, warnings)
    else:
        wanted = [(update, target(update)) for update, patch in pairs if patch["state"] in WANTED_STATES]
    kept = []
    for update, one in wanted:
        why = _left_out(update, one, limits)
        if why is None:
            kept.append(one)
        else:
            skipped[one] = why
    warnings += [
        f"include: nothing that is approved and missing fits '{pattern}'"
        for pattern in limits.include
        if not any(_fits(one, pattern) for _update, one in wanted)
    ]
    skipped.update(_unwanted(pairs, [one for _update, one in wanted], limits.manifest or ()))
    return Selection(tuple(kept), skipped, tuple(warnings))


def target(update: Document) -> Target:
    return Target(update["id"], update.get("kb") or "", update["title"], tuple(update.get("kbs") or ()))


def _kb_of(entry: Document) -> str:
    return (entry.get("kb_id") or entry.get("name") or "").upper()


def _left_out(update: Document, one: Target, limits: Limits) -> str | None:
    if limits.manifest is not None and one.kb_id not in {_kb_of(entry) for entry in limits.manifest}:
        return "the manifest does not name it"
    if limits.include and not any(_fits(one, pattern) for pattern in limits.include):
        return "include does not name it"
    excluding = next((pattern for pattern in limits.exclude if _fits(one, pattern)), None)
    if excluding is not None:
        return f"excluded from this run by '{excluding}'"
    return f"held on the node: {update['held']}" if update.get("held") else None


def _fits(one: Target, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(form.lower(), pattern.lower()) for form in (*one.kbs, one.title))


def _unwanted(
    pairs: t.Sequence[tuple[Document, Document]], wanted: t.Sequence[Target], manifest: t.Sequence[Document]
) -> dict[Target, str]:
    """What the manifest names and the node does not want, with the reason."""
    found: dict[Target, str] = {}
    known = {one.kb_id for one in wanted}
    for entry in manifest:
        kb_id = _kb_of(entry)
        if kb_id in known:
            continue
        update, patch = next(((one, other) for one, other in pairs if one.get("kb") == kb_id), (None, None))
        if update is None or patch is None:
            found[Target("", kb_id, kb_id, ())] = "Windows Update has no such update for this node"
        elif update["installed"]:
            found[target(update)] = "it is installed already"
        else:
            found[target(update)] = f"it is not due: {patch['reason']}"
    return found


def _overridden(
    pairs: t.Sequence[tuple[Document, Document]], items: t.Sequence[Document], warnings: list[str]
) -> list[tuple[Document, Target]]:
    """Every update that is on offer and that an item names by KB or bulletin id, whatever the baseline says."""
    chosen = []
    used: set[int] = set()
    for update, _patch in pairs:
        if update["installed"]:
            continue
        index = next((number for number, item in enumerate(items) if _names(item, update)), None)
        if index is not None:
            used.add(index)
            chosen.append((update, target(update)))
    for index, item in enumerate(items):
        if index not in used:
            title = f" and title '{item['title']}'" if item.get("title") else ""
            warnings.append(f"install_override_list[{index}]: no update on offer fits id '{item['id']}'{title}")
    return chosen


def _names(item: Document, update: Document) -> bool:
    ids = {one.lower() for one in (*(update.get("kbs") or ()), update.get("bulletin") or "") if one}
    title = (item.get("title") or "*").lower()
    return item["id"].lower() in ids and fnmatch.fnmatchcase(update["title"].lower(), title)
