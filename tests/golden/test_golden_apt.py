# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden cases of apt, from real archives: dpkg-deb builds the packages, apt-ftparchive the lists, apt reads them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.patchops.fleet.tests.golden.real_systems import (
    cases_of,
    check,
    inventory_of,
    parameters,
    write_os_release,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.apt_fake_root import FakeRoot
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.apt_root import Debs

REPLAYED = cases_of("apt")
RELEASE = "APT::FTPArchive::Release::"

pytestmark = pytest.mark.needs("python3-apt", "apt-utils")


@pytest.fixture(scope="module")
def debs(tmp_path_factory):
    return Debs(tmp_path_factory.mktemp("debs"))


def indexed(archive, *arguments):
    command = ["apt-ftparchive", *arguments]
    return subprocess.run(command, cwd=archive, capture_output=True, text=True, check=True).stdout


def publish(archive, origin, arch, files):
    """One suite with one component, of these files."""
    suite = origin["archive"]
    pool = archive / "pool" / suite
    folder = archive / "dists" / suite
    index = folder / "main" / ("binary-%s" % arch) / "Packages"
    pool.mkdir(parents=True)
    index.parent.mkdir(parents=True)
    for number, file in enumerate(files):
        shutil.copy(file, pool / ("%d.deb" % number))
    index.write_text(indexed(archive, "packages", "pool/%s" % suite))
    members = {"Suite": suite, "Codename": suite, "Label": origin["label"], "Architectures": arch, "Components": "main"}
    settings = [part for member, value in members.items() for part in ("-o", "%s%s=%s" % (RELEASE, member, value))]
    text = indexed(archive, *settings, "release", "dists/%s" % suite)
    (folder / "Release").write_text(text)


def root_of(case, path, debs):
    name, arch = case["package"]["name"], case["package"]["arch"]
    root = FakeRoot(path, arch)
    write_os_release(case, root.root)
    root.install(name, case["installed"]["version"], arch)
    suites = {}
    for offer in case["available"]:
        file = debs.build(name, offer["version"], arch, Priority=offer["priority"], Section=offer["section"])
        for origin in offer["origins"]:
            suites.setdefault(origin["archive"], (origin, []))[1].append(file)
    lines = []
    for origin, files in suites.values():
        publish(root.archive, origin, arch, files)
        trust = "trusted=yes" if origin["trusted"] else "allow-insecure=yes"
        lines.append("deb [%s] copy:%s %s main\n" % (trust, root.archive, origin["archive"]))
    root.sources.write_text("".join(lines))
    return root


@pytest.mark.parametrize("case", parameters(REPLAYED))
def test_a_golden_case_from_a_real_archive(case, tmp_path, debs):
    root = root_of(case, tmp_path, debs)
    root.update()
    check(case, inventory_of(root.root, root.run, refresh="never"))


def test_all_golden_cases_of_apt_are_here():
    assert len(REPLAYED) == 12
