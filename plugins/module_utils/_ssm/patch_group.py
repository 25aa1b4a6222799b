# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Registrations of patch groups with baselines: at most one for each operating system."""

from __future__ import annotations

import typing as t

from .._engine.errors import BaselineError, Problem
from .change import Change, Resource, ResourceError
from .reading import MARKS, is_plain

LONGEST = 256


def refuse_name(group: str) -> None:
    """Raise BaselineError for a name that the API does not take."""
    problems = foreign_characters(group, "patch_group")
    if not 1 <= len(group) <= LONGEST:
        words = "must have 1 to %d characters, not %d" % (LONGEST, len(group))
        problems = [Problem("patch_group", words), *problems]
    if problems:
        raise BaselineError(problems)


def foreign_characters(group: str, path: str) -> t.List[Problem]:
    """The problem of a name that holds a character that the API does not take."""
    if is_plain(group):
        return []
    return [Problem(path, "'%s' may hold letters, numbers, blanks and %s only" % (group, " ".join(MARKS)))]


def registered(api: t.Any, operating_system: t.Optional[str] = None) -> t.List[Resource]:
    """All registrations, those of one operating system alone where it is given.

    The API's filter NAME_PREFIX is not used: it does not say of which name.
    """
    filters = [{"Key": "OPERATING_SYSTEM", "Values": [operating_system]}] if operating_system else []
    rows = api.rows("list patch groups", "describe_patch_groups", "Mappings", Filters=filters, MaxResults=100)
    return sorted((from_api(row) for row in rows), key=lambda one: (one["patch_group"], one["operating_system"]))


def from_api(raw: Resource) -> Resource:
    identity = raw["BaselineIdentity"]
    return {
        "patch_group": raw["PatchGroup"],
        # WINDOWS where the API leaves it out, as everywhere
        "operating_system": identity.get("OperatingSystem", "WINDOWS"),
        "baseline_id": identity["BaselineId"],
        "baseline": identity.get("BaselineName", ""),
    }


def register(api: t.Any, group: str, baseline_id: str, before: t.Optional[str] = None) -> None:
    """Register, after taking the group from the baseline `before`.

    The API has no way to move a group: between its two calls the nodes of the group have the default baseline. Where
    the second fails, the group goes back to where it was.
    """
    if before:
        deregister(api, group, before)
    doing = "register patch group %s with baseline %s" % (group, baseline_id)
    try:
        api.change(doing, "register_patch_baseline_for_patch_group", BaselineId=baseline_id, PatchGroup=group)
    except Exception as error:
        if before:
            _give_back(api, group, before, error)
        raise


def _give_back(api: t.Any, group: str, baseline_id: str, why: Exception) -> None:
    doing = "give patch group %s back to baseline %s" % (group, baseline_id)
    try:
        api.change(doing, "register_patch_baseline_for_patch_group", BaselineId=baseline_id, PatchGroup=group)
    except Exception as error:
        raise ResourceError(
            "%s. %s. Until patch group %s is registered again its nodes have the default baseline" % (why, error, group)
        ) from error


def deregister(api: t.Any, group: str, baseline_id: str) -> None:
    doing = "deregister patch group %s from baseline %s" % (group, baseline_id)
    api.remove(doing, "deregister_patch_baseline_for_patch_group", BaselineId=baseline_id, PatchGroup=group)


def apply(api: t.Any, change: Change) -> None:
    before = change.before["baseline_id"] if change.before else None
    if change.after:
        register(api, change.after["patch_group"], change.after["baseline_id"], before)
    elif change.before:
        deregister(api, change.before["patch_group"], change.before["baseline_id"])
