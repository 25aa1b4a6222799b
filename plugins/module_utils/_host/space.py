# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Whether a download, and what it unpacks to, has room on the host."""

from __future__ import annotations

import os
import typing as t

from .base import BackendError

MIB = 1 << 20
# Where packages unpack. /boot is small by nature: a kernel and its initial file system fit into this much.
UNPACKED = ("/usr", "/var", "/boot")
BOOT_FLOOR = 50  # MiB


def check_space(folder: str, size: t.Optional[int], minimum: int) -> None:
    """Raises BackendError unless `size` bytes fit into `folder` and `minimum` MiB stay free, where it unpacks too."""
    needed: t.Dict[int, int] = {}
    paths: t.Dict[int, str] = {}
    for path, bytes_needed in ((folder, size or 0), *((path, 0) for path in UNPACKED)):
        there = existing(path)
        device = os.stat(there).st_dev
        paths.setdefault(device, there)
        needed[device] = needed.get(device, 0) + bytes_needed
    for device, path in paths.items():
        free = free_bytes(path)
        floor = reserve(path, minimum) * MIB
        if free < needed[device] + floor:
            raise BackendError(
                "%s has %d MiB free; the download takes %d MiB and minimum_free_space keeps %d MiB. Free some, or lower"
                " minimum_free_space. Nothing was changed" % (path, free // MIB, needed[device] // MIB, floor // MIB)
            )


def reserve(path: str, minimum: int) -> int:
    """MiB that must stay free there."""
    return min(minimum, BOOT_FLOOR) if path == "/boot" else minimum


def existing(path: str) -> str:
    """The path, or the nearest folder above it that exists."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def free_bytes(path: str) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize
