# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that stay until they are told to go, for Ansible commands outside of the tests, such as Molecule's.

    python -m ansible_collections.patchops.fleet.tests.hosts.lab.standing up FOLDER [KIND...]
    python -m ansible_collections.patchops.fleet.tests.hosts.lab.standing down FOLDER

`up` writes FOLDER/hosts.json and ends once all hosts are up; a process of its own keeps them. Each host has one
security update and one other to install.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from .archives import Advisory
from .host import Host
from .kinds import KINDS
from .laboratory import Laboratory
from .packages import Package
from .waiting import until

INVENTORY = "hosts.json"
LOG = "log"
PROCESS = "process"
# Hosts are in a network namespace of their own; ssh is started there, and copies files through itself.
SSH = '#!/bin/sh\nexec nsenter --net=%s ssh "$@"\n'


def up(folder: pathlib.Path, kinds: list[str]) -> None:
    down(folder)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", __spec__.name, "keep", str(folder), *kinds]
    with (folder / LOG).open("w") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    until(lambda: (folder / INVENTORY).exists() or keeper.poll() is not None, "the hosts are up", seconds=600)
    if keeper.poll() is not None:
        sys.exit(f"The hosts could not be booted:\n{(folder / LOG).read_text()}")


def keep(folder: pathlib.Path, kinds: list[str]) -> None:
    (folder / PROCESS).write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit())
    laboratory = Laboratory()
    try:
        laboratory.open()
        hosts = [laboratory.boot(kind) for kind in kinds or KINDS]
        for host in hosts:
            offer(host)
        write_inventory(laboratory, hosts, folder)
        signal.pause()
    finally:
        laboratory.close()


def write_inventory(laboratory: Laboratory, hosts: list[Host], folder: pathlib.Path) -> None:
    controller = laboratory.controller(folder)
    ssh = folder / "ssh"
    ssh.write_text(SSH % controller.namespace)
    ssh.chmod(0o755)
    variables = {"ansible_ssh_executable": str(ssh), "ansible_ssh_transfer_method": "piped"}
    controller.inventory(hosts, **variables).rename(folder / INVENTORY)


def offer(host: Host) -> None:
    host.install(Package("fixed"), Package("improved"))
    host.publish(Package("fixed"), Package("improved"))
    host.publish(Package("fixed", "1.1-1"), advisory=Advisory("SEC-1", severity="Critical", issued="2026-01-01"))
    host.publish(Package("improved", "1.1-1"), advisory=Advisory("BUG-1", kind="bugfix", severity=None))


def down(folder: pathlib.Path) -> None:
    path = folder / PROCESS
    if path.exists():
        process = int(path.read_text())
        with contextlib.suppress(ProcessLookupError):  # it was killed, and what it left the next run removes
            os.kill(process, signal.SIGTERM)
        until(lambda: not pathlib.Path("/proc", str(process)).exists(), "the hosts are down")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    command, chosen, *names = sys.argv[1:]
    if command == "down":
        down(pathlib.Path(chosen))
    else:
        {"up": up, "keep": keep}[command](pathlib.Path(chosen), names)
