# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._ssm.parallel import Pool


class Taken:
    """Items, and how many of them were asked for."""

    def __init__(self, count):
        self.count = count
        self.taken = 0

    def __iter__(self):
        for item in range(self.count):
            self.taken += 1
            yield item


def test_answers_come_in_the_order_of_items():
    """Although the first has to wait for the second."""
    second = threading.Event()

    def work(item):
        if item == 0:
            assert second.wait(20)
        second.set()
        return item * 2

    with Pool(2) as pool:
        assert list(pool.each(work, range(50))) == [item * 2 for item in range(50)]


def test_items_are_taken_as_there_is_room():
    items = Taken(1000)
    with Pool(3) as pool:
        answers = pool.each(lambda item: item, items)
        for expected in range(20):
            assert next(answers) == expected
            assert items.taken <= expected + 6
        answers.close()


def test_work_on_answers_of_work():
    with Pool(2) as pool:
        parts = pool.each(lambda item: [item, item], range(30))
        flat = (one for part in parts for one in part)
        assert list(pool.each(str, flat)) == [str(item) for item in range(30) for _time in range(2)]


def test_an_error_ends_everything():
    items, done = Taken(1000), []

    def work(item):
        if item == 5:
            raise ValueError("no 5")
        done.append(item)

    with pytest.raises(ValueError, match="no 5"), Pool(2) as pool:
        list(pool.each(work, items))
    assert items.taken < 20
    assert len(done) < 20
