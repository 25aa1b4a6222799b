# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Of whom compliance is read and how much of it, and all records in numbers. Pure."""

from __future__ import annotations

import re
import typing as t

from .._engine.errors import BaselineError, Problem
from .._engine.schemas import COUNTS, LEVELS
from . import node, patch_group
from .change import Resource
from .compliance_record import ATTENTION, COMPLIANT, NON_COMPLIANT, UNKNOWN, highest
from .reading import Reader, together
from .window_target import declared_targets

NONE, NEEDED, ALL = "none", "attention", "all"
TYPE = re.compile(r"([A-Za-z0-9_\-]\w+|Custom:[a-zA-Z0-9_\-]\w+)\Z")
MOST_TYPES = 20  # values that one filter takes
NAMED = 10  # nodes that a warning names


class Choice(t.NamedTuple):
    instance_ids: t.Tuple[str, ...]
    patch_groups: t.Tuple[str, ...]
    targets: Resource
    listed: bool  # whether patches are
    states: t.Optional[t.Tuple[str, ...]]  # of patches that are listed; None: all
    summaries: bool
    types: t.Tuple[str, ...]  # of compliance, that summaries are read of

    @property
    def everything(self) -> bool:
        """Whether all managed nodes are asked for."""
        return not (self.instance_ids or self.patch_groups or self.targets)


def declared(params: t.Mapping[str, t.Any]) -> Choice:
    """What options ask for. Raises BaselineError with all that is wrong."""
    reader = Reader("")
    given = {name: value for name, value in params.items() if value is not None}
    identifiers = node.declared_ids(reader, given.get("instance_ids"))
    targets = declared_targets(reader, given["targets"], "INSTANCE") if "targets" in given else {}
    groups = tuple(dict.fromkeys(given.get("patch_groups", ())))
    if "patch_groups" in given and not groups:
        reader.problem("patch_groups", "must have one group or more; leave the task out where there is none")
    states = ATTENTION if given["patches"] == NEEDED else None
    if "patch_states" in given:
        states = tuple(dict.fromkeys(given["patch_states"]))
        if given["patches"] != ALL:
            reader.problem("patch_states", "is for patches: all alone; %s lists its own", given["patches"])
        if not states:
            reader.problem("patch_states", "must have one state or more; patches: none lists no patches")
    if not 1 <= given["concurrent_calls"] <= 64:
        reader.problem("concurrent_calls", "%d is not allowed; allowed: 1 to 64", given["concurrent_calls"])
    types = _types(reader, given)
    chosen = bool(identifiers or groups or targets)
    problems: t.List[Problem] = list(reader.problems)
    with together(BaselineError, problems):
        for group in groups:
            patch_group.refuse_name(group)
    return Choice(
        identifiers,
        groups,
        targets,
        given["patches"] != NONE,
        states,
        given.get("summaries", not chosen),
        types,
    )


def _types(reader: Reader, given: Resource) -> t.Tuple[str, ...]:
    types = tuple(dict.fromkeys(given["compliance_types"]))
    if not 1 <= len(types) <= MOST_TYPES:
        reader.problem("compliance_types", "must have 1 to %d types, not %d", MOST_TYPES, len(types))
    for index, one in enumerate(types):
        reader.matching("compliance_types[%d]" % index, one, TYPE, "Patch, Association or Custom: and a name")
    return types


class Tally:
    """All records in numbers, of which none is held. Patches of UNKNOWN nodes are not counted."""

    def __init__(self) -> None:
        self._nodes = dict.fromkeys((COMPLIANT, NON_COMPLIANT, UNKNOWN), 0)
        self._patches = dict.fromkeys(COUNTS, 0)
        self._levels = dict.fromkeys(LEVELS, 0)
        self._highest: t.Optional[str] = None
        self._incomplete = 0
        self._captures: t.List[str] = []
        self._unknown: t.List[str] = []

    def add(self, record: Resource) -> None:
        status = record["status"]
        self._nodes[status] += 1
        self._incomplete += not record["complete"]
        if record["ssm"].get("operation_start_time"):  # when there was no report, the time is when that was seen
            times = [record["capture"]["time"], *self._captures]
            self._captures = [min(times), max(times)]
        if status == UNKNOWN:
            if len(self._unknown) < NAMED:
                self._unknown.append("%s: %s" % (record["node"]["name"], record["status_reason"]))
            return
        for name, count in record["summary"].items():
            self._patches[name] += count
        for level, count in non_compliant_by_level(record).items():
            self._levels[level] += count
        self._highest = highest([self._highest, record["compliance_level"]])

    def summary(self) -> Resource:
        nodes = sum(self._nodes.values())
        status = NON_COMPLIANT if self._nodes[NON_COMPLIANT] else COMPLIANT
        if status == COMPLIANT and (self._nodes[COMPLIANT] < nodes or self._incomplete or not nodes):
            status = UNKNOWN
        return {
            "status": status,
            "compliance_level": self._highest,
            "nodes": nodes,
            **{name.lower(): count for name, count in self._nodes.items()},
            "incomplete": self._incomplete,
            "oldest_capture": self._captures[0] if self._captures else None,
            "newest_capture": self._captures[1] if self._captures else None,
            "patches": dict(self._patches),
            "non_compliant_by_level": dict(self._levels),
        }

    @property
    def warnings(self) -> t.List[str]:
        count = self._nodes[UNKNOWN]
        if not count:
            return []
        more = ["and %d more" % (count - NAMED)] if count > NAMED else []
        return ["The status of %d nodes is not known. %s" % (count, "; ".join([*self._unknown, *more]))]


def non_compliant_by_level(record: Resource) -> t.Mapping[str, int]:
    """As Systems Manager sums it up, else of the patches that are listed and whose level is told."""
    if "non_compliant_by_level" in record:
        return record["non_compliant_by_level"]
    counts = dict.fromkeys(LEVELS, 0)
    for patch in record["patches"]:
        if patch["status"] == NON_COMPLIANT and patch["compliance_level"]:
            counts[patch["compliance_level"]] += 1
    return counts
