# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test hosts themselves: that they boot, reboot and can be broken in the ways that tests break them."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package

OLD, NEW = Package("hello"), Package("hello", "1.1-1")


def install(host, check=True):
    return host.shell(host.install_command("hello"), check=check)


def test_a_host_reboots_by_ansible_and_comes_back(host, controller):
    before = host.boot_id
    answer = controller.module([host], "ansible.builtin.reboot")[host.name]
    assert answer["rebooted"], answer
    assert host.boot_id != before
    assert host.machine.boots == 2


def test_a_host_keeps_its_files_when_its_power_is_cut(boot):
    host = boot("debian12")
    before = host.boot_id
    host.shell("echo kept > /var/tmp/file && sync")
    host.power_cycle()
    assert host.boot_id != before
    assert host.path("/var/tmp/file").read_text() == "kept\n"


def test_a_host_that_does_not_come_back(boot):
    host = boot("debian12")
    host.machine.reboots = False
    host.shell("systemctl reboot", check=False)
    host.machine.wait_until_off()
    assert host.shell("true", check=False).returncode != 0


def test_what_is_published_can_be_installed(host):
    host.install(OLD)
    assert host.version("hello") == "1.0-1"
    host.publish(NEW)
    install(host)
    assert host.version("hello") == "1.1-1"
    assert host.path("/usr/share/made/hello").read_text() == "1.1-1\n"


def down(archive, laboratory):
    archive.web.down()
    return archive.web.up


def corrupt(archive, laboratory):
    archive.corrupt()
    return archive.index


def withdrawn(archive, laboratory):
    archive.withdraw(NEW)
    return lambda: archive.publish(NEW)


def signed_by_a_stranger(archive, laboratory):
    trusted, archive.key = archive.key, laboratory.stranger
    archive.publish(NEW)

    def repair():
        archive.key = trusted
        archive.publish(NEW)

    return repair


@pytest.mark.parametrize("fault", [down, corrupt, withdrawn, signed_by_a_stranger])
def test_a_broken_archive_is_refused_until_it_is_repaired(host, laboratory, fault):
    host.install(OLD)
    host.publish(NEW)
    repair = fault(host.archive, laboratory)
    ended = install(host, check=False)
    assert host.version("hello") == "1.0-1", ended
    repair()
    install(host)
    assert host.version("hello") == "1.1-1"


@pytest.mark.parametrize("kind", ["debian12", "debian13"])
def test_an_expired_archive_is_refused(boot, kind):
    host = boot(kind)
    host.publish(NEW)
    host.archive.expire()
    ended = install(host, check=False)
    assert ended.returncode != 0
    assert "is expired" in ended.stderr


def test_a_download_can_be_stopped_in_the_middle_and_killed(host):
    host.install(OLD)
    host.publish(NEW)
    stall = host.archive.web.stall("hello")
    with host.start(host.install_command("hello")) as process:
        stall.wait_until_asked()
        assert host.kill(f"{host.kind.manager.rstrip('45')}") > 0
        process.wait()
    stall.let_go()
    assert host.version("hello") == "1.0-1"


def test_an_installation_can_be_stopped_in_the_middle(host):
    host.install(OLD)
    host.publish(
        Package("hello", "1.1-1", after="touch /var/tmp/inside; while [ ! -e /var/tmp/go ]; do sleep 0.02; done")
    )
    with host.start(host.install_command("hello")) as process:
        host.wait_for_file("/var/tmp/inside")
        assert process.poll() is None
        host.path("/var/tmp/go").touch()
        assert process.wait() == 0
    assert host.version("hello") == "1.1-1"


LOCKED = {
    "apt": ("apt-get install --yes hello", "Could not get lock /var/lib/dpkg/lock-frontend"),
    "dnf": ("dnf --assumeyes --setopt=exit_on_lock=True install hello", "RPMDB already locked"),
    "zypper": ("zypper --non-interactive install hello", "System management is locked"),
}


@pytest.mark.parametrize("kind", ["debian12", "debian13", "dnf4", "suse15"])
def test_a_package_manager_is_busy(boot, kind):
    host = boot(kind)
    host.publish(NEW)
    command, message = LOCKED[host.kind.manager]
    with host.busy():
        ended = host.shell(command, check=False)
        assert ended.returncode != 0
        assert message in ended.stdout + ended.stderr
    assert host.version("busy") == "1.0-1"
    host.shell(command)
    assert host.version("hello") == "1.1-1"


def test_a_host_is_unplugged_and_plugged_in_again(boot):
    host = boot("debian12")
    host.unplug()
    assert host.shell("true", check=False).returncode != 0
    host.plug()
    host.wait_for_ssh()


def test_a_host_boots_again_whose_power_was_cut_while_it_was_unplugged(boot):
    host = boot("debian12")
    with host.start("touch /var/tmp/inside; sleep infinity") as process:
        try:
            host.wait_for_file("/var/tmp/inside")
            host.unplug()
            host.power_cycle()
        finally:
            process.kill()
    assert host.machine.boots == 2


def test_a_connection_is_cut_in_the_middle_of_a_task(boot, controller):
    host = boot("debian12")
    code = "touch /var/tmp/inside; while [ ! -e /var/tmp/go ]; do sleep 0.02; done"
    options = ("-i", controller.inventory([host]), "-m", "ansible.builtin.shell", "-a", code)
    with controller.start("ansible", "all", *options) as process:
        host.wait_for_file("/var/tmp/inside")
        assert controller.kill_ssh() > 0
        output, _none = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "UNREACHABLE" in output


def test_hosts_do_not_share_what_they_have(boot, controller):
    hosts = [boot("debian12"), boot("debian12")]
    hosts[0].publish(NEW)
    controller.module(hosts, "ansible.builtin.command", options={"cmd": "touch /var/tmp/{{ inventory_hostname }}"})
    assert [host.name for host in hosts] == ["debian12", "debian12-2"]
    assert hosts[0].path("/var/tmp/debian12").exists()
    assert not hosts[1].path("/var/tmp/debian12").exists()
    assert [host.shell(host.install_command("hello"), check=False).returncode for host in hosts] == [0, 100]


def test_a_disk_is_full(boot):
    host = boot("debian12")
    host.shrink("/var/cache/apt/archives", "1M")
    host.install(OLD)
    host.publish(NEW._replace(size=2_000_000))
    ended = install(host, check=False)
    assert "You don't have enough free space in /var/cache/apt/archives/" in ended.stderr
    assert host.version("hello") == "1.0-1"
