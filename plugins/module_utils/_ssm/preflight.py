# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What keeps nodes in AWS from being patched, seen before anything is sent to them. Pure."""

from __future__ import annotations

import re
import typing as t

from .._finding import ERROR, OK, SKIPPED, WARNING, Finding, worst
from . import network, node, preflight_plan
from .account import TAG_KEYS
from .change import Resource

CHECKS = ("managed", "agent", "permissions", "endpoints", "patch_group", "baseline", "maintenance_window")
# Of instances that do not run: how bad that is, and the remedy.
STATES = {
    "pending": (WARNING, "wait until it runs"),
    "stopping": (WARNING, "start it again, or leave it out"),
    "stopped": (WARNING, "start it, or leave it out: it misses what it is told meanwhile"),
    **dict.fromkeys(node.GONE, (ERROR, "leave it out")),
}
# The last has what the agent needs in the way of the others, and is older.
POLICIES = ("AmazonSSMManagedInstanceCore", "AmazonSSMManagedEC2InstanceDefaultPolicy", "AmazonEC2RoleforSSM")
# Default host management needs this agent (Systems Manager user guide).
HOST_MANAGEMENT_AGENT = "3.2.582.0"
VERSION = re.compile(r"[0-9]+(\.[0-9]+)*\Z")


class Subject(t.NamedTuple):
    """A node that is looked at."""

    id: str
    name: str
    node: Resource  # see node.from_api; those that are not managed have little
    instance: t.Optional[Resource] = None  # as DescribeInstances answers; None: no EC2 instance, or not asked
    tags: t.Optional[t.Mapping[str, str]] = None  # None: not known

    @property
    def hybrid(self) -> bool:
        return self.id.startswith("mi-")

    @property
    def state(self) -> t.Optional[str]:
        """Of an instance of EC2 that is known."""
        return (self.instance or {}).get("State", {}).get("Name")

    @property
    def place(self) -> t.Optional[network.Place]:
        found = self.instance or {}
        if not found.get("SubnetId"):
            return None
        return network.Place(found["VpcId"], found["SubnetId"], bool(found.get("PublicIpAddress")))


class Facts(t.NamedTuple):
    """What surrounds nodes. None: could not be asked, for want of what `denied` names by check."""

    denied: t.Mapping[str, str]  # permissions, by check
    profiles: t.Optional[t.Mapping[str, t.Sequence[str]]] = None  # names of policies, by ARN of instance profile
    host_management: t.Optional[str] = None  # the role of default host management; empty: it is off
    endpoints: t.Optional[t.Sequence[Resource]] = None
    tables: t.Optional[t.Sequence[Resource]] = None
    registrations: t.Optional[t.Sequence[Resource]] = None  # of patch groups, see patch_group.registered
    windows: t.Optional[t.Sequence[Resource]] = None  # with targets and tasks
    minimum_agent: str = "2.0.834.0"


def examine(subjects: t.Sequence[Subject], facts: Facts) -> t.Tuple[t.List[Resource], t.List[Resource]]:
    """Findings, each with the ids of the nodes that have it, and the nodes with the worst that was found of each."""
    together: t.Dict[Finding, t.List[str]] = {}
    nodes = []
    ways: t.Dict[network.Place, network.Way] = {}
    for subject in subjects:
        found = list(_of_one(subject, facts, ways))
        for finding in found:
            together.setdefault(finding, []).append(subject.id)
        status = worst(finding.document() for finding in found)
        nodes.append({"id": subject.id, "name": subject.name, "status": status})
    ordered = sorted(together, key=lambda one: (CHECKS.index(one.check), one.status, one.finding))
    return [{**finding.document(), "nodes": together[finding]} for finding in ordered], nodes


def _of_one(subject: Subject, facts: Facts, ways: t.Dict[network.Place, network.Way]) -> t.Iterator[Finding]:
    yield managed(subject)
    if "managed" in facts.denied:
        yield unmanaged_unasked(facts)
    if subject.node["reach"] == node.UNKNOWN or subject.state in node.GONE:
        return
    if subject.node["reach"] != node.UNMANAGED:
        yield agent(subject, facts.minimum_agent)
    if not subject.hybrid:
        yield permissions(subject, facts)
        yield endpoints(subject, facts, ways)
    group, said = patch_group(subject, facts)
    yield said
    yield baseline(subject, group, facts)
    yield maintenance_window(subject, facts)


def unasked(check: str, facts: Facts) -> Finding:
    """What could not be looked at, because the caller may not."""
    return Finding(check, SKIPPED, "could not be looked at, needs %s" % facts.denied[check])


def unmanaged_unasked(facts: Facts) -> Finding:
    words = "instances that Systems Manager does not manage could not be looked for, needs %s"
    return Finding("managed", SKIPPED, words % facts.denied["managed"])


def managed(subject: Subject) -> Finding:
    reach = subject.node["reach"]
    state = subject.state
    if reach == node.ONLINE:
        return Finding("managed", OK, "Systems Manager manages it, and its agent answers")
    if state in STATES:
        status, remedy = STATES[state]
        return Finding("managed", status, "the instance is %s" % state, remedy)
    if reach == node.OFFLINE:
        remedy = "start the agent (amazon-ssm-agent), or look at the way to the endpoints"
        return Finding("managed", ERROR, "its agent does not answer", remedy)
    if reach == node.UNMANAGED:
        remedy = "install and start the agent; see the findings on permissions and endpoints"
        return Finding("managed", ERROR, "the instance runs, and Systems Manager does not manage it", remedy)
    if reach == node.UNTAGGED:
        words, _colon, remedy = subject.node["reason"].partition(": ")
        return Finding("managed", WARNING, words, remedy)
    return Finding("managed", ERROR, subject.node["reason"], "look at the id, the account and the Region")


def agent(subject: Subject, minimum: str) -> Finding:
    version = subject.node["agent_version"]
    remedy = "run the document AWS-UpdateSSMAgent, or have State Manager run it regularly"
    if not version:
        return Finding("agent", SKIPPED, "its version is not known")
    if _numbers(version) < _numbers(minimum):
        return Finding("agent", ERROR, "version %s is older than %s" % (version, minimum), remedy)
    if subject.node["agent_latest"] is False:
        return Finding("agent", WARNING, "version %s is not the latest" % version, remedy)
    return Finding("agent", OK, "version %s" % version)


def _numbers(version: str) -> t.List[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def permissions(subject: Subject, facts: Facts) -> Finding:
    if subject.instance is None:
        return _of_instance("permissions", facts)
    arn = (subject.instance.get("IamInstanceProfile") or {}).get("Arn")
    policies = (facts.profiles or {}).get(arn, ()) if arn else ()
    name = arn.rpartition("/")[2] if arn else None
    found = [policy for policy in POLICIES if policy in policies]
    if found:
        return Finding("permissions", OK, "instance profile %s has %s" % (name, found[0]))
    if "permissions" in facts.denied:
        return unasked("permissions", facts)
    if facts.host_management:
        return _by_host_management(subject, facts.host_management)
    remedy = "attach %s to the role of its instance profile, or set up default host management" % POLICIES[0]
    if name is None:
        return Finding("permissions", ERROR, "it has no instance profile, and default host management is off", remedy)
    words = "instance profile %s lacks %s, and default host management is off" % (name, POLICIES[0])
    if subject.node["reach"] == node.ONLINE:  # another policy lets its agent in
        return Finding("permissions", WARNING, words + "; another policy may grant the same", remedy)
    return Finding("permissions", ERROR, words, remedy)


def _by_host_management(subject: Subject, role: str) -> Finding:
    version = subject.node.get("agent_version")
    if version and _numbers(version) < _numbers(HOST_MANAGEMENT_AGENT):
        words = "default host management needs agent %s, not %s" % (HOST_MANAGEMENT_AGENT, version)
        return Finding("permissions", ERROR, words, "update the agent, or give it an instance profile")
    return Finding("permissions", OK, "default host management (role %s)" % role.rpartition("/")[2])


def _of_instance(check: str, facts: Facts) -> Finding:
    if check in facts.denied:
        return unasked(check, facts)
    return Finding(check, SKIPPED, "could not be looked at: EC2 does not know the instance in this account and Region")


def _of_tags(check: str, facts: Facts) -> Finding:
    """What could not be looked at, because the tags are not known."""
    return _of_instance("patch_group", facts)._replace(check=check)


def endpoints(subject: Subject, facts: Facts, ways: t.Dict[network.Place, network.Way]) -> Finding:
    place = subject.place
    if "endpoints" in facts.denied or place is None:
        return _of_instance("endpoints", facts)
    if place not in ways:
        ways[place] = network.way_of(place, facts.endpoints or (), facts.tables or ())
    way = ways[place]
    if not way.missing:
        return Finding("endpoints", OK, "VPC endpoints for %s" % ", ".join(network.NEEDED))
    if way.through:
        return Finding("endpoints", OK, "through %s" % way.through)
    lacking = "subnet %s has no way to %s" % (place.subnet, ", ".join(way.missing))
    words = "; ".join([lacking, *way.notes])
    if way.beyond:
        return Finding("endpoints", SKIPPED, "its default route leads to %s, whose end is not seen here" % way.beyond)
    if way.ipv6:
        words = "its only way out is IPv6, to %s: whether it reaches %s by that is not seen here"
        return Finding("endpoints", SKIPPED, words % (way.ipv6, ", ".join(way.missing)))
    remedy = "create VPC endpoints for %s, with private DNS names, or a route to a NAT gateway" % ", ".join(way.missing)
    if subject.node["reach"] == node.ONLINE and "s3" not in way.missing:
        return Finding("endpoints", WARNING, words + "; its agent answers all the same, perhaps by a proxy", remedy)
    return Finding("endpoints", ERROR, words, remedy)


def patch_group(subject: Subject, facts: Facts) -> t.Tuple[t.Optional[str], Finding]:
    """The group, None where there is none or it is not known; and what there is to say of it."""
    if subject.tags is None:
        return None, _of_instance("patch_group", facts)
    tagged = {key: subject.tags[key] for key in TAG_KEYS if subject.tags.get(key)}
    exposed = ((subject.instance or {}).get("MetadataOptions") or {}).get("InstanceMetadataTags") == "enabled"
    if not tagged:
        remedy = "tag it Patch Group, or PatchGroup"
        if exposed:
            remedy = "tag it PatchGroup: its metadata shows its tags, and EC2 takes no key with a blank then"
        words = "it has no patch group, and so the default baseline of its operating system"
        return None, Finding("patch_group", WARNING, words, remedy)
    group = next(iter(tagged.values()))
    if len(set(tagged.values())) > 1:
        words = "tag PatchGroup says %s, and counts; Patch Group says %s" % tuple(tagged.values())
        return group, Finding("patch_group", WARNING, words, "remove one of the two tags")
    return group, Finding("patch_group", OK, "%s (tag %s)" % (group, next(iter(tagged))))


def baseline(subject: Subject, group: t.Optional[str], facts: Facts) -> Finding:
    if group is None and subject.tags is None:
        return _of_tags("baseline", facts)
    if group is None:
        return Finding("baseline", OK, "the default baseline of its operating system")
    if facts.registrations is None:
        return unasked("baseline", facts)
    mine = [row for row in facts.registrations if row["patch_group"] == group]
    default = "it has the default baseline of its operating system"
    if not mine:
        words = "patch group %s is registered with no baseline: %s" % (group, default)
        return Finding("baseline", WARNING, words, "register it (ssm_patch_group), or correct the tag")
    system = preflight_plan.operating_system(subject.node)
    systems = ", ".join(sorted(row["operating_system"] for row in mine))
    if system is None:
        return Finding("baseline", OK, "patch group %s has baselines for %s" % (group, systems))
    found = [row for row in mine if row["operating_system"] == system]
    if not found:
        words = "patch group %s has a baseline for %s, and none for %s: %s" % (group, systems, system, default)
        return Finding("baseline", WARNING, words, "register it with a baseline for %s too" % system)
    shown = found[0]["baseline"] or found[0]["baseline_id"]
    return Finding("baseline", OK, "patch group %s has %s for %s" % (group, shown, system))


def maintenance_window(subject: Subject, facts: Facts) -> Finding:
    if facts.windows is None:
        return unasked("maintenance_window", facts)
    plan = preflight_plan.plan_of(subject.id, subject.tags or {}, facts.windows)
    if plan.installing:
        return Finding("maintenance_window", OK, "patched in %s" % ", ".join(plan.installing))
    if subject.tags is None:
        return _of_tags("maintenance_window", facts)
    remedy = "register the node's patch group as a target of a window with a task that installs"
    if plan.unknown:
        words = "%s patches a resource group, whose members are not seen here" % ", ".join(plan.unknown)
        return Finding("maintenance_window", SKIPPED, words)
    if plan.scanning:
        words = "%s only scans: nothing is installed by schedule" % ", ".join(plan.scanning)
        return Finding("maintenance_window", WARNING, words, remedy)
    if plan.disabled:
        words = "%s is disabled: nothing patches it by schedule" % ", ".join(plan.disabled)
        return Finding("maintenance_window", WARNING, words, "enable the window")
    return Finding("maintenance_window", WARNING, "no maintenance window patches it by schedule", remedy)
