# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_scan. All of it for a Windows node, which has no Python: there it runs one script."""

from __future__ import annotations

import datetime
import typing as t

from ..module_utils._engine import dates
from ..module_utils._host.arguments import SCAN_ARGUMENTS
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS
from ..plugin_utils._host_action import HostAction, Refused
from ..plugin_utils._windows import scan


class ActionModule(HostAction):
    MODULE = "patchops.fleet.patch_scan"
    ARGUMENTS = {**SCAN_ARGUMENTS, **WINDOWS_ARGUMENTS}

    def answer(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        if not self.on_windows:
            return self.asked(self.MODULE, arguments, task_vars)
        if self._task.async_val:
            raise Refused(
                "a Windows node is assessed on the controller, which async does not wait for; leave async out"
            )
        check_mode = self._task.check_mode
        asked = self._searched(scan.question(arguments, check_mode), task_vars)
        if asked.get("unreachable"):
            return asked
        now = datetime.datetime.now(dates.UTC)
        return scan.scanned(arguments, scan.output(asked), check_mode, now)

    def _searched(self, question: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        try:
            return self._execute_module(module_name=scan.MODULE, module_args=question, task_vars=task_vars)
        except OSError as error:  # what connections make of a lost one that is no AnsibleConnectionFailure to them
            raise Refused(f"the connection was lost while the node searched: {error}") from error
