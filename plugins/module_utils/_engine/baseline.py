# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

A patch baseline as the engine uses it: immutable, complete, already validated (see parse.py).
"""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t

from .errors import BaselineError, Problem
from .operating_systems import FAMILIES, filter_keys

Filters = t.Dict[str, t.Tuple[str, ...]]
WILDCARD = "*"

# What `security: true` stands for. On apt the origin decides, so the missing non-security flag alone does it.
SECURITY_FILTERS: t.Dict[str, Filters] = {
    "rpm": {"CLASSIFICATION": ("Security",)},
    "zypper": {"CLASSIFICATION": ("Security",)},
    "apt": {},
    "macos": {"CLASSIFICATION": ("Security",)},
    "windows": {"CLASSIFICATION": ("SecurityUpdates", "CriticalUpdates")},
}


class Source(t.NamedTuple):
    name: str
    products: t.Tuple[str, ...]
    configuration: str


class Rule(t.NamedTuple):
    number: int  # position in the user's list, from 1
    filters: Filters
    approve_after_days: t.Optional[int]
    approve_until_date: t.Optional[datetime.date]
    compliance_level: str
    enable_non_security: bool
    security: bool  # host-side: "security patches, whatever this operating system calls them"

    @property
    def delayed(self) -> bool:
        return bool(self.approve_after_days) or self.approve_until_date is not None


class Baseline(t.NamedTuple):
    name: str
    operating_system: t.Optional[str]  # None: portable, it holds for every operating system
    description: t.Optional[str]
    default: bool
    patch_groups: t.Tuple[str, ...]
    global_filters: Filters
    rules: t.Tuple[Rule, ...]
    approved_patches: t.Tuple[str, ...]
    approved_patches_compliance_level: str
    approved_patches_enable_non_security: bool
    rejected_patches: t.Tuple[str, ...]
    rejected_patches_action: str
    sources: t.Tuple[Source, ...]
    available_security_updates_compliance_status: t.Optional[str]
    tags: t.Dict[str, str]
    baseline_id: t.Optional[str]
    source: str  # given, shipped, predefined or aws

    @property
    def blocks_rejected(self) -> bool:
        return self.rejected_patches_action == "BLOCK"


def canonical(baseline: Baseline) -> t.Dict[str, t.Any]:
    """What decides, as plain JSON: equal canonical forms approve the same patches at the same levels."""
    return {
        "operating_system": baseline.operating_system,
        "global_filters": {key: sorted(values) for key, values in sorted(baseline.global_filters.items())},
        "approval_rules": [
            {
                "filters": {key: sorted(values) for key, values in sorted(rule.filters.items())},
                "approve_after_days": rule.approve_after_days,
                "approve_until_date": rule.approve_until_date.isoformat() if rule.approve_until_date else None,
                "compliance_level": rule.compliance_level,
                "enable_non_security": rule.enable_non_security,
                "security": rule.security,
            }
            for rule in baseline.rules
        ],
        "approved_patches": sorted(baseline.approved_patches),
        "approved_patches_compliance_level": baseline.approved_patches_compliance_level,
        "approved_patches_enable_non_security": baseline.approved_patches_enable_non_security,
        "rejected_patches": sorted(baseline.rejected_patches),
        "rejected_patches_action": baseline.rejected_patches_action,
        "sources": [list(source) for source in baseline.sources],
        "available_security_updates_compliance_status": baseline.available_security_updates_compliance_status,
    }


def fingerprint(baseline: Baseline) -> str:
    """sha256 (hexadecimal) of the canonical form."""
    text = json.dumps(canonical(baseline), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def security_filters(rule: Rule, family: str) -> Filters:
    """The rule's filters with `security: true` expanded."""
    if not rule.security:
        return rule.filters
    expanded = dict(SECURITY_FILTERS[family])
    expanded.update(rule.filters)
    return expanded


def for_operating_system(baseline: Baseline, operating_system: str) -> Baseline:
    """The baseline as this operating system sees it: a portable one keeps the rules whose keys are valid here.

    Raises BaselineError when a portable baseline has rules and none of them applies, or a global filter that cannot:
    leaving it out would approve more than its author asked for.
    """
    if baseline.operating_system is not None:
        return baseline
    family = FAMILIES[operating_system]
    keys = filter_keys(operating_system)
    rules = tuple(
        rule._replace(filters=security_filters(rule, family))
        for rule in baseline.rules
        if all(key in keys for key in rule.filters)
    )
    if baseline.rules and not rules:
        raise BaselineError(
            [
                Problem(
                    baseline.name,
                    "none of its approval rules applies to %s, whose filter keys are %s; "
                    "add a rule with these keys, or one with security: true" % (operating_system, ", ".join(keys)),
                )
            ]
        )
    unusable = [key for key in baseline.global_filters if key not in keys]
    if unusable:
        raise BaselineError(
            [
                Problem(
                    "%s.global_filters.%s" % (baseline.name, key),
                    "no filter key of %s, whose filter keys are %s; give %s a baseline of its own"
                    % (operating_system, ", ".join(keys), operating_system),
                )
                for key in unusable
            ]
        )
    return baseline._replace(operating_system=operating_system, rules=rules)
