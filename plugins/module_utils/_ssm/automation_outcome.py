# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What statuses of automations and their steps mean (operations.md, 6). Pure."""

from __future__ import annotations

import typing as t

from .change import Resource

SUCCEEDED = ("Success", "CompletedWithSuccess")
FAILED = (
    *("TimedOut", "Cancelled", "Failed", "Rejected", "CompletedWithFailure", "Exited"),
    "ChangeCalendarOverrideRejected",
)
# What waits for a person, or for a calendar.
HELD = ("Waiting", "PendingApproval", "PendingChangeCalendarOverride", "Scheduled")
NOT_STARTED = "NotStarted"  # ours, of targets that nothing was begun with
MEANINGS = {
    "Pending": "it has not begun yet",
    "InProgress": "it is under way",
    "Waiting": "it waits for a signal",
    "Success": "done",
    "TimedOut": "a step took longer than it may, or nobody approved in time",
    "Cancelling": "it has been told to stop",
    "Cancelled": "it was stopped",
    "Failed": "a step failed",
    "PendingApproval": "the change request waits for an approval",
    "Approved": "the change request was approved, and is about to begin",
    "Rejected": "somebody rejected it",
    "Scheduled": "the change request waits for its time",
    "RunbookInProgress": "the runbook of the change request is under way",
    "PendingChangeCalendarOverride": "a change calendar is closed, and overriding it waits for leave",
    "ChangeCalendarOverrideApproved": "the closed change calendar was overridden, and it is about to begin",
    "ChangeCalendarOverrideRejected": "a change calendar is closed, and overriding it was rejected",
    "CompletedWithSuccess": "the change request is done",
    "CompletedWithFailure": "the runbook of the change request failed",
    "Exited": "it ended before all steps were run",
    NOT_STARTED: "it was not begun with, because more targets had failed than max_errors tolerates, or it was stopped",
}
STATUSES = tuple(name for name in MEANINGS if name != NOT_STARTED)
# What a step waits for, by its action.
WAITS = {
    "aws:approve": "waits for an approval: approve or reject it in Systems Manager, or by send-automation-signal",
    "aws:pause": "waits to be resumed: in Systems Manager, or by send-automation-signal",
}
NAMED = 10  # targets that a message names


def ended(status: str) -> bool:
    return status in SUCCEEDED or status in FAILED


def step_from_api(raw: Resource) -> Resource:
    """One of StepExecutions. Its inputs are left out: they may hold what scripts are given."""
    return {
        "name": raw["StepName"],
        "action": raw["Action"],
        "status": raw["StepStatus"],
        "started": raw["ExecutionStartTime"].isoformat() if raw.get("ExecutionStartTime") else None,
        "ended": raw["ExecutionEndTime"].isoformat() if raw.get("ExecutionEndTime") else None,
        "response_code": raw.get("ResponseCode") or None,
        "failure_message": raw.get("FailureMessage") or None,
        "outputs": dict(raw.get("Outputs") or {}),
    }


def failures(steps: t.Sequence[Resource]) -> t.List[Resource]:
    return [one for one in steps if one["status"] in FAILED]


def step_words(step: Resource) -> str:
    """How a step is named where it is to blame: with what AWS says of it."""
    words = "step %s (%s) %s" % (step["name"], step["action"], step["status"])
    return "%s: %s" % (words, step["failure_message"]) if step.get("failure_message") else words


def described(status: str, steps: t.Sequence[Resource], failure: t.Optional[str]) -> str:
    """A status in words, with the step that is to blame. `failure`: AWS's own words of the whole."""
    words = MEANINGS.get(status, status)
    if status in HELD:
        waiting = [one for one in steps if one["status"] in HELD]
        wait = WAITS.get(waiting[0]["action"]) if waiting else None
        return "step %s %s" % (waiting[0]["name"], wait) if wait else words
    if status in SUCCEEDED or not ended(status):
        return words
    broken = failures(steps)
    if broken:
        return "%s: %s" % (words, step_words(broken[0]))
    return "%s: %s" % (words, failure) if failure else words


def step_line(steps: t.Sequence[Resource], status: str, total: int) -> str:
    """How far a runbook is. `total`: of its steps, of which not all need be run."""
    current = next((one for one in steps if not ended(one["status"]) and one["status"] != "Pending"), None)
    done = sum(ended(one["status"]) for one in steps)
    words = "%s, %d of %d steps ended" % (status, done, total)
    if current is None:
        return words
    waits = WAITS.get(current["action"]) if current["status"] in HELD else None
    return "%s, at %s (%s)%s" % (words, current["name"], current["action"], ", which " + waits if waits else "")


class Counts(t.NamedTuple):
    """How far a run on several targets is."""

    pending: int
    running: int
    done: int
    failed: int

    def line(self) -> str:
        return "%d pending, %d running, %d done, %d failed, of %d targets" % (*self, sum(self))


def count(statuses: t.Iterable[str]) -> Counts:
    numbers = [0, 0, 0, 0]
    for told in statuses:
        failed = told in FAILED or told == NOT_STARTED
        numbers[0 if told == "Pending" else 2 if told in SUCCEEDED else 3 if failed else 1] += 1
    return Counts(*numbers)


def target_message(failed: t.Sequence[Resource], total: int) -> str:
    """Which targets did not succeed, and why, the first few of them."""
    words = ["%s (%s): %s" % (one["target"], one["status"], one["message"]) for one in failed[:NAMED]]
    more = ["and %d more" % (len(failed) - NAMED)] if len(failed) > NAMED else []
    return "%d of %d targets did not succeed. %s" % (len(failed), total, "; ".join([*words, *more]))
