# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The golden cases of dnf on hosts with dnf5 alone, or what such hosts answered: see dnf5_roots.py."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.golden.real_systems import (
    check,
    fill,
    inventory_of,
    parameters,
    rpm_of,
    write_os_release,
)
from ansible_collections.patchops.fleet.tests.golden.test_golden_dnf import REPLAYED
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.dnf5_roots import Dnf5Root

pytestmark = pytest.mark.needs("rpm")


@pytest.mark.parametrize("bindings", [True, False], ids=["libdnf5", "commands"])
@pytest.mark.parametrize("case", parameters(REPLAYED))
def test_a_golden_case_from_a_repository_of_dnf5(case, bindings, tmp_path, request):
    root = Dnf5Root(tmp_path, request.node.name, bindings=bindings)
    write_os_release(case, root.root)
    if case["installed"] is not None:
        root.install(rpm_of(case, case["installed"]))
    fill(root.repository("updates"), case)
    check(case, inventory_of(root.root, root.run, root.now))
