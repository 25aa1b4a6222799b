# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The controller's half of every module that works on a host's patches.

Checks baselines before any host is asked, names node and run, and keeps records on the controller.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils._engine import dates
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.record import attention, unknown
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ._records import keep
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
        if self._task.async_val and arguments.get("records_dir"):
            raise Refused(
                "records_dir needs the record, which a task with async does not wait for;"
                " leave one of them out, or use detail: full and write the record that async_status returns"
            )
        return arguments

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

    def kept(self, arguments: Document, answer: Document) -> Document:
        """`answer` once its record is in records_dir, with what the task did not ask for left out."""
        folder = arguments.get("records_dir")
        if folder and not self._task.check_mode and "record" in answer:
            for recovered in answer.get("recovered") or ():
                if "record" in recovered:
                    recovered["record_file"] = self._keep(folder, recovered["record"], None)
            inventory = answer.get("inventory") if arguments["keep_inventory"] else None
            answer["record_file"] = self._keep(folder, answer["record"], inventory)
        if arguments["detail"] != "full":
            answer.pop("record", None)
            for recovered in answer.get("recovered") or ():
                recovered.pop("record", None)
        if not arguments["return_inventory"]:
            answer.pop("inventory", None)
        return answer

    def _keep(self, folder: str, record: Document, inventory: Document | None) -> str:
        try:
            return str(keep(folder, plain(record), plain(inventory)))
        except OSError as error:
            raise Refused(f"the record cannot be written to {folder}: {error}") from error


def unknown_answer(arguments: Document, operating_system: str, reason: str) -> Document:
    """A node that is not asked is recorded as unknown; the play goes on, and the report shows it."""
    node = {
        "id": arguments["name"],
        "name": arguments["name"],
        "operating_system": operating_system,
        "patch_group": arguments.get("patch_group"),
    }
    inventory = {"node": node, "complete": False, "problems": [{"what": arguments["name"], "why": reason}]}
    record = unknown(inventory, reason, datetime.datetime.now(dates.UTC), arguments["run_id"])
    return {
        "changed": False,
        "status": record["status"],
        "plan": [],
        "record": record,
        "ansible_facts": {"patch_compliance": attention(record)},
    }
