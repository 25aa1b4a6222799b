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
from .base import BackendError, BindingsMissing, CacheUnusable, Document, Options, Run, ask_probe
from .dnf5 import Dnf5, has_dnf5
from .dnf_family import SYSTEM_PYTHON, DnfFamily, unusable
from .dnf_inventory import Advisories
from .probes import dnf as gathering

# The first is there on EL 8 and later; on EL 8 it alone has the bindings. The module's own Python may be any.
SYSTEM_PYTHONS = ("/usr/libexec/platform-python", SYSTEM_PYTHON)
BINDINGS = "python3-dnf"
COMMAND = "/usr/bin/dnf-3"  # whatever /usr/bin/dnf is
# Patch Manager asks the latest repositories of these, whatever release the node is locked to.
LATEST_RELEASE = ("AMAZON_LINUX_2022", "AMAZON_LINUX_2023")


class Dnf(DnfFamily):
    """dnf 4 on Amazon Linux 2022 and later, EL 8 and later, and Fedora; dnf5 where that alone is there."""

    cache = "/var/cache/dnf"

    def inventory(self, node: Document) -> Document:
        """One process, which also refreshes what is due; a second one where nothing here reads a file of advisories.

        Raises BackendError with the remedy when neither dnf 4 nor dnf5 can be asked.
        """
        if dnf5_alone(self._options):
            return Dnf5(self._run, self._clock, self._options).inventory(node)
        try:
            return super().inventory(node)
        except BindingsMissing:
            if not has_dnf5(self._options):
                raise
        return Dnf5(self._run, self._clock, self._options).inventory(node)

    def _place(self, node: Document) -> Document:
        return place(self._options, node["operating_system"])

    def _look(self, options: Document) -> Document:
        return look(self._run, self._options, options)

    def _advise_without_decoder(self, document: Document, options: Document, unread: t.Mapping[str, str]) -> None:
        """The bindings' advisories where there is nothing better: dates that they cannot read are unknown."""
        again = dict(options, refresh="never", advisories=sorted(unread))
        entries = Advisories(document)
        for advisory in self._look(again)["advisories"]:
            entries.add(", ".join(sorted(unread)), advisory)
        document["warnings"] += [
            "the advisories of repository %s come from dnf, which loses some of their dates: install %s"
            % (repository, package)
            for repository, package in sorted(unread.items())
        ]


def dnf5_alone(options: Options) -> bool:
    return has_dnf5(options) and not os.path.exists(options.root + COMMAND)


def served_by_dnf5(run: Run, options: Options) -> bool:
    """Whether the inventory comes from dnf5: dnf 4 or its bindings are not there."""
    if not has_dnf5(options) or dnf5_alone(options):
        return has_dnf5(options)
    return not any(
        os.path.exists(interpreter) and run([interpreter, "-I", "-c", "import dnf"])[0] == 0
        for interpreter in interpreters(options)
    )


def interpreters(options: Options) -> t.List[str]:
    """Those that may have dnf 4's bindings."""
    return [options.interpreter] if options.interpreter else list(dict.fromkeys([*SYSTEM_PYTHONS, sys.executable]))


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
    try:
        return ask_probe(run, probe, interpreters(options), asked, libraries)
    except BindingsMissing as error:
        raise BindingsMissing(without_bindings(str(error), options.interpreter)) from error
    except CacheUnusable as error:
        raise BackendError(unusable("dnf", str(error))) from error


def without_bindings(lacking: str, chosen: t.Optional[str]) -> str:
    """Why dnf cannot be asked on a node where no interpreter has its bindings."""
    if chosen:
        return "bindings_interpreter cannot be used (%s). Name a Python that has %s, or leave the option out" % (
            lacking,
            BINDINGS,
        )
    return "dnf's Python bindings are missing (%s). Install them with 'dnf install %s'" % (lacking, BINDINGS)
