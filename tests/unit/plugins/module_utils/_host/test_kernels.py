# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages the running kernel is from, as the databases of dpkg and rpm tell it."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.kernels import RunningKernel, running_kernel
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import rpm_roots

SUSE = "5.14.21-150400.24.46-default"  # the package's release has the number of its rebuild, too


def change(name, new, arch="x86_64"):
    return {"name": name, "arch": arch, "old": None, "new": new}


def rpm(name, version, release, *files):
    spec = rpm_roots.SPEC.format(
        name=name, epoch=0, version=version, release=release, obsoletes="", lines="", install="", files=""
    )
    spec = spec.replace("%install\n", "%install\n" + "".join(f"mkdir -p %{{buildroot}}{file}\n" for file in files))
    folder = pathlib.Path(tempfile.mkdtemp(dir=rpm_roots.workshop()))
    return rpm_roots.build(folder, spec + "\n".join(files) + "\n", "x86_64", rpm_roots.BUILT)[0]


def run(command, data=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=rpm_roots.ENVIRONMENT)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def rpm_root(tmp_path):
    def install(*files):
        command = ["rpm", "--root", tmp_path, "--dbpath", "/var/lib/rpm", "-i", "--justdb", "--nodeps", "--force"]
        rpm_roots.run(*command, *files)
        return str(tmp_path)

    return install


@pytest.mark.needs("rpm")
@pytest.mark.parametrize(
    ("release", "packages"),
    [
        pytest.param(SUSE, [("kernel-default", "5.14.21", "150400.24.46.1")], id="SUSE, whose release it lacks"),
        pytest.param("5.14.0-70.el9.x86_64+rt", [("kernel-rt-core", "5.14.0", "70.el9")], id="a variant of EL"),
        pytest.param(
            "6.4.0-9-default",
            [("kernel-default", "6.4.0", "9.1"), ("kernel-default-extra", "6.4.0", "9.1")],
            id="modules in a package of their own",
        ),
    ],
)
def test_rpm_knows_whose_the_running_kernel_is(rpm_root, release, packages):
    places = ["/boot/vmlinuz-%s", "/lib/modules/%s"]
    files = [rpm(*package, place % release) for package, place in zip(packages, places)]
    another = rpm("kernel-default", "9.9", "9", "/boot/vmlinuz-9.9-9-default", "/lib/modules/9.9-9-default")
    kernel = running_kernel(run, "zypper", rpm_root(*files, another), release)
    for name, version, build in packages:
        assert kernel.is_from(change(name, "%s-%s" % (version, build)))
        assert not kernel.is_from(change(name, "%s-%s" % (version, "9999")))
    assert not kernel.is_from(change("kernel-default", "9.9-9"))


@pytest.mark.needs("python3-apt")
def test_dpkg_knows_whose_the_running_kernel_is(apt_system):
    release = "6.1.0-99-cloud-amd64"
    apt_system.have("linux-image-%s" % release, "6.1.99-1", files={"/boot/vmlinuz-%s" % release: "x"})
    modules = {"/lib/modules/%s/extra/wifi.ko" % release: "x"}
    apt_system.have("linux-modules-extra-%s" % release, "6.1.99-1", files=modules)
    apt_system.have("linux-image-6.1.0-98-amd64", "6.1.98-1", files={"/boot/vmlinuz-6.1.0-98-amd64": "x"})
    kernel = running_kernel(apt_system.run, "apt", "", release)
    for name in ("linux-image", "linux-modules-extra"):
        assert kernel.is_from(change("%s-%s" % (name, release), "6.1.99-1", "amd64"))
    assert not kernel.is_from(change("linux-image-6.1.0-98-amd64", "6.1.98-1", "amd64"))


@pytest.mark.parametrize(
    ("name", "version", "release", "expected"),
    [
        pytest.param("linux-image-6.1.0-9-amd64", "6.1.27-1", "6.1.0-9-amd64", True, id="Debian"),
        pytest.param("kernel-core", "5.14.0-70.el9", "5.14.0-70.el9.x86_64", True, id="EL"),
        pytest.param("kernel-core", "5.14.0-71.el9", "5.14.0-70.el9.x86_64", False, id="another version"),
        pytest.param("tool", "5.14.0-70.el9", "5.14.0-70.el9.x86_64", False, id="no kernel"),
    ],
)
def test_where_no_package_owns_it_the_name_tells(name, version, release, expected):
    assert RunningKernel(release).is_from(change(name, version)) is expected
