# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: eventbridge_alert_rule
short_description: Have events of AWS told to an SNS topic, by a rule of EventBridge
version_added: 1.0.0
description:
  - Creates a rule of Amazon EventBridge on the default bus, where events of AWS's services come, whose target is a
    topic of SNS. It can make a sentence of each event.
  - Patterns are compared as what they say, not as text. A target that EventBridge refuses is a failure that names it;
    EventBridge itself only counts it.
  - Targets of others on the same rule, its schedule, and members of the target that this module does not have stay.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.ssm.tags
options:
  state:
    description:
      - Whether the rule exists.
      - V(absent) removes all its targets, and then the rule.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the rule, 1 to 64 letters, digits, C(.), C(-) and C(_).
    type: str
    required: true
  description:
    description: Description, up to 512 characters. Empty text removes it.
    type: str
  enabled:
    description: Whether the rule works. V(true) for a new one.
    type: bool
  event_pattern:
    description:
      - Which events are told, as a mapping or as text in JSON. Needed for a new rule.
      - The pattern language is that of EventBridge; members have a list of what may occur, or members again.
    type: raw
  topic_arn:
    description:
      - ARN of the topic that events are told to. Needed for a new rule. Its policy must let EventBridge publish, see
        M(patchops.fleet.sns_alert_topic).
    type: str
  input_paths:
    description: Names for parts of the event, with where they stand in it, such as C(node) for C($.detail.resource-id).
    type: dict
  input_template:
    description:
      - What is told, with the names of O(input_paths) in angle brackets. Not given, a new rule tells the event as it
        is.
      - EventBridge brings the text in quotes to the topic.
    type: str
  dead_letter_arn:
    description:
      - ARN of a queue of SQS for events that could not be brought to the topic. Empty text ends that. The queue's
        policy must let C(events.amazonaws.com) send.
    type: str
seealso:
  - module: patchops.fleet.sns_alert_topic
  - module: amazon.aws.cloudwatchevent_rule
    description: For rules with other targets. It has no check mode, and does not notice targets that are refused.
"""

EXAMPLES = r"""
- name: Tell which node is not compliant
  patchops.fleet.eventbridge_alert_rule:
    name: patch-non-compliance
    event_pattern:
      source: [aws.ssm]
      detail-type: [Configuration Compliance State Change]
      detail:
        compliance-type: [Patch]
        compliance-status: [non_compliant]
    topic_arn: arn:aws:sns:eu-central-1:123456789012:patch-alerts
    input_paths:
      node: $.detail.resource-id
      severity: $.detail.severity
    input_template: Node <node> is not compliant with its patch baseline (<severity>).

- name: Be quiet for a while
  patchops.fleet.eventbridge_alert_rule:
    name: patch-non-compliance
    enabled: false
"""

RETURN = r"""
rule:
  description: The rule as it is now, in check mode as it would be. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: patch-non-compliance
    enabled: true
    event_pattern: {source: [aws.ssm], detail-type: [Configuration Compliance State Change]}
    topic_arn: arn:aws:sns:eu-central-1:123456789012:patch-alerts
    input_paths: {node: $.detail.resource-id}
    input_template: Node <node> is not compliant with its patch baseline.
    tags: {}
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create rule patch-non-compliance]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import alert_rule
from ..module_utils._ssm.change import Change
from ..module_utils._ssm.task import run
from ..module_utils._templated import structure

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "enabled": {"type": "bool"},
    "event_pattern": {"type": "raw"},
    "topic_arn": {"type": "str"},
    "input_paths": {"type": "dict"},
    "input_template": {"type": "str"},
    "dead_letter_arn": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def work(module, api):
    params = plain(dict(module.params))
    params["event_pattern"] = structure(params["event_pattern"])
    found = alert_rule.read(api, params["name"], params["topic_arn"])
    before = found.resource if found else None
    if params["state"] == "absent":
        change = Change(before, None, ())
    else:
        change = alert_rule.plan(before, params, params["purge_tags"])
    result = change.result("rule")
    if change.needed and not module.check_mode:
        alert_rule.apply(api, change, found)
        if change.after:
            result["rule"] = alert_rule.read(api, params["name"], change.after["topic_arn"]).resource
    return result


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module, api), service="events")


if __name__ == "__main__":
    main()
