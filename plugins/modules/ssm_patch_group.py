# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_group
short_description: Register patch groups with patch baselines of AWS Systems Manager
version_added: 1.0.0
description:
  - Registers a patch group with a patch baseline, moves it to another, or deregisters it.
  - A patch group is the value of the tag C(Patch Group), or C(PatchGroup), of nodes. It exists in the API only as this
    registration, at most one for each operating system. Nodes of a group that is registered nowhere have the default
    baseline of their operating system.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
options:
  state:
    description:
      - Whether the group is registered.
      - With V(absent) and without O(baseline) and O(baseline_id) it is deregistered from whichever baseline of the
        operating system it has; with one of them, from that one only.
    type: str
    choices: [present, absent]
    default: present
  patch_group:
    description: Name of the group, up to 256 characters. It is compared exactly.
    type: str
    required: true
    aliases: [name]
  operating_system:
    description:
      - Operating system of the baseline, as the API names it, such as V(AMAZON_LINUX_2023).
      - Not needed with O(baseline_id).
    type: str
  baseline:
    description:
      - Name of the baseline. One's own goes before one that AWS predefines.
      - A group that a baseline of this name has is left with it. Several of one name are refused with their ids
        otherwise.
    type: str
  baseline_id:
    description: Id of the baseline, or ARN of one that AWS predefines.
    type: str
seealso:
  - module: patchops.fleet.ssm_patch_group_info
  - module: patchops.fleet.ssm_patch_baseline
notes:
  - The API has no call to move a group, only one to deregister and one to register it. Between them nodes of the group
    have the default baseline. Where the second fails, the group is given back to the baseline that it had.
"""

EXAMPLES = r"""
- name: Give production servers their baseline
  patchops.fleet.ssm_patch_group:
    patch_group: Production
    operating_system: AMAZON_LINUX_2023
    baseline: production-al2023

- name: Let them have the default one again
  patchops.fleet.ssm_patch_group:
    patch_group: Production
    operating_system: AMAZON_LINUX_2023
    state: absent
"""

RETURN = r"""
patch_group:
  description: The registration as it is now, in check mode as it would be. Empty where there is none.
  returned: success
  type: dict
  sample:
    patch_group: Production
    operating_system: AMAZON_LINUX_2023
    baseline: production-al2023
    baseline_id: pb-0123456789abcdef0
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [register patch group Production with baseline pb-0123456789abcdef0]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import patch_baseline, patch_baseline_form, patch_group
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "patch_group": {"type": "str", "required": True, "aliases": ["name"]},
    "operating_system": {"type": "str"},
    "baseline": {"type": "str"},
    "baseline_id": {"type": "str"},
}


def is_named(row, params):
    """Whether this is the baseline that the options name, by id or by name; rows of registrations tell both."""
    if params["baseline_id"]:
        return row["baseline_id"] == params["baseline_id"]
    return row["baseline"] == params["baseline"]


def named_baseline(api, params):
    """Id, name and operating system of the baseline that the options name, which must exist."""
    if params["baseline_id"]:
        found = patch_baseline.identify(api, params["baseline_id"])
        named = params["baseline_id"]
    else:
        found = patch_baseline.identify_by_name(api, params["baseline"], params["operating_system"])
        named = "%s for %s" % (params["baseline"], params["operating_system"])
    if found is None:
        raise ResourceError("There is no patch baseline %s in this account and Region" % named)
    if params["operating_system"] not in (None, found["operating_system"]):
        raise ResourceError(
            "Patch baseline %s is for %s, not for %s"
            % (found["baseline_id"], found["operating_system"], params["operating_system"])
        )
    return found


def planned(api, params):
    """The registrations of a group tell most: other calls are made only where it is to have another baseline."""
    rows = patch_group.registered(api, params["operating_system"])
    mine = [row for row in rows if row["patch_group"] == params["patch_group"]]
    named = bool(params["baseline"] or params["baseline_id"])
    registered = next((row for row in mine if not named or is_named(row, params)), None)
    if params["state"] == "absent":
        return Change(registered, None, ())
    if registered:
        return Change(registered, registered, ())
    baseline = named_baseline(api, params)
    system = baseline["operating_system"]
    before = next((row for row in mine if row["operating_system"] == system), None)
    return Change(before, {"patch_group": params["patch_group"], **baseline}, ())


def work(module, api):
    params = module.params
    patch_baseline_form.refuse_system(params["operating_system"])
    patch_group.refuse_name(params["patch_group"])
    change = planned(api, params)
    if change.before and change.after and change.needed:
        module.warn(
            "Patch group %s is taken from baseline %s: until it is registered again its nodes have the default baseline"
            % (params["patch_group"], change.before["baseline_id"])
        )
    if change.needed and not module.check_mode:
        patch_group.apply(api, change)
    return change.result("patch_group")


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("baseline", "baseline_id")],
        required_one_of=[("operating_system", "baseline_id")],
        required_if=[("state", "present", ("baseline", "baseline_id"), True)],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
