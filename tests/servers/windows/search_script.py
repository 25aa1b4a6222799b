# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our search script prints on a host: the answer that plugin_utils/_windows/answer.py describes."""

from __future__ import annotations

import datetime
import json
import typing as t

from .catalogue import CATEGORIES, Update
from .host import WindowsHost, signed

MANAGED_SERVER, OTHERS = 1, 3  # ServerSelection
UNKNOWN_SERVICE = 0x80248014
NO_SERVER = 0x8024002B  # WU_E_LEGACYSERVER stands for whatever a node without WSUS answers
SUCCEEDED, SUCCEEDED_WITH_ERRORS = 2, 3

Document = dict[str, t.Any]


def printed(host: WindowsHost, parameters: Document) -> str:
    failure = _failure(host, parameters)
    busy = host.installer_is_busy()
    found = [] if failure else host.found(superseded=True)
    if host.faults.released is not None and not parameters.get("Online", True):
        host.add(host.faults.released)
        host.faults.released = None
    partial = host.faults.partial_search
    return json.dumps(
        {
            "schema": 1,
            "failure": failure,
            "result_code": None if failure else SUCCEEDED_WITH_ERRORS if partial else SUCCEEDED,
            "search_warnings": [{"hresult": signed(partial[0]), "message": partial[1]}] if partial else [],
            "updates": [_update(one) for one in found],
            "categories": _categories(found, host.language),
            "history": [] if failure else [_attempt(one) for one in host.history],
            "last_search": _instant(host.now),
            "installer_busy": busy,
            "free_bytes": host.free_bytes,
            "runs": host.runs,
            "runs_owner": host.runs_owner if host.runs is not None else None,
            "wsus_server": host.wsus_server,
            "uses_wsus": host.wsus_server is not None,
            "boot_time": _instant(host.booted),
            "reboot_pending": {"windows_update": host.reboot_pending, "component_servicing": False},
            "machine_guid": host.machine_guid,
            "ssm_registration": host.ssm_registration,
            "product_name": host.product_name,
            "build": host.build,
            "update_build_revision": host.update_build_revision,
            "installation_type": host.installation_type,
            "architecture": "AMD64",
        }
    )


def _failure(host: WindowsHost, parameters: Document) -> Document | None:
    failed = host.faults.search
    selection, service = parameters.get("ServerSelection", 0), parameters.get("ServiceId", "")
    if selection == OTHERS and service not in host.registered_services:
        failed = (UNKNOWN_SERVICE, "Exception from HRESULT: 0x80248014")
    if selection == MANAGED_SERVER and host.wsus_server is None:
        failed = (NO_SERVER, "Exception from HRESULT: 0x8024002B")
    return {"hresult": signed(failed[0]), "message": failed[1]} if failed else None


def _update(update: Update) -> Document:
    return {
        "id": update.id,
        "revision": update.revision,
        "title": update.title,
        "kb_article_ids": list(update.kbs),
        "cve_ids": list(update.cves),
        "bulletin_ids": list(update.bulletins),
        "msrc_severity": update.severity,
        "last_deployment_change_time": _instant(update.released) or "1899-12-30T00:00:00",  # OLE's zero
        "category_ids": list(update.categories),
        "superseded_update_ids": list(update.supersedes),
        "installed": update.installed,
        "hidden": update.hidden,
        "impact": 2 if update.exclusive else 0,
        "browse_only": update.browse_only,
        "reboot_required": update.pending,
        "type": 2 if update.driver else 1,
    }


def _categories(updates: list[Update], language: str) -> Document:
    """Those of the updates, and what is above them."""
    waiting = [identifier for update in updates for identifier in update.categories]
    table: Document = {}
    for identifier in waiting:
        category = CATEGORIES[identifier]
        table[identifier] = {"name": category.called(language), "type": category.type, "parent": category.parent}
        if category.parent and category.parent not in table:
            waiting.append(category.parent)
    return table


def _attempt(attempt: t.Any) -> Document:
    return {
        "id": attempt.update_id,
        "date": _instant(attempt.date),
        "operation": attempt.operation,
        "result_code": attempt.result_code,
        "hresult": attempt.hresult,
    }


def _instant(instant: datetime.datetime | None) -> str | None:
    return instant.strftime("%Y-%m-%dT%H:%M:%S") if instant else None
