# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole decisions and the words for them: filters, flags, dates, lists, versions (approval-rules.md, 3 to 6)."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import LEVELS, REASON_CODES
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
    decide,
    evaluations,
    inventory,
    notice,
    package,
    rpm,
    rule,
    update,
)

SECURITY_RULE = {"CLASSIFICATION": ["Security"]}


def offered(*notices, evr="2.0-1", **members):
    """A package at 1.0-1, and one newer version in these notices."""
    return package(installed=rpm("1.0-1"), available=[rpm(evr, *notices, **members)])


def apt_offered(*repositories, **members):
    return package("openssl", "amd64", installed={"version": "1.0"}, available=[deb("2.0", *repositories, **members)])


def mac_offered(classification="Security"):
    offer = {"version": "2.0", "classification": classification}
    return package("Safari", "arm64", installed={"version": "1.0"}, available=[offer])


def outcome(answer):
    return answer["decision"], answer["reason_code"]


APPROVED = ("approved", "rule")
UNMATCHED = ("not_approved", "no_matching_rule")
NON_SECURITY = ("not_approved", "nonsecurity_excluded")
WAITS = ("not_approved", "delay_pending")
REJECTED = ("rejected", "rejected_list")


# package-name-formats.md, section 4: whole decisions, by number.
WORKED_EXAMPLES = [
    pytest.param(
        RHEL,
        package("openssl", installed=rpm("1.0-1"), available=[rpm("2.0-1", notice("RHSA-2024:1234"))]),
        {"approved_patches": ["RHSA-2024:1234"], "approved_patches_compliance_level": "HIGH"},
        ("approved", "approved_list", "HIGH", "MISSING"),
        id="1 approved by advisory, at the list's level",
    ),
    pytest.param(
        AL2023,
        package("dbus-libs", installed=rpm("1.0-1"), available=[rpm("2.0-1", notice())]),
        {"approved_patches": ["dbus*"], "rejected_patches": ["dbus-libs"], "approved_patches_compliance_level": "HIGH"},
        ("rejected", "rejected_list", "UNSPECIFIED", "INSTALLED_OTHER"),
        id="2 rejection wins",
    ),
    pytest.param(
        AL2,
        offered(notice("ALAS2-2018-1", bugzillas=["1463241"])),
        {"approved_patches": ["1463241"]},
        ("approved", "approved_list", "UNSPECIFIED", "MISSING"),
        id="3 approved by Bugzilla id",
    ),
    pytest.param(
        UBUNTU,
        package("htop", "amd64", installed={"version": "1.0"}, available=[deb("2.0", "updates")]),
        {"approved_patches": ["htop"]},
        ("not_approved", "nonsecurity_excluded", "UNSPECIFIED", "INSTALLED_OTHER"),
        id="4 listed, no security, flag off",
    ),
    pytest.param(
        UBUNTU,
        package("htop", "amd64", installed={"version": "1.0"}, available=[deb("2.0", "updates")]),
        {"approved_patches": ["htop"], "approved_patches_enable_non_security": True},
        ("approved", "approved_list", "UNSPECIFIED", "MISSING"),
        id="5 listed, flag on",
    ),
    pytest.param(
        WINDOWS,
        update("KB5000871", installed=True),
        {"rejected_patches": ["KB5000871"], "rejected_patches_action": "BLOCK"},
        ("rejected", "rejected_list", "UNSPECIFIED", "INSTALLED_REJECTED"),
        id="6 rejected and installed",
    ),
    pytest.param(
        SUSE,
        offered(notice("SUSE-SLE-Module-Basesystem-15-SP5-2024-77")),
        {"approved_patches": ["SUSE-SLE-Module-Basesystem-15-SP5-2024-*"]},
        ("approved", "approved_list", "UNSPECIFIED", "MISSING"),
        id="7 approved by patch",
    ),
    pytest.param(
        "ORACLE_LINUX",
        package("kernel-uek", installed=rpm("5.15.0-205"), available=[rpm("5.15.0-206", notice("ELSA-2024-1234"))]),
        {"rejected_patches": ["kernel-uek*"]},
        ("rejected", "rejected_list", "UNSPECIFIED", "INSTALLED_OTHER"),
        id="8 rejected kernel",
    ),
]


@pytest.mark.parametrize(("system", "patch", "members", "expected"), WORKED_EXAMPLES)
def test_worked_examples(system, patch, members, expected):
    answer = decide(system, patch, **members)
    assert tuple(answer[name] for name in ("decision", "reason_code", "compliance_level", "state")) == expected


FILTERED = [
    # system, patch, filters, expected
    pytest.param(
        RHEL,
        offered(notice(severity="Moderate")),
        {"SEVERITY": ["Medium"]},
        UNMATCHED,
        id="RHEL: Medium is not Moderate",
    ),
    pytest.param(
        AL2, offered(notice(severity="Moderate")), {"SEVERITY": ["Medium"]}, UNMATCHED, id="AL2: Medium is not Moderate"
    ),
    pytest.param(
        AL2023,
        offered(notice(severity="Moderate")),
        {"SEVERITY": ["Medium"]},
        APPROVED,
        id="AL2023: Medium selects Moderate",
    ),
    pytest.param(
        "AMAZON_LINUX_2022",
        offered(notice(severity="moderate")),
        {"SEVERITY": ["medium"]},
        APPROVED,
        id="AL2022: in any case",
    ),
    pytest.param(
        AL2023, offered(notice(severity="medium")), {"SEVERITY": ["Moderate"]}, APPROVED, id="AL2023: and the other way"
    ),
    pytest.param(
        AL2023, offered(notice(severity="Low")), {"SEVERITY": ["Medium"]}, UNMATCHED, id="AL2023: but not Low"
    ),
    pytest.param(
        RHEL, offered(notice(severity="None")), {"SEVERITY": ["None"]}, APPROVED, id="None is a severity, dnf"
    ),
    pytest.param(AL2, offered(notice(severity=None)), {"SEVERITY": ["None"]}, APPROVED, id="yum: no severity is None"),
    pytest.param(
        AL2, offered(notice(severity=None)), {"SEVERITY": ["Low"]}, UNMATCHED, id="yum: no severity is nothing else"
    ),
    pytest.param(
        RHEL, offered(notice(severity=None)), {"SEVERITY": ["None"]}, UNMATCHED, id="dnf: no severity is no notice"
    ),
    pytest.param(
        RHEL, offered(notice(severity=None)), {"SEVERITY": ["*"]}, NON_SECURITY, id="dnf: so it is no security patch"
    ),
    pytest.param(RHEL, offered(notice(severity=None)), SECURITY_RULE, UNMATCHED, id="dnf: and has no classification"),
    pytest.param(
        RHEL, offered(notice(type=None)), {"SEVERITY": ["*"]}, NON_SECURITY, id="dnf: no classification is no notice"
    ),
    pytest.param(
        RHEL,
        offered(notice(type="bugfix")),
        {"CLASSIFICATION": ["Bugfix"]},
        APPROVED,
        id="a bugfix notice needs no flag",
    ),
    pytest.param(
        RHEL,
        offered(notice(type="SECURITY")),
        {"CLASSIFICATION": ["security"]},
        APPROVED,
        id="case of a classification",
    ),
    pytest.param(RHEL, offered(notice()), {"PRODUCT": ["RedhatEnterpriseLinux9.4"]}, APPROVED, id="the node's product"),
    pytest.param(RHEL, offered(notice()), {"PRODUCT": ["redhatenterpriselinux9.4"]}, APPROVED, id="case of a product"),
    pytest.param(RHEL, offered(notice()), {"PRODUCT": ["RedhatEnterpriseLinux9"]}, UNMATCHED, id="another product"),
    pytest.param(RHEL, offered(notice()), {"PRODUCT": ["RedhatEnterpriseLinux*"]}, UNMATCHED, id="no partial wildcard"),
    pytest.param(RHEL, offered(notice()), {"PRODUCT": ["*"], **SECURITY_RULE}, APPROVED, id="both of two keys"),
    pytest.param(RHEL, offered(notice()), {"SEVERITY": ["Low"], **SECURITY_RULE}, UNMATCHED, id="one of two keys"),
    pytest.param(RHEL, offered(notice()), {"SEVERITY": ["Low", "Important"]}, APPROVED, id="one of two values"),
    pytest.param(RHEL, offered(notice()), {}, APPROVED, id="an empty group"),
    pytest.param(RHEL, offered(), {"SEVERITY": ["*"]}, NON_SECURITY, id="outside every notice, without the flag"),
    pytest.param(
        SUSE, offered(notice(type="recommended")), {"CLASSIFICATION": ["Recommended"]}, APPROVED, id="SUSE: a category"
    ),
    pytest.param(SUSE, offered(notice(type="recommended")), SECURITY_RULE, UNMATCHED, id="SUSE: another category"),
    pytest.param(SUSE, offered(), {}, APPROVED, id="SUSE: everything counts as security"),
    pytest.param(UBUNTU, apt_offered(priority="required"), {"PRIORITY": ["Required"]}, APPROVED, id="apt: priority"),
    pytest.param(
        UBUNTU, apt_offered(priority="extra"), {"PRIORITY": ["Required"]}, UNMATCHED, id="apt: another priority"
    ),
    pytest.param(UBUNTU, apt_offered(priority=None), {"PRIORITY": ["*"]}, APPROVED, id="apt: no priority, wildcard"),
    pytest.param(
        UBUNTU, apt_offered(priority=None), {"PRIORITY": ["Optional"]}, UNMATCHED, id="apt: no priority, a value"
    ),
    pytest.param(
        UBUNTU, apt_offered(section="universe/net"), {"SECTION": ["Universe/Net"]}, APPROVED, id="apt: section"
    ),
    pytest.param(
        UBUNTU,
        apt_offered(section="universe/net"),
        {"SECTION": ["net"]},
        UNMATCHED,
        id="apt: its component belongs to it",
    ),
    pytest.param(UBUNTU, apt_offered(), {"PRODUCT": ["Ubuntu22.04"]}, APPROVED, id="apt: product"),
    pytest.param(UBUNTU, apt_offered(), {"PRODUCT": ["Ubuntu2*"]}, UNMATCHED, id="apt: no partial wildcard"),
    pytest.param(MACOS, mac_offered(), SECURITY_RULE, APPROVED, id="macOS"),
    pytest.param(MACOS, mac_offered("Recommended"), {}, NON_SECURITY, id="macOS: not security"),
    pytest.param(WINDOWS, update(), {}, APPROVED, id="Windows: no PATCH_SET, an OS patch"),
    pytest.param(WINDOWS, update(patch_set="APPLICATION"), {}, UNMATCHED, id="Windows: no PATCH_SET, an application's"),
    pytest.param(
        WINDOWS,
        update(patch_set="APPLICATION"),
        {"PATCH_SET": ["APPLICATION"]},
        APPROVED,
        id="Windows: PATCH_SET APPLICATION",
    ),
    pytest.param(
        WINDOWS, update(), {"PATCH_SET": ["APPLICATION"]}, UNMATCHED, id="Windows: PATCH_SET APPLICATION, an OS patch"
    ),
    pytest.param(WINDOWS, update(), {"PATCH_SET": ["OS"]}, APPROVED, id="Windows: PATCH_SET OS"),
    pytest.param(WINDOWS, update(patch_set="APPLICATION"), {"PATCH_SET": ["*"]}, APPROVED, id="Windows: PATCH_SET *"),
    pytest.param(WINDOWS, update(), {"PRODUCT": ["WindowsServer2019"]}, APPROVED, id="Windows: the patch's product"),
    pytest.param(
        WINDOWS,
        update(product="Windows10"),
        {"PRODUCT": ["WindowsServer2019"]},
        UNMATCHED,
        id="Windows: another product",
    ),
    pytest.param(WINDOWS, update(), {"PRODUCT_FAMILY": ["windows"]}, APPROVED, id="Windows: product family"),
    pytest.param(WINDOWS, update(), {"MSRC_SEVERITY": ["Critical"]}, APPROVED, id="Windows: MSRC severity"),
    pytest.param(
        WINDOWS,
        update(msrc_severity=None),
        {"MSRC_SEVERITY": ["Unspecified"]},
        APPROVED,
        id="Windows: no MSRC severity",
    ),
    pytest.param(
        WINDOWS, update(), {"CLASSIFICATION": ["Critical"]}, UNMATCHED, id="Windows: a severity is no classification"
    ),
]


@pytest.mark.parametrize(("system", "patch", "filters", "expected"), FILTERED)
def test_filters(system, patch, filters, expected):
    assert outcome(decide(system, patch, rule(filters=filters))) == expected


def test_the_product_is_the_nodes_and_may_be_unknown():
    patch = offered(notice())
    assert outcome(decide(RHEL, patch, rule(filters={"PRODUCT": ["*"]}), node={"product": None})) == APPROVED
    assert outcome(decide(RHEL, patch, rule(filters={"PRODUCT": ["None"]}), node={"product": None})) == UNMATCHED


def test_rules_are_ored():
    patch = offered(notice(severity="Low"))
    answer = decide(RHEL, patch, rule(filters={"SEVERITY": ["Critical"]}), rule(filters={"SEVERITY": ["Low"]}))
    assert (answer["decision"], answer["rule"]) == ("approved", 2)


def test_a_baseline_without_rules_approves_nothing():
    assert outcome(decide(RHEL, offered(notice()))) == UNMATCHED


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({"SEVERITY": ["Important"]}, APPROVED, id="they let it pass"),
        pytest.param({"SEVERITY": ["*"], "PRODUCT": ["*"]}, APPROVED, id="wildcards"),
        pytest.param({"SEVERITY": ["Critical"]}, ("not_approved", "global_filter"), id="they leave it out"),
    ],
)
def test_global_filters(filters, expected):
    assert outcome(decide(RHEL, offered(notice()), rule(), global_filters=filters)) == expected


def test_global_filters_do_not_approve():
    assert outcome(decide(RHEL, offered(notice()), global_filters={"SEVERITY": ["Important"]})) == UNMATCHED


@pytest.mark.parametrize(
    ("system", "patch", "entry", "filters"),
    [
        pytest.param(RHEL, offered(notice()), "dbus", {"SEVERITY": ["Low"]}, id="dnf, name"),
        pytest.param(AL2, offered(notice()), "RHSA-2026:1", {"SEVERITY": ["Low"]}, id="yum, advisory"),
        pytest.param(SUSE, offered(notice()), "dbus", {"SEVERITY": ["Low"]}, id="zypper"),
        pytest.param(UBUNTU, apt_offered(), "openssl", {"PRIORITY": ["Required"]}, id="apt"),
        pytest.param(WINDOWS, update(), "KB5000001", {"PATCH_SET": ["APPLICATION"]}, id="Windows"),
    ],
)
def test_the_approved_list_wins_over_global_filters(system, patch, entry, filters):
    answer = decide(system, patch, rule(), approved_patches=[entry], global_filters=filters)
    assert outcome(answer) == ("approved", "approved_list")


# approval-rules.md, section 5: who is a security candidate.
LABEL = {"id": "r", "archive": "bookworm", "label": "Debian-Security", "trusted": True}


@pytest.mark.parametrize(
    ("repository", "security"),
    [
        pytest.param({"archive": "jammy-security", "label": "Ubuntu", "trusted": True}, True, id="archive -security"),
        pytest.param(
            {"archive": "focal-infra-security", "label": "UbuntuESM", "trusted": True},
            True,
            id="archive with security in it",
        ),
        pytest.param(
            {"archive": "oldstable-security", "label": "Debian-Security", "trusted": True}, True, id="Debian's security"
        ),
        pytest.param(LABEL, True, id="by its label"),
        pytest.param({"archive": "jammy-security", "label": "Ubuntu", "trusted": False}, False, id="not trusted"),
        pytest.param({"archive": "jammy-security", "label": "Ubuntu"}, False, id="trust unknown"),
        pytest.param({"archive": "jammy-updates", "label": "Ubuntu", "trusted": True}, False, id="another archive"),
        pytest.param({"archive": None, "label": None, "trusted": True}, False, id="no names"),
    ],
)
def test_security_on_apt(repository, security):
    document = inventory(DEBIAN, apt_offered("r"), repositories={"r": dict(repository, id="r")})
    for enabled in (False, True):
        given = baseline(DEBIAN, rule(None, enable_non_security=enabled))
        (answer,) = evaluations(document, given)
        assert outcome(answer) == (APPROVED if security or enabled else NON_SECURITY)
        assert answer["classification"] == ("Security" if security else "")


def test_one_security_origin_is_enough_on_apt():
    assert outcome(decide(UBUNTU, apt_offered("updates", "security"), rule())) == APPROVED


def test_severity_on_apt_is_the_priority():
    assert decide(UBUNTU, apt_offered(priority="important"), rule())["severity"].lower() == "important"


def test_a_security_version_is_taken_even_where_a_newer_one_is_offered():
    """os-behaviour.md, 2.3: the highest approved version."""
    patch = package(
        "openssl", "amd64", installed={"version": "1.0"}, available=[deb("3.0", "updates"), deb("2.0", "security")]
    )
    answer = decide(UBUNTU, patch, rule())
    assert (answer["decision"], answer["version"], answer["state"]) == ("approved", "2.0", "MISSING")


@pytest.mark.parametrize("system", [RHEL, AL2])
@pytest.mark.parametrize(
    ("build_time", "days", "expected"),
    [
        pytest.param("2026-11-14T11:59:59Z", 7, APPROVED, id="built long enough ago"),
        pytest.param("2026-11-14T12:00:01Z", 7, WAITS, id="built too late"),
        pytest.param(None, 7, APPROVED, id="unknown build time is no delay"),
    ],
)
def test_the_flag_and_the_build_time(system, build_time, days, expected):
    patch = offered(build_time=build_time)
    assert outcome(decide(system, patch, rule(days, enable_non_security=True))) == expected
    assert outcome(decide(system, patch, rule(days))) == NON_SECURITY
    only_values = rule(days, enable_non_security=True, filters={"SEVERITY": ["None"]})
    assert outcome(decide(system, patch, only_values)) == UNMATCHED


def test_a_dnf_notice_without_severity_needs_the_flag_and_counts_from_the_build_time():
    patch = offered(notice(severity=None, updated="2026-11-20"), build_time="2026-01-01T00:00:00Z")
    assert outcome(decide(RHEL, patch, rule(7, enable_non_security=True))) == APPROVED


def test_a_version_in_a_notice_counts_from_the_notice_whichever_repository_offers_it():
    """approval-rules.md, 5: listed in any notice. 4.3: the build time is for versions without one."""
    built = "2026-01-01T00:00:00Z"
    offers = [rpm("2.0-1", notice(updated="2026-11-20"), build_time=built), rpm("2.0-1", build_time=built)]
    answer = decide(RHEL, package(installed=rpm("1.0-1"), available=offers), rule(7, enable_non_security=True))
    assert outcome(answer) == WAITS


# approval-rules.md, 4.2 to the second. Now is 2026-11-21T12:00:00Z.
DATES = [
    pytest.param("2026-11-14T11:59:59Z", rule(7), APPROVED, id="7 days and a second"),
    pytest.param("2026-11-14T12:00:00Z", rule(7), WAITS, id="7 days exactly"),
    pytest.param("2026-11-14T12:00:01Z", rule(7), WAITS, id="7 days less a second"),
    pytest.param("2026-11-14", rule(7), APPROVED, id="a date counts from its midnight"),
    pytest.param("2026-11-15", rule(7), WAITS, id="the next date"),
    pytest.param("2026-11-21T11:59:59Z", rule(0), APPROVED, id="0 days, released"),
    pytest.param("2026-11-21T12:00:01Z", rule(0), WAITS, id="0 days, released later"),
    pytest.param("2025-11-26T11:59:59Z", rule(360), APPROVED, id="360 days"),
    pytest.param("2025-11-26T12:00:01Z", rule(360), WAITS, id="not yet 360 days"),
    pytest.param("2026-11-20T23:59:59Z", rule(until="2026-11-20"), APPROVED, id="last second of the cut-off day"),
    pytest.param(
        "2026-11-21T00:00:00Z", rule(until="2026-11-20"), ("not_approved", "after_cutoff"), id="first second after it"
    ),
    pytest.param("2026-11-20", rule(until="2026-11-20"), APPROVED, id="the cut-off day itself"),
    pytest.param("2026-12-24", rule(until="2026-12-31"), APPROVED, id="the future, before the cut-off"),
    pytest.param("2026-11-14 11:59:59", rule(7), APPROVED, id="written as in updateinfo"),
    pytest.param("2026-11-14 12", rule(7), WAITS, id="written with the hour only"),
    pytest.param("1763121599", rule(360), APPROVED, id="epoch seconds"),
]


@pytest.mark.parametrize(("released", "one_rule", "expected"), DATES)
def test_dates(released, one_rule, expected):
    assert outcome(decide(RHEL, offered(notice(updated=released)), one_rule)) == expected
    assert outcome(decide(AL2, offered(notice(updated=released)), one_rule)) == expected
    assert outcome(decide(SUSE, offered(notice(updated=released)), one_rule)) == expected
    assert outcome(decide(WINDOWS, update(release_date=released), one_rule)) == expected


def test_the_example_of_aws():
    """4.2: released 2025-11-09T18:00:00Z and 7 days is approved after 2025-11-16T18:00:00Z."""
    patch = offered(notice(updated="2025-11-09T18:00:00Z"))
    before = decide(RHEL, patch, rule(7), now="2025-11-16T17:59:59Z")
    assert (outcome(before), before["approved_on"]) == (WAITS, "2025-11-16T18:00:00Z")
    assert outcome(decide(RHEL, patch, rule(7), now="2025-11-16T18:00:01Z")) == APPROVED


def test_july():
    """4.2: dated July 7 and 7 days is approved as soon as July 14 has begun in UTC."""
    patch = offered(notice(updated="2026-07-07"))
    assert outcome(decide(RHEL, patch, rule(7), now="2026-07-13T23:59:59Z")) == WAITS
    assert outcome(decide(RHEL, patch, rule(7), now="2026-07-14T00:00:01Z")) == APPROVED


@pytest.mark.parametrize("system", [RHEL, AL2])
@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        pytest.param({"updated": "2026-11-20", "issued": "2026-01-01"}, WAITS, id="an update starts the delay again"),
        pytest.param({"updated": None, "issued": "2026-11-20"}, WAITS, id="else from the issue"),
        pytest.param({"updated": "soon", "issued": "2026-11-20"}, WAITS, id="an update that makes no sense"),
        pytest.param({"updated": "1970-01-01", "issued": "2026-11-20"}, WAITS, id="an update of 1970"),
        pytest.param(
            {"updated": "2026-01-01", "issued": "2026-11-20"}, APPROVED, id="the update, even if it is the older one"
        ),
    ],
)
def test_the_reference_is_the_last_update(system, dates, expected):
    assert outcome(decide(system, offered(notice(**dates)), rule(7))) == expected


UNDATED = [
    pytest.param(RHEL, offered(notice(updated=None)), id="dnf"),
    pytest.param(AL2, offered(notice(updated=None)), id="yum"),
    pytest.param(SUSE, offered(notice(updated=None)), id="zypper"),
    pytest.param(RHEL, offered(notice(updated="1970-01-01")), id="1970"),
    pytest.param(RHEL, offered(notice(updated="last week")), id="makes no sense"),
    pytest.param(WINDOWS, update(release_date=None), id="Windows"),
    pytest.param(WINDOWS, update(release_date="1970-01-01T00:00:00Z"), id="Windows 1970"),
]


@pytest.mark.parametrize(("system", "patch"), UNDATED)
def test_undated_patches_are_approved_unless_held(system, patch):
    """approval-rules.md, 4.3: (a) and (c); hold gives (b)."""
    assert outcome(decide(system, patch, rule(7))) == APPROVED
    assert outcome(decide(system, patch, rule(until="2026-01-01"))) == APPROVED
    assert outcome(decide(system, patch, rule(7), undated="hold")) == ("not_approved", "undated_held")
    assert outcome(decide(system, patch, rule(0), undated="hold")) == APPROVED


def test_held_undated_patches_pass_a_rule_with_non_security():
    """approval-rules.md, 4.3 (b): not included, unless non-security updates are included."""
    assert (
        outcome(decide(RHEL, offered(notice(updated=None)), rule(7, enable_non_security=True), undated="hold"))
        == APPROVED
    )


def test_suse_counts_from_the_patch_only():
    """approval-rules.md, 4.3: build times are for yum and dnf; without a date of the SUSE patch it is 1970-01-01."""
    assert outcome(decide(SUSE, offered(build_time="2026-11-20T00:00:00Z"), rule(7))) == APPROVED


def test_macos_has_no_delay():
    assert outcome(decide(MACOS, mac_offered(), rule(360))) == APPROVED


@pytest.mark.parametrize("one_rule", [rule(360), rule(until="1999-12-31"), rule(None)])
def test_apt_ignores_dates_by_default(one_rule):
    """approval-rules.md, 4.4, even where the inventory knows a date."""
    answer = decide(UBUNTU, apt_offered(released_at="2026-11-21T00:00:00Z"), one_rule)
    assert (outcome(answer), answer["approved_on"]) == (APPROVED, None)


KNOWN_DATES = pytest.mark.parametrize("release_dates", ["published", "first_seen"])


@KNOWN_DATES
def test_a_delay_counts_on_apt_with_release_dates(release_dates):
    patch = apt_offered(released_at="2026-11-20T18:00:00Z")
    answer = decide(UBUNTU, patch, rule(7), release_dates=release_dates)
    assert outcome(answer) == WAITS
    assert (answer["approved_on"], answer["release_date"]) == ("2026-11-27T18:00:00Z", "2026-11-20T18:00:00Z")
    later = decide(UBUNTU, patch, rule(7), release_dates=release_dates, now="2026-11-27T18:00:01Z")
    assert outcome(later) == APPROVED


@KNOWN_DATES
def test_a_cut_off_counts_on_apt_with_release_dates(release_dates):
    patch = apt_offered(released_at="2026-11-20T18:00:00Z")
    assert outcome(decide(UBUNTU, patch, rule(until="2026-11-20"), release_dates=release_dates)) == APPROVED
    late = decide(UBUNTU, patch, rule(until="2026-11-19"), release_dates=release_dates)
    assert outcome(late) == ("not_approved", "after_cutoff")


@KNOWN_DATES
def test_undated_versions_are_held_by_default_on_apt_with_release_dates(release_dates):
    undated = decide(UBUNTU, apt_offered(), rule(7), release_dates=release_dates)
    assert outcome(undated) == ("not_approved", "undated_held")
    assert outcome(decide(UBUNTU, apt_offered(), rule(7), release_dates=release_dates, undated="approve")) == APPROVED
    assert outcome(decide(UBUNTU, apt_offered(), rule(0), release_dates=release_dates)) == APPROVED


# approval-rules.md, 4.1: versions.
def test_the_newest_approved_version_is_chosen_and_the_newer_one_that_waits_is_named():
    old, new = notice("RHSA-2026:1", updated="2026-11-01"), notice("RHSA-2026:2", updated="2026-11-20T18:00:00Z")
    patch = package(installed=rpm("1.0-1"), available=[rpm("3.0-1", new), rpm("2.0-1", old)])
    answer = decide(RHEL, patch, rule(7))
    assert (answer["decision"], answer["version"], answer["state"]) == ("approved", "2.0-1", "MISSING")
    assert answer["approved_on"] == "2026-11-27T18:00:00Z"
    assert "3.0-1" in answer["reason"]
    assert "2026-11-27T18:00:00Z" in answer["reason"]


def test_the_installed_version_does_not_hide_the_newer_one_that_waits():
    """What is reported as waiting is an update, not what is installed already."""
    installed, newer = notice("RHSA-2026:1", updated="2026-11-18"), notice("RHSA-2026:2", updated="2026-11-20")
    patch = package(installed=rpm("1.0-1"), available=[rpm("1.0-1", installed), rpm("2.0-1", newer)])
    answer = decide(RHEL, patch, rule(7))
    assert outcome(answer) == WAITS
    assert (answer["version"], answer["approved_on"]) == ("2.0-1", "2026-11-27T00:00:00Z")


def test_older_versions_are_no_candidates():
    patch = package(installed=rpm("2.0-1"), available=[rpm("1.0-1", notice())])
    assert outcome(decide(RHEL, patch, rule(), approved_patches=["dbus"])) == ("not_approved", "no_candidate")


def test_versions_compare_as_numbers():
    patch = package(installed=rpm("1.9-1"), available=[rpm("1.10-1", notice()), rpm("1.2-1", notice())])
    assert decide(RHEL, patch, rule())["version"] == "1.10-1"


def test_the_highest_installed_version_counts():
    kernels = [rpm("5.14.0-1"), rpm("5.14.0-10"), rpm("5.14.0-9")]
    patch = package("kernel", installed=kernels, available=[rpm("5.14.0-10", notice())])
    answer = decide(RHEL, patch, rule())
    assert (answer["installed_version"], answer["state"]) == ("5.14.0-10", "INSTALLED")


def test_of_equal_versions_the_notice_with_the_highest_level_is_reported():
    low, critical = notice("RHSA-2026:1", severity="Low"), notice("RHSA-2026:2", severity="Critical")
    rules = (
        rule(filters={"SEVERITY": ["Low"]}, compliance_level="LOW"),
        rule(filters={"SEVERITY": ["Critical"]}, compliance_level="CRITICAL"),
    )
    for offers in ([rpm("2.0-1", low, critical)], [rpm("2.0-1", low), rpm("2.0-1", critical)]):
        answer = decide(RHEL, package(installed=rpm("1.0-1"), available=offers), *rules)
        assert (answer["compliance_level"], answer["severity"], answer["rule"]) == ("CRITICAL", "Critical", 2)


@pytest.mark.parametrize("level", LEVELS)
def test_of_several_levels_the_highest_holds(level):
    answer = decide(RHEL, offered(notice()), rule(), rule(compliance_level=level), rule(compliance_level="UNSPECIFIED"))
    assert answer["compliance_level"] == level


@pytest.mark.parametrize(
    ("of_rule", "of_list", "expected"),
    [("HIGH", "LOW", "HIGH"), ("LOW", "HIGH", "HIGH"), ("UNSPECIFIED", "MEDIUM", "MEDIUM")],
)
@pytest.mark.parametrize(
    ("system", "patch", "entry"),
    [
        pytest.param(RHEL, offered(notice()), "dbus", id="rpm"),
        pytest.param(WINDOWS, update(), "KB5000001", id="Windows"),
    ],
)
def test_of_rule_and_list_the_higher_level_holds(system, patch, entry, of_rule, of_list, expected):
    members = {"approved_patches": [entry], "approved_patches_compliance_level": of_list}
    answer = decide(system, patch, rule(compliance_level=of_rule), **members)
    assert (outcome(answer), answer["compliance_level"]) == (("approved", "rule_and_list"), expected)


def test_the_approved_list_has_no_delay():
    patch = offered(notice(updated="2026-11-21"))
    answer = decide(RHEL, patch, rule(7, compliance_level="CRITICAL"), approved_patches=["dbus"])
    assert outcome(answer) == ("approved", "approved_list")
    assert answer["compliance_level"] == "UNSPECIFIED"


def test_a_version_named_in_rejected_patches_does_not_stop_another():
    patch = package(installed=rpm("1.0-1"), available=[rpm("3.0-1", notice()), rpm("2.0-1", notice())])
    answer = decide(RHEL, patch, rule(), rejected_patches=["dbus-3.0-1"])
    assert (answer["decision"], answer["version"], answer["state"]) == ("approved", "2.0-1", "MISSING")
    assert "3.0-1" in answer["reason"]


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_rejected_has_no_level(level):
    answer = decide(RHEL, offered(notice()), rule(compliance_level=level), rejected_patches=["dbus"])
    assert (outcome(answer), answer["compliance_level"]) == (REJECTED, "UNSPECIFIED")


def test_an_update_without_kb_id_is_never_handled():
    """approval-rules.md, 10."""
    for kb in (None, ""):
        assert decide(WINDOWS, update(kb=kb), rule())["decision"] == "not_approved"


# The order of obstacles, as golden-cases.yml gives it.
def obstacle_of(*rules, severity="Low", updated="2026-11-20", **members):
    patch = offered(notice(severity=severity, updated=updated)) if severity else offered(build_time=updated)
    return decide(RHEL, patch, *rules, **members)


LOW, CRITICAL = {"SEVERITY": ["Low"]}, {"SEVERITY": ["Critical"]}


@pytest.mark.parametrize(
    ("rules", "members", "expected"),
    [
        pytest.param([rule(7, filters=LOW), rule(until="2026-01-01")], {}, "delay_pending", id="delay before cut-off"),
        pytest.param([rule(until="2026-01-01"), rule(7, filters=LOW)], {}, "delay_pending", id="in any order of rules"),
        pytest.param(
            [rule(until="2026-01-01"), rule(filters=CRITICAL)], {}, "after_cutoff", id="cut-off before filters"
        ),
        pytest.param(
            [rule(), rule(filters=CRITICAL)], {"severity": None}, "nonsecurity_excluded", id="flag before filters"
        ),
        pytest.param(
            [rule(filters=LOW)], {"global_filters": CRITICAL}, "global_filter", id="global filters before dates"
        ),
        pytest.param(
            [rule(filters=CRITICAL)],
            {"global_filters": CRITICAL},
            "no_matching_rule",
            id="filters before global filters",
        ),
    ],
)
def test_the_obstacle_that_is_reported(rules, members, expected):
    answer = obstacle_of(*rules, **members)
    assert outcome(answer) == ("not_approved", expected)


def test_of_two_delays_the_one_that_ends_first_is_reported():
    answer = obstacle_of(rule(30), rule(7), rule(14), updated="2026-11-20T18:00:00Z")
    assert (answer["rule"], answer["approved_on"]) == (2, "2026-11-27T18:00:00Z")


# Reasons in words.
REASONS = [
    pytest.param("rule", {}, [rule(3)], [], ["rule 1", "3 days"], id="rule"),
    pytest.param("rule", {}, [rule(filters=CRITICAL), rule()], [], ["rule 2"], id="rule at once"),
    pytest.param("rule", {"updated": None}, [rule(3)], [], ["rule 1", "unknown"], id="rule, undated"),
    pytest.param("rule", {}, [rule(until="2026-11-30")], [], ["rule 1", "2026-11-30"], id="rule, cut-off"),
    pytest.param("approved_list", {}, [], {"approved_patches": ["dbu*"]}, ["'dbu*'"], id="approved_list"),
    pytest.param(
        "rule_and_list", {}, [rule()], {"approved_patches": ["DBUS"]}, ["rule 1", "'DBUS'"], id="rule_and_list"
    ),
    pytest.param("rejected_list", {}, [rule()], {"rejected_patches": ["db?s"]}, ["'db?s'"], id="rejected_list"),
    pytest.param(
        "delay_pending",
        {"updated": "2026-11-20T18:00:00Z"},
        [rule(filters=CRITICAL), rule(7)],
        {},
        ["waits until 2026-11-27T18:00:00Z", "rule 2", "7 days", "2026-11-20T18:00:00Z"],
        id="delay_pending",
    ),
    pytest.param(
        "delay_pending", {"updated": "2026-11-21"}, [rule(1)], {}, ["1 day after"], id="delay_pending, one day"
    ),
    pytest.param(
        "after_cutoff",
        {"updated": "2026-11-20"},
        [rule(until="2026-11-19")],
        {},
        ["2026-11-20", "2026-11-19", "rule 1"],
        id="after_cutoff",
    ),
    pytest.param(
        "undated_held", {"updated": None}, [rule(3)], {"undated": "hold"}, ["unknown", "held"], id="undated_held"
    ),
    pytest.param(
        "nonsecurity_excluded", {"severity": None}, [rule()], {}, ["security", "rule 1"], id="nonsecurity_excluded"
    ),
    pytest.param(
        "global_filter", {}, [rule()], {"global_filters": CRITICAL}, ["global filters", "rule 1"], id="global_filter"
    ),
    pytest.param(
        "no_matching_rule",
        {},
        [rule(filters=CRITICAL)],
        {},
        ["no approval rule", "security", "important"],
        id="no_matching_rule",
    ),
    pytest.param("no_matching_rule", {}, [], {}, ["no approval rules"], id="no rules"),
]


@pytest.mark.parametrize(("code", "members", "rules", "of_baseline", "words"), REASONS)
def test_reasons(code, members, rules, of_baseline, words):
    answer = decide(RHEL, offered(notice(**members)), *rules, **dict(of_baseline))
    assert answer["reason_code"] == code
    for word in words:
        assert word.lower() in answer["reason"].lower()


def test_reasons_without_a_candidate():
    nothing = decide(RHEL, package(installed=rpm("1.0-1")), rule())
    assert outcome(nothing) == ("not_approved", "no_candidate")
    assert "no repository offers" in nothing["reason"]
    no_kb = decide(WINDOWS, update(kb=None), rule())
    assert outcome(no_kb) == ("not_approved", "no_kb_id")
    assert "KB id" in no_kb["reason"]


def test_every_reason_code_is_covered_here():
    covered = {case.values[0] for case in REASONS} | {"no_candidate", "no_kb_id"}
    assert covered == set(REASON_CODES)


def test_the_reason_when_the_list_has_no_effect():
    answer = decide(
        UBUNTU, apt_offered("updates"), rule(filters={"PRIORITY": ["Required"]}), approved_patches=["openssl"]
    )
    assert outcome(answer) == NON_SECURITY
    assert "'openssl'" in answer["reason"]


PINNED = "pinned below the installed version's archive"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param([], id="nothing else is offered"),
        pytest.param([deb("1.0")], id="the installed version is offered as well"),
    ],
)
def test_a_version_that_the_package_manager_excludes_is_no_candidate_and_named(more):
    patch = package("openssl", "amd64", installed={"version": "1.0"}, available=[deb("2.0", excluded=PINNED), *more])
    answer = decide(UBUNTU, patch, rule())
    assert answer["version"] in (None, "1.0")
    assert answer["state"] in ("INSTALLED", "INSTALLED_OTHER")
    assert "2.0" in answer["reason"]
    assert PINNED in answer["reason"]


def test_a_hold_is_named():
    patch = dict(apt_offered(), held="dpkg hold")
    answer = decide(UBUNTU, patch, rule())
    assert (answer["state"], answer["held"]) == ("MISSING", "dpkg hold")
    assert "dpkg hold" in answer["reason"]


# What a report shows of a patch (compliance.md, section 4: titles).
@pytest.mark.parametrize(
    ("system", "patch", "title", "kb_id"),
    [
        pytest.param(RHEL, offered(notice(), evr="1:2.0-1"), "dbus.x86_64:1:2.0-1", "dbus.x86_64", id="rpm"),
        pytest.param(RHEL, offered(notice()), "dbus.x86_64:0:2.0-1", "dbus.x86_64", id="rpm without epoch"),
        pytest.param(SUSE, offered(notice()), "dbus.x86_64:0:2.0-1", "dbus.x86_64", id="SUSE"),
        pytest.param(UBUNTU, apt_offered(), "openssl.amd64:2.0", "openssl.amd64", id="apt"),
        pytest.param(MACOS, mac_offered(), "Safari.2.0", None, id="macOS"),
        pytest.param(WINDOWS, update(title="Cumulative"), "Cumulative", "KB5000001", id="Windows"),
    ],
)
def test_titles(system, patch, title, kb_id):
    answer = decide(system, patch, rule())
    assert answer["title"] == title
    assert kb_id is None or answer["kb_id"] == kb_id


def test_the_cves_are_those_of_every_notice():
    notices = [notice("RHSA-2026:1", cves=["CVE-2026-2", "CVE-2026-1"]), notice("RHSA-2026:2", cves=["CVE-2026-1"])]
    answer = decide(RHEL, offered(*notices), rule())
    assert answer["cve_ids"] == ["CVE-2026-1", "CVE-2026-2"]
    assert answer["advisories"] == ["RHSA-2026:1", "RHSA-2026:2"]


# Portable baselines.
@pytest.mark.parametrize(
    ("system", "security", "other"),
    [
        pytest.param(RHEL, offered(notice()), offered(notice("OTHER-1", "bugfix")), id="dnf"),
        pytest.param(AL2, offered(notice()), offered(notice("OTHER-1", "bugfix")), id="yum"),
        pytest.param("FEDORA", offered(notice()), offered(notice("OTHER-1", "bugfix")), id="Fedora"),
        pytest.param(SUSE, offered(notice()), offered(notice("OTHER-1", "recommended")), id="SUSE"),
        pytest.param("OPENSUSE", offered(notice()), offered(notice("OTHER-1", "recommended")), id="openSUSE"),
        pytest.param(UBUNTU, apt_offered("security"), apt_offered("updates"), id="apt"),
        pytest.param(WINDOWS, update(), update(classification="Updates"), id="Windows SecurityUpdates"),
        pytest.param(
            WINDOWS,
            update(classification="CriticalUpdates"),
            update(classification="Drivers"),
            id="Windows CriticalUpdates",
        ),
        pytest.param(MACOS, mac_offered(), mac_offered("Recommended"), id="macOS"),
    ],
)
def test_security_true_selects_security_patches_everywhere(system, security, other):
    given = baseline(None, rule(security=True, compliance_level="HIGH"))
    wanted, unwanted = evaluations(inventory(system, security, other), given)
    assert (wanted["decision"], wanted["compliance_level"]) == ("approved", "HIGH")
    assert unwanted["decision"] == "not_approved"


def test_a_portable_rule_holds_where_its_keys_are_valid():
    given = baseline(
        None,
        rule(filters={"SEVERITY": ["Important"]}, compliance_level="LOW"),
        rule(filters={"PRIORITY": ["Optional"]}, compliance_level="MEDIUM"),
        rule(filters={"MSRC_SEVERITY": ["Critical"]}, compliance_level="HIGH"),
        rule(filters={"PRODUCT": ["Ubuntu22.04"]}, compliance_level="CRITICAL", enable_non_security=True),
    )
    patches = {RHEL: offered(notice()), UBUNTU: apt_offered(), WINDOWS: update()}
    found = {system: evaluations(inventory(system, patch), given)[0] for system, patch in patches.items()}
    assert {system: (answer["rule"], answer["compliance_level"]) for system, answer in found.items()} == {
        RHEL: (1, "LOW"),
        UBUNTU: (4, "CRITICAL"),
        WINDOWS: (3, "HIGH"),
    }
