# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_manager_info
short_description: Read all that Patch Manager has in one account and Region
version_added: 1.0.0
description:
  - Reads one's own patch baselines, the registrations of patch groups, and the maintenance windows with their targets
    and tasks, with one describe for each resource.
  - P(patchops.fleet.patch_manager_drift#filter) compares it with variables,
    P(patchops.fleet.patch_manager_variables#filter) makes variables of it. Role C(patchops.fleet.aws_patch_manager)
    does both.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  nodes:
    description:
      - Whether to read which EC2 instances have a tag for their patch group (C(PatchGroup) or C(Patch Group)).
      - Needs C(ec2:DescribeTags).
    type: bool
    default: false
  tags:
    description:
      - Whether to read the tags of baselines and windows, which costs one call for each.
      - Without them results have no C(tags), and nothing is said of their differences.
    type: bool
    default: true
seealso:
  - module: patchops.fleet.ssm_patch_baseline_info
  - module: patchops.fleet.ssm_maintenance_window_info
"""

EXAMPLES = r"""
- name: Read everything
  patchops.fleet.ssm_patch_manager_info:
  register: everything

- name: Name what differs from the variables
  ansible.builtin.debug:
    msg: "{{ (everything | patchops.fleet.patch_manager_drift(patch_baselines, maintenance_windows)).findings }}"
"""

RETURN = r"""
region:
  description: The Region that was read.
  returned: success
  type: str
  sample: eu-central-1
patch_baselines:
  description: One's own baselines, as M(patchops.fleet.ssm_patch_baseline_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: [{name: production, operating_system: AMAZON_LINUX_2023, patch_groups: [Production]}]
patch_groups:
  description: All registrations, as M(patchops.fleet.ssm_patch_group_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: [{patch_group: Production, operating_system: AMAZON_LINUX_2023, baseline: production}]
maintenance_windows:
  description:
    - The windows as M(patchops.fleet.ssm_maintenance_window_info) returns them, each with its C(targets) and C(tasks).
  returned: success
  type: list
  elements: dict
  sample:
    - name: sunday
      schedule: cron(0 2 ? * SUN *)
      duration: 4
      cutoff: 1
      targets: []
      tasks: []
nodes:
  description: EC2 instances that have a patch group. Of both tags C(PatchGroup) counts.
  returned: with O(nodes=true)
  type: list
  elements: dict
  sample:
    - id: i-0123456789abcdef0
      patch_group: Production
      tags: {Patch Group: Production}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import account
from ..module_utils._ssm.api import Api
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {"nodes": {"type": "bool", "default": False}, "tags": {"type": "bool", "default": True}}


def work(module, api):
    result = {"changed": False, "region": module.region, **account.read(api, module.params["tags"])}
    if module.params["nodes"]:
        result["nodes"] = account.nodes(Api(module.client("ec2")))
    return result


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
