# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls of Automation (operations.md, 6)."""

from __future__ import annotations

import json
import typing as t
import uuid

from . import automation_outcome
from .change import Resource

AT_ONCE = 50  # rows that one page has
NOT_FOUND = "AutomationExecutionNotFoundException"
ALREADY_ENDED = "InvalidAutomationStatusUpdateException"


def start(api: t.Any, request: Resource) -> str:
    """The id of the automation. All tries of the call have one client token, so it is started once.

    The model does not mark it as one, so nobody else would give it.
    """
    doing = "start runbook %s" % request["DocumentName"]
    token = str(uuid.uuid4())
    asked = {**request, "ClientToken": token}
    return api.create("automation", "AutomationExecutionId", doing, "start_automation_execution", **asked)


def look(api: t.Any, identifier: str) -> t.Optional[Resource]:
    """The answer of GetAutomationExecution; None where it is not known everywhere yet."""
    try:
        asked = {"AutomationExecutionId": identifier}
        answer = api.ask("look at automation %s" % identifier, "get_automation_execution", **asked)
    except Exception as error:
        if getattr(error, "code", None) == NOT_FOUND:
            return None
        raise
    return answer["AutomationExecution"]


def steps(api: t.Any, identifier: str) -> t.List[Resource]:
    doing = "list the steps of automation %s" % identifier
    asked = {"AutomationExecutionId": identifier, "MaxResults": AT_ONCE}
    rows = api.each(doing, "describe_automation_step_executions", "StepExecutions", **asked)
    return [automation_outcome.step_from_api(one) for one in rows]


def executions(api: t.Any, filters: t.Sequence[t.Tuple[str, str]]) -> t.Iterator[Resource]:
    """Rows of DescribeAutomationExecutions, the latest first."""
    asked: Resource = {"MaxResults": AT_ONCE}
    if filters:
        asked["Filters"] = [{"Key": key, "Values": [value]} for key, value in filters]
    return api.each("list automations", "describe_automation_executions", "AutomationExecutionMetadataList", **asked)


def children(api: t.Any, identifier: str) -> t.List[Resource]:
    """The automations of a run's targets."""
    return list(executions(api, [("ParentExecutionId", identifier)]))


def stop(api: t.Any, identifier: str, kind: str) -> None:
    """Tell it to stop. One that has ended meanwhile stays as it is."""
    doing = "stop automation %s (%s)" % (identifier, kind)
    asked = {"AutomationExecutionId": identifier, "Type": kind}
    api.change_unless(ALREADY_ENDED, doing, "stop_automation_execution", **asked)


def outline(api: t.Any, name: str, version: str) -> t.List[Resource]:
    """The steps that a runbook has, each with name and action."""
    asked = {"Name": name, "DocumentVersion": version, "DocumentFormat": "JSON"}
    found = api.find("get document %s" % name, "get_document", **asked)
    content = json.loads(found["Content"]) if found else {}
    return [{"name": one["name"], "action": one["action"]} for one in content.get("mainSteps", [])]


def described(row: Resource, told: t.Sequence[Resource]) -> Resource:
    """An automation as it is now, with its steps."""
    status = row["AutomationExecutionStatus"]
    dates = {"started": "ExecutionStartTime", "ended": "ExecutionEndTime"}
    return {
        "execution_id": row["AutomationExecutionId"],
        "document_name": row["DocumentName"],
        "document_version": row.get("DocumentVersion", ""),
        "status": status,
        "message": automation_outcome.described(status, told, row.get("FailureMessage")),
        **{name: row[member].isoformat() if row.get(member) else None for name, member in dates.items()},
        "current_step": row.get("CurrentStepName") or None,
        "failure_message": row.get("FailureMessage") or None,
        "outputs": dict(row.get("Outputs") or {}),
        "target": row.get("Target") or None,
        "steps": list(told),
    }
