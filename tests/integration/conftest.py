# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own commands, of whichever ansible-core this run is for."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

# The commands of the ansible-core under test: not always the one that is installed beside pytest.
ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)


@pytest.fixture
def ansible(tmp_path):
    """Run `ansible("ansible-playbook", "site.yml", ...)` in a folder of its own and hand back what came of it."""

    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    def run(command, *arguments, **variables):
        return subprocess.run(
            [str(ANSIBLE_BIN / command), *map(str, arguments)],
            cwd=tmp_path,
            env={**inherited, "ANSIBLE_HOME": str(tmp_path / ".ansible"), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run
