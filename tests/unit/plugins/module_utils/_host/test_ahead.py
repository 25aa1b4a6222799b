# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of advisories that are read while a package manager is asked; a decoder that waits makes the order certain."""

from __future__ import annotations

import datetime
import os
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import ahead, base, dnf_family
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import waiting

NOW = datetime.datetime(2026, 9, 1, tzinfo=datetime.timezone.utc)
ZCHUNK = b"\0ZCK1"  # which no module of Python reads, so a command does
TEXT = (
    '<updates><update type="security"><id>%s</id><pkglist><collection><package name="hello" epoch="0" version="2"'
    ' release="1" arch="x86_64"/></collection></pkglist></update></updates>'
)
OFFERS = {("hello", 0, "2", "1", "x86_64")}


class Cache:
    """A folder as dnf keeps one, and a decoder that says what it reads and then waits until it may."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path / "cache"
        self._said, self._may = path / "said", path / "may"
        self._log = path / "log"
        self._log.touch()
        decoder = path / "bin" / "unzck"
        decoder.parent.mkdir()
        decoder.write_text(
            "#!/bin/sh\n"
            '[ "$1" = --stdout ] || exit 2\n'
            "text=$(tail -c +6)\n"
            f'echo "$text" >> {self._log}\n'
            f'case "$text" in *WAITS*) touch {self._said};'
            f" for _time in $(seq 3000); do [ ! -e {self._may} ] || break; sleep 0.01; done;; esac\n"
            'case "$text" in *FAILS*) echo "checksum failed" >&2; exit 1;; esac\n'
            'printf %s "$text"\n'
        )
        decoder.chmod(0o755)
        self.decoder = str(decoder.parent)

    def add(self, repository: str, identifier: str, modified: int = 0) -> str:
        path = self.path / f"{repository}-0123456789abcdef" / "repodata" / "updateinfo.xml.zck"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ZCHUNK + (TEXT % identifier).encode())
        os.utime(path, (modified, modified))
        return str(path)

    def wait(self) -> None:
        """Until a decoder has begun with a file that waits."""
        waiting.until_there(self._said)

    def go_on(self) -> None:
        self._may.touch()

    @property
    def decoded(self) -> int:
        return self._log.read_text().count("<updates>")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    made = Cache(tmp_path)
    monkeypatch.setenv("PATH", made.decoder, prepend=os.pathsep)
    return made


def ids(reading):
    return [advisory["id"] for advisory in reading.advisories]


def reading(reader, path):
    return reader.reading(path, {"hello"}, OFFERS)


def test_a_file_is_read_while_something_else_is_done_and_not_again(cache):
    path = cache.add("one", "WAITS")
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        cache.go_on()
        assert ids(reading(reader, path)) == ["WAITS"]
    assert cache.decoded == 1


def test_the_newest_file_is_read_first(cache):
    older, newer = cache.add("one", "OLDER", 1), cache.add("two", "WAITS", 2)
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        assert cache.decoded == 1
        assert ids(reading(reader, older)) == ["OLDER"]  # at once: nothing had been read of it
        cache.go_on()
        assert ids(reading(reader, newer)) == ["WAITS"]
    assert cache.decoded == 2


def test_files_that_are_not_wanted_are_dropped(cache):
    wanted = cache.add("one", "WANTED", 1)
    cache.add("two", "WAITS", 2)
    cache.add("three", "NEVER", 0)
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        reader.keep({wanted})
        cache.go_on()
        assert ids(reading(reader, wanted)) == ["WANTED"]
    assert cache.decoded == 2


def test_what_fails_meanwhile_drops_what_is_being_read(cache):
    cache.add("one", "WAITS")

    cache.add("two", "NEVER", -1)

    def fail():
        cache.wait()
        cache.go_on()
        raise base.BackendError("no answer")

    with pytest.raises(base.BackendError, match="no answer"), ahead.Ahead(str(cache.path)):
        fail()
    assert cache.decoded == 1


def test_a_file_that_was_replaced_is_read_again(cache):
    path = cache.add("one", "WAITS")
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        cache.add("one", "REPLACED", 5)
        cache.go_on()
        assert ids(reading(reader, path)) == ["REPLACED"]


def test_a_file_that_vanished_is_an_error_as_if_it_had_never_been_read(cache):
    path = cache.add("one", "WAITS")
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        os.unlink(path)
        cache.go_on()
        found = reading(reader, path)
    assert found.advisories == []
    assert str(found.error) == f"{path}: cannot be opened: No such file or directory"


def test_a_file_that_appears_later_is_read(cache):
    with ahead.Ahead(str(cache.path)) as reader:
        assert ids(reading(reader, cache.add("one", "LATER"))) == ["LATER"]


def test_a_decoder_that_fails_is_told_of_with_the_file(cache):
    path = cache.add("one", "WAITS, FAILS")
    with ahead.Ahead(str(cache.path)) as reader:
        cache.wait()
        cache.go_on()
        found = reading(reader, path)
    assert "checksum failed" in str(found.error)
    assert cache.decoded == 1


def test_a_missing_decoder_is_told_of_with_the_file(cache, monkeypatch):
    path = cache.add("one", "A")
    monkeypatch.setenv("PATH", "")
    with ahead.Ahead(str(cache.path)) as reader:
        assert reading(reader, path).error.package == "zchunk"


def test_a_large_file_is_not_kept(cache, monkeypatch):
    path = cache.add("one", "LARGE")
    monkeypatch.setattr(ahead, "LARGEST", 100)
    with ahead.Ahead(str(cache.path)) as reader:
        assert ids(reading(reader, path)) == ["LARGE"]
    assert cache.decoded == 2


def test_a_cache_that_is_not_there(tmp_path):
    with ahead.Ahead(str(tmp_path / "none")) as reader:
        reader.keep({None})


class Manager(dnf_family.DnfFamily):
    """A package manager that answers when the decoder has begun."""

    cache = "/cache"

    def __init__(self, options, cache, repositories):
        super().__init__(None, lambda: NOW, options)
        self._files = cache
        self._repositories = repositories

    def _place(self, node):
        return {}

    def _look(self, options):
        self._files.wait()
        self._files.go_on()
        version = {"epoch": 0, "version": "2", "release": "1"}
        offer = dict(version, repositories=["one"], excluded=[], build_time=1, size=1)
        installed = dict(version, version="1", installed=1)
        return {
            "packages": [{"name": "hello", "arch": "x86_64", "installed": [installed], "versions": [offer]}],
            "repositories": self._repositories,
            **{name: [] for name in ("excludepkgs", "includepkgs", "locks", "complaints", "unreadable", "timers")},
            **dict.fromkeys(("own_releasever", "releasever", "own_cache", "ostree"), None),
            "reboot_names": [],
        }

    def _advise_without_decoder(self, document, options, unread):
        document["warnings"] += sorted(unread.values())


def repository(path):
    return {
        "id": "one",
        "name": "one",
        "uri": None,
        "gpgcheck": True,
        "fetched": True,
        "checked": NOW.timestamp(),
        "published": 1,
        "updateinfo": path,
        "has_updateinfo": True,
        "failure": None,
        "excludepkgs": [],
        "includepkgs": [],
    }


def test_an_inventory_takes_what_was_read_while_the_package_manager_answered(cache, tmp_path):
    path = cache.add("one", "WAITS")
    options = base.Options(root=str(tmp_path))
    document = Manager(options, cache, [repository(path)]).inventory({"operating_system": "FEDORA"})
    assert list(document["advisories"]) == ["WAITS"]
    assert document["packages"][0]["available"][0]["advisories"] == ["WAITS"]
    assert (document["problems"], document["complete"]) == ([], True)
    assert cache.decoded == 1


def test_an_inventory_says_which_advisories_could_not_be_read_meanwhile(cache, tmp_path):
    path = cache.add("one", "WAITS, FAILS")
    options = base.Options(root=str(tmp_path))
    document = Manager(options, cache, [repository(path)]).inventory({"operating_system": "FEDORA"})
    (problem,) = document["problems"]
    assert problem["what"] == "advisories of repository one"
    assert "checksum failed" in problem["why"]
    assert not document["complete"]
