# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario is, which a policy of docs/iam is made of; see scenarios.py."""

from __future__ import annotations

import typing as t

from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

Variables = dict[str, t.Any]
Task = dict[str, t.Any]


class Play(t.NamedTuple):
    """One ansible-playbook."""

    tasks: t.Sequence[Task]
    check: bool = False


class Scenario(t.NamedTuple):
    name: str  # of the policy: docs/iam/NAME.json
    purpose: str
    plays: t.Sequence[Play]
    prepare: t.Callable[[Server], Variables] = lambda _server: {}  # makes what is there before; variables of plays
    every: t.Sequence[str] = ()  # types of resources, such as document, of which it has to reach all
    beside: t.Sequence[str] = ()  # policies that the caller has as well: what they allow is left out


def role(role_name: str, /, **variables: t.Any) -> Task:
    return {"ansible.builtin.include_role": {"name": f"patchops.fleet.{role_name}"}, "vars": variables}


def may_fail(task: Task) -> Task:
    """Whatever becomes of it the play goes on, as it does not for a role that ignores its errors."""
    return {"block": [task], "rescue": [{"ansible.builtin.debug": {"msg": "It failed, as it may"}}]}


def module(module_name: str, /, may_fail: bool = False, **options: t.Any) -> Task:
    return {f"patchops.fleet.{module_name}": options, "ignore_errors": may_fail}
