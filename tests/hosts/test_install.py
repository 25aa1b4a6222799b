# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_install and patch_rollback on booted hosts over SSH: what came, and what the node and its record say of it."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package

INSTALL = "patchops.fleet.patch_install"
ROLLBACK = "patchops.fleet.patch_rollback"
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


KERNELS = {"apt": "linux-image-6.1.0-99-amd64", "dnf": "kernel-core", "dnf5": "kernel-core", "zypper": "kernel-default"}


def test_a_reboot_happens_exactly_when_the_node_asks_for_it(host, controller):
    """A tool asks for none; a kernel, or what the node says about one, does."""
    kernel = KERNELS[host.kind.manager]
    # how SUSE's kernels tell zypper; apt and dnf know them by their names
    hints = ("installhint(reboot-needed)",) if host.kind.manager == "zypper" else ()
    host.install(Package("tool"), Package(kernel, provides=hints))
    host.power_cycle()  # what was installed since the boot would ask for a reboot itself
    host.publish(Package("tool", "1.1-1"), advisory=Advisory("SEC-1"))
    options = {"baselines": [SECURITY], "refresh": "always", "reboot_option": "if_required"}
    first, before = controller.module([host], INSTALL, options=options)[host.name], host.boot_id
    assert (first["outcome"], first["reboot"]["due"], first["status"]) == ("installed", False, "COMPLIANT"), first
    host.publish(Package(kernel, "1.1-1", provides=hints), advisory=Advisory("SEC-2"))
    planned = controller.module([host], INSTALL, "--check", options={**options, "refresh": "never"})[host.name]
    assert planned["outcome"] == "nothing_to_do"  # of what it does not know yet
    second = controller.module([host], INSTALL, options={**options, "detail": "full"})[host.name]
    assert (second["outcome"], second["reboot"]["due"], second["reboot"]["done"]) == ("installed", True, True), second
    assert host.boot_id != before
    states = {patch["name"]: patch["state"] for patch in second["record"]["patches"]}
    assert (states["tool"], states[kernel], second["status"]) == ("INSTALLED", "INSTALLED", "COMPLIANT")
    assert second["record"]["operation"] == "Install"
    after = host.boot_id
    third = controller.module([host], INSTALL, options=options)[host.name]
    assert (third["changed"], third["reboot"]["due"], host.boot_id) == (False, False, after), third


def test_without_a_reboot_patches_wait_for_one_until_it_comes(host, controller):
    host.install(Package("tool"))
    host.publish(Package("tool", "1.1-1"), advisory=Advisory("SEC-1"))
    options = {"baselines": [SECURITY], "refresh": "always", "detail": "full"}
    done = controller.module([host], INSTALL, options=options)[host.name]
    assert (done["outcome"], done["status"], done["reboot"]["due"]) == ("installed", "NON_COMPLIANT", False), done
    assert state_of(done, "tool") == "INSTALLED_PENDING_REBOOT"
    scanned = controller.module([host], SCAN, options=options)[host.name]
    assert state_of(scanned, "tool") == "INSTALLED_PENDING_REBOOT"
    host.power_cycle()
    scanned = controller.module([host], SCAN, options=options)[host.name]
    assert (state_of(scanned, "tool"), scanned["status"]) == ("INSTALLED", "COMPLIANT")


def state_of(answer, name):
    return next(patch["state"] for patch in answer["record"]["patches"] if patch["name"] == name)


def test_a_run_is_rolled_back(host, controller):
    offer(host)
    host.publish(Package("tool", "1.0-1"), Package("lib", "1.0-1"), Package("core", "1.0-1"))
    options = {"baselines": [SECURITY], "refresh": "always"}
    done = controller.module([host], INSTALL, options=options)[host.name]
    assert done["outcome"] == "installed", done
    options["refresh"] = "never"
    planned = controller.module([host], ROLLBACK, "--check", "--diff", options=options)[host.name]
    assert (planned["outcome"], planned["of_run"]) == ("planned", done["run_id"]), planned
    undone = controller.module([host], ROLLBACK, "--diff", options=options)[host.name]
    assert undone["outcome"] == "restored", undone
    assert undone["diff"] == planned["diff"]
    assert versions(host, "tool", "lib", "core", "extra") == ["1.0-1", "1.0-1", "1.0-1", "1.0-1"]
    for asked in ({}, {"of_run": done["run_id"], "run_id": done["run_id"]}):
        again = controller.module([host], ROLLBACK, options={**options, **asked})[host.name]
        assert "was rolled back already" in again["msg"]
    assert versions(host, "tool", "lib", "core", "extra") == ["1.0-1", "1.0-1", "1.0-1", "1.0-1"]


def test_what_the_running_kernel_is_from_is_not_taken_away(host, controller):
    """However its package is called: the package manager knows whose its files are."""
    release = host.shell("uname -r").stdout.strip()
    host.install(Package("tool"))
    host.publish(Package("tool", "1.0-1"), Package("moons", files=((f"/boot/vmlinuz-{release}", "image"),)))
    host.publish(Package("tool", "1.1-1", requires=("moons",)), advisory=Advisory("SEC-1"))
    options = {"baselines": [SECURITY], "refresh": "always"}
    assert controller.module([host], INSTALL, options=options)[host.name]["outcome"] == "installed"
    options["refresh"] = "never"
    refused = controller.module([host], ROLLBACK, options=options)[host.name]
    assert "it is the running kernel" in refused["msg"], refused
    part = controller.module([host], ROLLBACK, options={**options, "partial": True})[host.name]
    assert {patch["name"]: patch["outcome"] for patch in part["patches"]} == {"tool": "restored", "moons": "impossible"}
    assert versions(host, "tool", "moons") == ["1.0-1", "1.0-1"]


SYSTEMS = {"apt": "DEBIAN", "dnf": "REDHAT_ENTERPRISE_LINUX", "dnf5": "FEDORA", "zypper": "SUSE"}


def test_what_a_baseline_keeps_secret_is_nowhere_in_the_journal(host, controller):
    configured = {
        "apt": "deb [trusted=yes] https://user:hunter@2@nowhere.invalid/ x main",
        "zypper": "[secret]\nname=secret\nbaseurl=https://user:hunter@2@nowhere.invalid/\n",
    }
    text = configured.get(
        host.kind.manager, "[secret]\nname=secret\nbaseurl=https://nowhere.invalid/\nusername=user\npassword=hunter@2\n"
    )
    source = {"name": "secret", "products": ["*"], "configuration": text}
    baseline = {"name": "sourced", "operating_system": SYSTEMS[host.kind.manager], "sources": [source]}
    for module in (SCAN, INSTALL):
        controller.module([host], module, "--check", options={"baselines": [baseline], "refresh": "never"})
    journal = host.shell("journalctl --no-pager --output=cat").stdout
    assert "Invoked with" in journal
    assert "hunter" not in journal
    left = host.shell("grep -rl hunter /var/lib/patchops /tmp /var/tmp 2>/dev/null", check=False)
    assert left.stdout == ""


def test_what_cannot_be_undone_is_told_before_anything_is_changed(host, controller):
    offer(host)
    host.publish(Package("core", "1.0-1"))
    options = {"baselines": [SECURITY], "refresh": "always"}
    controller.module([host], INSTALL, options=options)
    options["refresh"] = "never"
    refused = controller.module([host], ROLLBACK, options=options)[host.name]
    assert "cannot be undone as a whole" in refused["msg"], refused
    assert versions(host, "tool", "lib", "core") == ["1.1-1", "1.1-1", "1.1-1"]
    part = controller.module([host], ROLLBACK, options={**options, "partial": True})[host.name]
    outcomes = {patch["name"]: patch["outcome"] for patch in part["patches"]}
    assert outcomes == {"core": "restored", "lib": "impossible", "tool": "impossible"}, part
    assert versions(host, "tool", "lib", "core") == ["1.1-1", "1.1-1", "1.0-1"]


def test_what_is_staged_needs_no_repository_later(host, controller):
    offer(host)
    options = {"baselines": [SECURITY], "refresh": "always"}
    staged = controller.module([host], INSTALL, options={**options, "download_only": True})[host.name]
    assert (staged["outcome"], staged["changed"]) == ("downloaded", True), staged
    assert staged["download_size"] > 0
    assert versions(host, "tool", "core") == ["1.0-1", "1.0-1"]
    host.archive.web.down()
    options["refresh"] = "never"
    planned = controller.module([host], INSTALL, "--check", options=options)[host.name]
    assert planned["download_size"] == 0, planned
    done = controller.module([host], INSTALL, options=options)[host.name]
    assert done["outcome"] == "installed", done
    assert versions(host, "tool", "lib", "core") == ["1.1-1", "1.1-1", "1.1-1"]
