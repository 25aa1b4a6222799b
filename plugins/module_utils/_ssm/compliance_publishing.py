# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Records put on managed nodes: what is there, what is to be, and what became of each."""

from __future__ import annotations

import typing as t

from . import compliance_items
from .change import Resource
from .compliance import GONE
from .compliance_items import Publication
from .compliance_record import UNKNOWN

PUBLISHED, UNCHANGED, OLDER, NOT_KNOWN = "published", "unchanged", "older", "unknown"
UNMANAGED, REFUSED = "unmanaged", "refused"
# What AWS says of one node's items, and of how much a node takes.
OF_ONE_NODE = (
    *("InvalidItemContentException", "ItemSizeLimitExceededException", "TotalSizeLimitExceededException"),
    "ComplianceTypeCountLimitExceededException",
)
NOT_REGISTERED = (
    "its record names no managed node. Register the host with Systems Manager, scan it anew, or give node_id for one"
    " record"
)


class Outcome(t.NamedTuple):
    """What is to become, and then became, of one host's record."""

    record: Resource
    node_id: t.Optional[str]
    result: str
    message: str = ""
    publication: t.Optional[Publication] = None
    before: t.Optional[Resource] = None

    @property
    def after(self) -> t.Optional[Resource]:
        """What stands on the node then."""
        return self.publication.document() if self.result == PUBLISHED and self.publication else self.before

    @property
    def name(self) -> str:
        return self.record["node"]["name"]

    @property
    def warnings(self) -> t.List[str]:
        found = ["%s: %s" % (self.name, self.message)] if self.message else []
        one = self.publication
        if one and one.omitted:
            found.append("%s: there was no room for items of %d patches" % (self.name, one.omitted))
        if one and one.unlisted:
            words = "%s: its record leaves out %d patches, which have no items; the stored record has them all"
            found.append(words % (self.name, one.unlisted))
        return found

    def document(self) -> Resource:
        after = self.after or {"execution_time": None, "items": ()}
        return {
            "node_id": self.node_id,
            "name": self.name,
            "result": self.result,
            "message": self.message,
            "status": self.record["status"],
            "execution_time": after["execution_time"],
            "items": len(after["items"]),
            "omitted": self.publication.omitted if self.publication else 0,
        }


class Publishing:
    """`plan` reads and may be called at the same time for many records, `publish` changes."""

    def __init__(
        self, api: t.Any, compliance_type: str, node_id: t.Optional[str], everything: bool, write: bool
    ) -> None:
        self._api = api
        self._type = compliance_type
        self._node_id = node_id
        self._everything = everything
        self._write = write

    def plan(self, record: Resource) -> Outcome:
        node_id = self._node_id or compliance_items.managed_id(record)
        if node_id is None:
            return Outcome(record, None, UNMANAGED, NOT_REGISTERED)
        if record["status"] == UNKNOWN:
            return Outcome(record, node_id, NOT_KNOWN, "its status is not known: %s" % record.get("status_reason"))
        try:
            before = compliance_items.published(self._api, node_id, self._type)
        except Exception as error:
            return _failed(Outcome(record, node_id, UNMANAGED), error)
        one = compliance_items.publication(record, node_id, self._type, self._everything)
        if before == one.document():
            return Outcome(record, node_id, UNCHANGED, "", one, before)
        if before and before["execution_time"] > one.execution["ExecutionTime"]:
            words = "what stands on %s is of %s, newer than its record of %s"
            message = words % (node_id, before["execution_time"], one.execution["ExecutionTime"])
            return Outcome(record, node_id, OLDER, message, None, before)
        return Outcome(record, node_id, PUBLISHED, "", one, before)

    def publish(self, planned: Outcome) -> Outcome:
        if planned.result != PUBLISHED or planned.publication is None or not self._write:
            return planned
        try:
            compliance_items.put(self._api, planned.publication)
        except Exception as error:
            return _failed(planned, error)
        return planned


def _failed(one: Outcome, error: Exception) -> Outcome:
    """What the error says of the node; any other error is raised again."""
    code = getattr(error, "code", None)
    if code in GONE:
        words = "Systems Manager does not manage %s: %s" % (one.node_id, error)
        return Outcome(one.record, one.node_id, UNMANAGED, words)
    if code in OF_ONE_NODE:
        return one._replace(result=REFUSED, message=str(error))
    raise error
