# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Managed nodes: who is asked for, reached, and missing (operations.md, 10)."""

from __future__ import annotations

import itertools
import re
import typing as t

from .account import TAG_KEYS
from .change import Resource
from .reading import Reader

ID = re.compile(r"(i-([0-9a-zA-Z_]{8}|[0-9a-zA-Z_]{17})|mi-[0-9a-zA-Z_]{17})\Z")
AT_ONCE = 50  # ids that one call takes, or rows that it answers
ONLINE, OFFLINE, UNMANAGED, UNKNOWN = "Online", "Offline", "Unmanaged", "Unknown"
UNTAGGED = "Untagged"  # managed, and Systems Manager does not know the tag yet that EC2 knows
LATE = "Systems Manager manages it, and does not know its tag yet: run again in a moment"
# EC2 instances that are gone are missed by nobody.
GONE = ("shutting-down", "terminated")
REFUSED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")


class Found(t.NamedTuple):
    """The nodes that were asked for, by id; those that are not managed are among them, with the reason."""

    nodes: t.Dict[str, Resource]
    target: t.Optional[Resource]  # what a command can be given instead of ids; None: it has to be ids
    warnings: t.Tuple[str, ...] = ()
    complete: bool = True  # False: of a resource group only AWS knows the members

    @property
    def online(self) -> t.List[str]:
        return [identifier for identifier, one in self.nodes.items() if one["reach"] == ONLINE]

    @property
    def managed(self) -> t.List[str]:
        return [identifier for identifier, one in self.nodes.items() if one["reach"] in (ONLINE, OFFLINE)]


class Nobody:
    """In the place of EC2, where it is not to be asked."""

    def each(self, *_doing: t.Any, **_request: t.Any) -> t.Sequence[Resource]:
        return ()


def declared_ids(reader: Reader, written: t.Optional[t.Sequence[str]]) -> t.Tuple[str, ...]:
    """Ids of nodes, each once, from the option instance_ids; the reader notes what is wrong."""
    for index, one in enumerate(written or ()):
        where = "instance_ids[%d]" % index
        reader.matching(where, one, ID, "an id of a managed node, i-... or mi-...")
    if written is not None and not written:
        reader.problem("instance_ids", "must have one id or more; leave the task out where there is none")
    return tuple(dict.fromkeys(written or ()))


def from_api(raw: Resource) -> Resource:
    """A row of DescribeInstanceInformation."""
    ping = raw.get("PingStatus", "")
    node: Resource = {
        "id": raw["InstanceId"],
        "name": raw.get("Name") or raw.get("ComputerName") or raw["InstanceId"],
        "reach": ONLINE if ping == "Online" else OFFLINE,
        "reason": None,
        "platform_type": raw.get("PlatformType", ""),
        "platform_name": raw.get("PlatformName", ""),
        "platform_version": raw.get("PlatformVersion", ""),
        "agent_version": raw.get("AgentVersion", ""),
        "agent_latest": raw.get("IsLatestVersion"),
        "ip_address": raw.get("IPAddress", ""),
    }
    if node["reach"] == OFFLINE:
        heard = raw["LastPingDateTime"].isoformat() if "LastPingDateTime" in raw else "an unknown time"
        node["reason"] = "its agent was last heard of at %s (%s)" % (heard, ping or "no ping status")
    return node


def _missing(identifier: str, reach: str, reason: str) -> Resource:
    return {"id": identifier, "name": identifier, "reach": reach, "reason": reason}


def read(api: t.Any, key: str, values: t.Sequence[str]) -> t.Dict[str, Resource]:
    """Managed nodes that one filter lets through, by id, in chunks of what one call takes."""
    found = {}
    for start in range(0, len(values), AT_ONCE):
        filters = [{"Key": key, "Values": list(values[start : start + AT_ONCE])}]
        asked = {"Filters": filters, "MaxResults": AT_ONCE}
        for raw in api.each("list managed nodes", "describe_instance_information", "InstanceInformationList", **asked):
            found[raw["InstanceId"]] = from_api(raw)
    return found


def every(api: t.Any) -> t.Iterator[t.List[Resource]]:
    """All managed nodes, as many at a time as one page has: nobody has to hold them all."""
    asked = {"MaxResults": AT_ONCE}
    rows = api.each("list managed nodes", "describe_instance_information", "InstanceInformationList", **asked)
    return parts(from_api(raw) for raw in rows)


def others(ec2: t.Callable[[], t.Any], managed: t.Collection[str]) -> Found:
    """Instances that EC2 knows and Systems Manager does not manage, those that are gone left out."""
    states = ("pending", "running", "stopping", "stopped")
    nodes, warnings = _unmanaged(ec2, [_filter("instance-state-name", states)], managed)
    return Found(_sorted(nodes), None, warnings)


def parts(items: t.Iterable[t.Any]) -> t.Iterator[t.List[t.Any]]:
    """As many at a time as one call takes."""
    found = iter(items)
    while True:
        part = list(itertools.islice(found, AT_ONCE))
        if not part:
            return
        yield part


def by_ids(api: t.Any, ec2: t.Callable[[], t.Any], identifiers: t.Sequence[str]) -> Found:
    """These nodes, in this order. `ec2` makes an Api of that service, which is asked where ids are not managed."""
    managed = read(api, "InstanceIds", identifiers)
    strangers = [one for one in identifiers if one not in managed]
    instances, warnings = _instances(ec2, "instance-id", [one for one in strangers if one.startswith("i-")])
    nodes = {one: managed.get(one) or _stranger(one, instances, bool(warnings)) for one in identifiers}
    return Found(nodes, None, warnings)


def _stranger(identifier: str, instances: t.Mapping[str, str], unasked: bool) -> Resource:
    state = instances.get(identifier)
    if state is not None:
        return _missing(identifier, UNMANAGED, unmanaged(state))
    if unasked:
        return _missing(identifier, UNKNOWN, "Systems Manager does not manage it in this account and Region")
    reason = "neither Systems Manager nor EC2 knows it in this account and Region"
    if identifier.startswith("mi-"):
        reason = "Systems Manager does not know it in this account and Region"
    return _missing(identifier, UNKNOWN, reason)


def unmanaged(state: str) -> str:
    words = "EC2 knows the instance (%s), and Systems Manager does not manage it"
    if state == "running":
        words += ": look at its agent, its instance profile and the way to the endpoints"
    return words % state


def by_targets(api: t.Any, ec2: t.Callable[[], t.Any], targets: Resource) -> Found:
    """Nodes that fit all targets, each by one of its values, as SendCommand chooses them.

    Tags cannot be asked for together with anything else, so each target is asked for alone.
    """
    target = [{"Key": key, "Values": values} for key, values in targets.items()]
    if any(key.startswith("resource-groups:") for key in targets):
        words = "Which nodes a resource group has is known to AWS alone: those that are offline cannot be named before"
        return Found({}, {"Targets": target}, (words,), False)
    found = [read(api, key, values) for key, values in targets.items()]
    nodes = {one: node for one, node in found[0].items() if all(one in others for others in found[1:])}
    warnings: t.Tuple[str, ...] = ()
    if "InstanceIds" in targets:
        missing = [one for one in targets["InstanceIds"] if one not in nodes]
        for one in missing if len(targets) == 1 else ():
            nodes[one] = _missing(one, UNKNOWN, "Systems Manager does not manage it in this account and Region")
    else:
        filters = [_filter(key, values) for key, values in targets.items()]
        unmanaged_ones, warnings = _unmanaged(ec2, filters, nodes)
        nodes.update(_untagged(api, unmanaged_ones))
    return Found(_sorted(nodes), {"Targets": target}, warnings)


def _filter(key: str, values: t.Sequence[str]) -> Resource:
    """Of EC2, which spells the same keys."""
    return {"Name": key, "Values": list(values)}


def by_patch_group(api: t.Any, ec2: t.Callable[[], t.Any], group: str) -> Found:
    """Nodes of a patch group, whichever of its tags they carry.

    A node that carries both belongs to the group of the first (approval-rules.md, 9), and no target can say that: such
    nodes, or both kinds of them, have to be named by their ids.
    """
    first, second = (read(api, "tag:" + key, [group]) for key in TAG_KEYS)
    elsewhere = read(api, "tag-key", [TAG_KEYS[0]]) if second else {}
    nodes = {**first, **{one: node for one, node in second.items() if one not in elsewhere}}
    target = None
    for key, found in zip(TAG_KEYS, (first, second)):
        if set(found) == set(nodes):
            target = {"Targets": [{"Key": "tag:" + key, "Values": [group]}]}
            break
    missing: t.Dict[str, Resource] = {}
    warnings: t.Tuple[str, ...] = ()
    for key in TAG_KEYS:
        known = {**nodes, **elsewhere, **missing}
        found, warnings = _unmanaged(ec2, [_filter("tag:" + key, [group])], known)
        missing.update(found)
        if warnings:
            break
    return Found(_sorted({**nodes, **_untagged(api, missing)}), target, warnings)


def _unmanaged(
    ec2: t.Callable[[], t.Any], filters: t.Sequence[Resource], managed: t.Collection[str]
) -> t.Tuple[t.Dict[str, Resource], t.Tuple[str, ...]]:
    instances, warnings = _asked(ec2, filters)
    missing = {one: state for one, state in instances.items() if one not in managed and state not in GONE}
    return {one: _missing(one, UNMANAGED, unmanaged(state)) for one, state in missing.items()}, warnings


def _untagged(api: t.Any, missing: t.Mapping[str, Resource]) -> t.Dict[str, Resource]:
    """Of instances that no tag found, those that are managed all the same told apart: tags come late from EC2."""
    managed = read(api, "InstanceIds", list(missing))
    late = {one: {**node, "reach": UNTAGGED, "reason": LATE} for one, node in managed.items()}
    return {**missing, **late}


def _instances(
    ec2: t.Callable[[], t.Any], name: str, values: t.Sequence[str]
) -> t.Tuple[t.Dict[str, str], t.Tuple[str, ...]]:
    """States of EC2 instances by id. What EC2 does not know is left out, by a filter; by ids it refuses all."""
    found: t.Dict[str, str] = {}
    for start in range(0, len(values), 200):
        states, warnings = _asked(ec2, [_filter(name, values[start : start + 200])])
        if warnings:
            return {}, warnings
        found.update(states)
    return found, ()


def _asked(ec2: t.Callable[[], t.Any], filters: t.Sequence[Resource]) -> t.Tuple[t.Dict[str, str], t.Tuple[str, ...]]:
    """A caller who may not ask EC2 still patches; what cannot be told is said."""
    doing = "look for EC2 instances that are not managed"
    states = {}
    try:
        for reservation in ec2().each(doing, "describe_instances", "Reservations", Filters=list(filters)):
            for one in reservation.get("Instances", []):
                states[one["InstanceId"]] = one["State"]["Name"]
    except Exception as error:
        if getattr(error, "code", None) not in REFUSED:
            raise
        return {}, ("Instances that Systems Manager does not manage are not named: %s" % error,)
    return states, ()


def _sorted(nodes: t.Mapping[str, Resource]) -> t.Dict[str, Resource]:
    return {one: nodes[one] for one in sorted(nodes)}
