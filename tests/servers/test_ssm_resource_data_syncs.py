# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource data syncs on the strict SSM, through boto3 (operations.md, 11)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import refused

REGION = "eu-central-1"
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "*"}
    ]
}
TO_BUCKET = {"BucketName": "inventory", "SyncFormat": "JsonSerDe", "Region": REGION}
SOURCE = {"SourceType": "SingleAccountMultiRegions", "SourceRegions": ["eu-west-1"]}
UNITS = {
    "OrganizationSourceType": "OrganizationalUnits",
    "OrganizationalUnits": [{"OrganizationalUnitId": "ou-abcd-12345678"}],
}
WRONG = "ResourceDataSyncInvalidConfigurationException"


@pytest.fixture
def ssm(aws):
    s3 = aws.client("s3")
    for name in ("inventory", "closed"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket="inventory", Policy=json.dumps(POLICY))
    return aws.client()


def listed(ssm, **options):
    return ssm.list_resource_data_sync(**options)["ResourceDataSyncItems"]


def test_to_a_bucket(ssm):
    ssm.create_resource_data_sync(SyncName="all", S3Destination=TO_BUCKET)
    states = [listed(ssm)[0]["LastStatus"] for _look in range(2)]
    assert states == ["InProgress", "Successful"]
    assert listed(ssm)[0]["S3Destination"] == TO_BUCKET
    ssm.delete_resource_data_sync(SyncName="all")
    assert listed(ssm) == []


def test_from_a_source(ssm):
    ssm.create_resource_data_sync(SyncName="all", SyncType="SyncFromSource", SyncSource=SOURCE)
    other = {**SOURCE, "SourceRegions": ["us-east-1"], "IncludeFutureRegions": True}
    ssm.update_resource_data_sync(SyncName="all", SyncType="SyncFromSource", SyncSource=other)
    assert listed(ssm, SyncType="SyncToDestination") == []
    (sync,) = listed(ssm, SyncType="SyncFromSource")
    assert sync["SyncSource"] == {**other, "EnableAllOpsDataSources": False, "State": "Active"}


@pytest.mark.parametrize(
    ("operation", "request_of", "code"),
    [
        pytest.param("create", {"SyncName": "there", "S3Destination": TO_BUCKET},
                     "ResourceDataSyncAlreadyExistsException", id="there already"),
        pytest.param("create", {"S3Destination": {**TO_BUCKET, "BucketName": "nothing"}}, WRONG, id="no such bucket"),
        pytest.param("create", {"S3Destination": {**TO_BUCKET, "BucketName": "closed"}}, WRONG, id="no policy"),
        pytest.param("create", {"S3Destination": {**TO_BUCKET, "Region": "eu-west-1"}}, WRONG, id="another Region"),
        pytest.param("create", {}, WRONG, id="no destination"),
        pytest.param("create", {"SyncType": "SyncFromSource"}, WRONG, id="no source"),
        pytest.param("create", {"SyncType": "Other"}, WRONG, id="type"),
        pytest.param("create", {"SyncType": "SyncFromSource", "SyncSource": {**SOURCE, "SourceType": "Other"}}, WRONG,
                     id="type of source"),
        pytest.param("create",
                     {"SyncType": "SyncFromSource", "SyncSource": {**SOURCE, "AwsOrganizationsSource": UNITS}}, WRONG,
                     id="an organisation's source for one account"),
        pytest.param("update", {"SyncType": "SyncToDestination", "SyncSource": SOURCE}, WRONG, id="update to a bucket"),
        pytest.param("update", {"SyncType": "SyncFromSource", "SyncSource": SOURCE},
                     "ResourceDataSyncNotFoundException", id="nothing to update"),
        pytest.param("update", {"SyncName": "from", "SyncType": "SyncFromSource",
                                "SyncSource": {**SOURCE, "SourceType": "AwsOrganizations",
                                               "AwsOrganizationsSource": UNITS}}, WRONG, id="other accounts"),
        pytest.param("delete", {}, "ResourceDataSyncNotFoundException", id="nothing to delete"),
        pytest.param("delete", {"SyncName": "there", "SyncType": "SyncFromSource"},
                     "ResourceDataSyncNotFoundException", id="delete one of another type"),
    ],
)  # fmt: skip
def test_what_is_refused(ssm, operation, request_of, code):
    ssm.create_resource_data_sync(SyncName="there", S3Destination=TO_BUCKET)
    ssm.create_resource_data_sync(SyncName="from", SyncType="SyncFromSource", SyncSource=SOURCE)
    with refused(code):
        getattr(ssm, f"{operation}_resource_data_sync")(**{"SyncName": "new", **request_of})


def test_five_at_most(ssm):
    for number in range(5):
        ssm.create_resource_data_sync(SyncName=f"sync-{number}", S3Destination=TO_BUCKET)
    with refused("ResourceDataSyncCountExceededException"):
        ssm.create_resource_data_sync(SyncName="one more", S3Destination=TO_BUCKET)
