# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Which updates of Windows have lost their place to a newer one (approval-rules.md, 10; compliance.md, 1).
"""

from __future__ import annotations

import datetime
import typing as t

from .dates import UTC, parse_instant
from .decision import APPROVED, Decision
from .patch import Document

NEWEST = "newest"  # as Patch Manager, from whose list superseded updates vanish
NEWEST_APPROVED = "newest_approved"  # an update keeps its place until one that supersedes it is approved
POLICIES = (NEWEST, NEWEST_APPROVED)

_LONG_AGO = datetime.datetime.min.replace(tzinfo=UTC)

Decided = t.Tuple[Document, Decision]


def without_superseded(decided: t.Sequence[Decided], policy: str) -> t.List[Decided]:
    """The same updates in the same order; one that lost its place is `superseded`, and its reason says to which.

    One that is approved although a newer one waits says that too.
    """
    newer = _newer(decided)
    return [
        one if one[0]["installed"] else _placed(*one, newer.get(one[0].get("id") or "", ()), policy) for one in decided
    ]


def _newer(decided: t.Sequence[Decided]) -> t.Dict[str, t.List[Decided]]:
    """By id of an update, all that supersede it, through others as well."""
    direct: t.Dict[str, t.List[Decided]] = {}
    for one in decided:
        for superseded in one[0].get("supersedes") or ():
            direct.setdefault(superseded, []).append(one)
    return {identifier: _reached(identifier, direct) for identifier in direct}


def _reached(start: str, direct: t.Mapping[str, t.Sequence[Decided]]) -> t.List[Decided]:
    found: t.Dict[str, Decided] = {}
    waiting = list(direct[start])
    for one in waiting:
        identifier = one[0].get("id") or ""
        if identifier != start and identifier not in found:  # a vendor's circle ends here
            found[identifier] = one
            waiting.extend(direct.get(identifier, ()))
    return list(found.values())


def _placed(update: Document, decision: Decision, newer: t.Sequence[Decided], policy: str) -> Decided:
    for other, _verdict in newer:
        if other["installed"]:
            return _superseded(update, decision, other, "is installed")
    candidates = [one for one in newer if _is_candidate(one[0])]
    for other, verdict in candidates:
        if verdict.decision == APPROVED:
            return _superseded(update, decision, other, "is approved")
    # a preview that nobody asked for does not take the place of what everybody gets
    candidates = [one for one in candidates if not one[0].get("optional")]
    if not candidates:
        return update, decision
    other, verdict = max(candidates, key=_released)
    if policy == NEWEST:
        return _superseded(update, decision, other, "is not approved: %s" % verdict.reason)
    if decision.decision == APPROVED:
        words = "; %s, which supersedes it, is not approved: %s" % (_name(other), verdict.reason)
        return update, decision._replace(reason=decision.reason + words)
    return update, decision


def _released(one: Decided) -> datetime.datetime:
    return parse_instant(one[0].get("release_date")) or _LONG_AGO


def _is_candidate(update: Document) -> bool:
    return bool(update.get("kb")) and update.get("applicable", True) and not update.get("superseded", False)


def _superseded(update: Document, decision: Decision, by: Document, words: str) -> Decided:
    reason = "%s; superseded by %s, which %s" % (decision.reason, _name(by), words)
    return dict(update, superseded=True), decision._replace(reason=reason)


def _name(update: Document) -> str:
    return update.get("kb") or update["title"]
