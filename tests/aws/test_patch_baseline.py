# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_baseline and ssm_patch_baseline_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.conftest import written

RULE = {
    "filters": {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important"]},
    "approve_after_days": 7,
    "compliance_level": "CRITICAL",
    "enable_non_security": False,
}
OTHER_RULE = {"filters": {"CLASSIFICATION": ["Bugfix"]}, "approve_until_date": "2026-11-30"}
SOURCE = {
    "name": "tools",
    "products": ["AmazonLinux2023"],
    "configuration": "[tools]\nbaseurl=https://example.org/tools",
}
LINUX = {"name": "production", "operating_system": "AMAZON_LINUX_2023", "approval_rules": [RULE]}
WHOLE = {
    **LINUX,
    "description": "Production servers",
    "global_filters": {"PRODUCT": ["AmazonLinux2023"]},
    "approved_patches": ["openssl*", "bash"],
    "approved_patches_compliance_level": "HIGH",
    "approved_patches_enable_non_security": True,
    "rejected_patches": ["kernel*"],
    "rejected_patches_action": "BLOCK",
    "sources": [SOURCE],
    "default": True,
    "patch_groups": ["Production", "Critical"],
    "tags": {"Owner": "platform", "Cost Centre": "42"},
}
WINDOWS = {
    "name": "windows",
    "operating_system": "WINDOWS",
    "approval_rules": [{"filters": {"CLASSIFICATION": ["SecurityUpdates"]}, "approve_after_days": 7}],
}


@pytest.fixture
def baseline(module):
    return module("ssm_patch_baseline", "patch_baseline")


@pytest.mark.parametrize(
    "options", [pytest.param(LINUX, id="little"), pytest.param(WHOLE, id="whole"), pytest.param(WINDOWS, id="windows")]
)
def test_create_and_delete(baseline, aws, options):
    created = baseline.converge(**options)
    assert created["diff"]["before"] == {}
    named = {name: options[name] for name in ("name", "operating_system")}
    gone = baseline.converge(**named, state="absent", force=True)
    assert (gone["patch_baseline"], gone["diff"]["after"]) == ({}, {})
    assert written(created["patch_baseline"]) == gone["diff"]["before"]
    (region,) = aws.application.service.regions.values()
    assert (region.baselines, region.patch_groups, region.tags) == ({}, {}, {})
