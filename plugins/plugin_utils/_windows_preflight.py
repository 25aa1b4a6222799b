# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Every check of a Windows node; an earlier one explains a later one."""

from __future__ import annotations

import datetime
import time
import typing as t

from ..module_utils._engine import dates
from ..module_utils._engine.errors import EngineError
from ..module_utils._host.preflight import clock_skew
from ._windows import fitness, scan

Document = dict[str, t.Any]

ORDER = (
    *("connection", "operating_system", "disk_space", "services", "interrupted_transaction", "package_manager"),
    *("wsus", "repositories", "pending_reboot", "clock"),
)


def examined(ask: t.Callable[[Document], Document], arguments: Document, check_mode: bool) -> Document:
    """The module's answer. `ask` runs win_powershell; a node that is not reached is its to tell of."""
    asked = time.time()
    answer = ask({"script": fitness.PREFLIGHT})
    answered = time.time()
    if answer.get("unreachable"):
        return answer
    try:
        told = fitness.read(scan.output(answer))
    except EngineError as error:
        return {"failed": True, "msg": f"patch_preflight: {error}"}
    findings = fitness.of_node(told)
    clock = clock_skew(asked, told["began"] / 1000, told["ended"] / 1000, answered, arguments["clock_tolerance"])
    findings.append(clock.document())
    findings += _searched(ask, arguments, check_mode)
    findings.sort(key=lambda finding: ORDER.index(finding["check"]))
    return {"changed": False, "findings": findings}


def _searched(ask: t.Callable[[Document], Document], arguments: Document, check_mode: bool) -> list[Document]:
    question = scan.question(arguments, check_mode)
    answer = ask(question)
    if answer.get("unreachable"):
        return [fitness.search_failed(f"the connection was lost while the node searched: {answer.get('msg')}")]
    now = datetime.datetime.now(dates.UTC)
    try:
        found = scan.searched(arguments, scan.output(answer), check_mode, now)
    except EngineError as error:
        return [fitness.search_failed(str(error))]
    return fitness.of_search(found, arguments["minimum_free_space"], question["parameters"]["Online"])
