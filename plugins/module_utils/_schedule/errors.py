# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What can be wrong with a maintenance window: all of it at once, each with its place."""

from __future__ import annotations

import typing as t

from .._engine.errors import Problem

__all__ = ["Problem", "ScheduleError"]


class ScheduleError(ValueError):
    """What maintenance-windows.md does not allow. Carries every problem found, not the first."""

    def __init__(self, problems: t.Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)
