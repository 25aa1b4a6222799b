# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of ssm_automation_run: shows how far the runbook is, while its module waits."""

from __future__ import annotations

from ..plugin_utils._following_action import FollowingAction


class ActionModule(FollowingAction):
    MODULE = "patchops.fleet.ssm_automation_run"
