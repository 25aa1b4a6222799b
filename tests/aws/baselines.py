# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Baselines for tests, and what tests of them ask again and again."""

from __future__ import annotations

from ansible_collections.patchops.fleet.tests.aws.conftest import READING

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
    "available_security_updates_compliance_status": "NON_COMPLIANT",
    "approval_rules": [{"filters": {"CLASSIFICATION": ["SecurityUpdates"]}, "approve_after_days": 7}],
}
IDENTITY = ("name", "operating_system")
WHICH = {name: WHOLE[name] for name in IDENTITY}
WHICH_WINDOWS = {name: WINDOWS[name] for name in IDENTITY}


def differing(result):
    """Members in which diff's two sides differ."""
    before, after = result["diff"]["before"], result["diff"]["after"]
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def region_of(aws):
    (region,) = aws.application.service.regions.values()
    return region


def writes(aws):
    """What was called that may change something."""
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]
