# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios played, with whatever the caller is allowed, and the policies that come of them."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.patchops.fleet.tests.aws.scenario import Play, Scenario, Variables
from ansible_collections.patchops.fleet.tests.aws.scenarios import SCENARIOS
from ansible_collections.patchops.fleet.tests.servers.permissions.needs import Need, needs
from ansible_collections.patchops.fleet.tests.servers.permissions.policy import Policy, allows, least
from ansible_collections.patchops.fleet.tests.servers.ssm.calls import Call
from ansible_collections.patchops.fleet.tests.servers.ssm.server import ACCESS_KEY, Server

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "iam"
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"


class Failed(Exception):
    """A play did not do what it is to do; says what Ansible said."""


def play(server: Server, scenario: Scenario, folder: pathlib.Path, policies: t.Sequence[Policy] | None) -> list[Call]:
    """The calls of the scenario on an empty server. `folder` is for its playbooks. Without `policies` all is allowed.

    Raises Failed.
    """
    server.reset()
    variables = scenario.prepare(server)
    server.application.calls.clear()
    server.set(permissions={"policies": policies, "access_key": ACCESS_KEY})
    for one in scenario.plays:
        _run(server, one, folder, variables)
    return [call for call in server.calls if call.access_key == ACCESS_KEY]


def _run(server: Server, one: Play, folder: pathlib.Path, variables: Variables) -> None:
    playbook = folder / "scenario.yml"
    tasks = json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": one.tasks}])
    playbook.write_text(tasks)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**inherited, **server.environment(), "ANSIBLE_HOME": str(folder / ".ansible")}
    command = [PLAYBOOK, playbook, *(["--check"] if one.check else [])]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Failed(ended.stdout + ended.stderr)


def needed(calls: t.Iterable[Call], beside: t.Sequence[Policy] = ()) -> list[Need]:
    """What the calls need, but for what other policies allow."""
    return [need for call in calls for need in needs(call) if not allows(beside, need)]


def shipped(name: str) -> Policy:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def beside(scenario: Scenario) -> list[Policy]:
    return [shipped(name) for name in scenario.beside]


def text(policy: Policy) -> str:
    return json.dumps(policy, indent=2) + "\n"


def write(server: Server, folder: pathlib.Path, names: t.Collection[str] = ()) -> list[str]:
    """Write the policies of these scenarios, or of all. The files that are new, or not what they were."""
    changed = []
    for scenario in SCENARIOS:
        if names and scenario.name not in names:
            continue
        policy = least(needed(play(server, scenario, folder, None), beside(scenario)), scenario.every)
        file = FOLDER / f"{scenario.name}.json"
        if not file.is_file() or file.read_text(encoding="utf-8") != text(policy):
            file.write_text(text(policy), encoding="utf-8")
            changed.append(file.name)
    return changed
