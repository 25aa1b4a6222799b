# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command under way: which nodes have it, how far each is, and how all of that ends (operations.md, 4).

Everything is told by the clock that is handed in; nothing here waits.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import fractions
import heapq
import math
import typing as t

from .documents import Document
from .nodes import REFUSED, SILENT, UNREACHED, Node
from .patching import Work, perform, prepare
from .state import Region, Resource

PICKUP = datetime.timedelta(seconds=1)  # from sending to the agent's start
STOPPING = datetime.timedelta(seconds=5)  # from telling a node to stop to its having stopped
GIVING_UP = datetime.timedelta(seconds=60)  # after which a node that takes nothing counts as delayed
COUNTED = ("Failed", "ExecutionTimedOut")  # against MaxErrors
STATUSES = {  # of StatusDetails; the same where not named
    "DeliveryTimedOut": "TimedOut",
    "ExecutionTimedOut": "TimedOut",
    "Terminated": "Cancelled",
    **dict.fromkeys(REFUSED, "Failed"),
}
COMMAND_STATUSES = {**STATUSES, "Incomplete": "Failed", "RateExceeded": "Failed", "NoInstancesInTag": "Success"}


@dataclasses.dataclass
class Invocation:
    """One node's copy of a command. Without `ended` it is waiting for its turn, or under way."""

    node: Node
    sent: datetime.datetime | None = None
    starts: datetime.datetime | None = None
    ends: datetime.datetime | None = None  # as foreseen, until `ended`
    end: str = ""
    work: Work | None = None
    ended: bool = False
    cancelling: bool = False

    def details(self, now: datetime.datetime) -> str:
        if self.ended:
            return self.end
        if self.cancelling:
            return "Cancelling"
        if self.sent is None:
            return "Pending"
        if self.starts is None or self.starts > now:
            return "Delayed" if now - self.sent > GIVING_UP else "Pending"
        return "InProgress"

    def status(self, now: datetime.datetime) -> str:
        details = self.details(now)
        return STATUSES.get(details, details)


@dataclasses.dataclass
class Command:
    id: str
    request: Resource
    document: Document
    requested: datetime.datetime
    invocations: list[Invocation]
    unseen: int  # looks that find none of its invocations
    targeted: bool  # by Targets, which are looked up once the command has been accepted
    refused: str = ""  # why it went to nobody
    cancelled: bool = False
    errors: int = 0
    looks: int = 0

    def __post_init__(self) -> None:
        self.waiting = collections.deque(self.invocations)
        self.active: list[tuple[datetime.datetime, int, Invocation]] = []
        self.by_node = {one.node.id: one for one in self.invocations}
        self._serial = 0
        count = len(self.invocations)
        # fractions of a node: concurrency rounds up, errors round down (maintenance-windows.md, 4)
        self.concurrency = max(1, math.ceil(share(self.request.get("MaxConcurrency", "50"), count)))
        self.tolerated = math.floor(share(self.request.get("MaxErrors", "0"), count))

    @property
    def visible(self) -> bool:
        return self.looks > self.unseen

    @property
    def parameters(self) -> dict[str, list[str]]:
        return self.request.get("Parameters", {})

    @property
    def _patching(self) -> dict[str, list[str]]:
        """What a node is to do to its patches."""
        return self.parameters if self.document.patches else {}

    @property
    def expires(self) -> datetime.datetime:
        """For all nodes alike, those that still wait for their turn as well."""
        seconds = self.request.get("TimeoutSeconds", 3600) + self.document.seconds(self.parameters)
        return self.requested + datetime.timedelta(seconds=seconds)

    def proceed(self, region: Region) -> None:
        """Bring it to the Region's time."""
        self._send(region, self.requested)
        while self.active and self.active[0][0] <= min(region.now, self.expires):
            at, _serial, invocation = heapq.heappop(self.active)
            self._end(region, invocation, at)
            self._send(region, at)
        if region.now >= self.expires:
            for invocation in self.invocations:
                if not invocation.ended:
                    invocation.end, invocation.ends, invocation.ended = "DeliveryTimedOut", self.expires, True
            self.waiting.clear()
            self.active.clear()

    def _send(self, region: Region, at: datetime.datetime) -> None:
        while self.waiting and len(self.active) < self.concurrency:
            invocation = self.waiting.popleft()
            invocation.sent = at
            self._foresee(region, invocation, at)
            self._push(invocation)

    def _push(self, invocation: Invocation) -> None:
        self._serial += 1
        heapq.heappush(self.active, (invocation.ends, self._serial, invocation))

    def _foresee(self, region: Region, invocation: Invocation, at: datetime.datetime) -> None:
        node = invocation.node
        never = self.expires + datetime.timedelta(seconds=1)
        invocation.end, invocation.ends = node.end, at
        if node.platform not in self.document.platforms:
            invocation.end = "InvalidPlatform"
        elif node.end == UNREACHED or (node.end not in REFUSED and not node.online):
            invocation.ends = never
        elif node.end not in REFUSED:
            invocation.starts = at + PICKUP
            invocation.work = prepare(region, node, self._patching)
            allowed = self.document.seconds(self.parameters)
            if node.end == SILENT:
                invocation.ends = never
            elif node.seconds > allowed:
                invocation.end = "ExecutionTimedOut"
                invocation.ends = invocation.starts + datetime.timedelta(seconds=allowed)
            else:
                invocation.end = "Failed" if invocation.work.exit_code else "Success"
                invocation.ends = invocation.starts + datetime.timedelta(seconds=node.seconds)

    def _end(self, region: Region, invocation: Invocation, at: datetime.datetime) -> None:
        invocation.ended = True
        if invocation.end in ("Success", "Failed") and invocation.work:
            perform(region, invocation.node, invocation.work, self._patching, invocation.starts, at)
        if invocation.end in COUNTED:
            self.errors += 1
            if self.errors > self.tolerated:
                self._drop_waiting("Terminated", at)

    def _drop_waiting(self, end: str, at: datetime.datetime) -> None:
        for invocation in self.waiting:
            invocation.end, invocation.ends, invocation.ended = end, at, True
        self.waiting.clear()

    def cancel(self, now: datetime.datetime, identifiers: t.Collection[str]) -> None:
        """Those that wait are cancelled; those at work are told to stop, which not every node does."""
        chosen = [one for one in self.invocations if not one.ended]
        if identifiers:
            chosen = [one for one in chosen if one.node.id in identifiers]
        else:
            self.cancelled = self.cancelled or bool(chosen)
        for invocation in chosen:
            if invocation.details(now) != "InProgress":
                invocation.end, invocation.ends, invocation.ended = "Cancelled", now, True
            elif invocation.node.cancels and invocation.ends > now + STOPPING:
                invocation.end, invocation.ends, invocation.cancelling = "Cancelled", now + STOPPING, True
        self.waiting = collections.deque(one for one in self.waiting if not one.ended)
        under_way = [one for _ends, _serial, one in self.active if not one.ended]
        self.active = []
        for invocation in under_way:
            self._push(invocation)

    def details(self, now: datetime.datetime) -> str:
        """Of the whole command. Nodes that could not be reached make no failure beside one that succeeded."""
        if self.refused:
            return self.refused if self.visible else "Pending"
        found = collections.Counter(one.details(now) for one in self.invocations)
        if not all(one.ended for one in self.invocations):
            if self.cancelled:
                return "Cancelling"
            return "Pending" if set(found) == {"Pending"} else "InProgress"
        return self._ended(found)

    def _ended(self, found: collections.Counter) -> str:
        if self.errors > self.tolerated:
            return "ExecutionTimedOut" if not found["Failed"] else "Failed"
        if self.cancelled:
            return "Cancelled"
        counted = len(self.invocations) - sum(found[one] for one in REFUSED)
        if not counted:
            return "Failed"
        if found["Success"] == counted:
            return "Success"
        return "DeliveryTimedOut" if found["DeliveryTimedOut"] > self.tolerated else "Incomplete"

    def status(self, now: datetime.datetime) -> str:
        details = self.details(now)
        return COMMAND_STATUSES.get(details, details)


def share(written: str, count: int) -> fractions.Fraction:
    """A number, or a percentage of the targets."""
    if written.endswith("%"):
        return fractions.Fraction(int(written[:-1]) * count, 100)
    return fractions.Fraction(int(written))
