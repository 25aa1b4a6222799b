# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller: Ansible inside the enclosure, with the collection of this checkout."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

from . import enclosure
from .enclosure import Enclosure
from .host import SSH_OPTIONS, Host
from .keys import SshKey
from .waiting import finished

# As in tests/integration: the commands of the ansible-core under test.
ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
MODULE_SECONDS = 600
CALLBACKS = pathlib.Path(__file__).resolve().parent / "callbacks"


class Controller:
    """`folder` is the test's own: plays run there."""

    def __init__(self, place: Enclosure, key: SshKey, folder: pathlib.Path) -> None:
        self.folder = folder
        self._place = place
        self._key = key

    @property
    def namespace(self) -> pathlib.Path:
        """The network namespace in which hosts can be reached."""
        return self._place.namespace

    def inventory(self, hosts: t.Sequence[Host], **variables: t.Any) -> pathlib.Path:
        """An inventory file of hosts, with variables that all of them have."""
        arguments = [f"-o {name}={value}" for name, value in SSH_OPTIONS.items()]
        common = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self._key.private),
            "ansible_ssh_common_args": " ".join(["-F /dev/null", *arguments]),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_remote_tmp": "/root/.ansible/tmp",
            **variables,
        }
        entries = {host.name: {"ansible_host": host.machine.address} for host in hosts}
        path = self.folder / "inventory.json"
        path.write_text(json.dumps({"all": {"hosts": entries, "vars": common}}))
        return path

    def start(self, command: str, *arguments: t.Any, **variables: str) -> subprocess.Popen[str]:
        """Start one of Ansible's commands. `variables` are for its environment."""
        environment = {
            **os.environ,
            "ANSIBLE_HOME": str(self.folder / ".ansible"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._place.folder / "cp"),  # the name of a socket has to be short
            **variables,
        }
        return subprocess.Popen(
            self._place.command(ANSIBLE_BIN / command, *arguments),
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def play(self, hosts: t.Sequence[Host], text: str, *arguments: t.Any, seconds: float = 600,
             **variables: t.Any) -> str:  # fmt: skip
        """Run a playbook on hosts, with variables for all of them; its output. Fails if it fails."""
        path = self.folder / "play.yml"
        path.write_text(text)
        with self.start("ansible-playbook", "-i", self.inventory(hosts, **variables), path, *arguments) as process:
            output, _none = finished(process, seconds)
        assert process.returncode == 0, output
        return output

    def module(self, hosts: t.Sequence[Host], name: str, /, *arguments: t.Any, options: t.Any = None,
               **variables: t.Any) -> dict[str, t.Any]:  # fmt: skip
        """What a module, or an action, answers on each host, by the host's name; failures are answers too."""
        answers = self.folder / "answers"
        answers.mkdir(exist_ok=True)
        for old in answers.iterdir():
            old.unlink()
        asked = ["-i", self.inventory(hosts, **variables), "-m", name, *arguments]
        if options:
            asked += ["-a", json.dumps(options)]
        told = {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "answers",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "PATCHOPS_ANSWERS": str(answers),
        }
        with self.start("ansible", "all", *asked, **told) as process:
            output, _none = finished(process, MODULE_SECONDS)
        found = {path.stem: json.loads(path.read_text()) for path in answers.iterdir()}
        assert set(found) == {host.name for host in hosts}, output
        return found

    def kill_ssh(self) -> int:
        """End Ansible's connections at once, as if the network had; how many processes held them."""
        found = enclosure.processes(self._place.group("controller"))
        clients = [number for number, line in found.items() if line.startswith("ssh")]
        enclosure.send(signal.SIGTERM, clients)
        return len(clients)
