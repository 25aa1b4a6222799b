# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A baseline's sources, used by apt instead of those that are configured on the node.

Nothing of the node's configuration changes: apt is told where else to look, by options of its own. The sources, which
may hold credentials, are kept for root alone. Lists and packages stand below apt's own folders instead, because apt
fetches and verifies as the user _apt, who could not work in a closed one; no other run of apt uses or locks them.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
import typing as t

from . import state
from .base import BackendError, Options, Source

NAME = "patchops"  # of our folders below those of apt; a relative one is below its parent's
LISTS = "/var/lib/apt/" + NAME
PARTS = "Dir::Etc::sourceparts"
FOLDER = state.STATE_FOLDER + "/apt"

_deb822 = re.compile(r"^Types\s*:", re.MULTILINE | re.IGNORECASE)


def configuration(options: Options) -> t.Dict[str, str]:
    """What apt must be told so that it uses the sources of `options` only; nothing when there are none."""
    if not options.sources:
        return {}
    return {
        "Dir::Etc::sourcelist": "/dev/null",
        PARTS: _written(options),
        "Dir::State::lists": NAME + "/",
        "Dir::Cache::pkgcache": NAME + "-pkgcache.bin",
        "Dir::Cache::srcpkgcache": NAME + "-srcpkgcache.bin",
    }


def arguments(settings: t.Mapping[str, str]) -> t.List[str]:
    """`settings` as options of apt's commands."""
    return [part for name, value in settings.items() for part in ("-o", "%s=%s" % (name, value))]


def files(sources: t.Sequence[Source]) -> t.Dict[str, str]:
    """The files of package sources by name, in whichever of apt's two forms each source is written."""
    return {
        "%02d.%s"
        % (number, "sources" if _deb822.search(source.configuration) else "list"): source.configuration.rstrip() + "\n"
        for number, source in enumerate(sources)
    }


def _written(options: Options) -> str:
    """The folder, named by what is in it, so that runs with other sources never read each other's.

    Without root, and in check mode, one that ends with this process.
    """
    content = files(options.sources)
    if options.check_mode or not options.privileged:
        folder = tempfile.mkdtemp(prefix=NAME + "-", dir=options.root + "/tmp" if options.root else None)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _write(content, folder)
        return folder[len(options.root) :]
    name = "sources-%s" % hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()[:16]
    folders = (state.STATE_FOLDER, FOLDER, "%s/%s" % (FOLDER, name))
    _write(content, *[options.root + folder for folder in folders])
    return folders[-1]


def _write(content: t.Mapping[str, str], *folders: str) -> None:
    """Into the last of `folders`; each of them is closed to others, which makedirs sees to for the last only."""
    try:
        for folder in folders:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        for name, text in content.items():
            state.write_private(os.path.join(folders[-1], name), text)  # whole, for an apt that reads it now
    except OSError as error:
        raise BackendError("the baseline's sources could not be written: %s" % error) from error
