# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role patch_install asks of a host's health. Its scripts are known by the class or command they use."""

from __future__ import annotations

import json
import typing as t

from .host import WindowsHost

Document = dict[str, t.Any]


def printed(host: WindowsHost, script: str, parameters: Document) -> list[str]:
    """The output. Raises KeyError for a script that this host does not know."""
    if "Win32_Service" in script:
        return [json.dumps(sorted(name for name, state in host.running.items() if state == "Failed"))]
    if "Get-Service" in script:
        return [host.running.get(parameters["Name"], "no such service")]
    if "TcpClient" in script:
        return ["open" if int(parameters["Port"]) in host.open_ports else "No connection could be made"]
    return [host.commands[script]]
