# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. zypper: asked on its command line, its metadata refreshed; zypper_inventory.py reads."""

from __future__ import annotations

import os
import time
import typing as t

from . import zypper_output
from .advisories import AdvisoryError, read_updateinfo
from .base import BackendError, Document, PackageManager
from .zypp_metadata import Metadata, raw_folder, read_metadata
from .zypper_inventory import Found, add_advisories, inventory
from .zypper_output import LOCKED, NO_REPOSITORIES, REBOOT_NEEDED, Answer, Installed, OutputError, Repository

LOCK_RETRY = 1.0  # seconds
NO_HOME = ("env", "HOME=/nonexistent")  # zypper's shell would add to the user's history of it
# Said besides the sentences that name what failed.
BESIDE_THE_POINT = ("Skipping repository", "Some of the repositories", "Could not refresh the repositories")
RPM_DATABASES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")

T = t.TypeVar("T")


class Zypper(PackageManager):
    """zypper on SUSE Linux Enterprise and openSUSE."""

    def inventory(self, node: Document) -> Document:
        """Four short processes: repositories, rpm's database, zypper's shell for all that needs the repositories
        loaded, and whether a reboot is due; and `zypper refresh` when the metadata is due for it.

        Raises BackendError with the remedy when zypper or rpm cannot be asked.
        """
        repositories = self._repositories()
        metadata = self._metadata(repositories)
        complaints: t.List[str] = []
        if self._refresh_wanted(metadata):
            complaints = self._refresh()
            metadata = self._metadata(repositories)
        installed = self._installed()
        answer = self._answer([alias for alias, known in metadata.items() if known.fetched])
        found = Found(repositories, metadata, installed, answer, boot_time(), self._reboot())
        document = inventory(found, node, self._clock())
        self._read_advisories(document, metadata)
        document["warnings"] = complaints + document["warnings"]
        document["complete"] = not document["problems"]
        return document

    def _zypper(self, *arguments: str) -> t.List[str]:
        root = ["--root", self._options.root] if self._options.root else []
        return ["zypper", *root, "--non-interactive", *arguments]

    def _unlocked(self, command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]:
        """What came of a zypper command, once no other process works on the packages or `lock_timeout` is over."""
        deadline = time.monotonic() + self._options.lock_timeout
        while True:
            code, output, errors = self._run(command, data)
            if code != LOCKED or time.monotonic() >= deadline:
                return code, output, errors
            time.sleep(LOCK_RETRY)

    def _repositories(self) -> t.List[Repository]:
        command = self._zypper("--xmlout", "repos")
        code, output, errors = self._unlocked(command)
        if code == NO_REPOSITORIES:
            return []
        return _read(command, code, output, errors, zypper_output.parse_repositories)

    def _metadata(self, repositories: t.Sequence[Repository]) -> t.Dict[str, Metadata]:
        folder = raw_folder(self._options.root)
        return {
            repository.alias: read_metadata(os.path.join(folder, escaped(repository.alias)))
            for repository in repositories
            if repository.enabled
        }

    def _installed(self) -> t.List[Installed]:
        command = ["rpm", "-qa", "--queryformat", zypper_output.RPM_FORMAT]
        root = self._options.root
        if root:
            database = next((path for path in RPM_DATABASES if os.path.isdir(root + path)), RPM_DATABASES[0])
            command += ["--dbpath", root + database]
        code, output, errors = self._run(command)
        installed = _read(command, code, output, errors, zypper_output.parse_installed)
        if not installed:
            raise BackendError("'%s' names no installed package: is rpm's database readable?" % " ".join(command))
        return installed

    def _answer(self, aliases: t.Sequence[str]) -> Answer:
        """One session of zypper's shell, which loads the repositories once.

        Only those that were fetched are named: of others zypper would fetch the metadata, whatever --no-refresh says.
        """
        commands = zypper_output.session(aliases)
        only = [] if aliases else ["--disable-repositories"]
        command = [*NO_HOME, *self._zypper("--no-refresh", "--xmlout", *only, "shell")]
        code, output, errors = self._unlocked(command, "\n".join(commands) + "\n")
        return _read(command, code, output, errors, zypper_output.parse_answer)

    def _reboot(self) -> Document:
        code, output, errors = self._unlocked(self._zypper("needs-rebooting"))
        words = " ".join(output.split() or errors.split())
        if code == REBOOT_NEEDED:
            return {"required": True, "reason": "zypper needs-rebooting: %s" % words, "packages": []}
        if code == 0:
            return {"required": False, "reason": None, "packages": []}
        return {
            "required": None,
            "reason": "zypper needs-rebooting ended with exit code %d: %s" % (code, words),
            "packages": [],
        }

    def _refresh_wanted(self, metadata: t.Mapping[str, Metadata]) -> bool:
        if self._options.check_mode or not metadata or self._options.refresh == "never":
            return False
        due = refresh_due(metadata.values(), self._clock().timestamp(), self._options.cache_valid_time)
        return due or self._options.refresh == "always"

    def _refresh(self) -> t.List[str]:
        """`zypper refresh`: what went wrong."""
        if not self._options.privileged:
            return ["the metadata of repositories was due for a refresh, which needs root: run with become: true"]
        code, output, errors = self._unlocked(self._zypper("--xmlout", "refresh"))
        return parse_refresh(code, output or errors)

    def _read_advisories(self, document: Document, metadata: t.Mapping[str, Metadata]) -> None:
        for alias, known in metadata.items():
            left_out: t.List[str] = []
            for path in known.updateinfos:
                try:
                    add_advisories(document, alias, read_updateinfo(path, left_out))
                except AdvisoryError as error:
                    document["problems"].append({"what": "patches of repository %s" % alias, "why": str(error)})
            document["warnings"] += left_out


def _read(command: t.Sequence[str], code: int, output: str, errors: str, parse: t.Callable[[str], T]) -> T:
    """What a command printed, read by `parse`. Raises BackendError with its words where it failed."""
    shown = " ".join(command)
    if code == LOCKED and "zypper" in command:
        raise BackendError("'%s': %s; wait longer with lock_timeout" % (shown, _words(output, errors, code)))
    if code != 0:
        raise BackendError("'%s' failed: %s" % (shown, _words(output, errors, code)))
    try:
        return parse(output)
    except (OutputError, KeyError, ValueError) as error:
        raise BackendError(
            "the answer of '%s' makes no sense: %s; standard error: %s" % (shown, error, errors.strip() or "empty")
        ) from error


def _words(output: str, errors: str, code: int) -> str:
    return "; ".join(zypper_output.parse_complaints(output)) or errors.strip() or "exit code %d" % code


def parse_refresh(code: int, output: str) -> t.List[str]:
    """What of `zypper refresh` failed: one sentence for each repository, in zypper's words."""
    said = zypper_output.parse_complaints(output)
    named = [words for words in said if not words.startswith(BESIDE_THE_POINT)]
    complaints = named or said or (["ended with exit code %d" % code] if code != 0 else [])
    return ["zypper refresh: %s" % words for words in complaints]


def escaped(alias: str) -> str:
    """The name of a repository's folder, as libzypp derives it: a slash cannot stand in one."""
    return alias.replace("/", "_")


def refresh_due(metadata: t.Iterable[Metadata], now: float, valid: int) -> bool:
    """Whether a repository was never fetched, or was last refreshed longer than `valid` seconds ago."""
    return any(not known.fetched or (known.checked is not None and now - known.checked > valid) for known in metadata)


def boot_time() -> t.Optional[int]:
    """When this host was started, in seconds since the epoch."""
    try:
        with open("/proc/stat", encoding="ascii", errors="replace") as stream:
            return next((int(line.split()[1]) for line in stream if line.startswith("btime ")), None)
    except OSError:
        return None
