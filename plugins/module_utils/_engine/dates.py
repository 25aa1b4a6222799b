# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Instants and days: the shapes vendors write them in, and the one we write."""

from __future__ import annotations

import datetime
import re
import typing as t

from .errors import RunError

UTC = datetime.timezone.utc

# A zone is a name (UTC, CEST, America/New_York), an offset, or both.
_instant = re.compile(
    r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:([ T])([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?)?)?"
    r"\s*(?:[A-Za-z][A-Za-z/_]*)?(?:([+-])([0-9]{2}):?([0-9]{2})?)?\s*"
).fullmatch
_day = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})").fullmatch

# Nine or ten digits, 1973 to 2286. Fewer would take a 20231101 for an August day of 1970, more are milliseconds.
_epoch_seconds = re.compile(r"\s*[0-9]{9,10}\s*").fullmatch

# Up to the end of this day a date says "unknown": it is what a reader makes of no date at all.
_UNKNOWN = datetime.datetime(1970, 1, 2, tzinfo=UTC)


def parse_instant(written: t.Union[str, int, None]) -> t.Optional[datetime.datetime]:
    """The instant in UTC that a vendor's date means; None when absent, without sense, or 1970-01-01 or earlier.

    Reads `YYYY-MM-DD`, the same with ` HH`, ` HH:MM` or ` HH:MM:SS`, and epoch seconds as a number or as text.
    All are UTC, whatever zone is written behind them; only ISO 8601's own form with a `T` has its numeric offset
    honoured. Fractions of a second are dropped.
    """
    if not isinstance(written, (str, int)):
        return None
    found = _instant(written) if isinstance(written, str) else None
    try:
        if found:
            instant = _from_parts(*found.groups())
        elif _epoch_seconds(str(written)):
            instant = datetime.datetime.fromtimestamp(int(written), UTC)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return instant if instant >= _UNKNOWN else None


def _from_parts(
    year: str,
    month: str,
    day: str,
    separator: t.Optional[str],
    hour: t.Optional[str],
    minute: t.Optional[str],
    second: t.Optional[str],
    sign: t.Optional[str],
    offset_hours: t.Optional[str],
    offset_minutes: t.Optional[str],
) -> datetime.datetime:
    instant = datetime.datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
    )
    if separator != "T" or not sign:
        return instant
    offset = datetime.timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    return instant + offset if sign == "-" else instant - offset


def instant(written: t.Any, name: str) -> datetime.datetime:
    """The instant that the user gave as `name`. Raises RunError when it is none."""
    found = parse_instant(written)
    if found is None:
        raise RunError("%s: '%s' is no instant; write it as 2026-11-21T05:40:00Z or 2026-11-21" % (name, written))
    return found


def parse_day(written: t.Any) -> t.Optional[datetime.date]:
    """The day that `YYYY-MM-DD` names; None for any other shape and for days that do not exist."""
    found = _day(written) if isinstance(written, str) else None
    if not found:
        return None
    try:
        return datetime.date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
    except ValueError:
        return None


def text(instant: datetime.datetime) -> str:
    """An aware instant as our documents write it: `2026-11-21T05:40:00Z`."""
    utc = instant.astimezone(UTC)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
