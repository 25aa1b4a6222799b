# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory: opened once for a run, it boots hosts for tests and removes them."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import socket

from .archives import AptArchive, Archive, RpmArchive, Workshop
from .controller import Controller
from .enclosure import Enclosure
from .host import Host, equip
from .keys import SigningKey, ssh_key
from .kinds import KINDS, Kind
from .machine import Machine
from .roots import root


class Laboratory:
    def __init__(self) -> None:
        self._place = Enclosure()
        self._hosts: dict[int, Host] = {}  # by their number, the last part of their address

    def open(self) -> Laboratory:
        self._place.open()
        self._ssh_key = ssh_key(self._place)
        self.key = SigningKey(self._place, "lab")  # signs archives and rpms; hosts trust it
        self.stranger = SigningKey(self._place, "stranger")  # hosts do not trust it
        self._workshop = Workshop(self._place)
        return self

    def close(self) -> None:
        for host in self._hosts.values():
            host.archive.close()
        self._place.close()

    def boot(self, kind: str, identity: str | None = None, name: str | None = None) -> Host:
        """A host as new, booted: of the usual identity of its kind, and named after it, with a number if need be."""
        chosen = KINDS[kind]
        number = next(number for number in itertools.count(2) if number not in self._hosts)
        name = self._free_name(name or identity or kind)
        with contextlib.ExitStack() as undo:
            archive = self._archive(chosen, number)
            undo.callback(archive.close)
            machine = Machine(self._place, number, root(chosen), name)
            undo.callback(machine.remove)
            machine.make()
            equip(machine, chosen, identity or next(iter(chosen.identities), ""), archive, self._ssh_key)
            machine.start()
            host = Host(name, chosen, machine, archive, self._ssh_key, self._place)
            host.wait_for_ssh()
            undo.pop_all()
        self._hosts[number] = host
        return host

    def _free_name(self, wanted: str) -> str:
        taken = {host.name for host in self._hosts.values()}
        names = itertools.chain([wanted], (f"{wanted}-{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def _archive(self, kind: Kind, number: int) -> Archive:
        arguments = (self._place, self._place.folder / "archives" / str(number), self._workshop, self.key)
        if kind.manager == "apt":
            return AptArchive(*arguments, suite=kind.suite)
        return RpmArchive(*arguments)

    def remove(self, host: Host) -> None:
        number = next(number for number, known in self._hosts.items() if known is host)
        host.remove()
        del self._hosts[number]

    def listen(self) -> socket.socket:
        """A listening socket that the hosts and the controller reach, for a server of this process."""
        return self._place.listen()

    def controller(self, folder: pathlib.Path) -> Controller:
        return Controller(self._place, self._ssh_key, folder)
