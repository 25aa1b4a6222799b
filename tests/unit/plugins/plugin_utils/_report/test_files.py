# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written whole, only when they say something new, and with the permissions asked for."""

from __future__ import annotations

import re

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import files

MADE_AT = re.compile(rb"made [0-9]+")


def document(path, content):
    return files.Document("html", path, content, MADE_AT)


def stored(path, content, mode=0o640):
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("before", "mode_before", "done"),
    [
        pytest.param(None, None, "created", id="no file"),
        pytest.param(b"made 1: text", 0o640, "unchanged", id="only the time differs"),
        pytest.param(b"made 1: other", 0o640, "changed", id="content differs"),
        pytest.param(b"made 1: text", 0o644, "mode changed", id="permissions differ"),
        pytest.param(b"made 1: other", 0o644, "changed", id="both differ"),
        pytest.param(b"", 0o640, "changed", id="an empty file"),
    ],
)
def test_writing_does_what_comparing_says(tmp_path, before, mode_before, done):
    path = tmp_path / "report.html"
    if before is not None:
        stored(path, before, mode_before)
    new = document(path, b"made 2: text")
    told = files.compared(new, 0o640)
    assert (told.done, told.changed, told.before) == (done, done != "unchanged", before)
    files.write(new, told.done, 0o640)
    assert path.read_bytes() == (before if done in ("unchanged", "mode changed") else b"made 2: text")
    assert path.stat().st_mode & 0o7777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_comparing_writes_nothing(tmp_path):
    files.compared(document(tmp_path / "new" / "report.html", b"text"), 0o640)
    assert list(tmp_path.iterdir()) == []


def test_missing_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "report.html"
    files.write(document(path, b"text"), "created", 0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (b"text", 0o600)
    assert [folder.stat().st_mode & 0o7777 for folder in (path.parent, path.parent.parent)] == [0o750, 0o750]


@pytest.mark.parametrize(
    "path",
    [pytest.param("folder", id="a folder"), pytest.param("file/report.html", id="below a file")],
)
def test_what_cannot_be_written_is_named(tmp_path, path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(files.CannotWrite, match=re.escape(f"cannot write html {tmp_path / path}: ")):
        files.compared(document(tmp_path / path, b"text"), 0o640)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report.html"
    (path / "inside").mkdir(parents=True)  # a folder cannot be replaced by a file
    with pytest.raises(files.CannotWrite):
        files.write(document(path, b"text"), "changed", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
