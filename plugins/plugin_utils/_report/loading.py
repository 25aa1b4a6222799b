# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Compliance records from facts and folders; what cannot be read is named, never dropped."""

from __future__ import annotations

import json
import math
import os
import pathlib
import typing as t

from ...module_utils._engine.schemas import RECORD, RECORD_SCHEMA
from ...module_utils._engine.shape import faults
from . import instants

Record = dict[str, t.Any]


class Found(t.NamedTuple):
    record: Record
    source: str  # path of the file, or "facts of <inventory host>"
    host: str | None = None  # the inventory host whose fact it is


Newest = dict[str, dict[str, Found]]  # by node id and name


class Unreadable(t.NamedTuple):
    path: str
    reason: str


class Loaded(t.NamedTuple):
    found: list[Found]  # the newest of each node, see newest_per_node
    unreadable: list[Unreadable]
    warnings: list[str]


class NotARecord(ValueError):
    """Says why a document is no compliance record that this version can read."""


def checked(document: t.Any) -> Record:
    """`document` itself when it is a compliance record; NotARecord otherwise."""
    if isinstance(document, dict) and isinstance(document.get("schema"), int) and document["schema"] > RECORD_SCHEMA:
        raise NotARecord(
            f"record schema {document['schema']} is newer than {RECORD_SCHEMA}, the newest that this version of"
            " patchops.fleet reads: update the collection"
        )
    first, *others = list(faults(document, RECORD)) or [""]
    if first:
        raise NotARecord(f"not a compliance record: {first}" + (f" (and {len(others)} more faults)" if others else ""))
    if not document["node"]["id"]:
        raise NotARecord("not a compliance record: node.id is empty")
    try:
        instants.parsed(document["capture"]["time"])
    except ValueError:
        raise NotARecord(
            f"not a compliance record: capture.time {document['capture']['time']!r} is no instant"
        ) from None
    return document


def from_folder(folder: pathlib.Path, exclude: t.Collection[pathlib.Path] = ()) -> Loaded:
    """The newest record of each node in `folder` and the folders in it.

    Every .json file counts as a record but those in `exclude`, which the report itself writes.
    """
    unreadable: list[Unreadable] = []
    newest: Newest = {}  # folders keep a history: what is old is let go at once
    for path in _json_files(folder, unreadable):
        if path.resolve() in exclude:
            continue
        try:
            _keep_newest(newest, Found(_read(path), str(path)))
        except NotARecord as error:
            unreadable.append(Unreadable(str(path), str(error)))
    return Loaded(_kept(newest), sorted(unreadable), [])


def _json_files(folder: pathlib.Path, unreadable: list[Unreadable]) -> t.Iterator[pathlib.Path]:
    def unreadable_folder(error: OSError) -> None:
        unreadable.append(Unreadable(str(error.filename), f"cannot list this folder: {error.strerror}"))

    for parent, folders, files in os.walk(folder, onerror=unreadable_folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".json"):
                yield pathlib.Path(parent, name)


def _read(path: pathlib.Path) -> Record:
    if not path.is_file():  # opening a named pipe would wait for ever
        raise NotARecord("not a regular file")
    try:
        document = json.loads(path.read_bytes(), parse_constant=_no_constant, parse_float=_finite)
    except OSError as error:
        raise NotARecord(f"cannot be read: {error.strerror}") from None
    except RecursionError:
        raise NotARecord("not JSON that can be read: nested too deeply") from None
    except ValueError as error:
        raise NotARecord(f"not JSON: {error}") from None
    return checked(document)


def _no_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def from_facts(facts: t.Mapping[str, t.Any]) -> Loaded:
    """The records among `facts`, one document per inventory host; `merged` tells clones from renamed nodes."""
    found = []
    unreadable = []
    for host, document in facts.items():
        source = f"facts of {host}"
        try:
            found.append(Found(checked(document), source, host))
        except NotARecord as error:
            unreadable.append(Unreadable(source, str(error)))
    return Loaded(found, unreadable, [])


def merged(*loads: Loaded) -> Loaded:
    """All of `loads` as one: per node the newest record, and of two equally new ones the one that leaves out least."""
    found = newest_per_node([one for load in loads for one in load.found])
    warnings = [one for load in loads for one in load.warnings]
    return Loaded(found, [one for load in loads for one in load.unreadable], warnings + _shared_ids(found))


def _shared_ids(found: t.Iterable[Found]) -> list[str]:
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one.record["node"]["id"], []).append(one.record["node"]["name"])
    return [
        f"{' and '.join(sorted(sharing))} have the same node id {node}: machines cloned with their machine id, or one"
        " machine under several names. Each is shown as a node of its own. Give cloned machines their own machine id"
        " (remove /etc/machine-id, then run systemd-machine-id-setup); take other names out of the inventory"
        for node, sharing in sorted(names.items())
        if len(sharing) > 1
    ]


def newest_per_node(found: t.Iterable[Found]) -> list[Found]:
    """The newest record of each node id, in the order of names.

    Under another name a record of that id is a clone's, and kept, if both are facts of this run's hosts or come from
    one run. Else the node was renamed, and the record is old.
    """
    newest: Newest = {}
    for one in found:
        _keep_newest(newest, one)
    return _kept(newest)


def _keep_newest(newest: Newest, one: Found) -> None:
    node = one.record["node"]
    names = newest.setdefault(node["id"], {})
    if node["name"] not in names or _rank(one) > _rank(names[node["name"]]):
        names[node["name"]] = one


def _kept(newest: Newest) -> list[Found]:
    kept = []
    for names in newest.values():
        last = max(names.values(), key=_rank)
        kept += [one for one in names.values() if one is last or one.host or _run(one) == _run(last)]
    return sorted(kept, key=lambda one: (one.record["node"]["name"], one.record["node"]["id"]))


def _run(one: Found) -> str:
    return one.record["capture"]["run_id"]


def _rank(one: Found) -> tuple[t.Any, ...]:
    return instants.parsed(one.record["capture"]["time"]), -one.record["patches_omitted"]
