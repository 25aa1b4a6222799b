# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Baselines that exist by name: AWS's predefined ones (predefined-baselines.md) and our portable examples.

AWS's ids differ by Region, so none stands here.
"""

from __future__ import annotations

import typing as t

from .baseline import Baseline
from .parse import parse_baseline

Raw = t.Dict[str, t.Any]

_PRIORITIES = ["Required", "Important", "Standard", "Optional", "Extra"]


def _rule(filters: t.Dict[str, t.List[str]], days: int = 7, **more: t.Any) -> Raw:
    return dict({"filters": filters, "approve_after_days": days}, **more)


def _security(*severities: str) -> Raw:
    return _rule({"CLASSIFICATION": ["Security"], "SEVERITY": list(severities)})


_BUGFIX = _rule({"CLASSIFICATION": ["Bugfix"]})
_RPM_RULES = [_security("Critical", "Important"), _BUGFIX]
_WINDOWS_OS_RULE = _rule(
    {
        "PATCH_SET": ["OS"],
        "CLASSIFICATION": ["CriticalUpdates", "SecurityUpdates"],
        "MSRC_SEVERITY": ["Critical", "Important"],
    }
)
_EVERY_APPLICATION = _rule({"PATCH_SET": ["APPLICATION"]})


def _predefined(name: str, operating_system: str, rules: t.List[Raw], **more: t.Any) -> Raw:
    return dict({"name": name, "operating_system": operating_system, "default": True, "approval_rules": rules}, **more)


PREDEFINED: t.Tuple[Raw, ...] = (
    _predefined("AWS-AlmaLinuxDefaultPatchBaseline", "ALMA_LINUX", _RPM_RULES),
    _predefined("AWS-AmazonLinuxDefaultPatchBaseline", "AMAZON_LINUX", _RPM_RULES),
    _predefined("AWS-AmazonLinux2DefaultPatchBaseline", "AMAZON_LINUX_2", _RPM_RULES),
    _predefined("AWS-AmazonLinux2022DefaultPatchBaseline", "AMAZON_LINUX_2022", _RPM_RULES),
    _predefined("AWS-AmazonLinux2023DefaultPatchBaseline", "AMAZON_LINUX_2023", _RPM_RULES),
    _predefined("AWS-CentOSDefaultPatchBaseline", "CENTOS", [_rule({}, enable_non_security=True)]),
    _predefined("AWS-DebianDefaultPatchBaseline", "DEBIAN", [_rule({"PRIORITY": _PRIORITIES}, 0)]),
    _predefined(
        "AWS-MacOSDefaultPatchBaseline",
        "MACOS",
        [_rule({"CLASSIFICATION": ["Security"]}, 0), _rule({}, 0, enable_non_security=True)],
    ),
    _predefined("AWS-OracleLinuxDefaultPatchBaseline", "ORACLE_LINUX", [_security("Important", "Moderate"), _BUGFIX]),
    _predefined("AWS-DefaultRaspbianPatchBaseline", "RASPBIAN", [_rule({"PRIORITY": _PRIORITIES}, 0)]),
    _predefined("AWS-RedHatDefaultPatchBaseline", "REDHAT_ENTERPRISE_LINUX", _RPM_RULES),
    _predefined("AWS-RockyLinuxDefaultPatchBaseline", "ROCKY_LINUX", _RPM_RULES),
    _predefined("AWS-SuseDefaultPatchBaseline", "SUSE", [_security("Critical", "Important")]),
    _predefined(
        "AWS-UbuntuDefaultPatchBaseline",
        "UBUNTU",
        [_rule({"PRIORITY": _PRIORITIES})],
        global_filters={"PRODUCT": ["*"]},
    ),
    _predefined("AWS-DefaultPatchBaseline", "WINDOWS", [_WINDOWS_OS_RULE]),
    _predefined("AWS-WindowsPredefinedPatchBaseline-OS", "WINDOWS", [_WINDOWS_OS_RULE], default=False),
    _predefined(
        "AWS-WindowsPredefinedPatchBaseline-OS-Applications",
        "WINDOWS",
        [_WINDOWS_OS_RULE, _EVERY_APPLICATION],
        default=False,
    ),
)

SHIPPED: t.Tuple[Raw, ...] = (
    {
        "name": "security-now",
        "description": "Security patches as soon as they are released.",
        "approval_rules": [{"security": True, "approve_after_days": 0, "compliance_level": "CRITICAL"}],
    },
    {
        "name": "security-7-days",
        "description": "Security patches seven days after their release.",
        "approval_rules": [{"security": True, "approve_after_days": 7, "compliance_level": "CRITICAL"}],
    },
    {
        "name": "all-14-days",
        "description": "Every patch fourteen days after its release, security or not, Windows applications included.",
        "approval_rules": [
            {"filters": {}, "approve_after_days": 14, "enable_non_security": True, "compliance_level": "MEDIUM"},
            {"filters": {"PATCH_SET": ["APPLICATION"]}, "approve_after_days": 14, "compliance_level": "MEDIUM"},
        ],
    },
)

NAMES = tuple(raw["name"] for raw in SHIPPED + PREDEFINED)


def named(name: str) -> t.Optional[Baseline]:
    """The shipped or predefined baseline of this name, or None. It is no default: who names it has chosen it."""
    for source, baselines in (("shipped", SHIPPED), ("predefined", PREDEFINED)):
        for raw in baselines:
            if raw["name"] == name:
                return parse_baseline(dict(raw, default=False), name, source)
    return None


def predefined_default(operating_system: str) -> t.Optional[Baseline]:
    """What AWS uses where nothing else is registered; None for the operating systems that only hosts know."""
    for raw in PREDEFINED:
        if raw["operating_system"] == operating_system and raw["default"]:
            return parse_baseline(raw, raw["name"], "predefined")
    return None
