# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch baselines (operations.md, 1), and which of them is the default of an operating system."""

from __future__ import annotations

import re

from . import predefined
from .baseline_rules import refuse_impossible
from .errors import SSMError, invalid, unknown
from .paging import matching, page
from .state import Region, Resource, known, once, only, refuse_beyond
from .tags import check_tags

QUOTA = 50
OWN_ID = re.compile(r"pb-[0-9a-f]{17}")
ARN = re.compile(r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:patchbaseline/pb-[0-9a-f]{17}")
# What GetPatchBaseline answers for what was not given (operations.md, 1, "Drift comparison").
DEFAULTS = {
    "GlobalFilters": {"PatchFilters": []},
    "ApprovalRules": {"PatchRules": []},
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "ApprovedPatchesEnableNonSecurity": False,
    "RejectedPatches": [],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
    "Sources": [],
}
RULE_DEFAULTS = {"ComplianceLevel": "UNSPECIFIED", "EnableNonSecurity": False}
OPTIONAL = (*DEFAULTS, "Name", "Description", "AvailableSecurityUpdatesComplianceStatus")


def create_patch_baseline(region: Region, request: Resource) -> Resource:
    """Names are not unique; the quota is 50 (approval-rules.md, 1)."""
    return once(region, "CreatePatchBaseline", request, lambda: _create(region, request))


def _create(region: Region, request: Resource) -> Resource:
    system = request.get("OperatingSystem", "WINDOWS")
    tags = check_tags({}, request.get("Tags", []))
    baseline = _whole({**only(request, *OPTIONAL), "OperatingSystem": system})
    refuse_beyond(QUOTA, len(region.baselines), "patch baselines")
    identifier = region.new_id("pb")
    dates = {"CreatedDate": region.now, "ModifiedDate": region.now}
    region.baselines[identifier] = {"BaselineId": identifier, **baseline, **dates}
    region.tags["PatchBaseline", identifier] = tags
    return {"BaselineId": identifier}


def _whole(given: Resource) -> Resource:
    """With what AWS fills in, and refused where its rules are broken."""
    baseline = {**DEFAULTS, **given}
    rules = [{**RULE_DEFAULTS, **rule} for rule in baseline["ApprovalRules"]["PatchRules"]]
    baseline["ApprovalRules"] = {"PatchRules": rules}
    refuse_impossible(baseline)
    return baseline


def update_patch_baseline(region: Region, request: Resource) -> Resource:
    """Members that are given replace whole ones; with Replace the others fall back to nothing (operations.md, 1).

    AWS's own baselines cannot be changed (predefined-baselines.md): here they do not exist for it.
    """
    before = known(region.baselines, request["BaselineId"], "Patch baseline")
    given = only(request, *OPTIONAL)
    if request.get("Replace"):
        if "Name" not in given:
            raise invalid("With Replace, Name is required as in CreatePatchBaseline")
        kept = only(before, "OperatingSystem")
    else:
        kept = only(before, *OPTIONAL, "OperatingSystem")
    after = {**_whole({**kept, **given}), **only(before, "BaselineId", "CreatedDate"), "ModifiedDate": region.now}
    region.baselines[request["BaselineId"]] = after
    return after


def find(region: Region, identifier: str) -> Resource:
    """An own baseline by its id, one of AWS's by its full ARN (the API reference of GetPatchBaseline)."""
    if not OWN_ID.fullmatch(identifier) and not ARN.fullmatch(identifier):
        raise SSMError("InvalidResourceId", f"{identifier} is no id of a patch baseline")
    everything = every(region)
    if identifier not in everything:
        raise unknown("Patch baseline", identifier)
    return everything[identifier]


def every(region: Region) -> dict[str, Resource]:
    return {**predefined.aws_owned(region.name), **region.baselines}


def get_patch_baseline(region: Region, request: Resource) -> Resource:
    baseline = find(region, request["BaselineId"])
    groups = [group for (group, _system), used in region.patch_groups.items() if used == baseline["BaselineId"]]
    return {**baseline, "PatchGroups": groups}


def identity(region: Region, baseline: Resource) -> Resource:
    found = {
        "BaselineId": baseline["BaselineId"],
        "BaselineName": baseline["Name"],
        "OperatingSystem": baseline["OperatingSystem"],
        "DefaultBaseline": default_of(region, baseline["OperatingSystem"]) == baseline["BaselineId"],
    }
    return {**found, "BaselineDescription": baseline["Description"]} if "Description" in baseline else found


def describe_patch_baselines(region: Region, request: Resource) -> Resource:
    """AWS's own ones too; there is no filter for defaults (operations.md, 1)."""
    tests = {
        "NAME_PREFIX": lambda one, value: one["Name"].startswith(value),
        "OWNER": lambda one, value: value == ("Self" if one["BaselineId"] in region.baselines else "AWS"),
        "OPERATING_SYSTEM": lambda one, value: one["OperatingSystem"] == value,
    }
    rows = [identity(region, one) for one in matching(every(region).values(), request, tests)]
    return page(rows, request, "BaselineIdentities", region.pages)


def delete_patch_baseline(region: Region, request: Resource) -> Resource:
    """In use: ResourceInUseException. Unknown: no error is declared, so none is given (test-servers.md, A3).

    Whether a default can be deleted the API does not say; refusing makes callers reset it first (operations.md, 1).
    """
    identifier = request["BaselineId"]
    if identifier in predefined.aws_owned(region.name):
        raise invalid(f"{identifier} belongs to AWS and cannot be deleted")
    if identifier in region.patch_groups.values():
        raise SSMError("ResourceInUseException", f"Patch baseline {identifier} is registered for patch groups")
    if identifier in region.defaults.values():
        raise SSMError("ResourceInUseException", f"Patch baseline {identifier} is the default of its operating system")
    region.baselines.pop(identifier, None)
    region.tags.pop(("PatchBaseline", identifier), None)
    return {"BaselineId": identifier}


def default_of(region: Region, system: str) -> str:
    return region.defaults.get(system) or predefined.arn(region.name, system)


def register_default_patch_baseline(region: Region, request: Resource) -> Resource:
    """For the operating system of the baseline; back to AWS's by its ARN (operations.md, 1)."""
    baseline = find(region, request["BaselineId"])
    region.defaults[baseline["OperatingSystem"]] = baseline["BaselineId"]
    return {"BaselineId": baseline["BaselineId"]}


def get_default_patch_baseline(region: Region, request: Resource) -> Resource:
    """Of WINDOWS, where no operating system is named (operations.md, 1)."""
    system = request.get("OperatingSystem", "WINDOWS")
    return {"BaselineId": default_of(region, system), "OperatingSystem": system}
