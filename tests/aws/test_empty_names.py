# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty text where modules look something up by its name or id."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "options", "empty"),
    [
        pytest.param("ssm_patch_baseline", {"name": "", "operating_system": "UBUNTU"}, ["name"], id="baseline"),
        pytest.param("ssm_patch_baseline", {"name": "", "state": "absent"}, ["name"], id="baseline, absent"),
        pytest.param("ssm_patch_baseline_info", {"name": ""}, ["name"], id="baselines"),
        pytest.param("ssm_patch_group", {"patch_group": "web", "baseline": "", "operating_system": "UBUNTU"},
                     ["baseline"], id="patch group"),
        pytest.param("ssm_maintenance_window", {"name": ""}, ["name"], id="window"),
        pytest.param("ssm_maintenance_window", {"window_id": "", "state": "absent"}, ["window_id"], id="window's id"),
        pytest.param("ssm_maintenance_window_info", {"name": ""}, ["name"], id="windows"),
        pytest.param("ssm_maintenance_window_target", {"window": "", "name": ""}, ["name", "window"], id="target"),
        pytest.param("ssm_maintenance_window_target_info", {"window": ""}, ["window"], id="targets"),
        pytest.param("ssm_maintenance_window_task", {"window": "x", "name": "", "state": "absent"}, ["name"],
                     id="task"),
        pytest.param("ssm_maintenance_window_task_info", {"window": "x", "name": ""}, ["name"], id="tasks"),
        pytest.param("ssm_association", {"association_name": ""}, ["association_name"], id="association"),
        pytest.param("ssm_association", {"association_id": "", "state": "absent"}, ["association_id"],
                     id="association's id"),
        pytest.param("ssm_association_info", {"association_name": ""}, ["association_name"], id="associations"),
        pytest.param("ssm_automation_run", {"document_name": ""}, ["document_name"], id="runbook"),
        pytest.param("ssm_automation_info", {"execution_id": ""}, ["execution_id"], id="automation"),
        pytest.param("ssm_automation_info", {"document_name_prefix": "", "parent_execution_id": ""},
                     ["document_name_prefix", "parent_execution_id"], id="automations"),
    ],
)  # fmt: skip
def test_refused_without_a_call(module, aws, name, options, empty):
    message = module(name).failure(**options)
    assert message == "\n".join(f"{option}: must not be empty" for option in empty)
    assert aws.calls == []
