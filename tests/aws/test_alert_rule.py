# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""eventbridge_alert_rule."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.aws.baselines import differing, writes

TOPIC = "arn:aws:sns:eu-central-1:123456789012:patch-alerts"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:lost"
PATTERN = {
    "source": ["aws.ssm"],
    "detail-type": ["Configuration Compliance State Change"],
    "detail": {"compliance-type": ["Patch"], "compliance-status": ["non_compliant"]},
}
RULE = {"name": "patch-non-compliance", "event_pattern": PATTERN, "topic_arn": TOPIC}
SENTENCE = {
    "input_paths": {"node": "$.detail.resource-id"},
    "input_template": 'Node <node> is "not" compliant',
}
NAME = {"name": RULE["name"]}


@pytest.fixture
def rule(module):
    return module("eventbridge_alert_rule", "rule", assigned=())


@pytest.fixture
def events(aws):
    return aws.client("events")


def targets(events):
    return events.list_targets_by_rule(Rule=RULE["name"])["Targets"]


def test_from_nothing_to_nothing(rule, events, aws_cli):
    made = rule.converge(**RULE, **SENTENCE, description="Tell", dead_letter_arn=QUEUE, tags={"Owner": "platform"})
    assert made["changes"] == [
        "create rule patch-non-compliance",
        f"have rule patch-non-compliance tell topic {TOPIC}",
    ]
    read = aws_cli("events", "describe-rule", "--name", RULE["name"])
    assert json.loads(read["EventPattern"]) == PATTERN
    assert (read["State"], read["Description"]) == ("ENABLED", "Tell")
    (target,) = aws_cli("events", "list-targets-by-rule", "--rule", RULE["name"])["Targets"]
    assert target == {
        "Id": "patchops-fleet-alerts",
        "Arn": TOPIC,
        "InputTransformer": {
            "InputPathsMap": {"node": "$.detail.resource-id"},
            "InputTemplate": '"Node <node> is \\"not\\" compliant"',
        },
        "DeadLetterConfig": {"Arn": QUEUE},
    }
    gone = rule.converge(**NAME, state="absent")
    assert gone["changes"] == [
        "remove targets patchops-fleet-alerts of rule patch-non-compliance",
        "delete rule patch-non-compliance",
    ]
    assert events.list_rules()["Rules"] == []


def test_what_is_not_given_stays_and_empty_text_clears(rule):
    rule.ok(**RULE, **SENTENCE, description="Tell", dead_letter_arn=QUEUE, tags={"Owner": "platform"})
    off = rule.converge(**NAME, enabled=False)
    assert differing(off) == {"enabled"}
    assert off["changes"] == ["change rule patch-non-compliance"]
    cleared = rule.converge(**NAME, description="", dead_letter_arn="", tags={}, input_template="", input_paths={})
    assert set(cleared["rule"]) == {"name", "enabled", "event_pattern", "topic_arn", "input_paths", "tags"}
    assert cleared["rule"]["enabled"] is False


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(json.dumps(PATTERN, indent=4), id="as text"),
        pytest.param({**PATTERN, "detail": dict(reversed(PATTERN["detail"].items()))}, id="in another order"),
    ],
)
def test_the_same_pattern_in_other_words_is_no_change(rule, aws, written):
    rule.ok(**{**RULE, "event_pattern": written})
    aws.application.calls.clear()
    assert rule.ok(**RULE)["changed"] is False
    assert not writes(aws)


def test_lists_of_a_pattern_have_no_order(rule):
    rule.ok(**{**RULE, "event_pattern": {"source": ["a", "b"], "detail": {"x": [{"prefix": "p"}, 1]}}})
    again = {"detail": {"x": [1, {"prefix": "p"}]}, "source": ["b", "a"]}
    assert rule.ok(**{**RULE, "event_pattern": again})["changed"] is False
    assert rule.ok(**{**RULE, "event_pattern": {**again, "source": ["b"]}})["changed"] is True


def test_what_others_put_on_the_rule_stays(rule, events):
    events.put_rule(Name=RULE["name"], EventPattern=json.dumps(PATTERN), ScheduleExpression="rate(1 day)")
    others = [
        {"Id": "lambda", "Arn": "arn:aws:lambda:eu-central-1:123456789012:function:x"},
        {"Id": "by-hand", "Arn": TOPIC, "RetryPolicy": {"MaximumRetryAttempts": 3}},
    ]
    events.put_targets(Rule=RULE["name"], Targets=others)
    rule.converge(**RULE, **SENTENCE, description="Tell")
    assert events.describe_rule(Name=RULE["name"])["ScheduleExpression"] == "rate(1 day)"
    by_id = {one["Id"]: one for one in targets(events)}
    assert set(by_id) == {"lambda", "by-hand"}
    assert by_id["by-hand"]["RetryPolicy"] == {"MaximumRetryAttempts": 3}
    assert by_id["by-hand"]["InputTransformer"]["InputTemplate"] == '"Node <node> is \\"not\\" compliant"'
    rule.converge(**NAME, state="absent")


def test_a_topic_that_somebody_elses_target_leads_to_is_told_and_the_former_no_more(rule, events):
    rule.ok(**RULE, **SENTENCE)
    events.put_targets(Rule=RULE["name"], Targets=[{"Id": "by-hand", "Arn": TOPIC + "-2"}])
    moved = rule.converge(**{**RULE, "topic_arn": TOPIC + "-2"})
    assert differing(moved) == {"topic_arn"}
    assert moved["changes"] == [
        f"have rule {RULE['name']} tell topic {TOPIC}-2",
        f"remove targets patchops-fleet-alerts of rule {RULE['name']}",
    ]
    (target,) = targets(events)
    assert (target["Id"], target["Arn"], "InputTransformer" in target) == ("by-hand", TOPIC + "-2", True)


def test_a_rule_stays_enabled_as_it_is(rule, events):
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    events.put_rule(Name=RULE["name"], EventPattern=json.dumps(PATTERN), State=state)
    assert rule.ok(**RULE, description="Tell")["rule"]["enabled"] is True
    assert events.describe_rule(Name=RULE["name"])["State"] == state
    rule.converge(**NAME, enabled=False)


def test_another_topic_takes_the_place_of_the_first(rule, events):
    rule.ok(**RULE)
    moved = rule.converge(**{**RULE, "topic_arn": TOPIC + "-2"})
    assert differing(moved) == {"topic_arn"}
    assert [one["Arn"] for one in targets(events)] == [TOPIC + "-2"]


def test_a_target_that_is_refused_is_a_failure_that_names_it(rule, aws):
    refused = {
        "TargetId": "patchops-fleet-alerts",
        "ErrorCode": "ResourceNotFoundException",
        "ErrorMessage": "No topic",
    }
    answer = {"FailedEntryCount": 1, "FailedEntries": [refused]}
    aws.fail(service="events", operation="PutTargets", answer=answer, times=1)
    failed = rule(**RULE)
    assert failed["msg"] == (
        f"Failed to have rule patch-non-compliance tell topic {TOPIC}: EventBridge took the call and refused "
        "target patchops-fleet-alerts: ResourceNotFoundException: No topic"
    )
    assert failed["changes"] == ["create rule patch-non-compliance"]
    assert rule.converge(**RULE)["changes"] == [f"have rule patch-non-compliance tell topic {TOPIC}"]


def test_a_rule_of_which_a_target_stays_is_not_deleted(rule, events, aws):
    rule.ok(**RULE)
    answer = {"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "x", "ErrorCode": "y", "ErrorMessage": "z"}]}
    aws.fail(service="events", operation="RemoveTargets", answer=answer, times=1)
    assert "refused target x: y: z" in rule.failure(**NAME, state="absent")
    assert [one["Name"] for one in events.list_rules()["Rules"]] == [RULE["name"]]
    rule.converge(**NAME, state="absent")


@pytest.mark.parametrize("error", ["ThrottlingException", "ConcurrentModificationException", "InternalException"])
def test_calls_that_met_others_are_repeated(rule, aws, error):
    aws.fail(service="events", error=error, every=2, times=3)
    rule.converge(**RULE)


def test_a_rule_that_aws_manages_is_left_alone(rule, aws):
    managed = {
        "Name": RULE["name"],
        "Arn": "arn:aws:events:eu-central-1:123456789012:rule/x",
        "ManagedBy": "x.amazonaws.com",
    }
    aws.fail(service="events", operation="DescribeRule", answer=managed)
    assert "belongs to x.amazonaws.com, which manages it: use another name" in rule.failure(**RULE)
    assert not writes(aws)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"name": "a b"}, "rule.name: 'a b' is not allowed", id="name"),
        pytest.param({"event_pattern": None}, "rule.event_pattern: must be a mapping that says", id="no pattern"),
        pytest.param({"event_pattern": {}}, "rule.event_pattern: must be a mapping that says", id="everything"),
        pytest.param({"event_pattern": "{x"}, "rule.event_pattern: is no JSON", id="no JSON"),
        pytest.param({"event_pattern": {"source": "aws.ssm"}}, "rule.event_pattern.source: must be a", id="no list"),
        pytest.param({"event_pattern": {"d": {"s": []}}}, "rule.event_pattern.d.s: must be a", id="an empty list"),
        pytest.param({"event_pattern": {"x": ["y" * 5000]}}, "must have up to 4096 characters", id="a long pattern"),
        pytest.param({"topic_arn": "alerts"}, "rule.topic_arn: 'alerts' is not allowed", id="no ARN"),
        pytest.param({"topic_arn": QUEUE}, "is not allowed; allowed: the ARN of a topic", id="a queue for a topic"),
        pytest.param({"dead_letter_arn": TOPIC}, "rule.dead_letter_arn: ", id="a topic for a queue"),
        pytest.param({"input_template": "<x>"}, "rule.input_template: input_paths has no x", id="a name without path"),
        pytest.param({"input_paths": {"x": "$.y"}}, "rule.input_paths: are not used without", id="paths for nothing"),
        pytest.param({"input_paths": {"aws.x": "y"}, "input_template": "x"}, "is no name", id="a name of AWS"),
        pytest.param({"input_paths": {"x": "y"}, "input_template": "x"}, "'y' is no path", id="no path"),
    ],
)
def test_refused_before_any_change(rule, aws, options, words):
    assert words in rule.failure(**{**RULE, **options})
    assert not writes(aws)
