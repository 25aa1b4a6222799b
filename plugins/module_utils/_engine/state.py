# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

From decision to patch state and status, given what a run did (compliance.md, sections 1 and 3).
"""

from __future__ import annotations

import datetime
import typing as t

from .baseline import Baseline
from .dates import parse_instant
from .decision import APPROVED, REJECTED, Decision
from .errors import RunError
from .patch import Document, Package, Version

SCAN = "Scan"
INSTALL = "Install"
REBOOT_OPTIONS = ("RebootIfNeeded", "NoReboot", "if_required")
SUCCEEDED = "succeeded"
FAILED = "failed"
OUTCOMES = (SUCCEEDED, FAILED)

# Signatures of Defender and the like work at once, and come several times a day.
_LIVE_CLASSIFICATIONS = ("definitionupdates",)

_RUN_MEMBERS = (
    "operation",
    "reboot_option",
    "rebooted",
    "outcomes",
    "rejected_dependencies",
    "partial",
    "external_installs_pending",
    "pending",
    "reboot_required",
    "notes",
)


class Run(t.NamedTuple):
    """What happened on the node between the inventory and the states, and what our own state file remembers.

    Keys of the mappings are kb_ids: name.arch on Linux and macOS, the KB id on Windows.
    """

    operation: str = SCAN
    reboot_option: t.Optional[str] = None
    rebooted: bool = False  # since this run installed what it installed
    outcomes: t.Dict[str, str] = {}  # of what this run tried: succeeded or failed
    rejected_dependencies: t.Dict[str, str] = {}  # patch -> the rejected package its chosen version requires
    partial: bool = False  # a manifest or an override list: what it does not name stays Missing
    external_installs_pending: bool = False  # what others installed since the last boot is pending as well
    pending: t.Dict[str, t.Optional[datetime.datetime]] = {}  # state file: what we installed without a reboot, and when
    reboot_required: t.Optional[bool] = (
        None  # what the node says; where it is False, if_required leaves nothing pending
    )
    notes: t.Dict[str, str] = {}  # patch -> why it was not installed, in the package manager's words

    @classmethod
    def scan(cls) -> Run:
        return cls()


def parse_run(document: t.Optional[Document]) -> Run:
    """A run as JSON describes it. Raises RunError naming the member that is wrong and what is allowed."""
    given = document or {}
    for name in given:
        if name not in _RUN_MEMBERS:
            raise RunError("run.%s: unknown; allowed: %s" % (name, ", ".join(_RUN_MEMBERS)))
    operation = given.get("operation") or SCAN
    if operation not in (SCAN, INSTALL):
        raise RunError("run.operation: '%s' is not allowed; allowed: %s, %s" % (operation, SCAN, INSTALL))
    reboot_option = given.get("reboot_option")
    if reboot_option not in REBOOT_OPTIONS + (None,):
        raise RunError(
            "run.reboot_option: '%s' is not allowed; allowed: %s" % (reboot_option, ", ".join(REBOOT_OPTIONS))
        )
    for name in ("outcomes", "rejected_dependencies", "pending", "notes"):
        if not isinstance(given.get(name) or {}, dict):
            raise RunError("run.%s: must be a mapping from kb_ids" % name)
    outcomes = given.get("outcomes") or {}
    for name, outcome in outcomes.items():
        if outcome not in OUTCOMES:
            raise RunError("run.outcomes.%s: '%s' is not allowed; allowed: %s" % (name, outcome, ", ".join(OUTCOMES)))
    pending = given.get("pending") or {}
    for name, instant in pending.items():
        if instant is not None and parse_instant(instant) is None:
            raise RunError("run.pending.%s: '%s' is no instant; write it as 2026-11-21T05:40:00Z" % (name, instant))
    rebooted = given.get("rebooted")
    if rebooted is None:
        rebooted = operation == INSTALL and reboot_option == "RebootIfNeeded"
    return Run(
        operation,
        reboot_option,
        bool(rebooted),
        dict(outcomes),
        dict(given.get("rejected_dependencies") or {}),
        bool(given.get("partial", False)),
        bool(given.get("external_installs_pending", False)),
        {name: parse_instant(instant) for name, instant in pending.items()},
        given.get("reboot_required"),
        dict(given.get("notes") or {}),
    )


class State(t.NamedTuple):
    state: t.Optional[str]  # None: Patch Manager does not report the patch
    status: t.Optional[str]
    note: str = ""  # why it is not the state one would expect from the decision


def _with_status(state: t.Optional[str], note: str = "") -> State:
    return _UNNOTED[state]._replace(note=note) if note else _UNNOTED[state]


_UNNOTED: t.Dict[t.Optional[str], State] = {None: State(None, None), "NOT_APPLICABLE": State("NOT_APPLICABLE", None)}
_UNNOTED.update((state, State(state, "COMPLIANT")) for state in ("INSTALLED", "INSTALLED_OTHER"))
_UNNOTED.update(
    (state, State(state, "NON_COMPLIANT"))
    for state in ("MISSING", "FAILED", "INSTALLED_REJECTED", "INSTALLED_PENDING_REBOOT")
)


class States:
    """The states of one inventory's patches after one run."""

    def __init__(self, baseline: Baseline, run: Run, boot_time: t.Optional[datetime.datetime]) -> None:
        self._baseline = baseline
        self._run = run
        self._boot_time = boot_time
        self._settled = run.rebooted or (run.reboot_option == "if_required" and run.reboot_required is False)
        self._may_be_pending = bool(run.outcomes or run.pending or run.external_installs_pending)

    def package(self, package: Package, decision: Decision) -> State:
        if package.installed is None:
            return _with_status("NOT_APPLICABLE" if decision.decision == APPROVED else None)
        installed = package.installed.document
        word = package.document.get("unfinished")
        unfinished = "the package manager left it %s" % word if word else ""
        if decision.decision == APPROVED:
            if package.installed.key != t.cast(Version, decision.version).key:
                return self._attempted(package.kb_id)
            if unfinished or self._run.outcomes.get(package.kb_id) == FAILED:
                return self._attempted(package.kb_id, unfinished)
            return self._unless_pending("INSTALLED", package.kb_id, installed)
        state = self._unless_pending(self._not_approved(decision), package.kb_id, installed)
        return state._replace(note="; ".join(filter(None, (state.note, unfinished)))) if unfinished else state

    def update(self, update: Document, decision: Decision) -> State:
        if decision.code == "no_kb_id":
            return _with_status(None)
        kb_id = update.get("kb") or ""
        classification = (update.get("classification") or "").lower()
        if update["installed"]:
            state = "INSTALLED" if decision.decision == APPROVED else self._not_approved(decision)
            if update.get("pending_reboot") and not self._run.rebooted:
                return _with_status("INSTALLED_PENDING_REBOOT", "Windows says that a restart is to complete it")
            if classification in _LIVE_CLASSIFICATIONS or update.get("live"):
                return _with_status(state)
            return self._unless_pending(state, kb_id, update)
        applicable = update.get("applicable", True) and not update.get("superseded", False)
        if decision.decision == APPROVED:
            return self._wanted_update(kb_id, update) if applicable else _with_status("NOT_APPLICABLE")
        security = classification == "securityupdates"
        if decision.decision == REJECTED or not (applicable and security):
            return _with_status(None)
        status = self._baseline.available_security_updates_compliance_status or "COMPLIANT"
        return State("AVAILABLE_SECURITY_UPDATE", status)

    def _wanted_update(self, kb_id: str, update: Document) -> State:
        state = self._attempted(kb_id)
        failure = update.get("failure")
        return state._replace(note=failure) if failure and state.state == "MISSING" and not state.note else state

    def _not_approved(self, decision: Decision) -> str:
        """For what is installed."""
        return (
            "INSTALLED_REJECTED"
            if decision.installed_rejected and self._baseline.blocks_rejected
            else "INSTALLED_OTHER"
        )

    def _attempted(self, kb_id: str, unfinished: str = "") -> State:
        """For what is approved, wanted here and was not installed, or not properly, when the decision fell."""
        run = self._run
        blocked = run.rejected_dependencies.get(kb_id) if self._baseline.blocks_rejected else None
        note = "it needs %s, which is rejected and blocked" % blocked if blocked else ""
        outcome = run.outcomes.get(kb_id)
        if run.operation == SCAN or (outcome is None and run.partial):
            return _with_status("MISSING", note or unfinished)
        if outcome == SUCCEEDED and not blocked and not unfinished:
            if self._settled or _is_live_patch(kb_id):
                return _with_status("INSTALLED")
            return _with_status("INSTALLED_PENDING_REBOOT", "installed by this run, not rebooted since")
        return _with_status(
            "FAILED",
            note
            or run.notes.get(kb_id)
            or unfinished
            or ("its installation failed" if outcome else "it was not installed by this run"),
        )

    def _unless_pending(self, state: str, kb_id: str, installed: Document) -> State:
        """Pending replaces every installed state."""
        run = self._run
        if not self._may_be_pending:
            return _with_status(state)
        if run.rebooted or _is_live_patch(kb_id):
            return _with_status(state)
        if self._settled and kb_id in run.outcomes:
            return _with_status(state)
        if run.outcomes.get(kb_id) == SUCCEEDED:
            return _with_status("INSTALLED_PENDING_REBOOT", "installed by this run, not rebooted since")
        if kb_id in run.pending and self._since_boot(run.pending[kb_id]):
            return _with_status("INSTALLED_PENDING_REBOOT", "installed without a reboot, not rebooted since")
        installed_time = parse_instant(installed.get("installed_time")) if run.external_installs_pending else None
        if installed_time is not None and self._since_boot(installed_time):
            return _with_status("INSTALLED_PENDING_REBOOT", "installed by something else since the last boot")
        return _with_status(state)

    def _since_boot(self, instant: t.Optional[datetime.datetime]) -> bool:
        """An unknown boot or install time leaves what is pending pending."""
        return instant is None or self._boot_time is None or instant > self._boot_time


def _is_live_patch(kb_id: str) -> bool:
    """Kernel live patches never wait for a reboot (os-behaviour.md, 1.5)."""
    return kb_id.startswith("kernel-livepatch-")
