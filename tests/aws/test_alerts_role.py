# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_alerts: applied, with events that arrive as sentences, again without a change, changed, and taken away."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
ACCOUNT, REGION = "123456789012", "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:patch-alerts"
PLAY = """
- hosts: localhost
  gather_facts: false
  roles: [patchops.fleet.aws_alerts]
  tasks:
    - ansible.builtin.copy:
        content: "{{ aws_alerts_result | to_json }}"
        dest: result.json
        mode: "0600"
      check_mode: false
      changed_when: false
"""
WINDOW = {"window-id": "mw-0ed7251d3fcf6e0c2", "window-execution-id": "b60fb56e", "status": "TIMED_OUT"}
COMMAND = {"command-id": "e8d3c0e4", "document-name": "AWS-RunPatchBaseline", "status": "Failed"}
NON_COMPLIANT = {
    "resource-type": "managed-instance",
    "resource-id": "i-01234567890abcdef",
    "compliance-status": "non_compliant",
    "compliance-type": "Patch",
    "patch-baseline-id": "pb-0123456789abcdef0",
    "severity": "critical",
}
RUNBOOK = {"ExecutionId": "333ba70b", "Definition": "PatchWithHealthCheck", "Status": "Failed"}
# Members as the user guide of Systems Manager shows them in its examples of events.
EVENTS = [
    pytest.param(
        "Configuration Compliance State Change",
        NON_COMPLIANT,
        "Node i-01234567890abcdef is not compliant with patch baseline pb-0123456789abcdef0 (severity critical)",
        id="a node that is not compliant",
    ),
    pytest.param(
        "Configuration Compliance State Change",
        {**NON_COMPLIANT, "compliance-status": "compliant"},
        None,
        id="one that is",
    ),
    pytest.param(
        "Configuration Compliance State Change",
        {**NON_COMPLIANT, "compliance-type": "Association"},
        None,
        id="with another thing than patches",
    ),
    pytest.param(
        "EC2 Command Status-change Notification",
        COMMAND,
        "Command e8d3c0e4 of document AWS-RunPatchBaseline ended as Failed",
        id="a command that failed",
    ),
    pytest.param(
        "EC2 Command Status-change Notification",
        {**COMMAND, "status": "Canceled"},
        "Command e8d3c0e4 of document AWS-RunPatchBaseline ended as Canceled",
        id="a command that was cancelled, as the list of events spells it",
    ),
    pytest.param("EC2 Command Status-change Notification", {**COMMAND, "status": "Success"}, None, id="that did not"),
    pytest.param(
        "EC2 Command Status-change Notification",
        {**COMMAND, "document-name": "AWS-RunShellScript"},
        None,
        id="that has nothing to do with patches",
    ),
    pytest.param(
        "EC2 Command Invocation Status-change Notification",
        {**COMMAND, "instance-id": "i-9bb89e2b", "status": "TimedOut"},
        "Command e8d3c0e4 of document AWS-RunPatchBaseline ended as TimedOut on node i-9bb89e2b",
        id="a command on a node",
    ),
    pytest.param(
        "Maintenance Window Execution State-change Notification",
        WINDOW,
        "Maintenance window mw-0ed7251d3fcf6e0c2 ended as TIMED_OUT (execution b60fb56e, "
        "Maintenance Window Execution State-change Notification)",
        id="a window",
    ),
    pytest.param(
        "Maintenance Window Task Execution State-change Notification",
        {**WINDOW, "status": "FAILED"},
        "Maintenance window mw-0ed7251d3fcf6e0c2 ended as FAILED (execution b60fb56e, "
        "Maintenance Window Task Execution State-change Notification)",
        id="a task of a window",
    ),
    *(
        pytest.param(
            f"Maintenance Window {spelling} Notification",
            {"window-id": "mw-0ed7251d3fcf6e0c2", "status": "DISABLED"},
            "Maintenance window mw-0ed7251d3fcf6e0c2 is now DISABLED",
            id=f"a window that was disabled, spelt {spelling}",
        )
        for spelling in ("State-change", "Status-change")
    ),
    pytest.param(
        "Maintenance Window State-change Notification",
        {"window-id": "mw-0ed7251d3fcf6e0c2", "status": "ENABLED"},
        None,
        id="a window that was enabled",
    ),
    pytest.param(
        "EC2 Automation Execution Status-change Notification",
        RUNBOOK,
        "Runbook PatchWithHealthCheck ended as Failed (execution 333ba70b)",
        id="a runbook",
    ),
]
EVERYTHING = ["non_compliance", "commands", "invocations", "windows", "automation"]


@pytest.fixture
def role(aws, tmp_path):
    """Run the role with these variables: its results, and what was printed."""
    (tmp_path / "play.yml").write_text(PLAY)

    def run(*arguments, fails=False, **variables):
        given = json.dumps({"ansible_python_interpreter": sys.executable, **variables})
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        command = [PLAYBOOK, "play.yml", "-e", given, *arguments]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert bool(ended.returncode) == fails, ended.stdout + ended.stderr
        return [] if fails else json.loads((tmp_path / "result.json").read_text()), ended.stdout

    return run


@pytest.fixture
def queue(aws):
    """Makes a queue: its ARN, and a function that takes all messages that have arrived."""

    def make(name):
        sqs = aws.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]

        def arrived():
            received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for one in received:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
            return [json.loads(one["Body"]) for one in received]

        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", arrived

    return make


def happen(aws, detail_type, detail):
    """moto takes events in the name of AWS's services, which EventBridge does not."""
    entry = {
        "Source": "aws.ssm",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Time": "2026-11-27T02:00:00Z",
    }
    assert aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def rules(aws):
    return [one["Name"] for one in aws.client("events").list_rules()["Rules"]]


def test_applied_told_of_changed_and_taken_away(role, aws, queue):
    arn, arrived = queue("operations")
    lost_arn, lost = queue("lost")
    variables = {
        "aws_alerts_on": EVERYTHING,
        "aws_alerts_subscriptions": [{"protocol": "sqs", "endpoint": arn}],
        "aws_alerts_dead_letter_arn": lost_arn,
        "aws_alerts_tags": {"Owner": "platform"},
    }
    (foretold,), _output = role("--check", "--diff", **variables)
    assert (foretold["topic_arn"], foretold["changes"], rules(aws)) == (TOPIC, [], [])
    (applied,), output = role("--diff", **variables, aws_alerts_test=True)
    assert applied["rules"] == foretold["rules"] == sorted(rules(aws), key=applied["rules"].index)
    assert len(applied["rules"]) == 6
    assert applied["changes"][-1] == "publish a message to topic patch-alerts"
    (test,) = arrived()
    assert test["Message"].startswith("This is a test of the alerts of patching")
    (again,), output = role(**variables)
    assert "changed=0 " in output
    assert again["changes"] == []

    for case in EVENTS:
        detail_type, detail, sentence = case.values
        happen(aws, detail_type, detail)
        told = [json.loads(one["Message"]) for one in arrived()]
        assert [text.partition(", in eu-central-1 of account 123456789012 at ")[0] for text in told] == (
            [sentence] if sentence else []
        ), case.id
    assert lost() == []

    # without the statement nothing arrives, and the dead-letter queue has it
    default = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish", "Resource": TOPIC}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [default]})
    aws.client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
    happen(aws, "Configuration Compliance State Change", NON_COMPLIANT)
    assert arrived() == []
    assert [one["detail"] for one in lost()] == [NON_COMPLIANT]
    (mended,), _output = role(**variables)
    assert mended["changes"] == ["let EventBridge publish to topic patch-alerts"]
    happen(aws, "Configuration Compliance State Change", NON_COMPLIANT)
    assert len(arrived()) == 1

    own = {"name": "images", "event_pattern": {"source": ["aws.ec2"]}, "input_template": "An image changed."}
    (fewer,), _output = role(**{**variables, "aws_alerts_on": ["windows"], "aws_alerts_rules": [own]})
    assert fewer["rules"] == ["patch-alerts-windows", "patch-alerts-window-changes", "patch-alerts-images"]
    assert set(rules(aws)) == set(fewer["rules"])
    (gone,), _output = role(aws_alerts_state="absent", aws_alerts_rules=[own])
    assert rules(aws) == aws.client("sns").list_topics()["Topics"] == []
    assert gone["changes"][-1] == "delete topic patch-alerts"
    _result, output = role(aws_alerts_state="absent", aws_alerts_rules=[own])
    assert "changed=0 " in output


def test_each_region_has_its_own(role, aws):
    made, _output = role(aws_alerts_regions=["eu-west-1", "us-east-1"], aws_alerts_on=["commands"])
    assert [one["region"] for one in made] == ["eu-west-1", "us-east-1"]
    for region in ("eu-west-1", "us-east-1"):
        assert [one["Name"] for one in aws.client("events", region).list_rules()["Rules"]] == ["patch-alerts-commands"]
    assert rules(aws) == []


def test_what_is_wrong_is_said_before_any_change(role, aws):
    _result, output = role(aws_alerts_rules=[{"name": "commands", "event_pattern": {"x": [1]}}], fails=True)
    assert "each rule needs a name of its own" in output
    _result, output = role(aws_alerts_on=["everything"], fails=True)
    assert "non_compliance, commands, invocations, windows, automation" in output
    assert aws.calls == []
