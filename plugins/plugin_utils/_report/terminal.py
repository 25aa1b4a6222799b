# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The fleet as a table for a terminal: ASCII lines of a given width."""

from __future__ import annotations

import textwrap
import typing as t

from . import instants
from .fleet import Fleet, Node, summary
from .text import fit, quantity, visible, width

Paint = t.Callable[[str, str], str]

COUNTS = {
    "MISSING": "missing_count",
    "FAILED": "failed_count",
    "WAITING": "waiting_count",
    "INSTALLED": "installed_count",
    "REJECTED": "rejected_count",
    "REBOOT": "installed_pending_reboot_count",
}
STATUS_COLUMNS = len("NON_COMPLIANT")
NARROWEST_NODE = 12
WIDEST_NODE = 40
# With less room than this beside the numbers, the baseline stands on a line of its own.
NARROWEST_BASELINE = 34
BASELINE_INDENT = "    "


class Layout(t.NamedTuple):
    """Where the columns of the table stand."""

    node: int
    gap: str
    baseline: int  # 0: on a line of its own
    columns: int

    @property
    def counts(self) -> int:
        """The column after the last count."""
        return self.node + STATUS_COLUMNS + sum(map(len, COUNTS)) + len(self.gap) * (len(COUNTS) + 1)


def unpainted(text: str, status: str) -> str:
    return text


def lines(fleet: Fleet, columns: int, paint: Paint = unpainted) -> list[str]:
    """The table and its totals. `paint` may wrap a status in what colours it, and must not change how it reads."""
    columns = max(columns, Layout(NARROWEST_NODE, " ", 0, 0).counts)
    heading = f"{visible(fleet.title)}, {instants.shown(fleet.generated)}"
    return [
        fit(heading, columns).rstrip(),
        "",
        *_table(fleet, columns, paint),
        *_wrapped_all(_remarks(fleet), columns),
        "",
        *_totals(fleet, columns, paint),
    ]


def file_line(kind: str, path: str, done: str) -> str:
    return f"{kind + ':':<12}{visible(path)} ({done})"


def _table(fleet: Fleet, columns: int, paint: Paint) -> list[str]:
    if not fleet.nodes:
        return ["No compliance record was found."]
    layout = _layout(max(width(visible(node.name)) for node in fleet.nodes), columns)
    rule = "-" * (layout.columns if layout.baseline else layout.counts)
    return [_heading(layout), rule, *(line for node in fleet.nodes for line in _row(node, layout, paint))]


def _layout(longest_name: int, columns: int) -> Layout:
    longest_name = max(longest_name, len("NODE"))
    wide = Layout(min(longest_name, WIDEST_NODE), "  ", 0, columns)
    left = columns - wide.counts - len(wide.gap)
    if left >= NARROWEST_BASELINE:
        return wide._replace(baseline=left)
    others = Layout(0, " ", 0, columns).counts
    return Layout(min(longest_name, columns - others), " ", 0, columns)


def _heading(layout: Layout) -> str:
    cells = [fit("NODE", layout.node), f"{'STATUS':<{STATUS_COLUMNS}}", *COUNTS]
    return layout.gap.join(cells + ["BASELINE"] * bool(layout.baseline))


def _row(node: Node, layout: Layout, paint: Paint) -> list[str]:
    name = visible(node.name)
    above = [name] if width(name) > layout.node else []  # a name that was cut would name no node
    status = paint(f"{node.status:<{STATUS_COLUMNS}}", node.status)
    counts = [f"{_cell(node, count):>{len(heading)}}" for heading, count in COUNTS.items()]
    row = layout.gap.join([fit("" if above else name, layout.node), status, *counts])
    if not layout.baseline:
        return [*above, row, *_wrapped(_baseline(node), layout.columns, BASELINE_INDENT)]
    first, *others = _wrapped(_baseline(node), layout.baseline, "") or [""]
    margin = " " * (layout.counts + len(layout.gap))
    return [*above, f"{row}{layout.gap}{first}".rstrip(), *(margin + other for other in others)]


def _cell(node: Node, name: str) -> str:
    """A dash where there is no number that says something about the node now."""
    return str(node.count(name)) if node.tells(name) else "-"


def _baseline(node: Node) -> str:
    """The baseline and why it was chosen, or why there is nothing to say."""
    chosen = f"{node.baseline or 'no baseline'}: {node.baseline_why}" if node.baseline_why else node.baseline
    return "; ".join(visible(text) for text in [chosen, node.reason, *node.notes] if text)


def _remarks(fleet: Fleet) -> list[str]:
    remarks = [f"Unreadable: {visible(one.path)}: {visible(one.reason)}" for one in fleet.unreadable]
    remarks += [f"Warning: {visible(warning)}" for warning in fleet.warnings]
    return ["", *remarks] if remarks else []


def _totals(fleet: Fleet, columns: int, paint: Paint) -> list[str]:
    told = summary(fleet)
    patches = told["patches"]
    nodes = [
        quantity(told["nodes"], "node"),
        f"{told['compliant']} compliant",
        f"{told['non_compliant']} non-compliant",
        f"{told['unknown']} unknown",
    ]
    if told["stale"]:
        nodes.append(f"{told['stale']} stale")
    if told["incomplete"]:
        nodes.append(f"{told['incomplete']} incomplete")
    if told["old_package_lists"]:
        nodes.append(f"{told['old_package_lists']} with old package lists")
    if told["unreadable"]:
        nodes.append(quantity(told["unreadable"], "unreadable record"))
    counts = ", ".join(f"{patches[name]} {heading.lower()}" for heading, name in COUNTS.items() if heading != "REBOOT")
    status = told["status"]
    first, *others = _wrapped(f"Fleet: {status}. {', '.join(nodes)}.", columns, "")
    patches_line = f"Patches: {counts}, {patches['installed_pending_reboot_count']} pending reboot."
    return [first.replace(status, paint(status, status), 1), *others, *_wrapped(patches_line, columns, "")]


def _wrapped_all(paragraphs: t.Iterable[str], columns: int) -> list[str]:
    return [line for paragraph in paragraphs for line in (_wrapped(paragraph, columns, "") or [""])]


def _wrapped(text: str, columns: int, indent: str) -> list[str]:
    return textwrap.wrap(text, columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
