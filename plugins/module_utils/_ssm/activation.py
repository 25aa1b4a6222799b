# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Activations, with which nodes outside EC2 register. AWS never changes one."""

from __future__ import annotations

import datetime
import re
import typing as t

from .._schedule.errors import ScheduleError
from .._schedule.reading import parse_instant
from . import tags
from .api import SSMError
from .change import Change, Resource, ResourceError
from .reading import Reader, is_plain, together
from .unrepeatable import Once

MEMBERS = ("default_instance_name", "iam_role", "description", "registration_limit", "tags")
DEFAULTS: Resource = {"registration_limit": 1, "tags": {}}
# Members that make no difference: AWS assigns them, or time changes them.
ASSIGNED = ("activation_id", "registrations_count", "expiration_date", "expired", "created_date")
ROLE = re.compile(r"[a-zA-Z0-9_+=,.@\-/]{1,64}\Z")
ROLES = "the name of an IAM role of up to 64 characters, with its path where it has one, and not its ARN"
TRIES = 3  # of a call whose answer is lost
LONGEST = datetime.timedelta(days=30)
LONGEST_HOURS = LONGEST // datetime.timedelta(hours=1)
# What AWS says of a role that is not there, and of one that it does not see yet.
UNSEEN_ROLE = "Nonexistent role"


class Made(t.NamedTuple):
    activation_id: str
    code: str  # AWS tells it in this one answer


def from_api(raw: Resource) -> Resource:
    """A row of DescribeActivations in the form that users write."""
    resource: Resource = {
        "activation_id": raw["ActivationId"],
        "iam_role": raw["IamRole"],
        "registration_limit": raw["RegistrationLimit"],
        "registrations_count": raw.get("RegistrationsCount", 0),
        "expiration_date": raw["ExpirationDate"].isoformat(),
        "expired": raw["Expired"],
        "created_date": raw["CreatedDate"].isoformat(),
        "tags": tags.from_api(raw.get("Tags", [])),
    }
    for name, member in (("default_instance_name", "DefaultInstanceName"), ("description", "Description")):
        if raw.get(member):
            resource[name] = raw[member]
    return resource


def usable(activation: Resource) -> bool:
    return not activation["expired"] and activation["registrations_count"] < activation["registration_limit"]


def expiration(options: Resource, now: datetime.datetime, reader: Reader) -> t.Optional[datetime.datetime]:
    """When a new activation is to expire; None where AWS decides."""
    if options.get("expires_after_hours") is not None:
        hours = reader.number("expires_after_hours", options["expires_after_hours"], 1, LONGEST_HOURS)
        return now + datetime.timedelta(hours=hours)
    if options.get("expiration_date") is None:
        return None
    try:
        expires = parse_instant(options["expiration_date"], "expiration_date")
    except ScheduleError as error:
        reader.problems += error.problems
        return None
    if not now < expires <= now + LONGEST:
        reader.problem(
            "expiration_date", "%s must be in the future, and within 30 days from now", options["expiration_date"]
        )
    return expires


def declared(options: Resource, now: datetime.datetime) -> t.Tuple[Resource, t.Optional[datetime.datetime]]:
    """A whole activation, and when it is to expire. Raises ScheduleError with all that is wrong."""
    written = {**DEFAULTS, **{name: options[name] for name in MEMBERS if options.get(name) not in (None, "")}}
    reader = Reader("")
    with together(ScheduleError, tags.reserved({}, written["tags"], "")):
        resource: Resource = {"iam_role": reader.matching("iam_role", written.get("iam_role"), ROLE, ROLES)}
        name = written.get("default_instance_name")
        if name:
            resource["default_instance_name"] = reader.text("default_instance_name", name, 256)
            if not is_plain(name):
                reader.problem("default_instance_name", "may hold letters, numbers, blanks and _ . : / = + - @ only")
        if "description" in written:
            resource["description"] = reader.text("description", written["description"], 256)
        resource["registration_limit"] = reader.number("registration_limit", written["registration_limit"], 1, 1000)
        resource["tags"] = reader.tags(written["tags"])
        expires = expiration(options, now, reader)
        reader.finish()
    return resource, expires


def fitting(found: t.Sequence[Resource], wanted: Resource, options: Resource) -> t.Optional[Resource]:
    """The newest activation that still serves and is as wanted, in its name, its role, and what the options give."""
    given = [name for name in MEMBERS if options.get(name) is not None]
    compared = {"default_instance_name", "iam_role", *given}
    fit = [one for one in found if usable(one) and all(one.get(member) == wanted.get(member) for member in compared)]
    return max(fit, key=lambda one: one["created_date"], default=None)


def listed(api: t.Any, **filters: t.Optional[str]) -> t.List[Resource]:
    """Activations, oldest first, expired ones too. Filters: activation_id, default_instance_name, iam_role."""
    keys = {"activation_id": "ActivationIds", "default_instance_name": "DefaultInstanceName", "iam_role": "IamRole"}
    asked = {name: value for name, value in filters.items() if value}
    request = {"Filters": [{"FilterKey": keys[name], "FilterValues": [value]} for name, value in asked.items()]}
    rows = [from_api(row) for row in api.rows("list activations", "describe_activations", "ActivationList", **request)]
    # once more, because the API does not say how its filters compare
    fit = [row for row in rows if all(row.get(name) == value for name, value in asked.items())]
    return sorted(fit, key=lambda row: (row["created_date"], row["activation_id"]))


def create(
    api: t.Any,
    wanted: Resource,
    expires: t.Optional[datetime.datetime],
    wait: t.Callable[[t.Callable[[], bool]], bool],
    once: Once,
) -> Made:
    """Make one. `wait` repeats until it is true: a role that was made just before is not seen at once."""
    spelling = {
        "default_instance_name": "DefaultInstanceName",
        "iam_role": "IamRole",
        "description": "Description",
        "registration_limit": "RegistrationLimit",
    }
    request = {member: wanted[name] for name, member in spelling.items() if name in wanted}
    if wanted["tags"]:
        request["Tags"] = tags.to_api(wanted["tags"])
    if expires is not None:
        request["ExpirationDate"] = expires
    doing = "create an activation for role %s" % wanted["iam_role"]
    known = {one["activation_id"] for one in _alike(api, wanted)}
    answers: t.List[Resource] = []
    refusals: t.List[SSMError] = []

    def accepted() -> bool:
        try:
            answers.append(_send(once, doing, request, lambda: _delete_lost(api, wanted, known)))
        except SSMError as error:
            if UNSEEN_ROLE not in str(error):
                raise
            refusals.append(error)
        return bool(answers)

    if not wait(accepted):
        raise ResourceError(
            "%s. Name a role that is there and that ssm.amazonaws.com may assume; where it was made just before, "
            "give a longer wait_timeout" % refusals[-1]
        )
    api.changes.append(doing)
    return Made(answers[0]["ActivationId"], answers[0]["ActivationCode"])


def _send(once: Once, doing: str, request: Resource, clear: t.Callable[[], None]) -> Resource:
    """The answer. The call has no client token, and one whose answer is lost made what serves nobody: `clear` it."""
    for tries_left in reversed(range(TRIES)):
        try:
            return once.send(doing, "create_activation", request)
        except SSMError as error:
            if not error.answer_lost:
                raise
            clear()
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _alike(api: t.Any, wanted: Resource) -> t.List[Resource]:
    names = {name: wanted.get(name) for name in ("default_instance_name", "iam_role")}
    found = listed(api, **names)
    return [one for one in found if all(one.get(member) == wanted.get(member) for member in MEMBERS)]


def _delete_lost(api: t.Any, wanted: Resource, known: t.Collection[str]) -> None:
    """Those that were not there before, and that no node has used."""
    for one in _alike(api, wanted):
        if one["activation_id"] not in known and not one["registrations_count"]:
            doing = "delete activation %s, whose code was lost" % one["activation_id"]
            api.remove(doing, "delete_activation", ActivationId=one["activation_id"])


def delete(api: t.Any, activation_id: str) -> None:
    """Nodes that registered with it stay registered."""
    api.remove("delete activation %s" % activation_id, "delete_activation", ActivationId=activation_id)


def removal(found: t.Sequence[Resource]) -> Change:
    """Of all of them: one name can stand for several."""
    return Change({"activations": [dict(one) for one in found]} if found else None, None, ASSIGNED)
