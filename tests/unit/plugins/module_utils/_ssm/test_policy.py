# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that hosts are patched by, as resources of AWS."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import policy
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.policy import Settings

RULE = {"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 7}
BASELINE = {"name": "production", "operating_system": "AMAZON_LINUX_2023", "approval_rules": [RULE]}
PORTABLE = {
    "name": "security",
    "approval_rules": [{"security": True, "approve_after_days": 7}],
    "patch_groups": ["All"],
}
WINDOW = {"name": "sunday", "schedule": "cron(0 2 ? * SUN *)", "duration": 4, "cutoff": 1}

TARGET = {"name": "two", "targets": {"InstanceIds": ["i-0123456789abcdef0"]}}
TELL = {"name": "tell", "task_type": "LAMBDA", "task_arn": "SSMTell"}

NOTHING_MORE = Settings()


def window(settings=NOTHING_MORE, **members):
    (made,) = policy.read([], [{**WINDOW, **members}], settings).windows
    return made


def task(**members):
    (made,) = window(patch_groups=["Dev"], task=members)["tasks"]
    return made


def problems(baselines=(), windows=(), settings=NOTHING_MORE):
    with pytest.raises(ResourceError) as caught:
        policy.read(list(baselines), list(windows), settings)
    return str(caught.value).splitlines()


def test_a_baseline_is_whole():
    (made,) = policy.read([BASELINE], [], Settings()).baselines
    assert made == {
        "name": "production",
        "operating_system": "AMAZON_LINUX_2023",
        "global_filters": {},
        "approval_rules": [{**RULE, "compliance_level": "UNSPECIFIED", "enable_non_security": False}],
        "approved_patches": [],
        "approved_patches_compliance_level": "UNSPECIFIED",
        "approved_patches_enable_non_security": False,
        "rejected_patches": [],
        "rejected_patches_action": "ALLOW_AS_DEPENDENCY",
        "sources": [],
        "default": False,
        "patch_groups": [],
    }


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
def test_a_portable_baseline_is_made_for_each_operating_system(system, filters):
    made = policy.read([PORTABLE], [], Settings(operating_systems=(system, "ROCKY_LINUX"))).baselines
    assert [one["operating_system"] for one in made] == [system, "ROCKY_LINUX"]
    assert [rule["filters"] for rule in made[0]["approval_rules"]] == [filters]
    assert {one["name"] for one in made} == {"security"}


def test_what_a_portable_baseline_says_for_others_is_left_out():
    whole = {
        "name": "everything",
        "approval_rules": [{"filters": {}, "approve_after_days": 7, "enable_non_security": True}],
        "sources": [{"name": "tools", "products": ["*"], "configuration": "[tools]"}],
        "available_security_updates_compliance_status": "NON_COMPLIANT",
    }
    windows, linux = policy.read([whole], [], Settings(operating_systems=("WINDOWS", "SUSE"))).baselines
    assert (windows["sources"], windows["approval_rules"][0]["enable_non_security"]) == ([], False)
    assert windows["available_security_updates_compliance_status"] == "NON_COMPLIANT"
    assert len(linux["sources"]) == 1
    assert linux["approval_rules"][0]["enable_non_security"]
    assert "available_security_updates_compliance_status" not in linux


def test_names_of_baselines_that_ship_are_taken_and_those_of_aws_passed_over():
    settings = Settings(operating_systems=("DEBIAN",))
    made = policy.read(["security-7-days", "AWS-UbuntuDefaultPatchBaseline"], [], settings).baselines
    assert [(one["name"], one["operating_system"]) for one in made] == [("security-7-days", "DEBIAN")]


def test_patch_groups_are_a_target():
    assert window(patch_groups=["Dev", "Staging"])["targets"] == [
        {"name": "patch-groups", "resource_type": "INSTANCE", "targets": {"tag:Patch Group": ["Dev", "Staging"]}}
    ]
    (target,) = window(Settings(tag_key="PatchGroup"), patch_groups=["Dev"])["targets"]
    assert target["targets"] == {"tag:PatchGroup": ["Dev"]}


def test_targets_stand_behind_the_patch_groups():
    made = window(patch_groups=["Dev"], targets=[{"name": "two", "targets": {"InstanceIds": ["i-0123456789abcdef0"]}}])
    assert [target["name"] for target in made["targets"]] == ["patch-groups", "two"]


def test_a_task_in_the_short_form():
    assert task(operation="Install", reboot_option="NoReboot", max_concurrency="10%", max_errors="5%") == {
        "name": "install",
        "task_type": "RUN_COMMAND",
        "task_arn": "AWS-RunPatchBaseline",
        "window_targets": ["patch-groups"],
        "instance_ids": [],
        "priority": 1,
        "max_concurrency": "10%",
        "max_errors": "5%",
        "cutoff_behavior": "CONTINUE_TASK",
        "task_invocation_parameters": {
            "run_command": {"parameters": {"Operation": ["Install"], "RebootOption": ["NoReboot"]}}
        },
    }


def test_what_a_short_task_does_not_say():
    made = task()
    assert (made["name"], made["max_concurrency"], made["max_errors"]) == ("install", "50", "0")
    assert made["task_invocation_parameters"]["run_command"]["parameters"] == {"Operation": ["Install"]}


def test_hooks_take_the_document_that_has_them():
    made = task(operation="Install", pre_install_hook="Drain", on_exit_hook="Undrain", comment="By night")
    assert made["task_arn"] == "AWS-RunPatchBaselineWithHooks"
    assert made["task_invocation_parameters"]["run_command"] == {
        "comment": "By night",
        "parameters": {
            "Operation": ["Install"],
            "PreInstallHookDocName": ["Drain"],
            "OnExitHookDocName": ["Undrain"],
        },
    }


def test_tasks_run_in_the_order_in_which_they_are_written():
    tasks = [
        {"operation": "Scan"},
        {"operation": "Install"},
        {"operation": "Scan", "name": "afterwards", "priority": 9},
    ]
    made = window(patch_groups=["Dev"], tasks=tasks)["tasks"]
    assert [(one["name"], one["priority"]) for one in made] == [("scan", 1), ("install", 2), ("afterwards", 9)]


def test_a_task_in_the_form_of_the_api():
    whole = {
        "name": "notify",
        "task_type": "LAMBDA",
        "task_arn": "arn:aws:lambda:eu-central-1:123456789012:function:SSMx",
    }
    (made,) = window(tasks=[whole])["tasks"]
    assert made.items() >= whole.items()
    assert made["window_targets"] == []


def test_the_role_of_tasks_that_name_none():
    role = "arn:aws:iam::123456789012:role/windows"
    other = "arn:aws:iam::123456789012:role/other"
    tasks = [{"operation": "Scan"}, {"operation": "Install", "service_role_arn": other}]
    made = window(Settings(service_role_arn=role), patch_groups=["Dev"], tasks=tasks)["tasks"]
    assert [one["service_role_arn"] for one in made] == [role, other]


def test_tags_that_are_not_written_are_not_managed():
    assert "tags" not in window()
    assert window(tags={"Owner": "platform"})["tags"] == {"Owner": "platform"}


def test_all_that_is_wrong_is_said_at_once():
    bad = {**BASELINE, "approval_rules": [{"filters": {"SECTION": ["x"]}, "approve_after_days": 1000}]}
    windows = [
        {**WINDOW, "duration": 99, "patch_groups": "Dev"},
        {**WINDOW, "name": "other", "patch_groups": ["Dev"], "task": {"operation": "Upgrade", "speed": 3}},
    ]
    found = "\n".join(problems([bad, PORTABLE], windows))
    for words in (
        "patch_baselines[0].approval_rules[0].filters.SECTION: no filter key of AMAZON_LINUX_2023",
        "patch_baselines[0].approval_rules[0].approve_after_days: must be from 0 to 360",
        "maintenance_windows[0].duration: 99 is not allowed",
        "maintenance_windows[0].patch_groups: must be a list",
        "maintenance_windows[1].task.operation: 'Upgrade' is not allowed; allowed: Scan, Install",
        "maintenance_windows[1].task.speed: unknown",
    ):
        assert words in found


@pytest.mark.parametrize(
    ("baselines", "windows", "words"),
    [
        pytest.param([PORTABLE], [], "give it operating_system, or name the ones", id="a portable baseline"),
        pytest.param([{**BASELINE, "operating_system": "FEDORA"}], [],
                     "FEDORA is no operating system of Patch Manager", id="an operating system of hosts"),
        pytest.param([BASELINE, {**BASELINE}], [],
                     "patch_baselines: 'production for AMAZON_LINUX_2023' is the name of several",
                     id="two baselines of one name"),
        pytest.param([{**BASELINE, "baseline_id": "pb-1"}, BASELINE], [],
                     "give each its baseline_id, or another name", id="two baselines of one name, one with its id"),
        pytest.param([{**BASELINE, "baseline_id": "pb-1"}, {**BASELINE, "baseline_id": "pb-1", "name": "other"}], [],
                     "patch_baselines: baseline_id pb-1 is given more than once", id="one baseline twice"),
        pytest.param([], [WINDOW, WINDOW], "maintenance_windows: 'sunday' is the name of several",
                     id="two windows of one name"),
        pytest.param([], [WINDOW, {**WINDOW, "window_id": "mw-1"}], "give each its window_id, or another name",
                     id="two windows of one name, one with its id"),
        pytest.param([], [{**WINDOW, "window_id": "mw-1"}, {**WINDOW, "window_id": "mw-1", "name": "other"}],
                     "window_id mw-1 is given more than once", id="one window twice"),
        pytest.param([], [{**WINDOW, "targets": [{**TARGET, "window_target_id": "t-1"}, TARGET]}],
                     "maintenance_windows[0].targets: 'two' is the name of several",
                     id="two targets of one name, one with its id"),
        pytest.param([], [{**WINDOW, "tasks": [{**TELL, "window_task_id": "t-1"}, {**TELL, "window_task_id": "t-1"}]}],
                     "maintenance_windows[0].tasks: window_task_id t-1 is given more than once", id="one task twice"),
        pytest.param([], [{**WINDOW, "patch_groups": ["a"], "tasks": [{"operation": "Scan"}, {"operation": "Scan"}]}],
                     "maintenance_windows[0].tasks: 'scan' is the name of several", id="two tasks of one name"),
        pytest.param([], [{**WINDOW, "task": {"operation": "Scan"}}], "needs window_targets or instance_ids",
                     id="a task without a target"),
        pytest.param([], "sunday", "maintenance_windows: must be a list", id="no list of windows"),
        pytest.param([], {}, "maintenance_windows: must be a list", id="an empty mapping of windows"),
        pytest.param({}, [], "patch_baselines: must be a list", id="an empty mapping of baselines"),
        pytest.param(False, [], "patch_baselines: must be a list", id="false"),
        pytest.param([], ["sunday"], "must be a maintenance window", id="no window"),
        pytest.param([], [{**WINDOW, "patch_groups": ["a"], "task": {"pre_install_hook": "x", "baseline_override": "s3://x"}}],
                     "AWS-RunPatchBaselineWithHooks, which pre_install_hook needs, has no such parameter",
                     id="an override with hooks"),
        pytest.param([{**BASELINE, "tags": {"aws:x": "y"}}], [], "cannot be set: aws:x", id="a tag like those of AWS"),
        pytest.param([], [{**WINDOW, "tags": {"aws:x": "y"}}], "cannot be set: aws:x", id="such a tag of a window"),
        pytest.param([{**BASELINE, "tags": {"a#": "b"}}], [], "'a#': keys and values may hold", id="a character"),
        pytest.param([{**BASELINE, "tags": {"k" * 129: "b"}}], [], "keys have 1 to 128 characters", id="a long tag"),
        pytest.param([{**BASELINE, "tags": {str(n): "" for n in range(51)}}], [], "must be 50 at most, not 51",
                     id="too many tags"),
        pytest.param([], [{**WINDOW, "tags": {"a": "b#"}}], "'a': keys and values may hold", id="a value of a tag"),
        pytest.param([], [{**WINDOW, "patch_groups": ["a"], "task": {"operation": "Scan", "window_targets": ["nope"]}}],
                     "maintenance_windows[0].tasks: scan: the window has no target nope; it has patch-groups",
                     id="a target that is not there"),
        pytest.param([], [{**WINDOW, "tasks": [{"name": "one", "task_arn": "AWS-Noop", "max_errors": "0",
                                                "max_concurrency": "1", "instance_ids": ["i-0123456789abcdef0"]}]}],
                     "one: names nodes in instance_ids, which needs allow_unassociated_targets of the window",
                     id="nodes of a window that allows none"),
        pytest.param([], [{**WINDOW, "tasks": [{"name": "one", "task_type": "AUTOMATION", "task_arn": "AWS-Noop",
                           "task_invocation_parameters": {"automation": {"parameters": {"p" * 51: ["x"]}}}}]}],
                     "names of parameters must have 1 to 50 characters", id="a long parameter"),
    ],
)  # fmt: skip
def test_what_is_refused(baselines, windows, words):
    with pytest.raises(ResourceError) as caught:
        policy.read(baselines, windows, Settings())
    assert words in str(caught.value)


def test_windows_as_the_api_writes_them():
    """Whole: a member that is not heard of here would be one that is to be deleted."""
    spelt = {
        "WindowId": "mw-1", "Name": "sunday", "Schedule": "cron(0 2 ? * SUN *)", "Duration": 4, "Cutoff": 1,
        "PatchGroups": ["Dev"],
        "Targets": [{"Name": "two", "Targets": TARGET["targets"], "WindowTargetId": "t-1"}],
        "Tasks": [{"Operation": "Scan"}, {"Name": "tell", "TaskType": "LAMBDA", "TaskArn": "SSMTell"}],
    }  # fmt: skip
    usual = {
        **WINDOW, "window_id": "mw-1", "patch_groups": ["Dev"], "targets": [{**TARGET, "window_target_id": "t-1"}],
        "tasks": [{"operation": "Scan"}, TELL],
    }  # fmt: skip
    assert policy.read([], [spelt], Settings()) == policy.read([], [usual], Settings())


def test_a_portable_baseline_steps_back_for_one_of_the_operating_system():
    """As on hosts; else both would take the group, and being the default, from each other in every run."""
    portable = {**PORTABLE, "patch_groups": ["Prod", "Dev"], "default": True}
    specific = {**BASELINE, "patch_groups": ["Prod"], "default": True}
    settings = Settings(operating_systems=("AMAZON_LINUX_2023", "DEBIAN"))
    made = policy.read([portable, specific], [], settings).baselines
    assert [(one["name"], one["operating_system"], one["patch_groups"], one["default"]) for one in made] == [
        ("security", "AMAZON_LINUX_2023", ["Dev"], False),
        ("security", "DEBIAN", ["Dev", "Prod"], True),
        ("production", "AMAZON_LINUX_2023", ["Prod"], True),
    ]


def test_several_of_one_name_with_their_ids():
    targets = [{**TARGET, "window_target_id": f"t-{number}"} for number in (1, 2)]
    twice = [{**WINDOW, "window_id": f"mw-{number}", "targets": targets} for number in (1, 2)]
    baselines = [{**BASELINE, "baseline_id": f"pb-{number}"} for number in (1, 2)]
    made = policy.read(baselines, twice, Settings())
    assert [one["baseline_id"] for one in made.baselines] == ["pb-1", "pb-2"]
    assert [one["window_id"] for one in made.windows] == ["mw-1", "mw-2"]


def test_a_target_that_is_refused_makes_nothing_else_wrong():
    groups = [f"group-{number}" for number in range(60)]
    (problem,) = problems(windows=[{**WINDOW, "patch_groups": groups, "task": {"operation": "Scan"}}])
    assert "must have 1 to 50 values, not 60" in problem


def test_a_rate_counts_from_the_creation_of_the_window():
    assert window(schedule="rate(7 days)")["schedule"] == "rate(7 days)"
