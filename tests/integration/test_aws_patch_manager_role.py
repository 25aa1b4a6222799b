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
    description: "[1,2]"
    patch_groups: [Web]
    targets:
      - {name: owned, targets: {"tag:Stage": [b]}, owner_information: '{"team":1}', description: "True"}
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
        "register target owned with maintenance window",
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


def played(ansible, aws, folder, text, *arguments, **variables):
    (folder / "play.yml").write_text(text)
    given = json.dumps({"ansible_python_interpreter": sys.executable, **variables})
    return ansible("ansible-playbook", "play.yml", "-e", given, *arguments, **aws.environment())


SWAP = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    amazon.aws.ec2_tag: {purge_tags: true}
    patchops.fleet.ssm_patch_baseline: {purge_patch_groups: false}
  roles:
    - role: patchops.fleet.aws_patch_manager
"""


def test_groups_are_swapped_and_tags_of_others_stay(ansible, aws, tmp_path):
    """What module_defaults say of purging is not what the role means."""
    ec2 = aws.client("ec2")
    image = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    node = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[node], Tags=[{"Key": "Owner", "Value": "x"}])
    more = {"aws_patch_manager_nodes": [{"id": node, "patch_group": "one"}]}
    for groups in (["one", "old"], ["two"]), (["two"], ["one"]):
        tags = {"Tags": [{"Key": "Groups", "Value": str(len(groups[0]))}]}
        baselines = [
            {"name": name, "operating_system": "SUSE", "patch_groups": given, **tags}
            for name, given in zip(("first", "second"), groups, strict=True)
        ]
        applied = played(ansible, aws, tmp_path, SWAP, patch_baselines=baselines, **more)
        assert applied.returncode == 0, applied.stdout
    again = played(ansible, aws, tmp_path, SWAP, patch_baselines=baselines, **more)
    assert "changed=0 " in again.stdout
    (region,) = aws.application.service.regions.values()
    names = {identifier: one["Name"] for identifier, one in region.baselines.items()}
    registered = {group: names[used] for (group, _system), used in region.patch_groups.items()}
    assert registered == {"two": "first", "one": "second"}
    deregistered = [call.request["PatchGroup"] for call in aws.calls if call.operation.startswith("DeregisterPatch")]
    assert sorted(deregistered) == ["old", "one", "two"]
    tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [node]}])["Tags"]
    assert {one["Key"]: one["Value"] for one in tags} == {"Owner": "x", "Patch Group": "one"}
    assert {one["Groups"] for (kind, _id), one in region.tags.items() if kind == "PatchBaseline"} == {"1"}
