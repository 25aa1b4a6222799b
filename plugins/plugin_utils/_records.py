# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Where compliance records are kept on the controller: NODE ID/CAPTURE TIME.json."""

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

from ._report.files import make_folder

Document = t.Dict[str, t.Any]

_unsafe = re.compile(r"[^A-Za-z0-9._-]|^\.")


def keep(folder: str, record: Document, inventory: Document | None = None) -> pathlib.Path:
    """Write the record, and the inventory beside it; answers the record's file. A reader finds whole files only.

    Ids come from nodes: whatever they send, the files are in a folder right below `folder`. No file is written over:
    where clones with one id are scanned in the same second, the later one's name carries the node's as well.
    """
    place = pathlib.Path(folder) / (safe(record["node"]["id"]) or "_")
    make_folder(place)
    content = _encoded(record)
    stem = next(stem for stem in _stems(record) if _write_new(place / f"{stem}.json", content))
    if inventory is not None:
        _write_new(place / f"{stem}.inventory.json.gz", gzip.compress(_encoded(inventory), mtime=0))
    return place / f"{stem}.json"


def _stems(record: Document) -> t.Iterator[str]:
    time = safe(record["capture"]["time"].replace("-", "").replace(":", ""))
    yield time
    named = f"{time}.{safe(record['node']['name'])}"
    yield named
    for number in itertools.count(2):
        yield f"{named}.{number}"


def safe(text: str) -> str:
    """`text` as one component of a path."""
    return _unsafe.sub("_", text)[:128]


def _encoded(document: Document) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _write_new(target: pathlib.Path, content: bytes) -> bool:
    """Write the file, unless there is one: then False."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o640)
        return _named(temporary, target)
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
