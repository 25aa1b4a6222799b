# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What became of each update of a run, as results and records show it."""

from __future__ import annotations

import typing as t

from ...module_utils._engine.state import FAILED, SUCCEEDED
from .hresult import described
from .selection import Target

Document = dict[str, t.Any]

INSTALLED, FAILED_PATCH, SKIPPED, PLANNED, DOWNLOADED = "installed", "failed", "skipped", "planned", "downloaded"
UNDONE = (
    "an update loop: it was installed, and after the restart the node does not have it; the log of Windows Update and"
    " C:\\Windows\\Logs\\CBS\\CBS.log tell why it was rolled back"
)


class PatchResult(t.NamedTuple):
    target: Target
    outcome: str
    reason: str | None = None

    def document(self) -> Document:
        target = self.target
        return {
            "kb_id": target.kb_id,
            "name": target.kb_id or target.title,
            "arch": None,
            "old": None,
            "new": None,
            "title": target.title,
            "update_id": target.id or None,
            "outcome": self.outcome,
            "reason": self.reason,
        }


def ordered(results: t.Iterable[PatchResult]) -> list[PatchResult]:
    return sorted(results, key=lambda result: (result.target.kb_id, result.target.title, result.target.id))


def failure(told: Document | None, whole: Document) -> str:
    """Why an update was not installed: what win_updates told of it, else of the `whole` that it came to."""
    code = (told or {}).get("failure_hresult_code")
    if told is not None and code is not None:
        return described(code, str(told.get("failure_msg") or ""))
    if whole.get("unreachable"):
        return f"the connection was lost before anybody told what became of it: {whole.get('msg')}"
    if whole.get("failed"):
        return str(whole.get("msg") or "win_updates failed without a word")
    return "win_updates did not install it, and does not say why"


def engine_outcomes(results: t.Iterable[PatchResult]) -> dict[str, str]:
    """For state.Run, which knows updates by their KB ids: of those that share one the worst counts."""
    found: dict[str, str] = {}
    for result in results:
        if result.outcome == FAILED_PATCH:
            found[result.target.kb_id] = FAILED
        elif result.outcome == INSTALLED:
            found.setdefault(result.target.kb_id, SUCCEEDED)
    return found


def notes(results: t.Iterable[PatchResult]) -> dict[str, str]:
    return {result.target.kb_id: result.reason for result in results if result.reason}


def overall(results: t.Sequence[PatchResult]) -> str:
    tried = {result.outcome for result in results} - {SKIPPED}
    if FAILED_PATCH in tried:
        return "failed" if tried == {FAILED_PATCH} else "partial"
    return tried.pop() if tried else "nothing_to_do"


def diff(results: t.Iterable[PatchResult]) -> Document:
    """A line for each update that comes, or would."""
    lines = [
        f"{result.target.kb_id} {result.target.title}\n" for result in results if result.outcome in (INSTALLED, PLANNED)
    ]
    return {"before": "", "after": "".join(sorted(lines))}
