# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What is on AWS as the variables that make it: policy.py the other way round. Pure."""

from __future__ import annotations

import typing as t

from . import maintenance_window, patch_baseline_form, policy, tags, window_target, window_task
from .change import ASSIGNED, IDENTITIES, REFUSALS, Resource, settle

Declared = t.Callable[[Resource, str], Resource]
Comparable = t.Callable[[str, t.Any], t.Any]
# What a reader looks for first.
ORDER = (
    *("baseline_id", "window_id", "window_target_id", "window_task_id", "name", "operating_system", "operation"),
    *("description", "default", "schedule", "schedule_timezone", "duration", "cutoff", "patch_groups"),
)


def variables(actual: Resource, tag_key: str) -> Resource:
    """`patch_baselines` and `maintenance_windows`, and what of AWS cannot be written so, with the reason.

    `actual`: see account.read. What has its default is left out. Ids are kept where a name does not tell apart.
    What cannot be written has its `id`, by which it can be kept from a purge.
    """
    left_out: t.List[Resource] = []
    baselines = _each("patch_baseline", actual["patch_baselines"], _baseline(actual["patch_baselines"]), left_out)
    windows = _each("maintenance_window", actual["maintenance_windows"], _window(actual, tag_key), left_out)
    own = {baseline["baseline_id"] for baseline in actual["patch_baselines"]}
    for group in actual["patch_groups"]:
        if group["baseline_id"] not in own:
            words = "is registered with %s, which belongs to AWS" % group["baseline"]
            one = {"kind": "patch_group", "name": group["patch_group"], "id": group["baseline_id"], "reason": words}
            left_out.append(one)
    return {"patch_baselines": baselines, "maintenance_windows": windows, "left_out": left_out}


def _each(
    kind: str, resources: t.Sequence[Resource], write: t.Callable[[Resource], Resource], left_out: t.List[Resource]
) -> t.List[Resource]:
    written = []
    for resource in resources:
        try:
            written.append(write(resource))
        except REFUSALS as error:
            identifier = resource[IDENTITIES[kind][0]]
            left_out.append({"kind": kind, "name": resource["name"], "id": identifier, "reason": str(error)})
    return written


def _identified(resource: Resource, others: t.Sequence[Resource], identifier: str, names: t.Sequence[str]) -> Resource:
    """The id, where the names are those of others too, or there are none."""
    named = [resource.get(name) for name in names]
    same = [other for other in others if [other.get(name) for name in names] == named]
    return {identifier: resource[identifier]} if len(same) > 1 or not all(named) else {}


def shortened(resource: Resource, identified: Resource, declared: Declared, comparable: Comparable) -> Resource:
    """Without the members that come back by themselves, behind the id where one is kept.

    Raises what `declared` does for what users cannot write.
    """
    written = {**identified, **{name: value for name, value in resource.items() if name not in ASSIGNED}}
    if "tags" in written:  # AWS's own cannot be written
        written["tags"] = {key: one for key, one in written["tags"].items() if not key.startswith(tags.RESERVED)}
    whole = declared(written, resource.get("name", "resource"))
    for name in [name for name in written if name not in identified]:
        rest = {other: value for other, value in written.items() if other != name}
        try:
            same = not settle(whole, declared(rest, "resource"), comparable).needed
        except REFUSALS:
            continue
        if same:
            written = rest
    return written


def ordered(written: Resource) -> Resource:
    """Members in the order in which people write them."""
    return {name: written[name] for name in sorted(written, key=lambda name: (_place(name), list(written).index(name)))}


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _baseline(everything: t.Sequence[Resource]) -> t.Callable[[Resource], Resource]:
    def write(resource: Resource) -> Resource:
        identified = _identified(resource, everything, "baseline_id", ("name", "operating_system"))
        written = shortened(resource, identified, patch_baseline_form.declared, patch_baseline_form.comparable)
        if "approval_rules" in written:
            written["approval_rules"] = [_rule(rule) for rule in written["approval_rules"]]
        return ordered(written)

    return write


def _rule(rule: Resource) -> Resource:
    defaults = {"compliance_level": "UNSPECIFIED", "enable_non_security": False}
    return {name: value for name, value in rule.items() if name not in defaults or value != defaults[name]}


def _window(actual: Resource, tag_key: str) -> t.Callable[[Resource], Resource]:
    def write(resource: Resource) -> Resource:
        own = {name: value for name, value in resource.items() if name not in ("targets", "tasks")}
        identified = _identified(resource, actual["maintenance_windows"], "window_id", ("name",))
        written = shortened(own, identified, maintenance_window.declared, maintenance_window.comparable)
        return {**ordered({**written, **_targets(resource["targets"], tag_key)}), **_tasks(resource)}

    return write


def _targets(targets: t.Sequence[Resource], tag_key: str) -> Resource:
    key = "tag:%s" % tag_key
    groups = {"name": policy.GROUP_TARGET, "resource_type": "INSTANCE"}
    written: Resource = {}
    rest = []
    for target in targets:
        own = {name: value for name, value in target.items() if name not in ASSIGNED}
        if {**own, "targets": None} == {**groups, "targets": None} and list(target["targets"]) == [key]:
            written["patch_groups"] = target["targets"][key]
        else:
            identified = _identified(target, targets, "window_target_id", ("name",))
            rest.append(shortened(target, identified, window_target.declared, window_target.comparable))
    return {**written, "targets": rest} if rest else written


def _tasks(window: Resource) -> Resource:
    """In the order of their priorities, so that those in the short form find theirs in their place in the list."""
    tasks = sorted(window["tasks"], key=lambda one: one["priority"])
    targets = [target.get("name") or target["window_target_id"] for target in window["targets"]]
    written = []
    for number, task in enumerate(tasks, 1):
        identified = _identified(task, tasks, "window_task_id", ("name",))
        short = _short_task(task, number, targets)
        if short is None:
            short = shortened(task, identified, window_task.declared, window_task.comparable)
        written.append(ordered({**identified, **short}))
    return {"tasks": written} if written else {}


def _short_task(task: Resource, number: int, targets: t.Sequence[str]) -> t.Optional[Resource]:
    """A task that patches, as policy.py reads it in the short form; None where that would not give the same task."""
    command = task["task_invocation_parameters"].get("run_command", {})
    names = {name: member for member, name in {**policy.PARAMETERS, **policy.HOOKS}.items()}
    parameters = command.get("parameters", {})
    if set(parameters) - set(names) or any(len(values) != 1 for values in parameters.values()):
        return None
    short = {name: value for name, value in task.items() if name in policy.KEPT and name not in ASSIGNED}
    short.update((names[name], values[0]) for name, values in parameters.items())
    short.update((name, value) for name, value in command.items() if name in policy.RUN_COMMAND)
    if _made_of(short, number, targets, task) is None:
        return None
    for name in list(short):
        rest = {other: value for other, value in short.items() if other != name}
        if name != "operation" and _made_of(rest, number, targets, task) is not None:
            short = rest
    return short


def _made_of(short: Resource, number: int, targets: t.Sequence[str], task: Resource) -> t.Optional[Resource]:
    """The task that the short form stands for, if it is this one."""
    try:
        made = window_task.declared(policy.whole_task(short, number, targets), "task")
    except REFUSALS:
        return None
    return made if not settle(task, made, window_task.comparable).needed else None
