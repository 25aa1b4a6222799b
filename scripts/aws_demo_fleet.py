# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of the AWS demo: 60 nodes in three patch groups, scanned, patched and reported on beside this machine."""

from __future__ import annotations

import collections
import datetime
import json
import pathlib
import typing as t

from aws_demo_session import INVENTORY, Demo, expect, title

GROUPS = ("Dev", "Staging", "Production")
NODES_OF_EACH = 20
OPENSSL = {
    "Title": "openssl-libs.x86_64:1:1.0.2k-24.amzn2.0.13",
    "KBId": "openssl-libs.x86_64",
    "Classification": "Security",
    "Severity": "Important",
    "State": "MISSING",
    "Level": "CRITICAL",
    "CVEIds": "CVE-2023-0286,CVE-2023-5678",
}
CURL = {
    "Title": "curl.x86_64:0:8.3.0-1.amzn2.0.7",
    "KBId": "curl.x86_64",
    "Classification": "Security",
    "Severity": "Medium",
    "State": "MISSING",
    "Level": "MEDIUM",
    "CVEIds": "CVE-2024-7264",
}
NODE = {
    "platform_version": "2",
    "operating_system": "AMAZON_LINUX_2",
    "patches": [OPENSSL, CURL],
}
OFFLINE = {"ping": "ConnectionLost"}
HELD = {"unpatchable": ["openssl-libs.x86_64"], "error": "No space left on device"}
# By group, the nodes that are not like the others: their number in the group, and what becomes of them.
UNLIKE = {
    "Dev": {3: OFFLINE},
    "Staging": {5: OFFLINE, 11: OFFLINE},
    "Production": {4: OFFLINE, **dict.fromkeys((0, 2, 6, 7), HELD)},
}


def launch(demo: Demo) -> list[str]:
    """Ids of the instances, which Systems Manager manages."""
    image = demo.aws("ec2", "describe-images", "--max-items", "1")["Images"][0]["ImageId"]
    described = []
    for group in GROUPS:
        tags = f"ResourceType=instance,Tags=[{{Key=Patch Group,Value={group}}}]"
        asked = ("--image-id", image, "--count", str(NODES_OF_EACH), "--tag-specifications", tags)
        launched = demo.aws("ec2", "run-instances", *asked)["Instances"]
        # in the order in which they are told, so that those who fail do so before all have been told
        for number, instance in enumerate(sorted(launched, key=lambda one: one["InstanceId"])):
            own = {
                "id": instance["InstanceId"],
                "tags": {"Patch Group": group},
                "address": instance["PrivateIpAddress"],
            }
            described.append({**NODE, **own, **UNLIKE[group].get(number, {})})
    demo.server.nodes(*described)
    return [one["id"] for one in described]


class Fleet:
    """What is done to it, with its records in one folder."""

    def __init__(self, demo: Demo, reports: pathlib.Path) -> None:
        self.demo = demo
        self.reports = reports
        self.records = demo.folder / "records"
        self.nodes = launch(demo)

    def patch(self, *arguments: str, fails: bool = False, **variables: t.Any) -> str:
        given = {
            "patch_records_dir": str(self.records),
            "patch_report_dir": str(self.reports),
            "patch_report_name": "aws-demo",
            "aws_patch_run_patch_groups": GROUPS,
            "aws_patch_run_wait_delay": 0,  # time passes by looks
            **variables,
        }
        command = ("ansible-playbook", "patchops.fleet.aws_patch", "-i", "inventories/aws", "-e", json.dumps(given))
        return self.demo.run(*command, *arguments, fails=fails)

    def scan_this_machine(self) -> None:
        given = json.dumps({"patch_records_dir": str(self.records), "patch_report_formats": []})
        self.demo.run("ansible-playbook", "patchops.fleet.scan", "-i", "inventories/demo", "-e", given)

    def report(self) -> list[dict[str, t.Any]]:
        """One report of all of them; its nodes."""
        given = {
            "patch_report_records_dir": str(self.records),
            "patch_report_dir": str(self.reports),
            "patch_report_name": "aws-demo",
            "patch_report_table": False,
        }
        self.demo.run("ansible-playbook", "patchops.fleet.report", "-e", json.dumps(given))
        return json.loads((self.reports / "aws-demo.json").read_text(encoding="utf-8"))["nodes"]

    def invocations(self) -> list[dict[str, t.Any]]:
        return self.demo.aws("ssm", "list-command-invocations")["CommandInvocations"]


def statuses(nodes: list[dict[str, t.Any]]) -> dict[str, int]:
    return dict(collections.Counter(one["report"]["status"] for one in nodes))


def be_told(demo: Demo) -> None:
    """Alerts by a queue, which the demo can read, and an event as AWS makes them of a failed command."""
    sqs = demo.server.client("sqs")  # for queues the aws CLI has an endpoint of its own
    queue = sqs.create_queue(QueueName="operations")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    demo.alerts = {"aws_alerts_subscriptions": [{"protocol": "sqs", "endpoint": arn}]}
    demo.role("aws_alerts", **demo.alerts)
    rules = [one["Name"] for one in demo.aws("events", "list-rules")["Rules"]]
    expect("patch-alerts-commands" in rules, f"rules are in place: {', '.join(rules)}")
    event = {
        "Source": "aws.ssm",
        "Time": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "DetailType": "EC2 Command Status-change Notification",
        "Detail": json.dumps({"command-id": "example", "document-name": "AWS-RunPatchBaseline", "status": "Failed"}),
    }
    demo.aws("events", "put-events", "--entries", json.dumps([event]))
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    expect("Failed" in message["Body"], f"the alert arrived: {json.loads(message['Body'])['Message']}")


def show(demo: Demo, reports: pathlib.Path) -> None:
    title("7. Sixty instances join, in three patch groups. See what would keep nodes from being patched")
    fleet = Fleet(demo, reports)
    preflight = json.dumps({"patch_preflight_aws": True, "patch_preflight_fail_on": "never"})
    output = demo.run("ansible-playbook", "patchops.fleet.preflight", "-i", INVENTORY, "-e", preflight)
    expect("Prodution is registered with no baseline" in output, "one table of them and this machine")
    title("8. Have people told what goes wrong")
    be_told(demo)
    title("9. Scan them")
    fleet.patch()
    found = {"NON_COMPLIANT": 56, "UNKNOWN": 6}
    expect(statuses(fleet.report()) == found, "patches are missing; four nodes are offline, two instances not managed")
    title("10. Patch them, group after group, a quarter at a time, up to a tenth of failures")
    rates = {"aws_patch_run_max_concurrency": "25%", "aws_patch_run_max_errors": "10%"}
    output = fleet.patch(fails=True, aws_patch_run_operation="Install", **rates)
    expect("(Terminated)" in output, "in production it stopped when three nodes had failed")
    title("11. Scan this machine too, and make one report of all")
    fleet.scan_this_machine()
    nodes = fleet.report()
    expect(len(nodes) == 63, f"all nodes and this machine: {statuses(nodes)}")
    print(f"-> {fleet.reports / 'aws-demo.html'}")
    title("12. Patch a node that failed once more, by a runbook that makes a snapshot and puts it back after a failure")
    failed = next(one["InstanceId"] for one in fleet.invocations() if one["Status"] == "Failed")
    document = {"document_name": "AWS-PatchInstanceWithRollback", "parameters": {"InstanceId": failed}}
    output = demo.module("ssm_automation_run", **document, wait_delay=0)
    expect("RestoreFromSnapshot" in output, f"its steps are told, for {failed}")
