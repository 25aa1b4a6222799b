# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Reads cached files of advisories while the package manager is still being asked.

Which files count, only the package manager can tell: those in its cache are a guess. A wrong one is dropped as soon as
that is known, and a file that has changed since is read again.
"""

from __future__ import annotations

import glob
import os
import threading
import typing as t
from concurrent import futures

from .advisories import AdvisoryError, open_updateinfo, select, split_updateinfo
from .base import Document

Stamp = t.Tuple[int, ...]

# What is kept of a file until it is known whose advisories matter; of a larger one nothing is read ahead.
LARGEST = 64 * 1024 * 1024


class Reading(t.NamedTuple):
    """What a file says of some packages, as far as it could be read."""

    advisories: t.List[Document]
    senseless: t.List[str]  # a line for each entry that was left out
    error: t.Optional[AdvisoryError]


class Parts(t.NamedTuple):
    """A file, split as advisories.split_updateinfo does, and as what it stood there then."""

    stamp: t.Optional[Stamp]
    parts: t.List[t.Any]
    error: t.Optional[AdvisoryError]


class Ahead:
    """Within its context what lies below `cache`, laid out as dnf does, is read in a thread of its own."""

    def __init__(self, cache: str) -> None:
        self._cache = cache
        self._thread = futures.ThreadPoolExecutor(max_workers=1)
        self._guesses: t.Dict[str, t.Tuple[futures.Future[t.Optional[Parts]], threading.Event]] = {}

    def __enter__(self) -> Ahead:
        for path in newest_first(glob.glob(os.path.join(glob.escape(self._cache), "*", "repodata", "*updateinfo*"))):
            unwanted = threading.Event()
            self._guesses[path] = self._thread.submit(split, path, unwanted), unwanted
        return self

    def __exit__(self, *_exception: t.Any) -> None:
        self.keep(())
        self._thread.shutdown()

    def keep(self, wanted: t.Container[t.Optional[str]]) -> None:
        """Drop what is or would be read of other files."""
        for path, (future, unwanted) in self._guesses.items():
            if path not in wanted and not future.cancel():
                unwanted.set()

    def reading(self, path: str, names: t.Set[str], offers: t.Container[t.Any]) -> Reading:
        """What the file at `path` says of the versions in `offers`, all of packages of these names."""
        future = self._guesses[path][0] if path in self._guesses else None
        known = None if future is None or future.cancel() else future.result()
        senseless: t.List[str] = []
        if known is not None and known.stamp is not None and known.stamp == stamp_of(path):
            return Reading(list(select(known.parts, path, senseless, names, offers)), senseless, known.error)
        found: t.List[Document] = []
        try:
            with open_updateinfo(path) as stream:
                found.extend(select(split_updateinfo(stream, path), path, senseless, names, offers))
        except AdvisoryError as error:
            return Reading(found, senseless, error)
        return Reading(found, senseless, None)


def newest_first(paths: t.Iterable[str]) -> t.List[str]:
    stamps = {path: stamp_of(path) for path in paths}
    there = [(stamp[-1], path) for path, stamp in stamps.items() if stamp is not None]
    return [path for _time, path in sorted(there, reverse=True)]


def stamp_of(path: str) -> t.Optional[Stamp]:
    """What differs once another file stands there, or other content; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def split(path: str, unwanted: threading.Event) -> t.Optional[Parts]:
    """None where the file is better read once it is known to be wanted, or need not be."""
    stamp = stamp_of(path)
    parts: t.List[t.Any] = []
    failure: t.Optional[AdvisoryError] = None
    try:
        with open_updateinfo(path) as stream:
            beginning = Beginning(stream, unwanted)
            try:
                parts.extend(split_updateinfo(beginning, path))
            except AdvisoryError as error:
                failure = error
            if beginning.abandoned:
                return None
    except AdvisoryError as error:
        failure = error
    return Parts(stamp, parts, failure)


class Beginning:
    """A binary file that ends as soon as nobody wants it, or it turns out to be too large."""

    def __init__(self, stream: t.BinaryIO, unwanted: threading.Event) -> None:
        self.abandoned = False
        self._stream = stream
        self._unwanted = unwanted
        self._left = LARGEST

    def read(self, size: int) -> bytes:
        self.abandoned = self._unwanted.is_set() or self._left < size
        if self.abandoned:
            return b""
        data = self._stream.read(size)
        self._left -= len(data)
        return data
