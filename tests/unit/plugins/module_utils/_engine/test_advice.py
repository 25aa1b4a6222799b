# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is legal and warned about (approval-rules.md, sections 3, 4 and 11; package-name-formats.md, section 2)."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import advice
from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    AL2,
    AL2023,
    DEBIAN,
    MACOS,
    RHEL,
    SUSE,
    UBUNTU,
    WINDOWS,
    baseline,
    deb,
    inventory,
    notice,
    package,
    rpm,
    rule,
)


def warned(given):
    return list(advice.warnings(parse_baseline(given), "here"))


def filtered(system, **filters):
    return baseline(system, rule(filters=filters))


def approved(system, *entries):
    return baseline(system, approved_patches=list(entries))


def rejected(system, *entries):
    return baseline(system, rejected_patches=list(entries))


RULE = "here.approval_rules[0]"

WARNED = [
    pytest.param(
        filtered(RHEL, SEVERITY=["*", "Low"]), RULE + ".filters.SEVERITY", ["'*'"], id="wildcard among values"
    ),
    pytest.param(
        baseline(RHEL, global_filters={"PRODUCT": ["*", "RedhatEnterpriseLinux9"]}),
        "here.global_filters.PRODUCT",
        ["'*'"],
        id="wildcard among global values",
    ),
    pytest.param(
        baseline(RHEL, rule(101)), RULE + ".approve_after_days", ["101", "100"], id="a delay of more than 100 days"
    ),
    pytest.param(
        filtered(UBUNTU, PRODUCT=["Debian12"]),
        RULE + ".filters.PRODUCT",
        ["'Debian12'", "UBUNTU"],
        id="unknown product",
    ),
    pytest.param(
        filtered(RHEL, PRODUCT=["RHEL9"]),
        RULE + ".filters.PRODUCT",
        ["'RHEL9'", "RedhatEnterpriseLinux"],
        id="a product's other name",
    ),
    pytest.param(
        filtered(UBUNTU, PRODUCT=["Ubuntu*"]),
        RULE + ".filters.PRODUCT",
        ["'Ubuntu*'"],
        id="a partial wildcard: product",
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=["Crit*"]), RULE + ".filters.SEVERITY", ["'Crit*'"], id="a partial wildcard: severity"
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=["High"]),
        RULE + ".filters.SEVERITY",
        ["'High'", "Critical, Important"],
        id="unknown severity",
    ),
    pytest.param(
        filtered(RHEL, CLASSIFICATION=["Optional"]), RULE + ".filters.CLASSIFICATION", ["'Optional'"], id="SUSE's word"
    ),
    pytest.param(
        filtered(SUSE, CLASSIFICATION=["Bugfix"]),
        RULE + ".filters.CLASSIFICATION",
        ["'Bugfix'", "Yast"],
        id="not SUSE's word",
    ),
    pytest.param(
        filtered("ROCKY_LINUX", SEVERITY=["Medium"]),
        RULE + ".filters.SEVERITY",
        ["'Medium'", "Moderate"],
        id="Medium on Rocky",
    ),
    pytest.param(
        filtered(SUSE, SEVERITY=["Medium"]), RULE + ".filters.SEVERITY", ["'Medium'", "Moderate"], id="Medium on SUSE"
    ),
    pytest.param(
        filtered(UBUNTU, PRIORITY=["High"]), RULE + ".filters.PRIORITY", ["'High'", "Required"], id="unknown priority"
    ),
    pytest.param(
        filtered(WINDOWS, CLASSIFICATION=["Critical"]),
        RULE + ".filters.CLASSIFICATION",
        ["'Critical'", "CriticalUpdates"],
        id="a severity as a classification",
    ),
    pytest.param(
        filtered(WINDOWS, MSRC_SEVERITY=["High"]),
        RULE + ".filters.MSRC_SEVERITY",
        ["'High'", "Unspecified"],
        id="unknown MSRC severity",
    ),
    pytest.param(
        filtered(MACOS, CLASSIFICATION=["Recommended"]),
        RULE,
        ["enable_non_security"],
        id="only what is no security patch, flag off",
    ),
    pytest.param(
        baseline(RHEL, approved_patches=["bash", "Kernel*"], rejected_patches=["kernel*"]),
        "here.approved_patches[1]",
        ["'Kernel*'", "rejected_patches"],
        id="an entry in both lists",
    ),
    pytest.param(
        rejected(RHEL, "RHSA-2024:1234"),
        "here.rejected_patches[0]",
        ["'RHSA-2024:1234'", "agent"],
        id="advisory, rejected",
    ),
    pytest.param(
        rejected(AL2023, "ALAS2023-2024-501"), "here.rejected_patches[0]", ["agent"], id="Amazon's advisory, rejected"
    ),
    pytest.param(
        rejected(AL2, "ALASKERNEL-5.10-2022-001"),
        "here.rejected_patches[0]",
        ["agent"],
        id="Amazon's kernel advisory, rejected",
    ),
    pytest.param(
        rejected("FEDORA", "FEDORA-EPEL-2024-0a1b2c3d4e"),
        "here.rejected_patches[0]",
        ["agent"],
        id="EPEL's advisory, rejected",
    ),
    pytest.param(rejected(AL2, "cve-2018-1234567"), "here.rejected_patches[0]", ["agent"], id="CVE, rejected"),
    pytest.param(rejected(RHEL, "1463241"), "here.rejected_patches[0]", ["agent"], id="Bugzilla, rejected"),
    pytest.param(approved(RHEL, "*lib*"), "here.approved_patches[0]", ["'*lib*'", "wildcard"], id="two wildcards"),
    pytest.param(rejected(SUSE, "SUSE-*-2024-*"), "here.rejected_patches[0]", ["wildcard"], id="two wildcards, SUSE"),
    pytest.param(approved(RHEL, "1.12.28"), "here.approved_patches[0]", ["'1.12.28'", "every package"], id="version"),
    pytest.param(
        approved(RHEL, "1.12.28-1.amzn2023.0.1"), "here.approved_patches[0]", ["every package"], id="version-release"
    ),
    pytest.param(
        approved(RHEL, "1:1.12.28-1.amzn2023.0.1"),
        "here.approved_patches[0]",
        ["every package"],
        id="epoch:version-release",
    ),
    pytest.param(
        approved(UBUNTU, "openssl.amd64"),
        "here.approved_patches[0]",
        ["'openssl.amd64'", "name"],
        id="name.arch on apt",
    ),
    pytest.param(approved(DEBIAN, "openssl-3.0.2-1"), "here.approved_patches[0]", ["name"], id="name-version on apt"),
    pytest.param(approved(DEBIAN, "linux-image-*"), "here.approved_patches[0]", ["name"], id="glob on apt"),
    pytest.param(rejected(UBUNTU, "openssl_3.0"), "here.rejected_patches[0]", ["name"], id="no name at all on apt"),
    pytest.param(
        approved(MACOS, "XProtect*"), "here.approved_patches[0]", ["wildcard", "macOS"], id="wildcard on macOS"
    ),
    pytest.param(
        baseline(
            RHEL, sources=[{"name": "own", "products": ["*"], "configuration": "[own]\nusername=me\npassword = x"}]
        ),
        "here.sources[0].configuration",
        ["credentials"],
        id="a password in a source",
    ),
    pytest.param(
        baseline(
            RHEL,
            sources=[{"name": "own", "products": ["*"], "configuration": "baseurl=https://me:secret@example.org/"}],
        ),
        "here.sources[0].configuration",
        ["credentials"],
        id="a password in an address",
    ),
]


@pytest.mark.parametrize(("given", "path", "words"), WARNED)
def test_warned(given, path, words):
    (message,) = warned(given)
    where, text = message.split(": ", 1)
    assert where == path
    for word in words:
        assert word in text


NOT_WARNED = [
    pytest.param(baseline(RHEL, rule(100)), id="100 days"),
    pytest.param(filtered(RHEL, SEVERITY=["*"]), id="a wildcard alone"),
    pytest.param(filtered(RHEL, SEVERITY=["critical", "MODERATE", "Medium", "None"]), id="severities in any case"),
    pytest.param(filtered("ORACLE_LINUX", SEVERITY=["Important", "Moderate", "None"]), id="Oracle's severities"),
    pytest.param(filtered(AL2023, SEVERITY=["Medium"]), id="Medium on AL2023"),
    pytest.param(filtered(UBUNTU, SECTION=["universe/net", "anything"]), id="sections are free"),
    pytest.param(filtered(RHEL, PRODUCT=["RedhatEnterpriseLinux99.1"]), id="a release to come"),
    pytest.param(filtered(AL2, PRODUCT=["AmazonLinux2", "AmazonLinux2.0"]), id="both products of AL2"),
    pytest.param(filtered(WINDOWS, PRODUCT=["WindowsServer2022", "Office 2016"]), id="products of Windows"),
    pytest.param(filtered(DEBIAN, PRODUCT=["Debian12"]), id="a product whose names are not documented"),
    pytest.param(filtered(MACOS, CLASSIFICATION=["Security"]), id="security on macOS"),
    pytest.param(
        baseline(MACOS, rule(filters={"CLASSIFICATION": ["Recommended"]}, enable_non_security=True)),
        id="flag on, macOS",
    ),
    pytest.param(filtered(RHEL, CLASSIFICATION=["Bugfix"]), id="a bugfix notice needs no flag"),
    pytest.param(approved(RHEL, "RHSA-2024:1234", "CVE-2024-1", "1463241"), id="ids in the approved list"),
    pytest.param(approved(RHEL, "openssl*", "dbus.x86_64", "dbus-1.12.28-1.x86_64"), id="package names"),
    pytest.param(approved(RHEL, "1:dbus-1.12.28-1.amzn2023.0.1.x86_64"), id="form 11 holds a name"),
    pytest.param(approved(RHEL, "389-ds-base"), id="a name that begins with a digit"),
    pytest.param(filtered(UBUNTU, PRODUCT=["*"]), id="any product"),
    pytest.param(
        approved(UBUNTU, "openssl", "libstdc++6", "gir1.2-gtk-3.0", "libgtk-3-0", "linux-image-6.1.0-18-amd64"),
        id="plain names on apt",
    ),
    pytest.param(approved(WINDOWS, "KB2032276", "MS10-048"), id="ids on Windows"),
    pytest.param(baseline(RHEL, approved_patches=["kernel*"], rejected_patches=["kernel"]), id="different entries"),
    pytest.param(
        baseline(
            RHEL, sources=[{"name": "own", "products": ["*"], "configuration": "baseurl=https://example.org:8443/a@b"}]
        ),
        id="a source without credentials",
    ),
    pytest.param(baseline(None, rule(filters={"SEVERITY": ["Anything"]})), id="portable: vocabularies differ"),
]


@pytest.mark.parametrize("given", NOT_WARNED)
def test_not_warned(given):
    assert warned(given) == []


def test_every_warning_is_given():
    given = baseline(
        RHEL, rule(101, filters={"SEVERITY": ["High", "*"]}), rule(200), rejected_patches=["CVE-2024-1", "*a*"]
    )
    assert len(warned(given)) == 6


def warnings_of(document, given, **options):
    """The warnings in the record."""
    return what_if(document, [given], **options)["record"]["warnings"]


@pytest.mark.parametrize("one_rule", [rule(7), rule(until="2026-11-01")])
@pytest.mark.parametrize("system", [UBUNTU, DEBIAN, "RASPBIAN"])
def test_a_delay_on_apt_is_warned_about_with_the_way_out(system, one_rule):
    (message,) = warnings_of(inventory(system), baseline(system, rule(0), one_rule))
    for word in ("tested", "rule 2", system, "release_dates", "published", "first_seen"):
        assert word in message


@pytest.mark.parametrize(
    ("document", "given"),
    [
        pytest.param(inventory(UBUNTU), baseline(UBUNTU, rule(0)), id="no delay"),
        pytest.param(inventory(UBUNTU), baseline(UBUNTU, rule(None)), id="no date field"),
        pytest.param(inventory(UBUNTU), "AWS-UbuntuDefaultPatchBaseline", id="AWS's own"),
        pytest.param(inventory(UBUNTU, release_dates="published"), baseline(UBUNTU, rule(7)), id="dates published"),
        pytest.param(inventory(UBUNTU, release_dates="first_seen"), baseline(UBUNTU, rule(7)), id="dates first seen"),
        pytest.param(inventory(RHEL), baseline(RHEL, rule(7)), id="rpm"),
    ],
)
def test_no_such_warning(document, given):
    assert warnings_of(document, given) == []


def test_a_portable_baseline_is_warned_about_on_apt():
    (message,) = warnings_of(inventory(UBUNTU), "security-7-days")
    assert "security-7-days" in message


UNDATED = inventory(
    RHEL,
    package("a", available=[rpm("1-1", notice("A-1", updated=None, repository="baseos"))]),
    package("b", available=[rpm("1-1", notice("A-2", updated="1970-01-01", repository="baseos"))]),
    package("c", available=[rpm("1-1", notice("A-3", updated="soon", repository="appstream"))]),
    package("d", available=[rpm("1-1", notice("A-4", repository="crb"))]),
)


def test_undated_notices_are_warned_about_with_their_repositories():
    """approval-rules.md, 4.3."""
    message = " ".join(warnings_of(UNDATED, baseline(RHEL, rule(7))))
    for word in ("appstream", "baseos", "approved", "undated"):
        assert word in message
    assert "crb" not in message


def test_undated_notices_that_are_held():
    message = " ".join(warnings_of(UNDATED, baseline(RHEL, rule(7)), undated="hold"))
    assert "baseos" in message
    assert "held" in message
    assert "approved" not in message


def test_undated_notices_do_not_matter_without_a_delay():
    assert warnings_of(UNDATED, baseline(RHEL, rule(0))) == []


def test_undated_versions_on_apt_with_release_dates():
    offers = [deb("2.0"), deb("3.0", "updates", released_at="2026-11-01T00:00:00Z")]
    document = inventory(UBUNTU, package("bash", "amd64", {"version": "1.0"}, offers), release_dates="published")
    (message,) = warnings_of(document, baseline(UBUNTU, rule(7)))
    assert "1 " in message
    assert "security" in message
    assert "updates" not in message
    assert "held" in message


def test_the_inventorys_own_warnings_come_first():
    document = inventory(UBUNTU, warnings=["the lists are old"])
    assert warnings_of(document, baseline(UBUNTU, rule(7)))[0] == "the lists are old"
