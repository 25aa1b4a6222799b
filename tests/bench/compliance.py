# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the compliance of a fleet on AWS: calls against as few as there can be, and memory against a tenth of it."""

from __future__ import annotations

import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODES, PATCHES = (1_000, 10_000), 100
MEBIBYTE = 1024 * 1024


def bench_compliance() -> None:
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    from ansible_collections.patchops.fleet.tests.aws.compliance_fleet import fleet, lower_bound, measured
    from ansible_collections.patchops.fleet.tests.servers.ssm.server import Server

    aws = Server()
    peaks = []
    for count in NODES:
        aws.nodes(*fleet(count, PATCHES))
        with tempfile.TemporaryDirectory() as folder:
            found = measured(aws, pathlib.Path(folder))
        calls, bound = sum(found.calls.values()), sum(lower_bound(count, PATCHES).values())
        peaks.append(found.peak)
        words = "compliance of %d nodes: %d calls against %d, the fewest; %.0f MiB at most for %.0f MiB of records"
        print(words % (count, calls, bound, found.peak / MEBIBYTE, found.written / MEBIBYTE), flush=True)
    aws.stop()
    growth = (peaks[1] - peaks[0]) / (NODES[1] - NODES[0])
    print("memory for each further node: %.1f KiB" % (growth / 1024))
