# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Tags of resources."""

from __future__ import annotations

import typing as t

from .._engine.errors import Problem
from .change import Change, Resource

Tags = t.Dict[str, str]
RESERVED = "aws:"  # keys that begin so are AWS's own


def from_api(raw: t.Sequence[Resource]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in raw}


def to_api(tags: Tags) -> t.List[Resource]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def wanted(before: Tags, given: t.Optional[t.Mapping[str, t.Any]], purge: bool) -> Tags:
    """All tags as they should be; given None: as they are. AWS's own tags stay."""
    if given is None:
        return dict(before)
    kept = {key: value for key, value in before.items() if not purge or key.startswith(RESERVED)}
    written = {str(key): value if value is None else str(value) for key, value in given.items()}
    return {**kept, **written}


def reserved(before: Tags, given: t.Any, path: str) -> t.List[Problem]:
    """The problem of tags like AWS's own that are not there."""
    written = given if isinstance(given, dict) else {}
    foreign = [str(key) for key, value in written.items() if str(value) != before.get(str(key))]
    keys = sorted(key for key in foreign if key.startswith(RESERVED))
    words = "keys that begin with %s are AWS's own, and cannot be set: %s" % (RESERVED, ", ".join(keys))
    return [Problem(path + ".tags", words)] if keys else []


def read(api: t.Any, resource_type: str, identifier: str) -> Tags:
    doing = "list the tags of %s" % identifier
    answer = api.ask(doing, "list_tags_for_resource", ResourceType=resource_type, ResourceId=identifier)
    return from_api(answer.get("TagList", []))


def apply(api: t.Any, resource_type: str, identifier: str, change: Change) -> None:
    named = {"ResourceType": resource_type, "ResourceId": identifier}
    _apply(api, ("remove_tags_from_resource", "add_tags_to_resource"), named, identifier, change)


def read_of(api: t.Any, member: str, arn: str) -> Tags:
    """Of services that name resources by their ARN; `member`: how they spell that."""
    answer = api.ask("list the tags of %s" % arn, "list_tags_for_resource", **{member: arn})
    return from_api(answer.get("Tags", []))


def apply_to(api: t.Any, member: str, arn: str, change: Change) -> None:
    """As `apply`, of those services."""
    _apply(api, ("untag_resource", "tag_resource"), {member: arn}, arn, change)


def _apply(api: t.Any, operations: t.Tuple[str, str], named: Resource, identifier: str, change: Change) -> None:
    before, after = ((one or {}).get("tags", {}) for one in (change.before, change.after))
    remove, add = operations
    removed = sorted(set(before) - set(after))
    added = {key: value for key, value in after.items() if before.get(key) != value}
    if removed:
        api.change("remove tags %s of %s" % (", ".join(removed), identifier), remove, TagKeys=removed, **named)
    if added:
        api.change("set tags %s of %s" % (", ".join(sorted(added)), identifier), add, Tags=to_api(added), **named)
