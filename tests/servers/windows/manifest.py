# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to have a module run, in both of its generations."""

from __future__ import annotations

import json
import typing as t

_SEPARATOR = "\0\0\0\0"  # between the bootstrap's text and the manifest
_WRAPPER = "module_wrapper.ps1"


class Call(t.NamedTuple):
    module: str  # without its collection
    arguments: dict[str, t.Any]  # without Ansible's own
    check_mode: bool

    @property
    def name(self) -> str:
        """The module, of win_updates with what it is called for: its action calls it several times."""
        operation = self.arguments.get("_operation")
        return f"{self.module} {operation}" if operation else self.module


def is_module_call(text: str) -> bool:
    return _SEPARATOR in text


def decode(text: str) -> Call:
    manifest = json.loads(text.split(_SEPARATOR, 1)[1])
    given = manifest["module_args"] if "module_args" in manifest else _arguments(manifest)  # up to 2.18, and since
    arguments = {name: value for name, value in given.items() if not name.startswith("_ansible_")}
    return Call(given["_ansible_module_name"].rpartition(".")[2], arguments, bool(given.get("_ansible_check_mode")))


def _arguments(manifest: dict[str, t.Any]) -> dict[str, t.Any]:
    wrapper = manifest["actions"][-1]
    if wrapper["name"] != _WRAPPER:
        raise ValueError(f"the last action is {wrapper['name']}, not {_WRAPPER}")
    variables = {variable["Name"]: variable["Value"] for variable in wrapper["params"]["Variables"]}
    return variables["complex_args"]
