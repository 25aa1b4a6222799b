# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Command (operations.md, 4)."""

from __future__ import annotations

import datetime
import re
import typing as t

from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import parse_instant

from .documents import document, refuse_parameters
from .errors import SSMError, invalid
from .nodes import Node, named
from .paging import page
from .running import Command, Invocation
from .state import Region, Resource, only

POLLS = ("ListCommands", "ListCommandInvocations", "GetCommandInvocation")
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STORED = 24_000  # characters that GetCommandInvocation answers of output
STORED_ERRORS = 8_000
LISTED = 2_500  # and ListCommandInvocations
ERRORS_FOLLOW = "\n----------ERROR-------\n"
SENT = (
    *("DocumentName", "Comment", "Parameters", "InstanceIds", "Targets", "OutputS3BucketName", "OutputS3KeyPrefix"),
    *("NotificationConfig", "CloudWatchOutputConfig", "TimeoutSeconds"),
)
ENDED = ("Success", "Failed", "TimedOut", "Cancelled")


def send_command(region: Region, request: Resource) -> Resource:
    if bool(request.get("InstanceIds")) == bool(request.get("Targets")):
        raise invalid("Either InstanceIds or Targets must be given, and not both")
    found = document(region, request)
    refuse_parameters(found, request.get("Parameters", {}))
    _refuse_output(region, request)
    if request.get("InstanceIds"):
        nodes = _by_id(region, request["InstanceIds"])
        if any(node.platform not in found.platforms for node in nodes):
            raise SSMError("UnsupportedPlatformType", f"{request['DocumentName']} does not run on all of these nodes")
    else:
        nodes = _by_targets(region, request["Targets"])
    limit = region.simulation.pending_limit
    refused = "" if nodes else "NoInstancesInTag"
    if limit is not None and len(nodes) > limit:
        nodes, refused = [], "RateExceeded"
    command = Command(
        region.new_uuid(),
        request,
        found,
        region.now,
        [Invocation(node) for node in nodes],
        region.simulation.unseen_polls,
        "Targets" in request,
        refused,
    )
    region.commands[command.id] = command
    return {"Command": _shown(command, region)}


def _by_id(region: Region, identifiers: list[str]) -> list[Node]:
    """One that cannot be reached refuses the whole call."""
    if len(set(identifiers)) < len(identifiers):
        raise SSMError("DuplicateInstanceId", "An id is given twice")
    known = {one for one, node in region.nodes.items() if node.online}.difference(region.simulation.leaving)
    unfit = [one for one in identifiers if one not in known]
    if unfit:
        raise SSMError("InvalidInstanceId", f"Instances {unfit} not in a valid state for account {region.account}")
    return [region.nodes[one] for one in identifiers]


def _by_targets(region: Region, targets: list[Resource]) -> list[Node]:
    """Nodes that fit all targets, each by one of its values. Offline ones are among them."""
    found = list(region.nodes.values())
    for target in targets:
        key, values = target.get("Key", ""), target.get("Values", [])
        if key == "InstanceIds":
            found = [node for node in found if "*" in values or node.id in values]
        elif key.startswith("tag:"):
            found = [node for node in found if node.tags.get(key.removeprefix("tag:")) in values]
        elif key == "tag-key":
            found = [node for node in found if set(values) & set(node.tags)]
        elif key == "resource-groups:Name":
            found = [node for node in found if set(values) & set(node.resource_groups)]
        else:
            raise invalid(f"Target key {key} is not valid")
    return found


def _refuse_output(region: Region, request: Resource) -> None:
    bucket = request.get("OutputS3BucketName")
    if bucket and bucket not in s3_backends[region.account]["aws"].buckets:
        raise SSMError("InvalidOutputFolder", f"There is no bucket {bucket}")
    notification = request.get("NotificationConfig", {})
    if not notification:
        return
    if notification.get("NotificationArn") not in sns_backends[region.account][region.name].topics:
        raise SSMError("InvalidNotificationConfig", f"There is no topic {notification.get('NotificationArn')}")
    if not request.get("ServiceRoleArn", "").startswith("arn:"):
        raise SSMError("InvalidRole", "Notifications need ServiceRoleArn, a role that may publish to the topic")


def proceed(region: Region) -> None:
    """Bring everything that is under way to the Region's time."""
    for command in region.commands.values():
        command.proceed(region)


def _seen(region: Region, request: Resource) -> list[Command]:
    """The commands that are asked for; each look brings a command closer to being seen. Pages are of one look."""
    proceed(region)
    identifier = request.get("CommandId")
    found = list(region.commands.values()) if identifier is None else [_known(region, identifier)]
    if "NextToken" not in request:
        for command in found:
            command.looks += 1
    return found


def _known(region: Region, identifier: str) -> Command:
    if not IDENTIFIER.fullmatch(identifier) or identifier not in region.commands:
        raise SSMError("InvalidCommandId", f"There is no command {identifier}")
    return region.commands[identifier]


def list_commands(region: Region, request: Resource) -> Resource:
    found = _seen(region, request)
    if "InstanceId" in request:
        found = [one for one in found if named(region, request["InstanceId"]).id in one.by_node]
    rows = [
        _shown(one, region)
        for one in sorted(found, key=lambda one: one.requested, reverse=True)
        if _fits(region, request, one.request["DocumentName"], one.requested, (one.status(region.now),))
    ]
    return page(rows, request, "Commands", region.pages, "InvalidNextToken")


def list_command_invocations(region: Region, request: Resource) -> Resource:
    rows = []
    for command in _seen(region, request):
        for one in command.invocations if command.visible else ():
            statuses = (one.status(region.now), one.details(region.now))
            if request.get("InstanceId", one.node.id) == one.node.id and _fits(
                region, request, command.request["DocumentName"], command.requested, statuses
            ):
                rows.append((command, one))
    answer = page(rows, request, "CommandInvocations", region.pages, "InvalidNextToken")
    details = request.get("Details", False)
    answer["CommandInvocations"] = [_invocation(*row, region, details) for row in answer["CommandInvocations"]]
    return answer


def _fits(
    region: Region, request: Resource, name: str, requested: datetime.datetime, statuses: t.Collection[str]
) -> bool:
    tests = {
        "InvokedAfter": lambda value: requested > parse_instant(value, "InvokedAfter"),
        "InvokedBefore": lambda value: requested < parse_instant(value, "InvokedBefore"),
        "Status": lambda value: value in statuses,
        "ExecutionStage": lambda value: (value == "Complete") == bool(set(statuses) & set(ENDED)),
        "DocumentName": lambda value: value == name,
    }
    return all(tests[one["key"]](one["value"]) for one in request.get("Filters", ()))


def _shown(command: Command, region: Region) -> Resource:
    now = region.now
    ended = [one.end for one in command.invocations if one.ended]
    known = command.visible or not command.targeted
    return {
        **only(command.request, *SENT),
        "CommandId": command.id,
        "DocumentVersion": command.request.get("DocumentVersion", "$DEFAULT"),
        "Comment": command.request.get("Comment", ""),
        "ExpiresAfter": command.expires,
        "RequestedDateTime": command.requested,
        "InstanceIds": command.request.get("InstanceIds", []),
        "Targets": command.request.get("Targets", []),
        "Status": command.status(now),
        "StatusDetails": command.details(now),
        "MaxConcurrency": command.request.get("MaxConcurrency", "50"),
        "MaxErrors": command.request.get("MaxErrors", "0"),
        "TargetCount": len(command.invocations) if known else 0,
        "CompletedCount": len(ended),
        "ErrorCount": command.errors,
        "DeliveryTimedOutCount": ended.count("DeliveryTimedOut"),
        "ServiceRole": command.request.get("ServiceRoleArn", ""),
    }


def _invocation(command: Command, one: Invocation, region: Region, details: bool) -> Resource:
    answer = {
        "CommandId": command.id,
        "InstanceId": one.node.id,
        "InstanceName": one.node.name,
        "Comment": command.request.get("Comment", ""),
        "DocumentName": command.request["DocumentName"],
        "DocumentVersion": command.request.get("DocumentVersion", "$DEFAULT"),
        "RequestedDateTime": one.sent or command.requested,
        "Status": one.status(region.now),
        "StatusDetails": one.details(region.now),
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": [],
        "ServiceRole": command.request.get("ServiceRoleArn", ""),
        **only(command.request, "NotificationConfig", "CloudWatchOutputConfig"),
    }
    if details:
        answer["CommandPlugins"] = [_plugin(command, one, name, region) for name in command.document.steps]
    return answer


class _Step(t.NamedTuple):
    status: str
    details: str
    code: int
    output: str = ""
    error: str = ""


def _step(command: Command, one: Invocation, name: str, region: Region) -> _Step:
    """What became of one step: those for other platforms are skipped, and count as successes."""
    details = one.details(region.now)
    if one.starts is None or one.starts > region.now:
        # what never began has no steps to tell of, and no exit code
        return _Step(_of_plugin(one.status(region.now)), details, -1)
    if one.node.platform not in command.document.steps[name]:
        return _Step("Success", "Success", 0, _skipped(command, name))
    if not one.ended:
        return _Step("InProgress", "InProgress", -1)
    work = one.work
    if work is None or one.end not in ("Success", "Failed"):
        return _Step(_of_plugin(one.status(region.now)), details, -1)
    error = work.error + f"\nfailed to run commands: exit status {work.exit_code}" * bool(work.exit_code)
    return _Step(one.end, one.end, work.exit_code, work.output, error)


def _of_plugin(status: str) -> str:
    """Steps are never delayed, nor being cancelled."""
    return {"Delayed": "Pending", "Cancelling": "InProgress"}.get(status, status)


def _skipped(command: Command, name: str) -> str:
    (platform, *_others) = command.document.steps[name]
    condition = f"'\"StringEquals\": [platformType, {platform}]'"
    return f"Step execution skipped due to unsatisfied preconditions: {condition}. Step name: {name}"


def _plugin(command: Command, one: Invocation, name: str, region: Region) -> Resource:
    step = _step(command, one, name, region)
    output = step.output + (ERRORS_FOLLOW + step.error if step.error else "")
    answer = {
        "Name": name,
        "Status": step.status,
        "StatusDetails": step.details,
        "ResponseCode": step.code,
        "Output": output[:LISTED],
        "StandardOutputUrl": _url(command, one, name, region, "stdout"),
        "StandardErrorUrl": _url(command, one, name, region, "stderr"),
        "OutputS3Region": region.name,
        "OutputS3BucketName": command.request.get("OutputS3BucketName", ""),
        "OutputS3KeyPrefix": command.request.get("OutputS3KeyPrefix", ""),
    }
    if one.starts and one.starts <= region.now:
        answer["ResponseStartDateTime"] = one.starts
        if one.ended and one.ends:
            answer["ResponseFinishDateTime"] = one.ends
    return {key: value for key, value in answer.items() if not (key == "OutputS3BucketName" and not value)}


def _url(command: Command, one: Invocation, name: str, region: Region, stream: str) -> str:
    bucket = command.request.get("OutputS3BucketName")
    if not bucket:
        return ""
    prefix = "".join(f"{part}/" for part in (command.request.get("OutputS3KeyPrefix", ""),) if part)
    path = f"{prefix}{command.id}/{one.node.id}/awsrunShellScript/{name}/{stream}"
    return f"https://s3.{region.name}.amazonaws.com/{bucket}/{path}"


def get_command_invocation(region: Region, request: Resource) -> Resource:
    """Without PluginName, a document of several steps tells no output and no exit code."""
    (command,) = _seen(region, request)
    one = command.by_node.get(request["InstanceId"])
    if one is None or not command.visible:
        raise SSMError("InvocationDoesNotExist", "")
    steps = list(command.document.steps)
    name = request.get("PluginName", steps[0] if len(steps) == 1 else "")
    if name and name not in steps:
        raise SSMError("InvalidPluginName", f"There is no step {name}")
    step = _step(command, one, name, region) if name else _Step("", "", -1)
    began = one.starts if one.starts and one.starts <= region.now else None
    ended = one.ends if began and one.ended else None
    return {
        "CommandId": command.id,
        "InstanceId": one.node.id,
        "Comment": command.request.get("Comment", ""),
        "DocumentName": command.request["DocumentName"],
        "DocumentVersion": command.request.get("DocumentVersion", "$DEFAULT"),
        "PluginName": name,
        "ResponseCode": step.code,
        "ExecutionStartDateTime": _written(began),
        "ExecutionElapsedTime": f"PT{(ended - began).total_seconds():g}S" if began and ended else "",
        "ExecutionEndDateTime": _written(ended),
        "Status": one.status(region.now),
        "StatusDetails": one.details(region.now),
        "StandardOutputContent": step.output[:STORED],
        "StandardOutputUrl": _url(command, one, name, region, "stdout"),
        "StandardErrorContent": step.error[:STORED_ERRORS],
        "StandardErrorUrl": _url(command, one, name, region, "stderr"),
        "CloudWatchOutputConfig": command.request.get(
            "CloudWatchOutputConfig", {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False}
        ),
    }


def _written(moment: datetime.datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") if moment else ""


def cancel_command(region: Region, request: Resource) -> Resource:
    """No promise: what has ended stays as it is."""
    proceed(region)
    command = _known(region, request["CommandId"])
    identifiers = request.get("InstanceIds", [])
    if len(set(identifiers)) < len(identifiers):
        raise SSMError("DuplicateInstanceId", "An id is given twice")
    for one in identifiers:
        if one not in command.by_node:
            raise SSMError("InvalidInstanceId", f"The command was not sent to {one}")
    command.cancel(region.now, identifiers)
    return {}
