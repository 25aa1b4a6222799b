# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. dnf5: asked through libdnf5 or its own commands; dnf_inventory.py reads it."""

from __future__ import annotations

import os
import sys
import typing as t

from . import dnf_sources
from .base import BackendError, BindingsMissing, CacheUnusable, Document, Options, ask_probe
from .dnf5_commands import Commands
from .dnf_family import SYSTEM_PYTHON, DnfFamily, unusable
from .probes import dnf as library
from .probes import dnf5 as probe

BINDINGS = "python3-libdnf5"
COMMAND = "/usr/bin/dnf5"
CACHE = "sources/dnf5-cache"  # below the state folder: dnf 4 lays out its own otherwise


class Dnf5(DnfFamily):
    """dnf5, which is Fedora's dnf from release 41 on."""

    cache = "/var/cache/libdnf5"

    def _place(self, node: Document) -> Document:
        return place(self._options)

    def _look(self, options: Document) -> Document:
        chosen = self._options.interpreter
        interpreters = [chosen] if chosen else list(dict.fromkeys([SYSTEM_PYTHON, sys.executable]))
        try:
            return ask_probe(self._run, probe, interpreters, options, (library,))
        except BindingsMissing as error:
            if chosen:
                raise BackendError(
                    "bindings_interpreter cannot be used (%s). Name a Python that has %s, or leave the option out"
                    % (error, BINDINGS)
                ) from error
            return self._ask_commands(options)
        except CacheUnusable as error:
            raise BackendError(unusable("dnf5", str(error))) from error

    def _ask_commands(self, options: Document) -> Document:
        try:
            return Commands(COMMAND, self._run, self._clock, options).found()
        except CacheUnusable as error:
            raise BackendError(unusable("dnf5", str(error))) from error

    def _advise_without_decoder(self, document: Document, options: Document, unread: t.Mapping[str, str]) -> None:
        """Advisories of libdnf5 are no substitute: it takes the dates that it cannot read for 1970."""
        document["problems"] += [
            {
                "what": "advisories of repository %s" % repository,
                "why": "nothing here decompresses them: install the package %s" % package,
            }
            for repository, package in sorted(unread.items())
        ]


def has_dnf5(options: Options) -> bool:
    return os.path.exists(options.root + COMMAND)


def place(options: Options) -> Document:
    """What every question to dnf5 says of the node: which file system and repositories, and how long to wait."""
    found: Document = {"lock_timeout": options.lock_timeout}
    if options.root:
        found["rootdir"] = options.root
    if options.sources:
        found.update(dnf_sources.write(options, CACHE))
    return found
