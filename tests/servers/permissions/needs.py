# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call needs to be allowed: actions, each on resources.

Most operations need the action of their name. Where they need another, or more than one, the source is the table "API
operations" of the Service Authorization Reference (list_ssm, list_ssm-quicksetup), unless a line says otherwise.
"""

from __future__ import annotations

import re
import typing as t

from ..ssm.calls import Call
from .reference import ResourceType, condition_keys, resource_types

ACCOUNT = "123456789012"  # whose credentials callers have
SSM = "ssm.amazonaws.com"
SERVICE_LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{SSM}/AWSServiceRoleForAmazonSSM"
# No policy can deny it: API reference of STS.
FREE = ("sts:GetCallerIdentity",)
# "Actions" of the S3 user guide, "Required permissions for Amazon S3 API operations".
RENAMED = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
}
# Operations that tag what they create are authorised for that, if they are given tags.
TAGGING = {
    "ssm": "ssm:AddTagsToResource",
    "ssm-quicksetup": "ssm-quicksetup:TagResource",
    "iam": "iam:TagRole",
    "sns": "sns:TagResource",
    "events": "events:TagResource",
}
CREATED = {  # the type of what an operation creates
    "events:PutRule": "rule-on-default-event-bus",
    "iam:CreateRole": "role",
    "sns:CreateTopic": "topic",
    "ssm:CreateActivation": "managed-instance",
    "ssm:CreateAssociation": "association",
    "ssm:CreateDocument": "document",
    "ssm:CreateMaintenanceWindow": "maintenancewindow",
    "ssm:CreatePatchBaseline": "patchbaseline",
    "ssm:StartAutomationExecution": "automation-execution",
    "ssm-quicksetup:CreateConfigurationManager": "configuration-manager",
}
# Who is passed the role that a request names.
PASSED_TO = {
    "ssm": [SSM],
    "ssm-quicksetup": ["cloudformation.amazonaws.com", "ssm-quicksetup.amazonaws.com"],
    "events": ["events.amazonaws.com"],
}
ROLE_MEMBERS = ("ServiceRoleArn", "RoleArn", "IamRole", "LocalDeploymentAdministrationRoleArn", "AutomationAssumeRole")
TAGGING_OPERATIONS = ("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
TAGGED = {  # by what these call it
    "Association": "association",
    "Automation": "automation-execution",
    "Document": "document",
    "MaintenanceWindow": "maintenancewindow",
    "ManagedInstance": "managed-instance",
    "Parameter": "parameter",
    "PatchBaseline": "patchbaseline",
}
# Members of requests by the type of resource that they name.
NAMING = {
    "association": ("AssociationId",),
    "automation-definition": ("DocumentName",),
    "automation-execution": ("AutomationExecutionId",),
    "bucket": ("Bucket", "OutputS3BucketName"),
    "configuration-manager": ("ManagerArn", "ResourceArn"),
    "document": ("DocumentName", "Name"),
    "iam-role": ("IamRole",),
    "instance": ("InstanceId", "InstanceIds", "ResourceId"),
    "instance-profile": ("InstanceProfileName",),
    "maintenancewindow": ("WindowId",),
    "managed-instance": ("InstanceId", "InstanceIds", "ResourceId"),
    "patchbaseline": ("BaselineId",),
    "policy": ("PolicyArn",),
    "resourcedatasync": ("SyncName",),
    "role": ("RoleName", "RoleArn"),
    "rule-on-default-event-bus": ("Rule", "Name", "ResourceARN"),
    "servicesetting": ("SettingId",),
    "topic": ("TopicArn", "Name", "ResourceArn"),
    "windowtarget": ("WindowTargetId",),
    "windowtask": ("WindowTaskId",),
}
OF_A_NODE = {"instance": re.compile(r"i-.*"), "managed-instance": re.compile(r"mi-.*")}
ANY = "*"


class Need(t.NamedTuple):
    action: str
    resource: str  # an ARN, or ANY
    context: tuple[tuple[str, str], ...] = ()  # condition keys, with what they have in this call


def needs(call: Call) -> list[Need]:
    """Nothing for calls that need no permission. Raises UnknownAction for what the reference does not have."""
    if call.action in FREE:
        return []
    action = RENAMED.get(call.action, call.action)
    own = [Need(action, arn, _context(action, call)) for arn in _resources(action, call)]
    return [*own, *_tagging(call), *_passing(call), *_more(call)]


def _context(action: str, call: Call) -> tuple[tuple[str, str], ...]:
    attached = _named(call.request, ("PolicyArn",)) if "iam:PolicyARN" in condition_keys(action) else ()
    return tuple(("iam:PolicyARN", arn) for arn in attached)


def _tagging(call: Call) -> list[Need]:
    if call.action not in CREATED:
        return []
    if not (_named(call.request, ("Tags",)) or "Tags.member.1.Key" in call.request):
        return []
    action, created = TAGGING[call.service], CREATED[call.action]
    (kind,) = [one for one in resource_types(action) if one.name == created]
    return [Need(action, arn) for arn in _arns(kind, call, _ids(created, call) or [ANY])]


def _passing(call: Call) -> list[Need]:
    """A role that a request names for a service to assume."""
    if call.service not in PASSED_TO:
        return []
    roles = {role for member in ROLE_MEMBERS for role in _found(call.request, member)}
    arns = [
        role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in sorted(roles) if role
    ]
    return [
        Need("iam:PassRole", arn, (("iam:PassedToService", service),))
        for arn in arns
        for service in PASSED_TO[call.service]
    ]


def _more(call: Call) -> list[Need]:
    if call.action == "ssm:CreateDocument":
        return [Need("ssm:GetDocument", arn) for arn in _resources("ssm:GetDocument", call)]
    if call.action == "ssm:RegisterTaskWithMaintenanceWindow" and "ServiceRoleArn" not in call.request:
        # "If no appropriate service-linked role exists, it is created when you run": API reference of the operation.
        return [Need("iam:CreateServiceLinkedRole", SERVICE_LINKED, (("iam:AWSServiceName", SSM),))]
    return []


def _resources(action: str, call: Call) -> list[str]:
    arns = [arn for one in resource_types(action) for arn in _arns(one, call, _ids(one.name, call, one.required))]
    return arns or [ANY]


def _ids(kind: str, call: Call, required: bool = False) -> list[str]:
    """Of the resources of one type that a request names; ANY for one that it must mean without naming it."""
    request = call.request
    if call.service == "s3":
        path = [request["Bucket"], request.get("Key")] if request and "Bucket" in request else []
        return {"bucket": path[:1], "object": ["/".join(path)] if all(path) and path else []}.get(kind, [])
    if call.operation in TAGGING_OPERATIONS and "ResourceType" in request:
        return [request["ResourceId"]] if kind == TAGGED.get(request["ResourceType"]) else []
    found = _named(request, NAMING.get(kind, ()))
    if kind == "automation-definition":
        found = [f"{name}:{request.get('DocumentVersion', '$DEFAULT')}" for name in found]
    if kind in OF_A_NODE:
        found = [one for one in found if OF_A_NODE[kind].fullmatch(one)]
        required = required or bool(_named(request, ("Targets",)))  # by tags, whatever nodes carry them
    return found or ([ANY] if required else [])


def _arns(kind: ResourceType, call: Call, ids: t.Iterable[str]) -> list[str]:
    shape = kind.arn.replace("${Partition}", "aws").replace("${Region}", call.region).replace("${Account}", ACCOUNT)
    before = shape.partition("$")[0]
    return [one if one.startswith("arn:") else before + one.lstrip("/") for one in ids]


def _named(request: t.Any, members: t.Collection[str]) -> list[t.Any]:
    """What members of a request hold, as a list; those of the query protocol are numbered."""
    if not isinstance(request, dict):
        return []
    found = []
    for name, value in request.items():
        if re.sub(r"(\.member)?\.\d+$", "", name) in members and value:
            found += value if isinstance(value, list) else [value]
    return found


def _found(content: t.Any, member: str) -> t.Iterator[str]:
    """Values of a member wherever it stands in a request."""
    if isinstance(content, dict):
        for name, value in content.items():
            if re.sub(r"^.*\.", "", name) == member:
                yield from ([one for one in value if isinstance(one, str)] if isinstance(value, list) else [value])
            else:
                yield from _found(value, member)
    elif isinstance(content, list):
        for one in content:
            yield from _found(one, member)
