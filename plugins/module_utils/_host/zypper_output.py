# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Reads what zypper and rpm print: pure, text in, values out."""

from __future__ import annotations

import re
import typing as t
from xml.etree import ElementTree

NO_REPOSITORIES = 6  # exit code: none is defined (ZYPPER_EXIT_NO_REPOS)
LOCKED = 7  # exit code: another process works on the packages (ZYPPER_EXIT_ZYPP_LOCKED)
REBOOT_NEEDED = 102  # exit code: ZYPPER_EXIT_INF_REBOOT_NEEDED

# One line for each installed package; what rpm has no value for is "(none)".
RPM_FIELDS = ("NAME", "EPOCH", "VERSION", "RELEASE", "ARCH", "INSTALLTIME")
RPM_FORMAT = "\\t".join("%%{%s}" % field for field in RPM_FIELDS) + "\\n"
_NONE = "(none)"
_PUBLIC_KEY = "gpg-pubkey"  # rpm keeps keys among the packages

_UPDATES = "list-updates --type package"
# What needs-rebooting says.
_REBOOT_SAID = {"Reboot is required": True, "Reboot is probably not necessary": False}

# No news: where none was fetched, which the inventory itself says; and needs-rebooting, of a zypper that lacks it.
_KNOWN = ("No repositories defined", "Unknown command 'needs-rebooting'")

# Characters that XML cannot hold, which descriptions of packages do hold.
_no_xml = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The shell repeats its commands, folded, up to the first element of the answer; in texts `>` is written `&gt;`.
_repeated = re.compile(r"zypper> .*?(?=\n<(?:message|prompt|search-result|locks|update-status|/stream)\b)", re.DOTALL)
# Most of what repositories offer: left out before it costs time to read.
_not_installed = re.compile('<solvable status="not-installed"[^<>]*/>\\n?')
_userinfo = re.compile(r"(?<=://)[^/\s]*@")

Edition = t.Tuple[int, str, str]  # epoch, version, release
Named = t.Tuple[str, str]  # name and architecture of a package


class OutputError(Exception):
    """What zypper or rpm printed is not what they print."""


class Repository(t.NamedTuple):
    alias: str
    name: str
    uri: t.Optional[str]
    enabled: bool
    trusted: bool


class Installed(t.NamedTuple):
    name: str
    arch: str
    edition: Edition
    installed_time: t.Optional[int]


class Offer(t.NamedTuple):
    name: str
    arch: str
    edition: Edition
    repository: str  # its name: zypper does not give the alias here


class LockMatch(t.NamedTuple):
    lock: str  # as a user would know it again
    name: str
    arch: str
    edition: Edition
    installed: bool


class Update(t.NamedTuple):
    edition: Edition
    repository: str  # its alias


class Answer(t.NamedTuple):
    """What zypper's shell answers to one `session`."""

    offers: t.List[Offer]
    locks: t.List[LockMatch]
    updates: t.Dict[Named, Update]  # what zypper itself would update, and to what
    vendor_changes: t.Dict[Named, Update]  # the same if vendors could change; empty where nobody needs to know
    reboot: t.Optional[t.Tuple[bool, str]]  # whether one is due, in zypper's words; None: it does not say
    complaints: t.List[str]  # errors and warnings, in zypper's words


def session(aliases: t.Iterable[str]) -> t.List[str]:
    """Commands for zypper's shell: about the repositories of these aliases.

    The search names no packages: libzypp makes one regular expression of many names, which can take it minutes.
    """
    return [
        "search --details --type package" + _only(aliases),
        "locks --solvables",
        _UPDATES,
        "needs-rebooting",
        "quit",
    ]


def vendor_session(aliases: t.Iterable[str]) -> t.List[str]:
    """Commands for a second one: what zypper would update if vendors could change.

    The search is for nothing but to have these repositories loaded.
    """
    return ["search --match-exact zypper" + _only(aliases), _UPDATES + " --allow-vendor-change", "quit"]


def _only(aliases: t.Iterable[str]) -> str:
    return "".join(" -r %s" % _quoted(alias) for alias in aliases)


def _quoted(word: str) -> str:
    return '"%s"' % word.replace("\\", "\\\\").replace('"', '\\"')


def parse_answer(output: str) -> Answer:
    """Raises OutputError when the answer to one of the commands of a `session` is not there."""
    root = _session_tree(output)
    search, locks, updates = root.find("search-result"), root.find("locks"), root.findall("update-status")
    complaints = [words for words in messages(root) if not words.startswith(_KNOWN)]
    if search is None and not any("No matching" in words for words in said(root, "info")):
        raise OutputError("; ".join(complaints) or "no answer to the search")
    if locks is None or not updates:
        raise OutputError("; ".join(complaints) or "no answer about locks and updates")
    return Answer(
        [] if search is None else list(_offers(search)),
        list(_lock_matches(locks)),
        _updates(updates[0]),
        {},
        _reboot(list(said(root, "info"))),
        complaints,
    )


def parse_vendor_changes(output: str) -> t.Dict[Named, Update]:
    """Raises OutputError when the answer to a `vendor_session` is not there."""
    root = _session_tree(output)
    updates = root.findall("update-status")
    if not updates:
        raise OutputError("; ".join(messages(root)) or "no answer about updates")
    return _updates(updates[-1])


def _session_tree(output: str) -> ElementTree.Element:
    return tree(_not_installed.sub("", _repeated.sub("", output)))


def _reboot(words: t.Sequence[str]) -> t.Optional[t.Tuple[bool, str]]:
    for number, line in enumerate(words):
        for beginning, required in _REBOOT_SAID.items():
            if line.startswith(beginning):
                before = [line for line in words[:number][-1:] if "been updated" in line]
                return required, " ".join([*before, line])
    return None


def parse_repositories(output: str) -> t.List[Repository]:
    """The repositories of `zypper --xmlout repos`, disabled ones as well."""
    return [
        Repository(
            element.attrib["alias"],
            element.get("name") or element.attrib["alias"],
            without_passwords((element.findtext("url") or "").strip()) or None,
            element.get("enabled") == "1",
            element.get("gpgcheck") == "1",
        )
        for element in tree(output).iter("repo")
    ]


def parse_complaints(output: str) -> t.List[str]:
    """The errors and warnings among what `zypper --xmlout` printed, or what it printed where that is no XML."""
    try:
        return messages(tree(output))
    except OutputError:
        return [" ".join(output.split())] if output.strip() else []


def parse_installed(output: str) -> t.List[Installed]:
    """The packages of `rpm -qa` in RPM_FORMAT."""
    found = []
    for line in output.splitlines():
        fields = line.split("\t")
        if len(fields) != len(RPM_FIELDS):
            raise OutputError("rpm printed %.100r" % line)
        name, epoch, version, release, arch, seconds = fields
        if name != _PUBLIC_KEY:
            edition = (0 if epoch == _NONE else int(epoch), version, release)
            found.append(Installed(name, arch, edition, int(seconds) if seconds.isdigit() else None))
    return found


def parse_edition(text: str) -> Edition:
    """`[epoch:]version[-release]`."""
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "0", text
    version, _hyphen, release = rest.partition("-")
    if not epoch.isdigit():
        raise OutputError("%r is no edition of a package" % text)
    return int(epoch), version, release


def messages(root: ElementTree.Element) -> t.List[str]:
    """Errors and warnings, each once, in zypper's words but for passwords."""
    return list(dict.fromkeys(said(root, "error", "warning")))


def without_passwords(text: str) -> str:
    """Without the credentials in addresses."""
    return _userinfo.sub("", text)


def said(root: ElementTree.Element, *kinds: str) -> t.Iterator[str]:
    for element in root.iter("message"):
        if element.get("type") in kinds:
            yield without_passwords(" ".join("".join(element.itertext()).split()))


def tree(output: str) -> ElementTree.Element:
    """What `zypper --xmlout` printed. Raises OutputError when it is no XML."""
    try:
        return ElementTree.fromstring(_no_xml.sub("", output))
    except (ElementTree.ParseError, ValueError) as error:
        raise OutputError("%s: %.200r" % (error, output)) from error


def _offers(search: ElementTree.Element) -> t.Iterator[Offer]:
    for element in search.iter("solvable"):
        get = element.attrib.get
        if get("kind", "package") == "package" and get("repository"):
            yield Offer(
                get("name", ""), get("arch", ""), parse_edition(get("edition", "")), t.cast(str, get("repository"))
            )


def _lock_matches(locks: ElementTree.Element) -> t.Iterator[LockMatch]:
    for lock in locks.iter("lock"):
        words = " ".join(filter(None, [lock.findtext("name"), _range(lock.find("range")), _repository(lock)]))
        for match in lock.iter("match"):
            get = match.attrib.get
            if get("kind", "package") == "package":
                yield LockMatch(
                    words or "number %s" % lock.get("number"),
                    get("name", ""),
                    get("arch", ""),
                    parse_edition(get("edition", "")),
                    get("installed") == "true",
                )


def _range(element: t.Optional[ElementTree.Element]) -> str:
    if element is None:
        return ""
    epoch, release = element.get("epoch", "0"), element.get("release", "")
    return "%s %s%s%s" % (
        element.get("flag", ""),
        "" if epoch in ("", "0") else epoch + ":",
        element.get("version", ""),
        "-" + release if release else "",
    )


def _repository(lock: ElementTree.Element) -> str:
    names = [element.text for element in lock.iter("repo") if element.text]
    return "of repository %s" % ", ".join(names) if names else ""


def _updates(status: ElementTree.Element) -> t.Dict[Named, Update]:
    found = {}
    for element in status.iter("update"):
        source = element.find("source")
        if element.get("kind", "package") == "package":
            found[element.attrib["name"], element.attrib["arch"]] = Update(
                parse_edition(element.attrib["edition"]), source.get("alias", "") if source is not None else ""
            )
    return found
