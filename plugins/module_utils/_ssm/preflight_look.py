# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a preflight asks AWS: as few calls as it takes, and going on where one is denied."""

from __future__ import annotations

import typing as t

from . import maintenance_window, node, patch_group, tags, window_target, window_task
from .api import SSMError
from .change import Resource, ResourceError
from .preflight import Facts, Subject

AT_ONCE = 200  # values that one filter of EC2 takes
HOST_MANAGEMENT = "/ssm/managed-instance/default-ec2-instance-management-role"
OFF = "$None"
Answer = t.TypeVar("Answer")
NEEDED_FOR = {
    "instances": "ec2:DescribeInstances",
    "hybrid_tags": "ssm:ListTagsForResource",
    "profiles": "iam:GetInstanceProfile and iam:ListAttachedRolePolicies",
    "host_management": "ssm:GetServiceSetting",
    "endpoints": "ec2:DescribeVpcEndpoints",
    "tables": "ec2:DescribeRouteTables",
    "registrations": "ssm:DescribePatchGroups",
    "windows": (
        "ssm:DescribeMaintenanceWindows, ssm:DescribeMaintenanceWindowTargets, ssm:DescribeMaintenanceWindowTasks "
        "and ssm:GetMaintenanceWindowTask"
    ),
}


class Services(t.NamedTuple):
    """An Api of each service."""

    ssm: t.Any
    ec2: t.Any
    iam: t.Any


class Selection(t.NamedTuple):
    """Whom to look at: by one of these, or everybody."""

    instance_ids: t.Tuple[str, ...] = ()
    targets: Resource = {}
    patch_group: t.Optional[str] = None


class Look:
    """One preflight's questions. `denied` has the permissions that were lacking, by the check that needs them."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self._services = services
        self._selection = selection
        self.denied: t.Dict[str, str] = {}

    def subjects(self) -> t.List[Subject]:
        nodes = self._nodes()
        instances = self._instances([one for one in nodes if one.startswith("i-")])
        return [self._subject(identifier, one, instances) for identifier, one in sorted(nodes.items())]

    def facts(self, subjects: t.Sequence[Subject], minimum_agent: str) -> Facts:
        """Once all subjects are there, whose profiles and networks are asked for."""
        vpcs = sorted({subject.place.vpc for subject in subjects if subject.place})
        return Facts(
            self.denied,
            self._may("permissions", NEEDED_FOR["profiles"], lambda: self._profiles(subjects)),
            self._may("permissions", NEEDED_FOR["host_management"], self._host_management),
            self._may("endpoints", NEEDED_FOR["endpoints"], lambda: self._endpoints(vpcs)),
            self._may("endpoints", NEEDED_FOR["tables"], lambda: self._tables(vpcs)),
            self._may("baseline", NEEDED_FOR["registrations"], lambda: patch_group.registered(self._services.ssm)),
            self._may("maintenance_window", NEEDED_FOR["windows"], self._windows),
            minimum_agent,
        )

    def _may(self, check: str, permission: str, ask: t.Callable[[], Answer]) -> t.Optional[Answer]:
        """The answer; None where the caller may not ask, which is noted for the check, and not tried again."""
        if self.denied.get(check) == permission:
            return None
        try:
            return ask()
        except SSMError as error:
            if error.code not in node.REFUSED:
                raise
            self.denied.setdefault(check, permission)
            return None

    def _nodes(self) -> t.Dict[str, Resource]:
        ssm, selection = self._services.ssm, self._selection
        if selection.instance_ids:
            return self._found(node.by_ids(ssm, self._ec2, selection.instance_ids))
        if selection.patch_group:
            return self._found(node.by_patch_group(ssm, self._ec2, selection.patch_group))
        if selection.targets:
            found = node.by_targets(ssm, self._ec2, selection.targets)
            if not found.complete:
                raise ResourceError(
                    "targets: which nodes a resource group has is known to AWS alone: name them by tags"
                )
            return self._found(found)
        managed = {one["id"]: one for part in node.every(ssm) for one in part}
        return {**managed, **self._found(node.others(self._ec2, managed))}

    def _found(self, found: node.Found) -> t.Dict[str, Resource]:
        """Its warnings say that EC2 could not be asked for instances that are not managed."""
        if found.warnings:
            self.denied["managed"] = NEEDED_FOR["instances"]
        return found.nodes

    def _ec2(self) -> t.Any:
        return self._services.ec2

    def _instances(self, identifiers: t.Sequence[str]) -> t.Dict[str, Resource]:
        def ask() -> t.Dict[str, Resource]:
            found = {}
            for start in range(0, len(identifiers), AT_ONCE):
                some = list(identifiers[start : start + AT_ONCE])
                asked = {"Filters": [{"Name": "instance-id", "Values": some}]}
                for row in self._services.ec2.each("look at instances", "describe_instances", "Reservations", **asked):
                    found.update((one["InstanceId"], one) for one in row["Instances"])
            return found

        found = self._may("patch_group", NEEDED_FOR["instances"], ask)
        if found is None:
            self.denied.update(dict.fromkeys(("permissions", "endpoints"), NEEDED_FOR["instances"]))
        return found or {}

    def _subject(self, identifier: str, found: Resource, instances: t.Mapping[str, Resource]) -> Subject:
        instance = instances.get(identifier)
        if identifier.startswith("mi-"):
            known = self._hybrid_tags(identifier) if found["reach"] != node.UNKNOWN else None
        else:
            known = tags.from_api(instance.get("Tags", [])) if instance else None
        return Subject(identifier, found["name"], found, instance, known)

    def _hybrid_tags(self, identifier: str) -> t.Optional[tags.Tags]:
        def ask() -> tags.Tags:
            return tags.read(self._services.ssm, "ManagedInstance", identifier)

        return self._may("patch_group", NEEDED_FOR["hybrid_tags"], ask)

    def _profiles(self, subjects: t.Sequence[Subject]) -> t.Dict[str, t.List[str]]:
        arns = {(subject.instance or {}).get("IamInstanceProfile", {}).get("Arn") for subject in subjects}
        return {arn: self._policies(arn.rpartition("/")[2]) for arn in sorted(filter(None, arns))}

    def _policies(self, profile: str) -> t.List[str]:
        """Names of the policies that are attached to the role of an instance profile; of one that is gone, none."""
        doing = "get instance profile %s" % profile
        found = self._services.iam.find(doing, "get_instance_profile", InstanceProfileName=profile)
        names: t.List[str] = []
        for role in found["InstanceProfile"]["Roles"] if found else ():
            doing = "list the policies of role %s" % role["RoleName"]
            rows = self._services.iam.rows(
                doing, "list_attached_role_policies", "AttachedPolicies", RoleName=role["RoleName"]
            )
            names += [row["PolicyName"] for row in rows]
        return names

    def _host_management(self) -> str:
        answer = self._services.ssm.find(
            "read the setting of default host management", "get_service_setting", SettingId=HOST_MANAGEMENT
        )
        value = answer["ServiceSetting"]["SettingValue"] if answer else OFF
        return "" if value == OFF else value

    def _endpoints(self, vpcs: t.Sequence[str]) -> t.List[Resource]:
        return self._of_vpcs("describe_vpc_endpoints", "VpcEndpoints", vpcs)

    def _tables(self, vpcs: t.Sequence[str]) -> t.List[Resource]:
        return self._of_vpcs("describe_route_tables", "RouteTables", vpcs)

    def _of_vpcs(self, operation: str, member: str, vpcs: t.Sequence[str]) -> t.List[Resource]:
        found = []
        for start in range(0, len(vpcs), AT_ONCE):
            asked = {"Filters": [{"Name": "vpc-id", "Values": list(vpcs[start : start + AT_ONCE])}]}
            found += self._services.ec2.rows("look at the networks of instances", operation, member, **asked)
        return found

    def _windows(self) -> t.List[Resource]:
        """Windows with targets and tasks, whatever they are for."""
        windows = []
        for row in maintenance_window.identities(self._services.ssm):
            targets = window_target.of_window(self._services.ssm, row["WindowId"])
            tasks = window_task.of_window(self._services.ssm, row["WindowId"], targets)
            windows.append({"name": row["Name"], "enabled": row["Enabled"], "targets": targets, "tasks": tasks})
        return windows
