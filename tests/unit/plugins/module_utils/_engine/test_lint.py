# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lint says of baselines, code by code, and what it says nothing of."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._engine import advice
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import RunError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.lint import lint
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.plugins.module_utils._engine.predefined import NAMES, SHIPPED
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    AL2,
    AL2023,
    MACOS,
    RHEL,
    SUSE,
    UBUNTU,
    WINDOWS,
    baseline,
    rule,
)

CHECKOUT = pathlib.Path(__file__).resolve().parents[5]
NOW = "2026-11-27T13:00:00Z"


def linted(*given, now=NOW, for_aws=False):
    return lint(list(given), now, for_aws)["findings"]


def said(*given, **options):
    """(level, code, path without the baseline's own) of each finding."""
    return [
        (one["level"], one["code"], one["path"].replace("baselines[0]", "", 1)) for one in linted(*given, **options)
    ]


def filtered(system, *days, **filters):
    return baseline(system, rule(*days, filters=filters))


def ruled(system, *filters, **members):
    return baseline(system, *[rule(filters=one) for one in filters], **members)


def approved(system, *entries, **members):
    return baseline(system, approved_patches=list(entries), **members)


def rejected(system, *entries):
    return baseline(system, rule(), rejected_patches=list(entries))


SECURITY = {"CLASSIFICATION": ["Security"]}
CRITICAL = {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical"]}
RULES = ".approval_rules[%d]"
FIRST, SECOND = RULES % 0, RULES % 1

# The findings of each, all of them: a baseline that is wrong in one thing is not said to be wrong in others.
ERRORS = [
    pytest.param({"name": "abc", "colour": "red"}, [("unknown-member", ".colour")], id="unknown member"),
    pytest.param(
        dict(baseline(RHEL, rule()), Name="abc", name="abc"), [("given-twice", ".Name")], id="a member in two spellings"
    ),
    pytest.param(baseline(RHEL, rule(), name=["abc"]), [("wrong-type", ".name")], id="a list as name"),
    pytest.param(baseline(RHEL, rule(), name="ab"), [("wrong-length", ".name")], id="a short name"),
    pytest.param(baseline(RHEL, *[rule()] * 11), [("wrong-count", ".approval_rules")], id="11 rules"),
    pytest.param(baseline(RHEL, rule(400)), [("not-allowed", FIRST + ".approve_after_days")], id="400 days"),
    pytest.param(
        filtered(WINDOWS, SEVERITY=["Critical"]),
        [("unknown-filter-key", FIRST + ".filters.SEVERITY")],
        id="a filter key of Linux on Windows",
    ),
    pytest.param(baseline(RHEL, rule(None)), [("date-fields", FIRST)], id="no date field"),
    pytest.param(
        baseline(WINDOWS, rule(enable_non_security=True), approved_patches_enable_non_security=True),
        [
            ("not-for-operating-system", FIRST + ".enable_non_security"),
            ("not-for-operating-system", ".approved_patches_enable_non_security"),
        ],
        id="flags that Windows has not",
    ),
    pytest.param(
        baseline(None, rule(security=True, enable_non_security=True)),
        [("contradiction", FIRST + ".enable_non_security")],
        id="security and not",
    ),
    pytest.param("security-tomorrow", [("unknown-name", "")], id="a name that nothing has"),
    pytest.param(
        baseline(None, rule(), global_filters={"PRIORITY": ["*"], "CLASSIFICATION": ["*"]}),
        [("holds-nowhere", "")],
        id="global filters of two operating systems",
    ),
    pytest.param(
        ruled(None, SECURITY, global_filters={"PRIORITY": ["*"]}),
        [("holds-nowhere", "")],
        id="global filters of another operating system than the rules",
    ),
]


@pytest.mark.parametrize(("given", "expected"), ERRORS)
def test_errors(given, expected):
    assert sorted(said(given)) == sorted(("error", *one) for one in expected)


WARNINGS = [
    # rules that never match
    pytest.param(
        filtered(RHEL, SEVERITY=["High", "Urgent"]),
        [
            ("unknown-value", FIRST + ".filters.SEVERITY"),
            ("unknown-value", FIRST + ".filters.SEVERITY"),
            ("rule-never-matches", FIRST + ".filters.SEVERITY"),
            ("approves-nothing", ""),
        ],
        id="no value that exists",
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=["High", "Critical"]),
        [("unknown-value", FIRST + ".filters.SEVERITY")],
        id="one value that exists",
    ),
    pytest.param(
        ruled(RHEL, SECURITY, {"CLASSIFICATION": ["Sec*"]}),
        [
            ("partial-wildcard", SECOND + ".filters.CLASSIFICATION"),
            ("rule-never-matches", SECOND + ".filters.CLASSIFICATION"),
        ],
        id="a wildcard in a value",
    ),
    pytest.param(
        ruled(UBUNTU, {"PRODUCT": ["Debian12"]}, {"PRIORITY": ["Required"]}),
        [
            ("unknown-product", FIRST + ".filters.PRODUCT"),
            ("rule-never-matches", FIRST + ".filters.PRODUCT"),
        ],
        id="a product of another operating system",
    ),
    pytest.param(
        ruled(RHEL, SECURITY, {"CLASSIFICATION": ["Bugfix"]}, global_filters={"CLASSIFICATION": ["security"]}),
        [("rule-never-matches", SECOND + ".filters.CLASSIFICATION")],
        id="left out by the global filters",
    ),
    pytest.param(
        ruled(WINDOWS, {"PATCH_SET": ["APPLICATION"]}, {}, global_filters={"PATCH_SET": ["APPLICATION"]}),
        [("rule-never-matches", SECOND)],
        id="for the operating system, and global filters for applications",
    ),
    pytest.param(
        ruled(WINDOWS, {}, {"PRODUCT_FAMILY": ["Office"]}),
        [("rule-never-matches", SECOND + ".filters.PRODUCT_FAMILY")],
        id="a family of applications without PATCH_SET",
    ),
    pytest.param(
        ruled(WINDOWS, {}, {"PATCH_SET": ["APPLICATION"], "PRODUCT_FAMILY": ["Windows"]}),
        [("rule-never-matches", SECOND + ".filters.PRODUCT_FAMILY")],
        id="applications of the family Windows",
    ),
    pytest.param(
        ruled(WINDOWS, {}, {"PATCH_SET": ["OS", "APPLICATION"], "PRODUCT": ["Office 2016"]}),
        [],
        id="both kinds of updates",
    ),
    pytest.param(
        ruled(
            *(WINDOWS, {"PRODUCT_FAMILY": ["Windows"]}),
            *({"PATCH_SET": ["APPLICATION"], "PRODUCT_FAMILY": ["Windows", "Office"]},),
        ),
        [],
        id="families that have such updates",
    ),
    pytest.param(
        baseline(MACOS, rule(filters={"CLASSIFICATION": ["Recommended"]}, enable_non_security=True)),
        [],
        id="no security patches, flag on, macOS",
    ),
    pytest.param(
        filtered(WINDOWS, PRODUCT=["Office 2016"]),
        [("product-without-patch-set", FIRST + ".filters.PRODUCT")],
        id="an application without PATCH_SET",
    ),
    pytest.param(
        baseline(None, rule(security=True), rule(filters={"SEVERITY": ["Critical"], "PRIORITY": ["Required"]})),
        [("rule-applies-nowhere", SECOND + ".filters")],
        id="keys of two operating systems in a rule",
    ),
    pytest.param(
        baseline(None, rule(filters={"SEVERITY": ["Critical"]}), rule(filters={"SEVERITY": ["High"]})),
        [("rule-never-matches", SECOND + ".filters.SEVERITY")],
        id="a value that exists nowhere, portable",
    ),
    pytest.param(
        filtered(MACOS, CLASSIFICATION=["Recommended"]),
        [("non-security-excluded", FIRST), ("approves-nothing", "")],
        id="no security patches, flag off, macOS",
    ),
    pytest.param(
        baseline(MACOS, rule(), rule(), global_filters={"CLASSIFICATION": ["Recommended"]}),
        [("rule-never-matches", FIRST), ("rule-never-matches", SECOND), ("approves-nothing", "")],
        id="the same by the global filters",
    ),
    pytest.param(
        ruled(RHEL, {}, global_filters={"SEVERITY": ["High"]}),
        [
            ("unknown-value", ".global_filters.SEVERITY"),
            ("global-filter-passes-nothing", ".global_filters.SEVERITY"),
            ("rule-never-matches", FIRST),
            ("approves-nothing", ""),
        ],
        id="global filters that let nothing through",
    ),
    # rules that others leave nothing to add
    pytest.param(ruled(RHEL, SECURITY, CRITICAL), [("rule-shadowed", SECOND)], id="narrower filters"),
    pytest.param(ruled(RHEL, CRITICAL, SECURITY), [("rule-shadowed", FIRST)], id="narrower filters, first"),
    pytest.param(ruled(RHEL, SECURITY, SECURITY), [("rule-duplicated", SECOND)], id="twice"),
    pytest.param(
        ruled(RHEL, SECURITY, {"CLASSIFICATION": ["security"], "SEVERITY": ["*"]}),
        [("rule-duplicated", SECOND)],
        id="twice, written differently",
    ),
    pytest.param(ruled(RHEL, {}, {}, {}), [("rule-duplicated", SECOND), ("rule-duplicated", RULES % 2)], id="thrice"),
    pytest.param(
        ruled(RHEL, {"SEVERITY": ["Critical"]}, SECURITY, global_filters=CRITICAL),
        [("rule-duplicated", SECOND)],
        id="equal by the global filters",
    ),
    pytest.param(
        ruled(AL2023, {"SEVERITY": ["Medium"]}, {"SEVERITY": ["Moderate"]}),
        [("rule-duplicated", SECOND)],
        id="Medium and Moderate where they are one",
    ),
    pytest.param(ruled(AL2, {"SEVERITY": ["Medium"]}, {"SEVERITY": ["Moderate"]}), [], id="and where they are two"),
    pytest.param(baseline(RHEL, rule(7), rule(8)), [("rule-shadowed", SECOND)], id="a longer delay"),
    pytest.param(
        baseline(RHEL, rule(7, compliance_level="LOW"), rule(8, compliance_level="HIGH")), [], id="at a higher level"
    ),
    pytest.param(
        baseline(RHEL, rule(7, compliance_level="HIGH"), rule(8, compliance_level="LOW")),
        [("rule-shadowed", SECOND)],
        id="at a lower level",
    ),
    pytest.param(
        baseline(RHEL, rule(7, compliance_level="HIGH"), rule(7, compliance_level="LOW")),
        [("rule-shadowed", SECOND)],
        id="equal but for a lower level",
    ),
    pytest.param(ruled(RHEL, {"SEVERITY": ["Critical"]}, {"SEVERITY": ["*"]}), [("rule-shadowed", FIRST)], id="any"),
    pytest.param(baseline(RHEL, rule(), rule(enable_non_security=True)), [("rule-shadowed", FIRST)], id="the flag off"),
    pytest.param(
        baseline(RHEL, rule(until="2026-10-02"), rule(until="2026-10-01")),
        [("rule-shadowed", SECOND)],
        id="an earlier cut-off",
    ),
    pytest.param(
        baseline(RHEL, rule(7), rule(until="2026-11-19")), [("rule-shadowed", SECOND)], id="a delay that is over"
    ),
    pytest.param(baseline(RHEL, rule(7), rule(until="2026-11-20")), [], id="a delay that is over within hours"),
    pytest.param(baseline(RHEL, rule(7), rule(until="2026-11-26")), [], id="a delay that is not"),
    pytest.param(baseline(RHEL, rule(until="2026-11-26"), rule(360)), [("long-delay", SECOND + ".approve_after_days")],
                 id="a cut-off covers no delay"),
    pytest.param(
        baseline(MACOS, rule(7, enable_non_security=True), rule(until="2026-11-26")),
        [("rule-shadowed", SECOND)],
        id="dates that do not count",
    ),
    pytest.param(
        ruled(WINDOWS, {"PATCH_SET": ["OS", "APPLICATION"]}, {"CLASSIFICATION": ["Updates"]}),
        [("rule-shadowed", SECOND)],
        id="both kinds of updates and one",
    ),
    pytest.param(
        ruled(WINDOWS, {"CLASSIFICATION": ["Updates"]}, {"PATCH_SET": ["APPLICATION"], "CLASSIFICATION": ["Updates"]}),
        [],
        id="the one and the other kind of updates",
    ),
    pytest.param(
        baseline(None, rule(security=True), rule(filters=CRITICAL)), [("rule-shadowed", SECOND)], id="portable"
    ),
    pytest.param(
        baseline(None, rule(security=True), rule(filters={"PRIORITY": ["Required"]})),
        [("rule-shadowed", SECOND)],
        id="portable: on apt security: true is all that the flag lets through",
    ),
    pytest.param(
        baseline(None, rule(security=True), rule(filters={"CLASSIFICATION": ["Bugfix"]})), [], id="portable, neither"
    ),
    # flags
    pytest.param(
        baseline(RHEL, rule(filters=CRITICAL, enable_non_security=True)),
        [("flag-without-effect", FIRST + ".enable_non_security")],
        id="non-security packages have no severity",
    ),
    pytest.param(
        baseline("CENTOS", rule(filters=SECURITY), approved_patches=["bash", "RHSA-2024:1"]),
        [("no-advisories", FIRST), ("no-advisories", ".approved_patches_enable_non_security")],
        id="CentOS has no advisories",
    ),
    # dates
    pytest.param(
        baseline(RHEL, rule(until="2026-11-27")), [("cut-off-ahead", FIRST + ".approve_until_date")], id="until today"
    ),
    pytest.param(baseline(RHEL, rule(until="2026-11-26")), [], id="until yesterday"),
    pytest.param(
        baseline(RHEL, rule(until="2025-11-01")),
        [("cut-off-long-past", FIRST + ".approve_until_date")],
        id="until a year ago",
    ),
    pytest.param(
        baseline(UBUNTU, rule(until="2026-12-31")), [("dates-ignored", ".approval_rules")], id="a cut-off on apt"
    ),
    pytest.param(baseline(UBUNTU, rule(7)), [("dates-ignored", ".approval_rules")], id="a delay on apt"),
    pytest.param(
        baseline(WINDOWS, rule(until="2020-12-31", filters={"PRODUCT": ["WindowsServer2022"]})),
        [("cut-off-before-product", FIRST + ".approve_until_date")],
        id="before the product",
    ),
    pytest.param(
        baseline(WINDOWS, rule(until="2020-12-31", filters={"PRODUCT": ["WindowsServer2022", "WindowsServer2019"]})),
        [("cut-off-long-past", FIRST + ".approve_until_date")],
        id="before one of the products",
    ),
    pytest.param(
        baseline(AL2023, rule(until="2021-12-31")),
        [("cut-off-before-product", FIRST + ".approve_until_date")],
        id="before the operating system",
    ),
    pytest.param(
        baseline(WINDOWS, rule(28)),
        [("delay-outlasts-updates", FIRST + ".approve_after_days")],
        id="28 days on Windows",
    ),
    pytest.param(baseline(WINDOWS, rule(27)), [], id="27 days on Windows"),
    pytest.param(filtered(WINDOWS, 40, PATCH_SET=["APPLICATION"]), [], id="40 days for applications"),
    pytest.param(filtered(WINDOWS, 40, CLASSIFICATION=["Drivers"]), [], id="40 days for what is not cumulative"),
    pytest.param(
        filtered(WINDOWS, 1, CLASSIFICATION=["DefinitionUpdates"]),
        [("delay-outlasts-updates", FIRST + ".approve_after_days")],
        id="a day for what is replaced within one",
    ),
    pytest.param(filtered(WINDOWS, 0, CLASSIFICATION=["DefinitionUpdates"]), [], id="definitions at once"),
    pytest.param(baseline(RHEL, rule(101)), [("long-delay", FIRST + ".approve_after_days")], id="101 days"),
    # lists
    pytest.param(
        approved(RHEL, "a b", "name:1.2", "curl-8.0-1.x86_64.rpm", "a=1", "KB5000001"),
        [("entry-names-nothing", ".approved_patches[%d]" % index) for index in range(5)] + [("approves-nothing", "")],
        id="no forms of rpm",
    ),
    pytest.param(
        approved(
            *(RHEL, "dbus", "dbus.x86_64", "dbus-1.12.28", "dbus-1.12.28-1.amzn2023.0.1", "kernel-3.10.0-*.el7.x86_64"),
            *("dbus-1.12.28-1.amzn2023.0.1.x86_64", "dbus-1:1.12.28-1.amzn2023.0.1", "libstdc++", "mc-1.0~rc1"),
            *("dbus-1:1.12.28-1.amzn2023.0.1.x86_64", "1:dbus-1.12.28-1.amzn2023.0.1.x86_64"),
            *("dbus.x86_64:1:1.12.28-1.amzn2023.0.1", "RHSA-2017:0864", "ALAS2023-2024-501", "CVE-2018-1234567"),
            *("1234567", "ELSA-2024-1234", "dbus-*:1.12.28-1.x86_64"),
        ),
        [],
        id="the forms of rpm",
    ),
    pytest.param(
        approved(SUSE, "CVE-2024-1234", "1234567", "kernel-default > 4.12.14", "SUSE-SU-2024:1234-1"),
        [("entry-names-nothing", ".approved_patches[%d]" % index) for index in range(4)] + [("approves-nothing", "")],
        id="no forms of SUSE",
    ),
    pytest.param(
        approved(
            *(SUSE, "SUSE-SLE-Example-Package-15-2023-123", "SUSE-SLE-Example-Package-15-2024-*", "example-pkg"),
            *("example-pkg-2023.15.4-46.17.1.x86_64.rpm", "example-pkg-2023.15.4-47.17.1.*.rpm"),
        ),
        [],
        id="the forms of SUSE",
    ),
    pytest.param(
        approved(UBUNTU, "CVE-2024-1234", "USN-1234-1", "openssl:amd64", "openssl=3.0", "bash?", "openssl_3.0"),
        [("entry-names-nothing", ".approved_patches[%d]" % index) for index in range(6)] + [("approves-nothing", "")],
        id="no forms of apt",
    ),
    pytest.param(
        approved(UBUNTU, "libssl3", "g++-12", "openssl.amd64", "openssl-1:3.0.2-1"),
        [("more-than-a-name", ".approved_patches[2]"), ("more-than-a-name", ".approved_patches[3]")],
        id="forms of apt that are not documented",
    ),
    pytest.param(
        approved(MACOS, "CVE-2024-1", "XProtect*"),
        [("entry-names-nothing", ".approved_patches[%d]" % index) for index in range(2)] + [("approves-nothing", "")],
        id="no names of macOS",
    ),
    pytest.param(
        baseline(None, rule(security=True), rejected_patches=["name, n*"]),
        [("entry-names-nothing", ".rejected_patches[0]")],
        id="no name anywhere",
    ),
    pytest.param(baseline(None, rule(security=True), rejected_patches=["KB5000001", "a:1"]), [], id="a name somewhere"),
    pytest.param(
        baseline(RHEL, rule(), approved_patches=["kernel-core", "kernel-m*", "bash"], rejected_patches=["kernel*"]),
        [("rejected-by-pattern", ".approved_patches[0]"), ("rejected-by-pattern", ".approved_patches[1]")],
        id="approved, and rejected by a pattern",
    ),
    pytest.param(
        baseline(
            *(UBUNTU, rule()),
            approved_patches=["libc6", "libc-bin-2.3", "libc.amd64", "CVE-2"],
            rejected_patches=["libc*", "*-2.3"],
        ),
        [
            ("rejected-by-pattern", ".approved_patches[0]"),
            ("more-than-a-name", ".approved_patches[2]"),
            ("more-than-a-name", ".rejected_patches[0]"),
            ("more-than-a-name", ".rejected_patches[1]"),
        ],
        id="on apt a pattern is for names",
    ),
    pytest.param(
        baseline(RHEL, rule(), approved_patches=["RHSA-2024:1"], rejected_patches=["RHSA*"]),
        [],
        id="a pattern is not for ids",
    ),
    pytest.param(
        baseline(RHEL, approved_patches=["bash"], rejected_patches=["BASH"]),
        [("approved-and-rejected", ".approved_patches[0]"), ("approves-nothing", "")],
        id="approved and rejected",
    ),
    pytest.param(
        rejected(RHEL, "RHSA-2024:1234"), [("notice-id-rejected", ".rejected_patches[0]")], id="an id in that list"
    ),
    pytest.param(
        approved(RHEL, "*a*", "1.2-3"),
        [("several-wildcards", ".approved_patches[0]"), ("version-without-name", ".approved_patches[1]")],
        id="dangerous entries",
    ),
    # the whole
    pytest.param(baseline(RHEL), [("approves-nothing", "")], id="neither rules nor entries"),
    pytest.param(rejected(RHEL, "*"), [("approves-nothing", "")], id="everything rejected"),
    pytest.param(approved(RHEL, "bash"), [], id="entries alone"),
    pytest.param(
        baseline(
            RHEL,
            rule(),
            sources=[
                {"name": "one", "products": ["RHEL9"], "configuration": "[one]"},
                {"name": "two", "products": ["RHEL9", "RedhatEnterpriseLinux9.4"], "configuration": "[two]"},
                {"name": "any", "products": ["*"], "configuration": "[any]\npassword=x"},
            ],
        ),
        [("source-never-used", ".sources[0].products"), ("credentials-in-source", ".sources[2].configuration")],
        id="sources",
    ),
    pytest.param(
        ruled(RHEL, {"SEVERITY": ["*", "Low"]}), [("wildcard-among-values", FIRST + ".filters.SEVERITY")], id="any, Low"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), WARNINGS)
def test_warnings(given, expected):
    assert sorted(said(given)) == sorted(("warning", *one) for one in expected)


REMARKS = [
    pytest.param(
        filtered(RHEL, SEVERITY=["Low", "Critical", "LOW"]),
        [("duplicate-value", FIRST + ".filters.SEVERITY")],
        id="a value twice",
    ),
    pytest.param(
        rejected(RHEL, "bash", "BASH", "zsh"), [("duplicate-entry", ".rejected_patches[1]")], id="an entry twice"
    ),
    pytest.param(
        baseline(RHEL, rule(), patch_groups=["web", "web"]),
        [("duplicate-entry", ".patch_groups[1]")],
        id="a patch group twice",
    ),
    pytest.param(
        rejected(RHEL, "kernel*", "kernel-core"), [("covered-entry", ".rejected_patches[1]")], id="within a pattern"
    ),
    pytest.param(
        baseline(
            *(RHEL, rule()),
            approved_patches_compliance_level="HIGH",
            approved_patches_enable_non_security=True,
            rejected_patches_action="BLOCK",
        ),
        [
            ("without-effect", ".approved_patches_compliance_level"),
            ("without-effect", ".approved_patches_enable_non_security"),
            ("without-effect", ".rejected_patches_action"),
        ],
        id="members about empty lists",
    ),
    pytest.param(
        baseline(
            SUSE, rule(enable_non_security=True), approved_patches=["a"], approved_patches_enable_non_security=True
        ),
        [
            ("flag-without-effect", FIRST + ".enable_non_security"),
            ("flag-without-effect", ".approved_patches_enable_non_security"),
        ],
        id="everything is security on SUSE",
    ),
    pytest.param("security-7-days", [("dates-ignored", ".approval_rules")], id="a delay, portable"),
    pytest.param(
        baseline(None, rule(filters={"SEVERITY": ["Critical"]}), global_filters=SECURITY),
        [("not-portable", ".global_filters")],
        id="global filters that not all operating systems know",
    ),
]


@pytest.mark.parametrize(("given", "expected"), REMARKS)
def test_remarks(given, expected):
    assert sorted(said(given)) == sorted(("info", *one) for one in expected)


@pytest.mark.parametrize(
    ("days", "code", "path"),
    [
        pytest.param(0, "rule-duplicated", SECOND, id="not without a delay"),
        pytest.param(7, "rule-shadowed", FIRST, id="with one, it lets them through where they are held"),
    ],
)
def test_the_flag_and_undated_advisories(days, code, path):
    given = baseline(RHEL, rule(days, filters=CRITICAL), rule(days, filters=CRITICAL, enable_non_security=True))
    assert ("warning", code, path) in said(given)
    assert len(said(given)) == 2


def test_a_flag_that_makes_no_difference_makes_no_rule_another():
    assert said(baseline(SUSE, rule(), rule(enable_non_security=True))) == [
        ("warning", "rule-duplicated", SECOND),
        ("info", "flag-without-effect", SECOND + ".enable_non_security"),
    ]


def test_what_it_is_about_and_what_to_do_is_said():
    (finding,) = linted(ruled(RHEL, SECURITY, {"CLASSIFICATION": ["Bugfix"]}, global_filters=SECURITY))
    assert finding == {
        "level": "warning",
        "code": "rule-never-matches",
        "path": "baselines[0].approval_rules[1].filters.CLASSIFICATION",
        "baseline": "tested",
        "message": "the rule never approves anything: the global filters let only CLASSIFICATION Security through; "
        "correct it, or remove the rule",
    }


def test_the_form_of_the_api():
    given = {
        "Name": "from-aws",
        "OperatingSystem": "WINDOWS",
        "GlobalFilters": {"PatchFilters": []},
        "ApprovalRules": {
            "PatchRules": [
                {
                    "PatchFilterGroup": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Critical"]}]},
                    "ApproveAfterDays": 7,
                }
            ]
        },
        "BaselineId": "pb-0123456789abcdef0",
    }
    assert {(one["path"], one["baseline"]) for one in linted(given)} == {
        ("baselines[0].approval_rules[0].filters.CLASSIFICATION", "from-aws"),
        ("baselines[0]", "from-aws"),
    }


# What is the matter with a baseline need not be known before anything is said of the others.
def test_every_baseline_is_looked_at():
    given = [baseline(RHEL, rule(400), name="bad"), "no-such-name", baseline(RHEL, name="empty")]
    found = linted(*given)
    assert [(one["code"], one["path"], one["baseline"]) for one in found] == [
        ("not-allowed", "baselines[0].approval_rules[0].approve_after_days", "bad"),
        ("unknown-name", "baselines[1]", "no-such-name"),
        ("approves-nothing", "baselines[2]", "empty"),
    ]


def called(name, system=RHEL, **members):
    return baseline(system, rule(), name=name, **members)


TOGETHER = [
    pytest.param(
        [called("abc", patch_groups=["x", "web"]), called("def", patch_groups=["web"])],
        [("error", "patch-group-bound-twice", "baselines[1].patch_groups[0]", "def")],
        id="a patch group bound twice",
    ),
    pytest.param(
        [called("abc", default=True), called("def", default=True)],
        [("error", "two-defaults", "baselines[1].default", "def")],
        id="two defaults",
    ),
    pytest.param(
        [called("abc", patch_groups=["web"]), called("def", UBUNTU, patch_groups=["web"])], [], id="one for each system"
    ),
    pytest.param(
        [called("abc", patch_groups=["web"]), called("abc", patch_groups=["db"])],
        [("warning", "duplicate-name", "baselines[1].name", "abc")],
        id="one name",
    ),
    pytest.param(
        [called("abc"), called("def")],
        [("warning", "ambiguous-choice", "baselines", None)],
        id="none goes before the other",
    ),
    pytest.param([called("abc"), called("def", None)], [], id="one for the operating system and a portable one"),
    pytest.param(
        [called("abc"), called("def", default=True), called("ghi", patch_groups=["web"])],
        [("warning", "never-chosen", "baselines[0]", "abc")],
        id="another is default",
    ),
    pytest.param(
        [called("abc", None), *[called("s" + system, system) for system in (RHEL, WINDOWS)]], [], id="the rest"
    ),
]


@pytest.mark.parametrize(("given", "expected"), TOGETHER)
def test_baselines_together(given, expected):
    assert [(one["level"], one["code"], one["path"], one["baseline"]) for one in linted(*given)] == expected


AWS = [
    pytest.param(
        baseline(None, rule(security=True)),
        [("warning", "operating-system-missing", ".operating_system")],
        id="portable",
    ),
    pytest.param(
        called("abc", "FEDORA"), [("error", "host-only-operating-system", ".operating_system")], id="Fedora"
    ),
    pytest.param(
        called("abc", "OPENSUSE"), [("error", "host-only-operating-system", ".operating_system")], id="openSUSE"
    ),
    pytest.param(
        called("abc", tags={"tag-%d" % number: "x" for number in range(51)}), [("error", "too-many-tags", ".tags")],
        id="51 tags",
    ),
    pytest.param(
        rejected(RHEL, "kernel-[56]*", "bash?"),
        [("warning", "undocumented-wildcard", ".rejected_patches[%d]" % index) for index in (0, 1)],
        id="wildcards of shells",
    ),
    pytest.param(called("abc"), [], id="nothing"),
    pytest.param("AWS-UbuntuDefaultPatchBaseline", [], id="AWS's own"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), AWS)
def test_what_only_aws_refuses(given, expected):
    assert said(given, for_aws=True) == expected
    assert said(given) == []


def test_the_word_security_in_a_baseline_of_aws():
    """As ssm_patch_baseline takes it."""
    given = baseline(RHEL, rule(security=True), rule(filters=CRITICAL))
    assert said(given) == [("error", "not-for-operating-system", FIRST + ".security")]
    assert said(given, for_aws=True) == [("warning", "rule-shadowed", SECOND)]
    both = baseline(RHEL, rule(security=True, filters=SECURITY), rule(400))
    assert said(both, for_aws=True) == [
        ("error", "contradiction", FIRST + ".security"),
        ("error", "not-allowed", SECOND + ".approve_after_days"),
    ]


def test_two_of_one_name_on_aws():
    alike = [called("abc", patch_groups=["web"]), called("abc", patch_groups=["db"])]
    assert said(*alike, for_aws=True) == [("error", "duplicate-name", "baselines[1].name")]
    other = [called("abc"), called("abc", UBUNTU)]
    assert said(*other, for_aws=True) == [("warning", "duplicate-name", "baselines[1].name")]


def test_more_baselines_than_aws_keeps():
    many = [called("baseline-%d" % number, patch_groups=["group-%d" % number]) for number in range(51)]
    assert said(*many[:50], for_aws=True) == said(*many) == []
    assert said(*many, for_aws=True) == [("warning", "too-many-baselines", "baselines")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param([], "no-baselines", id="an empty list"),
        pytest.param(7, "wrong-type", id="a number"),
        pytest.param("[{'name': 'abc'}]", "wrong-type", id="the text of a list"),
    ],
)
def test_no_list_of_baselines(given, code):
    answer = lint(given, NOW)
    assert [(one["level"], one["code"], one["path"]) for one in answer["findings"]] == [("error", code, "baselines")]


def test_one_name_instead_of_a_list():
    assert lint("security-now", NOW)["findings"] == []


def test_the_summary_counts():
    answer = lint([baseline(RHEL, rule(400)), ruled(RHEL, SECURITY, CRITICAL), rejected(RHEL, "a", "a")], NOW)
    assert answer["summary"] == {"error": 1, "warning": 2, "info": 1}


def test_a_moment_that_is_none():
    with pytest.raises(RunError, match="now: 'soon' is no instant"):
        lint(["security-now"], "soon")


def test_what_records_warn_of_is_said():
    """Of an entry that can name nothing it is enough to say that."""
    given = baseline(
        UBUNTU,
        rule(101, filters={"PRIORITY": ["High", "*"], "PRODUCT": ["RHEL*"]}),
        approved_patches=["a.amd64", "a_b", "a.amd64"],
        rejected_patches=["A.AMD64"],
    )
    warned = set(advice.warnings(parse_baseline(given), "baselines[0]"))
    found = {"%s: %s" % (one["path"], one["message"]) for one in linted(given)}
    assert len(warned) == 9
    assert warned - found == {warning for warning in warned if "approved_patches[1]" in warning}


# Baselines that are known to be right. What is said of them is true of them.
ABOUT_AWS = [("warning", "rule-shadowed", "AWS-MacOSDefaultPatchBaseline.approval_rules[0]")]


def test_the_predefined_baselines():
    found = lint("predefined", NOW)["findings"]
    assert [(one["level"], one["code"], one["path"]) for one in found] == ABOUT_AWS
    assert lint(None, NOW)["findings"] == found


@pytest.mark.parametrize("name", NAMES)
def test_baselines_that_go_by_name(name):
    expected = ["rule-shadowed"] if "MacOS" in name else []
    delayed = any(raw["name"] == name and raw["approval_rules"][0]["approve_after_days"] for raw in SHIPPED)
    assert [code for _level, code, _path in said(name)] == (["dates-ignored"] if delayed else expected)


def test_the_example_inventory():
    variables = yaml.safe_load((CHECKOUT / "inventories/example/group_vars/all.yml").read_text(encoding="utf-8"))
    found = linted(*variables["patch_baselines"])
    assert {(one["level"], one["code"]) for one in found} == {("info", "dates-ignored")}


GOLDEN = yaml.safe_load((CHECKOUT / "tests/golden/golden-cases.yml").read_text(encoding="utf-8"))["cases"]
# These cases are about what lint warns of.
ABOUT_CASES = {
    "al2-notice-without-any-date": {"long-delay"},
    "al2-nonsec-needs-wildcard": {"flag-without-effect"},
    "centos-stream-no-updateinfo": {"no-advisories"},
    "centos-stream-nonsec-no-build-time": {"long-delay"},
    "rhel-both-lists-rejected": {"approved-and-rejected", "approves-nothing"},
    "rhel-no-rules-at-all": {"approves-nothing"},
    "rhel-partial-wildcard-is-literal": {"partial-wildcard", "rule-never-matches", "approves-nothing"},
    "rhel-until-date-before-now-irrelevant": {"cut-off-ahead"},
    "ubuntu-security-immediate": {"dates-ignored"},
    "ubuntu-until-date-ignored": {"dates-ignored"},
    "windows-rejected-allow-installed": {"approves-nothing"},
    "windows-rejected-block-installed": {"approves-nothing"},
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in GOLDEN])
def test_golden_cases(case):
    found = linted(dict(case["baseline"], Name="golden-case", OperatingSystem=case["os"]), now=case["now"])
    assert {one["code"] for one in found} == ABOUT_CASES.get(case["id"], set())
    assert all(one["level"] == "warning" for one in found)
