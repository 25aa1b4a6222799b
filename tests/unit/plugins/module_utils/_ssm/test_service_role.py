# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IAM role that tasks run under, as code wants it and as it is."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import drift, service_role

ARN = "arn:aws:iam::123456789012:role/windows"
OURS = {"managed-by": "patchops.fleet"}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
SPELT = {"Statement": [{"Sid": "", "Effect": "Allow", "Action": ["sts:AssumeRole"]}]}
A, B = {"policy_name": "A"}, {"policy_name": "B"}
THERE = {"arn": ARN, "tags": OURS, "managed_policies": [B, A], "assume_role_policy_document": TRUST}


def role(found):
    return service_role.ServiceRole("windows", ["A", "arn:aws:iam::123456789012:policy/B"], found, TRUST)


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        pytest.param(None, "missing", "is in code only", id="missing"),
        pytest.param(THERE, None, "", id="as in code"),
        pytest.param({**THERE, "tags": {**OURS, "Owner": "x"}}, None, "", id="with another tag"),
        pytest.param({"arn": ARN, "managed_policies": []}, None, "", id="of somebody else"),
        pytest.param({**THERE, "managed_policies": [B]}, "different", "policies: [A, B] in code, [B]", id="policies"),
        pytest.param({**THERE, "assume_role_policy_document": {}}, "different", "trust: ", id="trust"),
        pytest.param({**THERE, "assume_role_policy_document": SPELT}, None, "", id="the same trust"),
    ],
)
def test_compared(found, status, words):
    result = drift.Drift()
    service_role.compare(result, role(found))
    assert [one["status"] for one in result.findings] == ([status] if status else [])
    assert all(one["message"].startswith(words) for one in result.findings)
    assert len(result.present["iam_role"]) == len(result.findings)


@pytest.mark.parametrize(
    ("found", "used", "status", "words"),
    [
        pytest.param(THERE, [], "extra", "is to be deleted", id="nobody needs it"),
        pytest.param(THERE, ["mw-1"], "extra", "is to be deleted", id="a window that goes"),
        pytest.param(
            THERE, ["mw-2"], "note", "is kept: tasks of windows that stay run under it: b", id="one that stays"
        ),
        pytest.param({**THERE, "tags": {}}, [], None, "", id="of somebody else"),
        pytest.param(None, [], None, "", id="not there"),
    ],
)
def test_destroyed(found, used, status, words):
    windows = [
        {"window_id": one, "name": name, "tasks": [{"service_role_arn": ARN}] if one in used else []}
        for one, name in (("mw-1", "a"), ("mw-2", "b"))
    ]
    result = drift.Drift()
    result.absent["maintenance_window"].append(windows[0])
    service_role.destroy(result, role(found), {"maintenance_windows": windows})
    assert [one["status"] for one in result.findings] == ([status] if status else [])
    assert all(one["message"].startswith(words) for one in result.findings)
