# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Runs that were interrupted: waited for, brought to an end, and written down."""

from __future__ import annotations

import typing as t

from .._engine import changes, dates
from .._engine.assessment import assess
from .._engine.selection import Limits, Skip, Target
from .._engine.state import INSTALL
from .._engine.state import Run as EngineRun
from . import job, outcome, pending, runs
from .base import BackendError, Document
from .boot import boot_id
from .task import Host, Task
from .transaction import Change, Installer, Request, Unwelcome, Wanted, welcome

# How long after max_duration a transaction is waited for: it must not be stopped, but may hang for ever.
GRACE = 60 * 60  # seconds


def settled_later(root: str) -> t.List[Document]:
    """For check mode: the runs that a real one would settle."""
    return [_summary(run, "interrupted, or still at work") for run in runs.unfinished(root)]


def _summary(run: runs.RunFolder, what: str) -> Document:
    return {"run_id": run.run_id, "started": run.document.get("started"), "folder": run.path, "what": what}


class Repair(t.NamedTuple):
    left: t.List[str]  # what an interrupted transaction had left behind
    still: t.List[str]  # what of that could not be brought to an end, and why
    failures: t.Dict[str, str] = {}  # the packages among it, by kb_id, in the package manager's words
    run: t.Optional[runs.RunFolder] = None

    @property
    def changed(self) -> bool:
        return len(self.still) < len(self.left)

    @property
    def warnings(self) -> t.List[str]:
        return ["an interrupted transaction could not be brought to an end: %s" % what for what in self.still]


def repair(
    installer: Installer,
    run_id: str,
    host: Host,
    deadline: t.Optional[float] = None,
    unwelcome: Unwelcome = welcome,
) -> Repair:
    """Bring what an interrupted transaction left behind to an end, as far as that goes.

    What does not is no reason to stop: a package that cannot be configured may be what the next version cures.
    Raises BackendError when it is still at work long after `deadline`.
    """
    left = installer.leftovers()
    if not left:
        return Repair([], [])
    try:
        steps = installer.repair(unwelcome)
    except BackendError as error:
        return Repair(left, ["%s (%s)" % (what, error) for what in left])
    run = runs.begin(
        run_id,
        host.clock(),
        {"operation": "repair", "leftovers": left, "commands": [" ".join(step.command) for step in steps]},
        host.options.root,
    )
    job.start(run.path, run.unit, steps, deadline, host.options.lock_timeout, host.run)
    if not job.wait(run.path, None if deadline is None else deadline + GRACE):
        raise BackendError(
            "max_duration was over an hour ago and the repair of an interrupted transaction is still at work; it goes"
            " on in unit %s, and the next run takes its result from %s" % (run.unit, run.path)
        )
    results = job.results(run.path)
    still = installer.leftovers()
    run.update(state=runs.ENDED, ended=dates.text(host.clock()), outcome="failed" if still else "repaired")
    words = "; ".join(filter(None, (outcome.last_words(results), installer.reluctant)))
    failures = installer.failures(Request(()), results) if still else {}
    return Repair(left, ["%s (%s)" % (what, words) if words else what for what in still], failures, run)


def note_repaired(repaired: Repair, changed: t.Sequence[changes.Changed]) -> t.List[str]:
    """What the repair brought beyond bringing an end, written down; a sentence each."""
    if repaired.run is not None and changed:
        repaired.run.update(changed=[outcome.change_document(change) for change in changed])
    return ["the repair of an interrupted transaction brought %s" % _in_words(change) for change in changed]


def _in_words(change: changes.Changed) -> str:
    return "%s from %s to %s" % (change.kb_id, change.old or "none", change.new or "none")


def settle(
    interrupted: t.Sequence[runs.RunFolder], inventory: Document, installer: Installer, task: Task, host: Host
) -> t.List[Document]:
    """Write down what became of each interrupted run, judged by what the node has now."""
    found = []
    for run in interrupted:
        if run.document.get("operation") == "install" and "targets" in run.document:
            found.append(_settled(run, inventory, installer, task, host))
            continue
        if run.document.get("operation") == "rollback":
            _settle_rollback(run, inventory, host)
        run.update(state=runs.ENDED, ended=dates.text(host.clock()), outcome="interrupted", interrupted=True)
        found.append(_summary(run, "interrupted during its %s" % run.document.get("operation")))
    return found


def _settle_rollback(run: runs.RunFolder, inventory: Document, host: Host) -> None:
    """What it brought back by its end; and whether the run that it was to undo is undone."""
    done = came(run, inventory)
    if any(change.new for change in done) and run.document.get("boot_id") == boot_id():
        _remember(run, done, host)
    run.update(changed=[outcome.change_document(change) for change in done])
    undone = runs.of_folder(run.document.get("of_folder"), host.options.root)
    if undone is not None and run.document.get("whole") and len(done) == len(run.document["changes"]):
        undone.update(rolled_back=run.run_id)


def _settled(run: runs.RunFolder, inventory: Document, installer: Installer, task: Task, host: Host) -> Document:
    results = job.results(run.path)
    targets = [Target(**entry) for entry in run.document["targets"]]
    skipped = [
        Skip(Target(entry["name"], entry["arch"], entry["old"], entry["new"]), entry["reason"])
        for entry in run.document["skipped"]
    ]
    request = Request(tuple(Wanted(target.name, target.arch, target.new) for target in targets))
    failures = installer.failures(request, results)
    patches = outcome.patch_results(
        targets,
        skipped,
        run.document["refused"],
        lambda target: outcome.why_not_installed(target, inventory, failures, results),
        outcome.INSTALLED,
    )
    changed = came(run, inventory)
    brought = [change for change in changed if change.new is not None]
    rebooted = run.document.get("boot_id") != boot_id()
    option = run.document["reboot_option"]
    reboot = changes.reboot(option, inventory["manager"], inventory.get("reboot") or {}, brought, False)
    if brought and not rebooted and (reboot.required or option != changes.IF_REQUIRED):
        _remember(run, brought, host)
    limits = Limits(**run.document["limits"])
    engine_run = EngineRun(
        operation=INSTALL,
        reboot_option=option,
        rebooted=rebooted,
        outcomes=outcome.engine_outcomes(patches),
        rejected_dependencies=run.document["unwelcome"] if limits.override_list is None else {},
        partial=limits.partial,
        pending=dict.fromkeys(pending.load(host.options.root).since),
        reboot_required=reboot.required,
        notes=outcome.notes(patches),
    )
    record = assess(inventory, task.baselines, host.clock(), run.run_id, run=engine_run, undated=task.undated)
    record["run"] = dict(run.document["limits"], interrupted=True, download_only=False)
    run.keep_record(record)
    whole = job.ended(run.path)
    documents = [patch.document() for patch in patches]
    run.update(
        state=runs.ENDED,
        ended=dates.text(host.clock()),
        interrupted=True,
        outcome="interrupted",
        patches=documents,
        changed=[outcome.change_document(change) for change in changed],
    )
    what = "the module was interrupted, its transaction ended by itself" if whole else "its transaction was interrupted"
    steps = [{"name": result.name, "code": result.code, "why_not": result.why_not or None} for result in results]
    return dict(_summary(run, what), patches=documents, steps=steps, record=record)


def came(run: runs.RunFolder, inventory: Document) -> t.List[Change]:
    """What of the changes that the run was to make is so on the node."""
    planned = [
        Change(entry["name"], entry["arch"], entry["old"], entry["new"])
        for entry in run.document.get("changes") or ()
        if entry["old"] != entry["new"]
    ]
    return [change for change in planned if _so(change, outcome.installed_versions(inventory, change))]


def _so(change: Change, now: t.Sequence[str]) -> bool:
    return change.old not in now if change.new is None else change.new in now


def _remember(run: runs.RunFolder, done: t.Sequence[Change], host: Host) -> None:
    started = dates.parse_instant(run.document.get("started"))
    no_reboot = run.document.get("reboot_option") == changes.NO_REBOOT
    new = [change.kb_id for change in done if change.new]
    try:
        pending.add(new, started or host.clock(), no_reboot, host.options.root)
    except OSError as error:
        raise BackendError("%s cannot be written: %s" % (error.filename, error.strerror)) from error
