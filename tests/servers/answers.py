# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to ask the strict SSM, for its tests."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from botocore.exceptions import ClientError

BASELINE = {
    "Name": "production-al2",
    "OperatingSystem": "AMAZON_LINUX_2",
    "ApprovalRules": {
        "PatchRules": [
            {
                "PatchFilterGroup": {
                    "PatchFilters": [
                        {"Key": "CLASSIFICATION", "Values": ["Security", "Bugfix"]},
                        {"Key": "SEVERITY", "Values": ["Critical", "Important"]},
                    ]
                },
                "ApproveAfterDays": 7,
                "ComplianceLevel": "CRITICAL",
            }
        ]
    },
}
WINDOW = {
    "Name": "tuesday-night",
    "Schedule": "cron(0 2 ? * TUE *)",
    "Duration": 4,
    "Cutoff": 1,
    "AllowUnassociatedTargets": False,
}
TARGET = {"ResourceType": "INSTANCE", "Targets": [{"Key": "tag:Patch Group", "Values": ["production"]}]}
RATES = {"MaxConcurrency": "10%", "MaxErrors": "5%"}
SCAN = {"RunCommand": {"Parameters": {"Operation": ["Scan"]}}}


@contextlib.contextmanager
def refused(code: str, text: str = "") -> t.Iterator[None]:
    """The service answers this error, with `text` in its message."""
    with pytest.raises(ClientError) as caught:
        yield
    answered = caught.value.response["Error"]
    assert answered["Code"] == code, answered
    assert text in answered["Message"]


def rules(*given: dict) -> dict:
    """Approval rules; each with a filter group that the operating system does not matter for."""
    group = {"PatchFilterGroup": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]}}
    return {"PatchRules": [{**group, **rule} for rule in given]}


def baseline(ssm: t.Any, **options: t.Any) -> str:
    return ssm.create_patch_baseline(**{**BASELINE, **options})["BaselineId"]


def window(ssm: t.Any, **options: t.Any) -> str:
    return ssm.create_maintenance_window(**{**WINDOW, **options})["WindowId"]


def target(ssm: t.Any, window_id: str, **options: t.Any) -> str:
    given = {**TARGET, **options}
    return ssm.register_target_with_maintenance_window(WindowId=window_id, **given)["WindowTargetId"]


def task(ssm: t.Any, window_id: str, *targets: str, **options: t.Any) -> str:
    """Scans by Run Command; `targets` are ids of window targets."""
    given = {"TaskType": "RUN_COMMAND", "TaskArn": "AWS-RunPatchBaseline", "TaskInvocationParameters": SCAN}
    if targets:
        given.update(RATES, Targets=[{"Key": "WindowTargetIds", "Values": list(targets)}])
    return ssm.register_task_with_maintenance_window(WindowId=window_id, **{**given, **options})["WindowTaskId"]


def without_metadata(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def nodes(count: int, **members: t.Any) -> list[dict]:
    """Managed nodes alike, with ids that tell their number."""
    return [{"id": node_id(number), **members} for number in range(count)]


def node_id(number: int) -> str:
    return f"i-{number:017x}"


MISSING = {
    "Title": "openssl.x86_64:1:3.0.8-1.amzn2023.0.1",
    "KBId": "openssl.x86_64",
    "Classification": "Security",
    "Severity": "Important",
    "State": "MISSING",
    "CVEIds": "CVE-2026-0001,CVE-2026-0002",
    "Level": "CRITICAL",
}
INSTALLED_OTHER = {
    "Title": "zlib.x86_64:0:1.2.11-33.amzn2023.0.5",
    "KBId": "zlib.x86_64",
    "Classification": "Bugfix",
    "Severity": "Medium",
    "State": "INSTALLED_OTHER",
}
