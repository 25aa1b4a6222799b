# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. SNS topics that EventBridge brings alerts to, with their subscriptions."""

from __future__ import annotations

import fnmatch
import json
import re
import typing as t

from .._schedule.errors import ScheduleError
from . import tags
from .change import Change, Resource
from .reading import Reader, together

NAME = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
NAMES = "1 to 256 letters, digits, _ and -; topics that end in .fifo take no e-mail"
PROTOCOLS = ("email", "email-json", "http", "https", "lambda", "sms", "sqs")
# Up to the last @ of the authority. A / ? or # in it ends the authority early, at what is no port then.
PASSWORD = re.compile(r"(?<=://)([^:/?#\s]*):([^/?#\s]*|(?![0-9]*[/?#])\S*)@")
UNENCODED = re.compile(r"[/?#]")
MEMBERS = ("name", "display_name", "kms_master_key_id", "subscriptions", "tags")
CLEARABLE = ("display_name", "kms_master_key_id")
DEFAULTS: Resource = {"subscriptions": [], "tags": {}}
ATTRIBUTES = {"display_name": "DisplayName", "kms_master_key_id": "KmsMasterKeyId"}
ASSIGNED = ("topic_arn",)
PENDING, GONE = "PendingConfirmation", "Deleted"
PUBLISHER = "events.amazonaws.com"
STATEMENT_ID = "patchopsFleetEvents"


class Found(t.NamedTuple):
    """A topic, and what of it users do not write."""

    resource: Resource
    policy: Resource
    arns: t.Dict[
        t.Tuple[str, str], str
    ]  # of subscriptions, by protocol and endpoint; PENDING before they are confirmed

    @property
    def pending(self) -> t.List[Resource]:
        return [_subscription(*key) for key, arn in sorted(self.arns.items()) if arn == PENDING]


def arn_of(sts: t.Any, region: str, name: str) -> str:
    """The ARN that a topic of this name has, or will have. `sts`: an Api of that service."""
    caller = sts.ask("find out the account", "get_caller_identity")
    return "arn:%s:sns:%s:%s:%s" % (caller["Arn"].split(":")[1], region, caller["Account"], name)


def read(api: t.Any, arn: str) -> t.Optional[Found]:
    answer = api.find("read topic %s" % arn, "get_topic_attributes", TopicArn=arn)
    if answer is None:
        return None
    attributes = answer["Attributes"]
    policy = json.loads(attributes.get("Policy") or "{}")
    rows = api.rows(
        "list the subscriptions of topic %s" % arn, "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn
    )
    arns = {
        (row["Protocol"], masked(row["Endpoint"])): row["SubscriptionArn"]
        for row in rows
        if row["SubscriptionArn"] != GONE
    }
    resource: Resource = {
        "name": arn.rpartition(":")[2],
        "topic_arn": arn,
        "events_allowed": events_allowed(policy, arn),
        "subscriptions": [_subscription(*key) for key in sorted(arns)],
        "tags": tags.read_of(api, "ResourceArn", arn),
    }
    for member, attribute in ATTRIBUTES.items():
        if attributes.get(attribute):
            resource[member] = attributes[attribute]
    return Found(resource, policy, arns)


def _subscription(protocol: str, endpoint: str) -> Resource:
    return {"protocol": protocol, "endpoint": endpoint}


def masked(endpoint: str) -> str:
    """An endpoint as SNS shows it, without the password."""
    return PASSWORD.sub(r"\1:****@", endpoint)


def passwords(subscriptions: t.Any) -> t.List[str]:
    """What must not be shown of subscriptions as users write them."""
    written = [one.get("endpoint") for one in subscriptions or [] if isinstance(one, dict)]
    return [found.group(2) for found in map(PASSWORD.search, map(str, written)) if found and found.group(2)]


def events_allowed(policy: Resource, arn: str) -> bool:
    """Whether EventBridge may publish to the topic.

    A statement with a condition does not count: "You can't use of Condition blocks in Amazon SNS topic policies for
    EventBridge" (EventBridge user guide, resource-based policies).
    """
    return any(_allows(statement, arn) for statement in _statements(policy))


def _statements(policy: Resource) -> t.List[Resource]:
    written = policy.get("Statement") or []
    return written if isinstance(written, list) else [written]


def _allows(statement: Resource, arn: str) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
    actions = [action.lower() for action in _listed(statement.get("Action"))]
    return (
        statement.get("Effect") == "Allow"
        and PUBLISHER in services
        and any(fnmatch.fnmatchcase("sns:publish", action) for action in actions)
        and any(fnmatch.fnmatchcase(arn, pattern) for pattern in _listed(statement.get("Resource")))
        and not statement.get("Condition")
    )


def _listed(value: t.Any) -> t.List[str]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def with_events_allowed(policy: Resource, arn: str) -> Resource:
    """The policy with one statement more; those of others stay."""
    ours = {
        "Sid": STATEMENT_ID,
        "Effect": "Allow",
        "Principal": {"Service": PUBLISHER},
        "Action": "sns:Publish",
        "Resource": arn,
    }
    others = [statement for statement in _statements(policy) if statement.get("Sid") != STATEMENT_ID]
    return {"Version": "2012-10-17", **policy, "Statement": [*others, ours]}


def plan(before: t.Optional[Resource], options: Resource, arn: str, purge: t.Mapping[str, bool]) -> Change:
    """What `options` ask of a topic: None keeps what is, empty text clears. `purge`: of subscriptions, of tags.

    Raises ScheduleError with all that is wrong.
    """
    given = {name: value for name, value in options.items() if value is not None and name in MEMBERS}
    kept = {name: value for name, value in (before or {}).items() if name in MEMBERS}
    reader = Reader("topic")
    with together(ScheduleError, tags.reserved(kept.get("tags", {}), given.get("tags"), "topic")):
        declared = _declared({**DEFAULTS, **kept, **given}, reader)
    wanted = declared["subscriptions"]
    if not purge["subscriptions"]:
        wanted = [*kept.get("subscriptions", []), *wanted]
    unique = {(one["protocol"], one["endpoint"]): one for one in wanted}
    after = {
        **declared,
        "topic_arn": arn,
        "events_allowed": True,
        "subscriptions": [unique[key] for key in sorted(unique)],
        "tags": tags.wanted(kept.get("tags", {}), given.get("tags"), purge["tags"]),
    }
    return Change(before, after, ASSIGNED)


def _declared(written: Resource, reader: Reader) -> Resource:
    resource: Resource = {"name": reader.matching("name", written["name"], NAME, NAMES)}
    for member, longest in (("display_name", 100), ("kms_master_key_id", 2048)):
        if written.get(member):
            resource[member] = reader.text(member, written[member], longest)
    resource["subscriptions"] = []
    for index, one in enumerate(written["subscriptions"]):
        where = "subscriptions[%d]." % index
        endpoint = reader.text(where + "endpoint", one["endpoint"], 2048)
        protocol = reader.choice(where + "protocol", one["protocol"], PROTOCOLS)
        _refuse_foreign(reader, where + "endpoint", protocol, endpoint)
        resource["subscriptions"].append(_subscription(protocol, masked(endpoint)))
    reader.tags(written["tags"])
    reader.finish()
    return resource


# What endpoints of a protocol look like; SNS refuses others only once a message is sent.
ENDPOINTS = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+\Z"), "an address, such as patching@example.com"),
    "http": (re.compile(r"http://\S+\Z"), "an address that begins with http://"),
    "https": (re.compile(r"https://\S+\Z"), "an address that begins with https://"),
    "lambda": (re.compile(r"arn:[\w-]+:lambda:\S+\Z"), "the ARN of a function"),
    "sms": (re.compile(r"\+[0-9]{5,15}\Z"), "a number such as +491701234567, in quotes"),
    "sqs": (re.compile(r"arn:[\w-]+:sqs:\S+\Z"), "the ARN of a queue"),
}
ENDPOINTS["email-json"] = ENDPOINTS["email"]


def _refuse_foreign(reader: Reader, member: str, protocol: str, endpoint: str) -> None:
    pattern, words = ENDPOINTS[protocol]
    if endpoint and not pattern.match(endpoint):
        reader.problem(member, "'%.80s' is no endpoint of %s: %s", masked(endpoint), protocol, words)
    if any(map(UNENCODED.search, passwords([{"endpoint": endpoint}]))):
        reader.problem(member, "has a / ? or # in its password: write %2F, %3F or %23")


def kept_pending(found: t.Optional[Found], change: Change) -> t.List[Resource]:
    """Subscriptions that should go and cannot: SNS has no way to end one before it is confirmed."""
    wanted = (change.after or {}).get("subscriptions", [])
    return [one for one in found.pending if one not in wanted] if found and change.after else []


def keep(change: Change, subscriptions: t.Sequence[Resource]) -> Change:
    """The same change, in which these subscriptions stay."""
    after = dict(change.after or {})
    after["subscriptions"] = sorted([*after["subscriptions"], *subscriptions], key=_order)
    return Change(change.before, after, change.assigned)


def _order(subscription: Resource) -> t.Tuple[str, str]:
    return subscription["protocol"], subscription["endpoint"]


def apply(api: t.Any, change: Change, found: t.Optional[Found], written: t.Sequence[Resource]) -> None:
    """Make the change. `written`: the subscriptions with their passwords."""
    before, after = change.before, change.after
    if after is None:
        if before:
            api.remove("delete topic %s" % before["name"], "delete_topic", TopicArn=before["topic_arn"])
        return
    arn = after["topic_arn"]
    if before is None:
        _create(api, after)
        found = read(api, arn)
    else:
        _set_attributes(api, arn, change)
        tags.apply_to(api, "ResourceArn", arn, change)
    if found and not found.resource["events_allowed"]:
        text = json.dumps(with_events_allowed(found.policy, arn))
        doing = "let EventBridge publish to topic %s" % after["name"]
        api.change(doing, "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=text)
    _subscribe(api, change, found, written)


def _create(api: t.Any, after: Resource) -> None:
    request: Resource = {"Name": after["name"]}
    attributes = {ATTRIBUTES[member]: after[member] for member in ATTRIBUTES if member in after}
    if attributes:
        request["Attributes"] = attributes
    if after["tags"]:
        request["Tags"] = tags.to_api(after["tags"])
    api.change("create topic %s" % after["name"], "create_topic", **request)


def _set_attributes(api: t.Any, arn: str, change: Change) -> None:
    for member, attribute in ATTRIBUTES.items():
        if change.altered(member):
            value = (change.after or {}).get(member, "")
            doing = "set %s of topic %s" % (member, arn.rpartition(":")[2])
            api.change(doing, "set_topic_attributes", TopicArn=arn, AttributeName=attribute, AttributeValue=value)


def _subscribe(api: t.Any, change: Change, found: t.Optional[Found], written: t.Sequence[Resource]) -> None:
    after = change.after or {}
    arns = found.arns if found else {}
    wanted = {_order(one) for one in after["subscriptions"]}
    whole = {(one["protocol"], masked(one["endpoint"])): one["endpoint"] for one in written}
    for key in sorted(wanted - set(arns)):
        doing = "subscribe %s to topic %s" % (key[1], after["name"])
        api.change(doing, "subscribe", TopicArn=after["topic_arn"], Protocol=key[0], Endpoint=whole[key])
    for key in sorted(set(arns) - wanted):
        doing = "end the subscription of %s to topic %s" % (key[1], after["name"])
        api.remove(doing, "unsubscribe", SubscriptionArn=arns[key])


def publish(api: t.Any, arn: str, subject: str, message: str) -> str:
    """The id of the message. Whoever is subscribed gets it."""
    doing = "publish a message to topic %s" % arn.rpartition(":")[2]
    return api.change(doing, "publish", TopicArn=arn, Subject=subject, Message=message)["MessageId"]
