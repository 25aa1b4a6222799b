# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a run that changes a host is asked to do, and how it reaches the host."""

from __future__ import annotations

import typing as t

from .._engine.baseline import Baseline
from .._engine.changes import NO_REBOOT
from .._engine.selection import Limits
from .base import Clock, Options, Run


class Task(t.NamedTuple):
    """What one run is asked to do."""

    name: str
    patch_group: t.Optional[str]
    baselines: t.Optional[t.Sequence[Baseline]]
    run_id: str
    undated: t.Optional[str] = None
    limits: Limits = Limits()
    reboot_option: str = NO_REBOOT
    download_only: bool = False
    minimum_free_space: int = 200  # MiB
    max_duration: int = 0  # seconds; 0: no limit


class Host(t.NamedTuple):
    """How this run reaches the host it is on."""

    run: Run
    clock: Clock
    options: Options
