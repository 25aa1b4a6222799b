# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Patches as rules look at them: what a package version in a notice, or an update, is."""

from __future__ import annotations

import datetime
import typing as t

from .dates import parse_instant

Document = t.Dict[str, t.Any]

# How the rules' date fields apply to a patch.
DATED = "dated"  # they count from its reference
UNDATED = "undated"  # the vendor should have given a date and did not
DATELESS = "dateless"  # dates play no part: approved at once


class Properties(t.NamedTuple):
    """All that decides whether a rule approves; equal properties get equal verdicts, whatever the package is called."""

    product: t.Optional[str] = None
    classification: t.Optional[str] = None
    severity: t.Optional[str] = None
    priority: t.Optional[str] = None
    section: t.Optional[str] = None
    patch_set: t.Optional[str] = None
    product_family: t.Optional[str] = None
    msrc_severity: t.Optional[str] = None
    security: bool = True  # may be approved without a non-security flag
    dating: str = DATELESS
    reference: t.Optional[datetime.datetime] = None  # release, or last update


class Pair:
    """One package version in one notice, or outside every notice: what rules decide on.

    Versions that are alike to the rules share one pair, so that it is decided on once: it compares by identity.
    """

    __slots__ = ("properties",)

    def __init__(self, properties: Properties) -> None:
        self.properties = properties


class Notice(t.NamedTuple):
    """A vendor's advisory as rules and lists use it. `document` is its part of the inventory."""

    id: str
    pair: t.Optional[Pair]  # None: lacks what its package manager requires, so it counts as no notice
    document: Document

    @property
    def ids(self) -> t.Tuple[str, ...]:
        """Everything a list entry may call it by, in lower case."""
        document = self.document
        return tuple(
            str(value).lower() for value in (self.id, *(document.get("cves") or ()), *(document.get("bugzillas") or ()))
        )

    @property
    def cves(self) -> t.Sequence[str]:
        return self.document.get("cves") or ()


class Version(t.NamedTuple):
    """One version of a package, as installed or as a repository offers it."""

    key: t.Any  # compares with the other keys of its package as the package manager compares
    document: Document


class Package(t.NamedTuple):
    """A package to decide on. `document` is its part of the inventory."""

    name: str
    arch: str
    kb_id: str
    document: Document
    installed: t.Optional[Version]  # the highest one
    candidates: t.Tuple[t.Tuple[Version, ...], ...]  # not older than installed, newest first, equal versions together
    excluded: t.Tuple[Version, ...]  # newer, but the package manager's configuration forbids them


def reference_of(*written: t.Any) -> t.Optional[datetime.datetime]:
    """The first of these dates that makes sense."""
    for value in written:
        instant = parse_instant(value)
        if instant is not None:
            return instant
    return None


def title_case(word: t.Optional[str]) -> str:
    return word[:1].upper() + word[1:].lower() if word else ""
