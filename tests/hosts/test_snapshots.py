# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots by snapper on a real btrfs; it is mounted on the controller's machine, where loop devices are."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import snapshots


def run(command, data=None):
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def subvolume(tmp_path):
    """A small btrfs that snapper has a configuration for."""
    image, mount = tmp_path / "image", tmp_path / "mnt"
    mount.mkdir()
    with image.open("wb") as stream:
        stream.truncate(150 << 20)
    for command in (
        ["mkfs.btrfs", "--quiet", str(image)],
        ["mount", "-o", "loop", str(image), str(mount)],
        ["snapper", "--no-dbus", "--config", "patchops-test", "create-config", str(mount)],
    ):
        assert run(command)[0] == 0, run(command)
    yield mount
    run(["snapper", "--no-dbus", "--config", "patchops-test", "delete-config"])
    run(["umount", str(mount)])


def test_snapper_makes_a_snapshot_that_goes_back(subvolume):
    (subvolume / "file").write_text("before")
    steps = snapshots.plan("auto", [str(subvolume)], "r1", 20, run, shutil.which)
    (made,) = snapshots.make(steps, run)
    (subvolume / "file").write_text("after")
    assert made["of"] == str(subvolume)
    way_back = made["way_back"].partition(";")[0].split()
    assert run([way_back[0], "--no-dbus", *way_back[1:]])[0] == 0
    assert (subvolume / "file").read_text() == "before"
