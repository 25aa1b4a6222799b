# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module half of ansible.windows.win_updates: start, poll, cancel, as its action plugin asks for them.

Patterns are matched by Python's expressions here, by .NET's on a real host.
"""

from __future__ import annotations

import re
import typing as t

from .catalogue import CATEGORIES, Update
from .host import SUCCEEDED, WindowsHost, signed

Document = dict[str, t.Any]

EXCLUSIVE_INSTALL_CONFLICT = 0x80240019  # WU_E_: nothing is installed
_COMMON_NAMES = {
    "CriticalUpdates": "Critical Updates",
    "DefinitionUpdates": "Definition Updates",
    "SecurityUpdates": "Security Updates",
    "UpdateRollups": "Update Rollups",
}


class WinUpdates:
    """One task at a time: started, polled until its exit, cancelled."""

    def __init__(self, host: WindowsHost) -> None:
        self._host = host
        self._events: list[Document] = []

    def __call__(self, arguments: Document, check_mode: bool) -> Document:
        operation = arguments.get("_operation") or "start"
        if operation == "start":
            self._events = list(self._run(arguments, check_mode))
            self._host.faults.begun(arguments.get("state") or "installed")
            return {
                "changed": False,
                "cancel_options": {"cancel_id": "cancel-1", "task_pid": 4711},
                "poll_options": {"pipe_name": "pipe-1"},
            }
        if operation == "poll":
            if self._host.faults.poll_is_empty():
                return {"changed": False, "output": []}
            events, self._events = self._events, []
            return {"changed": False, "output": events}
        return {"changed": False}

    def _run(self, arguments: Document, check_mode: bool) -> t.Iterator[Document]:
        state = arguments.get("state") or "installed"
        late = self._host.faults.offered_late
        if late is not None and state == "installed":
            self._host.faults.offered_late = None
            self._host.add(late)
        found = [one for one in self._host.found(superseded=False) if not one.installed]
        filtered = {one.id: reasons for one in found if (reasons := self._reasons(one, arguments))}
        chosen = [one for one in found if one.id not in filtered]
        yield {
            "task": "search_result",
            "result": {
                "updates": [self._described(one) for one in found],
                "filtered": [{"id": identifier, "reasons": reasons} for identifier, reasons in filtered.items()],
            },
        }
        exit_result: Document = {
            "action": None,
            "changed": bool(chosen) and state != "searched" and check_mode,
            "failed": False,
            "reboot_required": self._host.reboot_pending,
            "exception": None,
        }
        if chosen and state != "searched" and not check_mode:
            if self._host.reboot_pending:
                exit_result.update(
                    failed=True,
                    changed=False,
                    exception={"message": "A reboot is required before more updates can be installed"},
                )
            else:
                yield from self._downloaded(chosen, exit_result)
                if state == "installed":
                    yield from self._installed(chosen, exit_result)
        yield {"task": "exit", "result": exit_result}

    def _downloaded(self, chosen: list[Update], exit_result: Document) -> t.Iterator[Document]:
        """Of what is there already nothing is said."""
        absent = [one for one in chosen if not one.downloaded]
        if absent:
            info = [{"id": one.id, "result_code": SUCCEEDED, "hresult": 0} for one in absent]
            yield {"task": "download_result", "result": {"info": info}}
            exit_result["changed"] = True
        for one in absent:
            one.downloaded = True

    def _installed(self, chosen: list[Update], exit_result: Document) -> t.Iterator[Document]:
        if len(chosen) > 1 and any(one.exclusive for one in chosen):
            conflict = {"message": "Exception from HRESULT: 0x80240019", "hresult": signed(EXCLUSIVE_INSTALL_CONFLICT)}
            exit_result.update(failed=True, exception=conflict)
            return
        exit_result["changed"] = True
        if self._host.faults.outlives:
            self._host.under_way, chosen = chosen[1:], chosen[:1]
        attempts = [self._host.install(one) for one in chosen]
        yield {
            "task": "install_result",
            "result": {
                "info": [
                    {
                        "id": one.id,
                        "result_code": attempt.result_code,
                        "hresult": attempt.hresult,
                        "reboot_required": one.pending,
                    }
                    for one, attempt in zip(chosen, attempts, strict=True)
                ]
            },
        }
        exit_result["reboot_required"] = self._host.reboot_pending
        failed = [attempt for attempt in attempts if attempt.result_code != SUCCEEDED]
        if failed:
            message = "Failed to install all updates - see updates for more information"
            exit_result.update(failed=True, exception={"message": message, "hresult": signed(failed[0].hresult)})

    def _reasons(self, update: Update, arguments: Document) -> list[str]:
        """Why win_updates leaves an update out."""
        text = update.title + " ".join(f"KB{number}" for number in update.kbs)  # glued together, as there

        def listed(name: str) -> bool:
            return any(re.search(pattern, text, re.IGNORECASE) for pattern in arguments.get(name) or ())

        wanted = arguments.get("category_names") or ["CriticalUpdates", "SecurityUpdates", "UpdateRollups"]
        names = {_COMMON_NAMES.get(name, name).lower() for name in wanted}
        own = {name.lower() for name in self._names(update)}
        tests = {
            "accept_list": not (self._host.faults.ignores_expressions or listed("accept_list"))
            and bool(arguments.get("accept_list")),
            "reject_list": listed("reject_list"),
            "hidden": update.hidden,
            "category_names": "*" not in names and not names & own,
            "skip_optional": bool(arguments.get("skip_optional")) and update.browse_only,
        }
        return [reason for reason, leaves_out in tests.items() if leaves_out]

    def _names(self, update: Update) -> list[str]:
        return [CATEGORIES[identifier].called(self._host.language) for identifier in update.categories]

    def _described(self, update: Update) -> Document:
        """All that the module tells of an update; its action plugin keeps a part."""
        return {
            "auto_download": "LetWindowsUpdateDecide",
            "auto_select_on_websites": True,
            "auto_selection": "LetWindowsUpdateDecide",
            "browse_only": update.browse_only,
            "categories": self._names(update),
            "deployment_action": "Installation",
            "description": "",
            "id": update.id,
            "impact": "RequiresExclusiveHandling" if update.exclusive else "Normal",
            "is_beta": False,
            "is_downloaded": update.downloaded,
            "is_hidden": update.hidden,
            "is_installed": update.installed,
            "is_mandatory": False,
            "is_present": False,
            "is_uninstallable": False,
            "kb": [f"KB{number}" for number in update.kbs],
            "reboot_behaviour": "CanRequestReboot" if update.needs_reboot else "NeverReboots",
            "reboot_required": update.pending,
            "revision_number": update.revision,
            "title": update.title,
            "type": "Driver" if update.driver else "Software",
        }
