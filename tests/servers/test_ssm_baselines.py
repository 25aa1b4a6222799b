# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch baselines, defaults, patch groups and tags of the strict SSM, through boto3."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.servers.answers import (
    BASELINE,
    baseline,
    refused,
    rules,
    without_metadata,
)


@pytest.fixture
def ssm(aws):
    return aws.client()


def test_a_baseline_is_read_back_with_what_aws_fills_in(ssm):
    identifier = baseline(ssm)
    answer = without_metadata(ssm.get_patch_baseline(BaselineId=identifier))
    assert answer.pop("CreatedDate") == answer.pop("ModifiedDate")
    (rule,) = answer.pop("ApprovalRules")["PatchRules"]
    assert rule == {**BASELINE["ApprovalRules"]["PatchRules"][0], "EnableNonSecurity": False}
    assert answer == {
        "BaselineId": identifier,
        "Name": "production-al2",
        "OperatingSystem": "AMAZON_LINUX_2",
        "GlobalFilters": {"PatchFilters": []},
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatches": [],
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "PatchGroups": [],
        "Sources": [],
    }


def test_a_baseline_without_operating_system_is_for_windows(ssm):
    identifier = ssm.create_patch_baseline(Name="any")["BaselineId"]
    assert ssm.get_patch_baseline(BaselineId=identifier)["OperatingSystem"] == "WINDOWS"


def test_names_are_not_unique(ssm):
    assert baseline(ssm) != baseline(ssm)


SOURCE = {"Name": "own", "Products": ["*"], "Configuration": "[own]"}


@pytest.mark.parametrize(
    ("system", "given", "why"),
    [
        pytest.param("UBUNTU", BASELINE["ApprovalRules"], "CLASSIFICATION is not valid for UBUNTU", id="key"),
        pytest.param("SUSE", rules({}), "one of ApproveAfterDays", id="none"),
        pytest.param("SUSE", rules({"ApproveAfterDays": 1, "ApproveUntilDate": "2026-01-01"}), "one", id="both"),
        pytest.param("SUSE", rules({"ApproveUntilDate": "2026-1-1"}), "no date", id="form of the date"),
        pytest.param("SUSE", rules({"ApproveUntilDate": "2026-02-30"}), "no date", id="day that is none"),
        pytest.param("WINDOWS", rules({"ApproveAfterDays": 1, "EnableNonSecurity": True}), "Linux", id="Windows"),
    ],
)  # fmt: skip
def test_rules_that_aws_refuses(ssm, system, given, why):
    with refused("ValidationException", why):
        ssm.create_patch_baseline(Name="any", OperatingSystem=system, ApprovalRules=given)
    assert ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])["BaselineIdentities"] == []


@pytest.mark.parametrize(
    ("system", "given"),
    [
        pytest.param("WINDOWS", {"Sources": [SOURCE]}, id="sources on Windows"),
        pytest.param("WINDOWS", {"ApprovedPatchesEnableNonSecurity": True}, id="non-security on Windows"),
        pytest.param("SUSE", {"AvailableSecurityUpdatesComplianceStatus": "COMPLIANT"}, id="available on Linux"),
        pytest.param("SUSE", {"GlobalFilters": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}] * 2}}, id="both"),
        pytest.param("SUSE", {"Tags": [{"Key": "aws:x", "Value": ""}]}, id="tag of AWS"),
        pytest.param("SUSE", {"Tags": [{"Key": "x", "Value": ""}] * 2}, id="tag twice"),
        pytest.param("SUSE", {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, id="51"),
    ],
)  # fmt: skip
def test_members_that_aws_refuses(ssm, system, given):
    with refused("ValidationException"):
        ssm.create_patch_baseline(Name="any", OperatingSystem=system, **given)


def test_apt_has_no_dates(ssm):
    identifier = baseline(ssm, OperatingSystem="UBUNTU", ApprovalRules=rules({}))
    (rule,) = ssm.get_patch_baseline(BaselineId=identifier)["ApprovalRules"]["PatchRules"]
    assert "ApproveAfterDays" not in rule


def test_an_update_keeps_what_it_does_not_name(ssm):
    identifier = baseline(ssm, Description="before", RejectedPatches=["kernel*"])
    ssm.update_patch_baseline(BaselineId=identifier, RejectedPatches=[])
    after = ssm.get_patch_baseline(BaselineId=identifier)
    assert (after["Description"], after["RejectedPatches"]) == ("before", [])
    assert after["ApprovalRules"]["PatchRules"]


def test_replacing_clears_what_is_not_given_but_not_the_operating_system(ssm):
    identifier = baseline(ssm, Description="before", RejectedPatches=["kernel*"])
    after = ssm.update_patch_baseline(BaselineId=identifier, Name="after", Replace=True)
    assert "Description" not in after
    assert (after["RejectedPatches"], after["ApprovalRules"]) == ([], {"PatchRules": []})
    assert after["OperatingSystem"] == "AMAZON_LINUX_2"
    with refused("ValidationException", "Name is required"):
        ssm.update_patch_baseline(BaselineId=identifier, Replace=True)


def test_a_refused_update_changes_nothing(ssm):
    identifier = baseline(ssm)
    before = without_metadata(ssm.get_patch_baseline(BaselineId=identifier))
    with refused("ValidationException"):
        ssm.update_patch_baseline(BaselineId=identifier, Name="after", ApprovalRules=rules({}))
    assert without_metadata(ssm.get_patch_baseline(BaselineId=identifier)) == before


def test_baselines_of_aws_are_there_for_every_system_and_cannot_be_changed(ssm):
    owned = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["AWS"]}])["BaselineIdentities"]
    assert len(owned) == 17
    assert len({one["OperatingSystem"] for one in owned if one["DefaultBaseline"]}) == 15
    arn = ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    assert ssm.get_patch_baseline(BaselineId=arn)["Name"] == "AWS-AmazonLinux2DefaultPatchBaseline"
    with refused("DoesNotExistException"):
        ssm.get_patch_baseline(BaselineId=arn.rpartition("/")[2])
    with refused("DoesNotExistException"):
        ssm.update_patch_baseline(BaselineId=arn, Name="mine")
    with refused("ValidationException", "belongs to AWS"):
        ssm.delete_patch_baseline(BaselineId=arn)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        pytest.param({"NAME_PREFIX": ["prod"]}, ["production-al2", "production-suse"], id="prefix"),
        pytest.param({"NAME_PREFIX": ["prod"], "OPERATING_SYSTEM": ["SUSE"]}, ["production-suse"], id="both"),
        pytest.param({"OWNER": ["Self"]}, ["production-al2", "production-suse", "dev"], id="owner"),
        pytest.param({"NAME_PREFIX": ["nothing"]}, [], id="none"),
    ],
)
def test_filters_of_baselines(ssm, filters, names):
    baseline(ssm)
    baseline(ssm, Name="production-suse", OperatingSystem="SUSE")
    baseline(ssm, Name="dev")
    given = [{"Key": key, "Values": values} for key, values in filters.items()]
    answer = ssm.describe_patch_baselines(Filters=given)
    assert [one["BaselineName"] for one in answer["BaselineIdentities"]] == names


def test_there_is_no_filter_for_defaults(ssm):
    with refused("ValidationException", "DEFAULT_BASELINE is not valid"):
        ssm.describe_patch_baselines(Filters=[{"Key": "DEFAULT_BASELINE", "Values": ["true"]}])


def test_a_default_is_registered_reset_and_only_then_deleted(ssm):
    identifier, aws_owned = (
        baseline(ssm),
        ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"],
    )
    ssm.register_default_patch_baseline(BaselineId=identifier)
    assert ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"] == identifier
    assert ssm.get_default_patch_baseline()["OperatingSystem"] == "WINDOWS"
    with refused("ResourceInUseException"):
        ssm.delete_patch_baseline(BaselineId=identifier)
    ssm.register_default_patch_baseline(BaselineId=aws_owned)
    assert ssm.delete_patch_baseline(BaselineId=identifier)["BaselineId"] == identifier


def test_deleting_is_refused_in_use_and_quiet_for_what_is_not_there(ssm):
    identifier = baseline(ssm)
    ssm.register_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup="production")
    with refused("ResourceInUseException"):
        ssm.delete_patch_baseline(BaselineId=identifier)
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup="production")
    for _again in range(2):
        assert ssm.delete_patch_baseline(BaselineId=identifier)["BaselineId"] == identifier
    with refused("DoesNotExistException"):
        ssm.get_patch_baseline(BaselineId=identifier)
    with refused("InvalidResourceId"):
        ssm.get_patch_baseline(BaselineId="no-id-of-a-patch-baseline")


def test_there_are_50_baselines_at_most(ssm):
    for _number in range(50):
        baseline(ssm)
    with refused("ResourceLimitExceededException"):
        baseline(ssm)


def test_a_group_has_one_baseline_for_each_system(ssm):
    first, second, other = baseline(ssm), baseline(ssm), baseline(ssm, OperatingSystem="SUSE")
    for _again in range(2):
        ssm.register_patch_baseline_for_patch_group(BaselineId=first, PatchGroup="production")
    with refused("AlreadyExistsException"):
        ssm.register_patch_baseline_for_patch_group(BaselineId=second, PatchGroup="production")
    ssm.register_patch_baseline_for_patch_group(BaselineId=other, PatchGroup="production")
    answer = ssm.describe_patch_groups(Filters=[{"Key": "NAME_PREFIX", "Values": ["prod"]}])
    assert [one["BaselineIdentity"]["BaselineId"] for one in answer["Mappings"]] == [first, other]
    assert ssm.get_patch_baseline(BaselineId=first)["PatchGroups"] == ["production"]


def test_deregistering_another_baseline_leaves_the_group_alone(ssm):
    first, second = baseline(ssm), baseline(ssm)
    ssm.register_patch_baseline_for_patch_group(BaselineId=first, PatchGroup="production")
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=second, PatchGroup="production")
    used = ssm.get_patch_baseline_for_patch_group(PatchGroup="production", OperatingSystem="AMAZON_LINUX_2")
    assert used["BaselineId"] == first
    with refused("InvalidResourceId"):
        ssm.deregister_patch_baseline_for_patch_group(BaselineId="pb-" + "0" * 17, PatchGroup="production")


def test_a_group_that_is_registered_nowhere_uses_the_default(ssm):
    used = ssm.get_patch_baseline_for_patch_group(PatchGroup="production", OperatingSystem="SUSE")
    assert used["BaselineId"] == ssm.get_default_patch_baseline(OperatingSystem="SUSE")["BaselineId"]
    with refused("DoesNotExistException"):
        ssm.register_patch_baseline_for_patch_group(BaselineId="pb-" + "0" * 17, PatchGroup="production")


def test_a_baseline_serves_25_groups(ssm):
    identifier = baseline(ssm)
    for number in range(25):
        ssm.register_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup=f"group-{number}")
    with refused("ResourceLimitExceededException"):
        ssm.register_patch_baseline_for_patch_group(BaselineId=identifier, PatchGroup="one-more")


def test_tags_of_a_baseline(ssm):
    which = {"ResourceType": "PatchBaseline", "ResourceId": baseline(ssm, Tags=[{"Key": "team", "Value": "a"}])}
    ssm.add_tags_to_resource(**which, Tags=[{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": ""}])
    ssm.remove_tags_from_resource(**which, TagKeys=["stage", "unknown"])
    assert ssm.list_tags_for_resource(**which)["TagList"] == [{"Key": "team", "Value": "b"}]
    with refused("TooManyTagsError"):
        ssm.add_tags_to_resource(**which, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    with refused("InvalidResourceId"):
        ssm.list_tags_for_resource(ResourceType="PatchBaseline", ResourceId="pb-" + "0" * 17)


def test_the_same_token_creates_once(ssm):
    first = baseline(ssm, ClientToken="token")
    assert baseline(ssm, ClientToken="token") == first
    with refused("IdempotentParameterMismatch"):
        baseline(ssm, ClientToken="token", Name="another")
