# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What dnf5 prints about a transaction: what would come of it, and what went wrong. Pure."""

from __future__ import annotations

import re
import typing as t

from .transaction import Wanted

Labels = t.Dict[str, str]  # by name-version-release.arch, kb_id

# What dnf5 writes above the packages of its table, and as what it stores and replays them.
INSTALLING = "Installing"
DEPENDENCY = "Installing dependencies"
WEAK = "Installing weak dependencies"
UPGRADING = "Upgrading"
DOWNGRADING = "Downgrading"
REINSTALLING = "Reinstalling"
REMOVING = "Removing"
ACTIONS = {
    INSTALLING: "Install",
    UPGRADING: "Upgrade",
    DOWNGRADING: "Downgrade",
    REINSTALLING: "Reinstall",
    REMOVING: "Remove",
}

HEADING = re.compile(r"^(?P<words>[A-Z][a-z][a-z ]*):$")
ROW = re.compile(
    r"^ +(?P<replacing>replacing +)?(?P<name>\S+) +(?P<arch>\S+) +(?P<evr>\d+:\S+) +(?P<repo>\S+) +\S+ +\S+$"
)
UNRESOLVED = "Failed to resolve the transaction:"
HINT = "You can try to add to command line:"
BEGUN = re.compile(r"^\[ *\d+/\d+\] (?:Installing|Upgrading|Downgrading|Reinstalling|Removing|Erasing) ", re.MULTILINE)
CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")
LOCKED = re.compile(r"^\S+ is already locked by another process$", re.MULTILINE)

PACKAGE = r"(?P<package>\S+-[^\s-]+-[^\s-]+\.[a-z0-9_]+)"
SAID = r"^>>> "
# A line that names a package and says what is wrong with it.
NAMING = tuple(
    re.compile(pattern)
    for pattern in (
        SAID + r"(?P<why>(?:Status code|Curl error).* \S*/(?P<package>[^/\s]+)\.rpm\b.*)",
        r"^.*Librepo error: (?P<why>Cannot download (?:\S*/)?(?P<package>[^/\s]+)\.rpm: .*)",
        r'^(?P<before>OpenPGP check for package "(?P<package>[^"]+)") \(.*?\)(?P<after> from .*)',
        SAID + r"(?P<why>(?:Non-critical error|Error) in %\w+ scriptlet): " + PACKAGE + "$",
        SAID + r"\[RPM\] (?P<why>.*%\w+\((?P<package>[^()\s]+)\).*)",
        r"^ *(?:- )?(?P<why>file \S+ from install of " + PACKAGE + r" conflicts with .*)",
        r"^ *(?:- )?(?P<why>file \S+ conflicts between attempted installs of " + PACKAGE + r" and .*)",
        r"^ *(?:- )?(?P<why>installing package " + PACKAGE + r" needs .*)",
        r"^ *(?:- )?(?P<why>package " + PACKAGE + r" is intended for a different .*)",
    )
)
UNPACKING = re.compile(SAID + r"\[RPM\] (?P<why>unpacking of .*)")
UNPACK_ERROR = re.compile(SAID + r"Unpack error: " + PACKAGE + "$")
INSTALL_FAILED = re.compile(SAID + r"\[RPM\] (?P<package>\S+): install failed$")


class Row(t.NamedTuple):
    """One package that a transaction brings, or removes."""

    section: str
    package: Wanted
    repository: str
    replaces: t.Tuple[Wanted, ...]

    @property
    def action(self) -> str:
        """As a stored transaction names it; empty for what changes nothing on the file system."""
        return next((action for words, action in ACTIONS.items() if self.section.startswith(words)), "")

    @property
    def incoming(self) -> bool:
        return self.action not in ("", "Remove")

    @property
    def predecessors(self) -> t.List[Wanted]:
        """What the package is another version of."""
        return [old for old in self.replaces if old.name == self.package.name]


def wanted(name: str, arch: str, evr: str) -> Wanted:
    return Wanted(name, arch, evr[2:] if evr.startswith("0:") else evr)


def written(package: Wanted) -> str:
    """A package as rpm writes it."""
    return "%s-%s.%s" % (package.name, package.version, package.arch)


def full_nevra(package: Wanted) -> str:
    """A package as dnf5 takes it to be nothing else."""
    epoch = "" if ":" in package.version else "0:"
    return "%s-%s%s.%s" % (package.name, epoch, package.version, package.arch)


def parse_table(output: str) -> t.List[Row]:
    """The packages of the transaction that dnf5 shows before it begins."""
    found: t.List[Row] = []
    section = ""
    for line in output.splitlines():
        heading = HEADING.match(line)
        row = ROW.match(line)
        if heading is not None:
            section = heading.group("words")
        elif row is not None and section:
            name, arch, evr, repository = row.group("name", "arch", "evr", "repo")
            package = wanted(name, arch, evr)
            if row.group("replacing") and found:
                found[-1] = found[-1]._replace(replaces=(*found[-1].replaces, package))
            else:
                found.append(Row(section, package, repository, ()))
    return [row for row in found if row.action]


def unresolved(errors: str) -> str:
    """Why dnf5 finds no transaction, in its words; empty when it found one."""
    _before, failed, words = CREDENTIALS.sub("", errors).partition(UNRESOLVED)
    return " ".join(words.partition(HINT)[0].split()) if failed else ""


def parse_failures(output: str, labels: Labels) -> t.Dict[str, str]:
    """By kb_id what dnf5 and rpm say against a package; several things in the order they were said."""
    found: t.Dict[str, t.List[str]] = {}
    incomplete = []
    why_unpacking = ""
    for line in CREDENTIALS.sub("", output).splitlines():
        unpacking, failed = UNPACKING.match(line), INSTALL_FAILED.match(line)
        if unpacking is not None:
            why_unpacking = unpacking.group("why")
        elif failed is not None:
            incomplete.append(_kb_id(failed.group("package"), labels))
        package, words = _complaint(line, why_unpacking)
        if package:
            complaints = found.setdefault(_kb_id(package, labels), [])
            if words not in complaints:
                complaints.append(words)
    for kb_id in incomplete:
        found.setdefault(kb_id, ["install failed"])
    return {kb_id: "; ".join(complaints) for kb_id, complaints in found.items()}


def _complaint(line: str, why_unpacking: str) -> t.Tuple[str, str]:
    """The package that a line speaks against, and its words."""
    unpacked = UNPACK_ERROR.match(line)
    if unpacked is not None:
        return unpacked.group("package"), why_unpacking or line
    for pattern in NAMING:
        match = pattern.match(line)
        if match is not None:
            groups = match.groupdict()
            return groups["package"], (groups.get("why") or groups["before"] + groups["after"]).strip()
    return "", ""


def refusal(output: str) -> str:
    """Why dnf5 ended before it changed anything; empty when it began to, or does not say."""
    if BEGUN.search(output):
        return ""
    output = CREDENTIALS.sub("", output)
    locked = LOCKED.search(output)
    if locked is not None:
        return locked.group()
    why = unresolved(output)
    if why:
        return why
    lines = output.splitlines()
    first = next((at for at, line in enumerate(lines) if re.match(r"(Failed|Transaction failed|Cannot) ?", line)), None)
    if first is None:
        return ""
    words = [line for line in lines[first:] if not line.startswith((">>>", "[", "Warning:", "---"))]
    return " ".join(" ".join(words).split())


def _kb_id(package: str, labels: Labels) -> str:
    """The name and architecture of a package, from its label or the name of its file."""
    label = re.sub(r"-\d+:", "-", package)
    for known, kb_id in labels.items():
        if label == known or label.endswith("-" + known):  # a repository may put something before the name
            return kb_id
    return "%s.%s" % (label.rsplit("-", 2)[0], label.rpartition(".")[2])
