# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Documents on disk: written whole or not at all, and only when they say something new."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import tempfile
import typing as t

from ...module_utils._records import make_folder

CREATED, CHANGED, MODE_CHANGED, UNCHANGED = "created", "changed", "mode changed", "unchanged"


class Document(t.NamedTuple):
    kind: str  # html, csv, csv_detail or json
    path: pathlib.Path
    content: bytes
    made_at: re.Pattern[bytes] | None = None  # where the content says when it was made, which is no news


class Written(t.NamedTuple):
    kind: str
    path: str
    done: str
    before: bytes | None

    @property
    def changed(self) -> bool:
        return self.done != UNCHANGED


class CannotWrite(Exception):
    """Names the file and says why it cannot be written."""


def compared(document: Document, mode: int) -> Written:
    """What writing `document` would do."""
    try:
        before = document.path.read_bytes()
        mode_before = document.path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return Written(document.kind, str(document.path), CREATED, None)
    except OSError as error:
        raise CannotWrite(f"cannot write {document.kind} {document.path}: {error.strerror}") from None
    if _timeless(document, before) != _timeless(document, document.content):
        return Written(document.kind, str(document.path), CHANGED, before)
    done = UNCHANGED if mode == mode_before else MODE_CHANGED
    return Written(document.kind, str(document.path), done, before)


def _timeless(document: Document, content: bytes) -> bytes:
    return document.made_at.sub(b"", content, count=1) if document.made_at else content


def write(document: Document, done: str, mode: int) -> None:
    """Do what `compared` said: readers see the old document or the new one, never half of one."""
    try:
        if done == MODE_CHANGED:
            document.path.chmod(mode)
        elif done != UNCHANGED:
            make_folder(document.path.parent)
            _replace(document, mode)
    except OSError as error:
        raise CannotWrite(f"cannot write {document.kind} {document.path}: {error.strerror}") from None


def _replace(document: Document, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{document.path.name}.", dir=document.path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(document.content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, document.path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
