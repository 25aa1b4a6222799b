# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compliance items: those of patches, which nodes report, and those that were put (operations.md, 10)."""

from __future__ import annotations

import collections
import datetime
import json
import typing as t

from .commands import proceed
from .errors import SSMError
from .nodes import Node
from .paging import page
from .patching import status
from .state import UTC, Region, Resource

TYPES_PER_NODE = 10
LARGEST = 1_000_000  # bytes of one call
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED")
STATES = {  # as stored
    "INSTALLED": "Installed",
    "INSTALLED_OTHER": "InstalledOther",
    "INSTALLED_PENDING_REBOOT": "InstalledPendingReboot",
    "INSTALLED_REJECTED": "InstalledRejected",
    "MISSING": "Missing",
    "FAILED": "Failed",
    "NOT_APPLICABLE": "NotApplicable",
    "AVAILABLE_SECURITY_UPDATE": "AvailableSecurityUpdate",
}
KEYS = ("ComplianceType", "Status", "Severity", "OverallSeverity", "ResourceId", "PatchGroup", "ExecutionType")


def _patch_items(node: Node) -> t.Iterator[Resource]:
    state = node.state or {}
    for patch in node.reported if state else ():
        installed = patch.get("InstalledTime")
        details = {
            "PatchBaselineId": state["BaselineId"],
            "PatchState": STATES[patch["State"]],
            "PatchGroup": state["PatchGroup"],
            "DocumentName": "AWS-RunPatchBaseline",
            "DocumentVersion": "1",
            "InstalledTime": installed.strftime("%Y-%m-%dT%H:%M:%SZ") if installed else "",
            "Classification": patch["Classification"],
            "PatchSeverity": patch["Severity"],
            "CVEIds": patch.get("CVEIds", ""),
        }
        yield {
            "ComplianceType": "Patch",
            "ResourceType": "ManagedInstance",
            "ResourceId": node.id,
            "Id": patch["KBId"],
            "Title": patch["Title"],
            "Status": status(patch, node.available_security),
            "Severity": patch.get("Level", "UNSPECIFIED"),
            "ExecutionSummary": _execution(state),
            "Details": details,
        }


def _execution(state: Resource) -> Resource:
    return {
        "ExecutionTime": state["OperationEndTime"],
        "ExecutionId": state["SnapshotId"],
        "ExecutionType": "Command",
    }


def _items(region: Region, node: Node) -> list[Resource]:
    put = [
        {
            "ComplianceType": kind,
            "ResourceType": "ManagedInstance",
            "ResourceId": node.id,
            "ExecutionSummary": given["ExecutionSummary"],
            **{name: item.get(name, "") for name in ("Id", "Title", "Status", "Severity")},
            "Details": item.get("Details", {}),
        }
        for (identifier, kind), given in region.compliance.items()
        if identifier == node.id
        for item in given["Items"]
    ]
    return [*_patch_items(node), *put]


def put_compliance_items(region: Region, request: Resource) -> Resource:
    identifier, kind = request["ResourceId"], request["ComplianceType"]
    if request["ResourceType"] != "ManagedInstance":
        raise SSMError("InvalidResourceType", f"{request['ResourceType']} is no type of resource")
    if identifier not in region.nodes:
        raise SSMError("InvalidResourceId", f"{identifier} is not managed")
    if not kind.startswith("Custom:"):
        raise SSMError("InvalidItemContentException", f"Only Custom: types may be put, not {kind}")
    if len(json.dumps(request, default=str)) > LARGEST:
        raise SSMError("TotalSizeLimitExceededException", f"A call may have {LARGEST} bytes")
    if request.get("UploadType") == "PARTIAL":
        raise SSMError("InvalidItemContentException", "PARTIAL is for associations")
    if any("Id" not in one for one in request["Items"]):
        raise SSMError("InvalidItemContentException", "An item has no Id")
    types = {put for of, put in region.compliance if of == identifier} | {kind}
    if len(types) > TYPES_PER_NODE:
        raise SSMError("ComplianceTypeCountLimitExceededException", f"A node may have {TYPES_PER_NODE} types")
    before = region.compliance.get((identifier, kind))
    hashed = request.get("ItemContentHash")
    if not (before and hashed and before.get("ItemContentHash") == hashed):
        moment = datetime.datetime.fromtimestamp(request["ExecutionSummary"]["ExecutionTime"], UTC)
        summary = {**request["ExecutionSummary"], "ExecutionTime": moment}
        region.compliance[identifier, kind] = {**request, "ExecutionSummary": summary}
    return {}


def _matching(rows: list[Resource], request: Resource, value_of: t.Callable[[Resource, str], str]) -> list[Resource]:
    for one in request.get("Filters", ()):
        key, values, kind = one.get("Key", ""), one.get("Values", []), one.get("Type", "EQUAL")
        if key not in KEYS:
            raise SSMError("InvalidFilter", f"Filter key {key} is not valid")
        if kind == "EQUAL":
            rows = [row for row in rows if value_of(row, key) in values]
        elif kind == "NOT_EQUAL":
            rows = [row for row in rows if value_of(row, key) not in values]
        elif kind == "BEGIN_WITH":
            rows = [row for row in rows if value_of(row, key).startswith(tuple(values))]
        else:
            raise SSMError("InvalidFilter", f"{key} has no order")
    return rows


def list_compliance_items(region: Region, request: Resource) -> Resource:
    """Of one resource at a time, in effect (operations.md, 10)."""
    proceed(region)
    identifiers = request.get("ResourceIds", [])
    if len(identifiers) != 1 or request.get("ResourceTypes", ["ManagedInstance"]) != ["ManagedInstance"]:
        raise SSMError("InvalidResourceId", "One id of a managed instance must be given")
    if identifiers[0] not in region.nodes:
        raise SSMError("InvalidResourceId", f"{identifiers[0]} is not managed")
    rows = _matching(_items(region, region.nodes[identifiers[0]]), request, lambda row, key: str(row.get(key, "")))
    return page(rows, request, "ComplianceItems", region.pages, "InvalidNextToken")


def _summary(items: t.Iterable[str], count: str) -> Resource:
    found = collections.Counter(items)
    severities = {f"{name.capitalize()}Count": found[name] for name in SEVERITIES}
    return {count: sum(found.values()), "SeveritySummary": severities}


def _by_resource(region: Region) -> list[Resource]:
    proceed(region)
    return [row for node in region.nodes.values() for row in _summed(region, node)]


def _summed(region: Region, node: Node) -> list[Resource]:
    """Made again only when the node has reported or something was put: each page asks for all of a fleet."""
    put = [given for (identifier, _kind), given in region.compliance.items() if identifier == node.id]
    known = region.summed.get(node.id)
    if known is None or known[0] is not node.state or known[1] != put:
        by_type: dict[str, list[Resource]] = {}
        for item in _items(region, node):
            by_type.setdefault(item["ComplianceType"], []).append(item)
        rows = [_resource_summary(node, kind, items) for kind, items in by_type.items()]
        known = region.summed[node.id] = (node.state, put, rows)
    return known[2]


def _resource_summary(node: Node, kind: str, items: list[Resource]) -> Resource:
    bad = [one["Severity"] for one in items if one["Status"] == "NON_COMPLIANT"]
    good = [one["Severity"] for one in items if one["Status"] == "COMPLIANT"]
    return {
        "ComplianceType": kind,
        "ResourceType": "ManagedInstance",
        "ResourceId": node.id,
        "Status": "NON_COMPLIANT" if bad else "COMPLIANT",
        "OverallSeverity": min(bad, key=SEVERITIES.index) if bad else "UNSPECIFIED",
        "ExecutionSummary": items[0]["ExecutionSummary"],
        "CompliantSummary": _summary(good, "CompliantCount"),
        "NonCompliantSummary": _summary(bad, "NonCompliantCount"),
    }


def list_resource_compliance_summaries(region: Region, request: Resource) -> Resource:
    """Counts are of items."""
    rows = _matching(_by_resource(region), request, lambda row, key: str(row.get(key, "")))
    return page(rows, request, "ResourceComplianceSummaryItems", region.pages, "InvalidNextToken")


def list_compliance_summaries(region: Region, request: Resource) -> Resource:
    """Counts are of resources."""
    rows = _matching(_by_resource(region), request, lambda row, key: str(row.get(key, "")))
    by_type: dict[str, list[Resource]] = {}
    for row in rows:
        by_type.setdefault(row["ComplianceType"], []).append(row)
    summaries = [
        {
            "ComplianceType": kind,
            "CompliantSummary": _summary(_severities(found, "COMPLIANT"), "CompliantCount"),
            "NonCompliantSummary": _summary(_severities(found, "NON_COMPLIANT"), "NonCompliantCount"),
        }
        for kind, found in sorted(by_type.items())
    ]
    return page(summaries, request, "ComplianceSummaryItems", region.pages, "InvalidNextToken")


def _severities(rows: list[Resource], status: str) -> list[str]:
    return [row["OverallSeverity"] for row in rows if row["Status"] == status]
