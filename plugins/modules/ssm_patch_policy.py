# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_policy
short_description: Manage patch policies of AWS Systems Manager Quick Setup
version_added: 1.0.0
description:
  - Creates, changes and deletes patch policies, which scan and patch the nodes of an account, or of organizational
    units, in several Regions. Each is a configuration manager of Quick Setup.
  - AWS deploys a policy by itself after each change. The module waits for that, and says why a deployment failed. One
    whose last deployment failed is deployed anew, although nothing of it differs; that is a change.
  - What is wrong in the options is refused before any change, all of it at once. Schedules are read by the same code
    that tells when maintenance windows open.
  - Policies are told apart by O(name). Several of one name are refused with their ARNs.
  - Changes of a baseline reach policies that choose it within an hour, without a change of the policy.
author:
  - patchops.fleet contributors (@patchops)
requirements:
  - botocore >= 1.35.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.ssm.tags
options:
  state:
    description:
      - Whether the policy exists.
      - With V(absent) AWS takes back what it deployed. Patches that were installed stay.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the policy, up to 120 letters, digits, blanks, and C(.), C(_), C(-).
      - Given together with O(manager_arn), it is the new name.
    type: str
  manager_arn:
    description: ARN of the configuration manager of a policy that exists.
    type: str
  description:
    description: What the policy is for, up to 512 characters. Empty text clears it.
    type: str
  patch_policy_name:
    description: Name that AWS tags the nodes with. O(name) for a new policy.
    type: str
  patch_operation:
    description: Whether nodes are scanned only. V(Scan) for a new policy.
    type: str
    choices: [Scan, ScanAndInstall]
  scan_schedule:
    description: When nodes are scanned, in UTC, such as V(cron(0 1 * * ? *\)). Needed for a new policy.
    type: str
  scan_next_interval:
    description:
      - Whether the first scan waits for O(scan_schedule). Otherwise there is one at once. V(false) for a new policy.
    type: bool
  install_schedule:
    description: When patches are installed, in UTC, such as V(cron(0 2 ? * SUN *\)). Needed for V(ScanAndInstall).
    type: str
  install_next_interval:
    description:
      - Whether the first installation waits for O(install_schedule). Otherwise there is one at once. V(false) for a new
        policy.
    type: bool
  reboot_option:
    description: Whether nodes reboot once something was installed. V(RebootIfNeeded) for V(ScanAndInstall).
    type: str
    choices: [RebootIfNeeded, NoReboot]
  patch_baselines:
    description:
      - Baselines by operating system, such as V(AMAZON_LINUX_2023), each by its id, ARN or name. V(default) stands for
        the one that AWS predefines as default.
      - They are looked up in the Region where the module works. Operating systems that are not named keep what they
        have; in a new policy they have the one that AWS predefines.
      - All baselines of a policy are of one Region. Where they are of another than the module works in, all operating
        systems that the policy has must be named.
      - A policy uses these whatever baseline a node's patch group is registered with.
    type: dict
  target_accounts:
    description:
      - Accounts to deploy to, by their 12 digits in quotes. AWS takes the account that the module works in alone.
      - A new policy needs these or O(target_organizational_units). Given for a policy that has those, they take their
        place.
    type: list
    elements: str
  target_organizational_units:
    description: Organizational units, or the root, to deploy to, in place of O(target_accounts).
    type: list
    elements: str
  target_regions:
    description: Regions to deploy to. Needed for a new policy.
    type: list
    elements: str
  target_type:
    description:
      - Which nodes there, V(*) for all of them. That is so in a new policy.
      - Organizational units take V(*) and V(Tags) alone.
    type: str
    choices: ['*', InstanceIds, ResourceGroups, Tags]
  target_instances:
    description: Ids of nodes, for V(InstanceIds).
    type: list
    elements: str
  target_tag_key:
    description: Key of the tag that nodes carry, for V(Tags).
    type: str
  target_tag_value:
    description: Value of that tag.
    type: str
  resource_group_name:
    description: Resource group that nodes belong to, for V(ResourceGroups).
    type: str
  rate_control_concurrency:
    description: On how many nodes it runs at the same time, a number or a percentage. Empty text clears it.
    type: str
  rate_control_error_threshold:
    description: How many nodes may fail before no further one is told, a number or a percentage. Empty text clears it.
    type: str
  is_policy_attach_allowed:
    description:
      - Whether Quick Setup adds the policies that nodes need to the roles of their instance profiles. V(false) for a
        new policy.
    type: bool
  output_s3_bucket_name:
    description: Bucket for the nodes' output. Empty text ends it.
    type: str
  output_s3_bucket_region:
    description: Region of that bucket, needed with it.
    type: str
  output_s3_key_prefix:
    description: Where in the bucket.
    type: str
  local_deployment_administration_role_arn:
    description:
      - Role that deploys within one's own account, for O(target_accounts). CloudFormation assumes it.
    type: str
  local_deployment_execution_role_name:
    description:
      - Role that this one assumes then, with AWS's policy C(AWSQuickSetupPatchPolicyDeploymentRolePolicy).
    type: str
  wait:
    description:
      - Whether to wait until a deployment has ended, before a change and after it, and to fail where it failed.
      - Without it, AWS refuses a change while another is deployed.
    type: bool
    default: true
  wait_delay:
    description: Seconds between two looks.
    type: float
    default: 15
  wait_timeout:
    description: Seconds after which to wait no longer. The task fails then, and AWS goes on.
    type: int
    default: 1800
seealso:
  - module: patchops.fleet.ssm_patch_policy_info
  - module: patchops.fleet.ssm_patch_baseline
  - module: patchops.fleet.ssm_maintenance_window
    description: Another way to patch on a schedule, in one account and Region.
notes:
  - Parameters of a policy that this module has no option for stay as they are.
"""

EXAMPLES = r"""
- name: Scan everything in this account every night
  patchops.fleet.ssm_patch_policy:
    name: nightly-scan
    scan_schedule: cron(0 1 * * ? *)
    target_accounts: ['123456789012']
    target_regions: [eu-central-1, eu-west-1]
    local_deployment_administration_role_arn: arn:aws:iam::123456789012:role/AWS-QuickSetup-LocalAdministrationRole
    local_deployment_execution_role_name: AWS-QuickSetup-LocalExecutionRole

- name: Patch production of the whole organization on Sundays
  patchops.fleet.ssm_patch_policy:
    name: production
    patch_operation: ScanAndInstall
    scan_schedule: cron(0 1 * * ? *)
    install_schedule: cron(0 2 ? * SUN *)
    install_next_interval: true
    reboot_option: RebootIfNeeded
    patch_baselines:
      AMAZON_LINUX_2023: production-al2023
      UBUNTU: pb-0123456789abcdef0
      WINDOWS: default
    target_organizational_units: [ou-ab12-0123abcd]
    target_regions: [eu-central-1]
    target_type: Tags
    target_tag_key: Environment
    target_tag_value: production
    rate_control_concurrency: 10%
    rate_control_error_threshold: 2%
    output_s3_bucket_name: patch-output
    output_s3_bucket_region: eu-central-1
    tags: {Owner: platform}

- name: Delete it, and what it deployed
  patchops.fleet.ssm_patch_policy:
    name: production
    state: absent
"""

RETURN = r"""
patch_policy:
  description:
    - The policy as it is now, in the form that this module takes, with baselines by their ids.
    - C(status) is that of its deployment, C(status_message) says more where AWS does.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success, and where a deployment failed
  type: dict
  sample:
    manager_arn: >-
      arn:aws:ssm-quicksetup:eu-central-1:123456789012:configuration-manager/01234567-89ab-cdef-0123-456789abcdef
    name: nightly-scan
    patch_policy_name: nightly-scan
    patch_operation: Scan
    scan_schedule: cron(0 1 * * ? *)
    scan_next_interval: false
    is_policy_attach_allowed: false
    patch_baselines: {AMAZON_LINUX_2023: 'arn:aws:ssm:eu-central-1:123456789012:patchbaseline/pb-0123456789abcdef0'}
    target_accounts: ['123456789012']
    target_regions: [eu-central-1, eu-west-1]
    target_type: '*'
    tags: {}
    status: SUCCEEDED
    type_version: '1.0'
    created_date: '2026-11-21T05:40:00+00:00'
    modified_date: '2026-11-21T05:45:00+00:00'
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create patch policy nightly-scan]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import configuration_manager, patch_policy, policy_baselines
from ..module_utils._ssm.api import THROTTLED, Api
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.configuration_manager import Wanted, failure, settled, under_way
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run
from ..module_utils._ssm.unrepeatable import CLIENT, Once

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str"},
    "manager_arn": {"type": "str"},
    "description": {"type": "str"},
    "patch_policy_name": {"type": "str"},
    "patch_operation": {"type": "str", "choices": list(patch_policy.OPERATIONS)},
    "scan_schedule": {"type": "str"},
    "scan_next_interval": {"type": "bool"},
    "install_schedule": {"type": "str"},
    "install_next_interval": {"type": "bool"},
    "reboot_option": {"type": "str", "choices": list(patch_policy.REBOOTS)},
    "patch_baselines": {"type": "dict"},
    "target_accounts": {"type": "list", "elements": "str"},
    "target_organizational_units": {"type": "list", "elements": "str"},
    "target_regions": {"type": "list", "elements": "str"},
    "target_type": {"type": "str", "choices": list(patch_policy.OF_TARGET)},
    "target_instances": {"type": "list", "elements": "str"},
    "target_tag_key": {"type": "str", "no_log": False},
    "target_tag_value": {"type": "str"},
    "resource_group_name": {"type": "str"},
    "rate_control_concurrency": {"type": "str"},
    "rate_control_error_threshold": {"type": "str"},
    "is_policy_attach_allowed": {"type": "bool"},
    "output_s3_bucket_name": {"type": "str"},
    "output_s3_bucket_region": {"type": "str"},
    "output_s3_key_prefix": {"type": "str", "no_log": False},
    "local_deployment_administration_role_arn": {"type": "str"},
    "local_deployment_execution_role_name": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "wait_delay": {"type": "float", "default": 15},
    "wait_timeout": {"type": "int", "default": 1800},
}


def find(api, params):
    """The configuration manager that is meant; None where there is none."""
    arn = params["manager_arn"] or configuration_manager.find(api, params["name"])
    manager = configuration_manager.read(api, arn) if arn else None
    if params["manager_arn"] and manager and not patch_policy.definition(manager):
        raise ResourceError("Configuration manager %s has no patch policy" % arn)
    if params["manager_arn"] and manager is None and params["state"] == "present":
        words = "There is no configuration manager %s in this account and Region: leave manager_arn out to create one"
        raise ResourceError(words % arn)
    return manager


def planned(module, params, manager):
    """The change that the options ask for, before any call that changes something."""
    before = patch_policy.from_api(manager) if manager else None
    if params["state"] == "absent":
        return Wanted(Change(before, None, patch_policy.ASSIGNED), {}, "")
    patch_policy.plan(before, params, params["purge_tags"])  # all that is wrong, before baselines are looked up
    parameters = patch_policy.definition(manager or {}).get("Parameters", {})
    now, given = patch_policy.selected(parameters), params["patch_baselines"]
    of_now = parameters.get("PatchBaselineRegion") or module.region
    if given:
        policy_baselines.refuse_two_regions(now, given, of_now, module.region)
    baselines = policy_baselines.choose(Api(module.client("ssm")), now, given)
    ids = {system: one["value"] for system, one in baselines.items()}
    change = patch_policy.plan(before, {**params, "patch_baselines": ids}, params["purge_tags"])
    region = module.region if given or not now else of_now
    return Wanted(change, baselines, region, again=bool(manager and failure(manager)))


def work(module, api):
    params = plain(dict(module.params))
    patience = Patience(params["wait_delay"], params["wait_timeout"])
    manager = find(api, params)
    wanted = planned(module, params, manager)
    if manager and under_way(manager) and params["wait"] and not module.check_mode:
        manager = settled(api, manager, patience)
        wanted = planned(module, params, manager)
    result = {**wanted.change.result("patch_policy"), "changed": wanted.needed}
    if module.check_mode or not wanted.needed:
        return result
    once = Once(api, Api(module.client("ssm-quicksetup", config=CLIENT)), patience.pause, THROTTLED)
    arn = configuration_manager.apply(api, once, manager, wanted)
    patience.pause()  # what was before may still show
    manager = configuration_manager.read(api, arn)
    if params["wait"]:
        manager = settled(api, manager, patience)
    words = failure(manager) if manager and params["wait"] else None
    there = patch_policy.from_api(manager) if manager and (words or wanted.change.after) else {}
    return {**result, "patch_policy": there, **({"failed": True, "msg": words} if words else {})}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC, required_one_of=[("name", "manager_arn")], supports_check_mode=True
    )
    module.require_botocore_at_least("1.35.0", reason="to manage patch policies")
    run(module, lambda api: work(module, api), service="ssm-quicksetup")


if __name__ == "__main__":
    main()
