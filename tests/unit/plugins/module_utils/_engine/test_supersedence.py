# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cumulative updates in a row: which of them keeps its place, and what the reason says."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    WINDOWS,
    baseline,
    evaluations,
    inventory,
    rule,
    update,
)

# Three months of one cumulative update, each superseding those before it; it is the 21st of November.
SEPTEMBER = update("KB9", id="sep", release_date="2026-09-08")
OCTOBER = update("KB10", id="oct", release_date="2026-10-13", supersedes=["sep"])
NOVEMBER = update("KB11", id="nov", release_date="2026-11-10", supersedes=["sep", "oct"])
# The same, with each naming the one before it only.
ONLY_THE_LAST = update("KB11", id="nov", release_date="2026-11-10", supersedes=["oct"])
PREVIEW = update(
    "KB12",
    id="pre",
    classification="Updates",
    msrc_severity=None,
    optional=True,
    release_date="2026-11-18",
    supersedes=["sep", "oct", "nov"],
)
MONTH = rule(30)  # longer than since November's
WAITS = "waits until 2026-12-10T00:00:00Z: rule 1 approves 30 days after 2026-11-10T00:00:00Z"


def states(updates, *rules, policy="newest", **members):
    found = evaluations(inventory(WINDOWS, *updates), baseline(WINDOWS, *rules, **members), supersedence=policy)
    return {one["kb_id"]: one["state"] for one in found}


@pytest.mark.parametrize(
    ("updates", "rules", "policy", "expected"),
    [
        pytest.param(
            [SEPTEMBER, OCTOBER, NOVEMBER], [MONTH], "newest",
            {"KB9": "NOT_APPLICABLE", "KB10": "NOT_APPLICABLE", "KB11": "AVAILABLE_SECURITY_UPDATE"},
            id="each month restarts the clock"),
        pytest.param(
            [SEPTEMBER, OCTOBER, NOVEMBER], [MONTH], "newest_approved",
            {"KB9": "NOT_APPLICABLE", "KB10": "MISSING", "KB11": "AVAILABLE_SECURITY_UPDATE"},
            id="the newest that is old enough"),
        pytest.param(
            [SEPTEMBER, OCTOBER, ONLY_THE_LAST], [rule()], "newest",
            {"KB9": "NOT_APPLICABLE", "KB10": "NOT_APPLICABLE", "KB11": "MISSING"},
            id="superseded through another"),
        pytest.param(
            [SEPTEMBER, dict(OCTOBER, applicable=False), ONLY_THE_LAST], [rule()], "newest",
            {"KB9": "NOT_APPLICABLE", "KB10": "NOT_APPLICABLE", "KB11": "MISSING"},
            id="superseded through one that does not apply"),
        pytest.param(
            [SEPTEMBER, OCTOBER, dict(NOVEMBER, installed=True)], [MONTH], "newest_approved",
            {"KB9": "NOT_APPLICABLE", "KB10": "NOT_APPLICABLE", "KB11": "INSTALLED_OTHER"},
            id="superseded by what is installed, approved or not"),
        pytest.param(
            [dict(OCTOBER, installed=True), NOVEMBER], [MONTH], "newest",
            {"KB10": "INSTALLED", "KB11": "AVAILABLE_SECURITY_UPDATE"},
            id="what is installed keeps its state"),
        pytest.param(
            [NOVEMBER, PREVIEW], [rule(filters={"CLASSIFICATION": ["SecurityUpdates"]})], "newest",
            {"KB11": "MISSING", "KB12": None},
            id="a preview takes nobody's place"),
        pytest.param(
            [NOVEMBER, PREVIEW], [rule()], "newest",
            {"KB11": "NOT_APPLICABLE", "KB12": "MISSING"},
            id="a preview that is approved does"),
        pytest.param(
            [NOVEMBER, dict(PREVIEW, installed=True)], [MONTH], "newest",
            {"KB11": None, "KB12": "INSTALLED_OTHER"},
            id="a preview that is installed does"),
        pytest.param(
            [OCTOBER, dict(NOVEMBER, kb=None)], [rule()], "newest",
            {"KB10": "MISSING", "": None},
            id="an update without KB id, which nobody handles, does not"),
        pytest.param(
            [OCTOBER, dict(NOVEMBER, applicable=False)], [rule()], "newest",
            {"KB10": "MISSING", "KB11": "NOT_APPLICABLE"},
            id="one that does not apply does not"),
        pytest.param(
            [dict(OCTOBER, supersedes=["nov"]), NOVEMBER], [rule()], "newest",
            {"KB10": "NOT_APPLICABLE", "KB11": "NOT_APPLICABLE"},
            id="a circle ends"),
        pytest.param(
            [dict(OCTOBER, supersedes=["oct"])], [rule()], "newest", {"KB10": "MISSING"}, id="of itself"),
        pytest.param(
            [dict(OCTOBER, id=None), dict(NOVEMBER, id=None)], [rule()], "newest",
            {"KB10": "MISSING", "KB11": "MISSING"}, id="without ids nothing is known"),
    ],
)  # fmt: skip
def test_states(updates, rules, policy, expected):
    assert states(updates, *rules, policy=policy) == expected


def test_a_rejected_update_leaves_the_place_to_the_one_before_it_only_when_asked_to():
    members = {"rejected_patches": ["KB11"]}
    row = [OCTOBER, NOVEMBER]
    assert states(row, rule(), **members) == {"KB10": "NOT_APPLICABLE", "KB11": None}
    assert states(row, rule(), policy="newest_approved", **members) == {"KB10": "MISSING", "KB11": None}


@pytest.mark.parametrize(
    ("updates", "policy", "reason"),
    [
        pytest.param([OCTOBER, NOVEMBER], "newest", f"superseded by KB11, which is not approved: {WAITS}",
                     id="left out"),
        pytest.param([OCTOBER, NOVEMBER], "newest_approved", f"KB11, which supersedes it, is not approved: {WAITS}",
                     id="kept"),
        pytest.param([OCTOBER, dict(NOVEMBER, installed=True)], "newest", "superseded by KB11, which is installed",
                     id="installed"),
        pytest.param([SEPTEMBER, OCTOBER], "newest", "superseded by KB10, which is approved", id="approved"),
        pytest.param([SEPTEMBER, NOVEMBER, dict(PREVIEW, optional=False)], "newest_approved",
                     "KB12, which supersedes it, is not approved: "
                     "waits until 2026-12-18T00:00:00Z: rule 1 approves 30 days after 2026-11-18T00:00:00Z",
                     id="of several the newest is named"),
    ],
)  # fmt: skip
def test_reasons(updates, policy, reason):
    found = evaluations(inventory(WINDOWS, *updates), baseline(WINDOWS, MONTH), supersedence=policy)
    before, _separator, words = found[0]["reason"].partition("; ")
    assert before.startswith("rule 1 approves 30 days after")
    assert words == reason


def test_what_is_installed_is_not_said_to_have_lost_its_place():
    row = [dict(OCTOBER, installed=True), dict(NOVEMBER, installed=True)]
    (before, _after) = evaluations(inventory(WINDOWS, *row), baseline(WINDOWS, rule()))
    assert before["reason"] == "rule 1 approves at once"


def test_what_is_superseded_waits_for_nothing():
    waiting = dict(OCTOBER, release_date="2026-11-05")
    found = evaluations(inventory(WINDOWS, waiting, NOVEMBER), baseline(WINDOWS, MONTH))
    assert [one["approved_on"] for one in found] == [None, "2026-12-10T00:00:00Z"]
