# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which units still run code that was replaced, where no tool of the system tells."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from .base import BackendError
from .transaction import Installer

CODE = ("/usr/", "/lib", "/bin/", "/sbin/", "/opt/")
DELETED = " (deleted)"

_unit = re.compile(r"/([^/]+\.service)(?=/|$)")


def outdated(installer: Installer) -> t.Tuple[t.List[str], t.List[str]]:
    """As the package manager's tool tells, or /proc; and a warning where that tool fails."""
    try:
        told, warnings = installer.services(), []
    except BackendError as error:
        told, warnings = None, ["%s; which services need a restart is told by /proc alone" % error]
    return (outdated_units() if told is None else told), warnings


def outdated_units(proc: str = "/proc") -> t.List[str]:
    """Units with a process that executes a file which is no longer there: it was replaced since the process started."""
    units = set()
    for name in os.listdir(proc):
        if not name.isdigit():
            continue
        # processes end while one looks at them
        with contextlib.suppress(OSError):
            if _maps_deleted_code(os.path.join(proc, name, "maps")):
                unit = unit_of(_read(os.path.join(proc, name, "cgroup")))
                if unit:
                    units.add(unit)
    return sorted(units)


def _maps_deleted_code(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            if not line.rstrip("\n").endswith(DELETED):
                continue
            fields = line.rstrip("\n").split(None, 5)
            if len(fields) == 6 and "x" in fields[1] and fields[5].startswith(CODE):
                return True
    return False


def unit_of(cgroup: str) -> t.Optional[str]:
    """The innermost service that a /proc/PID/cgroup names."""
    found = [unit for line in cgroup.splitlines() for unit in _unit.findall(line)]
    return found[-1] if found else None


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
