# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies of docs/iam: roles and modules work with them, nothing more is allowed, and IAM takes them."""

from __future__ import annotations

import ast
import json
import pathlib
import re

import pytest
from botocore import xform_name
from policy_sentry.querying.arns import get_matching_raw_arns

from ansible_collections.patchops.fleet.tests.aws import rehearsal, scenarios
from ansible_collections.patchops.fleet.tests.servers.permissions import policy, reference
from ansible_collections.patchops.fleet.tests.servers.ssm import rest
from ansible_collections.patchops.fleet.tests.servers.ssm.server import ACCESS_KEY

FILES = sorted(file.stem for file in rehearsal.FOLDER.glob("*.json"))
PLUGINS = pathlib.Path(__file__).resolve().parents[2] / "plugins"
LARGEST = 6144  # characters of a managed policy, blanks not counted: quotas of IAM
AGAIN = "docs/iam/%s.json is not what %s needs: run make policies, and look at what has changed"


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in scenarios.SCENARIOS])
def test_a_policy_is_enough_and_no_more(aws, tmp_path, scenario):
    ours, others = rehearsal.shipped(scenario.name), rehearsal.beside(scenario)
    calls = rehearsal.play(aws, scenario, tmp_path, [ours, *others])
    refused = [call.action for call in calls if re.match("AccessDenied|UnauthorizedOperation", call.error or "")]
    assert refused == [], AGAIN % (scenario.name, scenario.purpose)
    needed = rehearsal.needed(calls, others)
    assert policy.least(needed, scenario.every) == ours, AGAIN % (scenario.name, scenario.purpose)
    for action in policy.actions(ours):
        assert not all(policy.allows([policy.without(ours, action)], need) for need in needed), action


def test_each_policy_has_a_scenario_and_a_line_for_its_reader():
    assert sorted(one.name for one in scenarios.SCENARIOS) == FILES
    page = (rehearsal.FOLDER / "README.md").read_text(encoding="utf-8")
    for one in scenarios.SCENARIOS:
        assert f"| [{one.name}]({one.name}.json) | {one.purpose} |" in page


@pytest.mark.parametrize("name", FILES)
def test_iam_takes_a_policy(aws, name):
    text = json.dumps(rehearsal.shipped(name))
    aws.client("iam").create_policy(PolicyName=name, PolicyDocument=text)
    assert len(re.sub(r"\s", "", text)) <= LARGEST


def shape(arn):
    """Services call what varies by different names."""
    return re.sub(r"\$\{\w+\}", "$", arn)


@pytest.mark.parametrize("name", FILES)
def test_actions_have_the_resources_and_conditions_that_a_policy_gives_them(name):
    for statement in rehearsal.shipped(name)["Statement"]:
        for action in statement["Action"]:
            types = {shape(one.arn) for one in reference.resource_types(action)}
            for arn in set(statement["Resource"]) - {"*"}:
                assert types & set(map(shape, get_matching_raw_arns(arn))), (action, arn)
            given = {key for keys in statement.get("Condition", {}).values() for key in keys}
            assert given <= reference.condition_keys(action)


@pytest.mark.parametrize("action", policy.actions(rehearsal.shipped("ssm_document")))
def test_without_an_action_the_module_fails_and_names_it(aws, module, action):
    left = policy.without(rehearsal.shipped("ssm_document"), action)
    aws.set(permissions={"policies": [left], "access_key": ACCESS_KEY})
    document = module("ssm_document", "document")
    steps = [scenarios.DOCUMENT, scenarios.ANOTHER_DOCUMENT, scenarios.DOCUMENT, {"name": "example", "state": "absent"}]
    said = ""
    for step in steps:
        answer = document(**step)
        said += answer.get("msg", "") + "".join(answer["warnings"])
    assert f"not authorized to perform: {action} on resource: arn:aws:ssm:" in said


def called():
    """Operations that the AWS side calls, found where it names them."""
    known = {}
    for service in ("ec2", "s3", "ssm", "ssm-quicksetup"):
        for name in rest.model(service).operation_names:
            known.setdefault(xform_name(name), []).append(name)
    files = sorted((PLUGINS / "module_utils" / "_ssm").glob("*.py"))
    texts = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(name for text in texts for name in known.get(text, []))


def test_scenarios_leave_no_operation_out():
    """An operation that none of them leads to is not in its policy either."""
    allowed = {action.partition(":")[2] for name in FILES for action in policy.actions(rehearsal.shipped(name))}
    assert set(called()) - allowed == set(), "tests/aws/scenarios.py leads to none of these"
