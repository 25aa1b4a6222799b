# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State Manager's associations (operations.md, 8): names are not unique, and an update erases what it does not give."""

from __future__ import annotations

import typing as t

from moto.s3.models import s3_backends

from .association_rules import refuse_impossible
from .association_runs import proceed, run, runs_at_once, summary
from .errors import SSMError
from .paging import page
from .state import Region, Resource, only
from .tags import check_tags

QUOTA = 2000
VERSIONS = 1000
MEMBERS = (
    *("DocumentVersion", "Parameters", "Targets", "ScheduleExpression", "OutputLocation", "AssociationName"),
    *("AutomationTargetParameterName", "MaxErrors", "MaxConcurrency", "ComplianceSeverity", "SyncCompliance"),
    *("ApplyOnlyAtCronInterval", "CalendarNames", "TargetLocations", "ScheduleOffset", "Duration", "TargetMaps"),
    *("AlarmConfiguration", "AssociationDispatchAssumeRole"),
)
LISTED = (
    *("Name", "AssociationId", "AssociationVersion", "DocumentVersion", "Targets", "ScheduleExpression"),
    *("AssociationName", "ScheduleOffset", "Duration", "TargetMaps"),
)


def missing(identifier: str) -> SSMError:
    return SSMError("AssociationDoesNotExist", f"The specified association {identifier} does not exist.")


def _find(region: Region, request: Resource) -> Resource:
    identifier = request.get("AssociationId", "")
    if identifier not in region.associations:
        raise missing(identifier)
    return region.associations[identifier]


def _made(region: Region, request: Resource, name: str, number: int) -> Resource:
    """A version with what AWS fills in, as the examples of the aws CLI show it."""
    version = {
        "Name": name,
        "AssociationVersion": str(number),
        "DocumentVersion": "$DEFAULT",
        "ApplyOnlyAtCronInterval": False,
        **only(request, *MEMBERS),
        "LastUpdateAssociationDate": region.now,
    }
    refuse_impossible(region, version)
    location = version.get("OutputLocation", {}).get("S3Location", {})
    bucket = location.get("OutputS3BucketName")
    if location and bucket not in s3_backends[region.account]["aws"].buckets:
        raise SSMError("InvalidOutputLocation", f"There is no bucket {bucket}")
    return version


def create_association(region: Region, request: Resource) -> Resource:
    """It has no client token: the same call again makes another association."""
    if len(region.associations) >= QUOTA:
        raise SSMError("AssociationLimitExceeded", f"There may be {QUOTA} associations")
    tags = check_tags({}, request.get("Tags", []))
    if "InstanceId" in request:
        raise SSMError("InvalidInstanceId", "InstanceId is deprecated: documents of this schema need Targets")
    version = _made(region, request, request["Name"], 1)
    identifier = region.new_uuid()
    association = {
        "AssociationId": identifier,
        "Date": region.now,
        "Scheduled": region.now,  # not of the API: up to when it was seen what was due
        "Versions": [version],
        "Executions": [],
    }
    region.associations[identifier] = association
    region.tags["Association", identifier] = tags
    if runs_at_once(version):
        run(region, association)
    return {"AssociationDescription": _described(region, association, version)}


def update_association(region: Region, request: Resource) -> Resource:
    """All that is not given is gone, but for the document. It runs at once, as after its creation."""
    association = _find(region, request)
    latest = association["Versions"][-1]
    if request.get("AssociationVersion", "$LATEST") not in ("$LATEST", latest["AssociationVersion"]):
        raise SSMError("InvalidAssociationVersion", "The version is not the latest one")
    if len(association["Versions"]) >= VERSIONS:
        raise SSMError("AssociationVersionLimitExceeded", f"An association may have {VERSIONS} versions")
    number = len(association["Versions"]) + 1
    version = _made(region, request, request.get("Name", latest["Name"]), number)
    proceed(region)
    association["Versions"].append(version)
    association["Scheduled"] = region.now
    if runs_at_once(version):
        run(region, association)
    return {"AssociationDescription": _described(region, association, version)}


def _described(region: Region, association: Resource, version: Resource) -> Resource:
    last = association["Executions"][-1] if association["Executions"] else None
    described = {**only(association, "AssociationId", "Date"), **version, "Overview": _overview(region, last)}
    return {**described, "LastExecutionDate": last["CreatedTime"]} if last else described


def _overview(region: Region, last: Resource | None) -> Resource:
    if last is None:
        return {"Status": "Pending", "DetailedStatus": "Creating"}
    told = summary(region, last)
    counts: Resource = {"AssociationStatusAggregatedCount": told.counts} if told.counts else {}
    return {"Status": told.status, "DetailedStatus": told.status, **counts}


def describe_association(region: Region, request: Resource) -> Resource:
    proceed(region)
    association = _find(region, request)
    asked = request.get("AssociationVersion", "$LATEST")
    for version in reversed(association["Versions"]):
        if asked in ("$LATEST", version["AssociationVersion"]):
            return {"AssociationDescription": _described(region, association, version)}
    raise SSMError("InvalidAssociationVersion", f"There is no version {asked}")


def list_associations(region: Region, request: Resource) -> Resource:
    """The latest version of each."""
    rows = [_described(region, one, one["Versions"][-1]) for one in region.associations.values()]
    tests: dict[str, t.Callable[[Resource], str | None]] = {
        "Name": lambda row: row["Name"],
        "AssociationId": lambda row: row["AssociationId"],
        "AssociationName": lambda row: row.get("AssociationName"),
        "AssociationStatusName": lambda row: row["Overview"]["Status"],
    }
    for asked in request.get("AssociationFilterList", ()):
        if asked["key"] not in tests:
            raise SSMError("ValidationException", f"The filter {asked['key']} is not known here")
        rows = [row for row in rows if tests[asked["key"]](row) == asked["value"]]
    shown = [only(row, *LISTED, "Overview", "LastExecutionDate") for row in rows]
    return page(shown, request, "Associations", region.pages, "InvalidNextToken")


def delete_association(region: Region, request: Resource) -> Resource:
    identifier = _find(region, request)["AssociationId"]
    del region.associations[identifier]
    region.tags.pop(("Association", identifier), None)
    return {}


def start_associations_once(region: Region, request: Resource) -> Resource:
    for identifier in request["AssociationIds"]:
        run(region, _find(region, {"AssociationId": identifier}))
    return {}


def describe_association_executions(region: Region, request: Resource) -> Resource:
    """The latest first. Filters: ExecutionId and Status, equal."""
    proceed(region)
    rows = []
    for one in reversed(_find(region, request)["Executions"]):
        told = summary(region, one)
        counts = ", ".join(f"{name}={count}" for name, count in told.counts.items())
        rows.append(
            {
                **only(request, "AssociationId"),
                **only(one, "AssociationVersion", "ExecutionId", "CreatedTime"),
                "Status": told.status,
                "DetailedStatus": told.status,
                "ResourceCountByStatus": f"{{{counts}}}",
            }
        )
    for asked in request.get("Filters", ()):
        if asked["Type"] != "EQUAL" or asked["Key"] not in ("ExecutionId", "Status"):
            raise SSMError("ValidationException", f"The filter {asked['Key']} {asked['Type']} is not known here")
        rows = [row for row in rows if row[asked["Key"]] == asked["Value"]]
    return page(rows, request, "AssociationExecutions", region.pages, "InvalidNextToken")


def describe_association_execution_targets(region: Region, request: Resource) -> Resource:
    proceed(region)
    for one in _find(region, request)["Executions"]:
        if one["ExecutionId"] == request["ExecutionId"]:
            break
    else:
        raise SSMError("AssociationExecutionDoesNotExist", f"There is no execution {request['ExecutionId']}")
    rows = [
        {
            **only(request, "AssociationId", "ExecutionId"),
            **only(one, "AssociationVersion"),
            "ResourceId": node,
            "ResourceType": "ManagedInstance",
            "Status": status,
            "DetailedStatus": status,
            "LastExecutionDate": one["CreatedTime"],
            "OutputSource": {"OutputSourceId": one["Source"], "OutputSourceType": one["SourceType"]},
        }
        for node, status in summary(region, one).targets.items()
    ]
    for asked in request.get("Filters", ()):
        rows = [row for row in rows if row[asked["Key"]] == asked["Value"]]
    return page(rows, request, "AssociationExecutionTargets", region.pages, "InvalidNextToken")
