# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reboot and what follows it. Modules answer from a table here: real ones, and real reboots, are in tests/hosts."""

from __future__ import annotations

import json
import types

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.patchops.fleet.plugins.action.patch_install import ActionModule
from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    baseline,
    deb,
    inventory,
    package,
    rule,
)

BASELINE = baseline(DEBIAN, rule(days=None))
BEHIND = inventory(DEBIAN, package("foo", "amd64", deb("1.0"), [deb("1.1")]))
CURRENT = inventory(DEBIAN, package("foo", "amd64", deb("1.1"), [deb("1.1")]))
RUN = {"operation": "Install", "reboot_option": "RebootIfNeeded", "outcomes": {"foo.amd64": "succeeded"}}
LIMITS = {"manifest": None, "override_list": None, "include": [], "exclude": []}


def installed(**members):
    """What the module returns that has installed foo."""
    record = what_if(CURRENT, [BASELINE], run={**RUN, "rebooted": False})["record"]
    record["run"] = {**LIMITS, "interrupted": False, "download_only": False}
    record["last_no_reboot_install_operation_time"] = "2026-11-20T12:00:00Z"
    return {
        "changed": True,
        "status": record["status"],
        "record": record,
        "inventory": CURRENT,
        "patches": [{"kb_id": "foo.amd64", "outcome": "installed"}],
        "reboot": {"required": True, "reasons": ["because"], "due": True, "why": "RebootIfNeeded: yes", "done": False},
        "services": ["foo.service"],
        "conclusion": {**RUN, "rebooted": True, "rejected_dependencies": {}, "partial": False, "notes": {}},
        "recovered": [{"run_id": "r0", "record": record}],
        **members,
    }


SCANNED = {"changed": False, "inventory": CURRENT, "record": {}, "ansible_facts": {}}


def answered(answer):
    """As Ansible hands over what came of something; or raises it, as it does when a connection is lost."""
    if isinstance(answer, Exception):
        raise answer
    return answer


class Controller:
    """Runs the action with modules that answer from `answers`, and a reboot that comes to `rebooted`."""

    def __init__(self):
        self.answers = {"patchops.fleet.patch_install": installed(), "patchops.fleet.patch_scan": SCANNED}
        self.rebooted = {"changed": True, "rebooted": True, "elapsed": 42}
        self.asked = []
        self.reboots = []

    def run(self, connection="ssh", check_mode=False, asynchronous=0, **options):
        options = {"baselines": [BASELINE], "run_id": "r1", "reboot_option": "RebootIfNeeded", **options}
        task = Task.load({"action": {"module": "patchops.fleet.patch_install", **options}})
        task.check_mode, task.async_val = check_mode, asynchronous
        loader, context = DataLoader(), PlayContext()
        action = ActionModule(
            task=task,
            connection=connection_loader.get(connection, context),
            play_context=context,
            loader=loader,
            templar=Templar(loader=loader),
        )
        action._shared_loader_obj = types.SimpleNamespace(action_loader=self)
        action._execute_module = self._execute_module
        action._remove_tmp_path = lambda path: None
        return action.run(task_vars={"inventory_hostname": "db1"})

    def _execute_module(self, module_name, module_args, task_vars, wrap_async):
        self.asked.append((module_name.rpartition(".")[2], module_args, wrap_async))
        return json.loads(json.dumps(answered(self.answers[module_name])))

    def get(self, name, task, **members):
        """As Ansible's loader of action plugins."""
        self.reboots.append((name, task.args))
        return types.SimpleNamespace(run=lambda task_vars: answered(self.rebooted))

    @property
    def modules(self):
        return [name for name, _arguments, _wrapped in self.asked]


@pytest.fixture
def controller():
    return Controller()


def test_after_the_reboot_the_node_is_judged_by_what_it_then_has(controller):
    result = controller.run(detail="full", reboot_timeout=77)
    assert controller.modules == ["patch_install", "patch_scan"]
    ((name, arguments),) = controller.reboots
    assert (name, arguments["reboot_timeout"]) == ("ansible.builtin.reboot", 77)
    assert "run r1" in arguments["msg"]
    assert result["reboot"] == {**installed()["reboot"], "done": True, "seconds": 42}
    record = result["record"]
    assert list(shape.faults(record, schemas.RECORD)) == []
    assert [patch["state"] for patch in record["patches"]] == ["INSTALLED"]
    assert (result["status"], result["changed"], result["services"]) == ("COMPLIANT", True, [])
    assert (record["operation"], record["reboot_option"]) == ("Install", "RebootIfNeeded")
    assert record["run"] == installed()["record"]["run"]
    assert record["last_no_reboot_install_operation_time"] == "2026-11-20T12:00:00Z"
    assert result["ansible_facts"]["patch_compliance"]["status"] == "COMPLIANT"
    assert {"inventory", "conclusion"}.isdisjoint(result)
    _name, scan, _wrapped = controller.asked[1]
    assert (scan["refresh"], scan["return_inventory"], scan["run_id"]) == ("never", True, "r1")
    assert "reboot_option" not in scan


def test_a_reboot_is_done_after_a_partial_failure_too_and_the_task_stays_failed(controller):
    controller.answers["patchops.fleet.patch_install"] = installed(failed=True, msg="1 of 2 patches failed")
    result = controller.run()
    assert (len(controller.reboots), result["reboot"]["done"]) == (1, True)
    assert (result["failed"], result["msg"]) == (True, "1 of 2 patches failed")


@pytest.mark.parametrize(
    ("task", "answer", "why"),
    [
        pytest.param({}, {"due": False, "why": "not due"}, "not due", id="not due"),
        pytest.param({"check_mode": True}, {}, "RebootIfNeeded: yes", id="check mode"),
        pytest.param(
            {"connection": "local"}, {}, "not done, because the controller runs on this node", id="controller"
        ),
    ],
)
def test_no_reboot(controller, task, answer, why):
    whole = installed()
    whole["reboot"].update(answer)
    controller.answers["patchops.fleet.patch_install"] = whole
    result = controller.run(**task)
    assert (controller.reboots, controller.modules) == ([], ["patch_install"])
    assert result["reboot"]["done"] is False
    assert why in result["reboot"]["why"]
    assert "conclusion" not in result
    assert not result.get("failed")


def test_a_module_that_failed_as_a_whole_reboots_nothing(controller):
    controller.answers["patchops.fleet.patch_install"] = {"failed": True, "msg": "db1: no room"}
    result = controller.run()
    assert (controller.reboots, result["failed"], result["msg"]) == ([], True, "db1: no room")


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"failed": True, "msg": "timed out"}, id="failed"),
        pytest.param({"unreachable": True, "msg": "timed out"}, id="unreachable"),
        pytest.param(AnsibleConnectionFailure("timed out"), id="the connection is lost"),
    ],
)
def test_a_node_that_does_not_come_back_fails_and_what_was_installed_stays_in_the_result(controller, lost):
    controller.rebooted = lost
    result = controller.run(reboot_timeout=77)
    assert (result["failed"], result["reboot"]["done"], controller.modules) == (True, False, ["patch_install"])
    for words in ("db1", "did not come back", "77 seconds", "timed out"):
        assert words in result["msg"]
    assert result["patches"] == installed()["patches"]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(AnsibleError("no shutdown command"), id="an error"),
        pytest.param({"failed": True, "rebooted": False, "msg": "no shutdown command"}, id="an answer"),
    ],
)
def test_a_node_that_cannot_be_rebooted_keeps_its_result(controller, refusal):
    controller.rebooted = refusal
    result = controller.run()
    assert (result["failed"], result["reboot"]["done"], controller.modules) == (True, False, ["patch_install"])
    assert "the patches are installed, and the node could not be rebooted: no shutdown command" in result["msg"]
    assert result["patches"] == installed()["patches"]


@pytest.mark.parametrize(
    "scan",
    [
        pytest.param({"failed": True, "msg": "apt is gone"}, id="failed"),
        pytest.param(AnsibleConnectionFailure("apt is gone"), id="the connection is lost"),
        pytest.param(AnsibleError("apt is gone"), id="an error"),
    ],
)
def test_a_node_that_comes_back_and_cannot_be_scanned_fails(controller, scan):
    controller.answers["patchops.fleet.patch_scan"] = scan
    result = controller.run()
    assert result["failed"] is True
    assert "the node is back, and cannot be scanned: apt is gone" in result["msg"]
    assert result["reboot"]["done"] is True
    assert result["patches"] == installed()["patches"]


@pytest.mark.parametrize("reboot_option", ["RebootIfNeeded", "if_required"])
def test_async_leaves_nobody_to_reboot(controller, reboot_option):
    result = controller.run(asynchronous=60, reboot_option=reboot_option)
    assert (result["failed"], controller.asked) == (True, [])
    for words in ("async", reboot_option, "NoReboot"):
        assert words in result["msg"]


def test_async_without_a_reboot_is_handed_on(controller):
    controller.answers["patchops.fleet.patch_install"] = {"started": 1, "finished": 0, "ansible_job_id": "j1"}
    result = controller.run(asynchronous=60, reboot_option="NoReboot")
    assert [wrapped for _name, _arguments, wrapped in controller.asked] == [True]
    assert result["ansible_job_id"] == "j1"


def test_records_are_kept_of_this_run_and_of_recovered_ones(controller, tmp_path):
    result = controller.run(records_dir=str(tmp_path / "records"), keep_inventory=True)
    with open(result["record_file"], encoding="utf-8") as stream:
        assert json.load(stream)["patches"][0]["state"] == "INSTALLED"
    (recovered,) = result["recovered"]
    with open(recovered["record_file"], encoding="utf-8") as stream:
        assert json.load(stream)["patches"][0]["state"] == "INSTALLED_PENDING_REBOOT"
    assert {"record", "inventory"}.isdisjoint({*result, *recovered})
    assert len(list((tmp_path / "records").rglob("*.inventory.json.gz"))) == 1


def test_a_folder_that_cannot_be_written_to_is_told_before_the_node_is_asked(controller, tmp_path):
    (tmp_path / "file").write_text("")
    result = controller.run(records_dir=str(tmp_path / "file/records"))
    assert (result["failed"], controller.asked) == (True, [])
    for words in ("records_dir", str(tmp_path / "file/records"), "name another one"):
        assert words in result["msg"]


@pytest.mark.parametrize("answer", [{}, {"failed": True, "msg": "1 of 2 patches failed"}], ids=["well", "failed"])
def test_a_record_that_cannot_be_written_takes_nothing_of_the_answer_away(controller, tmp_path, answer):
    controller.answers["patchops.fleet.patch_install"] = installed(**answer)
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / installed()["record"]["node"]["id"]).write_text("in the way")
    result = controller.run(records_dir=str(tmp_path / "records"))
    assert (result["failed"], result["patches"], result["reboot"]["done"]) == (True, installed()["patches"], True)
    assert result["record"]["patches"][0]["state"] == "INSTALLED"
    for words in (str(tmp_path / "records"), "records_dir", "make the folder writable", answer.get("msg", "")):
        assert words in result["msg"]


def test_the_module_is_given_no_option_that_is_the_controllers(controller, tmp_path):
    controller.run(records_dir=str(tmp_path))
    for _name, arguments, _wrapped in controller.asked:
        assert {"records_dir", "keep_inventory"}.isdisjoint(arguments)
        assert (arguments["name"], arguments["detail"]) == ("db1", "full")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"baselines": []}, ["baselines", "empty"], id="empty list"),
        pytest.param({"keep_inventory": True}, ["keep_inventory", "records_dir"], id="nowhere to keep it"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_node_is_asked(controller, options, words):
    result = controller.run(**options)
    assert (result["failed"], controller.asked) == (True, [])
    for part in words:
        assert part in result["msg"]
