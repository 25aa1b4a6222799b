# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command in one of the project's virtual environments, made first if need be.

    python3 scripts/run.py demo ansible-playbook patchops.fleet.scan -i inventories/demo
    python3 scripts/run.py test pytest tests/unit -k rejected

The environments are the files of requirements/ that hold the tools of the controller: demo, test, lint.
"""

from __future__ import annotations

import os
import subprocess
import sys

import environment
import system_deps

# Where commands use the collections that ours depends on.
WITH_DEPENDENCIES = ("test",)


def main(name: str, *command: str) -> None:
    os.chdir(environment.CHECKOUT)
    try:
        venv = environment.make_venv(name)
    except (system_deps.NotPossible, subprocess.CalledProcessError) as error:
        sys.exit(f"Cannot set up .venv/{name}: {error}")
    environment.link_collection()
    if name in WITH_DEPENDENCIES:
        environment.unpack_dependencies(venv)
    os.execvpe(command[0], command, environment.variables(venv))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
