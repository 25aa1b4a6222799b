# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch policies as parameters and back, and how their deployments stand."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import patch_policy

ARN = "arn:aws:ssm-quicksetup:eu-central-1:123456789012:configuration-manager/01234567-89ab-cdef-0123-456789abcdef"
SCAN = {
    "name": "nightly",
    "scan_schedule": "cron(0 1 * * ? *)",
    "target_accounts": ["123456789012"],
    "target_regions": ["eu-west-1", "eu-central-1"],
}
INSTALL = {
    **SCAN,
    "patch_operation": "ScanAndInstall",
    "install_schedule": "cron(0 2 ? * SUN *)",
    "target_type": "Tags",
    "target_tag_key": "Environment",
    "target_tag_value": "production",
    "output_s3_bucket_name": "output",
    "output_s3_bucket_region": "eu-central-1",
    "rate_control_concurrency": "10%",
}
CHOSEN = {"UBUNTU": {"value": "pb-0123456789abcdef0", "label": "ours", "description": "", "disabled": False}}
IDS = {"patch_baselines": {"UBUNTU": "pb-0123456789abcdef0"}}


def manager(parameters, *statuses, **members):
    definition = {"Type": patch_policy.DEFINITION, "Id": "a", "TypeVersion": "1.0", "Parameters": parameters}
    found = {"ManagerArn": ARN, "Name": "nightly", "ConfigurationDefinitions": [definition], "Tags": {}}
    return {**found, "StatusSummaries": list(statuses), **members}


def written(resource):
    return {name: value for name, value in resource.items() if name not in patch_policy.ASSIGNED}


@pytest.mark.parametrize("options", [pytest.param(SCAN, id="scan"), pytest.param(INSTALL, id="scan and install")])
def test_what_is_written_is_read_back(options):
    after = patch_policy.plan(None, {**options, **IDS}, True).after
    parameters = patch_policy.parameters(after, CHOSEN, "eu-central-1", {})
    assert all(isinstance(value, str) for value in parameters.values())
    read = patch_policy.from_api(manager(parameters))
    assert written(read) == after
    assert not patch_policy.plan(read, {}, True).needed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("pb-0123456789abcdef0", "custom", id="an id"),
        pytest.param("arn:aws:ssm:eu-central-1:123456789012:patchbaseline/pb-0123456789abcdef0", "custom", id="ours"),
        pytest.param("arn:aws:ssm:eu-central-1:999999999999:patchbaseline/pb-0123456789abcdef0", "default", id="AWS's"),
    ],
)
def test_a_baseline_of_the_policys_account_is_not_aws_own(value, expected):
    after = {**patch_policy.plan(None, {**SCAN, **IDS}, True).after, "manager_arn": ARN}
    chosen = {"UBUNTU": {**CHOSEN["UBUNTU"], "value": value}}
    assert patch_policy.parameters(after, chosen, "eu-central-1", {})["PatchBaselineUseDefault"] == expected


def test_parameters_that_are_not_ours_stay_and_those_that_go_are_empty():
    before = {"HasDeletedBaseline": "false", "TargetAccounts": "123456789012", "TargetTagKey": "a"}
    options = {**SCAN, **IDS, "target_accounts": None, "target_organizational_units": ["r-ab12"]}
    after = patch_policy.plan(None, options, True).after
    told = patch_policy.parameters(after, CHOSEN, "eu-central-1", before)
    assert {name: told[name] for name in before} == {
        "HasDeletedBaseline": "false",
        "TargetAccounts": "",
        "TargetTagKey": "",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(json.dumps(CHOSEN), CHOSEN, id="chosen"),
        pytest.param("", {}, id="none"),
        pytest.param("{", {}, id="no JSON"),
        pytest.param("[1]", {}, id="another form"),
    ],
)
def test_baselines_that_are_chosen(text, expected):
    assert patch_policy.selected({patch_policy.BASELINES: text}) == expected


def test_all_that_is_wrong_is_told_at_once():
    given = {"name": "a/b", "scan_schedule": "rate(1 day)", "target_regions": ["x"], "reboot_option": "NoReboot"}
    with pytest.raises(ScheduleError) as caught:
        patch_policy.plan(None, {**given, "patch_baselines": {"BEOS": 1}, "tags": {"aws:a": "b"}}, True)
    assert {problem.path for problem in caught.value.problems} == {
        *("name", "scan_schedule", "target_regions[0]", "reboot_option", "target_accounts"),
        *("patch_baselines.BEOS", "tags"),
    }


DEPLOYED = {"StatusType": "Deployment", "Status": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("summaries", "expected"),
    [
        pytest.param([], {"status": "NONE"}, id="nothing known"),
        pytest.param([DEPLOYED], {"status": "SUCCEEDED"}, id="deployed"),
        pytest.param([DEPLOYED, {"Status": "DEPLOYING"}], {"status": "DEPLOYING"}, id="something goes on"),
        pytest.param([{"Status": "DEPLOYING"}, {"Status": "FAILED"}], {"status": "FAILED"}, id="something failed"),
        pytest.param([{"Status": "FAILED", "StatusMessage": "No role.", "StatusDetails": {"b": "2", "a": "1"}}],
                     {"status": "FAILED", "status_message": "No role. (a: 1; b: 2)"}, id="with words"),
        pytest.param([{"Status": "FAILED", "StatusDetails": {"a": "1"}}],
                     {"status": "FAILED", "status_message": "a: 1"}, id="with details alone"),
        pytest.param([{"StatusType": "AsyncExecutions"}], {"status": "NONE"}, id="without a status"),
    ],
)  # fmt: skip
def test_how_it_stands(summaries, expected):
    assert patch_policy.status(manager({}, *summaries)) == expected
