# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Options of everything that decides with patch baselines: doc fragment baselines."""

from __future__ import annotations

import typing as t

BASELINE_ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "baselines": {"type": "raw"},
    "patch_group": {"type": "str"},
    "undated": {"type": "str", "choices": ["approve", "hold"]},
}
