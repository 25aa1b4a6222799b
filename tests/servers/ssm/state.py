# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one account has in one Region. Operations are functions of this and of a request."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import typing as t
import uuid

from .errors import SSMError, unknown
from .paging import Pages

if t.TYPE_CHECKING:
    from .executing import Execution
    from .nodes import Node
    from .running import Command

Resource = dict[str, t.Any]
UTC = datetime.UTC


class Simulation(t.NamedTuple):
    """How commands and deployments run (operations.md, 4 and 12).

    Time passes by looking at them, or by the control door's `advance`.
    """

    poll_seconds: float = 10  # what each look at commands takes
    unseen_polls: int = 1  # so many looks at a command find none of its invocations
    pending_limit: int | None = None  # more targets than this are refused: RateExceeded
    step_seconds: float = 20  # what a step of an automation takes that is not known to take longer
    # Statuses with which steps end, by name, or by name@target; those of Run Command are not sent then.
    step_ends: dict[str, str] | None = None
    # What steps bring that are not carried out here, by name.
    step_outputs: dict[str, dict[str, str | list[str]]] | None = None
    execution_status: str = ""  # which all automations are said to have
    deployment_end: str = "SUCCEEDED"  # or FAILED: how deployments of Quick Setup end
    deployment_message: str = ""  # why, where they fail
    leaving: t.Collection[str] = ()  # nodes that are listed as online, and are not when a command is to go to them


@dataclasses.dataclass
class Region:
    """Resources by id in the order of their creation, each in the shape that its Get operation answers."""

    account: str
    name: str
    now: datetime.datetime = datetime.datetime(2026, 11, 21, tzinfo=UTC)  # as is the next, set before each call
    pages: Pages = dataclasses.field(default_factory=Pages)
    baselines: dict[str, Resource] = dataclasses.field(default_factory=dict)
    defaults: dict[str, str] = dataclasses.field(default_factory=dict)  # baseline by operating system
    patch_groups: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)  # (group, system): baseline
    windows: dict[str, Resource] = dataclasses.field(default_factory=dict)
    targets: dict[str, Resource] = dataclasses.field(default_factory=dict)
    tasks: dict[str, Resource] = dataclasses.field(default_factory=dict)
    tags: dict[tuple[str, str], dict[str, str]] = dataclasses.field(default_factory=dict)  # (type, id): tags
    documents: dict[str, Resource] = dataclasses.field(default_factory=dict)  # one's own
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    commands: dict[str, Command] = dataclasses.field(default_factory=dict)
    activations: dict[str, Resource] = dataclasses.field(default_factory=dict)
    activation_codes: dict[str, str] = dataclasses.field(default_factory=dict)  # by the ids of the activations
    syncs: dict[str, Resource] = dataclasses.field(default_factory=dict)  # of resource data, by name
    executions: dict[str, Execution] = dataclasses.field(default_factory=dict)
    associations: dict[str, Resource] = dataclasses.field(default_factory=dict)
    compliance: dict[tuple[str, str], Resource] = dataclasses.field(default_factory=dict)  # (node, type): what was put
    # of compliance by node: what it was made of, and the rows that ListResourceComplianceSummaries answers
    summed: dict[str, tuple[Resource | None, list, list[Resource]]] = dataclasses.field(default_factory=dict)
    settings: dict[str, Resource] = dataclasses.field(default_factory=dict)  # that differ from AWS's own
    simulation: Simulation = dataclasses.field(default_factory=Simulation)
    tokens: dict[tuple[str, str], tuple[Resource, Resource]] = dataclasses.field(default_factory=dict)
    serial: int = 0

    def _digest(self) -> str:
        self.serial += 1
        return hashlib.sha256(f"{self.account} {self.name} {self.serial}".encode()).hexdigest()

    def new_id(self, prefix: str) -> str:
        """Never one of another account or Region."""
        return f"{prefix}-{self._digest()[:17]}"

    def new_uuid(self) -> str:
        return str(uuid.UUID(self._digest()[:32]))

    def window(self, identifier: str) -> Resource:
        return known(self.windows, identifier, "Maintenance window")


def known(resources: dict[str, Resource], identifier: str, what: str) -> Resource:
    if identifier not in resources:
        raise unknown(what, identifier)
    return resources[identifier]


def once(region: Region, operation: str, request: Resource, create: t.Callable[[], Resource]) -> Resource:
    """Create, or answer what the same ClientToken created (maintenance-windows.md, 6).

    The same token with another request is IdempotentParameterMismatch, which every create and register declares.
    """
    token = request.get("ClientToken")
    if token is None:
        return create()
    if (operation, token) in region.tokens:
        earlier, answer = region.tokens[operation, token]
        if earlier != request:
            message = "The request has the client token of an earlier one with other parameters"
            raise SSMError("IdempotentParameterMismatch", message)
        return answer
    answer = create()
    region.tokens[operation, token] = (request, answer)
    return answer


def refuse_beyond(limit: int, count: int, what: str) -> None:
    if count >= limit:
        raise SSMError("ResourceLimitExceededException", f"There may be {limit} {what}")


def only(resource: Resource, *members: str) -> Resource:
    """These members, those that are there."""
    return {member: resource[member] for member in members if member in resource}
