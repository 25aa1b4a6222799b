# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that commands run: what they take, which steps they have on which platform (operations.md, 5)."""

from __future__ import annotations

import re
import typing as t

from .document_content import Parameter, command_steps, parameters_of
from .errors import SSMError
from .own_documents import active_content
from .state import Region, Resource

EVERYWHERE = ("Windows", "Linux", "MacOS")
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|")
URL = re.compile(r"|https://.+|s3://([^/]+)/(.*?([^/]+))")
OVERRIDE_URL = re.compile(r"|(https://|s3://)[^`\"'$]+")
NUMBER = re.compile(r"[1-9][0-9]{0,4}")
NAME = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}")
ANYTHING = re.compile(r"(?s).*")


class Document(t.NamedTuple):
    """Steps by their platforms; a parameter's allowed values; those that must be given."""

    steps: dict[str, tuple[str, ...]]
    parameters: dict[str, tuple[str, ...] | re.Pattern[str]]
    required: tuple[str, ...] = ()
    execution_timeout: int = 3600
    timeout_parameter: str = ""
    patches: bool = False  # it is Patch Manager's: nodes do what its parameters say

    @property
    def platforms(self) -> set[str]:
        return {platform for platforms in self.steps.values() for platform in platforms}

    def seconds(self, parameters: dict[str, list[str]]) -> int:
        """How long a node may work on it."""
        given = parameters.get(self.timeout_parameter)
        return int(given[0]) if given else self.execution_timeout


PATCHING = {
    "Operation": ("Scan", "Install"),
    "SnapshotId": GUID,
    "RebootOption": ("RebootIfNeeded", "NoReboot"),
}
EACH = {"PatchWindows": ("Windows",), "PatchLinux": ("Linux",), "PatchMacOS": ("MacOS",)}
DOCUMENTS = {
    "AWS-RunPatchBaseline": Document(
        EACH,
        {
            **PATCHING,
            "InstallOverrideList": URL,
            "BaselineOverride": OVERRIDE_URL,
            "AssociationId": ANYTHING,
            "StepTimeoutSeconds": NUMBER,
        },
        ("Operation",),
        7200,
        "StepTimeoutSeconds",
        patches=True,
    ),
    "AWS-RunPatchBaselineWithHooks": Document(
        {"RunPatchBaseline": EVERYWHERE},
        {
            **PATCHING,
            "PreInstallHookDocName": NAME,
            "PostInstallHookDocName": NAME,
            "OnExitHookDocName": NAME,
        },
        ("Operation",),
        7200,
        patches=True,
    ),
    "AWS-RunPatchBaselineAssociation": Document(
        EACH,
        {**PATCHING, "AssociationId": ANYTHING, "BaselineTags": ANYTHING, "InstallOverrideList": URL},
        ("Operation", "AssociationId"),
        7200,
        patches=True,
    ),
    "AWS-UpdateSSMAgent": Document(
        {"updateSsmAgent": EVERYWHERE}, {"version": ANYTHING, "allowDowngrade": ("true", "false")}
    ),
    "AWS-RunShellScript": Document(
        {"aws:runShellScript": ("Linux", "MacOS")},
        {"commands": ANYTHING, "workingDirectory": ANYTHING, "executionTimeout": NUMBER},
        ("commands",),
        3600,
        "executionTimeout",
    ),
    "AWS-RunPowerShellScript": Document(
        {"runPowerShellScript": ("Windows",)},
        {"commands": ANYTHING, "workingDirectory": ANYTHING, "executionTimeout": NUMBER},
        ("commands",),
        3600,
        "executionTimeout",
    ),
}


def document(region: Region, request: Resource) -> Document:
    """AWS's, or a Command document of one's own, in the version that is asked for."""
    name = request["DocumentName"].rpartition("document/")[2]
    version = request.get("DocumentVersion", "$DEFAULT")
    if name not in DOCUMENTS:
        return _own(active_content(region, name, version, "Command"))
    if version not in ("1", "$DEFAULT", "$LATEST"):
        raise SSMError("InvalidDocumentVersion", f"Document {name} has no version {version}")
    return DOCUMENTS[name]


def _own(content: Resource) -> Document:
    parameters = parameters_of(content)
    required = tuple(name for name, one in parameters.items() if one.required)
    return Document(command_steps(content), {name: one.allowed for name, one in parameters.items()}, required)


def described_parameters(found: Document) -> list[Resource]:
    """As DescribeDocument answers them, of AWS's documents."""
    return [Parameter(name, "String", None if name in found.required else "").described() for name in found.parameters]


def refuse_parameters(found: Document, given: dict[str, list[str]]) -> None:
    problems = parameter_problems(found.parameters, found.required, given)
    if problems:
        raise SSMError("InvalidParameters", "; ".join(problems))


def parameter_problems(
    known: t.Mapping[str, t.Any], required: t.Collection[str], given: dict[str, list[str]]
) -> list[str]:
    problems = [f"{name} is not a parameter of the document" for name in given if name not in known]
    problems += [f"{name} must be given" for name in required if not given.get(name)]
    for name, values in given.items():
        allowed = known.get(name, ANYTHING)
        for value in values:
            if value not in allowed if isinstance(allowed, tuple) else not allowed.fullmatch(value):
                problems.append(f"{name} may not be {value}")
    return problems
