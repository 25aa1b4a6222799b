# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Resource data syncs: to a bucket, which AWS cannot change, or from a source."""

from __future__ import annotations

import re
import typing as t

from .api import SSMError
from .change import Change, Resource, ResourceError
from .reading import Reader

TO_BUCKET, FROM_SOURCE = TYPES = ("SyncToDestination", "SyncFromSource")
CONTENT = {TO_BUCKET: "s3_destination", FROM_SOURCE: "sync_source"}  # what a sync of each type has
SOURCES = ("SingleAccountMultiRegions", "AwsOrganizations")
ORGANIZATION_SOURCES = ("EntireOrganization", "OrganizationalUnits")
SHARING = ("Organization",)
FORMAT = "JsonSerDe"  # the only one
# Members that make no difference.
TIMES = ("last_sync_time", "last_successful_sync_time", "sync_created_time", "sync_last_modified_time")
ASSIGNED = ("last_status", "last_sync_status_message", *TIMES)
ACCOUNTS = ("source_type", "aws_organizations_source")  # which AWS cannot change of a source
EXISTS = "ResourceDataSyncAlreadyExistsException"
INVALID = "ResourceDataSyncInvalidConfigurationException"
UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}\Z")
KEY = re.compile(r"arn:.{1,508}\Z")
DESTINATION = {"bucket_name": "BucketName", "prefix": "Prefix", "region": "Region", "aws_kms_key_arn": "AWSKMSKeyARN"}


def from_api(raw: Resource) -> Resource:
    """A row of ListResourceDataSync in the form that users write."""
    resource: Resource = {"sync_name": raw["SyncName"], "sync_type": raw.get("SyncType", TO_BUCKET)}
    if resource["sync_type"] == TO_BUCKET:
        resource["s3_destination"] = _destination_from_api(raw["S3Destination"])
    else:
        resource["sync_source"] = _source_from_api(raw["SyncSource"])
    resource["last_status"] = raw.get("LastStatus")
    resource["last_sync_status_message"] = raw.get("LastSyncStatusMessage")
    members = ("LastSyncTime", "LastSuccessfulSyncTime", "SyncCreatedTime", "SyncLastModifiedTime")
    for name, member in zip(TIMES, members):
        resource[name] = raw[member].isoformat() if raw.get(member) else None
    return resource


def _destination_from_api(raw: Resource) -> Resource:
    destination = {name: raw[member] for name, member in DESTINATION.items() if raw.get(member)}
    sharing = raw.get("DestinationDataSharing", {}).get("DestinationDataSharingType")
    if sharing:
        destination["destination_data_sharing_type"] = sharing
    return destination


def _source_from_api(raw: Resource) -> Resource:
    source: Resource = {
        "source_type": raw["SourceType"],
        "source_regions": sorted(raw["SourceRegions"]),
        "include_future_regions": raw.get("IncludeFutureRegions", False),
        "enable_all_ops_data_sources": raw.get("EnableAllOpsDataSources", False),
    }
    if raw.get("AwsOrganizationsSource"):
        organization = raw["AwsOrganizationsSource"]
        units = [unit["OrganizationalUnitId"] for unit in organization.get("OrganizationalUnits", [])]
        source["aws_organizations_source"] = {
            "organization_source_type": organization["OrganizationSourceType"],
            **({"organizational_units": sorted(units)} if units else {}),
        }
    return source


def to_api(resource: Resource) -> Resource:
    """What CreateResourceDataSync takes; of a source UpdateResourceDataSync too."""
    request: Resource = {"SyncName": resource["sync_name"], "SyncType": resource["sync_type"]}
    if resource["sync_type"] == TO_BUCKET:
        written = resource["s3_destination"]
        destination = {member: written[name] for name, member in DESTINATION.items() if name in written}
        if "destination_data_sharing_type" in written:
            sharing = {"DestinationDataSharingType": written["destination_data_sharing_type"]}
            destination["DestinationDataSharing"] = sharing
        return {**request, "S3Destination": {**destination, "SyncFormat": FORMAT}}
    written = resource["sync_source"]
    source: Resource = {
        "SourceType": written["source_type"],
        "SourceRegions": written["source_regions"],
        "IncludeFutureRegions": written["include_future_regions"],
        "EnableAllOpsDataSources": written["enable_all_ops_data_sources"],
    }
    if "aws_organizations_source" in written:
        organization = written["aws_organizations_source"]
        source["AwsOrganizationsSource"] = {"OrganizationSourceType": organization["organization_source_type"]}
        if "organizational_units" in organization:
            units = [{"OrganizationalUnitId": unit} for unit in organization["organizational_units"]]
            source["AwsOrganizationsSource"]["OrganizationalUnits"] = units
    return {**request, "SyncSource": source}


def plan(before: t.Optional[Resource], options: Resource, region: str) -> Change:
    """What `options` ask of a sync. None keeps what is; empty text clears. `region`: of a bucket without one.

    Raises ScheduleError with all that is wrong, ResourceError for a sync of another type.
    """
    kind = _type(options)
    if before and before["sync_type"] != kind:
        raise ResourceError(
            "Sync %s is of type %s, which cannot become %s: delete it first, or use another name"
            % (before["sync_name"], before["sync_type"], kind)
        )
    content = CONTENT[kind]
    given = {name: value for name, value in (options[content] or {}).items() if value is not None}
    kept = dict((before or {}).get(content, {}))
    if given.get("source_type", kept.get("source_type")) != SOURCES[1]:
        kept.pop("aws_organizations_source", None)
    merged = {name: value for name, value in {**kept, **given}.items() if value != ""}
    reader = Reader("")
    after: Resource = {"sync_name": reader.text("sync_name", options["sync_name"], 64), "sync_type": kind}
    after[content] = (_destination if kind == TO_BUCKET else _source)(reader, merged, region)
    reader.finish()
    assigned = {name: before[name] for name in ASSIGNED if name in before} if before else {}
    return Change(before, {**after, **assigned}, ASSIGNED)


def _type(options: Resource) -> str:
    given = [kind for kind, content in CONTENT.items() if options.get(content) is not None]
    kind = options.get("sync_type") or (given[0] if given else TO_BUCKET)
    if given != [kind]:
        raise ResourceError("A sync of type %s has %s, and only that" % (kind, CONTENT[kind]))
    return kind


def _destination(reader: Reader, written: Resource, region: str) -> Resource:
    path = "s3_destination."
    destination = {"bucket_name": reader.text(path + "bucket_name", written.get("bucket_name", ""), 2048)}
    destination["region"] = reader.text(path + "region", written.get("region", region), 64)
    if "prefix" in written:
        destination["prefix"] = reader.text(path + "prefix", written["prefix"], 256)
    if "aws_kms_key_arn" in written:
        allowed = "the ARN of a key in the bucket's Region"
        destination["aws_kms_key_arn"] = reader.matching(
            path + "aws_kms_key_arn", written["aws_kms_key_arn"], KEY, allowed
        )
    if "destination_data_sharing_type" in written:
        name = "destination_data_sharing_type"
        destination[name] = reader.choice(path + name, written[name], SHARING)
    return destination


def _source(reader: Reader, written: Resource, region: str) -> Resource:
    path = "sync_source."
    source: Resource = {"source_type": reader.choice(path + "source_type", written.get("source_type"), SOURCES)}
    regions = reader.texts(path + "source_regions", written.get("source_regions", []), 1000, 1)
    source["source_regions"] = sorted(set(regions))
    for name in ("include_future_regions", "enable_all_ops_data_sources"):
        source[name] = reader.flag(path + name, written.get(name, False))
    organization = written.get("aws_organizations_source")
    if (source["source_type"] == SOURCES[1]) != (organization is not None):
        reader.problem(path + "aws_organizations_source", "belongs to source_type %s, and only to that", SOURCES[1])
    elif organization is not None:
        source["aws_organizations_source"] = _organization(reader, path + "aws_organizations_source.", organization)
    return source


def _organization(reader: Reader, path: str, written: Resource) -> Resource:
    name = "organization_source_type"
    kind = reader.choice(path + name, written.get(name), ORGANIZATION_SOURCES)
    units = written.get("organizational_units") or []
    path += "organizational_units"
    if bool(units) != (kind == ORGANIZATION_SOURCES[1]):
        reader.problem(path, "belong to %s %s, and only to that", name, ORGANIZATION_SOURCES[1])
    for index, unit in enumerate(units):
        reader.matching("%s[%d]" % (path, index), unit, UNIT, "an id such as ou-abcd-12345678")
    return {name: kind, **({"organizational_units": sorted(set(units))} if units else {})}


def listed(api: t.Any) -> t.List[Resource]:
    """All syncs of the account and Region, by name."""
    rows = api.rows("list resource data syncs", "list_resource_data_sync", "ResourceDataSyncItems")
    return sorted((from_api(row) for row in rows), key=lambda sync: sync["sync_name"])


def describe(api: t.Any, name: str) -> t.Optional[Resource]:
    return next((sync for sync in listed(api) if sync["sync_name"] == name), None)


def recreated(change: Change) -> bool:
    """Whether the change takes a deletion and a creation, which no update can do."""
    if not (change.before and change.after and change.needed):
        return False
    if change.after["sync_type"] == TO_BUCKET:
        return True
    sources = change.before["sync_source"], change.after["sync_source"]
    return any(sources[0].get(member) != sources[1].get(member) for member in ACCOUNTS)


def apply(api: t.Any, change: Change) -> None:
    """Make the change. Where a sync that took its place is refused, the one before comes back."""
    before, after = change.before, change.after
    if after is None:
        if before:
            _delete(api, before)
    elif before is None:
        _create(api, after)
    elif not recreated(change):
        doing = "update resource data sync %s" % after["sync_name"]
        api.change(doing, "update_resource_data_sync", **to_api(after))
    else:
        _replace(api, before, after)


def _replace(api: t.Any, before: Resource, after: Resource) -> None:
    _delete(api, before)
    try:
        _create(api, after)
    except (SSMError, ResourceError) as error:
        try:
            _create(api, before)
        except (SSMError, ResourceError) as second:
            raise ResourceError(
                "%s. The sync of before is gone, for it is refused too: %s" % (error, second)
            ) from error
        raise ResourceError("%s. The sync of before was created again" % error) from error


def _delete(api: t.Any, sync: Resource) -> None:
    asked = {"SyncName": sync["sync_name"], "SyncType": sync["sync_type"]}
    api.remove("delete resource data sync %s" % sync["sync_name"], "delete_resource_data_sync", **asked)


def _create(api: t.Any, sync: Resource) -> None:
    """The call has no client token: the try after one whose answer was lost finds what that one made."""
    doing = "create resource data sync %s" % sync["sync_name"]
    try:
        api.change(doing, "create_resource_data_sync", **to_api(sync))
    except SSMError as error:
        if error.code == EXISTS and not Change(describe(api, sync["sync_name"]), sync, ASSIGNED).needed:
            api.changes.append(doing)
            return
        if error.code != INVALID or sync["sync_type"] != TO_BUCKET:
            raise
        raise ResourceError("%s. %s" % (error, remedy(sync["s3_destination"]))) from error


def remedy(destination: Resource) -> str:
    """What lets Systems Manager write to the bucket."""
    bucket, prefix = destination["bucket_name"], destination.get("prefix")
    below = "%s/%s" % (bucket, prefix) if prefix else bucket
    words = (
        "Bucket %s must be in %s, and its policy must allow the service ssm.amazonaws.com s3:GetBucketAcl on the "
        "bucket, and s3:PutObject on %s/*/accountid=ACCOUNT/*, with s3:x-amz-acl bucket-owner-full-control, for each "
        "account that syncs to it" % (bucket, destination["region"], below)
    )
    if "aws_kms_key_arn" in destination:
        words += "; the policy of the key must allow the service kms:GenerateDataKey"
    return words
