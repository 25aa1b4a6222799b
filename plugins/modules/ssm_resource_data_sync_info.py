# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_resource_data_sync_info
short_description: Read resource data syncs of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads resource data syncs, with when each last ran and how that ended.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  sync_name:
    description: Only this sync.
    type: str
  sync_type:
    description: Only syncs of this type.
    type: str
    choices: [SyncToDestination, SyncFromSource]
seealso:
  - module: patchops.fleet.ssm_resource_data_sync
"""

EXAMPLES = r"""
- name: Read all syncs
  patchops.fleet.ssm_resource_data_sync_info:
  register: syncs

- name: Hold that none has failed
  ansible.builtin.assert:
    that: syncs.resource_data_syncs | selectattr('last_status', 'eq', 'Failed') | length == 0
"""

RETURN = r"""
resource_data_syncs:
  description: The syncs, by name, as M(patchops.fleet.ssm_resource_data_sync) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - sync_name: patch-compliance
      sync_type: SyncToDestination
      s3_destination: {bucket_name: example-patch-compliance, region: eu-central-1}
      last_status: Successful
      last_sync_status_message: null
      last_sync_time: '2026-11-27T06:10:00+00:00'
      last_successful_sync_time: '2026-11-27T06:10:00+00:00'
      sync_created_time: '2026-11-27T05:40:00+00:00'
      sync_last_modified_time: '2026-11-27T05:40:00+00:00'
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import resource_data_sync
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "sync_name": {"type": "str"},
    "sync_type": {"type": "str", "choices": list(resource_data_sync.TYPES)},
}


def work(params, api):
    asked = {name: params[name] for name in ARGUMENT_SPEC if params[name] is not None}
    found = resource_data_sync.listed(api)
    fit = [sync for sync in found if all(sync[name] == value for name, value in asked.items())]
    return {"changed": False, "resource_data_syncs": fit}


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
