# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. How zypper and rpm are asked: command lines, zypper's lock, and which repositories."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import typing as t

from . import zypper_output
from .base import BackendError, Options, Run
from .state import STATE_FOLDER, write_private
from .zypp_metadata import Metadata, package_folder, raw_folder, read_metadata
from .zypper_output import LOCKED, NO_REPOSITORIES, Installed, OutputError, Repository

LOCK_RETRY = 1.0  # seconds
NO_HOME = ("env", "HOME=/nonexistent")  # zypper's shell would add to the user's history of it
RPM_DATABASES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
OWN_FOLDER = STATE_FOLDER + "/zypper"

_unusual = re.compile("[^A-Za-z0-9_.-]")

T = t.TypeVar("T")
Restriction = t.Tuple[t.List[str], t.List[str]]  # options before the name of the command, and after


class ZypperCommand:
    """zypper and rpm of this node, working with its own repositories or with those that the options name instead."""

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._options = options
        self._sources: t.Optional[t.Tuple[str, str]] = None  # folder, and the one with its configuration

    def line(self, *arguments: str) -> t.List[str]:
        """The command line of zypper with these arguments."""
        root = ["--root", self._options.root] if self._options.root else []
        folder = self._sources_folder()
        instead = ["--reposd-dir", self._configured(), "--cache-dir", folder + "/cache"] if folder else []
        return ["zypper", *root, *instead, "--non-interactive", *arguments]

    def unlocked(self, command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]:
        """What came of a zypper command, once no other process works on the packages or `lock_timeout` is over."""
        deadline = time.monotonic() + self._options.lock_timeout
        while True:
            code, output, errors = self._run(command, data)
            if code != LOCKED or time.monotonic() >= deadline:
                return code, output, errors
            time.sleep(LOCK_RETRY)

    def repositories(self) -> t.List[Repository]:
        command = self.line("--xmlout", "repos")
        code, output, errors = self.unlocked(command)
        if code == NO_REPOSITORIES:
            return []
        return read(command, code, output, errors, zypper_output.parse_repositories)

    def metadata(self, repositories: t.Sequence[Repository]) -> t.Dict[str, Metadata]:
        """What is on disk of the enabled ones, by alias."""
        own = self._sources_folder()
        folder = own + "/cache/raw" if own else raw_folder(self._options.root)
        return {
            repository.alias: read_metadata(os.path.join(folder, escaped(repository.alias)))
            for repository in repositories
            if repository.enabled
        }

    def installed(self) -> t.List[Installed]:
        """The packages in rpm's database. Raises BackendError when there are none."""
        command = [*self._rpm_database(), "-qa", "--queryformat", zypper_output.RPM_FORMAT]
        code, output, errors = self._run(command)
        installed = read(command, code, output, errors, zypper_output.parse_installed)
        if not installed:
            raise BackendError("'%s' names no installed package: is rpm's database readable?" % " ".join(command))
        return installed

    def provides(self, names: t.Sequence[str]) -> t.Dict[str, t.Set[str]]:
        """By name, what the installed packages of these names provide."""
        command = [*self._rpm_database(), "-q", "--queryformat", "[%{=NAME}\\t%{PROVIDENAME}\\n]", *names]
        code, output, errors = self._run(command)
        if code != 0:
            raise BackendError("'%s' failed: %s" % (" ".join(command), errors.strip() or output.strip()))
        found: t.Dict[str, t.Set[str]] = {}
        for line in output.splitlines():
            name, _tab, provided = line.partition("\t")
            found.setdefault(name, set()).add(provided)
        return found

    def erasing(self, packages: t.Sequence[str]) -> t.List[str]:
        """The command by which rpm itself erases packages, whatever depends on them."""
        root = ["--root", self._options.root, "--dbpath", self._database()] if self._options.root else []
        return ["rpm", *root, "--erase", "--nodeps", *packages]

    @property
    def download_folder(self) -> str:
        folder = self._sources_folder()
        return folder + "/cache/packages" if folder else package_folder(self._options.root)

    def _rpm_database(self) -> t.List[str]:
        root = self._options.root
        return ["rpm", "--dbpath", root + self._database()] if root else ["rpm"]

    def _database(self) -> str:
        root = self._options.root
        return next((path for path in RPM_DATABASES if os.path.isdir(root + path)), RPM_DATABASES[0])

    def _sources_folder(self) -> t.Optional[str]:
        """Where the repositories of a baseline are cached, and configured but for check mode.

        Each set of sources has its own, so that what was fetched of one is never taken for another's.
        """
        return self._written()[0] if self._options.sources else None

    def _configured(self) -> str:
        return self._written()[1]

    def _written(self) -> t.Tuple[str, str]:
        """Both folders. The configuration, which may hold credentials, is written when first needed."""
        if self._sources is None:
            root = self._options.root
            known = hashlib.sha256(json.dumps(self._options.sources).encode()).hexdigest()[:16]
            folder = "%s%s/%s" % (root, OWN_FOLDER, known)
            configured = root + temporary_folder(root) if self._options.check_mode else folder + "/repos.d"
            for number, source in enumerate(self._options.sources):
                name = "%02d-%s.repo" % (number, _unusual.sub("_", source.name))
                write_own("%s/%s" % (configured, name), source.configuration.rstrip("\n") + "\n")
            self._sources = folder, configured
        return self._sources


def read(command: t.Sequence[str], code: int, output: str, errors: str, parse: t.Callable[[str], T]) -> T:
    """What a command printed, read by `parse`. Raises BackendError with its words where it failed."""
    shown = " ".join(command)
    if code != 0:
        raise failed(command, code, output, errors)
    try:
        return parse(output)
    except (OutputError, KeyError, ValueError) as error:
        raise BackendError(
            "the answer of '%s' makes no sense: %s; standard error: %s" % (shown, error, errors.strip() or "empty")
        ) from error


def failed(command: t.Sequence[str], code: int, output: str, errors: str) -> BackendError:
    """That a command ended with `code`, in its words."""
    words = "; ".join(zypper_output.parse_complaints(output)) or errors.strip() or "exit code %d" % code
    if code == LOCKED and "zypper" in command:
        return BackendError("'%s': %s; wait longer with lock_timeout" % (" ".join(command), words))
    return BackendError("'%s' failed: %s" % (" ".join(command), words))


def fetched_only(metadata: t.Mapping[str, Metadata]) -> Restriction:
    """Options by which zypper works with the repositories that were fetched: it would fetch the others, whatever
    --no-refresh says.
    """
    fetched = [alias for alias, known in metadata.items() if known.fetched]
    if not fetched:
        return ["--disable-repositories"], []
    if len(fetched) == len(metadata):
        return [], []
    return [], [part for alias in fetched for part in ("--repo", alias)]


def temporary_folder(root: str) -> str:
    """A folder that ends with this process, as seen below `root`."""
    where = root + "/tmp" if root else None
    if where:
        os.makedirs(where, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="patchops-", dir=where)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder[len(root) :]


def write_own(path: str, text: str) -> None:
    """A file of ours that zypper reads. Raises BackendError with the remedy."""
    try:
        write_private(path, text)
    except OSError as error:
        raise BackendError(
            "%s cannot be written: %s: run with become: true" % (path, error.strerror or error)
        ) from error


def escaped(alias: str) -> str:
    """The name of a repository's folder, as libzypp derives it: a slash cannot stand in one."""
    return alias.replace("/", "_")
