# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automations under way: step after step, or one automation for each target, as far as the clock allows."""

from __future__ import annotations

import dataclasses
import datetime
import math
import typing as t

from . import steps
from .runbooks import Runbook
from .running import share
from .state import Region, Resource
from .steps import Step

PICKUP = datetime.timedelta(seconds=1)  # from the call to the first step
STOPPING = datetime.timedelta(seconds=5)  # until a step that was told to stop has stopped
FAILURES = ("Failed", "TimedOut", "Rejected")


@dataclasses.dataclass
class Execution:
    """Of one target or of none."""

    id: str
    request: Resource
    runbook: Runbook
    began: datetime.datetime
    target: str = ""
    parent: str = ""
    end: str = ""
    ended: datetime.datetime | None = None
    stopping: str = ""  # Cancel or Complete
    failure: str = ""
    fleet: t.ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.steps = [Step(one, f"{self.id[:24]}{number:012x}") for number, one in enumerate(self.runbook.steps)]
        self.at: int | None = None  # the step under way
        self.broken = ""  # the status of a critical step that failed, while others go on

    @property
    def parameters(self) -> dict[str, list[str]]:
        given = dict(self.request.get("Parameters", {}))
        if self.target:
            given[self.request["TargetParameterName"]] = [self.target]
        return self.runbook.values(given)

    @property
    def current(self) -> Step | None:
        return None if self.at is None or self.end else self.steps[self.at]

    @property
    def status(self) -> str:
        if self.end:
            return self.end
        if self.stopping:
            return "Cancelling"
        if self.current is None:
            return "Pending"
        return "Waiting" if self.current.waiting or self._held else "InProgress"

    @property
    def _held(self) -> bool:
        """Step by step, each waits until it is told to start."""
        step = self.current
        return self.request.get("Mode") == "Interactive" and step is not None and step.began is None

    def proceed(self, region: Region) -> None:
        moment = self.began + PICKUP
        if self.at is None and moment <= region.now and not self.stopping:
            self.at = 0
        while self.current is not None:
            step = self.current
            if step.began is None:
                if self._held and not step.signalled:
                    return
                steps.begin(region, step, self._known(region), moment, self._told(region, step))
            if not step.end:
                steps.look(region, step, self._told(region, step))
            if not step.end:
                return
            moment = step.ends or region.now
            self._go_on(step, moment)

    def _told(self, region: Region, step: Step) -> str:
        ends = region.simulation.step_ends or {}
        return ends.get(f"{step.name}@{self.target or self._instance}", ends.get(step.name, ""))

    @property
    def _instance(self) -> str:
        return (self.parameters.get("InstanceId") or [""])[0]

    def _known(self, region: Region) -> dict[str, list[str]]:
        known = {
            **self.parameters,
            "global:REGION": [region.name],
            "global:DATE": [region.now.strftime("%Y-%m-%d")],
            "global:DATE_TIME": [region.now.strftime("%Y-%m-%d_%H.%M.%S")],
            "automation:EXECUTION_ID": [self.id],
        }
        for step in self.steps:
            known.update((f"{step.name}.{name}", values) for name, values in step.outputs.items())
        return known

    def _go_on(self, step: Step, moment: datetime.datetime) -> None:
        if step.end in FAILURES and step.critical and not self.broken:
            self.broken, self.failure = step.end, step.failure
        following = step.following()
        if self.stopping or step.end == "Cancelled":
            self._finish("Cancelled", moment)
        elif following == "" or (following is None and self.at == len(self.steps) - 1):
            self._finish(self.broken or "Success", moment)
        else:
            names = [one.name for one in self.steps]
            self.at = (self.at or 0) + 1 if following is None else names.index(following)

    def _finish(self, end: str, moment: datetime.datetime) -> None:
        self.end, self.ended = end, moment

    def stop(self, kind: str, now: datetime.datetime) -> None:
        """With Complete the step under way comes to its end, with Cancel it is broken off."""
        self.stopping = kind
        step = self.current
        if step is None or step.began is None:
            self._finish("Cancelled", now)
        elif kind == "Cancel" or step.waiting:
            step.end, step.ends = "Cancelled", now + STOPPING
            self._finish("Cancelled", now + STOPPING)

    def shown_steps(self) -> list[Resource]:
        return [one.shown() for one in self.steps]


@dataclasses.dataclass
class Fleet(Execution):
    """One automation for each target."""

    fleet: t.ClassVar[bool] = True
    targets: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.steps = []
        self.children: list[Execution] = []
        count = len(self.targets)
        self.concurrency = max(1, math.ceil(share(self.request.get("MaxConcurrency", "10"), count)))
        self.tolerated = math.floor(share(self.request.get("MaxErrors", "0"), count))

    def _errors(self, moment: datetime.datetime) -> int:
        return sum(one.end in FAILURES and one.ended is not None and one.ended <= moment for one in self.children)

    @property
    def status(self) -> str:
        return self.end or ("Cancelling" if self.stopping else "InProgress" if self.children else "Pending")

    def proceed(self, region: Region) -> None:
        if self.end or region.now < self.began + PICKUP:
            return
        while self._may_start(region):
            pass
        if all(one.end for one in self.children):
            last = max([one.ended for one in self.children if one.ended] or [region.now])
            broken = self._errors(last) > self.tolerated
            self._finish("Cancelled" if self.stopping else "Failed" if broken else "Success", last)
            self.failure = "More targets failed than MaxErrors tolerates" if broken else ""

    def _may_start(self, region: Region) -> bool:
        """Start the next one if there is a place for it by the Region's time, and errors leave it to go on."""
        for one in self.children:
            one.proceed(region)
        number = len(self.children)
        ended = sorted(one.ended for one in self.children if one.ended)
        before = number - self.concurrency  # so many have to have ended
        if number == len(self.targets) or self.stopping or before >= len(ended):
            return False
        moment = self.began if before < 0 else ended[before]
        if self._errors(moment) > self.tolerated:
            return False
        child = Execution(self.ids[number], self.request, self.runbook, moment, self.targets[number], self.id)
        self.children.append(child)
        region.executions[child.id] = child
        return True

    def stop(self, kind: str, now: datetime.datetime) -> None:
        self.stopping = kind
        for one in self.children:
            if not one.end:
                one.stop(kind, now)

    def shown_steps(self) -> list[Resource]:
        """One for each target that was begun with."""
        return [
            {
                "StepName": one.target,
                "Action": "aws:executeAutomation",
                "StepExecutionId": one.id,
                "StepStatus": one.status,
                "Outputs": {"ExecutionId": [one.id]},
            }
            for one in self.children
        ]
