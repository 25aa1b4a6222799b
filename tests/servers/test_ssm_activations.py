# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Activations on the strict SSM, and nodes that register with them, through boto3 (operations.md, 9)."""

from __future__ import annotations

import datetime
import json
import urllib.request

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import refused
from ansible_collections.patchops.fleet.tests.servers.ssm.errors import SSMError

NOW = "2026-11-27T12:00:00Z"
MOMENT = datetime.datetime.fromisoformat(NOW)
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


@pytest.fixture
def ssm(aws):
    aws.set(now=NOW, unseen_polls=0)
    iam = aws.client("iam")
    iam.create_role(RoleName="hybrid", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    return aws.client()


def described(ssm, **filters):
    asked = [{"FilterKey": key, "FilterValues": values} for key, values in filters.items()]
    return ssm.describe_activations(Filters=asked)["ActivationList"]


def test_the_code_is_told_once(ssm):
    created = ssm.create_activation(IamRole="hybrid", DefaultInstanceName="web")
    (shown,) = described(ssm)
    assert created["ActivationCode"] not in str(shown)
    assert shown == {
        "ActivationId": created["ActivationId"], "IamRole": "hybrid", "DefaultInstanceName": "web",
        "RegistrationLimit": 1, "CreatedDate": MOMENT, "ExpirationDate": MOMENT + datetime.timedelta(days=1),
        "Expired": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        pytest.param({}, 2, id="none"),
        pytest.param({"DefaultInstanceName": ["web"]}, 1, id="name"),
        pytest.param({"IamRole": ["hybrid"]}, 2, id="role"),
        pytest.param({"IamRole": ["hybrid"], "DefaultInstanceName": ["db", "web"]}, 2, id="several"),
        pytest.param({"IamRole": ["other"], "DefaultInstanceName": ["web"]}, 0, id="of which one does not fit"),
    ],
)
def test_filters(ssm, filters, count):
    for name in ("web", "db"):
        ssm.create_activation(IamRole="hybrid", DefaultInstanceName=name)
    assert len(described(ssm, **filters)) == count


@pytest.mark.parametrize(
    ("operation", "request_of", "code"),
    [
        pytest.param("create_activation", {"IamRole": "nobody"}, "ValidationException", id="no such role"),
        pytest.param("create_activation", {"IamRole": "other"}, "ValidationException", id="a role that does not trust"),
        pytest.param("create_activation", {"IamRole": "hybrid", "ExpirationDate": MOMENT}, "InvalidParameters",
                     id="expires at once"),
        pytest.param("create_activation",
                     {"IamRole": "hybrid", "ExpirationDate": MOMENT + datetime.timedelta(days=30, seconds=1)},
                     "InvalidParameters", id="expires too late"),
        pytest.param("create_activation", {"IamRole": "hybrid", "RegistrationLimit": 1001}, "ValidationException",
                     id="too many registrations"),
        pytest.param("delete_activation", {"ActivationId": "00000000-0000-0000-0000-000000000000"},
                     "InvalidActivationId", id="nothing to delete"),
        pytest.param("describe_activations", {"Filters": [{"FilterKey": "IamRole"}]}, "InvalidFilter", id="no values"),
        pytest.param("deregister_managed_instance", {"InstanceId": "mi-0123456789abcdef0"}, "InvalidInstanceId",
                     id="no such node"),
    ],
)  # fmt: skip
def test_what_is_refused(ssm, operation, request_of, code):
    with refused(code):
        getattr(ssm, operation)(**request_of)


@pytest.fixture
def activation(ssm):
    created = ssm.create_activation(
        IamRole="hybrid", DefaultInstanceName="web", RegistrationLimit=2, Tags=[{"Key": "Stage", "Value": "dev"}]
    )
    return created["ActivationId"], created["ActivationCode"]


def test_a_node_registers_and_goes(aws, ssm, activation):
    node = aws.register(*activation, platform_name="Debian GNU/Linux")
    (shown,) = ssm.describe_instance_information()["InstanceInformationList"]
    assert shown.items() >= {
        "InstanceId": node, "ActivationId": activation[0], "IamRole": "hybrid", "Name": "web",
        "ResourceType": "ManagedInstance", "PingStatus": "Online", "PlatformName": "Debian GNU/Linux",
    }.items()  # fmt: skip
    tags = ssm.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=node)["TagList"]
    assert tags == [{"Key": "Stage", "Value": "dev"}]
    assert described(ssm)[0]["RegistrationsCount"] == 1
    ssm.update_managed_instance_role(InstanceId=node, IamRole="other")
    by_role = ssm.describe_instance_information(Filters=[{"Key": "IamRole", "Values": ["other"]}])
    assert len(by_role["InstanceInformationList"]) == 1
    ssm.delete_activation(ActivationId=activation[0])
    assert len(ssm.describe_instance_information()["InstanceInformationList"]) == 1
    ssm.deregister_managed_instance(InstanceId=node)
    assert ssm.describe_instance_information()["InstanceInformationList"] == []


def test_a_new_node_is_not_listed_at_once(aws, ssm, activation):
    aws.set(now=NOW, unseen_polls=2)
    aws.register(*activation)
    looks = [len(ssm.describe_instance_information()["InstanceInformationList"]) for _look in range(3)]
    assert looks == [0, 0, 1]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda aws, used: used.update(code="wrong"), "InvalidActivation", id="another code"),
        pytest.param(lambda aws, used: aws.client().delete_activation(ActivationId=used["activation_id"]),
                     "InvalidActivation", id="deleted"),
        pytest.param(lambda aws, used: [aws.register(**used) for _node in range(2)], "RegistrationLimitExceeded",
                     id="used up"),
        pytest.param(lambda aws, used: aws.advance(86400), "ActivationExpired", id="expired"),
    ],
)  # fmt: skip
def test_an_activation_that_does_not_serve_any_more(aws, activation, spoil, error):
    used = dict(zip(("activation_id", "code"), activation, strict=True))
    spoil(aws, used)
    with pytest.raises(SSMError, match=error):
        aws.register(**used)


def test_other_processes_register_over_http(aws, ssm, activation):
    def post(**content):
        asked = urllib.request.Request(aws.url + "/_control/register", json.dumps(content).encode())
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)

    named = {"activation_id": activation[0], "region": "eu-central-1"}
    node = post(**named, code=activation[1])["InstanceId"]
    assert [one["InstanceId"] for one in ssm.describe_instance_information()["InstanceInformationList"]] == [node]
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(**named, code="wrong")
    assert (refusal.value.code, b"InvalidActivation" in refusal.value.read()) == (400, True)
