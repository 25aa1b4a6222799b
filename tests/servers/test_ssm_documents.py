# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of one's own on the strict SSM, through boto3 (operations.md, 7)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import node_id, nodes, refused

CONTENT = json.dumps({"schemaVersion": "2.2", "mainSteps": []})
OTHER = json.dumps({"schemaVersion": "2.2", "description": "other", "mainSteps": []})


@pytest.fixture
def ssm(aws):
    aws.set(unseen_polls=0)
    return aws.client()


@pytest.fixture
def document(ssm):
    ssm.create_document(Name="Drain", Content=CONTENT)
    ssm.describe_document(Name="Drain")
    return ssm


def test_it_is_creating_until_it_was_looked_at(aws, ssm):
    aws.set(unseen_polls=2)
    created = ssm.create_document(Name="Drain", Content=CONTENT)["DocumentDescription"]
    looks = [ssm.describe_document(Name="Drain")["Document"]["Status"] for _look in range(3)]
    assert (created["Status"], looks) == ("Creating", ["Creating", "Creating", "Active"])


def test_a_new_version_is_not_the_default(document):
    document.update_document(Name="Drain", Content=OTHER, DocumentVersion="$LATEST")
    described = document.describe_document(Name="Drain")["Document"]
    assert (described["DefaultVersion"], described["LatestVersion"]) == ("1", "2")
    assert document.get_document(Name="Drain")["Content"] == CONTENT
    document.update_document_default_version(Name="Drain", DocumentVersion="2")
    assert document.get_document(Name="Drain")["Content"] == OTHER
    versions = document.list_document_versions(Name="Drain")["DocumentVersions"]
    assert [(one["DocumentVersion"], one["IsDefaultVersion"]) for one in versions] == [("2", True), ("1", False)]


def test_a_version_that_is_not_active_cannot_be_the_default(document):
    document.update_document(Name="Drain", Content=OTHER, DocumentVersion="$LATEST")
    with refused("InvalidDocument", "Updating"):
        document.update_document_default_version(Name="Drain", DocumentVersion="2")


def test_json_is_the_format_that_is_answered(ssm):
    ssm.create_document(Name="Drain", Content="schemaVersion: '2.2'\nmainSteps: []\n", DocumentFormat="YAML")
    assert json.loads(ssm.get_document(Name="Drain")["Content"]) == {"schemaVersion": "2.2", "mainSteps": []}
    assert ssm.get_document(Name="Drain", DocumentFormat="YAML")["Content"].startswith("schemaVersion: '2.2'")


@pytest.mark.parametrize(
    ("operation", "request_of", "code"),
    [
        pytest.param("create_document", {"Content": CONTENT}, "DocumentAlreadyExists", id="there already"),
        pytest.param("create_document", {"Name": "aws-x", "Content": CONTENT}, "ValidationException", id="name of AWS"),
        pytest.param("create_document", {"Name": "New", "Content": "{"}, "InvalidDocumentContent", id="no JSON"),
        pytest.param("create_document", {"Name": "New", "Content": '{"schemaVersion": "9"}'},
                     "InvalidDocumentSchemaVersion", id="schema"),
        pytest.param("create_document", {"Name": "New", "Content": json.dumps({"a": "x" * 65536})},
                     "MaxDocumentSizeExceeded", id="size"),
        pytest.param("update_document", {"Content": CONTENT}, "DuplicateDocumentContent", id="same content"),
        pytest.param("update_document", {"Content": OTHER, "DocumentVersion": "7"}, "InvalidDocumentVersion",
                     id="of no version"),
        pytest.param("get_document", {"Name": "Nothing"}, "InvalidDocument", id="unknown"),
        pytest.param("get_document", {"DocumentVersion": "7"}, "InvalidDocumentVersion", id="unknown version"),
        pytest.param("delete_document", {"Name": "Nothing"}, "InvalidDocument", id="nothing to delete"),
    ],
)  # fmt: skip
def test_what_is_refused(document, operation, request_of, code):
    with refused(code):
        getattr(document, operation)(**{"Name": "Drain", **request_of})


def test_one_that_is_shared_cannot_be_deleted(document):
    share = {"Name": "Drain", "PermissionType": "Share"}
    document.modify_document_permission(**share, AccountIdsToAdd=["111122223333"])
    assert document.describe_document_permission(**share)["AccountIds"] == ["111122223333"]
    with refused("InvalidDocumentOperation"):
        document.delete_document(Name="Drain")
    document.modify_document_permission(**share, AccountIdsToRemove=["111122223333"])
    document.delete_document(Name="Drain")
    assert document.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])["DocumentIdentifiers"] == []


def test_tags(document):
    tags = [{"Key": "Owner", "Value": "platform"}]
    document.add_tags_to_resource(ResourceType="Document", ResourceId="Drain", Tags=tags)
    assert document.list_tags_for_resource(ResourceType="Document", ResourceId="Drain")["TagList"] == tags


DRAIN = {
    "schemaVersion": "2.2",
    "parameters": {
        "Minutes": {"type": "String", "allowedPattern": "[0-9]+"},
        "Pool": {"type": "String", "default": "web", "allowedValues": ["web", "batch"]},
    },
    "mainSteps": [
        {"action": "aws:runShellScript", "name": "drain", "inputs": {"runCommand": ["drain {{ Pool }}"]}},
        {
            "action": "aws:runPowerShellScript",
            "name": "drainWindows",
            "precondition": {"StringEquals": ["platformType", "Windows"]},
            "inputs": {"runCommand": ["drain"]},
        },
    ],
}


@pytest.fixture
def drain(aws):
    """A document of one's own, which is active."""
    aws.set(unseen_polls=0)
    ssm = aws.client()
    ssm.create_document(Name="Drain", Content=json.dumps(DRAIN))
    ssm.describe_document(Name="Drain")
    aws.nodes(*nodes(1))
    return ssm


def test_a_document_of_ones_own_is_run(aws, drain):
    asked = {"DocumentName": "Drain", "InstanceIds": [node_id(0)], "Parameters": {"Minutes": ["5"]}}
    command = drain.send_command(**asked)["Command"]["CommandId"]
    aws.advance(60)
    (told,) = drain.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    steps = {one["Name"]: one["Output"] for one in told["CommandPlugins"]}
    assert (told["Status"], list(steps)) == ("Success", ["drain", "drainWindows"])
    assert steps["drainWindows"].startswith("Step execution skipped")
    described = drain.describe_document(Name="Drain")["Document"]
    assert described["PlatformTypes"] == ["Windows", "Linux", "MacOS"]
    assert [(one["Name"], one.get("DefaultValue")) for one in described["Parameters"]] == [
        ("Minutes", None),
        ("Pool", "web"),
    ]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param({"Parameters": {}}, "InvalidParameters", id="one is missing"),
        pytest.param({"Parameters": {"Minutes": ["many"]}}, "InvalidParameters", id="pattern"),
        pytest.param({"Parameters": {"Minutes": ["5"], "Pool": ["db"]}}, "InvalidParameters", id="value"),
        pytest.param({"Parameters": {"Minutes": ["5"], "Site": ["x"]}}, "InvalidParameters", id="unknown one"),
        pytest.param({"DocumentVersion": "2"}, "InvalidDocumentVersion", id="version"),
        pytest.param({"DocumentName": "Fill"}, "InvalidDocument", id="name"),
        pytest.param({"DocumentName": "AWS-PatchInstanceWithRollback"}, "InvalidDocument", id="a runbook"),
    ],
)
def test_what_a_document_of_ones_own_does_not_take(drain, asked, code):
    with refused(code):
        drain.send_command(
            **{"DocumentName": "Drain", "InstanceIds": [node_id(0)], "Parameters": {"Minutes": ["5"]}, **asked}
        )
