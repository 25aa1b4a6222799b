# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch groups: names registered with one baseline for each operating system (operations.md, 2)."""

from __future__ import annotations

from . import baselines
from .errors import SSMError
from .paging import matching, page
from .state import Region, Resource, only, refuse_beyond

QUOTA = 25  # for each baseline (operations.md, 2)


def register_patch_baseline_for_patch_group(region: Region, request: Resource) -> Resource:
    """The same pair again is accepted: AlreadyExistsException is documented for a different baseline alone."""
    baseline = baselines.find(region, request["BaselineId"])
    key = (request["PatchGroup"], baseline["OperatingSystem"])
    registered = region.patch_groups.get(key)
    if registered is None:
        groups = [group for group, used in region.patch_groups.items() if used == baseline["BaselineId"]]
        refuse_beyond(QUOTA, len(groups), "patch groups for a patch baseline")
    elif registered != baseline["BaselineId"]:
        message = f"Patch group {key[0]} is already registered with {registered} for {key[1]}"
        raise SSMError("AlreadyExistsException", message)
    region.patch_groups[key] = baseline["BaselineId"]
    return only(request, "BaselineId", "PatchGroup")


def deregister_patch_baseline_for_patch_group(region: Region, request: Resource) -> Resource:
    """InvalidResourceId is all that it declares. A pair that is not registered is no error; the API does not say."""
    try:
        baseline = baselines.find(region, request["BaselineId"])
    except SSMError as error:
        raise SSMError("InvalidResourceId", error.message) from error
    key = (request["PatchGroup"], baseline["OperatingSystem"])
    if region.patch_groups.get(key) == baseline["BaselineId"]:
        del region.patch_groups[key]
    return only(request, "BaselineId", "PatchGroup")


def get_patch_baseline_for_patch_group(region: Region, request: Resource) -> Resource:
    """For a group that is registered nowhere, the default baseline (operations.md, 2: unconfirmed)."""
    system = request.get("OperatingSystem", "WINDOWS")
    group = request["PatchGroup"]
    used = region.patch_groups.get((group, system)) or baselines.default_of(region, system)
    return {"BaselineId": used, "PatchGroup": group, "OperatingSystem": system}


def describe_patch_groups(region: Region, request: Resource) -> Resource:
    """NAME_PREFIX is of the group's name, not the baseline's: the list is one of groups (not said)."""
    everything = baselines.every(region)
    mappings = [
        {"PatchGroup": group, "BaselineIdentity": baselines.identity(region, everything[used])}
        for (group, _system), used in region.patch_groups.items()
    ]
    tests = {
        "NAME_PREFIX": lambda one, value: one["PatchGroup"].startswith(value),
        "OPERATING_SYSTEM": lambda one, value: one["BaselineIdentity"]["OperatingSystem"] == value,
    }
    return page(matching(mappings, request, tests), request, "Mappings", region.pages)
