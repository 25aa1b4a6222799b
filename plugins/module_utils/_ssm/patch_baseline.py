# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Patch baselines: what is asked of one, and the API's calls."""

from __future__ import annotations

import typing as t

from .._engine.errors import BaselineError, Problem
from .._engine.predefined import predefined_default
from . import patch_group, tags
from .change import Change, Resource, ResourceError, refuse_several, settle
from .patch_baseline_form import DEFAULTS, MEMBERS, UPDATED, comparable, declared, from_api, to_api
from .reading import together

TYPE = "PatchBaseline"


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
