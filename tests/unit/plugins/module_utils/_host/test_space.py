# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import space
from ansible_collections.patchops.fleet.plugins.module_utils._host.base import BackendError

HUGE = 1 << 60  # bytes: more than any disk


def test_what_fits_is_let_through(tmp_path):
    space.check_space(str(tmp_path), 1, 0)
    space.check_space(str(tmp_path), None, 0)


@pytest.mark.parametrize(
    ("size", "minimum", "words"),
    [
        pytest.param(HUGE, 0, ["takes %d MiB" % (HUGE >> 20), "keeps 0 MiB"], id="the download"),
        pytest.param(0, HUGE >> 20, ["takes 0 MiB", "keeps %d MiB" % (HUGE >> 20)], id="what must stay free"),
        pytest.param(None, HUGE >> 20, ["takes 0 MiB"], id="the package manager does not tell"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_numbers(tmp_path, size, minimum, words):
    with pytest.raises(BackendError) as error:
        space.check_space(str(tmp_path), size, minimum)
    for part in [*words, "minimum_free_space", "Nothing was changed"]:
        assert part in str(error.value)


def test_download_and_reserve_add_up(tmp_path):
    """One MiB of tolerance: others write to this disk meanwhile."""
    free = space.free_bytes(str(tmp_path))
    half = free // 2
    space.check_space(str(tmp_path), half, (half >> 20) - 100)
    with pytest.raises(BackendError):
        space.check_space(str(tmp_path), half, (half >> 20) + 100)


def test_a_folder_that_is_not_there_yet_counts_where_it_will_be(tmp_path):
    assert space.existing(str(tmp_path / "a" / "b")) == str(tmp_path)
    assert space.existing("/") == "/"
    with pytest.raises(BackendError, match=str(tmp_path)):
        space.check_space(str(tmp_path / "a" / "b"), HUGE, 0)


@pytest.mark.parametrize(
    ("path", "minimum", "expected"),
    [
        pytest.param("/usr", 200, 200, id="elsewhere"),
        pytest.param("/boot", 200, 50, id="a small boot needs no more than a kernel does"),
        pytest.param("/boot", 10, 10, id="nor more than was asked for"),
    ],
)
def test_reserve(path, minimum, expected):
    assert space.reserve(path, minimum) == expected


def test_where_packages_unpack_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(space, "UNPACKED", ("/proc",))
    space.check_space(str(tmp_path), 0, 0)
    with pytest.raises(BackendError, match=r"/proc has 0 MiB free; .* keeps 1 MiB"):
        space.check_space(str(tmp_path), 0, 1)
