# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What users hand to the plugins about maintenance windows, read once for all of them."""

from __future__ import annotations

import datetime
import typing as t

from ..module_utils._plain import plain
from ..module_utils._schedule.next_run import UTC
from ..module_utils._schedule.reading import Window, parse_instant, parse_windows
from ..module_utils._templated import structure


def windows_of(value: t.Any) -> list[Window]:
    """The windows of a mapping or of a list of them. Raises ScheduleError, or TypeError for what is no plain value."""
    return parse_windows(plain(structure(value)), "maintenance_windows")


def instant_of(now: t.Any) -> datetime.datetime:
    """The instant that ISO 8601 text with an offset means; the clock's, where none is given."""
    return datetime.datetime.now(UTC) if now is None else parse_instant(plain(now), "now")
