# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

What must not come along as the dependency of a patch: approval-rules.md, section 6; package-name-formats.md, section 3.
"""

from __future__ import annotations

import typing as t

from .baseline import Baseline
from .families import family_of
from .matching import Entries
from .patch import Document, Package
from .selection import identifies, titles


class Unwelcome:
    """Asked of every version that a transaction would bring without having been told to."""

    def __init__(
        self, inventory: Document, baseline: Baseline, override_list: t.Optional[t.Sequence[Document]] = None
    ) -> None:
        """An override list stands instead of the baseline, so that rejected patches may come with it."""
        family = family_of(inventory)
        blocked = baseline.rejected_patches if baseline.blocks_rejected and override_list is None else ()
        self._family = family
        self._rejected = Entries(blocked, family.special, family.digits_are_ids)
        self._override_list = override_list or ()
        self._known = {(package["name"], package["arch"]): package for package in inventory.get("packages") or ()}

    def reason(self, name: str, arch: str, version: str) -> t.Optional[str]:
        """Why this version must stay away, None when it may come."""
        document = self._known.get((name, arch), {"name": name, "arch": arch})
        package = Package(name, arch, "%s.%s" % (name, arch), document, None, (), ())
        offered = self._offered(document, version)
        hit = None
        if not self._rejected.empty:
            forms, globbed, ids = self._family.forms(package, offered)
            hit = self._rejected.naming(forms, globbed, ids)
        if hit is not None:
            return "rejected_patches entry '%s' names it" % hit.entry
        listed = [item for item in self._override_list if identifies(item, package)]
        title = self._family.title(package, offered)
        if listed and not any(titles(item, title) for item in listed):
            return "install_override_list names it as '%s'" % listed[0]["title"]
        return None

    def _offered(self, package: Document, version: str) -> Document:
        """The version as the inventory has it, with its advisories, or what its text tells."""
        for offer in package.get("available") or ():
            if self._family.text(offer) == version:
                return offer
        return self._family.version(version)
