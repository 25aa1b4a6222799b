# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. zypper's transactions: exact versions and what they need, nothing removed unasked."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import typing as t

from .._engine import versions
from .base import BackendError, Options, Run
from .transaction import Change, Installer, Request, Solution, Step, StepResult, Unwelcome, Wanted, welcome
from .zypp_metadata import configuration, configuration_text, locks
from .zypper_command import (
    OWN_FOLDER,
    Restriction,
    ZypperCommand,
    failed,
    fetched_only,
    temporary_folder,
    write_own,
)
from .zypper_output import LOCKED, OutputError
from .zypper_transactions import Plan, parse_failures, parse_plan

# Exit codes (ZYPPER_EXIT_...). Of what was done, whatever there is to say of it besides: reboot needed, restart of
# zypper needed, a repository skipped.
INFORMED = (0, 102, 103, 106)
ENDED = (*INFORMED, 107)  # and of a transaction that came to its end, although a script of a package failed
# It cannot be done: dependencies, no repositories, conflicts of files, no such package.
REFUSED = (4, 6, 8, 104)

# A licence that zypper would ask about is agreed to: whoever approves a patch approves it with its licence, and the
# answer that zypper gives itself ends the whole transaction. Recommended packages are not what the baseline approved.
# The solver states its problem and does not resort to removing what stands in the way. Nothing is installed before
# everything is downloaded, so that a repository that fails cannot leave half of it.
OPTIONS = ("--name", "--auto-agree-with-licenses", "--no-recommends", "--no-force-resolution")
BANS = OWN_FOLDER + "/bans"
ANOTHER_LOCK = """
type: package
match_type: exact
case_sensitive: on
solvable_name: %s
version: == %s
"""
MULTIVERSION = "multiversion("

_plain = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_plain_version = re.compile(r"(?:[0-9]+:)?[A-Za-z0-9_.+~^]+(?:-[A-Za-z0-9_.+~^]+)?")


class ZypperInstaller(Installer):
    """zypper on SUSE Linux Enterprise and openSUSE."""

    def __init__(self, run: Run, options: Options) -> None:
        super().__init__(run, options)
        self._zypper = ZypperCommand(run, options)
        self._fetched: t.Optional[Restriction] = None

    @property
    def download_folder(self) -> str:
        return self._zypper.download_folder

    def leftovers(self) -> t.List[str]:
        """Packages that are there twice, as rpm leaves them when it is killed before it removes the older version.

        What a killed transaction had not begun with is no leftover: the next one brings it.
        """
        return [
            "%s is installed as %s: an interrupted transaction did not remove the older version"
            % ("%s.%s" % named, " and as ".join(found))
            for named, found in self._duplicates().items()
        ]

    def repair(self, unwelcome: Unwelcome = welcome) -> t.List[Step]:
        """Erase the older ones, as the transaction would have, and run the scripts of the newest once more.

        The latter installs them again, where a repository still has them.
        """
        duplicates = self._duplicates()
        if not duplicates:
            return []
        older = ["%s-%s.%s" % (name, text, arch) for (name, arch), found in duplicates.items() for text in found[:-1]]
        newest = [Wanted(name, arch, found[-1]) for (name, arch), found in duplicates.items()]
        steps = [Step("repair", tuple(self._zypper.erasing(older)))]
        available = [wanted for wanted in newest if self._available_again(wanted)]
        if available:
            steps.append(
                Step(
                    "repair",
                    tuple(self._command(Request(tuple(available)), "--force")),
                    always=True,
                    fine=INFORMED,
                    busy=(LOCKED,),
                )
            )
        return steps

    def solve(self, request: Request) -> Solution:
        if not request.packages and not request.removals:
            return Solution((), 0)
        code, plan = self._plan(request)
        if code in REFUSED:
            return Solution((), None, "; ".join(plan.problems or plan.said) or "zypper ended with exit code %d" % code)
        refusal = "; ".join(self._objections(request, plan))
        return Solution((), None, refusal) if refusal else Solution(plan.changes, plan.download_size)

    def download(self, request: Request) -> t.List[Step]:
        command = self._command(request, "--download-only")
        return [Step("download", tuple(command), interruptible=True, fine=INFORMED, busy=(LOCKED,))]

    def install(self, request: Request) -> t.List[Step]:
        command = self._command(request, "--download", "in-advance")
        return [Step("install", tuple(command), fine=INFORMED, busy=(LOCKED,))]

    def failures(self, request: Request, results: t.Sequence[StepResult]) -> t.Dict[str, str]:
        found: t.Dict[str, str] = {}
        for result in results:
            found.update(parse_failures(result.output, result.code in ENDED))
        return found

    def services(self) -> t.Optional[t.List[str]]:
        code, output, _errors = self._run(self._zypper.line("ps", "-sss"))
        if code not in ENDED:
            return None  # too old to know the option
        names = {line.strip() for line in output.splitlines() if line.strip() and " " not in line.strip()}
        return sorted(name if "." in name else name + ".service" for name in names)

    def _plan(self, request: Request, *more: str) -> t.Tuple[int, Plan]:
        command = self._command(request, "--dry-run", *more, xml=True)
        code, output, errors = self._zypper.unlocked(command)
        if code not in ENDED and code not in REFUSED:
            raise failed(command, code, output, errors)
        try:
            return code, parse_plan(output)
        except OutputError as error:
            raise BackendError(
                "the answer of '%s' makes no sense: %s; standard error: %s"
                % (" ".join(command), error, errors.strip() or "empty")
            ) from error

    def _command(self, request: Request, *more: str, xml: bool = False) -> t.List[str]:
        """`zypper install` with the metadata as it is, so that what was decided on is what comes."""
        if self._fetched is None:
            self._fetched = fetched_only(self._zypper.metadata(self._zypper.repositories()))
        before, after = self._fetched
        overall = ["--no-refresh", *before, "--xmlout" if xml else "--no-color"]
        older = ["--oldpackage"] if request.downgrade else []
        words = [_word(wanted) for wanted in request.packages]
        words += ["!" + _word(wanted) for wanted in request.removals]
        command = self._zypper.line(*overall, "install", *OPTIONS, *older, *more, *after)
        return [*self._forbidding(request.forbidden, simulated=xml), *command, "--", *words]

    def _forbidding(self, forbidden: t.Sequence[Wanted], simulated: bool) -> t.List[str]:
        """How zypper is told versions that must not come: locks of ours beside the user's, in a file of ours.

        It is named in a configuration of ours, so that nothing of the node's has to be put back afterwards. Locks know
        no architecture: a version is forbidden in all of them. Both files stand in a folder named after what is in
        them, as the transaction may outlive this process; in check mode they are gone with it.
        """
        if not forbidden:
            return []
        root = self._options.root
        for wanted in forbidden:
            _word(wanted)
        ours = "".join(ANOTHER_LOCK % named for named in sorted({(entry.name, entry.version) for entry in forbidden}))
        banned = "%s\n%s" % (locks(root), ours)
        settings = "%s\n[main]\nlocksfile.path = %%s/locks\nlocksfile.apply = true\n" % (
            configuration_text(root).replace("%", "%%")
        )
        folder = "%s/%s" % (BANS, hashlib.sha256((banned + settings).encode()).hexdigest()[:16])
        if self._options.check_mode and simulated:
            folder = temporary_folder(root)
        if simulated or not self._options.check_mode:
            write_own("%s%s/locks" % (root, folder), banned)
            write_own("%s%s/zypp.conf" % (root, folder), settings % folder)
        if not self._options.check_mode:
            _tidy(root + BANS, os.path.basename(folder))
        return ["env", "ZYPP_CONF=%s%s/zypp.conf" % (root, folder)]

    def _objections(self, request: Request, plan: Plan) -> t.Iterator[str]:
        """What a plan does that was not asked for, or does not do that was."""
        asked = {(wanted.kb_id, wanted.version) for wanted in request.removals}
        for change in plan.changes:
            if change.new is None and (change.kb_id, change.old) not in asked:
                yield "zypper would remove %s %s" % (change.kb_id, change.old)
            if change.new is not None and Wanted(change.name, change.arch, change.new) in request.forbidden:
                yield "zypper would install %s %s" % (change.kb_id, change.new)
        if not request.downgrade:
            yield from ("zypper would downgrade %s" % kb_id for kb_id in plan.downgrades)
        if configuration(self._options.root).get("solver.allowVendorChange", "").lower() not in ("true", "yes", "1"):
            yield from ("zypper would change the vendor of %s" % kb_id for kb_id in plan.vendor_changes)
        for wanted in self._unreached(request.packages, plan.changes):
            about = [words for words in plan.said if wanted.name in words]
            yield "; ".join(about) or "zypper would not install %s %s" % (wanted.kb_id, wanted.version)

    def _unreached(self, packages: t.Sequence[Wanted], changes: t.Sequence[Change]) -> t.List[Wanted]:
        coming = {Wanted(change.name, change.arch, change.new) for change in changes if change.new is not None}
        missing = [wanted for wanted in packages if wanted not in coming]
        if not missing:
            return []
        there = {
            Wanted(entry.name, entry.arch, versions.rpm_text(*entry.edition)) for entry in self._zypper.installed()
        }
        return [wanted for wanted in missing if wanted not in there]

    def _duplicates(self) -> t.Dict[t.Tuple[str, str], t.List[str]]:
        """Versions of each package that should be there once and is there more often, the newest last."""
        found: t.Dict[t.Tuple[str, str], t.List[t.Tuple[str, str]]] = {}
        for entry in self._zypper.installed():
            version = (versions.rpm_key(*entry.edition), versions.rpm_text(*entry.edition))
            found.setdefault((entry.name, entry.arch), []).append(version)
        twice = {named: sorted(editions) for named, editions in sorted(found.items()) if len(editions) > 1}
        several = self._several_allowed({name for name, _arch in twice})
        return {named: [text for _key, text in found] for named, found in twice.items() if named[0] not in several}

    def _several_allowed(self, names: t.Set[str]) -> t.Set[str]:
        """Which of the names are those of packages like kernels, whose versions stand beside each other."""
        if not names:
            return set()
        setting = configuration(self._options.root).get("multiversion", "")
        configured = {part.strip() for part in setting.split(",")}
        provided = self._zypper.provides(sorted(names))
        return {
            name
            for name in names
            if name in configured or any(known.startswith(MULTIVERSION) for known in provided.get(name, ()))
        }

    def _available_again(self, wanted: Wanted) -> bool:
        code, plan = self._plan(Request((wanted,)), "--force")
        leaving = any(change.new is None and change.kb_id != wanted.kb_id for change in plan.changes)
        return code not in REFUSED and not leaving and any(change.new == wanted.version for change in plan.changes)


def _tidy(folder: str, needed: str) -> None:
    """Only one run at a time works on a node, so what others needed is needed no more."""
    for name in os.listdir(folder):
        if name != needed:
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _word(wanted: Wanted) -> str:
    """A package as zypper's command line takes it. Raises BackendError where it would take it for something else."""
    if not _plain.fullmatch(wanted.name) or not _plain_version.fullmatch(wanted.version):
        raise BackendError("zypper cannot be asked for a package named %.200r %.200r" % (wanted.name, wanted.version))
    return "%s.%s=%s" % wanted
