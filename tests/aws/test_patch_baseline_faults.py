# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_baseline where AWS is not there, refuses, is busy, or loses answers."""

from __future__ import annotations

import json
import socket

import pytest

from ansible_collections.patchops.fleet.tests.aws.baselines import LINUX, WHICH, WHOLE, region_of, writes
from ansible_collections.patchops.fleet.tests.aws.conftest import written

NO_RETRIES = {"retries": {"max_attempts": 0}}


@pytest.fixture
def nothing_configured(monkeypatch, tmp_path):
    """As on a machine that knows nothing of AWS."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "REGION", "DEFAULT_REGION"):
        monkeypatch.delenv("AWS_" + name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        pytest.param(
            {"access_key": None, "secret_key": None},
            "Failed to list patch baselines: Unable to locate credentials",
            id="no credentials",
        ),
        pytest.param({"region": None}, "module requires a region and none was found", id="no Region"),
        pytest.param(
            {"region": "Frankfurt am Main"}, "'Frankfurt am Main' doesn't match a supported", id="no name of one"
        ),
    ],
)
def test_not_configured(baseline, nothing_configured, aws, connection, words):
    failed = baseline(**LINUX, **connection)
    assert words in failed["msg"]
    assert (failed.get("changed", False), aws.actions) == (False, [])


def test_an_endpoint_where_nobody_answers(baseline):
    url = f"http://127.0.0.1:{closed_port()}"
    failed = baseline(**LINUX, endpoint_url=url, aws_config=NO_RETRIES)
    assert f'Failed to list patch baselines: Could not connect to the endpoint URL: "{url}/"' in failed["msg"]
    assert (failed["changed"], failed["changes"]) == (False, [])


def test_an_endpoint_that_answers_too_late(baseline, aws):
    aws.fail(operation="CreatePatchBaseline", delay=5)
    failed = baseline(**LINUX, aws_config={**NO_RETRIES, "read_timeout": 1})
    assert "Failed to create patch baseline production for AMAZON_LINUX_2023: Read timeout on" in failed["msg"]
    assert (failed["changed"], failed["changes"]) == (False, [])


CREATED = "create patch baseline production for AMAZON_LINUX_2023"


@pytest.mark.parametrize(
    ("operation", "after", "done"),
    [
        pytest.param("DescribePatchBaselines", 0, 0, id="list"),
        pytest.param("DescribePatchGroups", 0, 0, id="list of groups"),
        pytest.param("CreatePatchBaseline", 0, 0, id="create"),
        pytest.param("RegisterPatchBaselineForPatchGroup", 0, 1, id="first group"),
        pytest.param("RegisterPatchBaselineForPatchGroup", 1, 2, id="second group"),
        pytest.param("RegisterDefaultPatchBaseline", 0, 3, id="default"),
        pytest.param("GetPatchBaseline", 0, 4, id="reading what was created"),
    ],
)
def test_access_denied_half_way_through_a_creation(baseline, baselines, aws, operation, after, done):
    aws.fail(operation=operation, error="AccessDeniedException", after=after, times=1)
    failed = baseline(**WHOLE)
    assert failed["msg"].startswith("Failed to ")
    assert f"not authorized to perform: ssm:{operation}" in failed["msg"]
    steps = [
        CREATED,
        *("register patch group %s with baseline" % group for group in ("Critical", "Production")),
        "make patch baseline",
    ]
    assert len(failed["changes"]) == done
    assert all(note.startswith(step) for note, step in zip(failed["changes"], steps, strict=False))
    assert failed["changed"] is bool(done)
    again = baseline.converge(**WHOLE)["patch_baseline"]
    assert baselines() == [again]
    assert written(again)["patch_groups"] == ["Critical", "Production"]


CHANGED = {"description": "Others", "tags": {"Level": "1"}, "patch_groups": ["Production", "More"], "default": False}


@pytest.mark.parametrize(
    ("operation", "done"),
    [
        pytest.param("UpdatePatchBaseline", 0, id="update"),
        pytest.param("RemoveTagsFromResource", 1, id="old tags"),
        pytest.param("AddTagsToResource", 2, id="new tags"),
        pytest.param("DeregisterPatchBaselineForPatchGroup", 3, id="old group"),
        pytest.param("RegisterPatchBaselineForPatchGroup", 4, id="new group"),
        pytest.param("RegisterDefaultPatchBaseline", 5, id="default"),
    ],
)
def test_access_denied_half_way_through_a_change(baseline, aws, operation, done):
    baseline.ok(**WHOLE)
    aws.fail(operation=operation, error="AccessDeniedException", times=1)
    failed = baseline(**WHICH, **CHANGED)
    assert f"not authorized to perform: ssm:{operation}" in failed["msg"]
    assert (len(failed["changes"]), failed["changed"]) == (done, bool(done))
    assert baseline.converge(**WHICH, **CHANGED)["changed"] is True


@pytest.mark.parametrize(
    ("operation", "done"),
    [
        pytest.param("DescribePatchBaselines", 0, id="looking for AWS's own default"),
        pytest.param("DeregisterPatchBaselineForPatchGroup", 0, id="group"),
        pytest.param("RegisterDefaultPatchBaseline", 2, id="default"),
        pytest.param("DeletePatchBaseline", 3, id="delete"),
    ],
)
def test_access_denied_half_way_through_a_deletion(baseline, aws, operation, done):
    baseline.ok(**WHOLE)
    found_first = 1 if operation == "DescribePatchBaselines" else 0
    aws.fail(operation=operation, error="AccessDeniedException", after=found_first, times=1)
    failed = baseline(**WHICH, state="absent", force=True)
    assert (len(failed["changes"]), failed["changed"]) == (done, bool(done))
    baseline.converge(**WHICH, state="absent", force=True)
    assert region_of(aws).baselines == {}


def test_a_moved_group_is_given_back_when_it_cannot_be_registered(baseline, aws):
    owner = baseline.ok(**{**LINUX, "name": "owner"}, patch_groups=["Production"])["patch_baseline"]["baseline_id"]
    made = baseline.ok(**LINUX)["patch_baseline"]["baseline_id"]
    aws.fail(operation="RegisterPatchBaselineForPatchGroup", error="AccessDeniedException", times=1)
    failed = baseline(**WHICH, patch_groups=["Production"])
    assert f"Failed to register patch group Production with baseline {made}" in failed["msg"]
    assert failed["changes"] == [
        f"deregister patch group Production from baseline {owner}",
        f"give patch group Production back to baseline {owner}",
    ]
    assert list(region_of(aws).patch_groups.values()) == [owner]


def test_a_fifth_of_all_calls_throttled(baseline, baselines, aws):
    aws.fail(error="ThrottlingException", every=5)
    created = baseline.converge(**WHOLE)
    assert len(created["changes"]) == 4
    baseline.ok(**WHICH, **CHANGED)
    assert [one["description"] for one in baselines()] == ["Others"]
    baseline.ok(**WHICH, state="absent", force=True)
    assert region_of(aws).baselines == {}
    assert len([call for call in aws.calls if call.error == "ThrottlingException"]) > 5


def test_throttled_beyond_what_botocore_repeats(baseline, aws):
    aws.fail(operation="GetPatchBaseline", error="ThrottlingException", times=2)
    baseline.ok(**LINUX, aws_config=NO_RETRIES)
    assert aws.actions.count("ssm:GetPatchBaseline") == 3


@pytest.mark.parametrize(
    "connection", [pytest.param({}, id="repeated by botocore"), pytest.param(NO_RETRIES, id="repeated by the module")]
)
@pytest.mark.parametrize(
    "operation", ["CreatePatchBaseline", "RegisterPatchBaselineForPatchGroup", "RegisterDefaultPatchBaseline"]
)
def test_an_answer_that_is_lost_creates_nothing_twice(baseline, baselines, aws, connection, operation):
    aws.fail(operation=operation, error="InternalServerError", answered=False, times=1)
    created = baseline.ok(**WHOLE, aws_config=connection)["patch_baseline"]
    assert baselines() == [created]
    tokens = [call.request.get("ClientToken") for call in aws.calls if call.operation == "CreatePatchBaseline"]
    assert len(set(tokens)) == 1
    assert tokens[0]
    assert baseline.ok(**WHOLE)["changed"] is False


def test_an_answer_that_is_lost_when_deleting(baseline, aws):
    baseline.ok(**WHOLE)
    aws.fail(operation="DeletePatchBaseline", error="InternalServerError", answered=False, times=1)
    baseline.ok(**WHICH, state="absent", force=True)
    assert region_of(aws).baselines == {}
    assert writes(aws).count("DeletePatchBaseline") == 2


def test_the_quota(baseline, aws):
    for number in range(50):
        aws.client().create_patch_baseline(Name=f"number-{number}", OperatingSystem="UBUNTU")
    failed = baseline(**LINUX)
    assert f"Failed to {CREATED}: " in failed["msg"]
    assert "ResourceLimitExceededException" in failed["msg"]
    assert failed["changed"] is False


def test_another_takes_the_group_meanwhile(baseline, aws):
    """Between the list and the registration."""
    aws.fail(operation="RegisterPatchBaselineForPatchGroup", error="AlreadyExistsException", times=1)
    failed = baseline(**LINUX, patch_groups=["Other"])
    assert "AlreadyExistsException" in failed["msg"]
    assert failed["changes"] == [CREATED]


def test_secrets_are_in_no_answer(baseline, aws):
    """The fixture looks for the secret key in all that modules print; here the token of a session."""
    token = "a-session-token-that-nobody-should-see"
    aws.fail(operation="GetPatchBaseline", error="AccessDeniedException")
    for answer in (baseline(**LINUX, session_token=token), baseline(**WHICH, state="absent", session_token=token)):
        assert token not in json.dumps(answer)
