# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How EventBridge brings events to SNS, which moto does not: by the topic's policy, or to the dead-letter queue.

moto is pinned: this leans on `Rule.send_to_targets`, which is called for each event and rule.
"""

from __future__ import annotations

import fnmatch
import json
import typing as t

from moto.events.models import EventTemplateParser, Rule
from moto.sns.models import Topic, sns_backends
from moto.sqs import sqs_backends

PRINCIPAL = "events.amazonaws.com"
Event = dict[str, t.Any]

_by_moto = Rule.send_to_targets


def install() -> None:
    Rule.send_to_targets = deliver


def deliver(rule: Rule, event: Event, transform_input: bool = True) -> None:
    """To topics; other targets are moto's. A rule that is disabled brings nothing."""
    if rule.state == "DISABLED":
        return
    everything = rule.targets
    topics = [target for target in everything if ":sns:" in target["Arn"]]
    if topics and rule.event_pattern.matches_event(event):
        for target in topics:
            _publish(rule, target, event)
    rule.targets = [target for target in everything if target not in topics]
    try:
        _by_moto(rule, event, transform_input)
    finally:
        rule.targets = everything


def _publish(rule: Rule, target: Event, event: Event) -> None:
    transformer = target.get("InputTransformer", {})
    text = EventTemplateParser.parse(transformer.get("InputTemplate"), transformer.get("InputPathsMap", {}), event)
    backend = sns_backends[rule.account_id][rule.region_name]
    topic = backend.topics.get(target["Arn"])
    if topic is not None and allowed(topic):
        topic.publish(json.dumps(text))
    elif "DeadLetterConfig" in target:
        queue = target["DeadLetterConfig"]["Arn"].rpartition(":")[2]
        sqs_backends[rule.account_id][rule.region_name].send_message(queue, json.dumps(event, default=str))


def allowed(topic: Topic) -> bool:
    """Statements with conditions never allow EventBridge: "You can't use Condition blocks" (its user guide)."""
    return any(_allows(statement, topic.arn) for statement in json.loads(topic.policy)["Statement"])


def _allows(statement: dict[str, t.Any], arn: str) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
    actions = [action.lower() for action in _listed(statement.get("Action"))]
    return (
        statement.get("Effect") == "Allow"
        and PRINCIPAL in services
        and any(fnmatch.fnmatchcase("sns:publish", action) for action in actions)
        and any(fnmatch.fnmatchcase(arn, one) for one in _listed(statement.get("Resource")))
        and not statement.get("Condition")
    )


def _listed(value: t.Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
