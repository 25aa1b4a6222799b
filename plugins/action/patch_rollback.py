# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of patch_rollback: checks, records and the reboot."""

from __future__ import annotations

from ..module_utils._host.arguments import ROLLBACK_ARGUMENTS
from ..plugin_utils._rebooting_action import RebootingAction


class ActionModule(RebootingAction):
    MODULE = "patchops.fleet.patch_rollback"
    ARGUMENTS = ROLLBACK_ARGUMENTS
