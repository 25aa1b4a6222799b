# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The controller's half of every module that works on a host's patches.

Checks baselines before any host is asked, names node and run, and keeps records on the controller.
"""

from __future__ import annotations

import os
import pathlib
import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._plain import plain
from ..module_utils._records import keep
from ..module_utils._templated import structure
from ._run_id import run_id

CONTROLLERS_OWN = ("records_dir", "keep_inventory")  # options that the module on the node does not need

Document = dict[str, t.Any]


class Refused(Exception):
    """The task cannot do what it is asked to; says what to change."""


class HostAction(ActionBase):
    """One task of `MODULE`. A subclass says what it does beyond asking the module."""

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True

    MODULE: t.ClassVar[str]
    ARGUMENTS: t.ClassVar[Document]

    def run(self, tmp: str | None = None, task_vars: Document | None = None) -> Document:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            arguments = self.arguments(task_vars)
            result.update(self.kept(arguments, self.answer(arguments, task_vars)))
        except (EngineError, Refused) as error:
            result.update(failed=True, msg=f"{self.MODULE.rpartition('.')[2]}: {error}")
        return result

    def answer(self, arguments: Document, task_vars: Document) -> Document:
        return self.asked(self.MODULE, arguments, task_vars)

    @property
    def on_windows(self) -> bool:
        return bool(getattr(self._connection._shell, "_IS_WINDOWS", False))

    def arguments(self, task_vars: Document) -> Document:
        """The task's options, checked, with node and run named. Raises BaselineError and Refused."""
        try:
            baselines = plain(structure(self._task.args.get("baselines")))
        except TypeError as error:
            raise Refused(f"baselines: {error}") from error
        parse_baselines(baselines)
        _outcome, checked = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        arguments = {name: plain(value) for name, value in checked.items() if value is not None}
        if baselines is not None:
            arguments["baselines"] = baselines
        arguments.setdefault("name", plain(task_vars["inventory_hostname"]))
        arguments["run_id"] = run_id(task_vars, arguments.get("run_id"))
        if arguments["keep_inventory"] and not arguments.get("records_dir"):
            raise Refused("keep_inventory needs a folder to keep it in; give records_dir")
        self._hold_that_records_can_be_kept(arguments.get("records_dir"))
        if self._task.async_val and arguments.get("records_dir"):
            raise Refused(
                "records_dir needs the record, which a task with async does not wait for;"
                " leave one of them out, or use detail: full and write the record that async_status returns"
            )
        return arguments

    def _hold_that_records_can_be_kept(self, folder: str | None) -> None:
        """Before a node is changed whose record is then nowhere. Raises Refused."""
        if not folder or self._task.check_mode:
            return
        place = pathlib.Path(folder).absolute()
        there = next(path for path in (place, *place.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise Refused(
                f"records cannot be written to {folder} (records_dir) on the controller, because of {there}; make it a"
                " folder that can be written to, or name another one. No node was asked"
            )

    def asked(self, module: str, arguments: Document, task_vars: Document) -> Document:
        """The node's answer, with the whole record where one is to be kept."""
        asked = {name: value for name, value in arguments.items() if name not in CONTROLLERS_OWN}
        if arguments.get("records_dir"):
            asked.update(detail="full", return_inventory=arguments["keep_inventory"] or arguments["return_inventory"])
        # as ansible.builtin.normal does, which an action of the module's name replaces
        wrap_async = bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)
        answer = self._execute_module(module_name=module, module_args=asked, task_vars=task_vars, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return answer

    def other_action(self, name: str, arguments: Document) -> ActionBase:
        """Another action on this node, as a part of this task. Raises Refused where there is none."""
        task = self._task.copy()
        task.action, task.args = name, arguments
        action = self._shared_loader_obj.action_loader.get(
            name,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        if action is None:
            raise Refused(f"{name} is not there; install the collection {name.rpartition('.')[0]}")
        return action

    def kept(self, arguments: Document, answer: Document) -> Document:
        """`answer` once its record is in records_dir, with what the task did not ask for left out."""
        folder = arguments.get("records_dir")
        if folder and not self._task.check_mode and "record" in answer:
            try:
                self._keep(folder, answer, arguments["keep_inventory"])
            except OSError as error:  # the node may have been changed: nothing of what it answered may be lost
                return _unkept(folder, answer, error)
        if arguments["detail"] != "full":
            answer.pop("record", None)
            for recovered in answer.get("recovered") or ():
                recovered.pop("record", None)
        if not arguments["return_inventory"]:
            answer.pop("inventory", None)
        return answer

    def _keep(self, folder: str, answer: Document, with_inventory: bool) -> None:
        """Raises OSError."""
        for recovered in answer.get("recovered") or ():
            if "record" in recovered:
                recovered["record_file"] = str(keep(folder, plain(recovered["record"])))
        inventory = answer.get("inventory") if with_inventory else None
        answer["record_file"] = str(keep(folder, plain(answer["record"]), plain(inventory)))


def _unkept(folder: str, answer: Document, error: OSError) -> Document:
    """The whole answer, records too, of a task that fails for them."""
    words = (
        f"the record cannot be written to {folder} (records_dir) on the controller: {error}. It stands in this result;"
        " make the folder writable, or name another one"
    )
    answer.update(failed=True, msg=f"{answer['msg']}; {words}" if answer.get("failed") else words)
    return answer
