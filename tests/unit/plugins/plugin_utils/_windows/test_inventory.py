# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent says, as an inventory: every member of an update, the node, and what is warned about."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import InventoryError
from ansible_collections.patchops.fleet.tests.servers.windows import catalogue
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import (
    DEFENDER,
    DEFINITION_UPDATES,
    DRIVERS,
    GERMAN,
    OFFICE_2016,
    SECURITY_UPDATES,
    SERVER_2016,
    SERVER_2019,
    SERVER_2022,
    SERVER_2025,
    UNHEARD_OF,
    UNHEARD_OF_CLASS,
    UPDATE_ROLLUPS,
    UPDATES,
    WINDOWS_11,
    Update,
)
from ansible_collections.patchops.fleet.tests.servers.windows.host import Attempt, WindowsHost
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.scanning import inventory_of

NOVEMBER = datetime.datetime(2025, 11, 11, 18)
CUMULATIVE = {"title": "2025-11 Cumulative Update", "kbs": ("5031364",), "released": NOVEMBER}
TWICE = datetime.datetime(2025, 11, 3, 4, 5, 6)


def host(*updates, **members):
    return WindowsHost(**members).add(*updates)


def only(found):
    (update,) = found["updates"]
    return update


def test_an_update():
    written = Update(
        "ABC-1",
        **CUMULATIVE,
        severity="Critical",
        cves=("CVE-2025-2", "CVE-2025-1", "CVE-2025-1"),
        bulletins=("MS25-001",),
        supersedes=("DEF-1",),
    )
    assert only(inventory_of(host(written))) == {
        "id": "abc-1",
        "kb": "KB5031364",
        "kbs": ["KB5031364"],
        "bulletin": "MS25-001",
        "title": "2025-11 Cumulative Update",
        "patch_set": "OS",
        "product_family": "Windows",
        "product": "WindowsServer2022",
        "classification": "SecurityUpdates",
        "msrc_severity": "Critical",
        "release_date": "2025-11-11T18:00:00Z",
        "cves": ["CVE-2025-1", "CVE-2025-2"],
        "supersedes": ["def-1"],
        "installed": False,
        "installed_time": None,
        "pending_reboot": False,
        "live": False,
        "applicable": True,
        "optional": False,
        "exclusive": False,
        "held": None,
        "failure": None,
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({"kbs": ()}, {"kb": None, "kbs": []}, id="no KB"),
        pytest.param({"kbs": ("1", "2")}, {"kb": "KB1", "kbs": ["KB1", "KB2"]}, id="two KBs"),
        pytest.param({"kbs": ("KB7",)}, {"kb": "KB7"}, id="a KB that says so"),
        pytest.param({"released": None}, {"release_date": None}, id="a date of 1899 is none"),
        pytest.param({"severity": ""}, {"msrc_severity": None}, id="no severity"),
        pytest.param({"hidden": True}, {"held": "it is hidden in Windows Update"}, id="hidden"),
        pytest.param({"hidden": True, "installed": True}, {"held": None}, id="hidden and installed"),
        pytest.param({"browse_only": True}, {"optional": True}, id="a preview"),
        pytest.param({"exclusive": True}, {"exclusive": True}, id="an exclusive one"),
        pytest.param({"installed": True}, {"installed": True, "pending_reboot": False}, id="installed"),
        pytest.param({"pending": True}, {"installed": True, "pending_reboot": True}, id="complete after a restart"),
    ],
)
def test_members_of_an_update(members, expected):
    found = only(inventory_of(host(Update("u1", **{**CUMULATIVE, **members}))))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        pytest.param((SECURITY_UPDATES, SERVER_2016), ("OS", "Windows", "WindowsServer2016", "SecurityUpdates"),
                     id="Windows Server 2016"),
        pytest.param((UPDATE_ROLLUPS, SERVER_2019), ("OS", "Windows", "WindowsServer2019", "UpdateRollups"),
                     id="Windows Server 2019"),
        pytest.param((UPDATES, SERVER_2025), ("OS", "Windows", "WindowsServer2025", "Updates"), id="24H2"),
        pytest.param((SECURITY_UPDATES, WINDOWS_11), ("OS", "Windows", "Windows11", "SecurityUpdates"), id="a client"),
        pytest.param((DEFINITION_UPDATES, DEFENDER),
                     ("OS", "Windows", "MicrosoftDefenderAntivirus", "DefinitionUpdates"), id="Defender"),
        pytest.param((DRIVERS, SERVER_2022), ("OS", "Windows", "WindowsServer2022", "Drivers"), id="a driver"),
        pytest.param((UPDATES, OFFICE_2016), ("APPLICATION", "Office", "Office 2016", "Updates"), id="an application"),
        pytest.param((UPDATES, SERVER_2016, SERVER_2022), ("OS", "Windows", "WindowsServer2022", "Updates"),
                     id="of several products the node's"),
        pytest.param((UPDATES, SERVER_2016, SERVER_2019), ("OS", "Windows", "WindowsServer2016", "Updates"),
                     id="else the first"),
        pytest.param((catalogue.OFFICE, UPDATES), ("APPLICATION", "Office", None, "Updates"), id="a family alone"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", GERMAN])
def test_categories_go_by_id(categories, expected, language):
    found = inventory_of(host(Update("u1", **CUMULATIVE, categories=categories), language=language))
    update = only(found)
    assert (
        tuple(update[name] for name in ("patch_set", "product_family", "product", "classification")),
        found["warnings"],
    ) == (expected, [])


@pytest.mark.parametrize(
    ("members", "expected", "warning"),
    [
        pytest.param({"categories": (SECURITY_UPDATES, UNHEARD_OF)},
                     ("OS", "Windows Server 2031", "SecurityUpdates"),
                     f"product Windows Server 2031 ({UNHEARD_OF}) has no known short name; a filter has to give this"
                     " one (2 updates)", id="a product"),
        pytest.param({"categories": (UNHEARD_OF_CLASS, SERVER_2022)},
                     ("OS", "WindowsServer2022", "QuantumUpdates"),
                     f"classification Quantum Updates ({UNHEARD_OF_CLASS}) is none that Patch Manager knows"
                     " (2 updates)", id="a classification"),
        pytest.param({"categories": (SERVER_2022,)}, ("OS", "WindowsServer2022", None),
                     "an update has no classification, so that only * selects it (2 updates)",
                     id="no classification"),
        pytest.param({"categories": (SECURITY_UPDATES,)}, ("OS", None, "SecurityUpdates"),
                     "update '2025-11 Cumulative Update' names no product; it counts as one of the operating system"
                     " (2 updates)", id="no product"),
        pytest.param({"categories": (SECURITY_UPDATES,), "title": "2021-05 Cumulative Update for Windows Server 2019"},
                     ("OS", "WindowsServer2019", "SecurityUpdates"), None, id="a product in the title alone"),
    ],
)  # fmt: skip
def test_what_is_unknown_is_warned_about_once(members, expected, warning):
    pair = [Update(one, **{**CUMULATIVE, **members}) for one in ("u1", "u2")]
    found = inventory_of(host(*pair))
    told = [tuple(one[name] for name in ("patch_set", "product", "classification")) for one in found["updates"]]
    assert told == [expected, expected]
    assert found["warnings"] == ([warning] if warning else [])


def test_a_product_of_a_family_that_nobody_names_counts_as_an_application(monkeypatch):
    orphan = catalogue.Category("orphan", "Product", "Contoso Suite")
    monkeypatch.setitem(catalogue.CATEGORIES, "orphan", orphan)
    found = inventory_of(host(Update("u1", **CUMULATIVE, categories=(UPDATES, "orphan"))))
    assert (only(found)["patch_set"], only(found)["product"]) == ("APPLICATION", "Contoso Suite")
    assert found["warnings"] == [
        "product Contoso Suite is of an unknown family; it counts as an application (1 update)"
    ]


def attempts(*entries):
    """(operation, result code, HRESULT), newest first."""
    return [Attempt("u1", TWICE - datetime.timedelta(days=n), *one) for n, one in enumerate(entries)]


@pytest.mark.parametrize(
    ("members", "history", "expected"),
    [
        pytest.param({"installed": True}, [], {"installed_time": None}, id="installed before the agent remembers"),
        pytest.param({"installed": True}, attempts((1, 2, 0)), {"installed_time": "2025-11-03T04:05:06Z"},
                     id="installed"),
        pytest.param({"installed": True}, attempts((1, 4, -2147023293), (1, 3, 0)),
                     {"installed_time": "2025-11-02T04:05:06Z", "failure": None}, id="by an earlier attempt"),
        pytest.param({}, attempts((1, 4, -2147023293)), {
            "failure": "its last installation failed on 2025-11-03T04:05:06Z: 0x80070643: the installer of the update"
                       " failed"}, id="failed"),
        pytest.param({}, attempts((1, 5, 0)),
                     {"failure": "its last installation was aborted on 2025-11-03T04:05:06Z"}, id="aborted"),
        pytest.param({}, attempts((1, 2, 0), (1, 4, -1)), {"failure": None, "installed_time": None},
                     id="succeeded at last, and gone"),
        pytest.param({"pending": True}, attempts((1, 2, 0)),
                     {"installed": True, "pending_reboot": True, "installed_time": "2025-11-03T04:05:06Z"},
                     id="installed, to be completed"),
        pytest.param({"pending": True}, attempts((2, 2, 0), (1, 2, 0)), {"installed": False, "pending_reboot": False},
                     id="removed, to be completed"),
    ],
)  # fmt: skip
def test_history(members, history, expected):
    found = only(inventory_of(host(Update("u1", **{**CUMULATIVE, **members}), history=history)))
    assert {name: found[name] for name in expected} == expected


def test_the_node():
    assert inventory_of(host())["node"] == {
        "id": "6b1f5d0c6a3e4a1f9d0e0a1b2c3d4e5f",
        "name": "win1",
        "machine_id": "6b1f5d0c6a3e4a1f9d0e0a1b2c3d4e5f",
        "instance_id": None,
        "mi_id": None,
        "patch_group": None,
        "operating_system": "WINDOWS",
        "product": "WindowsServer2022",
        "platform": {
            "name": "Windows Server 2022 Datacenter",
            "version": "20348.4294",
            "architecture": "AMD64",
            "ip_address": None,
            "agent_version": None,
        },
    }


@pytest.mark.parametrize(
    ("registration", "identifier"),
    [
        ('{"ManagedInstanceID": "mi-0f3d2c1b4a5968770", "Region": "eu-central-1"}', "mi-0f3d2c1b4a5968770"),
        ('{"ManagedInstanceID": "i-0a4b1c9d2e7f60318"}', "i-0a4b1c9d2e7f60318"),
        ("no JSON", "6b1f5d0c6a3e4a1f9d0e0a1b2c3d4e5f"),
    ],
)
def test_the_id_that_aws_gave_it_goes_first(registration, identifier):
    assert inventory_of(host(ssm_registration=registration))["node"]["id"] == identifier


def test_the_frame():
    found = inventory_of(host())
    assert {name: found[name] for name in found if name not in ("node", "updates", "repositories")} == {
        "schema": 1,
        "captured_at": "2025-11-23T12:00:00Z",
        "manager": "windows",
        "complete": True,
        "problems": [],
        "warnings": [],
        "refreshed_at": "2025-11-23T12:00:00Z",
        "boot_time": "2025-11-01T06:00:00Z",
        "reboot": {"required": False, "reason": None},
    }


def test_a_pending_reboot():
    found = inventory_of(host(Update("u1", **CUMULATIVE, installed=True, pending=True)))
    assert found["reboot"] == {"required": True, "reason": "Windows Update waits for a restart"}


WSUS = "http://wsus.example.org:8530"


@pytest.mark.parametrize(
    ("selection", "wsus", "repository", "uri", "warned"),
    [
        pytest.param("default", None, "windows_update", None, False, id="as configured: Windows Update"),
        pytest.param("default", WSUS, "managed_server", WSUS, True, id="as configured: WSUS"),
        pytest.param("managed_server", WSUS, "managed_server", WSUS, True, id="WSUS"),
        pytest.param("windows_update", WSUS, "windows_update", None, False, id="past WSUS"),
        pytest.param("microsoft_update", None, "microsoft_update", None, False, id="Microsoft Update"),
    ],
)
def test_where_updates_come_from(selection, wsus, repository, uri, warned):
    services = frozenset(["7971f918-a847-4430-9279-4a52d1efe18d"])
    found = inventory_of(host(wsus_server=wsus, registered_services=services), server_selection=selection)
    assert {name: one["uri"] for name, one in found["repositories"].items()} == {repository: uri}
    assert (
        any("a delay counts from the day that server offered an update" in one for one in found["warnings"]) is warned
    )


def test_a_search_that_was_not_online_says_how_old_it_is():
    found = inventory_of(host(), refresh="never")
    assert found["refreshed_at"] == found["repositories"]["windows_update"]["refreshed_at"] == "2025-11-01T06:30:00Z"
    assert found["warnings"] == ["the search was not online; it knows what the agent found on 2025-11-01T06:30:00Z"]


@pytest.mark.parametrize(
    ("members", "warning"),
    [
        pytest.param({"build": "25398"},
                     "build 25398 (Server) is no product that this version of the collection knows", id="a product"),
        pytest.param({"booted": None},
                     "the node does not tell when it was booted, so what was installed since cannot be told from the"
                     " rest", id="a boot"),
    ],
)  # fmt: skip
def test_what_a_node_does_not_tell(members, warning):
    assert inventory_of(host(**members))["warnings"] == [warning]


def test_a_search_that_found_a_part_is_not_complete():
    half = host(Update("u1", **CUMULATIVE))
    half.faults.partial_search = (0x80244022, "Exception from HRESULT: 0x80244022")
    found = inventory_of(half)
    assert (found["complete"], found["problems"]) == (
        False,
        [{"what": "search", "why": "0x80244022: the update server is overloaded"}],
    )
    assert len(found["updates"]) == 1


@pytest.mark.parametrize(
    ("fault", "selection", "words"),
    [
        pytest.param((0x8024402C, "Exception"), "default",
                     "cannot search: 0x8024402C: the name of the update server or of the proxy cannot be resolved",
                     id="no server"),
        pytest.param((0x80004005, "Unspecified error"), "default", "cannot search: 0x80004005: Unspecified error",
                     id="an unknown code"),
        pytest.param(None, "microsoft_update", "0x80248014: that update service is not registered on this node",
                     id="Microsoft Update without its registration"),
    ],
)  # fmt: skip
def test_a_search_that_fails(fault, selection, words):
    broken = host()
    broken.faults.search = fault
    with pytest.raises(InventoryError, match=words):
        inventory_of(broken, server_selection=selection)
