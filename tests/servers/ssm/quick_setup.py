# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quick Setup, which moto does not have: configuration managers, and the deployments that they start."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import hashlib
import json
import typing as t
import uuid

from werkzeug.wrappers import Request, Response

from . import rest
from .calls import Call
from .errors import SSMError
from .faults import QUICK_SETUP as SERVICE
from .paging import page
from .patch_policies import check_definition
from .service import Service
from .validation import validate

ACCOUNT = "123456789012"
RUNNING = ("INITIALIZING", "DEPLOYING", "DELETING")
Resource = dict[str, t.Any]


@dataclasses.dataclass
class Manager:
    """A configuration manager. Its deployment goes on with each look at it."""

    arn: str
    name: str
    description: str
    definitions: list[Resource]
    tags: dict[str, str]
    created: datetime.datetime
    changed: datetime.datetime
    to_come: list[str] = dataclasses.field(default_factory=list)  # of the deployment, behind `status`
    status: str = "NONE"
    message: str = ""
    details: dict[str, str] = dataclasses.field(default_factory=dict)

    def begin(self, *statuses: str, now: datetime.datetime) -> None:
        self.status, *self.to_come = statuses
        self.message, self.details, self.changed = "", {}, now

    def summaries(self) -> list[Resource]:
        summary: Resource = {"Status": self.status, "StatusType": "Deployment", "LastUpdatedAt": _instant(self.changed)}
        if self.message:
            summary.update(StatusMessage=self.message, StatusDetails=self.details)
        return [summary]


class QuickSetup:
    """All Regions of one account. What time it is and what goes wrong it has from the strict SSM."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.managers: dict[str, Manager] = {}
        self._serial = 0

    def reset(self) -> None:
        self.managers, self._serial = {}, 0

    def respond(self, call: Call, environ: dict[str, t.Any]) -> Response:
        operation = OPERATIONS.get(call.operation)
        if operation is None:
            return _refused(call, SSMError("NotImplemented", f"The strict Quick Setup has no {call.operation}"))
        request = dict(call.request)
        if "tagKeys" in Request(environ).args:
            request["TagKeys"] = Request(environ).args.getlist("tagKeys")
        try:
            errors = self.service.strike(SERVICE, call.operation, ACCOUNT, call.region)
            validate(rest.model(SERVICE).operation_model(call.operation).input_shape, request)
            answer = operation(self, request, call.region)
            if errors:
                raise errors[0]
        except SSMError as error:
            return _refused(call, error)
        return Response(json.dumps(answer), content_type="application/json")

    def new_uuid(self) -> str:
        self._serial += 1
        return str(uuid.UUID(hashlib.sha256(f"{SERVICE} {self._serial}".encode()).hexdigest()[:32]))

    def of_region(self, region: str) -> list[Manager]:
        return [one for one in self.managers.values() if one.arn.split(":")[3] == region]

    def manager(self, arn: str) -> Manager:
        if arn not in self.managers:
            raise SSMError("ResourceNotFoundException", f"Configuration manager {arn} does not exist")
        return self.managers[arn]

    def idle(self, arn: str) -> Manager:
        """One that can be changed."""
        found = self.manager(arn)
        if found.status in RUNNING:
            raise SSMError("ConflictException", f"Configuration manager {arn} is {found.status}")
        return found

    def deploy(self, manager: Manager) -> None:
        manager.begin("INITIALIZING", "DEPLOYING", self.service.simulation.deployment_end, now=self.service.now())

    def look(self, manager: Manager) -> None:
        """One step further. What has been deleted is gone with the look that follows."""
        simulation = self.service.simulation
        if manager.to_come:
            manager.status = manager.to_come.pop(0)
            manager.changed = self.service.now()
        if manager.status in ("FAILED", "DELETE_FAILED"):
            manager.message, manager.details = simulation.deployment_message, {"FailedStackInstances": "1"}
        if manager.status == "DELETED":
            del self.managers[manager.arn]


def create_configuration_manager(setup: QuickSetup, request: Resource, region: str) -> Resource:
    definitions = [_definition(setup, written) for written in request["ConfigurationDefinitions"]]
    arn = f"arn:aws:ssm-quicksetup:{region}:{ACCOUNT}:configuration-manager/{setup.new_uuid()}"
    now = setup.service.now()
    name, description = request.get("Name", ""), request.get("Description", "")
    manager = Manager(arn, name, description, definitions, dict(request.get("Tags", {})), now, now)
    setup.deploy(manager)
    setup.managers[arn] = manager
    return {"ManagerArn": arn}


def _definition(setup: QuickSetup, written: Resource) -> Resource:
    check_definition(written)
    return {"TypeVersion": "1.0", **copy.deepcopy(written), "Id": setup.new_uuid()[:13]}


def get_configuration_manager(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    manager = setup.manager(request["ManagerArn"])
    setup.look(manager)
    setup.manager(request["ManagerArn"])
    return {
        "ManagerArn": manager.arn,
        "Name": manager.name,
        "Description": manager.description,
        "ConfigurationDefinitions": manager.definitions,
        "CreatedAt": _instant(manager.created),
        "LastModifiedAt": _instant(manager.changed),
        "StatusSummaries": manager.summaries(),
        "Tags": manager.tags,
    }


def list_configuration_managers(setup: QuickSetup, request: Resource, region: str) -> Resource:
    if request.get("Filters"):
        raise SSMError("ValidationException", "The strict Quick Setup has no filters")
    rows = [
        {
            "ManagerArn": manager.arn,
            "Name": manager.name,
            "Description": manager.description,
            "ConfigurationDefinitionSummaries": [
                {"Id": one["Id"], "Type": one["Type"], "TypeVersion": one["TypeVersion"]} for one in manager.definitions
            ],
            "StatusSummaries": manager.summaries(),
        }
        for manager in setup.of_region(region)
    ]
    asked = {"NextToken": request.get("StartingToken"), "MaxResults": request.get("MaxItems", 100)}
    return page(rows, asked, "ConfigurationManagersList", setup.service.pages)


def update_configuration_manager(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    manager = setup.idle(request["ManagerArn"])
    manager.name = request.get("Name", manager.name)
    manager.description = request.get("Description", manager.description)
    return {}


def update_configuration_definition(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    manager = setup.idle(request["ManagerArn"])
    found = next((one for one in manager.definitions if one["Id"] == request["Id"]), None)
    if found is None:
        raise SSMError("ResourceNotFoundException", f"Configuration definition {request['Id']} does not exist")
    changed = {name: value for name, value in request.items() if name not in ("Id", "ManagerArn")}
    check_definition({**found, **changed})
    found.update(copy.deepcopy(changed))
    setup.deploy(manager)
    return {}


def delete_configuration_manager(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    manager = setup.idle(request["ManagerArn"])
    ends = {"SUCCEEDED": "DELETED", "FAILED": "DELETE_FAILED"}
    manager.begin("DELETING", "DELETING", ends[setup.service.simulation.deployment_end], now=setup.service.now())
    return {}


def tag_resource(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    setup.manager(request["ResourceArn"]).tags.update(request["Tags"])
    return {}


def untag_resource(setup: QuickSetup, request: Resource, _region: str) -> Resource:
    """Keys that are not there are no error."""
    tags = setup.manager(request["ResourceArn"]).tags
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


OPERATIONS: dict[str, t.Callable[[QuickSetup, Resource, str], Resource]] = {
    "CreateConfigurationManager": create_configuration_manager,
    "DeleteConfigurationManager": delete_configuration_manager,
    "GetConfigurationManager": get_configuration_manager,
    "ListConfigurationManagers": list_configuration_managers,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateConfigurationDefinition": update_configuration_definition,
    "UpdateConfigurationManager": update_configuration_manager,
}


def _refused(call: Call, error: SSMError) -> Response:
    """With the status that the model gives the error; an error that it does not declare is ours."""
    status = 501
    if error.code != "NotImplemented":
        model = rest.model(SERVICE).operation_model(call.operation)
        declared = {shape.name: shape.metadata.get("error", {}) for shape in model.error_shapes}
        if error.code not in declared:
            raise AssertionError(f"{call.operation} does not declare {error}") from error
        status = declared[error.code].get("httpStatusCode", 400)
    body = json.dumps({"message": error.message})
    return Response(body, status, {"x-amzn-errortype": error.code}, content_type="application/json")


def _instant(moment: datetime.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
