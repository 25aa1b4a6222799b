# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one Windows host: its catalogue, what is installed of it, its history, its boots."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .catalogue import ENGLISH, Update
from .faults import Faults

SUCCEEDED, FAILED = 2, 4  # OperationResultCode
BROKEN_OFF = 0x8024001E
BOOTED = datetime.datetime(2025, 11, 1, 6, 0, 0)


class Attempt(t.NamedTuple):
    """An entry of the history."""

    update_id: str
    date: datetime.datetime
    operation: int = 1
    result_code: int = SUCCEEDED
    hresult: int = 0


@dataclasses.dataclass
class WindowsHost:
    """All instants are UTC and naive, as the agent's are. Two boots are an hour apart."""

    language: str = ENGLISH
    product_name: str = "Windows Server 2022 Datacenter"
    build: str = "20348"
    update_build_revision: int = 4294
    installation_type: str = "Server"
    machine_guid: str = "6b1f5d0c-6a3e-4a1f-9d0e-0a1b2c3d4e5f"
    ssm_registration: str | None = None
    wsus_server: str | None = None
    wsus_status: int | None = 200  # of HTTP; None: it does not answer
    free_bytes: int | None = 40 * 2**30
    runs: str | None = None  # what runs of ours keep on the node
    runs_owner: str = "S-1-5-32-544"
    administrator: bool = True
    services: dict[str, str | None] = dataclasses.field(
        default_factory=lambda: {"wuauserv": "Manual", "bits": "Manual", "trustedinstaller": "Manual"}
    )
    running: dict[str, str] = dataclasses.field(default_factory=dict)  # services by name: Running, Stopped, Failed
    open_ports: set[int] = dataclasses.field(default_factory=set)
    commands: dict[str, str] = dataclasses.field(default_factory=dict)  # scripts of a test, and what they print
    automatic_updates: int | None = None  # AUOptions
    clock_ahead: float = 0.0  # seconds
    registered_services: frozenset[str] = frozenset()  # beside Windows Update and WSUS
    booted: datetime.datetime | None = BOOTED
    updates: list[Update] = dataclasses.field(default_factory=list)
    history: list[Attempt] = dataclasses.field(default_factory=list)  # newest first
    under_way: list[Update] = dataclasses.field(default_factory=list)  # being installed; a restart breaks that off
    boots: int = 1
    faults: Faults = dataclasses.field(default_factory=Faults)

    def add(self, *updates: Update) -> WindowsHost:
        self.updates.extend(updates)
        return self

    def update(self, identifier: str) -> Update:
        return next(one for one in self.updates if one.id == identifier)

    @property
    def now(self) -> datetime.datetime:
        return (self.booted or BOOTED) + datetime.timedelta(minutes=30)

    @property
    def reboot_pending(self) -> bool:
        return any(one.pending for one in self.updates)

    def found(self, superseded: bool) -> list[Update]:
        """What a search finds: what is installed, and what applies and, unless asked for, is not superseded by such."""
        present = [one for one in self.updates if one.installed or (one.applicable and one.from_boot <= self.boots)]
        if superseded:
            return present
        gone = {identifier for one in present for identifier in one.supersedes}
        return [one for one in present if one.installed or one.id not in gone]

    def install(self, update: Update) -> Attempt:
        attempt = Attempt(
            update.id,
            self.now,
            result_code=FAILED if update.fails_with else SUCCEEDED,
            hresult=signed(update.fails_with),
        )
        self.history.insert(0, attempt)
        if not update.fails_with:
            update.installed = True
            update.pending = update.needs_reboot
        return attempt

    def installer_is_busy(self) -> bool:
        """As a search finds it; the installation goes on from one to the next."""
        if self.under_way and self.faults.outlives <= 0:
            for update in self.under_way:
                self.install(update)
            self.under_way = []
        if self.under_way:
            self.faults.outlives -= 1
        return bool(self.under_way)

    def remove(self, update: Update) -> None:
        self.history.insert(0, Attempt(update.id, self.now, operation=2))
        update.installed, update.pending = False, update.needs_reboot

    def reboot(self) -> None:
        if self.faults.stays_down:
            self.faults.down = True
        self.boots += 1
        for update in self.under_way:
            self.history.insert(0, Attempt(update.id, self.now, result_code=FAILED, hresult=signed(BROKEN_OFF)))
        self.under_way = []
        self.booted = (self.booted or BOOTED) + datetime.timedelta(hours=1)
        for update in self.updates:
            if update.pending and update.rolled_back:
                update.installed = False
            update.pending = False


def signed(hresult: int) -> int:
    """As COM passes it."""
    return hresult - (1 << 32) if hresult >= 1 << 31 else hresult
