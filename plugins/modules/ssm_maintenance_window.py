# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window
short_description: Manage maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Creates, changes and deletes maintenance windows of AWS Systems Manager, and their tags.
  - What AWS would refuse is refused before any call, all of it at once, by the same code that tells on hosts whether a
    window is open.
  - Names of maintenance windows are not unique on AWS. Here a window is the one with O(name), or the one with
    O(window_id); several of one name are refused with their ids.
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
      - Whether the maintenance window exists.
      - With V(absent) its targets and tasks go with it.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the window, 3 to 128 letters, digits, and C(_), C(-), C(.).
      - Given together with O(window_id), it is the window's new name.
    type: str
  window_id:
    description: Id of a window that exists, such as V(mw-0123456789abcdef0).
    type: str
  description:
    description: What the window is for, up to 128 characters. Empty text clears it.
    type: str
  schedule:
    description:
      - When it opens, V(cron(0 2 ? * SUN *\)), V(rate(7 days\)) or V(at(2026-12-24T02:00:00\)). Needed to create one.
      - A rate counts from the start date, or from the window's creation where there is none.
    type: str
  schedule_timezone:
    description: Time zone of O(schedule) by its IANA name. UTC without. Empty text clears it.
    type: str
  schedule_offset:
    description: Days to wait after the day that O(schedule) names, 1 to 6, for cron() alone. V(0) clears it.
    type: int
  start_date:
    description:
      - When the window comes into force, such as V('2027-01-01T00:00:00-08:00'). Empty text clears it.
      - The same instant in another spelling is no change.
    type: str
  end_date:
    description: When it ends to be in force, written as O(start_date). Empty text clears it.
    type: str
  duration:
    description: Hours that it is open, 1 to 24. Needed to create one.
    type: int
  cutoff:
    description: Hours before its end from which on no task starts, less than O(duration). Needed to create one.
    type: int
  allow_unassociated_targets:
    description:
      - Whether tasks may name nodes that are not registered as targets of the window. V(false) for a new window.
    type: bool
  enabled:
    description:
      - Whether it opens at all. V(true) for a new window.
      - AWS creates windows enabled. One that is to be disabled is disabled by a second call right after.
    type: bool
  replace:
    description:
      - Whether options that are not given go back to their defaults, as with the API's C(Replace). Else they stay.
      - Those without a default must then be given. Never concerns O(tags).
    type: bool
    default: false
seealso:
  - module: patchops.fleet.ssm_maintenance_window_info
  - module: patchops.fleet.ssm_maintenance_window_target
  - module: patchops.fleet.ssm_maintenance_window_task
  - plugin: patchops.fleet.next_windows
    plugin_type: filter
  - plugin: patchops.fleet.window_open
    plugin_type: test
"""

EXAMPLES = r"""
- name: Open a window for production servers on Sunday nights
  patchops.fleet.ssm_maintenance_window:
    name: production-sunday
    description: Production servers
    schedule: cron(0 2 ? * SUN *)
    schedule_timezone: America/New_York
    duration: 4
    cutoff: 1
    tags: {Owner: platform}

- name: Keep it closed over the holidays
  patchops.fleet.ssm_maintenance_window:
    name: production-sunday
    enabled: false

- name: Patch two days after the second Tuesday of the month
  patchops.fleet.ssm_maintenance_window:
    name: patch-tuesday
    schedule: cron(30 23 ? * TUE#2 *)
    schedule_offset: 2
    duration: 3
    cutoff: 1

- name: Delete a window with its targets and tasks
  patchops.fleet.ssm_maintenance_window:
    name: patch-tuesday
    state: absent
"""

RETURN = r"""
maintenance_window:
  description:
    - The window as it is now, in the form that this module takes.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    window_id: mw-0123456789abcdef0
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
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create maintenance window production-sunday]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import maintenance_window
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str"},
    "window_id": {"type": "str"},
    "description": {"type": "str"},
    "schedule": {"type": "str"},
    "schedule_timezone": {"type": "str"},
    "schedule_offset": {"type": "int"},
    "start_date": {"type": "str"},
    "end_date": {"type": "str"},
    "duration": {"type": "int"},
    "cutoff": {"type": "int"},
    "allow_unassociated_targets": {"type": "bool"},
    "enabled": {"type": "bool"},
    "replace": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        return Change(before, None)
    if params["window_id"] and before is None:
        raise ResourceError(
            "There is no maintenance window %s in this account and Region: leave window_id out to create one"
            % params["window_id"]
        )
    return maintenance_window.plan(before, params, maintenance_window.Purge(params["replace"], params["purge_tags"]))


def work(module, api):
    params = plain(dict(module.params))
    if params["state"] == "present":
        maintenance_window.refuse(params)
    if params["window_id"]:
        before = maintenance_window.read(api, params["window_id"])
    else:
        before = maintenance_window.describe(api, params["name"])
    change = planned(params, before)
    result = change.result("maintenance_window")
    if change.needed and not module.check_mode:
        window_id = maintenance_window.apply(api, change)
        if window_id:
            result["maintenance_window"] = maintenance_window.read(api, window_id)
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, required_one_of=[("name", "window_id")], supports_check_mode=True
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
