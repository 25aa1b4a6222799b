# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the strict server adds to moto's services: faults of each, and events that reach topics."""

from __future__ import annotations

import json

import botocore.exceptions
import pytest

REGION = "eu-central-1"
STATEMENT = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}


@pytest.mark.parametrize(
    ("service", "operation", "call", "error"),
    [
        pytest.param("events", "ListRules", "list_rules", "ThrottlingException", id="JSON"),
        pytest.param("sns", "ListTopics", "list_topics", "AuthorizationError", id="query"),
        pytest.param("iam", "ListRoles", "list_roles", "AccessDenied", id="query, IAM"),
        pytest.param("ec2", "DescribeVpcs", "describe_vpcs", "UnauthorizedOperation", id="EC2"),
    ],
)
def test_a_fault_of_another_service(aws, service, operation, call, error):
    aws.fail(service=service, operation=operation, error=error, times=1, message="<no>")
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        getattr(aws.client(service), call)()
    assert failed.value.response["Error"]["Code"] == error
    assert failed.value.response["Error"]["Message"] == "<no>"
    getattr(aws.client(service), call)()
    assert [call.error for call in aws.calls] == [error, None]


def test_a_fault_of_one_service_leaves_others_alone(aws):
    aws.fail(service="sns", error="Throttling")
    aws.client().describe_patch_baselines()
    aws.client("events").list_rules()


def test_an_answer_in_place_of_the_work(aws):
    aws.client("events").put_rule(Name="rule", EventPattern='{"source": ["a"]}')
    aws.fail(service="events", operation="PutTargets", answer={"FailedEntryCount": 1, "FailedEntries": []})
    target = {"Id": "1", "Arn": "arn:aws:sns:eu-central-1:123456789012:topic"}
    assert aws.client("events").put_targets(Rule="rule", Targets=[target])["FailedEntryCount"] == 1
    assert aws.client("events").list_targets_by_rule(Rule="rule")["Targets"] == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"service": "sns", "error": "x", "delay": 1}, id="a delay"),
        pytest.param({"service": "sns", "error": "x", "answered": False}, id="a lost answer"),
        pytest.param({"answer": {}}, id="an answer of SSM"),
    ],
)
def test_faults_that_there_are_not(aws, fault):
    with pytest.raises(ValueError, match="SSM"):
        aws.fail(**fault)


@pytest.mark.parametrize(
    ("changed", "state", "arrives"),
    [
        pytest.param({}, "ENABLED", True, id="let in"),
        pytest.param({}, "DISABLED", False, id="by a rule that is off"),
        pytest.param(None, "ENABLED", False, id="without a statement"),
        pytest.param({"Condition": {"StringEquals": {"aws:SourceAccount": "x"}}}, "ENABLED", False, id="a condition"),
        pytest.param({"Principal": {"AWS": "*"}}, "ENABLED", False, id="people"),
        pytest.param({"Resource": "arn:aws:sns:eu-central-1:123456789012:other"}, "ENABLED", False, id="another topic"),
    ],
)
def test_an_event_reaches_a_topic_by_its_policy(aws, changed, state, arrives):
    sns, sqs, events = aws.client("sns"), aws.client("sqs"), aws.client("events")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("told", "lost")}
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:told")
    statement = [] if changed is None else [{**STATEMENT, "Resource": topic, **changed}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    events.put_rule(Name="rule", EventPattern='{"source": ["mine"]}', State=state)
    template = {"InputPathsMap": {"what": "$.detail.what"}, "InputTemplate": '"It is <what>"'}
    dead = {"Arn": f"arn:aws:sqs:{REGION}:123456789012:lost"}
    target = {"Id": "1", "Arn": topic, "InputTransformer": template, "DeadLetterConfig": dead}
    events.put_targets(Rule="rule", Targets=[target])
    for source in ("mine", "another's"):
        events.put_events(Entries=[{"Source": source, "DetailType": "x", "Detail": '{"what": "so"}'}])
    got = {name: sqs.receive_message(QueueUrl=url).get("Messages", []) for name, url in queues.items()}
    assert [json.loads(json.loads(one["Body"])["Message"]) for one in got["told"]] == ["It is so"] * arrives
    lost = state == "ENABLED" and not arrives
    assert [json.loads(one["Body"])["detail"] for one in got["lost"]] == [{"what": "so"}] * lost
