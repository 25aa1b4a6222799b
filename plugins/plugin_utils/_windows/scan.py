# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One scan of a Windows node: the script is run there, everything else happens here."""

from __future__ import annotations

import datetime
import typing as t

from ...module_utils._engine.assessment import assess
from ...module_utils._engine.choice import parse_baselines
from ...module_utils._engine.errors import InventoryError
from ...module_utils._engine.record import attention, plan
from ...module_utils._engine.state import Run
from . import journal
from .answer import read
from .inventory import inventory
from .script import SEARCH

Document = dict[str, t.Any]

MODULE = "ansible.windows.win_powershell"
# ServerSelection of the agent, and the service it names; Microsoft Update is one of the others.
SERVERS: t.Final = {
    "default": (0, ""),
    "managed_server": (1, ""),
    "windows_update": (2, ""),
    "microsoft_update": (3, "7971f918-a847-4430-9279-4a52d1efe18d"),
}


def question(arguments: Document, check_mode: bool) -> Document:
    """Arguments of win_powershell. The agent goes online where package lists would be fetched elsewhere."""
    selection, service = SERVERS[arguments["server_selection"]]
    online = not check_mode and arguments["refresh"] != "never"
    return {
        "script": SEARCH,
        "parameters": {"ServerSelection": selection, "ServiceId": service, "Online": online},
    }


def output(result: Document) -> str:
    """What a script wrote. Raises InventoryError when it did not run."""
    if result.get("failed"):
        raise InventoryError(f"{MODULE} failed: {result.get('msg') or 'it does not say why'}{_errors(result)}")
    written = result.get("output") or []
    if len(written) != 1 or not isinstance(written[0], str):
        raise InventoryError(f"{MODULE} returned {len(written)} objects instead of one text{_errors(result)}")
    return written[0]


def _errors(result: Document) -> str:
    words = [str((record.get("exception") or {}).get("message") or "") for record in result.get("error") or ()]
    return "".join(f"; {one}" for one in words if one)


class Found(t.NamedTuple):
    """A node as one search found it."""

    inventory: Document
    journal: journal.Journal
    free_bytes: int | None
    busy: bool = False  # the agent installs or removes something


def searched(arguments: Document, written: str, check_mode: bool, now: datetime.datetime) -> Found:
    """Raises InventoryError."""
    online = question(arguments, check_mode)["parameters"]["Online"]
    answer = read(written)
    found = inventory(
        answer, arguments["name"], arguments.get("patch_group"), arguments["server_selection"], now, online
    )
    kept = journal.read(answer["runs"], answer["runs_owner"])
    return Found(found, kept, answer["free_bytes"], bool(answer["installer_busy"]))


def judged(arguments: Document, found: Document, now: datetime.datetime, run: Run | None = None) -> Document:
    """The record of the inventory `found` after `run`, by default a scan. Raises BaselineError and InventoryError."""
    # others install on Windows all the time, and it tells when (compliance.md, 3)
    run = (run or Run.scan())._replace(external_installs_pending=found["boot_time"] is not None)
    return assess(
        found,
        parse_baselines(arguments.get("baselines")),
        now,
        arguments["run_id"],
        run=run,
        undated=arguments.get("undated"),
        supersedence=arguments["supersedence"],
    )


def scanned(arguments: Document, written: str, check_mode: bool, now: datetime.datetime) -> Document:
    """The answer of patch_scan, made from what the script wrote. Raises BaselineError and InventoryError."""
    seen = searched(arguments, written, check_mode, now)
    found, of_runs = seen.inventory, journal.warnings(seen.journal)
    record = judged(arguments, found, now)
    record["warnings"] += of_runs
    return {
        "changed": False,
        "status": record["status"],
        "plan": plan(record),
        "record": record,
        "inventory": found,
        "ansible_facts": {"patch_compliance": attention(record)},
        "warnings": shown(arguments["name"], record["warnings"], [*found["warnings"], *of_runs]),
    }


def shown(name: str, warnings: t.Sequence[str], about_node: t.Collection[str]) -> list[str]:
    """Those of a baseline are the same on every node, and shown once."""
    return [f"{name}: {warning}" if warning in about_node else warning for warning in warnings]
