# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine: those on PATH, and pyenv's where pyenv exists."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import subprocess


@functools.cache
def _search_environment() -> dict[str, str]:
    """pyenv's shims answer only for the versions that PYENV_VERSION names."""
    environment = dict(os.environ)
    if shutil.which("pyenv"):
        listed = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=False)
        environment["PYENV_VERSION"] = ":".join(listed.stdout.split())
    return environment


@functools.cache
def find(version: str) -> pathlib.Path | None:
    """The interpreter of a version such as "3.8", behind any shim or virtual environment, or None."""
    question = "import sys; print(getattr(sys, '_base_executable', sys.executable))"
    try:
        answer = subprocess.run(
            [f"python{version}", "-I", "-c", question],
            env=_search_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return pathlib.Path(answer.stdout.strip()) if answer.returncode == 0 else None


def link_all(versions: list[str], folder: pathlib.Path) -> None:
    """Make `folder` hold one pythonX.Y for each version found, and nothing else: a PATH entry without shims."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for version in versions:
        if interpreter := find(version):
            (folder / f"python{version}").symlink_to(interpreter)
