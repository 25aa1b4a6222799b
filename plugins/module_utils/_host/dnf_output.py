# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf 4 prints about a transaction: which packages failed, and why. Pure."""

from __future__ import annotations

import re
import typing as t

Labels = t.Dict[str, str]  # by name-version-release.arch, kb_id

PACKAGE = r"(?P<package>\S+-[^\s-]+-[^\s-]+\.[a-z0-9_]+)"
# A line that names a package and says what is wrong with it.
NAMING = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\[MIRROR\] (?P<file>\S+)\.rpm: (?P<why>.*)",
        r"^ +" + PACKAGE + r": (?P<why>Cannot download.*)",
        r'^Package "' + PACKAGE + r'" from local repository "[^"]*" has incorrect checksum',
        r"^Package (?P<file>\S+)\.rpm is not signed",
        r"^.*Failing package is: " + PACKAGE,
        r"^Problem opening package (?P<file>\S+)\.rpm",
        r"^ *installing package " + PACKAGE + r" needs .*",
        r"^ *file \S+ from install of " + PACKAGE + r" conflicts with .*",
        r"^ *file \S+ conflicts between attempted installs of " + PACKAGE + r" and .*",
        r"^ *package " + PACKAGE + r" is intended for a different .*",
        r'^ *Cannot find rpm nevra "' + PACKAGE + r'"',
        r'^ *Package nevra "' + PACKAGE + r'"(, which is not present| not ).*',
        r"^Error unpacking rpm package " + PACKAGE,
    )
)
SCRIPTLET = re.compile(r"^Error in (?P<scriptlet>\S+) scriptlet in rpm package (?P<package>\S+)")
OF_SCRIPTLET = re.compile(r"^(?:error|warning): .*%\w+\(" + PACKAGE + r"\).*")
ABORTED = re.compile(r"^error: " + PACKAGE + r": install failed")
UNPACKING = re.compile(r"^error: (?P<why>unpacking of .*)")
AT_WORK = re.compile(r"^  (?:[A-Z][a-z]+|Running scriptlet) *: " + PACKAGE + r" ")
FAILED = "Failed:"
STARTED = "Running transaction\n"
LOCKED = re.compile(r"^\S.* already locked by \d+$", re.MULTILINE)
SUMMARY = "\nError Summary\n"  # says the same again
CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")


def parse_failures(output: str, labels: Labels) -> t.Dict[str, str]:
    """By kb_id what dnf and rpm say against a package; several things in the order they were said."""
    found: t.Dict[str, t.List[str]] = {}
    listed: t.List[str] = []
    names = {re.sub(r"\.[^.]*$", "", kb_id): kb_id for kb_id in labels.values()}
    said_before, in_failed = "", False
    for line in CREDENTIALS.sub("", output).splitlines():
        package, words = _complaint(line, said_before)
        at_work = AT_WORK.match(line)
        if at_work is not None:
            kb_id = _kb_id(at_work.group("package"), labels)
            names[re.sub(r"\.[^.]*$", "", kb_id)] = kb_id
        if package is not None:
            complaints = found.setdefault(names.get(package) or _kb_id(package, labels), [])
            if words not in complaints:
                complaints.append(words)
        in_failed = line == FAILED or (in_failed and line.startswith("  "))
        if in_failed and line != FAILED:
            listed += [_kb_id(nevra, labels) for nevra in line.split()]
        said_before = line if line.strip() else said_before
    for kb_id in listed:
        found.setdefault(kb_id, ["dnf lists it as failed"])
    return {kb_id: "; ".join(complaints) for kb_id, complaints in found.items()}


def _complaint(line: str, said_before: str) -> t.Tuple[t.Optional[str], str]:
    """The package that a line speaks against, and its words; rpm gives the reason on the line before."""
    for pattern in NAMING:
        match = pattern.match(line)
        if match is not None:
            groups = match.groupdict()
            return groups.get("package") or groups["file"], (groups.get("why") or match.group()).strip()
    scriptlet = SCRIPTLET.match(line)
    if scriptlet is not None:
        return scriptlet.group("package"), scriptlet.group()
    of_scriptlet = OF_SCRIPTLET.match(line)
    if of_scriptlet is not None:
        return of_scriptlet.group("package"), of_scriptlet.group()
    aborted = ABORTED.match(line)
    reason = UNPACKING.match(said_before)
    if aborted is not None and reason is not None:
        return aborted.group("package"), reason.group("why")
    return None, ""


def refusal(output: str) -> str:
    """Why dnf ended before it changed anything; empty when it began to, or does not say."""
    if STARTED in output:
        return ""
    locked = LOCKED.search(output)
    if locked is not None:
        return locked.group()
    _before, error, words = ("\n" + output).rpartition("\nError: ")
    words = words.partition(SUMMARY)[0]
    return CREDENTIALS.sub("", " ".join(words.split())) if error else ""


def _kb_id(package: str, labels: Labels) -> str:
    """The name and architecture of a package, from its label or the name of its file."""
    label = re.sub(r"-\d+:", "-", package)
    for known, kb_id in labels.items():
        if label == known or label.endswith("-" + known):  # a repository may put something before the name
            return kb_id
    name = label.rsplit("-", 2)[0]
    return "%s.%s" % (name, label.rpartition(".")[2])
