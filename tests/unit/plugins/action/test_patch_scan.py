# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part that needs no host; the rest runs in tests/integration/test_patch_scan.py."""

from __future__ import annotations

from ansible_collections.patchops.fleet.plugins.action import patch_scan
from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape


def test_a_windows_node_is_recorded_as_unknown():
    answer = patch_scan.unknown_answer(
        {"name": "win1", "run_id": "r1", "patch_group": "Production"}, "WINDOWS", patch_scan.WINDOWS_REASON
    )
    record = answer["ansible_facts"]["patch_compliance"]
    assert list(shape.faults(record, schemas.RECORD)) == []
    assert (answer["status"], record["status"], answer["changed"], answer["plan"]) == ("UNKNOWN", "UNKNOWN", False, [])
    assert record["node"] == {"id": "win1", "name": "win1", "operating_system": "WINDOWS", "patch_group": "Production"}
    assert record["status_reason"] == patch_scan.WINDOWS_REASON
    assert record["complete"] is False
    assert record["capture"]["run_id"] == "r1"
