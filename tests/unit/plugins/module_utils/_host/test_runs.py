# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base, boot, runs, state
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.waiting import until_there

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
LOCKED = """
import sys, time
sys.path[:0] = %r
from ansible_collections.patchops.fleet.plugins.module_utils._host import runs
with runs.exclusive(0, %r):
    open(%r, "w").close()
    sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path):
    return str(tmp_path)


def at(minutes):
    return NOW + datetime.timedelta(minutes=minutes)


def ended(root, minutes=0, **members):
    run = runs.begin("r%d" % minutes, at(minutes), {"operation": "install"}, root)
    run.update(state=runs.ENDED, **members)
    return run


def test_a_run_begins_in_a_folder_of_its_own_for_root_only(root):
    run = runs.begin("r1", NOW, {"operation": "install"}, root)
    path = pathlib.Path(root + state.STATE_FOLDER, "runs", "20261121T120000Z-r1")
    assert json.loads((path / "run.json").read_text()) == {
        "schema": 1,
        "run_id": "r1",
        "state": "running",
        "started": "2026-11-21T12:00:00Z",
        "boot_id": boot.boot_id(),
        "operation": "install",
    }
    assert (run.path, run.unit) == (str(path), "patchops-20261121T120000Z-r1")
    assert [entry.stat().st_mode & 0o777 for entry in (path, path.parent, path / "run.json")] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        pytest.param("../../etc", "..-..-etc", id="no way out of the folder"),
        pytest.param("a b\n;$(x)", "a-b-x-", id="nothing that a unit's name cannot hold"),
        pytest.param("r" * 200, "r" * 64, id="short"),
    ],
)
def test_a_run_id_is_made_safe_for_file_and_unit(root, run_id, name):
    run = runs.begin(run_id, NOW, {}, root)
    assert os.path.basename(run.path) == "20261121T120000Z-" + name
    assert os.path.dirname(run.path) == runs.folder(root)
    assert run.run_id == run_id


def test_a_second_run_of_the_same_second_has_a_folder_of_its_own(root):
    names = [os.path.basename(runs.begin("r1", NOW, {}, root).path) for _turn in range(3)]
    assert names == ["20261121T120000Z-r1", "20261121T120000Z-r1-2", "20261121T120000Z-r1-3"]


def test_runs_are_known_from_the_oldest_on_and_the_unfinished_ones_by_their_state(root):
    ended(root, 3)
    runs.begin("left", at(1), {}, root)
    ended(root, 2)
    assert [run.run_id for run in runs.known(root)] == ["left", "r2", "r3"]
    assert [run.run_id for run in runs.unfinished(root)] == ["left"]


@pytest.mark.parametrize(
    "content",
    [pytest.param(None, id="no file"), pytest.param("{", id="cut off"), pytest.param("[]", id="no object")],
)
def test_a_folder_without_a_document_is_no_run(root, content):
    path = pathlib.Path(runs.folder(root), "20261121T120000Z-x")
    path.mkdir(parents=True)
    (path.parent / "stray").write_text("")
    if content is not None:
        (path / "run.json").write_text(content)
    assert runs.known(root) == []


def test_a_document_that_lacks_its_members_is_named_by_its_folder(root):
    path = pathlib.Path(runs.folder(root), "20261121T120000Z-x")
    path.mkdir(parents=True)
    (path / "run.json").write_text("{}")
    assert [run.run_id for run in runs.unfinished(root)] == ["20261121T120000Z-x"]


def test_without_a_state_folder_there_are_no_runs(root):
    assert runs.known(root) == []
    assert runs.await_unfinished(0, root) == []
    assert os.listdir(root) == []


def test_the_last_50_runs_are_kept_and_whatever_has_no_end(root):
    left = runs.begin("left", at(0), {}, root)
    for minutes in range(1, 60):
        ended(root, minutes)
    kept = [run.run_id for run in runs.known(root)]
    # the newest was under way when the last one was removed
    assert kept == ["left"] + ["r%d" % minutes for minutes in range(10, 60)]
    assert os.path.isdir(left.path)


def test_a_disk_that_does_not_take_it_is_named(root):
    pathlib.Path(root + state.STATE_FOLDER).mkdir(parents=True)
    pathlib.Path(runs.folder(root)).write_text("no folder")
    with pytest.raises(base.BackendError, match=r"runs/20261121T120000Z-r1 cannot be made: "):
        runs.begin("r1", NOW, {}, root)
    pathlib.Path(root, "gone").mkdir()
    run = runs.RunFolder(str(pathlib.Path(root, "gone", "run")), {})
    pathlib.Path(root, "gone", "run").write_text("no folder")
    with pytest.raises(base.BackendError, match=r"run/run\.json cannot be written: "):
        run.update(state=runs.ENDED)
    with pytest.raises(base.BackendError, match=r"run/record\.json cannot be written: "):
        run.keep_record({})


def test_an_interrupted_run_is_not_waited_for(root):
    run = runs.begin("left", NOW, {}, root)
    assert [left.path for left in runs.await_unfinished(0, root)] == [run.path]


def test_a_run_at_work_is_waited_for_and_named_when_that_takes_too_long(root):
    run = runs.begin("busy", NOW, {}, root)
    with open("/proc/self/stat", encoding="ascii") as stream:
        born = stream.read().rpartition(")")[2].split()[19]
    step = {"name": "install", "command": ["x"], "code": None, "pid": os.getpid(), "born": born}
    pathlib.Path(run.path, "steps.json").write_text(json.dumps({"ended": False, "steps": [step]}))
    with pytest.raises(base.BackendError) as error:
        runs.await_unfinished(0, root)
    for words in ("run busy", "2026-11-21T12:00:00Z", run.unit, run.path, "lock_timeout"):
        assert words in str(error.value)


def test_one_run_at_a_time(root, tmp_path):
    script = LOCKED % ([path for path in sys.path if path], root, str(tmp_path / "held"))
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as other:
        until_there(tmp_path / "held")
        with pytest.raises(base.BackendError) as error, runs.exclusive(0, root):
            pass
        assert "(process %d)" % other.pid in str(error.value)
        other.kill()  # a dead run holds nothing
        other.wait()
        with runs.exclusive(0, root):
            assert pathlib.Path(root + state.STATE_FOLDER, runs.LOCK).read_text() == str(os.getpid())


def test_a_run_waits_for_the_one_before_it(root, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "LOCK_RETRY", 0.01)
    script = LOCKED % ([path for path in sys.path if path], root, str(tmp_path / "held"))
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as other:
        until_there(tmp_path / "held")
        other.stdin.close()
        with runs.exclusive(60, root):
            other.wait()
        assert other.returncode == 0


def test_the_lock_is_given_back_after_a_failure(root):
    with contextlib.suppress(ZeroDivisionError), runs.exclusive(0, root):
        raise ZeroDivisionError
    with runs.exclusive(0, root):
        pass


def history(root, *entries):
    for minutes, entry in enumerate(entries):
        ended(root, minutes, **entry)


def installed(seconds, packages, **members):
    return dict({"seconds": seconds, "changes": ["x"] * packages, "outcome": "installed"}, **members)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([], (None, 0), id="no history"),
        pytest.param([installed(30, 10)], (31, 1), id="the same again"),
        pytest.param([installed(30, 10), installed(60, 10)], (46, 2), id="two runs: in between"),
        pytest.param([installed(15, 10)] * 9 + [installed(3000, 10)], (16, 10), id="one odd run does not count"),
        pytest.param([installed(15, 10)] * 7 + [installed(150, 10)] * 4, (151, 11), id="usual slow runs do"),
        pytest.param([installed(1, 10, outcome="failed")], (None, 0), id="failed"),
        pytest.param([installed(1, 10, operation="download")], (None, 0), id="a download alone"),
        pytest.param([installed(30, 10, outcome="partial")], (31, 1), id="partly failed"),
        pytest.param(
            [{"outcome": "interrupted", "changes": ["x"]}], (None, 0), id="interrupted, nobody knows how long"
        ),
        pytest.param([installed(0, 0)], (None, 0), id="nothing to do"),
    ],
)
def test_estimate_of_ten_packages(root, entries, expected):
    history(root, *entries)
    assert runs.estimate(10, root) == expected


def test_an_estimate_grows_with_the_packages(root):
    history(root, installed(30, 10))
    assert [runs.estimate(packages, root)[0] for packages in (1, 10, 100)] == [13, 31, 211]
