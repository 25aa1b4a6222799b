# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each golden case as a test of its own, and the command that prints them in one line."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.tests.golden.run_cases import decided

HERE = pathlib.Path(__file__).resolve().parent
CASES = yaml.safe_load((HERE / "golden-cases.yml").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden_case(case):
    assert decided(case) == case["expect"], case["why"]


def test_all_cases_are_here():
    assert len(CASES) == len({case["id"] for case in CASES}) == 92


def run_cases(*files):
    command = [sys.executable, str(HERE / "run_cases.py"), *map(str, files)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def written(path, *cases):
    path.write_text(yaml.safe_dump({"schema": 1, "cases": list(cases)}), encoding="utf-8")
    return path


def test_the_command():
    answer = run_cases(HERE / "golden-cases.yml")
    assert (answer.returncode, answer.stdout) == (0, "92 passed, 0 failed\n")


def test_the_command_takes_several_files_and_names_what_fails(tmp_path):
    wrong = dict(CASES[0], id="made-wrong", expect=dict(CASES[0]["expect"], level="HIGH"))
    answer = run_cases(written(tmp_path / "good.yml", *CASES[:3]), written(tmp_path / "bad.yml", wrong))
    assert answer.returncode == 1
    assert answer.stdout.splitlines()[-1] == "3 passed, 1 failed"
    assert "made-wrong" in answer.stdout


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"baseline": {"ApprovalRules": {"PatchRules": [{"ApproveAfterDays": 361}]}}}, id="a bad baseline"),
        pytest.param({"manager": "apt"}, id="a manager of another operating system"),
    ],
)
def test_a_case_that_cannot_be_decided_fails(tmp_path, broken):
    answer = run_cases(written(tmp_path / "cases.yml", dict(CASES[0], **broken), CASES[1]))
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (1, "1 passed, 1 failed")


def test_no_cases_are_no_success(tmp_path):
    assert run_cases(written(tmp_path / "none.yml")).returncode == 1
