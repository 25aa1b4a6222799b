# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What win_updates is told to install, and whether it would install just that.

It takes no ids of updates. It compares expressions, in any case of letters, with the title of an update and, glued to
it, its KB ids with a space between them. So each update gets an expression that fits its whole text and nothing else;
what several updates have alike only their ids tell apart, and so those are compared before anything is installed.
"""

from __future__ import annotations

import re
import typing as t

from .selection import Target

Document = dict[str, t.Any]

EVERY_CATEGORY = ("*",)
# What win_updates can be told of ServerSelection; Microsoft Update is none of it.
SERVERS = ("default", "managed_server", "windows_update")


class Comparison(t.NamedTuple):
    """What a search by win_updates came to, beside what was decided."""

    kept: tuple[Target, ...]
    refused: dict[Target, str]
    strangers: tuple[str, ...]  # titles of what it would install and no expression is for


def options(targets: t.Sequence[Target], state: str, server_selection: str) -> Document:
    """Arguments of win_updates. `targets` must not be empty: without an expression it would take every update."""
    if not targets:
        raise ValueError("no update to install")
    return {
        "accept_list": [pattern(target) for target in targets],
        "category_names": list(EVERY_CATEGORY),
        "server_selection": server_selection,
        "state": state,
        "reboot": False,
    }


def pattern(target: Target) -> str:
    """Python escapes no more than what .NET takes for the character itself."""
    return f"^{re.escape(_text(target.title, target.kbs))}$"


def alike(targets: t.Sequence[Target], updates: t.Sequence[Document]) -> dict[Target, str]:
    """Those that nothing but its id tells from an update that is not to be installed; `updates`: the inventory's."""
    ids = {target.id for target in targets}
    others = {
        _key(update["title"], update.get("kbs") or ()): update
        for update in updates
        if not (update["installed"] or update.get("held") or update["id"] in ids)
    }
    found = {target: others.get(_key(target.title, target.kbs)) for target in targets}
    return {target: _alike(other["id"]) for target, other in found.items() if other is not None}


def superseded(targets: t.Sequence[Target], updates: t.Sequence[Document]) -> dict[Target, str]:
    """Those that win_updates will hardly find; only it can tell for certain."""
    superseding = _superseding(updates)
    return {target: _hidden_by(superseding[target.id]) for target in targets if target.id in superseding}


def compared(targets: t.Sequence[Target], found: Document, updates: t.Sequence[Document]) -> Comparison:
    """`found`: the result of win_updates that searched for `targets`; `updates`: the inventory's."""
    selected = {identifier.lower(): one for identifier, one in (found.get("updates") or {}).items()}
    left_out = {identifier.lower(): one for identifier, one in (found.get("filtered_updates") or {}).items()}
    ids = {target.id for target in targets}
    refused: dict[Target, str] = {}
    strangers = []
    by_text: dict[str, list[Target]] = {}
    for target in targets:
        by_text.setdefault(_key(target.title, target.kbs), []).append(target)
    for identifier in sorted(set(selected) - ids):
        one = selected[identifier]
        meant = by_text.get(_key(one["title"], [f"KB{number}" for number in one["kb"]]))
        if meant is None:
            strangers.append(one["title"])
        refused.update(dict.fromkeys(meant or (), _alike(identifier)))
    superseding = _superseding(updates)
    for target in targets:
        if target.id not in selected and target not in refused:
            refused[target] = _why_not_found(target, left_out.get(target.id), superseding)
    kept = tuple(target for target in targets if target not in refused)
    return Comparison(kept, refused, tuple(strangers))


def strangers(targets: t.Sequence[Target], came: Document) -> list[Target]:
    """What win_updates installed besides `targets`, because it was offered only after the comparison."""
    ids = {target.id for target in targets}
    found = []
    for identifier, one in sorted((came.get("updates") or {}).items()):
        if identifier.lower() not in ids and one.get("installed"):
            kbs = tuple(f"KB{number}" for number in one["kb"])
            found.append(Target(identifier.lower(), kbs[0] if kbs else "", one["title"], kbs))
    return found


def _text(title: str, kbs: t.Iterable[str]) -> str:
    return title + " ".join(kbs)


def _key(title: str, kbs: t.Iterable[str]) -> str:
    return _text(title, kbs).lower()


def _superseding(updates: t.Iterable[Document]) -> dict[str, Document]:
    """By id of an update, one that takes its place."""
    return {identifier: update for update in updates for identifier in update.get("supersedes") or ()}


def _alike(identifier: str) -> str:
    return (
        f"update {identifier}, which this run is not to install, has the same title and KB ids, and win_updates"
        " tells updates apart by nothing else; reject one of the two, hide it on the node, or install this one by hand"
    )


def _hidden_by(newer: Document) -> str:
    return (
        f"win_updates does not find it, because {newer.get('kb') or newer['title']} supersedes it; approve that one,"
        " or install this one by hand"
    )


def _why_not_found(target: Target, left_out: Document | None, superseding: t.Mapping[str, Document]) -> str:
    reasons = (left_out or {}).get("filtered_reasons") or ()
    if "hidden" in reasons:
        return "win_updates leaves it out, because it is hidden in Windows Update"
    if left_out is not None:
        return f"win_updates knows it by another title or other KB ids: '{left_out['title']}'"
    if target.id in superseding:
        return _hidden_by(superseding[target.id])
    return "win_updates does not find it; what the agent offers has changed since the scan"
