# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._host import node
from ansible_collections.patchops.fleet.plugins.module_utils._host.os_release import OperatingSystem

DEBIAN = OperatingSystem("DEBIAN", "Debian12", "Debian GNU/Linux", "12", "apt")
INSTANCE = "i-0123456789abcdef0"
MANAGED = "mi-0123456789abcdef0"
MACHINE = "0123456789abcdef0123456789abcdef"


def identify(root, files):
    for path, text in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return node.identify("db1", "Production", DEBIAN, str(root))


def registration(value):
    return {node.SSM_REGISTRATION: '{"ManagedInstanceID": "%s", "Region": "eu-central-1"}' % value}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"/etc/machine-id": MACHINE + "\n"}, (MACHINE, MACHINE, None, None), id="a machine"),
        pytest.param({"/var/lib/dbus/machine-id": MACHINE}, (MACHINE, MACHINE, None, None), id="the older place"),
        pytest.param({}, ("db1", None, None, None), id="nothing: its name"),
        pytest.param({"/etc/machine-id": ""}, ("db1", None, None, None), id="an image before its first boot"),
        pytest.param(
            {"/etc/machine-id": MACHINE, **registration(MANAGED)},
            (MANAGED, MACHINE, None, MANAGED),
            id="a managed node",
        ),
        pytest.param(registration(INSTANCE), (INSTANCE, None, INSTANCE, None), id="an instance by its registration"),
        pytest.param(
            {node.CLOUD_INIT_INSTANCE_ID: INSTANCE, **registration(MANAGED)},
            (INSTANCE, None, INSTANCE, MANAGED),
            id="an instance",
        ),
        pytest.param(
            {node.DMI_ASSET_TAG: INSTANCE + "\n"}, (INSTANCE, None, INSTANCE, None), id="an instance by its asset tag"
        ),
        pytest.param(
            {node.CLOUD_INIT_INSTANCE_ID: "iid-datasource-none"}, ("db1", None, None, None), id="another cloud"
        ),
        pytest.param({node.DMI_ASSET_TAG: "i-dont-know"}, ("db1", None, None, None), id="another maker"),
        pytest.param({node.SSM_REGISTRATION: "{"}, ("db1", None, None, None), id="a broken registration"),
        pytest.param({node.SSM_REGISTRATION: "[]"}, ("db1", None, None, None), id="an odd registration"),
    ],
)
def test_ids(tmp_path, files, expected):
    found = identify(tmp_path, files).node
    assert (found["id"], found["machine_id"], found["instance_id"], found["mi_id"]) == expected


def test_the_node_is_as_the_schema_says(tmp_path):
    identity = identify(tmp_path, {"/etc/machine-id": MACHINE})
    assert list(shape.faults(identity.node, schemas.NODE)) == []
    assert identity.problems == []
    assert (identity.node["name"], identity.node["patch_group"], identity.node["product"]) == (
        "db1",
        "Production",
        "Debian12",
    )
    address = identity.node["platform"]["ip_address"]
    assert address is None or ipaddress.ip_address(address)


def test_what_may_not_be_read_is_a_problem(tmp_path, as_nobody):
    (tmp_path / "var/lib/amazon/ssm").mkdir(parents=True)
    (tmp_path / "var/lib/amazon/ssm").chmod(0)
    (problem,) = as_nobody(lambda: identify(tmp_path, {}).problems)
    (tmp_path / "var/lib/amazon/ssm").chmod(0o700)
    assert problem["what"].endswith(node.SSM_REGISTRATION)
