# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Which entries of the lists of approved and rejected patches can name nothing, or nothing more than others do
(package-name-formats.md).
"""

from __future__ import annotations

import re
import typing as t

from .advice import NOTICE_ID
from .matching import Entries
from .parse import WINDOWS_ENTRY

_KB = re.compile(r"KB\d{6,}\Z", re.IGNORECASE)
_CVE = re.compile(r"CVE-\d{4}-\d+\Z", re.IGNORECASE)
_DEBIAN_NOTICE = re.compile(r"(CVE-\d{4}-\d+|(USN|DSA|DLA)-\d+(-\d+)?)\Z", re.IGNORECASE)

# The characters that forms of names and globs are made of.
_RPM_CHARACTERS = re.compile(r"[\w.+~^:*?\[\]!-]+\Z", re.ASCII)
_SUSE_CHARACTERS = re.compile(r"[\w.+~^*?\[\]!-]+\Z", re.ASCII)
_APT_CHARACTERS = re.compile(r"[a-z0-9.+~:*-]+\Z", re.IGNORECASE)

# The forms 8 to 12 of package-name-formats.md, 2.1; no other has a colon.
_RPM_WITH_EPOCH = re.compile(r"(.+-)?\d+:[^:-]+-[^:-]+\Z|\d+:.+-[^:-]+-[^:-]+\Z|.+\.[^.:]+:\d+:[^:-]+-[^:-]+\Z")
_APT_WITH_EPOCH = re.compile(r".+-\d+:[^:]+\Z")
# A name that could not be a name with a version or an architecture behind it.
_APT_NAME_ONLY = re.compile(r"(?!.*-\d)[a-z0-9+-]+\Z", re.IGNORECASE)


def can_name_nothing(entry: str, family: str) -> t.Optional[str]:
    """Why the entry fits no form of a name that the family has; None when it may."""
    if family == "windows":
        return None if WINDOWS_ENTRY.match(entry) else "Windows knows KB ids (KB2032276) and bulletin ids (MS10-048)"
    if _KB.match(entry):
        return "KB ids name updates of Windows"
    return _CHECKS[family](entry)


def _rpm(entry: str) -> t.Optional[str]:
    if not _RPM_CHARACTERS.match(entry):
        return _STRANGE
    if entry.lower().endswith(".rpm"):
        return "it is the name of a file; leave .rpm out"
    glob = any(char in entry for char in "*?[")
    if ":" in entry and not glob and not NOTICE_ID.match(entry) and not _RPM_WITH_EPOCH.match(entry):
        return "a colon stands only behind an epoch (name-1:2.0-3.el9.x86_64) and in ids of advisories"
    return None


def _zypper(entry: str) -> t.Optional[str]:
    if _CVE.match(entry) or entry.isdigit():
        return "SUSE's patches are known by their names, not by CVE or Bugzilla ids"
    if not _SUSE_CHARACTERS.match(entry):
        return _STRANGE
    return None


def _apt(entry: str) -> t.Optional[str]:
    if _DEBIAN_NOTICE.match(entry):
        return "packages of apt are known by their names, not by ids of notices"
    if not _APT_CHARACTERS.match(entry):
        return _STRANGE
    if ":" in entry and ("*" in entry or not _APT_WITH_EPOCH.match(entry)):
        return "an architecture is left out, or written behind a dot (name.amd64)"
    return None


def _macos(entry: str) -> t.Optional[str]:
    if _CVE.match(entry):
        return "packages of macOS are known by their names, not by CVE ids"
    return "macOS knows no wildcards" if "*" in entry else None


_STRANGE = "it holds a character that no such name has; give each package an entry of its own, without operators"
_CHECKS: t.Dict[str, t.Callable[[str], t.Optional[str]]] = {
    "rpm": _rpm,
    "zypper": _zypper,
    "apt": _apt,
    "macos": _macos,
}


def named_by(entry: str, glob: str, family: str) -> bool:
    """Whether `glob` names everything that `entry` names. Knows the simple cases, with '*' as the only wildcard."""
    if family not in ("rpm", "zypper", "apt") or "*" not in glob or any(char in glob + entry for char in "?["):
        return False
    entry, glob = entry.lower(), glob.lower()
    if entry == glob:
        return False
    if glob == "*":
        return True
    if "*" in entry:
        return _prefix(entry) is not None and _prefix(glob) is not None and entry.startswith(glob[:-1])
    # ids are never matched by globs
    if (family == "rpm" and NOTICE_ID.match(entry)) or (family == "apt" and not _APT_NAME_ONLY.match(entry)):
        return False
    return Entries([glob], "*", False).naming((entry,)) is not None


def _prefix(glob: str) -> t.Optional[str]:
    """Of a glob whose only wildcard stands at its end."""
    return glob[:-1] if glob.find("*") == len(glob) - 1 else None
