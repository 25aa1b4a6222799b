# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_preflight on booted hosts that something is wrong with."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package


def findings(controller, host, **options):
    answer = controller.module([host], "patchops.fleet.patch_preflight", options={"lock_timeout": 0, **options})
    assert "findings" in answer[host.name], answer
    return {finding["check"]: finding for finding in answer[host.name]["findings"]}


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_wrong_is_told(boot, controller, kind):
    host = boot(kind)
    host.install(Package("hello"))
    host.publish(Package("hello"))
    well = findings(controller, host)
    assert {finding["status"] for finding in well.values()} <= {"ok", "skipped"}, well
    with host.busy():
        locked = findings(controller, host)["lock"]
    assert locked["status"] == "error", locked
    assert " by process " in locked["finding"]
    host.archive.web.down()
    host.shrink("/var/cache", "5M")
    unwell = findings(controller, host)
    assert unwell["repositories"]["status"] == "error", unwell
    assert unwell["disk_space"]["status"] == "error", unwell
    assert "/var/cache" in unwell["disk_space"]["finding"]


def test_the_sources_of_a_baseline_are_asked_instead(boot, controller):
    host = boot("debian12")
    host.publish(Package("hello"))
    configured = host.path("/etc/apt/sources.list").read_text()
    host.path("/etc/apt/sources.list").write_text("deb [trusted=yes] http://127.0.0.1:9 stable main\n")
    baseline = {
        "name": "mirrored",
        "operating_system": "DEBIAN",
        "default": True,
        "approval_rules": [{"filters": {}, "approve_after_days": 0}],
        "sources": [{"name": "mirror", "products": ["*"], "configuration": configured}],
    }
    assert findings(controller, host)["repositories"]["status"] == "error"
    assert findings(controller, host, baselines=[baseline])["repositories"]["status"] == "ok"
