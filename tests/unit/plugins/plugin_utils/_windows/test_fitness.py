# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preflight makes of what a Windows node tells."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import InventoryError
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import fitness, journal
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.scan import Found
from ansible_collections.patchops.fleet.tests.servers.windows import small_scripts
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.scanning import NOW, inventory_of

RUNNING = journal.begun(journal.Journal(), "r1", journal.INSTALL, [], NOW)
WSUS = "http://wsus:8530"


def found(host, kept=None, **inventory):
    return Found({**inventory_of(host), **inventory}, kept or journal.Journal(), host.free_bytes)


def findings(host, minimum=200, online=True, kept=None, **inventory):
    told = fitness.of_node(fitness.read(small_scripts.preflight(host, {})))
    told += fitness.of_search(found(host, kept, **inventory), minimum, online)
    return {one["check"]: (one["status"], one["finding"]) for one in told}


def test_a_sound_node():
    told = findings(WindowsHost(wsus_server=WSUS))
    assert {check: status for check, (status, _words) in told.items()} == {
        **dict.fromkeys(("connection", "operating_system", "services", "package_manager", "wsus"), "ok"),
        **dict.fromkeys(("disk_space", "interrupted_transaction", "repositories", "pending_reboot"), "ok"),
    }


@pytest.mark.parametrize(
    ("host", "how", "check", "status", "words"),
    [
        pytest.param({"administrator": False}, {}, "connection", "error", "no administrator", id="no administrator"),
        pytest.param({"services": {"wuauserv": "Disabled", "bits": "Auto", "trustedinstaller": "Manual"}}, {},
                     "services", "error", "Windows Update (wuauserv) is disabled", id="service disabled"),
        pytest.param({"services": {"wuauserv": "Manual", "bits": None, "trustedinstaller": "Manual"}}, {},
                     "services", "error", "Background Intelligent Transfer (bits) is not there", id="service missing"),
        pytest.param({"automatic_updates": 4}, {}, "package_manager", "warning", "AUOptions 4", id="by itself"),
        pytest.param({"automatic_updates": 3}, {}, "package_manager", "ok", "no policy", id="only downloads by itself"),
        pytest.param({}, {}, "wsus", "skipped", "no WSUS server", id="no WSUS"),
        pytest.param({"wsus_server": WSUS, "wsus_status": None}, {}, "wsus", "error", "Unable to", id="WSUS down"),
        pytest.param({"wsus_server": WSUS, "wsus_status": 503}, {}, "wsus", "error", WSUS, id="WSUS refuses"),
        pytest.param({"free_bytes": 100 * 2**20}, {}, "disk_space", "error", "100 MiB free, less", id="no room"),
        pytest.param({"free_bytes": None}, {}, "disk_space", "skipped", "does not tell", id="unknown room"),
        pytest.param({"build": "1"}, {}, "operating_system", "warning", "no product", id="unknown build"),
        pytest.param({}, {"kept": RUNNING}, "interrupted_transaction", "warning", "run r1", id="interrupted run"),
        pytest.param({}, {"kept": journal.read("{}", "S-1-5-21-7")}, "interrupted_transaction", "error", "S-1-5-21-7",
                     id="runs of a stranger"),
        pytest.param({}, {"online": False}, "repositories", "skipped", "not asked by this run", id="offline"),
        pytest.param({}, {"problems": [{"what": "search", "why": "0x80244022"}]}, "repositories", "error", "0x80244022",
                     id="found a part"),
        pytest.param({"updates": [Update("u1", "One", ("1",), installed=True, pending=True)]}, {}, "pending_reboot",
                     "warning", "a reboot is due: Windows Update waits for a restart", id="pending reboot"),
    ],
)  # fmt: skip
def test_findings(host, how, check, status, words):
    told = findings(WindowsHost(**host), **how)[check]
    assert told[0] == status
    assert words in told[1]


@pytest.mark.parametrize("text", [pytest.param("No", id="no JSON"), pytest.param(json.dumps({"schema": 1}), id="half")])
def test_what_is_no_answer(text):
    with pytest.raises(InventoryError, match="the preflight script answered"):
        fitness.read(text)
