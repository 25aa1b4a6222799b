# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The IAM role that tasks of maintenance windows run under. Pure."""

from __future__ import annotations

import json
import typing as t

from .change import Resource
from .drift import DIFFERENT, EXTRA, MISSING, NOTE, Drift, short

OURS = ("managed-by", "patchops.fleet")  # the tag of a role that this collection made


class ServiceRole(t.NamedTuple):
    """The IAM role that tasks run under, as code wants it and as it is."""

    name: str
    policies: t.Sequence[str]  # names or ARNs
    found: t.Optional[Resource]  # an answer of iam_role_info; None where there is none
    trust: t.Optional[Resource] = None  # who may assume it, as a policy of IAM

    @property
    def ours(self) -> bool:
        """Whether this collection made it; any other is used as it is."""
        return self.found is not None and self.found.get("tags", {}).get(OURS[0]) == OURS[1]


def compare(drift: Drift, role: ServiceRole) -> None:
    if role.found is None:
        drift.find("iam_role", role.name, MISSING, "is in code only")
        drift.present["iam_role"].append({"name": role.name})
    elif role.ours:
        sides = {"policies": (_policy_names(role.policies), _policy_names(_attached(role.found)))}
        if role.trust:
            sides["trust"] = (_statements(role.trust), _statements(role.found.get("assume_role_policy_document") or {}))
        words = "; ".join(
            "%s: %s in code, %s on AWS" % (member, short(code), short(found))
            for member, (code, found) in sides.items()
            if code != found
        )
        if words:
            drift.find("iam_role", role.name, DIFFERENT, words)
            drift.present["iam_role"].append({"name": role.name})


def _attached(found: Resource) -> t.List[str]:
    return [policy["policy_name"] for policy in found.get("managed_policies", [])]


def _policy_names(policies: t.Sequence[str]) -> t.List[str]:
    return sorted({policy.rpartition("/")[2] for policy in policies})


def _statements(policy: Resource) -> t.List[str]:
    """Of a policy of IAM, in one spelling: a single value may stand without its list there."""

    def listed(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {name: listed(inner) for name, inner in value.items()}
        return sorted(map(str, value)) if isinstance(value, list) else [str(value)]

    statements = policy.get("Statement") or []
    every = statements if isinstance(statements, list) else [statements]
    return sorted(
        json.dumps({name: listed(one[name]) for name in one if name != "Sid"}, sort_keys=True) for one in every
    )


def destroy(drift: Drift, role: ServiceRole, actual: Resource) -> None:
    """What becomes of it where `drift` says which windows go. `actual`: see account.read."""
    if role.found is None or not role.ours:
        return
    arn = role.found["arn"]
    going = {window["window_id"] for window in drift.absent["maintenance_window"]}
    users = [
        window["name"]
        for window in actual["maintenance_windows"]
        if window["window_id"] not in going and any(task.get("service_role_arn") == arn for task in window["tasks"])
    ]
    if users:
        words = "is kept: tasks of windows that stay run under it: %s" % ", ".join(users)
        drift.find("iam_role", role.name, NOTE, words, arn=arn)
    else:
        drift.find("iam_role", role.name, EXTRA, "is to be deleted, once no window of any place needs it")
