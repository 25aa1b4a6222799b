# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_activation and ssm_activation_info."""

from __future__ import annotations

import datetime
import json
import stat

import pytest
from botocore.exceptions import ConnectionClosedError

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import activation as activations
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.unrepeatable import Once
from ansible_collections.patchops.fleet.tests.aws.conftest import READING

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
LITTLE = {"iam_role": "hybrid"}
WHOLE = {
    "default_instance_name": "datacentre-1",
    "iam_role": "service-role/hybrid",
    "description": "Hosts of the data centre",
    "registration_limit": 10,
    "tags": {"Patch Group": "Production"},
}
OF_AWS = ("activation_id", "registrations_count", "expiration_date", "expired", "created_date")


@pytest.fixture
def roles(aws):
    aws.client("iam").create_role(RoleName="hybrid", AssumeRolePolicyDocument=json.dumps(TRUST))
    aws.application.calls.clear()


@pytest.fixture
def run(module, roles):
    """The module, in a task with no_log; `run.converge` holds it to what every module promises."""
    activation = module("ssm_activation", "activation", assigned=OF_AWS)

    def with_no_log(check_mode=False, **options):
        return activation(check_mode, **{"_ansible_no_log": True, "wait_timeout": 0, **options})

    with_no_log.converge = lambda **options: activation.converge(wait_timeout=0, **options)
    with_no_log.ok = lambda **options: activation.ok(**{"_ansible_no_log": True, "wait_timeout": 0, **options})
    return with_no_log


@pytest.fixture
def info(module):
    return module("ssm_activation_info")


def writes(aws):
    return [call.operation for call in aws.calls if not call.operation.startswith(READING) and call.service == "ssm"]


def expected(options):
    return {"registration_limit": 1, "tags": {}, **options}


@pytest.mark.parametrize("options", [pytest.param(LITTLE, id="little"), pytest.param(WHOLE, id="whole")])
def test_create_and_find_it_again(run, aws, tmp_path, options):
    path = tmp_path / "activation.json"
    created = run.converge(**options, code_file=str(path))
    assert created["diff"] == {"before": {}, "after": expected(options)}
    assert writes(aws) == ["CreateActivation"]
    held = json.loads(path.read_text())
    assert (held["activation_id"], held["region"]) == (created["activation"]["activation_id"], "eu-central-1")
    aws.register(held["activation_id"], held["activation_code"])


def test_what_was_created_is_what_the_aws_cli_reads(run, aws_cli):
    created = run.ok(**WHOLE)
    (shown,) = aws_cli("ssm", "describe-activations")["ActivationList"]
    assert shown.items() >= {
        "ActivationId": created["activation"]["activation_id"], "DefaultInstanceName": "datacentre-1",
        "IamRole": "service-role/hybrid", "Description": "Hosts of the data centre", "RegistrationLimit": 10,
        "Tags": [{"Key": "Patch Group", "Value": "Production"}], "Expired": False,
    }.items()  # fmt: skip


def test_the_code_is_returned_once_and_nowhere_else(run, aws):
    created = run.ok(**WHOLE)
    code = created.pop("activation_code")
    aws.register(created["activation"]["activation_id"], code)
    again = run.ok(**WHOLE)
    assert code not in json.dumps([created, again])
    assert (again["changed"], "activation_code" in again) == (False, False)
    assert again["activation"]["registrations_count"] == 1
    assert "is there already, and AWS told its code when it was created, only then" in again["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_no_log_nothing_is_created(run, aws, check_mode):
    answer = run(check_mode, **LITTLE, _ansible_no_log=False)
    assert answer["msg"].endswith("would be in this task's result: set no_log on the task, or give code_file")
    assert writes(aws) == []


def test_without_no_log_one_that_is_there_is_told(run):
    run.ok(**WHOLE)
    assert not run.ok(**WHOLE, _ansible_no_log=False)["changed"]


def test_the_file_is_its_owners(run, tmp_path):
    path = tmp_path / "activation.json"
    path.write_text("of before")
    path.chmod(0o644)
    created = run.ok(**WHOLE, code_file=str(path), _ansible_no_log=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code = json.loads(path.read_text())["activation_code"]
    assert code not in json.dumps(created)
    assert created["msg"].endswith(f"was created, and its code is in {path}")
    assert run.ok(**WHOLE, code_file=str(path))["msg"].endswith(f"is there already, and its code is in {path}")
    path.unlink()
    assert "another one created with reuse: false" in run.ok(**WHOLE, code_file=str(path))["msg"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("nowhere/file", "code_file: there is no folder", id="no folder"),
        pytest.param("", "is a folder", id="a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_there_is_a_code(run, aws, tmp_path, name, message):
    for check_mode in (True, False):
        assert message in run(check_mode, **LITTLE, code_file=str(tmp_path / name))["msg"]
    assert aws.calls == []


def test_where_none_is_created_no_file_is_left(run, aws, tmp_path):
    aws.fail(operation="CreateActivation", error="AccessDeniedException")
    answer = run(**LITTLE, code_file=str(tmp_path / "file"))
    assert answer["msg"].startswith("Failed to create an activation for role hybrid: ")
    assert list(tmp_path.iterdir()) == []


KEPT = [
    pytest.param({}, id="the same"),
    pytest.param({"tags": None, "description": None, "registration_limit": None}, id="what is not given"),
    pytest.param({"expires_after_hours": 48}, id="when it expires"),
]
REPLACED = [
    pytest.param({"default_instance_name": "datacentre-2"}, id="name"),
    pytest.param({"default_instance_name": None}, id="no name"),
    pytest.param({"iam_role": "hybrid"}, id="role"),
    pytest.param({"description": "Others"}, id="description"),
    pytest.param({"registration_limit": 11}, id="limit"),
    pytest.param({"tags": {"Patch Group": "Test"}}, id="tags"),
    pytest.param({"tags": {}}, id="no tags"),
    pytest.param({"reuse": False}, id="no reuse"),
]


@pytest.mark.parametrize("options", KEPT)
def test_one_that_is_as_asked_for_is_kept(run, options):
    before = run.ok(**WHOLE)["activation"]
    again = run.ok(**{**WHOLE, **options})
    assert (again["changed"], again["activation"]) == (False, before)
    assert again["diff"]["before"] == again["diff"]["after"] == expected(WHOLE)


@pytest.mark.parametrize("options", REPLACED)
def test_another_one_is_created_beside_it(run, info, options):
    run.ok(**WHOLE)
    another = run.ok(**{**WHOLE, **options})
    assert another["changed"]
    assert another["activation_code"]
    assert len(info.ok()["activations"]) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda aws, used: aws.advance(86400), id="expired"),
        pytest.param(lambda aws, used: aws.register(*used), id="used up"),
    ],
)
def test_one_that_serves_no_more_is_left_alone(run, aws, info, spoil):
    created = run.ok(**LITTLE)
    spoil(aws, (created["activation"]["activation_id"], created["activation_code"]))
    assert run.ok(**LITTLE)["changed"]
    assert [one["activation_id"] for one in info.ok(usable=False)["activations"]] == [
        created["activation"]["activation_id"]
    ]


def test_of_several_the_newest_is_told(run, aws):
    run.ok(**WHOLE)
    aws.advance(60)
    newest = run.ok(**WHOLE, reuse=False)["activation"]
    assert run.ok(**WHOLE)["activation"] == newest


IN_TWO_DAYS = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=2)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"expires_after_hours": 48}, id="hours"),
        pytest.param({"expiration_date": IN_TWO_DAYS.isoformat()}, id="date"),
    ],
)
def test_expiration(run, options):
    expires = datetime.datetime.fromisoformat(run.ok(**LITTLE, **options)["activation"]["expiration_date"])
    assert abs(expires - IN_TWO_DAYS) < datetime.timedelta(minutes=10)


INVALID = [
    pytest.param({"iam_role": "arn:aws:iam::123456789012:role/hybrid"}, "iam_role: ", id="ARN"),
    pytest.param({"iam_role": ""}, "iam_role: must not be empty", id="no role"),
    pytest.param({"default_instance_name": "a\nb"}, "default_instance_name: may hold", id="name"),
    pytest.param({"description": "x" * 257}, "description: must have 1 to 256 characters", id="description"),
    pytest.param({"registration_limit": 0}, "registration_limit: 0 is not allowed", id="limit of none"),
    pytest.param({"registration_limit": 1001}, "registration_limit: 1001 is not allowed", id="limit"),
    pytest.param({"expires_after_hours": 721}, "expires_after_hours: 721 is not allowed", id="hours"),
    pytest.param({"expiration_date": "tomorrow"}, "expiration_date: 'tomorrow' is no instant", id="no date"),
    pytest.param({"expiration_date": "2020-01-01T00:00:00Z"}, "must be in the future", id="past"),
    pytest.param({"expiration_date": "2099-01-01T00:00:00Z"}, "within 30 days", id="too far"),
    pytest.param({"tags": {"aws:x": "y"}}, "tags: keys that begin with aws:", id="tag of AWS"),
    pytest.param({"activation_id": "x"}, "activation_id: AWS gives ids", id="an id"),
]


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_any_call(run, aws, options, message):
    for check_mode in (True, False):
        assert message in run(check_mode, **{**WHOLE, **options})["msg"]
    assert aws.calls == []


def test_all_that_is_wrong_is_told_at_once(run):
    message = run(iam_role="a:b", registration_limit=0, expires_after_hours=0, tags={"": "x"})["msg"]
    told = {line.partition(":")[0] for line in message.splitlines()}
    assert told == {"iam_role", "registration_limit", "expires_after_hours", "tags"}


def test_a_role_that_aws_does_not_see_yet_is_waited_for(run, aws):
    words = "Nonexistent role or missing ssm service principal in trust policy: arn"
    aws.fail(operation="CreateActivation", error="ValidationException", message=words, times=1)
    assert run.ok(**LITTLE, wait_timeout=60)["changes"] == ["create an activation for role hybrid"]


@pytest.mark.parametrize(
    ("fault", "deleted", "made"),
    [
        pytest.param({"error": "InternalServerError", "answered": False, "times": 1}, 1, True, id="lost once"),
        pytest.param({"error": "InternalServerError", "answered": False}, 3, False, id="lost always"),
        pytest.param({"error": "InternalServerError", "times": 1}, 0, True, id="not done"),
        pytest.param({"error": "ThrottlingException", "times": 1}, 0, True, id="throttled"),
    ],
)
def test_an_answer_that_is_lost_leaves_no_activation(run, aws, info, fault, deleted, made):
    """Its code is lost with it. One that is alike and was there before stays."""
    before = run.ok(**WHOLE)["activation"]
    aws.fail(operation="CreateActivation", **fault)
    result = run(**WHOLE, reuse=False)
    assert bool(result.get("failed")) is not made
    words = [one.partition(" ")[0] for one in result["changes"]]
    assert words == ["delete"] * deleted + ["create"] * made
    left = {one["activation_id"] for one in info.ok()["activations"]}
    assert left == {before["activation_id"], *([result["activation"]["activation_id"]] if made else [])}


def test_an_activation_that_nodes_use_is_not_taken_for_a_lost_one(run, aws, info):
    """Another one like it, made by somebody else at the same time."""
    others = []

    def meanwhile(**_event):
        if not others:
            others.append(aws.client().create_activation(IamRole="hybrid", RegistrationLimit=1))
            aws.register(others[0]["ActivationId"], others[0]["ActivationCode"])
            raise ConnectionClosedError(endpoint_url=aws.url)

    client = aws.client()
    client.meta.events.register("before-call.ssm.CreateActivation", meanwhile)
    api = Api(aws.client())
    once = Once(api, Api(client), lambda: None, ())
    made = activations.create(api, expected(LITTLE), None, lambda look: look(), once)
    assert {one["activation_id"] for one in info.ok()["activations"]} == {others[0]["ActivationId"], made.activation_id}


def test_a_role_that_is_not_there(run):
    message = run(iam_role="nobody")["msg"]
    assert "Nonexistent role" in message
    assert "Name a role that is there and that ssm.amazonaws.com may assume" in message


def test_delete_by_id(run, aws, info):
    kept, gone = (run.ok(**WHOLE, reuse=False)["activation"] for _one in range(2))
    result = run.converge(state="absent", activation_id=gone["activation_id"])
    assert [one["activation_id"] for one in result["diff"]["before"]["activations"]] == [gone["activation_id"]]
    assert result["changes"] == [f"delete activation {gone['activation_id']}"]
    assert info.ok()["activations"] == [kept]


def test_delete_all_of_a_name(run, aws, info):
    created = run.ok(**WHOLE)
    node = aws.register(created["activation"]["activation_id"], created["activation_code"])
    run.ok(**WHOLE, reuse=False, expires_after_hours=1)
    run.ok(**{**WHOLE, "iam_role": "hybrid"})
    other = run.ok(**LITTLE)["activation"]
    aws.advance(3600)
    run.converge(state="absent", default_instance_name="datacentre-1", iam_role="service-role/hybrid")
    assert len(info.ok()["activations"]) == 2
    run.converge(state="absent", default_instance_name="datacentre-1")
    assert [one["activation_id"] for one in info.ok()["activations"]] == [other["activation_id"]]
    (region,) = aws.application.service.regions.values()
    assert list(region.nodes) == [node]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"default_instance_name": ""}, id="empty name"),
        pytest.param({"activation_id": ""}, id="empty id"),
        pytest.param({"iam_role": "hybrid"}, id="role alone"),
    ],
)
def test_what_names_nothing_deletes_nothing(run, aws, options):
    run.ok(**LITTLE)
    aws.application.calls.clear()
    assert run(state="absent", **options)["failed"]
    assert aws.calls == []


def test_info(run, aws, info):
    first = run.ok(**WHOLE)["activation"]
    aws.advance(60)
    second = run.ok(**LITTLE)["activation"]
    aws.set(largest_page=1, empty_pages=True)
    assert info.ok()["activations"] == [first, second]
    assert info.ok(default_instance_name="datacentre-1")["activations"] == [first]
    assert info.ok(iam_role="hybrid", usable=True)["activations"] == [second]
    assert info.ok(activation_id=second["activation_id"], usable=False)["activations"] == []
