# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks that need no package manager: what is found, and how bad that is."""

from __future__ import annotations

import datetime
import fcntl
import os
import shutil
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import locks, os_release, preflight
from ansible_collections.patchops.fleet.plugins.module_utils._host.base import Options
from ansible_collections.patchops.fleet.plugins.module_utils._host.preflight import FileSystem, Held

MIB = 1 << 20

HOLDER = """
import fcntl, sys
stream = open(sys.argv[1], "r+")
fcntl.lockf(stream, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def system(text):
    return os_release.identify(os_release.parse_os_release(text))


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        pytest.param('ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"', "ok", "(DEBIAN), apt", id="Debian"),
        pytest.param('ID=rocky\nNAME="Rocky Linux"\nVERSION_ID="9.4"', "ok", "(ROCKY_LINUX), dnf", id="Rocky"),
        pytest.param('ID=amzn\nNAME="Amazon Linux"\nVERSION_ID="2"', "error", "Python 2", id="Amazon Linux 2"),
        pytest.param('ID=arch\nNAME="Arch Linux"', "error", "no operating system that Patch Manager knows", id="Arch"),
        pytest.param("", "error", "this system", id="no os-release"),
    ],
)
def test_operating_system(text, status, words):
    finding = preflight.operating_system(system(text))
    assert finding.status == status
    assert words in finding.finding


@pytest.mark.parametrize(
    ("systems", "found"),
    [
        pytest.param([FileSystem("/", 200 * MIB, 1000, False)], [("ok", "free: / 200 MiB")], id="just enough"),
        pytest.param(
            [FileSystem("/", 200 * MIB - 1, 1000, False)],
            [("error", "/ has 199 MiB free, less than 200 MiB")],
            id="a byte too little",
        ),
        pytest.param(
            [FileSystem("/", 900 * MIB, 5000, False), FileSystem("/boot", 60 * MIB, 5000, False)],
            [("ok", "free: / 900 MiB, /boot 60 MiB")],
            id="boot needs less",
        ),
        pytest.param(
            [FileSystem("/", 10 * MIB, 5000, False), FileSystem("/boot", 40 * MIB, 5000, False)],
            [("error", "/ has 10 MiB free, less than 200 MiB"), ("error", "/boot has 40 MiB free, less than 50 MiB")],
            id="each is named",
        ),
        pytest.param(
            [FileSystem("/var", 900 * MIB, 999, False)],
            [("error", "/var can take 999 more files only, whatever their size")],
            id="no inodes",
        ),
        pytest.param([FileSystem("/", 900 * MIB, None, False)], [("ok", "free: / 900 MiB")], id="no count of inodes"),
        pytest.param(
            [FileSystem("/", 900 * MIB, 5000, True)],
            [("error", "the file system of / is mounted read-only")],
            id="read-only",
        ),
    ],
)
def test_disk_space(systems, found):
    findings = preflight.disk_space(systems, 200)
    assert [(finding.status, finding.finding) for finding in findings] == found
    assert all(finding.remedy for finding in findings if finding.status == "error")


def test_each_file_system_is_looked_at_once():
    (first, *others) = preflight.file_systems("apt")
    assert first.path == "/"
    assert first.free > 0
    assert len({os.stat(other.path).st_dev for other in [first, *others]}) == len(others) + 1


@pytest.fixture
def lock_file(tmp_path):
    path = tmp_path / "var/lib/dpkg/lock-frontend"
    path.parent.mkdir(parents=True)
    path.write_text("")
    return path


@pytest.fixture
def holder(lock_file):
    """Another process that holds the lock, as apt does."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.stdin.close()


def test_a_lock_that_nobody_holds(tmp_path, lock_file):
    assert locks.held("apt", str(tmp_path)) == []


def test_a_lock_that_another_process_holds(tmp_path, lock_file, holder):
    assert locks.held("apt", str(tmp_path)) == [Held(str(lock_file), holder.pid)]
    assert locks.held_after("apt", 0, str(tmp_path)) == [Held(str(lock_file), holder.pid)]
    assert locks.command_of(holder.pid)


def test_looking_takes_no_lock(tmp_path, lock_file):
    with open(str(lock_file), "r+b") as stream:
        locks.held("apt", str(tmp_path))
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("content", "is_held"),
    [
        pytest.param(str(os.getpid()), True, id="a process that lives"),
        pytest.param("999999999", False, id="one that died"),
        pytest.param("", False, id="empty"),
        pytest.param("zypper", False, id="no number"),
    ],
)
def test_a_lock_that_names_its_holder(tmp_path, content, is_held):
    path = tmp_path / "run/zypp.pid"
    path.parent.mkdir()
    path.write_text(content)
    assert bool(locks.held("zypper", str(tmp_path))) is is_held


def test_a_lock_that_may_not_be_read(tmp_path, lock_file, as_nobody):
    lock_file.chmod(0o600)
    with pytest.raises(locks.Unreadable, match="lock-frontend: Permission denied"):
        as_nobody(lambda: locks.held("apt", str(tmp_path)))


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        pytest.param([], "ok", "no other process", id="none"),
        pytest.param([Held("/l", 12)], "error", "held after 60 seconds: /l by process 12 (aptd)", id="one"),
        pytest.param([Held("/l", 0)], "error", "/l by a process that cannot be seen from here", id="in a container"),
    ],
)
def test_lock(found, status, words):
    finding = preflight.lock(found, 60, lambda process: "aptd")
    assert finding.status == status
    assert words in finding.finding


@pytest.mark.parametrize(
    ("left", "unfinished", "status", "words"),
    [
        pytest.param([], [], "ok", "nothing", id="nothing"),
        pytest.param(["dpkg has not finished with openssl"], [], "warning", "openssl", id="of others"),
        pytest.param([], ["r1"], "warning", "run r1 was interrupted", id="our own"),
    ],
)
def test_interrupted(left, unfinished, status, words):
    finding = preflight.interrupted(left, unfinished)
    assert finding.status == status
    assert words in finding.finding


STARTED = "2026-11-21T10:00:00Z"
OLD = "2026-11-21T04:00:00Z"


def inventory(*repositories, manager="dnf", warnings=(), problems=()):
    return {
        "manager": manager,
        "repositories": {entry["id"]: entry for entry in repositories},
        "warnings": list(warnings),
        "problems": list(problems),
        "refreshed_at": OLD,
    }


def repository(name, refreshed_at=STARTED, uri="http://a.example.com/x"):
    return {"id": name, "uri": uri, "refreshed_at": refreshed_at}


@pytest.mark.parametrize(
    ("given", "started", "status", "words"),
    [
        pytest.param(inventory(repository("base")), STARTED, "ok", "all 1 answered", id="answered"),
        pytest.param(inventory(repository("base", OLD)), STARTED, "error", "1 of 1 did not answer: base", id="silent"),
        pytest.param(inventory(repository("base", None)), STARTED, "error", "base", id="never fetched"),
        pytest.param(
            inventory(repository("base"), repository("extra", OLD), warnings=["extra was not refreshed: 404", "other"]),
            STARTED,
            "error",
            "1 of 2 did not answer: extra; extra was not refreshed: 404",
            id="in the package manager's words",
        ),
        pytest.param(
            inventory(repository("d", None), problems=[{"what": "repository d", "why": "nothing is cached"}]),
            STARTED,
            "error",
            "d; repository d: nothing is cached",
            id="problem",
        ),
        pytest.param(
            inventory(repository("unsigned", OLD, "http://b.example.com"), repository("x", OLD), manager="apt",
                      warnings=["apt-get update: Failed to fetch http://a.example.com/x/InRelease  404"]),
            STARTED,
            "error",
            "1 of 2 did not answer: x; apt-get update: Failed to fetch",
            id="apt marks no unsigned list while another fails",
        ),
        pytest.param(inventory(repository("disc", None, "cdrom:[Debian]")), STARTED, "ok", "all 1", id="disc"),
        pytest.param(inventory(repository("base", OLD)), None, "skipped", "not asked", id="check mode"),
        pytest.param(inventory(), STARTED, "error", "nothing is known of any repository", id="none"),
    ],
)  # fmt: skip
def test_repositories(given, started, status, words):
    finding = preflight.repositories(given, started)
    assert finding.status == status
    assert words in finding.finding


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param({"required": True, "reason": "kernel"}, "warning", id="due"),
        pytest.param({"required": False, "reason": None}, "ok", id="not due"),
        pytest.param({"required": None, "reason": "nobody notes it"}, "skipped", id="unknown"),
        pytest.param(None, "skipped", id="not told"),
    ],
)
def test_pending_reboot(said, status):
    assert preflight.pending_reboot({"reboot": said}).status == status


@pytest.mark.parametrize(
    ("asked", "began", "ended", "answered", "status", "words"),
    [
        pytest.param(100, 101, 109, 110, "ok", "agrees", id="within the time of the task"),
        pytest.param(100, 90, 98, 110, "ok", "at least 10.0 seconds behind", id="behind, tolerated"),
        pytest.param(100, 69, 77, 110, "error", "at least 31.0 seconds behind", id="behind"),
        pytest.param(100, 133, 141, 110, "error", "at least 31.0 seconds ahead of", id="ahead"),
        pytest.param(100, 130, 140, 110, "ok", "at least 30.0 seconds ahead of", id="just tolerated"),
    ],
)
def test_clock(asked, began, ended, answered, status, words):
    finding = preflight.clock_skew(asked, began, ended, answered, 30)
    assert finding.status == status
    assert words in finding.finding


def clock():
    return datetime.datetime.now(datetime.timezone.utc)


def later():
    """A second look within the second of the first one would take its lists for fresh."""
    return clock() + datetime.timedelta(seconds=5)


def examined(fake_root, clock=clock, **options):
    """The findings on a node of apt, by the name of their check."""
    asked_of = preflight.Node("n")
    asked = Options(**{"refresh": "always", "lock_timeout": 0, "root": str(fake_root.root), **options})
    return {finding.check: finding for finding in preflight.examine(asked_of, fake_root.run, clock, asked, 1)}


@pytest.fixture
def node(fake_root):
    fake_root.suite("stable").add("hello", "2.0")
    fake_root.suite("security", label="Debian-Security").add("hello", "2.1")
    fake_root.install("hello", "1.0")
    return fake_root


@pytest.mark.needs("python3-apt")
def test_the_repositories_of_a_node_are_asked(node):
    findings = examined(node)
    assert (findings["repositories"].status, findings["repositories"].finding) == ("ok", "all 2 answered")
    assert findings["package_manager"].status == "ok"


@pytest.mark.needs("python3-apt")
def test_a_repository_that_does_not_answer_is_named(node):
    examined(node)
    shutil.rmtree(str(node.archive / "dists" / "security"))
    finding = examined(node, later)["repositories"]
    assert finding.status == "error"
    assert finding.finding.startswith("1 of 2 did not answer: ")
    assert "security" in finding.finding
    assert "stable" not in finding.finding


@pytest.mark.needs("python3-apt")
def test_a_repository_that_never_answered_is_named(node):
    node.suite("gone")
    shutil.rmtree(str(node.archive / "dists" / "gone"))
    finding = examined(node)["repositories"]
    assert finding.status == "error"
    assert "/dists/gone/" in finding.finding


@pytest.mark.needs("python3-apt")
def test_check_mode_asks_no_repository(node):
    findings = examined(node, check_mode=True)
    assert findings["repositories"].status in ("skipped", "error")
    assert not node.packages_files()


@pytest.mark.needs("python3-apt")
def test_what_the_package_manager_says_is_an_error(node):
    node.sources.write_text("deb nonsense\n")
    finding = examined(node)["package_manager"]
    assert finding.status == "error"
    assert "sources.list" in finding.finding
