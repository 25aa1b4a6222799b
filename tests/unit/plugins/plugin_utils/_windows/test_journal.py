# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs that are kept on a node: written, read again, and not trusted where anybody could have written them."""

from __future__ import annotations

import datetime
import json

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import journal

ADMINISTRATORS = "S-1-5-32-544"
NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.timezone.utc)
TARGETS = [{"id": "u1", "kb_id": "KB1", "title": "One"}, {"id": "u2", "kb_id": "KB2", "title": "Two"}]


def run(kept, run_id="r1", operation=journal.INSTALL, **end):
    begun = journal.begun(kept, run_id, operation, TARGETS, NOW)
    return journal.ended(begun, begun.runs[-1], NOW, **end) if end else begun


def test_what_is_written_is_read_again():
    kept = run(run(journal.Journal(), installed=["u1"], live=["u1"], outcome="partial", seconds=60), "r2")
    assert journal.read(journal.written(kept), ADMINISTRATORS) == kept
    assert [one["run_id"] for one in journal.unfinished(kept)] == ["r2"]
    assert "run r2, begun 2026-11-27T12:00:00Z, has no end on record" in journal.warnings(kept)[0]


def test_only_the_last_runs_are_kept():
    kept = journal.Journal()
    for number in range(journal.KEPT + 2):
        kept = run(kept, f"r{number}", outcome="installed")
    again = journal.read(journal.written(kept), ADMINISTRATORS)
    assert [again.runs[0]["run_id"], len(again.runs)] == ["r2", journal.KEPT]


@pytest.mark.parametrize(
    ("text", "owner", "words", "foreign"),
    [
        pytest.param("{}", "S-1-5-21-7", "belong to S-1-5-21-7, who is no administrator", True, id="anybody's"),
        pytest.param("{}", None, "belong to None", True, id="nobody's"),
        pytest.param("{", ADMINISTRATORS, "cannot be read", False, id="no JSON"),
        pytest.param('{"schema": 2, "runs": []}', ADMINISTRATORS, "cannot be read", False, id="a newer schema"),
        pytest.param('{"schema": 1, "runs": [{}]}', ADMINISTRATORS, "cannot be read", False, id="no run"),
    ],
)
def test_what_does_not_count(text, owner, words, foreign):
    kept = journal.read(text, owner)
    assert (kept.runs, kept.foreign) == ((), foreign)
    assert words in kept.trouble
    assert journal.warnings(kept) == [kept.trouble]


@pytest.mark.parametrize(
    ("writers", "linked", "words"),
    [
        pytest.param((*journal.WRITERS, "S-1-5-32-545"), False, "can be written by S-1-5-32-545", id="users write"),
        pytest.param(journal.WRITERS, True, "is a link to another", id="a junction"),
        pytest.param(journal.WRITERS, False, None, id="closed"),
    ],
)
def test_runs_that_others_could_have_written_do_not_count(writers, linked, words):
    kept = journal.read(journal.written(run(journal.Journal())), ADMINISTRATORS, writers, linked)
    assert (bool(kept.runs), kept.foreign) == (words is None, words is not None)
    assert (words or "") in (kept.trouble or "")


def test_a_node_without_runs_has_none():
    assert journal.read(None, None) == journal.Journal()


def test_an_interrupted_run_is_settled_by_what_is_there():
    kept, recovered = journal.settled(run(journal.Journal()), {"u2", "u9"}, NOW)
    (settled,) = kept.runs
    assert (settled["state"], settled["outcome"], settled["installed"], settled["live"]) == (
        "ended", "interrupted", ["u2"], [],
    )  # fmt: skip
    assert {one["kb_id"]: one["outcome"] for one in recovered[0]["patches"]} == {"KB1": "missing", "KB2": "installed"}
    assert journal.settled(kept, set(), NOW) == (kept, [])


def test_a_download_that_was_interrupted_installed_nothing():
    kept, _recovered = journal.settled(run(journal.Journal(), operation=journal.DOWNLOAD), {"u1"}, NOW)
    assert kept.runs[0]["installed"] == []


def test_what_needs_no_restart_is_what_the_last_run_said():
    kept = run(journal.Journal(), installed=["u1", "u2"], live=["u1", "u2"])
    assert journal.live(kept) == {"u1", "u2"}
    assert journal.live(run(kept, "r2", installed=["u2"], live=[])) == {"u1"}


def test_estimate():
    assert journal.estimate(journal.Journal(), 3) == (None, 0)
    kept = run(journal.Journal(), installed=["u1"], seconds=200)
    kept = run(kept, "r2", installed=["u1", "u2", "u3"], seconds=40)
    kept = run(kept, "r3", operation=journal.DOWNLOAD, installed=[], seconds=9999)
    assert journal.estimate(kept, 3) == (401, 2)
    assert json.loads(journal.written(kept))["schema"] == 1
