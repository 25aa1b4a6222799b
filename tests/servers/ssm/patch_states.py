# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes reported of their patches (operations.md, 10; compliance.md, 4)."""

from __future__ import annotations

import datetime
import operator

from .commands import proceed
from .errors import SSMError
from .nodes import COUNTS, Node, named
from .paging import page
from .state import UTC, Region, Resource

COMPARED = (*COUNTS.values(), "UnreportedNotApplicableCount")
TYPES = {"Equal": operator.eq, "NotEqual": operator.ne, "LessThan": operator.lt, "GreaterThan": operator.gt}
# Of a patch group's nodes; the count that must not be 0.
GROUP_COUNTS = {
    "InstancesWithInstalledPatches": "InstalledCount",
    "InstancesWithInstalledOtherPatches": "InstalledOtherCount",
    "InstancesWithInstalledPendingRebootPatches": "InstalledPendingRebootCount",
    "InstancesWithInstalledRejectedPatches": "InstalledRejectedCount",
    "InstancesWithMissingPatches": "MissingCount",
    "InstancesWithFailedPatches": "FailedCount",
    "InstancesWithNotApplicablePatches": "NotApplicableCount",
    "InstancesWithUnreportedNotApplicablePatches": "UnreportedNotApplicableCount",
    "InstancesWithCriticalNonCompliantPatches": "CriticalNonCompliantCount",
    "InstancesWithSecurityNonCompliantPatches": "SecurityNonCompliantCount",
    "InstancesWithOtherNonCompliantPatches": "OtherNonCompliantCount",
    "InstancesWithAvailableSecurityUpdates": "AvailableSecurityUpdateCount",
}
UNKNOWN_TIME = datetime.datetime(1970, 1, 1, tzinfo=UTC)
UNTOLD = ("INSTALLED_OTHER", "NOT_APPLICABLE")  # without classification and severity (compliance.md, 2)


def reported(region: Region) -> list[Node]:
    proceed(region)
    return [node for node in region.nodes.values() if node.state]


def describe_instance_patch_states(region: Region, request: Resource) -> Resource:
    """Nodes that never reported are absent."""
    proceed(region)
    asked = [region.nodes[one] for one in dict.fromkeys(request["InstanceIds"]) if one in region.nodes]
    states = [node.state for node in asked if node.state]
    return page(states, request, "InstancePatchStates", region.pages, "InvalidNextToken")


def describe_instance_patch_states_for_patch_group(region: Region, request: Resource) -> Resource:
    states = _of_group(region, request["PatchGroup"])
    for one in request.get("Filters", ()):
        if one["Key"] not in COMPARED or not one["Values"][0].isdigit():
            raise SSMError("InvalidFilter", f"{one['Key']} and its value do not fit")
        states = [state for state in states if TYPES[one["Type"]](state[one["Key"]], int(one["Values"][0]))]
    return page(states, request, "InstancePatchStates", region.pages, "InvalidNextToken")


def _of_group(region: Region, group: str) -> list[Resource]:
    """By the group that the node had when it reported."""
    return [node.state for node in reported(region) if node.state and node.state["PatchGroup"] == group]


def describe_patch_group_state(region: Region, request: Resource) -> Resource:
    states = _of_group(region, request["PatchGroup"])
    counts = {name: sum(1 for state in states if state[count]) for name, count in GROUP_COUNTS.items()}
    return {"Instances": len(states), **counts}


def describe_instance_patches(region: Region, request: Resource) -> Resource:
    """None for a node that never reported. What InstalledOther and NotApplicable have of classes is left out."""
    proceed(region)
    rows = [_shown(one) for one in named(region, request["InstanceId"]).reported]
    for one in request.get("Filters", ()):
        key, values = one.get("Key"), [value.lower() for value in one.get("Values", ())]
        if key not in ("Classification", "KBId", "Severity", "State"):
            raise SSMError("InvalidFilter", f"Filter key {key} is not valid")
        rows = [row for row in rows if row[key].replace("_", "").lower() in values]
    return page(rows, request, "Patches", region.pages, "InvalidNextToken")


def _shown(patch: Resource) -> Resource:
    told = {name: value for name, value in patch.items() if name != "Level"}
    told.setdefault("InstalledTime", UNKNOWN_TIME)
    if told["State"] in UNTOLD:
        told.update(Classification="", Severity="")
    if told["State"] not in ("MISSING", "FAILED"):
        told.pop("CVEIds", None)
    return told
