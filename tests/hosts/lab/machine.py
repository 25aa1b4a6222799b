# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that boots: a root that nobody writes to, a layer of its own over it, and systemd as its first process."""

from __future__ import annotations

import os
import pathlib
import secrets
import selectors
import shutil
import socket
import subprocess
import threading

from . import enclosure
from .enclosure import Enclosure
from .mounts import unmount_below
from .waiting import until

REBOOT = 133  # what systemd-nspawn ends with when the system inside reboots
BOOT_SECONDS = 60
NETWORK = """\
[Match]
Name=host0
[Network]
Address=%s/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
OPTIONS = (
    "--boot",
    "--register=no",
    "--keep-unit",
    "--notify-ready=yes",
    "--console=pipe",
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
)


class Machine:
    """Once started it is kept running: a reboot inside is a reboot. `number` tells a run's machines apart."""

    def __init__(self, place: Enclosure, number: int, root: pathlib.Path, hostname: str) -> None:
        self.name = f"{place.name}-{number}"
        self.hostname = hostname
        self.address = f"{enclosure.NETWORK}.{number}"
        self.reboots = True  # False: a machine that reboots does not come back
        self.boots = 0
        self._place = place
        self._folder = place.folder / "machines" / self.name
        self.root = self._folder / "root"  # its file system, for the controller: all but /run, /tmp, /proc and /sys
        self._changed = threading.Condition()
        self._running = False
        self._thread: threading.Thread | None = None
        self._lower = root

    def make(self) -> None:
        """Give it its file system."""
        layers = {"lowerdir": self._lower, "upperdir": self._folder / "upper", "workdir": self._folder / "work"}
        for folder in (self.root, layers["upperdir"], layers["workdir"]):
            folder.mkdir(parents=True)
        options = ",".join(f"{name}={path}" for name, path in layers.items())
        enclosure.run("mount", "-t", "overlay", "-o", options, "overlay", self.root)
        self.write("/etc/systemd/network/10-host0.network", NETWORK % self.address)
        self.write("/etc/machine-id", secrets.token_hex(16) + "\n")
        self.write("/etc/hostname", self.hostname + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost\n{self.address} {self.hostname}\n")

    def write(self, path: str, content: str, mode: int = 0o644) -> None:
        """Write a file of the machine, in place of one or a link of that name."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(content)
        target.chmod(mode)

    def start(self) -> None:
        """Switch it on, and wait until it has booted."""
        self._running = True
        self._thread = threading.Thread(target=self._keep_running, daemon=True)
        self._thread.start()
        self.wait_for_boot(self.boots + 1)

    def wait_for_boot(self, number: int) -> None:
        """Wait until it has booted so many times, the first one counted."""
        with self._changed:
            self._changed.wait_for(lambda: self.boots >= number or not self._running, BOOT_SECONDS)
        assert self.boots >= number, f"{self.name} has not booted {number} times:\n{self.console()}"

    def wait_until_off(self) -> None:
        with self._changed:
            off = self._changed.wait_for(lambda: not self._running, BOOT_SECONDS)
        assert off, f"{self.name} is still on"

    def stop(self) -> None:
        """Cut the power. What the machine wrote stays, until `remove`."""
        self.reboots = False
        enclosure.end_group(self.group)
        if self._thread:
            self._thread.join()
        self._unwire()
        self.reboots = True

    def _unwire(self) -> None:
        """Remove the network cable, which lasts as long as the kernel tries to end connections of the dead machine."""
        command = self._place.command("ip", "link", "delete", self.interface)
        until(lambda: subprocess.run(command, capture_output=True, check=False).returncode, f"{self.interface} is gone")

    def remove(self) -> None:
        self.stop()
        unmount_below(self._folder)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def group(self) -> pathlib.Path:
        return self._place.group(self.name)

    @property
    def interface(self) -> str:
        """The controller's end of the machine's network cable."""
        return f"vb-{self.name}"

    def console(self) -> str:
        path = self._folder / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def _keep_running(self) -> None:
        try:
            while self._run_once() == REBOOT and self.reboots:
                pass
        finally:
            with self._changed:
                self._running = False
                self._changed.notify_all()

    def _run_once(self) -> int:
        """From power on to power off or reboot. systemd inside says when it has booted, on a socket."""
        heard = self._folder / "notify"
        heard.unlink(missing_ok=True)
        identity = [f"--directory={self.root}", f"--machine={self.name}", f"--hostname={self.hostname}"]
        network = [f"--network-bridge={enclosure.BRIDGE}"]
        command = self._place.command("systemd-nspawn", *identity, *network, *OPTIONS, group=self.name)
        # Whatever the machine outside mounts, systemd inside gets the version of control groups that every one has.
        variables = {**os.environ, "NOTIFY_SOCKET": str(heard), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener, (self._folder / "console").open("ab") as log:
            listener.bind(str(heard))
            with subprocess.Popen(
                command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            ) as process:
                self._listen(listener, process)
                return process.wait()

    def _listen(self, listener: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """Until the process ends."""
        ended = os.pidfd_open(process.pid)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(listener, selectors.EVENT_READ)
                selector.register(ended, selectors.EVENT_READ)
                while True:
                    ready = [key.fileobj for key, _events in selector.select()]
                    if listener in ready and b"READY=1" in listener.recv(4096):
                        with self._changed:
                            self.boots += 1
                            self._changed.notify_all()
                    elif ended in ready:
                        return
        finally:
            os.close(ended)
