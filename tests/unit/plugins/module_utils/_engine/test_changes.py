# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed between two inventories, and when a node must reboot (os-behaviour.md, section 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine import changes
from ansible_collections.patchops.fleet.plugins.module_utils._engine.changes import Changed
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    RHEL,
    inventory,
    package,
    rpm,
)


def node(**packages):
    """Packages by name with their installed versions."""
    made = [package(name, installed=[rpm(version) for version in versions]) for name, versions in packages.items()]
    return inventory(RHEL, *made)


def changed(before, after):
    return [(change.name, change.old, change.new) for change in changes.changes(node(**before), node(**after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": ["1-1"]}, {"a": ["1-1"]}, [], id="nothing"),
        pytest.param({"a": ["1-1"]}, {"a": ["1:2-1"]}, [("a", "1-1", "1:2-1")], id="updated"),
        pytest.param({"a": ["2-1"]}, {"a": ["1-1"]}, [("a", "2-1", "1-1")], id="downgraded"),
        pytest.param({}, {"a": ["1-1"]}, [("a", None, "1-1")], id="came"),
        pytest.param({"a": ["1-1"]}, {}, [("a", "1-1", None)], id="left"),
        pytest.param({"a": ["1-1"]}, {"a": []}, [("a", "1-1", None)], id="left, and is still on offer"),
        pytest.param({"k": ["1-1"]}, {"k": ["1-1", "2-1"]}, [("k", None, "2-1")], id="came beside the old one"),
        pytest.param(
            {"k": ["1-1", "2-1"]}, {"k": ["2-1", "3-1"]}, [("k", "1-1", None), ("k", None, "3-1")], id="kernels"
        ),
        pytest.param(
            {"b": ["1-1"], "a": ["1-1"]},
            {"b": ["2-1"], "a": ["2-1"]},
            [("a", "1-1", "2-1"), ("b", "1-1", "2-1")],
            id="by name",
        ),
    ],
)
def test_changes(before, after, expected):
    assert changed(before, after) == expected


def test_architectures_are_packages_of_their_own():
    before = inventory(RHEL, package("a", "i686", rpm("1-1")), package("a", "x86_64", rpm("1-1")))
    after = inventory(RHEL, package("a", "i686", rpm("2-1")), package("a", "x86_64", rpm("1-1")))
    assert changes.changes(before, after) == [Changed("a", "i686", "1-1", "2-1")]
    assert Changed("a", "i686", "1-1", "2-1").kb_id == "a.i686"


NODES = st.dictionaries(
    st.sampled_from(["a", "b", "kernel"]), st.lists(st.sampled_from(["1-1", "2-1", "1:1-1"]), unique=True), max_size=3
)


@given(NODES, NODES)
def test_applied_to_what_was_they_give_what_is(before, after):
    found = {name: list(versions) for name, versions in before.items()}
    for name, old, new in changed(before, after):
        if old is not None:
            found[name].remove(old)
        if new is not None:
            found.setdefault(name, []).append(new)
    assert {name: sorted(had) for name, had in found.items() if had} == {
        name: sorted(have) for name, have in after.items() if have
    }


SILENT = {"required": None, "reason": None}
NO = {"required": False, "reason": None}
YES = {"required": True, "reason": "linux-image-6.1 was installed"}
UPDATED = [Changed("foo", "amd64", "1", "2")]
KERNEL = [Changed("linux-image-amd64", "amd64", "1", "2"), Changed("foo", "amd64", "1", "2")]
GONE = [Changed("linux-image-6.1.0-1-amd64", "amd64", "1", None)]
BY_KERNEL = "only a reboot brings linux-image-amd64.amd64 into use"


@pytest.mark.parametrize(
    ("said", "changed", "foreseen", "reasons"),
    [
        pytest.param(NO, UPDATED, False, [], id="the node says no"),
        pytest.param(NO, KERNEL, False, [], id="the node says no, whatever changed"),
        pytest.param(YES, [], False, ["linux-image-6.1 was installed"], id="the node says yes, and why"),
        pytest.param(
            {"required": True, "reason": None}, [], False, ["the node says so"], id="the node does not say why"
        ),
        pytest.param(SILENT, UPDATED, False, [], id="silent, nothing special changed"),
        pytest.param(SILENT, KERNEL, False, [BY_KERNEL], id="silent, a kernel came"),
        pytest.param({}, KERNEL, False, [BY_KERNEL], id="not asked"),
        pytest.param(SILENT, GONE, False, [], id="silent, a kernel left"),
        pytest.param(NO, KERNEL, True, [BY_KERNEL], id="no so far, a kernel is to come"),
        pytest.param(NO, UPDATED, True, [], id="no so far, nothing special is to come"),
        pytest.param(YES, KERNEL, True, ["linux-image-6.1 was installed"], id="yes already"),
    ],
)
def test_whether_a_reboot_is_required(said, changed, foreseen, reasons):
    found = changes.reboot("NoReboot", "apt", said, changed, False, foreseen)
    assert (list(found.reasons), found.required, found.due) == (reasons, bool(reasons), False)


@pytest.mark.parametrize(
    ("option", "said", "changed", "pending", "due", "why"),
    [
        pytest.param("NoReboot", YES, KERNEL, True, False, "NoReboot: never by this run", id="NoReboot"),
        pytest.param(
            "if_required",
            NO,
            UPDATED,
            True,
            False,
            "if_required: nothing on the node asks for one",
            id="if_required, none",
        ),
        pytest.param(
            "if_required", YES, [], False, True, "if_required: linux-image-6.1 was installed", id="if_required"
        ),
        pytest.param(
            "RebootIfNeeded",
            NO,
            UPDATED,
            False,
            True,
            "RebootIfNeeded: something was installed",
            id="as AWS: whatever it was",
        ),
        pytest.param(
            "RebootIfNeeded",
            NO,
            [],
            True,
            True,
            "RebootIfNeeded: installed patches wait for one",
            id="as AWS: something waits",
        ),
        pytest.param(
            "RebootIfNeeded",
            YES,
            [],
            False,
            False,
            "RebootIfNeeded: nothing was installed, and nothing waits for one",
            id="as AWS: nothing installed",
        ),
    ],
)
def test_whether_a_reboot_is_due(option, said, changed, pending, due, why):
    found = changes.reboot(option, "apt", said, changed, pending)
    assert (found.due, found.why) == (due, why)


@pytest.mark.parametrize(
    ("manager", "name", "renewed"),
    [
        pytest.param("apt", "linux-image-6.12.0-1-cloud-amd64", True, id="apt, any kernel"),
        pytest.param("apt", "intel-microcode", True, id="apt, microcode"),
        pytest.param("apt", "libc6", True, id="apt, C library"),
        pytest.param("apt", "libc6-dev", False, id="apt, only for building"),
        pytest.param("dnf", "kernel-core", True, id="dnf, kernel"),
        pytest.param("dnf", "kernel-tools", False, id="dnf, tools of the kernel"),
        pytest.param("dnf", "systemd", True, id="dnf, systemd"),
        pytest.param("zypper", "kernel-default", True, id="zypper, kernel"),
        pytest.param("zypper", "ucode-amd", True, id="zypper, microcode"),
        pytest.param("zypper", "kernel-core", False, id="another manager's name"),
    ],
)
def test_what_only_a_reboot_brings_into_use(manager, name, renewed):
    found = changes.reboot("if_required", manager, SILENT, [Changed(name, "x", "1", "2")], False)
    assert found.due is renewed
