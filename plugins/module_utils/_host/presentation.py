# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a run came to, as its module returns it."""

from __future__ import annotations

import typing as t

from .._engine.record import attention
from .base import Document
from .boot import boot_id


def presented(result: Document, full: bool, with_inventory: bool) -> t.Tuple[Document, t.List[str]]:
    """The result with what was asked for, and the warnings of it."""
    result = dict(result)
    record = result.pop("record")
    inventory = result.pop("inventory_after")
    warnings = [*result.pop("warnings"), *record["warnings"]]
    result.update(status=record["status"], ansible_facts={"patch_compliance": attention(record)})
    if "conclusion" in result:
        result["conclusion"] = dict(result["conclusion"], boot_id=boot_id())
    if full:
        result["record"] = record
    else:
        for earlier in result.get("recovered") or ():
            earlier.pop("record", None)
    if with_inventory:
        result["inventory"] = inventory
    return result, warnings


def failure(name: str, result: Document) -> str:
    """The message of a run some of whose patches failed."""
    failed = result["failed_patches"]
    words = next((patch["reason"] for patch in result["patches"] if patch["outcome"] == "failed"), "")
    return "%s: %d of %d patches failed: %s. The first: %s" % (
        name,
        len(failed),
        len(result["patches"]),
        ", ".join(failed[:20]),
        words,
    )
