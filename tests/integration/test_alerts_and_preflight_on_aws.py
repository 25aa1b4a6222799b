# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role aws_alerts and the entry point aws of role patch_preflight, with each ansible-core."""

from __future__ import annotations

import json
import sys

from ansible_collections.patchops.fleet.tests.servers import conftest as servers

aws_server, aws = servers.aws_server, servers.aws  # fixtures

PLAY = """
- hosts: localhost
  gather_facts: false
  roles: [patchops.fleet.aws_alerts]
  tasks:
    - ansible.builtin.include_role:
        name: patchops.fleet.patch_preflight
        tasks_from: aws
      vars:
        patch_preflight_hosts: [localhost]
        patch_preflight_fail_on: never
    - ansible.builtin.copy:
        content: "{{ patch_preflight_summary | to_json }}"
        dest: summary.json
        mode: "0600"
      check_mode: false
      changed_when: false
"""
# What templates of ansible-core 2.18 take for something else than text.
VARIABLES = """
aws_alerts_on: [commands]
aws_alerts_display_name: "[1]"
aws_alerts_tags: {Cost Centre: 42}
aws_alerts_rules:
  - name: own
    description: "True"
    event_pattern: {source: [mine], detail: {number: [1, true, null], text: ["1"]}}
    input_paths: {number: $.detail.number}
    input_template: '{"number": <number>}'
"""
NODE = "mi-0123456789abcdef0"


def test_what_is_there_after_the_play_and_that_it_stays(ansible, aws, tmp_path):
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "variables.yml").write_text(VARIABLES)
    aws.nodes({"id": NODE, "ping": "Inactive"})

    def play():
        interpreter = json.dumps({"ansible_python_interpreter": sys.executable})
        command = ("ansible-playbook", "play.yml", "-e", "@variables.yml", "-e", interpreter)
        played = ansible(*command, **aws.environment())
        assert played.returncode == 0, played.stdout
        return played.stdout

    play()
    events = aws.client("events")
    assert [one["Name"] for one in events.list_rules()["Rules"]] == ["patch-alerts-commands", "patch-alerts-own"]
    own = events.describe_rule(Name="patch-alerts-own")
    assert own["Description"] == "True"
    assert json.loads(own["EventPattern"]) == {
        "source": ["mine"],
        "detail": {"number": [1, True, None], "text": ["1"]},
    }
    (target,) = events.list_targets_by_rule(Rule="patch-alerts-own")["Targets"]
    assert json.loads(target["InputTransformer"]["InputTemplate"]) == '{"number": <number>}'
    topic = aws.client("sns").get_topic_attributes(TopicArn=target["Arn"])["Attributes"]
    assert topic["DisplayName"] == "[1]"
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [(one["check"], one["nodes"]) for one in summary["findings"] if one["status"] == "error"] == [
        ("managed", [NODE]),
        ("connection", ["localhost"]),
    ]
    assert "changed=0 " in play()
