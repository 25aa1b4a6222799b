# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_patch_run: patch groups in their order, nodes that fail, records in any case."""

from __future__ import annotations

import json
import pathlib
import re
import sys

import pytest

from ansible_collections.patchops.fleet.tests.integration import conftest as integration
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id

ansible = integration.ansible  # a fixture

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DEV, STAGING, PRODUCTION, LOST = (node_id(number) for number in range(4))
GROUPS = {DEV: "Dev", STAGING: "Staging", PRODUCTION: "Production", LOST: "Production"}
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.import_role: {name: patchops.fleet.aws_patch_run}
      always:
        - ansible.builtin.copy:
            content: "{{ aws_patch_run_result | default([]) | to_json }}"
            dest: result.json
            mode: "0600"
          check_mode: false
"""


def fleet(aws, **behaviour):
    """A node in each of three groups, and one of production that is offline."""
    aws.nodes(
        *(
            {"id": one, "tags": {"Patch Group": group}, "patches": [MISSING], **behaviour.get(one, {})}
            for one, group in GROUPS.items()
        )
    )


@pytest.fixture
def run(ansible, aws, tmp_path):
    """What became of each patch group, and how the play ended."""

    def start(*arguments, play=PLAY, **variables):
        (tmp_path / "play.yml").write_text(play)
        given = {"ansible_python_interpreter": sys.executable, "aws_patch_run_wait_delay": 0, **variables}
        command = ("ansible-playbook", "play.yml", "-e", json.dumps(given), *arguments)
        ended = ansible(*command, **aws.environment())
        assert (tmp_path / "result.json").is_file(), ended.stdout
        return json.loads((tmp_path / "result.json").read_text()), ended

    return start


def commands(aws):
    return [call.request for call in aws.calls if call.operation == "SendCommand"]


def statuses(folder):
    """Of the last record of each node that has one."""
    records = [
        json.loads(path.read_text()) for path in sorted(folder.glob("*/*-ssm.json")) + sorted(folder.glob("*/ssm.json"))
    ]
    return {one["node"]["id"]: one["status"] for one in records}


INSTALL = {
    "aws_patch_run_operation": "Install",
    "aws_patch_run_patch_groups": ["Dev", "Staging", "Production"],
}


@pytest.mark.parametrize(
    ("stop_on", "max_errors", "started"),
    [
        pytest.param("failure", "0", ["Dev", "Staging"], id="of a node"),
        pytest.param("max_errors", "0", ["Dev", "Staging"], id="more than tolerated"),
        pytest.param("max_errors", "1", ["Dev", "Staging", "Production"], id="no more than tolerated"),
        pytest.param("never", "0", ["Dev", "Staging", "Production"], id="whatever happens"),
    ],
)
def test_a_failure_keeps_later_groups_from_being_patched(run, aws, tmp_path, stop_on, max_errors, started):
    fleet(aws, **{STAGING: {"end": "Failed", "exit_code": 1}, LOST: {"ping": "ConnectionLost"}})
    variables = {**INSTALL, "aws_patch_run_stop_on": stop_on, "aws_patch_run_max_errors": max_errors}
    result, ended = run(**variables, aws_patch_run_records_dir=str(tmp_path / "records"))
    assert ended.returncode != 0
    assert [one["name"].removeprefix("patch group ") for one in result if one["started"]] == started
    assert len(commands(aws)) == len(started)
    staging = result[1]
    assert (staging["failed"], staging["progress"]["failed"]) == (True, 1)
    assert [(one["id"], one["status"]) for one in staging["nodes"]] == [(STAGING, "Failed")]
    assert "patch group Staging: " in ended.stdout
    if "Production" not in started:
        assert "patch group Production: not started" in " ".join(ended.stdout.split())
    reported = statuses(tmp_path / "records")
    assert set(reported) == set(GROUPS)
    assert reported[DEV] == "COMPLIANT"
    assert reported[LOST] == "UNKNOWN"


def test_a_scan_goes_through_all_groups_of_the_baselines(run, aws, tmp_path):
    fleet(aws, **{DEV: {"end": "Failed"}})
    baselines = [
        "security-now",
        {"name": "one", "patch_groups": ["Dev", "Staging"]},
        {"name": "two", "patch_groups": ["Staging", "Production"]},
    ]
    result, ended = run(patch_baselines=baselines, patch_records_dir=str(tmp_path / "records"))
    assert ended.returncode != 0
    assert [(one["name"], one["started"], one["failed"]) for one in result] == [
        ("patch group Dev", True, True),
        ("patch group Staging", True, False),
        ("patch group Production", True, False),
    ]
    assert statuses(tmp_path / "records")[PRODUCTION] == "NON_COMPLIANT"
    assert {one["Parameters"]["Operation"][0] for one in commands(aws)} == {"Scan"}


def test_check_mode_sends_nothing(run, aws, tmp_path):
    fleet(aws)
    result, ended = run("--check", **INSTALL, aws_patch_run_records_dir=str(tmp_path / "records"))
    assert ended.returncode == 0, ended.stdout
    assert [[node["status"] for node in one["nodes"]] for one in result] == [["Planned"], ["Planned"], ["Planned"] * 2]
    assert commands(aws) == []
    assert not (tmp_path / "records").exists()
    assert f'"{PRODUCTION}.example.com: it would be told"' in ended.stdout


def test_a_group_that_is_empty_yet_stops_nothing(run, aws, tmp_path):
    fleet(aws)
    groups = ["Nowhere", "Dev"]
    given = {"aws_patch_run_patch_groups": groups, "aws_patch_run_records_dir": str(tmp_path / "records")}
    result, ended = run(**given, aws_patch_run_operation="Install")
    assert ended.returncode == 0, ended.stdout
    assert [one["started"] for one in result] == [True, True]
    result, ended = run(**given, aws_patch_run_operation="Install", aws_patch_run_no_nodes="fail")
    assert ended.returncode != 0
    assert [one["started"] for one in result] == [True, False]


def test_places_are_not_passed_over(run, aws, tmp_path):
    """It works in one Region: which, has to be said where the policy has several."""
    fleet(aws)
    places = [{"region": "eu-central-1"}, {"region": "eu-west-1"}]
    given = {"aws_patch_manager_places": places, "aws_patch_run_records_dir": str(tmp_path / "records")}
    result, ended = run(**INSTALL, **given)
    assert (result, ended.returncode != 0) == ([], True)
    assert "Run it once for each of them, with aws_patch_run_region" in " ".join(ended.stdout.split())
    result, ended = run(**INSTALL, **given, aws_patch_run_region="eu-west-1")
    assert {call.region for call in aws.calls} == {"eu-west-1"}
    assert [one["nodes"] for one in result] == [[], [], []]


def test_nodes_by_id_and_by_targets(run, aws, tmp_path):
    fleet(aws)
    given = {"aws_patch_run_instance_ids": [DEV], "aws_patch_run_targets": {"tag:Patch Group": ["Staging"]}}
    other = [{"name": "one", "patch_groups": ["Production"]}]
    result, ended = run(**given, patch_baselines=other, patch_records_dir=str(tmp_path / "records"))
    assert ended.returncode == 0, ended.stdout
    assert [one["name"] for one in result] == ["instances", "targets"]
    assert set(statuses(tmp_path / "records")) == {DEV, STAGING}


def test_nothing_to_run_on_is_refused(run, aws):
    _result, ended = run()
    assert ended.returncode != 0
    assert "Give aws_patch_run_patch_groups, aws_patch_run_instance_ids or" in " ".join(ended.stdout.split())
    assert aws.actions == []


def first_report():
    """The playbook and the variables of the README, its last two blocks."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[-2:]


def test_from_an_empty_account_to_a_first_report(ansible, aws, tmp_path):
    """One playbook and one file of variables, in a folder that is not the one where it is started."""
    playbook, variables = first_report()
    assert len((playbook + variables).splitlines()) <= 30
    ec2 = aws.client("ec2")
    image = ec2.describe_images(MaxResults=5)["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    aws.nodes({"id": instance, "tags": {"Patch Group": "Production"}, "patches": [MISSING]})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "first.yml").write_text(playbook)
    (tmp_path / "variables.yml").write_text(variables.replace("i-0123456789abcdef0", instance))
    given = json.dumps({"ansible_python_interpreter": sys.executable, "aws_patch_run_wait_delay": 0})
    command = ("ansible-playbook", "mine/first.yml", "-e", "@variables.yml", "-e", given)
    foretold = ansible(*command, "--check", **aws.environment())
    assert foretold.returncode == 0, foretold.stdout
    assert not (tmp_path / "reports").exists()
    ended = ansible(*command, **aws.environment())
    assert ended.returncode == 0, ended.stdout
    report = json.loads((tmp_path / "reports" / "patch-compliance.json").read_text(encoding="utf-8"))
    (node,) = report["nodes"]
    found = (node["node"]["id"], node["node"]["patch_group"], node["status"])
    assert found == (instance, "Production", "NON_COMPLIANT")
    assert {path.suffix for path in (tmp_path / "reports").iterdir()} >= {".html", ".csv"}
