# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_managed_node
short_description: Wait for, tag and deregister nodes outside EC2 that AWS Systems Manager manages
version_added: 1.0.0
description:
  - Waits until a node that registered with an activation is online, sets its tags and its IAM role, or deregisters it.
  - A node comes into being by its agent, which registers with what M(patchops.fleet.ssm_activation) gives. Role
    hybrid_node does all of that.
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
      - Whether the node is managed. V(absent) deregisters it; its agent then has to be told as well.
      - V(present) fails where there is no such node.
    type: str
    choices: [present, absent]
    default: present
  node_id:
    description: Id of the node, such as V(mi-0123456789abcdef0).
    type: str
    required: true
  iam_role:
    description: Name of the IAM role that the node works with. Not given it stays.
    type: str
  wait:
    description: Whether to wait until the node is online. Not done in check mode.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait for that, in seconds.
    type: int
    default: 120
  tags:
    description: Tags of the node, such as its C(Patch Group). Not given they stay.
    type: dict
    aliases: [resource_tags]
seealso:
  - module: patchops.fleet.ssm_managed_node_info
  - module: patchops.fleet.ssm_activation
"""

EXAMPLES = r"""
- name: Wait for a new node, and put it into its patch group
  patchops.fleet.ssm_managed_node:
    node_id: mi-0123456789abcdef0
    wait: true
    tags: {'Patch Group': Production}
    purge_tags: false

- name: Deregister a node
  patchops.fleet.ssm_managed_node:
    node_id: mi-0123456789abcdef0
    state: absent
"""

RETURN = r"""
managed_node:
  description: The node as it is now. In check mode as it would be. Empty where there is none.
  returned: success
  type: dict
  sample:
    node_id: mi-0123456789abcdef0
    name: datacentre-1
    iam_role: service-role/HybridNodes
    tags: {'Patch Group': Production}
    activation_id: 01234567-89ab-cdef-0123-456789abcdef
    ping_status: Online
    last_ping_date_time: '2026-11-27T05:40:00+00:00'
    platform_type: Linux
    platform_name: Debian GNU/Linux
    platform_version: '12'
    agent_version: 3.3.1230.0
    agent_latest: false
    ip_address: 10.0.0.1
    resource_type: ManagedInstance
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [set tags Patch Group of mi-0123456789abcdef0]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import managed_node
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "node_id": {"type": "str", "required": True},
    "iam_role": {"type": "str"},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 120},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
POLL_SECONDS = 1


def planned(module, api, params):
    node_id = params["node_id"]
    if params["state"] == "absent":
        return Change(managed_node.describe(api, node_id), None, ())
    if params["wait"] and not module.check_mode:
        wait = Patience(POLL_SECONDS, params["wait_timeout"]).until
        before = managed_node.online(api, node_id, wait, params["wait_timeout"])
    else:
        before = managed_node.describe(api, node_id)
    if before is None:
        raise ResourceError(
            "There is no managed node %s in this account and Region: its agent registers it, with an activation"
            % node_id
        )
    return managed_node.plan(before, params, params["purge_tags"])


def work(module, api):
    params = plain(dict(module.params))
    managed_node.refuse(params)
    change = planned(module, api, params)
    result = change.result("managed_node")
    if change.needed and not module.check_mode:
        managed_node.apply(api, change)
        if change.after:
            result["managed_node"] = managed_node.describe(api, params["node_id"]) or change.after
    return result


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
