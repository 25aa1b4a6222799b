# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what happens elsewhere, by asking."""

from __future__ import annotations

import subprocess
import time
import typing as t

INTERVAL = 0.02


def until(question: t.Callable[[], t.Any], expected: str, seconds: float = 60) -> t.Any:
    """The first answer to a question that is not false. Fails if there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"in vain, {seconds} s long, until {expected}"
        time.sleep(INTERVAL)


def finished(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """The output of a process, and its errors, when it has ended. Kills it and fails if it has not in time."""
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f"{process.args} had not ended after {seconds} s: {output}{errors or ''}") from None
