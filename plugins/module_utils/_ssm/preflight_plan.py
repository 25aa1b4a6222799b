# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. By which windows a node in AWS is patched, and which operating system it has. Pure."""

from __future__ import annotations

import typing as t

from .change import Resource
from .patch_run import INSTALL, PLAIN, WITH_HOOKS
from .window_task import references

DOCUMENTS = (PLAIN, WITH_HOOKS, "AWS-RunPatchBaselineAssociation")
# What else patches: it is not looked into how.
INSTALLERS = (
    *("AWS-PatchInstanceWithRollback", "AWS-PatchAsgInstance", "AWS-InstallWindowsUpdates"),
    "PatchWithHealthCheck",  # of the role aws_patch_runbook
)
RESOURCE_GROUPS = "resource-groups:"
# How DescribeInstanceInformation begins PlatformName, and what Patch Manager calls it.
PLATFORMS = {
    "almalinux": "ALMA_LINUX",
    "centos": "CENTOS",
    "debian": "DEBIAN",
    "macos": "MACOS",
    "mac os x": "MACOS",
    "microsoft windows": "WINDOWS",
    "oracle linux": "ORACLE_LINUX",
    "raspbian": "RASPBIAN",
    "red hat enterprise linux": "REDHAT_ENTERPRISE_LINUX",
    "rocky": "ROCKY_LINUX",
    "sles": "SUSE",
    "suse": "SUSE",
    "ubuntu": "UBUNTU",
}
AMAZON = {"2": "AMAZON_LINUX_2", "2022": "AMAZON_LINUX_2022", "2023": "AMAZON_LINUX_2023"}


def operating_system(node: Resource) -> t.Optional[str]:
    """As baselines name it; None for one that is not known, or of a node that never told."""
    name = node.get("platform_name", "").lower()
    if name.startswith("amazon linux"):
        version = node.get("platform_version", "")
        return AMAZON.get(version.partition(".")[0], "AMAZON_LINUX") if version else None
    return next((system for words, system in PLATFORMS.items() if name.startswith(words)), None)


class Plan(t.NamedTuple):
    """Names of windows that reach a node: which install, only scan, or are disabled, and which may reach it."""

    installing: t.List[str]
    scanning: t.List[str]
    disabled: t.List[str]
    unknown: t.List[str]


def plan_of(identifier: str, tags: t.Mapping[str, str], windows: t.Sequence[Resource]) -> Plan:
    """`windows` with their targets and tasks, as account.read has them."""
    plan = Plan([], [], [], [])
    for window in windows:
        reached, unknown = _reaching(identifier, tags, window)
        operations = {_operation(task) for task in reached} - {None}
        if operations and not window["enabled"]:
            plan.disabled.append(window["name"])
        elif INSTALL in operations:
            plan.installing.append(window["name"])
        elif operations:
            plan.scanning.append(window["name"])
        elif window["enabled"] and any(_operation(task) for task in unknown):
            plan.unknown.append(window["name"])
    return plan


def _reaching(
    identifier: str, tags: t.Mapping[str, str], window: Resource
) -> t.Tuple[t.List[Resource], t.List[Resource]]:
    """The tasks that reach a node, and those that may."""
    names = references(window["targets"])
    hit = {names[one["window_target_id"]] for one in window["targets"] if _hits(identifier, tags, one["targets"])}
    open_ones = {
        names[one["window_target_id"]]
        for one in window["targets"]
        if any(key.startswith(RESOURCE_GROUPS) for key in one["targets"])
    }
    reached, unknown = [], []
    for task in window["tasks"]:
        if identifier in task["instance_ids"] or hit.intersection(task["window_targets"]):
            reached.append(task)
        elif open_ones.intersection(task["window_targets"]):
            unknown.append(task)
    return reached, unknown


def _hits(identifier: str, tags: t.Mapping[str, str], targets: t.Mapping[str, t.Sequence[str]]) -> bool:
    """A node has to fit all keys, each by one of its values."""

    def fits(key: str, values: t.Sequence[str]) -> bool:
        if key == "InstanceIds":
            return identifier in values
        if key == "tag-key":
            return any(value in tags for value in values)
        return key.startswith("tag:") and tags.get(key[len("tag:") :]) in values

    return bool(targets) and all(fits(key, values) for key, values in targets.items())


def _operation(task: Resource) -> t.Optional[str]:
    """Install or Scan; None for a task that has nothing to do with patches."""
    name = task["task_arn"].rpartition("/")[2]
    if name in INSTALLERS:
        return INSTALL
    if name not in DOCUMENTS:
        return None
    run = (task.get("task_invocation_parameters") or {}).get("run_command") or {}
    return next(iter((run.get("parameters") or {}).get("Operation") or ()), "Scan")
