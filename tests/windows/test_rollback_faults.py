# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_rollback of Windows hosts on which something goes wrong."""

from __future__ import annotations

import json

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import journal
from ansible_collections.patchops.fleet.tests.integration.test_patch_install_windows import host, outcomes, update

ROLLBACK = "patchops.fleet.patch_rollback"
PERMANENT = 0x800F0825
STARTED = "2025-11-01T00:00:00Z"
INSTALLED = {
    "run_id": "first", "operation": journal.INSTALL, "state": journal.ENDED, "started": STARTED,
    "targets": [{"id": one, "kb_id": one.upper(), "title": one} for one in ("u1", "u2")],
    "installed": ["u1", "u2"],
}  # fmt: skip


def installed(**faults):
    return host(
        update("u1", installed=True, removal_fails_with=PERMANENT),
        update("u2", installed=True),
        members={"runs": journal.written(journal.Journal((INSTALLED,)))},
        **faults,
    )


def test_nothing_is_removed_while_something_is_installed(fleet):
    busy = fleet.add("busy", installed(outlives=99))
    busy.under_way = [update("u3")]
    before = busy.runs
    answers = fleet.play(ROLLBACK, {"lock_timeout": 0})
    words = "an installation is under way on the node, still after 0 seconds (lock_timeout). Nothing was touched"
    assert words in answers["busy"]["msg"], answers["busy"]
    assert (busy.runs, busy.update("u2").installed) == (before, True)


def test_a_failed_reboot_hides_no_failed_removal(fleet):
    fleet.add("no-return", installed(stays_down=True), patience=1)
    running = fleet.add("no-restart", installed(keeps_running=True), patience=1)
    answers = fleet.play(ROLLBACK, {"reboot_option": "if_required", "reboot_timeout": "{{ patience }}"})
    for name, words in (("no-return", "did not come back"), ("no-restart", "could not be rebooted")):
        answer = answers[name]
        assert answer["failed"], f"{name}: {answer}"
        assert words in answer["msg"], name
        assert outcomes(answer) == {"KB1": "failed", "KB2": "restored"}, f"{name}: {answer}"
        assert (answer["outcome"], answer["failed_patches"]) == ("partial", ["KB1"]), name
        assert "the package is permanent" in json.dumps(answer["patches"]), name
        assert (answer["changed"], answer["reboot"]["done"]) == (True, False), name
    asked = [call.arguments["parameters"] for call in fleet["no-restart"].calls if call.module == "win_powershell"]
    asking, removing = [one for one in asked if "Names" in one]
    assert (asking["Names"], asking["Remove"], removing["Remove"]) == ([], False, True)
    assert [name.partition("~")[0] for name in removing["Names"]] == ["Package_for_KB1", "Package_for_KB2"]
    undone, rollback = json.loads(running.runs)["runs"]
    assert (undone["installed"], rollback["state"], rollback["outcome"]) == (["u1"], "ended", "partial")
