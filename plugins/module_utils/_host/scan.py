# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The inventory of the host a module runs on, whatever its package manager."""

from __future__ import annotations

import typing as t

from .._engine import dates
from .._engine.baseline import Baseline
from .._engine.choice import choose, sources_for
from .._engine.state import Run as EngineRun
from . import pending, runs
from .apt import Apt
from .base import BackendError, Clock, Document, Options, PackageManager, Run, Source
from .dnf import Dnf
from .node import identify
from .os_release import OperatingSystem, read_os_release
from .zypper import Zypper

# The archive a module travels in holds what import statements name, so this table is written out.
BACKENDS: t.Dict[str, t.Callable[[Run, Clock, Options], PackageManager]] = {
    "apt": Apt,
    "dnf": Dnf,
    "zypper": Zypper,
}
REFUSALS: t.Dict[str, str] = {
    "yum": "its bindings are for Python 2 only; let AWS Systems Manager patch this node",
}


class Gathered(t.NamedTuple):
    """`inventory` (schemas.INVENTORY) has no manager and no packages where Patch Manager does not know the system."""

    inventory: Document
    changed: bool  # whether dependencies were installed
    options: Options  # with the sources that the node's baseline names


def gather(
    name: str,
    patch_group: t.Optional[str],
    run: Run,
    clock: Clock,
    options: Options,
    baselines: t.Optional[t.Sequence[Baseline]] = None,
) -> Gathered:
    """What is installed on this host and what could be, from the sources of its baseline if that names some.

    Raises BackendError with the remedy when it cannot be asked, BaselineError when no source is for this node.
    """
    system = read_os_release(options.root)
    node, problems = identify(name, patch_group, system, options.root)
    if system.manager is None:
        return Gathered(
            {"captured_at": dates.text(clock()), "node": node, "complete": not problems, "problems": problems},
            False,
            options,
        )
    if system.manager not in BACKENDS:
        raise BackendError(refusal(system))
    chosen = choose(baselines, system.operating_system, patch_group).baseline
    sources = tuple(Source(source.name, source.configuration) for source in sources_for(chosen, system.product))
    options = options._replace(sources=sources)
    manager = BACKENDS[system.manager](run, clock, options)
    inventory = manager.inventory(node)
    inventory["problems"] = problems + inventory["problems"]
    inventory["complete"] = not inventory["problems"]
    return Gathered(inventory, manager.changed, options)


class Remembered(t.NamedTuple):
    """What this host's state files say of earlier runs."""

    run: EngineRun  # a scan, with what waits for a reboot
    last_install: t.Optional[str]  # instant of the last run without a reboot
    warnings: t.Tuple[str, ...]


def remembered(root: str = "") -> Remembered:
    waiting = pending.load(root)
    warnings = [
        "run %s, started %s, has no end on record: it is still at work, or was interrupted; patch_install settles it"
        % (left.run_id, left.document.get("started"))
        for left in runs.unfinished(root)
    ]
    scan = EngineRun.scan()._replace(pending=dict.fromkeys(waiting.since))
    return Remembered(scan, waiting.last_install, (*waiting.warnings, *warnings))


def refusal(system: OperatingSystem) -> str:
    """Why the package manager of a known operating system is not asked."""
    reason = REFUSALS.get(
        system.manager or "", "this version of the collection works with %s only" % ", ".join(sorted(BACKENDS))
    )
    return "%s %s (%s) is managed by %s, which cannot be asked here: %s" % (
        system.name,
        system.version,
        system.operating_system,
        system.manager,
        reason,
    )
