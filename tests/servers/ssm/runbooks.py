# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automation documents: AWS's that patch, by what their pages say of parameters and steps, and one's own."""

from __future__ import annotations

import typing as t

from .document_content import Parameter, parameters_of
from .documents import parameter_problems
from .errors import SSMError
from .own_documents import active_content
from .state import Region, Resource


class Runbook(t.NamedTuple):
    """Steps are as in `mainSteps`; those of AWS have neither inputs nor branches here."""

    parameters: dict[str, Parameter]
    steps: tuple[Resource, ...]
    outputs: tuple[str, ...] = ()

    def values(self, given: dict[str, list[str]]) -> dict[str, list[str]]:
        """What is given, and the defaults of the others."""
        return {name: given.get(name) or one.values for name, one in self.parameters.items()}


def _parameters(*required: str, **defaults: str) -> dict[str, Parameter]:
    declared = {name: Parameter(name, "String") for name in required}
    return {**declared, **{name: Parameter(name, "String", default) for name, default in defaults.items()}}


def _steps(**actions: str) -> tuple[Resource, ...]:
    return tuple({"name": name, "action": f"aws:{action}"} for name, action in actions.items())


RUNBOOKS = {
    "AWS-PatchInstanceWithRollback": Runbook(
        _parameters("InstanceId", AutomationAssumeRole="", LambdaAssumeRole="", ReportS3Bucket=""),
        _steps(
            createDocumentStack="createStack",
            IdentifyRootVolume="invokeLambdaFunction",
            PrePatchSnapshot="executeAutomation",
            installMissingUpdates="runCommand",
            SleepThruInstallation="invokeLambdaFunction",
            CheckCompliance="invokeLambdaFunction",
            SaveComplianceReportToS3="invokeLambdaFunction",
            ReportSuccessOrFailure="invokeLambdaFunction",
            RestoreFromSnapshot="invokeLambdaFunction",
            DeleteSnapshot="invokeLambdaFunction",
            deleteCloudFormationTemplate="deleteStack",
        ),
    ),
    # Its page does not name the steps: these are ours.
    "AWS-PatchAsgInstance": Runbook(
        _parameters(
            "InstanceId", AutomationAssumeRole="", LambdaRoleArn="", WaitForInstance="PT2M", WaitForReboot="PT5M"
        ),
        _steps(CreateStack="createStack", PatchInstance="runCommand", DeleteStack="deleteStack"),
    ),
}


def runbook(region: Region, request: Resource) -> Runbook:
    name = request["DocumentName"].rpartition("document/")[2]
    version = request.get("DocumentVersion", "$DEFAULT")
    if name in RUNBOOKS:
        if version not in ("1", "$DEFAULT", "$LATEST"):
            raise _no_version(name, version)
        return RUNBOOKS[name]
    try:
        content = active_content(region, name, version, "Automation")
    except SSMError as error:
        if error.code == "InvalidDocumentVersion":
            raise _no_version(name, version) from error
        raise SSMError("AutomationDefinitionNotFoundException", f"There is no runbook {name}") from error
    return Runbook(parameters_of(content), tuple(content["mainSteps"]), tuple(content.get("outputs", ())))


def _no_version(name: str, version: str) -> SSMError:
    return SSMError("AutomationDefinitionVersionNotFoundException", f"Runbook {name} has no version {version}")


def refuse_parameters(found: Runbook, given: dict[str, list[str]], elsewhere: t.Collection[str] = ()) -> None:
    """`elsewhere`: parameters that targets supply."""
    known = {name: one.allowed for name, one in found.parameters.items()}
    required = [name for name, one in found.parameters.items() if one.required and name not in elsewhere]
    problems = parameter_problems(known, required, given)
    problems += [f"{name} is not a parameter of the document" for name in elsewhere if name not in known]
    if problems:
        raise SSMError("InvalidAutomationExecutionParametersException", "; ".join(problems))
