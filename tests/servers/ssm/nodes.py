# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed nodes: what Systems Manager knows of them, and how each behaves when a command reaches it."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from .errors import SSMError, invalid
from .paging import page
from .state import Region, Resource

GROUP_TAGS = ("PatchGroup", "Patch Group")  # of both the first counts (approval-rules.md, 9)
IDENTIFIER = re.compile(r"i-(\w{8}|\w{17})|mi-\w{17}")
PINGS = ("Online", "ConnectionLost", "Inactive")
# How an invocation can end that the node itself does not decide, and two ways of a node not to answer.
REFUSED = ("Undeliverable", "InvalidPlatform", "AccessDenied")
UNREACHED = "lost"  # it never takes the command
SILENT = "silent"  # it takes the command, and is not heard of again
PATCH_MEMBERS = ("Title", "KBId", "Classification", "Severity", "State")  # that every patch has
# Of a report, by the state of patches.
COUNTS = {
    "INSTALLED": "InstalledCount",
    "INSTALLED_OTHER": "InstalledOtherCount",
    "INSTALLED_PENDING_REBOOT": "InstalledPendingRebootCount",
    "INSTALLED_REJECTED": "InstalledRejectedCount",
    "MISSING": "MissingCount",
    "FAILED": "FailedCount",
    "NOT_APPLICABLE": "NotApplicableCount",
    "AVAILABLE_SECURITY_UPDATE": "AvailableSecurityUpdateCount",
}
ENDS = ("Success", "Failed", *REFUSED, UNREACHED, SILENT)


@dataclasses.dataclass
class Node:
    """A node, by the names of the control door. `end` and what follows it is its behaviour."""

    id: str
    region: str = "eu-central-1"
    account: str = "123456789012"
    name: str = ""
    ping: str = "Online"
    platform: str = "Linux"
    platform_name: str = "Amazon Linux"
    platform_version: str = "2023"
    operating_system: str = "AMAZON_LINUX_2023"
    agent_version: str = "3.3.1230.0"
    agent_latest: bool = False
    address: str = "10.0.0.1"
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    activation_id: str = ""  # of hybrid nodes
    iam_role: str = "hybrid"  # of hybrid nodes
    unseen: int = 0  # so many lists of nodes do not have it yet
    resource_groups: list[str] = dataclasses.field(default_factory=list)
    patches: list[Resource] = dataclasses.field(default_factory=list)  # as of DescribeInstancePatches, with a Level
    counts: dict[str, int] = dataclasses.field(default_factory=dict)  # of patches that no list names
    scanned: bool = False  # it has reported its patches before any command
    end: str = "Success"
    seconds: float = 30  # how long it works on a command
    exit_code: int = 1  # where it fails
    output: str = ""
    error: str = ""
    cancels: bool = True  # whether it stops when it is told to
    unpatchable: list[str] = dataclasses.field(default_factory=list)  # ids of patches that it fails to install
    state: Resource | None = None  # its InstancePatchState
    reported: list[Resource] = dataclasses.field(default_factory=list)  # its patches when it reported
    available_security: str = "COMPLIANT"  # what its baseline made of AVAILABLE_SECURITY_UPDATE then

    @property
    def patch_group(self) -> str:
        return next((self.tags[key] for key in GROUP_TAGS if key in self.tags), "")

    @property
    def online(self) -> bool:
        return self.ping == "Online"


def parse_nodes(written: t.Any) -> list[Node]:
    """Raises ValueError or TypeError for what is no list of nodes."""
    nodes = [Node(**one) for one in written]
    for node in nodes:
        if not IDENTIFIER.fullmatch(node.id):
            raise ValueError(f"{node.id} is no id of a node")
        if node.end not in ENDS or node.ping not in PINGS:
            raise ValueError(f"{node.id}: end is one of {', '.join(ENDS)}; ping is one of {', '.join(PINGS)}")
        node.patches = [_patch(node.id, one) for one in node.patches]
    if len({node.id for node in nodes}) < len(nodes):
        raise ValueError("a node is given twice")
    return nodes


def _patch(identifier: str, written: Resource) -> Resource:
    """Dates of JSON are text."""
    lacking = [member for member in PATCH_MEMBERS if member not in written]
    if lacking:
        raise ValueError(f"{identifier}: a patch lacks {', '.join(lacking)}")
    if written["State"] not in COUNTS:
        raise ValueError(f"{identifier}: State {written['State']} of a patch is none of {', '.join(COUNTS)}")
    installed = written.get("InstalledTime")
    if not isinstance(installed, str):
        return written
    return {**written, "InstalledTime": datetime.datetime.fromisoformat(installed)}


def _values(node: Node, key: str) -> list[str] | None:
    """The values that a filter of this key is compared with; None for a key that there is not."""
    known = {
        "InstanceIds": [node.id],
        "AgentVersion": [node.agent_version],
        "PingStatus": [node.ping],
        "PlatformTypes": [node.platform],
        "ResourceType": [_resource_type(node)],
        "ActivationIds": [node.activation_id] if node.activation_id else [],
        "IamRole": [node.iam_role] if _hybrid(node) else [],
        "AssociationStatus": [],
        "tag-key": list(node.tags),
    }
    if key.startswith("tag:"):
        name = key.removeprefix("tag:")
        return [node.tags[name]] if name in node.tags else []
    return known.get(key)


def fits(node: Node, filters: t.Iterable[tuple[str, t.Sequence[str]]]) -> bool:
    """Whether the node passes every filter, each by one of its values."""
    for key, values in filters:
        found = _values(node, key)
        if found is None:
            raise SSMError("InvalidFilterKey", f"Filter key {key} is not valid")
        if not set(found).intersection(values):
            return False
    return True


def describe_instance_information(region: Region, request: Resource) -> Resource:
    """Ids that are not managed are no error: there is nothing to tell of them."""
    filters = [(one["Key"], one["Values"]) for one in request.get("Filters", ())]
    filters += [(one["key"], one["valueSet"]) for one in request.get("InstanceInformationFilterList", ())]
    tagged = [key.startswith("tag") for key, _values in filters]
    if any(tagged) and not all(tagged):
        raise invalid("Filters of tags cannot be combined with others")
    rows = [node for node in _candidates(region, filters) if fits(node, filters) and not node.unseen]
    if "NextToken" not in request:
        for node in region.nodes.values():
            node.unseen = max(0, node.unseen - 1)
    answer = page(rows, request, "InstanceInformationList", region.pages, "InvalidNextToken")
    answer["InstanceInformationList"] = [_information(node, region) for node in answer["InstanceInformationList"]]
    return answer


def _candidates(region: Region, filters: list[tuple[str, t.Sequence[str]]]) -> t.Iterable[Node]:
    """All nodes; where ids are asked for those alone, since a fleet may have ten thousand."""
    chosen = next((set(values) for key, values in filters if key == "InstanceIds"), None)
    if chosen is None:
        return region.nodes.values()
    return (region.nodes[one] for one in sorted(chosen) if one in region.nodes)


def _information(node: Node, region: Region) -> Resource:
    hybrid = {"Name": node.name, "IamRole": node.iam_role} if _hybrid(node) else {}
    if node.activation_id:
        hybrid["ActivationId"] = node.activation_id
    return {
        "InstanceId": node.id,
        "PingStatus": node.ping,
        "LastPingDateTime": region.now,
        "AgentVersion": node.agent_version,
        "IsLatestVersion": node.agent_latest,
        "PlatformType": node.platform,
        "PlatformName": node.platform_name,
        "PlatformVersion": node.platform_version,
        "ResourceType": _resource_type(node),
        "IPAddress": node.address,
        "ComputerName": node.name or f"{node.id}.example.com",
        **hybrid,
    }


def _resource_type(node: Node) -> str:
    return "ManagedInstance" if _hybrid(node) else "EC2Instance"


def _hybrid(node: Node) -> bool:
    return node.id.startswith("mi-")


def named(region: Region, identifier: str) -> Node:
    if identifier not in region.nodes:
        raise SSMError("InvalidInstanceId", f"{identifier} is not managed")
    return region.nodes[identifier]
