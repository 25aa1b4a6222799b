# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Maintenance windows as users and AWS write them (maintenance-windows.md, section 1)."""

from __future__ import annotations

import datetime
import re
import typing as t

from .errors import Problem, ScheduleError
from .expressions import Cron, Rate, Schedule, parse_schedule
from .next_run import UTC, Timing
from .zones import ZoneError, zone

NAME = re.compile(r"[a-zA-Z0-9_\-.]{3,128}\Z")
NUMBERS = {"duration": (1, 24), "cutoff": (0, 23), "schedule_offset": (1, 6)}
INSTANTS = ("start_date", "end_date", "created_date")
REQUIRED = ("name", "schedule", "duration", "cutoff")
# What decides when a window opens.
MEMBERS = (*REQUIRED, "schedule_timezone", "schedule_offset", *INSTANTS, "enabled")
# What else a window has; it is not looked at here.
OTHER_MEMBERS = (
    "description",
    "allow_unassociated_targets",
    "patch_groups",
    "targets",
    "task",
    "tasks",
    "tags",
)
# The API's answers, and its requests, have these as well.
IGNORED_MEMBERS = (
    "window_id",
    "modified_date",
    "next_execution_time",
    "client_token",
    "response_metadata",
)

_instant = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))\Z"
).match
INSTANT_FORM = "YYYY-MM-DDTHH:MM:SS with Z or an offset such as -08:00 behind, in quotes"


class Window(t.NamedTuple):
    """What of a maintenance window decides when it is open."""

    name: str
    timing: Timing
    timezone: str
    duration: datetime.timedelta
    cutoff: datetime.timedelta  # before the end


def parse_instant(written: t.Any, path: str) -> datetime.datetime:
    """The instant in UTC that ISO 8601 extended text with an offset means; fractions of a second are dropped."""
    found = _instant(written) if isinstance(written, str) else None
    if not found:
        raise ScheduleError([Problem(path, "%s is no instant; allowed: %s" % (_shown(written), INSTANT_FORM))])
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        local = datetime.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError) as error:
        raise ScheduleError([Problem(path, "%s is no instant: %s" % (_shown(written), error))]) from error


def parse_windows(written: t.Any, path: str = "windows") -> t.List[Window]:
    """The windows of a list of mappings, or of one mapping. Raises ScheduleError with all that is wrong in all of them.

    Members are those of the API, in snake_case or as the API writes them.
    """
    if isinstance(written, dict):
        entries = [(path, written)]
    elif isinstance(written, list):
        entries = [("%s[%d]" % (path, index), entry) for index, entry in enumerate(written)]
    else:
        raise ScheduleError([Problem(path, "must be a maintenance window or a list of them, not %s" % _shown(written))])
    problems: t.List[Problem] = []
    windows = []
    for where, entry in entries:
        reader = _Reader(where)
        window = reader.window(entry)
        problems += reader.problems
        windows.append(window)
    if problems:
        raise ScheduleError(problems)
    return [window for window in windows if window is not None]


class _Reader:
    """Reads one window and collects what is wrong with it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: t.List[Problem] = []

    def problem(self, member: str, message: str) -> None:
        self.problems.append(Problem("%s.%s" % (self.path, member) if member else self.path, message))

    def window(self, written: t.Any) -> t.Optional[Window]:
        members = self.members(written)
        if not members:
            return None
        name = self.name(members.get("name"))
        numbers = {member: self.number(member, members.get(member)) for member in NUMBERS}
        if numbers["cutoff"] and numbers["cutoff"] >= (numbers["duration"] or 24):
            self.problem("cutoff", "%d is not less than duration, %s" % (numbers["cutoff"], numbers["duration"]))
        timing = self.timing(members, numbers["schedule_offset"])
        if self.problems or timing is None:
            return None
        duration, cutoff = (datetime.timedelta(hours=numbers[member] or 0) for member in ("duration", "cutoff"))
        return Window(name, timing, members.get("schedule_timezone", "UTC"), duration, cutoff)

    def members(self, written: t.Any) -> t.Dict[str, t.Any]:
        if not isinstance(written, dict):
            self.problem("", "must be a maintenance window (a mapping), not %s" % _shown(written))
            return {}
        members = {}
        for key, value in written.items():
            member = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(key)).lower()
            if member in members:
                self.problem(str(key), "given twice, as %s and in another spelling" % member)
            elif member not in MEMBERS + OTHER_MEMBERS + IGNORED_MEMBERS:
                self.problem(str(key), "unknown; allowed: %s" % ", ".join(MEMBERS + OTHER_MEMBERS))
            elif value is not None:
                members[member] = value
        for member in REQUIRED:
            if member not in members:
                self.problem(member, "is missing")
        return members

    def name(self, written: t.Any) -> str:
        if written is not None and not (isinstance(written, str) and NAME.match(written)):
            self.problem("name", "%s is no name; allowed: 3 to 128 of letters, digits, _ - ." % _shown(written))
        return str(written)

    def number(self, member: str, written: t.Any) -> t.Optional[int]:
        if written is None:
            return None
        first, last = NUMBERS[member]
        # templates of ansible-core 2.18 turn numbers into text
        if isinstance(written, str) and re.match(r"[0-9]{1,4}\Z", written):
            written = int(written)
        if isinstance(written, bool) or not isinstance(written, int) or not first <= written <= last:
            self.problem(
                member, "%s is not allowed; allowed: a whole number from %d to %d" % (_shown(written), first, last)
            )
            return None
        return written

    def flag(self, member: str, written: t.Any) -> bool:
        # here too: ansible-core 2.18
        if isinstance(written, str) and written.lower() in ("true", "yes", "false", "no"):
            return written.lower() in ("true", "yes")
        if not isinstance(written, bool):
            self.problem(member, "must be true or false, not %s" % _shown(written))
        return bool(written)

    def instant(self, member: str, written: t.Any) -> t.Optional[datetime.datetime]:
        try:
            return None if written is None else parse_instant(written, "%s.%s" % (self.path, member))
        except ScheduleError as error:
            self.problems += error.problems
            return None

    def schedule(self, written: t.Any) -> t.Optional[Schedule]:
        if not isinstance(written, str):
            if written is not None:
                self.problem("schedule", "must be text, not %s" % _shown(written))
            return None
        try:
            return parse_schedule(written, "%s.schedule" % self.path)
        except ScheduleError as error:
            self.problems += error.problems
            return None

    def zone(self, written: t.Any) -> datetime.tzinfo:
        try:
            if not isinstance(written, str):
                raise ZoneError("%s is no time zone; allowed: an IANA name" % _shown(written))
            return zone(written)
        except ZoneError as error:
            self.problem("schedule_timezone", str(error))
            return UTC

    def timing(self, members: t.Dict[str, t.Any], offset: t.Optional[int]) -> t.Optional[Timing]:
        schedule = self.schedule(members.get("schedule"))
        instants = {member: self.instant(member, members.get(member)) for member in INSTANTS}
        start, end, created = (instants[member] for member in INSTANTS)
        zone_ = self.zone(members.get("schedule_timezone", "UTC"))
        enabled = self.flag("enabled", members.get("enabled", True))
        if start and end and end < start:
            self.problem("end_date", "is before start_date")
        if schedule is None:
            return None
        if offset and not isinstance(schedule, Cron):
            self.problem("schedule_offset", "is for cron() schedules alone")
        if isinstance(schedule, Rate) and not start and not created:
            self.problem("schedule", "rate() counts from start_date, or from created_date: give one of them")
        return Timing(schedule, zone_, offset or 0, start, end, created, enabled)


def _shown(value: t.Any) -> str:
    return "'%.80s'" % value if isinstance(value, str) else "%.80r" % (value,)
