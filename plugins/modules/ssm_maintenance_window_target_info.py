# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window_target_info
short_description: Read targets of maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads the targets of one maintenance window, in the form that M(patchops.fleet.ssm_maintenance_window_target) takes.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
  - patchops.fleet.window
options:
  name:
    description: Only targets of this name.
    type: str
  window_target_id:
    description: Only this target.
    type: str
seealso:
  - module: patchops.fleet.ssm_maintenance_window_target
"""

EXAMPLES = r"""
- name: See which nodes are patched on Sundays
  patchops.fleet.ssm_maintenance_window_target_info:
    window: production-sunday
  register: sunday
"""

RETURN = r"""
maintenance_window_targets:
  description: The targets, by name. None where there is no such window.
  returned: success
  type: list
  elements: dict
  sample:
    - window_target_id: 01234567-89ab-cdef-0123-456789abcdef
      name: production
      resource_type: INSTANCE
      targets:
        'tag:Patch Group': [Production]
      owner_information: platform
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import maintenance_window, window_target
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "window": {"type": "str"},
    "window_id": {"type": "str"},
    "name": {"type": "str"},
    "window_target_id": {"type": "str"},
}


def work(params, api):
    window_id = maintenance_window.identify(api, params["window"], params["window_id"])
    found = window_target.of_window(api, window_id) if window_id else []
    chosen = [
        one
        for one in found
        if params["name"] in (None, one.get("name")) and params["window_target_id"] in (None, one["window_target_id"])
    ]
    return {"changed": False, "maintenance_window_targets": chosen}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("window", "window_id"), ("name", "window_target_id")],
        required_one_of=[("window", "window_id")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
