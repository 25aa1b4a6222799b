# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of host tests has to itself: a network namespace, a control group and a folder in memory.

All three carry the run's name and can be removed by it, whatever became of the run. Run as a program, this removes
what runs left behind that were killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import threading
import typing as t

from .locks import exclusive, hold
from .mounts import unmount_below
from .waiting import until

FOLDER = pathlib.Path("/run/patchops-hosts")
BRIDGE = "br0"
ADDRESS = "10.77.0.1"  # of the controller; each namespace has its own, so runs do not meet
NETWORK = "10.77.0"
PREFIX = "ph"
CLONE_NEWNET = 0x40000000
IN_GROUP = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


class NotPossible(Exception):
    """This machine cannot boot test hosts; says why."""


def control_groups() -> pathlib.Path:
    """Where version 2 of control groups is mounted; beside version 1 it has a folder of its own."""
    for folder in (pathlib.Path("/sys/fs/cgroup"), pathlib.Path("/sys/fs/cgroup/unified")):
        if (folder / "cgroup.procs").exists() and (folder / "cgroup.controllers").exists():
            return folder
    raise NotPossible("No control groups of version 2 are mounted below /sys/fs/cgroup")


class Enclosure:
    """Opened before the first host, closed after the last."""

    def __init__(self) -> None:
        self.name = PREFIX + secrets.token_hex(3)
        self.folder = FOLDER / self.name
        self.namespace = pathlib.Path("/run/netns", self.name)
        self._group = control_groups() / self.name
        self._lock: t.IO[str] | None = None

    def open(self) -> Enclosure:
        remove_leftovers()
        with exclusive(FOLDER / "lock"):
            self._lock = hold(lock_file(self.name))
        self.folder.mkdir()
        self._group.mkdir()
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "patchops-hosts", self.folder)
        run("ip", "netns", "add", self.name)
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0")
        self.inside("ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE)
        self.inside("ip", "link", "set", BRIDGE, "up")
        return self

    def close(self) -> None:
        remove(self.name)
        if self._lock:
            lock_file(self.name).unlink()
            self._lock.close()

    def group(self, name: str) -> pathlib.Path:
        """A control group for some of the run's processes."""
        group = self._group / name
        group.mkdir(exist_ok=True)
        return group

    def command(self, *command: t.Any, group: str = "controller") -> list[str]:
        """A command as it is started inside: in the namespace, and in a control group that ends with the run."""
        # not `ip netns exec`, which mounts another /sys
        enter = ["nsenter", f"--net={self.namespace}"]
        return ["sh", "-c", IN_GROUP, str(self.group(group)), *enter, *map(str, command)]

    def inside(self, *command: t.Any) -> str:
        return run(*self.command(*command))

    def listen(self, port: int = 0) -> socket.socket:
        """A listening socket inside, for this process outside."""
        opened: list[socket.socket] = []

        def enter_and_listen() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with self.namespace.open() as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            opened.append(socket.create_server((ADDRESS, port)))

        # A namespace is a thread's own, and this thread ends at once.
        thread = threading.Thread(target=enter_and_listen)
        thread.start()
        thread.join()
        return opened[0]


def run(*command: t.Any) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def lock_file(name: str) -> pathlib.Path:
    """The lock that a run holds as long as it lives."""
    return FOLDER / f"{name}.lock"


def remove_leftovers() -> None:
    """Remove what runs left behind that were killed."""
    FOLDER.mkdir(exist_ok=True)
    with exclusive(FOLDER / "lock"):
        for path in FOLDER.glob("*.lock"):
            lock = hold(path)
            if lock:
                remove(path.stem)
                path.unlink()
                lock.close()


def remove(name: str) -> None:
    """Remove all of a run, as far as it is there."""
    end_group(control_groups() / name)
    if pathlib.Path("/run/netns", name).exists():
        run("ip", "netns", "delete", name)
    unmount_below(FOLDER / name)
    for folder in (FOLDER / name, *pathlib.Path("/run/systemd/nspawn").glob(f"*/{name}-*")):
        shutil.rmtree(folder, ignore_errors=True)


def end_group(group: pathlib.Path) -> None:
    """Kill every process in a control group and below, and remove it."""
    if not group.is_dir():
        return
    (group / "cgroup.kill").write_text("1")
    until(lambda: "populated 0" in (group / "cgroup.events").read_text(), f"the processes in {group} end")
    for folder, _folders, _files in os.walk(group, topdown=False):
        os.rmdir(folder)


def processes(group: pathlib.Path) -> dict[int, str]:
    """The processes in a control group and below: their command lines by their ids on this machine."""
    found = {}
    for folder, _folders, _files in os.walk(group):  # which passes over what is gone meanwhile
        for number in text_of(pathlib.Path(folder, "cgroup.procs")).split():
            line = text_of(pathlib.Path("/proc", number, "cmdline"))
            if line:
                found[int(number)] = line.replace("\0", " ").strip()
    return found


def send(number: int, processes: t.Iterable[int]) -> None:
    """Send a signal to processes, of which some may end with others."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def text_of(path: pathlib.Path) -> str:
    """What a file of the kernel says; empty when what it tells of has ended."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    remove_leftovers()
