# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be read is read; what cannot is named with the reason; per node the newest record counts."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import loading

SAMPLES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "records"


def found_names(loaded):
    return [one.record["node"]["name"] for one in loaded.found]


def test_the_sample_fleet_is_read_and_its_two_bad_files_are_named():
    loaded = loading.from_folder(SAMPLES)
    assert len(loaded.found) == 13
    reasons = [one.reason for one in loaded.unreadable]
    assert [pathlib.Path(one.path).name for one in loaded.unreadable] == [
        "20261121T053900Z.json",
        "20261121T053800Z.json",
    ]
    assert reasons[0].startswith("record schema 2 is newer than 1")
    assert reasons[1].startswith("not JSON: ")


@pytest.mark.parametrize("layout", ["id/{}.json", "{}.json", "a/b/c/{}.json"], ids=["per node", "flat", "nested"])
def test_of_one_node_the_newest_capture_counts(written, record, tmp_path, layout):
    for day in ("19", "21", "20"):
        written(layout.format(day), record(time=f"2026-11-{day}T05:40:00Z"))
    loaded = loading.from_folder(tmp_path)
    assert [one.record["capture"]["time"] for one in loaded.found] == ["2026-11-21T05:40:00Z"]


def test_captures_are_compared_as_instants_not_as_text(written, record, tmp_path):
    written("a.json", record(time="2026-11-21T05:40:00Z"))
    written("b.json", record(time="2026-11-21T00:50:00-05:00"))
    (one,) = loading.from_folder(tmp_path).found
    assert one.source == str(tmp_path / "b.json")


def test_nodes_are_told_apart_by_id_not_by_name(written, record, tmp_path):
    first, second = record(), record()
    second["node"] = {**second["node"], "id": "another"}
    written("a.json", first)
    written("b.json", second)
    assert found_names(loading.from_folder(tmp_path)) == ["web-1", "web-1"]


def test_only_json_files_count_and_not_those_the_report_writes(written, record, tmp_path):
    written("web-1/record.json", record())
    written("web-1/record.inventory.json.gz", "not looked at")
    written("notes.txt", "not looked at")
    own = written("report.json", {"summary": {}})
    loaded = loading.from_folder(tmp_path, {own.resolve()})
    assert (found_names(loaded), loaded.unreadable) == (["web-1"], [])


def test_an_empty_folder_is_an_empty_load(tmp_path):
    assert loading.from_folder(tmp_path) == loading.Loaded([], [], [])


def without(record, *path):
    *parents, last = path
    inner = record
    for name in parents:
        inner = inner[name]
    del inner[last]
    return record


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda record: "", "not JSON: ", id="empty file"),
        pytest.param(lambda record: json.dumps(record)[:90], "not JSON: ", id="torn file"),
        pytest.param(lambda record: "[]", "not a compliance record: document: [] is not of type object", id="a list"),
        pytest.param(lambda record: "null", "not a compliance record: ", id="null"),
        pytest.param(lambda record: {**record, "schema": 2}, "record schema 2 is newer than 1", id="newer schema"),
        pytest.param(
            lambda record: {"schema": 9}, "record schema 9 is newer than 1", id="newer schema, all else changed"
        ),
        pytest.param(lambda record: {**record, "schema": 0}, "not a compliance record: schema: ", id="unknown schema"),
        pytest.param(
            lambda record: without(record, "node"), "not a compliance record: document: node is missing", id="no node"
        ),
        pytest.param(
            lambda record: {**record, "status": "FINE"}, "not a compliance record: status: ", id="unknown status"
        ),
        pytest.param(
            lambda record: {**record, "patches": [{}]}, "not a compliance record: patches[0]: ", id="a bad patch"
        ),
        pytest.param(
            lambda record: {**record, "node": {**record["node"], "id": ""}},
            "not a compliance record: node.id is empty",
            id="no id",
        ),
        pytest.param(
            lambda record: {**record, "capture": {"time": "soon", "run_id": "x"}},
            "not a compliance record: capture.time 'soon' is no instant",
            id="no instant",
        ),
        pytest.param(lambda record: {**record, "extra": float("nan")}, "not JSON: NaN is no JSON value", id="NaN"),
        pytest.param(
            lambda record: json.dumps({**record, "extra": 0}).replace('"extra": 0', '"extra": 1e999'),
            "not JSON: 1e999 is too large a number",
            id="a number beyond all bounds",
        ),
        pytest.param(lambda record: "[" * 100_000, "not JSON that can be read: nested too deeply", id="too deep"),
    ],
)
def test_a_bad_file_among_good_ones_is_named_and_the_others_are_read(written, record, tmp_path, spoil, reason):
    written("a.json", record("web-1"))
    bad = written("b.json", spoil(record("bad")))
    written("c.json", record("web-2"))
    loaded = loading.from_folder(tmp_path)
    assert found_names(loaded) == ["web-1", "web-2"]
    ((path, told),) = loaded.unreadable
    assert path == str(bad)
    assert told.startswith(reason)


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "a.json").write_bytes(b'{"schema": "\xff\xfe"}')
    (one,) = loading.from_folder(tmp_path).unreadable
    assert one.reason.startswith("not JSON: ")


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.json")
    (one,) = loading.from_folder(tmp_path).unreadable
    assert one.reason == "not a regular file"


def test_a_link_to_nothing_is_named(tmp_path):
    (tmp_path / "a.json").symlink_to(tmp_path / "gone")
    (one,) = loading.from_folder(tmp_path).unreadable
    assert one.reason == "not a regular file"


def test_facts_are_checked_like_files(record):
    loaded = loading.from_facts({"web-1": record("web-1"), "old": {"schema": 1}})
    assert [(one.record["node"]["name"], one.source, one.host) for one in loaded.found] == [
        ("web-1", "facts of web-1", "web-1")
    ]
    assert [one.path for one in loaded.unreadable] == ["facts of old"]


def named(record, name, **changes):
    made = record(**changes)
    made["node"] = {**made["node"], "name": name}
    return made


@pytest.mark.parametrize(
    ("run_ids", "shown"),
    [
        pytest.param(("now", "now"), ["new", "old"], id="in one run they are two machines"),
        pytest.param(("before", "now"), ["new"], id="from another run it is the former name"),
    ],
)
def test_a_second_name_of_one_node_id_in_files(written, record, tmp_path, run_ids, shown):
    written("x/1.json", named(record, "old", run_id=run_ids[0]))
    written("x/2.json", named(record, "new", run_id=run_ids[1], time="2026-11-21T05:41:00Z"))
    loaded = loading.merged(loading.from_folder(tmp_path))
    assert found_names(loaded) == shown
    assert len(loaded.warnings) == len(shown) - 1


def test_clones_are_shown_as_nodes_of_their_own_with_the_remedy(record):
    facts = {"b": named(record, "b"), "a": named(record, "a", run_id="before", time="2026-11-20T05:41:00Z")}
    loaded = loading.merged(loading.from_facts(facts))
    assert [one.host for one in loaded.found] == ["a", "b"]
    (warning,) = loaded.warnings
    assert warning.startswith("a and b have the same node id id-web-1: machines cloned with their machine id")
    assert "systemd-machine-id-setup" in warning


def test_a_renamed_node_is_shown_by_its_new_name(record):
    folder = loading.Loaded([loading.Found(named(record, "old", run_id="before"), "file")], [], [])
    facts = loading.from_facts({"new": named(record, "new", time="2026-11-21T05:41:00Z")})
    merged = loading.merged(facts, folder)
    assert (found_names(merged), merged.warnings) == (["new"], [])


@pytest.mark.parametrize(
    ("fact", "file", "taken"),
    [
        pytest.param(("05:41", 0), ("05:40", 0), "facts of web-1", id="newer fact"),
        pytest.param(("05:40", 0), ("05:41", 0), "file", id="newer file"),
        pytest.param(("05:40", 7), ("05:40", 0), "file", id="equally new, the file is whole"),
    ],
)
def test_facts_and_files_of_one_node_are_merged(record, fact, file, taken):
    facts = loading.from_facts({"web-1": record(time=f"2026-11-21T{fact[0]}:00Z", patches_omitted=fact[1])})
    stored = record(time=f"2026-11-21T{file[0]}:00Z", patches_omitted=file[1])
    folder = loading.Loaded([loading.Found(stored, "file")], [loading.Unreadable("x", "y")], ["z"])
    merged = loading.merged(facts, folder)
    assert [one.source for one in merged.found] == [taken]
    assert (merged.unreadable, merged.warnings) == ([("x", "y")], ["z"])
