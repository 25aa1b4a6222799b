# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Records of hosts as compliance items of managed nodes (operations.md, 10)."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .._engine.dates import parse_instant, text
from .._engine.errors import BaselineError
from .._engine.record import needs_attention
from .._engine.schemas import COUNTS, LEVELS, RECORD, RECORD_SCHEMA
from .._engine.shape import faults
from .change import Resource
from .compliance_record import LEVEL_RANK, NON_COMPLIANT
from .node import AT_ONCE, ID
from .reading import Reader

TYPE = re.compile(r"Custom:[a-zA-Z0-9_\-]\w+\Z")
LONGEST_TYPE = 100
# Beside the items of patches: the node as a whole, so that one without a patch to show is still told of.
NODE_ITEM = "patch-compliance"
EXECUTION_TYPE = "patchops.fleet"
LONGEST_TITLE, LONGEST_VALUE, LONGEST_EXECUTION_ID = 500, 4096, 100
# A call may have 1 MB; what is not items takes less than the rest. 10,000 items, the other limit, take more.
MOST_BYTES = 990_000


class Publication(t.NamedTuple):
    """What one call of PutComplianceItems is to say of one node. It replaces all that was said in this type before."""

    node_id: str
    name: str
    compliance_type: str
    execution: t.Dict[str, str]  # time, id and type
    items: t.Tuple[Resource, ...]
    omitted: int  # patches that the call had no room for
    unlisted: int  # patches that the record itself leaves out

    def document(self) -> Resource:
        """For comparing and for people: what is published and when it was found out."""
        return _document(self.execution["ExecutionTime"], self.items)

    @property
    def content_hash(self) -> str:
        """Of the time as well: the same hash is ignored, and what is found again is to be of the later time."""
        written = json.dumps([self.execution, list(self.items)], sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()


def refuse_type(reader: Reader, compliance_type: str) -> None:
    """Patch and Association are AWS's own: what nodes report would write over it, and it would mislead until then."""
    if len(compliance_type) > LONGEST_TYPE or not TYPE.match(compliance_type):
        words = "'%s' is not allowed; allowed: Custom: and 2 to %d letters, digits, _ and -, such as Custom:PatchLocal"
        reader.problem("compliance_type", words, compliance_type, LONGEST_TYPE - len("Custom:"))


def checked(records: t.Sequence[t.Any], node_id: t.Optional[str], compliance_type: str) -> t.List[Resource]:
    """The newest record of each node. Raises BaselineError with all that is wrong.

    `node_id`: whose record it is, where there is one record.
    """
    reader = Reader("")
    refuse_type(reader, compliance_type)
    if node_id is not None:
        reader.matching("node_id", node_id, ID, "an id of a managed node, i-... or mi-...")
        if len(records) != 1:
            reader.problem("node_id", "is for one record alone, not for %d", len(records))
    newest: t.Dict[str, Resource] = {}
    for index, record in enumerate(records):
        where = "records[%d]" % index
        wrong = _wrong(record)
        if wrong:
            reader.problem(where, wrong)
            continue
        identifier = record["node"]["id"]
        kept = newest.get(identifier)
        if kept is None or record["capture"]["time"] > kept["capture"]["time"]:
            newest[identifier] = record
    if reader.problems:
        raise BaselineError(reader.problems)
    return [newest[identifier] for identifier in sorted(newest)]


def _wrong(record: t.Any) -> str:
    schema = record.get("schema") if isinstance(record, dict) else None
    if isinstance(schema, int) and schema > RECORD_SCHEMA:
        return "has schema %d, newer than %d, the newest that is read here: update the collection" % (
            schema,
            RECORD_SCHEMA,
        )
    fault = next(faults(record, RECORD), "")
    if fault:
        return "is no compliance record: %s" % fault
    if "ssm" in record:
        return "is Systems Manager's own, of %s: records of hosts alone are published" % record["node"]["name"]
    if parse_instant(record["capture"]["time"]) is None:
        return "is no compliance record: capture.time '%s' is no instant" % record["capture"]["time"]
    return ""


def managed_id(record: Resource) -> t.Optional[str]:
    """By which Systems Manager knows the host; None: it does not."""
    node = record["node"]
    return next(
        (one for one in (node.get("mi_id"), node.get("instance_id"), node["id"]) if one and ID.match(one)), None
    )


def publication(record: Resource, node_id: str, compliance_type: str, everything: bool) -> Publication:
    """What is to be published of a record whose status is known. `everything`: compliant patches as well."""
    patches = [
        patch for patch in record["patches"] if patch["status"] is not None and (everything or needs_attention(patch))
    ]
    patches.sort(key=_urgency)
    items, used = [], 0
    room = MOST_BYTES - _size(_node_item(record, len(patches)))
    names: t.Set[str] = {NODE_ITEM}
    for patch in patches:
        item = _item(patch, names)
        used += _size(item) + 2
        if used > room:
            break
        names.add(item["Id"])
        items.append(item)
    omitted = len(patches) - len(items)
    return Publication(
        node_id,
        record["node"]["name"],
        compliance_type,
        {
            "ExecutionTime": text(t.cast(t.Any, parse_instant(record["capture"]["time"]))),
            "ExecutionId": record["capture"]["run_id"][:LONGEST_EXECUTION_ID],
            "ExecutionType": EXECUTION_TYPE,
        },
        (_node_item(record, omitted), *items),
        omitted,
        record["patches_omitted"],
    )


def _urgency(patch: Resource) -> t.Tuple[bool, int, str, str]:
    """What there is no room for is what matters least."""
    level = LEVEL_RANK.get(patch["compliance_level"], len(LEVELS))
    return patch["status"] != NON_COMPLIANT, level, patch["title"], patch["kb_id"]


def _size(item: Resource) -> int:
    return len(json.dumps(item))


def _node_item(record: Resource, omitted: int) -> Resource:
    """Its severity is none, so that the node's own is that of its patches."""
    baseline = record["baseline"]
    counts = {"".join(word.capitalize() for word in name.split("_")): record["summary"].get(name) for name in COUNTS}
    details = {
        "BaselineName": baseline["name"],
        "PatchBaselineId": baseline.get("id"),
        "PatchGroup": record["node"].get("patch_group"),
        "Operation": record["operation"],
        "Complete": "true" if record["complete"] else "false",
        "ItemsOmitted": str(omitted) if omitted else "",
        **{name: str(count) for name, count in counts.items() if count},
    }
    title = "Patch compliance of %s with baseline %s" % (record["node"]["name"], baseline["name"] or "none")
    return {
        "Id": NODE_ITEM,
        "Title": _cut(title, LONGEST_TITLE),
        "Severity": "UNSPECIFIED",
        "Status": record["status"],
        "Details": _told(details),
    }


def _item(patch: Resource, names: t.Collection[str]) -> Resource:
    details = {
        "PatchState": patch["state"],
        "Classification": patch["classification"],
        "PatchSeverity": patch["severity"],
        "CVEIds": ",".join(patch["cve_ids"]),
        "Advisories": ",".join(patch.get("advisories") or ()),
        "InstalledTime": patch["installed_time"],
        "InstalledVersion": patch.get("installed_version"),
        "Version": patch.get("version"),
        "Decision": patch["decision"],
        "Reason": patch["reason"],
    }
    identifier = patch["kb_id"] or patch["title"]
    if identifier in names:  # an id twice would be one item of the two
        identifier = "%s %s" % (identifier, patch["title"])
    return {
        "Id": identifier,
        "Title": _cut(patch["title"], LONGEST_TITLE),
        "Severity": patch["compliance_level"] or "UNSPECIFIED",
        "Status": patch["status"],
        "Details": _told(details),
    }


def _told(details: t.Mapping[str, t.Optional[str]]) -> t.Dict[str, str]:
    return {name: _cut(value, LONGEST_VALUE) for name, value in details.items() if value}


def _cut(value: str, longest: int) -> str:
    return value if len(value) <= longest else value[: longest - 3] + "..."


def published(api: t.Any, node_id: str, compliance_type: str) -> t.Optional[Resource]:
    """What stands there, as Publication.document has it; None where nothing does."""
    doing = "read the %s compliance of %s" % (compliance_type, node_id)
    asked = {
        "ResourceIds": [node_id],
        "ResourceTypes": ["ManagedInstance"],
        "Filters": [{"Key": "ComplianceType", "Values": [compliance_type], "Type": "EQUAL"}],
        "MaxResults": AT_ONCE,
    }
    rows = list(api.each(doing, "list_compliance_items", "ComplianceItems", **asked))
    if not rows:
        return None
    names = ("Id", "Title", "Severity", "Status")
    items = [{**{name: row.get(name, "") for name in names}, "Details": row.get("Details", {})} for row in rows]
    return _document(text(rows[0]["ExecutionSummary"]["ExecutionTime"]), items)


def _document(time: str, items: t.Iterable[Resource]) -> Resource:
    """Whatever order AWS keeps the items in."""
    return {"execution_time": time, "items": sorted(items, key=lambda item: item["Id"])}


def put(api: t.Any, one: Publication) -> None:
    api.change(
        "put %d items of %s compliance on %s" % (len(one.items), one.compliance_type, one.node_id),
        "put_compliance_items",
        ResourceId=one.node_id,
        ResourceType="ManagedInstance",
        ComplianceType=one.compliance_type,
        ExecutionSummary={**one.execution, "ExecutionTime": parse_instant(one.execution["ExecutionTime"])},
        Items=list(one.items),
        ItemContentHash=one.content_hash,
        UploadType="COMPLETE",
    )
