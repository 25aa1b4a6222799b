# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of this machine: the list of them, and a way to be rid of all below a folder."""

from __future__ import annotations

import pathlib
import subprocess


def mounted_below(folder: pathlib.Path) -> list[pathlib.Path]:
    """What is mounted on or below a folder, the innermost first."""
    lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    points = [pathlib.Path(line.split()[1].replace("\\040", " ")) for line in lines]
    return [point for point in reversed(points) if point == folder or folder in point.parents]


def unmount_below(folder: pathlib.Path) -> None:
    for point in mounted_below(folder):
        # lazily: a process that is just dying may still stand in it
        subprocess.run(["umount", "--lazy", str(point)], check=True)
