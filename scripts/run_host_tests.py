# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the host tests: install what they need, make the roots of the hosts once, boot, test, clean up.

    python3 scripts/run_host_tests.py [PYTEST OPTION...]

As root on Debian, nowhere else.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import environment
import system_deps

TESTS = environment.CHECKOUT / "tests" / "hosts"
LAB = "ansible_collections.patchops.fleet.tests.hosts.lab"
# One process for each processor, each with an enclosure of its own; options that are given come after these and win.
AT_ONCE = ("--numprocesses=auto", "--maxprocesses=8", "--dist=worksteal")


def refuse_where_impossible() -> None:
    """Raise NotPossible, with the reason, on a machine that cannot boot hosts."""
    if not shutil.which("apt-get") or not pathlib.Path("/etc/debian_version").exists():
        raise system_deps.NotPossible(
            "The test hosts are made by debootstrap: this needs a Debian machine, 12 or newer."
        )
    if os.geteuid() != 0:
        raise system_deps.NotPossible(
            "Test hosts are booted in containers of their own: this needs root. Run it with sudo."
        )


def run_interruptibly(command: list[str], variables: dict[str, str]) -> int:
    """Run pytest so that an interruption, or a polite kill, of this script lets it clean up; its exit code."""
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(*_arguments: object) -> None:
        for process in started:
            process.send_signal(signal.SIGINT)

    # Before the start: a signal that is ignored, as in the background of a shell, would be in the new process too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    # Out of reach of the terminal's own Ctrl-C, for two of them stop pytest in the middle of its cleaning up.
    started.append(subprocess.Popen(command, cwd=environment.CHECKOUT, env=variables, start_new_session=True))
    return started[0].wait()


def main(*options: str) -> int:
    refuse_where_impossible()
    system_deps.main(TESTS / "debian-packages.txt")
    venv = environment.make_venv("test")
    environment.link_collection()
    environment.unpack_dependencies(venv)
    variables = {**environment.variables(venv), "PYTHONPATH": str(environment.COLLECTIONS)}
    python = str(venv / "bin" / "python")
    if subprocess.run([python, "-m", f"{LAB}.roots"], env=variables, check=False).returncode != 0:
        return 1
    started = time.monotonic()
    code = run_interruptibly([python, "-m", "pytest", str(TESTS), *AT_ONCE, *options], variables)
    print(f"host tests took {time.monotonic() - started:.0f} s")
    # pytest may have been killed
    subprocess.run([python, "-m", f"{LAB}.enclosure"], env=variables, check=True)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (system_deps.NotPossible, subprocess.CalledProcessError) as error:
        sys.exit(f"make test-hosts: {error}")
    except KeyboardInterrupt:  # while the roots are made, which the next run does again
        sys.exit(130)
