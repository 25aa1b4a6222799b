# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The variables that hosts are patched by, as resources of one account and Region. Pure.

`patch_baselines` and `maintenance_windows` as users write them become baselines, windows, targets and tasks, whole.
"""

from __future__ import annotations

import typing as t

from .._engine.baseline import for_operating_system
from .._engine.choice import parse_baselines
from .._engine.errors import BaselineError, Problem
from .._engine.operating_systems import API_OPERATING_SYSTEMS
from .._engine.parse import snake
from .._schedule.errors import ScheduleError
from . import maintenance_window, patch_baseline_form, tags, window_target, window_task
from .change import IDENTITIES, Resource, ResourceError

RUN = "AWS-RunPatchBaseline"
RUN_WITH_HOOKS = "AWS-RunPatchBaselineWithHooks"
# Members of a task in its short form, and the parameters of the documents that they stand for (operations.md, 5).
PARAMETERS = {
    "operation": "Operation",
    "reboot_option": "RebootOption",
    "install_override_list": "InstallOverrideList",
    "baseline_override": "BaselineOverride",
    "step_timeout_seconds": "StepTimeoutSeconds",
}
HOOKS = {
    "pre_install_hook": "PreInstallHookDocName",
    "post_install_hook": "PostInstallHookDocName",
    "on_exit_hook": "OnExitHookDocName",
}
# The document with hooks has no lists of overrides.
NOT_WITH_HOOKS = ("install_override_list", "baseline_override", "step_timeout_seconds")
RUN_COMMAND = ("comment", "timeout_seconds", "output_s3_bucket_name", "output_s3_key_prefix", "document_version")
KEPT = (
    *("name", "description", "priority", "max_concurrency", "max_errors", "cutoff_behavior", "service_role_arn"),
    *("alarm_configuration", "window_targets", "window_task_id"),
)
# What marks the form of the API.
WHOLE_FORM = ("task_arn", "task_type", "task_invocation_parameters", "instance_ids")
OPERATIONS = ("Scan", "Install")
REBOOT_OPTIONS = ("RebootIfNeeded", "NoReboot")
# SendCommand's own, where a task says nothing (operations.md, 4).
RATES = {"max_concurrency": "50", "max_errors": "0"}
GROUP_TARGET = "patch-groups"


class Policy(t.NamedTuple):
    """What should be in one account and Region."""

    baselines: t.List[Resource]
    windows: t.List[Resource]  # each with its `targets` and `tasks`

    @property
    def patch_groups(self) -> t.List[str]:
        return sorted({group for baseline in self.baselines for group in baseline["patch_groups"]})


class Settings(t.NamedTuple):
    """What the variables leave open."""

    operating_systems: t.Tuple[str, ...] = ()  # those that a portable baseline is made for
    tag_key: str = "Patch Group"
    service_role_arn: t.Optional[str] = None  # of tasks that name none


def read(baselines: t.Any, windows: t.Any, settings: Settings) -> Policy:
    """Raises ResourceError with all that is wrong, each with its place."""
    problems: t.List[Problem] = []
    made: t.List[Resource] = []
    if baselines is not None and baselines != []:  # what is no list is refused, not taken for none
        try:
            made = _baselines(baselines, settings)
        except BaselineError as error:
            problems += error.problems
    written = [] if windows is None else windows
    if not isinstance(written, list):
        problems.append(Problem("maintenance_windows", "must be a list of maintenance windows"))
        written = []
    read_windows = []
    for index, window in enumerate(written):
        reader = _Window("maintenance_windows[%d]" % index, settings)
        read_windows.append(reader.read(window))
        problems += reader.problems
    problems += _told_apart("maintenance_window", read_windows, "maintenance_windows")
    if problems:
        raise ResourceError("\n".join(str(problem) for problem in problems))
    return Policy(made, read_windows)


def _baselines(written: t.Any, settings: Settings) -> t.List[Resource]:
    problems: t.List[Problem] = []
    made = []
    portable = []
    for baseline in parse_baselines(written, "patch_baselines") or []:
        if baseline.source == "predefined":  # AWS has it already
            continue
        systems = (baseline.operating_system,) if baseline.operating_system else settings.operating_systems
        if not systems:
            words = (
                "is for every operating system, and AWS has baselines for one each: give it operating_system, or name "
                "the ones to make it for in aws_patch_manager_operating_systems (%s)" % ", ".join(API_OPERATING_SYSTEMS)
            )
            problems.append(Problem("patch_baselines: %s" % baseline.name, words))
        for system in systems:
            try:
                if system not in API_OPERATING_SYSTEMS:
                    raise BaselineError([Problem(baseline.name, "%s is no operating system of Patch Manager" % system)])
                resource = patch_baseline_form.resource_of(for_operating_system(baseline, system))
                made.append(_managed(patch_baseline_form.declared(resource, "%s for %s" % (baseline.name, system))))
                problems += tags.reserved({}, made[-1].get("tags"), "patch_baselines: %s" % baseline.name)
                if baseline.baseline_id:
                    made[-1]["baseline_id"] = baseline.baseline_id
                if baseline.operating_system is None:
                    portable.append(made[-1])
            except BaselineError as error:
                problems += error.problems
    _step_back(portable, [one for one in made if not any(one is other for other in portable)])
    problems += _told_apart("patch_baseline", made, "patch_baselines")
    if problems:
        raise BaselineError(problems)
    return made


def _step_back(portable: t.Sequence[Resource], specific: t.Sequence[Resource]) -> None:
    """As on hosts a baseline for one operating system goes before a portable one: in its groups, and as default."""
    for one in portable:
        same = [other for other in specific if other["operating_system"] == one["operating_system"]]
        taken = {group for other in same for group in other["patch_groups"]}
        one["patch_groups"] = [group for group in one["patch_groups"] if group not in taken]
        one["default"] = one["default"] and not any(other["default"] for other in same)


def _managed(resource: Resource) -> Resource:
    """Without tags where none are written: then they are somebody else's."""
    return {name: value for name, value in resource.items() if name != "tags" or value}


def _told_apart(kind: str, resources: t.Sequence[Resource], path: str) -> t.Iterator[Problem]:
    """Two of one id would overwrite each other in every run; so would two of one name, unless each has its id."""
    identifier, members = IDENTITIES[kind]
    ids = [one[identifier] for one in resources if identifier in one]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield Problem(path, "%s %s is given more than once" % (identifier, twice))
    names = [tuple(str(one[member]) for member in members if member in one) for one in resources]
    nameless = {name for name, one in zip(names, resources) if name and identifier not in one}
    for name in sorted(name for name in nameless if names.count(name) > 1):
        words = "'%s' is the name of several: AWS has to tell them apart; give each its %s, or another name"
        yield Problem(path, words % (" for ".join(name), identifier))


class _Window:
    """Reads one window, its targets and its tasks, and collects what is wrong with them."""

    def __init__(self, path: str, settings: Settings) -> None:
        self.path = path
        self.settings = settings
        self.problems: t.List[Problem] = []

    def read(self, written: t.Any) -> Resource:
        window = _managed(self.declared(maintenance_window.declared, written, self.path))
        if not isinstance(written, dict):
            return window
        written = _spelt(written)
        self.problems += tags.reserved({}, window.get("tags"), self.path)
        if written.get("window_id"):
            window["window_id"] = written["window_id"]
        targets = self.targets(written)
        window["targets"] = [
            {**self.declared(window_target.declared, target, path), **_identified(target, "window_target_id")}
            for path, target in targets
        ]
        names = [name for _path, target in targets for name in _references(target)]
        window["tasks"] = [
            {**self.declared(window_task.declared, task, path), **_identified(task, "window_task_id")}
            for path, task in self.tasks(written, names)
        ]
        self.problems += self.unknown(window, names)
        for kind, member in (("window_target", "targets"), ("window_task", "tasks")):
            self.problems += _told_apart(kind, window[member], "%s.%s" % (self.path, member))
        return window

    def declared(self, read: t.Callable[[t.Any, str], Resource], written: t.Any, path: str) -> Resource:
        try:
            return read(written, path)
        except (ScheduleError, BaselineError) as error:
            self.problems += error.problems
        except ResourceError as error:
            self.problems.append(Problem(path, str(error)))
        return {}

    def entries(self, written: Resource, member: str) -> t.List[t.Tuple[str, t.Any]]:
        value = written.get(member)
        if value is None:
            return []
        path = "%s.%s" % (self.path, member)
        if not isinstance(value, list):
            self.problems.append(Problem(path, "must be a list"))
            return []
        return [("%s[%d]" % (path, index), _spelt(entry)) for index, entry in enumerate(value)]

    def unknown(self, window: Resource, names: t.Collection[str]) -> t.Iterator[Problem]:
        """What tasks name that they cannot have: a target that the window lacks, a node where it allows none.

        `names`: of the targets as they are written.
        """
        for task in window["tasks"]:
            where = "%s.tasks: %s" % (self.path, task.get("name", ""))
            missing = [one for one in task.get("window_targets", []) if one not in names]
            missing = [one for one in missing if not window_task.TARGET_ID.match(one)]
            if missing:
                words = "the window has no target %s; it has %s" % (
                    ", ".join(missing),
                    ", ".join(sorted(names)) or "none",
                )
                yield Problem(where, words)
            if task.get("instance_ids") and not window.get("allow_unassociated_targets"):
                words = "names nodes in instance_ids, which needs allow_unassociated_targets of the window"
                yield Problem(where, words)

    def targets(self, written: Resource) -> t.List[t.Tuple[str, t.Any]]:
        """Those that are written, behind one for the patch groups."""
        groups = [group for _path, group in self.entries(written, "patch_groups")]
        if not groups:
            return self.entries(written, "targets")
        target = {"name": GROUP_TARGET, "targets": {"tag:%s" % self.settings.tag_key: groups}}
        return [("%s.patch_groups" % self.path, target), *self.entries(written, "targets")]

    def tasks(self, written: Resource, targets: t.Sequence[t.Any]) -> t.List[t.Tuple[str, t.Any]]:
        tasks = self.entries(written, "tasks")
        if written.get("task") is not None:
            tasks.insert(0, ("%s.task" % self.path, _spelt(written["task"])))
        whole = []
        for number, (path, task) in enumerate(tasks, 1):
            if isinstance(task, dict) and not any(member in task for member in WHOLE_FORM):
                self.problems += _short_form_problems(task, path)
                task = whole_task(task, number, targets)
            if isinstance(task, dict) and self.settings.service_role_arn and not task.get("service_role_arn"):
                task = {**task, "service_role_arn": self.settings.service_role_arn}
            whole.append((path, task))
        return whole


def _spelt(written: t.Any) -> t.Any:
    """By its members' names in snake_case. Two spellings of one are left for those who refuse them."""
    if not isinstance(written, dict) or len({snake(str(name)) for name in written}) < len(written):
        return written
    return {snake(str(name)): value for name, value in written.items()}


def _given(short: Resource, members: t.Iterable[str]) -> Resource:
    return {member: short[member] for member in members if short.get(member) is not None}


def _short_form_problems(short: Resource, path: str) -> t.Iterator[Problem]:
    allowed = (*PARAMETERS, *HOOKS, *RUN_COMMAND, *KEPT)
    for member in short:
        if member not in allowed:
            words = "unknown; allowed: %s; or the form of the API, with task_arn" % ", ".join(allowed)
            yield Problem("%s.%s" % (path, member), words)
    for member, choices in (("operation", OPERATIONS), ("reboot_option", REBOOT_OPTIONS)):
        if short.get(member) not in (None, *choices):
            words = "'%s' is not allowed; allowed: %s" % (short[member], ", ".join(choices))
            yield Problem("%s.%s" % (path, member), words)
    hooks = _given(short, HOOKS)
    for member in _given(short, NOT_WITH_HOOKS) if hooks else ():
        words = "%s, which %s needs, has no such parameter" % (RUN_WITH_HOOKS, ", ".join(hooks))
        yield Problem("%s.%s" % (path, member), words)


def whole_task(short: Resource, number: int, targets: t.Sequence[t.Any]) -> Resource:
    """A task that says what is to be patched, as the Run Command task that does it.

    `number`: its place among the tasks, from 1, is its priority: what is written first runs first.
    """
    hooks = _given(short, HOOKS)
    operation = str(short.get("operation") or "Install")
    parameters = {"Operation": [operation]}
    for member, name in {**PARAMETERS, **HOOKS}.items():
        if short.get(member) is not None:
            parameters[name] = [str(short[member])]
    return {
        "name": operation.lower(),
        "priority": number,
        **(RATES if targets else {}),
        "window_targets": list(targets),
        **_given(short, KEPT),
        "task_type": "RUN_COMMAND",
        "task_arn": RUN_WITH_HOOKS if hooks else RUN,
        "task_invocation_parameters": {"run_command": {**_given(short, RUN_COMMAND), "parameters": parameters}},
    }


def _references(target: t.Any) -> t.List[str]:
    """How tasks name a target as it is written, one that is refused too: nothing else is wrong because of it."""
    written = target if isinstance(target, dict) else {}
    return [str(name) for name in (written.get("name") or written.get("window_target_id"),) if name]


def _identified(written: t.Any, member: str) -> Resource:
    """The id that was written, for what has no name that tells it apart."""
    return {member: written[member]} if isinstance(written, dict) and written.get(member) else {}
