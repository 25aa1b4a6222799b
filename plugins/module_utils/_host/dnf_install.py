# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. dnf 4's transactions: solved by its bindings, carried out by its own command.

The probe dnf_solve.py finds the whole transaction; `dnf history replay` gets it as its stored form and refuses to do
anything else, so that what was shown is what is done, or nothing is.
"""

from __future__ import annotations

import json
import typing as t

from .._engine.versions import rpm_text
from .base import BackendError, Document, Options, Run
from .dnf import look, place
from .dnf_output import Labels, parse_failures, refusal
from .os_release import read_os_release
from .probes import dnf as gathering
from .probes import dnf_repair as repairing
from .probes import dnf_solve as solving
from .transaction import Change, Installer, Request, Solution, Step, StepResult, Unwelcome, Wanted, welcome

COMMAND = "dnf-3"  # the command of dnf 4 on every system that has it; `dnf` may be dnf 5
CACHE = "/var/cache/dnf"
LOCKED = 200  # dnf's exit code with exit_on_lock
# What is solved with, and run with: exactly these versions or none, nothing by way of Obsoletes.
SETTINGS = {"best": True, "obsoletes": False, "strict": True}
REPLAY = "0.0"  # of the format of stored transactions
INCOMING = ("Install", "Upgrade", "Downgrade", "Reinstall")


class DnfInstaller(Installer):
    """dnf 4 that can replay a stored transaction; an older one is refused by name."""

    def __init__(self, run: Run, options: Options) -> None:
        super().__init__(run, options)
        self._place = place(options, read_os_release(options.root).operating_system)
        self._solved: t.Dict[Request, Document] = {}
        self._cache = self._place.get("cachedir", options.root + CACHE)

    @property
    def download_folder(self) -> str:
        return self._cache

    def leftovers(self) -> t.List[str]:
        found = self._interrupted()
        return sentences(found) if found else []

    def repair(self, unwelcome: Unwelcome = welcome) -> t.List[Step]:
        found = self._interrupted()
        if found is None:
            return []
        if found["refusal"]:
            raise BackendError("dnf cannot bring an interrupted transaction to its end: %s" % found["refusal"])
        return self._replay("repair", found)

    def solve(self, request: Request) -> Solution:
        found = self._solved[request] = self._ask(request)
        if found["refusal"]:
            return Solution((), None, found["refusal"])
        return Solution(tuple(changes(found)), sum(item["remaining"] for item in found["items"]))

    def download(self, request: Request) -> t.List[Step]:
        return self._replay("download", self._plan(request), "--downloadonly", interruptible=True)

    def install(self, request: Request) -> t.List[Step]:
        return self._replay("install", self._plan(request))

    def failures(self, request: Request, results: t.Sequence[StepResult]) -> t.Dict[str, str]:
        output = "\n".join(result.output for result in results)
        found = parse_failures(output, labels((*request.packages, *request.removals)))
        why = refusal(output) if any(result.code != 0 for result in results) else ""
        if why:
            for wanted in request.packages:
                found.setdefault(wanted.kb_id, why)
        return found

    def services(self) -> t.Optional[t.List[str]]:
        code, output, _errors = self._run([*self._command({}), "needs-restarting", "--services"])
        if code != 0:
            return None
        return sorted({line.strip() for line in output.splitlines() if line.strip().endswith(".service")})

    def _plan(self, request: Request) -> Document:
        """What was solved last: what was shown is what is run."""
        if request not in self._solved:
            self.solve(request)
        return self._solved[request]

    def _ask(self, request: Request) -> Document:
        asked = {
            **self._place,
            "packages": [split(wanted) for wanted in request.packages],
            "forbidden": [split(wanted) for wanted in request.forbidden],
            "removals": [split(wanted) for wanted in request.removals],
            "downgrade": request.downgrade,
            "settings": SETTINGS,
        }
        found = look(self._run, self._options, asked, solving, (gathering,))
        self._cache = found["cachedir"]
        return found

    def _interrupted(self) -> t.Optional[Document]:
        """What a killed transaction left behind, and how to end it; None when the node is consistent."""
        asked = {**self._place, "settings": SETTINGS, "installed_only": True}
        probes = (repairing, (gathering, solving))
        if look(self._run, self._options, asked, *probes)["consistent"]:
            return None
        return look(self._run, self._options, {**asked, "installed_only": False}, *probes)

    def _replay(self, name: str, found: Document, *arguments: str, interruptible: bool = False) -> t.List[Step]:
        if not found["items"]:
            return []
        command = (*self._command(found["missing"]), *arguments, "history", "replay", "/dev/stdin")
        return [Step(name, command, data=stored(found["items"]), interruptible=interruptible, busy=(LOCKED,))]

    def _command(self, missing: t.Iterable[str]) -> t.Tuple[str, ...]:
        """dnf with what the probe solved with: the same settings, repositories, and metadata as it found it."""
        where = self._place
        command = [COMMAND, "--assumeyes", "--setopt=exit_on_lock=True", "--setopt=color=never"]
        command += ["--setopt=%s=%s" % setting for setting in sorted(SETTINGS.items())]
        command += ["--setopt=*.metadata_expire=never"]
        if "rootdir" in where:
            command += ["--installroot=%s" % where["rootdir"]]
        if "releasever" in where:
            command += ["--releasever=%s" % where["releasever"]]
        if "reposdir" in where:
            command += ["--setopt=reposdir=%s" % where["reposdir"], "--setopt=cachedir=%s" % where["cachedir"]]
        return (*command, *("--disablerepo=%s" % repository for repository in sorted(missing)))


def split(wanted: Wanted) -> t.List[t.Union[str, int]]:
    """A package for the probe: name, architecture, epoch, version, release."""
    epoch, _colon, label = wanted.version.rpartition(":")
    version, _dash, release = label.rpartition("-")
    return [wanted.name, wanted.arch, int(epoch or 0), version, release]


def labels(packages: t.Iterable[Wanted]) -> Labels:
    """By what rpm calls a package in its output, its kb_id."""
    return {
        "%s-%s.%s" % (name, version.rpartition(":")[2], arch): "%s.%s" % (name, arch)
        for name, arch, version in packages
    }


def sentences(found: Document) -> t.List[str]:
    """What an interrupted transaction left behind."""
    twice = [
        "%s is installed, and so is %s" % (packages[0], ", ".join(packages[1:])) for packages in found["duplicates"]
    ]
    newest = [packages[0] for packages in found["duplicates"]]
    return twice + [
        "%s was installed by a transaction that never ended, so its scripts may not have run" % nevra
        for nevra in found["unfinished"]
        if nevra not in newest
    ]


def changes(found: Document) -> t.Iterator[Change]:
    """What a solved transaction does to each package."""
    for item in found["items"]:
        name, arch = item["package"][:2]
        version = rpm_text(*item["package"][2:])
        if item["action"] in INCOMING:
            old = found["replaced"].get(item["nevra"])
            yield Change(name, arch, rpm_text(*old[2:]) if old else None, version, item["size"])
        elif item["action"] == "Removed":
            yield Change(name, arch, version, None)


def stored(items: t.Sequence[Document]) -> str:
    """A transaction as `dnf history store` writes it."""
    members = ("action", "nevra", "reason", "repo_id")
    return json.dumps({"version": REPLAY, "rpms": [{member: item[member] for member in members} for item in items]})
