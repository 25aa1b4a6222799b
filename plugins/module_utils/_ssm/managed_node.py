# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. One managed node: whether it is there, its role and tags, and its end."""

from __future__ import annotations

import re
import typing as t

from .._schedule.errors import ScheduleError
from . import activation, node, tags
from .change import Change, Resource, ResourceError
from .reading import Reader, together

TYPE = "ManagedInstance"
MEMBERS = ("node_id", "iam_role", "tags")
HYBRID = re.compile(r"mi-[0-9a-f]{17}\Z")
IDS = "the id of a node outside EC2, such as mi-0123456789abcdef0"


def from_api(raw: Resource, tag_list: t.Optional[tags.Tags]) -> Resource:
    """A row of DescribeInstanceInformation, with the node's tags where it is one outside EC2."""
    described = node.from_api(raw)
    resource: Resource = {
        "node_id": described["id"],
        **{name: value for name, value in described.items() if name not in ("id", "reach", "reason")},
        "ping_status": raw.get("PingStatus", ""),
        "last_ping_date_time": raw["LastPingDateTime"].isoformat() if "LastPingDateTime" in raw else None,
        "resource_type": raw.get("ResourceType", ""),
        "activation_id": raw.get("ActivationId"),
    }
    if raw.get("IamRole"):
        resource["iam_role"] = raw["IamRole"]
    if tag_list is not None:
        resource["tags"] = tag_list
    return resource


def listed(api: t.Any, filters: t.Mapping[str, t.Sequence[str]], with_tags: bool = False) -> t.List[Resource]:
    """Managed nodes that pass one of the API's filters, by id; all of them without one."""
    chunks: t.List[t.Optional[t.Tuple[str, t.Sequence[str]]]] = [None]
    if filters:
        ((key, values),) = filters.items()
        chunks = [(key, values[start : start + node.AT_ONCE]) for start in range(0, len(values), node.AT_ONCE)]
    found = {}
    for chunk in chunks:
        asked: Resource = {"Filters": [{"Key": chunk[0], "Values": list(chunk[1])}]} if chunk else {}
        asked["MaxResults"] = node.AT_ONCE
        for raw in api.each("list managed nodes", "describe_instance_information", "InstanceInformationList", **asked):
            found[raw["InstanceId"]] = raw
    hybrid = {one for one in found if HYBRID.match(one)} if with_tags else set()
    return [from_api(found[one], tags.read(api, TYPE, one) if one in hybrid else None) for one in sorted(found)]


def describe(api: t.Any, node_id: str, with_tags: bool = True) -> t.Optional[Resource]:
    return next(iter(listed(api, {"InstanceIds": [node_id]}, with_tags)), None)


def refuse(options: Resource) -> None:
    """Raise ScheduleError with all that is wrong with the options whatever the node is like."""
    reader = Reader("")
    with together(ScheduleError, tags.reserved({}, options.get("tags"), "")):
        reader.matching("node_id", options["node_id"], HYBRID, IDS + "; instances of EC2 have roles and tags of EC2")
        if options.get("iam_role"):
            reader.matching("iam_role", options["iam_role"], activation.ROLE, activation.ROLES)
        reader.tags(options.get("tags") or {})
        reader.finish()


def plan(before: Resource, options: Resource, purge_tags: bool) -> Change:
    """What `options` ask of a node. None keeps what is."""
    kept = {name: before[name] for name in MEMBERS if name in before}
    after = {**kept, "tags": tags.wanted(kept.get("tags", {}), options.get("tags"), purge_tags)}
    if options.get("iam_role"):
        after["iam_role"] = options["iam_role"]
    assigned = {name: value for name, value in before.items() if name not in MEMBERS}
    return Change(before, {**after, **assigned}, tuple(assigned))


def online(
    api: t.Any, node_id: str, wait: t.Callable[[t.Callable[[], bool]], bool], timeout: int
) -> t.Optional[Resource]:
    """Wait until the node is online. Raises ResourceError where it is not in time, with how far it came."""
    seen: t.List[t.Optional[Resource]] = []

    def answers() -> bool:
        seen.append(describe(api, node_id, False))
        return (seen[-1] or {}).get("ping_status") == node.ONLINE

    if not wait(answers):
        last = seen[-1]
        reason = "Systems Manager does not know it in this account and Region"
        if last:
            reason = "its agent was last heard of at %s (%s)" % (last["last_ping_date_time"], last["ping_status"])
        raise ResourceError(
            "Node %s is not online after %d seconds: %s. Look at its agent and the way to the endpoints, or give a "
            "longer wait_timeout" % (node_id, timeout, reason)
        )
    return describe(api, node_id)


def apply(api: t.Any, change: Change) -> None:
    before, after = change.before, change.after
    if before is None:
        return
    if after is None:
        doing = "deregister node %s" % before["node_id"]
        api.remove(doing, "deregister_managed_instance", InstanceId=before["node_id"])
        return
    if change.altered("iam_role"):
        doing = "give node %s role %s" % (after["node_id"], after["iam_role"])
        asked = {"InstanceId": after["node_id"], "IamRole": after["iam_role"]}
        api.change(doing, "update_managed_instance_role", **asked)
    tags.apply(api, TYPE, after["node_id"], change)
