# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import os

from ansible_collections.patchops.fleet.plugins.module_utils._ssm.patience import Patience


def test_it_leaves_no_descriptor_behind():
    """One process may wait a thousand times, and select knows no descriptor above 1023."""
    before = set(os.listdir("/proc/self/fd"))
    waits = [Patience(0).until for _each in range(20)]
    assert all(wait(lambda: True) for wait in waits)
    assert len(set(os.listdir("/proc/self/fd")) - before) >= 40
    del waits
    gc.collect()
    assert len(set(os.listdir("/proc/self/fd")) - before) < 10
