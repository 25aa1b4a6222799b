# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_compliance_info on a large fleet: as few calls as there can be, and as much memory as for a small one.

`make bench ARGS=compliance` has ten thousand nodes.
"""

from __future__ import annotations

import math

from ansible_collections.patchops.fleet.tests.aws.compliance_fleet import fleet, lower_bound, measured

NODES, PATCHES = 1_000, 200


def test_a_thousand_nodes(aws, tmp_path):
    aws.nodes(*fleet(NODES // 10, PATCHES))
    small = measured(aws, tmp_path / "small")
    aws.nodes(*fleet(NODES, PATCHES))
    large = measured(aws, tmp_path / "large")
    assert large.calls == lower_bound(NODES, PATCHES)
    assert small.calls == lower_bound(NODES // 10, PATCHES)
    summary = large.answer["summary"]
    told = [summary[name] for name in ("nodes", "compliant", "non_compliant", "unknown", "incomplete")]
    assert told == [NODES, 880, 100, 20, 0]
    assert summary["patches"]["missing_count"] == 100 * PATCHES
    assert len(list((tmp_path / "large").rglob("*.json"))) == NODES
    # held in memory, records are several times as large as in their files
    assert large.peak - small.peak < large.written - small.written


def test_ids_are_asked_for_fifty_at_a_time(aws, tmp_path):
    made = fleet(120, 0)
    aws.nodes(*made)
    found = measured(aws, tmp_path, instance_ids=[one["id"] for one in made])
    assert (
        found.calls["DescribeInstanceInformation"] == found.calls["DescribeInstancePatchStates"] == math.ceil(120 / 50)
    )
    assert found.answer["summary"]["nodes"] == 120
