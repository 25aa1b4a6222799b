# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_group and ssm_patch_group_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.baselines import differing, writes

AL2023 = "AMAZON_LINUX_2023"
GROUP = {"patch_group": "Production", "operating_system": AL2023}
UNKNOWN = "pb-0123456789abcdef0"


@pytest.fixture
def made(baseline):
    """Ids of baselines by name."""
    systems = {"first": AL2023, "second": AL2023, "windows": "WINDOWS"}
    created = {
        name: baseline.ok(name=name, operating_system=system)["patch_baseline"]["baseline_id"]
        for name, system in systems.items()
    }
    baseline.server.application.calls.clear()
    return created


def predefined(aws, system):
    filters = [{"Key": "OWNER", "Values": ["AWS"]}, {"Key": "OPERATING_SYSTEM", "Values": [system]}]
    return aws.client().describe_patch_baselines(Filters=filters)["BaselineIdentities"][0]


@pytest.mark.parametrize("by", ["baseline", "baseline_id"])
def test_register_and_deregister(patch_group, patch_groups, made, by):
    named = {"baseline": "first"} if by == "baseline" else {"baseline_id": made["first"]}
    registered = patch_group.converge(**GROUP, **named)
    expected = {**GROUP, "baseline": "first", "baseline_id": made["first"]}
    assert registered["patch_group"] == registered["diff"]["after"] == expected
    assert registered["changes"] == [f"register patch group Production with baseline {made['first']}"]
    assert patch_groups() == [expected]
    gone = patch_group.converge(**GROUP, state="absent")
    assert (gone["patch_group"], gone["diff"]["before"]) == ({}, expected)
    assert patch_groups() == []


def test_an_id_tells_the_operating_system(patch_group, patch_groups, made):
    patch_group.converge(patch_group="Production", baseline_id=made["windows"])
    patch_group.converge(patch_group="Production", baseline_id=made["first"])
    assert [(one["operating_system"], one["baseline"]) for one in patch_groups()] == [
        (AL2023, "first"),
        ("WINDOWS", "windows"),
    ]
    patch_group.converge(patch_group="Production", baseline_id=made["windows"], state="absent")
    assert [one["baseline"] for one in patch_groups()] == ["first"]


def test_move(patch_group, patch_groups, made):
    patch_group.ok(**GROUP, baseline="first")
    (warning,) = patch_group.ok(True, **GROUP, baseline="second")["warnings"]
    assert warning == (
        f"Patch group Production is taken from baseline {made['first']}: until it is registered again its nodes have "
        "the default baseline"
    )
    moved = patch_group.converge(**GROUP, baseline="second")
    assert differing(moved) == {"baseline", "baseline_id"}
    assert moved["changes"] == [
        f"deregister patch group Production from baseline {made['first']}",
        f"register patch group Production with baseline {made['second']}",
    ]
    assert moved["warnings"] == [warning]
    assert [one["baseline"] for one in patch_groups()] == ["second"]


def test_to_a_baseline_of_aws_by_name_and_by_arn(patch_group, aws, made):
    ours, theirs = made["first"], predefined(aws, AL2023)
    patch_group.ok(**GROUP, baseline_id=ours)
    moved = patch_group.converge(**GROUP, baseline=theirs["BaselineName"])
    assert moved["patch_group"]["baseline_id"] == theirs["BaselineId"]
    patch_group.ok(**GROUP, baseline_id=ours)
    patch_group.converge(patch_group="Production", baseline_id=theirs["BaselineId"])


def test_absent_from_one_baseline_only(patch_group, made):
    patch_group.ok(**GROUP, baseline="first")
    assert patch_group.converge(**GROUP, baseline="second", state="absent")["changed"] is False
    assert patch_group.converge(**GROUP, baseline_id=made["second"], state="absent")["changed"] is False
    assert patch_group.converge(**GROUP, baseline="unknown", state="absent")["changed"] is False
    assert patch_group.converge(**GROUP, baseline="first", state="absent")["changed"] is True


def test_names_are_compared_exactly(patch_group, patch_groups, made):
    for name in ("Production", "production", "Production Linux", "Prod"):
        patch_group.converge(patch_group=name, baseline_id=made["first"])
    assert [one["patch_group"] for one in patch_groups(patch_group="Production")] == ["Production"]
    assert len(patch_groups()) == 4
    assert len(patch_groups(operating_system="WINDOWS")) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"baseline": "unknown"}, f"There is no patch baseline unknown for {AL2023} in", id="unknown name"),
        pytest.param({"baseline": "windows"}, f"There is no patch baseline windows for {AL2023} in", id="other system"),
        pytest.param({"baseline_id": UNKNOWN}, f"There is no patch baseline {UNKNOWN} in", id="unknown id"),
        pytest.param({}, "state is present but any of the following are missing: baseline, baseline_id", id="none"),
        pytest.param({"baseline": "first", "baseline_id": UNKNOWN}, "mutually exclusive", id="two ways"),
        pytest.param(
            {"operating_system": "FEDORA", "baseline": "first"},
            "operating_system: FEDORA is known on hosts only; Patch Manager knows ALMA_LINUX, AMAZON_LINUX,",
            id="known on hosts only",
        ),
        pytest.param(
            {"operating_system": "Amazon Linux", "baseline": "first"},
            "operating_system: 'Amazon Linux' is not allowed; allowed: ALMA_LINUX, AMAZON_LINUX,",
            id="no operating system",
        ),
        pytest.param(
            {"patch_group": "", "baseline": "first"}, "patch_group: must have 1 to 256 characters, not 0", id="empty"
        ),
        pytest.param(
            {"patch_group": "x" * 257, "baseline": "first"},
            "patch_group: must have 1 to 256 characters, not 257",
            id="too long",
        ),
        pytest.param(
            {"patch_group": "Production*", "baseline": "first"},
            "patch_group: 'Production*' may hold letters, numbers, blanks and _ . : / = + - @ only",
            id="a character that no name has",
        ),
    ],
)
def test_refused(patch_group, aws, made, options, words):
    assert words in patch_group.failure(**{**GROUP, **options})
    assert not writes(aws)


def test_names_of_all_scripts(patch_group, made):
    patch_group.converge(patch_group="Größe ½ 本番_.:/=+-@", baseline_id=made["first"])


def test_the_baseline_is_of_another_operating_system(patch_group, made):
    assert patch_group.failure(**GROUP, baseline_id=made["windows"]) == (
        f"Patch baseline {made['windows']} is for WINDOWS, not for {AL2023}"
    )


def test_two_baselines_of_one_name(patch_group, aws, made):
    other = aws.client().create_patch_baseline(Name="first", OperatingSystem=AL2023)["BaselineId"]
    message = patch_group.failure(**GROUP, baseline="first")
    assert made["first"] in message
    assert other in message
    patch_group.converge(**GROUP, baseline_id=other)
    assert patch_group.ok(**GROUP, baseline="first")["patch_group"]["baseline_id"] == other


@pytest.mark.parametrize(
    "by", [pytest.param({"baseline": "first"}, id="by name"), pytest.param({"baseline_id": None}, id="by id")]
)
def test_calls_for_what_is_unchanged(patch_group, aws, made, by):
    named = {name: value or made["first"] for name, value in by.items()}
    patch_group.ok(**GROUP, **named)
    aws.application.calls.clear()
    patch_group.ok(**GROUP, **named)
    assert aws.actions == ["ssm:DescribePatchGroups"]
    aws.application.calls.clear()
    patch_group.ok(**GROUP, state="absent")
    aws.application.calls.clear()
    patch_group.ok(**GROUP, state="absent")
    assert aws.actions == ["ssm:DescribePatchGroups"]


def test_the_cli_reads_what_was_registered(patch_group, aws_cli, made):
    patch_group.converge(**GROUP, baseline="first")
    assert aws_cli("ssm", "describe-patch-groups") == {
        "Mappings": [
            {
                "PatchGroup": "Production",
                "BaselineIdentity": {
                    "BaselineId": made["first"],
                    "BaselineName": "first",
                    "OperatingSystem": AL2023,
                    "DefaultBaseline": False,
                },
            }
        ]
    }


# What goes wrong half way.


REGISTER = "RegisterPatchBaselineForPatchGroup"


def test_a_group_is_given_back_when_it_cannot_be_registered(patch_group, patch_groups, aws, made):
    patch_group.ok(**GROUP, baseline="first")
    before = patch_groups()
    aws.fail(operation=REGISTER, error="AccessDeniedException", times=1)
    failed = patch_group(**GROUP, baseline="second")
    assert f"Failed to register patch group Production with baseline {made['second']}: " in failed["msg"]
    assert "not authorized" in failed["msg"]
    assert failed["changes"] == [
        f"deregister patch group Production from baseline {made['first']}",
        f"give patch group Production back to baseline {made['first']}",
    ]
    assert patch_groups() == before
    patch_group.converge(**GROUP, baseline="second")


def test_a_group_that_cannot_be_given_back(patch_group, patch_groups, aws, made):
    patch_group.ok(**GROUP, baseline="first")
    aws.fail(operation=REGISTER, error="AccessDeniedException", times=2)
    failed = patch_group(**GROUP, baseline="second")
    assert f"Failed to register patch group Production with baseline {made['second']}: " in failed["msg"]
    assert f"Failed to give patch group Production back to baseline {made['first']}: " in failed["msg"]
    assert "Until patch group Production is registered again its nodes have the default baseline" in failed["msg"]
    assert (failed["changed"], len(failed["changes"])) == (True, 1)
    assert patch_groups() == []
    patch_group.converge(**GROUP, baseline="second")


def test_nothing_was_done_when_the_group_cannot_be_taken(patch_group, patch_groups, aws, made):
    patch_group.ok(**GROUP, baseline="first")
    aws.fail(operation="DeregisterPatchBaselineForPatchGroup", error="AccessDeniedException")
    failed = patch_group(**GROUP, baseline="second")
    assert (failed["changed"], failed["changes"]) == (False, [])
    assert [one["baseline"] for one in patch_groups()] == ["first"]


@pytest.mark.parametrize("operation", [REGISTER, "DeregisterPatchBaselineForPatchGroup"])
def test_an_answer_that_is_lost(patch_group, patch_groups, aws, made, operation):
    patch_group.ok(**GROUP, baseline="first")
    aws.fail(operation=operation, error="InternalServerError", answered=False, times=1)
    patch_group.converge(**GROUP, baseline="second")
    assert [one["baseline"] for one in patch_groups()] == ["second"]
