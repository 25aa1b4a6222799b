# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The files this collection keeps on a host: whole or absent, and for their owner only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import typing as t

Document = t.Dict[str, t.Any]

STATE_FOLDER = "/var/lib/patchops"
CORRUPT = ".corrupt"


class StateError(Exception):
    """A state file is there and cannot be used; the message names it and why."""


class Corrupt(StateError):
    """The file's content makes no sense."""


def load(path: str) -> t.Optional[Document]:
    """The document in `path`, or None when there is no such file. Raises StateError, and Corrupt when it is none."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError("%s: %s" % (path, error.strerror)) from error
    except ValueError as error:
        raise Corrupt("%s is no JSON document: %s" % (path, error)) from error
    if not isinstance(document, dict):
        raise Corrupt("%s holds no JSON object" % path)
    return document


def save(path: str, document: Document) -> None:
    """Write `document` so that a reader, and a crash, find the old content or the new one. Raises OSError."""
    write_private(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


def write_private(path: str, text: str) -> None:
    """Write `text`, readable by its owner only, for a reader and a crash either whole or as before. Raises OSError."""
    folder = make_folder(path)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=os.path.basename(path) + ".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def set_aside(path: str) -> str:
    """Rename a corrupt file to the first free name, so that nothing is lost; answers that name. Raises OSError."""
    aside = path + CORRUPT
    number = 1
    while os.path.exists(aside):
        number += 1
        aside = "%s%s.%d" % (path, CORRUPT, number)
    os.rename(path, aside)
    return aside


@contextlib.contextmanager
def exclusive(path: str) -> t.Iterator[None]:
    """Hold the lock of the state file `path`: one reader who then writes, at a time. Raises OSError."""
    make_folder(path)
    descriptor = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_folder(path: str) -> str:
    """The folder of the file `path`, made where it is missing, as are those above it: all for their owner only."""
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        make_folder(folder)
        os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder
