# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window_target
short_description: Register targets with maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Registers, changes and deregisters targets of a maintenance window, that is, names for the nodes that its tasks run
    on.
  - Names of targets are not unique on AWS. Here a target is the one with O(name) in the window, or the one with
    O(window_target_id); several of one name are refused with their ids.
  - In check mode a O(window) that does not exist yet gives a warning, because a task before may create it. In a real
    run, and with O(window_id), it is refused.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.window
options:
  state:
    description: Whether the target is registered.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the target, 3 to 128 letters, digits, and C(_), C(-), C(.).
      - Given together with O(window_target_id), it is the target's new name.
    type: str
  window_target_id:
    description: Id of a target that exists.
    type: str
  resource_type:
    description: What O(targets) names. V(INSTANCE) for a new target. It cannot be changed later.
    type: str
    choices: [INSTANCE, RESOURCE_GROUP]
  targets:
    description:
      - What nodes it stands for, key to list of values, 1 to 5 keys with up to 50 values each. Needed to register one.
      - Keys are C(InstanceIds), C(tag-key) and C(tag:) with the key of a tag, such as V(tag:Patch Group); with
        O(resource_type=RESOURCE_GROUP) C(resource-groups:Name) and C(resource-groups:ResourceTypeFilters).
      - A node must match all keys, each by any of its values. Which nodes do is seen each time the window opens.
      - The order of keys and values means nothing, and a different one is no change.
    type: dict
  owner_information:
    description: Text that events of the window carry for this target, up to 128 characters. Empty text clears it.
    type: str
  description:
    description: What the target is for, up to 128 characters. Empty text clears it.
    type: str
  replace:
    description: Whether options that are not given go back to their defaults, as with the API's C(Replace).
    type: bool
    default: false
  force:
    description:
      - Whether O(state=absent) deregisters a target that tasks use. Without, it is kept, and the tasks are named.
      - Those tasks are left with a target that is gone.
    type: bool
    default: false
seealso:
  - module: patchops.fleet.ssm_maintenance_window_target_info
  - module: patchops.fleet.ssm_maintenance_window
  - module: patchops.fleet.ssm_maintenance_window_task
"""

EXAMPLES = r"""
- name: Register production servers with their maintenance window
  patchops.fleet.ssm_maintenance_window_target:
    window: production-sunday
    name: production
    targets:
      'tag:Patch Group': [Production]
    owner_information: platform

- name: Register two nodes
  patchops.fleet.ssm_maintenance_window_target:
    window_id: mw-0123456789abcdef0
    name: two-nodes
    targets: {InstanceIds: [i-0123456789abcdef0, mi-0123456789abcdef0]}

- name: Deregister them
  patchops.fleet.ssm_maintenance_window_target:
    window_id: mw-0123456789abcdef0
    name: two-nodes
    state: absent
"""

RETURN = r"""
maintenance_window_target:
  description:
    - The target as it is now, in the form that this module takes.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    window_target_id: 01234567-89ab-cdef-0123-456789abcdef
    name: production
    resource_type: INSTANCE
    targets:
      'tag:Patch Group': [Production]
    owner_information: platform
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [register target production with maintenance window mw-0123456789abcdef0]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import maintenance_window, window_target
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "window": {"type": "str"},
    "window_id": {"type": "str"},
    "name": {"type": "str"},
    "window_target_id": {"type": "str"},
    "resource_type": {"type": "str", "choices": ["INSTANCE", "RESOURCE_GROUP"]},
    "targets": {"type": "dict"},
    "owner_information": {"type": "str"},
    "description": {"type": "str"},
    "replace": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}


def described(api, params, window_id):
    """The target that the options name, None where there is none."""
    there = window_target.of_window(api, window_id)
    if params["window_target_id"]:
        return next((one for one in there if one["window_target_id"] == params["window_target_id"]), None)
    return window_target.find(there, params["name"])


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        return Change(before, None)
    if params["window_target_id"] and before is None:
        raise ResourceError("The maintenance window has no target %s" % params["window_target_id"])
    return window_target.plan(before, params, params["replace"])


def work(module, api):
    params = plain(dict(module.params))
    window_id = maintenance_window.identify(api, params["window"], params["window_id"])
    if window_id is None and params["state"] == "present":
        module.warn(maintenance_window.foretold(params["window"], params["window_id"], module.check_mode))
    change = planned(params, described(api, params, window_id) if window_id else None)
    result = change.result("maintenance_window_target")
    if change.before and change.after is None and not params["force"]:
        window_target.refuse_in_use(api, window_id, change.before)
    if change.needed and not module.check_mode:
        target_id = window_target.apply(api, window_id, change, params["force"])
        if target_id:
            # targets can be read from lists alone, and those lag behind changes
            result["maintenance_window_target"] = {**change.after, "window_target_id": target_id}
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("window", "window_id")],
        required_one_of=[("window", "window_id"), ("name", "window_target_id")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
