# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A file for an activation's code, which AWS tells once; only its owner may read it."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t

from .change import ResourceError

Document = t.Dict[str, str]


def refuse_unwritable(path: str) -> None:
    """Raise ResourceError where no file could be written, before there is a code that would be lost."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise ResourceError("code_file: there is no folder %s" % folder)
    if os.path.isdir(path):
        raise ResourceError("code_file: %s is a folder" % path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ResourceError("code_file: this user may not write to %s" % folder)


@contextlib.contextmanager
def opened(path: str) -> t.Iterator[t.Callable[[Document], None]]:
    """What writes the file, whole, in place of one that is there. Nothing is left of it where that is not called."""
    try:
        descriptor, draft = tempfile.mkstemp(prefix=".activation-", dir=os.path.dirname(path) or ".")
    except OSError as error:
        raise ResourceError("code_file: %s" % error) from error

    def write(document: Document) -> None:
        os.write(descriptor, (json.dumps(document) + "\n").encode("utf-8"))
        os.fsync(descriptor)
        os.replace(draft, path)

    try:
        yield write
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(draft)


def holds(path: str, activation_id: str) -> bool:
    """Whether the file has the code of this activation."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("activation_id") == activation_id
