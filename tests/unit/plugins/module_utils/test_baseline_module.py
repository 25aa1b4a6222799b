# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module that takes baselines writes into the node's journal, and returns as its invocation."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._baseline_module import without_credentials

# What ansible does around a module, with standard error for the syslog.
PREPARE = """
import sys
from ansible.module_utils import basic
basic.has_journal = False
basic.syslog.syslog = lambda priority, words: sys.stderr.write(words + chr(10))
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
import ansible_collections.patchops.fleet.plugins.modules.%s as module
module.main()
"""
SOURCE = {
    "name": "secret",
    "products": ["*"],
    "configuration": "[one]\nbaseurl=https://user:hunter2@x.example/os\nusername=joe\npassword = hunter2\nenabled=1\n",
}
BASELINE = {"name": "production", "operating_system": "REDHAT_ENTERPRISE_LINUX", "sources": [SOURCE]}
MODULES = ["patch_scan", "patch_install", "patch_rollback", "patch_preflight", "patch_evaluate", "patch_baseline_lint"]


def run_module(module, **options):
    """The result, and what was logged."""
    arguments = {"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": True, **options}}
    ended = subprocess.run(
        [sys.executable, "-c", PREPARE % module],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout), ended.stderr


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("templated", [False, True], ids=["structure", "text"])
def test_credentials_of_sources_are_neither_logged_nor_returned(module, templated):
    given = [{**BASELINE, "operating_system": "NONE"}]  # which ends the module at once
    options = {"inventory": {}} if module == "patch_evaluate" else {}
    if module not in ("patch_evaluate", "patch_baseline_lint"):
        options["name"] = "db1"
    result, logged = run_module(module, baselines=repr(given) if templated else given, **options)
    assert "Invoked with" in logged
    assert "username=joe" in logged  # what is no secret
    assert "hunter2" not in logged
    assert "hunter2" not in json.dumps(result)
    assert "joe" in json.dumps(result["invocation"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("password=a b\nenabled=1", "password=********\nenabled=1", id="up to the end of its line"),
        pytest.param("proxy_password = x", "proxy_password = ********", id="of a proxy"),
        pytest.param("deb http://u:p@ss@x.example/ a b", "deb http://********@x.example/ a b", id="with an @"),
        pytest.param("https://x.example/?token=abc", "https://x.example/?token=********", id="of an address"),
        pytest.param("gpgkey=https://x.example/a@b", "gpgkey=https://x.example/a@b", id="an @ later on"),
        pytest.param(7, 7, id="no text"),
    ],
)
def test_what_is_a_credential(text, expected):
    assert without_credentials([{"configuration": text}]) == [{"configuration": expected}]
