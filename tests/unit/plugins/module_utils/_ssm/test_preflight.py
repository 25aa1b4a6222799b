# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found of one node in AWS, whatever was asked before."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import preflight
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.preflight import Facts, Subject

ID = "i-0123456789abcdef0"
ONLINE = {
    "id": ID,
    "name": "web",
    "reach": "Online",
    "reason": None,
    "platform_name": "Amazon Linux",
    "platform_version": "2023",
    "agent_version": "3.3.1230.0",
    "agent_latest": True,
}
CORE = ["AmazonSSMManagedInstanceCore"]
ARN = "arn:aws:iam::123456789012:instance-profile/path/web"
RUNNING = {"State": {"Name": "running"}}
PROFILED = {**RUNNING, "IamInstanceProfile": {"Arn": ARN}}
AL2023 = {"patch_group": "Web", "operating_system": "AMAZON_LINUX_2023", "baseline": "web", "baseline_id": "pb-1"}
TAGS_UNKNOWN = "could not be looked at: EC2 does not know the instance in this account and Region"
NOTHING = Facts({}, {}, "", [], [], [], [])


def subject(node=None, instance=None, tags=None):
    return Subject(ID, "web", {**ONLINE, **(node or {})}, instance or RUNNING, tags)


@pytest.mark.parametrize(
    ("reach", "state", "status", "words"),
    [
        pytest.param("Online", "running", "ok", "its agent answers", id="online"),
        pytest.param("Online", "stopping", "ok", "its agent answers", id="online yet"),
        pytest.param("Offline", "running", "error", "its agent does not answer", id="offline"),
        pytest.param("Offline", "stopped", "warning", "the instance is stopped", id="offline because stopped"),
        pytest.param("Unmanaged", "running", "error", "the instance runs, and Systems Manager", id="not managed"),
        pytest.param("Unmanaged", "stopped", "warning", "the instance is stopped", id="not managed, and stopped"),
        pytest.param("Unmanaged", "pending", "warning", "the instance is pending", id="not managed yet"),
        pytest.param("Unmanaged", "terminated", "error", "the instance is terminated", id="gone"),
    ],
)
def test_managed(reach, state, status, words):
    found = preflight.managed(subject({"reach": reach}, {"State": {"Name": state}}))
    assert (found.status, words in found.finding, bool(found.remedy)) == (status, True, status != "ok")


@pytest.mark.parametrize(
    ("version", "latest", "minimum", "status"),
    [
        pytest.param("3.3.1230.0", True, "2.0.834.0", "ok", id="the latest"),
        pytest.param("3.3.1230.0", None, "2.0.834.0", "ok", id="perhaps the latest"),
        pytest.param("3.3.1230.0", False, "2.0.834.0", "warning", id="not the latest"),
        pytest.param("2.0.834.0", True, "2.0.834.0", "ok", id="as old as it may be"),
        pytest.param("2.0.833.9", True, "2.0.834.0", "error", id="too old"),
        pytest.param("10.0.0.0", True, "9.5", "ok", id="numbers, not text"),
        pytest.param("", None, "2.0.834.0", "skipped", id="a node that never told"),
    ],
)
def test_agent(version, latest, minimum, status):
    found = preflight.agent(subject({"agent_version": version, "agent_latest": latest}), minimum)
    assert found.status == status


@pytest.mark.parametrize(
    ("policies", "node", "role", "status", "words"),
    [
        pytest.param(CORE, {}, "", "ok", "web has AmazonSSMManagedInstanceCore", id="the policy"),
        pytest.param(["AmazonEC2RoleforSSM"], {}, "", "ok", "web has AmazonEC2RoleforSSM", id="the old one"),
        pytest.param([], {}, "", "warning", "another policy may grant the same", id="another policy"),
        pytest.param([], {"reach": "Unmanaged"}, "", "error", "lacks AmazonSSMManagedInstanceCore", id="no policy"),
        pytest.param([], {}, "service-role/Default", "ok", "default host management (role Default)", id="by default"),
        pytest.param(None, {}, "Default", "ok", "default host management", id="no profile, by default"),
        pytest.param(None, {"reach": "Unmanaged"}, "", "error", "it has no instance profile", id="neither"),
        pytest.param(None, {"agent_version": "3.2.581.0"}, "Default", "error", "agent 3.2.582.0, not", id="too old"),
    ],
)
def test_permissions(policies, node, role, status, words):
    profiles = {} if policies is None else {ARN: policies}
    facts = NOTHING._replace(profiles=profiles, host_management=role)
    found = preflight.permissions(subject(node, RUNNING if policies is None else PROFILED), facts)
    assert (found.status, words in found.finding, bool(found.remedy)) == (status, True, status != "ok")


@pytest.mark.parametrize(
    ("tags", "group", "status", "words"),
    [
        pytest.param({"PatchGroup": "A"}, "A", "ok", "A (tag PatchGroup)", id="without a blank"),
        pytest.param({"Patch Group": "A"}, "A", "ok", "A (tag Patch Group)", id="with one"),
        pytest.param({"Patch Group": "A", "PatchGroup": "A"}, "A", "ok", "A (tag PatchGroup)", id="both alike"),
        pytest.param({"Patch Group": "B", "PatchGroup": "A"}, "A", "warning", "says A, and counts", id="two groups"),
        pytest.param({"Stage": "A"}, None, "warning", "it has no patch group", id="none"),
        pytest.param({"Patch Group": ""}, None, "warning", "it has no patch group", id="an empty one"),
        pytest.param(None, None, "skipped", "EC2 does not know the instance", id="tags are not known"),
    ],
)
def test_patch_group(tags, group, status, words):
    found, said = preflight.patch_group(subject(tags=tags), NOTHING)
    assert (found, said.status, words in said.finding) == (group, status, True)


@pytest.mark.parametrize(
    ("registrations", "node", "status", "words"),
    [
        pytest.param([AL2023], {}, "ok", "Web has web for AMAZON_LINUX_2023", id="registered"),
        pytest.param([{**AL2023, "baseline": ""}], {}, "ok", "Web has pb-1 for", id="with a baseline without a name"),
        pytest.param([], {}, "warning", "Web is registered with no baseline", id="nowhere"),
        pytest.param([{**AL2023, "patch_group": "web"}], {}, "warning", "no baseline", id="names are exact"),
        pytest.param([AL2023], {"platform_name": "Ubuntu"}, "warning", "2023, and none for UBUNTU", id="for another"),
        pytest.param([AL2023], {"platform_name": "BeOS"}, "ok", "baselines for AMAZON_LINUX_2023", id="who knows"),
    ],
)
def test_baseline(registrations, node, status, words):
    found = preflight.baseline(subject(node), "Web", NOTHING._replace(registrations=registrations))
    assert (found.status, words in found.finding) == (status, True), found


def test_ipv6_alone_is_no_way_that_is_known_of():
    route = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"}
    table = {"VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": [route]}
    placed = subject(instance={**RUNNING, "VpcId": "vpc-1", "SubnetId": "subnet-1"})
    found = preflight.endpoints(placed, NOTHING._replace(tables=[table]), {})
    assert (found.status, "its only way out is IPv6, to eigw-1" in found.finding) == ("skipped", True), found


@pytest.mark.parametrize(
    ("tags", "ids", "baseline", "window"),
    [
        pytest.param(
            {},
            [],
            ("ok", "the default baseline of its operating system"),
            ("warning", "no maintenance window patches it by schedule"),
            id="no patch group",
        ),
        pytest.param(
            None,
            [],
            ("skipped", TAGS_UNKNOWN),
            ("skipped", TAGS_UNKNOWN),
            id="tags are not known",
        ),
        pytest.param(None, [ID], ("skipped", TAGS_UNKNOWN), ("ok", "patched in w"), id="by its id"),
    ],
)
def test_nodes_without_a_group_have_a_baseline_and_windows_too(tags, ids, baseline, window):
    parameters = {"run_command": {"parameters": {"Operation": ["Install"]}}}
    task = {"task_arn": "AWS-RunPatchBaseline", "instance_ids": ids, "window_targets": []}
    windows = [
        {"name": "w", "enabled": True, "targets": [], "tasks": [{**task, "task_invocation_parameters": parameters}]}
    ]
    findings, _nodes = preflight.examine([subject(tags=tags)], NOTHING._replace(windows=windows))
    found = {one["check"]: (one["status"], one["finding"]) for one in findings}
    assert (found["baseline"], found["maintenance_window"]) == (baseline, window)


def test_of_what_is_gone_nothing_more_is_said():
    gone = subject({"reach": "Unmanaged"}, {"State": {"Name": "terminated"}}, {})
    findings, nodes = preflight.examine([gone], NOTHING)
    assert [one["check"] for one in findings] == ["managed"]
    assert nodes == [{"id": ID, "name": "web", "status": "error"}]


def test_what_nodes_have_alike_is_one_finding():
    subjects = [subject(tags={})._replace(id="i-%017d" % number) for number in range(3)]
    subjects[1] = subjects[1]._replace(node={**ONLINE, "agent_latest": False})
    findings, nodes = preflight.examine(subjects, NOTHING)
    assert [(one["check"], one["status"], len(one["nodes"])) for one in findings] == [
        ("managed", "ok", 3),
        ("agent", "ok", 2),
        ("agent", "warning", 1),
        ("permissions", "error", 3),
        ("endpoints", "skipped", 3),
        ("patch_group", "warning", 3),
        ("baseline", "ok", 3),
        ("maintenance_window", "warning", 3),
    ]
    assert [one["status"] for one in nodes] == ["error"] * 3
