# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Associations of State Manager: the API's calls, and the one place that knows its spelling.

UpdateAssociation erases what it is not given (operations.md, 8), so an update always says all.
"""

from __future__ import annotations

import itertools
import typing as t

from . import tags
from .association_form import UPDATED, from_api, to_api
from .change import Change, Resource, refuse_several
from .unrepeatable import Once

TYPE = "Association"
AT_ONCE = 50  # rows that one page has


def label(association: Resource) -> str:
    return "%s (%s)" % (association.get("association_name", "without a name"), association["association_id"])


def rows(api: t.Any, key: t.Optional[str] = None, value: t.Optional[str] = None) -> t.List[Resource]:
    """Rows of ListAssociations, all or those that one filter lets through."""
    asked: Resource = {"MaxResults": AT_ONCE}
    if key:
        asked["AssociationFilterList"] = [{"key": key, "value": value}]
    return api.rows("list associations", "list_associations", "Associations", **asked)


def identify(api: t.Any, name: str) -> t.Optional[str]:
    """The id of the association of this name, None where there is none. Raises ResourceError for several."""
    found = [row["AssociationId"] for row in rows(api, "AssociationName", name)]
    refuse_several("associations named %s" % name, found, "Name the one that is meant by association_id")
    return found[0] if found else None


def read(api: t.Any, association_id: str) -> t.Optional[Resource]:
    doing = "describe association %s" % association_id
    found = api.find(doing, "describe_association", AssociationId=association_id)
    if found is None:
        return None
    return from_api(found["AssociationDescription"], tags.read(api, TYPE, association_id))


def runs_at_once(change: Change) -> bool:
    """Whether the change itself makes the association run, whatever its schedule says."""
    if change.after is None or change.after["apply_only_at_cron_interval"]:
        return False
    return change.before is None or change.altered(*UPDATED)


def apply(api: t.Any, change: Change, once: Once) -> t.Optional[str]:
    """Make the change; the association's id, None where there is none any more."""
    before, after = change.before, change.after
    if after is None:
        if before:
            doing = "delete association %s" % label(before)
            api.remove(doing, "delete_association", AssociationId=before["association_id"])
        return None
    if before is None:
        return _create(api, after, once)
    if change.altered(*UPDATED):
        doing = "update association %s" % label(before)
        api.change(doing, "update_association", AssociationId=before["association_id"], **to_api(after))
    tags.apply(api, TYPE, before["association_id"], change)
    return before["association_id"]


def _create(api: t.Any, after: Resource, once: Once) -> str:
    """CreateAssociation has no client token; a lost one is known by its name, which no other has had."""
    name = after["association_name"]
    request = to_api(after)
    if after["tags"]:
        request["Tags"] = tags.to_api(after["tags"])
    return once.make(
        "association",
        "create association %s" % name,
        "create_association",
        request,
        lambda answer: answer["AssociationDescription"]["AssociationId"],
        lambda: identify(api, name),
    )


def start(api: t.Any, association_id: str, once: Once) -> None:
    """Run it now, once. The call has no client token; a lost one is known by an execution that was not there before."""
    before = _latest(api, association_id)
    once.do(
        "start association %s once" % association_id,
        "start_associations_once",
        {"AssociationIds": [association_id]},
        lambda: not _latest(api, association_id) <= before,
    )


def _latest(api: t.Any, association_id: str) -> t.Set[str]:
    """The ids of its latest executions, as many as one page has."""
    rows = _execution_rows(api, association_id)
    return {row["ExecutionId"] for row in itertools.islice(rows, AT_ONCE)}


def _execution_rows(api: t.Any, association_id: str) -> t.Iterator[Resource]:
    """Rows of DescribeAssociationExecutions, the latest first."""
    doing = "list the executions of association %s" % association_id
    asked = {"AssociationId": association_id, "MaxResults": AT_ONCE}
    return api.each(doing, "describe_association_executions", "AssociationExecutions", **asked)


def executions(api: t.Any, association_id: str, most: int) -> t.List[Resource]:
    """The latest runs, each with what became of its targets."""
    found: t.List[Resource] = []
    for row in _execution_rows(api, association_id):
        if len(found) == most:
            break
        found.append(_execution(api, association_id, row))
    return found


def _execution(api: t.Any, association_id: str, row: Resource) -> Resource:
    doing = "list the targets of execution %s of association %s" % (row["ExecutionId"], association_id)
    asked = {"AssociationId": association_id, "ExecutionId": row["ExecutionId"], "MaxResults": AT_ONCE}
    targets = api.each(doing, "describe_association_execution_targets", "AssociationExecutionTargets", **asked)
    return {
        "execution_id": row["ExecutionId"],
        "association_version": row.get("AssociationVersion", ""),
        "status": row.get("DetailedStatus") or row.get("Status", ""),
        "created_date": row["CreatedTime"].isoformat() if "CreatedTime" in row else None,
        "targets": [
            {
                "id": one["ResourceId"],
                "status": one.get("DetailedStatus") or one.get("Status", ""),
                "source_type": one.get("OutputSource", {}).get("OutputSourceType"),
                "source_id": one.get("OutputSource", {}).get("OutputSourceId"),
            }
            for one in targets
        ],
    }
