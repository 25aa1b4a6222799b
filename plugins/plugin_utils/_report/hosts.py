# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which inventory hosts a report accounts for, and what each of them left in its facts."""

from __future__ import annotations

import typing as t

from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern

from ...module_utils._plain import plain
from .text import quantity

FACT = "patch_compliance"
NO_RESULT = "no scan result in this run"
FAILED = "unreachable or failed in this play"
NOBODY = (
    "no host and no record is accounted for: name hosts with the option hosts, such as hosts: all, or a folder of"
    " records with records_dir"
)
NAMED = 5  # as many names as a remark can hold

TaskVars = t.Mapping[str, t.Any]


class Accounted(t.NamedTuple):
    facts: dict[str, t.Any]  # of each host that has one
    silent: dict[str, str]  # each other host, and why it might have none
    remarks: list[str]


class NoSuchHost(ValueError):
    """Names the pattern that matches nothing."""


def named(patterns: list[str], task_vars: TaskVars, loader: t.Any) -> Accounted:
    """The hosts that these inventory patterns match, within --limit."""
    inventory = _inventory(task_vars, loader)
    for pattern in split_host_pattern(patterns):
        if pattern[:1] not in "!&" and pattern not in inventory.groups and not _matching(inventory, [pattern]):
            raise NoSuchHost(f"{pattern} matches no host of the inventory")
    facts, silent = _parted(_within_limit(inventory, patterns, task_vars), task_vars)
    return Accounted(facts, silent, [])


def of_run(run: str, task_vars: TaskVars, loader: t.Any) -> Accounted:
    """The hosts of the play, and of all others those that left a record in this run.

    A play on the controller alone, which gave no record while others did, only makes the report: it is no node.
    """
    of_play = plain(task_vars.get("ansible_play_hosts_all", []))
    facts, silent = _parted(of_play, task_vars)
    in_inventory = task_vars["groups"]["all"]
    silent = {host: why for host, why in silent.items() if host in in_inventory}  # an implicit localhost is nobody's
    others = [host for host in _within_limit(_inventory(task_vars, loader), ["all"], task_vars) if host not in of_play]
    scanned = {host: fact for host, fact in _parted(others, task_vars)[0].items() if _run_of(fact) == run}
    if not scanned:
        return Accounted(facts, silent, [])
    if set(of_play) <= set(constants.LOCALHOST):
        silent = {}
    left_out = [host for host in others if host not in scanned]
    return Accounted({**facts, **scanned}, silent, [_left_out(left_out)] if left_out else [])


def _inventory(task_vars: TaskVars, loader: t.Any) -> InventoryManager:
    """The inventory as plays see it; the same is done by the lookup inventory_hostnames."""
    inventory = InventoryManager(loader, parse=False)
    for group, hosts in plain(task_vars["groups"]).items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group=group)
    return inventory


def _within_limit(inventory: InventoryManager, patterns: list[str], task_vars: TaskVars) -> list[str]:
    limit = plain(task_vars.get("ansible_limit"))
    try:
        inventory.subset(limit)
    except AnsibleError as error:
        raise NoSuchHost(f"--limit {limit}: {error}") from None
    return _matching(inventory, patterns)


def _matching(inventory: InventoryManager, patterns: list[str]) -> list[str]:
    try:
        return [host.name for host in inventory.get_hosts(patterns)]
    except AnsibleError as error:
        raise NoSuchHost(str(error)) from None


def _parted(hosts: t.Iterable[str], task_vars: TaskVars) -> tuple[dict[str, t.Any], dict[str, str]]:
    """The fact of each host that has one, and for each other host why it might have none."""
    hostvars = task_vars["hostvars"]
    failed = set(task_vars.get("ansible_play_hosts_all", [])) - set(task_vars.get("ansible_play_hosts", []))
    facts: dict[str, t.Any] = {}
    silent: dict[str, str] = {}
    for host in hosts:
        fact = (hostvars[host].get("ansible_facts") or {}).get(FACT)
        if fact is None:
            silent[host] = FAILED if host in failed else NO_RESULT
        else:
            facts[host] = plain(fact)
    return facts, silent


def _run_of(fact: t.Any) -> t.Any:
    capture = fact.get("capture") if isinstance(fact, dict) else None
    return capture.get("run_id") if isinstance(capture, dict) else None


def _left_out(hosts: list[str]) -> str:
    names = ", ".join(hosts[:NAMED]) + (f" and {len(hosts) - NAMED} more" if len(hosts) > NAMED else "")
    return (
        f"left out for want of a record in this run: {quantity(len(hosts), 'inventory host')} outside this play"
        f" ({names}). Name the hosts to account for with the option hosts, such as hosts: all"
    )
