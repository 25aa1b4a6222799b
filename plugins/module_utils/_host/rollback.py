# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Undo what a recorded run did: old versions come back, what came with it leaves."""

from __future__ import annotations

import os
import time
import typing as t

from .._engine import changes as engine_changes
from .._engine import dates
from .._engine.assessment import assess
from .._engine.selection import Skip, Target
from . import job, outcome, pending, runs
from .afterwards import look_again
from .base import BackendError, Document, Options, Run
from .kernels import RunningKernel, running_kernel
from .resolve import Resolution, resolve_undo
from .scan import gather, remembered
from .settle import Repair, came, note_repaired, repair, settle, settled_later
from .space import check_space
from .task import Host, Task
from .transaction import Installer, Wanted

RESTORED = "restored"
IMPOSSIBLE = "impossible"


class Undo(t.NamedTuple):
    """What of a run can be asked of the package manager, and why the rest cannot."""

    older: t.Tuple[Wanted, ...]
    removals: t.Tuple[Wanted, ...]
    impossible: t.Tuple[Skip, ...]
    done: t.Tuple[Target, ...]  # at the version before the run already


def rollback(
    task: Task,
    of_run: t.Optional[str],
    partial: bool,
    host: Host,
    installer_of: t.Callable[[str, Run, Options], Installer],
) -> Document:
    """The result as the module returns it. Raises BackendError when nothing was changed, with the reason."""
    if host.options.check_mode:
        return _rolled_back(task, of_run, partial, host, installer_of)
    if not host.options.privileged:
        raise BackendError("rolling back needs root: run with become: true")
    with runs.exclusive(host.options.lock_timeout, host.options.root):
        return _rolled_back(task, of_run, partial, host, installer_of)


def _rolled_back(
    task: Task,
    of_run: t.Optional[str],
    partial: bool,
    host: Host,
    installer_of: t.Callable[[str, Run, Options], Installer],
) -> Document:
    check_mode, root = host.options.check_mode, host.options.root
    left = runs.await_unfinished(0 if check_mode else host.options.lock_timeout, root)
    if not left:
        chosen(runs.known(root), of_run)  # what cannot be is said before the package manager is asked
    gathered = gather(task.name, task.patch_group, host.run, host.clock, host.options, task.baselines)
    inventory = gathered.inventory
    if "manager" not in inventory:
        raise BackendError("%s is no operating system that Patch Manager knows" % inventory["node"])
    installer = installer_of(inventory["manager"], host.run, gathered.options)
    if check_mode:
        repaired, recovered, notes = Repair([], []), settled_later(root), []
        known = [_as_settled(run, inventory) for run in runs.known(root)]
    else:
        repaired = repair(installer, task.run_id, host)
        before = inventory
        if repaired.left or left:
            inventory = _gathered_again(task, host)
        notes = note_repaired(repaired, engine_changes.changes(before, inventory))
        recovered = settle(left, inventory, installer, task, host)
        known = runs.known(root)
    undone = chosen(known, of_run)
    kernel = running_kernel(host.run, inventory["manager"], root)
    undo = what_to_undo(undone.document["changed"], inventory, kernel)
    resolution = resolve_undo(installer, undo.older, undo.removals)
    impossible = [*undo.impossible, *_refused(undo, undone, resolution)]
    result = _frame(task, undone, resolution, undo, repaired)
    result["recovered"] = recovered
    result["warnings"] += notes
    if check_mode:
        return _foreseen(result, task, host, inventory, installer, resolution, impossible)
    if impossible and not partial:
        raise BackendError(
            "run %s cannot be undone as a whole: %s. Nothing was changed; set partial: true to undo the rest"
            % (undone.run_id, "; ".join("%s: %s" % (skip.target.kb_id, skip.reason) for skip in impossible))
        )
    if not resolution.solution.changes:
        result.update(patches=_patches(resolution, impossible, lambda wanted: (RESTORED, None)), commands=[])
        if not impossible:
            result["warnings"] += _marked(undone, task)
        return _looked_again(result, task, host, inventory, [])
    return _carried_out(result, task, host, installer, resolution, undone, inventory, impossible)


def _gathered_again(task: Task, host: Host) -> Document:
    again = host.options._replace(refresh="never")
    return gather(task.name, task.patch_group, host.run, host.clock, again, task.baselines).inventory


def _as_settled(run: runs.RunFolder, inventory: Document) -> runs.RunFolder:
    """An interrupted run as it will be known by; nothing is written."""
    if run.document.get("state") != runs.ENDED:
        run.document["changed"] = [outcome.change_document(change) for change in came(run, inventory)]
    return run


def _marked(undone: runs.RunFolder, task: Task) -> t.List[str]:
    try:
        undone.update(rolled_back=task.run_id)
    except BackendError as error:
        return [str(error)]
    return []


def chosen(known: t.Sequence[runs.RunFolder], of_run: t.Optional[str]) -> runs.RunFolder:
    """The run to undo: the last of this id, or the last that installed something. Raises BackendError without one.

    A rollback is none: to undo it would bring back what somebody did not want.
    """
    changing = [run for run in known if run.document.get("changed") and run.document.get("operation") == "install"]
    candidates = [run for run in changing if of_run is None or run.run_id == of_run]
    if not candidates:
        ids = ", ".join(run.run_id for run in changing[-5:]) or "none"
        raise BackendError(
            "%s; runs on this host that did: %s"
            % ("no run of id %s changed anything here" % of_run if of_run else "no run changed anything here", ids)
        )
    found = candidates[-1]
    if found.document.get("rolled_back"):
        raise BackendError("run %s was rolled back already, by run %s" % (found.run_id, found.document["rolled_back"]))
    return found


def what_to_undo(changed: t.Sequence[Document], inventory: Document, kernel: RunningKernel) -> Undo:
    """`changed`: what the run did, as its run.json tells; judged by what the node has now."""
    older: t.List[Wanted] = []
    removals: t.List[Wanted] = []
    impossible: t.List[Skip] = []
    done: t.List[Target] = []
    for change in changed:
        target = Target(change["name"], change["arch"], change["new"], change["old"] or "")
        now = outcome.installed_versions(inventory, target)
        old, new = change["old"], change["new"]
        if (old is None or old in now) and (new is None or new not in now):
            done.append(target)
        elif new is not None and new not in now:
            shown = ", ".join(now) or "gone"
            impossible.append(Skip(target, "it is %s by now, not %s as that run left it" % (shown, new)))
        elif old is not None:
            older.append(Wanted(change["name"], change["arch"], old))
        elif kernel.is_from(change):
            words = "it is the running kernel: boot the one before it, whose boot entry is still there, then roll back"
            impossible.append(Skip(target, words))
        else:
            removals.append(Wanted(change["name"], change["arch"], new))
    return Undo(tuple(older), tuple(removals), tuple(impossible), tuple(done))


def _refused(undo: Undo, undone: runs.RunFolder, resolution: Resolution) -> t.List[Skip]:
    by_id = {"%s.%s" % (change["name"], change["arch"]): change for change in undone.document["changed"]}
    return [
        Skip(_target(by_id[kb_id]), "the package manager cannot undo it: %s" % words)
        for kb_id, words in resolution.refused.items()
    ]


def _target(change: Document) -> Target:
    return Target(change["name"], change["arch"], change["new"], change["old"] or "")


def _frame(task: Task, undone: runs.RunFolder, resolution: Resolution, undo: Undo, repaired: Repair) -> Document:
    return {
        "run_id": task.run_id,
        "of_run": undone.run_id,
        "started": undone.document.get("started"),
        "download_size": resolution.solution.download_size,
        "leftovers": repaired.left,
        "warnings": repaired.warnings + ["%s is as before that run already" % target.kb_id for target in undo.done],
    }


def _foreseen(
    result: Document,
    task: Task,
    host: Host,
    inventory: Document,
    installer: Installer,
    resolution: Resolution,
    impossible: t.Sequence[Skip],
) -> Document:
    changed = resolution.solution.changes
    steps = [*installer.download(resolution.request), *installer.install(resolution.request)] if changed else []
    reboot = engine_changes.reboot(
        task.reboot_option, inventory["manager"], inventory.get("reboot") or {}, changed, False, foreseen=True
    )
    result.update(
        changed=bool(changed),
        outcome="planned" if changed else "nothing_to_do",
        patches=_patches(resolution, impossible, lambda wanted: (outcome.PLANNED, None)),
        commands=[" ".join(step.command) for step in steps],
        diff=outcome.diff(changed),
        failed_patches=[skip.target.kb_id for skip in impossible],
        reboot=outcome.reboot_document(reboot),
        record=_record(task, host, inventory),
        inventory_after=inventory,
    )
    return result


def _carried_out(
    result: Document,
    task: Task,
    host: Host,
    installer: Installer,
    resolution: Resolution,
    undone: runs.RunFolder,
    before: Document,
    impossible: t.Sequence[Skip],
) -> Document:
    check_space(installer.download_folder, resolution.solution.download_size, task.minimum_free_space)
    steps = [*installer.download(resolution.request), *installer.install(resolution.request)]
    run = runs.begin(
        task.run_id,
        host.clock(),
        {
            "operation": "rollback",
            "of_run": undone.run_id,
            "of_folder": os.path.basename(undone.path),
            "whole": not impossible,
            "manager": before["manager"],
            "changes": [outcome.change_document(change) for change in resolution.solution.changes],
            "commands": [" ".join(step.command) for step in steps],
        },
        host.options.root,
    )
    deadline = time.time() + task.max_duration if task.max_duration else None
    job.start(run.path, run.unit, steps, deadline, host.options.lock_timeout, host.run)
    job.wait(run.path)
    results = job.results(run.path)
    after, unseen = look_again(task, host, before, resolution.solution.changes, results)
    failures = installer.failures(resolution.request, results)
    changed = engine_changes.changes(before, after)

    def became(wanted: Wanted) -> t.Tuple[str, t.Optional[str]]:
        why_not = _why_not_restored(wanted, wanted in resolution.request.removals, after)
        if why_not is None:
            return RESTORED, None
        return outcome.FAILED_PATCH, failures.get(wanted.kb_id) or outcome.last_words(results) or why_not

    result["patches"] = _patches(resolution, impossible, became)
    result["commands"] = [" ".join(entry.command) for entry in results if entry.code is not None]
    result["warnings"] += unseen + _remember([change.kb_id for change in changed if change.new], host)
    if not unseen:
        result["warnings"] += _write_down(run, result["patches"], changed, host)
        if all(patch["outcome"] == RESTORED for patch in result["patches"]):
            result["warnings"] += _marked(undone, task)
    return _looked_again(result, task, host, after, changed)


def _remember(kb_ids: t.Sequence[str], host: Host) -> t.List[str]:
    if not kb_ids:
        return []
    try:
        pending.add(kb_ids, host.clock(), False, host.options.root)
    except OSError as error:
        return ["what waits for a reboot could not be written to %s: %s" % (error.filename, error.strerror)]
    return []


def _write_down(
    run: runs.RunFolder, patches: t.Sequence[Document], changed: t.Sequence[engine_changes.Changed], host: Host
) -> t.List[str]:
    """What a full disk does not take is a warning: the packages are restored."""
    try:
        run.update(
            state=runs.ENDED,
            ended=dates.text(host.clock()),
            patches=patches,
            changed=[outcome.change_document(change) for change in changed],
        )
    except BackendError as error:
        return ["%s; the next run will settle this one again" % error]
    return []


def _why_not_restored(wanted: Wanted, removed: bool, inventory: Document) -> t.Optional[str]:
    """None when the inventory is as it was before the run."""
    now = outcome.installed_versions(inventory, Target(wanted.name, wanted.arch, None, wanted.version))
    if removed:
        return "it is still installed" if wanted.version in now else None
    return None if wanted.version in now else "it is at %s" % (", ".join(now) or "no version")


def _patches(
    resolution: Resolution,
    impossible: t.Sequence[Skip],
    became: t.Callable[[Wanted], t.Tuple[str, t.Optional[str]]],
) -> t.List[Document]:
    found = []
    for wanted in (*resolution.request.packages, *resolution.request.removals):
        what, reason = became(wanted)
        removed = wanted in resolution.request.removals
        found.append(
            {
                "kb_id": wanted.kb_id,
                "name": wanted.name,
                "arch": wanted.arch,
                "version": None if removed else wanted.version,
                "outcome": what,
                "reason": reason,
            }
        )
    for skip in impossible:
        target = skip.target
        found.append(
            {
                "kb_id": target.kb_id,
                "name": target.name,
                "arch": target.arch,
                "version": target.new or None,
                "outcome": IMPOSSIBLE,
                "reason": skip.reason,
            }
        )
    return sorted(found, key=lambda entry: str(entry["kb_id"]))


def _looked_again(
    result: Document, task: Task, host: Host, after: Document, changed: t.Sequence[engine_changes.Changed]
) -> Document:
    failed = [patch["kb_id"] for patch in result["patches"] if patch["outcome"] in (outcome.FAILED_PATCH, IMPOSSIBLE)]
    waits = bool(pending.load(host.options.root).since)
    reboot = engine_changes.reboot(task.reboot_option, after["manager"], after.get("reboot") or {}, changed, waits)
    whole = "restored" if changed else "nothing_to_do"
    result.update(
        changed=bool(changed),
        outcome=("partial" if changed else "failed") if failed else whole,
        failed_patches=failed,
        diff=outcome.diff(changed),
        reboot=outcome.reboot_document(reboot),
        record=_record(task, host, after),
        inventory_after=after,
        conclusion={"operation": "Scan", "rebooted": True},
    )
    return result


def _record(task: Task, host: Host, inventory: Document) -> Document:
    memory = remembered(host.options.root)
    return assess(inventory, task.baselines, host.clock(), task.run_id, run=memory.run, undated=task.undated)
