# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Every check of a Windows node; an earlier one explains a later one."""

from __future__ import annotations

import time
import typing as t

from ..module_utils._engine.errors import EngineError
from ..module_utils._host.preflight import clock_skew
from ._host_action import Refused
from ._windows import fitness, scan
from ._windows_node import NodeLost, WindowsNode

Document = dict[str, t.Any]

ORDER = (
    *("connection", "operating_system", "disk_space", "services", "interrupted_transaction", "package_manager"),
    *("wsus", "repositories", "pending_reboot", "clock"),
)


def examined(node: WindowsNode, arguments: Document, check_mode: bool) -> Document:
    """The module's answer. A node that is not reached at all is Ansible's to tell of."""
    asked = time.time()
    try:
        answer = node.first({"script": fitness.PREFLIGHT}, "was examined")
        answered = time.time()
        told = fitness.read(scan.output(answer))
    except (EngineError, Refused) as error:
        return {"failed": True, "msg": f"patch_preflight: {error}"}
    findings = fitness.of_node(told)
    clock = clock_skew(asked, told["began"] / 1000, told["ended"] / 1000, answered, arguments["clock_tolerance"])
    findings.append(clock.document())
    findings += _searched(node, arguments, check_mode)
    findings.sort(key=lambda finding: ORDER.index(finding["check"]))
    return {"changed": False, "findings": findings}


def _searched(node: WindowsNode, arguments: Document, check_mode: bool) -> list[Document]:
    try:
        found = node.search()
    except NodeLost as error:
        return [fitness.search_failed(f"the connection was lost while the node searched: {error}")]
    except EngineError as error:
        return [fitness.search_failed(str(error))]
    online = scan.question(arguments, check_mode)["parameters"]["Online"]
    return fitness.of_search(found, arguments["minimum_free_space"], online)
