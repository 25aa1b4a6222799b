# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Windows host of tests/servers, held to Ansible's own plugins: win_updates with its polls, rounds and reboots."""

from __future__ import annotations

from collections import Counter

from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import GERMAN, Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

START, POLL, CANCEL = (f"win_updates {operation}" for operation in ("start", "poll", "cancel"))
ROUND = [START, POLL, CANCEL]
OPTIONS = {
    "category_names": "{{ categories | default(['*']) }}",
    "accept_list": "{{ accepted | default([]) }}",
    "reboot": "{{ reboot | default(true) }}",
    "reboot_timeout": "{{ patience | default(60) }}",
}


def host(*updates, language="en", **faults):
    made = WindowsHost(language=language).add(*updates)
    for name, value in faults.items():
        setattr(made.faults, name, value)
    return made


def two():
    return Update("u1", "One", ("1",)), Update("u2", "Two", ("2",), needs_reboot=False)


def chain():
    return Update("u1", "One", ("1",)), Update("u2", "Two", ("2",), supersedes=("u1",))


# By name: the host, its variables, what win_updates has to say, and the rounds that it takes.
HOSTS = {
    "psrp": (host(*two()), {}, {"installed_update_count": 2, "rebooted": True}, ROUND * 2),
    "winrm": (host(*two()), {}, {"installed_update_count": 2, "rebooted": True}, ROUND * 2),
    "slow": (
        host(two()[1], empty_polls=2),
        {"reboot": False},
        {"installed_update_count": 1, "rebooted": False},
        [START, POLL, POLL, POLL, CANCEL],
    ),
    "failing": (
        host(Update("u1", "One", ("1",), fails_with=0x80070643), two()[1]),
        {"reboot": False},
        {"failed": True, "failed_update_count": 1, "installed_update_count": 1},
        ROUND,
    ),
    "looping": (
        host(Update("u1", "One", ("1",), rolled_back=True)),
        {},
        {"failed": True, "failed_update_count": 1, "rebooted": True},
        ROUND * 2,
    ),
    "gone": (host(two()[0], stays_down=True), {"patience": 1}, {"failed": True, "rebooted": True}, ROUND),
    "german": (
        host(*two(), language=GERMAN),
        {"categories": ["SecurityUpdates"], "reboot": False},
        {"found_update_count": 0},
        ROUND,
    ),
    "shared-kb": (
        host(*(Update(one, "Same", ("1",), needs_reboot=False) for one in ("u1", "u2"))),
        {"accepted": ["^SameKB1$"], "reboot": False},
        {"found_update_count": 2, "installed_update_count": 2},
        ROUND,
    ),
    "superseded": (
        host(*chain()),
        {"accepted": ["^OneKB1$"], "reboot": False},
        {"found_update_count": 0},
        ROUND,
    ),
}


LOST_POLL = host(two()[1], lost_calls=Counter({POLL: 1}))


def test_win_updates(fleet):
    fleet.add("lost-poll", LOST_POLL, reboot=False)
    for name, (made, variables, _expected, _rounds) in HOSTS.items():
        fleet.add(name, made, "winrm" if name == "winrm" else "psrp", **variables)
    answers = fleet.play("ansible.windows.win_updates", OPTIONS)
    for name, (_made, _variables, expected, rounds) in HOSTS.items():
        answer = {"failed": False, **answers[name]}
        assert {one: answer[one] for one in expected} == expected, f"{name}: {answer}"
        assert fleet[name].modules == rounds, name
    assert "0x80070643" in answers["failing"]["updates"]["u1"]["failure_msg"]
    assert "update loop was detected" in answers["looping"]["msg"]
    assert "Timed out waiting for last boot time check" in answers["gone"]["msg"]
    # some releases of ansible-core take it for a lost connection, after which win_updates polls again
    polls = fleet["lost-poll"].modules.count(POLL)
    assert fleet["lost-poll"].modules == [START, *[POLL] * polls, CANCEL]
    assert answers["lost-poll"]["installed_update_count"] == polls - 1
    assert [HOSTS[name][0].boots for name in ("psrp", "slow", "looping")] == [2, 1, 2]
