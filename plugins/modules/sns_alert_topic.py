# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_alert_topic
short_description: Have an SNS topic that EventBridge may bring alerts to
version_added: 1.0.0
description:
  - Creates a topic of Amazon SNS with the statement in its policy without which no event of EventBridge arrives, and
    with subscriptions.
  - Statements of others in the policy, subscriptions and tags that are not named here stay, unless they are purged.
  - The module publishes a message to all who are subscribed, where O(test_message) is given.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.ssm.tags
attributes:
  idempotent:
    support: partial
    details: A test message is published each time.
options:
  state:
    description:
      - Whether the topic exists.
      - V(absent) deletes it with all its subscriptions, whoever made them.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the topic, 1 to 256 letters, digits, C(_) and C(-).
    type: str
    required: true
  display_name:
    description: Sender of its e-mails, up to 100 characters. Empty text removes it.
    type: str
  kms_master_key_id:
    description:
      - Id, ARN or alias of the KMS key that messages are encrypted with. Empty text ends encryption.
      - It must be a key of one's own whose policy lets the service C(events.amazonaws.com) use C(kms:Decrypt) and
        C(kms:GenerateDataKey*). With V(alias/aws/sns), whose policy cannot be changed, no event arrives.
    type: str
  subscriptions:
    description:
      - Who gets the messages. Not given, subscriptions stay as they are.
      - SNS asks recipients of e-mail, and of HTTP(S), to confirm; until then nothing is sent to them.
      - A queue or function must itself let C(sns.amazonaws.com) in, by its own policy.
    type: list
    elements: dict
    suboptions:
      protocol:
        description: How it is told.
        type: str
        required: true
        choices: [email, email-json, http, https, lambda, sms, sqs]
      endpoint:
        description:
          - An address, a number, or an ARN.
          - The password of a URL is shown nowhere. Other secrets in it, such as tokens in a path, are shown; use
            C(no_log) for the task then.
        type: str
        required: true
  purge_subscriptions:
    description:
      - Whether subscriptions that are not in O(subscriptions) are ended. Those that nobody has confirmed yet cannot be;
        SNS drops them by itself.
    type: bool
    default: false
  test_message:
    description:
      - Text that is published once the topic is as it should be, each time the module runs, and not in check mode.
      - It shows that subscribers are reached. That events reach the topic it does not show.
    type: str
  test_subject:
    description: Subject of that message in e-mails.
    type: str
    default: Test of patch alerts
seealso:
  - module: patchops.fleet.eventbridge_alert_rule
  - ref: patchops.fleet.aws_alerts role <ansible_collections.patchops.fleet.aws_alerts_role>
    description: Both together.
notes:
  - The statement that lets EventBridge publish has no condition, because AWS documents that EventBridge meets none in
    policies of topics. A statement of somebody else with one is left, and one without is added.
"""

EXAMPLES = r"""
- name: Have a topic that alerts arrive at
  patchops.fleet.sns_alert_topic:
    name: patch-alerts
    display_name: Patching
    subscriptions:
      - {protocol: email, endpoint: operations@example.com}
  register: topic

- name: Tell who has not confirmed yet
  ansible.builtin.debug:
    msg: "{{ topic.pending_confirmation | map(attribute='endpoint') }}"

- name: See whether messages arrive
  patchops.fleet.sns_alert_topic:
    name: patch-alerts
    test_message: This is a test. Nothing is wrong.
"""

RETURN = r"""
topic:
  description: The topic as it is now, in check mode as it would be. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: patch-alerts
    topic_arn: arn:aws:sns:eu-central-1:123456789012:patch-alerts
    display_name: Patching
    events_allowed: true
    subscriptions: [{protocol: email, endpoint: operations@example.com}]
    tags: {}
pending_confirmation:
  description: Subscriptions that their recipients have not confirmed; in check mode those that are there already.
  returned: success
  type: list
  elements: dict
  sample: [{protocol: email, endpoint: operations@example.com}]
message_id:
  description: Id of the message that was published; empty where none was.
  returned: success
  type: str
  sample: 0f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9
changes:
  description: What was done, in order; after a failure, what had been done by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create topic patch-alerts, let EventBridge publish to topic patch-alerts]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import alert_topic
from ..module_utils._ssm.api import Api
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "display_name": {"type": "str"},
    "kms_master_key_id": {"type": "str"},
    "subscriptions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "protocol": {"type": "str", "required": True, "choices": list(alert_topic.PROTOCOLS)},
            "endpoint": {"type": "str", "required": True},
        },
    },
    "purge_subscriptions": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "test_message": {"type": "str"},
    "test_subject": {"type": "str", "default": "Test of patch alerts"},
}


def planned(params, found, arn):
    before = found.resource if found else None
    if params["state"] == "absent":
        return Change(before, None, alert_topic.ASSIGNED)
    purge = {"subscriptions": params["purge_subscriptions"], "tags": params["purge_tags"]}
    return alert_topic.plan(before, params, arn, purge)


def work(module, api):
    params = module.params
    if params["test_message"] == "":
        raise ResourceError("test_message: must not be empty; leave it out where none is to be sent")
    if params["test_message"] and params["state"] == "absent":
        raise ResourceError("test_message: there is nothing to publish it to with state absent")
    arn = alert_topic.arn_of(Api(module.client("sts")), module.region, params["name"])
    found = alert_topic.read(api, arn)
    change = planned(params, found, arn)
    stuck = alert_topic.kept_pending(found, change) if params["purge_subscriptions"] else []
    if stuck:
        module.warn(
            "These subscriptions stay until SNS drops them, because nobody has confirmed them: %s"
            % ", ".join(one["endpoint"] for one in stuck)
        )
        change = alert_topic.keep(change, stuck)
    result = {**change.result("topic"), "message_id": ""}
    if not module.check_mode:
        if change.needed:
            alert_topic.apply(api, change, found, params["subscriptions"] or [])
            found = alert_topic.read(api, arn)
        if params["test_message"] and change.after:
            sent = alert_topic.publish(api, arn, params["test_subject"], params["test_message"])
            result.update(message_id=sent, changed=True)
    result["pending_confirmation"] = found.pending if found and change.after else []
    if result["pending_confirmation"]:
        module.warn(
            "Nothing is sent to these recipients before they confirm what SNS has sent them: %s"
            % ", ".join(one["endpoint"] for one in result["pending_confirmation"])
        )
    return result


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.no_log_values.update(alert_topic.passwords(module.params["subscriptions"]))
    run(module, lambda api: work(module, api), service="sns")


if __name__ == "__main__":
    main()
