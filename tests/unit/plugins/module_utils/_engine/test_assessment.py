# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that modules make: inventories that are refused, and the same decision at another moment."""

from __future__ import annotations

import copy
import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess, check_inventory, what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import EngineError, InventoryError, RunError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.evaluation import evaluate
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    RHEL,
    UBUNTU,
    WINDOWS,
    baseline,
    deb,
    inventory,
    notice,
    package,
    rpm,
    rule,
    update,
)

MOMENT = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
SOUND = inventory(RHEL, package(installed=rpm("1.0-1"), available=[rpm("2.0-1", notice())]))


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


REFUSED = [
    pytest.param(dict(SOUND, schema=2), ["schema 2", "up to 1", "update"], id="a newer schema"),
    pytest.param(dict(SOUND, schema=0), ["schema"], id="no such schema"),
    pytest.param(dict(SOUND, schema="1"), ["schema"], id="schema as text"),
    pytest.param(without(SOUND, "schema"), ["schema is missing"], id="no schema"),
    pytest.param(without(SOUND, "node"), ["node is missing"], id="no node"),
    pytest.param(without(SOUND, "captured_at"), ["captured_at is missing"], id="no moment"),
    pytest.param(
        dict(SOUND, node={"id": "i-1"}),
        ["node: name is missing", "node: operating_system is missing"],
        id="half a node",
    ),
    pytest.param(dict(SOUND, manager="pacman"), ["manager", "'pacman'", "zypper"], id="another package manager"),
    pytest.param(dict(SOUND, packages={}), ["packages", "array"], id="packages that are no list"),
    pytest.param(
        dict(SOUND, packages=[{"name": "a"}]), ["packages[0]", "arch is missing"], id="a package without architecture"
    ),
    pytest.param(
        dict(SOUND, release_dates="guessed"), ["release_dates", "'guessed'", "first_seen"], id="unknown release dates"
    ),
    pytest.param([], ["object"], id="a list"),
    pytest.param("{}", ["object"], id="text"),
    pytest.param(None, ["object"], id="nothing"),
    pytest.param({}, ["schema is missing", "node is missing"], id="an empty mapping"),
]


@pytest.mark.parametrize(("document", "words"), REFUSED)
def test_inventories_that_are_refused(document, words):
    for call in (check_inventory, lambda document: what_if(document, None)):
        with pytest.raises(InventoryError) as caught:
            call(document)
        for word in words:
            assert word in str(caught.value)


def test_a_compliance_record_is_no_inventory():
    with pytest.raises(InventoryError):
        check_inventory(what_if(SOUND, None)["record"])


def test_many_faults_are_not_all_told():
    with pytest.raises(InventoryError) as caught:
        check_inventory(dict(SOUND, packages=[{}] * 1000))
    assert len(str(caught.value)) < 1000


CONTRADICTIONS = [
    pytest.param(dict(SOUND, manager="apt"), ["apt", RHEL, "dnf"], id="a manager of another operating system"),
    pytest.param(dict(SOUND, advisories={}), ["RHSA-2026:1"], id="an advisory that is not there"),
    pytest.param(
        inventory(RHEL, package("bad", installed=dict(rpm("1-1"), epoch=-1), available=[rpm("1-1")])),
        ["bad", "epoch"],
        id="an epoch below 0",
    ),
]


@pytest.mark.parametrize(("document", "words"), CONTRADICTIONS)
def test_inventories_that_contradict_themselves(document, words):
    with pytest.raises(InventoryError) as caught:
        what_if(document, [baseline(None, rule(security=True))])
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("moment", ["tomorrow", "", "2026-13-01", "1970-01-01", 7])
def test_moments_that_make_no_sense(moment):
    with pytest.raises(RunError) as caught:
        what_if(SOUND, None, now=moment)
    assert "now" in str(caught.value)
    assert "2026-11-21" in str(caught.value)


def test_an_inventory_of_no_known_moment():
    with pytest.raises(RunError) as caught:
        what_if(dict(SOUND, captured_at="lately"), None)
    assert "captured_at" in str(caught.value)


def test_every_error_is_an_engine_error():
    for document, given in ((None, None), (SOUND, []), (SOUND, "x")):
        with pytest.raises(EngineError):
            what_if(document, given)


def test_the_moment_is_by_default_the_inventorys_own():
    document = dict(SOUND, captured_at="2026-02-03T04:05:06Z")
    assert what_if(document, None)["record"]["capture"] == {"time": "2026-02-03T04:05:06Z", "run_id": "offline"}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("2026-12-31", "2026-12-31T00:00:00Z"), ("2026-12-31T02:00:00+02:00", "2026-12-31T00:00:00Z")],
)
def test_other_moments(moment, expected):
    assert what_if(SOUND, None, now=moment)["record"]["capture"]["time"] == expected


WAITING = inventory(
    RHEL,
    package("a", installed=rpm("1.0-1"), available=[rpm("2.0-1", notice("A-1", updated="2026-11-20"))]),
    package(
        "b",
        installed=rpm("1.0-1"),
        available=[rpm("2.0-1", notice("A-2")), rpm("3.0-1", notice("A-3", updated="2026-11-19"))],
    ),
    package("c", installed=rpm("1.0-1"), available=[rpm("2.0-1", notice("A-4"))]),
    package("d", installed=rpm("1.0-1"), available=[rpm("2.0-1", notice("A-5", updated="2026-11-21"))]),
)


def test_what_will_have_become_approved():
    given = [baseline(RHEL, rule(7))]
    assert what_if(WAITING, given)["newly_approved"] == []
    later = what_if(WAITING, given, now="2026-11-27T00:00:01Z")
    # c was approved before, d still waits
    assert [(patch["name"], patch["version"]) for patch in later["newly_approved"]] == [("a", "2.0-1"), ("b", "3.0-1")]
    assert [patch["decision"] for patch in later["evaluations"]] == ["approved", "approved", "approved", "not_approved"]
    assert all(patch in later["evaluations"] for patch in later["newly_approved"])


def test_what_is_installed_does_not_become_approved():
    document = inventory(
        RHEL, package("a", installed=rpm("2.0-1"), available=[rpm("2.0-1", notice("A-1", updated="2026-11-20"))])
    )
    later = what_if(document, [baseline(RHEL, rule(7))], now="2026-12-21")
    assert [patch["decision"] for patch in later["evaluations"]] == ["approved"]
    assert later["newly_approved"] == []


def test_what_will_have_become_approved_on_windows():
    document = inventory(WINDOWS, update("KB1", release_date="2026-11-20"), update("KB2"))
    later = what_if(document, [baseline(WINDOWS, rule(7))], now="2026-12-21")
    assert [patch["kb_id"] for patch in later["newly_approved"]] == ["KB1"]


def test_an_unusable_inventory_is_unknown_and_not_compliant():
    record = what_if(dict(SOUND, unusable="no package list was ever fetched"), None)["record"]
    assert (record["status"], record["status_reason"]) == ("UNKNOWN", "no package list was ever fetched")
    assert record["patches"] == []


def test_the_past():
    given = [baseline(RHEL, rule(7))]
    earlier = what_if(WAITING, given, now="2026-01-05")
    assert {patch["decision"] for patch in earlier["evaluations"]} == {"not_approved"}
    assert earlier["newly_approved"] == []


def test_the_inventory_is_left_alone():
    before = copy.deepcopy(WAITING)
    what_if(WAITING, [baseline(RHEL, rule(7))], now="2026-12-31", patch_group="web", run={"operation": "Install"})
    assert before == WAITING


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            inventory(
                RHEL,
                package("nothing"),
                package("installed", installed=rpm("1-1")),
                package("offered", available=[rpm("1-1")]),
                package("old", installed=rpm("2-1"), available=[rpm("1-1", notice())]),
                package(
                    "twice", installed=[rpm("1-1"), rpm("2-1")], available=[rpm("2-1", notice()), rpm("3-1", notice())]
                ),
            ),
            id="rpm",
        ),
        pytest.param(
            inventory(
                UBUNTU,
                package("a", "amd64", {"version": "1"}, [deb("2", excluded="pinned")]),
                package("a", "i386", {"version": "1"}, [deb("2")], held="dpkg hold"),
                package("b", "amd64", {"version": "1"}),
            ),
            id="apt",
        ),
        pytest.param(
            inventory(WINDOWS, update(None), update("KB1", applicable=False), update("KB2", superseded=True)),
            id="Windows",
        ),
    ],
)
@pytest.mark.parametrize("given", ["all-14-days", baseline(None, rejected_patches=["*", "KB1"]), baseline(None)])
def test_no_patch_is_dropped(document, given):
    evaluations = what_if(document, [given])["evaluations"]
    patches = document.get("packages", []) + document.get("updates", [])
    assert [patch["name"] for patch in evaluations] == [
        patch.get("name") or patch.get("kb") or patch["title"] for patch in patches
    ]
    assert all(patch["reason"].strip() for patch in evaluations)
    considered = what_if(document, [given])["record"]["summary"]["considered_count"]
    assert considered == len(patches)


def test_assess_and_evaluate_agree_with_what_if():
    given = baseline(RHEL, rule(7), rejected_patches=["c"])
    answer = what_if(WAITING, [given])
    record = assess(WAITING, parse_baselines([given]), MOMENT, "offline")
    assert record == answer["record"]
    assert len(evaluate(WAITING, parse_baseline(given), MOMENT)) == len(answer["evaluations"])


@pytest.mark.parametrize(
    ("updates", "repositories", "expected"),
    [
        pytest.param([{"release_date": None}], {"windows_update": {"id": "windows_update"}},
                     ["1 patches of windows_update have no release date; they count as old and are approved at once"
                      " (option undated)"], id="one without a date"),
        pytest.param([{"release_date": None}], {},
                     ["1 patches of repositories that the inventory does not name have no release date; they count as"
                      " old and are approved at once (option undated)"], id="from a source that is not named"),
        pytest.param([{"release_date": None, "installed": True}, {"release_date": None, "kb": None}, {}],
                     {"windows_update": {"id": "windows_update"}}, [], id="where no date is needed"),
    ],
)  # fmt: skip
def test_updates_of_windows_without_a_date_are_counted(updates, repositories, expected):
    given = inventory(WINDOWS, *(update(**one) for one in updates), repositories=repositories)
    assert what_if(given, [baseline(WINDOWS, rule(7))])["record"]["warnings"] == expected
