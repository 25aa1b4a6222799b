# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The runs that changed this host, or were about to: one folder each, kept on the host.

run.json     what was to be done, and once it ended what came of it
record.json  the compliance record of its end
the files of its job: see probes/worker.py
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import re
import shutil
import statistics
import time
import typing as t

from .._engine import dates
from . import job, state
from .base import BackendError, Document
from .boot import boot_id

RUNS = "runs"
LOCK = "run.lock"
KEPT = 50
RUNNING = "running"
ENDED = "ended"
LOCK_RETRY = 0.5  # seconds
OVERHEAD = 5  # packages: what a transaction costs however little it changes

_unsafe = re.compile(r"[^A-Za-z0-9_.-]+")


class RunFolder:
    """One run. `document` is its run.json."""

    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document

    @property
    def run_id(self) -> str:
        return str(self.document.get("run_id") or os.path.basename(self.path))

    @property
    def unit(self) -> str:
        return "patchops-%s" % os.path.basename(self.path)

    def update(self, **members: t.Any) -> None:
        """Raises BackendError when the host's disk does not take it."""
        self.document.update(members)
        self._write("run.json", self.document)

    def keep_record(self, record: Document) -> None:
        self._write("record.json", record)

    def _write(self, name: str, document: Document) -> None:
        try:
            state.save(os.path.join(self.path, name), document)
        except OSError as error:
            raise BackendError("%s cannot be written: %s" % (os.path.join(self.path, name), error.strerror)) from error


def folder(root: str = "") -> str:
    return os.path.join(root + state.STATE_FOLDER, RUNS)


def begin(run_id: str, now: datetime.datetime, document: Document, root: str = "") -> RunFolder:
    """A new folder for a run that is about to change the host. Raises BackendError when the disk does not take it."""
    name = "%s-%s" % (dates.text(now).replace(":", "").replace("-", ""), _unsafe.sub("-", run_id)[:64])
    path, number = os.path.join(folder(root), name), 1
    try:
        os.makedirs(folder(root), mode=0o700, exist_ok=True)
        while os.path.exists(path):
            number += 1
            path = os.path.join(folder(root), "%s-%d" % (name, number))
        os.mkdir(path, 0o700)
    except OSError as error:
        raise BackendError("%s cannot be made: %s" % (path, error.strerror)) from error
    started = RunFolder(path, {})
    started.update(schema=1, run_id=run_id, state=RUNNING, started=dates.text(now), boot_id=boot_id(), **document)
    _prune(root)
    return started


def known(root: str = "") -> t.List[RunFolder]:
    """All runs, the oldest first. A folder without a run.json that can be read is none."""
    found = []
    with contextlib.suppress(FileNotFoundError, PermissionError):
        for name in sorted(os.listdir(folder(root))):
            path = os.path.join(folder(root), name)
            with contextlib.suppress(state.StateError):
                document = state.load(os.path.join(path, "run.json"))
                if document is not None:
                    found.append(RunFolder(path, document))
    return found


def of_folder(name: t.Optional[str], root: str = "") -> t.Optional[RunFolder]:
    """The run whose folder has this name, which tells it from others of the same id; None when it is gone."""
    return next((run for run in known(root) if os.path.basename(run.path) == name), None)


def unfinished(root: str = "") -> t.List[RunFolder]:
    """Runs whose end nobody wrote down: they were interrupted, or are still under way."""
    return [run for run in known(root) if run.document.get("state") != ENDED]


def await_unfinished(lock_timeout: int, root: str = "") -> t.List[RunFolder]:
    """The interrupted runs. One whose transaction is still under way is waited for.

    Raises BackendError when that does not end within `lock_timeout`.
    """
    left = unfinished(root)
    deadline = time.time() + lock_timeout
    for run in left:
        if not job.wait(run.path, deadline):
            raise BackendError(
                "the transaction of run %s, started %s, is still at work in unit %s; wait for it, or longer with"
                " lock_timeout. What it says is in %s" % (run.run_id, run.document.get("started"), run.unit, run.path)
            )
    return left


def _prune(root: str) -> None:
    for run in known(root)[:-KEPT]:
        if run.document.get("state") == ENDED:
            shutil.rmtree(run.path, ignore_errors=True)


@contextlib.contextmanager
def exclusive(lock_timeout: int, root: str = "") -> t.Iterator[None]:
    """One run at a time on this host. Raises BackendError when another one does not end within `lock_timeout`."""
    path = os.path.join(root + state.STATE_FOLDER, LOCK)
    try:
        state.make_folder(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackendError("%s: %s" % (path, error.strerror)) from error
    try:
        _lock(descriptor, lock_timeout)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, lock_timeout: int) -> None:
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(LOCK_RETRY)
                continue
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace")
            raise BackendError(
                "another run of patchops.fleet (process %s) works on this host; wait longer with lock_timeout"
                % (holder or "unknown")
            ) from error


def estimate(packages: int, root: str = "") -> t.Tuple[t.Optional[int], int]:
    """Seconds that changing so many packages would take by this host's own history, None without one; and its runs."""
    paces = [
        run.document["seconds"] / (len(run.document.get("changes") or ()) + OVERHEAD)
        for run in known(root)
        if run.document.get("operation") == "install"
        and run.document.get("outcome") in ("installed", "partial")  # what fails, fails at any pace
        and run.document.get("seconds")
        and run.document.get("changes")
    ]
    if not paces:
        return None, 0
    # the slowest of the usual runs: what would not fit must not begin
    pace = max(statistics.median(paces), sorted(paces)[int(0.9 * (len(paces) - 1))])
    return int(pace * (packages + OVERHEAD)) + 1, len(paces)
