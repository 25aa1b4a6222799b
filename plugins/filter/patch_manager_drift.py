# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between variables and AWS; documented in patch_manager_drift.yml."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._plain import plain
from ..module_utils._ssm import drift, policy
from ..module_utils._ssm import service_role as iam
from ..module_utils._ssm.change import Resource, ResourceError
from ..module_utils._templated import structure

NAME = "patchops.fleet.patch_manager_drift"
INSTANCE = re.compile(r"i-[0-9a-f]{8,17}\Z")


def patch_manager_drift(
    actual: t.Any,
    patch_baselines: t.Any = None,
    maintenance_windows: t.Any = None,
    nodes: t.Any = None,
    operating_systems: t.Any = None,
    tag_key: str = "Patch Group",
    service_role_arn: str | None = None,
    service_role: t.Any = None,
    purge: t.Any = False,
    keep: t.Any = None,
    destroy: t.Any = False,
    report: t.Any = False,
) -> dict[str, t.Any]:
    try:
        systems = tuple(plain(operating_systems or []))
        settings = policy.Settings(systems, str(tag_key), str(service_role_arn) if service_role_arn else None)
        variables = [_given(value) for value in (patch_baselines, maintenance_windows)]
        wanted = policy.read(*variables, settings)
        tagged = _nodes(_plain(nodes) or [])
        if tagged and "nodes" not in actual:
            raise ResourceError("nodes: their tags were not read: give ssm_patch_manager_info nodes=true")
        role = _role(plain(service_role)) if service_role else None
        if boolean(destroy):
            found = drift.destruction(wanted, plain(actual), tagged)
            if role:
                iam.destroy(found, role, plain(actual))
        else:
            gone = [boolean(purge) and value is not None for value in variables]
            kept = drift.Purge(*gone, keep=[str(one) for one in _plain(keep) or []])
            found = drift.compare(wanted, plain(actual), tagged, settings.tag_key, kept)
            if role:
                iam.compare(found, role)
        if not boolean(report):
            found.refuse_ambiguous()
    except (ResourceError, TypeError) as error:
        raise AnsibleFilterError(f"{NAME}: {error}") from error
    return {"findings": found.findings, "present": found.present, "absent": found.absent}


def _plain(value: t.Any) -> t.Any:
    return plain(structure(value))


def _given(value: t.Any) -> t.Any:
    """Templates of ansible-core 2.18 turn none into empty text."""
    return None if value in (None, "") else _plain(value)


def _role(written: t.Any) -> iam.ServiceRole:
    return iam.ServiceRole(written["name"], written["policies"], _given(written["found"]), written.get("trust"))


def _nodes(written: t.Any) -> list[Resource]:
    if not isinstance(written, list):
        raise ResourceError("nodes: must be a list of mappings with id and patch_group")
    for index, node in enumerate(written):
        if not isinstance(node, dict) or not node.get("patch_group") or not node.get("id"):
            raise ResourceError(f"nodes[{index}]: must be a mapping with id and patch_group")
        if not INSTANCE.match(str(node["id"])):
            raise ResourceError(f"nodes[{index}].id: '{node['id']}' is no id of an EC2 instance, such as i-0abc1234")
    ids = [node["id"] for node in written]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        raise ResourceError(f"nodes: {twice} is given more than once")
    return [{"id": node["id"], "patch_group": str(node["patch_group"])} for node in written]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"patch_manager_drift": patch_manager_drift}
