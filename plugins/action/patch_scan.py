# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_scan."""

from __future__ import annotations

import typing as t

from ..module_utils._host.arguments import SCAN_ARGUMENTS
from ..plugin_utils._host_action import HostAction, unknown_answer

WINDOWS_REASON = "this version of the collection does not scan Windows nodes"


class ActionModule(HostAction):
    MODULE = "patchops.fleet.patch_scan"
    ARGUMENTS = SCAN_ARGUMENTS

    def answer(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        if self.on_windows:
            return unknown_answer(arguments, "WINDOWS", WINDOWS_REASON)
        return self.asked(self.MODULE, arguments, task_vars)
