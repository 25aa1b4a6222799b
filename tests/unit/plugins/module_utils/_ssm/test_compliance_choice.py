# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All records in numbers; what options ask for is in tests/aws."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm.compliance_choice import Tally


def record(status="COMPLIANT", complete=True, time="2026-11-21T05:40:00Z", **members):
    return {
        "node": {"name": members.pop("name", "web-1")},
        "capture": {"time": time},
        "status": status,
        "status_reason": "silent",
        "complete": complete,
        "compliance_level": None,
        "summary": {},
        "patches": [],
        "ssm": {"operation_start_time": time},
        **members,
    }


def summary(*records):
    tally = Tally()
    for one in records:
        tally.add(one)
    return tally.summary()


@pytest.mark.parametrize(
    ("records", "status"),
    [
        pytest.param([], "UNKNOWN", id="none"),
        pytest.param([record()], "COMPLIANT", id="compliant"),
        pytest.param([record(), record("UNKNOWN")], "UNKNOWN", id="one is not known"),
        pytest.param([record(), record(complete=False)], "UNKNOWN", id="one is not complete"),
        pytest.param([record("UNKNOWN"), record("NON_COMPLIANT")], "NON_COMPLIANT", id="one is not compliant"),
    ],
)
def test_the_status_of_all(records, status):
    assert summary(*records)["status"] == status


def test_numbers():
    listed = {"status": "NON_COMPLIANT", "compliance_level": "LOW"}
    told = summary(
        record("NON_COMPLIANT", compliance_level="LOW", summary={"missing_count": 1},
               patches=[listed, {**listed, "compliance_level": None}, {**listed, "status": "COMPLIANT"}]),
        record("NON_COMPLIANT", compliance_level="HIGH", summary={"missing_count": 2, "held_count": 1},
               time="2026-11-20T05:40:00Z", non_compliant_by_level={"HIGH": 2}, patches=[listed]),
        record("UNKNOWN", compliance_level="CRITICAL", summary={"missing_count": 9}, time="2026-11-22T05:40:00Z",
               ssm={}),
    )  # fmt: skip
    assert [told[name] for name in ("nodes", "compliant", "non_compliant", "unknown")] == [3, 0, 2, 1]
    assert (told["patches"]["missing_count"], told["patches"]["held_count"]) == (3, 1)
    assert (told["non_compliant_by_level"]["LOW"], told["non_compliant_by_level"]["HIGH"]) == (1, 2)
    assert told["compliance_level"] == "HIGH"
    assert (told["oldest_capture"], told["newest_capture"]) == ("2026-11-20T05:40:00Z", "2026-11-21T05:40:00Z")


def test_the_first_nodes_that_are_not_known_are_named():
    tally = Tally()
    for number in range(12):
        tally.add(record("UNKNOWN", name=f"web-{number}"))
    (warning,) = tally.warnings
    assert warning.startswith("The status of 12 nodes is not known. web-0: silent; web-1: silent")
    assert warning.endswith("web-9: silent; and 2 more")
