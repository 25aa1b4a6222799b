# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Activations, and nodes that register with them (operations.md, 9)."""

from __future__ import annotations

import datetime

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends

from .errors import SSMError, invalid
from .nodes import Node, named
from .paging import page
from .state import UTC, Region, Resource, only
from .tags import check_tags

LONGEST = datetime.timedelta(days=30)
USUAL = datetime.timedelta(hours=24)  # without ExpirationDate
SERVICE = "ssm.amazonaws.com"
FILTERS = {"ActivationIds": "ActivationId", "DefaultInstanceName": "DefaultInstanceName", "IamRole": "IamRole"}


def create_activation(region: Region, request: Resource) -> Resource:
    """The code is in this answer alone."""
    _check_role(region, request["IamRole"])
    expires = region.now + USUAL
    if "ExpirationDate" in request:
        expires = datetime.datetime.fromtimestamp(request["ExpirationDate"], UTC)
    if not region.now < expires <= region.now + LONGEST:
        raise SSMError("InvalidParameters", "ExpirationDate must be in the future and within 30 days")
    check_tags({}, request.get("Tags", []))
    identifier = region.new_uuid()
    region.activations[identifier] = {
        "ActivationId": identifier,
        **only(request, "Description", "DefaultInstanceName", "IamRole", "Tags"),
        "RegistrationLimit": request.get("RegistrationLimit", 1),
        "RegistrationsCount": 0,
        "ExpirationDate": expires,
        "CreatedDate": region.now,
    }
    region.activation_codes[identifier] = region.new_id("code")
    return {"ActivationId": identifier, "ActivationCode": region.activation_codes[identifier]}


def _check_role(region: Region, name: str) -> None:
    """In the words of AWS. The name may be with its path."""
    try:
        role = iam_backends[region.account]["aws"].get_role(name.rpartition("/")[2])
    except ServiceException:
        role = None
    if role is None or SERVICE not in role.assume_role_policy_document:
        arn = f"arn:aws:iam::{region.account}:role/{name}"
        raise invalid(f"Nonexistent role or missing ssm service principal in trust policy: {arn}")


def _shown(activation: Resource, now: datetime.datetime) -> Resource:
    """The model has no count of 0."""
    shown = {**activation, "Expired": now >= activation["ExpirationDate"]}
    if not shown["RegistrationsCount"]:
        del shown["RegistrationsCount"]
    return shown


def describe_activations(region: Region, request: Resource) -> Resource:
    rows = list(region.activations.values())
    for one in request.get("Filters", ()):
        if "FilterKey" not in one or not one.get("FilterValues"):
            raise SSMError("InvalidFilter", "A filter has a FilterKey and FilterValues")
        member = FILTERS[one["FilterKey"]]
        rows = [row for row in rows if row.get(member) in one["FilterValues"]]
    answer = page(rows, request, "ActivationList", region.pages, "InvalidNextToken")
    answer["ActivationList"] = [_shown(row, region.now) for row in answer["ActivationList"]]
    return answer


def delete_activation(region: Region, request: Resource) -> Resource:
    """Nodes that registered with it stay."""
    if request["ActivationId"] not in region.activations:
        raise SSMError("InvalidActivationId", f"Activation {request['ActivationId']} does not exist")
    del region.activations[request["ActivationId"]]
    return {}


def register(region: Region, activation_id: str, code: str, **node: str) -> str:
    """What an agent does with an activation: the id of the new node, which lists show after some looks.

    Raises SSMError with the codes of the agent's own operation. `node` has members of Node.
    """
    activation = region.activations.get(activation_id)
    if activation is None or region.activation_codes[activation_id] != code:
        raise SSMError("InvalidActivation", "The activation is not valid, or its id and code do not match")
    if region.now >= activation["ExpirationDate"]:
        raise SSMError("ActivationExpired", f"Activation {activation_id} has expired")
    if activation["RegistrationsCount"] >= activation["RegistrationLimit"]:
        raise SSMError("RegistrationLimitExceeded", f"Activation {activation_id} has no registrations left")
    tags = {tag["Key"]: tag["Value"] for tag in activation.get("Tags", ())}
    made = Node(
        id=region.new_id("mi"),
        region=region.name,
        account=region.account,
        tags=tags,
        activation_id=activation_id,
        iam_role=activation["IamRole"],
        unseen=region.simulation.unseen_polls,
        **{"name": activation.get("DefaultInstanceName", ""), **node},
    )
    region.nodes[made.id] = made
    region.tags["ManagedInstance", made.id] = made.tags
    activation["RegistrationsCount"] += 1
    return made.id


def deregister_managed_instance(region: Region, request: Resource) -> Resource:
    node = named(region, request["InstanceId"])
    del region.nodes[node.id]
    region.tags.pop(("ManagedInstance", node.id), None)
    return {}


def update_managed_instance_role(region: Region, request: Resource) -> Resource:
    node = named(region, request["InstanceId"])
    node.iam_role = request["IamRole"]
    return {}
