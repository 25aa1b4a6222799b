# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Baselines decide the same on hosts after a way through AWS: created there, read back, and imported as variables."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.filter.patch_manager_variables import patch_manager_variables
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import API_OPERATING_SYSTEMS
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import snake
from ansible_collections.patchops.fleet.tests.golden.run_cases import baseline_of, decided
from ansible_collections.patchops.fleet.tests.golden.test_golden import CASES

# Of operating systems that Patch Manager does not know, or with a baseline that it refuses.
NOT_ON_AWS: tuple[str, ...] = ()
ON_AWS = [case for case in CASES if case["id"] not in NOT_ON_AWS]


def test_all_cases_but_those_named_are_here():
    assert len(ON_AWS) == 92
    assert {case["id"] for case in CASES if case["os"] not in API_OPERATING_SYSTEMS} == set(NOT_ON_AWS)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ON_AWS])
def test_golden_case(baseline, baselines, case):
    options = {snake(member): value for member, value in baseline_of(case).items()}
    made = baseline.ok(**options)["patch_baseline"]["baseline_id"]
    (read,) = baselines(baseline_id=made)
    assert decided(case, baseline=read) == case["expect"], case["why"]
    everything = {"patch_baselines": [read], "patch_groups": [], "maintenance_windows": []}
    (imported,) = patch_manager_variables(everything)["patch_baselines"]
    assert decided(case, baseline=imported) == case["expect"], case["why"]
