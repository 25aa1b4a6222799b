# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_scan of Windows hosts, through Ansible's own psrp and winrm connections and win_powershell's arguments."""

from __future__ import annotations

import datetime
import gzip
import json
import pathlib
from collections import Counter

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.tests.golden.run_cases import decided
from ansible_collections.patchops.fleet.tests.golden.test_golden_windows import CASES, host_of
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import (
    DEFENDER,
    DEFINITION_UPDATES,
    GERMAN,
    SECURITY_UPDATES,
    SERVER_2025,
    Update,
)
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

SCAN = "patchops.fleet.patch_scan"
CONNECTIONS = ("psrp", "winrm")
# A year before any run of this test, so that its own clock decides nothing.
LONG_AGO = datetime.datetime(2025, 10, 14, 17)


def server(**members):
    """A German server with one update missing, one to be completed by a restart, one hidden, and today's signatures."""
    return WindowsHost(language=GERMAN, **members).add(
        Update("missing", "2025-10 Kumulatives Update", ("5066835",), severity="Critical", released=LONG_AGO,
               cves=("CVE-2025-59287",)),
        Update("pending", "2025-10 .NET", ("5066139",), severity="Important", released=LONG_AGO, installed=True,
               pending=True),
        Update("hidden", "Verstecktes Update", ("5000871",), severity="Important", released=LONG_AGO, hidden=True),
        Update("signatures", "Definitionen", ("2267602",), (DEFINITION_UPDATES, DEFENDER), released=LONG_AGO,
               installed=True),
        Update("other", "Für 24H2", ("5066836",), (SECURITY_UPDATES, SERVER_2025), "Low", LONG_AGO),
    )  # fmt: skip


def states(answer):
    return {patch["kb_id"]: patch["state"] for patch in answer["record"]["patches"]}


@pytest.mark.parametrize("arguments", [pytest.param((), id="real"), pytest.param(("--check",), id="check mode")])
def test_both_connections_tell_the_same(fleet, arguments):
    for connection in CONNECTIONS:
        fleet.add(connection, server(), connection)
    answers = fleet.play(SCAN, {"detail": "full", "return_inventory": True}, *arguments)
    for connection in CONNECTIONS:
        answer = answers[connection]
        assert not answer.get("failed"), answer.get("msg")
        record = answer["record"]
        assert list(shape.faults(record, schemas.RECORD)) == []
        assert (answer["changed"], answer["status"], record["complete"]) == (False, "NON_COMPLIANT", True)
        assert states(answer) == {
            "KB5066835": "MISSING",
            "KB5066139": "INSTALLED_PENDING_REBOOT",
            "KB5000871": "MISSING",
            "KB2267602": "INSTALLED_OTHER",
            "KB5066836": "AVAILABLE_SECURITY_UPDATE",
        }
        assert record["baseline"]["name"] == "AWS-DefaultPatchBaseline"
        assert record["node"]["product"] == "WindowsServer2022"
        assert [patch["title"] for patch in record["patches"] if patch["held"]] == ["Verstecktes Update"]
        assert [one["kb_id"] for one in answer["plan"]] == ["KB5066835", "KB5000871"]
        assert fleet[connection].modules == ["win_powershell"]
        parameters = fleet[connection].calls[0].arguments["parameters"]
        assert (parameters["Online"], bool(answer.get("warnings"))) == (not arguments, bool(arguments))


def test_every_golden_case_through_ansible(fleet, tmp_path):
    for number, case in enumerate(CASES):
        host = host_of(case)
        host.machine_guid = f"00000000-0000-0000-0000-{number:012}"
        fleet.add(case["id"], host, CONNECTIONS[number % 2])
    answers = fleet.play(SCAN, {"records_dir": str(tmp_path / "records"), "keep_inventory": True})
    for case in CASES:
        kept = answers[case["id"]]["record_file"].replace(".json", ".inventory.json.gz")
        inventory = json.loads(gzip.decompress(pathlib.Path(kept).read_bytes()))
        assert decided(case, inventory) == case["expect"], case["why"]


def broken(**faults):
    host = server()
    for name, value in faults.items():
        setattr(host.faults, name, value)
    return host


# By name of the host: the host, its variables, whether Ansible calls it unreachable, and words of the message.
FAULTS = {
    "no-server": (
        broken(search=(0x8024402C, "Exception from HRESULT: 0x8024402C")),
        {},
        False,
        "patch_scan: the Windows Update Agent cannot search: 0x8024402C: the name of the update server or of the proxy"
        " cannot be resolved",
    ),
    "module-fails": (
        broken(failing_modules={"win_powershell": "Access is denied"}),
        {},
        False,
        "patch_scan: ansible.windows.win_powershell failed: Access is denied",
    ),
    "no-microsoft-update": (
        server(),
        {"selection": "microsoft_update"},
        False,
        "0x80248014: that update service is not registered on this node",
    ),
    "no-such-source": (
        server(),
        {"selection": "sccm"},
        False,
        "default, managed_server, windows_update, microsoft_update",
    ),
    "wrong-password": (broken(refused_logons=99), {}, True, ""),
    "lost-over-psrp": (
        broken(lost_calls=Counter(win_powershell=9)),
        {},
        None,  # as the release of ansible-core sees it
        "patch_scan: the connection was lost while the node searched",
    ),
    "lost-over-winrm": (
        broken(lost_calls=Counter(win_powershell=9)),
        {},
        None,  # as the release of ansible-core sees it
        "patch_scan: the connection was lost while the node searched",
    ),
}


def test_what_goes_wrong_is_told(fleet):
    for name, (host, variables, _unreachable, _words) in FAULTS.items():
        fleet.add(name, host, "winrm" if name.endswith("winrm") else "psrp", **variables)
    fleet.add("sound", server())
    partial = fleet.add("partial", server())
    partial.faults.partial_search = (0x80244022, "Exception from HRESULT: 0x80244022")
    options = {"detail": "full", "server_selection": "{{ selection | default('default') }}"}
    answers = fleet.play(SCAN, options)
    for name, (_host, _variables, unreachable, words) in FAULTS.items():
        answer = answers[name]
        told = (bool(answer.get("unreachable")), bool(answer.get("failed")))
        assert told in ((True, False), (False, True)), f"{name}: {answer}"
        if unreachable is not None:
            assert told[0] == unreachable, f"{name}: {answer}"
        if told[1]:
            assert words in answer["msg"], name
        assert "ansible_facts" not in answer, name
    assert answers["sound"]["status"] == "NON_COMPLIANT"
    assert answers["partial"]["record"]["complete"] is False
    assert states(answers["partial"]) == states(answers["sound"])


def test_async_is_refused_because_nobody_would_decide(ansible, fleet):
    fleet.add("win1")
    fleet.write_inventory()
    ended = ansible("ansible", "all", "-i", "hosts.json", "-m", SCAN, "-B", "30", "-P", "1")
    assert "leave async out" in " ".join(ended.stdout.split())
    assert fleet["win1"].modules == []
