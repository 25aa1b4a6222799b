# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Steps carried out by the worker, which outlives the process that starts it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import time
import typing as t

from . import state
from .base import ENVIRONMENT, BackendError, Document, Run, probe_source
from .probes import worker
from .transaction import Step, StepResult

SYSTEMD = "/run/systemd/system"
# What of the task's environment the package manager needs; into a file for root only, never into a command line.
PASSED_ON = ("PATH", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STOP_TIMEOUT = "15min"  # how long a shutdown of the host waits for the command that is under way
MOST_OUTPUT = 1 << 20  # bytes of one log
_userinfo = re.compile(r"(?<=://)[^/\s]*@")
FIRST_POLL, LAST_POLL = 0.05, 1.0  # seconds


def start(
    folder: str,
    unit: str,
    steps: t.Sequence[Step],
    deadline: t.Optional[float],
    lock_timeout: int,
    run: Run,
    extra: t.Optional[t.Mapping[str, str]] = None,
) -> None:
    """Start the worker on `steps` in `folder`, which is there and new. Raises BackendError when it cannot be started.

    `deadline`, in seconds since the epoch: no step begins after it, and one that may be stopped then is.
    """
    environment = {"PATH": PATH}
    environment.update((name, os.environ[name]) for name in PASSED_ON if os.environ.get(name))
    environment.update(ENVIRONMENT)
    environment.update(extra or {})
    job = {
        "steps": [_step(step) for step in steps],
        "deadline": deadline,
        "lock_timeout": lock_timeout,
        "environment": environment,
    }
    script = os.path.join(folder, "worker.py")
    try:
        state.save(os.path.join(folder, "job.json"), job)
        with open(script, "w", encoding="utf-8") as stream:
            stream.write(probe_source(worker))
    except OSError as error:
        raise BackendError("%s: %s" % (folder, error.strerror)) from error
    command = [sys.executable, "-I", "-B", script, folder]
    if not (os.path.isdir(SYSTEMD) and _start_unit(command, unit, run)):
        _start_session(command)
    _await(folder)


def _step(step: Step) -> Document:
    document = step._asdict()
    document["environment"] = dict(step.environment)
    return document


def _start_unit(command: t.Sequence[str], unit: str, run: Run) -> bool:
    """Whether systemd took it. A stop of the unit tells the worker only, and waits until its command is done."""
    properties = ["--property=KillMode=process", "--property=TimeoutStopSec=%s" % STOP_TIMEOUT]
    code, _output, _errors = run(["systemd-run", "--quiet", "--collect", "--unit=%s" % unit, *properties, *command])
    return code == 0


def _start_session(command: t.Sequence[str]) -> None:
    try:
        subprocess.Popen(  # pylint: disable=consider-using-with
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
    except OSError as error:
        raise BackendError("%s cannot be started: %s" % (command[0], error.strerror)) from error


def _await(folder: str) -> None:
    """Until the worker has begun: only then its lock tells whether it lives."""
    deadline = time.monotonic() + 30
    pause = FIRST_POLL
    while not os.path.exists(os.path.join(folder, "steps.json")) and not _locked(folder):
        if time.monotonic() >= deadline:
            raise BackendError("the process that installs did not start within 30 seconds; see the journal")
        time.sleep(pause)
        pause = min(2 * pause, LAST_POLL)


def alive(folder: str) -> bool:
    """Whether the worker of `folder`, or the command that a killed worker left behind, is still at work."""
    if _locked(folder):
        return True
    progress = _progress(folder)
    last = progress["steps"][-1] if progress["steps"] else {}
    pid = last.get("pid")
    running = pid is not None and last.get("code") is None
    return running and worker.born(pid) is not None and worker.born(pid) == last.get("born")


def _locked(folder: str) -> bool:
    try:
        descriptor = os.open(os.path.join(folder, "worker.lock"), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def wait(folder: str, deadline: t.Optional[float] = None) -> bool:
    """Whether the worker ended, at `deadline` (seconds since the epoch) the latest."""
    pause = FIRST_POLL
    while alive(folder):
        if deadline is not None and time.time() >= deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, LAST_POLL)
    return True


def results(folder: str) -> t.List[StepResult]:
    """What became of the steps, as far as it is known. A step that nobody saw end has no code."""
    found = []
    for number, step in enumerate(_progress(folder)["steps"]):
        why_not = step.get("why_not") or ""
        if step.get("code") is None and not why_not:
            why_not = "it was interrupted: the process that ran it was killed, or the node went down"
        fine = tuple(step.get("fine", (0,)))
        output = _log(folder, number)
        found.append(StepResult(step["name"], tuple(step["command"]), step.get("code"), output, why_not, fine))
    return found


def ended(folder: str) -> bool:
    """Whether the worker came to the end of its steps."""
    return bool(_progress(folder)["ended"])


def seconds(folder: str) -> float:
    """How long the steps that ended took together."""
    steps = _progress(folder)["steps"]
    return sum(step["ended"] - step["started"] for step in steps if "ended" in step and "started" in step)


def _progress(folder: str) -> Document:
    try:
        with open(os.path.join(folder, "steps.json"), encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return {"ended": False, "steps": []}


def _log(folder: str, number: int) -> str:
    """The end of what a step said."""
    try:
        with open(os.path.join(folder, "%d.log" % number), "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - MOST_OUTPUT))
            # package managers name addresses whole
            return _userinfo.sub("", stream.read().decode("utf-8", "replace"))
    except OSError:
        return ""
