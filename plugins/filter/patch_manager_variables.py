# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on AWS, as variables; documented in patch_manager_variables.yml."""

from __future__ import annotations

import typing as t

from ..module_utils._plain import plain
from ..module_utils._ssm.variables import variables


def patch_manager_variables(actual: t.Any, tag_key: str = "Patch Group") -> dict[str, t.Any]:
    return variables(t.cast("dict[str, t.Any]", plain(actual)), str(tag_key))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"patch_manager_variables": patch_manager_variables}
