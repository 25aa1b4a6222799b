# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: what is planned from what snapper and LVM say."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import snapshots
from ansible_collections.patchops.fleet.plugins.module_utils._host.base import BackendError
from ansible_collections.patchops.fleet.plugins.module_utils._host.snapshots import Volume

GIB = 1 << 30
ROOT = Volume("vg0", "root", ("/dev/vg0/root", "/dev/mapper/vg0-root"), 10 * GIB, 5 * GIB, False, (), "")
VAR = ROOT._replace(name="var", paths=("/dev/vg0/var", "/dev/mapper/vg0-var"))
OLD = ROOT._replace(name="root_patchops_r0", paths=("/dev/vg0/x", "y"), size=2 * GIB, tags=("patchops",), origin="root")
MOUNTED = {"/": "/dev/mapper/vg0-root"}


def commands(steps):
    return [" ".join(step.command) for step in steps]


@pytest.mark.parametrize(
    ("volumes", "mounted", "expected"),
    [
        pytest.param(
            [ROOT, VAR],
            MOUNTED,
            ["lvcreate --snapshot --addtag patchops --extents 20%ORIGIN --name root_patchops_r1 vg0/root"],
            id="the volume that is mounted",
        ),
        pytest.param(
            [ROOT._replace(thin=True, free=0)],
            MOUNTED,
            ["lvcreate --snapshot --addtag patchops --name root_patchops_r1 vg0/root"],
            id="thin",
        ),
        pytest.param(
            [ROOT, OLD],
            MOUNTED,
            [
                "lvremove --yes vg0/root_patchops_r0",
                "lvcreate --snapshot --addtag patchops --extents 20%ORIGIN --name root_patchops_r1 vg0/root",
            ],
            id="the old one goes first",
        ),
        pytest.param(
            [ROOT, OLD._replace(tags=("mine",))],
            MOUNTED,
            ["lvcreate --snapshot --addtag patchops --extents 20%ORIGIN --name root_patchops_r1 vg0/root"],
            id="one of somebody else stays",
        ),
        pytest.param([ROOT], {"/": "/dev/sda1"}, [], id="no volume"),
    ],
)
def test_plan_lvm(volumes, mounted, expected):
    assert commands(snapshots.plan_lvm(volumes, mounted, "r1", 20)) == expected


@pytest.mark.parametrize(
    ("volumes", "refused"),
    [
        pytest.param([ROOT._replace(free=2 * GIB)], False, id="just enough"),
        pytest.param([ROOT._replace(free=2 * GIB - 1)], True, id="too little"),
        pytest.param([ROOT._replace(free=3 * GIB), VAR._replace(free=3 * GIB)], True, id="for both together"),
        pytest.param([ROOT._replace(free=0), OLD._replace(free=0)], False, id="the old one makes room"),
    ],
)
def test_room_for_snapshots(volumes, refused):
    mounted = {"/": "/dev/vg0/root", "/var": "/dev/vg0/var"}
    if refused:
        with pytest.raises(BackendError, match=r"volume group vg0 has \d+ MiB free, and the snapshots need"):
            snapshots.plan_lvm(volumes, mounted, "r1", 20)
    else:
        assert snapshots.plan_lvm(volumes, mounted, "r1", 20)


def test_the_name_of_a_volume_takes_no_other_characters():
    (step,) = snapshots.plan_lvm([ROOT], MOUNTED, "awx 7; rm -rf /", 20)
    assert step.name == "vg0/root_patchops_awx-7-rm--rf-"
    assert snapshots.document(step, step.name)["way_back"].startswith("lvconvert --merge vg0/root_patchops_awx-7-rm")


def test_parse_volumes():
    entry = {
        "lv_path": "/dev/vg0/root", "lv_dm_path": "/dev/mapper/vg0-root", "vg_name": "vg0", "lv_name": "root",
        "lv_size": str(10 * GIB), "vg_free": str(5 * GIB), "pool_lv": "", "lv_tags": "", "origin": "",
    }  # fmt: skip
    assert snapshots.parse_volumes(json.dumps({"report": [{"lv": [entry]}]})) == [ROOT]
    assert snapshots.parse_volumes('{"report": [{"lv": []}]}') == []


@pytest.mark.parametrize("output", ["", "[]", '{"report": []}', '{"report": [{"lv": [{}]}]}'])
def test_what_lvs_never_says(output):
    with pytest.raises(BackendError, match="the answer of lvs makes no sense"):
        snapshots.parse_volumes(output)


def test_only_configurations_for_what_is_asked_for():
    steps = snapshots.plan_snapper({"home": "/home", "root": "/"}, ["/", "/var"], "d")
    assert [(step.of, step.command[3]) for step in steps] == [("/", "root")]
    assert snapshots.document(steps[0], "7")["way_back"].startswith("snapper --config root undochange 7..0; ")


def nothing(command, data=None):
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param("snapper", "snapper is not here", id="snapper"),
        pytest.param("lvm", "LVM is not here", id="lvm"),
    ],
)
def test_a_way_that_was_asked_for_and_is_not_there(kind, words):
    with pytest.raises(BackendError, match=words):
        snapshots.plan(kind, ["/"], "r1", 20, nothing, lambda program: None)


def test_no_way_at_all_makes_none():
    assert snapshots.plan("auto", ["/"], "r1", 20, nothing, lambda program: None) == []
