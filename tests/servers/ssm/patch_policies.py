# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of a patch policy, which are texts, held to what the API reference says of them."""

from __future__ import annotations

import json
import re
import typing as t

from .errors import SSMError

TYPE = "AWSQuickSetupType-PatchPolicy"
FLAGS = (
    *("ConfigurationOptionsScanNextInterval", "ConfigurationOptionsInstallNextInterval", "IsPolicyAttachAllowed"),
    *("OutputLogEnableS3", "HasDeletedBaseline"),
)
CHOICES = {
    **dict.fromkeys(FLAGS, ("true", "false")),
    "ConfigurationOptionsPatchOperation": ("Scan", "ScanAndInstall"),
    "PatchBaselineUseDefault": ("default", "custom", "true", "false"),
    "RebootOption": ("RebootIfNeeded", "NoReboot"),
    "TargetType": ("*", "InstanceIds", "ResourceGroups", "Tags"),
}
SCHEDULES = ("ConfigurationOptionsScanValue", "ConfigurationOptionsInstallValue")
NEEDED = ("PatchPolicyName", "SelectedPatchBaselines", "TargetRegions")
TARGETS = {
    "InstanceIds": ("TargetInstances",),
    "ResourceGroups": ("ResourceGroupName",),
    "Tags": ("TargetTagKey", "TargetTagValue"),
}
# The last rows stand in the example of the user guide alone ("Using the Quick Setup API").
KNOWN = {
    *(*CHOICES, *SCHEDULES, *NEEDED, *(one for members in TARGETS.values() for one in members)),
    *("OutputS3Location", "OutputS3BucketRegion", "OutputS3BucketName", "OutputS3KeyPrefix"),
    *("TargetAccounts", "TargetOrganizationalUnits"),
    *("OutputBucketRegion", "PatchBaselineRegion", "RateControlConcurrency", "RateControlErrorThreshold"),
}


def check_definition(definition: dict[str, t.Any]) -> None:
    """Raises ValidationException for all that is wrong with it, if it is a patch policy's. Empty text is no value."""
    if definition["Type"] != TYPE:
        return
    given = {name: value for name, value in definition["Parameters"].items() if value}
    problems = [*_unknown(definition["Parameters"]), *_values(given), *_targets(given)]
    if problems:
        raise SSMError("ValidationException", "; ".join(problems))


def _unknown(parameters: dict[str, str]) -> t.Iterator[str]:
    for name in sorted(set(parameters) - KNOWN):
        yield f"{name} is no parameter of a patch policy"


def _values(given: dict[str, str]) -> t.Iterator[str]:
    for name in NEEDED:
        if name not in given:
            yield f"{name} is required"
    for name, allowed in CHOICES.items():
        if given.get(name, allowed[0]) not in allowed:
            yield f"{name} must be one of {', '.join(allowed)}"
    for name in SCHEDULES:
        if not re.fullmatch(r"cron\(.+\)", given.get(name, "cron(x)")):
            yield f"{name} must be a cron expression"
    yield from _baselines(given.get("SelectedPatchBaselines", "{}"))


def _baselines(text: str) -> t.Iterator[str]:
    try:
        selected = json.loads(text)
    except ValueError:
        selected = None
    if not isinstance(selected, dict) or not all(
        isinstance(one, dict) and {"value", "label", "disabled"} <= set(one) for one in selected.values()
    ):
        yield "SelectedPatchBaselines must be JSON with value, label, description and disabled of each operating system"


def _targets(given: dict[str, str]) -> t.Iterator[str]:
    if ("TargetAccounts" in given) == ("TargetOrganizationalUnits" in given):
        yield "A value must be provided for either TargetAccounts or TargetOrganizationalUnits"
    for name in TARGETS.get(given.get("TargetType", "*"), ()):
        if name not in given:
            yield f"{name} is required with TargetType {given['TargetType']}"
