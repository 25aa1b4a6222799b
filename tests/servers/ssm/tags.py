# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of resources of SSM, 50 each, none under AWS's own prefix."""

from __future__ import annotations

from .errors import SSMError, invalid
from .state import Region, Resource

LARGEST = 50  # the API reference of AddTagsToResource
TYPES = ("Association", "Automation", "Document", "PatchBaseline", "MaintenanceWindow", "ManagedInstance")


def ours(request: Resource) -> bool:
    """Tags of other types of resources are moto's."""
    return request.get("ResourceType") in TYPES


def check_tags(before: dict[str, str], added: list[Resource]) -> dict[str, str]:
    """All tags together. CreatePatchBaseline and CreateMaintenanceWindow declare no TooManyTagsError, AddTags does."""
    if any(tag["Key"].lower().startswith("aws:") for tag in added):
        raise invalid("Tag keys that begin with aws: belong to AWS")
    if len({tag["Key"] for tag in added}) < len(added):
        raise invalid("A tag key is given more than once")
    together = {**before, **{tag["Key"]: tag["Value"] for tag in added}}
    if len(together) > LARGEST:
        raise invalid(f"A resource may have {LARGEST} tags")
    return together


def _tags(region: Region, request: Resource) -> dict[str, str]:
    key = (request["ResourceType"], request["ResourceId"])
    if key not in region.tags:
        raise SSMError("InvalidResourceId", f"There is no {key[0]} {key[1]}")
    return region.tags[key]


def add_tags_to_resource(region: Region, request: Resource) -> Resource:
    tags = _tags(region, request)
    if len({*tags, *(tag["Key"] for tag in request["Tags"])}) > LARGEST:
        raise SSMError("TooManyTagsError", f"A resource may have {LARGEST} tags")
    tags.update(check_tags(tags, request["Tags"]))
    return {}


def remove_tags_from_resource(region: Region, request: Resource) -> Resource:
    """Keys that are not there are no error."""
    tags = _tags(region, request)
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(region: Region, request: Resource) -> Resource:
    return {"TagList": [{"Key": key, "Value": value} for key, value in _tags(region, request).items()]}
