# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One name for one run of ansible-playbook, the same in each of its tasks and workers."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pathlib
import platform
import subprocess
import typing as t

AWX_JOB_VARIABLES = ("awx_job_id", "tower_job_id")


def run_id(task_vars: t.Mapping[str, t.Any], given: str | None = None) -> str:
    """The option `given`, else the number of the AWX job, else a name derived from the controlling process."""
    if given:
        return given
    for variable in AWX_JOB_VARIABLES:
        if task_vars.get(variable):
            return f"awx-{task_vars[variable]}"
    return _of_process(_controlling_process())


def _controlling_process() -> int:
    """Every worker is a child that multiprocessing forks from ansible-playbook itself; only there it has no parent."""
    parent = multiprocessing.parent_process()
    return parent.pid if parent is not None and parent.pid else os.getpid()


def _of_process(pid: int) -> str:
    """Process ids are used again, so the time at which the process started belongs to its name."""
    told = f"{platform.node()} {_boot()} {pid} {_started(pid)}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _boot() -> str:
    try:
        return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_by_ps(pid)
    # proc(5): field 22; the command in field 2 may hold spaces and brackets.
    return stat.rpartition(")")[2].split()[19]


def _started_by_ps(pid: int) -> str:
    """Where there is no /proc, as on macOS and the BSDs."""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        return subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
