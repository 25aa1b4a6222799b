# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systems that tests of hosts look at, each below a folder of its own. Python 3.6."""

import os

import pytest

from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.apt_fake_root import FakeRoot

NOBODY = 65534


@pytest.fixture
def fake_root(tmp_path):
    return FakeRoot(tmp_path)


@pytest.fixture(scope="session")
def apt_template(tmp_path_factory):
    # not at the top: it is no Python 3.6
    from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import apt_root

    folder = tmp_path_factory.mktemp("apt")
    (folder / "debs").mkdir()
    apt_root.make_template(folder / "template", os.environ.get("PATCHOPS_TEST_DEBIAN", "/"))
    return folder / "template", apt_root.Debs(folder / "debs")


@pytest.fixture
def apt_system(tmp_path, apt_template):
    """A Debian system that packages can be installed on, in a chroot."""
    from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import apt_root

    return apt_root.AptRoot(tmp_path / "system", *apt_template)


@pytest.fixture
def as_nobody(tmp_path):
    """Calls a function as a user without rights: for root, the effective user is another one meanwhile."""

    def call(function):
        if os.geteuid() != 0:
            return function()
        opened = [
            folder
            for folder in [tmp_path] + list(tmp_path.parents)
            if folder.stat().st_uid == 0 and folder.stat().st_mode & 0o011 != 0o011
        ]
        modes = {folder: folder.stat().st_mode for folder in opened}
        for folder in opened:
            folder.chmod(modes[folder] | 0o011)
        os.seteuid(NOBODY)
        try:
            return function()
        finally:
            os.seteuid(0)
            for folder, mode in modes.items():
                folder.chmod(mode)

    return call
