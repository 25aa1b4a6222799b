# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a host runs it, under the Python of this test: JSON in on standard input, JSON out."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape

pytestmark = pytest.mark.needs("python3-apt")

MODULE = "ansible_collections.patchops.fleet.plugins.modules.patch_scan"


def run_module(**options):
    check_mode = options.pop("check_mode", False)
    arguments = {
        "ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": check_mode, "refresh": "never", "name": "db1", **options}
    }
    ended = subprocess.run(
        [sys.executable, "-c", PREPARE % MODULE],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout)


# What ansible does around a module: its arguments come in a variable of basic; since 2.19 their form has a name.
PREPARE = """
import sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
import %s as module
module.main()
"""


def test_the_result_is_as_documented():
    result = run_module(detail="full", return_inventory=True, run_id="r1", baselines=["security-7-days"])
    assert not result.get("failed"), result.get("msg")
    assert list(shape.faults(result["record"], schemas.RECORD)) == []
    assert list(shape.faults(result["inventory"], schemas.INVENTORY)) == []
    facts = result["ansible_facts"]["patch_compliance"]
    assert list(shape.faults(facts, schemas.RECORD)) == []
    assert (facts["node"]["name"], facts["capture"]["run_id"]) == ("db1", "r1")
    assert facts["summary"] == result["record"]["summary"]
    assert result["status"] == facts["status"]
    assert len(result["plan"]) == facts["summary"]["missing_count"]
    assert result["changed"] is False


def test_the_record_and_the_inventory_are_returned_on_request_only():
    assert {"record", "inventory"}.isdisjoint(run_module())


def test_check_mode_says_the_same():
    real, checked = (run_module(check_mode=mode, detail="full", run_id="r1") for mode in (False, True))
    for result in (real, checked):
        result["record"].pop("capture")
    assert checked["record"] == real["record"]


@pytest.mark.parametrize(
    ("baselines", "words"),
    [
        pytest.param([], ["baselines", "the list is empty"], id="empty list"),
        pytest.param(
            [{"name": "abc", "operating_system": "DEBIAN", "approval_rules": [{"filters": {"SEVERTY": ["x"]}}]}],
            ["SEVERTY", "SECTION"],
            id="unknown filter key",
        ),
        pytest.param(
            [{"name": "abc", "approval_rules": [{"security": True, "approve_after_days": 1}] * 11}],
            ["approval_rules", "10"],
            id="11 rules",
        ),
        pytest.param(["security-8-days"], ["security-8-days", "security-7-days"], id="unknown name"),
    ],
)
def test_errors_name_the_node_the_thing_and_what_is_allowed(baselines, words):
    result = run_module(baselines=baselines)
    assert result["failed"]
    for part in ["db1: ", *words]:
        assert part in result["msg"]
