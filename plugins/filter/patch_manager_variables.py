# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on AWS, as variables; documented in patch_manager_variables.yml."""

from __future__ import annotations

import typing as t

import yaml

from ..module_utils._plain import plain
from ..module_utils._ssm.variables import variables

# Text of AWS is not to be trusted, and parameters of runbooks have such marks of their own ({{ RESOURCE_ID }}): Ansible
# would evaluate it wherever it finds it in a file of variables, unless it is marked.
TEMPLATE_MARKS = ("{{", "{%", "{#")


def patch_manager_variables(actual: t.Any, tag_key: str = "Patch Group") -> dict[str, t.Any]:
    written = variables(t.cast("dict[str, t.Any]", plain(actual)), str(tag_key))
    return {**written, "yaml": _document(written)}


def _document(written: dict[str, t.Any]) -> str:
    """A file of variables; what is left out stands in it as comments, and is kept from a purge by its id."""
    head = ["# Read from AWS. Applied as it is, it changes nothing."]
    for one in written["left_out"]:
        words = " ".join(f"{one['kind']} {one['name']}: {one['reason']}".split())
        head.append(f"# Left out: {words}")
    # a kind that is given and empty would let a purge delete all of it
    body: dict[str, t.Any] = {
        name: written[name] for name in ("patch_baselines", "maintenance_windows") if written[name]
    }
    if written["left_out"]:
        body["aws_patch_manager_keep"] = sorted({one["id"] for one in written["left_out"]})
    text = yaml.dump(body, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=160, allow_unicode=True)
    return "\n".join(["---", *head, text])


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: t.Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    if any(mark in text for mark in TEMPLATE_MARKS):
        return dumper.represent_scalar("!unsafe", text, style='"')
    return dumper.represent_str(text)


_Dumper.add_representer(str, _text)


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"patch_manager_variables": patch_manager_variables}
