# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_scan. All of it for a Windows node, which has no Python: there it runs one script."""

from __future__ import annotations

import typing as t

from ..module_utils._host.arguments import SCAN_ARGUMENTS
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS
from ..plugin_utils._host_action import HostAction, Refused
from ..plugin_utils._windows import scan
from ..plugin_utils._windows_node import WindowsNode


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
        node = WindowsNode(self, arguments, check_mode, task_vars)
        searched = node.first_search()
        return scan.scanned(arguments, scan.output(searched), check_mode, node.now())
