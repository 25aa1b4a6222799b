# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. All that Patch Manager has in one account and Region: one describe for each resource."""

from __future__ import annotations

import typing as t

from . import maintenance_window, patch_baseline, patch_group, window_target, window_task
from .change import Resource

TAG_KEYS = ("PatchGroup", "Patch Group")  # of both the first counts (approval-rules.md, 9)


def read(api: t.Any, with_tags: bool = True) -> Resource:
    """One's own baselines, all registrations of patch groups, windows with their targets and tasks."""
    rows = patch_baseline.identities(api, {"OWNER": "Self"})
    baselines = [patch_baseline.read(api, row["BaselineId"], row["DefaultBaseline"], with_tags) for row in rows]
    windows = [_window(api, row["WindowId"], with_tags) for row in maintenance_window.identities(api)]
    return {
        "patch_baselines": sorted(filter(None, baselines), key=baseline_order),
        "patch_groups": patch_group.registered(api),
        "maintenance_windows": sorted(filter(None, windows), key=lambda one: (one["name"], one["window_id"])),
    }


def baseline_order(baseline: Resource) -> t.Tuple[str, str, str]:
    return baseline["name"], baseline["operating_system"], baseline.get("baseline_id", "")


def _window(api: t.Any, window_id: str, with_tags: bool) -> t.Optional[Resource]:
    window = maintenance_window.read(api, window_id, with_tags)
    if window is None:  # deleted since it was listed
        return None
    targets = window_target.of_window(api, window_id)
    return {**window, "targets": targets, "tasks": window_task.of_window(api, window_id, targets)}


def nodes(ec2: t.Any) -> t.List[Resource]:
    """EC2 instances that carry a tag for their patch group, by id. `ec2`: an Api of that service."""
    filters = [{"Name": "resource-type", "Values": ["instance"]}, {"Name": "key", "Values": list(TAG_KEYS)}]
    rows = ec2.rows("list the patch groups of EC2 instances", "describe_tags", "Tags", Filters=filters)
    found: t.Dict[str, t.Dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["ResourceId"], {})[row["Key"]] = row["Value"]
    return [
        {"id": identifier, "patch_group": tags.get(TAG_KEYS[0], tags.get(TAG_KEYS[1])), "tags": tags}
        for identifier, tags in sorted(found.items())
    ]
