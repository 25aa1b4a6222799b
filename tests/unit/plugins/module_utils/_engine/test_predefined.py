# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Baselines by name: AWS's as predefined-baselines.md lists them, and the ones that ship with the collection."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.baseline import canonical
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import API_OPERATING_SYSTEMS
from ansible_collections.patchops.fleet.plugins.module_utils._engine.predefined import NAMES, named, predefined_default
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    LONG_AGO,
    RHEL,
    SUSE,
    UBUNTU,
    WINDOWS,
    deb,
    evaluations,
    inventory,
    notice,
    package,
    rpm,
    update,
)

PRIORITIES = ["Extra", "Important", "Optional", "Required", "Standard"]
SECURITY = {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important"]}
BUGFIX = {"CLASSIFICATION": ["Bugfix"]}
TWO = [(SECURITY, 7), (BUGFIX, 7)]
WINDOWS_OS = {
    "CLASSIFICATION": ["CriticalUpdates", "SecurityUpdates"],
    "MSRC_SEVERITY": ["Critical", "Important"],
    "PATCH_SET": ["OS"],
}

# The table: name, operating system, rules as (filters, days).
PREDEFINED = {
    "AWS-AlmaLinuxDefaultPatchBaseline": ("ALMA_LINUX", TWO),
    "AWS-AmazonLinuxDefaultPatchBaseline": ("AMAZON_LINUX", TWO),
    "AWS-AmazonLinux2DefaultPatchBaseline": ("AMAZON_LINUX_2", TWO),
    "AWS-AmazonLinux2022DefaultPatchBaseline": ("AMAZON_LINUX_2022", TWO),
    "AWS-AmazonLinux2023DefaultPatchBaseline": ("AMAZON_LINUX_2023", TWO),
    "AWS-CentOSDefaultPatchBaseline": ("CENTOS", [({}, 7)]),
    "AWS-DebianDefaultPatchBaseline": ("DEBIAN", [({"PRIORITY": PRIORITIES}, 0)]),
    "AWS-MacOSDefaultPatchBaseline": ("MACOS", [({"CLASSIFICATION": ["Security"]}, 0), ({}, 0)]),
    "AWS-OracleLinuxDefaultPatchBaseline": (
        "ORACLE_LINUX",
        [({"CLASSIFICATION": ["Security"], "SEVERITY": ["Important", "Moderate"]}, 7), (BUGFIX, 7)],
    ),
    "AWS-DefaultRaspbianPatchBaseline": ("RASPBIAN", [({"PRIORITY": PRIORITIES}, 0)]),
    "AWS-RedHatDefaultPatchBaseline": ("REDHAT_ENTERPRISE_LINUX", TWO),
    "AWS-RockyLinuxDefaultPatchBaseline": ("ROCKY_LINUX", TWO),
    "AWS-SuseDefaultPatchBaseline": ("SUSE", [(SECURITY, 7)]),
    "AWS-UbuntuDefaultPatchBaseline": ("UBUNTU", [({"PRIORITY": PRIORITIES}, 7)]),
    "AWS-DefaultPatchBaseline": ("WINDOWS", [(WINDOWS_OS, 7)]),
    "AWS-WindowsPredefinedPatchBaseline-OS": ("WINDOWS", [(WINDOWS_OS, 7)]),
    "AWS-WindowsPredefinedPatchBaseline-OS-Applications": (
        "WINDOWS",
        [(WINDOWS_OS, 7), ({"PATCH_SET": ["APPLICATION"]}, 7)],
    ),
}
NO_DEFAULTS = ("AWS-WindowsPredefinedPatchBaseline-OS", "AWS-WindowsPredefinedPatchBaseline-OS-Applications")
# Where the rules approve more than security patches.
NON_SECURITY = {"AWS-CentOSDefaultPatchBaseline": [True], "AWS-MacOSDefaultPatchBaseline": [False, True]}
SHIPPED = ("security-now", "security-7-days", "all-14-days")


@pytest.mark.parametrize("name", PREDEFINED)
def test_a_predefined_baseline_is_as_aws_documents_it(name):
    system, rules = PREDEFINED[name]
    parsed = named(name)
    assert (parsed.name, parsed.source, parsed.baseline_id, parsed.patch_groups) == (name, "predefined", None, ())
    document = canonical(parsed)
    assert [(entry["filters"], entry["approve_after_days"]) for entry in document["approval_rules"]] == rules
    assert [entry["approve_until_date"] for entry in document["approval_rules"]] == [None] * len(rules)
    assert {entry["compliance_level"] for entry in document["approval_rules"]} == {"UNSPECIFIED"}
    expected = NON_SECURITY.get(name, [False] * len(rules))
    assert [entry["enable_non_security"] for entry in document["approval_rules"]] == expected
    del document["approval_rules"]
    assert document == {
        "operating_system": system,
        "global_filters": {"PRODUCT": ["*"]} if system == "UBUNTU" else {},
        "approved_patches": [],
        "approved_patches_compliance_level": "UNSPECIFIED",
        "approved_patches_enable_non_security": False,
        "rejected_patches": [],
        "rejected_patches_action": "ALLOW_AS_DEPENDENCY",
        "sources": [],
        "available_security_updates_compliance_status": None,
    }


def test_the_names():
    assert set(NAMES) == set(PREDEFINED) | set(SHIPPED)
    assert len(NAMES) == len(set(NAMES))


def test_each_of_the_fifteen_operating_systems_has_its_default():
    defaults = {system: name for name, (system, rules) in PREDEFINED.items() if name not in NO_DEFAULTS}
    assert len(defaults) == 15
    assert set(API_OPERATING_SYSTEMS) == set(defaults)
    assert {system: predefined_default(system).name for system in defaults} == defaults


@pytest.mark.parametrize("system", ["FEDORA", "OPENSUSE"])
def test_no_default_for_systems_that_aws_does_not_know(system):
    assert predefined_default(system) is None


@pytest.mark.parametrize("name", ["aws-defaultpatchbaseline", "AWS-FedoraDefaultPatchBaseline", "", "predefined"])
def test_no_such_name(name):
    assert named(name) is None


@pytest.mark.parametrize("name", PREDEFINED)
def test_a_name_is_no_default_by_itself(name):
    assert named(name).default is False


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_baselines_are_portable(name):
    parsed = named(name)
    assert (parsed.name, parsed.operating_system, parsed.source) == (name, None, "shipped")
    assert parsed.description


DAY_BEFORE, WEEK_BEFORE = "2026-11-20", "2026-11-13"


def dated(system, released, security=True):
    """One update of a node, released on this day."""
    if system == WINDOWS:
        return inventory(
            system, update(release_date=released, classification="SecurityUpdates" if security else "Updates")
        )
    if system in (UBUNTU, DEBIAN):
        offer = deb("2.0", "security" if security else "updates", released_at=released)
        return inventory(system, package("bash", "amd64", {"version": "1.0"}, [offer]), release_dates="published")
    one = notice("A-1", "security" if security else "recommended", updated=released)
    return inventory(system, package(installed=rpm("1.0-1"), available=[rpm("2.0-1", one)]))


@pytest.mark.parametrize("system", [RHEL, "FEDORA", SUSE, UBUNTU, DEBIAN, WINDOWS])
@pytest.mark.parametrize(
    ("name", "released", "security", "approved"),
    [
        pytest.param("security-now", DAY_BEFORE, True, True, id="now: security"),
        pytest.param("security-now", LONG_AGO, False, False, id="now: other"),
        pytest.param("security-7-days", WEEK_BEFORE, True, True, id="7 days: security"),
        pytest.param("security-7-days", DAY_BEFORE, True, False, id="7 days: too new"),
        pytest.param("security-7-days", LONG_AGO, False, False, id="7 days: other"),
        pytest.param("all-14-days", LONG_AGO, True, True, id="14 days: security"),
        pytest.param("all-14-days", LONG_AGO, False, True, id="14 days: other"),
        pytest.param("all-14-days", WEEK_BEFORE, False, False, id="14 days: too new"),
    ],
)
def test_what_the_shipped_baselines_approve(name, system, released, security, approved):
    (answer,) = evaluations(dated(system, released, security), name)
    assert (answer["decision"] == "approved") == approved


def test_all_14_days_takes_applications_on_windows():
    office = update(patch_set="APPLICATION", product_family="Office", product="Office 2016")
    (answer,) = evaluations(inventory(WINDOWS, office), "all-14-days")
    assert (answer["decision"], answer["rule"]) == ("approved", 2)


@pytest.mark.parametrize(
    ("security", "priority", "approved"),
    [
        pytest.param(True, "optional", True, id="security"),
        pytest.param(False, "optional", False, id="other"),
        pytest.param(True, "source", False, id="a priority outside the five"),
    ],
)
@pytest.mark.parametrize("name", ["AWS-UbuntuDefaultPatchBaseline", "AWS-DebianDefaultPatchBaseline"])
def test_the_predefined_apt_baselines_approve_security_at_once(name, security, priority, approved):
    system = PREDEFINED[name][0]
    offer = deb("2.0", "security" if security else "updates", priority=priority, released_at="2026-11-21T00:00:00Z")
    (answer,) = evaluations(inventory(system, package("bash", "amd64", {"version": "1.0"}, [offer])), name)
    assert (answer["decision"] == "approved") == approved


@pytest.mark.parametrize(
    "built", [pytest.param("2026-11-01T00:00:00Z", id="old"), pytest.param("2026-11-20T00:00:00Z", id="new")]
)
def test_the_predefined_centos_baseline_approves_what_no_notice_names(built):
    offer = rpm("2.0-1", build_time=built)
    (answer,) = evaluations(
        inventory("CENTOS", package(installed=rpm("1.0-1"), available=[offer])), "AWS-CentOSDefaultPatchBaseline"
    )
    assert (answer["decision"] == "approved") == (built < "2026-11-14")
