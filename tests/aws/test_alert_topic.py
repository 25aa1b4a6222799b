# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sns_alert_topic."""

from __future__ import annotations

import json

import pytest
from moto.sns.models import sns_backends

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import alert_topic
from ansible_collections.patchops.fleet.tests.aws.baselines import differing, writes

ARN = "arn:aws:sns:eu-central-1:123456789012:patch-alerts"
NAME = {"name": "patch-alerts"}
MAIL = {"protocol": "email", "endpoint": "ops@example.com"}
OTHER_MAIL = {"protocol": "email", "endpoint": "boss@example.com"}
FOREIGN = {"Sid": "Foreign", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sns:Publish"}


@pytest.fixture
def topic(module):
    return module("sns_alert_topic", "topic", assigned=("topic_arn",))


def statements(aws):
    return json.loads(aws.client("sns").get_topic_attributes(TopicArn=ARN)["Attributes"]["Policy"])["Statement"]


def set_policy(aws, *some):
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(some)})
    aws.client("sns").set_topic_attributes(TopicArn=ARN, AttributeName="Policy", AttributeValue=policy)


def test_from_nothing_to_nothing(topic, aws, aws_cli):
    options = {**NAME, "display_name": "Patching", "subscriptions": [MAIL], "tags": {"Owner": "platform"}}
    made = topic.converge(**options)
    assert made["topic"] == {
        "name": "patch-alerts",
        "topic_arn": ARN,
        "display_name": "Patching",
        "events_allowed": True,
        "subscriptions": [MAIL],
        "tags": {"Owner": "platform"},
    }
    assert made["changes"] == [
        "create topic patch-alerts",
        "let EventBridge publish to topic patch-alerts",
        "subscribe ops@example.com to topic patch-alerts",
    ]
    (row,) = aws_cli("sns", "list-subscriptions-by-topic", "--topic-arn", ARN)["Subscriptions"]
    assert (row["Protocol"], row["Endpoint"]) == ("email", "ops@example.com")
    assert aws_cli("sns", "list-tags-for-resource", "--resource-arn", ARN)["Tags"] == [
        {"Key": "Owner", "Value": "platform"}
    ]
    gone = topic.converge(**NAME, state="absent")
    assert gone["topic"] == {}
    assert aws.client("sns").list_topics()["Topics"] == []


def test_the_statement_has_no_condition_and_those_of_others_stay(topic, aws):
    """EventBridge user guide: "You can't use of Condition blocks in Amazon SNS topic policies for EventBridge"."""
    topic.converge(**NAME)
    default, ours = statements(aws)
    assert default["Sid"] == "__default_statement_ID"
    assert ours == {
        "Sid": "patchopsFleetEvents",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": ARN,
    }
    set_policy(aws, FOREIGN)
    assert differing(topic.converge(**NAME)) == {"events_allowed"}
    assert statements(aws) == [FOREIGN, ours]


@pytest.mark.parametrize(
    ("changed", "added"),
    [
        pytest.param({}, False, id="as we write it"),
        pytest.param({"Sid": "Theirs", "Action": ["sns:Subscribe", "SNS:Publish"]}, False, id="others in their way"),
        pytest.param({"Sid": "Theirs", "Action": "sns:*", "Resource": "arn:aws:sns:*"}, False, id="by patterns"),
        pytest.param({"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}, True, id="with a condition"),
        pytest.param({"Resource": ARN + "x"}, True, id="of another topic"),
        pytest.param({"Effect": "Deny"}, True, id="a denial"),
        pytest.param({"Principal": "*"}, True, id="everybody, who is no service"),
        pytest.param({"Principal": {"Service": ["s3.amazonaws.com"]}}, True, id="another service"),
    ],
)
def test_what_lets_events_in(topic, aws, changed, added):
    topic.ok(**NAME)
    *_others, ours = statements(aws)
    set_policy(aws, FOREIGN, {**ours, **changed})
    assert topic.converge(**NAME)["changed"] is added
    assert FOREIGN in statements(aws)
    assert ours in statements(aws) or not added


def test_what_is_not_named_stays(topic, aws):
    topic.ok(**NAME, display_name="Patching", subscriptions=[MAIL], tags={"Owner": "platform"})
    again = topic.converge(**NAME, subscriptions=[OTHER_MAIL])
    assert differing(again) == {"subscriptions"}
    assert again["topic"]["subscriptions"] == [OTHER_MAIL, MAIL]
    only = topic.converge(**NAME, subscriptions=[OTHER_MAIL], purge_subscriptions=True, display_name="", tags={})
    assert only["topic"]["subscriptions"] == [OTHER_MAIL]
    assert "end the subscription of ops@example.com to topic patch-alerts" in only["changes"]
    assert only["topic"]["tags"] == {}
    assert not aws.client("sns").get_topic_attributes(TopicArn=ARN)["Attributes"]["DisplayName"]


def test_encryption_can_be_had_and_ended(topic):
    assert topic.converge(**NAME, kms_master_key_id="alias/alerts")["topic"]["kms_master_key_id"] == "alias/alerts"
    assert "kms_master_key_id" not in topic.converge(**NAME, kms_master_key_id="")["topic"]


def test_who_has_not_confirmed_is_told_and_cannot_be_ended(topic, aws):
    assert topic.ok(**NAME, subscriptions=[MAIL])["pending_confirmation"] == []
    subscription().arn = "PendingConfirmation"
    told = topic.ok(**NAME, subscriptions=[MAIL])
    assert told["pending_confirmation"] == [MAIL]
    assert told["changed"] is False
    assert "before they confirm what SNS has sent them: ops@example.com" in told["warnings"][0]
    kept = topic.ok(**NAME, subscriptions=[], purge_subscriptions=True)
    assert (kept["changed"], kept["topic"]["subscriptions"]) == (False, [MAIL])
    assert kept["warnings"][0].startswith("These subscriptions stay until SNS drops them")
    assert "sns:Unsubscribe" not in aws.actions


def subscription():
    (one,) = sns_backends["123456789012"]["eu-central-1"].subscriptions.values()
    return one


def test_a_password_is_shown_nowhere(topic):
    hook = {"protocol": "https", "endpoint": "https://hook:s3cret-w0rd@example.com/alerts"}
    answer = topic.ok(**NAME, subscriptions=[hook], display_name="By s3cret-w0rd")
    assert "s3cret-w0rd" not in json.dumps(answer)
    assert answer["topic"]["display_name"] == "By ********"  # wherever it may stand
    assert answer["topic"]["subscriptions"] == [{**hook, "endpoint": "https://hook:****@example.com/alerts"}]
    assert subscription().endpoint == hook["endpoint"]
    assert topic.ok(**NAME, subscriptions=[hook])["changed"] is False
    # SNS shows it so, and it is still the same
    subscription().endpoint = "https://hook:****@example.com/alerts"
    assert topic.ok(**NAME, subscriptions=[hook])["changed"] is False


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        pytest.param("https://hook:a@b@example.com/alerts", "https://hook:****@example.com/alerts", id="an @ in it"),
        pytest.param("https://me@here:a@example.com/", "https://me@here:****@example.com/", id="an @ in the name"),
        pytest.param("https://hook:@example.com/", "https://hook:****@example.com/", id="empty"),
        pytest.param("https://hook:80@example.com/", "https://hook:****@example.com/", id="digits"),
        pytest.param("https://hook:a/b@example.com/", "https://hook:****@example.com/", id="a slash in it"),
        pytest.param("https://hook:a@example.com/a:b@c", "https://hook:****@example.com/a:b@c", id="@ in the path"),
        pytest.param("https://example.com:8443/a@b", "https://example.com:8443/a@b", id="no password"),
        pytest.param("https://example.com/a:b@c", "https://example.com/a:b@c", id="no password, a path like one"),
        pytest.param("hook@example.com", "hook@example.com", id="e-mail"),
    ],
)
def test_what_is_shown_of_an_endpoint(endpoint, shown):
    assert alert_topic.masked(endpoint) == shown


def test_a_password_that_ends_the_authority_is_refused_without_being_shown(topic, aws):
    hook = {"protocol": "https", "endpoint": "https://hook:s3cret/w0rd@example.com/alerts"}
    message = topic.failure(**NAME, subscriptions=[hook])
    assert "subscriptions[0].endpoint: has a / ? or # in its password: write %2F, %3F or %23" in message
    assert "s3cret" not in message
    assert "w0rd" not in message
    assert "sns:CreateTopic" not in aws.actions


def test_a_test_message_goes_to_all_and_not_in_check_mode(topic, aws):
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = "arn:aws:sqs:eu-central-1:123456789012:alerts"
    options = {**NAME, "subscriptions": [{"protocol": "sqs", "endpoint": arn}], "test_message": "Nothing is wrong"}
    assert topic.ok(True, **options)["message_id"] == ""
    assert "sns:Publish" not in aws.actions
    sent = topic.ok(**options)
    assert sent["changes"][-1] == "publish a message to topic patch-alerts"
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "Nothing is wrong"
    assert json.loads(message["Body"])["MessageId"] == sent["message_id"]
    again = topic.ok(**options)
    assert (again["changed"], again["changes"]) == (True, ["publish a message to topic patch-alerts"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"name": "alerts.fifo"}, "topic.name: 'alerts.fifo' is not allowed", id="a topic without e-mail"),
        pytest.param({"display_name": "x" * 101}, "topic.display_name: must have 1 to 100", id="a long sender"),
        pytest.param({"test_message": "x", "state": "absent"}, "nothing to publish it to", id="a message to nobody"),
        pytest.param({"test_message": ""}, "test_message: must not be empty", id="nothing to say"),
        pytest.param(
            {"subscriptions": [MAIL, {"protocol": "email", "endpoint": "ops"}]},
            "topic.subscriptions[1].endpoint: 'ops' is no endpoint of email",
            id="no address",
        ),
        pytest.param(
            {"subscriptions": [{"protocol": "sms", "endpoint": "0170"}]}, "is no endpoint of sms", id="no number"
        ),
        pytest.param({"tags": {"aws:x": "1"}}, "aws:x", id="a tag of AWS"),
    ],
)
def test_refused_before_any_change(topic, aws, options, words):
    assert words in topic.failure(**{**NAME, **options})
    assert not writes(aws)


def test_every_problem_is_told_at_once(topic):
    words = topic.failure(name="a b", display_name="x" * 101, subscriptions=[{"protocol": "sqs", "endpoint": "x"}])
    for place in ("topic.name", "topic.display_name", "topic.subscriptions[0].endpoint"):
        assert place in words


def test_a_failure_tells_what_was_done_and_the_next_run_ends_it(topic, aws):
    aws.fail(service="sns", operation="Subscribe", error="AuthorizationError", times=1)
    failed = topic(**NAME, subscriptions=[MAIL])
    assert failed["msg"].startswith("Failed to subscribe ops@example.com to topic patch-alerts: ")
    assert "not authorized to perform: sns:Subscribe" in failed["msg"]
    assert failed["changes"] == ["create topic patch-alerts", "let EventBridge publish to topic patch-alerts"]
    ended = topic.converge(**NAME, subscriptions=[MAIL])
    assert ended["changes"] == ["subscribe ops@example.com to topic patch-alerts"]


def test_throttled_calls_are_repeated(topic, aws):
    aws.fail(service="sns", error="Throttling", every=2, times=4)
    topic.converge(**NAME, subscriptions=[MAIL])
