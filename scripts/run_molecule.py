# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the Molecule scenarios of extensions/molecule on booted test hosts.

    python3 scripts/run_molecule.py [KIND...]

KIND are kinds of tests/hosts; all of them by default. As root on Debian, nowhere else.
"""

from __future__ import annotations

import os
import subprocess
import sys

import environment
import run_host_tests
import system_deps


def main(*kinds: str) -> int:
    run_host_tests.refuse_where_impossible()
    system_deps.main(run_host_tests.TESTS / "debian-packages.txt")
    venv = environment.make_venv("molecule")
    environment.link_collection()
    variables = {
        **environment.variables(venv),
        "PYTHONPATH": str(environment.COLLECTIONS),
        "PATCHOPS_STANDING_HOSTS": str(environment.CACHE / "molecule"),
        "PATCHOPS_STANDING_KINDS": " ".join(kinds),
    }
    python = str(venv / "bin" / "python")
    roots = [python, "-m", f"{run_host_tests.LAB}.roots", *kinds]
    if subprocess.run(roots, env=variables, check=False).returncode != 0:
        return 1
    os.chdir(environment.CHECKOUT)
    return subprocess.run([str(venv / "bin" / "molecule"), "test", "--all"], env=variables, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (system_deps.NotPossible, subprocess.CalledProcessError) as error:
        sys.exit(f"make molecule: {error}")
