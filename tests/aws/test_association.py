# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_association and ssm_association_info."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ConnectionClosedError

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import association as associations
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import association_form
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.unrepeatable import Once
from ansible_collections.patchops.fleet.tests.aws.conftest import READING
from ansible_collections.patchops.fleet.tests.servers.answers import node_id, nodes

LITTLE = {
    "association_name": "scan",
    "name": "AWS-RunPatchBaseline",
    "parameters": {"Operation": "Scan"},
    "targets": {"tag:Patch Group": "Production"},
}
WHOLE = {
    "association_name": "scan",
    "name": "AWS-RunPatchBaseline",
    "document_version": "1",
    "parameters": {"Operation": ["Scan"], "RebootOption": ["NoReboot"]},
    "targets": {"tag:Patch Group": ["Production", "Staging"], "tag:Site": ["one"]},
    "schedule_expression": "cron(0 6 ? * TUE#2 *)",
    "schedule_offset": 2,
    "apply_only_at_cron_interval": True,
    "max_concurrency": "25%",
    "max_errors": "10%",
    "compliance_severity": "HIGH",
    "sync_compliance": "MANUAL",
    "calendar_names": ["freeze"],
    "duration": 3,
    "output_location": {
        "output_s3_bucket_name": "output", "output_s3_key_prefix": "scan", "output_s3_region": "eu-central-1",
    },
    "alarm_configuration": {"alarms": ["load"], "ignore_poll_alarm_failure": True},
    "association_dispatch_assume_role": "arn:aws:iam::123456789012:role/dispatch",
    "tags": {"Owner": "platform"},
}  # fmt: skip
OF_AWS = (
    *("association_id", "association_version", "created_date", "modified_date", "last_execution_date", "overview"),
    "unmanaged",
)
RUNBOOK = {
    "association_name": "roll-back",
    "name": "AWS-PatchInstanceWithRollback",
    "automation_target_parameter_name": "InstanceId",
    "targets": {"tag:Patch Group": ["Production"]},
    "schedule_expression": "cron(0 6 ? * SUN *)",
    "apply_only_at_cron_interval": True,
}


@pytest.fixture
def association(module, aws):
    aws.set(now="2026-11-21T00:00:00Z")
    aws.client("s3").create_bucket(Bucket="output", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    aws.application.calls.clear()
    return module("ssm_association", "association", assigned=OF_AWS)


@pytest.fixture
def info(module):
    read = module("ssm_association_info")
    return lambda **options: read.ok(**options)["associations"]


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def expected(options):
    """Options as they are read back."""
    whole = {**association_form.DEFAULTS, **options}
    listed = {
        name: {key: value if isinstance(value, list) else [value] for key, value in whole[name].items()}
        for name in ("parameters", "targets")
    }
    return {**whole, **listed}


@pytest.mark.parametrize(
    "options",
    [pytest.param(LITTLE, id="little"), pytest.param(WHOLE, id="whole"), pytest.param(RUNBOOK, id="a runbook")],
)
def test_create_and_delete(association, aws, options):
    created = association.converge(**options)
    assert created["diff"] == {"before": {}, "after": expected(options)}
    gone = association.converge(association_name=options["association_name"], state="absent")
    assert (gone["association"], gone["diff"]["before"]) == ({}, expected(options))
    (region,) = aws.application.service.regions.values()
    assert (region.associations, region.tags) == ({}, {})


def test_what_was_created_is_what_the_aws_cli_reads(association, aws_cli):
    identifier = association.converge(**WHOLE)["association"]["association_id"]
    read = aws_cli("ssm", "describe-association", "--association-id", identifier)["AssociationDescription"]
    assert read.items() >= {
        "AssociationName": "scan", "Name": "AWS-RunPatchBaseline", "DocumentVersion": "1", "AssociationVersion": "1",
        "Parameters": WHOLE["parameters"], "ScheduleExpression": "cron(0 6 ? * TUE#2 *)", "ScheduleOffset": 2,
        "ApplyOnlyAtCronInterval": True, "MaxConcurrency": "25%", "MaxErrors": "10%", "ComplianceSeverity": "HIGH",
        "SyncCompliance": "MANUAL", "CalendarNames": ["freeze"], "Duration": 3,
        "AssociationDispatchAssumeRole": "arn:aws:iam::123456789012:role/dispatch",
    }.items()  # fmt: skip
    assert read["Targets"] == [
        {"Key": "tag:Patch Group", "Values": ["Production", "Staging"]},
        {"Key": "tag:Site", "Values": ["one"]},
    ]
    assert read["OutputLocation"]["S3Location"] == {
        "OutputS3Region": "eu-central-1",
        "OutputS3BucketName": "output",
        "OutputS3KeyPrefix": "scan",
    }
    assert read["AlarmConfiguration"] == {"IgnorePollAlarmFailure": True, "Alarms": [{"Name": "load"}]}
    tags = ("--resource-type", "Association", "--resource-id", identifier)
    assert aws_cli("ssm", "list-tags-for-resource", *tags)["TagList"] == [{"Key": "Owner", "Value": "platform"}]


CHANGED = {
    "document_version": "$LATEST",
    "parameters": {"Operation": ["Install"]},
    "targets": {"InstanceIds": ["*"]},
    "schedule_expression": "cron(30 5 ? * MON *)",
    "schedule_offset": 3,
    "max_concurrency": "5",
    "max_errors": "0",
    "compliance_severity": "LOW",
    "sync_compliance": "AUTO",
    "calendar_names": ["freeze", "holidays"],
    "duration": 4,
    "output_location": {"output_s3_bucket_name": "output"},
    "alarm_configuration": {"alarms": ["cpu"], "ignore_poll_alarm_failure": False},
    "association_dispatch_assume_role": "arn:aws:iam::123456789012:role/other",
    "tags": {"Owner": "databases"},
}


@pytest.mark.parametrize("option", CHANGED)
def test_each_option_changed_alone_keeps_all_others(association, option):
    """UpdateAssociation erases what it is not given."""
    association.ok(**WHOLE)
    changed = association.converge(association_name="scan", **{option: CHANGED[option]})
    assert changed["diff"]["after"] == expected({**WHOLE, option: CHANGED[option]})


EMPTY = {
    "schedule_offset": 0,
    "max_concurrency": "",
    "max_errors": "",
    "calendar_names": [],
    "duration": 0,
    "output_location": {},
    "alarm_configuration": {},
    "association_dispatch_assume_role": "",
    "tags": {},
}


@pytest.mark.parametrize("option", EMPTY)
def test_empty_values_clear(association, option):
    association.ok(**WHOLE)
    rest = {name: value for name, value in WHOLE.items() if name != option}
    assert association.converge(association_name="scan", **{option: EMPTY[option]})["diff"]["after"] == expected(rest)


def test_replace_gives_what_is_not_given_back_to_its_default(association):
    association.ok(**WHOLE)
    replaced = association.converge(**LITTLE, replace=True)
    assert replaced["diff"]["after"] == expected({**LITTLE, "tags": WHOLE["tags"]})


def test_other_tags_stay_without_purge(association, aws):
    association.ok(**WHOLE)
    aws.application.calls.clear()
    changed = association.converge(association_name="scan", tags={"Stage": "dev"}, purge_tags=False)
    assert changed["association"]["tags"] == {"Owner": "platform", "Stage": "dev"}
    assert (writes(aws), changed["runs_at_once"]) == (["AddTagsToResource"], False)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param({"targets": {"tag:Site": ["one"], "tag:Patch Group": ["Staging", "Production", "Staging"]}},
                     id="order of targets"),
        pytest.param({"schedule_expression": "cron( 0  6 ? * TUE#2 * )"}, id="blanks of the schedule"),
        pytest.param({"parameters": {"RebootOption": "NoReboot", "Operation": "Scan"}}, id="single values"),
    ],
)  # fmt: skip
def test_another_spelling_is_no_new_version(association, aws, spelling):
    association.ok(**WHOLE)
    aws.application.calls.clear()
    again = association.ok(**{**WHOLE, **spelling})
    assert (again["changed"], writes(aws)) == (False, [])
    assert again["association"]["association_version"] == "1"
    assert "ssm:DescribeDocument" not in aws.actions


def test_what_is_not_managed_outlives_an_update(association, aws):
    locations = [{"Accounts": ["111122223333"], "Regions": ["eu-west-1"], "ExecutionRoleName": "run"}]
    maps = [{"InstanceId": ["i-0123456789abcdef0"]}]
    association.ok(**RUNBOOK)
    (identifier,) = next(iter(aws.application.service.regions.values())).associations
    there = aws.client().describe_association(AssociationId=identifier)["AssociationDescription"]
    kept = {name: there[name] for name in ("AssociationName", "Name", "AutomationTargetParameterName")}
    aws.client().update_association(AssociationId=identifier, **kept, TargetMaps=maps, TargetLocations=locations)
    association.converge(association_name="roll-back", max_errors="1")
    after = aws.client().describe_association(AssociationId=identifier)["AssociationDescription"]
    assert (after["TargetMaps"], after["TargetLocations"], after["MaxErrors"]) == (maps, locations, "1")


def runs(aws, identifier):
    executions = aws.client().describe_association_executions(AssociationId=identifier)["AssociationExecutions"]
    return len(executions)


@pytest.mark.parametrize(
    ("only_by_schedule", "once"), [pytest.param(False, True, id="at once"), pytest.param(True, False, id="by schedule")]
)
def test_whether_it_runs_at_once_is_said_and_is_so(association, aws, only_by_schedule, once):
    aws.nodes(*nodes(2, tags={"Patch Group": "Production"}))
    options = {**LITTLE, "schedule_expression": "cron(0 6 ? * * *)", "apply_only_at_cron_interval": only_by_schedule}
    foretold = association.ok(True, **options)
    done = association.ok(**options)
    assert foretold["runs_at_once"] is done["runs_at_once"] is once
    warned = "Association scan would run at once: apply_only_at_cron_interval keeps it to its schedule"
    assert (foretold["warnings"], done["warnings"]) == ([warned] if once else [], [])
    identifier = done["association"]["association_id"]
    assert runs(aws, identifier) == once
    changed = association.ok(association_name="scan", max_errors="5")
    assert (changed["runs_at_once"], runs(aws, identifier)) == (once, 2 * once)
    for unchanged in ({}, {"tags": {"Owner": "platform"}}):
        assert not association.ok(association_name="scan", **unchanged)["runs_at_once"]
    assert runs(aws, identifier) == 2 * once
    aws.advance(24 * 3600)
    assert runs(aws, identifier) == 2 * once + 1


@pytest.mark.parametrize("only_by_schedule", [False, True])
def test_apply_now_starts_what_does_not_run_anyway(association, aws, only_by_schedule):
    options = {**LITTLE, "schedule_expression": "cron(0 6 ? * * *)", "apply_only_at_cron_interval": only_by_schedule}
    created = association.ok(**options, apply_now=True)
    identifier = created["association"]["association_id"]
    assert ("StartAssociationsOnce" in writes(aws)) == only_by_schedule
    assert (created["runs_at_once"], runs(aws, identifier)) == (True, 1)
    foretold = association.ok(True, association_name="scan", apply_now=True)
    assert (foretold["changed"], foretold["runs_at_once"], runs(aws, identifier)) == (True, True, 1)
    again = association.ok(association_name="scan", apply_now=True)
    assert again["changes"] == [f"start association {identifier} once"]
    assert (again["association"]["association_version"], runs(aws, identifier)) == ("1", 2)


def test_names_are_not_unique(association, aws):
    for _number in range(2):
        aws.client().create_association(
            AssociationName="scan",
            Name="AWS-RunPatchBaseline",
            Parameters={"Operation": ["Scan"]},
            Targets=[{"Key": "InstanceIds", "Values": ["*"]}],
        )
    (region,) = aws.application.service.regions.values()
    first, second = region.associations
    message = association.failure(**LITTLE)
    assert message.startswith("There are 2 associations named scan: ")
    assert first in message
    assert message.endswith("Name the one that is meant by association_id")
    renamed = association.converge(association_id=first, association_name="scan-all")
    assert renamed["association"]["association_name"] == "scan-all"
    assert association.ok(association_name="scan")["association"]["association_id"] == second
    gone = association.converge(association_id=first, state="absent")
    assert gone["changes"] == [f"delete association scan-all ({first})"]


def test_one_without_a_name_is_known_by_its_id(association, aws):
    made = aws.client().create_association(
        Name="AWS-UpdateSSMAgent", Targets=[{"Key": "InstanceIds", "Values": ["*"]}], ScheduleExpression="rate(7 days)"
    )
    identifier = made["AssociationDescription"]["AssociationId"]
    association.converge(association_id=identifier, max_concurrency="10%")
    missing = "11234567-89ab-cdef-0123-456789abcdef"
    words = f"There is no association {missing} in this account and Region: leave association_id out to create one"
    assert association.failure(association_id=missing) == words
    assert not association.converge(association_id=missing, state="absent")["changed"]


CRON = {"schedule_expression": "cron(0 6 ? * * *)"}
INVALID = [
    pytest.param({"association_name": "a b"}, "association.association_name: 'a b' is not allowed", id="name"),
    pytest.param({"name": "a b"}, "association.name: 'a b' is not allowed", id="document"),
    pytest.param({"document_version": "first"}, "association.document_version: 'first' is not allowed", id="version"),
    pytest.param({"schedule_expression": "daily"}, "association.schedule_expression: ", id="schedule"),
    pytest.param({"schedule_expression": "rate(29 minutes)"},
                 "a rate of an association is 30 minutes or more", id="too often"),
    pytest.param({"schedule_expression": "rate(31 days)"}, "and less than 31 days", id="too seldom"),
    pytest.param({"apply_only_at_cron_interval": True},
                 "association.apply_only_at_cron_interval: needs a", id="no cron"),
    pytest.param({"apply_only_at_cron_interval": True, "schedule_expression": "rate(1 day)"},
                 "association.apply_only_at_cron_interval: needs a schedule_expression with cron(...)", id="a rate"),
    pytest.param({**CRON, "schedule_offset": 2},
                 "association.schedule_offset: needs apply_only_at_cron_interval", id="offset"),
    pytest.param({**CRON, "apply_only_at_cron_interval": True, "schedule_offset": 7},
                 "association.schedule_offset: 7 is not allowed; allowed: a whole number from 1 to 6",
                 id="long offset"),
    pytest.param({"duration": 25}, "association.duration: 25 is not allowed", id="duration"),
    pytest.param({"max_concurrency": "0"}, "association.max_concurrency: '0' is not allowed", id="concurrency"),
    pytest.param({"max_errors": "101%"}, "association.max_errors: '101%' is not allowed", id="errors"),
    pytest.param({"targets": {"Site": ["x"]}}, "association.targets.Site: is no key for INSTANCE", id="target"),
    pytest.param({"targets": {}},
                 "association.targets: is missing: the nodes that AWS-RunPatchBaseline", id="no targets"),
    pytest.param({"output_location": {"output_s3_key_prefix": "x"}},
                 "association.output_location.output_s3_bucket_name: is missing", id="no bucket"),
    pytest.param({"association_dispatch_assume_role": "role"},
                 "association.association_dispatch_assume_role", id="role"),
    pytest.param({"tags": {"aws:x": "y"}}, "association.tags", id="tag of AWS"),
    pytest.param({"parameters": {"Operation": "Scan", "Reboot": "no"}},
                 "association.parameters.Reboot: AWS-RunPatchBaseline has no such parameter; meant was perhaps Re",
                 id="unknown parameter"),
    pytest.param({"parameters": {}}, "association.parameters.Operation: is missing, and AWS-RunPatchBaseline needs it",
                 id="missing parameter"),
    pytest.param({"automation_target_parameter_name": "InstanceId"},
                 "association.automation_target_parameter_name: is for runbooks", id="runbook's option"),
    pytest.param({"name": "AWS-PatchInstanceWithRollback", "parameters": {}},
                 "association.automation_target_parameter_name: is missing", id="runbook without its option"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_any_call_that_changes(association, aws, options, message):
    assert message in association.failure(**{**LITTLE, **options})
    assert message in association.failure(True, **{**LITTLE, **options})
    assert writes(aws) == []


def test_all_that_is_wrong_is_said_at_once(association):
    options = {"max_errors": "x", "duration": 99, "schedule_expression": "rate(1 minute)", "tags": {"aws:x": "y"}}
    said = association.failure(**{**LITTLE, **options})
    assert [member for member in options if f"association.{member}" in said] == list(options)


def test_a_document_that_is_not_there_yet(association):
    options = {**LITTLE, "name": "Drain", "parameters": {}}
    foretold = association.ok(True, **options)
    yet = "There is no document Drain in this account and Region yet: in a real run it must be created first"
    assert yet in foretold["warnings"]
    assert association.failure(**options).startswith("There is no document Drain in this account and Region: create")


def test_a_document_of_ones_own(association, aws):
    content = {
        "schemaVersion": "2.2",
        "parameters": {"Minutes": {"type": "String"}, "Pool": {"type": "String", "default": "web"}},
        "mainSteps": [{"action": "aws:runShellScript", "name": "drain", "inputs": {"runCommand": ["drain"]}}],
    }
    aws.client().create_document(Name="Drain", Content=json.dumps(content))
    aws.client().describe_document(Name="Drain")
    aws.client().describe_document(Name="Drain")
    missing = association.failure(**{**LITTLE, "name": "Drain", "parameters": {}})
    assert missing == "association.parameters.Minutes: is missing, and Drain needs it"
    association.converge(**{**LITTLE, "name": "Drain", "parameters": {"Minutes": 5}})


def test_who_may_not_look_at_the_document_is_warned(association, aws):
    aws.fail(operation="DescribeDocument", error="AccessDeniedException")
    words = "Document AWS-RunPatchBaseline was not looked at, because that is not allowed (ssm:DescribeDocument)"
    assert words in association.ok(**LITTLE)["warnings"]


def test_throttled_calls_are_repeated(association, aws):
    aws.fail(operation="*Association*", error="ThrottlingException", every=2)
    aws.fail(operation="UpdateAssociation", error="TooManyUpdates", times=1)
    association.ok(**LITTLE)
    association.ok(association_name="scan", max_errors="5")
    (region,) = aws.application.service.regions.values()
    assert len(region.associations) == 1


def test_a_lost_answer_makes_no_second_association(association, aws):
    aws.fail(operation="CreateAssociation", error="InternalServerError", answered=False)
    created = association.ok(**LITTLE)
    (region,) = aws.application.service.regions.values()
    assert list(region.associations) == [created["association"]["association_id"]]
    assert aws.actions.count("ssm:CreateAssociation") == 1


@pytest.mark.parametrize(
    ("fault", "done", "calls"),
    [
        pytest.param({"error": "InternalServerError", "answered": False, "times": 1}, True, 1, id="answer lost"),
        pytest.param({"error": "InternalServerError", "times": 1}, False, 1, id="not done"),
        pytest.param({"error": "ThrottlingException", "times": 1}, True, 2, id="throttled"),
    ],
)
def test_apply_now_is_sent_once(association, aws, fault, done, calls):
    """There is an execution of before, which a lost answer must not be taken for."""
    identifier = association.ok(**LITTLE, schedule_expression="cron(0 6 ? * * *)")["association"]["association_id"]
    assert runs(aws, identifier) == 1
    aws.fail(operation="StartAssociationsOnce", **fault)
    result = association(association_name="scan", apply_now=True)
    assert result["changes"] == ([f"start association {identifier} once"] if done else [])
    assert bool(result.get("failed")) is not done
    assert aws.actions.count("ssm:StartAssociationsOnce") == calls
    assert runs(aws, identifier) == 1 + done


def test_a_connection_that_breaks_once_it_is_created(association, aws):
    def broken(**_event):
        raise ConnectionClosedError(endpoint_url=aws.url)

    client = aws.client()
    client.meta.events.register("after-call.ssm.CreateAssociation", broken)
    api = Api(aws.client())
    change = association_form.plan(None, LITTLE, association_form.Purge())
    made = associations.apply(api, change, Once(api, Api(client), lambda: None, ()))
    assert made == associations.identify(api, "scan")
    assert api.changes == [f"create association scan as association {made}"]


def test_what_aws_refuses_names_the_association(association, aws):
    message = association.failure(**{**LITTLE, "output_location": {"output_s3_bucket_name": "nowhere"}})
    assert message.startswith("Failed to create association scan: ")
    assert "InvalidOutputLocation" in message
    association.ok(**LITTLE)
    aws.fail(operation="UpdateAssociation", error="AssociationVersionLimitExceeded")
    assert "Failed to update association scan (" in association.failure(association_name="scan", max_errors="5")


def test_info_with_runs(association, info, aws):
    aws.set(now="2026-11-21T00:00:00Z", largest_page=1, empty_pages=True)
    good, bad = nodes(2, tags={"Patch Group": "Production"})
    aws.nodes(good, {**bad, "end": "Failed"})
    scan = association.ok(**LITTLE)["association"]
    other = association.ok(**{**LITTLE, "association_name": "again", "name": "AWS-UpdateSSMAgent", "parameters": {}})
    association.ok(association_name="scan", apply_now=True)
    aws.advance(3600)
    assert [one["association_name"] for one in info()] == ["again", "scan"]
    assert [one["association_id"] for one in info(name="AWS-UpdateSSMAgent")] == [
        other["association"]["association_id"]
    ]
    assert info(association_name="nothing") == []
    (found,) = info(association_id=scan["association_id"], executions=5)
    assert [one["status"] for one in found["executions"]] == ["Failed", "Failed"]
    statuses = {one["id"]: one["status"] for one in found["executions"][0]["targets"]}
    assert statuses == {node_id(0): "Success", node_id(1): "Failed"}
    assert found["overview"] == {"status": "Failed", "targets": {"Success": 1, "Failed": 1}}
    (first,) = info(association_name="scan", executions=1)
    assert first["executions"] == found["executions"][:1]
    (command,) = {one["source_id"] for one in first["executions"][0]["targets"]}
    aws.set()
    assert aws.client().list_commands(CommandId=command)["Commands"]
