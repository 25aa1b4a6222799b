# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_managed_node_info
short_description: Read which nodes AWS Systems Manager manages
version_added: 1.0.0
description:
  - Reads managed nodes, instances of EC2 and others, with whether their agents are online.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  node_ids:
    description: Only nodes of these ids. Those that are not managed are left out.
    type: list
    elements: str
  activation_ids:
    description: Only nodes that registered with these activations.
    type: list
    elements: str
  with_tags:
    description: Whether to read the tags of nodes outside EC2, one call each.
    type: bool
    default: false
seealso:
  - module: patchops.fleet.ssm_managed_node
"""

EXAMPLES = r"""
- name: See which nodes are not online
  patchops.fleet.ssm_managed_node_info:
  register: nodes

- name: Name them
  ansible.builtin.debug:
    msg: "{{ nodes.managed_nodes | rejectattr('ping_status', 'eq', 'Online') | map(attribute='name') }}"
"""

RETURN = r"""
managed_nodes:
  description: The nodes, by id, as M(patchops.fleet.ssm_managed_node) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - node_id: mi-0123456789abcdef0
      name: datacentre-1
      iam_role: service-role/HybridNodes
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
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import managed_node
from ..module_utils._ssm.task import run

FILTERS = {"node_ids": "InstanceIds", "activation_ids": "ActivationIds"}
ARGUMENT_SPEC = {
    **{name: {"type": "list", "elements": "str"} for name in FILTERS},
    "with_tags": {"type": "bool", "default": False},
}


def work(params, api):
    filters = {key: params[name] for name, key in FILTERS.items() if params[name] is not None}
    return {"changed": False, "managed_nodes": managed_node.listed(api, filters, params["with_tags"])}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=[tuple(FILTERS)], supports_check_mode=True
    )
    run(module, lambda api: work(plain(dict(module.params)), api))


if __name__ == "__main__":
    main()
