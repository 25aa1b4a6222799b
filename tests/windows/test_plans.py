# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode tells of Windows hosts where the run is hard to foresee."""

from __future__ import annotations

import json

from ansible_collections.patchops.fleet.tests.integration.test_patch_install_windows import (
    INSTALL,
    OPTIONS,
    host,
    outcomes,
    update,
)


def pending():
    return update("u1", installed=True, pending=True)


# By name: the host, its variables, what is planned, whether there is a change, whether a restart is due; a warning.
HOSTS = {
    "a-restart-alone": (host(pending()), {"reboot": "RebootIfNeeded"}, None, True, True, ""),
    "nothing": (host(update("u1", installed=True)), {"reboot": "RebootIfNeeded"}, None, False, False, ""),
    "a-download": (
        host(pending(), update("u2")),
        {"download": True},
        {"KB2": "planned"},
        True,
        False,
        "a restart is pending, before which win_updates may download nothing",
    ),
    "a-guess": (
        host(update("u1"), update("u2", supersedes=("u1",), browse_only=True, severity="Low")),
        {},
        {"KB1": "planned"},
        True,
        False,
        "KB1 may fail: win_updates does not find it, because KB2 supersedes it",
    ),
}


def test_what_check_mode_tells_beforehand(fleet):
    for number, (name, (made, variables, *_expected)) in enumerate(HOSTS.items()):
        made.machine_guid = f"00000000-0000-0000-0000-{number:012}"
        fleet.add(name, made, **variables)
    answers = fleet.play(INSTALL, {**OPTIONS, "download_only": "{{ download | default(false) }}"}, "--check")
    for name, (made, _variables, planned, changed, due, warning) in HOSTS.items():
        answer = answers[name]
        told = (outcomes(answer), answer["changed"], answer["reboot"]["due"])
        assert told == (planned, changed, due), f"{name}: {answer}"
        assert warning in json.dumps(answer.get("warnings")), f"{name}: {answer}"
        assert made.boots == 1, name
