# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook of schema 0.3 may not say (the user guide's reference of actions, and of elements of runbooks)."""

from __future__ import annotations

import re
import typing as t

from .state import Resource


class Action(t.NamedTuple):
    """Inputs that must be given; `|` stands between those of which one is enough. None: outputs are not known here."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] | None = ()


API = ("Service", "Api")
ACTIONS = {
    "aws:approve": Action(("Approvers",), ("ApprovalStatus", "ApproverDecisions")),
    "aws:assertAwsResourceProperty": Action((*API, "PropertySelector", "DesiredValues")),
    "aws:branch": Action(("Choices",)),
    "aws:changeInstanceState": Action(("InstanceIds", "DesiredState"), ("InstanceStates",)),
    "aws:copyImage": Action(("SourceImageId", "SourceRegion", "ImageName"), ("ImageId", "ImageState")),
    "aws:createImage": Action(("InstanceId", "ImageName"), ("ImageId", "ImageState")),
    "aws:createStack": Action(("StackName",), ("StackId", "StackStatus", "StackStatusReason")),
    "aws:createTags": Action(("ResourceIds", "Tags")),
    "aws:deleteImage": Action(("ImageId",)),
    "aws:deleteStack": Action(("StackName",)),
    "aws:executeAutomation": Action(("DocumentName",), ("ExecutionId", "Status", "Output")),
    "aws:executeAwsApi": Action(API),
    "aws:executeScript": Action(("Runtime", "Handler", "Script|Attachment"), ("Payload",)),
    "aws:executeStateMachine": Action(("stateMachineArn",), None),
    "aws:invokeLambdaFunction": Action(
        ("FunctionName",), ("StatusCode", "FunctionError", "LogResult", "Payload", "OutputPayload")
    ),
    "aws:invokeWebhook": Action(("IntegrationName",), None),
    "aws:loop": Action(("Steps",), None),
    "aws:pause": Action(),
    "aws:runCommand": Action(("DocumentName",), ("CommandId", "Status", "ResponseCode", "Output", "OutputPayload")),
    "aws:runInstances": Action(("ImageId",), ("InstanceIds", "InstanceStates")),
    "aws:sleep": Action(("Duration|Timestamp",)),
    "aws:updateVariable": Action(("Name", "Value")),
    "aws:waitForAwsResourceProperty": Action((*API, "PropertySelector", "DesiredValues")),
}
MEMBERS = {
    *("name", "action", "description", "inputs", "outputs", "maxAttempts", "timeoutSeconds", "onFailure", "onCancel"),
    *("isCritical", "isEnd", "nextStep"),
}
# Those of Python 3.6 to 3.8 are refused since December 2024.
RUNTIMES = re.compile(r"python3\.(9|10|11)|PowerShell( Core)? [67]\.[0-9]")
GLOBALS = re.compile(r"(global:(DATE|DATE_TIME|REGION)|automation:EXECUTION_ID|variable:\w+|ssm:.+|secret:.+)")
REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
NAME = re.compile(r"[a-zA-Z0-9_]{3,128}")


def problems(content: Resource) -> list[str]:
    """All that is wrong with it."""
    steps = content.get("mainSteps")
    if not isinstance(steps, list) or not steps:
        return ["mainSteps is missing"]
    found = []
    names = [one.get("name", "") for one in steps]
    found += [f"step {name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    for name, one in (content.get("parameters") or {}).items():
        if not isinstance(one, dict) or "type" not in one:
            found.append(f"parameter {name} has no type")
    known = _references(content, steps)
    for step in steps:
        found += [f"step {step.get('name', '')}: {words}" for words in _of_step(step, names, known)]
    for one in content.get("outputs") or ():
        if one not in known:
            found.append(f"outputs: {one} is no output of a step")
    return found + [f"assumeRole: {one} is not known" for one in _unknown(content.get("assumeRole", ""), known)]


def _references(content: Resource, steps: list[Resource]) -> set[str]:
    """What can stand between braces; `step.*` where the outputs of a step are not known."""
    known = set(content.get("parameters") or {})
    for step in steps:
        declared = [one.get("Name") for one in step.get("outputs") or ()]
        of_action = ACTIONS.get(step.get("action", ""), Action(outputs=None)).outputs
        outputs = ["*"] if of_action is None else [*of_action, *declared]
        known.update(f"{step.get('name')}.{one}" for one in outputs)
    return known


def _of_step(step: Resource, names: list[str], known: set[str]) -> t.Iterator[str]:
    if not NAME.fullmatch(step.get("name", "")):
        yield "its name has 3 to 128 letters, digits and _"
    for member in sorted(set(step) - MEMBERS):
        yield f"{member} is not known"
    action = ACTIONS.get(step.get("action", ""))
    if action is None:
        yield f"{step.get('action')} is no action"
        return
    inputs = step.get("inputs") or {}
    for required in action.inputs:
        if not set(required.split("|")) & set(inputs):
            yield f"input {required} is missing"
    if step["action"] == "aws:executeScript" and not RUNTIMES.fullmatch(str(inputs.get("Runtime"))):
        yield f"runtime {inputs.get('Runtime')} is not supported"
    yield from _jumps(step, inputs, names)
    for one in _unknown(inputs, known):
        yield f"{one} is not known"


def _jumps(step: Resource, inputs: Resource, names: list[str]) -> t.Iterator[str]:
    targets = [step["nextStep"]] if "nextStep" in step else []
    for member, plain in (("onFailure", ("Abort", "Continue")), ("onCancel", ("Abort",))):
        value = step.get(member, "Abort")
        if value.startswith("step:"):
            targets.append(value.removeprefix("step:"))
        elif value not in plain:
            yield f"{member} {value} is not known"
    if step["action"] == "aws:branch":
        targets += [one["NextStep"] for one in inputs.get("Choices", ())]
        targets += [inputs["Default"]] if "Default" in inputs else []
    for one in targets:
        if one not in names:
            yield f"there is no step {one} to go to"
    if step.get("isEnd") and "nextStep" in step:
        yield "isEnd and nextStep exclude each other"


def _unknown(value: t.Any, known: set[str]) -> list[str]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _unknown(inner, known)]
    if isinstance(value, list):
        return [one for inner in value for one in _unknown(inner, known)]
    found = REFERENCE.findall(value) if isinstance(value, str) else []
    return [
        one
        for one in found
        if one not in known and f"{one.partition('.')[0]}.*" not in known and not GLOBALS.fullmatch(one)
    ]
