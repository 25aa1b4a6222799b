# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_resource_data_sync
short_description: Manage resource data syncs of AWS Systems Manager
version_added: 1.0.0
description:
  - Creates, changes and deletes resource data syncs. One to an S3 bucket collects inventory and patch compliance of all
    nodes there, of several accounts and Regions; one from sources brings operational data of other Regions and accounts
    to Explorer.
  - AWS can change neither the bucket of a sync nor the accounts of its source. Such a change deletes the sync and
    creates it anew, and creates the former one again where the new one is refused. Data in the bucket stays.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
options:
  state:
    description: Whether the sync exists. V(absent) leaves the data in the bucket.
    type: str
    choices: [present, absent]
    default: present
  sync_name:
    description: Name of the sync, up to 64 characters, one of five at most in an account and Region.
    type: str
    required: true
  sync_type:
    description: What it does. By default what O(s3_destination) or O(sync_source) says. It cannot be changed.
    type: str
    choices: [SyncToDestination, SyncFromSource]
  s3_destination:
    description: Bucket to sync to. Members that are not given stay.
    type: dict
    suboptions:
      bucket_name:
        description: Name of the bucket. Its policy must let Systems Manager write to it.
        type: str
      prefix:
        description: Prefix of all keys. Empty text clears it.
        type: str
      region:
        description: Region of the bucket. By default that of the sync.
        type: str
      aws_kms_key_arn:
        description: ARN of the key that objects are encrypted with, in the bucket's Region. Empty text clears it.
        type: str
      destination_data_sharing_type:
        description: V(Organization) lets the accounts of the organisation sync to the bucket. Empty text clears it.
        type: str
  sync_source:
    description: What to sync from. Members that are not given stay.
    type: dict
    suboptions:
      source_type:
        description: Regions of this account, or of an organisation's.
        type: str
        choices: [SingleAccountMultiRegions, AwsOrganizations]
      source_regions:
        description: Regions to sync from.
        type: list
        elements: str
      include_future_regions:
        description: Whether Regions that AWS opens later are synced from as well. V(false) for a new sync.
        type: bool
      enable_all_ops_data_sources:
        description: Whether all sources of operational data are enabled in those accounts. V(false) for a new sync.
        type: bool
      aws_organizations_source:
        description: Accounts of the organisation, for V(AwsOrganizations).
        type: dict
        suboptions:
          organization_source_type:
            description: All of them, or those of units.
            type: str
            required: true
            choices: [EntireOrganization, OrganizationalUnits]
          organizational_units:
            description: Ids of units, such as V(ou-abcd-12345678), for V(OrganizationalUnits).
            type: list
            elements: str
seealso:
  - module: patchops.fleet.ssm_resource_data_sync_info
"""

EXAMPLES = r"""
- name: Have a bucket that Systems Manager may write to
  amazon.aws.s3_bucket:
    name: example-patch-compliance
    policy:
      Version: '2012-10-17'
      Statement:
        - Effect: Allow
          Principal: {Service: ssm.amazonaws.com}
          Action: s3:GetBucketAcl
          Resource: arn:aws:s3:::example-patch-compliance
        - Effect: Allow
          Principal: {Service: ssm.amazonaws.com}
          Action: s3:PutObject
          Resource: arn:aws:s3:::example-patch-compliance/*/accountid=123456789012/*
          Condition: {StringEquals: {s3:x-amz-acl: bucket-owner-full-control}}

- name: Collect inventory and patch compliance there
  patchops.fleet.ssm_resource_data_sync:
    sync_name: patch-compliance
    s3_destination:
      bucket_name: example-patch-compliance

- name: See all Regions in Explorer
  patchops.fleet.ssm_resource_data_sync:
    sync_name: regions
    sync_source:
      source_type: SingleAccountMultiRegions
      source_regions: [eu-west-1, us-east-1]
      include_future_regions: true
"""

RETURN = r"""
resource_data_sync:
  description:
    - The sync as it is now. In check mode as it would be. Empty where there is none.
    - A new sync is V(InProgress) until its first run has ended; M(patchops.fleet.ssm_resource_data_sync_info) tells.
  returned: success
  type: dict
  sample:
    sync_name: patch-compliance
    sync_type: SyncToDestination
    s3_destination: {bucket_name: example-patch-compliance, region: eu-central-1}
    last_status: InProgress
    last_sync_status_message: null
    last_sync_time: null
    last_successful_sync_time: null
    sync_created_time: '2026-11-27T05:40:00+00:00'
    sync_last_modified_time: '2026-11-27T05:40:00+00:00'
recreated:
  description: Whether the sync was deleted and created anew, or would be, because AWS cannot change it.
  returned: success
  type: bool
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [delete resource data sync patch-compliance, create resource data sync patch-compliance]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import resource_data_sync
from ..module_utils._ssm.change import Change
from ..module_utils._ssm.task import run

DESTINATION = {
    "bucket_name": {"type": "str"},
    "prefix": {"type": "str"},
    "region": {"type": "str"},
    "aws_kms_key_arn": {"type": "str", "no_log": False},
    "destination_data_sharing_type": {"type": "str"},
}
ORGANIZATION = {
    "organization_source_type": {
        "type": "str",
        "required": True,
        "choices": list(resource_data_sync.ORGANIZATION_SOURCES),
    },
    "organizational_units": {"type": "list", "elements": "str"},
}
SOURCE = {
    "source_type": {"type": "str", "choices": list(resource_data_sync.SOURCES)},
    "source_regions": {"type": "list", "elements": "str"},
    "include_future_regions": {"type": "bool"},
    "enable_all_ops_data_sources": {"type": "bool"},
    "aws_organizations_source": {"type": "dict", "options": ORGANIZATION},
}
ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "sync_name": {"type": "str", "required": True},
    "sync_type": {"type": "str", "choices": list(resource_data_sync.TYPES)},
    "s3_destination": {"type": "dict", "options": DESTINATION},
    "sync_source": {"type": "dict", "options": SOURCE},
}


def work(module, api):
    params = plain(dict(module.params))
    before = resource_data_sync.describe(api, params["sync_name"])
    if params["state"] == "absent":
        change = Change(before, None, resource_data_sync.ASSIGNED)
    else:
        change = resource_data_sync.plan(before, params, module.region)
    result = {**change.result("resource_data_sync"), "recreated": resource_data_sync.recreated(change)}
    if change.needed and not module.check_mode:
        resource_data_sync.apply(api, change)
        if change.after:
            result["resource_data_sync"] = resource_data_sync.describe(api, params["sync_name"]) or change.after
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "present", ["s3_destination", "sync_source"], True)],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
