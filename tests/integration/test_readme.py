# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows, run as it stands."""

from __future__ import annotations

import json
import pathlib
import re
import sys

import pytest

from ansible_collections.patchops.fleet.tests.servers import conftest as servers

aws_server, aws = servers.aws_server, servers.aws  # fixtures
pytestmark = pytest.mark.needs("python3-apt")

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
PLAYBOOK, INSTALL, TASKS, AWS, *_FIRST_REPORT = re.findall(
    r"^```yaml\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)

NODES = {"alive": {"ansible_connection": "local"}, "dead": {"ansible_host": "127.0.0.1", "ansible_port": 1}}


@pytest.fixture
def run(ansible, tmp_path):
    def play(playbook, hosts, *arguments):
        (tmp_path / "hosts.json").write_text(
            json.dumps({"all": {"hosts": hosts, "vars": {"ansible_python_interpreter": "/usr/bin/python3"}}})
        )
        (tmp_path / "site.yml").write_text(playbook, encoding="utf-8")
        return ansible("ansible-playbook", "-i", "hosts.json", "site.yml", *arguments)

    return play


def test_the_playbook_reports_on_whom_it_scanned(run, tmp_path):
    ended = run(PLAYBOOK, NODES)
    rows = dict(re.findall(r"^(alive|dead) +([A-Z_]+) ", ended.stdout, re.MULTILINE))
    assert rows["alive"] in ("COMPLIANT", "NON_COMPLIANT"), ended.stdout
    assert rows["dead"] == "UNKNOWN", ended.stdout
    written = sorted(path.suffix for path in (tmp_path / "reports").iterdir())
    assert written == [".csv", ".csv", ".html", ".json"]


def test_the_tasks_name_what_will_have_become_approved(run):
    head = "- hosts: alive\n  gather_facts: false\n  tasks:\n"
    ended = run(head + "".join("    %s\n" % line for line in TASKS.splitlines()), NODES)
    assert ended.returncode == 0, ended.stdout
    assert "failed=0" in ended.stdout


def test_the_play_that_installs_shows_what_it_would_do(run):
    nothing = '{"patch_install_include": ["no-such-package"], "patch_install_preflight_fail_on": "never"}'
    ended = run(INSTALL, {"alive": NODES["alive"]}, "--check", "-e", nothing)
    assert ended.returncode == 0, ended.stdout
    assert "patchops.fleet.patch_install : See what would be installed" in ended.stdout, ended.stdout
    assert "changed: [alive]" not in ended.stdout


def test_the_play_for_aws_makes_what_it_says(ansible, aws, tmp_path):
    (tmp_path / "site.yml").write_text(AWS, encoding="utf-8")
    interpreter = f"ansible_python_interpreter={sys.executable}"
    ended = ansible("ansible-playbook", "site.yml", "-e", interpreter, **aws.environment())
    assert ended.returncode == 0, ended.stdout
    (region,) = aws.application.service.regions.values()
    made = sorted((one["Name"], one["OperatingSystem"]) for one in region.baselines.values())
    assert made == [("security", "AMAZON_LINUX_2023"), ("security", "UBUNTU")]
    assert [task["MaxErrors"] for task in region.tasks.values()] == ["5%"]
