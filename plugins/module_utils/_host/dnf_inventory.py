# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. From what dnf's probe found to the inventory: pure, nothing here asks the host."""

from __future__ import annotations

import datetime
import fnmatch
import typing as t

from .._engine import dates
from .._engine.schemas import INVENTORY_SCHEMA

Document = t.Dict[str, t.Any]
Nevra = t.Tuple[str, int, str, str, str]  # name, epoch, version, release, arch

AGENT = "amazon-ssm-agent"
STALE_AFTER = 24 * 60 * 60  # seconds
SKIPPED = "skipping"  # in dnf's words about a file of repositories that it cannot read
RETRACTED = "retracted"  # status of an advisory that its vendor took back

# As `dnf needs-restarting --reboothint`, which adds those of /etc/dnf/plugins/needs-restarting.d as well.
REBOOT_NAMES = (
    "kernel",
    "kernel-core",
    "kernel-rt",
    "glibc",
    "linux-firmware",
    "systemd",
    "dbus",
    "dbus-broker",
    "dbus-daemon",
    "microcode_ctl",
)


def inventory(found: Document, node: Document, now: datetime.datetime) -> Document:
    """The inventory (schemas.INVENTORY) from what the probe found, without advisories: see Advisories."""
    packages = [_package(entry, found) for entry in found["packages"]]
    packages.sort(key=lambda package: (package["name"], package["arch"]))
    repositories = found["repositories"]
    checks = [repository["checked"] for repository in repositories]
    problems = list(_problems(found))
    return {
        "schema": INVENTORY_SCHEMA,
        "captured_at": dates.text(now),
        "node": _with_agent(node, found["packages"]),
        "manager": "dnf",
        "complete": not problems,
        "unusable": _unusable(found),
        "problems": problems,
        "warnings": list(_warnings(found, now)),
        "refreshed_at": _instant(min(checks)) if checks and None not in checks else None,
        "boot_time": _instant(found["boot_time"]),
        "reboot": reboot(found),
        "activity": ["dnf-automatic works on its own (%s)" % timer for timer in found["timers"]],
        "repositories": {repository["id"]: _repository(repository) for repository in repositories},
        "advisories": {},
        "packages": packages,
    }


def _repository(entry: Document) -> Document:
    return {
        "id": entry["id"],
        "uri": entry["uri"],
        "label": entry["name"] or None,
        "trusted": entry["gpgcheck"],
        "released_at": _instant(entry["published"]),
        "refreshed_at": _instant(entry["checked"]),
    }


def _package(entry: Document, found: Document) -> Document:
    name, arch = entry["name"], entry["arch"]
    locks = [rule for rule in found["locks"] if _names(rule, name)]
    newer, available = [], []
    installed = {(version["epoch"], version["version"], version["release"]) for version in entry["installed"]}
    for version in entry["versions"]:
        nevra = nevra_of(entry, version)
        offer = {
            "epoch": version["epoch"],
            "version": version["version"],
            "release": version["release"],
            "repositories": sorted(set(version["repositories"])),
            "advisories": [],
            "build_time": _instant(version["build_time"] or None),
            "excluded": _excluded(nevra, version, found) or lock_out(nevra, locks),
            "size": version["size"],
        }
        available.append(offer)
        if nevra[1:4] not in installed:
            newer.append((nevra, offer))
    available.sort(key=lambda offer: (offer["epoch"], offer["version"], offer["release"]))
    return {
        "name": name,
        "arch": arch,
        "installed": [
            {
                "epoch": version["epoch"],
                "version": version["version"],
                "release": version["release"],
                "installed_time": _instant(version["installed"] or None),
            }
            for version in entry["installed"]
        ],
        "available": available,
        "held": _hold(newer, locks),
    }


def nevra_of(package: Document, version: Document) -> Nevra:
    return package["name"], version["epoch"], version["version"], version["release"], package["arch"]


def _excluded(nevra: Nevra, version: Document, found: Document) -> t.Optional[str]:
    """Why dnf's configuration hides a version in every repository that offers it; None where it does not."""
    hidden = set(version["excluded"])
    if not hidden or hidden != set(version["repositories"]):
        return None
    entry = _first_match(nevra, found["excludepkgs"])
    if entry is not None:
        return "excludepkgs of dnf.conf names it (%s)" % entry
    for repository in found["repositories"]:
        if repository["id"] in hidden:
            entry = _first_match(nevra, repository["excludepkgs"])
            if entry is not None:
                return "excludepkgs of repository %s names it (%s)" % (repository["id"], entry)
            if repository["includepkgs"] and _first_match(nevra, repository["includepkgs"]) is None:
                return "includepkgs of repository %s does not name it" % repository["id"]
    if found["includepkgs"]:
        return "includepkgs of dnf.conf does not name it"
    return "dnf's configuration, or a plugin of dnf, excludes it"


def _first_match(nevra: Nevra, entries: t.Iterable[str]) -> t.Optional[str]:
    forms = written_forms(nevra)
    return next((entry for entry in entries if any(fnmatch.fnmatchcase(form, entry) for form in forms)), None)


def written_forms(nevra: Nevra) -> t.Tuple[str, ...]:
    """How dnf's own settings may call a package version."""
    name, epoch, version, release, arch = nevra
    full = "%s-%s" % (version, release)
    return (
        name,
        "%s.%s" % (name, arch),
        "%s-%s" % (name, version),
        "%s-%s" % (name, full),
        "%s-%s.%s" % (name, full, arch),
        "%s-%d:%s" % (name, epoch, version),
        "%s-%d:%s" % (name, epoch, full),
        "%s-%d:%s.%s" % (name, epoch, full, arch),
    )


def _names(rule: Document, name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, form[0]) for form in rule["forms"] if form[0])


def _covers(rule: Document, nevra: Nevra) -> bool:
    """Whether one of the versions that a rule's pattern may stand for is this one; what it leaves open is any."""
    return any(
        all(wanted in (None, -1) or fnmatch.fnmatchcase(str(value), str(wanted)) for value, wanted in zip(nevra, form))
        for form in rule["forms"]
    )


def lock_out(nevra: Nevra, locks: t.Sequence[Document]) -> t.Optional[str]:
    """Why `dnf versionlock exclude` forbids this very version, or None."""
    for rule in locks:
        if rule["exclude"] and _covers(rule, nevra):
            return "dnf versionlock excludes it (%s)" % rule["pattern"]
    return None


def _hold(newer: t.Sequence[t.Tuple[Nevra, Document]], locks: t.Sequence[Document]) -> t.Optional[str]:
    """The lock that keeps a package from every newer version.

    Where it lets one through, the others are excluded; where it lets none through they stay candidates, and are
    reported as missing and held.
    """
    rules = [rule for rule in locks if not rule["exclude"]]
    if not rules:
        return None
    reason = "locked by dnf versionlock (%s)" % ", ".join(rule["pattern"] for rule in rules)
    outside = [offer for nevra, offer in newer if not any(_covers(rule, nevra) for rule in rules)]
    if len(outside) == len(newer):
        return reason
    for offer in outside:
        offer["excluded"] = offer["excluded"] or reason
    return None


class Advisories:
    """The advisories that list a version on offer, written into an inventory as they are read."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.offers: t.Dict[Nevra, Document] = {}
        for package in document["packages"]:
            for version in package["available"]:
                self.offers[nevra_of(package, version)] = version

    def add(self, repository: str, advisory: Document) -> None:
        """Enter one advisory of a repository: members as advisories.parse_updateinfo gives them."""
        if (advisory.get("status") or "").lower() == RETRACTED:
            return
        listed = [nevra for nevra in (tuple(package[:5]) for package in advisory["packages"]) if nevra in self.offers]
        if not listed:
            return
        key = self._enter(repository, advisory)
        for nevra in listed:
            keys = self.offers[nevra]["advisories"]
            if key not in keys:
                keys.append(key)

    def _enter(self, repository: str, advisory: Document) -> str:
        """The key of the advisory in the inventory. The same one from another repository is one, with all its ids."""
        table = self._document["advisories"]
        key, number = advisory["id"], 1
        while key in table and not _alike(table[key], advisory):
            number += 1
            key = "%s#%d" % (advisory["id"], number)
        if key not in table:
            table[key] = {
                "id": advisory["id"],
                "type": advisory["type"],
                "severity": advisory["severity"],
                "issued": advisory.get("issued"),
                "updated": advisory["updated"],
                "title": advisory["title"],
                "cves": list(advisory["cves"]),
                "bugzillas": list(advisory["bugzillas"]),
                "repository": repository,
            }
        else:
            for member in ("cves", "bugzillas"):
                known = table[key][member]
                known.extend(value for value in advisory[member] if value not in known)
        return key


def _alike(known: Document, advisory: Document) -> bool:
    return all(known[member] == advisory.get(member) for member in ("type", "severity", "issued", "updated"))


def _unusable(found: Document) -> t.Optional[str]:
    """Without any metadata dnf knows of no update, and silence would look like compliance."""
    if not found["packages"]:
        return "the rpm database lists no package, which no node managed by dnf can be without"
    if not found["repositories"]:
        return "no repository is enabled, so dnf knows of no newer version of anything"
    if not any(repository["fetched"] for repository in found["repositories"]):
        return "no repository was ever fetched: run 'dnf makecache', or scan as root and not in check mode"
    return None


def _problems(found: Document) -> t.Iterator[Document]:
    for path in found["unreadable"]:
        yield {"what": path, "why": "this user may not read it, and dnf passes over it: run with become: true"}
    for complaint in found["complaints"]:
        if SKIPPED in complaint:
            yield {"what": "dnf's repositories", "why": complaint}
    for repository in found["repositories"]:
        if not repository["fetched"]:
            yield {
                "what": "repository %s" % repository["id"],
                "why": "nothing of it is cached, so what it offers is unknown: %s" % repository["failure"],
            }
        elif repository["has_updateinfo"] and not repository["updateinfo"]:
            yield {
                "what": "advisories of repository %s" % repository["id"],
                "why": "dnf has not fetched its updateinfo: look at optional_metadata_types in dnf.conf",
            }
    if found["own_cache"]:
        yield {
            "what": found["own_cache"],
            "why": "this user's own cache stands in for that of root, which is empty or closed: run with become: true",
        }


def _warnings(found: Document, now: datetime.datetime) -> t.Iterator[str]:
    """Instants, not ages: two scans of an unchanged node say the same."""
    for complaint in found["complaints"]:
        if SKIPPED not in complaint:
            yield complaint
    own = found["own_releasever"]
    if own != found["releasever"]:
        yield (
            "the repositories of release %s were asked, as Patch Manager does; dnf itself is locked to %s here:"
            " 'dnf --releasever=%s' sees the same" % (found["releasever"], own, found["releasever"])
        )
    for repository in found["repositories"]:
        checked = repository["checked"]
        if repository["fetched"] and repository["failure"]:
            yield "repository %s was not refreshed: %s" % (repository["id"], repository["failure"])
        if checked is not None and now.timestamp() - checked > STALE_AFTER:
            yield "the metadata of repository %s was last refreshed %s, more than 24 hours before this scan" % (
                repository["id"],
                _instant(checked),
            )
    if found["ostree"]:
        yield "this node boots an image (ostree): its packages are changed by a new image, not by dnf"


def reboot(found: Document) -> Document:
    """Whether something that only a reboot renews was installed since the node booted."""
    names = {*REBOOT_NAMES, *found["reboot_names"]}
    boot = found["boot_time"]
    if boot is None:
        return {"required": None, "reason": "when the node booted is unknown", "packages": []}
    renewed = sorted(
        {
            entry["name"]
            for entry in found["packages"]
            if entry["name"] in names and any(version["installed"] > boot for version in entry["installed"])
        }
    )
    reason = "installed since the node booted: %s" % ", ".join(renewed) if renewed else None
    return {"required": bool(renewed), "reason": reason, "packages": renewed}


def _with_agent(node: Document, packages: t.Sequence[Document]) -> Document:
    versions = (entry["installed"][-1] for entry in packages if entry["name"] == AGENT)
    agent = next(("%s-%s" % (version["version"], version["release"]) for version in versions), None)
    if agent is None:
        return node
    return {**node, "platform": {**node.get("platform", {}), "agent_version": agent}}


def _instant(seconds: t.Optional[float]) -> t.Optional[str]:
    return None if seconds is None else dates.text(datetime.datetime.fromtimestamp(int(seconds), dates.UTC))
