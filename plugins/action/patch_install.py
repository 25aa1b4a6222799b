# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_install: checks, records and the reboot. All of it for a Windows node."""

from __future__ import annotations

import typing as t

from ..module_utils._host.arguments import INSTALL_ARGUMENTS
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS
from ..plugin_utils._rebooting_action import RebootingAction
from ..plugin_utils._windows_install import Installation
from ..plugin_utils._windows_node import WindowsNode


class ActionModule(RebootingAction):
    MODULE = "patchops.fleet.patch_install"
    ARGUMENTS = {**INSTALL_ARGUMENTS, **WINDOWS_ARGUMENTS}

    def windows_answer(self, node: WindowsNode, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
        return Installation(node, arguments).answer(self._task.check_mode)
