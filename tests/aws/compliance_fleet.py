# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the compliance of a large fleet, measured: calls, and the memory of the module's own process."""

from __future__ import annotations

import collections
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t

from ansible_collections.patchops.fleet.tests.servers.answers import INSTALLED_OTHER, MISSING, node_id
from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

MODULE = "ansible_collections.patchops.fleet.plugins.modules.ssm_patch_compliance_info"
# The module as Ansible's wrapper runs it, with its arguments from a file, and its memory in another at the end. That it
# asks for itself: to the process that waits for it Linux tells the peak of whoever started it as well.
DRIVER = """
import atexit, importlib, json, pathlib, sys
from ansible.module_utils import basic
arguments, peak, module = sys.argv[1:]
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: pathlib.Path(peak).write_text(status.read_text()))
basic._ANSIBLE_ARGS = pathlib.Path(arguments).read_bytes()
basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module(module).main()
"""


class Measured(t.NamedTuple):
    calls: dict[str, int]  # by operation
    peak: int  # resident bytes
    written: int  # bytes of all records
    answer: dict[str, t.Any]


def fleet(count: int, patches: int) -> list[dict[str, t.Any]]:
    """Managed nodes, a tenth of which lack that many patches; two in a hundred never reported."""
    lacking = [
        {**MISSING, "KBId": f"package-{number}.x86_64", "Title": f"package-{number}.x86_64:0:1.{number}-1.amzn2023"}
        for number in range(patches)
    ]
    made = []
    for number in range(count):
        mine = [*lacking, INSTALLED_OTHER] if number % 10 == 0 else [INSTALLED_OTHER]
        made.append({"id": node_id(number), "patches": mine, "scanned": number % 50 != 49})
    return made


def lower_bound(count: int, patches: int) -> dict[str, int]:
    """Calls that reading such a fleet takes: as many pages of each list as it has, and no node without a reason."""
    reported, lacking = count - count // 50, count // 10
    return {
        "DescribeInstanceInformation": math.ceil(count / 50),
        "DescribeInstancePatchStates": math.ceil(count / 50),
        "ListResourceComplianceSummaries": math.ceil(reported / 50),
        "DescribeInstancePatches": lacking * math.ceil(patches / 100),
        "DescribePatchBaselines": 1,
        "ListComplianceSummaries": 1,
        "DescribeInstances": 1,
    }


def measured(aws: Server, folder: pathlib.Path, **options: t.Any) -> Measured:
    """Run the module in a process of its own, with records in `folder`."""
    aws.application.calls.clear()
    connection = aws.environment()
    given = {
        "endpoint_url": aws.url,
        "region": connection["AWS_DEFAULT_REGION"],
        "access_key": connection["AWS_ACCESS_KEY_ID"],
        "secret_key": connection["AWS_SECRET_ACCESS_KEY"],
        "records_dir": str(folder),
        **options,
    }
    with tempfile.TemporaryDirectory() as place:
        arguments, peak = pathlib.Path(place, "arguments"), pathlib.Path(place, "peak")
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": given}), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        ended = subprocess.run(
            [sys.executable, "-c", DRIVER, arguments, peak, MODULE], env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        answer = json.loads(ended.stdout)
        (line,) = [line for line in peak.read_text().splitlines() if line.startswith("VmHWM:")]
    calls = collections.Counter(call.operation for call in aws.calls)
    written = sum(path.stat().st_size for path in folder.rglob("*.json"))
    return Measured(dict(calls), int(line.split()[1]) * 1024, written, answer)
