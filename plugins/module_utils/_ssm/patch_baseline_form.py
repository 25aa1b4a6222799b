# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. A patch baseline in the form of users, and in that of the API. Pure."""

from __future__ import annotations

import json
import typing as t

from .._engine import advice
from .._engine.baseline import Baseline, Rule, security_filters
from .._engine.errors import BaselineError, Problem
from .._engine.operating_systems import API_OPERATING_SYSTEMS, FAMILIES, HOST_ONLY
from .._engine.parse import MAX_FILTERS, parse_baseline
from . import patch_group, tags
from .change import Resource
from .reading import keyed, tag_problems, together

# A member of ours and of the API, and what AWS fills in (operations.md, 1). None: left out where it is not given.
SIMPLE: t.Dict[str, t.Tuple[str, t.Any]] = {
    "description": ("Description", None),
    "approved_patches": ("ApprovedPatches", []),
    "approved_patches_compliance_level": ("ApprovedPatchesComplianceLevel", "UNSPECIFIED"),
    "approved_patches_enable_non_security": ("ApprovedPatchesEnableNonSecurity", False),
    "rejected_patches": ("RejectedPatches", []),
    "rejected_patches_action": ("RejectedPatchesAction", "ALLOW_AS_DEPENDENCY"),
    "available_security_updates_compliance_status": ("AvailableSecurityUpdatesComplianceStatus", None),
}
# What UpdatePatchBaseline changes.
UPDATED = ("name", *SIMPLE, "global_filters", "approval_rules", "sources")
MEMBERS = (*UPDATED, "operating_system", "default", "patch_groups", "tags")
LINUX_ONLY = ("ApprovedPatchesEnableNonSecurity", "EnableNonSecurity")
DEFAULTS: Resource = {
    "global_filters": {},
    "approval_rules": [],
    "sources": [],
    "default": False,
    "patch_groups": [],
    "tags": {},
    **{name: default for name, (_member, default) in SIMPLE.items() if default is not None},
}


def from_api(raw: Resource, default: bool, tag_list: t.Optional[tags.Tags]) -> Resource:
    """An answer of GetPatchBaseline in the form that users write.

    `default` stands elsewhere in the API, tags too; None: they were not read.
    """
    resource: Resource = {
        "baseline_id": raw["BaselineId"],
        "name": raw["Name"],
        "operating_system": raw.get("OperatingSystem", "WINDOWS"),
        "global_filters": keyed(raw.get("GlobalFilters", {}).get("PatchFilters", [])),
        "approval_rules": [_rule_from_api(rule) for rule in raw.get("ApprovalRules", {}).get("PatchRules", [])],
        "sources": [_source_from_api(source) for source in raw.get("Sources", [])],
        "default": default,
        "patch_groups": sorted(raw.get("PatchGroups", [])),
    }
    if tag_list is not None:
        resource["tags"] = tag_list
    for name, (member, filled) in SIMPLE.items():
        value = raw.get(member, filled)
        if value is not None:
            resource[name] = value
    for name, member in (("created_date", "CreatedDate"), ("modified_date", "ModifiedDate")):
        if member in raw:
            resource[name] = raw[member].isoformat()
    return resource


def _rule_from_api(raw: Resource) -> Resource:
    rule: Resource = {"filters": keyed(raw["PatchFilterGroup"].get("PatchFilters", []))}
    for name, member in (("approve_after_days", "ApproveAfterDays"), ("approve_until_date", "ApproveUntilDate")):
        if raw.get(member) is not None:
            rule[name] = raw[member]
    rule["compliance_level"] = raw.get("ComplianceLevel", "UNSPECIFIED")
    rule["enable_non_security"] = raw.get("EnableNonSecurity", False)
    return rule


def _source_from_api(raw: Resource) -> Resource:
    return {"name": raw["Name"], "products": list(raw["Products"]), "configuration": raw["Configuration"]}


def to_api(resource: Resource) -> Resource:
    """What CreatePatchBaseline and UpdatePatchBaseline take alike."""
    request: Resource = {
        "Name": resource["name"],
        "GlobalFilters": _filters_to_api(resource["global_filters"]),
        "ApprovalRules": {"PatchRules": [_rule_to_api(rule) for rule in resource["approval_rules"]]},
        "Sources": [
            {"Name": one["name"], "Products": one["products"], "Configuration": one["configuration"]}
            for one in resource["sources"]
        ],
    }
    request.update((member, resource[name]) for name, (member, _filled) in SIMPLE.items() if name in resource)
    return _without_linux(request) if resource["operating_system"] == "WINDOWS" else request


def _without_linux(request: Resource) -> Resource:
    """Windows knows neither flag; where validation let them through they are false."""
    rules = [
        {name: rule[name] for name in rule if name not in LINUX_ONLY} for rule in request["ApprovalRules"]["PatchRules"]
    ]
    kept = {name: value for name, value in request.items() if name not in (*LINUX_ONLY, "Sources")}
    return {**kept, "ApprovalRules": {"PatchRules": rules}}


def _filters_to_api(filters: t.Mapping[str, t.Sequence[str]]) -> Resource:
    return {"PatchFilters": [{"Key": key, "Values": list(values)} for key, values in filters.items()]}


def _rule_to_api(rule: Resource) -> Resource:
    raw: Resource = {
        "PatchFilterGroup": _filters_to_api(rule["filters"]),
        "ComplianceLevel": rule["compliance_level"],
        "EnableNonSecurity": rule["enable_non_security"],
    }
    if "approve_until_date" in rule:
        raw["ApproveUntilDate"] = rule["approve_until_date"]
    else:
        raw["ApproveAfterDays"] = rule["approve_after_days"]
    return raw


def declared(written: Resource, path: str = "baseline") -> Resource:
    """A whole baseline of AWS from the form that users write: defaults filled in, `security: true` spelled out.

    Raises BaselineError with every problem found.
    """
    system = written.get("operating_system")
    if system is None:
        words = "is needed on AWS, where a baseline is for one operating system; one of %s"
        raise BaselineError([Problem(path + ".operating_system", words % ", ".join(API_OPERATING_SYSTEMS))])
    refuse_system(system, path + ".operating_system")
    baseline = _parsed(written, path)
    rules = tuple(rule._replace(filters=security_filters(rule, FAMILIES[system])) for rule in baseline.rules)
    words = "at most %d filters, not %d: security counts as those that it stands for"
    excess = [
        Problem("%s.approval_rules[%d].filters" % (path, rule.number - 1), words % (MAX_FILTERS, len(rule.filters)))
        for rule in rules
        if len(rule.filters) > MAX_FILTERS
    ]
    if excess:
        raise BaselineError(excess)
    return resource_of(baseline._replace(rules=rules))


def _parsed(written: Resource, path: str) -> Baseline:
    """As the engine reads it, and with what the API asks of the names of patch groups and of tags."""
    problems = []
    groups = written.get("patch_groups")
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        problems += patch_group.foreign_characters(str(group), "%s.patch_groups[%d]" % (path, index))
    given = written.get("tags")
    problems += tag_problems(given, path + ".tags") if isinstance(given, dict) else []
    with together(BaselineError, problems):
        return parse_baseline(written, path, security_anywhere=True)


def refuse_system(system: t.Optional[str], path: str = "operating_system") -> None:
    """Raise BaselineError for an operating system that Patch Manager does not know. None, for not given, passes."""
    if system in HOST_ONLY:
        words = "%s is known on hosts only; Patch Manager knows %s" % (system, ", ".join(API_OPERATING_SYSTEMS))
        raise BaselineError([Problem(path, words)])
    if system is not None and system not in API_OPERATING_SYSTEMS:
        words = "'%s' is not allowed; allowed: %s" % (system, ", ".join(API_OPERATING_SYSTEMS))
        raise BaselineError([Problem(path, words)])


def warnings(resource: Resource, path: str = "baseline") -> t.List[str]:
    """What is legal but probably not meant (approval-rules.md, 4.4 and 11)."""
    parsed = parse_baseline({name: value for name, value in resource.items() if name in MEMBERS}, path)
    found = list(advice.warnings(parsed, path))
    if FAMILIES[resource["operating_system"]] == "apt":
        words = "%s.approval_rules[%d]: the delay or cut-off has no effect on %s, which has no release dates"
        delayed = [rule.number - 1 for rule in parsed.rules if rule.delayed]
        found += [words % (path, index, resource["operating_system"]) for index in delayed]
    return found


def resource_of(baseline: Baseline) -> Resource:
    """A baseline of the engine, for one operating system, as one of AWS.

    What a portable one says for other operating systems is left out.
    """
    windows = baseline.operating_system == "WINDOWS"
    resource: Resource = {
        "name": baseline.name,
        "operating_system": baseline.operating_system,
        "global_filters": {key: list(values) for key, values in baseline.global_filters.items()},
        "approval_rules": [_rule_of(rule, windows) for rule in baseline.rules],
        "approved_patches": list(baseline.approved_patches),
        "approved_patches_compliance_level": baseline.approved_patches_compliance_level,
        "approved_patches_enable_non_security": baseline.approved_patches_enable_non_security and not windows,
        "rejected_patches": list(baseline.rejected_patches),
        "rejected_patches_action": baseline.rejected_patches_action,
        "sources": [
            {"name": one.name, "products": list(one.products), "configuration": one.configuration}
            for one in baseline.sources
            if not windows
        ],
        "default": baseline.default,
        "patch_groups": sorted(set(baseline.patch_groups)),
        "tags": dict(baseline.tags),
    }
    if baseline.description is not None:
        resource["description"] = baseline.description
    status = baseline.available_security_updates_compliance_status
    if windows and status is not None:
        resource["available_security_updates_compliance_status"] = status
    return resource


def _rule_of(rule: Rule, windows: bool) -> Resource:
    """apt has no release dates, so a rule there may go without: the API is told 0 (approval-rules.md, 4.4).

    A rule of a portable baseline may ask for what is no security patch, for which Windows has no flag and needs none.
    """
    resource: Resource = {"filters": {key: list(values) for key, values in rule.filters.items()}}
    if rule.approve_until_date is not None:
        resource["approve_until_date"] = rule.approve_until_date.isoformat()
    else:
        resource["approve_after_days"] = rule.approve_after_days or 0
    resource["compliance_level"] = rule.compliance_level
    resource["enable_non_security"] = rule.enable_non_security and not windows
    return resource


def comparable(member: str, value: t.Any) -> t.Any:
    """The value in a form in which what AWS takes for the same is equal: order counts nowhere."""
    if member in ("approved_patches", "rejected_patches", "patch_groups"):
        return sorted(set(value))
    if member == "global_filters":
        return _comparable_filters(value)
    if member == "approval_rules":
        return sorted(_text({**rule, "filters": _comparable_filters(rule["filters"])}) for rule in value)
    if member == "sources":
        return sorted(_text({**source, "products": sorted(source["products"])}) for source in value)
    return value


def _comparable_filters(filters: t.Any) -> t.Any:
    if isinstance(filters, dict):
        return {key: sorted(set(values)) for key, values in filters.items()}
    return filters


def _text(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True)
