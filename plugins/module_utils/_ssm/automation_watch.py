# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. An automation under way: how far it is, or how far those of its targets are."""

from __future__ import annotations

import typing as t

from . import automation, automation_outcome
from .change import Resource, ResourceError
from .patience import Patience

UNSEEN_LOOKS = 10  # for which an automation that was just started may not be known
STOPPED_LOOKS = 20  # at one that was told to stop


class Watch:
    """One automation that was started. `show` is told how far it is, whenever that changes."""

    def __init__(self, api: t.Any, identifier: str, patience: Patience, show: t.Callable[[str], None]) -> None:
        self._api = api
        self.id = identifier
        self._patience = patience
        self._show = show
        self._shown = ""
        self._seen, self._unseen = False, 0
        self._row: Resource = {"AutomationExecutionId": identifier, "AutomationExecutionStatus": "Pending"}

    @property
    def status(self) -> str:
        return self._row["AutomationExecutionStatus"]

    @property
    def ended(self) -> bool:
        return automation_outcome.ended(self.status)

    @property
    def _targeted(self) -> bool:
        return bool(self._row.get("TargetParameterName"))

    @property
    def _resolved(self) -> t.List[str]:
        return list((self._row.get("ResolvedTargets") or {}).get("ParameterValues") or [])

    def look(self) -> None:
        found = automation.look(self._api, self.id)
        if found is None:
            self._unseen += 1
            if self._seen or self._unseen >= UNSEEN_LOOKS:
                raise ResourceError("AWS does not know of automation %s, which was started" % self.id)
            return
        self._row, self._seen = found, True
        line = self._line()
        if line != self._shown:
            self._shown = line
            self._show(line)

    def _line(self) -> str:
        told = [automation_outcome.step_from_api(one) for one in self._row.get("StepExecutions") or []]
        total = (self._row.get("ProgressCounters") or {}).get("TotalSteps") or len(told)
        if not self._targeted:
            return automation_outcome.step_line(told, self.status, total)
        waiting = ["Pending"] * max(0, total - len(told))
        return automation_outcome.count([*(one["status"] for one in told), *waiting]).line()

    def wait(self) -> None:
        """Until it has ended, time is up, or somebody interrupts."""
        while True:
            self.look()
            if self.ended or self._patience.over or self._patience.interrupted:
                return
            self._patience.pause()

    def stop(self, kind: str) -> None:
        """Tell it to stop, and see whether it does."""
        self._patience.calm()
        automation.stop(self._api, self.id, kind)
        for _look in range(STOPPED_LOOKS):
            self.look()
            if self.ended:
                return
            self._patience.pause()

    def execution(self, document: str) -> Resource:
        """What became of it, with every step."""
        told = automation.steps(self._api, self.id) if self._seen and not self._targeted else []
        return automation.described({"DocumentName": document, **self._row}, told)

    def targets(self) -> t.List[Resource]:
        """What became of every target; steps of those that did not succeed."""
        if not self._targeted:
            return []
        begun = {one.get("Target", ""): one for one in automation.children(self._api, self.id)}
        order = [*self._resolved, *sorted(set(begun) - set(self._resolved))]
        return [self._target(one, begun.get(one)) for one in order]

    def _target(self, target: str, row: t.Optional[Resource]) -> Resource:
        if row is None:
            status = automation_outcome.NOT_STARTED if self.ended else "Pending"
            message = automation_outcome.MEANINGS[status]
            return {"target": target, "execution_id": None, "status": status, "message": message, "steps": []}
        identifier, status = row["AutomationExecutionId"], row["AutomationExecutionStatus"]
        told = [] if status in automation_outcome.SUCCEEDED else automation.steps(self._api, identifier)
        message = automation_outcome.described(status, told, row.get("FailureMessage"))
        return {"target": target, "execution_id": identifier, "status": status, "message": message, "steps": told}
