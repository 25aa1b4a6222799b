# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The numbers behind the charts of the HTML report; drawing is the template's."""

from __future__ import annotations

import collections
import datetime
import math
import typing as t

from ...module_utils._engine.schemas import LEVELS
from . import instants
from .fleet import COMPLIANT, NON_COMPLIANT, UNKNOWN, Fleet, Node, by_status, overall_status, patch_groups

DAYS_AHEAD = 14
TOP = 8
DUE = {"MISSING", "FAILED"}
UNTOLD = len(LEVELS)  # the rank of a level that AWS does not tell
AGES = (
    ("0-6 h", datetime.timedelta(hours=6)),
    ("6-24 h", datetime.timedelta(hours=24)),
    ("1-2 days", datetime.timedelta(days=2)),
    ("2-7 days", datetime.timedelta(days=7)),
    ("7-30 days", datetime.timedelta(days=30)),
    ("older", datetime.timedelta.max),
)
LABELS = {COMPLIANT: "Compliant", NON_COMPLIANT: "Non-compliant", UNKNOWN: "Unknown"}


class Bar(t.NamedTuple):
    label: str
    value: int
    share: float  # of the longest bar, in percent
    style: str = ""  # what the style sheet colours it by
    note: str = ""


class Slice(t.NamedTuple):
    label: str
    value: int
    percent: int
    style: str
    length: float  # of the ring's circumference, which counts 100
    start: float


class Group(t.NamedTuple):
    label: str
    status: str
    slices: list[Slice]
    nodes: int


def status_slices(nodes: t.Iterable[Node]) -> list[Slice]:
    counts = by_status(nodes)
    percents = whole_percents(list(counts.values()))
    total = sum(counts.values())
    slices = []
    start = 0.0
    for (status, count), percent in zip(counts.items(), percents, strict=True):
        length = 100 * count / total if total else 0.0
        slices.append(Slice(LABELS[status], count, percent, status.lower(), round(length, 3), round(start, 3)))
        start += length
    return slices


def whole_percents(counts: list[int]) -> list[int]:
    """Percentages that add up to 100: what rounding down leaves over goes to the largest remainders."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    exact = [100 * count / total for count in counts]
    percents = [math.floor(share) for share in exact]
    by_remainder = sorted(range(len(counts)), key=lambda index: percents[index] - exact[index])
    for index in by_remainder[: 100 - sum(percents)]:
        percents[index] += 1
    return percents


def groups(fleet: Fleet) -> list[Group]:
    return [
        Group(name or "No patch group", overall_status(nodes), status_slices(nodes), len(nodes))
        for name, nodes in patch_groups(fleet.nodes).items()
    ]


def missing_by_level(fleet: Fleet) -> list[Bar]:
    counts = collections.Counter(patch["compliance_level"] for _node, patch in _due(fleet))
    rows = [(level.capitalize(), counts[level], level.lower(), "") for level in LEVELS]
    return _bars([*rows, ("Not told", counts[None], "unknown", "")] if counts[None] else rows)


def top_missing(fleet: Fleet) -> list[Bar]:
    """The packages that most nodes lack, with the highest compliance level that any of them gives it."""
    nodes: dict[str, set[tuple[str, str]]] = {}  # clones share an id
    levels: dict[str, int] = {}
    for node, patch in _due(fleet):
        name = patch.get("name") or patch["title"]
        nodes.setdefault(name, set()).add((node.id, node.name))
        level = patch["compliance_level"]
        levels[name] = min(levels.get(name, UNTOLD), LEVELS.index(level) if level else UNTOLD)
    ranked = sorted(nodes, key=lambda name: (-len(nodes[name]), levels[name], name))[:TOP]
    names = {name: LEVELS[levels[name]] if levels[name] < UNTOLD else "" for name in ranked}
    return _bars([(name, len(nodes[name]), level.lower(), level.capitalize()) for name, level in names.items()])


def waiting_by_day(fleet: Fleet) -> list[Bar]:
    """Patches whose approval falls on each of the coming days, then those of later days and of no known day."""
    today = fleet.generated.date()
    days: collections.Counter[int] = collections.Counter()
    later = unknown = 0
    for node in fleet.nodes:
        for patch in node.patches if node.counted else []:
            if patch["reason_code"] != "delay_pending":
                continue
            approved_on = instants.parsed_or_none(patch.get("approved_on"))
            ahead = (approved_on.date() - today).days if approved_on else None
            if ahead is None:
                unknown += 1
            elif ahead >= DAYS_AHEAD:
                later += 1
            else:
                days[max(ahead, 0)] += 1
    rows = []
    for ahead in range(DAYS_AHEAD):
        day = today + datetime.timedelta(days=ahead)
        rows.append((str(day.day), days[ahead], "", day.strftime("%A %d %B %Y")))
    rows.append(("later", later, "", f"after {(today + datetime.timedelta(days=DAYS_AHEAD - 1)).isoformat()}"))
    if unknown:
        rows.append(("?", unknown, "", "on a day not known"))
    return _bars(rows)


def ages(fleet: Fleet) -> list[Bar]:
    """Nodes by the age of what is known of them when the report was made."""
    counts = collections.Counter()
    for node in fleet.with_record:
        if node.captured:
            age = fleet.generated - node.captured
            counts[next(label for label, limit in AGES if age < limit)] += 1
    rows = [(label, counts[label], "", "") for label, _limit in AGES]
    return _bars([*rows, ("no data", len(fleet.without_record), "unknown", "")])


def _due(fleet: Fleet) -> t.Iterator[tuple[Node, dict[str, t.Any]]]:
    for node in fleet.nodes:
        for patch in node.patches if node.counted else []:
            if patch["state"] in DUE:
                yield node, patch


def _bars(rows: list[tuple[str, int, str, str]]) -> list[Bar]:
    longest = max((value for _label, value, _style, _note in rows), default=0) or 1
    return [Bar(label, value, round(100 * value / longest, 2), style, note) for label, value, style, note in rows]
