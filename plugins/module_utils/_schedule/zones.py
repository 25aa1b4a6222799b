# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Time zones by their IANA names: the one place that reads the system's time zone data."""

from __future__ import annotations

import datetime

UTC_NAMES = ("UTC", "Etc/UTC")
# Files that lie among the zones, or that keep time otherwise.
NO_ZONES = ("posix/", "right/", "localtime", "posixrules", "Factory")


class ZoneError(ValueError):
    """There is no such time zone, or no way to know."""


def zone(name: str) -> datetime.tzinfo:
    """The time zone of that IANA name. UTC is known everywhere; others need Python 3.9 and time zone data."""
    if name in UTC_NAMES:
        return datetime.timezone.utc
    try:
        import zoneinfo
    except ImportError as error:
        raise ZoneError("%s: time zones other than UTC need Python 3.9 or newer" % name) from error
    try:
        if name.startswith(NO_ZONES):
            raise ValueError(name)
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        if not zoneinfo.available_timezones():
            raise ZoneError(
                "%s: this system has no time zone data; install the package tzdata, or the Python library of that name"
                % name
            ) from error
        raise ZoneError("%r is no time zone; allowed: an IANA name such as Europe/Berlin, or UTC" % name) from error
