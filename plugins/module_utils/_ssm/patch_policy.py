# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Patch policies of Quick Setup, as users write them and as parameters. Pure.

The API has one map of texts for all that a policy says: flags are "true" and "false", lists have commas, baselines are
JSON. Which parameters there are says the reference of ConfigurationDefinitionInput; OutputBucketRegion,
PatchBaselineRegion and RateControl... stand in the example of the user guide ("Using the Quick Setup API").
"""

from __future__ import annotations

import json
import re
import typing as t

from .._engine.errors import Problem
from .._engine.operating_systems import API_OPERATING_SYSTEMS
from .._schedule.errors import ScheduleError
from .._schedule.expressions import Cron, parse_schedule
from . import tags
from .change import Change, Resource
from .reading import Reader, shown, together

DEFINITION = "AWSQuickSetupType-PatchPolicy"
OPERATIONS = ("Scan", "ScanAndInstall")
REBOOTS = ("RebootIfNeeded", "NoReboot")
TEXTS = {
    "patch_policy_name": "PatchPolicyName",
    "patch_operation": "ConfigurationOptionsPatchOperation",
    "scan_schedule": "ConfigurationOptionsScanValue",
    "install_schedule": "ConfigurationOptionsInstallValue",
    "reboot_option": "RebootOption",
    "target_type": "TargetType",
    "target_tag_key": "TargetTagKey",
    "target_tag_value": "TargetTagValue",
    "resource_group_name": "ResourceGroupName",
    "rate_control_concurrency": "RateControlConcurrency",
    "rate_control_error_threshold": "RateControlErrorThreshold",
    "output_s3_bucket_name": "OutputS3BucketName",
    "output_s3_bucket_region": "OutputBucketRegion",
    "output_s3_key_prefix": "OutputS3KeyPrefix",
}
FLAGS = {
    "scan_next_interval": "ConfigurationOptionsScanNextInterval",
    "install_next_interval": "ConfigurationOptionsInstallNextInterval",
    "is_policy_attach_allowed": "IsPolicyAttachAllowed",
}
LISTS = {
    "target_instances": "TargetInstances",
    "target_accounts": "TargetAccounts",
    "target_organizational_units": "TargetOrganizationalUnits",
    "target_regions": "TargetRegions",
}
ROLES = {
    "local_deployment_administration_role_arn": "LocalDeploymentAdministrationRoleArn",
    "local_deployment_execution_role_name": "LocalDeploymentExecutionRoleName",
}
BASELINES = "SelectedPatchBaselines"
MEMBERS = ("name", "description", "patch_baselines", *TEXTS, *FLAGS, *LISTS, *ROLES, "tags")
DEFAULTS: Resource = {
    "patch_operation": "Scan",
    "scan_next_interval": False,
    "is_policy_attach_allowed": False,
    "target_type": "*",
    "tags": {},
}
INSTALL_DEFAULTS: Resource = {"reboot_option": "RebootIfNeeded", "install_next_interval": False}
# Members that stand for one value of another, and say nothing with any other.
OF_INSTALL = ("install_schedule", "install_next_interval", "reboot_option")
OF_TARGET = {
    "*": (),
    "InstanceIds": ("target_instances",),
    "ResourceGroups": ("resource_group_name",),
    "Tags": ("target_tag_key", "target_tag_value"),
}
OF_OUTPUT = ("output_s3_bucket_region", "output_s3_key_prefix")
WHERE = ("target_accounts", "target_organizational_units")
ASSIGNED = ("manager_arn", "status", "status_message", "type_version", "created_date", "modified_date")
FAILED = ("FAILED", "DELETE_FAILED", "STOP_FAILED", "STOPPED")
RUNNING = ("INITIALIZING", "DEPLOYING", "DELETING", "STOPPING")
A_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]\Z"), "a Region, such as eu-central-1"
PATTERNS = {
    "name": (re.compile(r"[ A-Za-z0-9._-]{1,120}\Z"), "1 to 120 of letters, digits, blanks and . _ -"),
    "rate_control_concurrency": (re.compile(r"([1-9][0-9]*|[0-9]+%)\Z"), "a number from 1 on, or a percentage"),
    "rate_control_error_threshold": (re.compile(r"([0-9]+|[0-9]+%)\Z"), "a number or a percentage"),
    "output_s3_bucket_name": (re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z"), "the name of a bucket"),
    "output_s3_bucket_region": A_REGION,
}
LIST_PATTERNS = {
    "target_accounts": (re.compile(r"[0-9]{12}\Z"), "an account of 12 digits"),
    "target_organizational_units": (
        re.compile(r"(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})\Z"),
        "an organizational unit, such as ou-ab12-0123abcd, or a root, r-ab12",
    ),
    "target_regions": A_REGION,
    "target_instances": (re.compile(r"m?i-[0-9a-f]{8,17}\Z"), "the id of a node"),
}


def definition(manager: Resource) -> Resource:
    """That of the patch policy; empty where a configuration manager has none."""
    return next((one for one in manager.get("ConfigurationDefinitions", []) if one["Type"] == DEFINITION), {})


def from_api(manager: Resource) -> Resource:
    """An answer of GetConfigurationManager in the form that users write. Empty parameters are not set."""
    found = definition(manager)
    given = {name: value for name, value in found.get("Parameters", {}).items() if value}
    resource: Resource = {"name": manager.get("Name", ""), "manager_arn": manager["ManagerArn"]}
    if manager.get("Description"):
        resource["description"] = manager["Description"]
    resource.update({member: given[name] for member, name in TEXTS.items() if name in given})
    resource.update({member: given[name] == "true" for member, name in FLAGS.items() if name in given})
    resource.update({member: _split(given[name]) for member, name in LISTS.items() if name in given})
    resource.update({member: found[name] for member, name in ROLES.items() if found.get(name)})
    resource["patch_baselines"] = {system: one["value"] for system, one in selected(given).items()}
    resource["tags"] = manager.get("Tags", {})
    for member, name in (("created_date", "CreatedAt"), ("modified_date", "LastModifiedAt")):
        if name in manager:
            resource[member] = manager[name].isoformat()
    resource["type_version"] = found.get("TypeVersion", "")
    return {**without_idle(resource), **status(manager)}


def without_idle(resource: Resource) -> Resource:
    """Without what says nothing beside the rest, and with what holds where AWS was told nothing."""
    known = {**DEFAULTS, **resource}
    installs = known["patch_operation"] == "ScanAndInstall"
    known = {**INSTALL_DEFAULTS, **known} if installs else known
    idle = [] if installs else [*OF_INSTALL]
    idle += [one for kind, members in OF_TARGET.items() if kind != known["target_type"] for one in members]
    idle += [] if known.get("output_s3_bucket_name") else OF_OUTPUT
    return {name: value for name, value in known.items() if name not in idle and value not in ("", None, [])}


def _split(text: str) -> t.List[str]:
    return sorted(filter(None, (one.strip() for one in text.split(","))))


def selected(given: t.Mapping[str, str]) -> Resource:
    """The baselines that parameters choose, by operating system, each with value, label, description and disabled."""
    try:
        chosen = json.loads(given.get(BASELINES) or "{}")
    except ValueError:
        return {}
    return chosen if isinstance(chosen, dict) else {}


def status(manager: Resource) -> Resource:
    """Of all that goes on for a manager: what has failed, else what goes on, else how it ended."""
    summaries = sorted(manager.get("StatusSummaries", []), key=_urgency)
    if not summaries:
        return {"status": "NONE"}
    worst = summaries[0]
    details = "; ".join("%s: %s" % one for one in sorted(worst.get("StatusDetails", {}).items()))
    message = worst.get("StatusMessage", "")
    words = "%s (%s)" % (message, details) if message and details else message or details
    return {"status": worst.get("Status", "NONE"), **({"status_message": words} if words else {})}


def _urgency(summary: Resource) -> int:
    one = summary.get("Status")
    return 0 if one in FAILED else 1 if one in RUNNING else 2


def parameters(resource: Resource, chosen: Resource, region: str, before: t.Mapping[str, str]) -> t.Dict[str, str]:
    """The whole map. What `before` has and nobody wrote stays; what is not set any more is empty text.

    `chosen`: as `selected` answers; `region`: where these baselines are.
    """
    ours = {name: str(resource.get(member, "")) for member, name in TEXTS.items()}
    ours.update({name: str(resource[member]).lower() for member, name in FLAGS.items() if member in resource})
    ours.update({name: ",".join(resource.get(member, [])) for member, name in LISTS.items()})
    if resource.get("target_organizational_units") and resource["target_type"] == "*":
        ours["TargetType"] = ""  # "Don't specify a value for this parameter if you're deploying to OUs"
    ours["OutputLogEnableS3"] = "true" if resource.get("output_s3_bucket_name") else "false"
    ours[BASELINES] = json.dumps(chosen, sort_keys=True)
    account = _account(resource.get("manager_arn", ""))
    of_aws = all(_account(one["value"]) not in ("", account) for one in chosen.values())
    ours["PatchBaselineUseDefault"] = "default" if of_aws else "custom"
    ours["PatchBaselineRegion"] = region
    return {**before, **{name: value for name, value in ours.items() if value or name in before}}


def _account(identifier: str) -> str:
    """That of an ARN; empty for an id, which AWS's own baselines do not go by."""
    return identifier.split(":")[4] if identifier.startswith("arn:") else ""


def plan(before: t.Optional[Resource], options: Resource, purge_tags: bool) -> Change:
    """What `options` ask of a policy. None keeps what is. Raises ScheduleError with all that is wrong."""
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    reader = Reader("")
    _refuse_idle(reader, given, kept)
    _replace(kept, given)
    merged = {**kept, **given}
    merged["patch_baselines"] = {**kept.get("patch_baselines", {}), **_mapping(given.get("patch_baselines"))}
    merged["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), purge_tags)
    reserved = [Problem("tags", one.message) for one in tags.reserved(kept.get("tags", {}), given.get("tags"), "")]
    with together(ScheduleError, reserved):
        after = declared(without_idle(merged), reader, given)
    if before is None:
        return Change(None, after, ASSIGNED)
    return Change(before, {**after, **{name: before[name] for name in ASSIGNED if name in before}}, ASSIGNED)


def _mapping(value: t.Any) -> Resource:
    return value if isinstance(value, dict) else {}


def _replace(kept: Resource, given: Resource) -> None:
    """Accounts or organizational units: who gives the one, and not the other, means it in place of the other."""
    for one, other in (WHERE, WHERE[::-1]):
        if given.get(one) and not given.get(other):
            kept.pop(other, None)


def _refuse_idle(reader: Reader, given: Resource, kept: Resource) -> None:
    """Options that say nothing beside the others."""
    both = {**DEFAULTS, **kept, **given}
    if both["patch_operation"] == "Scan":
        for name in OF_INSTALL:
            if name in given:
                reader.problem(name, "says nothing with patch_operation Scan; give ScanAndInstall, or leave it out")
    for kind, members in OF_TARGET.items():
        for name in members:
            if name in given and both["target_type"] != kind:
                reader.problem(name, "says nothing with target_type %s; it belongs to %s", both["target_type"], kind)
    for name in OF_OUTPUT:
        if given.get(name) and not both.get("output_s3_bucket_name"):
            reader.problem(name, "says nothing without output_s3_bucket_name")


def declared(written: Resource, reader: Reader, given: Resource) -> Resource:
    """A whole policy; lists are in order. Only what was `given` is looked at closely: AWS has the rest already."""
    resource = dict(written)
    if "name" in written:
        resource.setdefault("patch_policy_name", written["name"])
    else:
        reader.problem("name", "is missing: it is what a new policy is called")
    reader.text("description", written.get("description", ""), 512, 0)
    for name, (pattern, allowed) in PATTERNS.items():
        if given.get(name) and name in resource:
            reader.matching(name, resource[name], pattern, allowed)
    _read_schedules(resource, reader, given)
    _read_targets(resource, reader, given)
    _read_baselines(given.get("patch_baselines"), reader)
    if "output_s3_bucket_name" in resource and "output_s3_bucket_region" not in resource:
        reader.problem("output_s3_bucket_region", "is missing: the Region of the bucket")
    resource["tags"] = reader.tags(resource["tags"])
    reader.finish()
    return resource


def _read_schedules(resource: Resource, reader: Reader, given: Resource) -> None:
    wanted = ["scan_schedule"] + (["install_schedule"] if resource["patch_operation"] == "ScanAndInstall" else [])
    for name in wanted:
        if name not in resource:
            reader.problem(name, "is missing: a cron expression, such as cron(0 1 * * ? *)")
        try:
            if name in given and not isinstance(parse_schedule(resource[name], name), Cron):
                reader.problem(name, "%s is not allowed; patch policies take cron() alone", shown(resource[name]))
        except ScheduleError as error:
            reader.problems += error.problems


def _read_targets(resource: Resource, reader: Reader, given: Resource) -> None:
    for name, (pattern, allowed) in LIST_PATTERNS.items():
        if name in resource:
            values = reader.texts(name, resource[name], 1000)
            for index, one in enumerate(values if name in given else []):
                reader.matching("%s[%d]" % (name, index), one, pattern, allowed)
            resource[name] = sorted(set(values))
    where = [name for name in WHERE if resource.get(name)]
    if len(where) != 1:
        reader.problem("target_accounts", "either this or target_organizational_units is needed, not both")
    if not resource.get("target_regions"):
        reader.problem("target_regions", "is missing: at least one Region")
    kind = resource["target_type"]
    for name in OF_TARGET[kind]:
        if not resource.get(name):
            reader.problem(name, "is missing: target_type %s needs it", kind)
    if where == ["target_organizational_units"] and kind in ("InstanceIds", "ResourceGroups"):
        reader.problem("target_type", "%s is for accounts; organizational units take * and Tags", kind)


def _read_baselines(given: t.Any, reader: Reader) -> None:
    """The names of baselines are looked up later."""
    if given is None:
        return
    if not isinstance(given, dict):
        reader.problem("patch_baselines", "must be a mapping of operating systems to baselines, not %s", shown(given))
        return
    for system, one in given.items():
        where = "patch_baselines.%s" % system
        if system not in API_OPERATING_SYSTEMS:
            reader.problem(where, "is no operating system; allowed: %s", ", ".join(API_OPERATING_SYSTEMS))
        if not isinstance(one, str) or not one:
            reader.problem(where, "must be the id, the ARN or the name of a baseline, or default, not %s", shown(one))
