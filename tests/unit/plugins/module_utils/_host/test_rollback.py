# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undoing runs of a small system; what package managers make of it stands in tests/hosts."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base, job, pending, runs
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.small_system import (
    NOW,
    System,
    ends,
    interrupted,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.waiting import until

pytestmark = pytest.mark.needs("python3-apt")

BEFORE = {"bar": "1.0", "foo": "1.0", "lib": "1.0"}
AFTER = {"bar": "1.1", "foo": "1.1", "lib": "1.0"}
CHECK = {"check_mode": True}


@pytest.fixture(autouse=True)
def without_systemd(monkeypatch, tmp_path):
    """The same way wherever the tests run."""
    monkeypatch.setattr(job, "SYSTEMD", str(tmp_path / "no-systemd"))


@pytest.fixture
def system(fake_root):
    return System(fake_root)


def outcomes(result):
    return {patch["name"]: patch["outcome"] for patch in result["patches"]}


def test_a_run_is_undone_with_what_came_along_and_remembered_as_undone(system):
    system.installer.needs = {"foo": ("new", "0.1")}
    system.run("r1")
    assert system.versions() == {**AFTER, "new": "0.1"}
    system.installer.needs = {}
    planned = system.roll_back("r2", options=CHECK)
    result = system.roll_back("r2")
    assert system.versions() == BEFORE
    assert (result["outcome"], result["of_run"], result["recovered"]) == ("restored", "r1", [])
    assert outcomes(result) == {"bar": "restored", "foo": "restored", "new": "restored"}
    assert result["diff"] == planned["diff"]
    assert set(pending.load(str(system.root)).since) >= {"bar.amd64", "foo.amd64"}
    assert pending.load(str(system.root)).last_install == "2026-11-21T12:00:00Z"  # of the run that installed


@pytest.mark.parametrize(
    "of_run", [pytest.param(None, id="the last run"), pytest.param("r1", id="the run, whose id the rollback has too")]
)
def test_a_rollback_is_never_undone(system, of_run):
    """That would bring back what somebody did not want."""
    system.run("r1")
    system.roll_back("r1")
    with pytest.raises(base.BackendError, match="r1 was rolled back already, by run r1"):
        system.roll_back("r3", of_run=of_run)
    assert system.versions() == BEFORE


def test_what_is_left_of_a_rollback_that_failed_in_part_is_undone_by_the_next(system):
    system.run("r1")
    system.fail("foo", "the disk is full")
    result = system.roll_back("r2")
    assert (result["outcome"], outcomes(result)) == ("partial", {"bar": "restored", "foo": "failed"})
    (system.root / "failing/foo").unlink()
    again = system.roll_back("r3")
    assert (again["outcome"], outcomes(again)) == ("restored", {"foo": "restored"})
    assert system.versions() == BEFORE
    with pytest.raises(base.BackendError, match="rolled back already, by run r3"):
        system.roll_back("r4")


@pytest.mark.parametrize("settled", [pytest.param(True, id="by an installation"), pytest.param(False, id="by itself")])
def test_an_interrupted_run_is_undone_and_not_the_one_before(system, settled):
    """The connection was lost in the middle of the transaction, which ended by itself."""
    system.run("a")
    system.offer("1.2", "foo")
    ends(system, interrupted(system))
    assert system.versions()["foo"] == "1.2"
    if settled:
        system.run("n")
    planned = system.roll_back("r2", options=CHECK)
    assert (planned["of_run"], planned["diff"]["after"]) == ("lost", "foo.amd64 1.1\n")
    result = system.roll_back("r2")
    assert (result["of_run"], outcomes(result)) == ("lost", {"foo": "restored"})
    assert [run["run_id"] for run in result["recovered"]] == ([] if settled else ["lost"])
    assert system.versions() == AFTER


def test_the_transaction_of_a_run_that_was_interrupted_is_waited_for(system):
    run = interrupted(system)
    for options in (CHECK, {"lock_timeout": 0}):
        with pytest.raises(base.BackendError, match="the transaction of run lost"):
            system.roll_back("r2", options=options)
    ends(system, run)


def test_an_interrupted_rollback_is_settled_by_the_next_one_which_installs_nothing(system):
    system.run("a")
    run = interrupted(system, system.roll_back)
    ends(system, run)
    assert system.versions() == BEFORE
    with pytest.raises(base.BackendError, match="run a was rolled back already, by run lost"):
        system.roll_back("r2")
    assert system.versions() == BEFORE
    (settled,) = [known for known in system.runs() if known.run_id == "lost"]
    assert (settled.document["state"], settled.document["interrupted"]) == ("ended", True)
    assert {change["name"] for change in settled.document["changed"]} == {"bar", "foo"}


def test_a_rollback_that_was_killed_before_it_did_anything_is_begun_again(system):
    system.run("a")
    run = interrupted(system, system.roll_back)
    (step,) = [step for step in job._progress(run.path)["steps"] if step["code"] is None]
    os.kill(step["pid"], signal.SIGKILL)
    until(lambda: not job.alive(run.path))
    (system.root / "waits").unlink()
    assert system.versions() == AFTER
    result = system.roll_back("r2")
    assert [left["what"] for left in result["recovered"]] == ["interrupted during its rollback"]
    assert (result["of_run"], system.versions()) == ("a", BEFORE)


def test_what_cannot_be_written_down_of_a_rollback_is_a_warning(system):
    """Not an end without a result: the packages are restored."""
    system.run("r1")
    system.state("pending.json").unlink()
    system.state("pending.json.lock").unlink()
    system.state("pending.json.lock").mkdir()
    result = system.roll_back("r2")
    assert (result["outcome"], system.versions()) == ("restored", BEFORE)
    assert any("what waits for a reboot could not be written" in words for words in result["warnings"])


def test_a_host_without_a_run_has_nothing_to_undo(system):
    with pytest.raises(base.BackendError, match="no run changed anything here"):
        system.roll_back("r1")
    runs.begin("r1", NOW, {"operation": "download"}, str(system.root)).update(state="ended")
    with pytest.raises(base.BackendError, match="no run of id r1 changed anything here"):
        system.roll_back("r2", of_run="r1")
