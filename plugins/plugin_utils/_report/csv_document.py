# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The two CSV files of Patch Manager's export (docs/spec/compliance.md, section 5)."""

from __future__ import annotations

import csv
import io
import typing as t

from ...module_utils._engine.schemas import LEVELS
from .fleet import Fleet, Node
from .text import visible

SUMMARY_COLUMNS = [
    "Index",
    "Instance ID",
    "Instance name",
    "Instance IP",
    "Platform name",
    "Platform version",
    "SSM Agent version",
    "Patch baseline",
    "Patch group",
    "Compliance status",
    "Compliance severity",
    "Noncompliant Critical severity patch count",
    "Noncompliant High severity patch count",
    "Noncompliant Medium severity patch count",
    "Noncompliant Low severity patch count",
    "Noncompliant Informational severity patch count",
    "Noncompliant Unspecified severity patch count",
]
DETAIL_COLUMNS = [
    "Index",
    "Instance ID",
    "Instance name",
    "Patch name",
    "KB ID/Patch ID",
    "Patch state",
    "Last report time",
    "Compliance level",
    "Patch severity",
    "Patch classification",
    "CVE ID",
    "Patch baseline",
    "Logs URL",
    "Instance IP",
    "Platform name",
    "Platform version",
    "SSM Agent version",
]

# A spreadsheet takes a cell that begins like this for a formula; the last four are the full-width forms. Tabs and line
# ends, which it would skip first, are escapes by then.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_GUARD = "'"


def summary_csv(fleet: Fleet) -> str:
    """One line per node, hosts without a record included."""
    return _written(SUMMARY_COLUMNS, (_summary_row(node) for node in fleet.nodes))


def detail_csv(fleet: Fleet) -> str:
    """One line per patch of each node. Patches in no state, which Patch Manager does not report, are left out."""
    rows = (_detail_row(node, patch) for node in fleet.with_record for patch in node.patches if patch["state"])
    return _written(DETAIL_COLUMNS, rows)


def guarded(value: str) -> str:
    """`value` as text that no spreadsheet runs as a formula.

    Reversible: a cell that begins with an apostrophe means what follows the apostrophe.
    """
    return _GUARD + value if value.startswith((*_FORMULA, _GUARD)) else value


def _written(columns: list[str], rows: t.Iterable[list[str]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    for index, row in enumerate(rows, 1):
        writer.writerow([str(index), *(guarded(visible(cell)) for cell in row)])
    return file.getvalue()


def _summary_row(node: Node) -> list[str]:
    levels = node.non_compliant_by_level()
    return [
        node.id,
        node.name,
        *_where(node),
        node.baseline,
        node.patch_group,
        node.status,
        node.level if node.counted else "",
        *(str(levels[level]) if node.counted else "" for level in LEVELS),
    ]


def _detail_row(node: Node, patch: dict[str, t.Any]) -> list[str]:
    return [
        node.id,
        node.name,
        patch["title"],
        patch["kb_id"],
        patch["state"],
        node.record["capture"]["time"] if node.record else "",
        patch["compliance_level"] or "",
        patch["severity"],
        patch["classification"],
        ",".join(patch["cve_ids"]),
        node.baseline,
        "",  # Logs URL: logs stay on the node
        *_where(node),
    ]


def _where(node: Node) -> list[str]:
    return [node.platform[name] for name in ("ip_address", "name", "version", "agent_version")]
