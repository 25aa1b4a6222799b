# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden cases of dnf, from real repositories: dnf supplies the candidates, our parser the advisories."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.base import BackendError
from ansible_collections.patchops.fleet.tests.golden.real_systems import (
    cases_named,
    cases_of,
    check,
    fill,
    inventory_of,
    parameters,
    rpm_of,
    write_os_release,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import RpmRoot

# A host's inventory has nothing of a package that is not installed, so nothing is decided of it.
NOT_INSTALLED = ("alma-approved-not-installed", "rhel-rejected-not-installed")

# Cases of yum: no host with yum is looked at, because its bindings are for Python 2 only.
REFUSED = (
    "al2-bugfix-notice-is-security",
    "al2-bugzilla-id",
    "al2-issued-when-no-updated",
    "al2-july-example",
    "al2-july-example-day-before",
    "al2-list-nonsec-flag-off",
    "al2-list-nonsec-flag-on",
    "al2-nonsec-needs-wildcard",
    "al2-notice-without-any-date",
    "al2-updated-date-restarts-delay",
    "rhel7-kernel-glob",
)
REPLAYED = cases_of("dnf", NOT_INSTALLED)

pytestmark = pytest.mark.needs("dnf", "python3-dnf", "rpm", "createrepo-c")


def root_of(case, path):
    root = RpmRoot(path)
    write_os_release(case, root.root)
    if case["installed"] is not None:
        root.install(rpm_of(case, case["installed"]))
    fill(root.repository("updates"), case)
    return root


@pytest.mark.parametrize("case", parameters(REPLAYED))
def test_a_golden_case_from_a_real_repository(case, tmp_path):
    root = root_of(case, tmp_path)
    check(case, inventory_of(root.root, root.run))


@pytest.mark.parametrize("case", parameters(cases_named(NOT_INSTALLED)))
def test_nothing_is_decided_of_what_is_not_installed(case, tmp_path):
    assert case["installed"] is None
    assert case["expect"]["state"] in (None, "NOT_APPLICABLE")
    root = root_of(case, tmp_path)
    assert case["package"]["name"] in root.dnf("repoquery", "--available")
    assert inventory_of(root.root, root.run)["packages"] == []


@pytest.mark.parametrize("case", parameters(cases_named(REFUSED)))
def test_a_host_with_yum_is_refused(case, tmp_path):
    write_os_release(case, RpmRoot(tmp_path).root)
    with pytest.raises(BackendError, match="yum"):
        inventory_of(tmp_path / "root", RpmRoot.run)


def test_all_golden_cases_of_dnf_and_yum_are_here():
    assert len(REPLAYED) == 48
    assert [case["id"] for case in cases_of("yum", REFUSED)] == []
