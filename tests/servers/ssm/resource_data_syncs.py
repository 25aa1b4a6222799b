# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource data syncs (operations.md, 11): to a bucket, or from other Regions and accounts."""

from __future__ import annotations

import typing as t

from moto.s3.models import s3_backends

from .errors import SSMError
from .paging import page
from .state import Region, Resource, only

QUOTA = 5
TO_BUCKET, FROM_SOURCE = "SyncToDestination", "SyncFromSource"
SOURCES = ("AwsOrganizations", "SingleAccountMultiRegions")
ORGANIZATION_SOURCES = ("EntireOrganization", "OrganizationalUnits")
ACCOUNTS = ("SourceType", "AwsOrganizationsSource")  # whose data it is
SERVICE = "ssm.amazonaws.com"


def wrong(message: str) -> SSMError:
    return SSMError("ResourceDataSyncInvalidConfigurationException", message)


def create_resource_data_sync(region: Region, request: Resource) -> Resource:
    """Names are unique among syncs of all types."""
    name, kind = request["SyncName"], request.get("SyncType", TO_BUCKET)
    if kind == TO_BUCKET:
        _check_destination(region, request.get("S3Destination"))
    elif kind == FROM_SOURCE:
        _check_source(request.get("SyncSource"))
    else:
        raise wrong(f"{kind} is no type of a sync")
    if name in region.syncs:
        raise SSMError("ResourceDataSyncAlreadyExistsException", f"Sync {name} exists already")
    if len(region.syncs) >= QUOTA:
        raise SSMError("ResourceDataSyncCountExceededException", f"There may be {QUOTA} syncs")
    region.syncs[name] = {
        "SyncName": name,
        "SyncType": kind,
        **only(request, "S3Destination" if kind == TO_BUCKET else "SyncSource"),
        "SyncCreatedTime": region.now,
        "SyncLastModifiedTime": region.now,
        "LastStatus": "InProgress",
        "Looks": region.simulation.unseen_polls,
    }
    return {}


def _check_destination(region: Region, destination: Resource | None) -> None:
    if destination is None:
        raise wrong(f"{TO_BUCKET} needs S3Destination")
    bucket = s3_backends[region.account]["aws"].buckets.get(destination["BucketName"])
    if bucket is None or bucket.region_name != destination["Region"]:
        raise wrong(f"There is no bucket {destination['BucketName']} in {destination['Region']}")
    policy = (bucket.policy or b"").decode()
    if SERVICE not in policy or "s3:PutObject" not in policy:
        raise wrong(f"S3 write failed for bucket: {destination['BucketName']}")


def _check_source(source: Resource | None) -> None:
    if source is None:
        raise wrong(f"{FROM_SOURCE} needs SyncSource")
    organization = source.get("AwsOrganizationsSource")
    if source["SourceType"] not in SOURCES or (source["SourceType"] == SOURCES[0]) != (organization is not None):
        raise wrong(f"SourceType is one of {', '.join(SOURCES)}; the first has AwsOrganizationsSource, and only that")
    if organization is None:
        return
    kind, units = organization["OrganizationSourceType"], organization.get("OrganizationalUnits")
    if kind not in ORGANIZATION_SOURCES or (kind == ORGANIZATION_SOURCES[1]) != bool(units):
        raise wrong(f"OrganizationSourceType is one of {', '.join(ORGANIZATION_SOURCES)}; the second names units")


def update_resource_data_sync(region: Region, request: Resource) -> Resource:
    """Of those from sources alone. The accounts of one cannot be changed."""
    if request["SyncType"] != FROM_SOURCE:
        raise wrong(f"Only syncs of type {FROM_SOURCE} can be updated")
    sync = _find(region, request["SyncName"], FROM_SOURCE)
    _check_source(request["SyncSource"])
    if any(sync["SyncSource"].get(one) != request["SyncSource"].get(one) for one in ACCOUNTS):
        raise wrong("The accounts of a sync cannot be changed")
    sync.update(SyncSource=request["SyncSource"], SyncLastModifiedTime=region.now)
    sync.update(LastStatus="InProgress", Looks=region.simulation.unseen_polls)
    return {}


def _find(region: Region, name: str, kind: str | None) -> Resource:
    sync = region.syncs.get(name)
    if sync is None or sync["SyncType"] != (kind or sync["SyncType"]):
        raise SSMError("ResourceDataSyncNotFoundException", f"There is no sync {name}")
    return sync


def list_resource_data_sync(region: Region, request: Resource) -> Resource:
    """Its first run goes on for as many looks as the simulation says."""
    kind = request.get("SyncType")
    if kind not in (None, TO_BUCKET, FROM_SOURCE):
        raise wrong(f"{kind} is no type of a sync")
    rows = [one for one in region.syncs.values() if kind in (None, one["SyncType"])]
    answer = page(rows, request, "ResourceDataSyncItems", region.pages, "InvalidNextToken")
    return {**answer, "ResourceDataSyncItems": [_looked_at(one, region) for one in answer["ResourceDataSyncItems"]]}


def _looked_at(sync: Resource, region: Region) -> Resource:
    if sync["Looks"] > 0:
        sync["Looks"] -= 1
    else:
        sync.update(LastStatus="Successful", LastSyncTime=region.now, LastSuccessfulSyncTime=region.now)
    return {**{name: value for name, value in sync.items() if name != "Looks"}, **_source(sync)}


def _source(sync: Resource) -> dict[str, t.Any]:
    """Listed with the flags that were not given."""
    if "SyncSource" not in sync:
        return {}
    flags = {"IncludeFutureRegions": False, "EnableAllOpsDataSources": False}
    return {"SyncSource": {**flags, **sync["SyncSource"], "State": "Active"}}


def delete_resource_data_sync(region: Region, request: Resource) -> Resource:
    """What it has brought to the bucket stays there."""
    sync = _find(region, request["SyncName"], request.get("SyncType"))
    del region.syncs[sync["SyncName"]]
    return {}
