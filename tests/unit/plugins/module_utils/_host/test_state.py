# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import multiprocessing
import os

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import state


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "patchops" / "state.json")


def test_what_was_saved_is_loaded(path):
    state.save(path, {"b": 1, "a": ["x"]})
    assert state.load(path) == {"a": ["x"], "b": 1}


def test_only_the_owner_may_read(path):
    state.save(path, {})
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


def test_no_file_is_no_document(path):
    assert state.load(path) is None


def test_a_document_that_cannot_be_written_leaves_the_old_one_and_no_rest(path):
    state.save(path, {"old": True})
    with pytest.raises(TypeError):
        state.save(path, {"new": object()})
    assert state.load(path) == {"old": True}
    assert os.listdir(os.path.dirname(path)) == ["state.json"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"a":', id="cut off"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="no object"),
    ],
)
def test_corrupt(path, content):
    state.make_folder(path)
    with open(path, "wb") as stream:
        stream.write(content)
    with pytest.raises(state.Corrupt, match=r"state\.json"):
        state.load(path)


def test_set_aside_overwrites_nothing(path):
    for number in range(2):
        state.save(path, {"number": number})
        state.set_aside(path)
    assert not os.path.exists(path)
    assert state.load(path + ".corrupt") == {"number": 0}
    assert state.load(path + ".corrupt.2") == {"number": 1}


def _add(path, name):
    for _turn in range(50):
        with state.exclusive(path):
            document = state.load(path) or {}
            document[name] = document.get(name, 0) + 1
            state.save(path, document)


def test_exclusive_keeps_writers_apart(path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_add, args=(path, name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert state.load(path) == {"a": 50, "b": 50}
