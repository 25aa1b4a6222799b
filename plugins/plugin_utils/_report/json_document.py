# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The fleet as one JSON document: for programs, so nothing in it is escaped for the eye."""

from __future__ import annotations

import json
import re
import typing as t

from . import instants
from .fleet import Fleet, Node, summary

REPORT_SCHEMA = 1
# One space: a member of the document itself, whatever the records hold.
MADE_AT = re.compile(rb'^ "generated_at": "[^"]*"', re.MULTILINE)


def rendered(fleet: Fleet) -> str:
    """Each node is its compliance record, with what the report makes of it under `report`."""
    document = {
        "schema": REPORT_SCHEMA,
        "title": fleet.title,
        "generated_at": instants.written(fleet.generated),
        "summary": summary(fleet),
        "nodes": [_node(node) for node in fleet.with_record],
        "unknown_hosts": [{"name": node.name, "reason": node.reason} for node in fleet.without_record],
        "unreadable": [one._asdict() for one in fleet.unreadable],
        "warnings": list(fleet.warnings),
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _node(node: Node) -> dict[str, t.Any]:
    return {
        **(node.record or {}),
        "report": {
            "status": node.status,
            "reason": node.reason,
            "stale": node.stale,
            "notes": list(node.notes),
            "source": node.source,
        },
    }
