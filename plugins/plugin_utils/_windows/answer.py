# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What the script answers: its shape, and the one place where it is read."""

from __future__ import annotations

import json
import typing as t

from ...module_utils._engine.errors import InventoryError
from ...module_utils._engine.shape import faults

Document = dict[str, t.Any]

SCHEMA = 1

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
TEXTS = {"type": "array", "items": TEXT}
NUMBER = {"type": "integer"}
FLAG = {"type": "boolean"}


def closed(properties: Document) -> Document:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


FAILURE = closed({"message": TEXT, "hresult": NUMBER})
CATEGORY = closed({"name": TEXT, "type": TEXT, "parent": TEXT_OR_NULL})
UPDATE = closed(
    {
        "id": TEXT,
        "revision": NUMBER,
        "title": TEXT,
        "kb_article_ids": TEXTS,  # digits
        "cve_ids": TEXTS,
        "bulletin_ids": TEXTS,
        "msrc_severity": TEXT,  # empty: none
        "last_deployment_change_time": TEXT_OR_NULL,  # UTC without a zone, as every date here
        "category_ids": TEXTS,
        "superseded_update_ids": TEXTS,
        "installed": FLAG,
        "hidden": FLAG,
        "impact": NUMBER,  # InstallationImpact
        "browse_only": FLAG,
        "reboot_required": FLAG,
        "type": NUMBER,
    }
)
ATTEMPT = closed({"id": TEXT, "date": TEXT_OR_NULL, "operation": NUMBER, "result_code": NUMBER, "hresult": NUMBER})
ANSWER = closed(
    {
        "schema": {"const": SCHEMA},
        "failure": {**FAILURE, "type": ["object", "null"]},  # why the agent could not be asked
        "result_code": {"type": ["integer", "null"]},
        "search_warnings": {"type": "array", "items": FAILURE},
        "updates": {"type": "array", "items": UPDATE},
        "categories": {"type": "object", "additionalProperties": CATEGORY},  # by id
        "history": {"type": "array", "items": ATTEMPT},  # newest first
        "last_search": TEXT_OR_NULL,
        "installer_busy": {"type": ["boolean", "null"]},  # something is being installed or removed
        "free_bytes": {"type": ["integer", "null"]},  # of the system drive
        "runs": TEXT_OR_NULL,  # journal.py reads them
        "runs_owner": TEXT_OR_NULL,  # SID
        "wsus_server": TEXT_OR_NULL,
        "uses_wsus": FLAG,
        "boot_time": TEXT_OR_NULL,
        "reboot_pending": closed({"windows_update": FLAG, "component_servicing": FLAG}),
        "machine_guid": TEXT_OR_NULL,
        "ssm_registration": TEXT_OR_NULL,
        "product_name": TEXT_OR_NULL,
        "build": TEXT_OR_NULL,
        "update_build_revision": {"type": ["integer", "null"]},
        "installation_type": TEXT_OR_NULL,
        "architecture": TEXT_OR_NULL,
    }
)

_MOST_FAULTS = 3


def read(text: str) -> Document:
    """Raises InventoryError for what is no answer of the script."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InventoryError(f"the search script answered {text[:200]!r}, which is no JSON: {error}") from error
    found = list(faults(document, ANSWER))
    if found:
        raise InventoryError(f"the search script answered what it never should: {'; '.join(found[:_MOST_FAULTS])}")
    return document
