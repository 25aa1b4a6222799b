# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Configuration managers of Quick Setup that hold patch policies: calls, and deployments."""

from __future__ import annotations

import typing as t

from . import patch_policy
from .change import Change, Resource, ResourceError, refuse_several
from .patch_policy import DEFINITION, FAILED, ROLES, RUNNING
from .patience import Patience
from .unrepeatable import Once


def identities(api: t.Any) -> t.List[Resource]:
    """Rows of ListConfigurationManagers that have a patch policy."""
    rows = api.rows("list configuration managers", "list_configuration_managers", "ConfigurationManagersList")
    types = ((row, {one.get("Type") for one in row.get("ConfigurationDefinitionSummaries", [])}) for row in rows)
    return [row for row, found in types if DEFINITION in found]


def find(api: t.Any, name: str) -> t.Optional[str]:
    """The ARN of the one of this name. Raises ResourceError where there are several."""
    arns = [row["ManagerArn"] for row in identities(api) if row.get("Name") == name]
    refuse_several("patch policies named %s" % name, arns, "Name the one that is meant by manager_arn")
    return arns[0] if arns else None


def read(api: t.Any, arn: str) -> t.Optional[Resource]:
    """The answer of GetConfigurationManager; None where there is none."""
    doing = "get configuration manager %s" % arn
    return api.find(doing, "get_configuration_manager", ManagerArn=arn)


class Wanted(t.NamedTuple):
    """What a change needs that stands in no option."""

    change: Change
    baselines: Resource  # see patch_policy.selected
    region: str
    again: bool = False  # whether it is deployed although nothing of it differs

    @property
    def needed(self) -> bool:
        return self.again or self.change.needed


def apply(api: t.Any, once: Once, manager: t.Optional[Resource], wanted: Wanted) -> str:
    """Make the change; the ARN of what was changed. `manager`: what there was, as `read` answers."""
    change = wanted.change
    if change.after is None:
        arn = (manager or {})["ManagerArn"]
        doing = "delete patch policy %s" % (change.before or {})["name"]
        api.remove(doing, "delete_configuration_manager", ManagerArn=arn)
        return arn
    if manager is None:
        return _create(api, once, wanted)
    _update(api, manager, wanted)
    return manager["ManagerArn"]


def _create(api: t.Any, once: Once, wanted: Wanted) -> str:
    """The call has no client token: what is tried again is there twice. So a lost answer is looked for by its name."""
    after = wanted.change.after or {}
    request: Resource = {
        "Name": after["name"],
        "ConfigurationDefinitions": [{"Type": DEFINITION, **_definition(wanted, {})}],
    }
    if "description" in after:
        request["Description"] = after["description"]
    if after["tags"]:
        request["Tags"] = after["tags"]
    doing = "create patch policy %s" % after["name"]
    return once.make(
        "configuration manager",
        doing,
        "create_configuration_manager",
        request,
        lambda answer: answer["ManagerArn"],
        lambda: find(api, after["name"]),
    )


def _definition(wanted: Wanted, before: t.Mapping[str, str]) -> Resource:
    after = wanted.change.after or {}
    roles = {name: after[member] for member, name in ROLES.items() if member in after}
    return {"Parameters": patch_policy.parameters(after, wanted.baselines, wanted.region, before), **roles}


def _update(api: t.Any, manager: Resource, wanted: Wanted) -> None:
    change, arn, name = wanted.change, manager["ManagerArn"], (wanted.change.after or {})["name"]
    definition = patch_policy.definition(manager)
    if change.altered("name", "description"):
        after = {"Name": name, "Description": (change.after or {}).get("description", "")}
        api.change("update patch policy %s" % name, "update_configuration_manager", ManagerArn=arn, **after)
    _tag(api, arn, change)
    deployed = (one for one in patch_policy.MEMBERS if one not in ("name", "description", "tags"))
    if wanted.again or change.altered(*deployed):
        request = _definition(wanted, definition.get("Parameters", {}))
        doing = "deploy patch policy %s anew" % name
        api.change(doing, "update_configuration_definition", ManagerArn=arn, Id=definition["Id"], **request)


def _tag(api: t.Any, arn: str, change: Change) -> None:
    before, after = ((one or {}).get("tags", {}) for one in (change.before, change.after))
    removed = sorted(set(before) - set(after))
    added = {key: value for key, value in after.items() if before.get(key) != value}
    if removed:
        doing = "remove tags %s of %s" % (", ".join(removed), arn)
        api.change(doing, "untag_resource", ResourceArn=arn, TagKeys=removed)
    if added:
        doing = "set tags %s of %s" % (", ".join(sorted(added)), arn)
        api.change(doing, "tag_resource", ResourceArn=arn, Tags=added)


def under_way(manager: Resource) -> bool:
    """Whether something goes on, or has not begun yet."""
    return not manager.get("StatusSummaries") or patch_policy.status(manager)["status"] in RUNNING


def settled(api: t.Any, manager: t.Optional[Resource], patience: Patience) -> t.Optional[Resource]:
    """What is there once nothing goes on any more. Raises ResourceError where that takes too long."""
    while manager is not None and under_way(manager):
        if patience.over:
            words = "Patch policy %s is still %s: run this again, or give a longer wait_timeout"
            raise ResourceError(words % (manager.get("Name"), patch_policy.status(manager)["status"]))
        patience.pause()
        manager = read(api, manager["ManagerArn"])
    return manager


def failure(manager: Resource) -> t.Optional[str]:
    """In words, where its last deployment failed."""
    state = patch_policy.status(manager)
    if state["status"] not in FAILED:
        return None
    why = state.get("status_message", "AWS does not say why; its stack sets in CloudFormation do")
    return "The deployment of patch policy %s ended as %s: %s" % (manager.get("Name"), state["status"], why)
