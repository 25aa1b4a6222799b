# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the playbook for a real Windows node that installs an update and removes it again."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.integration.test_windows_manual import PLAYBOOK, host

CHECKS = 7


def test_the_part_that_installs_and_removes(ansible, fleet):
    fleet.add("sound", host())
    fleet.add("permanent", host(packaged=False))
    fleet.write_inventory()
    given = ("-e", "install=true", "-e", "kb=KB2")
    ended = ansible("ansible-playbook", "-i", "hosts.json", str(PLAYBOOK), *given)
    shown = ended.stdout.split("Install an update and remove it")[-1].split("See whether an update")[-1]
    assert shown.count("PASS ") == 2 * CHECKS - 1, ended.stdout
    assert shown.count("FAIL ") == 1, ended.stdout
    assert "failed=0" in next(line for line in ended.stdout.splitlines() if line.startswith("sound "))
    assert "a package of the servicing stack is found" in ended.stdout.split("Fail where one does not hold")[-1]
    assert not fleet["sound"].host.update("new").installed
    assert fleet["permanent"].host.update("new").installed
