# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How modules name the maintenance window that something belongs to."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  window:
    description:
      - Name of the maintenance window. Several of this name are refused with their ids.
    type: str
  window_id:
    description: Id of the maintenance window, such as V(mw-0123456789abcdef0), in place of its name.
    type: str
"""
