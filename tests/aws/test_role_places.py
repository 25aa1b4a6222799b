# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_patch_manager: which account and Region it works in, and what it leaves to others."""

from __future__ import annotations

import json
import sys

import pytest
from moto.iam.models import iam_backends

from ansible_collections.patchops.fleet.tests.integration import conftest as integration
from ansible_collections.patchops.fleet.tests.servers.answers import window

ansible = integration.ansible  # a fixture


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


def played(ansible, aws, folder, text, *arguments, **variables):
    (folder / "play.yml").write_text(text)
    given = json.dumps({"ansible_python_interpreter": sys.executable, **variables})
    return ansible("ansible-playbook", "play.yml", "-e", given, *arguments, **aws.environment())


DEFAULTS = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/patchops.fleet.aws: {region: eu-central-1}
    group/aws: {region: eu-west-1}
    patchops.fleet.ssm_maintenance_window: {region: us-east-1}
    patchops.fleet.ssm_patch_baseline: {region: us-east-1}
  roles:
    - role: patchops.fleet.aws_patch_manager
  vars:
    maintenance_windows:
      - {name: nightly, schedule: rate(1 day), duration: 3, cutoff: 1, patch_groups: [Web], task: {operation: Scan}}
"""


@pytest.mark.parametrize(
    ("places", "region"),
    [
        pytest.param([{}], "eu-central-1", id="of the environment"),
        pytest.param([{"region": "eu-north-1"}], "eu-north-1", id="of a place"),
    ],
)
def test_defaults_of_one_module_send_it_nowhere_else(ansible, aws, tmp_path, places, region):
    ended = played(ansible, aws, tmp_path, DEFAULTS, aws_patch_manager_places=places)
    assert ended.returncode == 0, ended.stdout
    with_windows = [name for (_account, name), one in aws.application.service.regions.items() if one.windows]
    assert with_windows == [region]


def test_credentials_of_a_place_count_for_every_module(ansible, aws, tmp_path):
    """Also for those of amazon.aws, whose group the user's module_defaults name too."""
    text = DEFAULTS.replace("{region: eu-west-1}", "{access_key: AKIAIOSFODNN7EXAMPLE, secret_key: unknown}", 1)
    role = "arn:aws:iam::111122223333:role/patching"
    places = [{"name": "other", "region": "eu-north-1", "assume_role_arn": role}]
    more = {"aws_patch_manager_places": places, "aws_patch_manager_service_role": "windows"}
    ended = played(ansible, aws, tmp_path, text, **more)
    assert ended.returncode == 0, ended.stdout
    with_windows = [place for place, one in aws.application.service.regions.items() if one.windows]
    assert with_windows == [("111122223333", "eu-north-1")]
    in_account = {account: len(one["aws"].roles) for account, one in iam_backends.items() if one["aws"].roles}
    assert in_account == {"111122223333": 1}
    assert [one["ServiceRoleArn"] for one in tasks(aws)] == ["arn:aws:iam::111122223333:role/windows"]


def test_the_service_role_goes_with_the_last_window_that_needs_it(ansible, aws, tmp_path):
    more = {"aws_patch_manager_service_role": "windows", "aws_patch_manager_check_nodes": False}
    other = {"name": "other", "schedule": "rate(7 days)", "duration": 3, "cutoff": 1, "patch_groups": ["B"]}
    other["task"] = {"operation": "Scan"}
    applied = played(ansible, aws, tmp_path, DEFAULTS, aws_patch_manager_windows=[other], **more)
    assert applied.returncode == 0, applied.stdout
    assert "role/windows" in json.dumps([one["ServiceRoleArn"] for one in tasks(aws)])
    foretold = played(ansible, aws, tmp_path, DEFAULTS, "--check", **more)
    assert foretold.returncode == 0, foretold.stdout
    applied = played(ansible, aws, tmp_path, DEFAULTS, **more)
    assert applied.returncode == 0, applied.stdout
    kept = played(ansible, aws, tmp_path, DEFAULTS, aws_patch_manager_state="absent", **more)
    assert "is kept: tasks of windows that stay run under it: other" in kept.stdout
    iam = aws.client("iam")
    assert iam.get_role(RoleName="windows")
    iam.tag_role(RoleName="windows", Tags=[{"Key": "Owner", "Value": "platform"}])
    more["aws_patch_manager_windows"] = [other]
    gone = played(ansible, aws, tmp_path, DEFAULTS, aws_patch_manager_state="absent", **more)
    assert gone.returncode == 0, gone.stdout
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []


def tasks(aws):
    return [one for region in aws.application.service.regions.values() for one in region.tasks.values()]


def test_a_place_that_names_nothing_is_refused(ansible, aws, tmp_path):
    ended = played(ansible, aws, tmp_path, DEFAULTS, aws_patch_manager_places=[{"name": "prod", "profile": ""}])
    assert ended.returncode != 0
    assert "profile: must not be empty in aws_patch_manager_places" in " ".join(ended.stdout.split())
    assert aws.actions == []
