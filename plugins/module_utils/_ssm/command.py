# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls of Run Command (operations.md, 4)."""

from __future__ import annotations

import typing as t

from . import run_outcome
from .change import Resource

AT_ONCE = 50  # ids that SendCommand takes, or invocations that one page has
THROTTLED_TRIES = 8
LOOKS_FOR_OUTPUT = 5


class Sender:
    """Sends commands. SendCommand has no client token: what is sent again is run again.

    `once`: an Api whose client tries once. Where an answer is lost, the command is looked for by its SnapshotId, which
    no other run has.
    """

    def __init__(self, api: t.Any, once: t.Any, pause: t.Callable[[], None]) -> None:
        self._api = api
        self._once = once
        self._pause = pause

    def send(self, doing: str, request: Resource, throttled: t.Collection[str]) -> str:
        """The id of the command. `throttled`: codes of errors with which nothing was done."""
        for tries_left in reversed(range(THROTTLED_TRIES)):
            try:
                found = self._once.once(doing, "send_command", **request)["Command"]["CommandId"]
            except Exception as error:
                code = getattr(error, "code", "")
                if code in throttled and tries_left:
                    self._pause()
                    continue
                found = self._lost(request) if getattr(error, "answer_lost", False) else None
                if found is None:
                    raise
            self._api.changes.append("%s as command %s" % (doing, found))
            return found
        raise AssertionError("the last try returns or raises")

    def _lost(self, request: Resource) -> t.Optional[str]:
        filters = [{"key": "DocumentName", "value": request["DocumentName"]}]
        for row in self._api.each("look for the command", "list_commands", "Commands", Filters=filters, MaxResults=50):
            same = row.get("Parameters", {}).get("SnapshotId") == request["Parameters"]["SnapshotId"]
            if same and sorted(row.get("InstanceIds", [])) == sorted(request.get("InstanceIds", [])):
                return row["CommandId"]
        return None


def look(api: t.Any, command_id: str) -> Resource:
    """The row of ListCommands, which may come after pages without rows, or not yet."""
    rows = api.each("look at command %s" % command_id, "list_commands", "Commands", CommandId=command_id)
    return next(rows, {"Status": "Pending", "TargetCount": 0})


def statuses(api: t.Any, command_id: str) -> t.Iterator[t.Tuple[str, str, str]]:
    """Id, name and status of each node that has the command so far."""
    doing = "list the invocations of command %s" % command_id
    asked = {"CommandId": command_id, "MaxResults": AT_ONCE}
    for row in api.each(doing, "list_command_invocations", "CommandInvocations", **asked):
        yield row["InstanceId"], row.get("InstanceName", ""), run_outcome.status(row)


def cancel(api: t.Any, command_id: str) -> None:
    api.change("cancel command %s" % command_id, "cancel_command", CommandId=command_id)


def steps(api: t.Any, command_id: str, node: str) -> t.List[Resource]:
    doing = "read the steps of command %s on %s" % (command_id, node)
    asked = {"CommandId": command_id, "InstanceId": node, "Details": True}
    for row in api.each(doing, "list_command_invocations", "CommandInvocations", **asked):
        return row.get("CommandPlugins", [])
    return []


def output(api: t.Any, command_id: str, node: str, step: Resource, pause: t.Callable[[], None]) -> t.Tuple[str, str]:
    """What the step printed, and its errors: as much as the API keeps, which is more than a list of steps has."""
    doing = "read the output of step %s of command %s on %s" % (step["Name"], command_id, node)
    for looks_left in reversed(range(LOOKS_FOR_OUTPUT)):
        try:
            asked = {"CommandId": command_id, "InstanceId": node, "PluginName": step["Name"]}
            answer = api.ask(doing, "get_command_invocation", **asked)
            return answer.get("StandardOutputContent", ""), answer.get("StandardErrorContent", "")
        except Exception as error:
            if getattr(error, "code", None) != "InvocationDoesNotExist":
                raise
            if looks_left:  # it was just sent, and is not known everywhere yet
                pause()
    return step.get("Output", ""), ""
