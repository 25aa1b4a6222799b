# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve requirements/*.in to requirements/*.txt, every version exact, each on the oldest Python it serves.

python3 scripts/pin.py [NAME...]
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

import environment
import interpreters

OLDEST_PYTHON = {
    "demo": "3.11",
    "test": "3.11",
    "lint": "3.11",
    "molecule": "3.11",
    "core-2.18": "3.11",
    "core-2.20": "3.12",
    "core-2.21": "3.12",
    "target-3.6": "3.6",
    "target-3.8": "3.8",
    "target-3.9": "3.9",
    "target-3.10": "3.10",
}


def pin(name: str) -> None:
    python = interpreters.find(OLDEST_PYTHON[name])
    if python is None:
        sys.exit(f"{name} is resolved on Python {OLDEST_PYTHON[name]}, which is not on this machine.")
    wanted = environment.REQUIREMENTS / f"{name}.in"
    with tempfile.TemporaryDirectory() as folder:
        venv = pathlib.Path(folder) / "venv"
        environment.create_venv(venv, python)
        environment.pip(venv, "install", "--requirement", str(wanted))
        freeze = [venv / "bin" / "python", "-m", "pip", "freeze"]
        frozen = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout
    pins = [line for line in frozen.splitlines() if "==" in line]  # not the index options that old pips print too
    header = f"# Made from {wanted.name} by 'make pins' on Python {OLDEST_PYTHON[name]}."
    wanted.with_suffix(".txt").write_text("\n".join([header, *pins, ""]))


if __name__ == "__main__":
    for chosen in sys.argv[1:] or OLDEST_PYTHON:
        pin(chosen)
