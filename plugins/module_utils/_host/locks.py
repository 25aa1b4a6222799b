# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The locks by which package managers keep each other out, and who holds one now."""

from __future__ import annotations

import fcntl
import os
import struct
import time
import typing as t

RETRY = 1.0  # seconds


class Lock(t.NamedTuple):
    """A file that is locked with fcntl(2), or one that names its holder and counts as long as that lives."""

    path: str
    names_holder: bool = False


RPM_DATABASES = (Lock("/usr/lib/sysimage/rpm/.rpm.lock"), Lock("/var/lib/rpm/.rpm.lock"))
LOCKS: t.Dict[str, t.Tuple[Lock, ...]] = {
    "apt": (
        Lock("/var/lib/dpkg/lock-frontend"),
        Lock("/var/lib/dpkg/lock"),
        Lock("/var/lib/apt/lists/lock"),
        Lock("/var/cache/apt/archives/lock"),
    ),
    "dnf": (
        Lock("/var/cache/dnf/metadata_lock.pid", names_holder=True),
        Lock("/var/cache/dnf/download_lock.pid", names_holder=True),
        Lock("/var/lib/dnf/rpmdb_lock.pid", names_holder=True),
        Lock("/run/dnf/rpmtransaction.lock"),  # dnf5
        *RPM_DATABASES,
    ),
    "zypper": (Lock("/run/zypp.pid", names_holder=True), *RPM_DATABASES),
}

# struct flock of fcntl(2): type, whence, start, length, process
_FLOCK = "hhqqi"


class Held(t.NamedTuple):
    path: str
    process: int  # 0: one that cannot be seen from here, as of another container


class Unreadable(Exception):
    """Whether a lock is held cannot be seen; says which and why."""


def held(manager: str, root: str = "") -> t.List[Held]:
    """Which locks of a package manager are held now; looking takes none of them. Raises Unreadable."""
    found = []
    for lock in LOCKS[manager]:
        path = root + lock.path
        try:
            process = _named_holder(path) if lock.names_holder else _locker(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Unreadable("%s: %s" % (path, error.strerror)) from error
        if process is not None:
            found.append(Held(path, process))
    return found


def held_after(manager: str, timeout: int, root: str = "") -> t.List[Held]:
    """Which of the locks are still held once `timeout` seconds have passed. Raises Unreadable."""
    deadline = time.monotonic() + timeout
    while True:
        found = held(manager, root)
        if not found or time.monotonic() >= deadline:
            return found
        time.sleep(RETRY)


def command_of(process: int) -> str:
    """The name of a process; empty when it has ended or cannot be seen."""
    try:
        with open("/proc/%d/comm" % process, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return ""


def _locker(path: str) -> t.Optional[int]:
    """Who holds a write lock on the file."""
    with open(path, "rb") as stream:
        question = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
        kind, _whence, _start, _length, process = struct.unpack(_FLOCK, fcntl.fcntl(stream, fcntl.F_GETLK, question))
    return None if kind == fcntl.F_UNLCK else max(process, 0)


def _named_holder(path: str) -> t.Optional[int]:
    """The process that the file names, if it lives; package managers take over the lock of one that died."""
    with open(path, encoding="ascii", errors="replace") as stream:
        words = stream.read(20).split()
    if not words or not words[0].isdigit():
        return None
    return int(words[0]) if os.path.exists("/proc/%s" % words[0]) else None
