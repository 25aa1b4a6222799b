# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What differs between a policy and what is on AWS, and what would make them equal. Pure."""

from __future__ import annotations

import typing as t

from . import invocation, maintenance_window, patch_baseline, window_target, window_task
from .change import ASSIGNED, Resource, settle
from .policy import Policy

MISSING = "missing"  # in code only
EXTRA = "extra"  # on AWS only
DIFFERENT = "different"
NOTE = "note"  # nothing differs, but something does not do what it seems to

Comparable = t.Callable[[str, t.Any], t.Any]
Pair = t.Tuple[t.Optional[Resource], t.Optional[Resource]]  # in code, on AWS


class Drift:
    """Findings, and the changes that end them: each a resource as the module of its kind takes it."""

    def __init__(self) -> None:
        self.findings: t.List[Resource] = []
        self.present: t.Dict[str, t.List[Resource]] = {kind: [] for kind in KINDS}
        self.absent: t.Dict[str, t.List[Resource]] = {kind: [] for kind in KINDS}

    def find(self, kind: str, name: str, status: str, message: str, **more: t.Any) -> None:
        self.findings.append({"kind": kind, "name": name, "status": status, "message": message, **more})


LONGEST = 200
NOT_SHOWN = "(not shown)"
KINDS = ("patch_baseline", "maintenance_window", "window_target", "window_task", "node")


def compare(policy: Policy, actual: Resource, nodes: t.Sequence[Resource], tag_key: str, purge: bool = False) -> Drift:
    """`actual`: see account.read. `nodes`: the patch groups that code gives to instances, by id.

    With `purge` what is on AWS only is to go. Within a window that code has, it is to go in any case.
    """
    drift = Drift()
    _compare_baselines(drift, policy, actual, purge)
    _compare_windows(drift, policy, actual, purge)
    _compare_nodes(drift, nodes, actual.get("nodes", []), tag_key)
    _note_groups(drift, policy, actual, purge)
    _note_windows(drift, policy)
    return drift


def destruction(policy: Policy, actual: Resource, nodes: t.Sequence[Resource]) -> Drift:
    """What of the policy is on AWS, to be deleted: windows first, with targets and tasks, then baselines and tags."""
    drift = Drift()
    for code, found in _paired(policy.windows, actual["maintenance_windows"], "window_id", ("name",)):
        if code and found:
            drift.find("maintenance_window", found["name"], EXTRA, "is to be deleted, with its targets and tasks")
            drift.absent["maintenance_window"].append(found)
    for code, found in _paired(policy.baselines, actual["patch_baselines"], "baseline_id", BASELINE_NAMES):
        if code and found:
            drift.find("patch_baseline", _baseline_name(found), EXTRA, "is to be deleted, and its groups deregistered")
            drift.absent["patch_baseline"].append(found)
    tagged = {node["id"]: node for node in actual.get("nodes", [])}
    for node in nodes:
        if node["id"] in tagged and node["patch_group"] == tagged[node["id"]]["patch_group"]:
            drift.find("node", node["id"], EXTRA, "its patch group %s is to be untagged" % node["patch_group"])
            drift.absent["node"].append(tagged[node["id"]])
    return drift


BASELINE_NAMES = ("name", "operating_system")


def _baseline_name(baseline: Resource) -> str:
    return "%s for %s" % (baseline["name"], baseline["operating_system"])


def _paired(
    code: t.Sequence[Resource], found: t.Sequence[Resource], identifier: str, names: t.Sequence[str]
) -> t.List[Pair]:
    """Each resource in code with the one on AWS that has its id, else its name, and what is on AWS only."""
    left = list(found)
    pairs: t.List[Pair] = []
    for one in code:
        if one.get(identifier):
            same = [other for other in left if other[identifier] == one[identifier]]
        else:
            same = [other for other in left if all(other.get(name) == one.get(name) for name in names)]
        pairs.append((one, same[0] if same else None))
        if same:
            left.remove(same[0])
    return pairs + [(None, other) for other in left]


def _differences(code: Resource, found: Resource, comparable: Comparable) -> t.List[Resource]:
    unmanaged = {"tags": found["tags"]} if "tags" in found else {}
    after = {**unmanaged, **{name: value for name, value in code.items() if name not in ASSIGNED}}
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
    code, aws = (_short(difference[side]) for side in ("in_code", "on_aws"))
    return "%s: %s in code, %s on AWS" % (difference["member"], code, aws)


def _short(value: t.Any) -> str:
    """As people write it, cut where it gets long."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        text = "[%s]" % ", ".join(map(_short, value))
    elif isinstance(value, dict):
        text = "{%s}" % ", ".join("%s: %s" % (name, _short(inner)) for name, inner in value.items())
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _own(found: Resource, after: Resource) -> t.Set[str]:
    """`targets` of a target is its own; those of a window are resources."""
    return {"targets"} & {*found, *after} if "resource_type" in after else set()


def _compare(
    drift: Drift, kind: str, pairs: t.Sequence[Pair], comparable: Comparable, name: t.Callable[[Resource], str],
    purge: bool, **more: t.Any,
) -> None:  # fmt: skip
    for code, found in pairs:
        if found is None:
            drift.find(kind, name(code or {}), MISSING, "is in code only", **more)
            drift.present[kind].append({**(code or {}), **more})
        elif code is None:
            drift.find(kind, name(found), EXTRA, "is on AWS only", **more)
            if purge:
                drift.absent[kind].append({**found, **more})
        else:
            differences = _differences(code, found, comparable)
            if differences:
                words = "; ".join(map(_difference_in_words, differences))
                drift.find(kind, name(code), DIFFERENT, words, differences=differences, **more)
                assigned = {member: found[member] for member in ASSIGNED if member in found}
                drift.present[kind].append({**assigned, **code, **more})


def _compare_baselines(drift: Drift, policy: Policy, actual: Resource, purge: bool) -> None:
    pairs = _paired(policy.baselines, actual["patch_baselines"], "baseline_id", BASELINE_NAMES)
    _compare(drift, "patch_baseline", pairs, patch_baseline.comparable, _baseline_name, purge)
    taken = {one["name"] for one in drift.findings if _loses(one)}
    drift.present["patch_baseline"].sort(key=lambda one: _baseline_name(one) in taken)
    ambiguous = [one for one in policy.baselines if not one.get("baseline_id")]
    _note_namesakes(drift, "patch_baseline", ambiguous, actual["patch_baselines"], BASELINE_NAMES, "baseline_id")


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


def _compare_windows(drift: Drift, policy: Policy, actual: Resource, purge: bool) -> None:
    pairs = _paired(policy.windows, actual["maintenance_windows"], "window_id", ("name",))
    _compare(drift, "maintenance_window", pairs, maintenance_window.comparable, lambda one: one["name"], purge)
    ambiguous = [one for one in policy.windows if not one.get("window_id")]
    _note_namesakes(drift, "maintenance_window", ambiguous, actual["maintenance_windows"], ("name",), "window_id")
    parts = (
        ("window_target", "targets", "window_target_id", window_target.comparable),
        ("window_task", "tasks", "window_task_id", window_task.comparable),
    )
    for code, found in pairs:
        if code is None:  # goes with its window, or stays with it
            continue
        window = {"window": code["name"]}
        if found:
            window["window_id"] = found["window_id"]
        for kind, member, identifier, comparable in parts:
            inner = _paired(code[member], (found or {}).get(member, []), identifier, ("name",))
            _compare(drift, kind, inner, comparable, _part_name(identifier), True, **window)


def _part_name(identifier: str) -> t.Callable[[Resource], str]:
    return lambda one: one.get("name") or one.get(identifier) or ""


def _note_namesakes(
    drift: Drift, kind: str, code: t.Sequence[Resource], found: t.Sequence[Resource], names: t.Sequence[str],
    identifier: str,
) -> None:  # fmt: skip
    for one in code:
        same = [other[identifier] for other in found if all(other[name] == one[name] for name in names)]
        if len(same) > 1:
            words = "is the name of several: %s; give %s to say which one is meant" % (", ".join(same), identifier)
            drift.find(kind, one["name"], NOTE, words)


def _compare_nodes(drift: Drift, code: t.Sequence[Resource], found: t.Sequence[Resource], tag_key: str) -> None:
    tagged = {node["id"]: node for node in found}
    for node in code:
        other = tagged.get(node["id"])
        if other is None:
            drift.find("node", node["id"], MISSING, "has no patch group, code says %s" % node["patch_group"])
        elif other["patch_group"] != node["patch_group"]:
            words = "has patch group %s, code says %s" % (other["patch_group"], node["patch_group"])
            drift.find("node", node["id"], DIFFERENT, words)
        elif other["tags"].get(tag_key) != node["patch_group"]:
            drift.find("node", node["id"], DIFFERENT, "has its patch group under another tag than %s" % tag_key)
        else:
            continue
        drift.present["node"].append(dict(node))


def _note_groups(drift: Drift, policy: Policy, actual: Resource, purge: bool) -> None:
    """Groups that no window patches, and nodes whose group is no group."""
    groups = set(policy.patch_groups)
    windows = list(policy.windows)
    if not purge:  # what code does not know stays
        groups |= {one["patch_group"] for one in actual["patch_groups"]}
        known = {window["name"] for window in windows}
        windows += [window for window in actual["maintenance_windows"] if window["name"] not in known]
    patched = {
        group
        for window in windows
        for target in window["targets"]
        for key, values in target["targets"].items()
        if key in ("tag:Patch Group", "tag:PatchGroup")
        for group in values
    }
    for group in sorted(groups - patched):
        drift.find(
            "patch_group", group, NOTE, "no maintenance window has it as a target: nothing patches it by schedule"
        )
    wanted = {node["id"]: node["patch_group"] for node in drift.present["node"]}
    for node in actual.get("nodes", []):
        group = wanted.get(node["id"], node["patch_group"])
        if group not in groups:
            words = "its patch group %s is registered with no baseline: it has the default one" % group
            drift.find("node", node["id"], NOTE, words)


def _note_windows(drift: Drift, policy: Policy) -> None:
    for window in policy.windows:
        for member, words in (("targets", "has no target: nothing is patched in it"), ("tasks", "has no task")):
            if not window[member]:
                drift.find("maintenance_window", window["name"], NOTE, words)
