# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patching document does on a node: its files of overrides, its exit code, and what the node reports then."""

from __future__ import annotations

import datetime
import json
import re
import typing as t
import uuid

import yaml
from moto.core.exceptions import ServiceException
from moto.s3.models import s3_backends

from . import patch_groups
from .nodes import COUNTS, Node
from .state import Region, Resource

# operations.md, 5; os-behaviour.md
UNREADABLE_OVERRIDE, NO_ENTRY, SEVERAL_ENTRIES, BOTH_OVERRIDES = 160, 163, 165, 167
NON_COMPLIANT = ("MISSING", "FAILED", "INSTALLED_REJECTED", "INSTALLED_PENDING_REBOOT")


class Work(t.NamedTuple):
    """What a node has before it: foreseen when it starts, from the files that are there then."""

    exit_code: int = 0
    output: str = ""
    error: str = ""
    chosen: tuple[str, ...] | None = None  # of an InstallOverrideList: ids of patches
    overridden: bool = False  # by a BaselineOverride: the node reports nothing


def _first(parameters: dict[str, list[str]], name: str) -> str:
    return (parameters.get(name) or [""])[0]


def prepare(region: Region, node: Node, parameters: dict[str, list[str]]) -> Work:
    install, baseline = _first(parameters, "InstallOverrideList"), _first(parameters, "BaselineOverride")
    if install and baseline:
        return Work(BOTH_OVERRIDES, error="Cannot use BaselineOverride with InstallOverrideList")
    if node.end == "Failed":
        return Work(node.exit_code, node.output, node.error)
    if baseline:
        return _overriding(region, node, baseline)
    if install and _first(parameters, "Operation") == "Install":
        return _choosing(region, node, install)
    return _failing(node, Work(output=node.output or "Patch summary"), parameters)


def _failing(node: Node, work: Work, parameters: dict[str, list[str]]) -> Work:
    missing = {one["KBId"] for one in node.patches if one["State"] in ("MISSING", "FAILED")}
    if _first(parameters, "Operation") == "Install" and missing.intersection(node.unpatchable):
        return work._replace(exit_code=1, error=node.error or "A package could not be installed")
    return work


def _file(region: Region, url: str) -> str | None:
    found = re.fullmatch(r"s3://([^/]+)/(.+)", url)
    if not found:
        return None  # what is elsewhere is not fetched here
    try:
        key = s3_backends[region.account]["aws"].get_object(*found.groups())
    except ServiceException:
        return None
    return key.value.decode("utf-8") if key else None


def _overriding(region: Region, node: Node, url: str) -> Work:
    text = _file(region, url)
    if text is None and not url.startswith("https://"):
        return Work(UNREADABLE_OVERRIDE, error=f"Unable to download {url}")
    entries = json.loads(text) if text else [{"OperatingSystem": node.operating_system}]
    mine = [one for one in entries if one["OperatingSystem"] == node.operating_system]
    if len(mine) != 1:
        code = SEVERAL_ENTRIES if mine else NO_ENTRY
        return Work(code, error=f"{len(mine)} baselines for {node.operating_system} in {url}")
    return Work(output=f"Baseline override: {json.dumps(mine[0], sort_keys=True)}", overridden=True)


def _choosing(region: Region, node: Node, url: str) -> Work:
    text = _file(region, url)
    if text is None and not url.startswith("https://"):
        return Work(1, error=f"Unable to download {url}")
    entries = yaml.safe_load(text)["patches"] if text else []
    if any("id" not in one for one in entries):
        return Work(1, error="An entry of the list has no id")
    return Work(output="Install override list", chosen=tuple(one["id"] for one in entries))


def perform(
    region: Region,
    node: Node,
    work: Work,
    parameters: dict[str, list[str]],
    began: datetime.datetime | None,
    ended: datetime.datetime,
) -> None:
    """The node's patches as they are now, and its report of them. A setup error or an override leaves no report."""
    operation = _first(parameters, "Operation")
    if not operation or work.overridden or (work.exit_code and not node.unpatchable):
        return
    if operation == "Install":
        node.patches = [_installed(node, one, work, parameters, ended) for one in node.patches]
    report(region, node, operation, parameters, began or ended, ended)


def _installed(
    node: Node, patch: Resource, work: Work, parameters: dict[str, list[str]], ended: datetime.datetime
) -> Resource:
    if patch["State"] not in ("MISSING", "FAILED") or (work.chosen is not None and patch["KBId"] not in work.chosen):
        return patch
    if patch["KBId"] in node.unpatchable:
        return {**patch, "State": "FAILED"}
    pending = _first(parameters, "RebootOption") == "NoReboot"
    return {**patch, "State": "INSTALLED_PENDING_REBOOT" if pending else "INSTALLED", "InstalledTime": ended}


def status(patch: Resource, available_security: str) -> str:
    """Empty of what is not applicable (compliance.md, 1)."""
    if patch["State"] == "AVAILABLE_SECURITY_UPDATE":
        return available_security
    if patch["State"] == "NOT_APPLICABLE":
        return ""
    return "NON_COMPLIANT" if patch["State"] in NON_COMPLIANT else "COMPLIANT"


def _available_security(region: Region, baseline_id: str) -> str:
    baseline = region.baselines.get(baseline_id, {})
    return baseline.get("AvailableSecurityUpdatesComplianceStatus", "COMPLIANT")


def report(
    region: Region,
    node: Node,
    operation: str,
    parameters: dict[str, list[str]],
    began: datetime.datetime,
    ended: datetime.datetime,
) -> None:
    """What DescribeInstancePatchStates and the like answer from now on."""
    asked = {"PatchGroup": node.patch_group or "none", "OperatingSystem": node.operating_system}
    found = patch_groups.get_patch_baseline_for_patch_group(region, asked)
    node.available_security = _available_security(region, found["BaselineId"])
    broken = [one for one in node.patches if status(one, node.available_security) == "NON_COMPLIANT"]
    critical = [one for one in broken if one.get("Level") == "CRITICAL"]
    security = [one for one in broken if one["Classification"] in ("Security", "SecurityUpdates")]
    state: Resource = {
        "InstanceId": node.id,
        "PatchGroup": node.patch_group,
        "BaselineId": found["BaselineId"],
        "SnapshotId": _first(parameters, "SnapshotId") or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{node.id} {ended}")),
        "OwnerInformation": "",
        "OperationStartTime": began,
        "OperationEndTime": ended,
        "Operation": operation,
        "RebootOption": _first(parameters, "RebootOption") or "RebootIfNeeded",
        **{name: node.counts.get(name, 0) for name in (*COUNTS.values(), "UnreportedNotApplicableCount")},
        "CriticalNonCompliantCount": len(critical),
        "SecurityNonCompliantCount": len(security),
        "OtherNonCompliantCount": sum(1 for one in broken if one not in critical and one not in security),
    }
    for patch in node.patches:
        state[COUNTS[patch["State"]]] += 1
    if _first(parameters, "InstallOverrideList"):
        state["InstallOverrideList"] = _first(parameters, "InstallOverrideList")
    if operation == "Install" and state["RebootOption"] == "NoReboot":
        state["LastNoRebootInstallOperationTime"] = ended
    node.state, node.reported = state, [dict(one) for one in node.patches]
