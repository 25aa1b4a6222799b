# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Windows cases as hosts: their catalogue, what the search script tells of it, the engine.

tests/integration/test_patch_scan_windows.py has the same hosts scanned by Ansible, through its connections.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.dates import parse_instant
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.categories import CLASSIFICATIONS
from ansible_collections.patchops.fleet.tests.golden.real_systems import cases_of, parameters
from ansible_collections.patchops.fleet.tests.golden.run_cases import decided
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import (
    GERMAN,
    OFFICE_2016,
    SERVER_2022,
    Update,
)
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost
from ansible_collections.patchops.fleet.tests.unit.plugins.plugin_utils._windows.scanning import inventory_of

# The agent tells of no update that does not apply, so no node can have this one.
UNTOLD = ("windows-not-applicable",)
CASES = cases_of("windows", beside=UNTOLD)

PRODUCTS = {"WindowsServer2022": SERVER_2022, "Office 2016": OFFICE_2016}
CLASSIFICATION_IDS = {word: identifier for identifier, word in CLASSIFICATIONS.items()}
NO_SEVERITY = "Unspecified"  # which the agent writes as nothing


def host_of(case: dict[str, t.Any], language: str = "en") -> WindowsHost:
    """A host that the case is true of."""
    update = case["update"]
    released = parse_instant(update.get("release_date"))
    written = Update(
        "case",
        update["title"],
        (update["kb"].removeprefix("KB"),),
        (CLASSIFICATION_IDS[update["classification"]], PRODUCTS[update["product"]]),
        "" if update["msrc_severity"] == NO_SEVERITY else update["msrc_severity"],
        released.replace(tzinfo=None) if released else None,
        bulletins=(update["bulletin"],) if "bulletin" in update else (),
        applicable=update["applicable"],
        installed=update["installed"],
        needs_reboot=False,
    )
    host = WindowsHost(language=language).add(written)
    if update.get("superseded"):
        host.add(Update("newer", "Newer", ("9999999",), supersedes=("case",), installed=True))
    if (case.get("run") or {}).get("installed_since_boot"):
        host.install(written)
    return host


@pytest.mark.parametrize("language", ["en", GERMAN])
@pytest.mark.parametrize("case", parameters(CASES))
def test_a_host_like_the_case(case, language):
    found = inventory_of(host_of(case, language))
    assert (found["node"]["product"], found["problems"], found["warnings"]) == (case["product"], [], [])
    assert decided(case, found) == case["expect"], case["why"]


@pytest.mark.parametrize("case", parameters(cases_of("windows", beside=[case["id"] for case in CASES])))
def test_what_does_not_apply_is_not_told_of(case):
    assert inventory_of(host_of(case))["updates"] == []


def test_all_cases_are_here():
    assert len(CASES) + len(UNTOLD) == len(cases_of("windows")) == 14
