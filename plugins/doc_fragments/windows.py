# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that asks Windows nodes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server_selection:
    description:
      - Where the Windows Update Agent searches. On Windows only.
      - V(default) asks what the node is configured for, V(managed_server) its WSUS server, V(windows_update) Windows
        Update, V(microsoft_update) Microsoft Update, which also has updates of applications and must be registered on
        the node.
    type: str
    choices: [default, managed_server, windows_update, microsoft_update]
    default: default
"""
