# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of an automation: what each does, how long, and what comes next. Run Command steps send real commands."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import typing as t

from . import commands
from .errors import SSMError
from .runbook_rules import REFERENCE
from .state import Region, Resource

WAITS = ("aws:approve", "aws:pause")
ENDED = ("Success", "Failed", "TimedOut", "Cancelled", "Rejected")
COMMAND_ENDS = {"Success": "Success", "TimedOut": "TimedOut", "Cancelled": "Cancelled"}
DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
TESTS: dict[str, t.Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "BooleanEquals": lambda value, wanted: value.lower() == wanted.lower(),
    "Contains": lambda value, wanted: wanted in value,
}


@dataclasses.dataclass
class Step:
    """One of `mainSteps`. Without `began` it is pending, without `end` under way."""

    declared: Resource
    id: str
    began: datetime.datetime | None = None
    ends: datetime.datetime | None = None  # as foreseen; None: when something else has ended, or a signal comes
    end: str = ""
    failure: str = ""
    inputs: Resource = dataclasses.field(default_factory=dict)
    outputs: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    command: str = ""
    signalled: str = ""

    @property
    def name(self) -> str:
        return self.declared["name"]

    @property
    def action(self) -> str:
        return self.declared["action"]

    @property
    def waiting(self) -> bool:
        return self.began is not None and not self.end and self.action in WAITS

    @property
    def status(self) -> str:
        return self.end or ("Pending" if self.began is None else "Waiting" if self.waiting else "InProgress")

    @property
    def critical(self) -> bool:
        """Whether its failure is one of the whole: by default where nothing goes on after it."""
        return self.declared.get("isCritical", self.declared.get("onFailure") != "Continue")

    def following(self) -> str | None:
        """The name of the step that its own words name as the next: empty for none, None for the one behind it."""
        if self.end != "Success":
            after = self.declared.get("onFailure", "Abort")
            if after.startswith("step:"):
                return after.removeprefix("step:")
            if after == "Abort":
                return ""
        if "NextStep" in self.outputs:
            return self.outputs["NextStep"][0]
        return "" if self.declared.get("isEnd") else self.declared.get("nextStep")

    def shown(self) -> Resource:
        step = {
            "StepName": self.name,
            "Action": self.action,
            "StepExecutionId": self.id,
            "StepStatus": self.status,
            "OnFailure": self.declared.get("onFailure", "Abort"),
            "IsCritical": self.critical,
            "Inputs": {name: json.dumps(value) for name, value in self.inputs.items()},
            "Outputs": self.outputs,
            "ExecutionStartTime": self.began,
            "ExecutionEndTime": self.ends if self.end else None,
            "FailureMessage": self.failure,
            "ResponseCode": {"Success": "0"}.get(self.end, "1") if self.end else "",
            "TimeoutSeconds": self.declared.get("timeoutSeconds"),
        }
        return {name: value for name, value in step.items() if value not in (None, "", {})}


def resolved(value: t.Any, known: t.Mapping[str, t.Any]) -> t.Any:
    """With what stands for references; one that is all of a text may become a list."""
    if isinstance(value, dict):
        return {name: resolved(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        parts = [resolved(inner, known) for inner in value]
        return [one for part in parts for one in (part if isinstance(part, list) else [part])]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        values = known.get(whole.group(1), [])
        return values[0] if len(values) == 1 else list(values)
    return REFERENCE.sub(lambda found: ", ".join(known.get(found.group(1), [])), value)


def begin(region: Region, step: Step, known: t.Mapping[str, t.Any], at: datetime.datetime, told: str) -> None:
    """`known`: values by reference. `told`: how it ends, where the simulation says so."""
    step.began = at
    step.inputs = resolved(step.declared.get("inputs") or {}, known)
    usual = at + datetime.timedelta(seconds=region.simulation.step_seconds)
    if told:
        step.ends, step.outputs = usual, _outputs(region, step)
    elif step.action == "aws:runCommand" and "DocumentName" in step.inputs:
        _send(region, step, at)
    elif step.action == "aws:sleep":
        step.ends = at + _duration(str(step.inputs.get("Duration", "PT0S")))
    elif step.action not in WAITS:
        step.ends, step.outputs = usual, _outputs(region, step)


def _outputs(region: Region, step: Step) -> dict[str, list[str]]:
    if step.action == "aws:createImage":
        return {"ImageId": [region.new_id("ami")], "ImageState": ["available"]}
    if step.action == "aws:branch":
        choices = step.inputs.get("Choices", ())
        fitting = [one["NextStep"] for one in choices if _fits(one)]
        following = [*fitting, *filter(None, [step.inputs.get("Default")])]
        return {"NextStep": following[:1]} if following else {}
    told = (region.simulation.step_outputs or {}).get(step.name, {})
    return {name: value if isinstance(value, list) else [value] for name, value in told.items()}


def _fits(choice: Resource) -> bool:
    value = choice.get("Variable", "")
    return any(name in choice and test(str(value), str(choice[name])) for name, test in TESTS.items())


def _duration(written: str) -> datetime.timedelta:
    found = DURATION.fullmatch(written)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _send(region: Region, step: Step, at: datetime.datetime) -> None:
    request = dict(step.inputs)
    for name, value in request.get("Parameters", {}).items():
        values = value if isinstance(value, list) else [value]
        request["Parameters"][name] = [one if isinstance(one, str) else json.dumps(one) for one in values]
    if isinstance(request.get("InstanceIds"), str):
        request["InstanceIds"] = [request["InstanceIds"]]
    request["TimeoutSeconds"] = int(request.get("TimeoutSeconds", 3600))
    now, region.now = region.now, at
    try:
        step.command = commands.send_command(region, request)["Command"]["CommandId"]
        step.outputs = {"CommandId": [step.command]}
    except SSMError as error:
        step.ends, step.end, step.failure = at, "Failed", f"Step fails when it is Execute/Cancelling action. {error}"
    finally:
        region.now = now


def look(region: Region, step: Step, told: str) -> None:
    """End it if it has ended by the Region's time."""
    if step.command:
        _look_at_command(region, step)
    elif step.ends is not None and step.ends <= region.now:
        step.end = told or "Success"
        if step.end != "Success":
            step.failure = f"Step fails when it is Execute/Cancelling action. {step.name} ended as {step.end}"
            step.outputs = {}


def _look_at_command(region: Region, step: Step) -> None:
    command = region.commands[step.command]
    command.proceed(region)
    status = command.status(region.now)
    if not all(one.ended for one in command.invocations):
        return
    step.ends = max([one.ends for one in command.invocations if one.ends] or [region.now])
    step.end = COMMAND_ENDS.get(status, "Failed")
    codes = [one.work.exit_code for one in command.invocations if one.work]
    printed = [one.work.output for one in command.invocations if one.work]
    step.outputs.update(Status=[status], ResponseCode=[str(max(codes, default=-1))], Output=["".join(printed)])
    if step.end != "Success":
        step.failure = (
            f"Step fails when it is Poll action status for completion. Command {step.command} returns unexpected "
            f"invocation result: {status}"
        )
