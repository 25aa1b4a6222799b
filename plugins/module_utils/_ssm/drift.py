# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What differs between a policy and what is on AWS, and what would make them equal. Pure."""

from __future__ import annotations

import typing as t

from . import invocation, maintenance_window, patch_baseline_form, tags, window_target, window_task
from .account import TAG_KEYS
from .change import ASSIGNED, IDENTITIES, Resource, ResourceError, settle
from .policy import Policy

MISSING = "missing"  # in code only
EXTRA = "extra"  # on AWS only
DIFFERENT = "different"
AMBIGUOUS = "ambiguous"  # there more than once, and code does not say which one
NOTE = "note"  # nothing differs, but something does not do what it seems to

Comparable = t.Callable[[str, t.Any], t.Any]
Pair = t.Tuple[t.Optional[Resource], t.Optional[Resource]]  # in code, on AWS


class Drift:
    """Findings, and the changes that end them: each a resource as the module of its kind takes it."""

    def __init__(self) -> None:
        self.findings: t.List[Resource] = []
        self.present: t.Dict[str, t.List[Resource]] = {kind: [] for kind in KINDS}
        self.absent: t.Dict[str, t.List[Resource]] = {kind: [] for kind in KINDS}

    def ambiguous(self, kind: str, resource: Resource, identifiers: t.Sequence[str]) -> None:
        words = "is the name of several: %s; give %s to say which one is meant"
        words %= ", ".join(identifiers), IDENTITIES[kind][0]
        self.find(kind, resource.get("name") or "", AMBIGUOUS, words)

    def taken(self, kind: str, name: str, other: str, renamed: str) -> None:
        words = "is still the name of %s, which code calls %s: apply that rename alone first" % (other, renamed)
        self.find(kind, name, AMBIGUOUS, words)

    def refuse_ambiguous(self) -> None:
        """Raise ResourceError where a name stands for several resources."""
        found = [one for one in self.findings if one["status"] == AMBIGUOUS]
        if found:
            raise ResourceError("\n".join("%(kind)s %(name)s %(message)s" % one for one in found))

    def find(self, kind: str, name: str, status: str, message: str, **more: t.Any) -> None:
        self.findings.append({"kind": kind, "name": name, "status": status, "message": message, **more})


TARGET_KEYS = tuple("tag:%s" % key for key in TAG_KEYS)
LONGEST = 200
NOT_SHOWN = "(not shown)"
KINDS = ("patch_baseline", "patch_group", "maintenance_window", "window_target", "window_task", "iam_role", "node")


class Purge(t.NamedTuple):
    """Of what kinds all that is on AWS only is to go. Within a window that code has, it is to go in any case."""

    baselines: bool = False
    windows: bool = False
    keep: t.Sequence[str] = ()  # ids of baselines, those of AWS too, and windows that are to stay nevertheless


def compare(policy: Policy, actual: Resource, nodes: t.Sequence[Resource], tag_key: str, purge: Purge) -> Drift:
    """`actual`: see account.read. `nodes`: the patch groups that code gives to instances, by id."""
    drift = Drift()
    _compare_baselines(drift, policy, actual, purge)
    _compare_windows(drift, policy, actual, purge)
    _compare_nodes(drift, nodes, actual.get("nodes", []), tag_key)
    windows = list(policy.windows)
    going = {window["window_id"] for window in drift.absent["maintenance_window"]}
    known = {window["name"] for window in windows}  # what code does not know stays, unless it is purged
    windows += [
        one for one in actual["maintenance_windows"] if one["name"] not in known and one["window_id"] not in going
    ]
    _note_groups(drift, policy, actual, windows)
    _note_windows(drift, windows)
    return drift


def destruction(policy: Policy, actual: Resource, nodes: t.Sequence[Resource]) -> Drift:
    """What of the policy is on AWS, to be deleted: windows first, with targets and tasks, then baselines and tags."""
    drift = Drift()
    for code, found in _paired(drift, "maintenance_window", policy.windows, actual["maintenance_windows"]):
        if code and found:
            drift.find("maintenance_window", found["name"], EXTRA, "is to be deleted, with its targets and tasks")
            drift.absent["maintenance_window"].append(found)
    for code, found in _paired(drift, "patch_baseline", policy.baselines, actual["patch_baselines"]):
        if code and found:
            drift.find("patch_baseline", _baseline_name(found), EXTRA, "is to be deleted, and its groups deregistered")
            drift.absent["patch_baseline"].append(found)
    tagged = {node["id"]: node for node in actual.get("nodes", [])}
    for node in nodes:
        if node["id"] in tagged and node["patch_group"] == tagged[node["id"]]["patch_group"]:
            drift.find("node", node["id"], EXTRA, "its patch group %s is to be untagged" % node["patch_group"])
            tags_of_code = {
                key: value for key, value in tagged[node["id"]]["tags"].items() if value == node["patch_group"]
            }
            drift.absent["node"].append({**tagged[node["id"]], "tags": tags_of_code})
    return drift


def _baseline_name(baseline: Resource) -> str:
    return "%s for %s" % (baseline["name"], baseline["operating_system"])


def _paired(drift: Drift, kind: str, code: t.Sequence[Resource], found: t.Sequence[Resource]) -> t.List[Pair]:
    """Each resource in code with the one on AWS that has its id, else its name, and what is on AWS only.

    Ids go first, so that a name takes nothing from them. A name that several have is left out, and said.
    """
    identifier, names = IDENTITIES[kind]
    left = {other[identifier]: other for other in found}
    partners = {place: left.pop(one[identifier], None) for place, one in enumerate(code) if one.get(identifier)}
    for place, one in enumerate(code):
        if place in partners:
            continue
        same = [key for key, other in left.items() if all(other.get(name) == one.get(name) for name in names)]
        holders = [at for at, other in partners.items() if other and all(other.get(n) == one.get(n) for n in names)]
        if not same and holders:
            holder = code[holders[0]]
            drift.taken(kind, one["name"], holder[identifier], holder.get("name") or "otherwise")
        elif len(same) > 1:
            drift.ambiguous(kind, one, same)
            for key in same:
                del left[key]
        else:
            partners[place] = left.pop(same[0]) if same else None
    pairs: t.List[Pair] = [(code[place], partner) for place, partner in sorted(partners.items())]
    return pairs + [(None, other) for other in left.values()]


def _differences(code: Resource, found: Resource, comparable: Comparable) -> t.List[Resource]:
    after = {name: value for name, value in code.items() if name not in ASSIGNED}
    if "tags" in found:
        after["tags"] = tags.wanted(found["tags"], code.get("tags"), True)
    else:  # they were not read
        after.pop("tags", None)
    change = settle(found, after, comparable)
    after = change.after or {}
    apart = {*ASSIGNED, "targets", "tasks", "deprecated"}  # the last is what AWS keeps and nobody can write
    members = sorted({*found, *after} - apart | _own(found, after))
    return [
        {"member": member, **_shown(member, after.get(member), found.get(member))}
        for member in members
        if after.get(member) != found.get(member)
    ]


def _shown(member: str, in_code: t.Any, on_aws: t.Any) -> Resource:
    """Both values, unless one holds what may be a secret, such as the payload of a function."""
    parameters = [value for value in (in_code, on_aws) if value and member == "task_invocation_parameters"]
    if any(map(invocation.confidential, parameters)):
        return {"in_code": NOT_SHOWN, "on_aws": NOT_SHOWN}
    return {"in_code": in_code, "on_aws": on_aws}


def _difference_in_words(difference: Resource) -> str:
    code, aws = (short(difference[side]) for side in ("in_code", "on_aws"))
    return "%s: %s in code, %s on AWS" % (difference["member"], code, aws)


def short(value: t.Any) -> str:
    """As people write it, cut where it gets long."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        text = "[%s]" % ", ".join(map(short, value))
    elif isinstance(value, dict):
        text = "{%s}" % ", ".join("%s: %s" % (name, short(inner)) for name, inner in value.items())
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _own(found: Resource, after: Resource) -> t.Set[str]:
    """`targets` of a target is its own; those of a window are resources."""
    return {"targets"} & {*found, *after} if "resource_type" in after else set()


def _compare(
    drift: Drift, kind: str, pairs: t.Sequence[Pair], comparable: Comparable, name: t.Callable[[Resource], str],
    gone: t.Callable[[Resource], bool], **more: t.Any,
) -> None:  # fmt: skip
    """`gone`: whether what is on AWS only is to be deleted."""
    for code, found in pairs:
        if found is None:
            drift.find(kind, name(code or {}), MISSING, "is in code only", **more)
            drift.present[kind].append({**(code or {}), **more})
        elif code is None:
            drift.find(kind, name(found), EXTRA, "is on AWS only" + _role_of(found), **more)
            if gone(found):
                drift.absent[kind].append({**found, **more})
        else:
            differences = _differences(code, found, comparable)
            if differences:
                words = "; ".join(map(_difference_in_words, differences))
                drift.find(kind, name(code), DIFFERENT, words, differences=differences, **more)
                assigned = {member: found[member] for member in ASSIGNED if member in found}
                drift.present[kind].append({**assigned, **code, **more})


def _role_of(baseline: Resource) -> str:
    """What goes, or stays, with a baseline; of any other resource nothing."""
    words = []
    if baseline.get("patch_groups"):
        words.append("has patch groups %s" % ", ".join(baseline["patch_groups"]))
    if baseline.get("default") is True:
        words.append("is the default of %s" % baseline["operating_system"])
    return "".join(", " + one for one in words)


def _compare_baselines(drift: Drift, policy: Policy, actual: Resource, purge: Purge) -> None:
    def gone(found: Resource) -> bool:
        return purge.baselines and found["baseline_id"] not in purge.keep

    pairs = _paired(drift, "patch_baseline", policy.baselines, actual["patch_baselines"])
    _compare(drift, "patch_baseline", pairs, patch_baseline_form.comparable, _baseline_name, gone)
    taken = {one["name"] for one in drift.findings if _loses(one)}
    drift.present["patch_baseline"].sort(key=lambda one: _baseline_name(one) in taken)
    _leave_to_takers(drift, policy, {one["baseline_id"]: one for one in actual["patch_baselines"]})
    _compare_groups_of_aws(drift, actual, gone)


def _leave_to_takers(drift: Drift, policy: Policy, actual: t.Mapping[str, Resource]) -> None:
    """A group that another baseline takes over is moved there, and not deregistered before: two that swap have no
    order in which neither is without one for longer."""
    owners = {
        (baseline["operating_system"], group) for baseline in policy.baselines for group in baseline["patch_groups"]
    }
    for one in drift.present["patch_baseline"]:
        there = actual.get(one.get("baseline_id", ""), {}).get("patch_groups", [])
        lost = [group for group in there if group not in one["patch_groups"]]
        free = [group for group in lost if (one["operating_system"], group) not in owners]
        one["purge_patch_groups"] = len(free) == len(lost)
        if not one["purge_patch_groups"]:
            more = {"operating_system": one["operating_system"], "baseline_id": one["baseline_id"]}
            drift.absent["patch_group"] += [{"patch_group": group, **more} for group in free]


def _loses(finding: Resource) -> bool:
    """Whether a baseline gives up a patch group, or being a default.

    Such baselines come last: what another one takes over it takes at once, and nothing is without it for longer.
    """
    for one in finding.get("differences", []):
        if one["member"] == "default" and one["on_aws"]:
            return True
        if one["member"] == "patch_groups" and set(one["on_aws"]) - set(one["in_code"]):
            return True
    return False


def _compare_windows(drift: Drift, policy: Policy, actual: Resource, purge: Purge) -> None:
    def gone(found: Resource) -> bool:
        return purge.windows and found["window_id"] not in purge.keep

    pairs = _paired(drift, "maintenance_window", policy.windows, actual["maintenance_windows"])
    _compare(drift, "maintenance_window", pairs, maintenance_window.comparable, lambda one: one["name"], gone)
    parts = (
        ("window_target", "targets", window_target.comparable),
        ("window_task", "tasks", window_task.comparable),
    )
    for code, found in pairs:
        if code is None:  # goes with its window, or stays with it
            continue
        window = {"window": code["name"]}
        if found:
            window["window_id"] = found["window_id"]
        for kind, member, comparable in parts:
            inner = _paired(drift, kind, code[member], (found or {}).get(member, []))
            _compare(drift, kind, inner, comparable, _part_name(kind), lambda _found: True, **window)


def _part_name(kind: str) -> t.Callable[[Resource], str]:
    return lambda one: one.get("name") or one.get(IDENTITIES[kind][0]) or ""


def _compare_groups_of_aws(drift: Drift, actual: Resource, gone: t.Callable[[Resource], bool]) -> None:
    """Registrations with baselines that AWS owns, which no variables can say."""
    own = {baseline["baseline_id"] for baseline in actual["patch_baselines"]}
    for group in actual["patch_groups"]:
        if group["baseline_id"] not in own:
            words = "is on AWS only, registered with %s for %s" % (group["baseline"], group["operating_system"])
            drift.find("patch_group", group["patch_group"], EXTRA, words)
            if gone(group):
                drift.absent["patch_group"].append(group)


def _compare_nodes(drift: Drift, code: t.Sequence[Resource], found: t.Sequence[Resource], tag_key: str) -> None:
    """Of both tags that can hold a patch group all that a node has are to say the same, since one of them wins."""
    tagged = {node["id"]: node["tags"] for node in found}
    for node in code:
        group, tags_there = node["patch_group"], tagged.get(node["id"], {})
        wrong = {key: value for key, value in tags_there.items() if value != group}
        if wrong:
            shown = ", ".join("%s: %s" % pair for pair in sorted(wrong.items()))
            drift.find("node", node["id"], DIFFERENT, "is tagged %s, code says %s" % (shown, group))
        elif not tags_there:
            drift.find("node", node["id"], MISSING, "has no patch group, code says %s" % group)
        elif tag_key not in tags_there:
            drift.find("node", node["id"], DIFFERENT, "has its patch group under another tag than %s" % tag_key)
        else:
            continue
        drift.present["node"].append({**node, "tags": dict.fromkeys(sorted({tag_key, *wrong}), group)})


def _note_groups(drift: Drift, policy: Policy, actual: Resource, windows: t.Sequence[Resource]) -> None:
    """Groups that no window patches, and nodes whose group is no group."""
    going = {group["patch_group"] for group in drift.absent["patch_group"]}
    going |= {group for baseline in drift.absent["patch_baseline"] for group in baseline["patch_groups"]}
    groups = {one["patch_group"] for one in actual["patch_groups"]} - going | set(policy.patch_groups)
    patched = {
        group
        for window in windows
        if window["enabled"]
        for target in window["targets"]
        for key, values in target["targets"].items()
        if key in TARGET_KEYS
        for group in values
    }
    for group in sorted(groups - patched):
        words = "no maintenance window that is enabled has it as a target: nothing patches it by schedule"
        drift.find("patch_group", group, NOTE, words)
    wanted = {node["id"]: node["patch_group"] for node in drift.present["node"]}
    for node in actual.get("nodes", []):
        group = wanted.get(node["id"], node["patch_group"])
        if group not in groups:
            words = "its patch group %s is registered with no baseline: it has the default one" % group
            drift.find("node", node["id"], NOTE, words)


def _note_windows(drift: Drift, windows: t.Sequence[Resource]) -> None:
    for window in windows:
        for member, words in (("targets", "has no target: nothing is patched in it"), ("tasks", "has no task")):
            if not window[member]:
                drift.find("maintenance_window", window["name"], NOTE, words)
