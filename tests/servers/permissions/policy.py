# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of IAM: the least one for what calls need, and what a policy allows."""

from __future__ import annotations

import collections
import re
import typing as t

from .needs import ANY, Need

Policy = dict[str, t.Any]
Context = dict[str, set[str]]
# Names that people give. Ids of all else are AWS's, and unknown before.
KEPT = re.compile(r"(document|role|policy|instance-profile|rule|resource-data-sync|servicesetting)/.+")
OPERATORS = {"iam:PolicyARN": "ArnEquals"}


def least(needed: t.Iterable[Need], every: t.Collection[str] = ()) -> Policy:
    """Allows these, for any Region, account and id, and nothing else. The same for the same needs, in any order.

    `every`: types of resources, as ARNs spell them, whose names are to be `*` although people give them.
    """
    contexts: dict[tuple[str, str], Context] = collections.defaultdict(lambda: collections.defaultdict(set))
    for need in needed:
        values = contexts[need.action, general(need.resource, every)]
        for key, value in need.context:
            values[key].add(value)
    resources: dict[tuple[str, Frozen], set[str]] = collections.defaultdict(set)
    for (action, resource), context in contexts.items():
        resources[action, frozen(context)].add(resource)
    actions: dict[tuple[Frozen, tuple[str, ...]], list[str]] = collections.defaultdict(list)
    for (action, context), arns in resources.items():
        actions[context, tuple(sorted(arns))].append(action)
    statements = [_statement(sorted(names), arns, context) for (context, arns), names in actions.items()]
    return {"Version": "2012-10-17", "Statement": sorted(statements, key=lambda one: (one["Action"], one["Resource"]))}


Frozen = tuple[tuple[str, tuple[str, ...]], ...]


def frozen(context: Context) -> Frozen:
    return tuple(sorted((key, tuple(sorted(values))) for key, values in context.items()))


def _statement(actions: list[str], arns: t.Sequence[str], context: Frozen) -> Policy:
    statement: Policy = {"Effect": "Allow", "Action": actions, "Resource": list(arns)}
    conditions: Policy = {}
    for key, values in context:
        conditions.setdefault(OPERATORS.get(key, "StringEquals"), {})[key] = list(values)
    return {**statement, "Condition": conditions} if conditions else statement


def general(arn: str, every: t.Collection[str] = ()) -> str:
    """With wildcards for what differs from one account, Region and day to the next."""
    if arn == ANY:
        return arn
    partition, service, region, account, resource = arn.split(":", 5)[1:]
    if resource.startswith("automation-definition/"):
        resource = re.sub(r":.*", ":*", resource)  # of any version
    elif not KEPT.fullmatch(resource) or resource.partition("/")[0] in every:
        resource = re.sub(r"/.*", "/*", resource)  # nothing to replace in the name of a bucket or topic
    account = account if account in ("", "aws") else "*"
    return ":".join(("arn", partition, service, region and "*", account, resource))


def actions(policy: Policy) -> list[str]:
    return sorted({action for statement in policy["Statement"] for action in statement["Action"]})


def without(policy: Policy, action: str) -> Policy:
    """The policy, but for one action."""
    left = [{**one, "Action": [other for other in one["Action"] if other != action]} for one in policy["Statement"]]
    return {**policy, "Statement": [one for one in left if one["Action"]]}


def allows(policies: t.Iterable[Policy], need: Need) -> bool:
    """Policies as `least` makes them, and as people do: a single value may stand without its list. None denies."""
    return any(_grants(statement, need) for policy in policies for statement in policy["Statement"])


def _grants(statement: Policy, need: Need) -> bool:
    return (
        any(_fits(pattern.lower(), need.action.lower()) for pattern in _listed(statement["Action"]))
        and any(_fits(pattern, need.resource) for pattern in _listed(statement["Resource"]))
        and all(
            any(key == name and _fits(pattern, value) for name, value in need.context for pattern in _listed(allowed))
            for keys in statement.get("Condition", {}).values()
            for key, allowed in keys.items()
        )
    )


def _listed(value: t.Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _fits(pattern: str, text: str) -> bool:
    """Wildcards of a pattern do not go over the colons that part an ARN."""
    if pattern == ANY:
        return True
    parts, found = pattern.split(":", 5), text.split(":", 5)
    return len(parts) == len(found) and all(
        re.fullmatch(re.escape(part).replace(r"\*", ".*").replace(r"\?", "."), one)
        for part, one in zip(parts, found, strict=True)
    )
