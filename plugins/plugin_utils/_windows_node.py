# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A Windows node as an action reaches it: its scripts, win_updates, its reboot."""

from __future__ import annotations

import contextlib
import datetime
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils._engine import dates
from ..module_utils._engine.errors import EngineError
from ._host_action import HostAction, Refused
from ._windows import journal, scan

Document = dict[str, t.Any]

WIN_UPDATES = "ansible.windows.win_updates"
WIN_REBOOT = "ansible.windows.win_reboot"
PAUSE = 5  # seconds between two looks for a node that does not answer


class NodeLost(Exception):
    """The node does not answer any more, after it did; says how that showed."""


class Busy(Exception):
    """The agent of the node goes on installing, whoever began that."""


class RebootFailed(Exception):
    """The node did not restart, or did not come back; `answer` is what the reboot came to."""

    def __init__(self, answer: Document) -> None:
        super().__init__(answer.get("msg"))
        self.answer = answer


class Rebooting(t.Protocol):
    """What an action that changes nodes does about their restart."""

    def reboot(self, arguments: Document, task_vars: Document) -> Document: ...

    def lost(self, arguments: Document, answer: Document, rebooted: Document) -> Document: ...


class WindowsNode:
    """`arguments`: the task's, checked. What changes a node needs an action that is Rebooting, too."""

    def __init__(self, action: ActionBase, arguments: Document, check_mode: bool, task_vars: Document) -> None:
        self._action = action
        self._arguments = arguments
        self._check_mode = check_mode
        self._task_vars = task_vars

    @staticmethod
    def now() -> datetime.datetime:
        return datetime.datetime.now(dates.UTC)

    def first_search(self) -> Document:
        """The result of the search script. Raises Refused."""
        return self.first(scan.question(self._arguments, self._check_mode), "searched")

    def first(self, arguments: Document, did: str) -> Document:
        """What a task's first script comes to; a node that is not reached is Ansible's to tell of. Raises Refused."""
        try:
            return self._run(arguments)
        except AnsibleError:
            raise
        except Exception as error:  # as below
            raise Refused(f"the connection was lost while the node {did}: {error}") from error

    def found(self, searched: Document) -> scan.Found:
        """Raises InventoryError."""
        return scan.searched(self._arguments, scan.output(searched), self._check_mode, self.now())

    def search(self) -> scan.Found:
        """One more search. Raises InventoryError, and NodeLost when nobody answers."""
        return self.found(self._answered(scan.question(self._arguments, self._check_mode)))

    def looked_again(self) -> scan.Found:
        """One more search; a node that does not answer is waited for, as after a reboot. Raises NodeLost."""
        deadline = time.monotonic() + self._arguments["reboot_timeout"]
        while True:
            try:
                return self.search()
            except (NodeLost, EngineError) as error:
                if time.monotonic() >= deadline:
                    raise NodeLost(str(error)) from error
            with contextlib.suppress(Exception):  # as below
                self._action._connection.reset()
            time.sleep(min(PAUSE, max(0.0, deadline - time.monotonic())))

    def quiet(self, found: scan.Found) -> scan.Found:
        """`found`, or a newer search, with nothing being installed. Raises Busy after lock_timeout, and NodeLost."""
        patience = self._arguments["lock_timeout"]
        deadline = time.monotonic() + patience
        while found.busy:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Busy(f"an installation is under way on the node, still after {patience} seconds (lock_timeout)")
            time.sleep(min(PAUSE, left))
            found = self.looked_again()
        return found

    def quiet_at_first(self, found: scan.Found) -> scan.Found:
        """The same before anything is touched: an earlier run may be what goes on. Raises Refused."""
        try:
            return self.quiet(found)
        except (Busy, NodeLost) as error:
            raise Refused(f"{self._arguments['name']}: {error}. Nothing was touched") from error

    def updates(self, options: Document) -> Document:
        """What win_updates comes to. It catches what goes wrong on its way, and tells of it."""
        action = t.cast(HostAction, self._action).other_action(WIN_UPDATES, options)
        action._execute_module = _with_warnings_as_text(action._execute_module)
        return action.run(task_vars=self._task_vars)

    def reboot(self) -> Document:
        """Raises RebootFailed."""
        rebooted = t.cast(Rebooting, self._action).reboot(self._arguments, self._task_vars)
        if rebooted.get("failed") or rebooted.get("unreachable"):
            raise RebootFailed(rebooted)
        return rebooted

    def lost(self, answer: Document, error: RebootFailed) -> Document:
        """`answer`, and that the node is lost."""
        return t.cast(Rebooting, self._action).lost(self._arguments, answer, error.answer)

    def script(self, text: str, **parameters: t.Any) -> str:
        """What another script writes. Raises InventoryError when it fails, NodeLost when nobody answers."""
        return scan.output(self._answered({"script": text, "parameters": parameters}))

    def store(self, runs: journal.Journal) -> None:
        """Raises as `script` does."""
        self.script(journal.STORE, Text=journal.written(runs))

    def _answered(self, arguments: Document) -> Document:
        """Raises NodeLost."""
        try:
            return self._run(arguments)
        except Exception as error:  # a connection that was lost raises whatever its library does, pypsrp ValueError too
            raise NodeLost(str(error)) from error

    def _run(self, arguments: Document) -> Document:
        return self._action._execute_module(module_name=scan.MODULE, module_args=arguments, task_vars=self._task_vars)


def _with_warnings_as_text(execute: t.Callable[..., Document]) -> t.Callable[..., Document]:
    """ansible-core 2.21 answers with every warning of the task so far, as objects that it has noted already.

    win_updates 3.3 takes each for a text to show, and ends with that.
    """

    def executed(*arguments: t.Any, **options: t.Any) -> Document:
        answer = execute(*arguments, **options)
        if "warnings" in answer:
            answer["warnings"] = [warning for warning in answer["warnings"] or () if isinstance(warning, str)]
        return answer

    return executed
