# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Reads what zypper says of a transaction, planned or done: pure, text in, values out."""

from __future__ import annotations

import itertools
import re
import typing as t
from xml.etree import ElementTree

from .._engine import versions
from . import zypper_output
from .transaction import Change
from .zypper_output import parse_edition, without_passwords

# Said of any transaction, and advice that zypper gives to a person.
_USUAL = re.compile(
    "Loading repository data|Reading installed packages|Resolving package dependencies|Nothing to do"
    "|.*not found in package names. Trying capabilities|There is an update candidate|No update candidate"
)
_LONGEST_REASON = 600  # characters

_NAMED = r"(\S+)-([^\s-]+)-([^\s-]+)\.(\w+)"  # name-[epoch:]version-release.arch
_started = re.compile(r"(?:\(\s*\d+/\d+\) )?(?:Installing|Removing):? %s " % _NAMED)
_fetching = re.compile(r"Retrieving(?: package|:) %s " % _NAMED)
_failed = re.compile(r"(?:Installation|Removal) of %s failed:" % _NAMED)
_scriptlet = re.compile(r"(?:warning|error): .*(?:scriptlet|lua script) failed", re.IGNORECASE)
_scriptlet_of = re.compile(r"%%\w+\(%s\)" % _NAMED)
_afterwards = re.compile(r"Warning: (\S+?)(?:\.rpm)? %posttrans script failed")
_named = re.compile(_NAMED)
_wrong = re.compile("error|fail|can't|not found|corrupt|denied|timeout|no space|not signed|unsigned", re.IGNORECASE)
_rpm_failed = re.compile(r"^(?:Error: )?Subprocess failed\. Error: RPM failed: (?:Command exited with status \d+\.)?")
_PROBLEM = "Problem: "
_END = ("Problem occurred during or after", "Abort, retry, ignore?", "Installation has been aborted", "Please see the")


class Plan(t.NamedTuple):
    """What `zypper --xmlout install --dry-run` would do."""

    changes: t.Tuple[Change, ...]
    downgrades: t.Tuple[str, ...]  # kb_id of each
    vendor_changes: t.Tuple[str, ...]
    download_size: t.Optional[int]  # bytes; None: there is no summary of a transaction
    problems: t.Tuple[str, ...]  # why there is none, in zypper's words
    said: t.Tuple[str, ...]  # what it says besides that is not said of every transaction


def parse_plan(output: str) -> Plan:
    """Raises OutputError when it is nothing that zypper prints."""
    root = zypper_output.tree(output)
    changes: t.Dict[t.Tuple[str, str, t.Optional[str]], Change] = {}
    downgrades, vendors = [], []
    summary = root.find("install-summary")
    for section in summary if summary is not None else ():
        for element in section.iter("solvable"):
            if element.get("type", "package") != "package":
                continue
            change = _change(section.tag, element)
            changes[change.name, change.arch, change.new] = change
            if section.tag.startswith("to-downgrade"):
                downgrades.append(change.kb_id)
            if section.tag.endswith("change-vendor"):
                vendors.append(change.kb_id)
    size = summary.get("download-size", "") if summary is not None else ""
    return Plan(
        tuple(sorted(changes.values(), key=lambda change: (change.name, change.arch, change.new or ""))),
        tuple(downgrades),
        tuple(vendors),
        int(size) if size.isdigit() else None,
        tuple(_problems(root)),
        tuple(words for words in zypper_output.said(root, "info") if not _USUAL.match(words)),
    )


def _change(section: str, element: ElementTree.Element) -> Change:
    new: t.Optional[str] = _version(element.get("edition", ""))
    old = element.get("edition-old")
    if section == "to-remove":
        return Change(element.get("name", ""), element.get("arch", ""), new, None)
    if section == "to-reinstall":
        old = element.get("edition")
    return Change(element.get("name", ""), element.get("arch", ""), _version(old) if old else None, new)


def _version(edition: str) -> str:
    return versions.rpm_text(*parse_edition(edition))


def _problems(root: ElementTree.Element) -> t.Iterator[str]:
    """What the solver stumbles over, without the ways out that it would ask a person about; and plain errors.

    Of several problems it asks about the first, with details, and only states the others.
    """
    detailed = []
    for prompt in root.iter("prompt"):
        lines = (prompt.findtext("description") or "").strip().splitlines()
        if lines and lines[0].startswith(_PROBLEM):
            stated = itertools.takewhile(lambda line: not line.strip().startswith("Solution "), lines)
            detailed.append(without_passwords(" ".join(" ".join(stated).split())))
    yield from detailed
    for words in zypper_output.said(root, "info"):
        if words.startswith(_PROBLEM) and not any(known.startswith(words) for known in detailed):
            yield words
    yield from zypper_output.said(root, "error")


def parse_failures(output: str, ended: bool) -> t.Dict[str, str]:
    """By name.arch, why packages were not installed, or not properly, from what `zypper install` printed.

    `ended` says that the transaction came to its end, so that a complaint is not the reason for it to stop.
    """
    lines = [line.strip() for line in without_passwords(output).replace("\b", "").splitlines()]
    found: t.Dict[str, str] = {}
    for identifier, reasons in itertools.chain(
        _not_installed(lines), _scriptlets(lines), _conflicts(lines), () if ended else _not_fetched(lines)
    ):
        words = "; ".join(reason for reason in reasons if reason)
        found.setdefault(identifier, words if len(words) <= _LONGEST_REASON else "... " + words[-_LONGEST_REASON:])
    return found


Failure = t.Tuple[str, t.Sequence[str]]  # name.arch, and what was said of it


def _identifier(match: t.Match[str]) -> str:
    return "%s.%s" % (match.group(1), match.group(4))


def _not_installed(lines: t.Sequence[str]) -> t.Iterator[Failure]:
    """rpm refused the package, or a script that runs before it failed."""
    for number, line in enumerate(lines):
        match = _failed.match(line)
        if match:
            said = itertools.takewhile(lambda line: line and not line.startswith(_END), lines[number + 1 :])
            reasons = [_rpm_failed.sub("", line).strip() for line in said]
            yield _identifier(match), reasons if any(reasons) else _said_before(lines[:number])


def _said_before(lines: t.Sequence[str]) -> t.List[str]:
    """What rpm and the script said since the package was begun with; newer versions of zypper print it at once."""
    said = itertools.takewhile(lambda line: not _started.match(line), reversed(lines))
    return [line for line in reversed(list(said)) if line]


def _scriptlets(lines: t.Sequence[str]) -> t.Iterator[Failure]:
    """The package is installed, but a script of it failed: with what that script printed."""
    current: t.Optional[str] = None
    said: t.List[str] = []
    for line in lines:
        started, afterwards, named = _started.match(line), _afterwards.match(line), _scriptlet_of.search(line)
        if started:
            current, said = _identifier(started), []
        elif line.startswith(("Additional rpm output", "Output of ", "Executing %posttrans")):
            said = []
        elif afterwards:
            package = _named.fullmatch(afterwards.group(1))
            if package:
                yield _identifier(package), [*said, line]
        elif _scriptlet.match(line) and (named or current):
            yield _identifier(named) if named else t.cast(str, current), [*said, line]
        else:
            said.append(line)


def _conflicts(lines: t.Sequence[str]) -> t.Iterator[Failure]:
    """Packages that would overwrite each other's files: each of them, for either may be the one to leave out."""
    for number, line in enumerate(lines):
        if not line.startswith("File /") or lines[number + 1 : number + 2] != ["from install of"]:
            continue
        said = lines[number : number + 5]
        for place in (2, 4):
            match = _named.match(said[place]) if len(said) > place and "install of" in said[place - 1] else None
            if match:
                yield _identifier(match), [" ".join(said)]


def _not_fetched(lines: t.Sequence[str]) -> t.Iterator[Failure]:
    """The package whose download was the last thing that zypper tried."""
    current: t.Optional[str] = None
    said: t.List[str] = []
    for line in lines:
        match = _fetching.match(line)
        if match:
            current, said = _identifier(match), []
        elif line.startswith(("In cache", "Checking for file conflicts")) or _started.match(line):
            current = None
        elif _wrong.search(line) and not line.startswith(_END):
            said.append(line)
    if current and said:
        yield current, said
