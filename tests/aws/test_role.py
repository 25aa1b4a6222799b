# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_patch_manager where something goes wrong, and the demo of it."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
ASSIGNED = ("CreatedDate", "ModifiedDate", "BaselineId", "WindowId", "WindowTargetId", "WindowTaskId", "_scheduled")
WRITES = ("Create", "Register", "Update", "Add", "Deregister", "Delete", "Remove")


@pytest.fixture
def apply(aws, tmp_path):
    """Run the role with the example inventory; further keywords are variables."""

    def start(**variables):
        given = json.dumps({"aws_patch_manager_service_role": "", "aws_patch_manager_check_nodes": False, **variables})
        command = [PLAYBOOK, "patchops.fleet.aws", "-i", CHECKOUT / "inventories" / "aws", "-e", given]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def run(**variables):
        process = start(**variables)
        output, _nothing = process.communicate()
        return process.returncode, output

    run.start = start
    return run


def writes(aws):
    return [call for call in aws.calls if call.operation.startswith(WRITES) and call.status == 200]


def state(aws, region="eu-central-1"):
    """What there is, without what differs from one run to the next."""
    (found,) = [one for (_account, name), one in aws.application.service.regions.items() if name == region]
    names = {identifier: one["Name"] for identifier, one in {**found.baselines, **found.windows}.items()}
    targets = {identifier: one["Name"] for identifier, one in found.targets.items()}

    def plain(resources):
        rows = []
        for one in resources.values():
            owner = names[one.get("BaselineId") or one["WindowId"]]
            rows.append({"owner": owner, **{name: value for name, value in one.items() if name not in ASSIGNED}})
        text = json.dumps(sorted(rows, key=lambda row: (row["owner"], row["Name"])), sort_keys=True, default=str)
        for identifier, name in targets.items():
            text = text.replace(identifier, name)
        return text

    groups = sorted((*key, names[used]) for key, used in found.patch_groups.items())
    defaults = sorted((system, names[used]) for system, used in found.defaults.items())
    return [plain(one) for one in (found.baselines, found.windows, found.targets, found.tasks)] + [groups, defaults]


def test_killed_half_way_and_run_again_it_ends_in_the_same_state(aws, apply):
    code, output = apply()
    assert code == 0, output
    undisturbed, needed = state(aws), len(writes(aws))
    aws.reset()
    process = apply.start()
    reading = threading.Thread(target=process.stdout.read)
    reading.start()
    while len(writes(aws)) < needed // 2:
        assert process.poll() is None
        threading.Event().wait(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reading.join()
    assert len(writes(aws)) < needed
    code, output = apply()
    assert code == 0, output
    assert state(aws) == undisturbed
    code, output = apply()
    assert "changed=0 " in output


def test_it_succeeds_while_a_fifth_of_all_calls_is_throttled(aws, apply):
    aws.fail(error="ThrottlingException", every=5)
    code, output = apply()
    assert code == 0, output
    aws.application.service.faults.clear()
    code, output = apply()
    assert "changed=0 " in output


def test_access_denied_in_the_middle_says_what_was_done(aws, apply):
    aws.fail(operation="RegisterTargetWithMaintenanceWindow", error="AccessDeniedException")
    code, output = apply()
    assert code != 0
    closing = output[output.index("Fail where one of them failed") :]
    assert "not authorized to perform: ssm:RegisterTargetWithMaintenanceWindow" in closing
    assert "Done before that: create patch baseline dev-amazon-linux-2 for AMAZON_LINUX_2" in closing
    assert "create maintenance window production-sunday" in closing
    assert "strict-ssm-secret" not in output
    aws.application.service.faults.clear()
    code, output = apply()
    assert code == 0, output


def test_a_region_that_fails_does_not_keep_the_others(aws, apply):
    aws.fail(operation="CreatePatchBaseline", error="AccessDeniedException", region="eu-west-1")
    places = [{"region": "eu-west-1"}, {"name": "home", "region": "eu-central-1"}]
    places.append(
        {"name": "other", "region": "eu-central-1", "assume_role_arn": "arn:aws:iam::111122223333:role/patching"}
    )
    code, output = apply(aws_patch_manager_places=places)
    assert code != 0
    closing = output[output.index("Fail where one of them failed") :]
    assert "eu-west-1: Patch baselines, their patch groups and defaults" in closing
    regions = aws.application.service.regions
    assert {key: len(one.windows) for key, one in regions.items()} == {
        ("123456789012", "eu-west-1"): 0,
        ("123456789012", "eu-central-1"): 3,
        ("111122223333", "eu-central-1"): 3,
    }


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"patch_baselines": "{{ patch_baselinse }}"}, "patch_baselinse", id="a variable misspelt"),
        pytest.param({"aws_patch_manager_places": []}, "at least one of", id="nowhere"),
    ],
)
def test_what_cannot_be_meant_deletes_nothing(aws, apply, variables, words):
    aws.client().create_patch_baseline(Name="other", OperatingSystem="SUSE")
    code, output = apply(aws_patch_manager_purge=True, **variables)
    assert code != 0
    assert words in output
    assert [call.operation for call in writes(aws)] == ["CreatePatchBaseline"]


def test_what_is_wrong_in_the_variables_is_said_before_any_change(aws, apply):
    code, output = apply(patch_baselines=[{"name": "web", "operating_system": "FEDORA"}], maintenance_windows=[{}])
    assert code != 0
    assert "FEDORA is no operating system of Patch Manager" in output
    assert "maintenance_windows[0].schedule: is missing" in output
    assert writes(aws) == []


def test_the_demo(tmp_path):
    """All its steps do what they are to do; it has a server of its own."""
    script = CHECKOUT / "scripts" / "aws_demo.py"
    command = [sys.executable, script, "--reports", tmp_path]
    played = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("-> nothing changed") == 3
    assert played.stdout.rstrip().endswith("-> nothing is left")
    assert (tmp_path / "aws-demo.html").is_file()
