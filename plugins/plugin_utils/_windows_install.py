# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One run that installs on a Windows node.

Search, decide, let win_updates search for just that, install, search again; restart where one is due, and once more
until nothing is left that can be tried. Each round is one call of win_updates without its own restarts, because what it
would install is compared with what was decided before each of them.
"""

from __future__ import annotations

import time
import typing as t

from ..module_utils._engine import changes as engine_changes
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.record import attention
from ..module_utils._engine.selection import Limits
from ..module_utils._engine.state import INSTALL, Run
from ..module_utils._host.presentation import failure
from ._host_action import Refused
from ._windows import journal, outcome, patterns, scan, selection
from ._windows.ledger import Ledger
from ._windows.selection import Target
from ._windows_node import WIN_UPDATES, Busy, NodeLost, RebootFailed, WindowsNode

Document = dict[str, t.Any]

MIB = 1024 * 1024
SEARCHES = 3
UNDER_WAY = "an installation is under way on the node; what it comes to is not known yet"


class Stopped(Exception):
    """Nothing more may be installed, and something was already; says why."""


class Installation:
    """`arguments`: the task's, checked."""

    def __init__(self, node: WindowsNode, arguments: Document) -> None:
        self._node = node
        self._arguments = arguments
        self._name = arguments["name"]
        self._limits = Limits(
            arguments.get("manifest"),
            arguments.get("install_override_list"),
            arguments.get("include") or (),
            arguments.get("exclude") or (),
        )
        self._download_only = arguments["download_only"]
        self._state = "downloaded" if self._download_only else "installed"
        self._began = time.monotonic()
        self._ledger = Ledger(self._download_only)
        self._warnings: list[str] = []
        self._steps: list[Document] = []
        self._changed = False
        self._run: Document | None = None  # of the journal, once something is about to be installed
        self._recovered: list[Document] = []
        self._restarts: list[Document] = []
        self._due: engine_changes.Reboot | None = None  # the restart that was due last

    def answer(self, check_mode: bool) -> Document:
        """The task's result. Raises Refused and EngineError when the whole is wrong, and nothing more was installed."""
        selection.check_limits(self._limits)
        if self._arguments["server_selection"] not in patterns.SERVERS:
            raise Refused(
                f"server_selection: {self._arguments['server_selection']} can be searched and not installed from,"
                " because win_updates does not know it; make it the node's own service, and use default"
            )
        searched = self._node.first_search()
        found = self._node.found(searched)
        self._look(found if check_mode else self._node.quiet_at_first(found))
        if self._record["status"] == "UNKNOWN":
            raise Refused(f"{self._name}: {self._record['status_reason']}. Nothing was touched")
        self._settle()
        return self._foreseen() if check_mode else self._carried_out()

    def _carried_out(self) -> Document:
        try:
            self._rounds()
        except NodeLost as error:
            return self._told_lost(error)
        except Busy as error:
            return self._told_busy(error)
        except RebootFailed as error:
            self._ledger.give_up(f"the node did not restart, or did not come back: {error}")
            return self._node.lost(self._concluded(interrupted=True), error)
        except Stopped as error:
            self._ledger.give_up(str(error))
            return {**self._concluded(), "failed": True, "msg": f"{self._name}: {error}"}
        answer = self._concluded()
        if answer["failed_patches"]:
            answer.update(failed=True, msg=failure(self._name, answer))
        return answer

    def _look(self, found: scan.Found) -> None:
        self._found = found
        self._record = scan.judged(self._arguments, found.inventory, self._node.now())
        self._updates = found.inventory["updates"]
        self._present = {update["id"]: update for update in self._updates}

    def _settle(self) -> None:
        if self._found.busy:
            self._journal, self._warnings = self._found.journal, [UNDER_WAY]
            return
        there = {identifier for identifier, update in self._present.items() if update["installed"]}
        self._journal, self._recovered = journal.settled(self._found.journal, there, self._node.now())
        self._warnings = [self._journal.trouble] if self._journal.trouble else []

    def _rounds(self) -> None:
        while targets := self._next():
            self._hold_that_it_can_be_noted()
            self._hold_that_there_is_room()
            due = self._due_after([])
            if due.required and due.due and not self._restarts and not self._download_only:
                self._restart(due)  # while one is pending, win_updates installs nothing
                continue
            targets = self._certain(self._together(targets))
            if targets:
                self._begin(targets)
                self._round(targets)
        due = self._due_after([])
        if due.due and not self._download_only and (self._ledger.unrestarted or not self._restarts):
            self._restart(due)

    def _next(self) -> list[Target]:
        chosen = selection.select(self._found.inventory, self._record["patches"], self._limits)
        if not self._steps:  # later, what was asked for is nowhere because it is installed
            self._warnings = list(dict.fromkeys([*self._warnings, *chosen.warnings]))
        targets = self._ledger.next(chosen)
        limit = self._arguments["max_duration"]
        if not targets or not limit or time.monotonic() - self._began < limit:
            return targets
        if not self._touched:
            raise Refused(f"max_duration ({limit} s) was over before anything was downloaded; nothing was changed")
        self._ledger.leave(targets)
        self._warnings.append(f"max_duration ({limit} s) was over; {len(targets)} updates were not begun any more")
        return []

    def _together(self, targets: list[Target]) -> list[Target]:
        """Those of one call: of exclusive updates, which come first, one by itself."""
        return next(([one] for one in targets if self._present[one.id]["exclusive"]), targets)

    def _hold_that_it_can_be_noted(self) -> None:
        if self._journal.foreign:
            self._stop(f"the run cannot be noted on the node: {self._journal.trouble}; remove {journal.FOLDER} there")

    def _hold_that_there_is_room(self) -> None:
        free, least = self._found.free_bytes, self._arguments["minimum_free_space"]
        if free is not None and free < least * MIB:
            self._stop(
                f"the system drive has {free // MIB} MiB free, less than {least} MiB; free some, or lower"
                " minimum_free_space"
            )

    def _certain(self, targets: list[Target]) -> list[Target]:
        """Those that win_updates would install, and it alone. Raises Refused when it would install anything else."""
        refused = patterns.alike(targets, self._updates)
        kept = targets
        while True:
            self._ledger.refuse(refused)
            kept = [target for target in kept if target not in refused]
            if not kept:
                return []
            comparison = patterns.compared(kept, self._searched(kept), self._updates)
            if comparison.strangers:
                self._stop(f"win_updates would install what is not to be installed: {', '.join(comparison.strangers)}")
            refused = comparison.refused
            if not refused:
                return kept

    def _searched(self, targets: t.Sequence[Target]) -> Document:
        options = patterns.options(targets, "searched", self._arguments["server_selection"])
        for _search in range(SEARCHES):  # a search changes nothing, and its connection may be lost
            seen = self._node.updates(options)
            if not (seen.get("failed") or seen.get("unreachable")):
                break
        if seen.get("unreachable"):
            raise NodeLost(f"win_updates searched: {seen.get('msg')}")
        if seen.get("failed"):
            self._stop(f"win_updates cannot search: {seen.get('msg')}")
        return seen

    @property
    def _touched(self) -> bool:
        return bool(self._steps or self._restarts)

    def _stop(self, why: str) -> t.NoReturn:
        """Raises Stopped, or Refused where nothing has been done that must be told of."""
        if self._touched:
            raise Stopped(f"{why}. Nothing more was installed")
        raise Refused(f"{why}. Nothing was installed")

    def _begin(self, targets: t.Sequence[Target]) -> None:
        """Notes on the node what is about to be installed; in later rounds, what has come to it."""
        documents = [one.document() for one in targets]
        if self._run is None:
            operation = journal.DOWNLOAD if self._download_only else journal.INSTALL
            run_id, now = self._arguments["run_id"], self._node.now()
            self._journal = journal.begun(self._journal, run_id, operation, documents, now)
            self._run = self._journal.runs[-1]
        else:
            known = {one["id"] for one in self._run["targets"]}
            new = [document for document in documents if document["id"] not in known]
            if not new:
                return
            self._run["targets"] += new
        try:
            self._node.store(self._journal)
        except (EngineError, NodeLost) as error:
            self._stop(f"the run cannot be noted on the node: {error}")

    def _round(self, targets: t.Sequence[Target]) -> None:
        came = self._node.updates(patterns.options(targets, self._state, self._arguments["server_selection"]))
        ended_well = not (came.get("failed") or came.get("unreachable"))
        kb_ids = [one.kb_id for one in targets]
        self._steps.append(
            {"name": self._state, "code": int(not ended_well), "why_not": came.get("msg"), "kb_ids": kb_ids}
        )
        strangers = patterns.strangers(targets, came)
        tried = [*targets, *strangers]
        self._ledger.tried(tried, came)
        self._changed = self._changed or bool(came.get("changed"))
        self._look(self._node.looked_again())
        newly = self._seen(tried)
        if self._found.busy:  # win_updates may be at it still, when only the connection to it was lost
            self._look(self._node.quiet(self._found))
            newly = self._seen(tried)
        if strangers:
            self._begin(strangers)
            titles = ", ".join(one.title for one in strangers)
            self._stop(f"win_updates installed what was not to be installed: {titles}")
        due = self._due_after(newly, bool(came.get("reboot_required")))
        if due.due and not self._download_only:
            self._restart(due)

    def _seen(self, tried: t.Sequence[Target]) -> list[Target]:
        newly = self._ledger.seen(tried, self._present)
        self._changed = self._changed or bool(newly)
        return newly

    def _due_after(self, newly: t.Sequence[Target], asked: bool = False) -> engine_changes.Reboot:
        """`asked`: win_updates says that a restart is required."""
        said = dict(self._found.inventory["reboot"])
        if asked and not said["required"]:
            said.update(required=True, reason="Windows Update waits for a restart")
        pending = any(patch["state"] == "INSTALLED_PENDING_REBOOT" for patch in self._record["patches"])
        return engine_changes.reboot(self._arguments["reboot_option"], "windows", said, newly, pending)

    def _restart(self, due: engine_changes.Reboot) -> None:
        """Raises RebootFailed, and NodeLost where it is back and does not answer."""
        self._due = due
        self._restarts.append(self._node.reboot())
        self._changed = True
        self._look(self._node.quiet(self._node.looked_again()))
        self._ledger.restarted(self._present)

    def _foreseen(self) -> Document:
        """Check mode: what the run would do. win_updates is not asked, because it accepts licences when it searches."""
        targets = self._next()
        hidden = patterns.superseded(targets, self._updates)  # a guess: the run asks win_updates
        self._warnings += [f"{one.kb_id} may fail: {why}" for one, why in hidden.items()]
        if self._download_only and targets and self._found.inventory["reboot"]["required"]:
            self._warnings.append("a restart is pending, before which win_updates may download nothing")
        self._ledger.refuse(patterns.alike(targets, self._updates))
        results = self._ledger.results(outcome.PLANNED)
        planned = [one for one in results if one.outcome == outcome.PLANNED]
        installs = [] if self._download_only else planned
        self._due = self._due_after([one.target for one in installs])
        answer = self._result(self._record, results)
        answer.update(
            changed=bool(planned) or answer["reboot"]["due"],
            outcome="planned" if planned else outcome.overall(results),
            diff=outcome.diff(installs),
            commands=[_command(self._state, [one.target.kb_id for one in planned])] if planned else [],
        )
        return answer

    def _concluded(self, interrupted: bool = False) -> Document:
        results = self._ledger.results(outcome.DOWNLOADED if self._download_only else outcome.INSTALLED)
        required = self._found.inventory["reboot"]["required"]
        run = Run(
            operation=INSTALL,
            reboot_option=self._arguments["reboot_option"],
            rebooted=bool(self._restarts) and not self._ledger.unrestarted,
            outcomes=outcome.engine_outcomes(results),
            partial=self._limits.partial or self._download_only,
            reboot_required=required,
            notes=outcome.notes(results),
        )
        record = scan.judged(self._arguments, self._found.inventory, self._node.now(), run)
        record["run"] = {**self._limits._asdict(), "interrupted": interrupted, "download_only": self._download_only}
        answer = self._result(record, results)
        if not interrupted:  # else the next run tells better what became of this one
            answer["warnings"] += self._written_down(answer["outcome"], required)
        return answer

    def _written_down(self, came_to: str, required: bool) -> list[str]:
        """The end of the run on the node. One that does not take it is a warning: the updates are installed."""
        kept, now = self._journal, self._node.now()
        if self._run is not None:
            installed = [] if self._download_only else self._ledger.done
            waived = self._arguments["reboot_option"] == engine_changes.IF_REQUIRED and not required
            kept = journal.ended(
                kept,
                self._run,
                now,
                outcome=came_to,
                installed=installed,
                live=installed if waived else [],
                seconds=journal.seconds_since(self._run, now),
            )
        elif not self._recovered:
            return []
        try:
            self._node.store(kept)
        except (EngineError, NodeLost) as error:
            return [f"{self._name}: the end of the run cannot be noted: {error}; the next run settles this one"]
        return []

    def _told_lost(self, error: NodeLost) -> Document:
        self._ledger.give_up(f"the node does not answer any more: {error}")
        answer = self._concluded(interrupted=True)
        answer.update(
            failed=True,
            msg=f"{self._name}: the node does not answer any more: {error}. What was approved stands in the record; an"
            " installation that was begun may go on without the controller, and the next run tells what became of it",
        )
        return answer

    def _told_busy(self, error: Busy) -> Document:
        self._ledger.give_up(str(error))
        answer = self._concluded(interrupted=True)
        answer.update(
            failed=True,
            msg=f"{self._name}: {error}. Nothing more was begun, and the node not restarted any more; the next run"
            " tells what became of it",
        )
        return answer

    def _result(self, record: Document, results: t.Sequence[outcome.PatchResult]) -> Document:
        """What every result has."""
        due = self._due or self._due_after([])
        if self._download_only:
            due = due._replace(due=False, why="download_only restarts nothing")
        reboot = {**due._asdict(), "reasons": list(due.reasons), "done": bool(self._restarts)}
        if self._restarts:
            reboot["seconds"] = sum(int(one.get("elapsed") or 0) for one in self._restarts)
        seconds, runs = journal.estimate(self._journal, len(self._ledger.considered))
        about_node = self._found.inventory["warnings"]
        return {
            "changed": self._changed,
            "outcome": outcome.overall(results),
            "status": record["status"],
            "run_id": self._arguments["run_id"],
            "patches": [result.document() for result in results],
            "failed_patches": [one.target.kb_id for one in results if one.outcome == outcome.FAILED_PATCH],
            "dependencies": [],
            "download_size": None,
            "commands": [_command(step["name"], step["kb_ids"]) for step in self._steps],
            "steps": self._steps,
            "diff": outcome.diff(results),
            "reboot": reboot,
            "services": [],
            "recovered": self._recovered,
            "leftovers": [],
            "history": {"estimate_seconds": seconds, "runs": runs},
            "record": record,
            "inventory": self._found.inventory,
            "ansible_facts": {"patch_compliance": attention(record)},
            "warnings": [
                *(f"{self._name}: {warning}" for warning in self._warnings),
                *scan.shown(self._name, record["warnings"], about_node),
            ],
        }


def _command(state: str, kb_ids: t.Sequence[str]) -> str:
    return f"{WIN_UPDATES} state={state}: {', '.join(kb_ids)}"
