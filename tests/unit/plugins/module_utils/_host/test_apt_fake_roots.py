# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory that the real apt gives of small file systems, each with one thing that matters."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import assessment, choice, schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._host import apt, base

pytestmark = pytest.mark.needs("python3-apt")

NODE = {"id": "x", "name": "x", "operating_system": "DEBIAN"}
MONTHS_AGO = 1780000000  # 2026-05-28T20:26:40Z


def clock():
    return datetime.datetime.now(datetime.timezone.utc)


def manager(fake_root, run=None, **options):
    options = {"refresh": "never", "root": str(fake_root.root), **options}
    return apt.Apt(run or fake_root.run, clock, base.Options(**options))


def take(fake_root, run=None, **options):
    document = manager(fake_root, run, **options).inventory(NODE)
    assert list(shape.faults(document, schemas.INVENTORY)) == []
    return document


def candidates(document):
    """What the inventory lets through: the newest version that is not excluded, by package."""
    chosen = {}
    for package in document["packages"]:
        open_ = [version["version"] for version in package["available"] if not version["excluded"]]
        if open_ and open_[0] != package["installed"][0]["version"]:
            chosen[package["name"]] = open_[0]
    return chosen


def exclusions(document):
    return {
        version["version"]: version["excluded"]
        for package in document["packages"]
        for version in package["available"]
        if version["excluded"]
    }


def two_suites(fake_root, installed="1.0", **backports):
    """foo: 1.0 and 1.1 in stable, 1.1+sec in security, 2.0 in backports."""
    stable = fake_root.suite("stable")
    stable.add("foo", "1.0" if installed == "1.0" else "1.1")
    fake_root.suite("stable-security", label="Debian-Security").add("foo", "1.1+sec")
    fake_root.suite("stable-backports", **backports).add("foo", "2.0")
    fake_root.install("foo", installed)
    fake_root.update()


BACKPORTS = {"NotAutomatic": "yes", "ButAutomaticUpgrades": "yes"}


@pytest.mark.parametrize(
    ("installed", "backports", "pins", "upgraded", "excluded"),
    [
        pytest.param("1.0", {}, [], "2.0", {}, id="no pins"),
        pytest.param(
            "1.0",
            BACKPORTS,
            [],
            "1.1+sec",
            {"2.0": "apt's policy gives it priority 100, and the installed 1.0 has 500"},
            id="backports",
        ),
        pytest.param(
            "0.9",
            BACKPORTS,
            [],
            "1.1+sec",
            {"2.0": "apt's policy gives it priority 100, and its candidate 1.1+sec has 500"},
            id="backports, and what is installed is in no archive",
        ),
        pytest.param(
            "1.0",
            {},
            [("foo", "release n=stable-backports", -1)],
            "1.1+sec",
            {"2.0": "apt's policy gives it priority -1, which forbids it"},
            id="forbidden",
        ),
        pytest.param(
            "1.0",
            {},
            [("*", "release l=Debian-Security", 50), ("*", "release n=stable-backports", 50)],
            None,
            {
                "1.1+sec": "apt's policy gives it priority 50, and the installed 1.0 has 500",
                "2.0": "apt's policy gives it priority 50, and the installed 1.0 has 500",
            },
            id="all newer ones ranked below",
        ),
        pytest.param(
            "1.0",
            {},
            [("foo", "version 1.0", 990)],
            None,
            {
                "1.1+sec": "apt's policy gives it priority 500, and the installed 1.0 has 990",
                "2.0": "apt's policy gives it priority 500, and the installed 1.0 has 990",
            },
            id="kept at the installed version",
        ),
        pytest.param(
            "1.0",
            {},
            [("foo", "version 1.1*", 990)],
            "1.1+sec",
            {"2.0": "apt's policy gives it priority 500, and its candidate 1.1+sec has 990"},
            id="led to an older candidate",
        ),
        pytest.param(
            "1.2",
            {},
            [("foo", "version 1.1", 1001)],
            None,
            {"2.0": "apt's policy gives it priority 500, and its candidate 1.1 has 1001"},
            id="led below the installed version",
        ),
        pytest.param("1.0", {}, [("foo", "release n=stable-backports", 990)], "2.0", {}, id="led to the newest"),
        pytest.param("1.0", {}, [("bar", "release n=stable-backports", -1)], "2.0", {}, id="a pin for another package"),
    ],
)
def test_pins_are_honoured_as_apt_does(fake_root, installed, backports, pins, upgraded, excluded):
    two_suites(fake_root, installed, **backports)
    for pin in pins:
        fake_root.pin(*pin)
    document = take(fake_root)
    assert candidates(document) == ({"foo": upgraded} if upgraded else {})
    assert {version: reason for version, reason in exclusions(document).items() if version > installed} == excluded
    apts = {name: version for name, version in fake_root.upgradable().items() if apt_newer(version, installed)}
    assert candidates(document) == apts


def apt_newer(version, installed):
    return subprocess.run(["dpkg", "--compare-versions", version, "gt", installed], check=False).returncode == 0


def test_pins_are_ignored_on_request(fake_root):
    two_suites(fake_root, **BACKPORTS)
    document = take(fake_root, apt_pins="ignore")
    assert exclusions(document) == {}
    assert candidates(document) == {"foo": "2.0"}


def test_versions_and_their_repositories(fake_root):
    two_suites(fake_root)
    document = take(fake_root)
    (package,) = document["packages"]
    assert [version["version"] for version in package["available"]] == ["2.0", "1.1+sec", "1.0"]
    assert package["installed"] == [{"version": "1.0", "installed_time": "2025-06-15T15:06:40Z"}]
    (security,) = package["available"][1]["repositories"]
    assert security == "copy:%s stable-security/main amd64" % fake_root.archive
    repository = document["repositories"][security]
    assert (repository["label"], repository["archive"], repository["trusted"]) == (
        "Debian-Security",
        "stable-security",
        True,
    )
    assert repository["released_at"] == "2026-11-20T10:00:00Z"
    assert package["available"][1]["priority"] == "optional"
    assert package["available"][1]["section"] == "net"


def test_older_versions_are_left_out(fake_root):
    fake_root.suite("stable").add("foo", "1.0")
    fake_root.install("foo", "1:0.1")
    fake_root.update()
    assert take(fake_root)["packages"][0]["available"] == []


def test_one_version_in_two_archives_is_one_entry(fake_root):
    fake_root.suite("stable").add("foo", "1.1")
    fake_root.suite("updates").add("foo", "1.1", Section="admin")  # built again: another package to apt
    fake_root.install("foo", "1.0")
    fake_root.update()
    (version,) = take(fake_root)["packages"][0]["available"]
    assert [name.split()[1] for name in sorted(version["repositories"])] == ["stable/main", "updates/main"]


def test_an_archive_that_is_not_trusted(fake_root):
    fake_root.suite("stable", options="allow-insecure=yes").add("foo", "1.1")
    fake_root.install("foo", "1.0")
    fake_root.update()
    (repository,) = take(fake_root)["repositories"].values()
    assert repository["trusted"] is False


def test_holds_and_packages_that_are_gone(fake_root):
    fake_root.install("held", "1.0", state="hold ok installed")
    fake_root.install("gone", "1.0", state="deinstall ok config-files")
    fake_root.install("free", "1.0", arch="all")
    packages = take(fake_root)["packages"]
    assert [(package["name"], package["arch"], package["held"]) for package in packages] == [
        ("free", "all", None),
        ("held", "amd64", "on hold in dpkg (apt-mark hold)"),
    ]


def test_what_dpkg_has_not_finished_is_a_warning(fake_root):
    fake_root.install("bar", "1.0", state="install ok half-configured")
    fake_root.install("foo", "1.0", state="install reinstreq half-installed")
    document = take(fake_root)
    assert "bar (half-configured), foo (half-installed)" in document["warnings"][-1]
    assert "dpkg --configure --pending" in document["warnings"][-1]
    assert [package["unfinished"] for package in document["packages"]] == ["half-configured", "half-installed"]


def test_what_is_not_properly_installed_does_not_look_so(fake_root):
    stable = fake_root.suite("stable", label="Debian-Security")
    for name, state in (("good", "installed"), ("bad", "half-configured"), ("waits", "triggers-awaited")):
        stable.add(name, "1.0")
        fake_root.install(name, "1.0", state="install ok %s" % state)
    fake_root.update()
    rules = [{"security": True, "approve_after_days": 0}]
    (baseline,) = choice.parse_baselines([{"name": "all", "default": True, "approval_rules": rules}])
    record = assessment.assess(take(fake_root), [baseline], clock(), "run")
    found = {patch["name"]: (patch["state"], patch["reason"]) for patch in record["patches"]}
    assert {name: state for name, (state, _reason) in found.items()} == {
        "good": "INSTALLED",
        "bad": "MISSING",
        "waits": "MISSING",
    }
    assert "the package manager left it half-configured" in found["bad"][1]


def test_an_interrupted_dpkg_is_a_problem(fake_root):
    two_suites(fake_root)
    updates = fake_root.root / "var/lib/dpkg/updates"
    updates.mkdir()
    (updates / "tmp.i").write_text("")
    assert take(fake_root)["problems"] == []
    (updates / "0000").write_text("Package: foo\nStatus: install reinstreq half-installed\n")
    document = take(fake_root)
    (problem,) = document["problems"]
    assert "dpkg was interrupted" in problem["why"]
    assert document["complete"] is False


def test_lists_that_are_months_old_are_a_warning_with_their_instant(fake_root):
    two_suites(fake_root)
    fake_root.age(MONTHS_AGO)
    first, second = take(fake_root), take(fake_root)
    assert first["refreshed_at"] == "2026-05-28T20:26:40Z"
    assert len(first["warnings"]) == 3
    assert "stable-security were last refreshed 2026-05-28T20:26:40Z" in " ".join(first["warnings"])
    assert {**first, "captured_at": None} == {**second, "captured_at": None}


def test_lists_that_were_never_fetched_leave_nothing_to_decide_on(fake_root):
    fake_root.suite("stable").add("foo", "1.1")
    fake_root.install("foo", "1.0")
    document = take(fake_root)
    assert "no package list was ever fetched" in document["unusable"]
    assert document["problems"][0]["what"] == "the package lists of copy:%s stable" % fake_root.archive
    assert document["complete"] is False
    assert document["refreshed_at"] is None
    assert candidates(document) == {}


def test_a_list_that_is_a_link_into_a_local_archive(fake_root):
    """What apt makes of file: sources."""
    archive = fake_root.suite("stable", address="file:%s" % fake_root.archive)
    archive.add("foo", "1.1")
    fake_root.install("foo", "1.0")
    fake_root.update()
    assert fake_root.packages_files()[0].is_symlink()
    assert candidates(take(fake_root, refresh="always")) == {"foo": "1.1"}


def test_a_source_of_sources_only_needs_no_package_lists(fake_root):
    fake_root.suite("stable").add("foo", "1.1")
    fake_root.update()
    fake_root.sources.write_text(fake_root.sources.read_text() + "deb-src [trusted=yes] file:/nowhere stable main\n")
    assert take(fake_root)["warnings"] == []


def test_a_corrupt_list_is_an_error_with_a_remedy(fake_root):
    two_suites(fake_root)
    damaged = fake_root.packages_files()[0]
    damaged.unlink()
    damaged.write_bytes(b"Package: foo\nVersion\n\0\xff")
    with pytest.raises(base.BackendError) as error:
        take(fake_root)
    assert "Unable to parse package file %s" % damaged in str(error.value)
    assert "remove the files in %s and run 'apt-get update'" % fake_root.lists in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(
            b"Package: foo\nVersion: 1.1\nArchitecture: amd64\n\n",
            "Release file says",
            id="cut off between two packages",
        ),
    ],
)
def test_a_list_that_apt_takes_and_is_not_whole_is_a_problem(fake_root, content, words):
    two_suites(fake_root)
    damaged = fake_root.packages_files()[0]
    damaged.unlink()
    damaged.write_bytes(content)
    document = take(fake_root)
    (problem,) = document["problems"]
    assert problem["what"] == str(damaged)
    assert words in problem["why"]
    assert document["complete"] is False


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no frame", id="garbage"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\x04\x22\x4d\x18", id="cut off"),
    ],
)
def test_a_corrupt_compressed_list_is_an_error_with_a_remedy(fake_root, content):
    """What apt keeps where Acquire::GzipIndexes is set, as in containers."""
    two_suites(fake_root)
    plain = fake_root.packages_files()[0]
    damaged = plain.with_name(plain.name + ".lz4")
    plain.unlink()
    damaged.write_bytes(content)
    with pytest.raises(base.BackendError) as error:
        take(fake_root)
    assert "The package list %s is damaged" % damaged in str(error.value)
    assert "remove the files in %s and run 'apt-get update'" % fake_root.lists in str(error.value)


def test_broken_sources_are_an_error_that_names_the_file(fake_root):
    fake_root.sources.write_text("dbe http://deb.example.org stable main\n")
    with pytest.raises(base.BackendError) as error:
        take(fake_root)
    assert str(fake_root.sources) in str(error.value)


def test_passwords_of_sources_stay_out(fake_root):
    fake_root.suite("stable", address="http://me:s3cret@deb.example.org/debian")
    document = take(fake_root)
    assert "s3cret" not in str(document)
    assert "http://deb.example.org/debian" in str(document)


def test_what_a_user_may_not_read_is_named(fake_root, as_nobody):
    two_suites(fake_root, **BACKPORTS)
    fake_root.pin("foo", "release n=stable-backports", 990)
    (fake_root.preferences / "test").chmod(0o600)
    document = as_nobody(lambda: take(fake_root))
    (problem,) = document["problems"]
    assert problem["what"] == str(fake_root.preferences / "test")
    assert document["complete"] is False


def test_a_marker_of_a_needed_reboot(fake_root):
    (fake_root.root / "run/reboot-required").write_text("*** System restart required ***\n")
    (fake_root.root / "run/reboot-required.pkgs").write_text("linux-base\nlinux-base\nlibc6\n")
    assert take(fake_root)["reboot"] == {
        "required": True,
        "reason": "/run/reboot-required exists",
        "packages": ["libc6", "linux-base"],
    }


def test_unattended_upgrades_as_configured(fake_root):
    (fake_root.root / "usr/bin").mkdir(parents=True)
    (fake_root.root / "usr/bin/unattended-upgrade").write_text("")
    (fake_root.root / "etc/apt/apt.conf.d/20auto-upgrades").write_text('APT::Periodic::Unattended-Upgrade "7";\n')
    assert take(fake_root)["activity"] == [
        "unattended-upgrades installs updates on its own (APT::Periodic::Unattended-Upgrade 7)"
    ]


# Refresh


class Runner:
    """The fake root's runner, which keeps what it ran."""

    def __init__(self, fake_root):
        self._run = fake_root.run
        self.commands = []

    def __call__(self, command, data=None):
        self.commands.append(command[0] if data is None else "probe")
        return self._run(command, data)


@pytest.fixture
def stale_root(fake_root):
    """foo 1.1 came out after the lists were fetched, which was months ago."""
    suite = fake_root.suite("stable")
    suite.add("foo", "1.0")
    fake_root.install("foo", "1.0")
    fake_root.update()
    fake_root.age(MONTHS_AGO)
    suite.add("foo", "1.1")
    os.utime(str(suite.folder / "Release"))
    return fake_root


@pytest.mark.parametrize(
    ("options", "commands", "found"),
    [
        pytest.param({"refresh": "auto"}, ["probe", "apt-get", "probe"], {"foo": "1.1"}, id="auto, and they are old"),
        pytest.param({"refresh": "always"}, ["apt-get", "probe"], {"foo": "1.1"}, id="always"),
        pytest.param({"refresh": "never"}, ["probe"], {}, id="never"),
        pytest.param({"refresh": "auto", "check_mode": True}, ["probe"], {}, id="check mode"),
        pytest.param({"refresh": "always", "check_mode": True}, ["probe"], {}, id="always, check mode"),
        pytest.param({"refresh": "auto", "privileged": False}, ["probe"], {}, id="without root"),
        pytest.param(
            {"refresh": "auto", "cache_valid_time": 10**9}, ["probe"], {}, id="auto, and they are young enough"
        ),
    ],
)
def test_when_lists_are_refreshed(stale_root, options, commands, found):
    run = Runner(stale_root)
    assert candidates(take(stale_root, run, **options)) == found
    assert run.commands == commands


def test_a_refresh_that_brings_nothing_new_counts(fake_root):
    two_suites(fake_root)
    fake_root.age(MONTHS_AGO)
    assert take(fake_root, refresh="auto")["warnings"] == []
    run = Runner(fake_root)
    assert take(fake_root, run, refresh="auto")["warnings"] == []
    assert run.commands == ["probe"]


def test_a_refresh_that_found_a_list_current_is_noted_on_it(fake_root):
    """But not in its time of modification, which apt compares with the archive's."""
    two_suites(fake_root)
    before = {path: path.stat() for path in fake_root.lists.iterdir() if path.name.endswith(("Release", "Packages"))}
    take(fake_root, refresh="always")
    after = {path: path.stat() for path in before}
    assert [status.st_mtime_ns for status in after.values()] == [status.st_mtime_ns for status in before.values()]
    assert all(after[path].st_ctime_ns > before[path].st_ctime_ns for path in before)


def test_a_refresh_without_root_is_a_warning(stale_root):
    warnings = take(stale_root, refresh="auto", privileged=False)["warnings"]
    assert "needs root" in warnings[0]


def test_a_repository_that_fails_is_a_warning_and_the_others_count(stale_root):
    gone = stale_root.path / "gone"
    stale_root.sources.write_text(stale_root.sources.read_text() + "deb [trusted=yes] file:%s stable main\n" % gone)
    document = take(stale_root, refresh="auto")
    assert candidates(document) == {"foo": "1.1"}
    assert str(gone) in document["warnings"][0]
    assert document["warnings"][0].startswith("apt-get update: ")


HOLD = """\
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def lists_lock(fake_root):
    """Held by another process, whose end can be asked for."""
    path = fake_root.lists / "lock"
    path.touch()
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    yield holder
    holder.communicate()


def test_the_lock_of_the_lists_is_waited_for(stale_root, lists_lock, monkeypatch):
    monkeypatch.setattr(apt, "LOCK_RETRY", 0.0)
    run = Runner(stale_root)

    def release_after_the_first_refusal(command, data=None):
        answer = run(command, data)
        if command[0] == "apt-get" and run.commands.count("apt-get") == 1:
            assert answer[0] == 100
            lists_lock.communicate()
        return answer

    document = take(stale_root, release_after_the_first_refusal, refresh="auto")
    assert run.commands == ["probe", "apt-get", "apt-get", "probe"]
    assert document["warnings"] == []
    assert candidates(document) == {"foo": "1.1"}


def test_the_lock_of_the_lists_is_not_waited_for_for_ever(stale_root, lists_lock):
    assert lists_lock.poll() is None
    document = take(stale_root, refresh="auto", lock_timeout=0)
    assert "another process keeps %s/lock locked" % stale_root.lists in document["warnings"][0]
    assert "lock is locked by" in document["activity"][0]


# Bindings


def test_without_bindings_the_package_to_install_is_named(fake_root):
    without = 'import sys; sys.modules["apt_pkg"] = None\n'
    with pytest.raises(base.BackendError, match="apt-get install python3-apt"):
        take(fake_root, lambda command, data=None: fake_root.run(command, without + data))


def test_bindings_are_installed_on_request_but_not_in_check_mode(fake_root):
    without = 'import sys; sys.modules["apt_pkg"] = None\n'
    commands = []

    def run(command, data=None):
        commands.append(command)
        if command[0] == "apt-get":
            return 0, "", ""
        installed = any("install" in other for other in commands)
        return fake_root.run(command, data if installed else without + data)

    with pytest.raises(base.BackendError):
        take(fake_root, run, install_dependencies=True, check_mode=True)
    assert not any(command[0] == "apt-get" for command in commands)
    asked = manager(fake_root, run, install_dependencies=True)
    asked.inventory(NODE)
    assert asked.changed
    assert commands[-2][:2] == ["apt-get", "install"]
    assert commands[-2][-1] == "python3-apt"


def test_another_interpreter_can_be_named(fake_root):
    commands = []

    def run(command, data=None):
        commands.append(command)
        return fake_root.run(command, data)

    link = fake_root.path / "python"
    link.symlink_to("/usr/bin/python3")
    take(fake_root, run, interpreter=str(link))
    assert [command[0] for command in commands] == [str(link)]
