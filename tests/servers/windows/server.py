# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows host to test against: its state, its faults, and how Ansible reaches it."""

from __future__ import annotations

import socket
import typing as t

from .host import WindowsHost
from .listener import Listener
from .manifest import Call
from .programs import Programs

USER, PASSWORD = "Administrator", "windows-test-host-password"

CONNECTIONS: dict[str, dict[str, t.Any]] = {
    "psrp": {
        "ansible_connection": "psrp",
        "ansible_psrp_auth": "basic",
        "ansible_psrp_protocol": "http",
        "ansible_psrp_message_encryption": "never",
    },
    "winrm": {
        "ansible_connection": "winrm",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_message_encryption": "never",
    },
}


class WindowsServer:
    """Answers from its start on until `stop`."""

    def __init__(self, host: WindowsHost | None = None, listening: socket.socket | None = None) -> None:
        """`listening`: a socket to answer on, in place of one on a loopback port."""
        self.host = host or WindowsHost()
        self._programs = Programs(self.host)
        self._listener = Listener(self._programs, self.host.faults, USER, PASSWORD, listening)

    def stop(self) -> None:
        self._listener.stop()

    def variables(self, connection: str) -> dict[str, t.Any]:
        """Of a host in an inventory; `connection` is psrp or winrm."""
        return {
            "ansible_host": self._listener.address,
            "ansible_port": self._listener.port,
            "ansible_user": USER,
            "ansible_password": PASSWORD,
            **CONNECTIONS[connection],
        }

    @property
    def modules(self) -> list[str]:
        """What was run, in order."""
        return [call.name for call in self.calls]

    @property
    def calls(self) -> list[Call]:
        return list(self._programs.calls)
