# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden cases of zypper, from real repositories: zypper supplies the candidates, our parser the patches."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.golden.real_systems import (
    WITH_NOTICE,
    cases_of,
    check,
    fill,
    inventory_of,
    parameters,
    rpm_of,
    write_os_release,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import Repository, built
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.zypper_root import Rpms, ZypperRoot

REPLAYED = cases_of("zypper")

pytestmark = pytest.mark.needs("zypper", "rpm", "createrepo-c")


@pytest.mark.parametrize("case", parameters(REPLAYED))
def test_a_golden_case_from_a_real_repository(case, tmp_path):
    root = ZypperRoot(tmp_path, Rpms(tmp_path))
    write_os_release(case, root.path)
    root.install_file(built(rpm_of(case, case["installed"]), WITH_NOTICE))
    repository = Repository(tmp_path / "repositories" / "updates")
    fill(repository, case)
    root.configure("updates", repository.folder, {})
    check(case, inventory_of(root.path, root.run))


def test_all_golden_cases_of_zypper_are_here():
    assert len(REPLAYED) == 4
