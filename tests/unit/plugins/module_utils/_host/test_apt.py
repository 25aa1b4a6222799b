# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided from the probe's document; what the probe and apt do stands in test_apt_fake_roots.py."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import apt, apt_inventory

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
HOUR = 3600


def source(**changes):
    found = {
        "uri": "http://deb.example.org/debian",
        "dist": "bookworm",
        "release": "/lists/InRelease",
        "fetched": True,
        "date": None,
        "valid_until": None,
        "checked": NOW.timestamp() - HOUR,
    }
    return {**found, **changes}


def found(*sources, **changes):
    document = {
        "sources": list(sources),
        "files": {},
        "packages": [],
        "reboot": {"marker": None, "packages": [], "notifiers": []},
        "interrupted": False,
        "unattended": {"installed": False, "periodic": "1", "upgrade": "0", "last_run": None},
        "locks": [],
        "boot_time": None,
        "unreadable": [],
        "proxies": {},
    }
    return {**document, **changes}


def inventory(document):
    return apt_inventory.inventory(document, {"id": "x", "name": "x", "operating_system": "DEBIAN"}, NOW, "honour")


@pytest.mark.parametrize(
    ("sources", "due"),
    [
        pytest.param([], False, id="no sources"),
        pytest.param([source(checked=NOW.timestamp() - 5 * HOUR)], False, id="younger"),
        pytest.param([source(checked=NOW.timestamp() - 7 * HOUR)], True, id="older"),
        pytest.param([source(), source(checked=NOW.timestamp() - 7 * HOUR)], True, id="the oldest counts"),
        pytest.param([source(), source(fetched=False, checked=None)], True, id="never fetched"),
        pytest.param([source(uri="cdrom:[Debian]", checked=0)], False, id="a compact disc does not change"),
        pytest.param([source(checked=None)], False, id="nothing tells"),
    ],
)
def test_refresh_due(sources, due):
    assert apt.refresh_due(found(*sources), NOW, 6 * HOUR) is due


FAILED = "W: Failed to fetch http://u:p@deb.example.org/debian/dists/x/InRelease  Could not connect"
SOME = "W: Some index files failed to download. They have been ignored, or old ones used instead."
LOCKED = """\
E: Could not get lock /var/lib/apt/lists/lock. It is held by process 42 (apt-get)
E: Unable to lock directory /var/lib/apt/lists/
"""


@pytest.mark.parametrize(
    ("code", "errors", "expected"),
    [
        pytest.param(0, "", [], id="all well"),
        pytest.param(0, "W: http://x: Key is stored in legacy trusted.gpg keyring", [], id="nothing about fetching"),
        pytest.param(
            0,
            FAILED + "\n" + SOME,
            ["apt-get update: Failed to fetch http://deb.example.org/debian/dists/x/InRelease  Could not connect"],
            id="one repository, without its password",
        ),
        pytest.param(0, SOME, ["apt-get update: " + SOME[3:]], id="only the summary"),
        pytest.param(
            100,
            "E: The repository 'http://x y Release' does not have a Release file.\nN: See apt-secure(8)",
            ["apt-get update: The repository 'http://x y Release' does not have a Release file."],
            id="an error",
        ),
        pytest.param(
            100, FAILED + "\n" + FAILED, ["apt-get update: " + FAILED[3:].replace("u:p@", "")], id="said twice"
        ),
        pytest.param(100, "", ["apt-get update ended with exit code 100"], id="no words"),
        pytest.param(
            100,
            LOCKED,
            [
                "the package lists were not refreshed: another process keeps /var/lib/apt/lists/lock locked,"
                " held by process 42 (apt-get)"
            ],
            id="locked",
        ),
    ],
)
def test_parse_update(code, errors, expected):
    assert apt.parse_update(code, errors) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            "E:Unable to parse package file /lists/x_Packages (1)",
            ["/lists/x_Packages", "remove the files in /lists", "apt-get update"],
            id="list",
        ),
        pytest.param(
            "E:Malformed entry 1 in list file /etc/apt/sources.list (URI)",
            ["/etc/apt/sources.list", "Correct the file"],
            id="sources",
        ),
        pytest.param("E:Something else.", [": Something else. Run 'apt-get update'"], id="anything"),
        pytest.param(
            "W:Ignoring file 'x.save' in directory '/etc/apt/sources.list.d/' as it has an invalid filename extension, "
            "E:LZ4F: /var/lib/apt/lists/a_Packages.lz4 Read error (18446744073709551603: ERROR_frameType_unknown), "
            "E:The package lists or status file could not be parsed or opened.",
            ["cache: LZ4F: /var/lib", "opened. The package list /var/lib/apt/lists/a_Packages.lz4 is damaged"],
            id="compressed list, after a warning that names the folder of sources",
        ),
        pytest.param("E:source http://u:p@host/ is odd", ["http://host/"], id="no password"),
    ],
)
def test_unusable_names_the_words_and_the_remedy(words, expected):
    text = apt.unusable(words, refreshed=False)
    for part in expected:
        assert part in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"checked": NOW.timestamp() - 25 * HOUR}, "were last refreshed 2026-11-20T11:00:00Z", id="old"),
        pytest.param(
            {"valid_until": "Sat, 21 Nov 2026 11:59:59 UTC"}, "were valid until 2026-11-21T11:59:59Z", id="expired"
        ),
    ],
)
def test_warnings_name_the_source_and_an_instant(changes, expected):
    (warning,) = inventory(found(source(**changes)))["warnings"]
    assert warning.startswith("the package lists of http://deb.example.org/debian bookworm ")
    assert expected in warning


def test_no_warning_about_fresh_lists():
    assert inventory(found(source(valid_until="Sat, 21 Nov 2026 12:00:01 UTC")))["warnings"] == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param(found(), "no package sources are configured", id="no sources"),
        pytest.param(found(source(fetched=False, checked=None)), "no package list was ever fetched", id="no list"),
    ],
)
def test_without_any_list_the_inventory_is_unusable(document, words):
    assert words in inventory(document)["unusable"]


def test_a_source_that_was_never_fetched_is_a_problem():
    document = inventory(found(source(), source(dist="trixie", fetched=False, checked=None)))
    assert document["complete"] is False
    assert [problem["what"] for problem in document["problems"]] == [
        "the package lists of http://deb.example.org/debian trixie"
    ]


def test_refreshed_at_is_that_of_the_oldest():
    assert (
        inventory(found(source(), source(checked=NOW.timestamp() - 9 * HOUR)))["refreshed_at"] == "2026-11-21T03:00:00Z"
    )


@pytest.mark.parametrize(
    ("changes", "required"),
    [
        pytest.param({"marker": "/run/reboot-required", "packages": ["linux-base"]}, True, id="marker"),
        pytest.param(
            {"notifiers": ["/etc/kernel/postinst.d/unattended-upgrades"]},
            False,
            id="no marker, and something would write it",
        ),
        pytest.param({}, None, id="no marker, and nothing would write it"),
    ],
)
def test_reboot(changes, required):
    reboot = inventory(found(reboot={"marker": None, "packages": [], "notifiers": [], **changes}))["reboot"]
    assert reboot["required"] is required
    assert reboot["packages"] == changes.get("packages", [])


@pytest.mark.parametrize(
    ("changes", "activity"),
    [
        pytest.param({}, [], id="none"),
        pytest.param(
            {"installed": True, "upgrade": "1"},
            ["unattended-upgrades installs updates on its own (APT::Periodic::Unattended-Upgrade 1)"],
            id="on",
        ),
        pytest.param({"installed": True, "upgrade": "0"}, [], id="off"),
        pytest.param({"installed": True, "upgrade": "1", "periodic": "0"}, [], id="switched off as a whole"),
        pytest.param({"installed": False, "upgrade": "1"}, [], id="not installed"),
        pytest.param({"last_run": NOW.timestamp()}, ["unattended-upgrades ran last at 2026-11-21T12:00:00Z"], id="ran"),
    ],
)
def test_unattended_upgrades(changes, activity):
    unattended = {"installed": False, "periodic": "1", "upgrade": "0", "last_run": None, **changes}
    assert inventory(found(unattended=unattended))["activity"] == activity


def test_who_holds_a_lock_is_activity():
    holder = {"lock": "/var/lib/dpkg/lock-frontend", "process": 42, "command": "/usr/bin/unattended-upgrade"}
    assert inventory(found(locks=[holder]))["activity"] == [
        "/var/lib/dpkg/lock-frontend is locked by /usr/bin/unattended-upgrade"
    ]


def test_the_agents_version_is_that_of_its_package():
    package = {
        "name": "amazon-ssm-agent",
        "arch": "amd64",
        "version": "3.3.0.0",
        "policy": 100,
        "installed": None,
        "versions": [],
    }
    assert inventory(found(packages=[package]))["node"]["platform"]["agent_version"] == "3.3.0.0"
