# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. apt's transactions: apt-get is asked what it would do, and told to do just that.

Packages are named with their exact versions and nothing else that is installed may leave. What they depend on comes
as apt chooses; what they only recommend does not, because apt's own upgrade does not bring it either. apt has one lock
timeout, for dpkg's lock; downloads stand in a folder of our own, whose lock nobody else takes.
"""

from __future__ import annotations

import os
import re
import typing as t

from .._engine.versions import dpkg_key
from . import apt_output, apt_sources
from .base import BackendError, Options, Run
from .transaction import Change, Installer, Request, Solution, Step, StepResult, Unwelcome, Wanted, welcome

APT_GET = "apt-get"
DPKG = "dpkg"
DPKG_CONFIGURATION = ("/etc/dpkg/dpkg.cfg", "/etc/dpkg/dpkg.cfg.d")
UPDATES = "/var/lib/dpkg/updates"
NEEDRESTART = "/usr/sbin/needrestart"
FINE = "installed"
GONE = ("not-installed", "config-files")
LOCKED = 2  # dpkg's exit code for that, and for other things that it cannot start with

# Nobody is there to answer, and services are restarted by who decides on the node, not by a hook.
QUIET = {
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "APT_LISTBUGS_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "NEEDRESTART_MODE": "l",  # for releases that do not know the former
    "PAGER": "cat",
}
# ucf does for its files what dpkg does for conffiles.
KEEP_UCF = {"UCF_FORCE_CONFFOLD": "1"}
KEEP_CONFFILES = ("--force-confdef", "--force-confold")

# Whatever the node configures for people at a terminal.
SETTINGS = {
    "APT::Cmd::Pattern-Only": "true",  # a name is a name and no regular expression
    "APT::Get::AutomaticRemove": "false",
    "APT::Get::Purge": "false",
    "APT::Get::ReInstall": "false",
    "APT::Get::Allow-Change-Held-Packages": "false",
    "APT::Get::Allow-Remove-Essential": "false",
    "APT::Get::Force-Yes": "false",
    "APT::Install-Recommends": "false",
    "APT::Install-Suggests": "false",
    "APT::Get::Show-Versions": "false",
    "APT::Output-Version": "0",
    "APT::Color": "false",
    "Dir::Cache::archives": apt_sources.NAME + "/",
    # A maintainer script that opened a terminal would wait there for an answer.
    "Dpkg::Use-Pty": "false",
}
NOWHERE = {"Dir::Cache::archives": "/nonexistent/"}
DATABASE = "${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Status}\\t${db:Status-Eflag}\\n"

_own_conffile_options = re.compile(r"force-conf(def|old|new)")
_read_by_dpkg = re.compile(r"^[A-Za-z0-9_-]+$")  # names of files in dpkg.cfg.d
_cannot_work = re.compile(r"could not be (parsed|opened|read)|dpkg was interrupted|Unmet dependencies\. Try")
_option = re.compile(r'^DPkg::Options:: "(.*)";$', re.MULTILINE | re.IGNORECASE)
_variable = re.compile(r"^(\w+)='(.*)'$", re.MULTILINE)


class Entry(t.NamedTuple):
    """A package in dpkg's database."""

    name: str
    arch: str
    version: str
    state: str  # dpkg's word
    reinstall: bool  # dpkg wants it unpacked anew

    @property
    def kb_id(self) -> str:
        return "%s.%s" % (self.name, self.arch)

    @property
    def unfinished(self) -> bool:
        return self.reinstall or self.state not in (FINE, *GONE)


class AptInstaller(Installer):
    def __init__(self, run: Run, options: Options) -> None:
        super().__init__(run, options)
        self._settings = dict(SETTINGS, **apt_sources.configuration(options))
        self._settings["DPkg::Lock::Timeout"] = str(options.lock_timeout)
        self._answers: t.Dict[str, str] = {}
        self._solved: t.Dict[Request, t.Tuple[Change, ...]] = {}

    @property
    def download_folder(self) -> str:
        return self._node("archives")

    def leftovers(self) -> t.List[str]:
        found = []
        folder = self._options.root + UPDATES
        if os.path.isdir(folder) and any(name.isdigit() for name in os.listdir(folder)):
            found.append("dpkg was interrupted: %s holds changes that its database does not have yet" % UPDATES)
        for entry in self._unfinished():
            words = ", and must be unpacked again" if entry.reinstall else ""
            found.append("%s %s is %s%s" % (entry.kb_id, entry.version, entry.state, words))
        unmet = self._unmet()
        if unmet:
            found.append("installed packages lack what they depend on: %s" % unmet)
        return found

    def repair(self, unwelcome: Unwelcome = welcome) -> t.List[Step]:
        """Configure what is unpacked; unpack again what was left half-way, at its own version where that can be had.

        Where it cannot, and where dependencies lack, apt's own way of repair chooses the versions. That may be to
        remove what lacks them, which is left to a person, as is whatever is no dependency that lacks.
        """
        steps = [self._configure("repair")]
        unfinished = self._unfinished()
        again = ["%s=%s" % (_target(entry), entry.version) for entry in unfinished if entry.reinstall]
        if again:
            changes, objections = self._foreseen_repair(["--reinstall", "install", *again], unfinished, unwelcome)
            if not objections and len(changes) >= len(again):
                command = self._command("--no-remove", "--reinstall", "install", *again)
                steps.append(self._step("repair", command, always=True))
        _changes, objections = self._foreseen_repair(["--fix-broken", "install"], unfinished, unwelcome)
        if not objections:
            command = self._command("--no-remove", "--fix-broken", "install")
            steps.append(self._step("repair", command, always=True))
        self.reluctant = "; ".join(objections)
        return steps

    def _foreseen_repair(
        self, arguments: t.Sequence[str], unfinished: t.Sequence[Entry], unwelcome: Unwelcome
    ) -> t.Tuple[t.List[Change], t.List[str]]:
        """What apt would do, and what of it must not be."""
        code, output, errors = self._run(self._simulated(self._command(*arguments)))
        if code != 0:
            return [], [apt_output.refusal(output, errors) or "apt-get ended with exit code %d" % code]
        changes = apt_output.parse_simulation(output, self._node("native"))
        half = {entry.kb_id for entry in unfinished}
        objections = []
        for change in changes:
            why = change.new is not None and unwelcome(change.name, change.arch, change.new)
            if change.new is None:
                objections.append("apt's repair would remove %s %s" % (change.kb_id, change.old))
            elif why:
                objections.append("apt's repair would bring %s %s, but %s" % (change.kb_id, change.new, why))
            elif change.old not in (None, change.new) and change.kb_id not in half:
                objections.append("apt's repair would bring %s from %s to %s" % (change.kb_id, change.old, change.new))
        return changes, objections

    def solve(self, request: Request) -> Solution:
        command = self._install(request)
        code, output, errors = self._run(self._simulated(command))
        if code != 0:
            return Solution((), None, _refused(code, output, errors))
        found = apt_output.parse_simulation(output, self._node("native"))
        files = self._files(command) if found else []
        sizes = {file.key: file.size for file in files}
        changes = [
            self._as_asked(change, request)._replace(size=sizes.get((change.name, change.arch, change.new or "")))
            for change in found
        ]
        astray = _astray(request, changes)
        if astray:
            return Solution((), None, astray)
        self._solved[request] = tuple(changes)
        return Solution(tuple(changes), sum(file.size for file in files if not self._at_hand(file)))

    def _planned(self, request: Request) -> t.Tuple[str, ...]:
        """The command for what was solved, with dependencies at the versions that were shown.

        apt solves anew whenever it is asked; by then there may be others.
        """
        if request not in self._solved:
            self.solve(request)
        asked = {package.kb_id for package in request.packages}
        changes = [change for change in self._solved.get(request, ()) if change.new and change.kb_id not in asked]
        return tuple(
            _exactly(Wanted(change.name, change.arch, change.new or ""), change.new or "") for change in changes
        )

    def download(self, request: Request) -> t.List[Step]:
        tidy = self._step("tidy", self._command("autoclean"), interruptible=True)
        command = self._install(request, "--download-only") + self._planned(request)
        fetch = self._step("download", command, interruptible=True)
        return [tidy, fetch] if self._stored() else [fetch]

    def install(self, request: Request) -> t.List[Step]:
        """What a package fails with must not keep the others unconfigured; forbidden ones stay as they were marked."""
        steps = [
            self._step("install", self._install(request) + self._planned(request)),
            self._configure("configure", always=True),
        ]
        marked = self._automatic(request)
        if marked:
            steps.append(Step("mark", ("apt-mark", "auto", *marked), always=True))
        return [*steps, self._step("clean", self._command("clean"))]

    def failures(self, request: Request, results: t.Sequence[StepResult]) -> t.Dict[str, str]:
        database = self._database()
        said: t.Dict[str, str] = {}
        for failed in (failed for result in results for failed in apt_output.parse_failed(result.output)):
            said.setdefault(self._identified(failed, request, database), failed.words)
        found = {}
        for entry in database:
            kb_id = self._asked_as(entry.name, entry.arch, request.packages)
            if entry.unfinished and (kb_id or entry.kb_id in said):
                words = said.get(kb_id or entry.kb_id, "it does not say why")
                found[kb_id or entry.kb_id] = "dpkg left it %s: %s" % (entry.state, words)
        whole = _whole(results, said)
        for package in request.packages:
            if package.kb_id not in found and not self._installed(package, database, package.version):
                words = said.get(package.kb_id, whole)
                if words:
                    found[package.kb_id] = words
        return found

    def services(self) -> t.Optional[t.List[str]]:
        if not os.path.exists(self._options.root + NEEDRESTART):
            return None
        code, output, errors = self._run([NEEDRESTART, "-b", "-r", "l"])  # list, and restart nothing
        if code != 0:
            raise BackendError("needrestart ended with exit code %d: %s" % (code, errors.strip() or "no words"))
        return apt_output.parse_services(output)

    def _install(self, request: Request, *more: str) -> t.Tuple[str, ...]:
        """The command for a request. What was installed as somebody's dependency stays marked so."""
        flags = ["--mark-auto", *more]
        if request.downgrade:
            flags.append("--allow-downgrades")
        if not request.removals:
            flags.append("--no-remove")
        named = {(package.name, package.arch) for package in request.packages}
        database = self._database() if request.forbidden else []
        targets = [_exactly(package, package.version) for package in request.packages]
        for package in request.forbidden:
            entry = self._installed(package, database)
            if (package.name, package.arch) not in named:
                targets.append(_exactly(entry, entry.version) if entry else _target(package) + "-")
        targets.extend(_target(package) + "-" for package in request.removals)
        return self._command(*flags, "install", *dict.fromkeys(targets))

    def _command(self, *arguments: str) -> t.Tuple[str, ...]:
        settings = apt_sources.arguments(self._settings)
        for option in self._conffile_options():
            settings += ["-o", "Dpkg::Options::=%s" % option]
        return (APT_GET, "--yes", "--quiet", *settings, *arguments)

    def _step(self, name: str, command: t.Tuple[str, ...], **how: t.Any) -> Step:
        environment = dict(QUIET, **(KEEP_UCF if self._conffile_options() else {}))
        return Step(name, command, environment, **how)

    def _configure(self, name: str, **how: t.Any) -> Step:
        options = [*_option.findall(self._node("dump")), *self._conffile_options()]
        return self._step(name, (DPKG, *options, "--configure", "--pending"), busy=(LOCKED,), **how)

    def _conffile_options(self) -> t.Tuple[str, ...]:
        """A changed conffile is kept, unless the node's own options for dpkg say what becomes of it."""
        own = self._node("dpkg") + "\n".join(_option.findall(self._node("dump")))
        return () if _own_conffile_options.search(own) else KEEP_CONFFILES

    def _node(self, what: str) -> str:
        """What the node's configuration says, asked once."""
        if not self._answers:
            settings = apt_sources.arguments(self._settings)
            query = ["shell", "archives", "Dir::Cache::archives/d", "native", "APT::Architecture"]
            answers = dict(_variable.findall(self._asked("apt-config", *settings, *query)))
            answers["archives"] = self._options.root + answers["archives"].rstrip("/")
            answers["dump"] = self._asked("apt-config", "dump")
            answers["dpkg"] = "".join(_lines(self._options.root + path) for path in DPKG_CONFIGURATION)
            self._answers = answers
        return self._answers[what]

    def _asked(self, *command: str) -> str:
        code, output, errors = self._run(command)
        if code != 0:
            raise BackendError(
                "'%s' ended with exit code %d: %s" % (" ".join(command), code, errors.strip() or "it said nothing")
            )
        return output

    @staticmethod
    def _simulated(command: t.Tuple[str, ...]) -> t.List[str]:
        return [command[0], "--simulate", *command[1:]]

    def _files(self, command: t.Tuple[str, ...]) -> t.List[apt_output.PackageFile]:
        """Everything that the command would use, as if nothing were downloaded yet."""
        return apt_output.parse_uris(
            self._asked(command[0], "--print-uris", *command[1:], *apt_sources.arguments(NOWHERE))
        )

    def _at_hand(self, file: apt_output.PackageFile) -> bool:
        """As apt judges it: a file of this node is used where it is, a downloaded one is known by its size."""
        try:
            return file.uri.startswith("file:") or (
                os.stat(os.path.join(self.download_folder, file.file)).st_size == file.size
            )
        except OSError:
            return False

    def _stored(self) -> bool:
        folder = self.download_folder
        return os.path.isdir(folder) and any(name.endswith(".deb") for name in os.listdir(folder))

    def _database(self) -> t.List[Entry]:
        found = []
        for line in self._asked("dpkg-query", "--show", "--showformat", DATABASE).splitlines():
            name, arch, version, state, flag = line.split("\t")
            found.append(Entry(name, arch, version, state, flag == "reinstreq"))
        return found

    def _unfinished(self) -> t.List[Entry]:
        return [entry for entry in self._database() if entry.unfinished]

    def _unmet(self) -> str:
        code, output, errors = self._run(self._simulated(self._command("install")))
        return "; ".join(apt_output.parse_unmet(output + errors)) if code != 0 else ""

    def _automatic(self, request: Request) -> t.List[str]:
        """Packages that stay as they are, and that apt knows as somebody's dependency: to be named forgets that."""
        database = self._database()
        staying = [self._installed(package, database) for package in request.forbidden]
        staying += [self._installed(package, database, package.version) for package in request.packages]
        asked = [_target(entry) for entry in staying if entry]
        return self._asked("apt-mark", "showauto", *asked).split() if asked else []

    def _same_arch(self, one: str, other: str) -> bool:
        """A package of arch all becomes one of the native architecture, and back, under the same name."""
        return one == other or {one, other} <= {self._node("native"), "all"}

    def _asked_as(self, name: str, arch: str, packages: t.Sequence[Wanted]) -> t.Optional[str]:
        for package in packages:
            if package.name == name and self._same_arch(package.arch, arch):
                return package.kb_id
        return None

    def _as_asked(self, change: Change, request: Request) -> Change:
        for package in (*request.packages, *request.removals):
            if package.name == change.name and self._same_arch(package.arch, change.arch):
                return change._replace(arch=package.arch)
        return change

    def _identified(self, failed: apt_output.Failed, request: Request, database: t.Sequence[Entry]) -> str:
        """The kb_id of a package that the output names, often without its architecture."""
        arch = failed.arch or self._node("native")
        asked = self._asked_as(failed.name, arch, request.packages)
        if asked:
            return asked
        known = [entry for entry in database if entry.name == failed.name]
        fitting = [entry for entry in known if self._same_arch(entry.arch, arch)] or ([] if failed.arch else known)
        return fitting[0].kb_id if fitting else "%s.%s" % (failed.name, arch)

    def _installed(
        self, package: Wanted, database: t.Sequence[Entry], version: t.Optional[str] = None
    ) -> t.Optional[Entry]:
        """The package as the node has it, at whatever version unless one is given."""
        for entry in database:
            if entry.name == package.name and entry.state not in GONE and self._same_arch(entry.arch, package.arch):
                return entry if version in (None, entry.version) else None
        return None


def _target(package: t.Union[Wanted, Entry]) -> str:
    return "%s:%s" % (package.name, package.arch)


def _exactly(package: t.Union[Wanted, Entry], version: str) -> str:
    return "%s=%s" % (_target(package), version)


def _lines(path: str) -> str:
    """The text of a file, or of all files in a folder."""
    if os.path.isdir(path):
        names = [name for name in os.listdir(path) if _read_by_dpkg.match(name)]
        return "".join(_lines(os.path.join(path, name)) for name in sorted(names))
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return "".join(line for line in stream if not line.lstrip().startswith("#"))
    except OSError:
        return ""


def _astray(request: Request, changes: t.Sequence[Change]) -> str:
    """What of `changes` nobody asked for and must not happen; empty when it is just what was asked."""
    forbidden = {(package.name, package.arch, package.version) for package in request.forbidden}
    leaving = {package.kb_id for package in request.removals}
    asked = {package.kb_id: package.version for package in request.packages}
    found = []
    for change in changes:
        if change.new is None:
            if change.kb_id not in leaving:
                found.append("it would remove %s %s" % (change.kb_id, change.old))
        elif change.kb_id in asked:
            if change.new != asked[change.kb_id]:
                found.append("it would install %s %s, not %s" % (change.kb_id, change.new, asked[change.kb_id]))
        elif (change.name, change.arch, change.new) in forbidden:
            found.append("it needs %s %s, which must stay away" % (change.kb_id, change.new))
        elif change.old is not None and dpkg_key(change.new) < dpkg_key(change.old):
            found.append("it would downgrade %s from %s to %s" % (change.kb_id, change.old, change.new))
    return "; ".join(found)


def _refused(code: int, output: str, errors: str) -> str:
    """Raises BackendError when apt does not refuse the request but cannot work at all."""
    words = apt_output.refusal(output, errors) or "apt-get ended with exit code %d and said nothing" % code
    if _cannot_work.search(errors):
        raise BackendError("apt cannot be asked: %s" % words)
    return words


def _whole(results: t.Sequence[StepResult], said: t.Mapping[str, str]) -> str:
    """Why packages that nothing is said of have not come: the words of the first step that failed."""
    for result in results:
        if result.code == 0 or result.code is None:
            continue
        if said:
            return "the transaction ended with %s" % "; ".join("%s: %s" % pair for pair in sorted(said.items()))
        return "; ".join(apt_output.parse_errors(result.output)) or apt_output.refusal(result.output, result.output)
    return ""
