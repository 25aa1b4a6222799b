# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. zypper: asked on its command line, its metadata refreshed; zypper_inventory.py reads."""

from __future__ import annotations

import typing as t

from . import zypper_output
from .advisories import AdvisoryError, read_updateinfo
from .base import Clock, Document, Options, PackageManager, Run
from .zypp_metadata import Metadata
from .zypper_command import NO_HOME, ZypperCommand, read
from .zypper_inventory import Found, add_advisories, inventory
from .zypper_output import REBOOT_NEEDED, Answer

# Said besides the sentences that name what failed.
BESIDE_THE_POINT = ("Skipping repository", "Some of the repositories", "Could not refresh the repositories")


class Zypper(PackageManager):
    """zypper on SUSE Linux Enterprise and openSUSE."""

    def __init__(self, run: Run, clock: Clock, options: Options) -> None:
        super().__init__(run, clock, options)
        self._zypper = ZypperCommand(run, options)

    def inventory(self, node: Document) -> Document:
        """Four short processes: repositories, rpm's database, zypper's shell for all that needs the repositories
        loaded, and whether a reboot is due; and `zypper refresh` when the metadata is due for it.

        Raises BackendError with the remedy when zypper or rpm cannot be asked.
        """
        repositories = self._zypper.repositories()
        metadata = self._zypper.metadata(repositories)
        complaints: t.List[str] = []
        if self._refresh_wanted(metadata):
            complaints = self._refresh()
            metadata = self._zypper.metadata(repositories)
        installed = self._zypper.installed()
        answer = self._answer([alias for alias, known in metadata.items() if known.fetched])
        found = Found(repositories, metadata, installed, answer, boot_time(), self._reboot())
        document = inventory(found, node, self._clock())
        self._read_advisories(document, metadata)
        document["warnings"] = complaints + document["warnings"]
        document["complete"] = not document["problems"]
        return document

    def _answer(self, aliases: t.Sequence[str]) -> Answer:
        """One session of zypper's shell, which loads the repositories once.

        Only those that were fetched are named: of others zypper would fetch the metadata, whatever --no-refresh says.
        """
        commands = zypper_output.session(aliases)
        only = [] if aliases else ["--disable-repositories"]
        command = [*NO_HOME, *self._zypper.line("--no-refresh", "--xmlout", *only, "shell")]
        code, output, errors = self._zypper.unlocked(command, "\n".join(commands) + "\n")
        return read(command, code, output, errors, zypper_output.parse_answer)

    def _reboot(self) -> Document:
        code, output, errors = self._zypper.unlocked(self._zypper.line("needs-rebooting"))
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
        if not metadata or self._options.refresh == "never":
            return False
        if self._options.check_mode and not self._options.sources:  # what is fetched of those, is in a cache of ours
            return False
        due = refresh_due(metadata.values(), self._clock().timestamp(), self._options.cache_valid_time)
        return due or self._options.refresh == "always"

    def _refresh(self) -> t.List[str]:
        """`zypper refresh`: what went wrong."""
        if not self._options.privileged:
            return ["the metadata of repositories was due for a refresh, which needs root: run with become: true"]
        code, output, errors = self._zypper.unlocked(self._zypper.line("--xmlout", "refresh"))
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


def parse_refresh(code: int, output: str) -> t.List[str]:
    """What of `zypper refresh` failed: one sentence for each repository, in zypper's words."""
    said = zypper_output.parse_complaints(output)
    named = [words for words in said if not words.startswith(BESIDE_THE_POINT)]
    complaints = named or said or (["ended with exit code %d" % code] if code != 0 else [])
    return ["zypper refresh: %s" % words for words in complaints]


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
