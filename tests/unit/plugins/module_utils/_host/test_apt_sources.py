# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A baseline's sources stand in for those of the node, from the scan to the installation."""

from __future__ import annotations

import datetime
import os
import stat

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import apt, apt_install, apt_sources, base
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import Request, Wanted

LIST = "deb [trusted=yes] copy:/archive extra main"
DEB822 = "Types: deb\nURIs: copy:/archive\nSuites: extra\nComponents: main\nTrusted: yes"
NODE = {"id": "x", "name": "x", "operating_system": "DEBIAN"}


def clock():
    return datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.parametrize(
    ("configurations", "names"),
    [
        pytest.param([], [], id="none"),
        pytest.param([LIST], ["00.list"], id="one line each"),
        pytest.param([DEB822], ["00.sources"], id="deb822"),
        pytest.param(["# types\n%s" % LIST, "\n%s" % DEB822.lower()], ["00.list", "01.sources"], id="both"),
    ],
)
def test_files(configurations, names):
    found = apt_sources.files([base.Source("any name", text) for text in configurations])
    assert sorted(found) == names
    assert all(text.endswith("\n") for text in found.values())


@pytest.fixture
def two_suites(apt_system):
    """foo 2.0 on the node's own sources, 1.5 in the suite extra that only the baseline names."""
    apt_system.have("foo", "1.0")
    own = apt_system.suite("stable")
    configured = apt_system.file("etc/apt/sources.list").read_text()
    apt_system.suite("extra").add("foo", "1.5")
    apt_system.file("etc/apt/sources.list").write_text(configured)
    own.add("foo", "2.0")
    apt_system.update()
    return apt_system


def options(system, configuration, **changes):
    sources = (base.Source("extra", configuration),)
    return base.Options(root=str(system.path), sources=sources, **{"refresh": "always", **changes})


def offered(document):
    (package,) = document["packages"]
    return [version["version"] for version in package["available"]]


@pytest.mark.needs("python3-apt")
@pytest.mark.parametrize("configuration", [pytest.param(LIST, id="one-line"), pytest.param(DEB822, id="deb822")])
def test_scan_and_installation_use_the_given_sources_only(two_suites, configuration):
    before = {
        path: path.read_bytes()
        for path in two_suites.file("etc").rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    lists = sorted(path.name for path in two_suites.file("var/lib/apt/lists").iterdir())
    given = options(two_suites, configuration)
    document = apt.Apt(two_suites.run, clock, given).inventory(NODE)
    assert offered(document) == ["1.5"]
    assert {repository["codename"] for repository in document["repositories"].values()} == {"extra"}
    assert (document["problems"], document["warnings"]) == ([], [])
    backend = apt_install.AptInstaller(two_suites.run, given)
    assert "2.0" in backend.solve(Request((Wanted("foo", "amd64", "2.0"),))).refusal
    wish = Request((Wanted("foo", "amd64", "1.5"),))
    assert backend.solve(wish).refusal == ""
    for step in [*backend.download(wish), *backend.install(wish)]:
        assert two_suites.start(step.command, step.environment).wait() == 0
    assert two_suites.installed() == {"foo.amd64": "1.5"}
    # the node's own configuration and lists are as they were
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in two_suites.file("var/lib/apt/lists").iterdir()) == lists
    assert offered(apt.Apt(two_suites.run, clock, given._replace(sources=())).inventory(NODE)) == ["2.0"]


def test_sources_are_kept_for_root_alone(two_suites):
    settings = apt_sources.configuration(options(two_suites, LIST))
    folder = two_suites.file(settings[apt_sources.PARTS])
    assert two_suites.file("var/lib/patchops") in folder.parents
    (file,) = folder.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, file)] == [0o700, 0o700, 0o600]


def test_an_apt_that_reads_sources_finds_them_whole(two_suites):
    """The next run writes them beside it, and never empties what is being read."""
    given = options(two_suites, LIST)
    (file,) = two_suites.file(apt_sources.configuration(given)[apt_sources.PARTS]).iterdir()
    with file.open(encoding="utf-8") as read:
        apt_sources.configuration(given)
        assert os.fstat(read.fileno()).st_ino != file.stat().st_ino
        assert read.read() == file.read_text(encoding="utf-8")
    assert list(file.parent.iterdir()) == [file]


def test_other_sources_have_a_folder_of_their_own(two_suites):
    first, second, again = (
        apt_sources.configuration(options(two_suites, text))[apt_sources.PARTS] for text in (LIST, DEB822, LIST)
    )
    assert first == again != second


@pytest.mark.needs("python3-apt")
@pytest.mark.parametrize(
    "changes", [pytest.param({"check_mode": True}, id="check mode"), pytest.param({"privileged": False}, id="no root")]
)
def test_a_scan_that_may_write_nothing_finds_what_is_fetched(two_suites, changes):
    apt.Apt(two_suites.run, clock, options(two_suites, LIST)).inventory(NODE)
    for path in two_suites.file("var/lib/patchops/apt").rglob("*.list"):
        path.unlink()
    given = options(two_suites, LIST, **changes)
    assert offered(apt.Apt(two_suites.run, clock, given).inventory(NODE)) == ["1.5"]
    wish = Request((Wanted("foo", "amd64", "1.5"),))
    assert apt_install.AptInstaller(two_suites.run, given).solve(wish).refusal == ""
    assert not list(two_suites.file("var/lib/patchops/apt").rglob("*.list"))
