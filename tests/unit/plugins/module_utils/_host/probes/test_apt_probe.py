# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apt probe: its parsers on any Python, and the whole of it under the interpreter that owns python3-apt."""

import fcntl
import inspect
import json
import os
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import apt

SOURCE = inspect.getsource(apt)


def ask(interpreter, options, before=""):
    """Send the probe's source to an interpreter, as the module does."""
    ended = subprocess.run(
        [interpreter, "-I", "-", json.dumps(options)],
        input=(before + SOURCE).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout.decode())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("http://deb.example.org/debian", "http://deb.example.org/debian", id="plain"),
        pytest.param("https://me:s3cret@deb.example.org/x@y", "https://deb.example.org/x@y", id="user and password"),
        pytest.param("http://me@deb.example.org", "http://deb.example.org", id="user, no path"),
        pytest.param("http://a:p@ss@deb.example.org/", "http://deb.example.org/", id="an @ in the password"),
        pytest.param("http://deb.example.org/pool/a@b", "http://deb.example.org/pool/a@b", id="an @ in the path"),
        pytest.param("file:/srv/debian", "file:/srv/debian", id="no host"),
        pytest.param("cdrom:[Debian 12]/", "cdrom:[Debian 12]/", id="compact disc"),
    ],
)
def test_without_userinfo(address, expected):
    assert apt.without_userinfo(address) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Date: D\nValid-Until: V\nSHA256:\n", ("D", "V"), id="both"),
        pytest.param("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nDate: D\n", ("D", None), id="signed, no end"),
        pytest.param("SHA256:\n abc 12 Date: D\nDate: later\n", (None, None), id="nothing before the checksums"),
        pytest.param("Date: first\nDate: second\n", ("first", None), id="the first one counts"),
        pytest.param("", (None, None), id="empty"),
    ],
)
def test_parse_release(text, expected):
    assert apt.parse_release(text) == expected


RELEASE = (
    "SHA256:\n aaaa 222 main/binary-amd64/Packages\n bbbb      99 main/binary-amd64/Packages.xz\n cccc x odd/Packages\n"
)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        pytest.param("main/binary-amd64/Packages", 222, id="listed"),
        pytest.param("main/binary-arm64/Packages", None, id="not listed"),
        pytest.param("binary-amd64/Packages", None, id="end of a longer name"),
        pytest.param("odd/Packages", None, id="no number"),
    ],
)
def test_parse_size(index, expected):
    assert apt.parse_size(RELEASE, index) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("1: POSIX  ADVISORY  WRITE 4711 fe:00:99 0 EOF", {"lock": 4711}, id="held"),
        pytest.param("1: POSIX  ADVISORY  READ 4711 fe:00:99 0 EOF", {}, id="only read"),
        pytest.param("1: -> POSIX  ADVISORY  WRITE 4711 fe:00:99 0 EOF", {}, id="only waiting"),
        pytest.param("1: POSIX  ADVISORY  WRITE 4711 fe:01:99 0 EOF", {}, id="same inode on another device"),
        pytest.param("1: POSIX  ADVISORY  WRITE 4711 odd 0 EOF", {}, id="no inode"),
        pytest.param("", {}, id="empty"),
    ],
)
def test_parse_lock_holders(line, expected):
    assert apt.parse_lock_holders(line + "\n", {(0xFE, 0, 99): "lock"}) == expected


def test_a_lock_that_is_held_is_found_with_its_holder(tmp_path):
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    path = tmp_path / "var/lib/dpkg/lock-frontend"
    with open(str(path), "w") as stream:
        fcntl.lockf(stream, fcntl.LOCK_EX)
        found = apt.read_locks(str(tmp_path), str(tmp_path))
    assert [(holder["lock"], holder["process"]) for holder in found] == [(str(path), os.getpid())]
    with open("/proc/self/comm") as stream:  # and not its arguments, which may hold credentials
        assert found[0]["command"] == stream.read().strip()
    assert apt.read_locks(str(tmp_path), str(tmp_path)) == []


@pytest.mark.parametrize(
    ("attempted", "expected"),
    [
        pytest.param(1000, 1000, id="copied file system: every file is new, the attempt is old"),
        pytest.param(99999999999, None, id="failed refresh: the attempt is newer than the list"),
    ],
)
def test_last_checked_is_the_earlier_sign(tmp_path, attempted, expected):
    release = tmp_path / "InRelease"
    release.write_text("")
    partial = tmp_path / "partial"
    partial.mkdir()
    os.utime(str(partial), (attempted, attempted))
    changed = os.lstat(str(release)).st_ctime
    assert apt.last_checked(str(release), str(partial)) == (changed if expected is None else expected)


def test_last_checked_of_no_list(tmp_path):
    assert apt.last_checked(str(tmp_path / "InRelease"), str(tmp_path)) is None


def test_an_interpreter_without_the_bindings_says_so():
    answer = ask(sys.executable, {}, before="import sys; sys.modules['apt_pkg'] = None\n")
    assert answer["error"]["kind"] == "bindings"


@pytest.mark.needs("python3-apt")
def test_the_probe_answers_one_document(fake_root):
    suite = fake_root.suite("stable")
    suite.add("foo", "1.2", Section="universe/net", Priority="important")
    fake_root.install("foo", "1.1")
    fake_root.update()
    answer = ask("/usr/bin/python3", {"rootdir": str(fake_root.root), "filenames": True})
    (package,) = answer["packages"]
    assert (package["name"], package["arch"], package["version"], package["installed"]) == (
        "foo",
        "amd64",
        "1.1",
        1750000000,
    )
    (version,) = package["versions"]
    assert (version["version"], version["section"], version["priority"]) == ("1.2", "universe/net", "important")
    assert version["deb"] == ["copy:%s/pool/foo_1.2_amd64.deb" % fake_root.archive]
    assert package["candidate"] == ["1.2", 500]
