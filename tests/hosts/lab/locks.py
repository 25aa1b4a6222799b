# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between runs. The kernel lets go of them when their holder ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import pathlib
import typing as t


@contextlib.contextmanager
def exclusive(path: pathlib.Path) -> t.Iterator[None]:
    """Wait for a lock, and hold it."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def hold(path: pathlib.Path) -> t.IO[str] | None:
    """A lock, held until it is closed; None if somebody else holds it."""
    stream = path.open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream
