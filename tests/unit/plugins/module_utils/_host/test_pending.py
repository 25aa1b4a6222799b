# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import os
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import boot, pending, scan

NOON = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
EVENING = NOON + datetime.timedelta(hours=6)


@pytest.fixture
def root(tmp_path):
    return str(tmp_path)


def written(root, content):
    path = pathlib.Path(pending.path(root))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def document(**members):
    return dict(
        {
            "schema": 1,
            "boot_id": boot.boot_id(),
            "last_no_reboot_install_operation_time": "2026-11-21T12:00:00Z",
            "patches": {"foo.amd64": "2026-11-21T12:00:00Z"},
        },
        **members,
    )


def test_nothing_waits_at_first(root):
    assert pending.load(root) == pending.Pending({}, None, ())
    assert os.listdir(root) == []


def test_what_was_added_waits_with_its_instant(root):
    pending.add(["foo.amd64", "bar.amd64"], NOON, True, root)
    pending.add(["bar.amd64", "baz.amd64"], EVENING, True, root)
    found = pending.load(root)
    assert found.since == {"foo.amd64": NOON, "bar.amd64": EVENING, "baz.amd64": EVENING}
    assert (found.last_install, found.warnings) == ("2026-11-21T18:00:00Z", ())


def test_the_file_is_one_document_for_root_only(root):
    pending.add(["foo.amd64"], NOON, True, root)
    path = pathlib.Path(pending.path(root))
    assert json.loads(path.read_text()) == document()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([True], "2026-11-21T12:00:00Z", id="without a reboot"),
        pytest.param([False], None, id="a reboot follows"),
        pytest.param([True, False], "2026-11-21T12:00:00Z", id="the last one without a reboot"),
    ],
)
def test_last_install_is_that_of_runs_without_a_reboot(root, told, expected):
    for no_reboot, when in zip(told, (NOON, EVENING)):
        pending.add(["foo.amd64"], when, no_reboot, root)
    assert pending.load(root).last_install == expected


def test_a_reboot_settles_what_waited_and_not_when_it_was_installed(root):
    written(root, document(boot_id="another"))
    assert pending.load(root) == pending.Pending({}, "2026-11-21T12:00:00Z", ())
    pending.add(["bar.amd64"], EVENING, False, root)
    assert pending.load(root) == pending.Pending({"bar.amd64": EVENING}, "2026-11-21T12:00:00Z", ())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="no members"),
        pytest.param(document(patches=["foo.amd64"]), id="patches are no mapping"),
    ],
)
def test_a_file_without_sense_is_a_warning_and_set_aside_by_the_next_run(root, content):
    path = written(root, content)
    before = path.read_text()
    (warning,) = pending.load(root).warnings
    assert str(path) in warning
    assert "reboot, then scan" in warning
    assert scan.remembered(root).warnings == (warning,)
    pending.add(["foo.amd64"], NOON, True, root)
    assert pending.load(root) == pending.Pending({"foo.amd64": NOON}, "2026-11-21T12:00:00Z", ())
    assert path.with_name("pending.json.corrupt").read_text() == before


@pytest.mark.parametrize("instant", [pytest.param("soon", id="text"), pytest.param([], id="no text")])
def test_an_instant_without_sense_still_waits(root, instant):
    written(root, document(patches={"foo.amd64": instant}, last_no_reboot_install_operation_time=instant))
    assert pending.load(root) == pending.Pending({"foo.amd64": None}, None, ())
    pending.add(["bar.amd64"], NOON, True, root)
    assert pending.load(root).since == {"foo.amd64": None, "bar.amd64": NOON}


def test_a_scan_knows_what_waits_and_which_run_has_no_end(root):
    from ansible_collections.patchops.fleet.plugins.module_utils._host import runs

    pending.add(["foo.amd64"], NOON, True, root)
    runs.begin("left", NOON, {}, root)
    memory = scan.remembered(root)
    assert memory.run.pending == {"foo.amd64": None}
    assert memory.last_install == "2026-11-21T12:00:00Z"
    (warning,) = memory.warnings
    assert "run left, started 2026-11-21T12:00:00Z, has no end on record" in warning
