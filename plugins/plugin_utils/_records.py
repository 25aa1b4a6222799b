# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Where compliance records are kept on the controller: NODE ID/CAPTURE TIME.json."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import re
import tempfile
import typing as t

Document = t.Dict[str, t.Any]

_unsafe = re.compile(r"[^A-Za-z0-9._-]|^\.")


def keep(folder: str, record: Document, inventory: Document | None = None) -> pathlib.Path:
    """Write the record, and the inventory beside it; answers the record's file. A reader finds whole files only.

    Ids come from nodes: whatever they send, the files are in a folder right below `folder`.
    """
    place = pathlib.Path(folder) / (safe(record["node"]["id"]) or "_")
    place.mkdir(parents=True, exist_ok=True)
    stem = safe(record["capture"]["time"].replace("-", "").replace(":", ""))
    if inventory is not None:
        _write(place / f"{stem}.inventory.json.gz", gzip.compress(_encoded(inventory), mtime=0))
    target = place / f"{stem}.json"
    _write(target, _encoded(record))
    return target


def safe(text: str) -> str:
    """`text` as one component of a path."""
    return _unsafe.sub("_", text)[:128]


def _encoded(document: Document) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _write(target: pathlib.Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, 0o640)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
