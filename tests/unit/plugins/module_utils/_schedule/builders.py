# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the room share: windows in few words, and which zones this Python knows."""

from __future__ import annotations

import sys

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import parse_instant, parse_windows

# Python 3.8 has no time zones but UTC.
ZONES = sys.version_info >= (3, 9)


def instant(written):
    return None if written is None else parse_instant(written, "instant")


def window(schedule, zone="UTC", **members):
    given = {"name": "window", "schedule": schedule, "schedule_timezone": zone, "duration": 4, "cutoff": 1}
    (made,) = parse_windows(dict(given, **members))
    return made
