# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install what is missing of a list of Debian packages: as root on Debian, nowhere else."""

from __future__ import annotations

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

# One of our commands waits here for another, of whatever checkout; apt-get itself waits for what others install.
TURN = pathlib.Path("/run/lock/patchops-system-deps")
PATIENCE = "DPkg::Lock::Timeout=600"  # seconds
LIST = pathlib.Path(__file__).resolve().parent.parent / "tests" / "debian-packages.txt"


class NotPossible(Exception):
    """Packages are missing and cannot be installed from here; says which and how to get them."""


def installed(package: str) -> bool:
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "installed"


def install_packages(packages: list[str]) -> None:
    """Install Debian packages, or raise NotPossible with the remedy."""
    remedy = f"Install with your package manager what Debian calls: {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise NotPossible(f"This is no Debian machine. {remedy}")
    if os.geteuid() != 0:
        raise NotPossible(f"Not root. Run: sudo apt-get install {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    print(f"Installing {' '.join(packages)}", file=sys.stderr, flush=True)
    with TURN.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            command = ["apt-get", "--quiet", "--quiet", "--option", PATIENCE, *arguments]
            if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
                raise NotPossible(f"'{' '.join(command)}' failed. {remedy}")


def missing_packages(path: pathlib.Path) -> list[str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    listed = [line for line in lines if line and not line.startswith("#")]
    return listed if not shutil.which("dpkg-query") else [package for package in listed if not installed(package)]


def main(path: pathlib.Path = LIST) -> None:
    """Raise NotPossible unless every listed package is installed afterwards."""
    if missing := missing_packages(path):
        install_packages(missing)


if __name__ == "__main__":
    try:
        main()
    except NotPossible as error:
        sys.exit(f"system-deps: {error}")
