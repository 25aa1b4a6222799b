# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch baselines that AWS owns: the same in every account, one ARN each per Region.

Their ARNs are those that moto carries for every Region; of the two that are the default of no operating system the
ARNs are made up. Their rules are the collection's own (predefined-baselines.md).
"""

from __future__ import annotations

import copy
import datetime
import functools
import gzip
import hashlib
import importlib.resources
import json

from ansible_collections.patchops.fleet.plugins.module_utils._engine.predefined import PREDEFINED

from .state import UTC, Resource

PUBLISHED = datetime.datetime(2020, 1, 1, tzinfo=UTC)


def arn(region: str, operating_system: str) -> str:
    """The baseline that is the default of a system until another is registered."""
    return _arns(region)[operating_system]


def aws_owned(region: str) -> dict[str, Resource]:
    """By ARN, in the shape of GetPatchBaseline."""
    return copy.deepcopy(_baselines(region))


@functools.cache
def _all_arns() -> dict[str, dict[str, str]]:
    packed = importlib.resources.files("moto.ssm").joinpath("resources/default_baselines.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))


def _arns(region: str) -> dict[str, str]:
    """A Region that opened later has them under an account and ids of its own."""
    regions = _all_arns()
    if region in regions:
        return regions[region]
    return {system: _made_up(region, "999999999999", system) for system in regions["us-east-1"]}


def _made_up(region: str, account: str, name: str) -> str:
    digest = hashlib.sha256(f"{region} {name}".encode()).hexdigest()
    return f"arn:aws:ssm:{region}:{account}:patchbaseline/pb-{digest[:17]}"


@functools.cache
def _baselines(region: str) -> dict[str, Resource]:
    owner = arn(region, "WINDOWS").split(":")[4]
    found = {}
    for written in PREDEFINED:
        system, default = written["operating_system"], written["default"]
        identifier = arn(region, system) if default else _made_up(region, owner, written["name"])
        found[identifier] = _in_api_shape(identifier, written)
    return found


def _in_api_shape(identifier: str, written: dict) -> Resource:
    return {
        "BaselineId": identifier,
        "Name": written["name"],
        "OperatingSystem": written["operating_system"],
        "GlobalFilters": {"PatchFilters": _filters(written.get("global_filters", {}))},
        "ApprovalRules": {"PatchRules": [_rule(rule) for rule in written["approval_rules"]]},
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatches": [],
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "CreatedDate": PUBLISHED,
        "ModifiedDate": PUBLISHED,
        "Description": "Default Patch Baseline Provided by AWS.",
        "Sources": [],
    }


def _rule(rule: dict) -> Resource:
    return {
        "PatchFilterGroup": {"PatchFilters": _filters(rule["filters"])},
        "ComplianceLevel": "UNSPECIFIED",
        "ApproveAfterDays": rule["approve_after_days"],
        "EnableNonSecurity": rule.get("enable_non_security", False),
    }


def _filters(filters: dict[str, list[str]]) -> list[Resource]:
    return [{"Key": key, "Values": list(values)} for key, values in filters.items()]
