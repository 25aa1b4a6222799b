# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task ssm_patch_run against the strict SSM, with each ansible-core: progress is shown, and every node has its word."""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile

import pytest

from ansible_collections.patchops.fleet.tests.servers import conftest as servers
from ansible_collections.patchops.fleet.tests.servers.answers import node_id, nodes

aws_server, aws = servers.aws_server, servers.aws  # fixtures

IDS = [node_id(number) for number in range(3)]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - patchops.fleet.ssm_patch_run:
        operation: Scan
        instance_ids: "{{ ids }}"
        max_concurrency: "1"
        max_errors: "1"
        wait_delay: 0
      ignore_errors: true
      register: run
    - ansible.builtin.copy:
        content: "{{ run | to_json }}"
        dest: result.json
        mode: "0600"
"""


@pytest.fixture
def temporary():
    """For the temporary files of the play; its name is short, because ansible-core 2.21 has a socket in there."""
    with tempfile.TemporaryDirectory(prefix="") as folder:
        yield pathlib.Path(folder)


def test_progress_is_shown_while_it_waits(ansible, aws, tmp_path, temporary):
    aws.nodes(*nodes(2), {"id": IDS[2], "end": "Failed", "exit_code": 2})
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    given = json.dumps({"ids": IDS, "ansible_python_interpreter": sys.executable})
    environment = {**aws.environment(), "COLUMNS": "1000", "TMPDIR": str(temporary)}
    played = ansible("ansible-playbook", "play.yml", "-e", given, **environment)
    assert played.returncode == 0, played.stdout

    shown = [line for line in played.stdout.splitlines() if line.startswith("[localhost] ")]
    assert len(shown) > 1, played.stdout
    assert shown[-1] == "[localhost] 0 pending, 0 running, 2 done, 1 failed, of 3 nodes"

    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert (result["failed"], result["changed"]) == (True, False)
    assert [(one["id"], one["status"]) for one in result["nodes"]] == [
        *((IDS[0], "Success"), (IDS[1], "Success"), (IDS[2], "Failed")),
    ]
    assert "exit code 2: what the patching itself needs on the node is missing" in result["nodes"][2]["message"]
    assert result["progress"] == {"pending": 0, "running": 0, "done": 2, "failed": 1}
    assert not list(temporary.glob("ssm_patch_run-*"))  # the file that progress came by
