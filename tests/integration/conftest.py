# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own commands, of whichever ansible-core this run is for."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost
from ansible_collections.patchops.fleet.tests.servers.windows.server import WindowsServer

# The commands of the ansible-core under test: not always the one that is installed beside pytest.
ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)


@pytest.fixture
def ansible(tmp_path):
    """Run `ansible("ansible-playbook", "site.yml", ...)` in a folder of its own and hand back what came of it."""

    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    def run(command, *arguments, **variables):
        return subprocess.run(
            [str(ANSIBLE_BIN / command), *map(str, arguments)],
            cwd=tmp_path,
            env={**inherited, "ANSIBLE_HOME": str(tmp_path / ".ansible"), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


class WindowsFleet(dict):
    """Windows hosts by name. `add` starts one, `play` runs one task on all of them, at the same time."""

    def __init__(self, ansible, folder):
        super().__init__()
        self._ansible, self._folder = ansible, folder
        self._inventory = {}

    def add(self, name, host=None, connection="psrp", **variables):
        self[name] = WindowsServer(host or WindowsHost())
        self._inventory[name] = {**self[name].variables(connection), **variables}
        return self[name].host

    def write_inventory(self, **others):
        """hosts.json of the test's folder, with hosts of other kinds."""
        document = {"all": {"hosts": {**self._inventory, **others}}}
        (self._folder / "hosts.json").write_text(json.dumps(document))

    def play(self, module, options, *arguments):
        """What the task came to on each host, failed or unreachable as it may be."""
        self.write_inventory()
        task = {module: options, "register": "answer", "ignore_errors": True, "ignore_unreachable": True}
        keep = {
            "ansible.builtin.copy": {
                "content": "{{ dict(all | zip(all | map('extract', hostvars, 'answer'))) | to_json }}",
                "dest": f"{self._folder}/answers.json",
                "mode": "0600",
            },
            "run_once": True,
            "delegate_to": "localhost",
            "check_mode": False,
            "vars": {
                "all": "{{ ansible_play_hosts_all }}",
                "ansible_connection": "local",
                "ansible_shell_type": "sh",
            },
        }
        playbook = [{"hosts": "all", "gather_facts": False, "tasks": [task, keep]}]
        (self._folder / "play.yml").write_text(json.dumps(playbook))
        forks = f"--forks={len(self)}"
        ended = self._ansible("ansible-playbook", "-i", "hosts.json", "play.yml", forks, *arguments)
        assert (self._folder / "answers.json").is_file(), ended.stdout
        answers = json.loads((self._folder / "answers.json").read_text())
        assert set(answers) == set(self), ended.stdout
        return answers


@pytest.fixture
def fleet(ansible, tmp_path):
    fleet = WindowsFleet(ansible, tmp_path)
    yield fleet
    for server in fleet.values():
        server.stop()
