# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_install and patch_rollback on booted hosts over SSH: what came, and what the node and its record say of it."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package

INSTALL = "patchops.fleet.patch_install"
SCAN = "patchops.fleet.patch_scan"
SECURITY = {
    "name": "security",
    "approval_rules": [{"security": True, "approve_after_days": 0}],
}


def offer(host):
    """What is approved: tool 1.1, which needs a newer lib, and core. What is not: 1.2 of tool, and extra."""
    host.install(
        Package("lib"),
        Package("tool", requires=("lib >= 1.0",)),
        Package("core"),
        Package("extra"),
    )
    fixed = (Package("tool", "1.1-1", requires=("lib >= 1.1",)), Package("core", "1.1-1"))
    host.publish(*fixed, advisory=Advisory("SEC-1"))
    host.publish(Package("lib", "1.1-1"), advisory=Advisory("BUG-1", kind="bugfix", severity=None))
    host.publish(Package("tool", "1.2-1"), Package("extra", "1.1-1"))


def versions(host, *names):
    return [host.version(name) for name in names]


def test_exactly_what_is_approved_comes_with_what_it_depends_on(host, controller):
    offer(host)
    options = {"baselines": [SECURITY], "undated": "approve", "refresh": "always"}
    controller.module([host], SCAN, options=options)
    options["refresh"] = "never"
    planned = controller.module([host], INSTALL, "--check", "--diff", options=options)[host.name]
    assert planned["outcome"] == "planned", planned
    assert versions(host, "tool", "lib", "core", "extra") == ["1.0-1", "1.0-1", "1.0-1", "1.0-1"]
    done = controller.module([host], INSTALL, "--diff", options=options)[host.name]
    assert done["outcome"] == "installed", done
    assert versions(host, "tool", "lib", "core", "extra") == ["1.1-1", "1.1-1", "1.1-1", "1.0-1"]
    for member in ("diff", "changed", "dependencies", "download_size", "commands"):
        assert done[member] == planned[member], member
    assert done["reboot"]["due"] is False
    again = controller.module([host], INSTALL, options=options)[host.name]
    assert (again["changed"], again["outcome"], again["patches"]) == (False, "nothing_to_do", [])
