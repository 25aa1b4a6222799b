# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service: which Region a call is for, what goes wrong with it, and what it answers."""

from __future__ import annotations

import copy
import datetime
import threading
import typing as t

from botocore.model import ServiceModel

from . import association_runs, automation, commands
from .activations import register
from .errors import COMMON, SSMError
from .faults import OURS, Fault
from .nodes import Node
from .operations import LISTS, OPERATIONS
from .paging import Pages
from .patching import report
from .state import UTC, Region, Resource, Simulation
from .validation import decoded, validate

# Looks by which time passes.
POLLS = (*commands.POLLS, *association_runs.POLLS, *automation.POLLS)


class Service:
    """All accounts and Regions. Calls take turns, but for those that a fault delays."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Nothing is there and nothing goes wrong; delayed calls end."""
        self._ended.set()
        self._ended = threading.Event()
        self.regions: dict[tuple[str, str], Region] = {}
        self.faults: list[Fault] = []
        self.pages = Pages()
        self.clock: datetime.datetime | None = None  # None: the real one
        self.simulation = Simulation()
        self._passed = datetime.timedelta()
        self.stale_lists = 0
        self._old: dict[tuple[str, str], tuple[Region, int]] = {}

    def now(self) -> datetime.datetime:
        return (self.clock or datetime.datetime.now(UTC).replace(microsecond=0)) + self._passed

    def advance(self, seconds: float) -> None:
        """So much time has passed for everything there is."""
        self._passed += datetime.timedelta(seconds=seconds)

    def set_nodes(self, nodes: list[Node]) -> None:
        """These, in place of those that were there. Those that have been scanned report what they have."""
        with self._turn:
            for region in self.regions.values():
                region.nodes = {}
            for node in nodes:
                key = (node.account, node.region)
                region = self.regions.setdefault(key, Region(*key))
                region.nodes[node.id] = node
                region.tags["ManagedInstance", node.id] = node.tags
                if node.scanned:
                    report(region, node, "Scan", {}, self.now(), self.now())

    def register(self, activation_id: str, code: str, region: str, account: str = "123456789012", **node: str) -> str:
        """What an agent does: the id of the node that registers. Raises SSMError."""
        with self._turn:
            state = self.regions.setdefault((account, region), Region(account, region))
            state.now, state.simulation = self.now(), self.simulation
            return register(state, activation_id, code, **node)

    def call(self, operation: str, request: t.Any, account: str, region: str) -> Resource:
        """The answer of one of our own operations, or SSMError."""
        errors = self.strike(OURS, operation, account, region)
        answer = self._answer(operation, request, account, region)
        if errors:
            raise errors[0]
        return answer

    def strike(self, service: str, operation: str, account: str, region: str) -> list[SSMError]:
        """Waits, and raises, for faults of this call. What it is to fail with once it has done its work."""
        struck = self.struck(service, operation, account, region)
        errors = [(one, one.exception(operation, account)) for one in struck]
        self._wait(sum(one.delay for one in struck))
        for fault, error in errors:
            if error and fault.answered:
                raise error
        return [error for _fault, error in errors if error]

    def struck(self, service: str, operation: str, account: str, region: str) -> list[Fault]:
        """The faults that one call of any service meets."""
        with self._turn:
            return [one for one in self.faults if one.strikes(service, operation, account, region)]

    def _wait(self, seconds: float) -> None:
        if seconds:
            self._ended.wait(seconds)

    def _answer(self, operation: str, request: t.Any, account: str, region: str) -> Resource:
        model = self.model.operation_model(operation)
        request = decoded(model.input_shape, request)
        validate(model.input_shape, request)
        with self._turn:
            state = self._state(operation, (account, region))
            if operation in POLLS and "NextToken" not in request:
                self.advance(self.simulation.poll_seconds)
            state.now, state.pages, state.simulation = self.now(), self.pages, self.simulation
            try:
                return copy.deepcopy(OPERATIONS[operation](state, copy.deepcopy(request)))
            except SSMError as error:
                declared = {shape.name for shape in model.error_shapes}
                if error.code not in declared and error.code not in COMMON:
                    raise AssertionError(f"{operation} does not declare {error}") from error
                raise

    def _state(self, operation: str, key: tuple[str, str]) -> Region:
        """With `stale_lists`, as many lists after a change show what was before the change."""
        state = self.regions.setdefault(key, Region(*key))
        if operation in LISTS:
            old, left = self._old.get(key, (state, 0))
            if left:
                self._old[key] = (old, left - 1)
                return old
        elif self.stale_lists and not operation.startswith(("Get", "List")):
            self._old[key] = (copy.deepcopy(state), self.stale_lists)
        return state
