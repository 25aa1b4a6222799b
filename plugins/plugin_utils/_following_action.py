# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The controller's half of a module that waits for AWS: shows how far it is."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import tempfile
import threading
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

OPTION = "progress_file"
BETWEEN_LOOKS = 0.5  # seconds

Document = dict[str, t.Any]


class FollowingAction(ActionBase):
    """Its module adds lines to the file that the option OPTION names."""

    MODULE: t.ClassVar[str]

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Document | None = None) -> Document:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        # as ansible.builtin.normal does, which an action of the module's name replaces
        wrap_async = bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)
        with self._shown(arguments, task_vars, wrap_async):
            answer = self._execute_module(
                module_name=self.MODULE, module_args=arguments, task_vars=task_vars, wrap_async=wrap_async
            )
        result.update(answer)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    @contextlib.contextmanager
    def _shown(self, arguments: Document, task_vars: Document, wrap_async: bool) -> t.Iterator[None]:
        """What the module writes to its file of progress, as it comes: where it runs on the controller itself."""
        if wrap_async or self._connection.transport != "local" or arguments.get(OPTION):
            yield
            return
        descriptor, path = tempfile.mkstemp(prefix=self.MODULE.rpartition(".")[2] + "-")
        os.close(descriptor)
        arguments[OPTION] = path
        ended = threading.Event()
        follower = threading.Thread(target=_follow, args=(path, ended, task_vars.get("inventory_hostname", "")))
        follower.start()
        try:
            yield
        finally:
            ended.set()
            follower.join()
            pathlib.Path(path).unlink(missing_ok=True)


def _follow(path: str, ended: threading.Event, host: str) -> None:
    # a signal that this thread took would not wake the main one, which is to end the task
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    with pathlib.Path(path).open(encoding="utf-8") as progress:
        while True:
            last = ended.wait(BETWEEN_LOOKS)
            for line in progress:
                Display().display(f"[{host}] {line.rstrip()}")
            if last:
                return
