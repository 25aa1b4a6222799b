# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Options of what asks Windows nodes: doc fragments windows and supersedence."""

from __future__ import annotations

import typing as t

SUPERSEDENCE_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "supersedence": {"type": "str", "choices": ["newest", "newest_approved"], "default": "newest"},
}
SERVER_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "server_selection": {
        "type": "str",
        "choices": ["default", "managed_server", "windows_update", "microsoft_update"],
        "default": "default",
    },
}
WINDOWS_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {**SUPERSEDENCE_ARGUMENTS, **SERVER_ARGUMENTS}
