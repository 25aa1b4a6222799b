# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a client can have a host run: modules of Ansible, and the plain commands of its reboot."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import fitness, journal, removal, script

from . import health_scripts, manifest, search_script, small_scripts
from .faults import ConnectionLost
from .host import WindowsHost
from .win_updates import WinUpdates

Document = dict[str, t.Any]

_FILE_TIME_EPOCH = 116_444_736_000_000_000  # 1970 in the 100 ns of Windows
_SAFE_IN_CHECK_MODE = re.compile(r"\[CmdletBinding\([^)]*SupportsShouldProcess", re.IGNORECASE)

SCRIPTS: dict[str, t.Callable[[WindowsHost, Document], str]] = {
    script.SEARCH: search_script.printed,
    journal.STORE: small_scripts.store,
    removal.REMOVE: small_scripts.remove,
    fitness.PREFLIGHT: small_scripts.preflight,
}


class Programs:
    """`calls`: the modules that were run, in order."""

    def __init__(self, host: WindowsHost) -> None:
        self._host = host
        self._win_updates = WinUpdates(host)
        self.calls: list[manifest.Call] = []

    def __call__(self, script: str, given: str) -> str:
        """What running `script` with this input prints."""
        text = f"{script}\n{given}"
        if not manifest.is_module_call(text):
            return self._command(script)
        call = manifest.decode(text)
        self.calls.append(call)
        self._host.faults.reach(call.name)
        return json.dumps(self._module(call), ensure_ascii=False)

    def _module(self, call: manifest.Call) -> Document:
        if call.module in self._host.faults.failing_modules:
            return {"failed": True, "changed": False, "msg": self._host.faults.failing_modules[call.module]}
        if call.module == "win_updates":
            return self._win_updates(call.arguments, call.check_mode)
        if call.module == "win_powershell":
            return self._win_powershell(call)
        if call.module == "win_ping":
            return {"changed": False, "ping": call.arguments.get("data", "pong")}
        return {"failed": True, "changed": False, "msg": f"this host cannot run {call.module}"}

    def _win_powershell(self, call: manifest.Call) -> Document:
        """The collection's scripts, and commands that a test gave the host, are all that it knows."""
        answer: Document = {"changed": False, "result": {}, "host_out": "", "host_err": "", "output": [], "error": []}
        if call.check_mode and not _SAFE_IN_CHECK_MODE.search(call.arguments["script"]):
            return {**answer, "skipped": True, "msg": "skipped, running in check mode"}
        parameters = call.arguments.get("parameters") or {}
        printed = SCRIPTS.get(call.arguments["script"])
        if printed is search_script.printed:
            self._host.faults.reach("search")
        try:
            if printed is None:
                return {**answer, "output": health_scripts.printed(self._host, call.arguments["script"], parameters)}
            return {**answer, "output": [printed(self._host, parameters)]}
        except KeyError:
            return {**answer, "failed": True, "msg": "this host knows no such script"}
        except small_scripts.Thrown as error:
            return {**answer, "failed": True, "msg": f"Unhandled exception while executing module: {error}"}

    def _command(self, script: str) -> str:
        if "shutdown.exe" in script and self._host.faults.keeps_running:
            return json.dumps({"stdout": "", "stderr": "Access is denied.(5)", "rc": 5})
        if "shutdown.exe" in script:
            self._host.reboot()
            return json.dumps({"stdout": "", "stderr": "", "rc": 0})
        if "LastBootUpTime" in script:
            boots = self._host.boots
            return str(_FILE_TIME_EPOCH + boots * 36_000_000_000)
        if "AutoLogonChecked" in script:
            return "\n".join(re.findall(r"success-[0-9a-f-]+", script))
        raise ConnectionLost(f"unknown command: {script[:80]}")
