# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_managed_node and ssm_managed_node_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.conftest import READING, written

ONE, TWO, EC2 = "mi-00000000000000001", "mi-00000000000000002", "i-00000000000000003"
TAGS = {"Patch Group": "Production", "Owner": "platform"}
OF_AWS = (
    *("name", "ping_status", "last_ping_date_time", "platform_type", "platform_name", "platform_version"),
    *("agent_version", "agent_latest", "ip_address", "resource_type", "activation_id"),
)


@pytest.fixture
def nodes(aws):
    aws.set(now="2026-11-27T12:00:00Z")
    aws.nodes(
        {"id": ONE, "name": "web", "tags": dict(TAGS), "activation_id": "a-1"},
        {"id": TWO, "ping": "ConnectionLost"},
        {"id": EC2, "tags": {"Name": "db"}},
    )


@pytest.fixture
def node(module, nodes):
    return module("ssm_managed_node", "managed_node", assigned=OF_AWS)


@pytest.fixture
def info(module, nodes):
    return module("ssm_managed_node_info")


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def expected(**options):
    return {"node_id": ONE, "iam_role": "hybrid", "tags": TAGS, **options}


@pytest.mark.parametrize(
    ("options", "after", "operations"),
    [
        pytest.param({}, expected(), [], id="nothing"),
        pytest.param({"tags": TAGS, "iam_role": "hybrid"}, expected(), [], id="as it is"),
        pytest.param({"tags": {"Patch Group": "Test"}}, expected(tags={"Patch Group": "Test"}),
                     ["RemoveTagsFromResource", "AddTagsToResource"], id="tags"),
        pytest.param({"tags": {"Patch Group": "Test"}, "purge_tags": False},
                     expected(tags={**TAGS, "Patch Group": "Test"}), ["AddTagsToResource"], id="others stay"),
        pytest.param({"tags": {}}, expected(tags={}), ["RemoveTagsFromResource"], id="no tags"),
        pytest.param({"iam_role": "service-role/other"}, expected(iam_role="service-role/other"),
                     ["UpdateManagedInstanceRole"], id="role"),
    ],
)  # fmt: skip
def test_each_option(node, aws, options, after, operations):
    changed = node.converge(node_id=ONE, **options)
    assert changed["diff"] == {"before": expected(), "after": after}
    assert writes(aws) == operations


def test_deregister(node, aws, aws_cli):
    gone = node.ok(node_id=ONE, state="absent")
    assert gone["changes"] == [f"deregister node {ONE}"]
    assert not node.converge(node_id=ONE, state="absent")["changed"]
    left = aws_cli("ssm", "describe-instance-information")["InstanceInformationList"]
    assert [one["InstanceId"] for one in left] == [TWO, EC2]


def test_check_mode_deregisters_nothing(node, aws):
    assert node.ok(True, node_id=ONE, state="absent")["changed"]
    assert writes(aws) == []


def test_one_that_is_not_managed(node):
    words = "There is no managed node mi-00000000000000009 in this account and Region: its agent registers it, with"
    assert words in node.failure(node_id="mi-00000000000000009")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"node_id": EC2}, "instances of EC2 have roles and tags of EC2", id="EC2"),
        pytest.param({"node_id": "web"}, "node_id: 'web' is not allowed", id="a name"),
        pytest.param({"iam_role": "arn:aws:iam::123456789012:role/x"}, "and not its ARN", id="ARN"),
        pytest.param({"tags": {"aws:x": "y"}}, "tags: keys that begin with aws:", id="tag of AWS"),
    ],
)
def test_what_is_refused_before_any_call(node, aws, options, message):
    assert message in node.failure(**{"node_id": ONE, **options})
    assert aws.calls == []


def test_it_waits_for_a_node_that_just_registered(node, aws):
    aws.nodes({"id": ONE, "unseen": 1})
    found = node.ok(node_id=ONE, wait=True, tags={"Patch Group": "Production"})
    assert found["managed_node"]["ping_status"] == "Online"
    assert found["managed_node"]["tags"] == {"Patch Group": "Production"}


@pytest.mark.parametrize(
    ("node_id", "reason"),
    [
        pytest.param(TWO, "its agent was last heard of at 2026-11-27T12:00:00+00:00 (ConnectionLost)", id="lost"),
        pytest.param("mi-00000000000000009", "Systems Manager does not know it", id="unknown"),
    ],
)
def test_one_that_does_not_come(node, aws, node_id, reason):
    message = node.failure(node_id=node_id, wait=True, wait_timeout=0, tags={"a": "b"})
    assert message.startswith(f"Node {node_id} is not online after 0 seconds: {reason}")
    assert writes(aws) == []
    assert bool(node(True, node_id=node_id, wait=True).get("failed")) is (node_id != TWO)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        pytest.param({}, [EC2, ONE, TWO], id="all"),
        pytest.param({"node_ids": [TWO, "mi-00000000000000009"]}, [TWO], id="ids"),
        pytest.param({"node_ids": []}, [], id="no ids"),
        pytest.param({"activation_ids": ["a-1"]}, [ONE], id="activations"),
    ],
)
def test_info(info, aws, options, found):
    aws.set(largest_page=1, empty_pages=True)
    assert [one["node_id"] for one in info.ok(**options)["managed_nodes"]] == found


def test_info_with_tags(info, aws):
    rows = {one["node_id"]: one.get("tags") for one in info.ok(with_tags=True)["managed_nodes"]}
    assert rows == {ONE: TAGS, TWO: {}, EC2: None}


def test_more_ids_than_one_call_takes(info, aws):
    ids = [f"mi-{number:017}" for number in range(120)]
    aws.nodes(*({"id": one} for one in ids))
    aws.application.calls.clear()
    assert [one["node_id"] for one in info.ok(node_ids=ids)["managed_nodes"]] == ids
    assert aws.actions == ["ssm:DescribeInstanceInformation"] * 3


def test_what_is_returned(node):
    assert written(node.ok(node_id=ONE)["managed_node"], ("last_ping_date_time",)) == {
        **expected(), "name": "web", "ping_status": "Online", "platform_type": "Linux", "platform_name": "Amazon Linux",
        "platform_version": "2023", "agent_version": "3.3.1230.0", "agent_latest": False, "ip_address": "10.0.0.1",
        "resource_type": "ManagedInstance", "activation_id": "a-1",
    }  # fmt: skip
