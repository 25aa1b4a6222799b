# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What apt-get, dpkg and needrestart print, read: pure, nothing here asks the host.

Written from the output of apt 2.6 and 3.0 and of dpkg 1.21 and 1.22, in the C locale.
"""

from __future__ import annotations

import os
import re
import typing as t
import urllib.parse

from .transaction import Change

REMOVED_BLOCK = "The following packages will be REMOVED:"
# Headings of lists that only matter when apt then refuses: what the list is of.
REFUSED_BLOCKS = {
    REMOVED_BLOCK: "it would remove %s",
    "The following held packages will be changed:": "on hold: %s",
    "The following packages will be DOWNGRADED:": "it would downgrade %s",
    "WARNING: The following packages cannot be authenticated!": "%s cannot be authenticated",
    "WARNING: The following essential packages will be removed.": "it would remove the essential %s",
}
UNMET_BLOCK = "The following packages have unmet dependencies:"
UNAUTHENTICATED = "WARNING: The following packages cannot be authenticated!"
HARD = ("Depends", "PreDepends", "Pre-Depends", "Conflicts", "Breaks")

_inst = re.compile(
    r"^Inst (?P<name>[^\s:]+)(?::\S+)?(?: \[(?P<old>[^]]*)\])?"
    r" \((?P<new>\S+) (?:.* )?\[(?P<arch>[^]\s]+)\]\)"
)
_remv = re.compile(r"^(?:Remv|Purg) (?P<name>[^\s:]+)(?::(?P<arch>\S+))?(?: \[(?P<old>[^]]*)\])?")
_uri = re.compile(r"^'(?P<uri>[^']+)' (?P<file>\S+) (?P<size>\d+)(?: |$)")
_entry = re.compile(r"^ (?P<name>\S+) : (?P<words>\S.*)")
_error = re.compile(r"^E: (?P<words>.+)")
# Said besides the lines that name the reason.
_beside_the_point = re.compile(
    r"^(Unable to correct problems, you have held broken packages|Sub-process \S+ returned an error code"
    r"|Some files failed to download|Packages need to be removed but remove is disabled|Held packages were changed"
    r"|Packages were downgraded and -y|There were unauthenticated packages and -y|Unable to fetch some archives"
    r"|Couldn't find any package by|The following information from --solver)"
)
_userinfo = re.compile(r"(?<=://)[^/\s]*@")
_processing = re.compile(r"^dpkg: error processing (?P<what>package|archive) (?P<name>\S+) \(--\S+\):$")
_prevented = re.compile(r"^dpkg: dependency problems prevent (?:configuration|processing triggers for) (?:of )?(\S+):$")
_failed_item = re.compile(r"^Err:\d+ .* (?P<name>\S+) (?P<arch>\S+) (?P<version>\S+)$")
_not_found = re.compile(
    r"^E: (?:Version '[^']*' for '(?P<one>[^':]+)[^']*' was not found|Unable to locate package (?P<two>[^\s:]+))"
)
_service = re.compile(r"^NEEDRESTART-SVC:\s*(\S+)", re.MULTILINE)


class PackageFile(t.NamedTuple):
    """A file that a transaction uses: its address, its name among the downloaded ones, its size."""

    uri: str
    file: str
    size: int

    @property
    def key(self) -> t.Tuple[str, str, str]:
        """Name, arch and version, which apt names the file by."""
        name, version, arch = (self.file[:-4] if self.file.endswith(".deb") else self.file).split("_", 2)
        return name, urllib.parse.unquote(arch), urllib.parse.unquote(version)


class Failed(t.NamedTuple):
    """A package that something went wrong with; `arch` is None where the output leaves it out."""

    name: str
    arch: t.Optional[str]
    words: str


def parse_simulation(output: str, native: str) -> t.List[Change]:
    """The changes that `apt-get --simulate` names, without their sizes."""
    changes = []
    for line in output.splitlines():
        coming = _inst.match(line)
        if coming:
            changes.append(Change(coming.group("name"), coming.group("arch"), coming.group("old"), coming.group("new")))
            continue
        leaving = _remv.match(line)
        if leaving:
            changes.append(Change(leaving.group("name"), leaving.group("arch") or native, leaving.group("old"), None))
    return changes


def parse_uris(output: str) -> t.List[PackageFile]:
    """The files that `apt-get --print-uris` names."""
    found = []
    for line in output.splitlines():
        match = _uri.match(line)
        if match and match.group("file").count("_") >= 2:
            found.append(PackageFile(match.group("uri"), match.group("file"), int(match.group("size"))))
    return found


def block(output: str, heading: str) -> t.List[str]:
    """The indented lines below `heading`, wherever it stands."""
    lines = output.splitlines()
    found = []
    for number, line in enumerate(lines):
        if line.strip() != heading:
            continue
        for following in lines[number + 1 :]:
            if not following.startswith(" "):
                break
            found.append(following)
    return found


def parse_unmet(output: str) -> t.List[str]:
    """The hard dependencies that cannot be met, a line each: `foo: Depends: libx (>= 2) but 1 is to be installed`."""
    found = []
    name = ""
    for line in block(output, UNMET_BLOCK):
        first = _entry.match(line)
        name = first.group("name") if first else name
        words = first.group("words") if first else line.strip()
        if words.split(":")[0] in HARD:
            found.append("%s: %s" % (name, words.strip()))
    return found


def parse_errors(output: str) -> t.List[str]:
    """apt's own errors, each with the indented lines that belong to it, without passwords and general remarks."""
    found: t.List[str] = []
    open_ = False
    for line in output.splitlines():
        error = _error.match(line)
        if error:
            open_ = not _beside_the_point.match(error.group("words"))
            if open_:
                found.append(" ".join(error.group("words").split()))
        elif open_ and line.startswith("   "):
            found[-1] += " %s" % " ".join(line.split())
        else:
            open_ = False
    return [_userinfo.sub("", text).rstrip(".") for text in dict.fromkeys(found)]


def refusal(output: str, errors: str) -> str:
    """Why apt-get would not do it: the lines that name the reason."""
    reasons = parse_unmet(output) or parse_unmet(errors)
    for heading, words in REFUSED_BLOCKS.items():
        names = " ".join(block(output, heading)).split()
        if names:
            reasons.append(words % ", ".join(names))
    reasons += parse_errors(errors)
    if not reasons:
        reasons = [line[3:].strip() for line in errors.splitlines() if line.startswith("E: ")]
    return "; ".join(reasons)


def parse_failed(output: str) -> t.List[Failed]:
    """What apt-get and dpkg say went wrong with single packages; the first word on each counts."""
    lines = [line.rstrip("\r") for line in output.splitlines()]
    found: t.List[Failed] = []
    prevented: t.Dict[str, str] = {}
    for number, line in enumerate(lines):
        following = _indented(lines[number + 1 :])
        unmet = _prevented.match(line)
        if unmet:
            prevented[unmet.group(1)] = " ".join(following)
            continue
        failed = _processing.match(line)
        if failed:
            name, arch = _named(failed.group("what"), failed.group("name"))
            words = prevented.get(failed.group("name")) or " ".join(following[:2]) or line
            found.append(Failed(name, arch, words))
            continue
        item = _failed_item.match(line)
        if item and following:
            found.append(Failed(item.group("name"), item.group("arch"), _userinfo.sub("", following[0])))
            continue
        missing = _not_found.match(line)
        if missing:
            found.append(Failed(missing.group("one") or missing.group("two"), None, line[3:]))
    for name in " ".join(block(output, UNAUTHENTICATED)).split():
        plain, _colon, arch = name.partition(":")
        found.append(Failed(plain, arch or None, "its origin cannot be authenticated"))
    return found


def _indented(lines: t.Sequence[str]) -> t.List[str]:
    found = []
    for line in lines:
        if not line.startswith(" ") or not line.strip():
            break
        found.append(" ".join(line.split()))
    return found


def _named(what: str, name: str) -> t.Tuple[str, t.Optional[str]]:
    """dpkg names a package, with its arch where that is not clear, or the file that it comes in."""
    if what == "package":
        plain, _colon, arch = name.partition(":")
        return plain, arch or None
    file = os.path.basename(name)
    file = re.sub(r"^\d+-", "", file[:-4] if file.endswith(".deb") else file)
    parts = file.split("_")
    return parts[0], parts[-1] if len(parts) > 2 else None


def parse_services(output: str) -> t.List[str]:
    """The units that `needrestart -b` names."""
    return sorted(set(_service.findall(output)))
