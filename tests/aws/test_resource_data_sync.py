# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_resource_data_sync and ssm_resource_data_sync_info."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import resource_data_sync
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api, SSMError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change
from ansible_collections.patchops.fleet.tests.aws.conftest import READING, written

REGION = "eu-central-1"
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"}
    ]
}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
LITTLE_TO = {"bucket_name": "inventory"}
WHOLE_TO = {
    "bucket_name": "inventory",
    "region": REGION,
    "prefix": "nodes",
    "aws_kms_key_arn": KEY,
    "destination_data_sharing_type": "Organization",
}
LITTLE_FROM = {"source_type": "SingleAccountMultiRegions", "source_regions": ["us-east-1", "eu-west-1"]}
UNITS = {"organization_source_type": "OrganizationalUnits", "organizational_units": ["ou-abcd-12345678"]}
WHOLE_FROM = {
    "source_type": "AwsOrganizations",
    "source_regions": ["eu-west-1"],
    "include_future_regions": True,
    "enable_all_ops_data_sources": True,
    "aws_organizations_source": UNITS,
}
OF_AWS = (
    *("last_status", "last_sync_status_message", "last_sync_time", "last_successful_sync_time"),
    *("sync_created_time", "sync_last_modified_time"),
)


@pytest.fixture
def buckets(aws):
    s3 = aws.client("s3")
    for name in ("inventory", "other", "closed"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("inventory", "other"):
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(POLICY))
    aws.application.calls.clear()


@pytest.fixture
def sync(module, buckets, aws):
    """A first run that never ends, which no two looks could tell apart."""
    aws.set(unseen_polls=999)
    return module("ssm_resource_data_sync", "resource_data_sync", assigned=OF_AWS)


@pytest.fixture
def info(module):
    return module("ssm_resource_data_sync_info")


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def to(**destination):
    filled = {"region": REGION, **destination}
    return {"sync_name": "all", "sync_type": "SyncToDestination", "s3_destination": filled}


def from_(**source):
    filled = {"include_future_regions": False, "enable_all_ops_data_sources": False, **source}
    filled["source_regions"] = sorted(filled["source_regions"])
    return {"sync_name": "all", "sync_type": "SyncFromSource", "sync_source": filled}


EACH = [
    pytest.param({"s3_destination": LITTLE_TO}, to(**LITTLE_TO), id="to a bucket"),
    pytest.param({"s3_destination": WHOLE_TO}, to(**WHOLE_TO), id="to a bucket, all options"),
    pytest.param({"sync_source": LITTLE_FROM}, from_(**LITTLE_FROM), id="from Regions"),
    pytest.param({"sync_source": WHOLE_FROM, "sync_type": "SyncFromSource"}, from_(**WHOLE_FROM),
                 id="from an organisation"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected"), EACH)
def test_create_and_delete(sync, aws, options, expected):
    created = sync.converge(sync_name="all", **options)
    assert created["diff"] == {"before": {}, "after": expected}
    assert (created["resource_data_sync"]["last_status"], created["recreated"]) == ("InProgress", False)
    assert writes(aws) == ["CreateResourceDataSync"]
    gone = sync.converge(sync_name="all", state="absent")
    assert gone["diff"] == {"before": expected, "after": {}}


def test_what_was_created_is_what_the_aws_cli_reads(sync, aws_cli):
    sync.ok(sync_name="to", s3_destination=WHOLE_TO)
    sync.ok(sync_name="from", sync_source=WHOLE_FROM)
    one, other = aws_cli("ssm", "list-resource-data-sync")["ResourceDataSyncItems"]
    assert one["S3Destination"] == {
        "BucketName": "inventory", "Prefix": "nodes", "SyncFormat": "JsonSerDe", "Region": REGION,
        "AWSKMSKeyARN": KEY, "DestinationDataSharing": {"DestinationDataSharingType": "Organization"},
    }  # fmt: skip
    assert other["SyncSource"] == {
        "SourceType": "AwsOrganizations", "SourceRegions": ["eu-west-1"], "IncludeFutureRegions": True,
        "EnableAllOpsDataSources": True, "State": "Active",
        "AwsOrganizationsSource": {"OrganizationSourceType": "OrganizationalUnits",
                                   "OrganizationalUnits": [{"OrganizationalUnitId": "ou-abcd-12345678"}]},
    }  # fmt: skip


ANEW = ["DeleteResourceDataSync", "CreateResourceDataSync"]
UPDATE = ["UpdateResourceDataSync"]
CHANGED = [
    pytest.param(WHOLE_TO, {"bucket_name": "other"}, ANEW, id="bucket"),
    pytest.param(WHOLE_TO, {"prefix": "others"}, ANEW, id="prefix"),
    pytest.param(WHOLE_TO, {"prefix": "", "aws_kms_key_arn": "", "destination_data_sharing_type": ""}, ANEW,
                 id="cleared"),
    pytest.param(WHOLE_FROM, {"source_regions": ["us-east-1"]}, UPDATE, id="Regions"),
    pytest.param(WHOLE_FROM, {"include_future_regions": False}, UPDATE, id="future Regions"),
    pytest.param(WHOLE_FROM, {"enable_all_ops_data_sources": False}, UPDATE, id="sources of data"),
    pytest.param(WHOLE_FROM, {"source_type": "SingleAccountMultiRegions"}, ANEW, id="accounts"),
    pytest.param(WHOLE_FROM, {"aws_organizations_source": {"organization_source_type": "EntireOrganization"}}, ANEW,
                 id="units"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "change", "operations"), CHANGED)
def test_each_change(sync, aws, before, change, operations):
    content, whole = ("s3_destination", to) if "bucket_name" in before else ("sync_source", from_)
    sync.ok(sync_name="all", **{content: before})
    aws.application.calls.clear()
    changed = sync.converge(sync_name="all", **{content: change})
    assert writes(aws) == operations
    assert changed["recreated"] is (operations == ANEW)
    expected = {name: value for name, value in {**before, **change}.items() if value != ""}
    if expected.get("source_type") == "SingleAccountMultiRegions":
        del expected["aws_organizations_source"]
    assert changed["diff"]["after"] == whole(**expected)


def test_where_the_new_one_is_refused_the_former_comes_back(sync, aws):
    before = sync.ok(sync_name="all", s3_destination=WHOLE_TO)["resource_data_sync"]
    message = sync.failure(sync_name="all", s3_destination={"bucket_name": "closed"})
    assert "Failed to create resource data sync all: " in message
    (region,) = aws.application.service.regions.values()
    assert region.syncs["all"]["S3Destination"]["BucketName"] == before["s3_destination"]["bucket_name"]
    assert message.endswith("The sync of before was created again")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"s3_destination": LITTLE_TO}, to(**LITTLE_TO), id="to a bucket"),
        pytest.param({"sync_source": WHOLE_FROM}, from_(**WHOLE_FROM), id="from an organisation"),
    ],
)
def test_a_lost_answer_is_no_failure(sync, aws, options, expected):
    aws.fail(operation="CreateResourceDataSync", error="InternalServerError", answered=False, times=1)
    created = sync.ok(sync_name="all", **options)
    assert created["changes"] == ["create resource data sync all"]
    assert written(created["resource_data_sync"], OF_AWS) == expected


def test_a_lost_answer_of_one_that_takes_the_place_of_another(sync, aws):
    sync.ok(sync_name="all", s3_destination=WHOLE_TO)
    aws.fail(operation="CreateResourceDataSync", error="InternalServerError", answered=False, times=1)
    changed = sync.ok(sync_name="all", s3_destination={"prefix": "others"})
    assert changed["changes"] == ["delete resource data sync all", "create resource data sync all"]
    assert changed["resource_data_sync"]["s3_destination"]["prefix"] == "others"


def test_a_sync_that_somebody_else_made_meanwhile_is_told(sync, aws):
    sync.ok(sync_name="all", s3_destination=WHOLE_TO)
    api = Api(aws.client())
    with pytest.raises(SSMError, match="ResourceDataSyncAlreadyExistsException"):
        resource_data_sync.apply(api, Change(None, to(**LITTLE_TO)))
    assert api.changes == []


def test_where_neither_is_accepted_both_reasons_are_told(sync, aws):
    sync.ok(sync_name="all", s3_destination=WHOLE_TO)
    aws.fail(operation="CreateResourceDataSync", error="AccessDeniedException", message="no more")
    message = sync.failure(sync_name="all", s3_destination={"prefix": "others"})
    assert "The sync of before is gone, for it is refused too: Failed to create resource data sync all" in message


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        pytest.param({"bucket_name": "closed"}, "s3:PutObject on closed/*/accountid=ACCOUNT/*, with", id="no policy"),
        pytest.param({"bucket_name": "closed", "prefix": "a", "aws_kms_key_arn": KEY},
                     "s3:PutObject on closed/a/*/accountid=ACCOUNT/*, with", id="prefix"),
        pytest.param({"bucket_name": "inventory", "region": "eu-west-1"}, "Bucket inventory must be in eu-west-1",
                     id="another Region"),
    ],
)  # fmt: skip
def test_a_bucket_that_cannot_be_written_to_is_told_with_the_policy_it_needs(sync, destination, words):
    message = sync.failure(sync_name="all", s3_destination=destination)
    assert "ResourceDataSyncInvalidConfigurationException" in message
    assert "s3:GetBucketAcl on the bucket" in message
    assert words in message
    assert ("kms:GenerateDataKey" in message) is ("aws_kms_key_arn" in destination)


INVALID = [
    pytest.param({"s3_destination": {}}, "s3_destination.bucket_name: must have 1 to", id="no bucket"),
    pytest.param({"s3_destination": {"bucket_name": "x", "aws_kms_key_arn": "x"}}, "s3_destination.aws_kms_key_arn",
                 id="key"),
    pytest.param({"s3_destination": {"bucket_name": "x", "destination_data_sharing_type": "x"}},
                 "destination_data_sharing_type: 'x' is not allowed", id="sharing"),
    pytest.param({"sync_name": "x" * 65, "s3_destination": LITTLE_TO}, "sync_name: must have 1 to 64", id="name"),
    pytest.param({"sync_name": "", "s3_destination": LITTLE_TO}, "sync_name: must not be empty", id="no name"),
    pytest.param({"sync_source": {"source_type": "SingleAccountMultiRegions"}}, "sync_source.source_regions",
                 id="no Regions"),
    pytest.param({"sync_source": {**WHOLE_FROM, "aws_organizations_source": None}},
                 "aws_organizations_source: belongs to source_type AwsOrganizations", id="no organisation"),
    pytest.param({"sync_source": {**LITTLE_FROM, "aws_organizations_source": UNITS}},
                 "aws_organizations_source: belongs to source_type AwsOrganizations", id="no organisation's"),
    pytest.param({"sync_source": {**WHOLE_FROM,
                                  "aws_organizations_source": {"organization_source_type": "OrganizationalUnits"}}},
                 "organizational_units: belong to", id="no units"),
    pytest.param({"sync_source": {**WHOLE_FROM, "aws_organizations_source": {**UNITS, "organizational_units": ["x"]}}},
                 "organizational_units[0]: 'x' is not allowed", id="unit"),
    pytest.param({"sync_type": "SyncFromSource", "s3_destination": LITTLE_TO},
                 "A sync of type SyncFromSource has sync_source, and only that", id="type and content"),
    pytest.param({"s3_destination": LITTLE_TO, "sync_source": LITTLE_FROM},
                 "A sync of type SyncToDestination has s3_destination, and only that", id="both"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_any_call_that_changes(sync, aws, options, message):
    for check_mode in (True, False):
        assert message in sync.failure(check_mode, **{"sync_name": "all", **options})
    assert writes(aws) == []


def test_the_type_stays(sync, aws):
    sync.ok(sync_name="all", s3_destination=LITTLE_TO)
    words = "Sync all is of type SyncToDestination, which cannot become SyncFromSource: delete it first"
    assert words in sync.failure(sync_name="all", sync_source=LITTLE_FROM)


def test_one_too_many(sync):
    for number in range(5):
        sync.ok(sync_name=f"sync-{number}", s3_destination=LITTLE_TO)
    message = sync.failure(sync_name="one more", s3_destination=LITTLE_TO)
    assert "Failed to create resource data sync one more: " in message
    assert "ResourceDataSyncCountExceededException" in message


def test_a_run_that_has_ended_is_no_change(sync, aws):
    aws.set(unseen_polls=1)
    states = [sync.ok(sync_name="all", s3_destination=LITTLE_TO) for _run in range(2)]
    assert [one["changed"] for one in states] == [True, False]
    assert [one["resource_data_sync"]["last_status"] for one in states] == ["InProgress", "Successful"]


def test_info(sync, info, aws):
    aws.set(unseen_polls=0)
    sync.ok(sync_name="to", s3_destination=LITTLE_TO)
    sync.ok(sync_name="from", sync_source=LITTLE_FROM)
    aws.set(largest_page=1, empty_pages=True)
    assert [one["sync_name"] for one in info.ok()["resource_data_syncs"]] == ["from", "to"]
    (found,) = info.ok(sync_type="SyncToDestination")["resource_data_syncs"]
    assert (found["sync_name"], found["last_status"]) == ("to", "Successful")
    assert found["last_sync_time"]
    assert (
        info.ok(sync_name="from")["resource_data_syncs"][0]["sync_source"]["source_type"] == LITTLE_FROM["source_type"]
    )
    assert info.ok(sync_name="nothing")["resource_data_syncs"] == []
