# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. How dnf5 is asked about transactions, and the commands that carry them out.

`dnf5 do` finds the whole transaction and shows it; `dnf5 replay` gets it as its stored form and refuses to do anything
else, so that what was shown is what is done, or nothing is. It needs no bindings: one way for every node.
"""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import typing as t

from .base import BackendError, Document, Options, Run
from .dnf5 import COMMAND, place
from .dnf5_commands import LOCK_FOLDER, cache_folder, settings_of
from .dnf5_output import DEPENDENCY, WEAK, Row, full_nevra, parse_table, unresolved, wanted, written
from .dnf_family import unusable
from .probes.dnf import clean
from .probes.dnf5 import Locked, wait_for_transactions
from .transaction import Step, Wanted

CACHE = "/var/cache/libdnf5"
BUSY = 75  # what the scripts below end with while another process holds a lock
# What is solved with, and run with: exactly these versions or none, nothing by way of Obsoletes, no tidying up.
SETTINGS = ("--best", "--setopt=obsoletes=0", "--setopt=clean_requirements_on_remove=0")
OFFLINE = "--cacheonly"
AS_SCANNED = "--setopt=*.metadata_expire=-1"
# dnf5 waits for its lock for ever, or calls that a failure like any other. It locks with fcntl(2), which flock(1) does
# not see.
UNLESS_LOCKED = """\
for lock in {locks}; do
  inode=$(stat -c %i "$lock" 2>/dev/null) || continue
  if grep -q "POSIX .* WRITE .*:$inode " /proc/locks 2>/dev/null; then
    echo "$lock is already locked by another process"; exit {busy}
  fi
done
"""
LOCKS = (LOCK_FOLDER + "/system-repo.lock", "/run/dnf/rpmtransaction.lock")
RUN = 'exec "$@"'
REPLAY = """\
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cat >"$folder/transaction.json" && "$@" "$folder\""""
STORED = "1.0"  # of the format of stored transactions
SYSTEM = "@System"
NEVRA = "%{name}\t%{arch}\t%{epoch}:%{version}-%{release}"


class Refused(Exception):
    """The request cannot be met; the words say why."""


class Installed(t.NamedTuple):
    package: Wanted
    reason: str


class Offer(t.NamedTuple):
    """The file of a package in a repository."""

    size: int
    path: str  # where dnf5 downloads it to

    @property
    def remaining(self) -> int:
        there = os.path.exists(self.path) and os.path.getsize(self.path) == self.size
        return 0 if there else self.size


class Plan(t.NamedTuple):
    """One transaction as dnf5 would carry it out, with what it has to be told for that."""

    rows: t.Tuple[Row, ...] = ()
    reasons: t.Mapping[Wanted, str] = {}  # why what is installed came
    excluded: t.Tuple[Wanted, ...] = ()
    downgrade: bool = False
    refusal: str = ""


class Transactions:
    """dnf5 on one node. Each call raises BackendError with its words when it cannot be asked."""

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._root = options.root
        self._place = place(options)
        self._known: t.Optional[t.List[Document]] = None

    @property
    def cache(self) -> str:
        return self._place.get("cachedir", self._root + CACHE)

    def ask(self, *arguments: str) -> str:
        code, output, errors = self._run([*self._command(), OFFLINE, *arguments])
        if code != 0:
            raise BackendError(unusable("dnf5", clean(errors or output) or "exit code %d" % code))
        return output

    def rows(self, form: str, *arguments: str) -> t.List[t.List[str]]:
        lines = self.ask("--quiet", "repoquery", "--queryformat=%s\n" % form, *arguments).splitlines()
        return [line.split("\t") for line in lines]

    def packages(self, *arguments: str) -> t.List[Wanted]:
        return [wanted(*row) for row in self.rows(NEVRA, *arguments)]

    def installed(self) -> t.List[Installed]:
        found = [Installed(wanted(*row[:3]), row[3]) for row in self.rows(NEVRA + "\t%{reason}", "--installed")]
        return [package for package in found if package.package.name != "gpg-pubkey"]  # rpm keeps keys as packages

    def offers(self, packages: t.Sequence[Wanted]) -> t.Dict[t.Tuple[str, Wanted], Offer]:
        """Of these packages, by repository."""
        if not packages:
            return {}
        form = NEVRA + "\t%{repoid}\t%{downloadsize}\t%{location}"
        folders = {entry["id"]: cache_folder(self.cache, entry) for entry in self._repositories()}
        found = {}
        for name, arch, evr, repository, size, location in self.rows(form, "--available", *map(full_nevra, packages)):
            path = os.path.join(folders.get(repository) or self.cache, "packages", posixpath.basename(location))
            found[repository, wanted(name, arch, evr)] = Offer(int(size), path)
        return found

    def solve(self, plan: Plan, *actions: str) -> t.Tuple[Row, ...]:
        """The transaction that dnf5 would make of it. Raises Refused with its words."""
        code, output, errors = self._run([*self._transacting(plan), OFFLINE, "--assumeno", "do", *actions])
        why = unresolved(errors)
        if why:
            raise Refused(why)
        found = parse_table(output)
        if not found and code != 0 and "Operation aborted" not in errors:
            raise BackendError(unusable("dnf5", clean(errors or output) or "exit code %d" % code))
        return tuple(found)

    def download(self, plan: Plan) -> t.List[Step]:
        incoming = [full_nevra(row.package) for row in plan.rows if row.incoming]
        if not incoming:
            return []
        command = (*self._transacting(plan), "--assumeyes", "do", "--downloadonly", *asking("install", incoming))
        return [Step("download", self._guarded(RUN, command), interruptible=True, busy=(BUSY,))]

    def replay(self, name: str, plan: Plan) -> t.List[Step]:
        if not plan.rows:
            return []
        command = (*self._transacting(plan), "--assumeyes", "replay")
        return [Step(name, self._guarded(REPLAY, command), data=stored(plan), busy=(BUSY,))]

    def services(self) -> t.Optional[t.List[str]]:
        code, output, _errors = self._run([*self._command(), OFFLINE, "needs-restarting", "--services"])
        found = {line.strip() for line in output.splitlines() if line.strip().endswith(".service")}
        return sorted(found) if found or code == 0 else None

    @contextlib.contextmanager
    def undisturbed(self) -> t.Iterator[None]:
        """While nobody else changes packages; a transaction at work looks as an interrupted one does."""
        try:
            lock = wait_for_transactions(self._root + LOCK_FOLDER, self._place["lock_timeout"])
        except Locked as error:
            raise BackendError(unusable("dnf5", str(error))) from error
        try:
            yield
        finally:
            if lock is not None:
                lock.close()

    def _guarded(self, script: str, command: t.Sequence[str]) -> t.Tuple[str, ...]:
        locks = " ".join(self._root + lock for lock in LOCKS)
        return "/bin/sh", "-c", UNLESS_LOCKED.format(locks=locks, busy=BUSY) + script, "dnf5", *command

    def _command(self) -> t.List[str]:
        return [COMMAND, "--setopt=color=never", "--setopt=*.skip_if_unavailable=1", *settings_of(self._place)]

    def _transacting(self, plan: Plan) -> t.Tuple[str, ...]:
        """dnf5 with what is solved with: the same settings, and metadata as the scan found it."""
        missing = [entry["id"] for entry in self._repositories() if entry["timestamp"] <= 0]
        return (
            *self._command(),
            *SETTINGS,
            AS_SCANNED,
            "--setopt=allow_downgrade=%d" % plan.downgrade,
            *("--disable-repo=%s" % repository for repository in sorted(missing)),
            *("--exclude=%s" % full_nevra(package) for package in plan.excluded),
        )

    def _repositories(self) -> t.List[Document]:
        if self._known is None:
            self._known = json.loads(self.ask("--quiet", "repo", "info", "--json") or "[]")
        return self._known


def asking(action: str, nevras: t.Sequence[str]) -> t.List[str]:
    """Arguments of `dnf5 do`."""
    return ["--action=%s" % action, *nevras] if nevras else []


def stored(plan: Plan) -> str:
    """A transaction as `dnf5 --store` writes it."""
    rpms = []
    for row in plan.rows:
        known = [plan.reasons[package] for package in (*row.predecessors, row.package) if package in plan.reasons]
        reason = {DEPENDENCY: "Dependency", WEAK: "Weak Dependency"}.get(row.section, known[0] if known else "User")
        rpms.append(_entry(row.action, row.package, reason, row.repository if row.incoming else SYSTEM))
        rpms += [_entry("Replaced", old, plan.reasons.get(old, "User"), SYSTEM) for old in row.replaces]
    return json.dumps({"version": STORED, "rpms": rpms})


def _entry(action: str, package: Wanted, reason: str, repository: str) -> t.Dict[str, str]:
    return {"nevra": written(package), "action": action, "reason": reason, "repo_id": repository}
