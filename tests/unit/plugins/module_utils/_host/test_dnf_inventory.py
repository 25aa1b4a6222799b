# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory makes of the probe's answer: locks, excludes, reboots, warnings."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import dnf, dnf_inventory

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
BOOT = int(NOW.timestamp()) - 3600
NODE = {"id": "i-1", "name": "db1", "operating_system": "ROCKY_LINUX", "platform": {"agent_version": None}}


def repository(**members):
    given = {
        "id": "baseos",
        "name": "BaseOS",
        "uri": None,
        "gpgcheck": True,
        "fetched": True,
        "checked": int(NOW.timestamp()),
        "published": int(NOW.timestamp()),
        "updateinfo": None,
        "has_updateinfo": False,
        "failure": None,
        "excludepkgs": [],
        "includepkgs": [],
    }
    return {**given, **members}


def package(name, version="1.0", installed=BOOT - 1, offered=()):
    return {
        "name": name,
        "arch": "x86_64",
        "installed": [{"epoch": 0, "version": version, "release": "1", "installed": installed}],
        "versions": [
            {
                "epoch": 0,
                "version": offer,
                "release": "1",
                "repositories": ["baseos"],
                "excluded": [],
                "build_time": 0,
                "size": 1,
            }
            for offer in offered
        ],
    }


def found(*packages, **members):
    given = {
        "releasever": "9",
        "own_releasever": "9",
        "own_cache": None,
        "complaints": [],
        "repositories": [repository()],
        "excludepkgs": [],
        "includepkgs": [],
        "packages": list(packages),
        "locks": [],
        "boot_time": BOOT,
        "reboot_names": [],
        "timers": [],
        "ostree": False,
        "unreadable": [],
    }
    return {**given, **members}


def inventory(*packages, **members):
    return dnf_inventory.inventory(found(*packages, **members), NODE, NOW)


@pytest.mark.parametrize(
    ("packages", "members", "required", "names"),
    [
        pytest.param([package("kernel")], {}, False, [], id="nothing since boot"),
        pytest.param([package("kernel", installed=BOOT + 1)], {}, True, ["kernel"], id="kernel since boot"),
        pytest.param([package("kernel", installed=BOOT)], {}, False, [], id="in the very second of the boot"),
        pytest.param([package("bash", installed=BOOT + 1)], {}, False, [], id="something else since boot"),
        pytest.param(
            [package("bash", installed=BOOT + 1)], {"reboot_names": ["bash"]}, True, ["bash"], id="named on the node"
        ),
        pytest.param([package("glibc", installed=BOOT + 1)], {"boot_time": None}, None, [], id="boot time unknown"),
    ],
)
def test_a_reboot_is_required(packages, members, required, names):
    reboot = inventory(*packages, **members)["reboot"]
    assert (reboot["required"], reboot["packages"]) == (required, names)


def test_a_version_without_build_time_has_none():
    assert inventory(package("a", offered=["2.0"]))["packages"][0]["available"][0]["build_time"] is None


@pytest.mark.parametrize(
    ("members", "words"),
    [
        pytest.param({"complaints": ["Invalid value"]}, "Invalid value", id="a complaint of dnf"),
        pytest.param({"ostree": True}, "this node boots an image (ostree)", id="ostree"),
        pytest.param({"releasever": "latest", "own_releasever": "2023.3"}, "locked to 2023.3", id="another release"),
    ],
)
def test_warnings(members, words):
    assert [words in warning for warning in inventory(**members)["warnings"]] == [True]


@pytest.mark.parametrize(
    ("members", "what"),
    [
        pytest.param({"unreadable": ["/etc/x.repo"]}, "/etc/x.repo", id="configuration"),
        pytest.param(
            {"repositories": [repository(fetched=False, checked=None, published=None, failure="no cache")]},
            "repository baseos",
            id="never fetched",
        ),
        pytest.param(
            {"repositories": [repository(has_updateinfo=True)]}, "advisories of repository baseos", id="no updateinfo"
        ),
        pytest.param({"own_cache": "/var/tmp/dnf-me"}, "/var/tmp/dnf-me", id="the user's own cache"),
        pytest.param(
            {"complaints": ["Warning: failed loading 'x', skipping."]}, "dnf's repositories", id="a file left out"
        ),
    ],
)
def test_what_could_not_be_read_makes_it_incomplete(members, what):
    document = inventory(**members)
    assert [problem["what"] for problem in document["problems"]] == [what]
    assert document["complete"] is False


@pytest.mark.parametrize(
    ("packages", "members", "words"),
    [
        pytest.param([package("a")], {"repositories": []}, "no repository is enabled", id="no repository"),
        pytest.param(
            [package("a")],
            {"repositories": [repository(fetched=False, checked=None, published=None)]},
            "no repository was ever fetched",
            id="nothing fetched",
        ),
        pytest.param([], {}, "the rpm database lists no package", id="no package"),
        pytest.param([package("a")], {}, None, id="all there"),
    ],
)
def test_what_leaves_a_node_unknown(packages, members, words):
    reason = inventory(*packages, **members)["unusable"]
    assert reason is None if words is None else words in reason


def test_the_agent_of_systems_manager_is_named():
    document = inventory(package("amazon-ssm-agent", "3.3.1"))
    assert document["node"]["platform"]["agent_version"] == "3.3.1-1"


def test_automatic_updates_are_named():
    assert inventory(timers=["dnf-automatic.timer"])["activity"] == [
        "dnf-automatic works on its own (dnf-automatic.timer)"
    ]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        pytest.param(None, "Install them with 'dnf install python3-dnf'", id="found by itself"),
        pytest.param("/usr/bin/python3", "bindings_interpreter cannot be used", id="chosen by the user"),
    ],
)
def test_without_bindings_it_is_refused_by_name(chosen, words):
    refusal = dnf.without_bindings("no dnf in /usr/bin/python3", chosen)
    assert words in refusal
    assert "python3-dnf" in refusal
    assert "no dnf in /usr/bin/python3" in refusal
