# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What records say together (docs/spec/compliance.md, section 7); no state is made here."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ...module_utils._engine.schemas import COUNTS, LEVELS
from . import instants
from .loading import Found, Loaded, Record, Unreadable
from .text import quantity

COMPLIANT, NON_COMPLIANT, UNKNOWN = "COMPLIANT", "NON_COMPLIANT", "UNKNOWN"
PLATFORM = ("name", "version", "architecture", "ip_address", "agent_version")
# What package lists offer is a day late at most, else the reader has to know.
LISTS_STALE_AFTER = datetime.timedelta(hours=24)
# A clock that is a little ahead is nothing to tell people about.
CLOCK_TOLERANCE = datetime.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Node:
    """One node as the report shows it. `status` is the record's own, unless the record is not of this run."""

    id: str
    name: str
    status: str
    reason: str  # why the status is UNKNOWN, else empty
    stale: bool
    notes: tuple[str, ...]
    captured: datetime.datetime | None
    source: str
    record: Record | None  # None: a host of this run that gave no record

    @property
    def counted(self) -> bool:
        """Whether its counts belong in the fleet's: what is unknown adds nothing."""
        return self.record is not None and self.status != UNKNOWN

    @property
    def patches(self) -> list[dict[str, t.Any]]:
        return self.record["patches"] if self.record else []

    @property
    def patch_group(self) -> str:
        return (self.record["node"].get("patch_group") if self.record else "") or ""

    @property
    def operating_system(self) -> str:
        return self.record["node"]["operating_system"] if self.record else ""

    @property
    def platform(self) -> dict[str, str]:
        told = self.record["node"].get("platform", {}) if self.record else {}
        return {name: told.get(name) or "" for name in PLATFORM}

    @property
    def baseline(self) -> str:
        return (self.record["baseline"]["name"] if self.record else "") or ""

    @property
    def baseline_why(self) -> str:
        """Empty where it is the reason as well: a node without a baseline is UNKNOWN for want of one."""
        why = self.record["baseline"]["why"] if self.record else ""
        return "" if why == self.reason else why

    @property
    def level(self) -> str:
        return (self.record["compliance_level"] if self.record else "") or ""

    @property
    def incomplete(self) -> bool:
        """Whether something of it could not be read; a host without a record is unknown, not incomplete."""
        return self.record is not None and not self.record["complete"]

    @property
    def unread(self) -> list[str]:
        """What could not be read, and why."""
        return [f"{one['what']}: {one['why']}" for one in (self.record or {}).get("problems", [])]

    @property
    def lists_age(self) -> datetime.timedelta | None:
        """How old the package lists were when it was scanned."""
        refreshed = instants.parsed_or_none((self.record or {}).get("refreshed_at"))
        return self.captured - refreshed if self.captured and refreshed else None

    @property
    def old_lists(self) -> bool:
        return self.lists_age is not None and self.lists_age > LISTS_STALE_AFTER

    @property
    def reboot_required(self) -> bool:
        return bool(self.record and self.record.get("reboot", {}).get("required"))

    @property
    def by_systems_manager(self) -> bool:
        """Whether AWS told of it, not the node itself."""
        return self.record is not None and "ssm" in self.record

    def count(self, name: str) -> int:
        return self.record["summary"].get(name, 0) if self.record else 0

    def tells(self, name: str) -> bool:
        """Whether its count of this says something about it now. AWS does not count all that hosts do."""
        return self.counted and self.record is not None and name in self.record["summary"]

    def non_compliant_by_level(self) -> dict[str, int]:
        """As the record sums it up, else of the patches that it lists; `unlisted` says how many it leaves out."""
        counts = dict.fromkeys(LEVELS, 0)
        if self.record is not None and "non_compliant_by_level" in self.record:
            return {**counts, **self.record["non_compliant_by_level"]}
        for patch in self.patches:
            if patch["status"] == NON_COMPLIANT and patch["compliance_level"]:
                counts[patch["compliance_level"]] += 1
        return counts

    @property
    def unlisted(self) -> int:
        """NON_COMPLIANT patches that the record counts but had no room to list, or knows no level of."""
        counted = sum(
            self.count(name)
            for name in ("missing_count", "failed_count", "installed_rejected_count", "installed_pending_reboot_count")
        )
        return max(0, counted - sum(self.non_compliant_by_level().values()))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fleet:
    title: str
    generated: datetime.datetime
    nodes: tuple[Node, ...]
    unreadable: tuple[Unreadable, ...]
    warnings: tuple[str, ...]

    @property
    def with_record(self) -> list[Node]:
        return [node for node in self.nodes if node.record is not None]

    @property
    def without_record(self) -> list[Node]:
        return [node for node in self.nodes if node.record is None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """The present run of ansible-playbook, when the report is about one."""

    id: str
    hosts: t.Mapping[str, str]  # inventory host -> why it might have no record
    answered: t.Collection[str]  # the hosts that gave a record


def assembled(
    loaded: Loaded, now: datetime.datetime, stale_after: datetime.timedelta, run: Run | None = None, title: str = ""
) -> Fleet:
    namesakes = _namesakes(loaded.found)
    nodes = [_node(found, now, stale_after, run, namesakes) for found in loaded.found]
    silent = _without_record(nodes, run) if run else []
    unlisted = [_unlisted(node) for node in nodes if node.counted and node.unlisted]
    return Fleet(
        title=title or "Patch compliance",
        generated=now,
        nodes=tuple(nodes + silent),
        unreadable=tuple(loaded.unreadable),
        warnings=tuple(loaded.warnings + unlisted),
    )


def _unlisted(node: Node) -> str:
    if node.by_systems_manager:
        patches = quantity(node.unlisted, "non-compliant patch", "non-compliant patches")
        return (
            f"{node.name}: the compliance levels of {patches} are not in its record. Counts by compliance level leave"
            " those out; ssm_patch_compliance_info reads them with summaries, or with the patches"
        )
    return (
        f"{node.name} lists {node.unlisted} fewer non-compliant patches than it counts: facts are kept small."
        " Counts by compliance level leave those out; the stored record has them all"
    )


def _namesakes(found: t.Iterable[Found]) -> dict[str, list[str]]:
    """The names of all nodes with one id."""
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one.record["node"]["id"], []).append(one.record["node"]["name"])
    return names


def _node(
    found: Found,
    now: datetime.datetime,
    stale_after: datetime.timedelta,
    run: Run | None,
    namesakes: t.Mapping[str, t.Sequence[str]],
) -> Node:
    record = found.record
    captured = instants.parsed(record["capture"]["time"])
    status = record["status"]
    reason = record.get("status_reason") or "" if status == UNKNOWN else ""
    notes = []
    of_run = run is not None and (found.host or record["node"]["name"]) in run.hosts
    # what Systems Manager tells is of no run of ansible-playbook: its age alone counts
    if run and of_run and "ssm" not in record and record["capture"]["run_id"] != run.id:
        status, reason = UNKNOWN, f"stale: captured {instants.shown(captured)} by another run"
    old = now - captured > stale_after
    if old:
        notes.append(f"captured {instants.shown(captured)}, more than {_hours(stale_after)} before this report")
    if captured - now > CLOCK_TOLERANCE:
        notes.append(f"captured {instants.shown(captured)}, later than this report was made: check the clocks")
    if not record["complete"]:
        notes.append("incomplete: something could not be read, see its problems")
    others = [name for name in namesakes[record["node"]["id"]] if name != record["node"]["name"]]
    if others:
        notes.append(f"same node id as {', '.join(others)}")
    node = Node(
        id=record["node"]["id"],
        name=record["node"]["name"],
        status=status,
        reason=reason,
        stale=old or reason.startswith("stale: "),
        notes=tuple(notes),
        captured=captured,
        source=found.source,
        record=record,
    )
    if not node.old_lists:
        return node
    return dataclasses.replace(node, notes=(*node.notes, f"package lists fetched {lists_age(node)} before the scan"))


def lists_age(node: Node) -> str:
    """How long before the scan the package lists were fetched, for people; empty when that is not known."""
    if node.lists_age is None:
        return ""
    hours = int(node.lists_age.total_seconds() // 3600)
    return quantity(hours // 24, "day") if hours >= 48 else quantity(hours, "hour") if hours >= 1 else "under 1 hour"


def _hours(span: datetime.timedelta) -> str:
    hours = span / datetime.timedelta(hours=1)
    return quantity(int(hours), "hour") if hours == int(hours) else f"{hours:g} hours"


def _without_record(nodes: t.Iterable[Node], run: Run) -> list[Node]:
    """Hosts of this run that nothing is known of: never scanned is not compliant."""
    known = {node.name for node in nodes} | set(run.answered)
    return [
        Node(
            id="",
            name=host,
            status=UNKNOWN,
            reason=why,
            stale=False,
            notes=(),
            captured=None,
            source="",
            record=None,
        )
        for host, why in sorted(run.hosts.items())
        if host not in known
    ]


def overall_status(nodes: t.Collection[Node]) -> str:
    """NON_COMPLIANT when any node is; COMPLIANT only when all of them are known to be, from complete records."""
    statuses = {node.status for node in nodes}
    if NON_COMPLIANT in statuses:
        return NON_COMPLIANT
    known = statuses == {COMPLIANT} and not any(node.incomplete for node in nodes)
    return COMPLIANT if known else UNKNOWN


def overall_level(nodes: t.Iterable[Node]) -> str | None:
    levels = {node.level for node in nodes if node.status == NON_COMPLIANT}
    return next((level for level in LEVELS if level in levels), None)


def by_status(nodes: t.Iterable[Node]) -> dict[str, int]:
    counts = {COMPLIANT: 0, NON_COMPLIANT: 0, UNKNOWN: 0}
    for node in nodes:
        counts[node.status] += 1
    return counts


def patch_groups(nodes: t.Iterable[Node]) -> dict[str, list[Node]]:
    """Nodes by patch group, the one without a name last; hosts without a record belong to none."""
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        if node.record is not None:
            groups.setdefault(node.patch_group, []).append(node)
    return dict(sorted(groups.items(), key=lambda item: (not item[0], item[0])))


def summary(fleet: Fleet) -> dict[str, t.Any]:
    """The fleet in numbers, as plain JSON types. Patches of UNKNOWN nodes are not counted."""
    counted = [node for node in fleet.nodes if node.counted]
    captures = sorted(node.captured for node in fleet.with_record if node.captured)
    levels = [node.non_compliant_by_level() for node in counted]
    return {
        "status": overall_status(fleet.nodes),
        "compliance_level": overall_level(fleet.nodes),
        **_node_counts(fleet.nodes),
        "stale": sum(node.stale for node in fleet.nodes),
        "incomplete": sum(node.incomplete for node in fleet.nodes),
        "old_package_lists": sum(node.old_lists for node in fleet.nodes),
        "reboot_required": sum(node.reboot_required for node in counted),
        "unreadable": len(fleet.unreadable),
        "oldest_capture": instants.written(captures[0]) if captures else None,
        "newest_capture": instants.written(captures[-1]) if captures else None,
        "patches": {name: sum(node.count(name) for node in counted) for name in COUNTS},
        "non_compliant_by_level": {level: sum(one[level] for one in levels) for level in LEVELS},
        "patch_groups": [
            {"name": name, "status": overall_status(nodes), **_node_counts(nodes)}
            for name, nodes in patch_groups(fleet.nodes).items()
        ],
    }


def _node_counts(nodes: t.Collection[Node]) -> dict[str, int]:
    counts = by_status(nodes)
    return {
        "nodes": len(nodes),
        "compliant": counts[COMPLIANT],
        "non_compliant": counts[NON_COMPLIANT],
        "unknown": counts[UNKNOWN],
    }
