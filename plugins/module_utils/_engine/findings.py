# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What is to be said of a place in a baseline, from a remark to a refusal."""

from __future__ import annotations

import typing as t

ERROR = "error"  # it is refused, here or by AWS
WARNING = "warning"  # it is legal, and probably not what its author meant
INFO = "info"  # it does no harm, and nothing either
FINDING_LEVELS = (ERROR, WARNING, INFO)


class Finding(t.NamedTuple):
    level: str
    code: str  # a short name of what is found, the same for all of its kind
    path: str  # where the user wrote it, such as baselines[0].approval_rules[1].filters.SEVERITY
    message: str

    def __str__(self) -> str:
        return "%s: %s" % (self.path, self.message)
