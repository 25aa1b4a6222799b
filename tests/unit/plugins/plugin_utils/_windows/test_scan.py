# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows node is asked, what is read of the module's result, and the answer that is made of it."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import InventoryError
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import journal, scan
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.script import SEARCH
from ansible_collections.patchops.fleet.tests.servers.windows import search_script
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.scanning import NOW

MICROSOFT_UPDATE = "7971f918-a847-4430-9279-4a52d1efe18d"
ARGUMENTS = {
    "name": "win1",
    "run_id": "r1",
    "server_selection": "default",
    "refresh": "auto",
    "supersedence": "newest",
    "baselines": ["security-7-days"],
}


@pytest.mark.parametrize(
    ("arguments", "check_mode", "parameters"),
    [
        pytest.param({}, False, {"ServerSelection": 0, "ServiceId": "", "Online": True}, id="as configured"),
        pytest.param({}, True, {"ServerSelection": 0, "ServiceId": "", "Online": False}, id="check mode"),
        pytest.param({"refresh": "never"}, False, {"ServerSelection": 0, "ServiceId": "", "Online": False}, id="never"),
        pytest.param({"refresh": "always"}, True, {"ServerSelection": 0, "ServiceId": "", "Online": False},
                     id="always, but check mode"),
        pytest.param({"server_selection": "managed_server"}, False,
                     {"ServerSelection": 1, "ServiceId": "", "Online": True}, id="WSUS"),
        pytest.param({"server_selection": "windows_update"}, False,
                     {"ServerSelection": 2, "ServiceId": "", "Online": True}, id="Windows Update"),
        pytest.param({"server_selection": "microsoft_update"}, False,
                     {"ServerSelection": 3, "ServiceId": MICROSOFT_UPDATE, "Online": True}, id="Microsoft Update"),
    ],
)  # fmt: skip
def test_question(arguments, check_mode, parameters):
    assert scan.question({**ARGUMENTS, **arguments}, check_mode) == {"script": SEARCH, "parameters": parameters}


def test_output():
    assert scan.output({"output": ["{}"], "error": []}) == "{}"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        pytest.param({"failed": True, "msg": "No such class"}, "win_powershell failed: No such class", id="failed"),
        pytest.param({"failed": True}, "win_powershell failed: it does not say why", id="without a word"),
        pytest.param({"output": [], "error": [{"exception": {"message": "Access is denied"}}]},
                     "returned 0 objects instead of one text; Access is denied", id="an error and no output"),
        pytest.param({"output": [], "error": [{"exception": None}]}, "returned 0 objects", id="an error without words"),
        pytest.param({"output": ["{}", "{}"]}, "returned 2 objects", id="something beside it"),
        pytest.param({"output": [{}]}, "returned 1 objects", id="no text"),
        pytest.param({"skipped": True}, "returned 0 objects", id="skipped"),
    ],
)  # fmt: skip
def test_what_is_no_output(result, words):
    with pytest.raises(InventoryError, match=words):
        scan.output(result)


def written(*updates):
    return search_script.printed(WindowsHost().add(*updates), {})


def test_the_answer():
    missing = Update("u1", "One", ("1",), severity="Critical", released=datetime.datetime(2025, 11, 1))
    answer = scan.scanned({**ARGUMENTS, "patch_group": "Production"}, written(missing), False, NOW)
    record = answer["record"]
    assert list(shape.faults(record, schemas.RECORD)) == []
    assert list(shape.faults(answer["inventory"], schemas.INVENTORY)) == []
    assert (answer["changed"], answer["status"], answer["warnings"]) == (False, "NON_COMPLIANT", [])
    assert answer["plan"] == [{"name": "KB1", "arch": None, "version": None, "kb_id": "KB1"}]
    assert answer["ansible_facts"]["patch_compliance"]["summary"]["missing_count"] == 1
    assert record["node"]["patch_group"] == "Production"
    assert record["capture"] == {"time": "2025-11-23T12:00:00Z", "run_id": "r1"}
    assert record["refreshed_at"] == "2025-11-23T12:00:00Z"


def test_warnings_of_a_node_name_it():
    answer = scan.scanned({**ARGUMENTS, "refresh": "never"}, written(), False, NOW)
    assert answer["warnings"] == [
        "win1: the search was not online; it knows what the agent found on 2025-11-01T06:30:00Z"
    ]


def test_options_reach_the_decision():
    undated = Update("u1", "One", ("1",), severity="Critical")
    held = scan.scanned({**ARGUMENTS, "undated": "hold"}, written(undated), False, NOW)
    assert held["record"]["patches"][0]["reason_code"] == "undated_held"
    row = [
        Update("u1", "One", ("1",), severity="Critical", released=datetime.datetime(2025, 11, 1)),
        Update("u2", "Two", ("2",), severity="Critical", released=datetime.datetime(2025, 11, 22), supersedes=("u1",)),
    ]
    states = {
        policy: [
            patch["state"]
            for patch in scan.scanned({**ARGUMENTS, "supersedence": policy}, written(*row), False, NOW)["record"][
                "patches"
            ]
        ]
        for policy in ("newest", "newest_approved")
    }
    assert states == {
        "newest": ["NOT_APPLICABLE", "AVAILABLE_SECURITY_UPDATE"],
        "newest_approved": ["MISSING", "AVAILABLE_SECURITY_UPDATE"],
    }


def test_what_others_installed_since_the_boot_waits_for_a_reboot():
    host = WindowsHost().add(Update("u1", "One", ("1",), needs_reboot=False))
    host.install(host.update("u1"))
    pending = scan.scanned(ARGUMENTS, search_script.printed(host, {}), False, NOW)["record"]["patches"]
    host.reboot()
    settled = scan.scanned(ARGUMENTS, search_script.printed(host, {}), False, NOW)["record"]["patches"]
    host.booted = None
    unknown = scan.scanned(ARGUMENTS, search_script.printed(host, {}), False, NOW)["record"]["patches"]
    assert [one[0]["state"] for one in (pending, settled, unknown)] == [
        "INSTALLED_PENDING_REBOOT",
        "INSTALLED",
        "INSTALLED",
    ]


@pytest.mark.parametrize(
    ("live", "owner", "state", "warned"),
    [
        pytest.param(["u1"], "S-1-5-32-544", "INSTALLED", False, id="Windows asked for no restart"),
        pytest.param([], "S-1-5-32-544", "INSTALLED_PENDING_REBOOT", False, id="it did"),
        pytest.param(["u1"], "S-1-5-21-7", "INSTALLED_PENDING_REBOOT", True, id="anybody can have written that"),
    ],
)
def test_what_a_run_of_ours_installed_without_a_restart_waits_for_none(live, owner, state, warned):
    host = WindowsHost(runs_owner=owner).add(Update("u1", "One", ("1",), needs_reboot=False))
    host.install(host.update("u1"))
    kept = journal.begun(journal.Journal(), "r0", journal.INSTALL, [], NOW)
    host.runs = journal.written(journal.ended(kept, kept.runs[0], NOW, installed=["u1"], live=live))
    answer = scan.scanned(ARGUMENTS, search_script.printed(host, {}), False, NOW)
    assert [patch["state"] for patch in answer["record"]["patches"]] == [state]
    assert any("no administrator" in warning for warning in answer["warnings"]) is warned
    assert answer["record"]["warnings"] == [warning.removeprefix("win1: ") for warning in answer["warnings"]]
