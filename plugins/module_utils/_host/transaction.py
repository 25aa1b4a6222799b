# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a package manager is asked to change, and what it says that would come of it."""

from __future__ import annotations

import abc
import typing as t

from .base import Options, Run


class Wanted(t.NamedTuple):
    """A package at the exact version that it shall have. The version is written as the inventory writes it."""

    name: str
    arch: str
    version: str

    @property
    def kb_id(self) -> str:
        return "%s.%s" % (self.name, self.arch)


class Change(t.NamedTuple):
    """What one transaction does to one package."""

    name: str
    arch: str
    old: t.Optional[str]  # None: it was not installed, or stays beside the new one, as kernels do
    new: t.Optional[str]  # None: it is removed
    size: t.Optional[int] = None  # bytes of its file; None: the package manager does not tell

    @property
    def kb_id(self) -> str:
        return "%s.%s" % (self.name, self.arch)


class Request(t.NamedTuple):
    """What shall come, leave and stay away in one transaction. Nothing else that is installed may be removed."""

    packages: t.Tuple[Wanted, ...]
    forbidden: t.Tuple[Wanted, ...] = ()  # must not come as anybody's dependency at this version
    removals: t.Tuple[Wanted, ...] = ()  # rollback: what came with the run, at the version that it came in
    downgrade: bool = False  # rollback: `packages` may be older than what is installed


class Solution(t.NamedTuple):
    """The whole transaction that meets a request, or why there is none."""

    changes: t.Tuple[Change, ...]  # `packages` and everything that comes or leaves with them; empty when refused
    download_size: t.Optional[int]  # bytes still to fetch; None: the package manager does not tell
    refusal: str = ""  # the package manager's words; empty when it would do it


class Step(t.NamedTuple):
    """One command of a transaction, run by the worker in ENVIRONMENT without a terminal, its output logged."""

    name: str  # download, install, repair: what a person reads
    command: t.Tuple[str, ...]
    environment: t.Mapping[str, str] = {}
    data: str = ""  # standard input
    interruptible: bool = False  # it changes nothing on the node, so it may be stopped when time is over
    always: bool = False  # run even though a step before it failed
    fine: t.Tuple[int, ...] = (0,)  # exit codes that mean success
    busy: t.Tuple[int, ...] = ()  # exit codes that mean another process holds the lock: tried again for lock_timeout


class StepResult(t.NamedTuple):
    name: str
    command: t.Tuple[str, ...]
    code: t.Optional[int]  # exit code, negative for a signal; None: never started, or nobody saw it end
    output: str  # both streams, in the order they came
    why_not: str = ""  # why it was not started, or was stopped
    fine: t.Tuple[int, ...] = (0,)

    @property
    def failed(self) -> bool:
        return bool(self.why_not) or self.code not in self.fine


Unwelcome = t.Callable[[str, str, str], t.Optional[str]]  # name, arch, version -> why it must stay away


def welcome(_name: str, _arch: str, _version: str) -> t.Optional[str]:
    """Nothing is unwelcome."""
    return None


class Installer(abc.ABC):
    """One package manager's transactions. Each call raises BackendError with its words when it cannot be asked."""

    reluctant: str = ""  # why the last answer of `repair` leaves something as it is

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._options = options

    @property
    @abc.abstractmethod
    def download_folder(self) -> str:
        """Where packages are downloaded to, whose file system must have room for them."""

    @abc.abstractmethod
    def leftovers(self) -> t.List[str]:
        """What an interrupted transaction left behind, a sentence each; empty when the node is consistent."""

    @abc.abstractmethod
    def repair(self, unwelcome: Unwelcome = welcome) -> t.List[Step]:
        """The commands that bring what `leftovers` names to an end, and remove nothing that was there before.

        What is `unwelcome` must not come, where the package manager chooses itself what it repairs with.
        """

    @abc.abstractmethod
    def solve(self, request: Request) -> Solution:
        """What would happen, without changing anything; no lock is needed, nor waited for longer than lock_timeout."""

    @abc.abstractmethod
    def download(self, request: Request) -> t.List[Step]:
        """The commands that fetch what a solvable request needs, and install nothing."""

    @abc.abstractmethod
    def install(self, request: Request) -> t.List[Step]:
        """The commands that carry out a solvable request in one transaction and ask nobody anything."""

    @abc.abstractmethod
    def failures(self, request: Request, results: t.Sequence[StepResult]) -> t.Dict[str, str]:
        """By kb_id what went wrong, in the package manager's words, after `results`.

        For packages that are at their version and yet not properly installed, and for those whose failure can be told
        from the output. What it does not know of a package it leaves out: the caller compares versions itself.
        """

    @abc.abstractmethod
    def services(self) -> t.Optional[t.List[str]]:
        """Units that still run replaced files, as the package manager's own tool tells; None without such a tool."""
