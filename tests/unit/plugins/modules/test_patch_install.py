# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as a host runs it, in check mode on this machine. Whole runs are in module_utils/_host/test_install.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.modules import patch_install

pytestmark = pytest.mark.needs("python3-apt")

MODULE = "ansible_collections.patchops.fleet.plugins.modules.patch_install"

# What ansible does around a module: its arguments come in a variable of basic; since 2.19 their form has a name.
PREPARE = """
import sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
import %s as module
module.main()
"""


def run_module(**options):
    arguments = {"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": True, "refresh": "never", "name": "db1", **options}}
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


def test_the_result_is_as_documented():
    """Of a run that has nothing to do: asking apt what else it would do takes longer than a unit test may."""
    result = run_module(
        baselines=["security-7-days"], include=["no-such-package"], detail="full", run_id="r1", return_inventory=True
    )
    assert not result.get("failed"), result.get("msg")
    documented = set(yaml.safe_load(patch_install.RETURN))
    of_every_module = {"changed", "diff", "invocation", "warnings", "deprecations"}
    after_a_run_only = {"steps", "record_file"}
    assert set(result) - of_every_module == documented - after_a_run_only
    assert list(shape.faults(result["record"], schemas.RECORD)) == []
    assert list(shape.faults(result["inventory"], schemas.INVENTORY)) == []
    assert list(shape.faults(result["ansible_facts"]["patch_compliance"], schemas.RECORD)) == []
    assert (result["run_id"], result["status"]) == ("r1", result["record"]["status"])
    assert (result["outcome"], result["changed"], result["commands"]) == ("nothing_to_do", False, [])
    assert result["diff"] == {"before": "", "after": ""}
    assert "no-such-package" in json.dumps(result["warnings"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"baselines": []}, ["baselines", "the list is empty"], id="empty list"),
        pytest.param(
            {"baselines": [{"name": "abc", "operating_system": "REDHAT_ENTERPRISE_LINUX"}]},
            ["none of the given baselines is for", "Nothing was touched"],
            id="no baseline for this node",
        ),
        pytest.param({"manifest": [], "install_override_list": []}, ["give one of them"], id="two lists"),
        pytest.param({"max_duration": -1}, ["max_duration", "0 or more"], id="negative duration"),
        pytest.param({"reboot_option": "Always"}, ["reboot_option", "RebootIfNeeded"], id="unknown reboot option"),
        pytest.param(
            {"manifest": [{"name": "x", "arch": "y"}]}, ["version", "manifest"], id="manifest without version"
        ),
    ],
)
def test_errors_name_the_thing_and_what_is_allowed(options, words):
    result = run_module(**options)
    assert result["failed"]
    for part in words:
        assert part in result["msg"]
