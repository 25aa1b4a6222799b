# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. apt: asked through its probe, its lists refreshed; apt_inventory.py reads the answer."""

from __future__ import annotations

import datetime
import os
import re
import sys
import time
import typing as t

from . import apt_sources, state
from .apt_inventory import add_dates, inventory, wanted_dates
from .base import (
    BackendError,
    BindingsMissing,
    CacheUnusable,
    Clock,
    Document,
    Options,
    PackageManager,
    Run,
    ask_probe,
)
from .boot import boot_time
from .probes import apt as probe
from .release_dates import release_dates

# Debian's own interpreter has python3-apt; the module's may be another one.
SYSTEM_PYTHON = "/usr/bin/python3"
BINDINGS = "python3-apt"
LISTS = "/var/lib/apt/lists"
LOCK_RETRY = 1.0  # seconds

_lock_refused = re.compile(
    r"^E: Could not get lock (?P<path>\S+?)\.?(?: It is held by process (?P<holder>.+))?$", re.MULTILINE
)
_entries = re.compile(r", (?=[EW]:)")
_list_file = re.compile(r"/\S*(?:lists|%s)/[^\s,]+" % apt_sources.NAME)
_sources_file = re.compile(r"sources\.list|\.sources\b|Malformed (entry|stanza|line)")
_userinfo = re.compile(r"(?<=://)[^/\s]*@")
# Said besides the lines that name what failed, or about keys and not about fetching.
_beside_the_point = re.compile(r"Some index files failed to download|legacy trusted\.gpg|Policy will reject signature")
_failed_fetch = re.compile(r"Failed to fetch|GPG error|Some index files failed")


class Apt(PackageManager):
    """apt on Debian, Ubuntu and Raspberry Pi OS."""

    def __init__(self, run: Run, clock: Clock, options: Options) -> None:
        super().__init__(run, clock, options)
        self._apart: t.Optional[t.Dict[str, str]] = None  # what makes apt use the baseline's sources

    def inventory(self, node: Document) -> Document:
        """One process, unless the lists are due for a refresh: then `apt-get update` and a second look.

        Raises BackendError with the remedy when apt cannot be asked.
        """
        complaints: t.List[str] = []
        refreshed = False
        if self._options.refresh == "always":
            complaints, refreshed = self._refresh()
        found = self._look(refreshed)
        if self._options.refresh == "auto" and refresh_due(found, self._clock(), self._options.cache_valid_time):
            complaints, refreshed = self._refresh()
            found = self._look(refreshed) if refreshed else found
        now = self._clock()
        document = inventory(found, node, now, self._options.apt_pins)
        document["warnings"] = complaints + document["warnings"]
        document["release_dates"] = self._options.release_dates
        if self._options.release_dates != "ignored":
            self._date(document, found, now)
        return document

    def _look(self, refreshed: bool) -> Document:
        try:
            return self._ask()
        except BindingsMissing as error:
            if self._options.interpreter:
                raise BackendError(
                    "bindings_interpreter cannot be used (%s). Name a Python that has %s, or leave the option out"
                    % (error, BINDINGS)
                ) from error
            if not self._options.install_dependencies or self._options.check_mode:
                raise BackendError(
                    "apt's Python bindings are missing (%s). Install them with 'apt-get install %s',"
                    " or set install_dependencies: true (not in check mode)" % (error, BINDINGS)
                ) from error
            self._install_bindings()
            return self._ask()
        except CacheUnusable as error:
            raise BackendError(unusable(str(error), refreshed)) from error

    def _ask(self) -> Document:
        options: Document = {"filenames": self._options.release_dates != "ignored", "configuration": self._settings()}
        if self._options.root:
            options["rootdir"] = self._options.root
            folder = options["configuration"].get(apt_sources.PARTS)
            options["configuration"].update({apt_sources.PARTS: self._options.root + folder} if folder else {})
        chosen = self._options.interpreter
        interpreters = [chosen] if chosen else list(dict.fromkeys([SYSTEM_PYTHON, sys.executable]))
        return dict(ask_probe(self._run, probe, interpreters, options), boot_time=boot_time())

    def _settings(self) -> t.Dict[str, str]:
        if self._apart is None:
            self._apart = apt_sources.configuration(self._options)
        return dict(self._apart)

    def _install_bindings(self) -> None:
        wait = "DPkg::Lock::Timeout=%d" % self._options.lock_timeout
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "-o", wait, BINDINGS]
        code, _output, errors = self._run(command)
        if code != 0 and self._refresh()[1]:
            code, _output, errors = self._run(command)
        if code != 0:
            raise BackendError(
                "%s could not be installed: '%s' ended with exit code %d: %s"
                % (BINDINGS, " ".join(command), code, errors.strip())
            )
        self.changed = True

    def _refresh(self) -> t.Tuple[t.List[str], bool]:
        """`apt-get update`, unless this run may not: what went wrong, and whether lists may have changed."""
        if self._options.check_mode:
            return [], False
        if not self._options.privileged:
            return ["the package lists were due for a refresh, which needs root: run with become: true"], False
        started = time.time()
        code, errors = self._update()
        complaints = parse_update(code, errors)
        if not complaints:
            confirm(self._options.root + (apt_sources.LISTS if self._options.sources else LISTS), started)
        return complaints, True

    def _update(self) -> t.Tuple[int, str]:
        """apt waits for dpkg's lock but not for that of the lists (tried with apt 2.6), so this does."""
        deadline = time.monotonic() + self._options.lock_timeout
        while True:
            code, _output, errors = self._run(["apt-get", *apt_sources.arguments(self._settings()), "update"])
            if code == 0 or not _lock_refused.search(errors) or time.monotonic() >= deadline:
                return code, errors
            time.sleep(LOCK_RETRY)

    def _date(self, document: Document, found: Document, now: datetime.datetime) -> None:
        """Write `released_at` into the versions of the inventory."""
        result = release_dates(
            self._options.release_dates,
            list(wanted_dates(document, found)),
            found["proxies"],
            now,
            self._options.root + state.STATE_FOLDER,
            self._options.privileged,
            self._options.check_mode,
        )
        add_dates(document, result.released)
        document["warnings"] += result.warnings
        document["problems"] += result.problems
        document["complete"] = not document["problems"]


def refresh_due(found: Document, now: datetime.datetime, valid: int) -> bool:
    """Whether a list was never fetched, or was last refreshed longer than `valid` seconds ago. Discs do not change."""
    return any(
        not source["fetched"] or (source["checked"] is not None and now.timestamp() - source["checked"] > valid)
        for source in found["sources"]
        if not source["uri"].startswith("cdrom:")
    )


def parse_update(code: int, errors: str) -> t.List[str]:
    """What of `apt-get update` failed, from its standard error: one sentence for each repository."""
    refused = _lock_refused.search(errors)
    if code != 0 and refused:
        held = ", held by process %s" % refused.group("holder") if refused.group("holder") else ""
        return [
            "the package lists were not refreshed: another process keeps %s locked%s" % (refused.group("path"), held)
        ]
    if code == 0 and not _failed_fetch.search(errors):
        return []
    lines = [line[3:].strip() for line in errors.splitlines() if line.startswith(("E: ", "W: "))]
    named = [line for line in lines if not _beside_the_point.search(line)]
    return ["apt-get update: %s" % _userinfo.sub("", line) for line in dict.fromkeys(named or lines)] or [
        "apt-get update ended with exit code %d" % code
    ]


def confirm(lists: str, started: float) -> None:
    """Note on each list that the refresh which began at `started` found it current.

    apt does so itself for a signed Release file, but not for one that it may not verify: by changing the file's status,
    which the probe reads, and leaving its time of modification, which apt reads.
    """
    for entry in os.scandir(lists) if os.path.isdir(lists) else ():
        status = entry.stat(follow_symlinks=False)
        if entry.name == "partial":
            os.utime(entry.path)
        elif status.st_ctime < started and not entry.is_dir(follow_symlinks=False) and entry.name != "lock":
            os.utime(entry.path, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def unusable(words: str, refreshed: bool) -> str:
    """Why apt cannot open its cache, in apt's words, with the remedy. What apt only warns of is left out."""
    said = _entries.split(_userinfo.sub("", words))
    errors = [entry[2:] if entry.startswith("E:") else entry for entry in said if not entry.startswith("W:")]
    text = "; ".join(dict.fromkeys(error.strip().rstrip(".") for error in errors)) or words
    damaged = _list_file.search(text)
    if damaged:
        remedy = (
            "The package list %s is damaged, and a refresh keeps it as long as its archive does not change:"
            " remove the files in %s and run 'apt-get update'" % (damaged.group(), os.path.dirname(damaged.group()))
        )
    elif _sources_file.search(text):
        remedy = "Correct the file of package sources that apt names"
    elif refreshed:
        remedy = "'apt-get update' did not help; look at what apt names"
    else:
        remedy = "Run 'apt-get update' and look at what it reports"
    return "apt cannot open its package cache: %s. %s" % (text, remedy)
