# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf 4 and dnf5 have in common: one document of findings makes the inventory."""

from __future__ import annotations

import abc
import typing as t

from .advisories import DecoderMissing
from .ahead import Ahead
from .base import Document, PackageManager
from .boot import boot_time
from .dnf_inventory import Advisories, inventory

SYSTEM_PYTHON = "/usr/bin/python3"


class DnfFamily(PackageManager):
    """A package manager whose findings have the shape that probes/dnf.py gives them."""

    cache: t.ClassVar[str]  # where it keeps the repositories of the node by default

    def inventory(self, node: Document) -> Document:
        """The repositories are asked once, and refreshed on that occasion where they are due.

        Raises BackendError with the remedy when the package manager cannot be asked.
        """
        options = self._probe_options(node)
        with Ahead(options.get("cachedir", self._options.root + self.cache)) as ahead:
            found = dict(self._look(options), boot_time=boot_time())
            ahead.keep({repository["updateinfo"] for repository in found["repositories"]})
            now = self._clock()
            document = inventory(found, node, now)
            if self._due_and_forbidden(found):
                document["warnings"].insert(
                    0, "the repositories' metadata was due for a refresh, which needs root: run with become: true"
                )
            unread = self._advise(document, found, ahead)
        if unread:
            self._advise_without_decoder(document, options, unread)
        document["complete"] = not document["problems"]
        return document

    @abc.abstractmethod
    def _look(self, options: Document) -> Document:
        """What the package manager finds. Raises BackendError with the remedy."""

    @abc.abstractmethod
    def _advise_without_decoder(self, document: Document, options: Document, unread: t.Mapping[str, str]) -> None:
        """Make up for advisories that nothing here decompresses; `unread`: what to install, by repository."""

    @abc.abstractmethod
    def _place(self, node: Document) -> Document:
        """What every question says of the node: which file system and repositories, and how long to wait for locks."""

    def _probe_options(self, node: Document) -> Document:
        may_refresh = self._options.privileged and not self._options.check_mode
        return {
            "refresh": self._options.refresh if may_refresh else "never",
            "cache_valid_time": self._options.cache_valid_time,
            **self._place(node),
        }

    def _due_and_forbidden(self, found: Document) -> bool:
        """Whether this run should have refreshed and may not; in check mode that is as intended."""
        if self._options.privileged or self._options.check_mode or self._options.refresh == "never":
            return False
        oldest = self._clock().timestamp() - self._options.cache_valid_time
        return self._options.refresh == "always" or any(
            repository["checked"] is None or repository["checked"] < oldest for repository in found["repositories"]
        )

    def _advise(self, document: Document, found: Document, ahead: Ahead) -> t.Dict[str, str]:
        """Enter each repository's own advisories; what to install to read them, by repository where it is missing."""
        entries = Advisories(document)
        names = {package["name"] for package in document["packages"]}
        unread = {}
        for repository in found["repositories"]:
            if repository["updateinfo"] is None:
                continue
            reading = ahead.reading(repository["updateinfo"], names, entries.offers)
            for advisory in reading.advisories:
                entries.add(repository["id"], advisory)
            if isinstance(reading.error, DecoderMissing):
                unread[repository["id"]] = reading.error.package
            elif reading.error is not None:
                document["problems"].append(
                    {"what": "advisories of repository %s" % repository["id"], "why": str(reading.error)}
                )
            document["warnings"] += reading.senseless
        return unread


def unusable(command: str, words: str) -> str:
    """Why a package manager cannot start, in its words, with the remedy."""
    if "already locked" in words:
        remedy = "Scan again when that process has ended, or raise lock_timeout"
    else:
        remedy = "Run '%s check-update' on the node and look at what it reports" % command
    return "%s cannot start: %s. %s" % (command, words, remedy)
