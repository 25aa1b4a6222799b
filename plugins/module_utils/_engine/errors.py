# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

What can be wrong with what the engine is given; each error says where and what is allowed.
"""

from __future__ import annotations

import typing as t


class EngineError(ValueError):
    """The engine cannot decide with what it was given."""


class Problem(t.NamedTuple):
    path: str  # where the user wrote it, such as baselines[0].approval_rules[1].filters.SEVERITY
    message: str  # what is wrong there, and what is allowed
    code: str = "invalid"  # a short name of what is wrong, the same for all problems of its kind

    def __str__(self) -> str:
        return "%s: %s" % (self.path, self.message)


class BaselineError(EngineError):
    """Baselines break the rules of approval-rules.md, section 11. Carries every problem found, not the first."""

    def __init__(self, problems: t.Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)


class InventoryError(EngineError):
    """A document is no inventory that this version can read."""


class RunError(EngineError):
    """The description of a run (operation, outcomes, state entries) is not usable."""
