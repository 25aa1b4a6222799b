# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. zypper: asked on its command line, its metadata refreshed; zypper_inventory.py reads."""

from __future__ import annotations

import typing as t
from concurrent import futures

from . import zypper_output
from .advisories import AdvisoryError, read_updateinfo
from .base import BackendError, Clock, Document, Options, PackageManager, Run
from .boot import boot_time
from .zypp_metadata import Metadata
from .zypper_command import NO_HOME, ZypperCommand, read
from .zypper_inventory import Found, add_advisories, inventory, vendors_in_question
from .zypper_output import REBOOT_NEEDED, Answer, Installed, Named, Update

# Said besides the sentences that name what failed.
BESIDE_THE_POINT = ("Skipping repository", "Some of the repositories", "Could not refresh the repositories")


T = t.TypeVar("T")


class Zypper(PackageManager):
    """zypper on SUSE Linux Enterprise and openSUSE."""

    def __init__(self, run: Run, clock: Clock, options: Options) -> None:
        super().__init__(run, clock, options)
        self._zypper = ZypperCommand(run, options)

    def inventory(self, node: Document) -> Document:
        """Three short processes: repositories, rpm's database, and zypper's shell for all that needs the repositories
        loaded. `zypper refresh` when the metadata is due for it; a second shell when vendors are in question.

        Raises BackendError with the remedy when zypper or rpm cannot be asked.
        """
        repositories = self._zypper.repositories()
        metadata = self._zypper.metadata(repositories)
        complaints: t.List[str] = []
        if self._refresh_wanted(metadata):
            complaints = self._refresh()
            metadata = self._zypper.metadata(repositories)
        aliases = [alias for alias, known in metadata.items() if known.fetched]
        with futures.ThreadPoolExecutor(max_workers=1) as reader:  # while zypper loads its repositories
            reading = reader.submit(self._read_installed, metadata)
            try:
                answer = self._session(aliases, zypper_output.session(aliases), zypper_output.parse_answer)
            except BackendError:
                reading.result()  # where rpm's database is the reason, rpm says so itself
                raise
            installed, patches = reading.result()
        if vendors_in_question(installed, answer):
            answer = answer._replace(vendor_changes=self._vendor_changes(aliases))
        found = Found(repositories, metadata, installed, answer, boot_time(), self._reboot(answer))
        document = inventory(found, node, self._clock())
        _add_patches(document, patches)
        document["warnings"] = complaints + document["warnings"]
        document["complete"] = not document["problems"]
        return document

    def _read_installed(self, metadata: t.Mapping[str, Metadata]) -> t.Tuple[t.List[Installed], t.List[Patches]]:
        installed = self._zypper.installed()
        return installed, _read_patches(metadata, {entry.name for entry in installed})

    def _vendor_changes(self, aliases: t.Sequence[str]) -> t.Dict[Named, Update]:
        return self._session(aliases, zypper_output.vendor_session(aliases), zypper_output.parse_vendor_changes)

    def _session(self, aliases: t.Sequence[str], commands: t.Sequence[str], parse: t.Callable[[str], T]) -> T:
        """What zypper's shell answers, which loads the repositories once.

        Only those that were fetched are named: of others zypper would fetch the metadata, whatever --no-refresh says.
        """
        only = [] if aliases else ["--disable-repositories"]
        command = [*NO_HOME, *self._zypper.line("--no-refresh", "--xmlout", *only, "shell")]
        code, output, errors = self._zypper.unlocked(command, "\n".join(commands) + "\n")
        return read(command, code, output, errors, parse)

    def _reboot(self, answer: Answer) -> Document:
        if answer.reboot is not None:
            required, words = answer.reboot
            reason = "zypper needs-rebooting: %s" % words if required else None
            return {"required": required, "reason": reason, "packages": []}
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


class Patches(t.NamedTuple):
    """What a file of a repository's patches holds for the installed packages."""

    alias: str
    advisories: t.List[Document]
    warnings: t.List[str]
    problem: t.Optional[str]


def _read_patches(metadata: t.Mapping[str, Metadata], names: t.Container[str]) -> t.List[Patches]:
    return [_read_file(alias, path, names) for alias, known in metadata.items() for path in known.updateinfos]


def _read_file(alias: str, path: str, names: t.Container[str]) -> Patches:
    read_so_far: t.List[Document] = []
    left_out: t.List[str] = []
    try:
        read_so_far.extend(read_updateinfo(path, left_out, names))
    except AdvisoryError as error:
        return Patches(alias, read_so_far, left_out, str(error))
    return Patches(alias, read_so_far, left_out, None)


def _add_patches(document: Document, files: t.Sequence[Patches]) -> None:
    for patches in files:
        add_advisories(document, patches.alias, patches.advisories)
        if patches.problem:
            document["problems"].append({"what": "patches of repository %s" % patches.alias, "why": patches.problem})
        document["warnings"] += patches.warnings


def parse_refresh(code: int, output: str) -> t.List[str]:
    """What of `zypper refresh` failed: one sentence for each repository, in zypper's words."""
    said = zypper_output.parse_complaints(output)
    named = [words for words in said if not words.startswith(BESIDE_THE_POINT)]
    complaints = named or said or (["ended with exit code %d" % code] if code != 0 else [])
    return ["zypper refresh: %s" % words for words in complaints]


def refresh_due(metadata: t.Iterable[Metadata], now: float, valid: int) -> bool:
    """Whether a repository was never fetched, or was last refreshed longer than `valid` seconds ago."""
    return any(not known.fetched or (known.checked is not None and now - known.checked > valid) for known in metadata)
