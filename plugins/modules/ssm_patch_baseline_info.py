# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_baseline_info
short_description: Read patch baselines of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads patch baselines with their tags, patch groups and whether each is the default of its operating system.
  - What it returns can be given to M(patchops.fleet.ssm_patch_baseline), M(patchops.fleet.patch_scan) and
    M(patchops.fleet.patch_evaluate) as it is.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  name:
    description: Only baselines of this name.
    type: str
  baseline_id:
    description: Only this baseline, by its id or, for one of AWS's own, by its ARN.
    type: str
  operating_system:
    description: Only baselines for this operating system, such as V(AMAZON_LINUX_2023).
    type: str
  owner:
    description: Whose baselines, one's own, those that AWS predefines, or all.
    type: str
    choices: [self, aws, all]
    default: self
seealso:
  - module: patchops.fleet.ssm_patch_baseline
"""

EXAMPLES = r"""
- name: Read all baselines of this account and Region
  patchops.fleet.ssm_patch_baseline_info:
  register: ours

- name: See what a host of another cloud has to do under the same rules
  patchops.fleet.patch_scan:
    baselines: "{{ ours.patch_baselines }}"
    patch_group: Production

- name: Read what AWS approves on Ubuntu by default
  patchops.fleet.ssm_patch_baseline_info:
    owner: aws
    operating_system: UBUNTU
"""

RETURN = r"""
patch_baselines:
  description: The baselines, by name and operating system.
  returned: success
  type: list
  elements: dict
  sample:
    - baseline_id: pb-0123456789abcdef0
      name: production-al2023
      operating_system: AMAZON_LINUX_2023
      global_filters: {}
      approval_rules:
        - filters: {CLASSIFICATION: [Security]}
          approve_after_days: 7
          compliance_level: CRITICAL
          enable_non_security: false
      approved_patches: []
      approved_patches_compliance_level: UNSPECIFIED
      approved_patches_enable_non_security: false
      rejected_patches: []
      rejected_patches_action: ALLOW_AS_DEPENDENCY
      sources: []
      default: false
      patch_groups: [Production]
      tags: {Owner: platform}
      created_date: '2026-11-21T05:40:00+00:00'
      modified_date: '2026-11-21T05:40:00+00:00'
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import patch_baseline, patch_baseline_form
from ..module_utils._ssm.task import run

OWNERS = {"self": {"OWNER": "Self"}, "aws": {"OWNER": "AWS"}, "all": {}}
ARGUMENT_SPEC = {
    "name": {"type": "str"},
    "baseline_id": {"type": "str"},
    "operating_system": {"type": "str"},
    "owner": {"type": "str", "choices": list(OWNERS), "default": "self"},
}


def rows(api, params):
    filters = dict(OWNERS[params["owner"]])
    for key, option in (("NAME_PREFIX", "name"), ("OPERATING_SYSTEM", "operating_system")):
        if params[option]:
            filters[key] = params[option]
    found = patch_baseline.identities(api, filters)
    return [row for row in found if params["name"] in (None, row["BaselineName"])]


def work(params, api):
    patch_baseline_form.refuse_system(params["operating_system"])
    if params["baseline_id"]:
        found = [patch_baseline.read(api, params["baseline_id"])]
    else:
        found = [patch_baseline.read(api, row["BaselineId"], row["DefaultBaseline"]) for row in rows(api, params)]
    there = [baseline for baseline in found if baseline]  # one may have been deleted meanwhile
    order = sorted(there, key=lambda one: (one["name"], one["operating_system"], one["baseline_id"]))
    return {"changed": False, "patch_baselines": order}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("baseline_id", "name"), ("baseline_id", "operating_system")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
