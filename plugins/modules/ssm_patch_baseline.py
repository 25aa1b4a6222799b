# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_baseline
short_description: Manage patch baselines of AWS Systems Manager
version_added: 1.0.0
description:
  - Creates, changes and deletes patch baselines of AWS Systems Manager Patch Manager, their tags, the patch groups they
    are registered for, and whether one is the default of its operating system.
  - Options are written as for M(patchops.fleet.patch_scan), so one baseline serves AWS and hosts. What Patch Manager
    would refuse is refused before anything is changed, all of it at once. What is legal but probably not meant is a
    warning.
  - Names of baselines are not unique on AWS. Here a baseline is the one with O(name) and O(operating_system), or the
    one with O(baseline_id); several of one name are refused with their ids.
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
      - Whether the baseline exists.
      - With V(absent) a baseline that is the default of its operating system is first replaced by the one that AWS
        predefines.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the baseline, 3 to 128 letters, digits, and C(_), C(-), C(.).
      - Given together with O(baseline_id), it is the baseline's new name.
    type: str
  baseline_id:
    description:
      - Id of a baseline that exists, such as V(pb-0123456789abcdef0).
      - Of one that AWS predefines it is the ARN. Such a baseline can have patch groups and be the default, and nothing
        else of it can be changed.
    type: str
  operating_system:
    description:
      - Operating system of the nodes that the baseline is for, as the API names it, such as V(AMAZON_LINUX_2023).
      - Needed to create one. It cannot be changed later.
    type: str
  description:
    description: What the baseline is for, up to 1024 characters. Empty text clears it.
    type: str
  global_filters:
    description: What patches must match before any rule counts, filter key to list of values, at most 4 keys.
    type: dict
  approval_rules:
    description:
      - Up to 10 rules. A patch is approved when one of them matches.
      - "Members of a rule: C(filters) (filter key to list of values, V(*) for any), C(approve_after_days) (0 to 360) or
        C(approve_until_date) (V('YYYY-MM-DD')), C(compliance_level), C(enable_non_security); or C(security) in place
        of a C(CLASSIFICATION), for what the operating system calls security patches."
      - The order of rules, and of values, means nothing, and a different one is no change.
      - Keys of filters depend on the operating system.
    type: raw
  approved_patches:
    description: Up to 50 patches that are approved whatever the rules say.
    type: list
    elements: str
  approved_patches_compliance_level:
    description: How severe it is when one of O(approved_patches) is missing.
    type: str
    choices: [CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED]
  approved_patches_enable_non_security:
    description: Whether O(approved_patches) may name patches that are no security patches. Linux only.
    type: bool
  rejected_patches:
    description: Up to 50 patches that are never installed on their own account.
    type: list
    elements: str
  rejected_patches_action:
    description: Whether a rejected patch may be installed because another needs it.
    type: str
    choices: [ALLOW_AS_DEPENDENCY, BLOCK]
  sources:
    description:
      - Up to 20 repositories to take patches from instead of those that nodes have. Linux only.
      - The configuration is readable by everybody who may read the baseline, so it is no place for credentials.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the repository.
        type: str
        required: true
      products:
        description: Products it is for, such as V(AmazonLinux2023), or V(*).
        type: list
        elements: str
        required: true
      configuration:
        description: What stands in the repository's file, as the package manager reads it.
        type: str
        required: true
  available_security_updates_compliance_status:
    description: Whether security updates that are not approved make a node non-compliant. Windows only.
    type: str
    choices: [COMPLIANT, NON_COMPLIANT]
  default:
    description:
      - Whether this is the default baseline of its operating system, for nodes of no patch group.
      - V(false) gives that back to the baseline that AWS predefines, where this one was it.
    type: bool
  patch_groups:
    description:
      - Patch groups that the baseline is registered for. One that another baseline of the same operating system has is
        taken from it. The API has no call for that, only two, and between them nodes of the group have the default
        baseline.
    type: list
    elements: str
  purge_patch_groups:
    description: Whether patch groups that are not in O(patch_groups) are deregistered, where that is given.
    type: bool
    default: true
  replace:
    description:
      - Whether options that are not given go back to their defaults, as with the API's C(Replace). Else they stay.
      - Never concerns O(name), O(tags), O(patch_groups) and O(default).
    type: bool
    default: false
  force:
    description: Whether O(state=absent) deregisters the patch groups first. Without, a baseline that has any is kept.
    type: bool
    default: false
  created_date:
    description: Means nothing here. What M(patchops.fleet.ssm_patch_baseline_info) returns can be given as it is.
    type: str
  modified_date:
    description: As O(created_date).
    type: str
seealso:
  - module: patchops.fleet.ssm_patch_baseline_info
  - module: patchops.fleet.ssm_patch_group
  - module: patchops.fleet.patch_baseline_lint
"""

EXAMPLES = r"""
- name: Approve important security patches of production servers after seven days
  patchops.fleet.ssm_patch_baseline:
    name: production-al2023
    operating_system: AMAZON_LINUX_2023
    description: Production servers
    approval_rules:
      - filters: {CLASSIFICATION: [Security], SEVERITY: [Critical, Important]}
        approve_after_days: 7
        compliance_level: CRITICAL
      - filters: {CLASSIFICATION: [Bugfix]}
        approve_after_days: 14
    rejected_patches: ['kernel*']
    rejected_patches_action: BLOCK
    patch_groups: [Production]
    tags: {Owner: platform}

- name: Make it what nodes without a patch group get
  patchops.fleet.ssm_patch_baseline:
    name: production-al2023
    operating_system: AMAZON_LINUX_2023
    default: true

- name: Take back all but what stands here
  patchops.fleet.ssm_patch_baseline:
    name: production-al2023
    operating_system: AMAZON_LINUX_2023
    approval_rules:
      - {security: true, approve_after_days: 7}
    replace: true

- name: Delete it, whoever uses it
  patchops.fleet.ssm_patch_baseline:
    name: production-al2023
    operating_system: AMAZON_LINUX_2023
    state: absent
    force: true
"""

RETURN = r"""
patch_baseline:
  description:
    - The baseline as it is now, in the form that this module and M(patchops.fleet.patch_scan) take.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    baseline_id: pb-0123456789abcdef0
    name: production-al2023
    operating_system: AMAZON_LINUX_2023
    description: Production servers
    global_filters: {}
    approval_rules:
      - filters: {CLASSIFICATION: [Security], SEVERITY: [Critical, Important]}
        approve_after_days: 7
        compliance_level: CRITICAL
        enable_non_security: false
    approved_patches: []
    approved_patches_compliance_level: UNSPECIFIED
    approved_patches_enable_non_security: false
    rejected_patches: ['kernel*']
    rejected_patches_action: BLOCK
    sources: []
    default: false
    patch_groups: [Production]
    tags: {Owner: platform}
    created_date: '2026-11-21T05:40:00+00:00'
    modified_date: '2026-11-21T05:40:00+00:00'
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create patch baseline production-al2023 for AMAZON_LINUX_2023]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import patch_baseline, patch_baseline_form, tags
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run
from ..module_utils._templated import structure

LEVELS = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"]
ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str"},
    "baseline_id": {"type": "str"},
    "operating_system": {"type": "str"},
    "description": {"type": "str"},
    "global_filters": {"type": "dict"},
    "approval_rules": {"type": "raw"},
    "approved_patches": {"type": "list", "elements": "str"},
    "approved_patches_compliance_level": {"type": "str", "choices": LEVELS},
    "approved_patches_enable_non_security": {"type": "bool"},
    "rejected_patches": {"type": "list", "elements": "str"},
    "rejected_patches_action": {"type": "str", "choices": ["ALLOW_AS_DEPENDENCY", "BLOCK"]},
    "sources": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "products": {"type": "list", "elements": "str", "required": True},
            "configuration": {"type": "str", "required": True},
        },
    },
    "available_security_updates_compliance_status": {"type": "str", "choices": ["COMPLIANT", "NON_COMPLIANT"]},
    "default": {"type": "bool"},
    "patch_groups": {"type": "list", "elements": "str"},
    "purge_patch_groups": {"type": "bool", "default": True},
    "replace": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "created_date": {"type": "str"},
    "modified_date": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        groups = before["patch_groups"] if before else []
        if groups and not params["force"]:
            raise ResourceError(
                "Patch baseline %s (%s) is registered for patch groups %s: register them with another baseline first, "
                "or set force to leave them to the default one"
                % (before["name"], before["baseline_id"], ", ".join(groups))
            )
        change = Change(before, None)
        patch_baseline.refuse_predefined(change)
        return change
    if params["baseline_id"] and before is None:
        raise ResourceError("There is no patch baseline %s in this account and Region" % params["baseline_id"])
    system = params["operating_system"]
    if before and system not in (None, before["operating_system"]):
        raise ResourceError(
            "Patch baseline %s is for %s, which cannot be changed to %s: create another one"
            % (before["baseline_id"], before["operating_system"], system)
        )
    purge = patch_baseline.Purge(params["replace"], params["purge_tags"], params["purge_patch_groups"])
    change = patch_baseline.plan(before, params, purge)
    patch_baseline.refuse_predefined(change)
    return change


def work(module, api):
    params = plain(dict(module.params, approval_rules=structure(module.params["approval_rules"])))
    patch_baseline_form.refuse_system(params["operating_system"])
    in_itself = not tags.reserved({}, params["tags"], "")  # else what is there tells whether tags are AWS's own
    if params["state"] == "present" and params["name"] and params["operating_system"] and in_itself:
        # what is wrong in itself needs no call to be seen
        planned(dict(params, baseline_id=None), None)
    if params["baseline_id"]:
        before = patch_baseline.read(api, params["baseline_id"])
    else:
        before = patch_baseline.describe(api, params["name"], params["operating_system"])
    change = planned(params, before)
    result = change.result("patch_baseline")
    for warning in patch_baseline_form.warnings(change.after) if change.after else ():
        module.warn(warning)
    touched = patch_baseline.around(api, change)
    for group, owner in sorted(touched.owners.items()):
        module.warn(
            "Patch group %s is taken from baseline %s: until it is registered again its nodes have the default baseline"
            % (group, owner)
        )
    if change.needed and not module.check_mode:
        baseline_id = patch_baseline.apply(api, change, touched)
        if baseline_id:
            result["patch_baseline"] = patch_baseline.read(api, baseline_id, change.after["default"])
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, required_one_of=[("name", "baseline_id")], supports_check_mode=True
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
