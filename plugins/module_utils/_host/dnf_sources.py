# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A baseline's sources as dnf's repositories: a configuration and a cache of our own."""

from __future__ import annotations

import hashlib
import os
import typing as t

from .base import BackendError, Document, Options, Source
from .state import STATE_FOLDER

FOLDER = "sources/dnf"  # below the state folder
CACHE = "sources/dnf-cache"


def write(sources: t.Sequence[Source], options: Options) -> Document:
    """Where dnf finds these repositories alone and keeps what it fetches of them. Raises BackendError.

    The folder is named after its content: what one run writes, an overlapping one finds as it was.
    """
    texts = ["%s\n" % source.configuration.strip() for source in sources]
    state = options.root + STATE_FOLDER
    cache = os.path.join(state, CACHE)
    folder = os.path.join(state, FOLDER, hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16])
    try:
        for private in (state, os.path.dirname(cache), cache, os.path.dirname(folder), folder):
            os.makedirs(private, mode=0o700, exist_ok=True)
        for number, text in enumerate(texts):
            _keep(os.path.join(folder, "%02d.repo" % number), text)
    except OSError as error:
        raise BackendError(
            "cannot write the repositories of the baseline's sources: %s: %s. Run with become: true"
            % (error.filename, error.strerror)
        ) from error
    return {"reposdir": folder, "cachedir": cache}


def _keep(path: str, text: str) -> None:
    temporary = "%s.%d" % (path, os.getpid())  # dnf reads *.repo only
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)  # it may hold a password
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)
