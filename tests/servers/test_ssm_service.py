# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds the operations: pages, faults, accounts, Regions, the record of calls, moto beside it, commands."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from ansible_collections.patchops.fleet.tests.servers.answers import (
    BASELINE,
    MISSING,
    baseline,
    node_id,
    refused,
    window,
    without_metadata,
)

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
OWN = [{"Key": "OWNER", "Values": ["Self"]}]


def names(ssm, **paging):
    pages = ssm.get_paginator("describe_patch_baselines").paginate(Filters=OWN, PaginationConfig=paging)
    return [[one["BaselineName"] for one in page["BaselineIdentities"]] for page in pages]


def test_pages(aws):
    ssm = aws.client()
    for number in range(25):
        baseline(ssm, Name=f"baseline-{number:02}")
    assert [len(page) for page in names(ssm, PageSize=10)] == [10, 10, 5]
    assert [name for page in names(ssm) for name in page] == [f"baseline-{number:02}" for number in range(25)]
    aws.set(largest_page=7, empty_pages=True)
    assert [len(page) for page in names(ssm, PageSize=10)] == [0, 7, 7, 7, 4]


def test_tokens_of_pages_hold_for_their_own_request_alone(aws):
    ssm = aws.client()
    baseline(ssm)
    baseline(ssm)
    token = ssm.describe_patch_baselines(MaxResults=1)["NextToken"]
    assert ssm.describe_patch_baselines(NextToken=token)["BaselineIdentities"]
    for wrong in ({"NextToken": "nonsense"}, {"NextToken": token, "Filters": OWN}):
        with refused("ValidationException", "token is not valid"):
            ssm.describe_patch_baselines(**wrong)


def test_throttling_is_outlived_by_retrying(aws):
    aws.fail(operation="Describe*", error="ThrottlingException", times=2)
    with refused("ThrottlingException", "Rate exceeded"):
        aws.client().describe_patch_baselines()
    assert aws.client(attempts=2).describe_patch_baselines()["ResponseMetadata"]["RetryAttempts"] == 1


def test_every_fifth_call_after_the_first_two(aws):
    aws.fail(error="ThrottlingException", after=2, every=5)
    ssm, outcomes = aws.client(), []
    for _number in range(12):
        try:
            ssm.get_default_patch_baseline()
            outcomes.append(True)
        except ssm.exceptions.ClientError:
            outcomes.append(False)
    assert [number for number, good in enumerate(outcomes, 1) if not good] == [7, 12]


def test_access_denied_on_one_call_and_region(aws):
    aws.fail(operation="CreatePatchBaseline", error="AccessDeniedException", region="us-east-1")
    denied = aws.client(region="us-east-1")
    with refused("AccessDeniedException", "not authorized to perform: ssm:CreatePatchBaseline"):
        baseline(denied)
    denied.describe_patch_baselines()
    assert baseline(aws.client())


def test_a_lost_answer_and_the_retry_create_one_baseline(aws):
    """botocore sends the same ClientToken again."""
    aws.fail(operation="CreatePatchBaseline", error="InternalServerError", times=1, answered=False)
    ssm = aws.client(attempts=2)
    baseline(ssm)
    assert names(ssm) == [["production-al2"]]
    assert aws.actions[:2] == ["ssm:CreatePatchBaseline"] * 2


def test_an_answer_that_comes_too_late(aws):
    aws.fail(operation="GetDefaultPatchBaseline", delay=600, times=1)
    with pytest.raises((ReadTimeoutError, ConnectionClosedError)):
        aws.client(config={"read_timeout": 0.2}).get_default_patch_baseline()
    aws.reset()  # ends the delay
    aws.client().get_default_patch_baseline()


def test_lists_can_lag_behind_changes(aws):
    ssm = aws.client()
    baseline(ssm, Name="before")
    aws.set(stale_lists=2)
    created = baseline(ssm, Name="after")
    assert [names(ssm) for _number in range(3)] == [[["before"]], [["before"]], [["before", "after"]]]
    assert ssm.get_patch_baseline(BaselineId=created)["Name"] == "after"


def test_regions_know_nothing_of_each_other(aws):
    created = baseline(aws.client(region="eu-central-1"))
    with refused("DoesNotExistException"):
        aws.client(region="us-east-1").get_patch_baseline(BaselineId=created)


def test_accounts_know_nothing_of_each_other(aws):
    created = baseline(aws.client())
    role = {"RoleArn": "arn:aws:iam::210987654321:role/patching", "RoleSessionName": "test"}
    keys = aws.client("sts").assume_role(**role)["Credentials"]
    given = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]}
    other = aws.client(**given, aws_session_token=keys["SessionToken"])
    with refused("DoesNotExistException"):
        other.get_patch_baseline(BaselineId=created)
    assert names(other) in ([], [[]])


def test_every_call_is_recorded_whatever_the_service(aws):
    baseline(aws.client(region="us-east-1"))
    aws.client("sts").get_caller_identity()
    aws.client("sns").create_topic(Name="patching")
    with refused("DoesNotExistException"):
        aws.client().get_maintenance_window(WindowId="mw-" + "0" * 17)
    assert aws.actions == [
        "ssm:CreatePatchBaseline",
        "sts:GetCallerIdentity",
        "sns:CreateTopic",
        "ssm:GetMaintenanceWindow",
    ]
    first, *_others, last = aws.calls
    assert (first.region, first.request["Name"], first.status) == ("us-east-1", BASELINE["Name"], 200)
    assert (last.status, last.error) == (400, "DoesNotExistException")


def test_parameters_stay_with_moto(aws):
    ssm = aws.client()
    ssm.put_parameter(Name="/patching/stage", Value="dev", Type="String", Tags=[{"Key": "a", "Value": "b"}])
    assert ssm.get_parameter(Name="/patching/stage")["Parameter"]["Value"] == "dev"
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/patching/stage")["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_what_is_missing_says_so_and_is_not_retried(aws):
    with refused("NotImplemented", "has no GetCalendarState"):
        aws.client(attempts=3).get_calendar_state(CalendarNames=["holidays"])
    assert len(aws.calls) == 1


def test_reset_forgets_the_other_services_too(aws):
    aws.client("sns").create_topic(Name="patching")
    aws.reset()
    assert aws.client("sns").list_topics()["Topics"] == []
    assert aws.actions == ["sns:ListTopics"]


def control(aws, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{aws.url}/_control/{path}", data=data) as answer:
        return json.load(answer)


def test_another_process_has_the_same_control(aws):
    control(aws, "settings", {"now": "2030-01-01T00:00:00Z", "largest_page": 1})
    control(aws, "faults", [{"operation": "GetMaintenanceWindow", "error": "ThrottlingException", "times": 1}])
    ssm = aws.client()
    created = window(ssm)
    with refused("ThrottlingException"):
        ssm.get_maintenance_window(WindowId=created)
    assert ssm.get_maintenance_window(WindowId=created)["CreatedDate"].year == 2030
    assert [call["operation"] for call in control(aws, "calls")][:1] == ["CreateMaintenanceWindow"]
    control(aws, "reset", {})
    assert control(aws, "calls") == []


def test_nodes_with_patches_for_another_process(aws):
    patch = {**MISSING, "State": "INSTALLED", "InstalledTime": "2026-10-01T02:00:00Z"}
    control(aws, "nodes", [{"id": node_id(0), "scanned": True, "patches": [MISSING, patch]}])
    ssm = aws.client()
    (state,) = ssm.describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"]
    assert (state["MissingCount"], state["InstalledCount"]) == (1, 1)
    items = ssm.list_compliance_items(ResourceIds=[node_id(0)])["ComplianceItems"]
    assert [one["Details"]["InstalledTime"] for one in items] == ["", "2026-10-01T02:00:00Z"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("faults", [{"every": 0}], id="every"),
        pytest.param("faults", [{"colour": "blue"}], id="unknown member"),
        pytest.param("settings", {"now": "tomorrow"}, id="date"),
        pytest.param("settings", {"colour": "blue"}, id="unknown setting"),
        pytest.param(
            "nodes", [{"id": node_id(0), "patches": [{**MISSING, "State": "Missing"}]}], id="unknown state of a patch"
        ),
        pytest.param("nodes", [{"id": node_id(0), "patches": [{"State": "MISSING"}]}], id="a patch without a title"),
        pytest.param(
            "nodes", [{"id": node_id(0), "patches": [{**MISSING, "InstalledTime": "once"}]}], id="date of a patch"
        ),
        pytest.param("nothing", {}, id="unknown control"),
    ],
)
def test_control_that_cannot_be_read_is_refused(aws, path, body):
    with pytest.raises(urllib.error.HTTPError) as caught:
        control(aws, path, body)
    assert caught.value.code in (400, 404)


def aws_cli(aws, *arguments):
    command = [sys.executable, "-m", "awscli", "ssm", *arguments, "--output", "json"]
    environment = {**aws.environment(), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_aws_cli_reads_back_what_boto3_created(aws):
    ssm = aws.client()
    identifier = baseline(ssm, Description="of production")
    ended = aws_cli(aws, "get-patch-baseline", "--baseline-id", identifier)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    dates = {"CreatedDate", "ModifiedDate"}
    expected = without_metadata(ssm.get_patch_baseline(BaselineId=identifier))
    assert {name: value for name, value in answer.items() if name not in dates} == {
        name: value for name, value in expected.items() if name not in dates
    }


def test_boto3_reads_back_what_the_aws_cli_created(aws):
    schedule = ["--schedule", "cron(0 2 ? * SUN *)", "--duration", "4", "--cutoff", "1"]
    ended = aws_cli(aws, "create-maintenance-window", "--name", "sunday", *schedule, "--allow-unassociated-targets")
    assert ended.returncode == 0, ended.stderr
    answer = aws.client().get_maintenance_window(**json.loads(ended.stdout))
    assert (answer["Name"], answer["Schedule"], answer["Duration"]) == ("sunday", "cron(0 2 ? * SUN *)", 4)


def test_the_aws_cli_shows_errors(aws):
    ended = aws_cli(aws, "get-patch-baseline", "--baseline-id", "pb-00000000000000000")
    assert ended.returncode != 0
    assert "(DoesNotExistException) when calling the GetPatchBaseline operation" in ended.stderr


def test_the_command_prints_its_address_and_ends_when_told():
    command = [sys.executable, "-m", "tests.servers.ssm"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as server:
        try:
            keys = {"aws_access_key_id": "A" * 20, "aws_secret_access_key": "s" * 40}
            url = server.stdout.readline().strip()
            ssm = boto3.client("ssm", "eu-central-1", endpoint_url=url, **keys)
            assert ssm.get_default_patch_baseline()["OperatingSystem"] == "WINDOWS"
        finally:
            server.terminate()
        assert server.wait() == 0
