# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test host: a machine that plays a managed node, its archive, and what a test does to both."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import signal
import subprocess
import typing as t

from . import enclosure
from .archives import Advisory, AptArchive, Archive, RpmArchive
from .enclosure import Enclosure
from .keys import SshKey
from .kinds import Kind
from .machine import Machine
from .packages import Package
from .waiting import finished, until

SSH_OPTIONS = {
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
    "LogLevel": "ERROR",
    "BatchMode": "yes",
    "ConnectTimeout": "10",
}
DNF = "[main]\ngpgcheck=1\ninstallonly_limit=3\nbest=True\nskip_if_unavailable=False\n"
REPOSITORY = """\
[updates]
name=Updates
enabled=1
baseurl=%s
gpgcheck=1
gpgkey=file:///etc/pki/lab.asc
"""
# Older rpms of Debian refuse to install anything without, newer ones do not know it.
INSTALL_RPM = "rpm --install $(rpm --help | grep --only-matching --max-count=1 -e --force-debian)"

# With the host's own package manager, after a look at the archive; brings a newer version of what is installed.
INSTALL = {
    "apt": "apt-get update --error-on=any && apt-get install --yes",
    "dnf": "dnf --assumeyes --refresh install",
    "dnf5": "dnf5 --assumeyes --refresh install",
    "zypper": "zypper --non-interactive refresh --force && zypper --non-interactive install",
}
BUSY = "/var/lib/busy"


class Host:
    """Booted when a test gets it, and gone after the test."""

    def __init__(
        self, name: str, kind: Kind, machine: Machine, archive: Archive, key: SshKey, place: Enclosure
    ) -> None:
        self.name = name  # in inventories
        self.kind = kind
        self.machine = machine
        self.archive = archive
        self._key = key
        self._place = place

    def shell(self, command: str, check: bool = True, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run shell code on the host over SSH, as root."""
        with self.start(command) as process:
            output, errors = finished(process, seconds)
        assert not check or process.returncode == 0, (command, process.returncode, output, errors)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start shell code on the host over SSH, and do not wait for it."""
        return subprocess.Popen(
            self._place.command(*self.ssh(), command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ssh(self) -> list[str]:
        options = [f"-o{name}={value}" for name, value in SSH_OPTIONS.items()]
        return ["ssh", "-F", "/dev/null", *options, "-i", str(self._key.private), f"root@{self.machine.address}"]

    def path(self, path: str) -> pathlib.Path:
        """A file of the host as the controller sees it: all but those in /run, /tmp, /proc and /sys."""
        return self.machine.root / path.lstrip("/")

    @property
    def boot_id(self) -> str:
        return self.shell("cat /proc/sys/kernel/random/boot_id").stdout.strip()

    def version(self, package: str) -> str | None:
        """The version of an installed package, as the package manager's database says; None if it is not installed."""
        if self.kind.manager == "apt":
            query = "dpkg-query --show --showformat '${db:Status-Status} ${Version}' %s"
        else:
            query = "rpm -q --queryformat 'installed %%{EVR}' %s"
        done = self.shell(query % package, check=False)
        state, _space, version = done.stdout.partition(" ")
        return version if done.returncode == 0 and state == "installed" else None

    # packages

    def install(self, *packages: Package) -> None:
        """Have packages installed, which no archive needs to offer."""
        folder = self.path("/var/cache/lab")
        folder.mkdir(exist_ok=True)
        for package in packages:
            shutil.copy(self._built(package), folder)
        if self.kind.manager == "apt":
            self.shell("dpkg --install /var/cache/lab/*.deb")
        else:
            self.shell(f"{INSTALL_RPM} /var/cache/lab/*.rpm")
        shutil.rmtree(folder)

    def _built(self, package: Package) -> pathlib.Path:
        workshop = self.archive.workshop
        return workshop.deb(package) if self.kind.manager == "apt" else workshop.rpm(package, self.archive.key)

    def publish(self, *packages: Package, advisory: Advisory | None = None) -> None:
        self.archive.publish(*packages, advisory=advisory)

    def install_command(self, *names: str) -> str:
        """Shell code that gets packages from the archive with the host's own package manager."""
        return f"{INSTALL[self.kind.manager]} {' '.join(names)}"

    # faults

    @contextlib.contextmanager
    def busy(self) -> t.Iterator[None]:
        """The host's package manager is in the middle of an installation, and holds its locks. It ends well."""
        self.publish(Package("busy", after=f"touch {BUSY}; while [ -e {BUSY} ]; do sleep 0.02; done"))
        with self.start(self.install_command("busy")) as process:
            self.wait_for_file(BUSY)
            try:
                yield
            finally:
                self.path(BUSY).unlink()
                finished(process, 60)

    def processes(self, *texts: str) -> list[int]:
        """The host's processes whose command line has one of some texts in it, those of the first text first.

        By their ids on the controller's machine.
        """
        lines = enclosure.processes(self.machine.group).items()
        return list(dict.fromkeys(number for text in texts for number, line in lines if text in line))

    def kill(self, *texts: str) -> int:
        """Kill, with SIGKILL, the processes whose command line has one of some texts in it; how many there were.

        All are looked for before the first is killed: what the others do about its end is not killed.
        """
        found = self.processes(*texts)
        enclosure.send(signal.SIGKILL, found)
        return len(found)

    def unplug(self) -> None:
        """Pull the network cable: connections hang."""
        self._place.inside("ip", "link", "set", self.machine.interface, "down")

    def plug(self) -> None:
        self._place.inside("ip", "link", "set", self.machine.interface, "up")

    def power_cycle(self) -> None:
        """Cut the power and boot again."""
        self.machine.stop()
        self.machine.start()
        self.wait_for_ssh()

    def shrink(self, path: str, size: str) -> None:
        """Give a folder a file system of its own of a size such as 2M, with what it held copied over, until reboot."""
        kept = "/run/shrunk"
        self.shell(
            f"cp -a {path} {kept} && mount -t tmpfs -o size={size},mode=0755 tmpfs {path} && cp -a {kept}/. {path}/ &&"
            f" rm -r {kept}"
        )

    # waiting

    def wait_for_file(self, path: str, seconds: float = 60) -> None:
        """Wait until there is a file that the controller can see, as `path` does."""
        until(self.path(path).exists, f"{self.name} has {path}", seconds)

    def wait_for_boot(self, number: int) -> None:
        """Wait until the host has booted so many times, the first one counted, and can be reached."""
        self.machine.wait_for_boot(number)
        self.wait_for_ssh()

    def wait_for_ssh(self) -> None:
        until(lambda: self.shell("true", check=False).returncode == 0, f"{self.name} answers on SSH")

    def remove(self) -> None:
        self.machine.remove()
        self.archive.close()


def equip(machine: Machine, kind: Kind, identity: str, archive: Archive, key: SshKey) -> None:
    """Make a machine that has not booted yet a host of its kind."""
    machine.write("/root/.ssh/authorized_keys", key.public, 0o600)
    if isinstance(archive, AptArchive):
        machine.write("/etc/apt/keyrings/lab.asc", archive.key.public)
        lines = [
            f"deb [signed-by=/etc/apt/keyrings/lab.asc] {archive.web.address} {name} main" for name in archive.suites
        ]
        machine.write("/etc/apt/sources.list", "\n".join(lines) + "\n")
    elif isinstance(archive, RpmArchive):
        machine.write("/etc/pki/lab.asc", archive.key.public)
        text = REPOSITORY % archive.web.address
        if kind.manager == "zypper":
            machine.write("/etc/zypp/repos.d/updates.repo", text + "autorefresh=1\n")
        else:
            machine.write("/etc/yum.repos.d/updates.repo", text)
            machine.write("/etc/dnf/dnf.conf", DNF)
        play(machine, kind, identity, archive)


def play(machine: Machine, kind: Kind, identity: str, archive: Archive) -> None:
    """Let the host be another system: its os-release, and what dnf and rpm find of a system in rpm's database."""
    chosen = kind.identities[identity]
    machine.write("/etc/os-release", chosen.os_release)
    provided = (f"system-release = {chosen.release}", f"system-release(releasever) = {chosen.release}")
    base = (
        Package(chosen.release_package, f"{chosen.release}-1", provides=provided),
        Package("bash", "5.1.8-1", provides=("/bin/sh", "/bin/bash")),
    )
    folder = machine.root / "var/cache/lab"
    folder.mkdir()
    for package in base:
        shutil.copy(archive.workshop.rpm(package, archive.key), folder)
    code = f"rpm --import /etc/pki/lab.asc && {INSTALL_RPM} /var/cache/lab/*.rpm"
    enclosure.run("chroot", machine.root, "sh", "-c", code)
    shutil.rmtree(folder)
