# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers behind the charts."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import charts


def values(bars):
    return {one.label: one.value for one in bars if one.value}


@pytest.mark.parametrize(
    ("counts", "percents"),
    [
        pytest.param([1, 1, 1], [34, 33, 33], id="thirds"),
        pytest.param([0, 0, 0], [0, 0, 0], id="nothing"),
        pytest.param([999, 1, 0], [100, 0, 0], id="one in a thousand"),
        pytest.param([2, 1, 0], [67, 33, 0], id="two thirds"),
        pytest.param([5, 0, 0], [100, 0, 0], id="all"),
    ],
)
def test_whole_percents_add_up(counts, percents):
    assert charts.whole_percents(counts) == percents


def test_the_ring_is_closed_whatever_the_counts(assembled, record):
    records = [record(str(index), status=status) for index, status in enumerate(["COMPLIANT"] * 2 + ["UNKNOWN"])]
    slices = charts.status_slices(assembled(*records).nodes)
    assert [(one.label, one.value, one.percent) for one in slices] == [
        ("Compliant", 2, 67),
        ("Non-compliant", 0, 0),
        ("Unknown", 1, 33),
    ]
    assert sum(one.length for one in slices) == pytest.approx(100, abs=0.01)


def test_missing_by_level_counts_missing_and_failed(assembled, record, patch):
    patches = [
        patch(compliance_level="CRITICAL"),
        patch(compliance_level="CRITICAL", state="FAILED"),
        patch(compliance_level="LOW"),
        patch(compliance_level="LOW", state="INSTALLED_REJECTED"),
    ]
    assert values(charts.missing_by_level(assembled(record(patches=patches)))) == {"Critical": 2, "Low": 1}


def test_most_missed_packages_count_nodes_once_and_take_the_highest_level(assembled, record, patch):
    one = record("a", patches=[patch("curl 1", name="curl"), patch("curl 2", name="curl"), patch("KB1", name="")])
    two = record("b", patches=[patch("curl 1", name="curl", compliance_level="CRITICAL")])
    bars = charts.top_missing(assembled(one, two))
    assert [(one.label, one.value, one.note, one.share) for one in bars] == [
        ("curl", 2, "Critical", 100),
        ("KB1", 1, "High", 50),
    ]


@pytest.mark.parametrize(
    ("approved_on", "label"),
    [
        pytest.param("2026-11-21T18:00:00Z", "21", id="today"),
        pytest.param("2026-11-20T18:00:00Z", "21", id="due since the scan"),
        pytest.param("2026-11-23T23:00:00-02:00", "24", id="another zone"),
        pytest.param("2026-12-04T00:00:00Z", "4", id="the last day"),
        pytest.param("2026-12-05T00:00:00Z", "later", id="after it"),
        pytest.param(None, "?", id="no date"),
        pytest.param("soon", "?", id="no instant"),
    ],
)
def test_waiting_patches_fall_on_their_day(assembled, record, patch, approved_on, label):
    waiting = patch(state="INSTALLED_OTHER", status="COMPLIANT", reason_code="delay_pending", approved_on=approved_on)
    assert values(charts.waiting_by_day(assembled(record(patches=[waiting])))) == {label: 1}


@pytest.mark.parametrize(
    ("time", "label"),
    [
        pytest.param("2026-11-21T05:59:00Z", "0-6 h", id="fresh"),
        pytest.param("2026-11-21T07:00:00Z", "0-6 h", id="the future"),
        pytest.param("2026-11-21T00:00:00Z", "6-24 h", id="exactly six hours"),
        pytest.param("2026-11-10T00:00:00Z", "7-30 days", id="days"),
        pytest.param("2020-01-01T00:00:00Z", "older", id="years"),
    ],
)
def test_ages(assembled, record, time, label):
    assert values(charts.ages(assembled(record(time=time), hosts={"app-1": "failed"}))) == {label: 1, "no data": 1}


def test_charts_leave_out_what_is_unknown(assembled, record, patch):
    stale = record(
        run_id="before", patches=[patch(), patch(reason_code="delay_pending", approved_on="2026-11-22T00:00:00Z")]
    )
    fleet = assembled(stale, hosts={"web-1": ""})
    assert [values(chart(fleet)) for chart in (charts.missing_by_level, charts.top_missing, charts.waiting_by_day)] == [
        {},
        {},
        {},
    ]


def test_levels_that_are_not_told(assembled, record, patch):
    untold = patch("zlib", name="zlib", compliance_level=None)
    fleet = assembled(record("a", patches=[untold, patch()]), record("b", patches=[untold]))
    bars = {one.label: one.value for one in charts.missing_by_level(fleet)}
    assert (bars["High"], bars["Not told"]) == (1, 2)
    assert "Not told" not in {one.label for one in charts.missing_by_level(assembled(record(patches=[patch()])))}
    assert [(one.label, one.value, one.note) for one in charts.top_missing(fleet)] == [
        ("zlib", 2, ""), ("openssl", 1, "High"),
    ]  # fmt: skip
