# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. dnf 4: asked through its probe; dnf_inventory.py reads the answer."""

from __future__ import annotations

import os
import sys
import types
import typing as t

from . import dnf_sources
from .advisories import AdvisoryError, DecoderMissing, read_updateinfo
from .base import BackendError, BindingsMissing, CacheUnusable, Document, Options, PackageManager, Run, ask_probe
from .dnf_inventory import Advisories, inventory
from .probes import dnf as gathering

# The first is there on EL 8 and later; on EL 8 it alone has the bindings. The module's own Python may be any.
SYSTEM_PYTHONS = ("/usr/libexec/platform-python", "/usr/bin/python3")
BINDINGS = "python3-dnf"
DNF5 = "/usr/bin/dnf5"
# Patch Manager asks the latest repositories of these, whatever release the node is locked to.
LATEST_RELEASE = ("AMAZON_LINUX_2022", "AMAZON_LINUX_2023")


class Dnf(PackageManager):
    """dnf 4 on Amazon Linux 2022 and later, EL 8 and later, and Fedora."""

    def inventory(self, node: Document) -> Document:
        """One process, which also refreshes what is due; a second one where nothing here reads a file of advisories.

        Raises BackendError with the remedy when dnf cannot be asked.
        """
        options = self._probe_options(node)
        found = look(self._run, self._options, options)
        now = self._clock()
        document = inventory(found, node, now)
        if self._due_and_forbidden(found):
            document["warnings"].insert(
                0, "the repositories' metadata was due for a refresh, which needs root: run with become: true"
            )
        unread = self._advise(document, found)
        if unread:
            self._advise_from_bindings(document, options, unread)
        document["complete"] = not document["problems"]
        return document

    def _probe_options(self, node: Document) -> Document:
        may_refresh = self._options.privileged and not self._options.check_mode
        return {
            "refresh": self._options.refresh if may_refresh else "never",
            "cache_valid_time": self._options.cache_valid_time,
            **place(self._options, node["operating_system"]),
        }

    def _due_and_forbidden(self, found: Document) -> bool:
        """Whether this run should have refreshed and may not; in check mode that is as intended."""
        if self._options.privileged or self._options.check_mode or self._options.refresh == "never":
            return False
        oldest = self._clock().timestamp() - self._options.cache_valid_time
        return self._options.refresh == "always" or any(
            repository["checked"] is None or repository["checked"] < oldest for repository in found["repositories"]
        )

    def _advise(self, document: Document, found: Document) -> t.Dict[str, str]:
        """Enter each repository's own advisories; what to install to read them, by repository where it is missing."""
        entries = Advisories(document)
        unread = {}
        for repository in found["repositories"]:
            if repository["updateinfo"] is None:
                continue
            senseless: t.List[str] = []
            try:
                for advisory in read_updateinfo(repository["updateinfo"], senseless):
                    entries.add(repository["id"], advisory)
            except DecoderMissing as error:
                unread[repository["id"]] = error.package
            except AdvisoryError as error:
                document["problems"].append(
                    {"what": "advisories of repository %s" % repository["id"], "why": str(error)}
                )
            document["warnings"] += senseless
        return unread

    def _advise_from_bindings(self, document: Document, options: Document, unread: t.Mapping[str, str]) -> None:
        """The bindings' advisories where there is nothing better: dates that they cannot read are unknown."""
        again = dict(options, refresh="never", advisories=sorted(unread))
        entries = Advisories(document)
        for advisory in look(self._run, self._options, again)["advisories"]:
            entries.add(", ".join(sorted(unread)), advisory)
        document["warnings"] += [
            "the advisories of repository %s come from dnf, which loses some of their dates: install %s"
            % (repository, package)
            for repository, package in sorted(unread.items())
        ]


def place(options: Options, operating_system: str) -> Document:
    """What every question to dnf says of the node: which file system, release and repositories."""
    found: Document = {"lock_timeout": options.lock_timeout}
    if options.root:
        found["rootdir"] = options.root
    if operating_system in LATEST_RELEASE:
        found["releasever"] = "latest"
    if options.sources:
        found.update(dnf_sources.write(options))
    return found


def look(
    run: Run,
    options: Options,
    asked: Document,
    probe: types.ModuleType = gathering,
    libraries: t.Sequence[types.ModuleType] = (),
) -> Document:
    """The answer of a probe. Raises BackendError with the remedy when dnf cannot be asked."""
    chosen = options.interpreter
    interpreters = [chosen] if chosen else list(dict.fromkeys([*SYSTEM_PYTHONS, sys.executable]))
    try:
        return ask_probe(run, probe, interpreters, asked, libraries)
    except BindingsMissing as error:
        if chosen:
            raise BackendError(
                "bindings_interpreter cannot be used (%s). Name a Python that has %s, or leave the option out"
                % (error, BINDINGS)
            ) from error
        raise BackendError(without_bindings(str(error), os.path.exists(options.root + DNF5))) from error
    except CacheUnusable as error:
        raise BackendError(unusable(str(error))) from error


def without_bindings(lacking: str, has_dnf5: bool) -> str:
    """Why dnf cannot be asked on a node where no interpreter has its bindings."""
    if has_dnf5:
        return (
            "this node has dnf5, which this version of the collection does not ask; it works with dnf 4, whose Python"
            " bindings (package %s) are missing (%s)" % (BINDINGS, lacking)
        )
    return "dnf's Python bindings are missing (%s). Install them with 'dnf install %s'" % (lacking, BINDINGS)


def unusable(words: str) -> str:
    """Why dnf cannot start, in its words, with the remedy."""
    if "already locked" in words:
        remedy = "Scan again when that process has ended, or raise lock_timeout"
    else:
        remedy = "Run 'dnf check-update' on the node and look at what it reports"
    return "dnf cannot start: %s. %s" % (words, remedy)
