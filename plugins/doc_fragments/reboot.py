# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that may reboot a host after it changed it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reboot_option:
    description:
      - V(NoReboot) never reboots. What was installed counts as pending a reboot.
      - V(RebootIfNeeded) does what Patch Manager does, and reboots whenever something was installed, or something
        that was installed before still waits for it, whether it needs a reboot or not.
      - V(if_required) reboots when the node asks for it; what needs no reboot then counts as installed at once.
      - The controller reboots the node and waits for it. A node that the controller runs on is never rebooted, it is
        only reported that a reboot is due.
    type: str
    choices: [NoReboot, RebootIfNeeded, if_required]
    default: NoReboot
  reboot_timeout:
    description:
      - How long to wait, in seconds, for the node to come back.
    type: int
    default: 600
"""
