# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. apt: from the probe's document to the inventory, and the refresh of the package lists."""

from __future__ import annotations

import datetime
import email.utils
import os
import re
import sys
import time
import typing as t

from .._engine import dates
from .._engine.schemas import INVENTORY_SCHEMA
from . import state
from .base import BackendError, BindingsMissing, CacheUnusable, Document, PackageManager, ask_probe
from .probes import apt as probe
from .release_dates import Wanted, release_dates

# Debian's own interpreter has python3-apt; the module's may be another one.
SYSTEM_PYTHON = "/usr/bin/python3"
BINDINGS = "python3-apt"
LISTS = "/var/lib/apt/lists"
AGENT = "amazon-ssm-agent"
STALE_AFTER = 24 * 60 * 60  # seconds
LOCK_RETRY = 1.0  # seconds
NEVER = ("", "0")  # APT::Periodic values that switch something off

_lock_refused = re.compile(
    r"^E: Could not get lock (?P<path>\S+?)\.?(?: It is held by process (?P<holder>.+))?$", re.MULTILINE
)
_userinfo = re.compile(r"(?<=://)[^/@\s]+@")
# Said besides the lines that name what failed, or about keys and not about fetching.
_beside_the_point = re.compile(r"Some index files failed to download|legacy trusted\.gpg|Policy will reject signature")
_failed_fetch = re.compile(r"Failed to fetch|GPG error|Some index files failed")


class Apt(PackageManager):
    """apt on Debian, Ubuntu and Raspberry Pi OS."""

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
        options: Document = {"filenames": self._options.release_dates != "ignored"}
        if self._options.root:
            options["rootdir"] = self._options.root
        chosen = self._options.interpreter
        interpreters = [chosen] if chosen else list(dict.fromkeys([SYSTEM_PYTHON, sys.executable]))
        return ask_probe(self._run, probe, interpreters, options)

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
            confirm(self._options.root + LISTS, started)
        return complaints, True

    def _update(self) -> t.Tuple[int, str]:
        """apt waits for dpkg's lock but not for that of the lists (tried with apt 2.6), so this does."""
        deadline = time.monotonic() + self._options.lock_timeout
        while True:
            code, _output, errors = self._run(["apt-get", "update"])
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
            writable=self._options.privileged and not self._options.check_mode,
        )
        for package in document["packages"]:
            for version in package["available"]:
                released = result.released.get(_key(package, version))
                version["released_at"] = released or _installed_since(package, version)
        document["warnings"] += result.warnings
        document["problems"] += result.problems
        document["complete"] = not document["problems"]


def _installed_since(package: Document, version: Document) -> t.Optional[str]:
    """What is installed was released then, at the latest; the archive is asked for newer versions only."""
    installed = package["installed"][0]
    return installed["installed_time"] if version["version"] == installed["version"] else None


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
    """Why apt cannot open its cache, in apt's words, with the remedy."""
    words = _userinfo.sub("", words)
    damaged = re.search(r"Unable to parse package file (\S+)", words)
    if damaged:
        remedy = (
            "The package list %s is damaged, and a refresh keeps it as long as its archive does not change:"
            " remove the files in %s and run 'apt-get update'" % (damaged.group(1), os.path.dirname(damaged.group(1)))
        )
    elif "source" in words:
        remedy = "Correct the file of package sources that apt names"
    elif refreshed:
        remedy = "'apt-get update' did not help; look at what apt names"
    else:
        remedy = "Run 'apt-get update' and look at what it reports"
    return "apt cannot open its package cache: %s. %s" % (words, remedy)


def inventory(found: Document, node: Document, now: datetime.datetime, pins: str) -> Document:
    """The inventory (schemas.INVENTORY) from what the probe found."""
    names = {number: repository_id(entry) for number, entry in found["files"].items()}
    packages = [_package(entry, names, pins) for entry in found["packages"]]
    packages.sort(key=lambda package: (package["name"], package["arch"]))
    checks = [source["checked"] for source in found["sources"]]
    problems = list(_problems(found))
    return {
        "schema": INVENTORY_SCHEMA,
        "captured_at": dates.text(now),
        "node": _with_agent(node, found["packages"]),
        "manager": "apt",
        "complete": not problems,
        "problems": problems,
        "warnings": list(_warnings(found, now)),
        "refreshed_at": _instant(min(checks)) if checks and None not in checks else None,
        "boot_time": _instant(found["boot_time"]),
        "reboot": _reboot(found["reboot"]),
        "activity": list(_activity(found)),
        "repositories": {
            names[number]: _repository(names[number], entry, found) for number, entry in found["files"].items()
        },
        "packages": packages,
    }


def repository_id(entry: Document) -> str:
    """A package list as apt-cache policy names it, without the word Packages."""
    parts = [
        entry["uri"],
        "/".join(part for part in (entry["codename"] or entry["archive"], entry["component"]) if part),
        entry["arch"],
    ]
    return " ".join(part for part in parts if part)


def _repository(identifier: str, entry: Document, found: Document) -> Document:
    source = found["sources"][entry["source"]] if entry["source"] is not None else {}
    return {
        "id": identifier,
        "uri": entry["uri"] or None,
        "archive": entry["archive"] or None,
        "codename": entry["codename"] or None,
        "component": entry["component"] or None,
        "label": entry["label"] or None,
        "origin": entry["origin"] or None,
        "trusted": bool(entry["trusted"]),
        "released_at": _release_instant(source.get("date")),
        "valid_until": _release_instant(source.get("valid_until")),
        "refreshed_at": _instant(source.get("checked")),
    }


def _package(entry: Document, names: t.Dict[str, str], pins: str) -> Document:
    available = []
    for version in entry["versions"]:
        available.append(
            {
                "version": version["version"],
                "repositories": [names[str(number)] for number in version["files"]],
                "priority": version["priority"] or None,
                "section": version["section"] or None,
                "policy_priority": version["policy"],
                "excluded": excluded(entry, version) if pins == "honour" else None,
                "size": version["size"],
            }
        )
    return {
        "name": entry["name"],
        "arch": entry["arch"],
        "installed": [{"version": entry["version"], "installed_time": _instant(entry["installed"])}],
        "available": available,
        "held": "on hold in dpkg (apt-mark hold)" if entry.get("hold") else None,
    }


def excluded(entry: Document, version: Document) -> t.Optional[str]:
    """Why apt's policy, which pins shape, keeps a newer version from being a candidate; None where it does not.

    apt takes the highest priority, and of equals the newest version: a version loses to the installed one, or to an
    older candidate, of higher priority.
    """
    if version["version"] == entry["version"]:
        return None
    priority = version["policy"]
    if priority <= 0:
        return "apt's policy gives it priority %d, which forbids it" % priority
    if priority < entry["policy"]:
        return "apt's policy gives it priority %d, and the installed %s has %d" % (
            priority,
            entry["version"],
            entry["policy"],
        )
    candidate, candidate_priority = entry["candidate"]
    # newest first; without the candidate when that is older than what is installed
    offered = [other["version"] for other in entry["versions"]]
    newer = candidate not in offered or offered.index(version["version"]) < offered.index(candidate)
    if newer and priority < candidate_priority:
        return "apt's policy gives it priority %d, and its candidate %s has %d" % (
            priority,
            candidate,
            candidate_priority,
        )
    return None


def wanted_dates(document: Document, found: Document) -> t.Iterator[Wanted]:
    """Every version on offer; those that are newer than the installed one and not excluded are worth asking for."""
    addresses = {
        (entry["name"], entry["arch"], version["version"]): version.get("deb", ())
        for entry in found["packages"]
        for version in entry["versions"]
    }
    for package in document["packages"]:
        installed = package["installed"][0]["version"]
        for version in package["available"]:
            ask = version["version"] != installed and not version["excluded"]
            yield Wanted(
                _key(package, version), tuple(addresses[package["name"], package["arch"], version["version"]]), ask
            )


def _key(package: Document, version: Document) -> str:
    return "%s:%s=%s" % (package["name"], package["arch"], version["version"])


def _problems(found: Document) -> t.Iterator[Document]:
    for path in found["unreadable"]:
        yield {"what": path, "why": "this user may not read it, and apt passes over it: run with become: true"}
    for entry in sorted(found["files"].values(), key=lambda entry: entry["file"]):
        if entry["size"] is None:
            yield {"what": entry["file"], "why": "the package list cannot be looked at"}
        elif entry["size"] == 0 and entry["stated_size"] != 0:
            yield {
                "what": entry["file"],
                "why": "the package list is empty: remove it and its Release file, and run 'apt-get update'",
            }
        elif entry["stated_size"] not in (None, entry["size"]):
            yield {
                "what": entry["file"],
                "why": "the package list has %d bytes, its Release file says %d: remove both, and run 'apt-get update'"
                % (entry["size"], entry["stated_size"]),
            }


def _warnings(found: Document, now: datetime.datetime) -> t.Iterator[str]:
    """Instants, not ages: two scans of an unchanged node say the same."""
    if not found["sources"]:
        yield "no package sources are configured: apt knows of no newer version of anything"
    for source in found["sources"]:
        name = "%s %s" % (source["uri"], source["dist"])
        checked = source["checked"]
        valid_until = _release_time(source["valid_until"])
        if not source["fetched"]:
            yield "the package lists of %s were never fetched" % name
        elif checked is not None and now.timestamp() - checked > STALE_AFTER:
            yield "the package lists of %s were last refreshed %s, more than 24 hours before this scan" % (
                name,
                _instant(checked),
            )
        if valid_until is not None and valid_until < now.timestamp():
            yield "the package lists of %s were valid until %s: the archive, or the mirror, is not kept up" % (
                name,
                _instant(valid_until),
            )
    unfinished = [
        "%s (%s)" % (entry["name"], entry.get("state") or "reinstallation required")
        for entry in found["packages"]
        if entry.get("state") or entry.get("reinstall")
    ]
    if unfinished:
        yield "dpkg has not finished with %s: run 'dpkg --configure --pending'" % ", ".join(sorted(unfinished))


def _reboot(found: Document) -> Document:
    if found["marker"]:
        return {"required": True, "reason": "%s exists" % found["marker"], "packages": found["packages"]}
    if found["notifiers"]:
        return {"required": False, "reason": None, "packages": []}
    reason = "nothing installed here notes it (unattended-upgrades, update-notifier and reboot-notifier do)"
    return {"required": None, "reason": reason, "packages": []}


def _activity(found: Document) -> t.Iterator[str]:
    unattended = found["unattended"]
    if unattended["installed"] and unattended["periodic"] not in NEVER and unattended["upgrade"] not in NEVER:
        yield (
            "unattended-upgrades installs updates on its own (APT::Periodic::Unattended-Upgrade %s)"
            % unattended["upgrade"]
        )
    if unattended["last_run"] is not None:
        yield "unattended-upgrades ran last at %s" % _instant(unattended["last_run"])
    for holder in found["locks"]:
        who = holder["command"] or "process %d" % holder["process"]
        yield "%s is locked by %s" % (holder["lock"], who)


def _with_agent(node: Document, packages: t.Sequence[Document]) -> Document:
    version = next((entry["version"] for entry in packages if entry["name"] == AGENT), None)
    if version is None:
        return node
    return {**node, "platform": {**node.get("platform", {}), "agent_version": version}}


def _release_time(text: t.Optional[str]) -> t.Optional[int]:
    parsed = email.utils.parsedate_tz(text or "")
    return None if parsed is None else email.utils.mktime_tz(parsed)


def _release_instant(text: t.Optional[str]) -> t.Optional[str]:
    return _instant(_release_time(text))


def _instant(seconds: t.Optional[float]) -> t.Optional[str]:
    return None if seconds is None else dates.text(datetime.datetime.fromtimestamp(int(seconds), dates.UTC))
