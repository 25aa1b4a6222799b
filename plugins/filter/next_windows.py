# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When maintenance windows open next; documented in next_windows.yml."""

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._engine.dates import text
from ..module_utils._schedule.errors import ScheduleError
from ..module_utils._schedule.window import Opening, current, upcoming
from ..plugin_utils._maintenance_windows import instant_of, windows_of


def next_windows(
    windows: t.Any, count: t.Any = 5, now: t.Any = None, include_open: t.Any = False
) -> list[dict[str, t.Any]]:
    try:
        instant, parsed, most = instant_of(now), windows_of(windows), _whole(count)
        held = [current(window, instant) for window in parsed] if boolean(include_open) else []
    except (ScheduleError, TypeError) as error:
        raise AnsibleFilterError(f"patchops.fleet.next_windows: {error}") from error
    first = sorted(filter(None, held), key=lambda opening: opening.opens_at)
    return [_document(opening) for opening in [*first, *upcoming(parsed, instant, most)][:most]]


def _whole(count: t.Any) -> int:
    # templates of ansible-core 2.18 turn numbers into text
    if isinstance(count, bool) or not str(count).isdecimal():
        raise TypeError(f"count: {count!r} is no whole number from 0 on")
    return int(count)


def _document(opening: Opening) -> dict[str, t.Any]:
    zone = opening.window.timing.zone

    def local(instant: datetime.datetime) -> str:
        return instant.astimezone(zone).isoformat(timespec="seconds")

    return {
        "name": opening.window.name,
        "opens_at": text(opening.opens_at),
        "cutoff_at": text(opening.cutoff_at),
        "closes_at": text(opening.closes_at),
        "timezone": opening.window.timezone,
        "opens_at_local": local(opening.opens_at),
        "cutoff_at_local": local(opening.cutoff_at),
        "closes_at_local": local(opening.closes_at),
        "note": opening.note,
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"next_windows": next_windows}
