# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What keeps patches from being installed on this host, seen before anything is touched."""

from __future__ import annotations

import os
import re
import sys
import typing as t

from .._engine import dates
from .._engine.baseline import Baseline
from .._engine.errors import EngineError
from .._finding import ERROR, OK, SKIPPED, WARNING, Finding
from . import runs
from .base import BackendError, Clock, Document, Options, Run
from .installers import installer_of
from .locks import LOCKS, Held, Unreadable, command_of, held_after
from .os_release import OperatingSystem, read_os_release
from .scan import BACKENDS, gather, refusal
from .space import MIB, existing

ARGUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "baselines": {"type": "raw"},
    "patch_group": {"type": "str"},
    "name": {"type": "str"},
    "minimum_free_space": {"type": "int", "default": 200},
    "lock_timeout": {"type": "int", "default": 60},
    "refresh": {"type": "str", "choices": ["always", "never"], "default": "always"},
    "clock_tolerance": {"type": "float", "default": 30},
    "bindings_interpreter": {"type": "str"},  # a path on the host, which the controller must not expand
}

# Where a transaction writes: the download, the package database, the files themselves, kernels.
DOWNLOADS = {"apt": "/var/cache/apt/archives", "dnf": "/var/cache/dnf", "zypper": "/var/cache/zypp"}
WRITTEN = ("/", "/usr", "/var", "/boot")
BOOT_FLOOR = 50  # MiB; it is small by nature, and a kernel with its initial file system fits into this much
INODE_FLOOR = 1000
# How the sentences of a refresh begin that failed.
COMPLAINTS = ("apt-get update", "zypper refresh", "the package lists were not refreshed")


class Node(t.NamedTuple):
    """Which node is looked at, and the baselines of which one may name repositories of its own."""

    name: str
    patch_group: t.Optional[str] = None
    baselines: t.Optional[t.Sequence[Baseline]] = None


class FileSystem(t.NamedTuple):
    """A file system that a transaction writes to, by the first path below which it does."""

    path: str
    free: int  # bytes
    free_inodes: t.Optional[int]  # None: it has no fixed number of them
    read_only: bool


def examine(node: Node, run: Run, clock: Clock, options: Options, minimum_free_space: int) -> t.List[Finding]:
    """Every check of this host, in an order in which an earlier one explains a later one."""
    system = read_os_release(options.root)
    findings = [connection(options.privileged), operating_system(system)]
    if system.manager not in BACKENDS:
        return findings
    findings += disk_space(file_systems(system.manager, options.root), minimum_free_space)
    findings.append(_lock(system.manager, options))
    findings.append(_interrupted(system.manager, run, options))
    return findings + _package_manager(node, run, clock, options)


def connection(privileged: bool) -> Finding:
    python = "the module runs under Python %d.%d" % sys.version_info[:2]
    if privileged:
        return Finding("connection", OK, "%s as root" % python)
    return Finding(
        "connection", ERROR, "%s, and not as root, who alone can install" % python, "set ansible_become: true"
    )


def operating_system(system: OperatingSystem) -> Finding:
    shown = "%s %s" % (system.name or "this system", system.version or "")
    if system.manager is None:
        return Finding(
            "operating_system",
            ERROR,
            "%s is no operating system that Patch Manager knows" % shown.strip(),
            "leave this node out of the play",
        )
    if system.manager not in BACKENDS:
        return Finding("operating_system", ERROR, refusal(system), "leave this node out of the play")
    return Finding("operating_system", OK, "%s (%s), %s" % (shown.strip(), system.operating_system, system.manager))


def file_systems(manager: str, root: str = "") -> t.List[FileSystem]:
    """Each file system once that a transaction of the package manager writes to."""
    found: t.Dict[int, FileSystem] = {}
    for path in (*WRITTEN, DOWNLOADS[manager]):
        there = existing(root + path)
        device = os.stat(there).st_dev
        if device not in found:
            status = os.statvfs(there)
            found[device] = FileSystem(
                there,
                status.f_bavail * status.f_frsize,
                status.f_favail if status.f_files else None,
                bool(status.f_flag & os.ST_RDONLY),
            )
    return list(found.values())


def disk_space(systems: t.Sequence[FileSystem], minimum: int) -> t.List[Finding]:
    """One finding for each file system that has no room, or one for all of them."""
    short = [finding for finding in (_room(system, minimum) for system in systems) if finding is not None]
    if short:
        return short
    shown = ", ".join("%s %d MiB" % (system.path, system.free // MIB) for system in systems)
    return [Finding("disk_space", OK, "free: %s" % shown)]


def _room(system: FileSystem, minimum: int) -> t.Optional[Finding]:
    floor = min(minimum, BOOT_FLOOR) if system.path.endswith("/boot") else minimum
    if system.read_only:
        return Finding(
            "disk_space",
            ERROR,
            "the file system of %s is mounted read-only" % system.path,
            "look into the kernel's log; if that is how this system is made, it is patched by a new image",
        )
    if system.free < floor * MIB:
        return Finding(
            "disk_space",
            ERROR,
            "%s has %d MiB free, less than %d MiB" % (system.path, system.free // MIB, floor),
            "free some, or lower minimum_free_space",
        )
    if system.free_inodes is not None and system.free_inodes < INODE_FLOOR:
        return Finding(
            "disk_space",
            ERROR,
            "%s can take %d more files only, whatever their size" % (system.path, system.free_inodes),
            "remove files that nobody needs from its file system",
        )
    return None


def _lock(manager: str, options: Options) -> Finding:
    if manager not in LOCKS:
        return Finding("lock", SKIPPED, "which locks %s takes is not known here" % manager)
    try:
        return lock(held_after(manager, options.lock_timeout, options.root), options.lock_timeout, command_of)
    except Unreadable as error:
        return Finding("lock", SKIPPED, str(error), "run with become: true")


def lock(found: t.Sequence[Held], waited: int, command: t.Callable[[int], str]) -> Finding:
    if not found:
        return Finding("lock", OK, "no other process works on the packages")
    shown = ["%s by %s" % (one.path, _process(one.process, command(one.process))) for one in found]
    return Finding(
        "lock",
        ERROR,
        "held after %d seconds: %s" % (waited, ", ".join(shown)),
        "wait for that process, or longer with lock_timeout",
    )


def _process(number: int, command: str) -> str:
    if not number:
        return "a process that cannot be seen from here"
    return "process %d (%s)" % (number, command) if command else "process %d" % number


def _interrupted(manager: str, run: Run, options: Options) -> Finding:
    try:
        left = installer_of(manager, run, options).leftovers()
    except BackendError as error:
        return Finding("interrupted_transaction", ERROR, str(error), "leave this node out of the play")
    return interrupted(left, [one.run_id for one in runs.unfinished(options.root)])


def interrupted(left: t.Sequence[str], unfinished: t.Sequence[str]) -> Finding:
    """`left` by an interrupted transaction of whomever; `unfinished` are runs of our own."""
    said = [*left, *("run %s was interrupted" % run_id for run_id in unfinished)]
    if not said:
        return Finding("interrupted_transaction", OK, "nothing was left unfinished")
    return Finding(
        "interrupted_transaction", WARNING, "; ".join(said), "patch_install brings this to an end before it installs"
    )


def _package_manager(node: Node, run: Run, clock: Clock, options: Options) -> t.List[Finding]:
    """What the package manager says when it is asked, its repositories with it."""
    started = dates.text(clock())
    try:
        inventory = gather(node.name, node.patch_group, run, clock, options, node.baselines).inventory
    except (EngineError, BackendError) as error:
        return [Finding("package_manager", ERROR, str(error), "see what it says; nothing can be installed like this")]
    refreshed = options.privileged and not options.check_mode and options.refresh == "always"
    return [
        package_manager(inventory),
        repositories(inventory, started if refreshed else None),
        pending_reboot(inventory),
    ]


def package_manager(inventory: Document) -> Finding:
    """Whether its own data can be read."""
    manager = inventory["manager"]
    if inventory.get("unusable"):
        return Finding("package_manager", ERROR, inventory["unusable"], "let the node fetch its metadata")
    if inventory["problems"]:
        shown = "; ".join("%s: %s" % (problem["what"], problem["why"]) for problem in inventory["problems"])
        return Finding("package_manager", WARNING, "not everything could be read: %s" % shown, "see each of them")
    if inventory.get("activity"):
        return Finding("package_manager", WARNING, "; ".join(inventory["activity"]), "let one of the two install")
    return Finding("package_manager", OK, "%s answers" % manager)


def repositories(inventory: Document, started: t.Optional[str]) -> Finding:
    """Whether each enabled repository gave its metadata since `started`; None: they were not asked."""
    known = inventory.get("repositories") or {}
    words = [*inventory["warnings"], *("%s: %s" % (one["what"], one["why"]) for one in inventory["problems"])]
    if not known:
        said = "; ".join(["nothing is known of any repository", *words])
        return Finding("repositories", ERROR, said, "configure one, and let the node fetch its metadata")
    if started is None:
        age = inventory.get("refreshed_at") or "unknown age"
        return Finding("repositories", SKIPPED, "not asked by this run; their metadata is of %s" % age)
    lost = _lost(inventory["manager"], known, words, started)
    # of a repository that was never fetched apt knows no list
    said = [sentence for sentence in words if sentence.startswith(COMPLAINTS)]
    said += [sentence for sentences in lost.values() for sentence in sentences]
    if not lost and not said:
        return Finding("repositories", OK, "all %d answered" % len(known))
    missing = "%d of %d did not answer: %s" % (len(lost), len(known), ", ".join(sorted(lost)))
    return Finding(
        "repositories",
        ERROR,
        "; ".join(dict.fromkeys([missing if lost else "not all answered", *said])),
        "look at the network, the proxy and the repository itself; disable it on the node if it is gone for good",
    )


def _lost(
    manager: str, known: t.Mapping[str, Document], words: t.Sequence[str], started: str
) -> t.Dict[str, t.List[str]]:
    """The repositories that gave nothing since `started`, with the sentences that are about them."""
    lost = {name: _mentions(words, entry) for name, entry in known.items() if not _fresh(entry, started)}
    if manager != "apt":
        return lost
    # apt leaves no mark on the list of an unsigned repository that was reached while another one failed
    return {name: said for name, said in lost.items() if said or known[name].get("refreshed_at") is None}


def _fresh(entry: Document, started: str) -> bool:
    local = (entry.get("uri") or "").startswith("cdrom:")
    return local or (entry.get("refreshed_at") or "") >= started


def _mentions(words: t.Sequence[str], entry: Document) -> t.List[str]:
    names = [name for name in (entry["id"], entry.get("uri")) if name]
    suites = [re.escape(suite) for suite in (entry.get("archive"), entry.get("codename")) if suite]
    # apt names a suite in the address of its Release file, or after that of the archive
    suite = re.compile(r"(?:/dists/|\s)(?:%s)(?:[/\s]|$)" % "|".join(suites) if suites else "")
    return [sentence for sentence in words if any(name in sentence for name in names) and suite.search(sentence)]


def pending_reboot(inventory: Document) -> Finding:
    said = inventory.get("reboot") or {}
    if said.get("required"):
        return Finding(
            "pending_reboot",
            WARNING,
            "a reboot is due: %s" % said.get("reason"),
            "reboot before, or let the installation do it (reboot_option)",
        )
    if said.get("required") is None:
        return Finding("pending_reboot", SKIPPED, "whether a reboot is due is unknown: %s" % said.get("reason"))
    return Finding("pending_reboot", OK, "no reboot is due")


def clock_skew(asked: float, began: float, ended: float, answered: float, tolerance: float) -> Finding:
    """Whether what the node's clock said lies between the moments at which the controller asked and had its answer.

    The node looked at its clock when it `began` and `ended`; what lies outside is the least by which the clocks differ.
    """
    behind, ahead = max(asked - began, 0.0), max(ended - answered, 0.0)
    least = max(behind, ahead)
    if not least:
        return Finding("clock", OK, "the node's clock agrees with the controller's")
    side = "behind" if behind else "ahead of"
    shown = "the node's clock is at least %.1f seconds %s the controller's" % (least, side)
    if least <= tolerance:
        return Finding("clock", OK, shown)
    return Finding(
        "clock",
        ERROR,
        shown,
        "set it, and keep it set (chrony, systemd-timesyncd): delays, certificates and signatures depend on it",
    )
