# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import time

from ansible_collections.patchops.fleet.plugins.module_utils._host import boot


def test_this_boot_has_an_id_and_it_stays(tmp_path):
    assert boot.boot_id() == boot.boot_id()
    assert boot.boot_id() == pathlib.Path(boot.BOOT_ID).read_text(encoding="ascii").strip()


def test_the_boot_began_when_the_first_process_did():
    """Measured in another way: how long the clock runs since the boot."""
    with open("/proc/1/stat", encoding="ascii") as stream:
        ticks = int(stream.read().rpartition(")")[2].split()[19])
    first = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    assert abs(boot.boot_time() - first) < 5


def test_without_proc_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(boot, "BOOT_ID", str(tmp_path / "missing"))
    assert boot.boot_id() is None
