# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The fleet as one HTML file that needs nothing else and may fetch nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import re
import typing as t

import jinja2
import markupsafe

from ...module_utils._engine.schemas import LEVELS, STATES
from . import charts, instants
from .fleet import Fleet, Node, lists_age, patch_groups, summary
from .text import quantity, visible

TEMPLATES = pathlib.Path(__file__).parent / "templates"
MADE_AT = re.compile(rb'<time id="generated"[^<]*</time>')

# What the page knows of a patch, in this order, then whether it waits, its advisories and its CVE ids; see report.js.
PATCH_FIELDS = [
    "title",
    "kb_id",
    "state",
    "status",
    "decision",
    "reason",
    "compliance_level",
    "classification",
    "severity",
    "installed_version",
    "version",
    "approved_on",
    "release_date",
    "held",
]
STATE_WORDS = {
    "INSTALLED": "Installed",
    "INSTALLED_OTHER": "Installed other",
    "INSTALLED_PENDING_REBOOT": "Installed pending reboot",
    "INSTALLED_REJECTED": "Installed rejected",
    "MISSING": "Missing",
    "FAILED": "Failed",
    "NOT_APPLICABLE": "Not applicable",
    "AVAILABLE_SECURITY_UPDATE": "Available security update",
}


def rendered(fleet: Fleet) -> str:
    style, script = _template_text("report.css"), _template_text("report.js")
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_visible,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(quantity=quantity, shown=instants.shown, iso=instants.written, lists_age=lists_age)
    return environment.get_template("report.html.j2").render(
        fleet=fleet,
        summary=summary(fleet),
        charts=charts,
        labels=charts.LABELS,
        filters=_filters(fleet),
        level_order={level: rank for rank, level in enumerate(reversed(LEVELS), 1)},
        style=markupsafe.Markup(style),
        script=markupsafe.Markup(script),
        data=embedded(_page_data(fleet)),
        policy=_policy(style, script),
    )


def embedded(document: t.Any) -> markupsafe.Markup:
    """JSON for a script element: no character in it can end the element, whatever the document holds."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)  # ASCII, so U+2028 is escaped as well
    return markupsafe.Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _visible(value: t.Any) -> t.Any:
    if isinstance(value, markupsafe.Markup):
        return value
    return visible(value) if isinstance(value, str) else value


def _template_text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which only our own style and script count, and nothing is fetched."""
    allowed = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _filters(fleet: Fleet) -> dict[str, list[str]]:
    return {
        "patch_group": list(patch_groups(fleet.nodes)),
        "operating_system": sorted({node.operating_system for node in fleet.with_record}),
        "baseline": sorted({node.baseline for node in fleet.with_record}),
    }


class _Pool:
    """Equal values once, by number: a fleet's nodes share most of their patches."""

    def __init__(self) -> None:
        self._numbers: dict[t.Hashable, int] = {}

    def number(self, value: t.Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[t.Any]:
        return list(self._numbers)


def _page_data(fleet: Fleet) -> dict[str, t.Any]:
    texts, patches = _Pool(), _Pool()
    nodes = [_node_data(node, texts, patches) for node in fleet.nodes]
    return {
        "fields": PATCH_FIELDS,
        "states": STATE_WORDS,
        "state_order": ["MISSING", "FAILED", *(state for state in STATES if state not in ("MISSING", "FAILED"))],
        "texts": [visible(text) if text else text for text in texts.values],
        "patches": patches.values,
        "nodes": nodes,
    }


def _node_data(node: Node, texts: _Pool, patches: _Pool) -> dict[str, t.Any]:
    record = node.record or {}
    listed = [patches.number(_patch_data(patch, texts)) for patch in node.patches]
    return {
        "facts": [[label, visible(value)] for label, value in _facts(node) if value],
        "notes": [visible(note) for note in _notes(node)],
        "warnings": [visible(warning) for warning in record.get("warnings", [])],
        "problems": [visible(problem) for problem in node.unread],
        "omitted": record.get("patches_omitted", 0),
        "patches": listed,
        "installed": [texts.number(patch["installed_time"]) for patch in node.patches],
    }


def _patch_data(patch: dict[str, t.Any], texts: _Pool) -> tuple[t.Any, ...]:
    values = tuple(texts.number(patch.get(name)) for name in PATCH_FIELDS)
    waiting = int(patch["reason_code"] == "delay_pending")
    return (*values, waiting, _numbers(patch.get("advisories", []), texts), _numbers(patch["cve_ids"], texts))


def _numbers(values: t.Iterable[str], texts: _Pool) -> tuple[int, ...]:
    return tuple(texts.number(value) for value in values)


def _notes(node: Node) -> list[str]:
    return [note for note in (node.reason, *node.notes) if note]


def _facts(node: Node) -> list[tuple[str, str]]:
    """What the page says of a node beside its patches, in order."""
    record = node.record
    if record is None:
        return []
    baseline, platform = record["baseline"], node.platform
    return [
        ("Baseline", node.baseline or "none"),
        ("Why this baseline", node.baseline_why),
        ("Baseline source", (baseline.get("source") or "") + (f", {baseline['id']}" if baseline.get("id") else "")),
        ("Patch group", node.patch_group or "none"),
        ("Operating system", node.operating_system),
        ("Platform", " ".join(filter(None, (platform["name"], platform["version"], platform["architecture"])))),
        ("Address", platform["ip_address"]),
        ("Node id", node.id),
        ("Reported by", _reporter(node)),
        ("Operation", record["operation"] + (f", {record['reboot_option']}" if record.get("reboot_option") else "")),
        ("Captured", instants.shown(node.captured)),
        ("Package lists fetched", _refreshed(node)),
        ("Reboot", _reboot(record)),
        ("Also at work", "; ".join(record.get("activity", []))),
        ("Record", node.source),
        ("Run", record["capture"]["run_id"]),
    ]


def _reporter(node: Node) -> str:
    """Empty of hosts, which tell of themselves."""
    if not node.by_systems_manager:
        return ""
    reach = (node.record or {})["ssm"]["reach"].lower()
    return f"AWS Systems Manager, to which the node was {reach} then"


def _refreshed(node: Node) -> str:
    refreshed = instants.parsed_or_none((node.record or {}).get("refreshed_at"))
    if refreshed is None:
        return "not known"
    return f"{instants.shown(refreshed)}, {lists_age(node)} before the scan"


def _reboot(record: dict[str, t.Any]) -> str:
    reboot = record.get("reboot")
    if not reboot or reboot["required"] is None:
        return "not known"
    if not reboot["required"]:
        return "not required"
    reason = f": {reboot['reason']}" if reboot.get("reason") else ""
    packages = f" ({', '.join(reboot['packages'])})" if reboot.get("packages") else ""
    return f"required{reason}{packages}"
