# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run knows of each update from round to round: what is tried, what not again, what came of it."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import outcome
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.ledger import NOT_BEGUN, Ledger
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.selection import Selection, Target
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.test_patterns import recorded

ONE, TWO = (
    Target(name, f"KB{number}", name.title(), (f"KB{number}",)) for number, name in enumerate(("one", "two"), 1)
)
INSTALLER_FAILED = {"failure_hresult_code": 0x80070643, "failure_msg": "Error (0x80070643)"}


def chosen(*targets, skipped=()):
    return Selection(targets, dict(skipped), ())


def told(**members):
    """A result of win_updates."""
    return {"updates": {"one": {}, "two": {}, **members.pop("updates", {})}, **members}


def present(*installed):
    return {one.id: {"installed": one in installed} for one in (ONE, TWO)}


def outcomes(ledger, hoped=outcome.INSTALLED):
    return {result.target.id: (result.outcome, result.reason) for result in ledger.results(hoped)}


@pytest.fixture
def ledger():
    made = Ledger(download_only=False)
    assert made.next(chosen(ONE, TWO)) == [ONE, TWO]
    return made


def test_what_the_node_has_counts_whatever_win_updates_said(ledger):
    ledger.tried([ONE, TWO], told(updates={"one": {"installed": True}, "two": INSTALLER_FAILED}, failed=True))
    assert ledger.seen([ONE, TWO], present(TWO)) == [TWO]
    assert outcomes(ledger)["two"] == ("installed", None)
    assert outcomes(ledger)["one"][0] == "failed"


def test_what_the_agent_no_longer_tells_of_is_as_win_updates_left_it(ledger):
    ledger.tried([ONE, TWO], told(updates={"one": {"installed": True}}))
    assert ledger.seen([ONE, TWO], {}) == [ONE]


def test_what_failed_is_tried_once_more_after_a_restart_and_no_third_time(ledger):
    came = told(updates={"one": INSTALLER_FAILED}, failed=True, msg="Failed to install all updates")
    ledger.tried([ONE], came)
    ledger.seen([ONE], present())
    assert ledger.next(chosen(ONE, TWO)) == [TWO]
    ledger.restarted(present())
    assert ledger.next(chosen(ONE, TWO)) == [ONE, TWO]
    ledger.tried([ONE], came)
    ledger.seen([ONE], present())
    ledger.restarted(present())
    assert ledger.next(chosen(ONE, TWO)) == [TWO]
    assert outcomes(ledger)["one"] == ("failed", "0x80070643: the installer of the update failed")


def test_what_nobody_told_of_is_tried_once_more_without_a_restart(ledger):
    lost = {"unreachable": True, "msg": "timed out"}
    ledger.tried([ONE], lost)
    ledger.seen([ONE], present())
    assert ledger.next(chosen(ONE)) == [ONE]
    ledger.tried([ONE], lost)
    ledger.seen([ONE], present())
    assert ledger.next(chosen(ONE)) == []
    assert outcomes(ledger)["one"][1] == "the connection was lost before anybody told what became of it: timed out"


def test_what_a_restart_undid_is_not_installed_again(ledger):
    ledger.tried([ONE], told(updates={"one": {"installed": True}}))
    ledger.seen([ONE], present(ONE))
    assert ledger.unrestarted
    ledger.restarted(present())
    assert not ledger.unrestarted
    assert ledger.next(chosen(ONE, TWO)) == [TWO]
    assert outcomes(ledger)["one"] == ("failed", outcome.UNDONE)


def test_what_is_refused_is_not_tried_and_is_told(ledger):
    ledger.refuse({ONE: "alike"})
    assert ledger.next(chosen(ONE, TWO)) == [TWO]
    ledger.give_up("the node does not answer any more")
    assert outcomes(ledger) == {"one": ("failed", "alike"), "two": ("failed", "the node does not answer any more")}


def test_what_the_end_of_the_time_left_out_has_not_failed_when_the_run_breaks_off_too(ledger):
    ledger.leave([TWO])
    ledger.give_up("the node did not come back")
    assert outcomes(ledger) == {"one": ("failed", "the node did not come back"), "two": ("skipped", NOT_BEGUN)}


def test_nothing_that_was_considered_is_lost(ledger):
    assert ledger.next(chosen(skipped=[(Target("", "KB9", "KB9", ()), "no such update")])) == []
    assert outcomes(ledger) == {
        "one": ("skipped", NOT_BEGUN), "two": ("skipped", NOT_BEGUN), "": ("skipped", "no such update"),
    }  # fmt: skip
    assert outcomes(ledger, outcome.PLANNED)["one"] == ("planned", None)


@pytest.mark.parametrize(
    ("one", "came", "done"),
    [
        pytest.param({"downloaded": True}, {}, True, id="downloaded"),
        pytest.param({"title": "One", "downloaded": False}, {}, True, id="it had been already"),
        pytest.param({"title": "One", "downloaded": False}, {"failed": True, "msg": "no"}, False, id="not"),
        pytest.param({"failure_hresult_code": 0x80240034}, {"failed": True}, False, id="failed"),
    ],
)
def test_downloads(one, came, done):
    ledger = Ledger(download_only=True)
    ledger.next(chosen(ONE))
    ledger.tried([ONE], told(updates={"one": one}, **came))
    ledger.seen([ONE], present())
    assert (outcomes(ledger, outcome.DOWNLOADED)["one"][0] == "downloaded") is done


def test_a_recorded_run_with_a_failed_update():
    """What win_updates told on a real Windows Server, of which nothing was installed by then as far as we know."""
    updates = recorded("win_updates-failed-install.ndjson")
    targets = [Target(identifier, f"KB{one['kb'][0]}", one["title"], ()) for identifier, one in updates.items()]
    ledger = Ledger(download_only=False)
    ledger.next(chosen(*targets))
    ledger.tried(targets, {"updates": updates, "failed": True, "msg": "Failed to install all updates"})
    installed = {identifier for identifier, one in updates.items() if one["installed"]}
    ledger.seen(targets, {target.id: {"installed": target.id in installed} for target in targets})
    failed = {target.id: reason for target, what, reason in ledger.results(outcome.INSTALLED) if what == "failed"}
    assert set(failed) == set(updates) - installed
    assert failed
    assert all(reason.startswith("0x8") or "win_updates" in reason or "Failed" in reason for reason in failed.values())


def test_of_updates_that_share_a_kb_id_the_worst_counts():
    results = [
        outcome.PatchResult(ONE, outcome.INSTALLED),
        outcome.PatchResult(TWO._replace(kb_id="KB1"), outcome.FAILED_PATCH, "no"),
    ]
    assert outcome.engine_outcomes(results) == outcome.engine_outcomes(results[::-1]) == {"KB1": "failed"}


@pytest.mark.parametrize(
    ("told_of", "whole", "words"),
    [
        pytest.param(INSTALLER_FAILED, {"failed": True, "msg": "all"}, "0x80070643: the installer of the update failed",
                     id="its own code"),
        pytest.param({"failure_hresult_code": 0x80240099, "failure_msg": "Odd"}, {}, "0x80240099: Odd",
                     id="a code without words of ours"),
        pytest.param({}, {"failed": True, "msg": "A reboot is required"}, "A reboot is required", id="of the whole"),
        pytest.param(None, {"failed": True}, "win_updates failed without a word", id="without a word"),
        pytest.param({"installed": False}, {}, "win_updates did not install it, and does not say why", id="silence"),
    ],
)  # fmt: skip
def test_why_it_failed(told_of, whole, words):
    assert outcome.failure(told_of, whole) == words
