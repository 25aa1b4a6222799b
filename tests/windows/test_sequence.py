# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on a Windows node after one another come to, with Ansible's own connections, win_updates and win_reboot."""

from __future__ import annotations

import datetime
import json

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import journal
from ansible_collections.patchops.fleet.tests.integration.test_patch_install_windows import (
    INSTALL,
    OPTIONS,
    host,
    outcomes,
    plain,
    states,
)

ROLLBACK = "patchops.fleet.patch_rollback"
# What a run leaves on a node whose controller went away when it had begun.
INTERRUPTED = journal.written(
    journal.begun(
        journal.Journal(),
        "before",
        journal.INSTALL,
        [{"id": "u1", "kb_id": "KB1", "title": "Update u1"}],
        datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc),
    )
)


def task(name, module, options, **keywords):
    return {"name": name, module: options, "register": name, **keywords}


SEQUENCE = [
    task("planned", INSTALL, OPTIONS, check_mode=True),
    task("installed", INSTALL, {**OPTIONS, "run_id": "first"}),
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
    task("old", ROLLBACK, {"of_run": "first", "partial": True}),
]


def test_what_runs_after_one_another_come_to(ansible, fleet, tmp_path):
    """Check mode tells what is then done, a second run does nothing, and what a run brought leaves again."""
    for connection in ("psrp", "winrm"):
        u1, u2, u3 = plain()
        u2.packaged = False
        fleet.add(connection, host(u1, u2, u3, members={"runs": INTERRUPTED}), connection)
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
        assert (installed["outcome"], installed["status"], installed["reboot"]["done"]) == (
            "installed",
            "COMPLIANT",
            True,
        )
        for told_of in (planned, installed):
            (recovered,) = told_of["recovered"]
            assert (recovered["run_id"], outcomes(recovered)) == ("before", {"KB1": "missing"})
        assert (again["changed"], again["outcome"], again["recovered"]) == (False, "nothing_to_do", [])
        assert states(told["scanned"]["record"]) == states(installed["record"])
        assert outcomes(told["undoing"]) == {"KB1": "planned", "KB2": "impossible"}
        assert (
            "cannot be undone as a whole: KB2: no package of the servicing stack is of this KB id"
            in told["whole"]["msg"]
        )
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
        assert outcomes(told["old"]) == {"KB2": "impossible"}  # another run has brought KB1 since
        assert fleet[connection].host.update("u1").installed
    assert "+KB1 Update u1" in ended.stdout
