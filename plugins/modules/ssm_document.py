# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_document
short_description: Manage documents of AWS Systems Manager, such as runbooks
version_added: 1.0.0
description:
  - Creates documents, makes new versions of them, chooses the default version, shares them with other accounts, and
    deletes them.
  - Contents are compared by what they say, not as text. The same content in another format is no change.
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
      - Whether the document exists.
      - V(absent) deletes all its versions, and ends its sharing before.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the document, 3 to 128 letters, digits, and C(_), C(-), C(.). It cannot begin with C(aws), C(amazon) or
        C(amzn).
    type: str
    required: true
  content:
    description:
      - The document, a mapping, or text in JSON, of 64 KB at most. Needed to create one.
      - YAML becomes a mapping with the filter C(from_yaml). Marks of runbooks that look like those of templates arrive
        as they are from C(lookup('ansible.builtin.file', ...)); in a playbook they need C(!unsafe).
    type: raw
  document_type:
    description: What it is. V(Command) for a new document. It cannot be changed later.
    type: str
    choices: [Command, Automation, Session, Policy, ChangeCalendar, ApplicationConfiguration]
  document_format:
    description:
      - Format in which O(content) is stored. With V(TEXT), for calendars, it is not looked into.
      - A document that is stored in YAML is compared with O(content) all the same, and its next version is in JSON.
    type: str
    choices: [JSON, TEXT]
  target_type:
    description:
      - Type of resource that it is for, such as V(/AWS::EC2::Instance), or V(/) for all.
      - AWS changes it together with O(content) alone.
    type: str
  version_name:
    description: Name for the version that is made, if one is. The name of a version that is there is never changed.
    type: str
  default:
    description:
      - Whether the version with O(content) becomes the default, which associations and maintenance windows run.
      - State Manager may run associations that use the document at once.
      - With V(false) the default version stays, and O(content) is compared with the latest.
    type: bool
    default: true
  shared_with:
    description: Accounts that may use the document, by their 12 digits in quotes, or V(all).
    type: list
    elements: str
  purge_shared_with:
    description: Whether it is no longer shared with accounts that are not in O(shared_with).
    type: bool
    default: true
  wait_timeout:
    description: How long to wait until a new version is active, in seconds. Only then it can become the default.
    type: int
    default: 60
seealso:
  - module: patchops.fleet.ssm_document_info
"""

EXAMPLES = r"""
- name: Have a runbook
  patchops.fleet.ssm_document:
    name: PatchWithHealthCheck
    document_type: Automation
    target_type: /AWS::EC2::Instance
    content: "{{ lookup('ansible.builtin.file', 'patch-with-health-check.yml') | from_yaml }}"

- name: Have a hook that drains a node before it is patched
  patchops.fleet.ssm_document:
    name: Drain
    content:
      schemaVersion: '2.2'
      description: Take the node out of the load balancer
      mainSteps:
        - action: aws:runShellScript
          name: drain
          inputs:
            runCommand: [/usr/local/bin/drain]
    shared_with: ['111122223333']
"""

RETURN = r"""
document:
  description:
    - The document as it is now, with the content of the version that O(content) was compared with, parsed.
    - In check mode as it would be. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: Drain
    document_type: Command
    document_format: JSON
    content: {schemaVersion: '2.2', description: Take the node out of the load balancer, mainSteps: []}
    version: '3'
    default_version: '3'
    latest_version: '3'
    shared_with: ['111122223333']
    tags: {}
    owner: '123456789012'
    created_date: '2026-11-21T05:40:00+00:00'
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [make a new version of document Drain, make version 3 the default of document Drain]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import document
from ..module_utils._ssm.change import Change
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "content": {"type": "raw"},
    "document_type": {"type": "str", "choices": list(document.TYPES)},
    "document_format": {"type": "str", "choices": list(document.FORMATS)},
    "target_type": {"type": "str"},
    "version_name": {"type": "str"},
    "default": {"type": "bool", "default": True},
    "shared_with": {"type": "list", "elements": "str"},
    "purge_shared_with": {"type": "bool", "default": True},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 60},
}
POLL_SECONDS = 1


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        return Change(before, None, document.ASSIGNED)
    wish = document.Wish(params["default"], params["purge_tags"], params["purge_shared_with"])
    return document.plan(before, params, wish)


def work(module, api):
    params = plain(dict(module.params))
    if params["state"] == "present":
        document.refuse(params)
    version = "$DEFAULT" if params["default"] else "$LATEST"
    change = planned(params, document.read(api, params["name"], version))
    if params["default"] and change.before and change.after and change.altered("content"):
        newest = document.read(api, params["name"], "$LATEST")
        if newest and not planned(params, newest).altered("content"):  # it has only to become the default
            change = planned(params, newest)
    result = change.result("document")
    if change.needed and not module.check_mode:
        document.apply(api, change, params["version_name"], Patience(POLL_SECONDS, params["wait_timeout"]).until)
        if change.after:
            result["document"] = document.read(api, params["name"], version)
    return result


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
