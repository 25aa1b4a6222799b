# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_group_info
short_description: Read which patch groups are registered with which patch baselines
version_added: 1.0.0
description:
  - Reads the registrations of patch groups with patch baselines in AWS Systems Manager.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  patch_group:
    description: Only this group, for whichever operating systems it is registered.
    type: str
    aliases: [name]
  operating_system:
    description: Only registrations with baselines for this operating system, such as V(AMAZON_LINUX_2023).
    type: str
seealso:
  - module: patchops.fleet.ssm_patch_group
"""

EXAMPLES = r"""
- name: See which baseline production servers have
  patchops.fleet.ssm_patch_group_info:
    patch_group: Production
  register: production
"""

RETURN = r"""
patch_groups:
  description: The registrations, by group and operating system.
  returned: success
  type: list
  elements: dict
  sample:
    - patch_group: Production
      operating_system: AMAZON_LINUX_2023
      baseline: production-al2023
      baseline_id: pb-0123456789abcdef0
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import patch_baseline_form, patch_group
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "patch_group": {"type": "str", "aliases": ["name"]},
    "operating_system": {"type": "str"},
}


def work(params, api):
    patch_baseline_form.refuse_system(params["operating_system"])
    found = patch_group.registered(api, params["operating_system"])
    chosen = [one for one in found if params["patch_group"] in (None, one["patch_group"])]
    return {"changed": False, "patch_groups": chosen}


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
