# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook of preflights, over hosts and nodes in AWS: one table, and one end."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs("python3-apt")

PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
ONLINE, OFFLINE, OTHER = "mi-0123456789abcdef0", "mi-0123456789abcdef1", "mi-0123456789abcdef2"
HOSTS = {
    "alive": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"},
    "dead": {"ansible_host": "127.0.0.1", "ansible_port": 1},
}


@pytest.fixture
def play(aws, tmp_path):
    """Run the playbook on these hosts: how it ended, and what was printed."""

    def run(*hosts, **variables):
        inventory = {"all": {"hosts": {host: HOSTS[host] for host in hosts}}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        given = json.dumps({"patch_preflight_aws": True, "patch_preflight_refresh": "never", **variables})
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        command = [PLAYBOOK, "patchops.fleet.preflight", "-i", "hosts.json", "-e", given]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    return run


def closing(output):
    """The table over all of them, which is the last one."""
    return output.rpartition("Show the findings")[2]


def test_one_table_of_hosts_and_nodes_in_aws(play, aws):
    aws.nodes(
        {"id": ONLINE, "tags": {"Patch Group": "Web"}, "agent_latest": True},
        {"id": OFFLINE, "tags": {"Patch Group": "Web"}, "ping": "Inactive"},
        {"id": OTHER, "tags": {"Patch Group": "Web"}, "agent_latest": True},
    )
    code, output = play("alive", "dead", patch_preflight_aws_patch_group="Web")
    assert code != 0
    table = closing(output)
    assert f"{OFFLINE}: its agent does not answer. Remedy: start the agent" in table
    assert "dead: the node did not answer in this run" in table
    assert "3 nodes (mi-0123456789abcdef0, mi-0123456789abcdef1, mi-0123456789abcdef2): patch" in table
    assert "alive: the node's clock agrees with the controller's" in table
    assert "Not fit to be patched: " in table
    assert table.index('"error ') < table.index('"warning ') < table.index('"ok ')


def test_the_end_is_that_of_the_worst(play, aws):
    aws.nodes({"id": ONLINE, "tags": {"Patch Group": "Web"}, "agent_latest": True})
    demanding = {"patch_preflight_minimum_free_space": 1000000000}
    code, output = play("alive", **demanding)
    assert code != 0
    # told once all nodes were looked at, those in AWS too
    assert f"{ONLINE}: patch group Web is registered with no baseline" in closing(output)
    assert "Not fit to be patched: / has" in closing(output)
    code, output = play("alive", **demanding, patch_preflight_fail_on="never")
    assert code == 0, output


def test_nodes_in_aws_are_looked_at_though_no_host_answers(play, aws):
    aws.nodes({"id": OFFLINE, "ping": "Inactive"})
    code, output = play("dead")
    assert code != 0
    assert f"{OFFLINE}: its agent does not answer" in closing(output)
    assert "dead: the node did not answer in this run" in closing(output)
    assert "localhost: " not in closing(output)


@pytest.mark.parametrize(
    ("hosts", "variables"),
    [pytest.param([], {}, id="no host"), pytest.param(["alive"], {"patch_hosts": "!all"}, id="none is wanted")],
)
def test_nodes_in_aws_alone(play, aws, hosts, variables):
    aws.nodes({"id": OFFLINE, "ping": "Inactive"})
    code, output = play(*hosts, **variables)
    assert code != 0
    assert f"{OFFLINE}: its agent does not answer" in closing(output)
    assert "localhost: " not in closing(output)
    assert "alive: " not in closing(output)
