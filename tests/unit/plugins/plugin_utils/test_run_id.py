# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One name for one run of ansible-playbook, in every task and worker of it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils import _run_id

ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)

TELL = """
from ansible.plugins.action import ActionBase
from ansible_collections.patchops.fleet.plugins.plugin_utils._run_id import run_id

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open(self._task.args["to"], "a") as file:
            file.write(run_id(task_vars) + "\\n")
        return {"changed": True}
"""
TASK = {"tell": {"to": "{{ playbook_dir }}/told"}}
PLAYS = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            TASK,
            {**TASK, "notify": "Tell"},
            {**TASK, "loop": [1, 2]},
            {**TASK, "run_once": True},
            {**TASK, "delegate_to": "localhost"},
            {"block": [{"ansible.builtin.fail": {}}], "rescue": [TASK]},
        ],
        "handlers": [{"name": "Tell", **TASK}],
    },
    {"hosts": "all", "strategy": "free", "gather_facts": False, "tasks": [TASK]},
    {"hosts": "all", "strategy": "host_pinned", "serial": 1, "gather_facts": False, "tasks": [TASK]},
    {"hosts": "localhost", "gather_facts": False, "tasks": [TASK]},
]
TOLD_BY_EACH_HOST = 9
TOLD_ONCE = 2


@pytest.fixture
def told(tmp_path):
    """The run ids that the tasks of one ansible-playbook run with many workers saw."""
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins" / "tell.py").write_text(TELL)
    (tmp_path / "site.yml").write_text(json.dumps(PLAYS))
    (tmp_path / "hosts").write_text("web-[1:4] ansible_connection=local\n")

    def run(*options):
        (tmp_path / "told").unlink(missing_ok=True)
        command = [str(ANSIBLE_BIN / "ansible-playbook"), "-i", "hosts", "--forks", "3", "site.yml", *options]
        environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return (tmp_path / "told").read_text().splitlines()

    return run


def test_all_tasks_of_a_run_agree_and_two_runs_differ(told):
    first, second = told(), told()
    assert len(first) == len(second) == 4 * TOLD_BY_EACH_HOST + TOLD_ONCE
    assert len(set(first)) == len(set(second)) == 1
    assert set(first) != set(second)
    assert re.fullmatch(r"[0-9a-f]{12}", first[0])


def test_a_job_of_awx_has_its_number(told):
    assert set(told("-e", "awx_job_id=417")) == {"awx-417"}


@pytest.mark.parametrize(
    ("task_vars", "given", "expected"),
    [
        pytest.param({"awx_job_id": 1, "tower_job_id": 2}, "mine", "mine", id="the option first"),
        pytest.param({"awx_job_id": 1, "tower_job_id": 2}, None, "awx-1", id="then AWX"),
        pytest.param({"tower_job_id": 2}, "", "awx-2", id="then Tower, as AWX was called"),
    ],
)
def test_what_names_a_run(task_vars, given, expected):
    assert _run_id.run_id(task_vars, given) == expected


def test_a_process_is_named_by_its_start_as_well():
    """Process ids are used again."""
    assert _run_id._started(os.getpid()) == _run_id._started(os.getpid())
    assert _run_id._started(os.getpid()) != _run_id._started(1)


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps: install procps")
def test_where_there_is_no_proc_ps_tells_the_start():
    assert re.search(r"\d\d:\d\d:\d\d \d{4}$", _run_id._started_by_ps(os.getpid()))


def test_a_process_that_is_gone_has_no_start():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert _run_id._started(gone.pid) == ""
