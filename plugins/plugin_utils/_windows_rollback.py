# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Undo what a recorded run did to a Windows node: its updates leave again, by KB id."""

from __future__ import annotations

import typing as t

from ..module_utils._engine import changes as engine_changes
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.record import attention
from ._host_action import Refused
from ._windows import journal, outcome, removal, scan
from ._windows.outcome import PatchResult
from ._windows.selection import Target, target
from ._windows_node import NodeLost, RebootFailed, WindowsNode

Document = dict[str, t.Any]

RESTORED, IMPOSSIBLE = "restored", "impossible"
FAILURES = (outcome.FAILED_PATCH, IMPOSSIBLE)


class Rollback:
    """`arguments`: the task's, checked."""

    def __init__(self, node: WindowsNode, arguments: Document) -> None:
        self._node = node
        self._arguments = arguments
        self._name = arguments["name"]
        self._changed = False
        self._restarts: list[Document] = []
        self._warnings: list[str] = []

    def answer(self, check_mode: bool) -> Document:
        """The task's result. Raises Refused and EngineError when nothing was changed, with the reason."""
        found = self._node.found(self._node.first_search())
        self._look(found if check_mode else self._node.quiet_at_first(found))
        there = {identifier for identifier, update in self._present.items() if update["installed"]}
        self._journal, self._recovered = journal.settled(self._found.journal, there, self._node.now())
        undone = self._chosen()
        targets = [
            target(self._present[identifier])
            for identifier in undone["installed"]
            if self._present.get(identifier, {}).get("installed")
        ]
        seen = self._removals(targets)
        impossible = {one: why for one in targets if (why := self._why_not(one, seen, undone))}
        results = [PatchResult(one, IMPOSSIBLE, why) for one, why in impossible.items()]
        leaving = [one for one in targets if one not in impossible]
        if check_mode:
            results += [PatchResult(one, outcome.PLANNED) for one in leaving]
            return self._told(undone, results, self._due(leaving))
        if impossible and not self._arguments["partial"]:
            raise Refused(
                f"{self._name}: run {undone['run_id']} cannot be undone as a whole:"
                f" {'; '.join(f'{one.kb_id}: {why}' for one, why in impossible.items())}. Nothing was changed; set"
                " partial: true to undo the rest"
            )
        if not leaving:
            return self._told(undone, results, self._due([]))
        return self._carried_out(undone, leaving, seen, results)

    def _look(self, found: scan.Found) -> None:
        self._found = found
        self._present = {update["id"]: update for update in found.inventory["updates"]}

    def _chosen(self) -> Document:
        """The run to undo. Raises Refused."""
        wanted = self._arguments.get("of_run")
        if self._journal.trouble:
            raise Refused(f"{self._name}: {self._journal.trouble}. Nothing was changed")
        runs = [run for run in self._journal.runs if run["operation"] == journal.INSTALL and run.get("installed")]
        runs = [run for run in runs if wanted in (None, run["run_id"])]
        if runs:
            return runs[-1]
        of_run = f"run {wanted}" if wanted else "any run"
        raise Refused(f"{self._name}: the node does not know of {of_run} that installed something and could be undone")

    def _removals(self, targets: t.Sequence[Target], names: t.Sequence[str] = ()) -> dict[str, Document]:
        """`names`: the packages to remove; without, nothing is removed."""
        remove = bool(names)
        numbers = sorted({number for one in targets for number in _numbers(one)})
        if not numbers:
            return {}
        try:
            return removal.read(self._node.script(removal.REMOVE, Numbers=numbers, Names=list(names), Remove=remove))
        except NodeLost as error:
            if remove:
                raise
            raise Refused(f"{self._name}: the connection was lost: {error}. Nothing was changed") from error

    def _why_not(self, one: Target, seen: t.Mapping[str, Document], undone: Document) -> str | None:
        """Why it cannot leave."""
        sharing = {
            identifier
            for identifier, update in self._present.items()
            if update["installed"] and update.get("kb") == one.kb_id
        }
        if not sharing <= set(undone["installed"]):
            return f"another update that is installed has the KB id {one.kb_id} too, and would leave with it"
        return removal.impossible(seen.get(_numbers(one)[0]) if one.kbs else None)

    def _carried_out(
        self, undone: Document, leaving: t.Sequence[Target], seen: t.Mapping[str, Document], kept: list[PatchResult]
    ) -> Document:
        """`seen`: the packages of each KB number; `kept`: what became of the rest, which stays."""
        run = self._begun(leaving)
        due = self._due([])
        failed: RebootFailed | None = None
        try:
            removed, trouble = self._removed(leaving, seen)
            self._look(self._node.looked_again())
            due = self._due(leaving, any(one["restart_needed"] for one in removed.values()))
            if due.due:
                self._restarts.append(self._node.reboot())
                self._look(self._node.looked_again())
        except NodeLost as error:
            lost = [
                PatchResult(one, outcome.FAILED_PATCH, f"nobody told what became of it: {error}") for one in leaving
            ]
            return self._failing(self._told(undone, [*kept, *lost], due), f"the node does not answer any more: {error}")
        except RebootFailed as error:
            failed = error
        results = [*kept, *(self._result_of(one, removed, trouble) for one in leaving)]
        self._written_down(undone, run, results)
        answer = self._told(undone, results, due)
        if failed is not None:
            return self._node.lost(answer, failed)
        if answer["failed_patches"] and not self._arguments["partial"]:
            return self._failing(answer, f"{', '.join(answer['failed_patches'][:20])} did not leave")
        return answer

    def _begun(self, leaving: t.Sequence[Target]) -> Document:
        documents = [one.document() for one in leaving]
        now = self._node.now()
        self._journal = journal.begun(self._journal, self._arguments["run_id"], journal.ROLLBACK, documents, now)
        try:
            self._node.store(self._journal)
        except (EngineError, NodeLost) as error:
            raise Refused(f"{self._name}: the run cannot be noted on the node: {error}. Nothing was changed") from error
        return self._journal.runs[-1]

    def _removed(
        self, leaving: t.Sequence[Target], seen: t.Mapping[str, Document]
    ) -> tuple[dict[str, Document], str | None]:
        """What the script says, or why it says nothing. Raises NodeLost."""
        self._changed = True
        try:
            names = {name for one in leaving for name in seen[_numbers(one)[0]]["packages"]}
            return self._removals(leaving, sorted(names)), None
        except EngineError as error:
            return {}, str(error)

    def _written_down(self, undone: Document, run: Document, results: t.Sequence[PatchResult]) -> None:
        """The run that was undone has no more installed than what stayed; so it is not undone twice."""
        gone = {one.target.id for one in results if one.outcome == RESTORED}
        left = [identifier for identifier in undone["installed"] if identifier not in gone]
        kept = journal.ended(self._journal, run, self._node.now(), outcome=_overall(results), installed=[])
        runs = tuple({**one, "installed": left} if one is undone else one for one in kept.runs)
        try:
            self._node.store(kept._replace(runs=runs))
        except (EngineError, NodeLost) as error:
            self._warnings.append(f"{self._name}: the end of the run cannot be noted: {error}")

    def _result_of(self, one: Target, removed: t.Mapping[str, Document], trouble: str | None) -> PatchResult:
        update = self._present.get(one.id)
        if update is None or not update["installed"]:
            return PatchResult(one, RESTORED)
        told = removed.get(_numbers(one)[0])
        why = trouble or removal.failure(told)
        if why is None and told and told["restart_needed"] and not self._restarts:
            return PatchResult(one, RESTORED, "it leaves with the next restart")
        return PatchResult(one, outcome.FAILED_PATCH, why or "it is still installed, and nothing says why")

    def _failing(self, answer: Document, words: str) -> Document:
        answer.update(failed=True, msg=f"{self._name}: {words}")
        return answer

    def _due(self, leaving: t.Sequence[Target], asked: bool = False) -> engine_changes.Reboot:
        said = dict(self._found.inventory["reboot"])
        if asked and not said["required"]:
            said.update(required=True, reason="what was removed waits for a restart")
        return engine_changes.reboot(self._arguments["reboot_option"], "windows", said, leaving, False)

    def _told(self, undone: Document, results: t.Sequence[PatchResult], due: engine_changes.Reboot) -> Document:
        record = scan.judged(self._arguments, self._found.inventory, self._node.now())
        ordered = outcome.ordered(results)
        gone = [one for one in ordered if one.outcome in (RESTORED, outcome.PLANNED)]
        return {
            "changed": self._changed or any(one.outcome == outcome.PLANNED for one in ordered),
            "outcome": _overall(ordered),
            "of_run": undone["run_id"],
            "run_id": self._arguments["run_id"],
            "status": record["status"],
            "patches": [{**one.document(), "version": None} for one in ordered],
            "failed_patches": [one.target.kb_id for one in ordered if one.outcome in FAILURES],
            "dependencies": [],
            "recovered": self._recovered,
            "commands": [f"Remove-WindowsPackage: {', '.join(one.target.kb_id for one in gone)}"] if gone else [],
            "diff": {"before": "".join(f"{one.target.kb_id} {one.target.title}\n" for one in gone), "after": ""},
            "reboot": {**due._asdict(), "reasons": list(due.reasons), "done": bool(self._restarts)},
            "services": [],
            "record": record,
            "inventory": self._found.inventory,
            "ansible_facts": {"patch_compliance": attention(record)},
            "warnings": [
                *self._warnings,
                *scan.shown(self._name, record["warnings"], self._found.inventory["warnings"]),
            ],
        }


def _numbers(one: Target) -> list[str]:
    """The removal script knows an update by the number of its first KB id."""
    return [kb.removeprefix("KB") for kb in one.kbs[:1]]


def _overall(results: t.Sequence[PatchResult]) -> str:
    outcomes = {one.outcome for one in results}
    if not outcomes:
        return "nothing_to_do"
    if outcome.PLANNED in outcomes:
        return "planned"
    if outcomes == {RESTORED}:
        return RESTORED
    return "partial" if RESTORED in outcomes else "failed"
