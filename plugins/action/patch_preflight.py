# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_preflight: compares clocks, tells how bad it is, and makes a table of the findings."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase

from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._finding import worst
from ..module_utils._host.preflight import ARGUMENTS, clock_skew
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import SERVER_ARGUMENTS
from ..plugin_utils._findings import lines
from ..plugin_utils._windows_node import WindowsNode
from ..plugin_utils._windows_preflight import examined

MODULE = "patchops.fleet.patch_preflight"

Document = dict[str, t.Any]


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Document | None = None) -> Document:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            baselines = plain(structure(self._task.args.get("baselines")))
            parse_baselines(baselines)
        except (EngineError, TypeError) as error:
            result.update(failed=True, msg=f"patch_preflight: {error}")
            return result
        _outcome, checked = self.validate_argument_spec(argument_spec={**ARGUMENTS, **SERVER_ARGUMENTS})
        arguments = {name: plain(value) for name, value in checked.items() if value is not None}
        if baselines is not None:
            arguments["baselines"] = baselines
        arguments.setdefault("name", plain(task_vars["inventory_hostname"]))
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            result.update(self._windows_answer(arguments, task_vars))
        else:
            result.update(self._asked(arguments, task_vars))
        if "findings" in result:
            result.update(summary(plain(result["findings"])))
        return result

    def _windows_answer(self, arguments: Document, task_vars: Document) -> Document:
        check_mode = self._task.check_mode
        return examined(WindowsNode(self, arguments, check_mode, task_vars), arguments, check_mode)

    def _asked(self, arguments: Document, task_vars: Document) -> Document:
        asked = time.time()
        answer = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        answered = time.time()
        self._remove_tmp_path(self._connection._shell.tmpdir)
        if "findings" in answer:
            began, ended = answer.pop("began"), answer.pop("ended")
            clock = clock_skew(asked, began, ended, answered, arguments["clock_tolerance"])
            answer["findings"].append(clock.document())
        return answer


def summary(findings: list[Document]) -> Document:
    status = worst(findings)
    return {
        "status": status,
        "table": [line for finding in findings for line in lines(finding)],
        "ansible_facts": {"patch_preflight": {"status": status, "findings": findings}},
    }
