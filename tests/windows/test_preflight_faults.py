# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_preflight of Windows hosts that are lost on the way, and what it tells of them."""

from __future__ import annotations

from collections import Counter

from ansible_collections.patchops.fleet.tests.integration.test_patch_install_windows import host, plain

PREFLIGHT = "patchops.fleet.patch_preflight"
BEFORE = {"connection", "services", "package_manager", "wsus", "clock"}  # what needs no search


def test_a_connection_that_is_lost_in_the_search_is_one_finding_more(fleet):
    for connection in ("psrp", "winrm"):
        fleet.add(f"search-{connection}", host(*plain(), lost_calls=Counter(search=9)), connection)
        fleet.add(f"first-{connection}", host(*plain(), lost_calls=Counter(win_powershell=9)), connection)
    fleet.add("wrong-password", host(*plain(), refused_logons=99))
    answers = fleet.play(PREFLIGHT, {})
    for connection in ("psrp", "winrm"):
        answer = answers[f"search-{connection}"]
        assert not answer.get("failed"), answer
        assert not answer.get("unreachable"), answer
        findings = {one["check"]: one for one in answer["findings"]}
        assert set(findings) == BEFORE | {"repositories"}
        assert "the connection was lost while the node searched" in findings["repositories"]["finding"]
        assert (findings["repositories"]["status"], answer["status"]) == ("error", "error")
        first = answers[f"first-{connection}"]
        assert first.get("unreachable") or "the connection was lost while the node was examined" in first["msg"], first
    assert answers["wrong-password"].get("unreachable"), answers["wrong-password"]
