# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run after one in which something went wrong on a Windows host: docs/guides/faults.md has it as a table."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.integration.test_patch_install_windows import (
    INSTALL,
    OPTIONS,
    host,
    outcomes,
    plain,
    states,
    update,
)

INSTALLED = {"KB1": "INSTALLED", "KB2": "INSTALLED", "KB3": "AVAILABLE_SECURITY_UPDATE"}
# By name: the host, what the next run tells of the interrupted one, and what it installs itself.
HOSTS = {
    "lost": (host(*plain(), down_once="installed"), {"KB1": "installed", "KB2": "installed"}, None),
    "locked-out": (host(*plain(), locked_out_once="installed"), {"KB1": "installed", "KB2": "installed"}, None),
    "no-return": (host(*plain(), stays_down=True), {"KB1": "installed", "KB2": "installed"}, None),
    "failing": (host(update("u1", fails_with=0x80070643), *plain()[1:]), None, {"KB1": "installed"}),
    "looping": (host(update("u1", rolled_back=True), *plain()[1:]), None, {"KB1": "installed"}),
}


def test_the_next_run_settles_it(fleet):
    for number, (name, (made, _recovered, _installs)) in enumerate(HOSTS.items()):
        made.machine_guid = f"00000000-0000-0000-0000-{number:012}"
        fleet.add(name, made, patience=1)
    first = fleet.play(INSTALL, OPTIONS)
    for name, answer in first.items():
        assert answer["failed"], f"{name}: {answer}"
        assert set(INSTALLED) == set(states(answer["record"])), name
    for made, _recovered, _installs in HOSTS.values():
        made.faults.down = made.faults.stays_down = False
        made.faults.refused_logons = 0
        made.faults.down_once = made.faults.locked_out_once = None
        made.update("u1").fails_with = 0
        made.update("u1").rolled_back = False
    second = fleet.play(INSTALL, {**OPTIONS, "reboot_timeout": 60})
    for name, (_made, recovered, installs) in HOSTS.items():
        answer = second[name]
        assert not answer.get("failed"), f"{name}: {answer}"
        assert outcomes(answer) == installs, f"{name}: {answer['patches']}"
        told = [outcomes(one) for one in answer["recovered"]]
        assert told == ([recovered] if recovered else []), f"{name}: {told}"
        assert (answer["status"], states(answer["record"])) == ("COMPLIANT", INSTALLED), name
    third = fleet.play(INSTALL, OPTIONS)
    for name, answer in third.items():
        assert (answer["changed"], answer["outcome"], answer["recovered"]) == (False, "nothing_to_do", []), name
