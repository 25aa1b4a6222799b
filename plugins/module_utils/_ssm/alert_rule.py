# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. EventBridge rules that bring events to a topic, as a sentence to read."""

from __future__ import annotations

import json
import re
import typing as t

from .._schedule.errors import ScheduleError
from . import tags
from .change import Change, Resource, ResourceError
from .reading import Reader, shown, together

NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}\Z")
VARIABLE = re.compile(r"(?!aws)[A-Za-z0-9_-]+\Z", re.IGNORECASE)
PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]+:[0-9]{12}:[\w.-]+\Z")
QUEUE_ARN = re.compile(r"arn:[\w-]+:sqs:[\w-]+:[0-9]{12}:[\w.-]+\Z")
MEMBERS = (
    *("name", "description", "enabled", "event_pattern", "topic_arn", "input_paths", "input_template"),
    *("dead_letter_arn", "tags"),
)
DEFAULTS: Resource = {"enabled": True, "input_paths": {}, "tags": {}}
LONGEST_PATTERN = 4096
TARGET_ID = "patchops-fleet-alerts"
# Members of rules and targets that are not ours, and would be erased by a call without them.
RULE_KEPT = ("ScheduleExpression", "RoleArn")
INPUTS = ("Input", "InputPath", "InputTransformer", "DeadLetterConfig")


class Found(t.NamedTuple):
    """A rule, and what of it users do not write."""

    resource: Resource
    rule: Resource  # DescribeRule's answer
    target: t.Optional[Resource]  # the one that leads to the topic, or is to
    targets: t.List[Resource]  # all of them
    former: t.Optional[Resource]  # ours, where it leads to another topic, and somebody's leads to this one


def read(api: t.Any, name: str, topic_arn: t.Optional[str]) -> t.Optional[Found]:
    """Raises ResourceError for a rule that a service of AWS manages. `topic_arn`: where it is to bring events."""
    rule = api.find("read rule %s" % name, "describe_rule", Name=name)
    if rule is None:
        return None
    if rule.get("ManagedBy"):
        raise ResourceError("Rule %s belongs to %s, which manages it: use another name" % (name, rule["ManagedBy"]))
    targets = api.rows("list the targets of rule %s" % name, "list_targets_by_rule", "Targets", Rule=name)
    # by hand somebody may have named the topic's target otherwise: a second one would tell everything twice
    ours = next((one for one in targets if one["Id"] == TARGET_ID), None)
    target = next((one for one in targets if one["Arn"] == topic_arn), ours)
    former = ours if target and ours and ours["Arn"] != target["Arn"] else None
    resource: Resource = {
        "name": rule["Name"],
        "enabled": rule.get("State") != "DISABLED",
        "event_pattern": json.loads(rule.get("EventPattern") or "{}"),
        "tags": tags.read_of(api, "ResourceARN", rule["Arn"]),
        "input_paths": {},
    }
    if rule.get("Description"):
        resource["description"] = rule["Description"]
    if target:
        resource.update(_destination(former or target))
    return Found(resource, rule, target, targets, former)


def _destination(target: Resource) -> Resource:
    transformer = target.get("InputTransformer", {})
    found = {"topic_arn": target["Arn"], "input_paths": dict(transformer.get("InputPathsMap", {}))}
    if transformer:
        found["input_template"] = _unquoted(transformer["InputTemplate"])
    if target.get("DeadLetterConfig"):
        found["dead_letter_arn"] = target["DeadLetterConfig"]["Arn"]
    return found


def _unquoted(template: str) -> str:
    """The sentence; a template of another form as it is."""
    try:
        text = json.loads(template)
    except ValueError:
        return template
    return text if isinstance(text, str) else template


def comparable(pattern: t.Any) -> t.Any:
    """Of a pattern, in one form: its lists say what may occur, in no order."""
    if isinstance(pattern, dict):
        return {name: comparable(inner) for name, inner in pattern.items()}
    if isinstance(pattern, list):
        return sorted((comparable(inner) for inner in pattern), key=lambda one: json.dumps(one, sort_keys=True))
    return pattern


def plan(before: t.Optional[Resource], options: Resource, purge_tags: bool) -> Change:
    """What `options` ask of a rule: None keeps what is, empty text clears.

    Raises ScheduleError with all that is wrong.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    reader = Reader("rule")
    with together(ScheduleError, tags.reserved(kept.get("tags", {}), given.get("tags"), "rule")):
        after = _declared({**DEFAULTS, **kept, **given}, reader)
    after["tags"] = tags.wanted(kept.get("tags", {}), given.get("tags"), purge_tags)
    if before and comparable(before["event_pattern"]) == comparable(after["event_pattern"]):
        after["event_pattern"] = before["event_pattern"]
    return Change(before, after, ())


def _declared(written: Resource, reader: Reader) -> Resource:
    resource: Resource = {
        "name": reader.matching("name", written["name"], NAME, "1 to 64 letters, digits, . - and _"),
        "enabled": reader.flag("enabled", written["enabled"]),
        "event_pattern": _pattern(reader, written.get("event_pattern")),
        "topic_arn": reader.matching("topic_arn", written.get("topic_arn"), TOPIC_ARN, "the ARN of a topic"),
        "input_paths": _paths(reader, written["input_paths"]),
    }
    if written.get("description"):
        resource["description"] = reader.text("description", written["description"], 512)
    if written.get("dead_letter_arn"):
        words = "the ARN of a queue of SQS"
        resource["dead_letter_arn"] = reader.matching("dead_letter_arn", written["dead_letter_arn"], QUEUE_ARN, words)
    if written.get("input_template"):
        resource["input_template"] = _template(reader, written["input_template"], resource["input_paths"])
    elif resource["input_paths"]:
        reader.problem("input_paths", "are not used without input_template")
    reader.tags(written["tags"])
    reader.finish()
    return resource


def _pattern(reader: Reader, written: t.Any) -> t.Any:
    pattern = written
    if isinstance(written, str):
        try:
            pattern = json.loads(written)
        except ValueError as error:
            reader.problem("event_pattern", "is no JSON: %s", error)
            return {}
    if not isinstance(pattern, dict) or not pattern:
        reader.problem("event_pattern", "must be a mapping that says something, not %s", shown(pattern))
        return {}
    _refuse_values(reader, "event_pattern", pattern)
    length = len(json.dumps(pattern))
    if length > LONGEST_PATTERN:
        reader.problem("event_pattern", "must have up to %d characters as JSON, not %d", LONGEST_PATTERN, length)
    return pattern


def _refuse_values(reader: Reader, path: str, pattern: Resource) -> None:
    for name, value in pattern.items():
        below = "%s.%s" % (path, name)
        if isinstance(value, dict):
            _refuse_values(reader, below, value)
        elif not isinstance(value, list) or not value:
            reader.problem(below, "must be a mapping, or a list of what may occur, not %s", shown(value))


def _paths(reader: Reader, written: t.Any) -> t.Dict[str, str]:
    if not isinstance(written, dict):
        reader.problem("input_paths", "must be a mapping, not %s", shown(written))
        return {}
    if len(written) > 100:
        reader.problem("input_paths", "must have up to 100 names, not %d", len(written))
    for name, path in written.items():
        if not VARIABLE.match(str(name)):
            reader.problem(
                "input_paths", "%s is no name: letters, digits, _ and -, not beginning with AWS", shown(name)
            )
        if not str(path).startswith("$."):
            reader.problem("input_paths.%s" % name, "%s is no path, such as $.detail.status", shown(path))
    return {str(name): str(path) for name, path in written.items()}


def _template(reader: Reader, written: t.Any, paths: t.Mapping[str, str]) -> str:
    text = reader.text("input_template", written, 8000)
    named = [name for name in PLACEHOLDER.findall(text) if not name.startswith("aws.events.")]
    unknown = sorted(set(named) - set(paths))
    if unknown:
        reader.problem("input_template", "input_paths has no %s", ", ".join(unknown))
    return text


def apply(api: t.Any, change: Change, found: t.Optional[Found]) -> None:
    after = change.after
    if after is None:
        if found:
            _delete(api, found)
        return
    if change.before is None or change.altered("event_pattern", "description", "enabled"):
        _put(api, change, found)
    if found:
        tags.apply_to(api, "ResourceARN", found.rule["Arn"], change)
    if change.before is None or change.altered("topic_arn", "input_paths", "input_template", "dead_letter_arn"):
        _put_target(api, after, found)


def _put(api: t.Any, change: Change, found: t.Optional[Found]) -> None:
    """PutRule writes the whole rule: what it is not given is erased. It takes tags of new rules alone."""
    after = change.after or {}
    state = "ENABLED" if after["enabled"] else "DISABLED"
    if found and not change.altered("enabled"):
        state = found.rule["State"]  # there are two ways to be enabled
    request: Resource = {"Name": after["name"], "EventPattern": json.dumps(after["event_pattern"]), "State": state}
    if "description" in after:
        request["Description"] = after["description"]
    if found:
        request.update({name: found.rule[name] for name in RULE_KEPT if found.rule.get(name)})
    elif after["tags"]:
        request["Tags"] = tags.to_api(after["tags"])
    api.change("%s rule %s" % ("change" if found else "create", after["name"]), "put_rule", **request)


def _put_target(api: t.Any, after: Resource, found: t.Optional[Found]) -> None:
    """PutTargets writes the whole target, and does not fail where it is refused: it counts."""
    before = found.target if found and found.target else {}
    target: Resource = {name: value for name, value in before.items() if name not in INPUTS}
    target = {"Id": TARGET_ID, **target, "Arn": after["topic_arn"]}
    if "input_template" in after:
        target["InputTransformer"] = {
            "InputPathsMap": after["input_paths"],
            "InputTemplate": json.dumps(after["input_template"], ensure_ascii=False),
        }
    if "dead_letter_arn" in after:
        target["DeadLetterConfig"] = {"Arn": after["dead_letter_arn"]}
    doing = "have rule %s tell topic %s" % (after["name"], after["topic_arn"])
    _counted(api, doing, "put_targets", Rule=after["name"], Targets=[target])
    if found and found.former:
        _remove_targets(api, after["name"], [TARGET_ID])


def _delete(api: t.Any, found: Found) -> None:
    name = found.rule["Name"]
    identifiers = [target["Id"] for target in found.targets]
    for start in range(0, len(identifiers), 100):
        _remove_targets(api, name, identifiers[start : start + 100])
    api.remove("delete rule %s" % name, "delete_rule", Name=name)


def _remove_targets(api: t.Any, name: str, identifiers: t.Sequence[str]) -> None:
    doing = "remove targets %s of rule %s" % (", ".join(identifiers), name)
    _counted(api, doing, "remove_targets", Rule=name, Ids=list(identifiers))


def _counted(api: t.Any, doing: str, operation: str, **request: t.Any) -> None:
    """A change that says in its answer what of it was not done, and is no error to the API."""
    answer = api.change(doing, operation, **request)
    if answer.get("FailedEntryCount"):
        api.changes.remove(doing)
        refused = answer.get("FailedEntries") or [{}]
        words = "; ".join(
            "target %s: %s: %s" % (one.get("TargetId", "?"), one.get("ErrorCode", "?"), one.get("ErrorMessage", "?"))
            for one in refused
        )
        raise ResourceError("Failed to %s: EventBridge took the call and refused %s" % (doing, words))
