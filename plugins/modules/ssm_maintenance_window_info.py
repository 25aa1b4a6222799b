# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window_info
short_description: Read maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads maintenance windows with their tags, and when each opens next.
  - What it returns can be given to M(patchops.fleet.ssm_maintenance_window), to the filter
    P(patchops.fleet.next_windows#filter) and to the test P(patchops.fleet.window_open#test) as it is.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  name:
    description: Only windows of this name.
    type: str
  window_id:
    description: Only this window.
    type: str
seealso:
  - module: patchops.fleet.ssm_maintenance_window
"""

EXAMPLES = r"""
- name: Read all maintenance windows of this account and Region
  patchops.fleet.ssm_maintenance_window_info:
  register: ours

- name: Show when hosts may be patched
  ansible.builtin.debug:
    msg: "{{ ours.maintenance_windows | patchops.fleet.next_windows }}"
"""

RETURN = r"""
maintenance_windows:
  description: The windows, by name.
  returned: success
  type: list
  elements: dict
  sample:
    - window_id: mw-0123456789abcdef0
      name: production-sunday
      description: Production servers
      schedule: cron(0 2 ? * SUN *)
      schedule_timezone: America/New_York
      duration: 4
      cutoff: 1
      allow_unassociated_targets: false
      enabled: true
      tags: {Owner: platform}
      created_date: '2026-11-21T05:40:00+00:00'
      modified_date: '2026-11-21T05:40:00+00:00'
      next_execution_time: 2026-11-22T07:00Z
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import maintenance_window
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {"name": {"type": "str"}, "window_id": {"type": "str"}}


def work(params, api):
    ids = [params["window_id"]]
    if not params["window_id"]:
        ids = [row["WindowId"] for row in maintenance_window.identities(api, params["name"])]
    found = [maintenance_window.read(api, one) for one in ids]
    there = [window for window in found if window]  # one may have been deleted meanwhile
    order = sorted(there, key=lambda one: (one["name"], one["window_id"]))
    return {"changed": False, "maintenance_windows": order}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=[("window_id", "name")], supports_check_mode=True
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
