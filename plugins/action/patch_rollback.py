# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_rollback: checks, records and the reboot. All of it for a Windows node."""

from __future__ import annotations

import typing as t

from ..module_utils._host.arguments import ROLLBACK_ARGUMENTS
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS
from ..plugin_utils._rebooting_action import RebootingAction
from ..plugin_utils._windows_node import WindowsNode
from ..plugin_utils._windows_rollback import Rollback


class ActionModule(RebootingAction):
    MODULE = "patchops.fleet.patch_rollback"
    ARGUMENTS = {**ROLLBACK_ARGUMENTS, **WINDOWS_ARGUMENTS}

    def windows_answer(self, node: WindowsNode, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        return Rollback(node, arguments).answer(self._task.check_mode)
