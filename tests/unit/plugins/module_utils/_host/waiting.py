# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting in tests for what another process does: until it is so, never for a time. Python 3.6."""

import os
import time

PATIENCE = 30  # seconds; reached only by a test that fails


def until(condition):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, "still not so after %d seconds" % PATIENCE
        time.sleep(0.01)


def until_there(path):
    until(lambda: os.path.exists(str(path)))
