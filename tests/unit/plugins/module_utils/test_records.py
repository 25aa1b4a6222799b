# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils import _records


def record(node_id="i-0123456789abcdef0", time="2026-11-21T05:40:00Z", name="web-1"):
    return {"node": {"id": node_id, "name": name}, "capture": {"time": time, "run_id": "r"}}


def test_the_record_is_kept_by_node_and_time(tmp_path):
    kept = _records.keep(str(tmp_path / "records"), record())
    assert kept == tmp_path / "records/i-0123456789abcdef0/20261121T054000Z.json"
    assert json.loads(kept.read_text()) == record()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_the_inventory_is_kept_beside_it(tmp_path):
    kept = _records.keep(str(tmp_path), record(), {"manager": "apt"})
    beside = kept.with_name("20261121T054000Z.inventory.json.gz")
    assert json.loads(gzip.decompress(beside.read_bytes())) == {"manager": "apt"}


def test_only_owner_and_group_may_look_into_the_folders(tmp_path):
    kept = _records.keep(str(tmp_path / "a" / "records"), record())
    folders = [kept.parent, kept.parent.parent, kept.parent.parent.parent]
    assert [folder.stat().st_mode & 0o7777 for folder in folders] == [0o750] * 3
    assert kept.stat().st_mode & 0o7777 == 0o640


def test_clones_of_one_second_keep_a_file_each(tmp_path):
    for name in ("web-1", "../web-2", "../web-2"):
        _records.keep(str(tmp_path), record(name=name), {"of": name})
    folder = tmp_path / "i-0123456789abcdef0"
    names = ["web-1", "../web-2", "../web-2"]
    stems = ["20261121T054000Z", "20261121T054000Z._._web-2", "20261121T054000Z._._web-2.2"]
    assert [json.loads((folder / f"{stem}.json").read_text())["node"]["name"] for stem in stems] == names
    inventories = [gzip.decompress((folder / f"{stem}.inventory.json.gz").read_bytes()) for stem in stems]
    assert [json.loads(inventory)["of"] for inventory in inventories] == names
    assert len(list(folder.iterdir())) == 6


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("../../../etc/cron.d/x", id="upwards"),
        pytest.param("..", id="the folder above"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param(".hidden", id="hidden"),
        pytest.param("a\nb\0c", id="control characters"),
        pytest.param("x" * 4000, id="long"),
        pytest.param("", id="empty"),
    ],
)
def test_whatever_a_node_calls_itself_the_file_is_two_levels_down(tmp_path, text):
    kept = _records.keep(str(tmp_path), record(node_id=text, time=text or "t"))
    assert kept.resolve().parent.parent == tmp_path
    assert not kept.parent.name.startswith(".")


def report(started="2026-11-21T05:39:00Z", **members):
    return {**record(**members), "ssm": {"operation_start_time": started}}


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_report_of_systems_manager_has_one_file_whatever_is_learnt_of_it(tmp_path):
    known = report()
    assert _records.keep_report(str(tmp_path), known)
    assert not _records.keep_report(str(tmp_path), known)
    assert _records.keep_report(str(tmp_path), {**known, "patches": ["one"]})
    (path,) = tmp_path.rglob("*.json")
    assert (path.name, json.loads(path.read_text())["patches"]) == ("20261121T054000Z-ssm.json", ["one"])
    assert _records.keep_report(str(tmp_path), report(time="2026-11-22T05:40:00Z"))
    assert len(names(tmp_path)) == 2


def test_what_is_only_compared_is_not_written(tmp_path):
    assert _records.keep_report(str(tmp_path / "records"), report(), write=False)
    assert not (tmp_path / "records").exists()


@pytest.mark.parametrize("name", [pytest.param("web-1", id="usual"), pytest.param("ssm", id="named like our files")])
def test_a_report_never_takes_the_place_of_what_a_host_told(tmp_path, name):
    for _time in range(2):
        _records.keep(str(tmp_path), record(name=name))
    _records.keep_report(str(tmp_path), report(name=name))
    kept = [json.loads(path.read_text()) for path in tmp_path.rglob("*.json")]
    assert sorted("ssm" in one for one in kept) == [False, False, True]


def test_a_node_that_never_reported_has_one_file_until_it_does(tmp_path):
    assert _records.keep_report(str(tmp_path), report(None, time="2026-11-21T05:40:00Z"))
    assert not _records.keep_report(str(tmp_path), report(None, time="2026-11-22T05:40:00Z"))
    (path,) = tmp_path.rglob("*.json")
    assert json.loads(path.read_text())["capture"]["time"] == "2026-11-22T05:40:00Z"
    assert _records.keep_report(str(tmp_path), {**report(None), "status_reason": "another"})
    assert names(tmp_path) == ["ssm.json"]
    _records.keep_report(str(tmp_path), report())
    assert names(tmp_path) == ["20261121T054000Z-ssm.json"]


def test_a_file_that_cannot_be_read_is_written_anew(tmp_path):
    (tmp_path / "i-0123456789abcdef0").mkdir()
    (tmp_path / "i-0123456789abcdef0" / "ssm.json").write_text("{")
    assert _records.keep_report(str(tmp_path), report(None))
    assert json.loads((tmp_path / "i-0123456789abcdef0" / "ssm.json").read_text())["ssm"]
