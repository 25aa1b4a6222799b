# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of products, whatever Microsoft calls them this year, and the node's own by its build."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import VOCABULARIES
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import categories


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Windows Server 2008", "WindowsServer2008"),
        ("Windows Server 2008 R2", "WindowsServer2008R2"),
        ("Windows Server 2012 R2", "WindowsServer2012R2"),
        ("Windows Server 2016", "WindowsServer2016"),
        ("Windows Server 2019", "WindowsServer2019"),
        ("Microsoft Server operating system-21H2", "WindowsServer2022"),
        ("Microsoft Server Operating System-24H2", "WindowsServer2025"),
        ("2025-10 Cumulative Update for Microsoft server operating system version 24H2 for x64", "WindowsServer2025"),
        ("2024-03 Update for Microsoft server operating system, version 21H2", "WindowsServer2022"),
        ("Windows 7", "Windows7"),
        ("Windows 8.1", "Windows8.1"),
        ("Windows 10, version 1903 and later", "Windows10"),
        ("2023-05 Cumulative Update for Windows 11 Version 22H2 for arm64-based Systems (KB5026372)", "Windows11"),
        ("2021-05 Cumulative Update for Windows Server 2019 (1809) for x64-based Systems", "WindowsServer2019"),
        ("Update for Windows 10. It replaces others.", "Windows10"),
        ("Windows Server 20161", None),
        ("Windows 8.1.1", None),
        ("Microsoft Server Operating System-22H2", None),
        ("Windows Server 2031", None),
        ("Windows Server, version 1903 and later", None),
        ("Windows Malicious Software Removal Tool x64 - v5.89", None),
        ("Office 2016", None),
        ("", None),
    ],
)
def test_products_by_name(text, product):
    assert categories.product_named(text) == product


@pytest.mark.parametrize(
    ("kind", "build", "product"),
    [
        ("Server", "6003", "WindowsServer2008"),
        ("Server", "7601", "WindowsServer2008R2"),
        ("Server", "9200", "WindowsServer2012"),
        ("Server Core", "14393", "WindowsServer2016"),
        ("Server", "17763", "WindowsServer2019"),
        ("Server Core", "20348", "WindowsServer2022"),
        ("Server", "26100", "WindowsServer2025"),
        ("Server", "25398", None),
        ("Server", "30000", None),
        ("Client", "7601", "Windows7"),
        ("Client", "9600", "Windows8.1"),
        ("Client", "19045", "Windows10"),
        ("Client", "22631", "Windows11"),
        ("Client", "6000", None),
        ("Server", None, None),
        ("Server", "vNext", None),
        (None, "20348", None),
    ],
)
def test_the_product_of_a_node(kind, build, product):
    assert categories.product_of_build(kind, build) == product


def test_every_classification_of_patch_manager_has_an_id():
    assert set(VOCABULARIES["windows"]["CLASSIFICATION"]) <= set(categories.CLASSIFICATIONS.values())


@pytest.mark.parametrize("table", [categories.CLASSIFICATIONS, categories.FAMILIES, categories.PRODUCTS])
def test_ids_are_written_as_they_are_compared(table):
    assert all(identifier == identifier.lower() and len(identifier) == 36 for identifier in table)
