# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The node after a transaction, which must not be lost because nobody can look at it."""

from __future__ import annotations

import copy
import typing as t

from .._engine.families import family_of
from .base import BackendError, Document
from .scan import gather
from .task import Host, Task
from .transaction import Change, StepResult


def look_again(
    task: Task, host: Host, before: Document, planned: t.Sequence[Change], results: t.Sequence[StepResult]
) -> t.Tuple[Document, t.List[str]]:
    """The inventory, and a warning when the package manager cannot be asked.

    Then it is not complete, and is as planned where every step succeeded, which is all that is known.
    """
    again = host.options._replace(refresh="never")
    try:
        return gather(task.name, task.patch_group, host.run, host.clock, again, task.baselines).inventory, []
    except BackendError as error:
        why = "the node could not be looked at after the transaction: %s" % error
    believed = before if any(result.failed for result in results) else as_planned(before, planned)
    problem = {"what": before["manager"], "why": why}
    believed = dict(believed, complete=False, problems=[*before["problems"], problem])
    return believed, ["%s. What is told is by its exit codes; the next run settles this one" % why]


def as_planned(before: Document, planned: t.Sequence[Change]) -> Document:
    """The inventory once `planned` is so, as far as it knows the packages."""
    after = copy.deepcopy(before)
    family = family_of(after)
    known = {(package["name"], package["arch"]): package for package in after["packages"]}
    for change in planned:
        package = known.get((change.name, change.arch))
        if package is None:
            continue
        stay = [version for version in package.get("installed") or () if family.text(version) != change.old]
        package["installed"] = [*stay, *([family.version(change.new)] if change.new else [])]
    return after
