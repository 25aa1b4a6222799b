# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Findings of a preflight as lines to read, of one node or of a fleet."""

from __future__ import annotations

import textwrap
import typing as t

from ..module_utils._finding import ERROR, OK, STATUSES, WARNING, worst
from ._report.text import fit, quantity, visible

STATUS_COLUMNS = 9
CHECK_COLUMNS = 25
COLUMNS = 120
SHOWN = 5  # nodes that are named of many
UNANSWERED = {
    "check": "connection",
    "status": ERROR,
    "finding": "the node did not answer in this run",
    "remedy": "look at its connection and at the errors above",
}

Document = dict[str, t.Any]


def lines(finding: Document) -> list[str]:
    """One finding for a terminal; what nodes say is a stranger's text."""
    said = finding["finding"]
    if "nodes" in finding:
        said = f"{_who(finding['nodes'])}: {said}"
    if finding["remedy"] and finding["status"] != OK:
        said = f"{said}. Remedy: {finding['remedy']}"
    margin = " " * (STATUS_COLUMNS + CHECK_COLUMNS)
    first, *others = textwrap.wrap(visible(said), COLUMNS - len(margin)) or [""]
    head = fit(finding["status"], STATUS_COLUMNS) + fit(finding["check"], CHECK_COLUMNS)
    return [head + first, *(margin + other for other in others)]


def _who(nodes: t.Sequence[str]) -> str:
    if not nodes:
        return "all"
    if len(nodes) == 1:
        return nodes[0]
    named = ", ".join(nodes[:SHOWN])
    more = len(nodes) - SHOWN
    return f"{quantity(len(nodes), 'node')} ({named}{f' and {more} more' if more > 0 else ''})"


def fleet(findings: t.Sequence[Document], hosts: t.Mapping[str, t.Sequence[Document] | None]) -> Document:
    """One summary of findings on nodes in AWS and of what hosts found; None: a host that did not answer.

    What several nodes have alike is one finding with all of them, the worst first.
    """
    merged: dict[tuple[t.Any, ...], Document] = {}
    for finding in findings:
        _add(merged, finding, finding.get("nodes", []))
    for host, found in hosts.items():
        for finding in [UNANSWERED] if found is None else found:
            _add(merged, finding, [host])
    ordered = sorted(merged.values(), key=lambda one: STATUSES.index(one["status"]))
    return {
        "status": worst(ordered),
        "findings": ordered,
        "table": [line for finding in ordered for line in lines(finding)],
        "counts": {status: sum(one["status"] == status for one in ordered) for status in (ERROR, WARNING)},
    }


def _add(merged: dict[tuple[t.Any, ...], Document], finding: Document, nodes: t.Sequence[str]) -> None:
    key = tuple(finding.get(member) for member in ("check", "status", "finding", "remedy"))
    row = merged.setdefault(key, {**finding, "nodes": []})
    row["nodes"] = [*row["nodes"], *nodes]
