# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python 3.8 has no zoneinfo: there zones other than UTC are refused, which test_reading.py holds them to."""

from __future__ import annotations

import sys

collect_ignore = [] if sys.version_info >= (3, 9) else ["test_daylight_saving.py"]


def pytest_terminal_summary(terminalreporter):
    for name in collect_ignore:
        terminalreporter.write_line(
            "left out: %s and worked examples outside UTC; zoneinfo came with Python 3.9" % name
        )
