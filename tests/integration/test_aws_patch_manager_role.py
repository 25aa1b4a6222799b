# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_patch_manager against the strict SSM, with each ansible-core: applied, drifted, imported, destroyed."""

from __future__ import annotations

import json
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.tests.servers import conftest as servers
from ansible_collections.patchops.fleet.tests.servers.answers import window

aws_server, aws = servers.aws_server, servers.aws  # fixtures

PLAY = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: patchops.fleet.aws_patch_manager
  tasks:
    - ansible.builtin.copy:
        content: "{{ aws_patch_manager_result | to_json }}"
        dest: result.json
        mode: "0600"
      check_mode: false
"""
VARIABLES = """
aws_patch_manager_operating_systems: [UBUNTU]
patch_baselines:
  - name: web
    operating_system: AMAZON_LINUX_2023
    patch_groups: [Web]
    approval_rules:
      - {filters: {CLASSIFICATION: [Security]}, approve_until_date: 2026-11-30, compliance_level: HIGH}
  - name: portable
    patch_groups: [Web]
    approval_rules: [{security: true, approve_after_days: 7}]
maintenance_windows:
  - name: nightly
    schedule: cron(0 2 ? * * *)
    start_date: 2026-12-01T00:00:00+01:00
    duration: 3
    cutoff: 1
    patch_groups: [Web]
    tasks:
      - {operation: Scan}
      - {operation: Install, max_concurrency: 10%, max_errors: 5%}
"""


class Role:
    """Runs the role in `folder` with the variables above, and reads what came of it."""

    def __init__(self, ansible, server, folder):
        self.ansible, self.server, self.folder = ansible, server, folder
        (folder / "play.yml").write_text(PLAY)
        (folder / "variables.yml").write_text(VARIABLES)

    def __call__(self, *arguments, **variables):
        given = json.dumps({"ansible_python_interpreter": sys.executable, **variables})
        command = ("ansible-playbook", "play.yml", "-e", "@variables.yml", "-e", given, *arguments)
        played = self.ansible(*command, **self.server.environment())
        assert played.returncode == 0, played.stdout
        (result,) = json.loads((self.folder / "result.json").read_text())
        return result, played.stdout


@pytest.fixture
def role(ansible, aws, tmp_path):
    return Role(ansible, aws, tmp_path)


def statuses(result):
    return [one["status"] for one in result["findings"]]


def test_check_apply_again_drift_import_and_destroy(role, aws):
    foretold, _output = role("--check", "--diff")
    assert foretold["changes"] == []
    assert not [call for call in aws.actions if not call.startswith(("ssm:Describe", "ssm:Get", "ssm:List", "ec2:"))]

    applied, _output = role()
    assert applied["findings"] == foretold["findings"]
    assert [change.split(" mw-")[0].split(" pb-")[0] for change in applied["changes"]] == [
        "create patch baseline web for AMAZON_LINUX_2023",
        "register patch group Web with baseline",
        "create patch baseline portable for UBUNTU",
        "register patch group Web with baseline",
        "create maintenance window nightly",
        "register target patch-groups with maintenance window",
        "register task scan with maintenance window",
        "register task install with maintenance window",
    ]
    again, _output = role()
    assert (again["changes"], again["findings"]) == ([], [])

    # Eve writes what Ansible would run, had it been trusted
    evil = "{{ lookup('ansible.builtin.pipe', 'touch evil') }}"
    ssm = aws.client()
    (web,) = ssm.describe_patch_baselines(Filters=[{"Key": "NAME_PREFIX", "Values": ["web"]}])["BaselineIdentities"]
    ssm.update_patch_baseline(BaselineId=web["BaselineId"], Description=evil)
    drifted, output = role(aws_patch_manager_state="drift")
    (finding,) = drifted["findings"]
    assert finding["differences"] == [{"member": "description", "in_code": None, "on_aws": evil}]
    assert "different: patch_baseline web for AMAZON_LINUX_2023" in output
    assert not (role.folder / "evil").exists()

    repaired, _output = role()
    assert [change.split(" (")[0] for change in repaired["changes"]] == ["update patch baseline web"]

    role(aws_patch_manager_state="import", aws_patch_manager_import_file=str(role.folder / "imported.yml"))
    imported = yaml.safe_load((role.folder / "imported.yml").read_text())
    assert [one["name"] for one in imported["patch_baselines"]] == ["portable", "web"]
    unchanged, _output = role("-e", "@imported.yml")
    assert (unchanged["changes"], unchanged["findings"]) == ([], [])

    gone, _output = role(aws_patch_manager_state="absent")
    assert not gone["failed"]
    regions = aws.application.service.regions.values()
    assert not any(region.baselines or region.windows or region.patch_groups for region in regions)


ELSEWHERE = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/patchops.fleet.aws: {region: eu-west-1}
  roles:
    - role: patchops.fleet.aws_patch_manager
      vars:
        aws_patch_manager_purge: true
        aws_patch_manager_service_role: somebody-elses
        aws_patch_manager_baselines:
          - name: web
            operating_system: SUSE
            patch_groups: [Web]
            approval_rules: [{filters: {CLASSIFICATION: [Security]}, approve_after_days: 7}]
"""


def test_what_the_variables_do_not_speak_of_is_left_alone(ansible, aws, tmp_path):
    """The Region is that of the user's own module_defaults; no window is given; the role is somebody else's."""
    iam, ssm = aws.client("iam"), aws.client(region="eu-west-1")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=trust)
    window(ssm)
    (tmp_path / "play.yml").write_text(ELSEWHERE)
    for more in ((), ("-e", "aws_patch_manager_state=absent")):
        interpreter = f"ansible_python_interpreter={sys.executable}"
        ended = ansible("ansible-playbook", "play.yml", "-e", interpreter, *more, **aws.environment())
        assert ended.returncode == 0, ended.stdout
        region = aws.application.service.regions["123456789012", "eu-west-1"]
        assert [one["Name"] for one in region.windows.values()] == ["tuesday-night"]
        assert [one["Name"] for one in region.baselines.values()] == ([] if more else ["web"])
        role = iam.get_role(RoleName="somebody-elses")["Role"]
        assert role["AssumeRolePolicyDocument"] == json.loads(trust)
        assert iam.list_attached_role_policies(RoleName="somebody-elses")["AttachedPolicies"] == []
    assert ("123456789012", "eu-central-1") not in aws.application.service.regions
