# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_install of Windows hosts, with Ansible's own connections, win_updates and win_reboot."""

from __future__ import annotations

import datetime
import json
import pathlib
from collections import Counter

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import GERMAN, Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

INSTALL = "patchops.fleet.patch_install"
LONG_AGO = datetime.datetime(2025, 10, 14, 17)
TOMORROW = datetime.datetime(2999, 1, 1)
POLL = "win_updates poll"


def update(identifier, title=None, kb=None, **members):
    """One that AWS's predefined baseline approves."""
    return Update(
        identifier, title or f"Update {identifier}", (kb or identifier.removeprefix("u"),),
        **{"severity": "Critical", "released": LONG_AGO, **members},
    )  # fmt: skip


def host(*updates, language="en", members=(), **faults):
    made = WindowsHost(language=language, **dict(members)).add(*updates)
    for name, value in faults.items():
        setattr(made.faults, name, value)
    return made


def plain():
    return update("u1"), update("u2", needs_reboot=False), update("u3", severity="Low")


OPTIONS = {
    "detail": "full",
    "reboot_option": "{{ reboot | default('if_required') }}",
    "lock_timeout": "{{ lock_timeout | default(30) }}",
    "reboot_timeout": "{{ patience | default(60) }}",
    "supersedence": "{{ supersedence | default('newest') }}",
    "max_duration": 600,
    "records_dir": "{{ playbook_dir }}/records",
}
BOTH = {"KB1": "installed", "KB2": "installed"}
INSTALLED_AND_FAILED = ("no-return", "comes-between")

UNDER_WAY = json.dumps(
    {
        "schema": 1,
        "runs": [
            {
                "run_id": "r0",
                "operation": "install",
                "state": "running",
                "started": "2025-11-01T06:00:00Z",
                "targets": [{"id": "u1", "kb_id": "KB1", "title": "Update u1"}],
            }
        ],
    }
)

# By name: the host, its variables, what became of each update, words of the message or of a reason.
HOSTS = {
    "psrp": (host(*plain()), {}, BOTH, ""),
    "winrm": (host(*plain()), {}, BOTH, ""),
    "german": (host(*plain(), language=GERMAN), {}, BOTH, ""),
    "no-reboot": (host(*plain()), {"reboot": "NoReboot"}, BOTH, ""),
    "as-aws": (host(plain()[1]), {"reboot": "RebootIfNeeded"}, {"KB2": "installed"}, ""),
    "pending-before": (
        host(update("u1", installed=True, pending=True), update("u2", needs_reboot=False)),
        {},
        {"KB2": "installed"},
        "",
    ),
    "pending-and-no-reboot": (
        host(update("u1", installed=True, pending=True), update("u2")),
        {"reboot": "NoReboot"},
        {"KB2": "failed"},
        "A reboot is required before more updates can be installed",
    ),
    "slow": (host(*plain(), empty_polls=2), {}, BOTH, ""),
    "failing": (
        host(update("u1", fails_with=0x80070643), *plain()[1:]),
        {},
        {"KB1": "failed", "KB2": "installed"},
        "0x80070643: the installer of the update failed",
    ),
    "looping": (
        host(update("u1", rolled_back=True), plain()[1]),
        {},
        {"KB1": "failed", "KB2": "installed"},
        "an update loop",
    ),
    "no-return": (
        host(*plain(), stays_down=True),
        {"patience": 1},
        BOTH,
        "the patches are installed, and the node did not come back from its reboot within 1 seconds",
    ),
    "pending-no-return": (
        host(update("u1", installed=True, pending=True), update("u2"), stays_down=True),
        {"patience": 1},
        {"KB2": "failed"},
        "no patch was installed or taken back, and the node did not come back from its reboot within 1 seconds",
    ),
    "pending-no-note": (
        host(update("u1", installed=True, pending=True), update("u2"), store="Access is denied"),
        {},
        {"KB2": "failed"},
        "the run cannot be noted on the node",
    ),
    "pending-foreign-notes": (
        host(
            update("u1", installed=True, pending=True), update("u2"), members={"runs": "{}", "runs_owner": "S-1-5-21-1"}
        ),
        {},
        None,
        "belong to S-1-5-21-1",
    ),
    "pending-no-room": (
        host(update("u1", installed=True, pending=True), update("u2"), members={"free_bytes": 2**20}),
        {},
        None,
        "the system drive has 1 MiB free",
    ),
    "comes-later": (
        host(update("u1"), update("u7", from_boot=2)),
        {},
        {"KB1": "installed", "KB7": "installed"},
        "",
    ),
    "comes-between": (
        host(update("u1"), offered_late=update("u9", "Update u1", "1", severity="Low")),
        {},
        {"KB1": "installed"},
        "win_updates installed what was not to be installed: Update u1. Nothing more was installed",
    ),
    "exclusive": (
        host(*(update(name, needs_reboot=False, exclusive=name != "u1") for name in ("u1", "u2", "u4"))),
        {},
        {"KB1": "installed", "KB2": "installed", "KB4": "installed"},
        "",
    ),
    "outlives-polls": (host(*plain(), lost_polls_once=("installed", 2), outlives=1), {}, BOTH, ""),
    "outlives-patience": (
        host(*plain(), lost_polls_once=("installed", 2), outlives=99),
        {"lock_timeout": 0},
        {"KB1": "installed", "KB2": "failed"},
        "an installation is under way on the node, still after 0 seconds (lock_timeout). Nothing more was begun",
    ),
    "run-under-way": (
        host(*plain(), members={"runs": UNDER_WAY, "under_way": [update("u1")]}, outlives=99),
        {"lock_timeout": 0},
        None,
        "an installation is under way on the node, still after 0 seconds (lock_timeout). Nothing was touched",
    ),
    "two-with-one-kb": (
        host(update("u1", "For x64", "1", needs_reboot=False), update("u2", "For x86", "1", needs_reboot=False)),
        {},
        {"KB1": "installed"},
        "",
    ),
    "one-kb-one-title": (
        host(update("u1", "Same", "1"), update("u2", "Same", "1", severity="Low"), update("u4", needs_reboot=False)),
        {},
        {"KB1": "failed", "KB4": "installed"},
        "update u2, which this run is not to install, has the same title and KB ids",
    ),
    "title-that-fits-more": (
        host(update("u1", "Update (x64)+", needs_reboot=False), update("u2", "Update (x64)+ KB1", severity="Low")),
        {},
        {"KB1": "installed"},
        "",
    ),
    "superseded": (
        host(update("u1"), update("u2", supersedes=("u1",), released=TOMORROW)),
        {"supersedence": "newest_approved"},
        {"KB1": "failed"},
        "win_updates does not find it, because KB2 supersedes it",
    ),
    "hidden": (
        host(update("u1", hidden=True), plain()[1]),
        {},
        {"KB1": "skipped", "KB2": "installed"},
        "held on the node: it is hidden in Windows Update",
    ),
    "lost-polls": (host(*plain(), lost_polls_once=("installed", 2)), {}, BOTH, ""),
    "lost-search": (host(plain()[1], lost_calls=Counter({POLL: 2})), {}, {"KB2": "installed"}, ""),
    "lost-for-good": (
        host(*plain(), down_once="installed"),
        {"patience": 1},
        {"KB1": "failed", "KB2": "failed"},
        "the node does not answer any more",
    ),
    "locked-out": (
        host(*plain(), locked_out_once="installed"),
        {"patience": 1},
        {"KB1": "failed", "KB2": "failed"},
        "the node does not answer any more",
    ),
    "wrong-password": (host(*plain(), refused_logons=99), {}, None, ""),
    "no-room": (host(*plain(), members={"free_bytes": 2**20}), {}, None, "the system drive has 1 MiB free"),
    "no-note": (host(*plain(), store="Access is denied"), {}, None, "the run cannot be noted on the node"),
    "foreign-notes": (
        host(*plain(), members={"runs": "{}", "runs_owner": "S-1-5-21-1"}),
        {},
        None,
        "belong to S-1-5-21-1",
    ),
    "takes-all": (
        host(*plain(), ignores_expressions=True),
        {},
        None,
        "win_updates would install what is not to be installed: Update u3. Nothing was installed",
    ),
    "no-search": (host(*plain(), failing_modules={"win_updates": "Class not registered"}), {}, None,
                  "win_updates cannot search: Class not registered. Nothing was installed"),
}  # fmt: skip


def outcomes(answer):
    return {patch["kb_id"]: patch["outcome"] for patch in answer.get("patches", ())} or None


def states(record):
    return {patch["kb_id"]: patch["state"] for patch in record["patches"]}


def accepted(server):
    """What win_updates was started with: states and expressions."""
    calls = [call.arguments for call in server.calls if call.name == "win_updates start"]
    return [(arguments["state"], arguments["accept_list"]) for arguments in calls]


def noted(server):
    """Ids of the updates of the last run, each time that the runs were written."""
    texts = [(call.arguments.get("parameters") or {}).get("Text") for call in server.calls]
    return [[one["id"] for one in json.loads(text)["runs"][-1]["targets"]] for text in texts if text]


def test_installations(fleet, tmp_path):
    for number, (name, (made, variables, _expected, _words)) in enumerate(HOSTS.items()):
        made.machine_guid = f"00000000-0000-0000-0000-{number:012}"
        fleet.add(name, made, "winrm" if name == "winrm" else "psrp", **variables)
    answers = fleet.play(INSTALL, OPTIONS)
    for name, (_made, _variables, expected, words) in HOSTS.items():
        answer = answers[name]
        assert outcomes(answer) == expected, f"{name}: {answer}"
        said = json.dumps([answer.get("msg"), answer.get("patches")])
        assert words in said, f"{name}: {said}"
        assert "Update u3" not in json.dumps(answer.get("patches")), name
        failed = expected is None or "failed" in expected.values() or name in INSTALLED_AND_FAILED
        assert failed is bool(answer.get("failed") or answer.get("unreachable")), f"{name}: {answer}"
        if expected is None:
            continue
        record = answer["record"]
        assert list(shape.faults(record, schemas.RECORD)) == [], name
        assert set(expected) <= set(states(record)), name  # nothing approved is lost from the record
        assert states(json.loads(pathlib.Path(answer["record_file"]).read_text())) == states(record), name

    after = {name: states(answers[name]["record"]) for name in HOSTS if "record" in answers[name]}
    assert after["psrp"] == {"KB1": "INSTALLED", "KB2": "INSTALLED", "KB3": "AVAILABLE_SECURITY_UPDATE"}
    assert after["no-reboot"]["KB1"] == after["no-reboot"]["KB2"] == "INSTALLED_PENDING_REBOOT"
    assert after["failing"] == {"KB1": "FAILED", "KB2": "INSTALLED", "KB3": "AVAILABLE_SECURITY_UPDATE"}
    assert after["looping"] == {"KB1": "FAILED", "KB2": "INSTALLED"}
    assert after["no-return"]["KB1"] == "INSTALLED_PENDING_REBOOT"
    assert after["lost-for-good"] == {"KB1": "FAILED", "KB2": "FAILED", "KB3": "AVAILABLE_SECURITY_UPDATE"}
    assert after["as-aws"] == {"KB2": "INSTALLED"}
    boots = {name: HOSTS[name][0].boots for name in HOSTS}
    assert {name for name, number in boots.items() if number > 1} == {
        "psrp", "winrm", "german", "as-aws", "pending-before", "slow", "looping", "no-return", "lost-polls",
        "pending-no-return", "pending-no-note", "comes-later", "outlives-polls",
    }  # fmt: skip
    # nobody restarts into an installation, begins another beside it, or settles the run that it belongs to
    assert HOSTS["run-under-way"][0].runs == UNDER_WAY
    assert json.loads(HOSTS["outlives-patience"][0].runs)["runs"][0]["state"] == "running"
    assert [state for state, _expressions in accepted(fleet["outlives-polls"])] == ["searched", "installed"]
    # what comes in a later round, or unasked for, is noted as well, the former before it is installed
    assert noted(fleet["comes-later"]) == [["u1"], ["u1", "u7"], ["u1", "u7"]]
    assert noted(fleet["comes-between"])[-1] == ["u1", "u9"]
    assert json.loads(HOSTS["comes-between"][0].runs)["runs"][0]["installed"] == ["u1", "u9"]
    for name in ("wrong-password", "no-room", "no-note", "foreign-notes", "takes-all", "no-search"):
        assert "installed" not in [call.arguments.get("state") for call in fleet[name].calls], name
        assert not any(one.installed for one in HOSTS[name][0].updates), name
    # what needs no restart is known to later scans, unless the user wants all to count as pending
    live = {name: json.loads(HOSTS[name][0].runs)["runs"][0]["live"] for name in ("hidden", "no-reboot")}
    assert live == {"hidden": ["u2"], "no-reboot": []}
    # exclusive updates come first, each in a call of its own
    called = [expressions for state, expressions in accepted(fleet["exclusive"]) if state == "installed"]
    assert called == [["^Update\\ u2KB2$"], ["^Update\\ u4KB4$"], ["^Update\\ u1KB1$"]]
    # a search accepts licences, so it is made for what is to be installed alone; a restart that is pending comes first
    assert accepted(fleet["one-kb-one-title"]) == [
        ("searched", ["^Update\\ u4KB4$"]),
        ("installed", ["^Update\\ u4KB4$"]),
    ]
    assert [state for state, _expressions in accepted(fleet["pending-before"])] == ["searched", "installed"]
    assert [one.installed for one in HOSTS["title-that-fits-more"][0].updates] == [True, False]
    assert [one.installed for one in HOSTS["one-kb-one-title"][0].updates] == [False, False, True]
