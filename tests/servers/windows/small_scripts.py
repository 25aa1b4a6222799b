# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's other scripts print on a host, and do to it."""

from __future__ import annotations

import json
import time
import typing as t

from .host import WindowsHost, signed

Document = dict[str, t.Any]

TRUSTED = ("S-1-5-18", "S-1-5-32-544")


class Thrown(Exception):
    """What a script throws."""


def store(host: WindowsHost, parameters: Document) -> str:
    if host.faults.store:
        raise Thrown(host.faults.store)
    if host.runs is not None and host.runs_owner not in TRUSTED:
        raise Thrown(f"C:\\ProgramData\\patchops belongs to {host.runs_owner} and to no administrator; remove it")
    if host.runs_linked:
        raise Thrown("C:\\ProgramData\\patchops is a link to another place; remove it")
    host.runs, host.runs_writers = parameters["Text"], TRUSTED
    return "stored"


def remove(host: WindowsHost, parameters: Document) -> str:
    names, removes = parameters["Names"], parameters["Remove"]
    removals = [_removal(host, number, names, removes) for number in parameters["Numbers"]]
    return json.dumps({"schema": 1, "removals": removals})


def _removal(host: WindowsHost, number: str, names: list[str], removes: bool) -> Document:
    there = [one for one in host.updates if number in one.kbs and one.installed and one.packaged]
    named = {
        f"Package_for_KB{number}~31bf3856ad364e35~amd64~~20348.{index}.1.0": one for index, one in enumerate(there)
    }
    packages = [name for name in named if not names or name in names]
    found = [named[name] for name in packages]
    failed = [one for one in found if one.removal_fails_with]
    if removes:
        for update in found:
            if update not in failed:
                host.remove(update)
    hresult = failed[0].removal_fails_with if failed and removes else 0
    return {
        "number": number,
        "packages": packages,
        "restart_needed": removes and any(one.pending for one in found),
        "failure": {"hresult": signed(hresult), "message": "DISM failed."} if hresult else None,
    }


def preflight(host: WindowsHost, _parameters: Document) -> str:
    now = int((time.time() + host.clock_ahead) * 1000)
    answers = host.wsus_status is not None and host.wsus_status < 400
    return json.dumps(
        {
            "schema": 1,
            "began": now,
            "administrator": host.administrator,
            "user": "WIN\\Administrator",
            "services": host.services,
            "wsus_server": host.wsus_server,
            "wsus_status": host.wsus_status if host.wsus_server else None,
            "wsus_trouble": None if answers or not host.wsus_server else "Unable to connect to the remote server",
            "automatic_updates": host.automatic_updates,
            "no_automatic_updates": None,
            "ended": now,
        }
    )
