# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which windows a node is patched, and which operating system it has."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import preflight_plan

ID = "i-0123456789abcdef0"
TAGS = {"Patch Group": "Web", "Stage": "a"}
BY_GROUP = {"tag:Patch Group": ["Web", "Other"]}


def task(operation="Install", document="AWS-RunPatchBaseline", instance_ids=(), **more):
    parameters = {"run_command": {"parameters": {"Operation": [operation]}}}
    return {
        "task_arn": document,
        "window_targets": ["servers"],
        "instance_ids": list(instance_ids),
        "task_invocation_parameters": parameters,
        **more,
    }


def window(targets=None, tasks=None, enabled=True, name="sunday"):
    target = {"window_target_id": "wt-1", "name": "servers", "targets": BY_GROUP if targets is None else targets}
    return {"name": name, "enabled": enabled, "targets": [target], "tasks": tasks or [task()]}


@pytest.mark.parametrize(
    ("windows", "found"),
    [
        pytest.param([window()], "installing", id="by its group"),
        pytest.param([window({"InstanceIds": [ID]})], "installing", id="by its id"),
        pytest.param([window({"tag-key": ["Stage"]})], "installing", id="by having a tag"),
        pytest.param([window({**BY_GROUP, "tag:Stage": ["a"]})], "installing", id="by two tags"),
        pytest.param([window({**BY_GROUP, "tag:Stage": ["b"]})], None, id="one tag of two"),
        pytest.param([window({"tag:Patch Group": ["web"]})], None, id="a group of another case"),
        pytest.param([window({})], None, id="a target without keys"),
        pytest.param([window(tasks=[task(window_targets=["others"])])], None, id="another target of the window"),
        pytest.param(
            [window({"tag:x": ["y"]}, [task(window_targets=[], instance_ids=[ID])])], "installing", id="by the task"
        ),
        pytest.param([window(tasks=[task("Scan")])], "scanning", id="scans"),
        pytest.param([window(tasks=[task("Scan"), task()])], "installing", id="scans and installs"),
        pytest.param([window(tasks=[task(task_invocation_parameters={})])], "scanning", id="an operation not given"),
        pytest.param([window(tasks=[task(document="AWS-RunShellScript")])], None, id="runs something else"),
        pytest.param(
            [window(tasks=[task(document="arn:aws:ssm:eu-central-1::document/AWS-RunPatchBaselineWithHooks")])],
            "installing",
            id="by an ARN, with hooks",
        ),
        pytest.param([window(tasks=[task(document="AWS-PatchAsgInstance")])], "installing", id="a runbook"),
        pytest.param([window(tasks=[task(document="PatchWithHealthCheck")])], "installing", id="our runbook"),
        pytest.param([window(enabled=False)], "disabled", id="disabled"),
        pytest.param([window({"resource-groups:Name": ["x"]})], "unknown", id="a resource group"),
        pytest.param([window({"resource-groups:Name": ["x"]}, enabled=False)], None, id="one that is disabled"),
    ],
)
def test_plan(windows, found):
    plan = preflight_plan.plan_of(ID, TAGS, windows)._asdict()
    assert {kind: names for kind, names in plan.items() if names} == ({found: ["sunday"]} if found else {})


@pytest.mark.parametrize(
    ("name", "version", "system"),
    [
        pytest.param("Amazon Linux", "2023", "AMAZON_LINUX_2023", id="Amazon Linux 2023"),
        pytest.param("Amazon Linux", "2023.6.20241212", "AMAZON_LINUX_2023", id="a release of it"),
        pytest.param("Amazon Linux", "2", "AMAZON_LINUX_2", id="Amazon Linux 2"),
        pytest.param("Amazon Linux AMI", "2018.03", "AMAZON_LINUX", id="Amazon Linux 1"),
        pytest.param("Amazon Linux", "", None, id="Amazon Linux, which one"),
        pytest.param("Microsoft Windows Server 2019 Datacenter", "10.0.17763", "WINDOWS", id="Windows"),
        pytest.param("Red Hat Enterprise Linux Server", "7.9", "REDHAT_ENTERPRISE_LINUX", id="RHEL"),
        pytest.param("Debian GNU/Linux", "12", "DEBIAN", id="Debian"),
        pytest.param("SLES", "15.5", "SUSE", id="SLES"),
        pytest.param("Rocky Linux", "9.3", "ROCKY_LINUX", id="Rocky"),
        pytest.param("", "", None, id="a node that never told"),
    ],
)
def test_operating_system(name, version, system):
    assert preflight_plan.operating_system({"platform_name": name, "platform_version": version}) == system
