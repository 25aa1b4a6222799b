# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A baseline's sources as repositories of dnf and dnf5, apart from the node's own."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile

from .base import BackendError, Document, Options
from .state import STATE_FOLDER, write_private

FOLDER = "sources/dnf"  # below the state folder
CACHE = "sources/dnf-cache"


def write(options: Options, cache_name: str = CACHE) -> Document:
    """Where dnf finds the sources alone, and where it keeps what it fetches of them. Raises BackendError.

    The folder is named after its content: what one run writes, an overlapping one finds as it was. Without root, and in
    check mode, it ends with this process.
    """
    texts = ["%s\n" % source.configuration.strip() for source in options.sources]
    state = options.root + STATE_FOLDER
    cache = os.path.join(state, cache_name)
    lasting = options.privileged and not options.check_mode
    try:
        if lasting:
            folder = os.path.join(state, FOLDER, hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16])
            for private in (state, os.path.dirname(cache), cache, os.path.dirname(folder), folder):
                os.makedirs(private, mode=0o700, exist_ok=True)
        else:
            folder = tempfile.mkdtemp(prefix="patchops-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            if not os.path.isdir(cache):  # dnf would make it
                cache = os.path.join(folder, "cache")
        for number, text in enumerate(texts):
            write_private(os.path.join(folder, "%02d.repo" % number), text)
    except OSError as error:
        raise BackendError("the baseline's sources could not be written: %s" % error) from error
    return {"reposdir": folder, "cachedir": cache}
