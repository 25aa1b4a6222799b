# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that Patch Manager has: read, compared with variables, written as variables."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.yaml.loader import AnsibleLoader

from ansible_collections.patchops.fleet.plugins.filter.patch_manager_drift import patch_manager_drift
from ansible_collections.patchops.fleet.plugins.filter.patch_manager_variables import patch_manager_variables
from ansible_collections.patchops.fleet.plugins.module_utils._engine.baseline import fingerprint
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import (
    maintenance_window,
    patch_baseline,
    policy,
    window_target,
    window_task,
)
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.api import Api
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "inventories" / "aws" / "group_vars" / "all.yml"


@pytest.fixture
def info(module):
    return module("ssm_patch_manager_info")


def example():
    written = yaml.safe_load(EXAMPLE.read_text())
    return written["patch_baselines"], written["maintenance_windows"]


def many(count):
    """So many baselines, each with a patch group, and so many windows, each with a target and two tasks."""
    baselines = [
        {
            "name": f"baseline-{number}",
            "operating_system": "AMAZON_LINUX_2023",
            "patch_groups": [f"group-{number}"],
            "approval_rules": [{"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 7}],
            "tags": {"Number": str(number)},
        }
        for number in range(count)
    ]
    windows = [
        {
            "name": f"window-{number}",
            "schedule": "cron(0 2 ? * SUN *)",
            "duration": 4,
            "cutoff": 1,
            "patch_groups": [f"group-{number}"],
            "tasks": [{"operation": "Scan"}, {"operation": "Install"}],
        }
        for number in range(count)
    ]
    return baselines, windows


def make(aws, baselines, windows):
    """Create what the variables say, by the functions that the modules call."""
    api = Api(aws.client(attempts=5))
    wanted = policy.read(baselines, windows, policy.Settings())
    for baseline in wanted.baselines:
        change = Change(None, {"tags": {}, **baseline})
        patch_baseline.apply(api, change, patch_baseline.around(api, change))
    for window in wanted.windows:
        window_id = maintenance_window.apply(api, Change(None, {"tags": {}, **window}))
        for target in window["targets"]:
            window_target.apply(api, window_id, Change(None, target))
        targets = window_target.of_window(api, window_id)
        for task in window["tasks"]:
            window_task.apply(api, window_id, Change(None, task), targets)


def findings(actual, baselines, windows, **options):
    return [one for one in patch_manager_drift(actual, baselines, windows, **options)["findings"]
            if one["status"] != "note"]  # fmt: skip


def test_an_empty_account(info):
    everything = {"patch_baselines": [], "patch_groups": [], "maintenance_windows": [], "changes": [], "changed": False}
    assert info.ok().items() >= everything.items()


def test_what_is_there_does_not_differ_from_what_made_it(aws, info):
    make(aws, *example())
    actual = info.ok()
    assert findings(actual, *example()) == []
    assert [one["name"] for one in actual["maintenance_windows"]] == [
        "dev-nightly",
        "production-sunday",
        "staging-tuesday-thursday",
    ]


def test_pages_are_followed(aws, info):
    make(aws, *many(10))
    aws.set(largest_page=3, empty_pages=True)
    assert findings(info.ok(), *many(10)) == []


def test_it_outlives_throttling(aws, info):
    make(aws, *many(5))
    aws.fail(error="ThrottlingException", every=5)
    assert findings(info.ok(), *many(5)) == []


@pytest.mark.parametrize("variables", [example(), many(3)], ids=["example", "many"])
def test_an_import_applies_with_no_change(aws, info, variables):
    make(aws, *variables)
    actual = info.ok()
    imported = patch_manager_variables(actual)
    assert imported["left_out"] == []
    assert findings(actual, imported["patch_baselines"], imported["maintenance_windows"]) == []


def test_an_import_of_what_others_made_applies_with_no_change(aws, info):
    """Names twice, targets and tasks without names, and members that nobody here would write."""
    ssm = aws.client()
    rules = {
        "PatchRules": [{"PatchFilterGroup": {"PatchFilters": []}, "ApproveAfterDays": 100, "EnableNonSecurity": True}]
    }
    for system in ("SUSE", "SUSE", "DEBIAN"):
        ssm.create_patch_baseline(Name="twice", OperatingSystem=system, ApprovalRules=rules)
    for number in range(2):
        window = ssm.create_maintenance_window(
            Name="twice", Schedule=f"rate({number + 2} days)", Duration=2, Cutoff=0, AllowUnassociatedTargets=True,
            StartDate="2026-12-01T00:00:00-08:00",
        )["WindowId"]  # fmt: skip
        targets = [{"Key": "tag:Patch Group", "Values": ["a"]}, {"Key": "tag:Stage", "Values": ["b", "c"]}]
        target = ssm.register_target_with_maintenance_window(
            WindowId=window, ResourceType="INSTANCE", Targets=targets, OwnerInformation="Eve"
        )["WindowTargetId"]
        ssm.register_task_with_maintenance_window(
            WindowId=window, TaskType="RUN_COMMAND", TaskArn="AWS-RunPatchBaseline", MaxConcurrency="7", MaxErrors="0%",
            Targets=[{"Key": "WindowTargetIds", "Values": [target]}], Priority=5, CutoffBehavior="CANCEL_TASK",
            TaskInvocationParameters={"RunCommand": {"Parameters": {"Operation": ["Scan"]}, "TimeoutSeconds": 600}},
        )  # fmt: skip
        ssm.register_task_with_maintenance_window(
            WindowId=window, TaskType="AUTOMATION", TaskArn="AWS-StopEC2Instance", Priority=6,
            TaskInvocationParameters={
                "Automation": {"DocumentVersion": "1", "Parameters": {"InstanceId": ["{{RESOURCE_ID}}"]}}
            },
        )  # fmt: skip
    actual = info.ok()
    imported = patch_manager_variables(actual)
    assert imported["left_out"] == []
    assert findings(actual, imported["patch_baselines"], imported["maintenance_windows"]) == []
    assert len(imported["maintenance_windows"][0]["tasks"]) == 2
    # text that Ansible would evaluate, and cannot be told from it
    assert imported["yaml"].count('!unsafe "{{RESOURCE_ID}}"') == 2
    read = yaml.load(imported["yaml"], Loader=AnsibleLoader)
    assert findings(actual, read["patch_baselines"], read["maintenance_windows"]) == []


def test_what_an_import_leaves_out_is_kept_from_a_purge(aws, info):
    """A window whose task no variables can say, and a patch group of a baseline that belongs to AWS."""
    make(aws, *many(1))
    ssm = aws.client()
    window = ssm.create_maintenance_window(
        Name="odd", Schedule="rate(7 days)", Duration=2, Cutoff=0, AllowUnassociatedTargets=True
    )["WindowId"]
    ssm.register_task_with_maintenance_window(
        WindowId=window, TaskType="RUN_COMMAND", TaskArn="AWS-RunPatchBaseline", MaxConcurrency="1", MaxErrors="1",
        Targets=[{"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}],
        TaskInvocationParameters={"RunCommand": {"Parameters": {"SnapshotId": ["x"]}}},
    )  # fmt: skip
    suse = ssm.get_default_patch_baseline(OperatingSystem="SUSE")["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=suse, PatchGroup="odd")
    actual = info.ok()
    imported = patch_manager_variables(actual)
    assert [(one["kind"], one["name"], one["id"]) for one in imported["left_out"]] == [
        ("maintenance_window", "odd", window),
        ("patch_group", "odd", suse),
    ]
    assert "SnapshotId: must not be given" in imported["yaml"]
    read = yaml.safe_load(imported["yaml"])
    code = read["patch_baselines"], read["maintenance_windows"]
    assert any(patch_manager_drift(actual, *code, purge=True)["absent"].values())
    assert not any(
        patch_manager_drift(actual, *code, purge=True, keep=read["aws_patch_manager_keep"])["absent"].values()
    )


def test_a_node_that_is_given_twice_is_refused(info):
    nodes = [{"id": "i-0123456789abcdef0", "patch_group": group} for group in ("Dev", "Production")]
    with pytest.raises(AnsibleFilterError, match="nodes: i-0123456789abcdef0 is given more than once"):
        patch_manager_drift(info.ok(nodes=True), [], [], nodes=nodes)


def test_nodes_that_were_not_read_are_refused(info):
    nodes = [{"id": "i-0123456789abcdef0", "patch_group": "Dev"}]
    with pytest.raises(AnsibleFilterError, match="nodes: their tags were not read: give ssm_patch_manager_info"):
        patch_manager_drift(info.ok(), [], [], nodes=nodes)


def test_an_imported_baseline_decides_as_the_one_that_was_written(aws, info):
    baselines, windows = example()
    make(aws, baselines, windows)
    imported = {one["name"]: one for one in patch_manager_variables(info.ok())["patch_baselines"]}
    for written in baselines:
        assert fingerprint(parse_baseline(imported[written["name"]])) == fingerprint(parse_baseline(written))


@pytest.mark.parametrize("tags", [False, True], ids=["without tags", "with tags"])
@pytest.mark.parametrize("count", [1, 10, 50])
def test_reading_costs_one_describe_for_each_resource_and_the_lists(aws, info, count, tags):
    """Lists: baselines, groups, windows; per window its targets and tasks; tags, where they are read, of each."""
    make(aws, *many(count))
    before = len(aws.calls)
    actual = info.ok(tags=tags)
    calls = aws.actions[before:]
    described = [call for call in calls if call.startswith("ssm:Get")]
    assert len(described) == count + count + 2 * count  # baselines, windows, tasks: the lower bound
    assert len(calls) - len(described) == 3 + 2 * count + (2 * count if tags else 0)
    assert findings(actual, *many(count)) == []


def test_nodes(aws, info):
    ec2 = aws.client("ec2")
    image = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3)["Instances"]
    ids = sorted(instance["InstanceId"] for instance in launched)
    ec2.create_tags(Resources=ids[:2], Tags=[{"Key": "Patch Group", "Value": "Dev"}])
    ec2.create_tags(Resources=ids[1:2], Tags=[{"Key": "PatchGroup", "Value": "Production"}])
    assert info.ok(nodes=True)["nodes"] == [
        {"id": ids[0], "patch_group": "Dev", "tags": {"Patch Group": "Dev"}},
        {"id": ids[1], "patch_group": "Production", "tags": {"Patch Group": "Dev", "PatchGroup": "Production"}},
    ]
    assert "nodes" not in info.ok()
