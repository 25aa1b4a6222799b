# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not come as a dependency: approval-rules.md, section 6; package-name-formats.md, section 3."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.plugins.module_utils._engine.unwelcome import Unwelcome
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    RHEL,
    SUSE,
    baseline,
    deb,
    inventory,
    notice,
    package,
    rpm,
)

RHSA = notice("RHSA-2026:7", cves=["CVE-2026-7"])
LIB = package("lib", installed=rpm("1.0-1"), available=[rpm("1:1.1-1", RHSA), rpm("1:1.2-1")])
DEB = package("lib", arch="amd64", installed=deb("1.0"), available=[deb("1.1")])


def reason(version, entries=(), items=None, action="BLOCK", system=RHEL, patch=None, name="lib", arch="x86_64"):
    given = parse_baseline(baseline(system, rejected_patches=list(entries), rejected_patches_action=action))
    return Unwelcome(inventory(system, patch or LIB), given, items).reason(name, arch, version)


@pytest.mark.parametrize(
    ("version", "entries", "by"),
    [
        pytest.param("1:1.1-1", [], None, id="nothing rejected"),
        pytest.param("1:1.1-1", ["lib"], "lib", id="by name"),
        pytest.param("1:1.1-1", ["other", "LI*"], "LI*", id="by a pattern, in any case"),
        pytest.param("1:1.1-1", ["lib-1.1-1"], "lib-1.1-1", id="by version"),
        pytest.param("1:1.2-1", ["lib-1.1-1"], None, id="another version"),
        pytest.param("1:1.1-1", ["lib-1:1.1-1.x86_64"], "lib-1:1.1-1.x86_64", id="by its whole name"),
        pytest.param("1:1.1-1", ["RHSA-2026:7"], "RHSA-2026:7", id="by the notice that the inventory has of it"),
        pytest.param("1:1.1-1", ["CVE-2026-7"], "CVE-2026-7", id="by its CVE"),
        pytest.param("1:1.2-1", ["RHSA-2026:7"], None, id="a version outside the notice"),
        pytest.param("1:1.3-1", ["lib-1.3-1"], "lib-1.3-1", id="a version that the inventory does not have"),
    ],
)
def test_rejected(version, entries, by):
    assert reason(version, entries) == (by and "rejected_patches entry '%s' names it" % by)


def test_rejected_patches_may_come_where_they_are_allowed_as_dependencies():
    assert reason("1:1.1-1", ["lib"], action="ALLOW_AS_DEPENDENCY") is None


@pytest.mark.parametrize(
    ("system", "patch", "version", "arch", "entry"),
    [
        pytest.param(DEBIAN, DEB, "1.1", "amd64", "lib", id="apt, by name"),
        pytest.param(DEBIAN, DEB, "1.1", "amd64", "lib-1.1", id="apt, by version"),
        pytest.param(SUSE, LIB, "1:1.1-1", "x86_64", "lib-1.1-1.x86_64", id="zypper, by file name"),
    ],
)
def test_rejected_on_other_systems(system, patch, version, arch, entry):
    assert reason(version, [entry], system=system, patch=patch, arch=arch)
    assert reason(version, [entry + "x"], system=system, patch=patch, arch=arch) is None


@pytest.mark.parametrize(
    ("name", "rejected"), [pytest.param("new", True, id="named"), pytest.param("newer", False, id="not named")]
)
def test_a_package_that_is_not_installed_is_judged_by_what_its_version_tells(name, rejected):
    assert (reason("2.0-1", ["new"], name=name) is not None) is rejected


@pytest.mark.parametrize(
    ("items", "version", "by"),
    [
        pytest.param([{"id": "lib"}], "1:1.1-1", None, id="any version"),
        pytest.param([{"id": "other", "title": "*1.1-1"}], "1:1.2-1", None, id="another package"),
        pytest.param([{"id": "lib", "title": "*1.1-1"}], "1:1.1-1", None, id="this version"),
        pytest.param([{"id": "lib", "title": "*1.1-1"}], "1:1.2-1", "*1.1-1", id="another version than listed"),
        pytest.param(
            [{"id": "lib", "title": "*1.1-1"}, {"id": "l*"}], "1:1.2-1", None, id="one of two items lets it in"
        ),
    ],
)
def test_listed_at_another_version(items, version, by):
    assert reason(version, items=items) == (by and "install_override_list names it as '%s'" % by)


def test_an_override_list_stands_instead_of_the_rejected_patches():
    assert reason("1:1.1-1", ["lib"], items=[{"id": "other"}]) is None
    assert reason("1:1.1-1", ["lib"], items=[]) is None
