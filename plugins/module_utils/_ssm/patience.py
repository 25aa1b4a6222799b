# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Waiting: with pauses, for a limited time, until somebody interrupts."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
import typing as t
import weakref

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Patience:
    """Calls under way are never broken off: a signal ends the pause, and is there to be asked for."""

    def __init__(self, delay: float, timeout: t.Optional[float] = None) -> None:
        self._delay = delay
        self._timeout = timeout
        self._began = time.monotonic()
        # not an Event: its lock may be held by what a signal interrupts
        self._woken, self._wake = os.pipe()
        weakref.finalize(self, _close, self._woken, self._wake)
        self.interrupted: t.Optional[str] = None  # the signal

    def pause(self) -> None:
        select.select([self._woken], [], [], self._delay)

    @property
    def over(self) -> bool:
        return self._timeout is not None and time.monotonic() - self._began >= self._timeout

    def until(self, look: t.Callable[[], bool]) -> bool:
        """Look again and again, with pauses; False where it was not so in time."""
        while not look():
            if self.over or self.interrupted:
                return False
            self.pause()
        return True

    @contextlib.contextmanager
    def listening(self) -> t.Iterator[None]:
        """Signals that would end the process are noted instead."""
        numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
        before = {number: signal.signal(number, self._interrupt) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, number: int, _frame: t.Any) -> None:
        self.interrupted = signal.Signals(number).name
        os.write(self._wake, b".")

    def calm(self) -> None:
        """Pauses are pauses again, although there was a signal."""
        while select.select([self._woken], [], [], 0)[0]:
            os.read(self._woken, 1)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
