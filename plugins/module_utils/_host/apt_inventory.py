# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. From what apt's probe found to the inventory: pure, nothing here asks the host."""

from __future__ import annotations

import datetime
import email.utils
import typing as t

from .._engine import dates
from .._engine.schemas import INVENTORY_SCHEMA
from .release_dates import Wanted

Document = t.Dict[str, t.Any]

AGENT = "amazon-ssm-agent"
STALE_AFTER = 24 * 60 * 60  # seconds
FETCH = "run 'apt-get update', or scan as root and not in check mode"
NEVER = ("", "0")  # APT::Periodic values that switch something off


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
        "unusable": _unusable(found),
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
        "unfinished": _unfinished(entry),
    }


def _unfinished(entry: Document) -> t.Optional[str]:
    """How dpkg left a package that it has not installed properly, in its word."""
    return entry.get("state") or ("reinst-required" if entry.get("reinstall") else None)


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


def add_dates(document: Document, released: t.Mapping[str, str]) -> None:
    """Write `released_at` into the versions of the inventory, from instants by the keys of `wanted_dates`."""
    for package in document["packages"]:
        for version in package["available"]:
            version["released_at"] = released.get(_key(package, version)) or _installed_since(package, version)


def _installed_since(package: Document, version: Document) -> t.Optional[str]:
    """What is installed was released then, at the latest; the archive is asked for newer versions only."""
    installed = package["installed"][0]
    return installed["installed_time"] if version["version"] == installed["version"] else None


def _key(package: Document, version: Document) -> str:
    return "%s:%s=%s" % (package["name"], package["arch"], version["version"])


def _unusable(found: Document) -> t.Optional[str]:
    """Without any package list apt knows of no update, and silence would look like compliance."""
    if not found["sources"]:
        return "no package sources are configured, so apt knows of no newer version of anything"
    if not found["files"]:
        return "no package list was ever fetched: " + FETCH
    return None


def _problems(found: Document) -> t.Iterator[Document]:
    if found["interrupted"]:
        why = "dpkg was interrupted, and apt does not see what it did last: run 'dpkg --configure --pending'"
        yield {"what": "the database of installed packages", "why": why}
    for source in found["sources"]:
        if not source["fetched"]:
            name = "%s %s" % (source["uri"], source["dist"])
            yield {"what": "the package lists of %s" % name, "why": "they were never fetched: " + FETCH}
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
    for source in found["sources"]:
        name = "%s %s" % (source["uri"], source["dist"])
        checked = source["checked"]
        valid_until = _release_time(source["valid_until"])
        if checked is not None and now.timestamp() - checked > STALE_AFTER:
            yield "the package lists of %s were last refreshed %s, more than 24 hours before this scan" % (
                name,
                _instant(checked),
            )
        if valid_until is not None and valid_until < now.timestamp():
            yield "the package lists of %s were valid until %s: the archive, or the mirror, is not kept up" % (
                name,
                _instant(valid_until),
            )
    unfinished = ["%s (%s)" % (entry["name"], _unfinished(entry)) for entry in found["packages"] if _unfinished(entry)]
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
        yield "%s is locked by %s" % (holder["lock"], holder["command"] or "a process")


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
