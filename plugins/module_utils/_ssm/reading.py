# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Reads what users write about maintenance windows, and collects all that is wrong."""

from __future__ import annotations

import contextlib
import typing as t
import unicodedata

from .._engine.errors import Problem
from .._engine.parse import MAX_AWS_TAGS, snake
from .._schedule.errors import ScheduleError
from .change import Resource


class Reader:
    """Reads one value after another. A member that is wrong is noted, and read as something harmless."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.problems: t.List[Problem] = []

    def problem(self, member: str, message: str, *values: t.Any) -> None:
        """`member` is below the path; empty: the path itself. Without a path members are options."""
        where = ".".join(filter(None, (self._path, member)))
        self.problems.append(Problem(where, message % values if values else message))

    def finish(self) -> None:
        if self.problems:
            raise ScheduleError(self.problems)

    def mapping(self, member: str, value: t.Any, allowed: t.Sequence[str], ignored: t.Sequence[str] = ()) -> Resource:
        """Members by their names in snake_case; those that are None are left out."""
        if not isinstance(value, dict):
            self.problem(member, "must be a mapping, not %s", shown(value))
            return {}
        members: Resource = {}
        for written, inner in value.items():
            name = snake(str(written))
            below = "%s.%s" % (member, written) if member else str(written)
            if name in members:
                self.problem(below, "given twice, as %s and in another spelling", name)
            elif name in allowed:
                members[name] = inner
            elif name not in ignored:
                self.problem(below, "unknown; allowed: %s", ", ".join(allowed))
        return {name: inner for name, inner in members.items() if inner is not None}

    def text(self, member: str, value: t.Any, longest: int = 128, shortest: int = 1) -> str:
        if not isinstance(value, str):
            quotes = "; put it in quotes" if isinstance(value, (bool, int, float)) else ""
            self.problem(member, "must be text, not %s%s", shown(value), quotes)
            return ""
        if not shortest <= len(value) <= longest:
            self.problem(member, "must have %d to %d characters, not %d", shortest, longest, len(value))
        return value

    def matching(self, member: str, value: t.Any, pattern: t.Pattern[str], allowed: str) -> str:
        text = value if isinstance(value, str) else ""
        if not pattern.match(text):
            self.problem(member, "%s is not allowed; allowed: %s", shown(value), allowed)
        return text

    def texts(self, member: str, value: t.Any, most: int, fewest: int = 0) -> t.List[str]:
        """A list of texts; one that stands alone is a list of one, and numbers become text."""
        values = value if isinstance(value, list) else [value]
        if not fewest <= len(values) <= most:
            self.problem(member, "must have %d to %d values, not %d", fewest, most, len(values))
        found = []
        for index, one in enumerate(values):
            if isinstance(one, (int, float)) and not isinstance(one, bool):
                one = str(one)
            where = "%s[%d]" % (member, index) if isinstance(value, list) else member
            found.append(self.text(where, one, LONGEST, 0))
        return found

    def number(self, member: str, value: t.Any, first: int, last: int) -> int:
        # templates of ansible-core 2.18 turn numbers into text
        if isinstance(value, str) and value.isdigit() and value.isascii():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not first <= value <= last:
            self.problem(member, "%s is not allowed; allowed: a whole number from %d to %d", shown(value), first, last)
            return first
        return value

    def flag(self, member: str, value: t.Any) -> bool:
        # here too: ansible-core 2.18
        if isinstance(value, str) and value.lower() in ("true", "yes", "false", "no"):
            return value.lower() in ("true", "yes")
        if not isinstance(value, bool):
            self.problem(member, "must be true or false, not %s", shown(value))
        return bool(value)

    def choice(self, member: str, value: t.Any, allowed: t.Sequence[str]) -> str:
        if value not in allowed:
            self.problem(member, "%s is not allowed; allowed: %s", shown(value), ", ".join(allowed))
            return allowed[0]
        return value

    def tags(self, value: t.Any) -> t.Dict[str, str]:
        """As the API limits them: in number, keys of 1 to 128 characters, values of up to 256."""
        if not isinstance(value, dict):
            self.problem("tags", "must be a mapping, not %s", shown(value))
            return {}
        for key in sorted(str(key) for key, one in value.items() if one is None):
            self.problem("tags", "%s has no value; empty text is one", shown(key))
        tags = {str(key): str(one) for key, one in value.items()}
        self.problems += tag_problems(tags, ".".join(filter(None, (self._path, "tags"))))
        for key, one in tags.items():
            if len(one) > 256:
                self.problem("tags", "%s: values have up to 256 characters, not %d", shown(key), len(one))
        return tags


@contextlib.contextmanager
def together(kind: t.Type[t.Any], problems: t.Sequence[Problem]) -> t.Iterator[None]:
    """Raise these problems as an error of this kind, behind those of the same kind from inside."""
    try:
        yield
    except kind as error:
        raise kind([*error.problems, *problems]) from error
    if problems:
        raise kind(problems)


def keyed(rows: t.Sequence[Resource]) -> t.Any:
    """A mapping; the API's list where one key is there twice, which no mapping can say, and nobody could write."""
    read = [(row["Key"], list(row.get("Values", []))) for row in rows]
    mapping = dict(read)
    return mapping if len(mapping) == len(read) else [{"key": key, "values": values} for key, values in read]


LONGEST = 65535  # where the API names no limit


# Beside letters, blanks and numbers of all scripts, in patch groups and tags (operations.md, 2).
MARKS = "_.:/=+-@"


def is_plain(text: str) -> bool:
    return all(unicodedata.category(one)[0] in "LZN" or one in MARKS for one in text)


def tag_problems(tags: t.Mapping[str, t.Any], path: str) -> t.List[Problem]:
    """What the API refuses of tags, but for the length of their values."""
    problems = []
    if len(tags) > MAX_AWS_TAGS:
        problems.append(Problem(path, "must be %d at most, not %d" % (MAX_AWS_TAGS, len(tags))))
    for key, value in tags.items():
        if not 1 <= len(str(key)) <= 128:
            problems.append(Problem(path, "%s: keys have 1 to 128 characters" % shown(str(key))))
        if not is_plain(str(key)) or not is_plain(str(value)):
            words = "%s: keys and values may hold letters, numbers, blanks and %s only"
            problems.append(Problem(path, words % (shown(str(key)), " ".join(MARKS))))
    return problems


def shown(value: t.Any) -> str:
    return "'%.80s'" % value if isinstance(value, str) else "%.80r" % (value,)


def without_cleared(
    written: t.Mapping[str, t.Any], clearable: t.Sequence[str], cleared_by_zero: t.Sequence[str] = ()
) -> Resource:
    """Empty text, an empty mapping or list, and of some members 0, say that they are not set."""

    def cleared(name: str, value: t.Any) -> bool:
        return (name in clearable and value in ("", {}, [])) or (name in cleared_by_zero and str(value) == "0")

    return {name: value for name, value in written.items() if value is not None and not cleared(name, value)}
