# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_activation_info
short_description: Read activations of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads activations, with how many nodes registered with each and when they expire. Codes cannot be read.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  activation_id:
    description: Only this activation.
    type: str
  default_instance_name:
    description: Only activations that give nodes this name.
    type: str
  iam_role:
    description: Only activations with this IAM role.
    type: str
  usable:
    description: V(true) for those only that nodes can still register with, V(false) for the others.
    type: bool
seealso:
  - module: patchops.fleet.ssm_activation
"""

EXAMPLES = r"""
- name: See which activations have expired or are used up
  patchops.fleet.ssm_activation_info:
    usable: false
  register: old
"""

RETURN = r"""
activations:
  description: The activations, oldest first, as M(patchops.fleet.ssm_activation) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - activation_id: 01234567-89ab-cdef-0123-456789abcdef
      default_instance_name: datacentre-1
      iam_role: service-role/HybridNodes
      registration_limit: 10
      registrations_count: 4
      expiration_date: '2026-12-04T05:40:00+00:00'
      expired: false
      created_date: '2026-11-27T05:40:00+00:00'
      tags: {'Patch Group': Production}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import activation
from ..module_utils._ssm.task import run

NAMES = ("activation_id", "default_instance_name", "iam_role")
ARGUMENT_SPEC = {**{name: {"type": "str"} for name in NAMES}, "usable": {"type": "bool"}}


def work(params, api):
    found = activation.listed(api, **{name: params[name] for name in NAMES})
    asked = [one for one in found if params["usable"] in (None, activation.usable(one))]
    return {"changed": False, "activations": asked}


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
