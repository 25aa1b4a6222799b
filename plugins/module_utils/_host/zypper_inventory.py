# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. From what zypper, rpm and libzypp's files say to the inventory: pure, asks nobody."""

from __future__ import annotations

import datetime
import functools
import typing as t

from .._engine import dates, versions
from .._engine.schemas import INVENTORY_SCHEMA
from .zypp_metadata import Metadata
from .zypper_output import Answer, Edition, Installed, LockMatch, Named, Offer, Repository

Document = t.Dict[str, t.Any]

AGENT = "amazon-ssm-agent"
RETRACTED = "retracted"  # status of a patch that its vendor withdrew
STALE_AFTER = 24 * 60 * 60  # seconds
ANOTHER_VENDOR = "zypper would have to change the vendor of the package for it, which it does not do in updates"


_rpm_key = functools.lru_cache(maxsize=4096)(versions.rpm_key)  # most versions are compared more than once


class Found(t.NamedTuple):
    """Everything that was read, before any sense is made of it."""

    repositories: t.Sequence[Repository]
    metadata: t.Mapping[str, Metadata]  # by alias, of the enabled ones
    installed: t.Sequence[Installed]
    answer: Answer
    boot_time: t.Optional[int]  # seconds since the epoch
    reboot: Document  # schemas.REBOOT


def inventory(found: Found, node: Document, now: datetime.datetime) -> Document:
    """The inventory (schemas.INVENTORY) but for its advisories, which `add_advisories` adds."""
    enabled = [repository for repository in found.repositories if repository.enabled]
    checks = [found.metadata[repository.alias].checked for repository in enabled]
    problems = list(_problems(enabled, found.metadata))
    return {
        "schema": INVENTORY_SCHEMA,
        "captured_at": dates.text(now),
        "node": _with_agent(node, found.installed),
        "manager": "zypper",
        "complete": not problems,
        "unusable": _unusable(enabled, found.metadata),
        "problems": problems,
        "warnings": list(_warnings(enabled, found.metadata, now)) + found.answer.complaints,
        "refreshed_at": _instant(min(t.cast(t.List[float], checks))) if checks and None not in checks else None,
        "boot_time": _instant(found.boot_time),
        "reboot": found.reboot,
        "activity": [],
        "repositories": {entry.alias: _repository(entry, found.metadata[entry.alias]) for entry in enabled},
        "advisories": {},
        "packages": _packages(enabled, found.installed, found.answer),
    }


def _repository(repository: Repository, metadata: Metadata) -> Document:
    return {
        "id": repository.alias,
        "uri": repository.uri,
        "label": repository.name,
        "trusted": repository.trusted,
        "released_at": _instant(metadata.revised),
        "refreshed_at": _instant(metadata.checked),
    }


def _packages(enabled: t.Sequence[Repository], installed: t.Sequence[Installed], answer: Answer) -> t.List[Document]:
    aliases: t.Dict[str, t.List[str]] = {}
    for repository in enabled:
        aliases.setdefault(repository.name, []).append(repository.alias)
    packages: t.Dict[Named, Document] = {}
    highest: t.Dict[Named, str] = {}
    for entry in installed:
        named = (entry.name, entry.arch)
        package = packages.setdefault(
            named, {"name": entry.name, "arch": entry.arch, "installed": [], "available": [], "held": None}
        )
        package["installed"].append(dict(_version(entry.edition), installed_time=_instant(entry.installed_time)))
        highest[named] = max(highest.get(named, ""), _rpm_key(*entry.edition))
    _add_offers(packages, aliases, highest, answer.offers)
    _add_locks(packages, answer.locks)
    _exclude_vendor_changes(packages, highest, answer)
    return [packages[named] for named in sorted(packages)]


def _version(edition: Edition) -> Document:
    return {"epoch": edition[0], "version": edition[1], "release": edition[2]}


def _edition(document: Document) -> Edition:
    return document["epoch"], document["version"], document["release"]


def _add_offers(
    packages: t.Mapping[Named, Document],
    aliases: t.Mapping[str, t.List[str]],
    highest: t.Mapping[Named, str],
    offers: t.Sequence[Offer],
) -> None:
    """What repositories offer of the installed packages, from the installed version on, each version once."""
    known: t.Dict[t.Tuple[Named, Edition], Document] = {}
    for offer in offers:
        named = (offer.name, offer.arch)
        if named not in packages or offer.repository not in aliases:
            continue  # of another architecture; or listed because it is installed, from no repository
        if _rpm_key(*offer.edition) < highest[named]:
            continue
        version = known.get((named, offer.edition))
        if version is None:
            version = dict(_version(offer.edition), repositories=[], advisories=[], excluded=None)
            known[named, offer.edition] = version
            packages[named]["available"].append(version)
        version["repositories"] += [
            alias for alias in aliases[offer.repository] if alias not in version["repositories"]
        ]


def vendors_in_question(installed: t.Sequence[Installed], answer: Answer) -> bool:
    """Whether zypper leaves a newer version alone, which may be so because the package would change its vendor.

    A package that is locked is left alone whatever its vendor.
    """
    locked = {(lock.name, lock.arch) for lock in answer.locks if lock.installed}
    there: t.Dict[Named, t.Set[Edition]] = {}
    for entry in installed:
        there.setdefault((entry.name, entry.arch), set()).add(entry.edition)
    for offer in answer.offers:
        named = (offer.name, offer.arch)
        editions = there.get(named)
        if editions is None or offer.edition in editions or named in locked:
            continue
        update = answer.updates.get(named)
        known = editions if update is None else {update.edition}
        if offer.edition not in known and _rpm_key(*offer.edition) > max(_rpm_key(*edition) for edition in known):
            return True
    return False


def _exclude_vendor_changes(
    packages: t.Mapping[Named, Document], highest: t.Mapping[Named, str], answer: Answer
) -> None:
    """Versions to which zypper, or beyond which, it would go only if vendors could change, in the same repository.

    What it offers in neither case has other hindrances, such as dependencies, which must not hide a patch.
    """
    for named, change in answer.vendor_changes.items():
        package = packages.get(named)
        update = answer.updates.get(named)
        if package is None or update == change:
            continue
        above = highest[named] if update is None else _rpm_key(*update.edition)
        most = _rpm_key(*change.edition)
        for version in package["available"]:
            if above < _rpm_key(*_edition(version)) <= most and version["repositories"] == [change.repository]:
                version["excluded"] = version["excluded"] or ANOTHER_VENDOR


def _add_locks(packages: t.Mapping[Named, Document], locks: t.Sequence[LockMatch]) -> None:
    """A lock on what is installed holds the package; one on other versions alone excludes these."""
    held = {(lock.lock, lock.name, lock.arch) for lock in locks if lock.installed}
    for lock in locks:
        package = packages.get((lock.name, lock.arch))
        if package is None:
            continue
        words = "locked by zypper's lock '%s'" % lock.lock
        if (lock.lock, lock.name, lock.arch) in held:
            package["held"] = words
            continue
        for version in package["available"]:
            if _edition(version) == lock.edition and not version["excluded"]:
                version["excluded"] = words


def add_advisories(document: Document, alias: str, advisories: t.Iterable[Document]) -> None:
    """Write a repository's patches into the inventory: those that list a version on offer for an installed package.

    Retracted ones are left out. A version that only a retracted patch lists is no candidate: the vendor withdrew it.
    """
    offered = {
        (package["name"], package["arch"], _edition(version)): version
        for package in document["packages"]
        for version in package["available"]
    }
    kept: t.List[Document] = []
    withdrawn: t.List[t.Tuple[Document, str]] = []
    try:
        for advisory in advisories:
            listed = [
                offered[place]
                for place in dict.fromkeys(
                    (entry.name, entry.arch, (entry.epoch, entry.version, entry.release))
                    for entry in advisory["packages"]
                )
                if place in offered
            ]
            if not listed:
                continue
            if (advisory["status"] or "").lower() == RETRACTED:
                withdrawn += [(version, advisory["id"]) for version in listed]
                continue
            key = _free_key(document["advisories"], alias, advisory["id"])
            document["advisories"][key] = _advisory(advisory, alias)
            kept.append(advisory)
            for version in listed:
                version["advisories"].append(key)
    finally:  # what stood before the damage is good
        for version, identifier in withdrawn:
            if not version["advisories"] and not version["excluded"]:
                version["excluded"] = "its vendor retracted patch %s, which brought it" % identifier
        document["warnings"] += _missing_members(alias, kept)


def _free_key(taken: t.Container[str], alias: str, identifier: str) -> str:
    """A patch that is there twice, as a later edition, is two: a version in both is decided on twice."""
    key = "%s/%s" % (alias, identifier)
    number = 1
    while key in taken:
        number += 1
        key = "%s/%s#%d" % (alias, identifier, number)
    return key


def _advisory(advisory: Document, alias: str) -> Document:
    members = ("id", "type", "severity", "issued", "updated", "cves", "bugzillas", "title")
    return dict({member: advisory[member] for member in members}, repository=alias)


def _missing_members(alias: str, advisories: t.Sequence[Document]) -> t.Iterator[str]:
    """What rules ask for and older vendors' patches do not say: said, not guessed."""
    lacking = sum(1 for advisory in advisories if not advisory["severity"])
    if lacking:
        yield (
            "%d of %d patches from repository %s have no severity: only rules that ask for none can approve them"
            % (lacking, len(advisories), alias)
        )
    lacking = sum(
        1
        for advisory in advisories
        if dates.parse_instant(advisory["updated"]) is None and dates.parse_instant(advisory["issued"]) is None
    )
    if lacking:
        yield (
            "%d of %d patches from repository %s have no date: option 'undated' says what delays make of them"
            % (lacking, len(advisories), alias)
        )


def _unusable(enabled: t.Sequence[Repository], metadata: t.Mapping[str, Metadata]) -> t.Optional[str]:
    """Without metadata zypper knows of no update, and silence would look like compliance."""
    if not enabled:
        return "no repositories are enabled, so zypper knows of no newer version of anything"
    if not any(metadata[repository.alias].fetched for repository in enabled):
        return "no repository was ever fetched: run 'zypper refresh', or scan as root and not in check mode"
    return None


def _problems(enabled: t.Sequence[Repository], metadata: t.Mapping[str, Metadata]) -> t.Iterator[Document]:
    for repository in enabled:
        known = metadata[repository.alias]
        problem = known.problem if known.fetched else "it was never fetched: run 'zypper refresh'"
        if problem:
            yield {"what": "the metadata of repository %s" % repository.alias, "why": problem}


def _warnings(
    enabled: t.Sequence[Repository], metadata: t.Mapping[str, Metadata], now: datetime.datetime
) -> t.Iterator[str]:
    """Instants, not ages: two scans of an unchanged node say the same."""
    for repository in enabled:
        checked = metadata[repository.alias].checked
        if checked is not None and now.timestamp() - checked > STALE_AFTER:
            yield "the metadata of repository %s was last refreshed %s, more than 24 hours before this scan" % (
                repository.alias,
                _instant(checked),
            )


def _with_agent(node: Document, installed: t.Sequence[Installed]) -> Document:
    version = next(("%s-%s" % entry.edition[1:] for entry in installed if entry.name == AGENT), None)
    if version is None:
        return node
    return {**node, "platform": {**node.get("platform", {}), "agent_version": version}}


def _instant(seconds: t.Optional[float]) -> t.Optional[str]:
    return None if seconds is None else dates.text(datetime.datetime.fromtimestamp(int(seconds), dates.UTC))
