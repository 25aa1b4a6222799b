# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_scan: checks baselines before any host is asked, names node and run, keeps records."""

from __future__ import annotations

import datetime
import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils._engine import dates
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.record import attention, unknown
from ..module_utils._host.arguments import SCAN_ARGUMENTS
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..plugin_utils._records import keep
from ..plugin_utils._run_id import run_id

MODULE = "patchops.fleet.patch_scan"
WINDOWS_REASON = "this version of the collection does not scan Windows nodes"


class Refused(Exception):
    """The task cannot do what it is asked to; says what to change."""


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            arguments = self._arguments(task_vars)
            result.update(self._kept(arguments, self._asked(arguments, task_vars)))
        except (EngineError, Refused) as error:
            result.update(failed=True, msg=f"patch_scan: {error}")
        return result

    def _arguments(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The task's options, checked, with node and run named. Raises BaselineError and Refused."""
        try:
            baselines = plain(structure(self._task.args.get("baselines")))
        except TypeError as error:
            raise Refused(f"baselines: {error}") from error
        parse_baselines(baselines)
        _outcome, checked = self.validate_argument_spec(argument_spec=SCAN_ARGUMENTS)
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

    def _asked(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The node's answer, with the whole record where one is to be kept."""
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            return windows_answer(arguments)
        asked = {name: value for name, value in arguments.items() if name not in ("records_dir", "keep_inventory")}
        if arguments.get("records_dir"):
            asked.update(detail="full", return_inventory=arguments["keep_inventory"] or arguments["return_inventory"])
        # as ansible.builtin.normal does, which an action of the module's name replaces
        wrap_async = bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)
        answer = self._execute_module(module_name=MODULE, module_args=asked, task_vars=task_vars, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return answer

    def _kept(self, arguments: dict[str, t.Any], answer: dict[str, t.Any]) -> dict[str, t.Any]:
        """`answer` once its record is in records_dir, with what the task did not ask for left out."""
        folder = arguments.get("records_dir")
        if folder and not self._task.check_mode and "record" in answer:
            inventory = answer.get("inventory") if arguments["keep_inventory"] else None
            answer["record_file"] = self._keep(folder, answer["record"], inventory)
        if arguments["detail"] != "full":
            answer.pop("record", None)
        if not arguments["return_inventory"]:
            answer.pop("inventory", None)
        return answer

    def _keep(self, folder: str, record: dict[str, t.Any], inventory: dict[str, t.Any] | None) -> str:
        try:
            return str(keep(folder, plain(record), plain(inventory)))
        except OSError as error:
            raise Refused(f"the record cannot be written to {folder}: {error}") from error


def windows_answer(arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """A node that is not scanned is recorded as unknown; the play goes on, and the report shows it."""
    node = {
        "id": arguments["name"],
        "name": arguments["name"],
        "operating_system": "WINDOWS",
        "patch_group": arguments.get("patch_group"),
    }
    inventory = {"node": node, "complete": False, "problems": [{"what": arguments["name"], "why": WINDOWS_REASON}]}
    record = unknown(inventory, WINDOWS_REASON, datetime.datetime.now(dates.UTC), arguments["run_id"])
    return {
        "changed": False,
        "status": record["status"],
        "plan": [],
        "record": record,
        "ansible_facts": {"patch_compliance": attention(record)},
    }
