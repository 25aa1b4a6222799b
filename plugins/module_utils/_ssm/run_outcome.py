# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What statuses of Run Command and exit codes of patching mean (operations.md, 4). Pure."""

from __future__ import annotations

import re
import typing as t

from .change import Resource

SUCCESS = "Success"
WAITING = ("Pending", "Delayed")
RUNNING = ("InProgress", "Cancelling")
# Ours, of nodes that no command went to.
NOT_SENT, REFUSED, OMITTED = "NotSent", "Refused", "Omitted"
MEANINGS = {
    "Pending": "the command waits for its turn, or for the node to take it",
    "Delayed": "the node did not take the command yet; Systems Manager tries again",
    "InProgress": "the node works on it",
    "Cancelling": "the node has been told to stop",
    SUCCESS: "done",
    "Failed": "a step failed on the node",
    "DeliveryTimedOut": "the command expired before the node had answered; whether it did anything is not known",
    "ExecutionTimedOut": "the node worked on it for longer than a step may take, and was stopped",
    "Cancelled": "the command was cancelled",
    "Terminated": "it was never sent to the node, because more nodes had failed than max_errors tolerates",
    "Undeliverable": "the command could not be delivered: the node does not exist or does not respond",
    "InvalidPlatform": "the document does not run on the node's platform",
    "AccessDenied": "the caller may not send commands to the node",
    NOT_SENT: "the command was not sent to the node",
    REFUSED: "Systems Manager refused to send the command to the node",
    OMITTED: "Systems Manager did not count the node among the targets",
    "Offline": "Systems Manager does not hear from the node's agent",
    "Unmanaged": "no command can go to the instance",
    "Untagged": "no command went to the node",
    "Unknown": "there is no such node",
}
# Of commands, beside what nodes have.
COMMAND_MEANINGS = {
    "NoInstancesInTag": "no managed node fits the targets",
    "RateExceeded": "more nodes were targeted than the account may have waiting; nothing was sent",
    "Incomplete": "not every node succeeded",
    "AccessDenied": "the caller has no access to the resource group",
}
NO_INVOCATIONS = ("NoInstancesInTag", "RateExceeded", "AccessDenied")
# Of AWS's patching scripts (os-behaviour.md).
EXIT_CODES = {
    0: "success",
    1: "the scan or the installation failed",
    2: "what the patching itself needs on the node is missing",
    135: "access to the patch baseline was denied",
    146: "the operating system is not supported",
    150: "the snapshot id is not valid",
    163: "the baseline override has no baseline for this operating system",
    165: "the baseline override has several baselines for this operating system",
    167: "a baseline override and an install override list were both given",
    194: "a reboot was asked for",
    195: "a reboot was asked for, and patches failed",
    196: "a reboot was asked for, and dependencies of the patching failed",
    3010: "a reboot was asked for",
}
SETUP, OVERRIDE = range(130, 168), range(160, 168)
NO_EXIT_CODE = -1  # it has not started, or the node was never reached


def plain(details: str) -> str:
    """StatusDetails without blanks: both DeliveryTimedOut and Delivery Timed Out occur."""
    return re.sub(r"\s", "", details)


def status(raw: Resource) -> str:
    """Of a command or an invocation. Terminated may come with more words."""
    told = plain(raw.get("StatusDetails") or raw["Status"])
    return told.partition("(")[0] if told.startswith("Terminated") else told


def ended(told: str) -> bool:
    return told not in WAITING and told not in RUNNING


def exit_code_meaning(code: int) -> str:
    if code in EXIT_CODES:
        return EXIT_CODES[code]
    if code in OVERRIDE:
        return "the baseline override cannot be used"
    if code in SETUP:
        return "the patching could not be set up on the node"
    return "not one of the codes that AWS's patching has"


def failing_step(plugins: t.Sequence[Resource]) -> t.Optional[Resource]:
    """The step that did not succeed; those for other platforms are skipped, and count as successes."""
    return next((one for one in plugins if plain(one.get("StatusDetails") or one["Status"]) != SUCCESS), None)


def working_steps(plugins: t.Sequence[Resource]) -> t.List[Resource]:
    """Steps that did something: not those that were skipped."""
    skipped = "Step execution skipped due to"
    return [one for one in plugins if not one.get("Output", "").startswith(skipped)]


def described(node: Resource, told: str, reason: t.Optional[str] = None) -> Resource:
    """A node's outcome, with what its status means. `reason` says more than the status does."""
    words = MEANINGS.get(told, told)
    return {**node, "status": told, "message": "%s: %s" % (words, reason) if reason else words}


def with_step(outcome: Resource, step: Resource, output: str, error: str) -> Resource:
    """An outcome with the step that it is about: its output, exit code, and what that means."""
    code = step.get("ResponseCode", NO_EXIT_CODE)
    found = {
        **outcome,
        "step": step["Name"],
        "exit_code": None if code == NO_EXIT_CODE else code,
        "output": output,
        "error_output": error,
        "output_url": step.get("StandardOutputUrl") or None,
    }
    if found["exit_code"] is not None and outcome["status"] != SUCCESS:
        meaning = exit_code_meaning(code)
        found["message"] = "step %s ended with exit code %d: %s" % (step["Name"], code, meaning)
    return found


class Counts(t.NamedTuple):
    """How far a run is, in nodes."""

    pending: int
    running: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        return sum(self)

    def line(self) -> str:
        return "%d pending, %d running, %d done, %d failed, of %d nodes" % (*self, self.total)


def count(statuses: t.Iterable[str]) -> Counts:
    numbers = [0, 0, 0, 0]
    for told in statuses:
        place = 0 if told in WAITING else 1 if told in RUNNING else 2 if told == SUCCESS else 3
        numbers[place] += 1
    return Counts(*numbers)


STARTED = ("InProgress", "Cancelling", SUCCESS, "Failed", "ExecutionTimedOut", "Cancelled", "DeliveryTimedOut")
UNREACHED = ("Offline", "Unmanaged", "Untagged", "Unknown", OMITTED)
NAMED = 10  # nodes that a message names


def unsuccessful(outcomes: t.Sequence[Resource], unreached: bool) -> t.List[Resource]:
    """Nodes that did not succeed; with `unreached` those as well that no command went to."""
    return [one for one in outcomes if one["status"] != SUCCESS and (unreached or one["status"] not in UNREACHED)]


def message(failed: t.Sequence[Resource], total: int) -> str:
    """Which nodes did not succeed, and why, the first few of them."""
    words = ["%s (%s): %s" % (one["name"], one["status"], one["message"]) for one in failed[:NAMED]]
    more = ["and %d more" % (len(failed) - NAMED)] if len(failed) > NAMED else []
    return "%d of %d nodes did not succeed. %s" % (len(failed), total, "; ".join([*words, *more]))
