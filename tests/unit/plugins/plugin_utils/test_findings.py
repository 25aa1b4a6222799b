# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as lines, of one node and of a fleet."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.filter.preflight_summary import preflight_summary
from ansible_collections.patchops.fleet.plugins.module_utils._finding import worst
from ansible_collections.patchops.fleet.plugins.plugin_utils import _findings

LOCK = {"check": "lock", "status": "error", "finding": "held", "remedy": "wait"}
FINE = {"check": "lock", "status": "ok", "finding": "free", "remedy": None}
ID = "i-0123456789abcdef0"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        pytest.param([], "ok", id="nothing"),
        pytest.param(["ok", "skipped"], "ok", id="skipped is not bad"),
        pytest.param(["ok", "warning", "skipped"], "warning", id="a warning"),
        pytest.param(["warning", "error", "ok"], "error", id="an error"),
    ],
)
def test_worst(statuses, status):
    assert worst({"status": one} for one in statuses) == status


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        pytest.param(FINE, "ok       lock                     free", id="fine"),
        pytest.param({**FINE, "remedy": "none"}, "ok       lock                     free", id="no remedy where fine"),
        pytest.param(LOCK, "error    lock                     held. Remedy: wait", id="wrong"),
        pytest.param(
            {**LOCK, "finding": "\x1b[2J"}, "error    lock                     \\x1b[2J. Remedy: wait", id="evil"
        ),
        pytest.param({**FINE, "nodes": [ID]}, f"ok       lock                     {ID}: free", id="of a node"),
        pytest.param(
            {**FINE, "nodes": list("abcdefg")},
            "ok       lock                     7 nodes (a, b, c, d, e and 2 more): free",
            id="of many",
        ),
        pytest.param(
            {**FINE, "nodes": list("ab")}, "ok       lock                     2 nodes (a, b): free", id="of two"
        ),
        pytest.param({**FINE, "nodes": []}, "ok       lock                     all: free", id="of none in particular"),
    ],
)
def test_a_line(finding, line):
    assert _findings.lines(finding) == [line]


def test_long_ones_are_wrapped():
    first, second = _findings.lines({**LOCK, "finding": "word " * 20})
    assert second.startswith(" " * 34 + "word")
    assert len(first) <= 120


def test_hosts_and_nodes_of_aws_are_one_table_with_the_worst_first():
    aws = [
        {"check": "managed", "status": "ok", "finding": "fine", "remedy": None, "nodes": [ID]},
        {"check": "agent", "status": "warning", "finding": "old", "remedy": "update", "nodes": [ID]},
    ]
    hostvars = {
        "a": {"patch_preflight_result": {"status": "error", "findings": [LOCK]}},
        "b": {"patch_preflight_result": {"status": "error", "findings": [LOCK]}},
        "c": {},
    }
    summary = preflight_summary(aws, ["a", "b", "c", "d"], hostvars)
    assert summary["status"] == "error"
    assert summary["counts"] == {"error": 2, "warning": 1}
    assert [(one["status"], one["check"], one["nodes"]) for one in summary["findings"]] == [
        ("error", "lock", ["a", "b"]),
        ("error", "connection", ["c", "d"]),
        ("warning", "agent", [ID]),
        ("ok", "managed", [ID]),
    ]
    assert summary["table"][0] == "error    lock                     2 nodes (a, b): held. Remedy: wait"


def test_nothing_is_fine():
    assert preflight_summary([]) == {"status": "ok", "findings": [], "table": [], "counts": {"error": 0, "warning": 0}}
