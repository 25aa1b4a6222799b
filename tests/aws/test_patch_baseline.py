# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_baseline and ssm_patch_baseline_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.modules.ssm_patch_baseline import ARGUMENT_SPEC
from ansible_collections.patchops.fleet.tests.aws.baselines import (
    IDENTITY,
    LINUX,
    OTHER_RULE,
    RULE,
    SOURCE,
    WHICH,
    WHICH_WINDOWS,
    WHOLE,
    WINDOWS,
    differing,
    region_of,
    writes,
)
from ansible_collections.patchops.fleet.tests.aws.conftest import written


@pytest.mark.parametrize(
    "options", [pytest.param(LINUX, id="little"), pytest.param(WHOLE, id="whole"), pytest.param(WINDOWS, id="windows")]
)
def test_create_and_delete(baseline, aws, options):
    created = baseline.converge(**options)
    assert created["diff"]["before"] == {}
    named = {name: options[name] for name in IDENTITY}
    gone = baseline.converge(**named, state="absent", force=True)
    assert (gone["patch_baseline"], gone["diff"]["after"]) == ({}, {})
    assert written(created["patch_baseline"]) == gone["diff"]["before"]
    region = region_of(aws)
    assert (region.baselines, region.patch_groups, region.tags) == ({}, {}, {})


RULES = {
    "filters": {**RULE, "filters": {"CLASSIFICATION": ["Security"]}},
    "days": {**RULE, "approve_after_days": 0},
    "level": {**RULE, "compliance_level": "LOW"},
    "flag": {**RULE, "enable_non_security": True},
    "date": {
        **{name: value for name, value in RULE.items() if name != "approve_after_days"},
        "approve_until_date": "2026-11-30",
    },
}
COMPLETE_OTHER_RULE = {**OTHER_RULE, "compliance_level": "UNSPECIFIED", "enable_non_security": False}
OTHERS = [
    *(pytest.param("approval_rules", [rule], id="a rule's " + name) for name, rule in RULES.items()),
    pytest.param("approval_rules", [RULE, COMPLETE_OTHER_RULE], id="one rule more"),
    pytest.param("description", "Servers of others", id="description"),
    pytest.param("global_filters", {"CLASSIFICATION": ["Security"], "PRODUCT": ["*"]}, id="global_filters"),
    pytest.param("approved_patches", ["bash"], id="approved_patches"),
    pytest.param("approved_patches_compliance_level", "LOW", id="approved_patches_compliance_level"),
    pytest.param("approved_patches_enable_non_security", False, id="approved_patches_enable_non_security"),
    pytest.param("rejected_patches", ["kernel*", "glibc"], id="rejected_patches"),
    pytest.param("rejected_patches_action", "ALLOW_AS_DEPENDENCY", id="rejected_patches_action"),
    pytest.param("sources", [{**SOURCE, "name": "other"}], id="a source's name"),
    pytest.param("sources", [{**SOURCE, "products": ["*"]}], id="a source's products"),
    pytest.param("sources", [{**SOURCE, "configuration": "[tools]"}], id="a source's configuration"),
    pytest.param("default", False, id="default"),
    pytest.param("patch_groups", ["Development", "Production"], id="patch_groups"),
    pytest.param("tags", {"Owner": "security"}, id="tags"),
]
CLEARED = [
    pytest.param("description", "", id="description"),
    pytest.param("global_filters", {}, id="global_filters"),
    pytest.param("approval_rules", [], id="approval_rules"),
    pytest.param("approved_patches", [], id="approved_patches"),
    pytest.param("rejected_patches", [], id="rejected_patches"),
    pytest.param("sources", [], id="sources"),
    pytest.param("patch_groups", [], id="patch_groups"),
    pytest.param("tags", {}, id="tags"),
]


@pytest.mark.parametrize(("option", "value"), OTHERS)
def test_one_option_changed_alone(baseline, option, value):
    baseline.ok(**WHOLE)
    changed = baseline.converge(**WHICH, **{option: value})
    assert (differing(changed), changed["patch_baseline"][option]) == ({option}, value)


@pytest.mark.parametrize(("option", "value"), CLEARED)
def test_one_option_cleared(baseline, option, value):
    baseline.ok(**WHOLE)
    changed = baseline.converge(**WHICH, **{option: value})
    assert (differing(changed), changed["patch_baseline"].get(option, "")) == ({option}, value)


def test_the_option_of_windows_changed_alone(baseline):
    baseline.ok(**WINDOWS)
    status = {"available_security_updates_compliance_status": "COMPLIANT"}
    changed = baseline.converge(**WHICH_WINDOWS, **status)
    assert (differing(changed), *status.values()) == ({*status}, changed["patch_baseline"][next(iter(status))])


def test_no_option_is_forgotten_here():
    """Those that are no member of a baseline have tests of their own, as has the one of Windows."""
    ways = {"state", "baseline_id", "replace", "force", "purge_tags", "purge_patch_groups"}
    ignored = {"created_date", "modified_date"}
    of_windows = {"available_security_updates_compliance_status"}
    members = set(ARGUMENT_SPEC) - {*IDENTITY, *ways, *ignored, *of_windows}
    assert {case.values[0] for case in OTHERS} == members
    cannot_be_empty = {"default", "rejected_patches_action"} | {name for name in members if name.endswith("_level")}
    assert {case.values[0] for case in CLEARED} == members - cannot_be_empty - {"approved_patches_enable_non_security"}


def test_replace_resets_what_is_not_given(baseline):
    baseline.ok(**WHOLE)
    changed = baseline.converge(**LINUX, replace=True)
    outside = ("default", "patch_groups", "tags")
    assert changed["patch_baseline"].get("description") is None
    assert {name: changed["patch_baseline"][name] for name in WHOLE if name not in (*IDENTITY, "description")} == {
        "global_filters": {},
        "approval_rules": [RULE],
        "approved_patches": [],
        "rejected_patches": [],
        "approved_patches_compliance_level": "UNSPECIFIED",
        "approved_patches_enable_non_security": False,
        "rejected_patches_action": "ALLOW_AS_DEPENDENCY",
        "sources": [],
        **{name: changed["diff"]["before"][name] for name in outside},
    }
    assert not differing(changed).intersection(outside)


def test_replace_resets_the_option_of_windows(baseline):
    baseline.ok(**WINDOWS)
    changed = baseline.converge(**WHICH_WINDOWS, approval_rules=WINDOWS["approval_rules"], replace=True)
    assert differing(changed) == {"available_security_updates_compliance_status"}
    assert "available_security_updates_compliance_status" not in changed["patch_baseline"]


def test_replace_keeps_the_name(baseline):
    created = baseline.ok(**LINUX)["patch_baseline"]
    changed = baseline.converge(baseline_id=created["baseline_id"], replace=True)
    assert differing(changed) == {"approval_rules"}


def test_tags_are_added_where_none_is_to_go(baseline):
    baseline.ok(**WHOLE)
    changed = baseline.converge(**WHICH, tags={"Owner": "security", "Level": 3}, purge_tags=False)
    assert changed["patch_baseline"]["tags"] == {"Owner": "security", "Level": "3", "Cost Centre": "42"}


def test_tags_of_aws_stay(baseline, aws):
    made = baseline.ok(**WHOLE)["patch_baseline"]["baseline_id"]
    own = {"aws:cloudformation:stack-name": "patching"}
    region_of(aws).tags["PatchBaseline", made].update(own)
    assert baseline.converge(**WHICH, tags={})["patch_baseline"]["tags"] == own
    baseline.converge(**WHICH, tags=own)


def test_tags_of_aws_cannot_be_set(baseline, aws):
    assert "aws:owner" in baseline.failure(**LINUX, tags={"aws:owner": "me"})
    assert not writes(aws)


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"aws:owner": "me"}, id="of AWS"),
        pytest.param({"Owner": None}, id="without a value"),
    ],
)
def test_tags_hide_no_other_problem(baseline, aws, tags):
    message = baseline.failure(**{**LINUX, "name": "a b", "approved_patches": ["x" * 101]}, tags=tags)
    for member in ("name: ", "approved_patches[0]: ", "tags"):
        assert f"baseline.{member}" in message
    assert not writes(aws)


def test_patch_groups_are_added_where_none_is_to_go(baseline):
    baseline.ok(**WHOLE)
    changed = baseline.converge(**WHICH, patch_groups=["Development"], purge_patch_groups=False)
    assert changed["patch_baseline"]["patch_groups"] == ["Critical", "Development", "Production"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("approval_rules", [OTHER_RULE, RULE], id="order of rules"),
        pytest.param("approved_patches", ["bash", "openssl*"], id="order of entries"),
        pytest.param("approved_patches", ["bash", "openssl*", "bash"], id="an entry twice"),
        pytest.param("patch_groups", ["Production", "Critical", "Production"], id="order of groups, one twice"),
        pytest.param(
            "approval_rules",
            [{**RULE, "filters": {"SEVERITY": ["Important", "Critical"], "CLASSIFICATION": ["Security"]}}, OTHER_RULE],
            id="order of values and of filters",
        ),
        pytest.param("approval_rules", [RULE, COMPLETE_OTHER_RULE], id="defaults written out"),
        pytest.param(
            "approval_rules",
            [{**RULE, "approve_after_days": "7", "enable_non_security": "False"}, OTHER_RULE],
            id="numbers and flags as text",
        ),
        pytest.param(
            "approval_rules",
            "[{'filters': {'CLASSIFICATION': ['Bugfix']}, 'approve_until_date': datetime.date(2026, 11, 30)}, %r]"
            % RULE,
            id="an unquoted date in what ansible-core 2.18 made of a variable",
        ),
        pytest.param("tags", {"Cost Centre": 42, "Owner": "platform"}, id="a tag as number"),
    ],
)
def test_what_means_the_same_is_no_change(baseline, option, value):
    baseline.ok(**{**WHOLE, "approval_rules": [RULE, OTHER_RULE]})
    assert baseline.ok(**WHICH, **{option: value})["changed"] is False


def test_rules_in_the_form_of_the_api(baseline):
    filters = {"PatchFilters": [{"Key": key, "Values": values} for key, values in RULE["filters"].items()]}
    nested = {"PatchFilterGroup": filters, "ApproveAfterDays": 7, "ComplianceLevel": "CRITICAL"}
    created = baseline.converge(**{**LINUX, "approval_rules": {"PatchRules": [nested]}, "global_filters": filters})
    assert created["patch_baseline"]["approval_rules"] == [RULE]
    assert created["patch_baseline"]["global_filters"] == RULE["filters"]
    assert baseline.ok(**LINUX)["changed"] is False


@pytest.mark.parametrize(
    ("system", "filters"),
    [
        pytest.param("AMAZON_LINUX_2", {"CLASSIFICATION": ["Security"]}, id="rpm"),
        pytest.param("SUSE", {"CLASSIFICATION": ["Security"]}, id="zypper"),
        pytest.param("UBUNTU", {}, id="apt"),
        pytest.param("WINDOWS", {"CLASSIFICATION": ["SecurityUpdates", "CriticalUpdates"]}, id="windows"),
        pytest.param("MACOS", {"CLASSIFICATION": ["Security"]}, id="macos"),
    ],
)
def test_security_is_spelled_out(baseline, system, filters):
    rules = [{"security": True, "approve_after_days": 0, "compliance_level": "HIGH"}]
    created = baseline.converge(name="security", operating_system=system, approval_rules=rules)
    (rule,) = created["patch_baseline"]["approval_rules"]
    assert (rule["filters"], rule["compliance_level"], "security" in rule) == (filters, "HIGH", False)


# Which baseline is meant.


def test_one_name_for_two_operating_systems(baseline, baselines):
    baseline.converge(**LINUX)
    other = {"name": LINUX["name"], "operating_system": "UBUNTU"}
    baseline.converge(**other, approval_rules=[{"filters": {"PRIORITY": ["Required"]}}])
    assert baseline.converge(**other, description="Of Ubuntu")["diff"]["before"]["operating_system"] == "UBUNTU"
    assert [one["operating_system"] for one in baselines(name=LINUX["name"])] == ["AMAZON_LINUX_2023", "UBUNTU"]
    message = baseline.failure(name=LINUX["name"], description="Of which?")
    assert all(one["baseline_id"] in message for one in baselines())
    assert "by baseline_id, or by operating_system" in message


def test_two_of_one_name_are_refused_with_their_ids(baseline, aws, baselines):
    aws.client().create_patch_baseline(Name=LINUX["name"], OperatingSystem=LINUX["operating_system"])
    aws.client().create_patch_baseline(Name=LINUX["name"], OperatingSystem=LINUX["operating_system"])
    one, other = (found["baseline_id"] for found in baselines())
    for state in ("present", "absent"):
        message = baseline.failure(**LINUX, state=state)
        assert one in message
        assert other in message
        assert "baseline_id" in message
    changed = baseline.converge(baseline_id=other, description="The other")
    assert (changed["patch_baseline"]["baseline_id"], differing(changed)) == (other, {"description"})
    baseline.converge(baseline_id=one, state="absent")
    assert [found["baseline_id"] for found in baselines()] == [other]


def test_a_name_that_another_begins_with(baseline, baselines):
    baseline.ok(**{**LINUX, "name": LINUX["name"] + "-2"})
    assert baseline.converge(**LINUX)["diff"]["before"] == {}
    assert [one["name"] for one in baselines(name=LINUX["name"])] == [LINUX["name"]]


def test_rename_by_id(baseline, baselines):
    made = baseline.ok(**WHOLE)["patch_baseline"]["baseline_id"]
    renamed = baseline.converge(baseline_id=made, name="renamed")
    assert (differing(renamed), renamed["patch_baseline"]["name"]) == ({"name"}, "renamed")
    assert [(one["baseline_id"], one["name"]) for one in baselines()] == [(made, "renamed")]


def test_the_operating_system_cannot_be_changed(baseline, aws):
    made = baseline.ok(**LINUX)["patch_baseline"]["baseline_id"]
    aws.application.calls.clear()
    message = baseline.failure(baseline_id=made, operating_system="AMAZON_LINUX_2")
    assert message == (
        f"Patch baseline {made} is for AMAZON_LINUX_2023, which cannot be changed to AMAZON_LINUX_2: create another one"
    )
    assert not writes(aws)


UNKNOWN = "pb-0123456789abcdef0"


def test_an_unknown_id(baseline, aws, baselines):
    assert baseline.failure(baseline_id=UNKNOWN, description="None") == (
        f"There is no patch baseline {UNKNOWN} in this account and Region"
    )
    assert baseline.converge(baseline_id=UNKNOWN, state="absent")["patch_baseline"] == {}
    assert (baselines(baseline_id=UNKNOWN), writes(aws)) == ([], [])


def test_a_baseline_of_another_region_is_unknown(baseline, baselines):
    made = baseline.ok(**LINUX)["patch_baseline"]["baseline_id"]
    there = {"region": "eu-west-1"}
    assert f"There is no patch baseline {made}" in baseline.failure(baseline_id=made, description="Far", **there)
    assert baselines(**there) == []
    assert baseline.converge(**LINUX, **there)["patch_baseline"]["baseline_id"] != made


def test_absent_where_there_is_none(baseline, aws):
    assert baseline.converge(**WHICH, state="absent")["changed"] is False
    assert not writes(aws)


# Patch groups and defaults.


def test_groups_keep_a_baseline_from_being_deleted(baseline, aws):
    made = baseline.ok(**WHOLE)["patch_baseline"]["baseline_id"]
    aws.application.calls.clear()
    message = baseline.failure(**WHICH, state="absent")
    assert message == baseline.failure(True, **WHICH, state="absent")
    assert f"{made}) is registered for patch groups Critical, Production:" in message
    assert not writes(aws)
    gone = baseline.converge(**WHICH, state="absent", force=True)
    assert gone["changes"] == [
        f"deregister patch group Critical from baseline {made}",
        f"deregister patch group Production from baseline {made}",
        f"make patch baseline {predefined(aws, 'AMAZON_LINUX_2023')} the default of AMAZON_LINUX_2023",
        f"delete patch baseline production ({made})",
    ]


def predefined(aws, system):
    """The ARN of the default baseline of AWS, which the custom one had replaced."""
    (found,) = (
        one["BaselineId"]
        for one in aws.client().describe_patch_baselines(
            Filters=[{"Key": "OWNER", "Values": ["AWS"]}, {"Key": "OPERATING_SYSTEM", "Values": [system]}]
        )["BaselineIdentities"]
        if one["BaselineName"] in ("AWS-AmazonLinux2023DefaultPatchBaseline", "AWS-DefaultPatchBaseline")
    )
    return found


def default_of(aws, system):
    return aws.client().get_default_patch_baseline(OperatingSystem=system)["BaselineId"]


def test_a_group_is_moved_from_another_baseline(baseline):
    owner = baseline.ok(**{**LINUX, "name": "owner"}, patch_groups=["Production", "Critical"])["patch_baseline"]
    options = {**LINUX, "patch_groups": ["Production"]}
    (warning,) = baseline.ok(True, **options)["warnings"]
    assert "Production is taken from baseline " + owner["baseline_id"] in warning
    moved = baseline.converge(**options)
    assert moved["patch_baseline"]["patch_groups"] == ["Production"]
    assert moved["warnings"] == [warning]
    assert baseline.ok(baseline_id=owner["baseline_id"])["patch_baseline"]["patch_groups"] == ["Critical"]


def test_a_group_of_another_operating_system_stays(baseline, aws):
    baseline.ok(**WINDOWS, patch_groups=["Production"])
    created = baseline.converge(**LINUX, patch_groups=["Production"])
    assert created["warnings"] == []
    assert {system for _group, system in region_of(aws).patch_groups} == {"WINDOWS", "AMAZON_LINUX_2023"}


@pytest.mark.parametrize(
    "options",
    [pytest.param(LINUX, id="of linux"), pytest.param(WINDOWS, id="of windows, which AWS has several baselines for")],
)
def test_default_and_no_longer(baseline, aws, options):
    named, system = {name: options[name] for name in IDENTITY}, options["operating_system"]
    before = default_of(aws, system)
    made = baseline.converge(**options, default=True)["patch_baseline"]["baseline_id"]
    assert default_of(aws, system) == made != before
    assert baseline.ok(**named)["patch_baseline"]["default"] is True
    baseline.converge(**named, default=False)
    assert default_of(aws, system) == before == predefined(aws, system)


def test_default_taken_from_another_of_ones_own(baseline, aws):
    other = baseline.ok(**{**LINUX, "name": "other"}, default=True)["patch_baseline"]["baseline_id"]
    made = baseline.converge(**LINUX, default=True)["patch_baseline"]["baseline_id"]
    assert default_of(aws, "AMAZON_LINUX_2023") == made
    assert baseline.ok(baseline_id=other)["patch_baseline"]["default"] is False
    assert baseline.converge(baseline_id=other, default=False)["changed"] is False


def test_a_default_is_deleted(baseline, aws):
    before = default_of(aws, "AMAZON_LINUX_2023")
    baseline.ok(**LINUX, default=True)
    baseline.converge(**WHICH, state="absent")
    assert default_of(aws, "AMAZON_LINUX_2023") == before


def test_what_aws_predefines_can_be_used_but_not_changed(baseline, aws):
    arn = predefined(aws, "AMAZON_LINUX_2023")
    baseline.ok(**LINUX, default=True, patch_groups=["Production"])
    changed = baseline.converge(baseline_id=arn, default=True, patch_groups=["Production"])
    assert differing(changed) == {"default", "patch_groups"}
    aws.application.calls.clear()
    for options in ({"description": "Mine"}, {"tags": {"Owner": "me"}}, {"state": "absent", "force": True}):
        assert f"({arn}) is AWS's own" in baseline.failure(baseline_id=arn, **options)
    assert not writes(aws)


# What is read back.


def test_what_info_returns_changes_nothing(baseline, baselines):
    for options in (WHOLE, WINDOWS):
        baseline.ok(**options)
    found = baselines()
    assert [one["name"] for one in found] == ["production", "windows"]
    for one in found:
        again = baseline.ok(**one)
        assert (again["changed"], again["patch_baseline"]) == (False, one)


def test_info_of_aws(baselines, baseline):
    baseline.ok(**LINUX)
    found = baselines(owner="aws", operating_system="AMAZON_LINUX_2023")
    assert [(one["name"], one["default"], one["tags"]) for one in found] == [
        ("AWS-AmazonLinux2023DefaultPatchBaseline", True, {})
    ]
    assert baselines(baseline_id=found[0]["baseline_id"]) == found
    everything = baselines(owner="all")
    assert len(everything) == len(baselines(owner="aws")) + 1
    assert everything == sorted(everything, key=lambda one: (one["name"], one["operating_system"]))


def test_the_cli_reads_what_was_created(baseline, aws, aws_cli):
    made = baseline.converge(**WHOLE)["patch_baseline"]
    read = aws_cli("ssm", "get-patch-baseline", "--baseline-id", made["baseline_id"])
    assert {name: value for name, value in read.items() if not name.endswith("Date")} == {
        "BaselineId": made["baseline_id"],
        "Name": "production",
        "OperatingSystem": "AMAZON_LINUX_2023",
        "Description": "Production servers",
        "GlobalFilters": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["AmazonLinux2023"]}]},
        "ApprovalRules": {
            "PatchRules": [
                {
                    "PatchFilterGroup": {
                        "PatchFilters": [
                            {"Key": "CLASSIFICATION", "Values": ["Security"]},
                            {"Key": "SEVERITY", "Values": ["Critical", "Important"]},
                        ]
                    },
                    "ApproveAfterDays": 7,
                    "ComplianceLevel": "CRITICAL",
                    "EnableNonSecurity": False,
                }
            ]
        },
        "ApprovedPatches": ["openssl*", "bash"],
        "ApprovedPatchesComplianceLevel": "HIGH",
        "ApprovedPatchesEnableNonSecurity": True,
        "RejectedPatches": ["kernel*"],
        "RejectedPatchesAction": "BLOCK",
        "Sources": [{"Name": SOURCE["name"], "Products": SOURCE["products"], "Configuration": SOURCE["configuration"]}],
        "PatchGroups": ["Critical", "Production"],
    }
    tagged = aws_cli(
        *("ssm", "list-tags-for-resource", "--resource-type", "PatchBaseline", "--resource-id", made["baseline_id"])
    )
    assert {tag["Key"]: tag["Value"] for tag in tagged["TagList"]} == WHOLE["tags"]
    default = aws_cli("ssm", "get-default-patch-baseline", "--operating-system", "AMAZON_LINUX_2023")
    assert default["BaselineId"] == made["baseline_id"]


def test_the_cli_reads_what_was_created_for_windows(baseline, aws_cli):
    made = baseline.converge(**WINDOWS)["patch_baseline"]["baseline_id"]
    read = aws_cli("ssm", "get-patch-baseline", "--baseline-id", made)
    (rule,) = read["ApprovalRules"]["PatchRules"]
    assert rule["PatchFilterGroup"] == {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["SecurityUpdates"]}]}
    assert (rule["ApproveAfterDays"], rule["ComplianceLevel"]) == (7, "UNSPECIFIED")
    assert (read["AvailableSecurityUpdatesComplianceStatus"], read["Sources"]) == ("NON_COMPLIANT", [])


@pytest.mark.parametrize(
    ("options", "also"),
    [
        pytest.param(WHOLE, [], id="by name"),
        pytest.param({"patch_groups": ["Production", "Critical"]}, ["GetDefaultPatchBaseline"], id="by id"),
    ],
)
def test_calls_for_what_is_unchanged(baseline, aws, options, also):
    made = baseline.ok(**WHOLE)["patch_baseline"]["baseline_id"]
    aws.application.calls.clear()
    which = {} if "name" in options else {"baseline_id": made}
    assert baseline.ok(**options, **which)["changed"] is False
    listing = ["DescribePatchBaselines"] if "name" in options else []
    assert aws.actions == ["ssm:" + name for name in (*listing, "GetPatchBaseline", *also, "ListTagsForResource")]


def test_calls_for_fifty_baselines(baseline, aws, baselines):
    ssm = aws.client()
    for number in range(50):
        ssm.create_patch_baseline(Name=f"number-{number}", OperatingSystem="UBUNTU")
    aws.application.calls.clear()
    assert len(baselines()) == 50
    assert len(aws.actions) == 1 + 50 + 50
    aws.application.calls.clear()
    assert baseline.ok(name="number-4", operating_system="UBUNTU")["changed"] is False
    assert len(aws.actions) == 3


def test_pages_without_rows_and_of_one_row(baseline, aws, baselines):
    for name in ("one", "two", "three"):
        baseline.ok(**{**LINUX, "name": name}, patch_groups=["Group-" + name])
    aws.set(largest_page=1, empty_pages=True)
    assert [one["name"] for one in baselines()] == ["one", "three", "two"]
    assert baseline.converge(**{**LINUX, "name": "three"}, patch_groups=["Group-one"])["warnings"]
