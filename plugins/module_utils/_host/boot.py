# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which boot of the host this is, and when it began."""

from __future__ import annotations

import os
import typing as t

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def boot_id() -> t.Optional[str]:
    """Differs from boot to boot, whatever the clock does meanwhile."""
    return _read(BOOT_ID)


def boot_time() -> t.Optional[int]:
    """When the first process of this host started, in seconds since the epoch.

    In a container that is when the container was booted, while the kernel's own boot time is its host's. Rounded up,
    since the kernel rounds its own down: what was installed in the second before is not from after the boot.
    """
    btime = next(
        (line.split()[1] for line in (_read("/proc/stat") or "").splitlines() if line.startswith("btime ")), ""
    )
    if not btime.isdigit():
        return None
    # the name of a process, in parentheses, may hold spaces; the start is the 22nd field
    fields = (_read("/proc/1/stat") or "").rpartition(")")[2].split()
    ticks = fields[19] if len(fields) > 19 else ""
    return int(btime) + (-(-int(ticks) // os.sysconf("SC_CLK_TCK")) if ticks.isdigit() else 0)


def _read(path: str) -> t.Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return None
