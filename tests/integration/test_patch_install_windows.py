# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_install and patch_rollback of Windows hosts, with Ansible's own connections, win_updates and win_reboot."""

from __future__ import annotations

import datetime
import json
import pathlib
from collections import Counter

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import GERMAN, Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

INSTALL, ROLLBACK = "patchops.fleet.patch_install", "patchops.fleet.patch_rollback"
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
    "reboot_timeout": "{{ patience | default(60) }}",
    "supersedence": "{{ supersedence | default('newest') }}",
    "max_duration": 600,
    "records_dir": "{{ playbook_dir }}/records",
}
BOTH = {"KB1": "installed", "KB2": "installed"}

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
        "belongs to S-1-5-21-1",
    ),
    "no-search": (host(*plain(), failing_modules={"win_updates": "Class not registered"}), {}, None,
                  "win_updates cannot search: Class not registered. Nothing was installed"),
}  # fmt: skip


def outcomes(answer):
    return {patch["kb_id"]: patch["outcome"] for patch in answer.get("patches", ())} or None


def states(record):
    return {patch["kb_id"]: patch["state"] for patch in record["patches"]}


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
        assert "update u3" not in said.lower(), name
        failed = expected is None or "failed" in expected.values() or name == "no-return"
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
    boots = {name: HOSTS[name][0].boots for name in HOSTS}
    assert {name for name, number in boots.items() if number > 1} == {
        "psrp", "winrm", "german", "as-aws", "pending-before", "slow", "looping", "no-return", "lost-polls",
    }  # fmt: skip
    for name in ("wrong-password", "no-room", "no-note", "foreign-notes", "no-search"):
        assert "installed" not in [call.arguments.get("state") for call in fleet[name].calls], name
        assert not any(one.installed for one in HOSTS[name][0].updates), name
    assert [one.installed for one in HOSTS["title-that-fits-more"][0].updates] == [True, False]
    assert [one.installed for one in HOSTS["one-kb-one-title"][0].updates] == [False, False, True]


def task(name, module, options, **keywords):
    return {"name": name, module: options, "register": name, **keywords}


SEQUENCE = [
    task("planned", INSTALL, OPTIONS, check_mode=True),
    task("installed", INSTALL, OPTIONS),
    task("again", INSTALL, OPTIONS),
    task("scanned", "patchops.fleet.patch_scan", {"detail": "full"}),
    task("undoing", ROLLBACK, {"reboot_option": "if_required"}, check_mode=True),
    task("whole", ROLLBACK, {"reboot_option": "if_required"}, ignore_errors=True),
    task("undone", ROLLBACK, {"reboot_option": "if_required", "partial": True, "detail": "full"}),
    task("twice", ROLLBACK, {"of_run": "{{ installed.run_id }}", "partial": True}, ignore_errors=True),
    task("narrowed", INSTALL, {"include": ["KB1"], "download_only": True, "detail": "full"}),
    task("excluded", INSTALL, {"exclude": ["KB1", "Update u2"]}),
    task("listed", INSTALL, {"install_override_list": [{"id": "KB3"}], "reboot_option": "RebootIfNeeded"}),
    task("manifested", INSTALL, {"manifest": "{{ scanned_before.plan }}", "reboot_option": "if_required"}),
]


def test_what_runs_after_one_another_come_to(ansible, fleet, tmp_path):
    """Check mode tells what is then done, a second run does nothing, and what a run brought leaves again."""
    for connection in ("psrp", "winrm"):
        u1, u2, u3 = plain()
        u2.packaged = False
        fleet.add(connection, host(u1, u2, u3), connection)
    fleet.write_inventory()
    before = task("scanned_before", "patchops.fleet.patch_scan", {})
    keep = {
        "ansible.builtin.copy": {
            "content": "{{ hostvars[inventory_hostname] | dict2items | selectattr('key', 'in', names)"
            " | items2dict | to_json }}",
            "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}.json",
            "mode": "0600",
        },
        "delegate_to": "localhost",
        "vars": {"names": [one["name"] for one in SEQUENCE], "ansible_connection": "local",
                 "ansible_shell_type": "sh"},
    }  # fmt: skip
    play = [{"hosts": "all", "gather_facts": False, "tasks": [before, *SEQUENCE, keep]}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    ended = ansible("ansible-playbook", "-i", "hosts.json", "play.yml", "--diff")
    for connection in ("psrp", "winrm"):
        path = tmp_path / f"{connection}.json"
        assert path.is_file(), ended.stdout
        told = json.loads(path.read_text())
        planned, installed, again = told["planned"], told["installed"], told["again"]
        assert outcomes(planned) == {"KB1": "planned", "KB2": "planned"}
        assert (planned["changed"], planned["outcome"]) == (True, "planned")
        assert planned["diff"] == installed["diff"] == {"before": "", "after": "KB1 Update u1\nKB2 Update u2\n"}
        assert (installed["outcome"], installed["status"], installed["reboot"]["done"]) == ("installed", "COMPLIANT", True)
        assert (again["changed"], again["outcome"], again["recovered"]) == (False, "nothing_to_do", [])
        assert states(told["scanned"]["record"]) == states(installed["record"])
        assert outcomes(told["undoing"]) == {"KB1": "planned", "KB2": "impossible"}
        assert "cannot be undone as a whole: KB2: no package of the servicing stack is of this KB id" in told["whole"]["msg"]
        undone = told["undone"]
        assert (outcomes(undone), undone["outcome"]) == ({"KB1": "restored", "KB2": "impossible"}, "partial")
        assert undone["reboot"]["done"]
        assert states(undone["record"])["KB1"] == "MISSING"
        assert outcomes(told["twice"]) == {"KB2": "impossible"}
        assert told["twice"]["changed"] is False
        narrowed = told["narrowed"]
        assert (outcomes(narrowed), narrowed["outcome"]) == ({"KB1": "downloaded"}, "downloaded")
        assert states(narrowed["record"])["KB1"] == "MISSING"
        assert (outcomes(told["excluded"]), told["excluded"]["outcome"]) == ({"KB1": "skipped"}, "nothing_to_do")
        assert outcomes(told["listed"]) == {"KB3": "installed"}
        assert outcomes(told["manifested"]) == {"KB1": "installed", "KB2": "skipped"}
        assert not fleet[connection].host.update("u1").pending
    assert "+KB1 Update u1" in ended.stdout

