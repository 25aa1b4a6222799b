# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a task of a maintenance window runs with: TaskInvocationParameters of the API."""

from __future__ import annotations

import json
import re
import typing as t

from .change import Resource
from .reading import Reader, shown

MEMBERS = {
    "RUN_COMMAND": "run_command",
    "AUTOMATION": "automation",
    "LAMBDA": "lambda",
    "STEP_FUNCTIONS": "step_functions",
}
API = {"run_command": "RunCommand", "automation": "Automation", "lambda": "Lambda", "step_functions": "StepFunctions"}
# Members of ours and of the API, for each kind of task; a mapping has members of its own.
OUTPUT = {
    "cloud_watch_log_group_name": "CloudWatchLogGroupName",
    "cloud_watch_output_enabled": "CloudWatchOutputEnabled",
}
NOTIFICATION = {
    "notification_arn": "NotificationArn",
    "notification_events": "NotificationEvents",
    "notification_type": "NotificationType",
}
INSIDE = {
    "cloud_watch_output_config": ("CloudWatchOutputConfig", OUTPUT),
    "notification_config": ("NotificationConfig", NOTIFICATION),
}
SIMPLE = {
    "run_command": {
        "comment": "Comment",
        "document_hash": "DocumentHash",
        "document_hash_type": "DocumentHashType",
        "document_version": "DocumentVersion",
        "output_s3_bucket_name": "OutputS3BucketName",
        "output_s3_key_prefix": "OutputS3KeyPrefix",
        "parameters": "Parameters",
        "service_role_arn": "ServiceRoleArn",
        "timeout_seconds": "TimeoutSeconds",
    },
    "automation": {"document_version": "DocumentVersion", "parameters": "Parameters"},
    "lambda": {"client_context": "ClientContext", "payload": "Payload", "qualifier": "Qualifier"},
    "step_functions": {"input": "Input", "name": "Name"},
}
# Texts by their shortest and longest, as in botocore's model.
LENGTHS = {
    "comment": (0, 100),
    "document_hash": (0, 256),
    "output_s3_bucket_name": (3, 63),
    "output_s3_key_prefix": (0, 500),
    "service_role_arn": (1, 2048),
    "client_context": (1, 8000),
    "qualifier": (1, 128),
    "payload": (0, 4096),
    "input": (0, 4096),
    "name": (1, 80),
    "cloud_watch_log_group_name": (1, 512),
    "notification_arn": (1, 2048),
}
CHOICES = {"document_hash_type": ("Sha256", "Sha1"), "notification_type": ("Command", "Invocation")}
EVENTS = ("All", "InProgress", "Success", "TimedOut", "Cancelled", "Failed")
VERSION = re.compile(r"(\$LATEST|\$DEFAULT|[1-9][0-9]*)\Z")
JSON_TEXT = ("payload", "input")
OPERATION = {"Operation": ("Scan", "Install")}
REBOOT = {"RebootOption": ("RebootIfNeeded", "NoReboot")}
ANYTHING = None
# AWS's documents that patch, by the values that their parameters take (operations.md, 5). What runs in a maintenance
# window has its SnapshotId from Systems Manager (maintenance-windows.md, 4).
DOCUMENTS: t.Dict[str, t.Dict[str, t.Any]] = {
    "AWS-RunPatchBaseline": {
        **OPERATION,
        **REBOOT,
        "InstallOverrideList": ANYTHING,
        "BaselineOverride": ANYTHING,
        "AssociationId": ANYTHING,
        "StepTimeoutSeconds": range(1, 36001),
    },
    "AWS-RunPatchBaselineWithHooks": {
        **OPERATION,
        **REBOOT,
        "PreInstallHookDocName": ANYTHING,
        "PostInstallHookDocName": ANYTHING,
        "OnExitHookDocName": ANYTHING,
    },
    "AWS-RunPatchBaselineAssociation": {
        **OPERATION,
        **REBOOT,
        "AssociationId": ANYTHING,
        "BaselineTags": ANYTHING,
        "InstallOverrideList": ANYTHING,
    },
}
WITH_SNAPSHOT = ("AWS-RunPatchBaseline", "AWS-RunPatchBaselineWithHooks")
DOCUMENT_ARN = re.compile(r"\Aarn:[^:]+:ssm:[^:]*:[^:]*:document/")
FUNCTION_ARN = re.compile(r"\A(arn:[^:]+:lambda:[^:]*:)?([^:]*:)?function:")
# What may hold secrets: never part of a message.
CONFIDENTIAL = ("payload", "input", "client_context")


def from_api(raw: Resource) -> Resource:
    """Only what is set: AWS answers empty texts and mappings for what was not given."""
    invocation = {}
    for kind, member in API.items():
        settings = _settings_from_api(kind, raw.get(member) or {})
        if settings:
            invocation[kind] = settings
    return invocation


def _settings_from_api(kind: str, raw: Resource) -> Resource:
    settings: Resource = {name: raw[member] for name, member in SIMPLE[kind].items() if _set(raw.get(member))}
    if isinstance(settings.get("payload"), bytes):
        settings["payload"] = settings["payload"].decode("utf-8", "replace")
    if kind == "run_command":
        for name, (member, members) in INSIDE.items():
            inner = raw.get(member) or {}
            found = {one: inner[spelt] for one, spelt in members.items() if _set(inner.get(spelt))}
            if found:
                settings[name] = found
    return _without_idle_output(settings)


def _without_idle_output(settings: Resource) -> Resource:
    """Output that goes to no log group is what there is without a word about it."""
    idle = settings.get("cloud_watch_output_config") == {"cloud_watch_output_enabled": False}
    return {name: value for name, value in settings.items() if not (idle and name == "cloud_watch_output_config")}


def _set(value: t.Any) -> bool:
    return value not in (None, "", b"", [], {})


def to_api(invocation: Resource) -> Resource:
    return {API[kind]: settings_to_api(kind, settings) for kind, settings in invocation.items()}


def settings_to_api(kind: str, settings: Resource) -> Resource:
    raw = {member: settings[name] for name, member in SIMPLE[kind].items() if name in settings}
    if "Payload" in raw:
        raw["Payload"] = raw["Payload"].encode("utf-8")
    for name, (member, members) in INSIDE.items():
        if name in settings:
            raw[member] = {spelt: settings[name][one] for one, spelt in members.items() if one in settings[name]}
    return raw


def declared(reader: Reader, written: t.Any, task_type: str) -> Resource:
    """What is set of it; the reader notes what is wrong."""
    where = "task_invocation_parameters"
    kind = MEMBERS[task_type]
    given = reader.mapping(where, written, list(API))
    for other in given:
        if other != kind:
            reader.problem("%s.%s" % (where, other), "is not for a task of type %s; allowed: %s", task_type, kind)
    if kind not in given:
        return {}
    settings = declared_settings(reader, "%s.%s" % (where, kind), given[kind], kind)
    return {kind: settings} if settings else {}


def declared_settings(reader: Reader, where: str, written: t.Any, kind: str) -> Resource:
    """What is set of one kind's settings, `where` they stand; the reader notes what is wrong."""
    inside = list(INSIDE) if kind == "run_command" else []
    settings: Resource = {}
    for name, value in reader.mapping(where, written, [*SIMPLE[kind], *inside]).items():
        if not _set(value):
            continue
        member = "%s.%s" % (where, name) if where else name
        if name == "parameters":
            settings[name] = declared_parameters(reader, member, value, kind)
        elif name in INSIDE:
            settings[name] = _declared_inside(reader, member, value, INSIDE[name][1])
        else:
            settings[name] = _declared_value(reader, member, name, value)
    return _without_idle_output({name: value for name, value in settings.items() if _set(value)})


def refuse_for_document(reader: Reader, document: str, written: t.Any, elsewhere: bool) -> None:
    """Notes what a known document does not take of parameters, `written` as for `declared`. Other documents pass.

    `elsewhere`: the task has parameters in the member that the API deprecates, so that here may be none.
    """
    name = DOCUMENT_ARN.sub("", document)
    takes = DOCUMENTS.get(name)
    if takes is None:
        return
    command = (written.get("run_command") if isinstance(written, dict) else None) or {}
    parameters = (command.get("parameters") if isinstance(command, dict) else None) or {}
    if not isinstance(parameters, dict):  # noted already
        return
    given = {str(one): values if isinstance(values, list) else [values] for one, values in parameters.items()}
    where = "task_invocation_parameters.run_command.parameters"
    if not given.get("Operation") and not elsewhere:
        reader.problem(where + ".Operation", "is missing; allowed: %s", ", ".join(takes["Operation"]))
    for one, values in given.items():
        member = "%s.%s" % (where, one)
        if one == "SnapshotId" and name in WITH_SNAPSHOT:
            if any(values):
                reader.problem(member, "must not be given: in a maintenance window Systems Manager supplies it")
        elif one not in takes:
            reader.problem(member, "is unknown to %s; allowed: %s", name, ", ".join(takes))
        elif takes[one] is not ANYTHING:
            _refuse_values(reader, member, values, takes[one])


def _refuse_values(reader: Reader, member: str, values: t.Sequence[t.Any], allowed: t.Sequence[t.Any]) -> None:
    if len(values) > 1:
        reader.problem(member, "must have one value, not %d", len(values))
    texts = [value for value in values if isinstance(value, (str, int)) and not isinstance(value, bool)]
    spelt = "a whole number from %d to %d" % (allowed[0], allowed[-1]) if isinstance(allowed, range) else None
    for value in texts:  # what is none is noted already
        # a parameter of Parameter Store, which is filled in as the command is sent
        reference = isinstance(value, str) and value.startswith("{{")
        if not reference and str(value) not in map(str, allowed):
            reader.problem(member, "%s is not allowed; allowed: %s", shown(value), spelt or ", ".join(allowed))


def function_name(arn: str) -> str:
    """Of a function of Lambda, from its ARN or name, with or without a version."""
    return FUNCTION_ARN.sub("", arn).partition(":")[0]


def _declared_inside(reader: Reader, where: str, written: t.Any, members: t.Mapping[str, str]) -> Resource:
    return {
        name: _declared_value(reader, "%s.%s" % (where, name), name, value)
        for name, value in reader.mapping(where, written, list(members)).items()
        if _set(value)
    }


def _declared_value(reader: Reader, member: str, name: str, value: t.Any) -> t.Any:
    if name == "timeout_seconds":
        return reader.number(member, value, 30, 2592000)
    if name == "cloud_watch_output_enabled":
        return reader.flag(member, value)
    if name == "document_version":
        return reader.matching(member, _text(value), VERSION, "$DEFAULT, $LATEST or a number")
    if name in CHOICES:
        return reader.choice(member, value, CHOICES[name])
    if name == "notification_events":
        events = value if isinstance(value, list) else [value]
        return [reader.choice("%s[%d]" % (member, index), one, EVENTS) for index, one in enumerate(events)]
    if name in CONFIDENTIAL and not isinstance(value, str):
        reader.problem(member, "must be text; a mapping becomes it with the filter to_json")
        return ""
    shortest, longest = LENGTHS[name]
    text = reader.text(member, value, longest, shortest)
    if name in JSON_TEXT and _json(text) is None:
        reader.problem(member, "is no JSON; a mapping becomes it with the filter to_json")
    if name == "payload" and len(text) <= longest < len(text.encode("utf-8")):
        reader.problem(member, "must have %d bytes at most, not %d", longest, len(text.encode("utf-8")))
    return text


def declared_parameters(reader: Reader, where: str, written: t.Any, kind: str) -> Resource:
    """Parameters of the document by its own names. What it takes is not known here, but for the API's own limits."""
    if not isinstance(written, dict):
        reader.problem(where, "must be a mapping of parameters to lists of texts")
        return {}
    runbook = kind == "automation"
    if runbook and len(written) > 200:
        reader.problem(where, "must be 200 at most, not %d", len(written))
    parameters = {}
    for name, values in written.items():
        member = "%s.%s" % (where, name)
        parameters[str(name)] = reader.texts(member, values, 50 if runbook else 1000)
        if runbook and not 1 <= len(str(name)) <= 50:
            reader.problem(member, "names of parameters must have 1 to 50 characters")
        if runbook and not all(1 <= len(value) <= 512 for value in parameters[str(name)]):
            reader.problem(member, "values must have 1 to 512 characters")
    return parameters


def _text(value: t.Any) -> t.Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _json(text: str) -> t.Optional[str]:
    """The text in one spelling; None where it is no JSON."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None


def confidential(invocation: Resource) -> t.List[str]:
    """The values that are not to be shown."""
    return [settings[name] for settings in invocation.values() for name in CONFIDENTIAL if name in settings]


def comparable(invocation: Resource) -> Resource:
    """JSON counts by what it says, events in any order."""
    compared = {}
    for kind, settings in invocation.items():
        compared[kind] = dict(settings)
        for name in JSON_TEXT:
            if name in settings:
                compared[kind][name] = _json(settings[name]) or settings[name]
        config = settings.get("notification_config")
        if config and "notification_events" in config:
            events = sorted(config["notification_events"])
            compared[kind]["notification_config"] = {**config, "notification_events": events}
    return compared
