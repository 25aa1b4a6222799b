# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls that read what nodes reported of their patches (operations.md, 10)."""

from __future__ import annotations

import datetime
import json
import threading
import typing as t

from . import compliance_record, patch_baseline
from .change import Resource
from .compliance_choice import Choice
from .node import AT_ONCE, OFFLINE, ONLINE, REFUSED

# A node that was deregistered since it was listed.
GONE = ("InvalidInstanceId", "InvalidResourceId")
PAGE = 100


def patch_states(api: t.Any, identifiers: t.Sequence[str]) -> t.Dict[str, Resource]:
    """InstancePatchStates by node, of up to 50. Those that never reported are absent."""
    asked = {"InstanceIds": list(identifiers), "MaxResults": PAGE}
    doing = "read the patch states of %d nodes from %s on" % (len(identifiers), identifiers[0])
    rows = api.each(doing, "describe_instance_patch_states", "InstancePatchStates", **asked)
    return {row["InstanceId"]: row for row in rows}


def patches(api: t.Any, identifier: str, states: t.Optional[t.Sequence[str]]) -> t.Iterator[Resource]:
    """PatchComplianceData of one node, in these states, all without."""
    asked: Resource = {"InstanceId": identifier, "MaxResults": PAGE}
    if states is not None:
        asked["Filters"] = [{"Key": "State", "Values": [_stored(state) for state in states]}]
    return api.each("read the patches of %s" % identifier, "describe_instance_patches", "Patches", **asked)


def _stored(state: str) -> str:
    """Filters take InstalledOther, not INSTALLED_OTHER (compliance.md, 4)."""
    return "".join(word.capitalize() for word in state.split("_"))


def levels(api: t.Any, identifier: str) -> t.Dict[t.Tuple[str, str], str]:
    """Compliance levels of a node's NON_COMPLIANT patches, by id and title."""
    asked = {
        "ResourceIds": [identifier],
        "ResourceTypes": ["ManagedInstance"],
        "Filters": [_equal("ComplianceType", ["Patch"]), _equal("Status", [compliance_record.NON_COMPLIANT])],
        "MaxResults": AT_ONCE,
    }
    doing = "read the compliance items of %s" % identifier
    rows = api.each(doing, "list_compliance_items", "ComplianceItems", **asked)
    return {(row.get("Id", ""), row.get("Title", "")): row["Severity"] for row in rows if "Severity" in row}


def _equal(key: str, values: t.Sequence[str]) -> Resource:
    return {"Key": key, "Values": list(values), "Type": "EQUAL"}


def summaries(api: t.Any, types: t.Sequence[str]) -> t.List[Resource]:
    """How many nodes are compliant, by type of compliance (ListComplianceSummaries)."""
    asked = {"Filters": [_equal("ComplianceType", types)], "MaxResults": AT_ONCE}
    rows = api.each("list compliance summaries", "list_compliance_summaries", "ComplianceSummaryItems", **asked)
    found = []
    for row in rows:
        good, bad = row.get("CompliantSummary", {}), row.get("NonCompliantSummary", {})
        found.append(
            {
                "compliance_type": row["ComplianceType"],
                "compliant_count": good.get("CompliantCount", 0),
                "compliant_by_level": compliance_record.by_level(good),
                "non_compliant_count": bad.get("NonCompliantCount", 0),
                "non_compliant_by_level": compliance_record.by_level(bad),
            }
        )
    return sorted(found, key=lambda one: one["compliance_type"])


class ResourceSummaries:
    """ListResourceComplianceSummaries of all nodes, which AWS cannot list of some alone.

    They come in no order that nodes have, so all are held, as text: a tenth of what they take as mappings.
    """

    def __init__(self, api: t.Any, types: t.Sequence[str]) -> None:
        self._by_node: t.Dict[str, t.List[bytes]] = {}
        asked = {"Filters": [_equal("ComplianceType", types)], "MaxResults": AT_ONCE}
        operation, member = "list_resource_compliance_summaries", "ResourceComplianceSummaryItems"
        for row in api.each("list compliance summaries of nodes", operation, member, **asked):
            summary = json.dumps(compliance_record.resource_summary(row), separators=(",", ":")).encode()
            self._by_node.setdefault(row["ResourceId"], []).append(summary)

    def of(self, identifier: str) -> t.List[Resource]:
        found = [json.loads(one) for one in self._by_node.get(identifier, ())]
        return sorted(found, key=lambda one: one["compliance_type"])


class NoSummaries:
    """In their place where they are not read."""

    def of(self, _identifier: str) -> t.List[Resource]:
        return []


def group_state(api: t.Any, group: str) -> Resource:
    """DescribePatchGroupState. Nodes that never reported are not counted in it."""
    doing = "describe the state of patch group %s" % group
    answer = api.ask(doing, "describe_patch_group_state", PatchGroup=group)
    counts = {compliance_record.member(name): value for name, value in answer.items() if name.startswith("Instances")}
    return {"patch_group": group, **counts}


class Baselines:
    """Baselines that reports name, listed once. AWS's own have ARNs, of which reports may have the id alone."""

    def __init__(self, api: t.Any) -> None:
        self._api = api
        self._turn = threading.Lock()
        self._rows: t.Optional[t.Dict[str, Resource]] = None
        self._security: t.Dict[str, t.Optional[str]] = {}
        self.warnings: t.List[str] = []

    def of(self, state: Resource) -> compliance_record.Baseline:
        identifier = state["BaselineId"]
        with self._turn:
            if self._rows is None:
                self._rows = self._listed()
            row = self._rows.get(identifier) or self._rows.get(identifier.rpartition("/")[2])
            if row is None:
                why = "the baseline of the node's last report; it is not among those of this account and Region"
                return compliance_record.Baseline(identifier, identifier, "", why)
            security = self._available_security(row) if state.get("AvailableSecurityUpdateCount") else None
        system = row.get("OperatingSystem", "WINDOWS")
        why = "the baseline of the node's last report"
        return compliance_record.Baseline(identifier, row["BaselineName"], system, why, security)

    def _listed(self) -> t.Dict[str, Resource]:
        try:
            rows = patch_baseline.identities(self._api, {})
        except Exception as error:
            if getattr(error, "code", None) not in REFUSED:
                raise
            self.warnings.append("Names of baselines cannot be read: %s" % error)
            return {}
        return {name: row for row in rows for name in (row["BaselineId"], row["BaselineId"].rpartition("/")[2])}

    def _available_security(self, row: Resource) -> t.Optional[str]:
        identifier = row["BaselineId"]
        if identifier not in self._security:
            doing = "get patch baseline %s" % identifier
            try:
                raw = self._api.find(doing, "get_patch_baseline", BaselineId=identifier) or {}
            except Exception as error:
                if getattr(error, "code", None) not in REFUSED:
                    raise
                self.warnings.append(str(error))
                raw = {}
            usual = compliance_record.COMPLIANT if raw else None
            self._security[identifier] = raw.get("AvailableSecurityUpdatesComplianceStatus") or usual
        return self._security[identifier]


class Reading:
    """From nodes to records. Threads share it."""

    def __init__(self, api: t.Any, now: datetime.datetime, choice: Choice, trusted: bool, sums: t.Any) -> None:
        """`trusted`: see compliance_record.reported; `sums`: ResourceSummaries, or none."""
        self._api = api
        self._now = now
        self._states = choice.states
        self._listed = choice.listed
        self._trusted = trusted
        self._summaries = sums
        self.baselines = Baselines(api)
        self._denied: t.Set[str] = set()

    @property
    def warnings(self) -> t.List[str]:
        return [*self.baselines.warnings, *sorted(self._denied)]

    def states(self, nodes: t.Sequence[Resource]) -> t.List[t.Tuple[Resource, t.Optional[Resource]]]:
        """Each of up to 50 nodes with what it reported."""
        managed = [one["id"] for one in nodes if one["reach"] in (ONLINE, OFFLINE)]
        found = patch_states(self._api, managed) if managed else {}
        return [(one, found.get(one["id"])) for one in nodes]

    def record(self, reported: t.Tuple[Resource, t.Optional[Resource]]) -> Resource:
        node, state = reported
        sums = self._summaries.of(node["id"])
        if state is None:
            return compliance_record.unreported(node, self._now, sums)
        record = compliance_record.reported(node, state, self.baselines.of(state), sums, self._trusted)
        return self._with_patches(record, node) if self._wanted(record) else record

    def _wanted(self, record: Resource) -> bool:
        """Whether there is anything to list: what counts say is not there is not asked for."""
        states = self._states
        counted = compliance_record.COUNT_OF
        return self._listed and (states is None or any(record["summary"].get(counted[one], 0) for one in states))

    def _with_patches(self, record: Resource, node: Resource) -> Resource:
        try:
            rows = list(patches(self._api, node["id"], self._states))
        except Exception as error:
            if getattr(error, "code", None) not in GONE:
                raise
            record["problems"].append({"what": "patches", "why": str(error)})
            return {**record, "complete": False}
        levels = self._levels(record, rows)
        counted_all = node.get("platform_type") == "Windows"
        return compliance_record.with_patches(record, rows, levels, self._states, counted_all)

    def _levels(self, record: Resource, rows: t.Sequence[Resource]) -> compliance_record.Levels:
        """Sums tell where all have one level, as with AWS's own baselines; else each patch has to be asked for."""
        every = compliance_record.uniform_level(record)
        available = record["ssm"]["available_security_updates_compliance_status"]
        states = {compliance_record.state_of(row["State"]) for row in rows}
        bad = any(compliance_record.patch_status(one, available) == compliance_record.NON_COMPLIANT for one in states)
        if every or not bad:
            return compliance_record.Levels(every=every)
        try:
            return compliance_record.Levels(levels(self._api, record["node"]["id"]))
        except Exception as error:
            code = getattr(error, "code", None)
            if code in REFUSED:
                self._denied.add("Compliance levels of patches cannot be read (ssm:ListComplianceItems)")
            elif code not in GONE:
                raise
            return compliance_record.Levels()
