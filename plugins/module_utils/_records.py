# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Where compliance records are kept: NODE ID/CAPTURE TIME.json."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import pathlib
import re
import tempfile
import typing as t

Document = t.Dict[str, t.Any]

FOLDER_MODE, FILE_MODE = 0o750, 0o640
# Of a node that reported nothing: there is no time to name it by, and the next look takes its place.
NEVER_REPORTED = "ssm.json"

_unsafe = re.compile(r"[^A-Za-z0-9._-]|^\.")


def keep(folder: str, record: Document, inventory: t.Optional[Document] = None) -> pathlib.Path:
    """Write the record, and the inventory beside it; answers the record's file. A reader finds whole files only.

    Ids come from nodes: whatever they send, the files are in a folder right below `folder`. No file is written over:
    where clones with one id are scanned in the same second, the later one's name carries the node's as well.
    """
    place = _place(folder, record)
    make_folder(place)
    content = _encoded(record)
    stem = next(stem for stem in _stems(record) if _write_new(place / ("%s.json" % stem), content))
    if inventory is not None:
        _write_new(place / ("%s.inventory.json.gz" % stem), gzip.compress(_encoded(inventory), mtime=0))
    return place / ("%s.json" % stem)


def keep_report(folder: str, record: Document, write: bool = True) -> bool:
    """Keep what Systems Manager tells of a node, once for each report of the node; answers whether anything is new.

    The same report told anew, with more patches or with other words, takes its own place. With `write` False it is
    only compared. A node that never reported has one file, which goes when it has.
    """
    place = _place(folder, record)
    reported = record["ssm"].get("operation_start_time") is not None
    # never the name that a host's own record has
    target = place / ("%s-ssm.json" % _time(record) if reported else NEVER_REPORTED)
    new = not target.is_file() or _comparable(target.read_bytes(), reported) != _comparable(_encoded(record), reported)
    if write and (new or not reported):
        make_folder(place)
        _written(target, _encoded(record), lambda temporary: os.replace(temporary, target))
    if write and reported:
        with contextlib.suppress(FileNotFoundError):
            (place / NEVER_REPORTED).unlink()
    return new


def _comparable(content: bytes, reported: bool) -> t.Any:
    """When nobody has reported, the time at which that was seen is no news."""
    if reported:
        return content
    try:
        document = json.loads(content)
    except ValueError:
        return content
    return {name: value for name, value in document.items() if name != "capture"}


def _place(folder: str, record: Document) -> pathlib.Path:
    return pathlib.Path(folder) / (safe(record["node"]["id"]) or "_")


def _stems(record: Document) -> t.Iterator[str]:
    time = _time(record)
    yield time
    named = "%s.%s" % (time, safe(record["node"]["name"]))
    yield named
    for number in itertools.count(2):
        yield "%s.%d" % (named, number)


def _time(record: Document) -> str:
    return safe(record["capture"]["time"].replace("-", "").replace(":", ""))


def safe(text: str) -> str:
    """`text` as one component of a path."""
    return _unsafe.sub("_", text)[:128]


def make_folder(folder: pathlib.Path) -> None:
    """The folder and those above it, where missing. Path.mkdir gives its mode to the last one only."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def _encoded(document: Document) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _write_new(target: pathlib.Path, content: bytes) -> bool:
    """Write the file, unless there is one: then False."""
    return _written(target, content, lambda temporary: _named(temporary, target))


def _written(target: pathlib.Path, content: bytes, name: t.Callable[[str], t.Any]) -> t.Any:
    """What `name` answers, which gives the file, written under another name, its own."""
    handle, temporary = tempfile.mkstemp(dir=str(target.parent), prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, FILE_MODE)
        return name(temporary)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _named(temporary: str, target: pathlib.Path) -> bool:
    try:
        os.link(temporary, target)  # unlike a rename, it never replaces a file that another process just wrote
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if target.exists():
            return False
        os.replace(temporary, target)
    return True
