# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_policy_info
short_description: Read patch policies of AWS Systems Manager Quick Setup
version_added: 1.0.0
description:
  - Reads patch policies in the form that M(patchops.fleet.ssm_patch_policy) takes, and how their deployments stand.
author:
  - patchops.fleet contributors (@patchops)
requirements:
  - botocore >= 1.35.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  name:
    description: Only policies of this name.
    type: str
  manager_arn:
    description: Only the policy of this configuration manager.
    type: str
seealso:
  - module: patchops.fleet.ssm_patch_policy
"""

EXAMPLES = r"""
- name: Read all patch policies of this account and Region
  patchops.fleet.ssm_patch_policy_info:
  register: policies

- name: Name those whose deployment failed
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.status_message | default('') }}"
  loop: "{{ policies.patch_policies | selectattr('status', 'equalto', 'FAILED') }}"
"""

RETURN = r"""
patch_policies:
  description: The policies, by name, as M(patchops.fleet.ssm_patch_policy) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - manager_arn: >-
        arn:aws:ssm-quicksetup:eu-central-1:123456789012:configuration-manager/01234567-89ab-cdef-0123-456789abcdef
      name: nightly-scan
      patch_operation: Scan
      scan_schedule: cron(0 1 * * ? *)
      target_accounts: ['123456789012']
      target_regions: [eu-central-1, eu-west-1]
      target_type: '*'
      status: SUCCEEDED
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import configuration_manager, patch_policy
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {"name": {"type": "str"}, "manager_arn": {"type": "str"}}


def work(params, api):
    if params["manager_arn"]:
        arns = [params["manager_arn"]]
    else:
        rows = configuration_manager.identities(api)
        arns = [row["ManagerArn"] for row in rows if params["name"] in (None, row.get("Name"))]
    found = [configuration_manager.read(api, arn) for arn in arns]
    # one may have been deleted meanwhile
    policies = [patch_policy.from_api(one) for one in found if one and patch_policy.definition(one)]
    return {"changed": False, "patch_policies": sorted(policies, key=lambda one: (one["name"], one["manager_arn"]))}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=[("name", "manager_arn")], supports_check_mode=True
    )
    module.require_botocore_at_least("1.35.0", reason="to read patch policies")
    run(module, lambda api: work(module.params, api), service="ssm-quicksetup")


if __name__ == "__main__":
    main()
