# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What Patch Manager tells of a node, as a compliance record (compliance.md, 4). Pure.

AWS tells no decisions and no reasons: those members are null. Levels are there where compliance items tell them.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from .._engine import record as host_record
from .._engine.dates import parse_instant, text
from .._engine.schemas import COUNTS, LEVELS, RECORD_SCHEMA, STATES
from .change import Resource
from .node import OFFLINE, ONLINE

COMPLIANT, NON_COMPLIANT, UNKNOWN = "COMPLIANT", "NON_COMPLIANT", "UNKNOWN"
AVAILABLE = "AVAILABLE_SECURITY_UPDATE"
BAD = ("MISSING", "FAILED", "INSTALLED_REJECTED", "INSTALLED_PENDING_REBOOT")
ATTENTION = (*BAD, AVAILABLE)
COUNT_OF = {state: "%s_count" % state.lower() for state in STATES}
# Counts that every record has.
ALWAYS = tuple(COUNT_OF[state] for state in STATES if state != AVAILABLE)
NEVER_REPORTED = "Systems Manager has no report of its patches: it was never scanned"
LEVEL_RANK = {level: rank for rank, level in enumerate(LEVELS)}

_plain_state = {state.replace("_", ""): state for state in STATES}


class Baseline(t.NamedTuple):
    """The baseline that a report names, as it is now."""

    id: str
    name: str
    operating_system: str  # empty: not known
    why: str
    available_security: t.Optional[str] = None  # the status of security updates that it does not approve; None: unknown


class Levels(t.NamedTuple):
    """Compliance levels of a node's NON_COMPLIANT patches, as far as anybody told them."""

    by_patch: t.Mapping[t.Tuple[str, str], str] = {}  # by id and title
    every: t.Optional[str] = None  # the level of all of them

    def of(self, kb_id: str, title: str) -> t.Optional[str]:
        return self.every or self.by_patch.get((kb_id, title))


def member(name: str) -> str:
    """A member of the API, such as OtherNonCompliantCount, as records have it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def state_of(written: str) -> str:
    """AWS writes MISSING as well as Missing."""
    return _plain_state[written.replace("_", "").upper()]


def moment(instant: t.Optional[datetime.datetime]) -> t.Optional[str]:
    """None for 1970, which stands for a time that is not known."""
    return text(instant) if instant is not None and parse_instant(text(instant)) else None


def counts(state: Resource) -> t.Dict[str, int]:
    """Those that an InstancePatchState has. States that AWS leaves out have no patches."""
    told = {member(name): value for name, value in state.items() if name.endswith("Count")}
    found = {name: told[name] for name in COUNTS if name in told}
    return {**dict.fromkeys(ALWAYS, 0), **found}


def resource_summary(raw: Resource) -> Resource:
    """A row of ListResourceComplianceSummaries: items of one type on one node."""
    execution = raw.get("ExecutionSummary", {})
    good, bad = raw.get("CompliantSummary", {}), raw.get("NonCompliantSummary", {})
    return {
        "compliance_type": raw["ComplianceType"],
        "status": raw.get("Status", ""),
        "overall_severity": raw.get("OverallSeverity"),
        "compliant_count": good.get("CompliantCount", 0),
        "compliant_by_level": by_level(good),
        "non_compliant_count": bad.get("NonCompliantCount", 0),
        "non_compliant_by_level": by_level(bad),
        "execution_time": moment(execution.get("ExecutionTime")),
        "execution_id": execution.get("ExecutionId"),
        "execution_type": execution.get("ExecutionType"),
    }


def by_level(raw: Resource) -> t.Dict[str, int]:
    severities = raw.get("SeveritySummary", {})
    return {level: severities.get("%sCount" % level.capitalize(), 0) for level in LEVELS}


def described(node: Resource, patch_group: t.Optional[str] = None, operating_system: str = "") -> Resource:
    """A node as records describe it (schemas.NODE)."""
    identifier = node["id"]
    hybrid = identifier.startswith("mi-")
    return {
        "id": identifier,
        "name": node["name"],
        "operating_system": operating_system,
        "machine_id": None,
        "instance_id": None if hybrid else identifier,
        "mi_id": identifier if hybrid else None,
        "patch_group": patch_group or None,
        "product": None,
        "platform": {
            "name": node.get("platform_name") or None,
            "version": node.get("platform_version") or None,
            "architecture": None,
            "ip_address": node.get("ip_address") or None,
            "agent_version": node.get("agent_version") or None,
        },
    }


def unreported(node: Resource, now: datetime.datetime, summaries: t.Sequence[Resource] = ()) -> Resource:
    """The record of a node that never reported, is not managed, or is not known at all."""
    reason = node["reason"] or NEVER_REPORTED
    if node["reach"] == OFFLINE:
        reason = "%s; %s" % (NEVER_REPORTED, reason)
    record = host_record.unknown({"node": described(node, node.get("patch_group"))}, reason, now, "")
    record["summary"] = counts({})
    record["ssm"] = {"reach": node["reach"], "resource_summaries": list(summaries)}
    return record


def reported(
    node: Resource, state: Resource, baseline: Baseline, summaries: t.Sequence[Resource] = (), trusted: bool = False
) -> Resource:
    """The record of an InstancePatchState, without patches.

    `summaries`: rows of `resource_summary` of the node. `trusted`: what a node reported that is offline now is taken
    for its state all the same.
    """
    summary = counts(state)
    problems: t.List[Resource] = []
    patches = next((one for one in summaries if one["compliance_type"] == "Patch"), None)
    available = _available(summary, baseline, patches)
    bad = _non_compliant(summary, available)
    if patches and patches["non_compliant_count"] != bad:
        words = "Systems Manager sums up %d non-compliant patches, and the node's report has %d: levels are left out"
        problems.append({"what": "compliance summary", "why": words % (patches["non_compliant_count"], bad)})
        patches = None
    record: Resource = {
        "schema": RECORD_SCHEMA,
        "capture": {"time": text(state["OperationEndTime"]), "run_id": state.get("SnapshotId", "")},
        "operation": state["Operation"],
        "node": described(node, state.get("PatchGroup"), baseline.operating_system),
        "baseline": {
            "name": baseline.name,
            "why": baseline.why,
            "id": baseline.id,
            "hash": None,
            "operating_system": baseline.operating_system or None,
            "source": "aws",
        },
        "status": NON_COMPLIANT if bad else COMPLIANT,
        "status_reason": None,
        "compliance_level": None,
        "complete": not problems,
        "problems": problems,
        "warnings": [],
        "summary": summary,
        "patches": [],
        "patches_omitted": sum(summary.get(COUNT_OF[one], 0) for one in ATTENTION),
        "reboot_option": state.get("RebootOption"),
        "last_no_reboot_install_operation_time": moment(state.get("LastNoRebootInstallOperationTime")),
        "ssm": {
            "reach": node["reach"],
            "snapshot_id": state.get("SnapshotId"),
            "operation_start_time": text(state["OperationStartTime"]),
            "install_override_list": state.get("InstallOverrideList"),
            "owner_information": state.get("OwnerInformation") or None,
            "available_security_updates_compliance_status": available,
            "resource_summaries": list(summaries),
        },
    }
    if patches:
        record["non_compliant_by_level"] = patches["non_compliant_by_level"]
        record["compliance_level"] = highest(level for level in LEVELS if patches["non_compliant_by_level"][level])
    _settle_status(record, node, available, trusted)
    return record


def _available(summary: t.Mapping[str, int], baseline: Baseline, patches: t.Optional[Resource]) -> t.Optional[str]:
    """The status of security updates that are available and not approved; None where nobody tells."""
    count = summary.get(COUNT_OF[AVAILABLE], 0)
    bad = _non_compliant(summary, COMPLIANT)
    if count and patches and patches["non_compliant_count"] in (bad, bad + count):
        return COMPLIANT if patches["non_compliant_count"] == bad else NON_COMPLIANT
    return baseline.available_security


def _non_compliant(summary: t.Mapping[str, int], available: t.Optional[str]) -> int:
    bad = [*BAD, AVAILABLE] if available == NON_COMPLIANT else BAD
    return sum(summary.get(COUNT_OF[state], 0) for state in bad)


def _settle_status(record: Resource, node: Resource, available: t.Optional[str], trusted: bool) -> None:
    """Silence is not compliance: of a node that is offline now its report tells what it was."""
    count = record["summary"].get(COUNT_OF[AVAILABLE], 0)
    if record["status"] == COMPLIANT and available is None and count:
        words = (
            "whether its %d available security updates are non-compliant stands in baseline %s, which cannot be read"
        )
        record.update(status=UNKNOWN, status_reason=words % (count, record["baseline"]["id"]))
    if node["reach"] == ONLINE:
        return
    words = "%s; when it last reported it was %s" % (node["reason"], record["status"])
    if trusted:
        record["warnings"].append(words)
    else:
        record.update(status=UNKNOWN, status_reason=words)


def uniform_level(record: Resource) -> t.Optional[str]:
    """The level of all NON_COMPLIANT patches, where it is the same and Systems Manager sums it up."""
    levels = [level for level, count in record.get("non_compliant_by_level", {}).items() if count]
    return levels[0] if len(levels) == 1 else None


def highest(levels: t.Iterable[t.Optional[str]]) -> t.Optional[str]:
    return min(filter(None, levels), key=LEVEL_RANK.__getitem__, default=None)


def with_patches(
    record: Resource, rows: t.Iterable[Resource], levels: Levels, asked: t.Optional[t.Sequence[str]], counted_all: bool
) -> Resource:
    """The record with its patches, rows of DescribeInstancePatches.

    `asked`: the states that were asked for, None for all. `counted_all`: what is not applicable is listed as well, as
    on Windows. What is counted and not listed, or the other way round, is a problem of the record.
    """
    available = record["ssm"]["available_security_updates_compliance_status"]
    patches = sorted((patch(row, levels, available) for row in rows), key=lambda one: (one["title"], one["kb_id"]))
    listed = {state: sum(1 for one in patches if one["state"] == state) for state in STATES}
    problems = list(record["problems"])
    for state in STATES if asked is None else asked:
        count = record["summary"].get(COUNT_OF[state], 0)
        if listed[state] != count and (state != "NOT_APPLICABLE" or counted_all):
            words = "the node's report counts %d, and Systems Manager lists %d" % (count, listed[state])
            problems.append({"what": "%s patches" % state, "why": words})
    attention = sum(listed[state] for state in ATTENTION)
    return {
        **record,
        "patches": patches,
        "patches_omitted": max(0, record["patches_omitted"] - attention),
        "problems": problems,
        "complete": record["complete"] and not problems,
        "compliance_level": record["compliance_level"]
        or highest(one["compliance_level"] for one in patches if one["status"] == NON_COMPLIANT),
    }


def patch_status(state: str, available: t.Optional[str]) -> t.Optional[str]:
    if state in BAD:
        return NON_COMPLIANT
    if state == AVAILABLE:
        return available
    return None if state == "NOT_APPLICABLE" else COMPLIANT


def patch(raw: Resource, levels: Levels, available: t.Optional[str]) -> Resource:
    """A PatchComplianceData. On Linux its id is name.arch, and its title that and a version (compliance.md, 4)."""
    state, kb_id, title = state_of(raw["State"]), raw["KBId"], raw["Title"]
    status = patch_status(state, available)
    package = title.startswith(kb_id + ":")
    version = title[len(kb_id) + 1 :] if package else None
    name, dot, arch = kb_id.rpartition(".") if package else ("", "", "")
    return {
        "title": title,
        "kb_id": kb_id,
        "name": name or kb_id or title,
        "arch": arch if dot else None,
        "state": state,
        "status": status,
        "decision": None,
        "reason_code": None,
        "reason": "",
        "compliance_level": levels.of(kb_id, title) if status == NON_COMPLIANT else None,
        "classification": raw.get("Classification", ""),
        "severity": raw.get("Severity", ""),
        "installed_time": moment(raw.get("InstalledTime")),
        "cve_ids": [one.strip() for one in raw.get("CVEIds", "").split(",") if one.strip()],
        "installed_version": version if state.startswith("INSTALLED") else None,
        "version": version if state in ("MISSING", "FAILED") else None,
    }
