# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Patch baselines: the API's calls, and the one place that knows its spelling."""

from __future__ import annotations

import json
import typing as t

from .._engine import advice
from .._engine.baseline import Baseline, Rule, security_filters
from .._engine.errors import BaselineError, Problem
from .._engine.operating_systems import API_OPERATING_SYSTEMS, FAMILIES, HOST_ONLY
from .._engine.parse import MAX_FILTERS, parse_baseline
from .._engine.predefined import predefined_default
from . import patch_group, tags
from .change import Change, Resource, ResourceError, refuse_several, settle
from .reading import keyed, together

TYPE = "PatchBaseline"
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


class Purge(t.NamedTuple):
    """What becomes of what is there and was not given."""

    members: bool = False  # those of UpdatePatchBaseline go back to AWS's defaults
    tags: bool = True
    patch_groups: bool = True


def plan(before: t.Optional[Resource], options: Resource, purge: Purge, path: str = "baseline") -> Change:
    """What `options` ask of a baseline. None keeps what is, or what `purge` says; an empty description clears it.

    Raises BaselineError with all that section 11 of approval-rules.md refuses, and tags like AWS's own.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    if purge.members:
        kept = {name: value for name, value in kept.items() if name not in UPDATED or name == "name"}
    merged = {**DEFAULTS, **kept, **given}
    merged["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), purge.tags)
    if not purge.patch_groups and isinstance(merged["patch_groups"], list):
        merged["patch_groups"] = [*dict.fromkeys([*kept.get("patch_groups", []), *merged["patch_groups"]])]
    if merged.get("description") == "":
        del merged["description"]
    with together(BaselineError, tags.reserved(kept.get("tags", {}), given.get("tags"), path)):
        after = declared(merged, path)
    return settle(before, after, comparable)


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
    """As the engine reads it, and with what the API asks of the names of patch groups."""
    problems = []
    groups = written.get("patch_groups")
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        problems += patch_group.foreign_characters(str(group), "%s.patch_groups[%d]" % (path, index))
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


def identities(api: t.Any, filters: t.Mapping[str, str]) -> t.List[Resource]:
    """Rows of DescribePatchBaselines; `filters` are the API's keys, each with one value."""
    asked = [{"Key": key, "Values": [value]} for key, value in filters.items()]
    pages = {"Filters": asked, "MaxResults": 100}
    return api.rows("list patch baselines", "describe_patch_baselines", "BaselineIdentities", **pages)


def find(api: t.Any, name: str, operating_system: t.Optional[str] = None) -> t.Optional[Resource]:
    """The row of one's own baseline of this name. Raises ResourceError where there are several."""
    filters = {"OWNER": "Self", "NAME_PREFIX": name}
    if operating_system:
        filters["OPERATING_SYSTEM"] = operating_system
    rows = [row for row in identities(api, filters) if row["BaselineName"] == name]
    of = " for %s" % operating_system if operating_system else ""
    remedy = "Name the one that is meant by baseline_id%s" % ("" if operating_system else ", or by operating_system")
    refuse_several("patch baselines named %s%s" % (name, of), [row["BaselineId"] for row in rows], remedy)
    return rows[0] if rows else None


def identity(row: Resource) -> Resource:
    """A row of DescribePatchBaselines, or an answer of GetPatchBaseline, as registrations of patch groups name it."""
    return {
        "operating_system": row.get("OperatingSystem", "WINDOWS"),
        "baseline_id": row["BaselineId"],
        "baseline": row.get("BaselineName") or row["Name"],
    }


def identify(api: t.Any, baseline_id: str) -> t.Optional[Resource]:
    raw = api.find("get patch baseline %s" % baseline_id, "get_patch_baseline", BaselineId=baseline_id)
    return identity(raw) if raw else None


def identify_by_name(api: t.Any, name: str, operating_system: str) -> t.Optional[Resource]:
    """One's own baseline, else the one that AWS predefines under that name."""
    row = find(api, name, operating_system)
    if row is None:
        predefined = identities(api, {"OWNER": "AWS", "OPERATING_SYSTEM": operating_system})
        row = next((one for one in predefined if one["BaselineName"] == name), None)
    return identity(row) if row else None


def read(
    api: t.Any, baseline_id: str, default: t.Optional[bool] = None, with_tags: bool = True
) -> t.Optional[Resource]:
    """A baseline by its id; whether it is a default is asked for where it is not given."""
    raw = api.find("get patch baseline %s" % baseline_id, "get_patch_baseline", BaselineId=baseline_id)
    if raw is None:
        return None
    if default is None:
        default = default_of(api, raw.get("OperatingSystem", "WINDOWS")) == baseline_id
    if not with_tags:
        return from_api(raw, default, None)
    return from_api(raw, default, {} if baseline_id.startswith("arn:") else tags.read(api, TYPE, baseline_id))


def describe(api: t.Any, name: str, operating_system: t.Optional[str] = None) -> t.Optional[Resource]:
    row = find(api, name, operating_system)
    return read(api, row["BaselineId"], row["DefaultBaseline"]) if row else None


def default_of(api: t.Any, operating_system: str) -> str:
    """The id of a system's default baseline."""
    doing = "get the default patch baseline of %s" % operating_system
    return api.ask(doing, "get_default_patch_baseline", OperatingSystem=operating_system)["BaselineId"]


def predefined_id(api: t.Any, operating_system: str) -> str:
    """The ARN of the baseline that AWS predefines as default; ids differ from Region to Region."""
    predefined = predefined_default(operating_system)
    name = predefined.name if predefined else ""
    rows = identities(api, {"OWNER": "AWS", "OPERATING_SYSTEM": operating_system})
    found = next((row["BaselineId"] for row in rows if row["BaselineName"] == name), None)
    if found is None:
        words = "AWS has no predefined baseline %s for %s here; make another baseline the default" % (
            name,
            operating_system,
        )
        raise BaselineError([Problem("default", words)])
    return found


class Around(t.NamedTuple):
    """What a change touches beside the baseline itself."""

    owners: t.Dict[str, str]  # patch groups that it registers: the baselines that have them now, by id
    predefined: t.Optional[str]  # the baseline that becomes the default in its place


def around(api: t.Any, change: Change) -> Around:
    """Looked up before anything is changed; no call where the change touches nothing else."""
    return Around(_owners(api, change), predefined_id(api, _system(change)) if _ends_default(change) else None)


def _system(change: Change) -> str:
    return (change.after or change.before or {})["operating_system"]


def _ends_default(change: Change) -> bool:
    return bool(change.before and change.before["default"] and not (change.after and change.after["default"]))


def _owners(api: t.Any, change: Change) -> t.Dict[str, str]:
    before, after = ((one or {}).get("patch_groups", []) for one in (change.before, change.after))
    added = set(after).difference(before)
    rows = patch_group.registered(api, _system(change)) if added else []
    return {one["patch_group"]: one["baseline_id"] for one in rows if one["patch_group"] in added}


def apply(api: t.Any, change: Change, touched: Around) -> t.Optional[str]:
    """Make the change; the baseline's id, None where there is none any more."""
    if change.after is None:
        _delete(api, change.before or {}, touched)
        return None
    baseline_id = _write(api, change)
    before = set((change.before or {}).get("patch_groups", []))
    after = change.after["patch_groups"]
    for group in sorted(before.difference(after)):
        patch_group.deregister(api, group, baseline_id)
    for group in after:
        if group not in before:
            patch_group.register(api, group, baseline_id, touched.owners.get(group))
    if touched.predefined:
        _register_default(api, touched.predefined, _system(change))
    elif change.altered("default") and change.after["default"]:
        _register_default(api, baseline_id, _system(change))
    return baseline_id


def _write(api: t.Any, change: Change) -> str:
    after = change.after or {}
    if change.before is None:
        created = {"OperatingSystem": after["operating_system"], **to_api(after)}
        if after["tags"]:
            created["Tags"] = tags.to_api(after["tags"])
        doing = "create patch baseline %s for %s" % (after["name"], after["operating_system"])
        return api.change(doing, "create_patch_baseline", **created)["BaselineId"]
    baseline_id = change.before["baseline_id"]
    if change.altered(*UPDATED):
        # Replace: a member left out is reset, not kept unseen
        doing = "update patch baseline %s (%s)" % (change.before["name"], baseline_id)
        api.change(doing, "update_patch_baseline", BaselineId=baseline_id, Replace=True, **to_api(after))
    tags.apply(api, TYPE, baseline_id, change)
    return baseline_id


def _register_default(api: t.Any, baseline_id: str, operating_system: str) -> None:
    doing = "make patch baseline %s the default of %s" % (baseline_id, operating_system)
    api.change(doing, "register_default_patch_baseline", BaselineId=baseline_id)


def _delete(api: t.Any, before: Resource, touched: Around) -> None:
    """Nothing that is in use can be deleted: its groups and its being a default go first."""
    for group in before["patch_groups"]:
        patch_group.deregister(api, group, before["baseline_id"])
    if touched.predefined:
        _register_default(api, touched.predefined, before["operating_system"])
    doing = "delete patch baseline %s (%s)" % (before["name"], before["baseline_id"])
    api.remove(doing, "delete_patch_baseline", BaselineId=before["baseline_id"])


def refuse_predefined(change: Change) -> None:
    """Raise ResourceError where one of AWS's own baselines, whose ids are ARNs, would be changed or deleted."""
    before = change.before or {}
    if before.get("baseline_id", "").startswith("arn:") and (not change.after or change.altered(*UPDATED, "tags")):
        raise ResourceError(
            "Patch baseline %s (%s) is AWS's own: it can have patch_groups and be the default, and nothing else of it "
            "can be changed" % (before["name"], before["baseline_id"])
        )
