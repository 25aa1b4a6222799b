# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_policy and ssm_patch_policy_info, whole, against a strict Quick Setup."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.tests.servers import answers

ACCOUNT = "123456789012"
SCAN = {
    "name": "nightly",
    "scan_schedule": "cron(0 1 * * ? *)",
    "target_accounts": [ACCOUNT],
    "target_regions": ["eu-west-1", "eu-central-1"],
}
INSTALL = {
    "name": "production",
    "description": "Production servers",
    "patch_operation": "ScanAndInstall",
    "scan_schedule": "cron(0 1 * * ? *)",
    "scan_next_interval": True,
    "install_schedule": "cron(0 2 ? * SAT#1 *)",
    "install_next_interval": True,
    "reboot_option": "NoReboot",
    "target_organizational_units": ["ou-ab12-0123abcd"],
    "target_regions": ["eu-central-1"],
    "target_type": "Tags",
    "target_tag_key": "Environment",
    "target_tag_value": "production",
    "rate_control_concurrency": "10%",
    "rate_control_error_threshold": "2%",
    "is_policy_attach_allowed": True,
    "output_s3_bucket_name": "patch-output",
    "output_s3_bucket_region": "eu-central-1",
    "output_s3_key_prefix": "production",
    "local_deployment_administration_role_arn": f"arn:aws:iam::{ACCOUNT}:role/admin",
    "local_deployment_execution_role_name": "execution",
    "tags": {"Owner": "platform"},
}


def made(result):
    """Its changes, without the ARNs of what was created."""
    return [one.partition(" as configuration manager arn:")[0] for one in result["changes"]]


def manager(aws, name="nightly"):
    setup = aws.client("ssm-quicksetup")
    rows = setup.list_configuration_managers()["ConfigurationManagersList"]
    (arn,) = [row["ManagerArn"] for row in rows if row["Name"] == name]
    return setup.get_configuration_manager(ManagerArn=arn)


def parameters(aws, name="nightly"):
    (definition,) = manager(aws, name)["ConfigurationDefinitions"]
    return definition["Parameters"]


def chosen(aws, name="nightly"):
    return json.loads(parameters(aws, name)["SelectedPatchBaselines"])


def test_a_policy_that_scans(aws, patch_policy):
    result = patch_policy.converge(**SCAN)
    policy = result["patch_policy"]
    assert (policy["status"], policy["target_type"], policy["patch_policy_name"]) == ("SUCCEEDED", "*", "nightly")
    assert policy["target_regions"] == ["eu-central-1", "eu-west-1"]
    assert "install_schedule" not in policy
    assert made(result) == ["create patch policy nightly"]
    baselines = json.loads(parameters(aws).pop("SelectedPatchBaselines"))
    assert {system: one["disabled"] for system, one in baselines.items()}["AMAZON_LINUX_2023"] is False
    assert baselines["WINDOWS"]["label"] == "AWS-DefaultPatchBaseline"
    told = {name: value for name, value in parameters(aws).items() if name != "SelectedPatchBaselines"}
    assert told == {
        "PatchPolicyName": "nightly",
        "ConfigurationOptionsPatchOperation": "Scan",
        "ConfigurationOptionsScanValue": "cron(0 1 * * ? *)",
        "ConfigurationOptionsScanNextInterval": "false",
        "IsPolicyAttachAllowed": "false",
        "TargetType": "*",
        "TargetAccounts": ACCOUNT,
        "TargetRegions": "eu-central-1,eu-west-1",
        "OutputLogEnableS3": "false",
        "PatchBaselineUseDefault": "default",
        "PatchBaselineRegion": "eu-central-1",
    }


def test_every_option_reaches_aws_and_comes_back(aws, patch_policy, aws_cli):
    policy = patch_policy.converge(**INSTALL)["patch_policy"]
    assert {name: policy[name] for name in INSTALL} == INSTALL
    told = parameters(aws, "production")
    assert told["ConfigurationOptionsInstallValue"] == "cron(0 2 ? * SAT#1 *)"
    assert (told["TargetTagKey"], told["OutputBucketRegion"]) == ("Environment", "eu-central-1")
    assert (told["RebootOption"], told["OutputLogEnableS3"]) == ("NoReboot", "true")
    (definition,) = manager(aws, "production")["ConfigurationDefinitions"]
    assert definition["LocalDeploymentExecutionRoleName"] == "execution"
    read = aws_cli("ssm-quicksetup", "get-configuration-manager", "--manager-arn", policy["manager_arn"])
    assert (read["Description"], read["Tags"]) == ("Production servers", {"Owner": "platform"})


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        pytest.param({"scan_schedule": "cron(30 3 * * ? *)"}, ["deploy"], id="schedule"),
        pytest.param({"patch_operation": "Scan", "install_schedule": None, "install_next_interval": None,
                      "reboot_option": None}, ["deploy"], id="scan only"),
        pytest.param({"target_organizational_units": None, "target_accounts": [ACCOUNT]}, ["deploy"], id="accounts"),
        pytest.param({"target_type": "*", "target_tag_key": None, "target_tag_value": None}, ["deploy"], id="all"),
        pytest.param({"target_organizational_units": [], "target_accounts": [ACCOUNT]}, ["deploy"], id="no units"),
        pytest.param({"output_s3_bucket_name": "", "output_s3_bucket_region": None, "output_s3_key_prefix": None},
                     ["deploy"], id="no output"),
        pytest.param({"rate_control_concurrency": ""}, ["deploy"], id="no rate"),
        pytest.param({"is_policy_attach_allowed": False}, ["deploy"], id="a flag"),
        pytest.param({"patch_baselines": {"UBUNTU": "ours"}}, ["deploy"], id="a baseline"),
        pytest.param({"description": ""}, ["update"], id="no description"),
        pytest.param({"tags": {"Owner": "web", "aa": "b"}}, ["set tags Owner, aa"], id="tags"),
        pytest.param({"tags": {}}, ["remove tags Owner"], id="no tags"),
        pytest.param({"description": "Others", "target_regions": ["eu-west-1"]}, ["update", "deploy"], id="several"),
    ],
)  # fmt: skip
def test_a_change(aws, patch_policy, given, changes):
    aws.client().create_patch_baseline(Name="ours", OperatingSystem="UBUNTU")
    patch_policy.ok(**INSTALL)
    options = {name: value for name, value in {**INSTALL, **given}.items() if value is not None}
    result = patch_policy.converge(**options)
    begins = zip(result["changes"], changes, strict=True)
    assert all(done.startswith(expected) for done, expected in begins), result["changes"]


def test_what_is_not_given_stays(aws, patch_policy):
    """Parameters as well that no option has, such as the console writes."""
    created = patch_policy.ok(**INSTALL)["patch_policy"]
    setup = aws.client("ssm-quicksetup")
    (definition,) = manager(aws, "production")["ConfigurationDefinitions"]
    told = {**definition["Parameters"], "HasDeletedBaseline": "false"}
    setup.update_configuration_definition(ManagerArn=created["manager_arn"], Id=definition["Id"], Parameters=told)
    result = patch_policy.converge(name="production", scan_schedule="cron(0 4 * * ? *)")
    policy = result["patch_policy"]
    assert {name: policy[name] for name in INSTALL} == {**INSTALL, "scan_schedule": "cron(0 4 * * ? *)"}
    assert parameters(aws, "production") == {**told, "ConfigurationOptionsScanValue": "cron(0 4 * * ? *)"}


def test_baselines_by_name_id_and_default(aws, patch_policy):
    ssm = aws.client()
    ours = ssm.create_patch_baseline(Name="ours", OperatingSystem="UBUNTU")["BaselineId"]
    debian = ssm.create_patch_baseline(Name="debian", OperatingSystem="DEBIAN", Description="For d")["BaselineId"]
    asked = {"UBUNTU": "ours", "DEBIAN": debian, "WINDOWS": "AWS-WindowsPredefinedPatchBaseline-OS-Applications"}
    policy = patch_policy.converge(**SCAN, patch_baselines=asked)["patch_policy"]
    assert (policy["patch_baselines"]["UBUNTU"], policy["patch_baselines"]["DEBIAN"]) == (ours, debian)
    assert chosen(aws)["DEBIAN"] == {"value": debian, "label": "debian", "description": "For d", "disabled": False}
    assert chosen(aws)["WINDOWS"]["label"] == asked["WINDOWS"]
    assert parameters(aws)["PatchBaselineUseDefault"] == "custom"
    again = patch_policy.converge(**SCAN, patch_baselines={"UBUNTU": "default", "DEBIAN": "default"})
    assert again["patch_policy"]["patch_baselines"]["UBUNTU"].startswith("arn:aws:ssm:eu-central-1:")
    assert parameters(aws)["PatchBaselineUseDefault"] == "default"
    assert chosen(aws)["WINDOWS"]["label"] == asked["WINDOWS"]


def test_a_baseline_by_its_arn(aws, patch_policy):
    ours = aws.client().create_patch_baseline(Name="ours", OperatingSystem="UBUNTU")["BaselineId"]
    arn = f"arn:aws:ssm:eu-central-1:{ACCOUNT}:patchbaseline/{ours}"
    policy = patch_policy.converge(**SCAN, patch_baselines={"UBUNTU": arn})["patch_policy"]
    assert (policy["patch_baselines"]["UBUNTU"], chosen(aws)["UBUNTU"]["value"]) == (ours, ours)
    assert parameters(aws)["PatchBaselineUseDefault"] == "custom"
    of_aws = policy["patch_baselines"]["DEBIAN"]
    assert not patch_policy.ok(**SCAN, patch_baselines={"UBUNTU": ours, "DEBIAN": of_aws})["changed"]
    unknown = arn.replace(ours, "pb-0123456789abcdef0")
    message = patch_policy.failure(**SCAN, patch_baselines={"UBUNTU": unknown})
    assert "patch_baselines.UBUNTU: there is no baseline pb-0123456789abcdef0" in message


def test_baselines_of_two_regions_are_refused(aws, patch_policy):
    """Made from another Region, where its baselines are."""
    created = patch_policy.ok(**SCAN)["patch_policy"]
    (definition,) = manager(aws)["ConfigurationDefinitions"]
    selected = {system: {"value": "pb-06e3563bd35503f2b", "label": "far", "disabled": False}
                for system in ("DEBIAN", "UBUNTU")}  # fmt: skip
    told = {**definition["Parameters"], "PatchBaselineRegion": "us-east-1"}
    told["SelectedPatchBaselines"] = json.dumps(selected)
    aws.client("ssm-quicksetup").update_configuration_definition(
        ManagerArn=created["manager_arn"], Id=definition["Id"], Parameters=told
    )
    for system in selected:
        aws.client().create_patch_baseline(Name="ours", OperatingSystem=system)
    message = patch_policy.failure(**SCAN, patch_baselines={"UBUNTU": "ours"})
    assert "patch_baselines: those of the policy are of us-east-1, and DEBIAN would stay: work in that" in message
    assert parameters(aws) == told
    assert patch_policy.ok(**{**SCAN, "scan_schedule": "cron(0 4 * * ? *)"})["changed"]
    assert parameters(aws)["PatchBaselineRegion"] == "us-east-1"
    patch_policy.converge(**SCAN, patch_baselines={"UBUNTU": "ours", "DEBIAN": "ours"})
    assert parameters(aws)["PatchBaselineRegion"] == "eu-central-1"
    assert {one["label"] for one in chosen(aws).values()} == {"ours"}


def test_an_unchanged_policy_asks_for_no_baseline(aws, patch_policy):
    patch_policy.ok(**SCAN)
    aws.application.calls.clear()
    assert not patch_policy.ok(**SCAN)["changed"]
    assert aws.actions == ["ssm-quicksetup:ListConfigurationManagers", "ssm-quicksetup:GetConfigurationManager"]


def test_output_ends_with_its_place(aws, patch_policy):
    patch_policy.ok(**INSTALL)
    policy = patch_policy.converge(name="production", output_s3_bucket_name="")["patch_policy"]
    assert [name for name in policy if name.startswith("output")] == []
    told = parameters(aws, "production")
    assert (told["OutputLogEnableS3"], told["OutputS3BucketName"], told["OutputS3KeyPrefix"]) == ("false", "", "")


def test_units_have_no_type_of_target_for_all_nodes(aws, patch_policy):
    units = {"target_accounts": None, "target_organizational_units": ["r-ab12"]}
    assert patch_policy.converge(**{**SCAN, **units})["patch_policy"]["target_type"] == "*"
    assert "TargetType" not in parameters(aws)


def test_a_new_name(aws, patch_policy):
    created = patch_policy.ok(**SCAN)["patch_policy"]
    result = patch_policy.converge(manager_arn=created["manager_arn"], name="hourly")
    assert result["changes"] == ["update patch policy hourly"]
    assert result["patch_policy"]["patch_policy_name"] == "nightly"


def test_absent(aws, patch_policy):
    patch_policy.ok(**SCAN)
    result = patch_policy.converge(name="nightly", state="absent")
    assert (result["changes"], result["patch_policy"]) == (["delete patch policy nightly"], {})
    assert aws.client("ssm-quicksetup").list_configuration_managers()["ConfigurationManagersList"] == []


def test_several_of_one_name(aws, patch_policy):
    first = patch_policy.ok(**SCAN)["patch_policy"]["manager_arn"]
    setup = aws.client("ssm-quicksetup")
    (definition,) = manager(aws)["ConfigurationDefinitions"]
    del definition["Id"]
    second = setup.create_configuration_manager(Name="nightly", ConfigurationDefinitions=[definition])["ManagerArn"]
    message = patch_policy.failure(**SCAN)
    assert "There are 2 patch policies named nightly" in message
    assert first in message
    assert second in message
    assert not patch_policy.ok(**SCAN, manager_arn=first)["changed"]


def test_a_manager_of_another_type_is_left_alone(aws, patch_policy, module):
    definition = {"Type": "AWSQuickSetupType-CFGRecording", "Parameters": {"TargetRegions": "eu-central-1"}}
    setup = aws.client("ssm-quicksetup")
    arn = setup.create_configuration_manager(Name="nightly", ConfigurationDefinitions=[definition])["ManagerArn"]
    assert made(patch_policy.ok(**SCAN)) == ["create patch policy nightly"]
    assert "has no patch policy" in patch_policy.failure(name="x", manager_arn=arn)
    assert len(module("ssm_patch_policy_info").ok()["patch_policies"]) == 1
    assert module("ssm_patch_policy_info").ok(manager_arn=arn)["patch_policies"] == []


def test_a_deployment_that_fails_is_told(aws, patch_policy):
    aws.set(deployment_end="FAILED", deployment_message="The role may not be assumed.")
    result = patch_policy(**SCAN)
    assert result["msg"] == (
        "The deployment of patch policy nightly ended as FAILED: The role may not be assumed. (FailedStackInstances: 1)"
    )
    assert (result["failed"], result["changed"]) == (True, True)
    assert (made(result), result["patch_policy"]["status"]) == (["create patch policy nightly"], "FAILED")
    message = patch_policy.failure(name="nightly", state="absent")
    assert "ended as DELETE_FAILED: The role may not be assumed." in message


def test_what_failed_is_deployed_until_it_succeeds(aws, patch_policy):
    aws.set(deployment_end="FAILED", deployment_message="The role may not be assumed.")
    failed = patch_policy(**SCAN)
    again = patch_policy(**SCAN)
    assert (again["msg"], again["changes"]) == (failed["msg"], ["deploy patch policy nightly anew"])
    told = parameters(aws)
    aws.set(deployment_end="SUCCEEDED", deployment_message="")
    foretold = patch_policy.ok(True, **SCAN)
    assert (foretold["changed"], foretold["changes"]) == (True, [])
    mended = patch_policy.ok(**SCAN)
    assert (mended["changed"], mended["patch_policy"]["status"]) == (True, "SUCCEEDED")
    assert parameters(aws) == told
    assert not patch_policy.ok(**SCAN)["changed"]


def deploy(aws):
    """Have AWS deploy the policy again."""
    found = manager(aws)
    (definition,) = found["ConfigurationDefinitions"]
    told = {"Id": definition["Id"], "Parameters": definition["Parameters"]}
    aws.client("ssm-quicksetup").update_configuration_definition(ManagerArn=found["ManagerArn"], **told)


def test_a_deployment_under_way_is_waited_for(aws, patch_policy):
    assert patch_policy.ok(**SCAN, wait=False)["patch_policy"]["status"] == "DEPLOYING"
    assert patch_policy.ok(**SCAN)["patch_policy"]["status"] == "SUCCEEDED"
    deploy(aws)
    result = patch_policy.ok(**{**SCAN, "target_regions": ["eu-west-1"]})
    assert (result["changed"], result["patch_policy"]["status"]) == (True, "SUCCEEDED")


def test_without_waiting_a_deployment_under_way_is_in_the_way(aws, patch_policy):
    patch_policy.ok(**SCAN)
    deploy(aws)
    message = patch_policy.failure(**{**SCAN, "target_regions": ["eu-west-1"]}, wait=False)
    assert "Failed to deploy patch policy nightly anew" in message


def test_a_deployment_that_takes_too_long(aws, patch_policy):
    message = patch_policy.failure(**SCAN, wait_timeout=0)
    assert "Patch policy nightly is still DEPLOYING: run this again, or give a longer wait_timeout" in message


def test_one_that_is_being_deleted_is_made_anew(aws, patch_policy):
    patch_policy.ok(**SCAN)
    patch_policy.ok(name="nightly", state="absent", wait=False)
    assert made(patch_policy.ok(**SCAN)) == ["create patch policy nightly"]


@pytest.mark.parametrize("error", ["InternalServerException", "ThrottlingException"])
def test_it_is_never_there_twice(aws, patch_policy, error):
    """The call that creates has no client token; here its answer is lost, or AWS does not take it yet."""
    aws.fail(
        service="ssm-quicksetup",
        operation="CreateConfigurationManager",
        error=error,
        answered=error == "ThrottlingException",
        times=1,
    )
    assert made(patch_policy.ok(**SCAN)) == ["create patch policy nightly"]
    assert manager(aws)["Name"] == "nightly"


def test_a_creation_that_failed_is_told(aws, patch_policy):
    aws.fail(service="ssm-quicksetup", operation="CreateConfigurationManager", error="InternalServerException")
    assert "Failed to create patch policy nightly" in patch_policy.failure(**SCAN)
    assert aws.actions.count("ssm-quicksetup:CreateConfigurationManager") == 1


def test_throttled_calls_are_repeated(aws, patch_policy):
    aws.fail(service="ssm-quicksetup", operation="*ConfigurationManager*", error="ThrottlingException", every=3)
    assert patch_policy.ok(**SCAN)["changed"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"scan_schedule": None}, "scan_schedule: is missing", id="no schedule"),
        pytest.param({"scan_schedule": "rate(7 days)"}, "patch policies take cron() alone", id="a rate"),
        pytest.param({"scan_schedule": "cron(61 1 * * ? *)"}, "scan_schedule: ", id="a wrong minute"),
        pytest.param({"patch_operation": "ScanAndInstall"}, "install_schedule: is missing", id="no second schedule"),
        pytest.param({"install_schedule": "cron(0 1 * * ? *)"}, "says nothing with patch_operation Scan", id="idle"),
        pytest.param({"reboot_option": "NoReboot"}, "reboot_option: says nothing", id="reboots of a scan"),
        pytest.param({"target_accounts": None}, "target_accounts: either this or", id="nowhere"),
        pytest.param({"target_organizational_units": ["ou-ab12-0123abcd"]}, "not both", id="both"),
        pytest.param({"target_accounts": ["12"]}, "target_accounts[0]: '12' is not allowed", id="no account"),
        pytest.param({"target_regions": ["Frankfurt"]}, "target_regions[0]: 'Frankfurt' is not", id="no Region"),
        pytest.param({"target_regions": []}, "target_regions: is missing", id="no Regions"),
        pytest.param({"target_type": "Tags"}, "target_tag_key: is missing", id="no tag"),
        pytest.param({"target_tag_key": "a"}, "target_tag_key: says nothing with target_type *", id="a tag of all"),
        pytest.param({"output_s3_key_prefix": "a"}, "says nothing without output_s3_bucket_name", id="no bucket"),
        pytest.param({"output_s3_bucket_name": "bucket"}, "output_s3_bucket_region: is missing", id="no Region of it"),
        pytest.param(
            {"patch_baselines": {"BEOS": "a"}}, "patch_baselines.BEOS: is no operating system", id="no system"
        ),
        pytest.param({"patch_baselines": {"UBUNTU": "b"}}, "UBUNTU: there is no baseline 'b' for it", id="no baseline"),
        pytest.param({"patch_baselines": {"UBUNTU": "pb-0123456789abcdef0"}}, "there is no baseline pb-", id="no id"),
        pytest.param({"rate_control_concurrency": "fast"}, "rate_control_concurrency: 'fast' is not", id="no rate"),
        pytest.param({"name": "a/b"}, "name: 'a/b' is not allowed", id="no name"),
        pytest.param({"tags": {"aws:a": "b"}}, "cannot be set: aws:a", id="tags of AWS"),
    ],
)
def test_what_is_wrong_is_said_before_any_change(aws, patch_policy, given, words):
    message = patch_policy.failure(**{name: value for name, value in {**SCAN, **given}.items() if value is not None})
    assert words in message
    assert [call for call in aws.calls if not call.operation.startswith(("List", "Get", "Describe"))] == []


def test_all_that_is_wrong_at_once(aws, patch_policy):
    message = patch_policy.failure(name="x", target_type="Tags", target_accounts=["1"], reboot_option="NoReboot")
    assert len(message.splitlines()) == 6


def test_a_baseline_for_another_system(aws, patch_policy):
    debian = aws.client().create_patch_baseline(Name="debian", OperatingSystem="DEBIAN")["BaselineId"]
    message = patch_policy.failure(**SCAN, patch_baselines={"UBUNTU": debian})
    assert f"patch_baselines.UBUNTU: baseline {debian} (debian) is for DEBIAN" in message


def test_a_manager_that_is_not_there(aws, patch_policy):
    arn = f"arn:aws:ssm-quicksetup:eu-central-1:{ACCOUNT}:configuration-manager/01234567-89ab-cdef-0123-456789abcdef"
    assert "There is no configuration manager arn:" in patch_policy.failure(manager_arn=arn, name="x")
    assert not patch_policy.ok(manager_arn=arn, state="absent")["changed"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        pytest.param({}, ["nightly", "production"], id="all"),
        pytest.param({"name": "production"}, ["production"], id="by name"),
        pytest.param({"name": "other"}, [], id="none of that name"),
    ],
)
def test_reading(aws, patch_policy, module, given, names):
    aws.set(largest_page=1, empty_pages=True)
    made = [patch_policy.ok(**one)["patch_policy"] for one in (INSTALL, SCAN)]
    found = module("ssm_patch_policy_info").ok(**given)["patch_policies"]
    assert found == [one for one in sorted(made, key=lambda one: one["name"]) if one["name"] in names]
    by_arn = module("ssm_patch_policy_info").ok(manager_arn=made[0]["manager_arn"])["patch_policies"]
    assert by_arn == [made[0]]


def test_the_example_of_the_user_guide(aws, module, patch_policy):
    """As the console writes a policy: nothing of it is lost or judged anew, and empty texts are not set."""
    selected = {"UBUNTU": {"value": "pb-06e3563bd35503f2b", "label": "custom", "disabled": False}}
    told = {
        "ConfigurationOptionsInstallNextInterval": "true",
        "ConfigurationOptionsInstallValue": "cron(0 2 ? * SAT#1 *)",
        "ConfigurationOptionsPatchOperation": "ScanAndInstall",
        "ConfigurationOptionsScanNextInterval": "false",
        "ConfigurationOptionsScanValue": "cron(0 1 * * ? *)",
        "HasDeletedBaseline": "false",
        "IsPolicyAttachAllowed": "true",
        "OutputBucketRegion": "",
        "OutputLogEnableS3": "false",
        "OutputS3BucketName": "",
        "OutputS3KeyPrefix": "",
        "PatchBaselineRegion": "us-east-1",
        "PatchBaselineUseDefault": "custom",
        "PatchPolicyName": "dev-patch-policy",
        "RateControlConcurrency": "5",
        "RateControlErrorThreshold": "0%",
        "RebootOption": "RebootIfNeeded",
        "ResourceGroupName": "",
        "SelectedPatchBaselines": json.dumps(selected),
        "TargetInstances": "",
        "TargetOrganizationalUnits": "ou-9utf-example",
        "TargetRegions": "us-east-1,us-east-2",
        "TargetTagKey": "Patch",
        "TargetTagValue": "true",
        "TargetType": "Tags",
    }
    definition = {"Type": "AWSQuickSetupType-PatchPolicy", "Parameters": told}
    aws.client("ssm-quicksetup").create_configuration_manager(Name="dev", ConfigurationDefinitions=[definition])
    assert patch_policy.converge(name="dev", target_tag_value="yes")["changed"]
    changed = {"TargetTagValue": "yes", "SelectedPatchBaselines": json.dumps(selected, sort_keys=True)}
    assert parameters(aws, "dev") == {**told, **changed}
    (policy,) = module("ssm_patch_policy_info").ok()["patch_policies"]
    for name in OF_AWS:
        policy.pop(name, None)
    assert policy == {
        "name": "dev",
        "patch_policy_name": "dev-patch-policy",
        "patch_operation": "ScanAndInstall",
        "scan_schedule": "cron(0 1 * * ? *)",
        "scan_next_interval": False,
        "install_schedule": "cron(0 2 ? * SAT#1 *)",
        "install_next_interval": True,
        "reboot_option": "RebootIfNeeded",
        "is_policy_attach_allowed": True,
        "rate_control_concurrency": "5",
        "rate_control_error_threshold": "0%",
        "patch_baselines": {"UBUNTU": "pb-06e3563bd35503f2b"},
        "target_organizational_units": ["ou-9utf-example"],
        "target_regions": ["us-east-1", "us-east-2"],
        "target_type": "Tags",
        "target_tag_key": "Patch",
        "target_tag_value": "yes",
        "tags": {},
    }


OF_AWS = ("manager_arn", "status", "created_date", "modified_date", "type_version")


def test_the_server_refuses_what_the_reference_does_not_know(aws):
    definition = {"Type": "AWSQuickSetupType-PatchPolicy", "Parameters": {"Colour": "red", "TargetType": "x"}}
    setup = aws.client("ssm-quicksetup")
    with answers.refused(
        "ValidationException", "Colour is no parameter of a patch policy; PatchPolicyName is required"
    ):
        setup.create_configuration_manager(ConfigurationDefinitions=[definition])
