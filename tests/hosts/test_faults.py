# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_install on hosts on which something is wrong: what comes all the same, what is said, what the next run does.

docs/guides/faults.md is written from these tests and those of test_kill.py.
"""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package
from ansible_collections.patchops.fleet.tests.hosts.patching import (
    EACH_MANAGER,
    GO,
    INSIDE,
    NEW,
    OLD,
    SECURITY,
    WAITS,
    Patching,
    outcomes,
    reason,
    states,
)

APT = [name for name, kind in KINDS.items() if kind.manager == "apt"]
TOOL = Package("tool", NEW)


@pytest.fixture(params=EACH_MANAGER)
def patching(request, boot, controller):
    return Patching(controller, boot(request.param))


@pytest.fixture
def debian(boot, controller):
    return Patching(controller, boot("debian12"))


def refuses(patching, *names, **options):
    """The run fails before it begins anything, and leaves nothing behind. Its words."""
    answer = patching.patch(**options)
    assert answer["failed"], answer
    assert patching.versions(*names) == [OLD] * len(names)
    assert patching.runs() == []
    return answer["msg"]


def installs(patching, *names, **options):
    """The next run brings them, and the one after that finds nothing to do."""
    answer = patching.patch(**options)
    assert not answer.get("failed"), answer
    assert {name: outcomes(answer)[name] for name in names} == dict.fromkeys(names, "installed")
    assert answer["status"] == "COMPLIANT"
    patching.settled(*names)


# -- repositories


def test_a_repository_is_down(patching):
    patching.offer(TOOL)
    patching.host.archive.web.down()
    words = refuses(patching, "tool")
    assert "10.77.0.1" in words or "updates" in words, words  # its address or its name
    patching.host.archive.web.up()
    installs(patching, "tool")


DAMAGED = {"apt": "Hash Sum mismatch", "dnf": "primary.xml", "dnf5": "checksum doesn't match", "zypper": "updates"}


def test_metadata_is_damaged(patching):
    patching.offer(TOOL)
    patching.host.archive.corrupt()
    words = refuses(patching, "tool")
    assert DAMAGED[patching.host.kind.manager] in words, words
    patching.host.archive.index()
    installs(patching, "tool")


@pytest.mark.parametrize("kind", APT)
def test_a_release_file_has_expired(boot, controller, kind):
    patching = Patching(controller, boot(kind))
    patching.offer(TOOL)
    patching.host.archive.expire()
    assert "is expired" in refuses(patching, "tool")
    patching.host.archive._valid_until = None
    patching.host.archive.index()
    installs(patching, "tool")


@pytest.mark.parametrize("kind", [*APT, "suse15"])  # what vouches for metadata vouches for the packages there
def test_an_archive_is_signed_by_a_stranger(boot, controller, laboratory, kind):
    patching = Patching(controller, boot(kind))
    archive = patching.host.archive
    patching.offer(TOOL)
    trusted, archive.key = archive.key, laboratory.stranger
    archive.index()
    words = refuses(patching, "tool")
    assert any(said in words for said in ("NO_PUBKEY", "not signed", "Missing key", "ignature")), words
    archive.key = trusted
    archive.index()
    installs(patching, "tool")


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.manager in ("dnf", "dnf5")])
def test_a_package_is_signed_by_a_stranger(boot, controller, laboratory, kind):
    patching = Patching(controller, boot(kind))
    archive = patching.host.archive
    patching.offer(Package("good", NEW))
    patching.host.install(Package("tool", OLD))
    trusted, archive.key = archive.key, laboratory.stranger
    archive.publish(TOOL, advisory=Advisory("SEC-2"))
    archive.key = trusted
    archive.index()
    answer = patching.patch()
    assert answer["failed"], answer
    assert outcomes(answer)["tool"] == "failed"
    assert patching.versions("tool") == [OLD]
    words = reason(answer, "tool").lower()
    assert "signature" in words or "gpg" in words or "key" in words, answer
    patching.republish(TOOL)
    answer = patching.patch()
    assert not answer.get("failed"), answer
    patching.settled("tool", "good")


def test_a_package_is_withdrawn_after_the_metadata(patching):
    """What is gone comes once it is offered again."""
    patching.offer(TOOL, Package("good", NEW))
    patching.scan()
    patching.host.archive.withdraw(TOOL)
    answer = patching.patch(refresh="never")
    assert answer["failed"], answer
    assert outcomes(answer)["tool"] == "failed"
    assert "404" in reason(answer, "tool") or "not found" in reason(answer, "tool").lower(), answer
    assert patching.versions("tool") == [OLD]
    assert states(patching.kept(answer["run_id"])[0])["tool"] == "FAILED"
    patching.republish(TOOL)
    again = patching.patch()
    assert not again.get("failed"), again
    patching.settled("tool", "good")


def test_a_version_of_the_manifest_is_gone(debian):
    debian.offer(TOOL, Package("good", NEW))
    manifest = [
        {"name": entry["name"], "arch": entry["arch"], "version": entry["version"]} for entry in debian.scan()["plan"]
    ]
    assert sorted(entry["name"] for entry in manifest) == ["good", "tool"]
    debian.host.archive.withdraw(TOOL)
    debian.host.archive.index()
    answer = debian.patch(manifest=manifest)
    assert outcomes(answer)["good"] == "installed"
    assert debian.versions("tool", "good") == [OLD, NEW]
    named = outcomes(answer).get("tool")
    assert named in ("skipped", "failed") or any("tool" in warning for warning in answer.get("warnings", ())), answer


# -- room


DOWNLOADS = {
    "apt": "/var/cache/apt/patchops",
    "dnf": "/var/cache/dnf",
    "dnf5": "/var/cache/libdnf5",
    "zypper": "/var/cache/zypp/packages",
}


def test_the_disk_has_no_room_for_the_download(patching):
    patching.offer(TOOL._replace(size=6_000_000))
    folder = DOWNLOADS[patching.host.kind.manager]
    patching.host.shell(f"mkdir -p {folder}")
    patching.host.shrink(folder, "5M")
    words = refuses(patching, "tool")
    assert "MiB free; the download takes 5 MiB" in words, words
    patching.host.shell(f"umount {folder}")
    installs(patching, "tool")


def test_the_disk_is_full_while_a_package_is_unpacked(patching):
    """What does fit comes, at the latest with the run after."""
    patching.offer(TOOL._replace(size=6_000_000), Package("good", NEW))
    patching.host.shrink("/usr/share/made", "2M")
    answer = patching.patch()
    assert answer["failed"], answer
    assert outcomes(answer)["tool"] == "failed"
    words = reason(answer, "tool")
    assert "No space left" in words or "more space" in words or "needs" in words, answer
    assert patching.versions("tool") != [NEW]
    patching.host.shell(
        "cp -a /usr/share/made /root/made && umount /usr/share/made && cp -a /root/made/. /usr/share/made/"
    )
    again = patching.patch()
    assert not again.get("failed"), again
    patching.settled("tool", "good")


# -- locks and other runs


def test_the_package_manager_is_busy_for_ever(patching):
    patching.offer(TOOL)
    with patching.host.busy():
        answer = patching.patch(lock_timeout=2)
        assert answer["failed"], answer
        assert patching.versions("tool") == [OLD]
        assert "process" in answer["msg"] or "PID" in answer["msg"] or "pid" in answer["msg"], answer
    installs(patching, "tool")


def test_two_runs_at_once(debian, laboratory, tmp_path_factory):
    other = Patching(laboratory.controller(tmp_path_factory.mktemp("other")), debian.host)
    debian.offer(TOOL._replace(after=WAITS))
    with debian.started() as first:
        debian.host.wait_for_file(INSIDE)
        refused = other.patch(lock_timeout=2)
        assert refused["failed"]
        assert "another run of patchops.fleet (process " in refused["msg"], refused
        with other.started(lock_timeout=120) as second:
            debian.host.path(GO).touch()
            assert second.answer["outcome"] == "nothing_to_do", second.output
        assert outcomes(first.answer) == {"tool": "installed"}
    debian.settled("tool")


# -- packages


GOOD = tuple(Package(f"good{number}", NEW) for number in range(10))
GOOD_NAMES = [package.name for package in GOOD]


def test_a_script_fails_among_ten_good_packages(patching):
    bad = Package("bad", NEW, after="echo the ledger is gone >&2; exit 3")
    patching.offer(*GOOD, bad)
    answer = patching.patch()
    assert patching.versions(*GOOD_NAMES) == [NEW] * 10
    assert answer["failed"], answer
    assert (answer["outcome"], answer["failed_patches"]) == ("partial", [f"bad.{answer['patches'][0]['arch']}"]), answer
    assert outcomes(answer) == {**dict.fromkeys(GOOD_NAMES, "installed"), "bad": "failed"}
    assert answer["status"] == "NON_COMPLIANT"
    assert states(patching.kept(answer["run_id"])[0])["bad"] == "FAILED"
    words = reason(answer, "bad")
    assert "script" in words, words
    again = patching.patch()
    if patching.host.kind.manager == "apt":  # tried again
        assert (again["failed"], outcomes(again)) == (True, {"bad": "failed"}), again
        assert again["leftovers"], again
        assert "post-installation script" in reason(again, "bad"), again
    else:  # rpm has no such state: to it the package is installed
        assert (again["changed"], again["outcome"], again["status"]) == (False, "nothing_to_do", "COMPLIANT"), again
    # a version that is whole heals it, and what else is due comes with it
    patching.host.publish(Package("bad", "1.2-1"), Package("good0", "1.2-1"), advisory=Advisory("SEC-2"))
    healed = patching.patch()
    assert not healed.get("failed"), healed
    assert patching.versions("bad", "good0") == ["1.2-1", "1.2-1"]
    patching.settled("bad", "good0", version="1.2-1")


def test_a_package_refuses_to_come_among_ten_good_ones(patching):
    bad = Package("bad", NEW, before="echo not on this node >&2; exit 3")
    patching.offer(*GOOD, bad)
    answer = patching.patch()
    assert answer["failed"], answer
    assert outcomes(answer)["bad"] == "failed"
    assert "script" in reason(answer, "bad"), answer
    again = patching.patch()
    assert again["failed"], again
    assert "script" in reason(again, "bad"), again
    if patching.host.kind.manager == "zypper":  # which ends its transaction there: what is in its way has to be named
        patching.patch(exclude=["bad"])
    assert patching.versions(*GOOD_NAMES, "bad") == [NEW] * 10 + [OLD]
    patching.host.publish(Package("bad", "1.2-1"), advisory=Advisory("SEC-2"))
    healed = patching.patch()
    assert not healed.get("failed"), healed
    patching.settled("bad", version="1.2-1")


def test_needrestart_fails(debian):
    debian.host.path("/usr/sbin/needrestart").write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    debian.host.path("/usr/sbin/needrestart").chmod(0o755)
    debian.offer(TOOL)
    answer = debian.patch(reboot_option="RebootIfNeeded")
    assert not answer.get("failed"), answer
    assert (answer["outcome"], answer["reboot"]["done"]) == ("installed", True)
    assert any("needrestart ended with exit code 1: broken" in words for words in answer["warnings"]), answer
    debian.settled("tool")


def test_a_package_lacks_what_nobody_has(debian):
    """apt's own repair would take it away. That is for a person to decide."""
    host = debian.host
    debian.offer(TOOL)
    host.publish(Package("lonely", requires=("absent",)))
    host.shell("apt-get update && cd /root && apt-get download lonely && dpkg --force-depends --install lonely_*.deb")
    answer = debian.patch()
    assert answer["failed"], answer
    assert "apt's repair would remove lonely" in answer["msg"], answer
    assert debian.versions("lonely", "tool") == [OLD, OLD]
    host.shell("dpkg --remove lonely")
    installs(debian, "tool")


def needy(patching):
    """A patch that needs a newer library, which the baseline rejects, and another one."""
    patching.host.install(Package("lib"), Package("tool"), Package("good"))
    patching.host.publish(
        Package("lib", NEW), Package("tool", NEW, requires=(f"lib >= {NEW}",)), Package("good", NEW),
        advisory=Advisory("SEC-1"),
    )  # fmt: skip


def test_a_rejected_dependency_is_blocked(patching):
    needy(patching)
    baseline = {**SECURITY, "rejected_patches": ["lib"], "rejected_patches_action": "BLOCK"}
    answer = patching.patch(baselines=[baseline])
    assert answer["failed"], answer
    assert patching.versions("lib", "tool", "good") == [OLD, OLD, NEW]
    assert outcomes(answer)["tool"] == "failed"
    assert reason(answer, "tool").startswith("it needs lib."), answer
    assert "reject" in reason(answer, "tool"), answer
    again = patching.patch(baselines=[baseline])
    assert (again["failed"], again["changed"], again["outcome"]) == (True, False, "failed"), again
    assert "it needs lib." in reason(again, "tool")
    planned = patching.patch("--check", baselines=[baseline])
    assert planned["outcome"] == "failed", planned


def test_a_rejected_dependency_is_allowed(patching):
    needy(patching)
    baseline = {**SECURITY, "rejected_patches": ["lib"], "rejected_patches_action": "ALLOW_AS_DEPENDENCY"}
    answer = patching.patch(baselines=[baseline], detail="full")
    assert not answer.get("failed"), answer
    assert patching.versions("lib", "tool", "good") == [NEW, NEW, NEW]
    assert [change["name"] for change in answer["dependencies"]] == ["lib"]
    assert states(answer["record"])["lib"] == "INSTALLED_OTHER", answer["record"]["patches"]
    again = patching.patch(baselines=[baseline])
    assert (again["changed"], again["outcome"], again["status"]) == (False, "nothing_to_do", "COMPLIANT"), again


HOLD = {
    "apt": "apt-mark hold tool",
    "dnf": "dnf versionlock add tool",
    "dnf5": "dnf5 --assumeyes versionlock add tool",
    "zypper": "zypper --non-interactive addlock tool",
}


def test_a_package_is_held(patching):
    patching.offer(TOOL, Package("good", NEW))
    patching.host.shell(HOLD[patching.host.kind.manager])
    answer = patching.patch()
    assert not answer.get("failed"), answer
    assert patching.versions("tool", "good") == [OLD, NEW]
    assert outcomes(answer) == {"good": "installed", "tool": "skipped"}
    assert "held" in reason(answer, "tool") or "hold" in reason(answer, "tool") or "lock" in reason(answer, "tool")
    again = patching.patch()
    assert (again["changed"], outcomes(again)) == (False, {"tool": "skipped"}), again


# -- the reboot


def test_a_host_does_not_come_back_from_its_reboot(debian):
    debian.offer(TOOL)
    host = debian.host
    host.machine.reboots = False
    answer = debian.patch(reboot_option="RebootIfNeeded", reboot_timeout=10)
    host.machine.wait_until_off()
    assert answer["failed"]
    assert (
        "the patches are installed, and the node did not come back from its reboot within 10 seconds" in answer["msg"]
    )
    assert outcomes(answer) == {"tool": "installed"}
    (run,) = debian.runs()
    (kept,) = debian.kept(answer["run_id"])
    assert (run["state"], run["outcome"]) == ("ended", "installed")
    assert (states(run["record"])["tool"], states(kept)["tool"]) == ("INSTALLED_PENDING_REBOOT",) * 2
    host.machine.reboots = True
    host.machine.start()
    host.wait_for_ssh()
    debian.settled("tool")
