# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Where the families of operating systems differ: order of versions, notices, names, what is security.

os-behaviour.md and approval-rules.md, sections 4.3 and 5.
"""

from __future__ import annotations

import typing as t

from . import versions
from .errors import InventoryError
from .matching import apt_forms, rpm_forms, suse_forms
from .operating_systems import FAMILIES, MANAGERS_BY_FAMILY, synonyms
from .patch import (
    DATED,
    DATELESS,
    UNDATED,
    Document,
    Notice,
    Package,
    Pair,
    Properties,
    Version,
    reference_of,
    title_case,
)

Forms = t.Tuple[str, ...]

# "N/A" is how some generators write "no severity" (os-behaviour.md, 1.1).
_NO_VALUE = ("", "n/a")


class Family:
    """What the engine asks about packages and versions, answered the way most families answer."""

    special = "*?["  # characters that make a list entry a glob
    digits_are_ids = False  # a list entry of digits only is a Bugzilla id
    synonyms: t.Dict[str, t.Tuple[str, ...]] = {}
    security_classifications: t.Tuple[str, ...] = ("security",)  # for the summary's security counts

    def __init__(self, inventory: Document) -> None:
        self._product: t.Optional[str] = inventory["node"].get("product")
        self._advisories: t.Dict[str, Document] = inventory.get("advisories") or {}
        self._repositories: t.Dict[str, Document] = inventory.get("repositories") or {}
        self._notices: t.Dict[str, Notice] = {}
        self._pairs: t.Dict[t.Any, Pair] = {}
        self._keys: t.Dict[t.Any, t.Any] = {}  # packages built from one source share their version
        self._release_dates: str = inventory.get("release_dates") or "ignored"

    def text(self, document: Document) -> str:
        return document["version"]

    def version(self, text: str) -> Document:
        """The part of an inventory that `text` is made of: a version that only a transaction names."""
        return {"version": text}

    def key(self, document: Document) -> t.Any:
        raise NotImplementedError

    def title(self, package: Package, document: Document) -> str:
        raise NotImplementedError

    def pairs(self, document: Document) -> t.List[Pair]:
        raise NotImplementedError

    def forms(self, package: Package, document: Document) -> t.Tuple[Forms, t.Optional[Forms], Forms]:
        """For Entries.naming, in lower case: the names of a version, those that globs may fit (None: all), its ids."""
        raise NotImplementedError

    def reported(self, pair: Pair) -> t.Tuple[str, str]:
        """Classification and vendor severity as reports show them."""
        return title_case(pair.properties.classification), title_case(pair.properties.severity)

    def notices(self, document: Document) -> t.List[Notice]:
        notices = []
        for key in document.get("advisories") or ():
            notice = self._notices.get(key)
            if notice is None:
                if key not in self._advisories:
                    raise InventoryError(
                        "version %s names advisory %s, which the inventory does not hold" % (document["version"], key)
                    )
                notice = self._notices[key] = self._notice(self._advisories[key])
            notices.append(notice)
        return notices

    def _notice(self, advisory: Document) -> Notice:
        raise NotImplementedError

    def named_pair(self, document: Document, identifier: str) -> t.Optional[Pair]:
        """The pair of the notice that a list entry names by one of its ids."""
        named = (notice.pair for notice in self.notices(document) if identifier.lower() in notice.ids)
        return next(named, None)

    def ids(self, document: Document) -> Forms:
        return tuple(identifier for notice in self.notices(document) for identifier in notice.ids)

    def package(self, document: Document) -> Package:
        """The package with its versions in order. Raises InventoryError when a version makes no sense."""
        name, arch = document["name"], document["arch"]
        try:
            installed, offered = self._ordered(document.get("installed") or (), document.get("available") or ())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InventoryError("package %s.%s: %s" % (name, arch, error)) from error
        excluded: t.Tuple[Version, ...] = ()
        if any(version.document.get("excluded") for version in offered):
            excluded = tuple(version for version in offered if version.document.get("excluded"))
            offered = [version for version in offered if not version.document.get("excluded")]
        return Package(name, arch, name + "." + arch, document, installed, _grouped(offered), excluded)

    def _ordered(
        self, installed: t.Sequence[Document], available: t.Sequence[Document]
    ) -> t.Tuple[t.Optional[Version], t.Sequence[Version]]:
        """The highest installed version, and what is on offer from that version on, newest first.

        Keys cost most of the time, so none is made where there is nothing to compare.
        """
        if len(installed) == 1 and not available:
            return Version(None, installed[0]), ()
        if len(installed) == 1 and len(available) == 1 and _written_alike(installed[0], available[0]):
            return Version(None, installed[0]), (Version(None, available[0]),)
        offered = [Version(self.key(offer), offer) for offer in available]
        if len(offered) > 1:
            offered.sort(key=_key, reverse=True)
        if not installed:
            return None, offered
        highest = max([Version(self.key(document), document) for document in installed], key=_key)
        return highest, [version for version in offered if version.key >= highest.key]


def _written_alike(one: Document, other: Document) -> bool:
    return (
        one["version"] == other["version"]
        and one.get("release") == other.get("release")
        and (one.get("epoch") or 0) == (other.get("epoch") or 0)
    )


def _grouped(versions: t.Sequence[Version]) -> t.Tuple[t.Tuple[Version, ...], ...]:
    """Neighbours of equal version together."""
    if len(versions) < 2:
        return ((versions[0],),) if versions else ()
    groups: t.List[t.List[Version]] = []
    for version in versions:
        if groups and groups[-1][0].key == version.key:
            groups[-1].append(version)
        else:
            groups.append([version])
    return tuple(tuple(group) for group in groups)


def _key(version: Version) -> t.Any:
    return version.key


class Rpm(Family):
    """Packages in rpm form. A version outside every notice counts from its build time."""

    security_outside_notices = False
    build_time_counts = True  # for what is outside every notice

    def key(self, document: Document) -> t.Any:
        written = (document.get("epoch"), document["version"], document.get("release"))
        key = self._keys.get(written)
        if key is None:
            key = self._keys[written] = versions.rpm_key(*written)
        return key

    def text(self, document: Document) -> str:
        return versions.rpm_text(document.get("epoch"), document["version"], document.get("release"))

    def version(self, text: str) -> Document:
        epoch, version, release = versions.rpm_parts(text)
        return {"epoch": epoch, "version": version, "release": release}

    def title(self, package: Package, document: Document) -> str:
        return "%s:%d:%s-%s" % (
            package.kb_id,
            document.get("epoch") or 0,
            document["version"],
            document.get("release") or "",
        )

    def pairs(self, document: Document) -> t.List[Pair]:
        keys = document.get("advisories")
        if keys:
            notices = self.notices(document)
            pairs = [notice.pair for notice in notices if notice.pair is not None]
            if pairs:
                return pairs
        return [self._pair_without_notice(document.get("build_time") if self.build_time_counts else None)]

    def _pair_without_notice(self, build_time: t.Any) -> Pair:
        pair = self._pairs.get(build_time)
        if pair is None:
            reference = reference_of(build_time)
            properties = Properties(
                product=self._product,
                security=self.security_outside_notices,
                dating=DATED if reference else DATELESS,
                reference=reference,
            )
            pair = self._pairs[build_time] = Pair(properties)
        return pair

    def _notice(self, advisory: Document) -> Notice:
        reference = reference_of(advisory.get("updated"), advisory.get("issued"))
        properties = Properties(
            self._product,
            _value(advisory.get("type")),
            _value(advisory.get("severity")),
            dating=DATED if reference else UNDATED,
            reference=reference,
        )
        required = self._required(properties)
        return Notice(advisory["id"], Pair(required) if required is not None else None, advisory)

    def _required(self, properties: Properties) -> t.Optional[Properties]:
        """None when the notice lacks what makes it one."""
        return properties


class Dnf(Rpm):
    """A notice without classification or severity counts as none."""

    digits_are_ids = True

    def __init__(self, inventory: Document) -> None:
        super().__init__(inventory)
        self.synonyms = synonyms(inventory["node"]["operating_system"])

    def forms(self, package: Package, document: Document) -> t.Tuple[Forms, t.Optional[Forms], Forms]:
        version, release = document["version"].lower(), (document.get("release") or "").lower()
        names = rpm_forms(package.name.lower(), package.arch.lower(), document.get("epoch"), version, release)
        return names, None, self.ids(document)

    def _required(self, properties: Properties) -> t.Optional[Properties]:
        return properties if properties.classification and properties.severity else None


class Yum(Dnf):
    """A notice without severity has severity None, which is a value."""

    def _required(self, properties: Properties) -> t.Optional[Properties]:
        return properties if properties.severity else properties._replace(severity="None")


class Zypper(Rpm):
    """Everything counts as security. The notices are SUSE's patches."""

    security_outside_notices = True
    build_time_counts = False

    def title(self, package: Package, document: Document) -> str:
        return "%s:0:%s-%s" % (package.kb_id, document["version"], document.get("release") or "")

    def forms(self, package: Package, document: Document) -> t.Tuple[Forms, t.Optional[Forms], Forms]:
        version, release = document["version"].lower(), (document.get("release") or "").lower()
        names = suse_forms(package.name.lower(), package.arch.lower(), version, release)
        patches = tuple(notice.id.lower() for notice in self.notices(document))
        return names + patches, None, ()


class Apt(Family):
    special = "*"

    def __init__(self, inventory: Document) -> None:
        super().__init__(inventory)
        self._security_repositories = {
            key for key, repository in self._repositories.items() if _is_security(repository)
        }

    def key(self, document: Document) -> t.Any:
        key = self._keys.get(document["version"])
        if key is None:
            key = self._keys[document["version"]] = versions.dpkg_key(document["version"])
        return key

    def title(self, package: Package, document: Document) -> str:
        return "%s:%s" % (package.kb_id, document["version"])

    def forms(self, package: Package, document: Document) -> t.Tuple[Forms, t.Optional[Forms], Forms]:
        names = apt_forms(package.name.lower(), package.arch.lower(), document["version"].lower())
        return names, names[:1], ()

    def pairs(self, document: Document) -> t.List[Pair]:
        repositories = document.get("repositories") or ()
        alike = (*repositories, document.get("priority"), document.get("section"), document.get("released_at"))
        pair = self._pairs.get(alike)
        if pair is None:
            security = any(key in self._security_repositories for key in repositories)
            pair = self._pairs[alike] = Pair(self._properties(document, security))
        return [pair]

    def _properties(self, document: Document, security: bool) -> Properties:
        reference = None
        dating = DATELESS
        if self._release_dates != "ignored":
            reference = reference_of(document.get("released_at"))
            dating = DATED if reference else UNDATED
        return Properties(
            product=self._product,
            classification="Security" if security else None,
            severity=document.get("priority"),
            priority=document.get("priority"),
            section=document.get("section"),
            security=security,
            dating=dating,
            reference=reference,
        )


class Macos(Family):
    special = ""

    def key(self, document: Document) -> t.Any:
        return versions.generic_key(document["version"])

    def title(self, package: Package, document: Document) -> str:
        return "%s.%s" % (package.name, document["version"])

    def forms(self, package: Package, document: Document) -> t.Tuple[Forms, t.Optional[Forms], Forms]:
        return (package.name.lower(),), (), ()

    def pairs(self, document: Document) -> t.List[Pair]:
        classification = document.get("classification")
        security = (classification or "").lower() == "security"
        return [Pair(Properties(product=self._product, classification=classification, security=security))]


class Windows(Family):
    """Updates instead of packages; each is its own patch."""

    special = ""
    security_classifications = ("securityupdates",)

    def update_pair(self, update: Document) -> Pair:
        reference = reference_of(update.get("release_date"))
        return Pair(
            Properties(
                product=update.get("product"),
                classification=update.get("classification"),
                msrc_severity=update.get("msrc_severity") or "Unspecified",
                patch_set=update.get("patch_set") or _patch_set(update.get("product_family")),
                product_family=update.get("product_family"),
                dating=DATED if reference else UNDATED,
                reference=reference,
            )
        )

    def reported(self, pair: Pair) -> t.Tuple[str, str]:
        return pair.properties.classification or "", pair.properties.msrc_severity or ""


_FAMILIES: t.Dict[str, t.Type[Family]] = {
    "apt": Apt,
    "dnf": Dnf,
    "macos": Macos,
    "windows": Windows,
    "yum": Yum,
    "zypper": Zypper,
}


def family_of(inventory: Document) -> Family:
    """The family of an inventory, by its manager. Raises InventoryError when that is no manager of its system."""
    system = inventory["node"]["operating_system"]
    managers = MANAGERS_BY_FAMILY[FAMILIES[system]]
    if inventory["manager"] not in managers:
        raise InventoryError("manager %s is none of %s: %s" % (inventory["manager"], system, ", ".join(managers)))
    return _FAMILIES[inventory["manager"]](inventory)


def _patch_set(product_family: t.Optional[str]) -> str:
    """What is not of the family Windows is an application (os-behaviour.md, 5)."""
    return "OS" if (product_family or "windows").lower() == "windows" else "APPLICATION"


def _value(written: t.Any) -> t.Optional[str]:
    value = written.strip() if isinstance(written, str) else ""
    return None if value.lower() in _NO_VALUE else value


def _is_security(repository: Document) -> bool:
    """A trusted archive named after security, or Debian's by its label, which mirrors keep (approval-rules.md, 5)."""
    if not repository.get("trusted"):
        return False
    return "security" in (repository.get("archive") or "").lower() or repository.get("label") == "Debian-Security"
