# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules answer, in a file for each host. A task that writes it would take as long as most modules do."""

from __future__ import annotations

import json
import os
import pathlib

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: answers
type: notification
short_description: Write what modules answer into files
description: Each host has a file of its name in the folder that E(PATCHOPS_ANSWERS) names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "answers"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result):
        self._write(result, False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, True)

    def _write(self, result, failed):
        """What `register` would have kept."""
        path = pathlib.Path(os.environ["PATCHOPS_ANSWERS"], f"{result._host.get_name()}.json")
        path.write_text(json.dumps({"changed": False, **result._result, "failed": failed}))
