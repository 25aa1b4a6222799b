# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What documents of one's own say: their parameters, and the steps of Command documents. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from .state import Resource

ANYTHING = re.compile(r"(?s).*")
# Where an action runs; what is not named here runs everywhere.
PLATFORMS = {
    "aws:runShellScript": ("Linux", "MacOS"),
    "aws:runPowerShellScript": ("Windows", "Linux"),
    "aws:domainJoin": ("Windows", "Linux"),
    "aws:applications": ("Windows",),
    "aws:psModule": ("Windows",),
}
EVERYWHERE = ("Windows", "Linux", "MacOS")


class Parameter(t.NamedTuple):
    """`default` None: it has to be given."""

    name: str
    type: str
    default: t.Any = None
    allowed: tuple[str, ...] | re.Pattern[str] = ANYTHING
    description: str = ""

    @property
    def required(self) -> bool:
        return self.default is None

    @property
    def values(self) -> list[str]:
        """The default as the value of a parameter."""
        default = [] if self.default in (None, "") else self.default
        return [_text(one) for one in (default if isinstance(default, list) else [default])]

    def described(self) -> Resource:
        """As DescribeDocument has it."""
        described = {"Name": self.name, "Type": self.type, "Description": self.description}
        return described if self.required else {**described, "DefaultValue": _text(self.default)}


def _text(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def parameters_of(content: Resource) -> dict[str, Parameter]:
    found = {}
    for name, one in (content.get("parameters") or {}).items():
        allowed: t.Any = ANYTHING
        if "allowedValues" in one:
            allowed = tuple(_text(value) for value in one["allowedValues"])
        elif "allowedPattern" in one:
            allowed = re.compile(one["allowedPattern"])
        found[name] = Parameter(name, one["type"], one.get("default"), allowed, one.get("description", ""))
    return found


def command_steps(content: Resource) -> dict[str, tuple[str, ...]]:
    """Names of steps, each with the platforms that it runs on. Schema 1.2 has plugins without names of steps."""
    if "runtimeConfig" in content:
        return {name: PLATFORMS.get(name, EVERYWHERE) for name in content["runtimeConfig"]}
    steps = {}
    for one in content["mainSteps"]:
        platforms = PLATFORMS.get(one["action"], EVERYWHERE)
        condition = one.get("precondition", {}).get("StringEquals", [])
        if len(condition) == 2 and condition[0] == "platformType":
            platforms = tuple(name for name in platforms if name == condition[1])
        steps[one["name"]] = platforms
    return steps


def platforms_of(content: Resource) -> list[str]:
    if "runtimeConfig" not in content and "mainSteps" not in content:
        return []
    steps = command_steps(content)
    return [name for name in EVERYWHERE if any(name in platforms for platforms in steps.values())]
