# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a maintenance window is open; documented in window_open.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._schedule.errors import ScheduleError
from ..module_utils._schedule.window import current
from ..plugin_utils._maintenance_windows import instant_of, windows_of


def window_open(windows: t.Any, now: t.Any = None, before_cutoff: t.Any = False) -> bool:
    try:
        instant, startable = instant_of(now), boolean(before_cutoff)
        openings = [current(window, instant) for window in windows_of(windows)]
    except (ScheduleError, TypeError) as error:
        raise AnsibleFilterError(f"patchops.fleet.window_open: {error}") from error
    return any(opening and not (startable and opening.cutoff_passed(instant)) for opening in openings)


class TestModule:
    def tests(self) -> dict[str, t.Callable[..., bool]]:
        return {"window_open": window_open}
