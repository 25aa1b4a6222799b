# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Systems Manager for an account and Region, such as default host management."""

from __future__ import annotations

from .errors import SSMError
from .state import Region, Resource

# Those that there are here, with what they are as long as nobody sets them.
DEFAULTS = {
    "/ssm/automation/customer-script-log-destination": "",
    "/ssm/managed-instance/activation-tier": "standard",
    "/ssm/managed-instance/default-ec2-instance-management-role": "$None",
    "/ssm/parameter-store/high-throughput-enabled": "false",
}


def _setting(region: Region, identifier: str) -> Resource:
    identifier = identifier.partition(":servicesetting")[2] or identifier  # an ARN names it as well
    if identifier not in DEFAULTS:
        raise SSMError("ServiceSettingNotFound", f"Service setting {identifier} was not found")
    usual = {
        "SettingId": identifier,
        "SettingValue": DEFAULTS[identifier],
        "LastModifiedDate": region.now,
        "LastModifiedUser": "System",
        "ARN": f"arn:aws:ssm:{region.name}:{region.account}:servicesetting{identifier}",
        "Status": "Default",
    }
    return region.settings.get(identifier, usual)


def get_service_setting(region: Region, request: Resource) -> Resource:
    return {"ServiceSetting": _setting(region, request["SettingId"])}


def update_service_setting(region: Region, request: Resource) -> Resource:
    before = _setting(region, request["SettingId"])
    changed = {
        "SettingValue": request["SettingValue"],
        "LastModifiedDate": region.now,
        "LastModifiedUser": f"arn:aws:iam::{region.account}:root",
        "Status": "Customized",
    }
    region.settings[before["SettingId"]] = {**before, **changed}
    return {}


def reset_service_setting(region: Region, request: Resource) -> Resource:
    identifier = _setting(region, request["SettingId"])["SettingId"]
    region.settings.pop(identifier, None)
    return {"ServiceSetting": _setting(region, identifier)}
