# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A resource as it is, and as it should be. Pure: no client, no module."""

from __future__ import annotations

import typing as t

from .._engine.errors import EngineError
from .._schedule.errors import ScheduleError

Resource = t.Dict[str, t.Any]

# What AWS assigns, or we do not manage: no option, and no difference.
ASSIGNED = (
    "baseline_id",
    "window_id",
    "window_target_id",
    "window_task_id",
    "association_id",
    "association_version",
    "created_date",
    "modified_date",
    "next_execution_time",
    "last_execution_date",
    "overview",
    # of associations: what is not managed here, and would be lost in an update
    "unmanaged",
    # of tasks of maintenance windows: what the API deprecates, and we carry along
    "deprecated",
)


# By kind, the id that AWS assigns, and what tells resources apart without.
IDENTITIES = {
    "patch_baseline": ("baseline_id", ("name", "operating_system")),
    "maintenance_window": ("window_id", ("name",)),
    "window_target": ("window_target_id", ("name",)),
    "window_task": ("window_task_id", ("name",)),
}


class ResourceError(ValueError):
    """What was asked for cannot be done to this resource; says why, and what to do."""


# Of what the user wrote: each says where and what to do.
REFUSALS = (EngineError, ScheduleError, ResourceError)


class Change(t.NamedTuple):
    """Of one resource in the collection's own form. Members that are not set are left out."""

    before: t.Optional[Resource]  # None: it does not exist
    after: t.Optional[Resource]  # None: it should not exist
    assigned: t.Tuple[str, ...] = ASSIGNED  # members that make no difference

    @property
    def needed(self) -> bool:
        diff = self.diff()
        return diff["before"] != diff["after"]

    def altered(self, *members: str) -> bool:
        """Whether one of these members differs; a resource that does not exist has none."""
        before, after = self.before or {}, self.after or {}
        return any(before.get(member) != after.get(member) for member in members)

    def diff(self) -> Resource:
        return {"before": self._written(self.before), "after": self._written(self.after)}

    def _written(self, resource: t.Optional[Resource]) -> Resource:
        return {name: value for name, value in (resource or {}).items() if name not in self.assigned}

    def result(self, key: str) -> Resource:
        return {"changed": self.needed, key: self.after or {}, "diff": self.diff()}


def settle(before: t.Optional[Resource], after: Resource, comparable: t.Callable[[str, t.Any], t.Any]) -> Change:
    """The change to `after`, in which what only looks different stays as it is, and so do values that AWS assigned."""
    if before is None:
        return Change(None, after)
    kept = {name: before[name] for name in ASSIGNED if name in before}
    for name, value in after.items():
        same = name in before and comparable(name, before[name]) == comparable(name, value)
        kept[name] = before[name] if same else value
    return Change(before, kept)


def refuse_several(what: str, identifiers: t.Sequence[str], remedy: str) -> None:
    """Raise ResourceError where one name stands for several resources."""
    if len(identifiers) > 1:
        raise ResourceError("There are %d %s: %s. %s" % (len(identifiers), what, ", ".join(identifiers), remedy))
