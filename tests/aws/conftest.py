# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on AWS, run whole in this process against the strict SSM, and the aws CLI to read back what came of it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import botocore.session
import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from ansible_collections.patchops.fleet.tests.servers import conftest as servers
from ansible_collections.patchops.fleet.tests.servers.ssm.server import ACCESS_KEY, REGION, SECRET_KEY, Server

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args):
        """The same for one process; the next call sets them anew."""
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode("utf-8")
        yield


MODULES = "ansible_collections.patchops.fleet.plugins.modules."
AWS_CLI = pathlib.Path(sys.executable).parent / "aws"
Result = dict[str, t.Any]
READING = ("Describe", "Get", "List")
ASSIGNED = (
    *("baseline_id", "window_id", "window_target_id", "window_task_id", "created_date", "modified_date"),
    *("next_execution_time", "deprecated"),
)
OF_A_DEPLOYMENT = ("manager_arn", "status", "status_message", "type_version", "created_date", "modified_date")
# Fixtures, for all tests of this folder.
aws_server, aws = servers.aws_server, servers.aws


class Module:
    """Runs one module with the server's URL and credentials; further options are the module's own."""

    def __init__(
        self,
        server: Server,
        capsys: pytest.CaptureFixture[str],
        name: str,
        key: str | None = None,
        assigned: t.Collection[str] = ASSIGNED,
    ) -> None:
        self.server = server
        self.capsys = capsys
        self.main = importlib.import_module(MODULES + name).main
        self.key = key  # of the resource in what it answers
        self.assigned = assigned  # members of it that AWS gives
        self.usual: Result = {}  # options that hold unless they are given

    def __call__(self, _check_mode: bool = False, **options: t.Any) -> Result:
        """What it answers, a failure too; warnings as text."""
        connection = {
            "endpoint_url": self.server.url,
            "region": REGION,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        }
        arguments = {"_ansible_check_mode": _check_mode, "_ansible_diff": True, **connection, **self.usual, **options}
        self.capsys.readouterr()
        warnings._global_warnings.clear()  # of the process, and so of the modules before
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            self.main()
        printed = self.capsys.readouterr().out
        assert SECRET_KEY not in printed
        answer = json.loads(printed)
        answer.pop("invocation", None)
        answer["warnings"] = [as_text(warning) for warning in answer.get("warnings", [])]
        assert bool(ended.value.code) == bool(answer.get("failed")), answer
        return answer

    def ok(self, _check_mode: bool = False, **options: t.Any) -> Result:
        answer = self(_check_mode, **options)
        assert not answer.get("failed"), answer
        return answer

    def failure(self, _check_mode: bool = False, **options: t.Any) -> str:
        """The message with which it must fail."""
        answer = self(_check_mode, **options)
        assert answer.get("failed"), answer
        return answer["msg"]

    def converge(self, **options: t.Any) -> Result:
        """Check mode, the real run, and the same again.

        What check mode foretells, in its diff and in the resource, is what the real run does; check mode changes
        nothing, and the second run neither.
        """
        calls = len(self.server.calls)
        foretold = self.ok(True, **options)
        assert not [call.action for call in self.server.calls[calls:] if not call.operation.startswith(READING)]
        assert foretold["changes"] == []
        done = self.ok(**options)
        assert (foretold["diff"], foretold["changed"]) == (done["diff"], done["changed"])
        assert set(foretold) == set(done)
        resources = [written(one[self.key], self.assigned) for one in (foretold, done)]
        assert resources == [done["diff"]["after"]] * 2
        assert done["changed"] == bool(done["changes"])
        again = self.ok(**options)
        assert (again["changed"], again["changes"]) == (False, [])
        assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
        assert again[self.key] == done[self.key]
        return done


def as_text(warning: t.Any) -> str:
    """ansible-core 2.18 writes text, later ones an event."""
    return warning if isinstance(warning, str) else warning["event"]["msg"]


def written(resource: Result, assigned: t.Collection[str] = ASSIGNED) -> Result:
    """A resource without what AWS assigns."""
    return {name: value for name, value in resource.items() if name not in assigned}


@pytest.fixture(scope="session", autouse=True)
def read_models_once() -> t.Iterator[None]:
    """A module makes a session of its own, which would parse the models of the services again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture
def module(aws: Server, capsys: pytest.CaptureFixture[str]) -> t.Callable[..., Module]:
    """`module("ssm_patch_baseline", "patch_baseline")`: a module, and the key of the resource that it answers with."""
    return functools.partial(Module, aws, capsys)


@pytest.fixture
def baseline(module: t.Callable[..., Module]) -> Module:
    return module("ssm_patch_baseline", "patch_baseline")


@pytest.fixture
def patch(module: t.Callable[..., Module]) -> t.Callable[..., Result]:
    """ssm_patch_run, which scans unless told otherwise, without pauses."""
    run = module("ssm_patch_run")

    def start(check_mode: bool = False, **options: t.Any) -> Result:
        return run(check_mode, **{"operation": "Scan", "wait_delay": 0, **options})

    return start


@pytest.fixture
def patch_group(module: t.Callable[..., Module]) -> Module:
    return module("ssm_patch_group", "patch_group", assigned=())


@pytest.fixture
def patch_policy(module: t.Callable[..., Module]) -> Module:
    """ssm_patch_policy without pauses."""
    run = module("ssm_patch_policy", "patch_policy", assigned=OF_A_DEPLOYMENT)
    run.usual = {"wait_delay": 0}
    return run


@pytest.fixture
def baselines(module: t.Callable[..., Module]) -> t.Callable[..., list[Result]]:
    """What ssm_patch_baseline_info answers with."""
    read = module("ssm_patch_baseline_info")
    return lambda **options: read.ok(**options)["patch_baselines"]


@pytest.fixture
def patch_groups(module: t.Callable[..., Module]) -> t.Callable[..., list[Result]]:
    """What ssm_patch_group_info answers with."""
    read = module("ssm_patch_group_info")
    return lambda **options: read.ok(**options)["patch_groups"]


@pytest.fixture
def aws_cli(aws: Server) -> t.Callable[..., Result]:
    """The aws command: what it answers, as JSON."""

    def run(*arguments: str) -> Result:
        command = [AWS_CLI, *arguments, "--output", "json"]
        environment = {**os.environ, **aws.environment()}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout or "{}")

    return run
