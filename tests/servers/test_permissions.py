# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What calls need, what policies allow, and how services refuse, of the servers for tests."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import refused
from ansible_collections.patchops.fleet.tests.servers.permissions import policy, reference
from ansible_collections.patchops.fleet.tests.servers.permissions.needs import SERVICE_LINKED, Need, needs
from ansible_collections.patchops.fleet.tests.servers.ssm import rest
from ansible_collections.patchops.fleet.tests.servers.ssm.calls import Call
from ansible_collections.patchops.fleet.tests.servers.ssm.server import ACCESS_KEY

SSM = "arn:aws:ssm:eu-central-1:123456789012:"
EC2 = "arn:aws:ec2:eu-central-1:123456789012:instance/"
ROLE = "arn:aws:iam::123456789012:role/example"
OF_AWS = "arn:aws:ssm:eu-central-1:416089608788:patchbaseline/pb-09bcfbcf275c8c953"
FOR_SSM = (("iam:AWSServiceName", "ssm.amazonaws.com"),)
PASSED = (("iam:PassedToService", "ssm.amazonaws.com"),)
TAGS = [{"Key": "a", "Value": "b"}]
TASK = {"WindowId": "mw-1", "ServiceRoleArn": ROLE}


@pytest.mark.parametrize(
    ("action", "request_", "expected"),
    [
        pytest.param("ssm:DescribePatchBaselines", {}, ["*"], id="authorised on everything"),
        pytest.param("ssm:GetPatchBaseline", {"BaselineId": "pb-1"}, [SSM + "patchbaseline/pb-1"], id="by id"),
        pytest.param("ssm:GetPatchBaseline", {"BaselineId": OF_AWS}, [OF_AWS], id="by ARN"),
        pytest.param("ssm:GetDefaultPatchBaseline", {}, [SSM + "patchbaseline/*"], id="required and not named"),
        pytest.param("ssm:UpdateMaintenanceWindowTarget", {"WindowId": "mw-1", "WindowTargetId": "t"},
                     [SSM + "maintenancewindow/mw-1", SSM + "windowtarget/t"], id="two resources"),
        pytest.param("ssm:AddTagsToResource", {"ResourceType": "PatchBaseline", "ResourceId": "pb-1", "Tags": TAGS},
                     [SSM + "patchbaseline/pb-1"], id="tags"),
        pytest.param("ssm:SendCommand", {"DocumentName": "AWS-RunPatchBaseline", "InstanceIds": ["i-1", "mi-1"]},
                     [SSM + "document/AWS-RunPatchBaseline", EC2 + "i-1", SSM + "managed-instance/mi-1"], id="nodes"),
        pytest.param("ssm:SendCommand", {"DocumentName": "a", "Targets": [{"Key": "tag:a", "Values": ["b"]}]},
                     [SSM + "document/a", EC2 + "*", SSM + "managed-instance/*"], id="nodes by tags"),
        pytest.param("ssm:SendCommand", {"DocumentName": "a", "OutputS3BucketName": "b"},
                     [SSM + "document/a", "arn:aws:s3:::b"], id="a bucket for output"),
        pytest.param("ssm:StartAutomationExecution", {"DocumentName": "a", "DocumentVersion": "2"},
                     [SSM + "automation-definition/a:2", SSM + "automation-execution/*", SSM + "document/a"],
                     id="runbook"),
        pytest.param("iam:GetPolicy", {"PolicyArn": "arn:aws:iam::aws:policy/A"}, ["arn:aws:iam::aws:policy/A"],
                     id="policy"),
        pytest.param("events:PutRule", {"Name": "a"}, ["arn:aws:events:eu-central-1:123456789012:rule/a"], id="rule"),
        pytest.param("sns:Subscribe", {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:a"},
                     ["arn:aws:sns:eu-central-1:123456789012:a"], id="topic"),
        pytest.param("ssm:GetServiceSetting", {"SettingId": "/ssm/a"}, [SSM + "servicesetting/ssm/a"], id="setting"),
        pytest.param("ec2:CreateTags", {"ResourceId.1": "i-1", "Tag.1.Key": "a"}, [EC2 + "i-1"], id="query protocol"),
        pytest.param("iam:GetRole", {"RoleName": "example"}, [ROLE], id="role"),
        pytest.param("s3:PutObject", {"Bucket": "b", "Key": "c/d"}, ["arn:aws:s3:::b/c/d"], id="object"),
    ],
)  # fmt: skip
def test_the_resources_of_a_call(action, request_, expected):
    service, _colon, operation = action.partition(":")
    found = needs(Call(service, operation, "eu-central-1", ACCESS_KEY, request_))
    assert sorted(found) == sorted(Need(action, arn) for arn in expected)


@pytest.mark.parametrize(
    ("action", "request_", "more"),
    [
        pytest.param("sts:GetCallerIdentity", {}, [], id="free"),
        pytest.param("s3:HeadBucket", {"Bucket": "b"}, [Need("s3:ListBucket", "arn:aws:s3:::b")], id="another name"),
        pytest.param("ssm:CreatePatchBaseline", {"Name": "a", "Tags": TAGS},
                     [Need("ssm:AddTagsToResource", SSM + "patchbaseline/*")], id="tags on creation"),
        pytest.param("ssm:CreatePatchBaseline", {"Name": "a", "Tags": []}, [], id="no tags on creation"),
        pytest.param("ssm:CreateAssociation", {"Name": "a", "InstanceId": "i-1", "Tags": TAGS},
                     [Need("ssm:AddTagsToResource", SSM + "association/*")], id="tags on what is created alone"),
        pytest.param("events:PutRule", {"Name": "a", "Tags": TAGS},
                     [Need("events:TagResource", "arn:aws:events:eu-central-1:123456789012:rule/a")], id="a rule's"),
        pytest.param("iam:CreateRole", {"RoleName": "example", "Tags.member.1.Key": "a"}, [Need("iam:TagRole", ROLE)],
                     id="tags in the query protocol"),
        pytest.param("ssm:RegisterTaskWithMaintenanceWindow", TASK, [Need("iam:PassRole", ROLE, PASSED)], id="a role"),
        pytest.param("ssm:UpdateMaintenanceWindowTask",
                     {**TASK, "ServiceRoleArn": "", "Inner": {"RunCommand": {"ServiceRoleArn": ROLE}}},
                     [Need("iam:PassRole", ROLE, PASSED)], id="a role further inside"),
        pytest.param("ssm:CreateActivation", {"IamRole": "example"}, [Need("iam:PassRole", ROLE, PASSED)],
                     id="the name of a role"),
        pytest.param("ssm:RegisterTaskWithMaintenanceWindow", {"WindowId": "mw-1"},
                     [Need("iam:CreateServiceLinkedRole", SERVICE_LINKED, FOR_SSM)], id="no role"),
    ],
)  # fmt: skip
def test_what_a_call_needs_beside_the_action_of_its_name(action, request_, more):
    service, _colon, operation = action.partition(":")
    found = needs(Call(service, operation, "eu-central-1", ACCESS_KEY, request_))
    assert [need for need in found if need.action != action] == more


def test_an_operation_that_the_reference_does_not_have():
    with pytest.raises(reference.UnknownAction, match="ssm:NoSuchOperation"):
        needs(Call("ssm", "NoSuchOperation", "eu-central-1", ACCESS_KEY, {}))


def one(action="ssm:GetPatchBaseline", resource="arn:aws:ssm:*:*:patchbaseline/*", **condition):
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **condition}]}


PASSING = one("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}})


@pytest.mark.parametrize(
    ("given", "need", "allowed"),
    [
        pytest.param(one(), Need("ssm:GetPatchBaseline", OF_AWS), True, id="allowed"),
        pytest.param(one(), Need("ssm:DeletePatchBaseline", OF_AWS), False, id="another action"),
        pytest.param(one("ssm:get*"), Need("ssm:GetPatchBaseline", OF_AWS), True, id="wildcard, any case"),
        pytest.param(one(), Need("ssm:GetPatchBaseline", SSM + "document/a"), False, id="another type"),
        pytest.param(one(resource="arn:aws:ssm:eu-west-1:*:patchbaseline/*"), Need("ssm:GetPatchBaseline", OF_AWS),
                     False, id="another Region"),
        pytest.param(one(resource="arn:aws:ssm:*:patchbaseline/*"), Need("ssm:GetPatchBaseline", OF_AWS), False,
                     id="a wildcard over a colon"),
        pytest.param(one(resource="*"), Need("ssm:GetPatchBaseline", OF_AWS), True, id="everything"),
        pytest.param(one(), Need("ssm:GetPatchBaseline", "*"), False, id="everything is asked for"),
        pytest.param(PASSING, Need("iam:PassRole", ROLE, PASSED), True, id="condition"),
        pytest.param(PASSING, Need("iam:PassRole", ROLE, (("iam:PassedToService", "events.amazonaws.com"),)), False,
                     id="condition with another value"),
        pytest.param(PASSING, Need("iam:PassRole", ROLE), False, id="condition without a value"),
    ],
)  # fmt: skip
def test_what_a_policy_allows(given, need, allowed):
    assert policy.allows([given], need) == allowed


def test_the_least_policy():
    context = (("iam:PolicyARN", "arn:aws:iam::aws:policy/A"),)
    other = (("iam:PolicyARN", "arn:aws:iam::aws:policy/B"),)
    needed = [
        Need("ssm:GetPatchBaseline", OF_AWS),
        Need("ssm:GetPatchBaseline", SSM + "patchbaseline/pb-1"),
        Need("ssm:DeletePatchBaseline", SSM + "patchbaseline/pb-1"),
        Need("iam:AttachRolePolicy", ROLE, context),
        Need("iam:AttachRolePolicy", ROLE, other),
        Need("ssm:SendCommand", SSM + "document/AWS-RunPatchBaseline"),
        Need("s3:PutObject", "arn:aws:s3:::example/a/b"),
        Need("sns:Subscribe", "arn:aws:sns:eu-central-1:123456789012:example"),
        Need("ssm:DescribePatchBaselines", "*"),
        Need("ssm:StartAutomationExecution", SSM + "automation-definition/Example:$DEFAULT"),
    ]
    rows = [(row["Action"], row["Resource"], row.get("Condition")) for row in policy.least(needed)["Statement"]]
    both = {"ArnEquals": {"iam:PolicyARN": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]}}
    assert rows == [
        (["iam:AttachRolePolicy"], ["arn:aws:iam::*:role/example"], both),
        (["s3:PutObject"], ["arn:aws:s3:::example/*"], None),
        (["sns:Subscribe"], ["arn:aws:sns:*:*:example"], None),
        (["ssm:DeletePatchBaseline", "ssm:GetPatchBaseline"], ["arn:aws:ssm:*:*:patchbaseline/*"], None),
        (["ssm:DescribePatchBaselines"], ["*"], None),
        (["ssm:SendCommand"], ["arn:aws:ssm:*:*:document/AWS-RunPatchBaseline"], None),
        (["ssm:StartAutomationExecution"], ["arn:aws:ssm:*:*:automation-definition/Example:*"], None),
    ]
    (sent,) = [row for row in policy.least(needed, ["document"])["Statement"] if row["Action"] == ["ssm:SendCommand"]]
    assert sent["Resource"] == ["arn:aws:ssm:*:*:document/*"]
    assert policy.least(reversed(needed)) == policy.least(needed)
    assert all(policy.allows([policy.least(needed)], need) for need in needed)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        pytest.param("ssm", lambda client: client.describe_patch_baselines(), "AccessDeniedException", id="json"),
        pytest.param("iam", lambda client: client.get_role(RoleName="a"), "AccessDenied", id="query"),
        pytest.param("ec2", lambda client: client.describe_tags(), "UnauthorizedOperation", id="ec2"),
        pytest.param("s3", lambda client: client.list_objects_v2(Bucket="a"), "AccessDenied", id="s3"),
    ],
)
def test_services_refuse_in_their_own_words(aws, service, operation, code):
    aws.set(permissions={"policies": [], "access_key": ACCESS_KEY})
    with refused(code, "because no identity-based policy allows"):
        operation(aws.client(service))
    assert aws.calls[-1].error == code


def test_who_has_assumed_a_role_is_not_the_caller(aws):
    aws.set(permissions={"policies": [], "access_key": ACCESS_KEY})
    client = aws.client(aws_access_key_id="ASIAANOTHERONE")
    assert client.describe_patch_baselines()["BaselineIdentities"]


@pytest.mark.parametrize(
    ("method", "uri", "headers", "operation", "labels"),
    [
        pytest.param("PUT", "/b/c/d", [], "PutObject", {"Bucket": "b", "Key": "c/d"}, id="object"),
        pytest.param("PUT", "/b/c", ["x-amz-copy-source"], "CopyObject", {"Bucket": "b", "Key": "c"}, id="by a header"),
        pytest.param("PUT", "/b/c?tagging", [], "PutObjectTagging", {"Bucket": "b", "Key": "c"}, id="by the query"),
        pytest.param("GET", "/b?list-type=2&prefix=", [], "ListObjectsV2", {"Bucket": "b"}, id="by a query's value"),
        pytest.param("GET", "/b", [], "ListObjects", {"Bucket": "b"}, id="bucket"),
        pytest.param("HEAD", "/b/a%20b", [], "HeadObject", {"Bucket": "b", "Key": "a b"}, id="quoted"),
    ],
)
def test_operations_of_s3(method, uri, headers, operation, labels):
    assert rest.match("s3", method, uri, headers) == (operation, labels)


@pytest.mark.parametrize("service", ["ssm", "no-such-service", ""])
def test_services_that_are_not_read_by_method_and_path(service):
    assert rest.match(service, "GET", "/", []) is None
