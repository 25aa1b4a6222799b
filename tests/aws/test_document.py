# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_document and ssm_document_info."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import document as documents
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api, SSMError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change
from ansible_collections.patchops.fleet.tests.aws.conftest import READING, written

STEPS = [{"action": "aws:runShellScript", "name": "drain", "inputs": {"runCommand": ["/usr/local/bin/drain"]}}]
CONTENT = {"schemaVersion": "2.2", "description": "Take the node out", "mainSteps": STEPS}
OTHER = {**CONTENT, "description": "Take the node out of the load balancer"}
LITTLE = {"name": "Drain", "content": CONTENT}
WHOLE = {
    "name": "Drain",
    "content": CONTENT,
    "document_type": "Command",
    "document_format": "JSON",
    "target_type": "/AWS::EC2::Instance",
    "shared_with": ["111122223333", "444455556666"],
    "tags": {"Owner": "platform"},
}
RUNBOOK = """
schemaVersion: '0.3'
assumeRole: '{{ AutomationAssumeRole }}'
parameters:
  AutomationAssumeRole: {type: String}
mainSteps:
  - name: wait
    action: aws:sleep
    inputs: {Duration: PT1M}
    timeoutSeconds: 600
    isEnd: true
"""
OF_AWS = ("owner", "created_date", "latest_version", "version")


@pytest.fixture
def document(module, aws):
    aws.set(unseen_polls=0)
    return module("ssm_document", "document", assigned=OF_AWS)


@pytest.fixture
def info(module):
    return module("ssm_document_info")


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


def expected(options, version="1"):
    more = {"document_type": "Command", "document_format": "JSON", "shared_with": [], "tags": {}}
    return {**more, **options, "default_version": version}


@pytest.mark.parametrize("options", [pytest.param(LITTLE, id="little"), pytest.param(WHOLE, id="whole")])
def test_create_and_delete(document, aws, options):
    created = document.converge(**options)
    assert created["diff"] == {"before": {}, "after": expected(options)}
    gone = document.converge(name="Drain", state="absent")
    assert (gone["document"], gone["diff"]["before"]) == ({}, expected(options))
    (region,) = aws.application.service.regions.values()
    assert region.documents == {}


@pytest.mark.parametrize("options", [pytest.param(LITTLE, id="little"), pytest.param(WHOLE, id="whole")])
def test_a_lost_answer_is_no_failure(document, aws, options):
    aws.set(unseen_polls=2)
    aws.fail(operation="CreateDocument", error="InternalServerError", answered=False, times=1)
    created = document.ok(**options)
    assert created["changes"][0] == "create document Drain"
    assert written(created["document"], OF_AWS) == expected(options)


def test_a_document_that_somebody_else_made_meanwhile_is_told(document, aws):
    document.ok(**LITTLE)
    api = Api(aws.client())
    with pytest.raises(SSMError, match="DocumentAlreadyExists"):
        documents.apply(api, Change(None, expected({**LITTLE, "content": OTHER})), None, lambda look: look())
    assert api.changes == []


def test_what_was_created_is_what_the_aws_cli_reads(document, aws_cli):
    document.converge(**WHOLE)
    described = aws_cli("ssm", "describe-document", "--name", "Drain")["Document"]
    assert described.items() >= {
        "Name": "Drain", "DocumentType": "Command", "DocumentFormat": "JSON", "TargetType": "/AWS::EC2::Instance",
        "DefaultVersion": "1", "LatestVersion": "1", "Status": "Active",
    }.items()  # fmt: skip
    assert json.loads(aws_cli("ssm", "get-document", "--name", "Drain")["Content"]) == CONTENT
    permission = ("ssm", "describe-document-permission", "--name", "Drain", "--permission-type", "Share")
    assert aws_cli(*permission)["AccountIds"] == ["111122223333", "444455556666"]
    tags = aws_cli("ssm", "list-tags-for-resource", "--resource-type", "Document", "--resource-id", "Drain")["TagList"]
    assert tags == [{"Key": "Owner", "Value": "platform"}]


def test_other_content_is_a_new_version_that_becomes_the_default(document, aws):
    document.ok(**WHOLE)
    aws.application.calls.clear()
    changed = document.converge(name="Drain", content=OTHER, version_name="second")
    assert changed["diff"]["after"] == expected({**WHOLE, "content": OTHER}, "2")
    assert writes(aws) == ["UpdateDocument", "UpdateDocumentDefaultVersion"]
    (region,) = aws.application.service.regions.values()
    assert region.documents["Drain"]["Versions"][1]["VersionName"] == "second"


def test_the_default_can_stay(document):
    document.ok(**LITTLE)
    changed = document.converge(name="Drain", content=OTHER, default=False)
    assert changed["changes"] == ["make a new version of document Drain"]
    assert changed["document"]["default_version"] == "1"
    later = document.converge(name="Drain", content=OTHER)
    assert later["changes"] == ["make version 2 the default of document Drain"]


def test_back_to_content_that_an_earlier_version_has(document):
    for content in (CONTENT, OTHER):
        document.ok(name="Drain", content=content)
    back = document.ok(name="Drain", content=CONTENT)
    assert back["changes"] == ["make version 1 the default of document Drain"]
    assert not document.ok(name="Drain", content=CONTENT)["changed"]


CHANGED = {
    "shared_with": ["777788889999", "all"],
    "tags": {"Owner": "databases"},
}


@pytest.mark.parametrize("option", CHANGED)
@pytest.mark.parametrize("before", [pytest.param(WHOLE, id="of all"), pytest.param(LITTLE, id="of little")])
def test_each_option_changed_alone(document, before, option):
    document.ok(**before)
    changed = document.converge(name="Drain", **{option: CHANGED[option]})
    assert changed["diff"]["after"] == expected({**before, option: CHANGED[option]})


def test_the_target_type_changes_with_the_content_alone(document):
    document.ok(**WHOLE)
    words = "target_type: AWS changes that of document Drain with a new version alone: change the content too"
    assert document.failure(name="Drain", target_type="/") == words
    changed = document.converge(name="Drain", target_type="/", content=OTHER)
    assert changed["diff"]["after"] == expected({**WHOLE, "target_type": "/", "content": OTHER}, "2")


@pytest.mark.parametrize(
    ("options", "member", "after"),
    [
        pytest.param({"shared_with": []}, "shared_with", [], id="nobody"),
        pytest.param({"shared_with": ["777788889999"], "purge_shared_with": False}, "shared_with",
                     ["111122223333", "444455556666", "777788889999"], id="others stay"),
        pytest.param({"tags": {}}, "tags", {}, id="no tags"),
        pytest.param({"tags": {"Stage": "dev"}, "purge_tags": False}, "tags",
                     {"Owner": "platform", "Stage": "dev"}, id="other tags stay"),
    ],
)  # fmt: skip
def test_what_is_not_given_any_more(document, options, member, after):
    document.ok(**WHOLE)
    assert document.converge(name="Drain", **options)["diff"]["after"] == expected({**WHOLE, member: after})


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(json.dumps(CONTENT), id="text in JSON"),
        pytest.param(json.dumps(CONTENT, indent=4, sort_keys=True), id="another order"),
        pytest.param({**CONTENT, "schemaVersion": 2.2}, id="a number for text"),
    ],
)
def test_another_spelling_is_no_change(document, aws, spelling):
    document.ok(**WHOLE)
    aws.application.calls.clear()
    assert not document.converge(name="Drain", content=spelling)["changed"]
    assert writes(aws) == []


def test_a_document_that_somebody_stored_in_yaml(document, aws):
    aws.client().create_document(Name="Wait", DocumentType="Automation", DocumentFormat="YAML", Content=RUNBOOK)
    content = yaml.safe_load(RUNBOOK)
    there = document.converge(name="Wait", content=content)
    assert (there["changed"], there["document"]["document_format"]) == (False, "YAML")
    changed = document.converge(name="Wait", content={**content, "description": "Wait"})
    assert changed["document"]["document_format"] == "JSON"
    assert changed["document"]["content"]["assumeRole"] == "{{ AutomationAssumeRole }}"


def test_a_calendar_is_text(document):
    calendar = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    options = {"name": "Freeze", "document_type": "ChangeCalendar", "document_format": "TEXT", "content": calendar}
    assert document.converge(**options)["document"]["content"] == calendar


def test_more_accounts_than_one_call_takes(document, aws):
    accounts = [f"{number:012}" for number in range(45)]
    document.converge(**LITTLE, shared_with=accounts)
    assert writes(aws).count("ModifyDocumentPermission") == 3
    aws.set(unseen_polls=0, largest_page=20)
    assert document.converge(name="Drain", shared_with=accounts[:1])["document"]["shared_with"] == accounts[:1]


def test_a_version_that_becomes_active_late_is_waited_for(document, aws):
    aws.set(unseen_polls=1)
    document.ok(**LITTLE)
    assert document.ok(name="Drain", content=OTHER)["document"]["default_version"] == "2"


def test_one_that_does_not_become_active_in_time(document, aws):
    aws.set(unseen_polls=99)
    words = "Document Drain did not become Active in time: run this again, or give a longer wait_timeout"
    assert document.failure(**LITTLE, wait_timeout=0) == words


INVALID = [
    pytest.param({"name": "AWS-Drain"}, "document.name: 'AWS-Drain' is not allowed", id="name of AWS"),
    pytest.param({"name": "a b"}, "document.name", id="name"),
    pytest.param({"content": [1]}, "document.content: must be a mapping or text", id="list"),
    pytest.param({"content": "- a\n- b"}, "document.content: is no mapping in JSON; YAML becomes", id="no mapping"),
    pytest.param({"content": "[]"}, "document.content: is no mapping in JSON", id="a list in JSON"),
    pytest.param({"content": "x" * 65537}, "document.content: must have 65536 bytes at most, not 65537", id="too long"),
    pytest.param({"target_type": "EC2"}, "document.target_type: 'EC2' is not allowed", id="target type"),
    pytest.param({"shared_with": ["12345"]}, "document.shared_with[0]: '12345' is not allowed", id="account"),
    pytest.param({"tags": {"aws:x": "y"}}, "document.tags", id="tag of AWS"),
]


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_any_call_that_changes(document, aws, options, message):
    assert message in document.failure(**{**LITTLE, **options})
    assert message in document.failure(True, **{**LITTLE, **options})
    assert writes(aws) == []


def test_what_aws_refuses_names_the_document(document, aws):
    message = document.failure(name="Drain", content={"schemaVersion": "9"})
    assert message.startswith("Failed to create document Drain: ")
    assert "InvalidDocumentSchemaVersion" in message
    assert "content: is missing" in document.failure(name="Drain")


def test_the_type_stays(document):
    document.ok(**LITTLE)
    words = (
        "Document Drain is of type Command, which cannot be changed to Automation: delete it first, or use another name"
    )
    assert document.failure(**LITTLE, document_type="Automation") == words


def test_failed_halfway_it_says_what_was_done(document, aws):
    document.ok(**LITTLE)
    aws.fail(operation="UpdateDocumentDefaultVersion", error="AccessDeniedException")
    answer = document(name="Drain", content=OTHER)
    assert answer["changes"] == ["make a new version of document Drain"]
    assert "Failed to make version 2 the default of document Drain" in answer["msg"]


def test_info(document, info):
    document.ok(**LITTLE)
    wait = document.ok(name="Wait", document_type="Automation", content=yaml.safe_load(RUNBOOK))["document"]
    assert [one["name"] for one in info.ok()["documents"]] == ["Drain", "Wait"]
    assert info.ok(document_type="Automation")["documents"] == info.ok(name="Wait")["documents"] == [wait]
    assert info.ok(name="Nothing")["documents"] == []
