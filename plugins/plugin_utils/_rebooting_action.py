# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The controller's half of what changes a host: its reboot, and what it is after that."""

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ..module_utils._engine import dates
from ..module_utils._engine.assessment import assess
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.record import attention
from ..module_utils._engine.state import parse_run
from ..module_utils._host.arguments import SCAN_ARGUMENTS
from ..module_utils._host.boot import boot_id
from ..module_utils._plain import plain
from ._host_action import HostAction, Refused
from ._windows_node import WIN_REBOOT, WindowsNode

Document = dict[str, t.Any]

SCAN = "patchops.fleet.patch_scan"
REBOOT = "ansible.builtin.reboot"
NO_REBOOT = "NoReboot"


class RebootingAction(HostAction):
    """Its module returns what it did, and as `conclusion` what the node is to be assessed by once it is back."""

    def arguments(self, task_vars: Document) -> Document:
        if self.on_windows and self._task.async_val:
            raise Refused(
                "a Windows node is assessed on the controller, which async does not wait for; leave async out"
            )
        arguments = super().arguments(task_vars)
        if self._task.async_val and arguments["reboot_option"] != NO_REBOOT:
            raise Refused(
                f"reboot_option: {arguments['reboot_option']} together with async leaves nobody to reboot the node;"
                " leave async out, or use NoReboot and reboot in a task of its own when reboot.required is true"
            )
        return arguments

    def windows_answer(self, node: WindowsNode, arguments: Document) -> Document:
        """The same on a Windows node, which has no module: all of it happens here."""
        raise NotImplementedError

    def answer(self, arguments: Document, task_vars: Document) -> Document:
        if self.on_windows:
            node = WindowsNode(self, arguments, self._task.check_mode, task_vars)
            return self.windows_answer(node, arguments)
        answer = self.asked(self.MODULE, {**arguments, "detail": "full"}, task_vars)
        conclusion = plain(answer.pop("conclusion", None))
        if conclusion is None or self._task.check_mode or not answer["reboot"]["due"]:
            return answer
        if self._is_controller(conclusion.pop("boot_id", None)):
            answer["reboot"]["why"] += "; not done, because the controller runs on this node: reboot it yourself"
            return answer
        rebooted = self.reboot(arguments, task_vars)
        if rebooted.get("failed") or rebooted.get("unreachable"):
            return self.lost(arguments, answer, rebooted)
        answer["reboot"].update(done=True, seconds=rebooted.get("elapsed"))
        answer["changed"] = True
        return self._looked_again(arguments, answer, conclusion, task_vars)

    def _is_controller(self, booted: str | None) -> bool:
        """A controller may reach itself over SSH, too."""
        return self._connection.transport == "local" or (booted is not None and booted == boot_id())

    def reboot(self, arguments: Document, task_vars: Document) -> Document:
        """What the reboot came to; one that failed, or that nobody came back from, is an answer too."""
        options = {
            "reboot_timeout": arguments["reboot_timeout"],
            "msg": f"patchops.fleet reboots this node to bring installed patches into use, run {arguments['run_id']}",
        }
        try:
            reboot = self.other_action(WIN_REBOOT if self.on_windows else REBOOT, options)
            rebooted = reboot.run(task_vars=task_vars)
        except AnsibleConnectionFailure as error:
            rebooted = {"unreachable": True, "msg": str(error)}
        except AnsibleError as error:
            rebooted = {"failed": True, "rebooted": False, "msg": str(error)}
        if rebooted.get("failed") or rebooted.get("unreachable"):
            self._leave_alone()
        return rebooted

    def lost(self, arguments: Document, answer: Document, rebooted: Document) -> Document:
        """The node did not reboot, or come back. What was installed stays in the result, and in the record."""
        words = rebooted.get("msg")
        if rebooted.get("rebooted") is False and not rebooted.get("unreachable"):
            ending = f"could not be rebooted: {words}. Reboot it yourself; then scan it again"
        else:
            ending = (
                f"did not come back from its reboot within {arguments['reboot_timeout']} seconds (reboot_timeout):"
                f" {words}. Look at its console; then scan it again"
            )
        answer.update(failed=True, msg=f"{arguments['name']}: {_done(answer)}, and the node {ending}")
        return answer

    def _leave_alone(self) -> None:
        """Ansible clears up on a node after a task; on one that is lost it fails at that, and forgets the answer."""
        self._connection._shell.tmpdir = None

    def _looked_again(
        self, arguments: Document, answer: Document, conclusion: Document, task_vars: Document
    ) -> Document:
        """The record of the node as it came back, decided here from what its package manager says now."""
        scanned = {name: value for name, value in arguments.items() if name in SCAN_ARGUMENTS}
        scanned.update(refresh="never", return_inventory=True)
        try:
            found = self.asked(SCAN, scanned, task_vars)
        except AnsibleError as error:
            self._leave_alone()
            found = {"failed": True, "msg": str(error)}
        inventory = plain(found.get("inventory"))
        if found.get("failed") or not inventory:
            answer.update(
                failed=True, msg=f"{arguments['name']}: the node is back, and cannot be scanned: {found.get('msg')}"
            )
            return answer
        baselines = parse_baselines(arguments.get("baselines"))
        record = assess(
            inventory,
            baselines,
            datetime.datetime.now(dates.UTC),
            arguments["run_id"],
            run=parse_run(conclusion),
            undated=arguments.get("undated"),
        )
        before = plain(answer["record"])
        last = before.get("last_no_reboot_install_operation_time")
        record.update(run=before.get("run"), services=[], last_no_reboot_install_operation_time=last)
        answer.update(
            record=record,
            inventory=inventory,
            services=[],
            status=record["status"],
            ansible_facts={"patch_compliance": attention(record)},
        )
        return answer


def _done(answer: Document) -> str:
    """What the run had come to when the reboot failed."""
    outcomes = {patch["outcome"] for patch in answer.get("patches") or ()}
    which = "some of the patches" if answer.get("failed_patches") else "the patches"
    if "installed" in outcomes:
        return f"{which} are installed"
    if "restored" in outcomes:
        return f"{which} are taken back"
    return "no patch was installed or taken back"
