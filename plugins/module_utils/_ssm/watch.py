# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A run under way: its commands, and how far every node is."""

from __future__ import annotations

import collections
import typing as t

from . import command, run_outcome, sharing
from .change import Resource
from .node import Found
from .patch_run import Request
from .patience import Patience

COUNTED = ("Failed", "ExecutionTimedOut")  # against max_errors
# Looks at a command that has ended, for invocations that lists do not show yet; and at one that was cancelled.
LAST_LOOKS = 20


class Sent:
    """One command."""

    def __init__(self, command_id: str, nodes: t.Sequence[str]) -> None:
        self.id = command_id
        self.nodes = list(nodes)  # empty: chosen by targets
        self.status = "Pending"
        self.told: t.Dict[str, str] = {}  # statuses by node
        self.ended = False
        self._last_looks = 0

    def look(self, api: t.Any) -> t.Dict[str, str]:
        """Names of its nodes, where told. Lists lag behind: it has ended once all of its targets have."""
        row = command.look(api, self.id)
        self.status = run_outcome.status(row)
        names = {}
        for node, name, told in command.statuses(api, self.id):
            self.told[node] = told
            names[node] = name
        if run_outcome.ended(self.status):
            expected = max(len(self.nodes), row.get("TargetCount", 0))
            complete = len(self.told) >= expected and all(map(run_outcome.ended, self.told.values()))
            self._last_looks += 1
            self.ended = (
                complete and (bool(self.told) or self.status in run_outcome.NO_INVOCATIONS)
            ) or self._last_looks >= LAST_LOOKS
        return names

    def document(self) -> Resource:
        return {
            "command_id": self.id,
            "status": self.status,
            "message": run_outcome.COMMAND_MEANINGS.get(self.status)
            or run_outcome.MEANINGS.get(self.status, self.status),
            "nodes": len(self.told) or len(self.nodes),
        }


class Batch(t.NamedTuple):
    nodes: t.Sequence[str]  # empty: the targets
    rates: t.Optional[sharing.Rates]  # None: those that were written


class Watch:
    """Sends the commands of a run and sees them through. `show` is told how far it is, whenever that changes."""

    def __init__(
        self,
        api: t.Any,
        sender: command.Sender,
        request: Request,
        found: Found,
        patience: Patience,
        show: t.Callable[[str], None],
    ) -> None:
        self._api = api
        self._sender = sender
        self._request = request
        self._found = found
        self._patience = patience
        self._show = show
        self._shown = ""
        self._alone = True  # one command has all nodes, so that AWS holds it to the rates
        self._abreast = 1  # commands under way at the same time
        self._queue: t.Deque[Batch] = collections.deque()
        self._names: t.Dict[str, str] = {}
        self.apart: t.Dict[str, t.Tuple[str, t.Optional[str]]] = {}  # status and reason of nodes without a command
        self.sent: t.List[Sent] = []
        by_ids = found.target is None
        for identifier, one in found.nodes.items():
            if one["reach"] not in ("Online", "Offline") or (by_ids and one["reach"] == "Offline"):
                self.apart[identifier] = (one["reach"], one["reason"])

    def start(self, waited_for: bool) -> None:
        """Send what may be sent at once; what has to wait for its turn only where the run is waited for."""
        self._in_turns = waited_for
        if self._found.target is not None:
            self._queue.append(Batch((), None))
            self._whole = sharing.Rates(1, 0)
        else:
            nodes = self._found.online
            parts = sharing.batches(nodes)
            self._whole = sharing.rates(self._request.rates, len(nodes))
            self._abreast = sharing.at_a_time(self._whole) if waited_for else len(nodes)
            shares = sharing.of_each(self._whole, len(parts)) if len(parts) > 1 and not waited_for else []
            for index, part in enumerate(parts):
                self._queue.append(Batch(part, shares[index] if shares else None))
        self._alone = len(self._queue) == 1
        self._send_more()

    @property
    def errors(self) -> int:
        return sum(told in COUNTED for one in self.sent for told in one.told.values())

    def _send_more(self) -> None:
        while self._queue and sum(not one.ended for one in self.sent) < self._abreast:
            if self.sent and not self._alone and self.errors > self._whole.errors:
                self.drop("Terminated", None)
                return
            self._send(self._queue.popleft())

    def _send(self, batch: Batch) -> None:
        wanted = self._request
        named: Resource = {"InstanceIds": list(batch.nodes)} if batch.nodes else dict(self._found.target or {})
        request = {**wanted.settings, "Parameters": wanted.parameters, **named, **self._rates(batch)}
        size = "%d nodes" % len(batch.nodes) if batch.nodes else "the targets"
        doing = "send %s (%s) to %s" % (wanted.document, wanted.operation, size)
        try:
            self.sent.append(Sent(self._sender.send(doing, request), batch.nodes))
        except Exception as error:
            code = getattr(error, "code", "")
            if code == "InvalidInstanceId" and batch.nodes:
                self._isolate(batch, error)
            elif code == "" or not self.sent:
                raise
            else:  # others are under way, and are not to be lost
                self.apart.update((node, (run_outcome.NOT_SENT, str(error))) for node in batch.nodes)

    def _isolate(self, batch: Batch, error: Exception) -> None:
        """One node that cannot be reached any more refuses the whole call: halves, until it is alone."""
        if len(batch.nodes) == 1:
            self.apart[batch.nodes[0]] = (run_outcome.REFUSED, str(error))
            return
        self._alone = False
        middle = len(batch.nodes) // 2
        rates = batch.rates if self._in_turns else batch.rates or self._whole
        rates = rates and sharing.Rates(max(1, rates.concurrency // 2), rates.errors // 2)
        self._queue.extendleft([Batch(batch.nodes[middle:], rates), Batch(batch.nodes[:middle], rates)])

    def _rates(self, batch: Batch) -> Resource:
        if self._alone:
            written = self._request.rates
            return {"MaxConcurrency": written["max_concurrency"], "MaxErrors": written["max_errors"]}
        rates = batch.rates
        if rates is None:  # in turns: what earlier commands have used up of the errors is gone
            concurrency = min(self._whole.concurrency, command.AT_ONCE)
            rates = sharing.Rates(concurrency, max(0, self._whole.errors - self.errors))
        return {"MaxConcurrency": str(rates.concurrency), "MaxErrors": str(rates.errors)}

    def drop(self, status: str, reason: t.Optional[str]) -> None:
        """What has not been sent is not going to be."""
        for batch in self._queue:
            self.apart.update((node, (status, reason)) for node in batch.nodes)
        self._queue.clear()

    def look(self) -> None:
        for one in self.sent:
            if not one.ended:
                self._names.update(one.look(self._api))
        line = self.counts().line()
        if line != self._shown:
            self._shown = line
            self._show(line)

    @property
    def ended(self) -> bool:
        return not self._queue and all(one.ended for one in self.sent)

    def wait(self) -> None:
        """Until all has ended, time is up, or somebody interrupts."""
        while True:
            self.look()
            self._send_more()
            if self.ended or self._patience.over or self._patience.interrupted:
                return
            self._patience.pause()

    def cancel(self, reason: str) -> None:
        """Tell all nodes to stop, and see which did."""
        self.drop(run_outcome.NOT_SENT, reason)
        self._patience.calm()
        for one in self.sent:
            if not one.ended:
                command.cancel(self._api, one.id)
        for _look in range(LAST_LOOKS):
            self.look()
            if self.ended:
                return
            self._patience.pause()

    def statuses(self) -> t.Dict[str, str]:
        """Of every node there is a word of."""
        found = {node: told for node, (told, _reason) in self.apart.items()}
        for batch in self._queue:
            found.update(dict.fromkeys(batch.nodes, "Pending"))
        chosen_by_aws = self._found.target is not None
        over = chosen_by_aws and self.sent and all(one.ended for one in self.sent)
        if chosen_by_aws:
            waiting = run_outcome.OMITTED if over else "Pending"
            found.update((node, waiting) for node in self._found.managed if node not in found)
        for one in self.sent:
            found.update((node, "Pending") for node in one.nodes)
            found.update(one.told)
        return found

    def counts(self) -> run_outcome.Counts:
        return run_outcome.count(self.statuses().values())

    def outcomes(self, everything: bool) -> t.List[Resource]:
        """Every node with what became of it; the output of steps that failed, with `everything` of all."""
        told = self.statuses()
        commands = {node: one for one in self.sent for node in one.told}
        order = [*self._found.nodes, *sorted(set(told) - set(self._found.nodes))]
        return [self._outcome(node, told[node], commands.get(node), everything) for node in order if node in told]

    def _outcome(self, node: str, told: str, sent: t.Optional[Sent], everything: bool) -> Resource:
        known = self._found.nodes.get(node) or {"id": node, "name": self._names.get(node) or node}
        plain = {name: value for name, value in known.items() if name not in ("reach", "reason")}
        apart, reason = self.apart.get(node, (told, None))  # one that was apart may be told all the same
        outcome = run_outcome.described(
            {**plain, "command_id": sent.id if sent else None}, told, reason if apart == told else None
        )
        if sent is None or not (everything or told in (*COUNTED, "Cancelled")) or not run_outcome.ended(told):
            return outcome
        plugins = command.steps(self._api, sent.id, node)
        step = run_outcome.failing_step(plugins) if told != run_outcome.SUCCESS else None
        for one in [step] if step else run_outcome.working_steps(plugins)[:1]:
            printed = command.output(self._api, sent.id, node, one, self._patience.pause)
            outcome = run_outcome.with_step(outcome, one, *printed)
        return outcome
