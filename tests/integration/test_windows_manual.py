# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook for a real Windows node, on one that stands in for it: it passes, and says what does not hold."""

from __future__ import annotations

import datetime
import pathlib

from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import UNHEARD_OF_CLASS, Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import Attempt, WindowsHost

PLAYBOOK = pathlib.Path(__file__).resolve().parents[1] / "manual" / "windows.yml"
LAST_YEAR = datetime.datetime(2025, 10, 14, 17)
CHECKS = 10


def host(**members):
    made = WindowsHost().add(
        Update("old", "Old", ("1",), released=LAST_YEAR),
        Update("new", "New", ("2",), supersedes=("old",), **{"released": LAST_YEAR, **members}),
        Update("there", "There", ("3",), released=LAST_YEAR, installed=True),
    )
    made.history.append(Attempt("there", LAST_YEAR))
    return made


def test_the_playbook(ansible, fleet):
    fleet.add("sound", host())
    fleet.add("odd", host(released=datetime.datetime(2999, 1, 1), categories=(UNHEARD_OF_CLASS,)))
    silent = fleet.add("silent", host())
    silent.faults.failing_modules = dict.fromkeys(("win_powershell", "win_updates"), "Access is denied")
    fleet.write_inventory()
    ended = ansible("ansible-playbook", "-i", "hosts.json", str(PLAYBOOK))
    assert ended.stdout.count("PASS ") == 2 * CHECKS - 2, ended.stdout
    assert ended.stdout.count("FAIL ") == 2 + CHECKS, ended.stdout
    assert "its answer is read" in " ".join(ended.stdout.split("TASK [Fail where one does not hold]")[1].split())
    assert "no date is in the future" in ended.stdout.split("Fail where one does not hold")[1]
    assert "failed=0" in next(line for line in ended.stdout.splitlines() if line.startswith("sound "))
    for name in ("odd ", "silent "):
        assert "failed=1" in next(line for line in ended.stdout.splitlines() if line.startswith(name))
