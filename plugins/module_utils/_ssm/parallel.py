# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Calls at the same time, with few of their answers held at a time."""

from __future__ import annotations

import collections
import concurrent.futures
import typing as t

Item = t.TypeVar("Item")
Answer = t.TypeVar("Answer")


class Pool:
    """Threads. Work that fails ends everything: what has not begun never does."""

    def __init__(self, threads: int) -> None:
        self._executor = concurrent.futures.ThreadPoolExecutor(threads)
        self._ahead = 2 * threads  # so that none waits for the slowest, and no more than these answers are held

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_raised: t.Any) -> None:
        self._executor.shutdown()

    def each(self, work: t.Callable[[Item], Answer], items: t.Iterable[Item]) -> t.Iterator[Answer]:
        """What `work` answers for each item, in their order. Items are taken as there is room for them."""
        under_way: t.Deque[concurrent.futures.Future[Answer]] = collections.deque()
        try:
            for item in items:
                under_way.append(self._executor.submit(work, item))
                if len(under_way) >= self._ahead:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for one in under_way:
                one.cancel()
