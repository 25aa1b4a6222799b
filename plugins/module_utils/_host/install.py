# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One run that installs.

Scan, select, resolve, apply, scan again, write down what came of it.

Everything that decides is asked of `_engine`; everything that a package manager does is a Step of its Installer.
"""

from __future__ import annotations

import time
import typing as t

from .._engine import changes as engine_changes
from .._engine import dates
from .._engine.assessment import assess
from .._engine.choice import choose
from .._engine.selection import Limits, Selection, check_limits, select
from .._engine.state import INSTALL
from .._engine.state import Run as EngineRun
from .._engine.unwelcome import Unwelcome as Rejections
from . import job, outcome, pending, runs
from .afterwards import look_again
from .base import BackendError, Document, Options, Run
from .resolve import Resolution, resolve
from .scan import Gathered, gather, remembered
from .services import outdated
from .settle import GRACE, note_repaired, repair, settle, settled_later
from .space import check_space
from .task import Host, Task
from .transaction import Installer, Request, Solution, Step, StepResult, Unwelcome, Wanted, welcome


class Scan(t.NamedTuple):
    """The node as a run finds it, decided."""

    gathered: Gathered
    record: Document
    pending: bool

    @property
    def inventory(self) -> Document:
        return self.gathered.inventory


def install(task: Task, host: Host, installer_of: t.Callable[[str, Run, Options], Installer]) -> Document:
    """The result of the run as the module returns it, `failed` among it when a patch failed.

    Raises BackendError or EngineError when nothing was installed because something is wrong with the whole.
    """
    check_limits(task.limits)
    if host.options.check_mode:
        return _foreseen(task, host, installer_of)
    if not host.options.privileged:
        raise BackendError("installing needs root: run with become: true")
    with runs.exclusive(host.options.lock_timeout, host.options.root):
        return _carried_out(task, host, installer_of)


def _foreseen(task: Task, host: Host, installer_of: t.Callable[[str, Run, Options], Installer]) -> Document:
    """Check mode: what the run would do."""
    scan = _scan(task, host)
    installer = installer_of(scan.inventory["manager"], host.run, scan.gathered.options)
    leftovers = installer.leftovers()
    repairs = _foreseen_repair(installer, _unwelcome(task, scan)) if leftovers else []
    selection, resolution, unsolved = _foreseen_plan(task, scan, installer, bool(leftovers))
    changed = resolution.solution.changes
    said = scan.inventory.get("reboot") or {}
    foreseen = [] if task.download_only else changed
    reboot = engine_changes.reboot(
        task.reboot_option, scan.inventory["manager"], said, foreseen, scan.pending, foreseen=True
    )
    results = outcome.patch_results(
        selection.targets,
        selection.skipped,
        resolution.refused,
        lambda target: None if changed else outcome.why_not_installed(target, scan.inventory, {}, ()),
        outcome.PLANNED,
    )
    document = _result(task, host, scan.record, results, resolution, selection.warnings, reboot)
    document["inventory_after"] = scan.inventory
    document["warnings"] += [*unsolved, *([installer.reluctant] if installer.reluctant else [])]
    steps = _steps(task, installer, resolution.request) if changed else []
    document.update(
        changed=bool(repairs) or (bool(changed) and (not task.download_only or resolution.solution.download_size != 0)),
        outcome="planned" if changed else _without_changes(document),
        commands=[_shown(step) for step in (*repairs, *steps)],
        diff=outcome.diff([] if task.download_only else changed),
        recovered=settled_later(host.options.root),
        leftovers=leftovers,
    )
    return document


def _foreseen_repair(installer: Installer, unwelcome: Unwelcome) -> t.List[Step]:
    try:
        return installer.repair(unwelcome)
    except BackendError as error:
        installer.reluctant = str(error)
        return []


def _foreseen_plan(
    task: Task, scan: Scan, installer: Installer, unrepaired: bool
) -> t.Tuple[Selection, Resolution, t.List[str]]:
    """What would be installed; with a warning where that cannot be told before the repair, which check mode leaves."""
    try:
        return (*_plan(task, scan, installer), [])
    except BackendError as error:
        if not unrepaired:
            raise
        words = "what would be installed can be told only after the repair: %s" % error
    selection = select(scan.inventory, scan.record["patches"], task.limits)._replace(targets=())
    return selection, Resolution(Request(()), Solution((), 0), {}, {}), [words]


def _carried_out(task: Task, host: Host, installer_of: t.Callable[[str, Run, Options], Installer]) -> Document:
    deadline = time.time() + task.max_duration if task.max_duration else None
    settle_wait = runs.await_unfinished(host.options.lock_timeout, host.options.root)
    scan = _scan(task, host)
    installer = installer_of(scan.inventory["manager"], host.run, scan.gathered.options)
    repaired = repair(installer, task.run_id, host, deadline, _unwelcome(task, scan))
    found = scan
    if repaired.left or settle_wait:
        scan = _scan(task, host._replace(options=host.options._replace(refresh="never")))
    mended = engine_changes.changes(found.inventory, scan.inventory) if repaired.run else []
    notes = note_repaired(repaired, mended)
    recovered = settle(settle_wait, scan.inventory, installer, task, host)
    if recovered:
        scan = _scan(task, host._replace(options=host.options._replace(refresh="never")))
    try:
        selection, resolution = _plan(task, scan, installer)
    except BackendError as error:  # as where apt finds what lacks, and nobody but a person can cure it
        raise BackendError("; ".join([str(error), *repaired.warnings])) from error
    if resolution.solution.changes:
        document = _apply(task, host, scan, installer, selection, resolution, deadline)
    else:
        document = _nothing_to_do(task, host, scan, selection, resolution, repaired.failures)
    document.update(recovered=recovered, leftovers=repaired.left)
    document["warnings"] += repaired.warnings + notes
    document["diff"] = outcome.joined(outcome.diff(mended), document["diff"])
    document["dependencies"] = [*map(outcome.change_document, mended), *document["dependencies"]]
    document["changed"] = document["changed"] or repaired.changed or scan.gathered.changed
    return document


def _scan(task: Task, host: Host) -> Scan:
    """Raises BackendError when nothing can be decided: nobody's silence is a reason to install."""
    gathered = gather(task.name, task.patch_group, host.run, host.clock, host.options, task.baselines)
    node = gathered.inventory["node"]
    if "manager" not in gathered.inventory:
        raise BackendError("%s is no operating system that Patch Manager knows" % node["operating_system"])
    choice = choose(task.baselines, node["operating_system"], task.patch_group)
    if choice.baseline is None:
        raise BackendError("%s. Nothing was touched" % choice.why)
    if gathered.inventory.get("unusable"):
        problems = [problem["why"] for problem in gathered.inventory["problems"]]
        why = [gathered.inventory["unusable"], *problems, *gathered.inventory["warnings"]]
        raise BackendError("%s. Nothing was touched" % "; ".join(dict.fromkeys(why)))
    memory = remembered(host.options.root)
    record = assess(gathered.inventory, task.baselines, host.clock(), task.run_id, run=memory.run, undated=task.undated)
    return Scan(gathered, record, bool(memory.run.pending))


def _plan(task: Task, scan: Scan, installer: Installer) -> t.Tuple[Selection, Resolution]:
    selection = select(scan.inventory, scan.record["patches"], task.limits)
    if not selection.targets:
        return selection, Resolution(Request(()), Solution((), 0), {}, {})
    wanted = [Wanted(target.name, target.arch, target.new) for target in selection.targets]
    return selection, resolve(installer, wanted, _unwelcome(task, scan))


def _unwelcome(task: Task, scan: Scan) -> Unwelcome:
    """Why a version must not come as anybody's dependency."""
    baseline = choose(task.baselines, scan.inventory["node"]["operating_system"], task.patch_group).baseline
    if baseline is None:
        return welcome
    return Rejections(scan.inventory, baseline, task.limits.override_list).reason


def _steps(task: Task, installer: Installer, request: Request) -> t.List[Step]:
    steps = list(installer.download(request))
    return steps if task.download_only else steps + list(installer.install(request))


def _shown(step: Step) -> str:
    return " ".join(step.command)


def _nothing_to_do(
    task: Task,
    host: Host,
    scan: Scan,
    selection: Selection,
    resolution: Resolution,
    failures: t.Mapping[str, str],
) -> Document:
    """Nothing can be installed, or nothing is missing; a reboot may be due all the same."""
    results = outcome.patch_results(
        selection.targets,
        selection.skipped,
        resolution.refused,
        lambda target: outcome.why_not_installed(target, scan.inventory, failures, ()),
        outcome.INSTALLED,
    )
    said = scan.inventory.get("reboot") or {}
    reboot = engine_changes.reboot(task.reboot_option, scan.inventory["manager"], said, (), scan.pending)
    run = _engine_run(task, results, resolution, reboot, host)
    record = _final_record(task, host, scan.inventory, run)
    document = _result(task, host, record, results, resolution, selection.warnings, reboot)
    document.update(changed=False, commands=[], diff=outcome.diff(()), conclusion=_conclusion(run))
    document["outcome"] = _without_changes(document)
    document["inventory_after"] = scan.inventory
    return document


def _without_changes(document: Document) -> str:
    return "failed" if document["failed_patches"] else "nothing_to_do"


def _apply(
    task: Task,
    host: Host,
    scan: Scan,
    installer: Installer,
    selection: Selection,
    resolution: Resolution,
    deadline: t.Optional[float],
) -> Document:
    check_space(installer.download_folder, resolution.solution.download_size, task.minimum_free_space)
    if deadline is not None and time.time() >= deadline:
        raise BackendError(
            "max_duration (%d s) was over before anything was downloaded; nothing was changed" % task.max_duration
        )
    steps = _steps(task, installer, resolution.request)
    run = runs.begin(task.run_id, host.clock(), _journal(task, scan, selection, resolution, steps), host.options.root)
    job.start(run.path, run.unit, steps, deadline, host.options.lock_timeout, host.run)
    if not job.wait(run.path, None if deadline is None else deadline + GRACE):
        raise BackendError(
            "max_duration (%d s) was over an hour ago and the package manager is still at work; it goes on in unit %s,"
            " and the next run takes its result from %s" % (task.max_duration, run.unit, run.path)
        )
    return _concluded(task, host, scan, installer, selection, resolution, run)


def _journal(task: Task, scan: Scan, selection: Selection, resolution: Resolution, steps: t.Sequence[Step]) -> Document:
    """What the next run must know of this one if nobody writes down its end."""
    return {
        "operation": "download" if task.download_only else "install",
        "manager": scan.inventory["manager"],
        "baseline": scan.record["baseline"]["name"],
        "reboot_option": task.reboot_option,
        "limits": _limits(task.limits),
        "targets": [target._asdict() for target in selection.targets],
        "skipped": [dict(skip.target._asdict(), reason=skip.reason) for skip in selection.skipped],
        "refused": resolution.refused,
        "unwelcome": resolution.unwelcome,
        "changes": [outcome.change_document(change) for change in resolution.solution.changes],
        "commands": [_shown(step) for step in steps],
    }


def _limits(limits: Limits) -> Document:
    return {
        "manifest": None if limits.manifest is None else list(limits.manifest),
        "override_list": None if limits.override_list is None else list(limits.override_list),
        "include": list(limits.include),
        "exclude": list(limits.exclude),
    }


def _concluded(
    task: Task,
    host: Host,
    scan: Scan,
    installer: Installer,
    selection: Selection,
    resolution: Resolution,
    run: runs.RunFolder,
) -> Document:
    """Look again, tell what became of each patch, and write it down: on the host first."""
    results = job.results(run.path)
    after, unseen = look_again(task, host, scan.inventory, resolution.solution.changes, results)
    changed = engine_changes.changes(scan.inventory, after)
    failures = installer.failures(resolution.request, results)
    if task.download_only:
        broken = outcome.last_words(results)
        patches = outcome.patch_results(
            selection.targets, selection.skipped, resolution.refused, lambda target: broken, outcome.DOWNLOADED
        )
    else:
        patches = outcome.patch_results(
            selection.targets,
            selection.skipped,
            resolution.refused,
            lambda target: outcome.why_not_installed(target, after, failures, results),
            outcome.INSTALLED,
        )
    said = after.get("reboot") or {}
    reboot = engine_changes.reboot(task.reboot_option, after["manager"], said, changed, scan.pending)
    waits = bool(changed) and (reboot.required or task.reboot_option != engine_changes.IF_REQUIRED)
    unwritten = _remember([change.kb_id for change in changed if change.new] if waits else [], task, host)
    after["services"], unknown = outdated(installer) if changed else ([], [])
    engine_run = _engine_run(task, patches, resolution, reboot, host)
    record = _final_record(task, host, after, engine_run)
    document = _result(task, host, record, patches, resolution, selection.warnings, reboot)
    document.update(
        changed=bool(changed or unseen) or (task.download_only and resolution.solution.download_size != 0),
        outcome=_overall(patches, task.download_only),
        commands=[" ".join(result.command) for result in results if result.code is not None],
        steps=[_step_document(result) for result in results],
        diff=outcome.diff(changed),
        services=after["services"],
        conclusion=_conclusion(engine_run),
        dependencies=_dependencies(changed, selection),
        inventory_after=after,
    )
    document["warnings"] += [*unseen, *unwritten, *unknown]
    if not unseen:  # else the next run tells better what became of this one
        document["warnings"] += _write_down(run, record, document, changed, host)
    return document


def _remember(kb_ids: t.Sequence[str], task: Task, host: Host) -> t.List[str]:
    if not kb_ids:
        return []
    try:
        no_reboot = task.reboot_option == engine_changes.NO_REBOOT
        pending.add(kb_ids, host.clock(), no_reboot, host.options.root)
    except OSError as error:
        return ["what waits for a reboot could not be written to %s: %s" % (error.filename, error.strerror)]
    return []


def _write_down(
    run: runs.RunFolder, record: Document, document: Document, changed: t.Sequence[engine_changes.Changed], host: Host
) -> t.List[str]:
    """The end of the run on the host itself. What a full disk does not take is a warning: the patches are installed."""
    try:
        run.keep_record(record)
        run.update(
            state=runs.ENDED,
            ended=dates.text(host.clock()),
            seconds=job.seconds(run.path),
            outcome=document["outcome"],
            patches=document["patches"],
            changed=[outcome.change_document(change) for change in changed],
        )
    except BackendError as error:
        return ["%s; the next run will settle this one again" % error]
    return []


def _step_document(result: StepResult) -> Document:
    shown = {"name": result.name, "code": result.code, "why_not": result.why_not or None}
    if result.failed:
        shown["output"] = result.output[-4000:]
    return shown


def _overall(patches: t.Sequence[outcome.PatchResult], download_only: bool) -> str:
    tried = [patch.outcome for patch in patches if patch.outcome != outcome.SKIPPED]
    if outcome.FAILED_PATCH not in tried:
        return "downloaded" if download_only else "installed"
    return "failed" if set(tried) == {outcome.FAILED_PATCH} else "partial"


def _dependencies(changed: t.Sequence[engine_changes.Changed], selection: Selection) -> t.List[Document]:
    """What came or left and was no patch of the run."""
    targets = {target.kb_id for target in selection.targets}
    return [outcome.change_document(change) for change in changed if change.kb_id not in targets]


def _engine_run(
    task: Task,
    patches: t.Sequence[outcome.PatchResult],
    resolution: Resolution,
    reboot: engine_changes.Reboot,
    host: Host,
) -> EngineRun:
    return EngineRun(
        operation=INSTALL,
        reboot_option=task.reboot_option,
        outcomes=outcome.engine_outcomes(patches),
        rejected_dependencies=resolution.unwelcome if task.limits.override_list is None else {},
        partial=task.limits.partial or task.download_only,
        pending=dict.fromkeys(pending.load(host.options.root).since),
        reboot_required=reboot.required,
        notes=outcome.notes(patches),
    )


def _conclusion(run: EngineRun) -> Document:
    """What is needed to assess the node again after its reboot, as state.parse_run reads it."""
    return {
        "operation": run.operation,
        "reboot_option": run.reboot_option,
        "rebooted": True,
        "outcomes": run.outcomes,
        "rejected_dependencies": run.rejected_dependencies,
        "partial": run.partial,
        "notes": run.notes,
    }


def _final_record(task: Task, host: Host, inventory: Document, run: EngineRun) -> Document:
    record = assess(inventory, task.baselines, host.clock(), task.run_id, run=run, undated=task.undated)
    record["last_no_reboot_install_operation_time"] = pending.load(host.options.root).last_install
    record["run"] = dict(_limits(task.limits), interrupted=False, download_only=task.download_only)
    return record


def _result(
    task: Task,
    host: Host,
    record: Document,
    patches: t.Sequence[outcome.PatchResult],
    resolution: Resolution,
    warnings: t.Sequence[str],
    reboot: engine_changes.Reboot,
) -> Document:
    """What every result has."""
    asked = {package.kb_id for package in resolution.request.packages}
    seconds, known = runs.estimate(len(resolution.solution.changes), host.options.root)
    return {
        "record": record,
        "run_id": task.run_id,
        "patches": [patch.document() for patch in patches],
        "failed_patches": [patch.target.kb_id for patch in patches if patch.outcome == outcome.FAILED_PATCH],
        "dependencies": [
            outcome.change_document(change) for change in resolution.solution.changes if change.kb_id not in asked
        ],
        "download_size": resolution.solution.download_size,
        "reboot": outcome.reboot_document(reboot),
        "services": [],
        "warnings": list(warnings),
        "history": {"estimate_seconds": seconds, "runs": known},
    }
