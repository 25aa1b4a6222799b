# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What libzypp keeps on disk of a repository: when it was fetched, and its advisories."""

from __future__ import annotations

import glob
import os
import re
import typing as t
from xml.etree import ElementTree

CACHE = "/var/cache/zypp"
CONFIGURATION = ("/etc/zypp/zypp.conf", "/usr/etc/zypp/zypp.conf")
LOCKS = "/etc/zypp/locks"
ADDED = ("/usr/etc/zypp/zypp.conf.d", "/etc/zypp/zypp.conf.d")
REPOMD = "repodata/repomd.xml"

_setting = re.compile(r"^[ \t]*([a-zA-Z._]+)[ \t]*=[ \t]*(\S.*)$", re.MULTILINE)
_SAID = "{http://linux.duke.edu/metadata/repo}"
_LONGEST = 8 * 1024 * 1024  # bytes; real ones have some kilobytes


class MetadataError(Exception):
    """A repository's metadata cannot be read. Says which file and why."""


class Metadata(t.NamedTuple):
    """What one repository's folder holds."""

    fetched: bool
    checked: t.Optional[float]  # when zypper last fetched it or found it current; seconds since the epoch
    revised: t.Optional[int]  # when the vendor made it, where the vendor says so
    updateinfos: t.Tuple[str, ...]  # paths
    problem: t.Optional[str]


def raw_folder(root: str) -> str:
    """Where libzypp keeps metadata as it came, which its configuration can move."""
    return _folder(root, "metadatadir", "raw")


def package_folder(root: str) -> str:
    """Where libzypp keeps the packages that it fetched, which its configuration can move."""
    return _folder(root, "packagesdir", "packages")


def _folder(root: str, setting: str, name: str) -> str:
    settings = configuration(root)
    return root + (settings.get(setting) or "%s/%s" % (settings.get("cachedir") or CACHE, name))


def locks(root: str) -> str:
    """The user's locks, as they stand in their file."""
    return _text(root + configuration(root).get("locksfile.path", LOCKS))


def configuration(root: str) -> t.Dict[str, str]:
    """The settings in libzypp's configuration files."""
    return {match.group(1): match.group(2).strip() for match in _setting.finditer(configuration_text(root))}


def configuration_text(root: str) -> str:
    """libzypp's configuration: the node's own file or else the vendor's, and what adds to it, later ones on top."""
    texts = []
    for path in CONFIGURATION:
        texts = [_text(root + path)]
        if texts != [""]:
            break
    added = {os.path.basename(path): path for folder in ADDED for path in sorted(glob.glob(root + folder + "/*.conf"))}
    return "\n".join(texts + [_text(added[name]) for name in sorted(added)])


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def read_metadata(folder: str) -> Metadata:
    """The metadata in the folder of one repository. What is wrong with it stands in `problem`."""
    path = os.path.join(folder, REPOMD)
    try:
        checked = last_checked(folder)
        if checked is None:
            return Metadata(False, None, None, (), None)
        if not os.path.lexists(path):  # of another kind than rpm-md: such have no updateinfo
            return Metadata(True, checked, None, (), None)
        with open(path, "rb") as stream:
            revised, locations = parse_repomd(stream.read(_LONGEST))
    except PermissionError:
        return Metadata(True, None, None, (), "this user may not read it: run with become: true")
    except OSError as error:
        return Metadata(True, None, None, (), "%s: %s" % (path, error.strerror or error))
    except MetadataError as error:
        return Metadata(True, checked, None, (), "%s: %s" % (path, error))
    return Metadata(True, checked, revised, tuple(os.path.join(folder, location) for location in locations), None)


def last_checked(folder: str) -> t.Optional[float]:
    """When zypper last fetched the metadata, or looked and found it current; None: never.

    It sets repomd.xml's time when it finds it current, but a file that it fetched may have the time of the original:
    then that of its folder, which is new, is the later one.
    """
    times = []
    for name in (REPOMD, "repodata", "cookie"):
        try:
            times.append(os.stat(os.path.join(folder, name)).st_mtime)
        except (FileNotFoundError, NotADirectoryError):
            continue
    return max(times) if times else None


def parse_repomd(document: bytes) -> t.Tuple[t.Optional[int], t.List[str]]:
    """Of a repomd.xml: when it was made, and where its updateinfo files are. Raises MetadataError."""
    if b"<!DOCTYPE" in document:
        raise MetadataError("has a document type declaration, which no repomd.xml needs")
    try:
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise MetadataError("damaged or cut short: %s" % error) from error
    revision = (root.findtext(_SAID + "revision") or "").strip()
    locations = []
    for data in root.iter(_SAID + "data"):
        location = data.find(_SAID + "location")
        href = location.get("href", "") if location is not None else ""
        if data.get("type") != "updateinfo":
            continue
        if not href or href.startswith("/") or ".." in href.split("/"):
            raise MetadataError("names %r as its updateinfo" % href)
        locations.append(href)
    return int(revision) if re.fullmatch("[0-9]{9,10}", revision) else None, locations
