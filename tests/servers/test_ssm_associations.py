# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Associations on the strict SSM, through boto3 (operations.md, 8)."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id, nodes, refused

SCAN = {
    "Name": "AWS-RunPatchBaseline",
    "AssociationName": "scan",
    "Parameters": {"Operation": ["Scan"]},
    "Targets": [{"Key": "InstanceIds", "Values": ["*"]}],
}
DAILY = {"ScheduleExpression": "cron(0 6 ? * * *)", "ApplyOnlyAtCronInterval": True}
NOWHERE = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def ssm(aws):
    aws.set(now="2026-11-21T00:00:00Z")
    return aws.client()


def create(ssm, **options):
    return ssm.create_association(**{**SCAN, **options})["AssociationDescription"]["AssociationId"]


def executions(ssm, identifier):
    return ssm.describe_association_executions(AssociationId=identifier)["AssociationExecutions"]


def test_an_update_erases_what_it_does_not_give(ssm):
    identifier = create(ssm, **DAILY, ScheduleOffset=2, ComplianceSeverity="HIGH")
    updated = ssm.update_association(AssociationId=identifier, Parameters=SCAN["Parameters"], Targets=SCAN["Targets"])
    described = updated["AssociationDescription"]
    assert described.items() >= {"Name": SCAN["Name"], "AssociationVersion": "2"}.items()
    gone = ("AssociationName", "ScheduleExpression", "ScheduleOffset", "ComplianceSeverity")
    assert not set(gone) & set(described)
    assert described["ApplyOnlyAtCronInterval"] is False
    asked = {"AssociationId": identifier, "AssociationVersion": "1"}
    first = ssm.describe_association(**asked)["AssociationDescription"]
    assert set(gone) < set(first)


def test_it_runs_at_once_by_its_schedule_and_when_it_is_told_to(aws, ssm):
    aws.nodes(*nodes(2, patches=[MISSING]))
    identifier = create(ssm, ScheduleExpression="rate(12 hours)")
    assert len(executions(ssm, identifier)) == 1
    aws.advance(25 * 3600)
    assert len(executions(ssm, identifier)) == 3
    ssm.start_associations_once(AssociationIds=[identifier])
    aws.advance(60)
    runs = executions(ssm, identifier)
    assert [one["Status"] for one in runs] == ["Success"] * 4
    assert runs[0]["ResourceCountByStatus"] == "{Success=2}"
    asked = {"AssociationId": identifier, "ExecutionId": runs[0]["ExecutionId"]}
    targets = ssm.describe_association_execution_targets(**asked)["AssociationExecutionTargets"]
    assert [one["ResourceId"] for one in targets] == [node_id(0), node_id(1)]
    states = ssm.describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"]
    assert states[0]["MissingCount"] == 1


def test_by_its_schedule_alone(aws, ssm):
    aws.nodes(*nodes(1))
    identifier = create(ssm, **DAILY)
    described = ssm.describe_association(AssociationId=identifier)["AssociationDescription"]
    assert described["Overview"] == {"Status": "Pending", "DetailedStatus": "Creating"}
    assert executions(ssm, identifier) == []
    aws.advance(6 * 3600)
    (run,) = executions(ssm, identifier)
    assert run["CreatedTime"].isoformat() == "2026-11-21T06:00:00+00:00"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"Name": "Nothing"}, "InvalidDocument", id="document"),
        pytest.param({"DocumentVersion": "7"}, "InvalidDocumentVersion", id="version"),
        pytest.param({"Parameters": {"Operation": ["Look"]}}, "InvalidParameters", id="value"),
        pytest.param({"Parameters": {}}, "InvalidParameters", id="missing parameter"),
        pytest.param({"Targets": []}, "InvalidTarget", id="no targets"),
        pytest.param({"Targets": [{"Key": "Site", "Values": ["x"]}]}, "InvalidTarget", id="target key"),
        pytest.param({"InstanceId": node_id(0)}, "InvalidInstanceId", id="deprecated"),
        pytest.param({"ScheduleExpression": "rate(29 minutes)"}, "InvalidSchedule", id="too often"),
        pytest.param({"ScheduleExpression": "rate(31 days)"}, "InvalidSchedule", id="too seldom"),
        pytest.param({"ScheduleExpression": "daily"}, "InvalidSchedule", id="schedule"),
        pytest.param({"ApplyOnlyAtCronInterval": True, "ScheduleExpression": "rate(1 day)"}, "InvalidSchedule",
                     id="rate"),
        pytest.param({"ScheduleOffset": 2, "ScheduleExpression": "cron(0 6 ? * * *)"}, "InvalidSchedule", id="offset"),
        pytest.param({"OutputLocation": {"S3Location": {"OutputS3BucketName": "nowhere"}}}, "InvalidOutputLocation",
                     id="bucket"),
        pytest.param({"ComplianceSeverity": "INFORMATIONAL"}, "ValidationException", id="severity"),
        pytest.param({"Name": "AWS-PatchInstanceWithRollback", "Parameters": {}}, "InvalidTarget",
                     id="runbook's targets"),
        pytest.param({"Name": "AWS-PatchInstanceWithRollback", "AutomationTargetParameterName": "InstanceId"},
                     "InvalidParameters", id="runbook's parameters"),
    ],
)  # fmt: skip
def test_what_is_refused(ssm, options, code):
    with refused(code):
        create(ssm, **options)
    assert ssm.list_associations()["Associations"] == []


@pytest.mark.parametrize(
    ("operation", "request_of", "code"),
    [
        pytest.param("describe_association", {}, "AssociationDoesNotExist", id="describe"),
        pytest.param("update_association", {}, "AssociationDoesNotExist", id="update"),
        pytest.param("delete_association", {}, "AssociationDoesNotExist", id="delete"),
        pytest.param("describe_association_executions", {}, "AssociationDoesNotExist", id="runs"),
        pytest.param("describe_association", {"AssociationVersion": "7"}, "InvalidAssociationVersion", id="version"),
        pytest.param("update_association", {"AssociationVersion": "7"}, "InvalidAssociationVersion",
                     id="not the latest"),
        pytest.param("describe_association_execution_targets", {"ExecutionId": NOWHERE},
                     "AssociationExecutionDoesNotExist", id="unknown run"),
    ],
)  # fmt: skip
def test_what_is_not_there(ssm, operation, request_of, code):
    identifier = create(ssm) if request_of else NOWHERE
    with refused(code):
        getattr(ssm, operation)(**{"AssociationId": identifier, **request_of})


def test_names_are_not_unique_and_lists_filter(ssm):
    first, second = create(ssm), create(ssm)
    other = create(ssm, AssociationName="update", Name="AWS-UpdateSSMAgent", Parameters={})

    def listed(key, value):
        asked = [{"key": key, "value": value}]
        return [one["AssociationId"] for one in ssm.list_associations(AssociationFilterList=asked)["Associations"]]

    assert listed("AssociationName", "scan") == [first, second]
    assert listed("Name", "AWS-UpdateSSMAgent") == listed("AssociationId", other) == [other]
    ssm.delete_association(AssociationId=first)
    assert listed("AssociationName", "scan") == [second]


def test_tags(ssm):
    named = {"ResourceType": "Association", "ResourceId": create(ssm, Tags=[{"Key": "Owner", "Value": "platform"}])}
    assert ssm.list_tags_for_resource(**named)["TagList"] == [{"Key": "Owner", "Value": "platform"}]
