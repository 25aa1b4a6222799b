# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What approval-rules.md, section 11, refuses and warns of: ssm_patch_baseline says so before it changes anything."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.baselines import LINUX, RULE, SOURCE, WHICH, WHOLE, WINDOWS, writes

SYSTEMS = (
    "ALMA_LINUX, AMAZON_LINUX, AMAZON_LINUX_2, AMAZON_LINUX_2022, AMAZON_LINUX_2023, CENTOS, DEBIAN, MACOS, "
    "ORACLE_LINUX, RASPBIAN, REDHAT_ENTERPRISE_LINUX, ROCKY_LINUX, SUSE, UBUNTU, WINDOWS"
)
UNDATED = {name: value for name, value in RULE.items() if name != "approve_after_days"}
MACOS = {"name": "macs", "operating_system": "MACOS"}
UBUNTU = {"name": "ubuntu", "operating_system": "UBUNTU"}
KEYS = {"PRODUCT": ["*"], "CLASSIFICATION": ["*"], "SEVERITY": ["*"]}


def ruled(**members):
    """One rule, valid but for what is given."""
    return {"approval_rules": [{**RULE, **members}]}


def filtered(**filters):
    return ruled(filters=filters)


REFUSED = [
    # number and length
    pytest.param(
        LINUX, {"approval_rules": [RULE] * 11}, ["approval_rules: at most 10 rules, not 11"], id="eleven rules"
    ),
    pytest.param(
        LINUX,
        filtered(CLASSIFICATION=["v%d" % number for number in range(21)]),
        ["approval_rules[0].filters.CLASSIFICATION: must have 1 to 20 entries, not 21"],
        id="21 values",
    ),
    pytest.param(
        LINUX,
        filtered(CLASSIFICATION=[]),
        ["approval_rules[0].filters.CLASSIFICATION: must have 1 to 20 entries, not 0"],
        id="a filter without a value",
    ),
    pytest.param(
        LINUX,
        filtered(PRODUCT=["x" * 65]),
        ["approval_rules[0].filters.PRODUCT[0]: must have 1 to 64 characters, not 65"],
        id="a value of 65 characters",
    ),
    pytest.param(
        WINDOWS,
        filtered(
            **{key: ["*"] for key in ("PATCH_SET", "PRODUCT_FAMILY", "PRODUCT", "CLASSIFICATION", "MSRC_SEVERITY")}
        ),
        ["approval_rules[0].filters: at most 4 filters, not 5"],
        id="five filters",
    ),
    pytest.param(
        WINDOWS,
        {
            "global_filters": {
                key: ["*"] for key in ("PATCH_SET", "PRODUCT_FAMILY", "PRODUCT", "CLASSIFICATION", "MSRC_SEVERITY")
            }
        },
        ["global_filters: at most 4 filters, not 5"],
        id="five global filters",
    ),
    *(
        pytest.param(LINUX, {option: entries}, [option + where + words], id=name + " of " + option)
        for option in ("approved_patches", "rejected_patches")
        for name, entries, where, words in [
            ("51 entries", ["p%d" % n for n in range(51)], ": ", "must have 0 to 50 entries, not 51"),
            ("101 characters", ["x" * 101], "[0]: ", "must have 1 to 100 characters, not 101"),
            ("an empty entry", ["bash", ""], "[1]: ", "must have 1 to 100 characters, not 0"),
        ]
    ),
    pytest.param(LINUX, {"sources": [SOURCE] * 21}, ["sources: at most 20 sources, not 21"], id="21 sources"),
    pytest.param(
        LINUX,
        {"sources": [{"name": "a b", "products": [], "configuration": "x" * 1025}]},
        [
            "sources[0].name: 'a b' may hold letters, digits and _ - . only",
            "sources[0].products: must have 1 to 20 entries, not 0",
            "sources[0].configuration: must have 1 to 1024 characters, not 1025",
        ],
        id="a source of which nothing is right",
    ),
    pytest.param(LINUX, {"name": "ab"}, ["name: must have 3 to 128 characters, not 2"], id="a short name"),
    pytest.param(
        LINUX,
        {"name": "my baseline"},
        ["name: 'my baseline' may hold letters, digits and _ - . only"],
        id="a blank in a name",
    ),
    pytest.param(
        LINUX, {"description": "x" * 1025}, ["description: must have 1 to 1024 characters, not 1025"], id="a long text"
    ),
    pytest.param(
        LINUX,
        {"patch_groups": ["g%d" % number for number in range(26)]},
        ["patch_groups: must have 0 to 25 entries, not 26"],
        id="26 patch groups",
    ),
    pytest.param(
        LINUX,
        {"patch_groups": ["Production", "a*", ""]},
        [
            "patch_groups[2]: must have 1 to 256 characters, not 0",
            "patch_groups[1]: 'a*' may hold letters, numbers, blanks and _ . : / = + - @ only",
        ],
        id="names of patch groups",
    ),
    # keys
    pytest.param(
        LINUX,
        ruled(filters=[{"Key": "PRODUCT", "Values": ["*"]}, {"Key": "PRODUCT", "Values": ["AmazonLinux2023"]}]),
        ["approval_rules[0].filters.PRODUCT: given twice in one group; give it once, with all values"],
        id="a key twice",
    ),
    *(
        pytest.param(
            {"name": "other", "operating_system": system},
            {"approval_rules": [{"filters": {key: ["x"]}, "approve_after_days": 1}], "global_filters": {key: ["x"]}},
            [
                f"{place}.{key}: no filter key of {system}; allowed: {allowed}"
                for place in ("global_filters", "approval_rules[0].filters")
            ],
            id=f"{key} on {system}",
        )
        for system, key, allowed in [
            ("AMAZON_LINUX_2023", "MSRC_SEVERITY", "PRODUCT, CLASSIFICATION, SEVERITY"),
            ("SUSE", "PRIORITY", "PRODUCT, CLASSIFICATION, SEVERITY"),
            ("UBUNTU", "CLASSIFICATION", "PRODUCT, PRIORITY, SECTION"),
            ("MACOS", "SEVERITY", "PRODUCT, CLASSIFICATION"),
            ("WINDOWS", "SEVERITY", "PATCH_SET, PRODUCT_FAMILY, PRODUCT, CLASSIFICATION, MSRC_SEVERITY"),
            ("REDHAT_ENTERPRISE_LINUX", "CVE_ID", "PRODUCT, CLASSIFICATION, SEVERITY"),
        ]
    ),
    # dates
    pytest.param(
        LINUX,
        ruled(approve_until_date="2026-11-30"),
        ["approval_rules[0]: give approve_after_days or approve_until_date, not both"],
        id="both dates",
    ),
    *(
        pytest.param(
            {"name": "other", "operating_system": system},
            {"approval_rules": [{"filters": {}}]},
            ["approval_rules[0]: give one of approve_after_days (0 to 360) and approve_until_date ('YYYY-MM-DD')"],
            id="neither date on " + system,
        )
        for system in ("AMAZON_LINUX_2", "SUSE", "MACOS", "WINDOWS")
    ),
    *(
        pytest.param(
            LINUX,
            {"approval_rules": [{**UNDATED, "approve_until_date": written}]},
            [f"approval_rules[0].approve_until_date: must be a day as 'YYYY-MM-DD', not '{written}'"],
            id="the date " + written,
        )
        for written in ("30.11.2026", "2026-02-30", "2026-11-30T00:00:00", "tomorrow")
    ),
    pytest.param(
        LINUX,
        ruled(approve_after_days=361),
        ["approval_rules[0].approve_after_days: must be from 0 to 360, not 361"],
        id="361 days",
    ),
    pytest.param(
        LINUX,
        ruled(approve_after_days=-1),
        ["approval_rules[0].approve_after_days: must be from 0 to 360"],
        id="-1 days",
    ),
    pytest.param(
        LINUX,
        ruled(approve_after_days="a week"),
        ["approval_rules[0].approve_after_days: must be a whole number from 0 to 360, not 'a week'"],
        id="days in words",
    ),
    # what an operating system does not have
    pytest.param(WINDOWS, {"sources": [SOURCE]}, ["sources: not for WINDOWS"], id="sources on Windows"),
    pytest.param(
        WINDOWS,
        {"approval_rules": [{**WINDOWS["approval_rules"][0], "enable_non_security": True}]},
        ["approval_rules[0].enable_non_security: not for WINDOWS"],
        id="a rule's flag on Windows",
    ),
    pytest.param(
        WINDOWS,
        {"approved_patches_enable_non_security": True},
        ["approved_patches_enable_non_security: not for WINDOWS"],
        id="the list's flag on Windows",
    ),
    *(
        pytest.param(
            named,
            {"available_security_updates_compliance_status": "COMPLIANT"},
            ["available_security_updates_compliance_status: for WINDOWS only, not for " + named["operating_system"]],
            id="available security updates on " + named["operating_system"],
        )
        for named in (LINUX, MACOS, UBUNTU)
    ),
    pytest.param(
        WINDOWS,
        {"approved_patches": ["KB123", "openssl*"]},
        ["approved_patches[1]: 'openssl*' is no KB id (KB2032276) and no bulletin id (MS10-048)"],
        id="a package on Windows",
    ),
    # values out of a list
    pytest.param(
        LINUX,
        ruled(compliance_level="URGENT"),
        [
            "approval_rules[0].compliance_level: 'URGENT' is not allowed; allowed: "
            "CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED"
        ],
        id="a rule's level",
    ),
    pytest.param(
        LINUX, ruled(delay=7), ["approval_rules[0].delay: unknown; allowed: filters, approve_after"], id="a word"
    ),
    pytest.param(
        LINUX, {"approval_rules": "Security"}, ["approval_rules: must be a list of rules"], id="rules as text"
    ),
    pytest.param(LINUX, {"approval_rules": ""}, ["approval_rules: must be a list of rules"], id="rules as empty text"),
    # security: true
    pytest.param(
        LINUX,
        ruled(security=True, enable_non_security=True),
        [
            "approval_rules[0].security: says what CLASSIFICATION says; give one of them",
            "approval_rules[0].enable_non_security: contradicts security: true; give one of them",
        ],
        id="security twice, and its contrary",
    ),
    pytest.param(
        LINUX,
        ruled(security=True, filters=[{"Key": "CLASSIFICATION", "Values": ["Security"]}]),
        ["approval_rules[0].security: says what CLASSIFICATION says; give one of them"],
        id="security, and filters in the form of the API",
    ),
    # tags
    pytest.param(LINUX, {"tags": {"Owner": "x" * 257}}, ["tags.Owner: must have 0 to 256 characters"], id="a long tag"),
    pytest.param(LINUX, {"tags": {"Owner": None}}, ["tags.Owner: must be text, and is nothing"], id="a tag of nothing"),
    # operating systems
    pytest.param(
        LINUX,
        {"operating_system": "FEDORA"},
        ["operating_system: FEDORA is known on hosts only; Patch Manager knows " + SYSTEMS],
        id="Fedora",
    ),
    pytest.param(
        LINUX,
        {"operating_system": "OPENSUSE"},
        ["operating_system: OPENSUSE is known on hosts only; Patch Manager knows " + SYSTEMS],
        id="openSUSE",
    ),
    pytest.param(
        LINUX,
        {"operating_system": "Amazon Linux"},
        ["operating_system: 'Amazon Linux' is not allowed; allowed: " + SYSTEMS],
        id="an operating system",
    ),
    pytest.param(
        LINUX,
        {"operating_system": None},
        ["operating_system: is needed on AWS, where a baseline is for one operating system; one of " + SYSTEMS],
        id="no operating system",
    ),
    # several
    pytest.param(
        LINUX,
        {
            "name": "a b",
            "approval_rules": [{**RULE, "filters": {"PRIORITY": ["x"]}, "approve_until_date": "now"}, UNDATED],
            "approved_patches": [""],
            "available_security_updates_compliance_status": "COMPLIANT",
        },
        [
            "name: 'a b'",
            "approval_rules[0].filters.PRIORITY: no filter key",
            "approval_rules[0].approve_until_date: must be a day",
            "approval_rules[0]: give approve_after_days or",
            "approval_rules[1]: give one of",
            "approved_patches[0]: must have",
            "available_security_updates_compliance_status: for WINDOWS only",
        ],
        id="seven at once",
    ),
]


@pytest.mark.parametrize(("given", "options", "problems"), REFUSED)
def test_refused_before_anything_is_changed(baseline, aws, given, options, problems):
    lines = baseline.failure(**{**given, **options}).splitlines()
    for problem in problems:
        assert [line for line in lines if line.removeprefix("baseline.").startswith(problem)], lines
    assert len(lines) == len(problems)
    assert not writes(aws)
    asks_first = "tags" in options or options.get("operating_system", "") is None  # whose tags, which system
    assert asks_first or aws.actions == []


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        pytest.param("state", "purged", "present, absent", id="state"),
        pytest.param("rejected_patches_action", "DENY", "ALLOW_AS_DEPENDENCY, BLOCK", id="rejected_patches_action"),
        pytest.param(
            "approved_patches_compliance_level",
            "URGENT",
            "CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED",
            id="approved_patches_compliance_level",
        ),
        pytest.param(
            "available_security_updates_compliance_status", "OK", "COMPLIANT, NON_COMPLIANT", id="available updates"
        ),
    ],
)
def test_choices(baseline, aws, option, value, allowed):
    message = baseline.failure(**{**LINUX, option: value})
    assert message == f"value of {option} must be one of: {allowed}, got: {value}"
    assert aws.actions == []


def test_neither_name_nor_id(baseline):
    assert baseline.failure(description="Whose?") == "one of the following is required: name, baseline_id"


@pytest.mark.parametrize("check_mode", [False, True])
def test_refused_for_one_that_is_there(baseline, aws, check_mode):
    made = baseline.ok(**WHOLE)["patch_baseline"]
    aws.application.calls.clear()
    message = baseline.failure(check_mode, baseline_id=made["baseline_id"], **ruled(approve_after_days=400))
    assert message == "baseline.approval_rules[0].approve_after_days: must be from 0 to 360, not 400"
    assert not writes(aws)


@pytest.mark.parametrize(
    ("given", "options", "warning"),
    [
        pytest.param(
            UBUNTU,
            {"approval_rules": [{"filters": {"PRIORITY": ["Required"]}, "approve_after_days": 7}]},
            "approval_rules[0]: the delay or cut-off has no effect on UBUNTU, which has no release dates",
            id="a delay on apt",
        ),
        pytest.param(
            UBUNTU,
            {"approval_rules": [{"filters": {}}, {"filters": {}, "approve_until_date": "2026-11-30"}]},
            "approval_rules[1]: the delay or cut-off has no effect on UBUNTU, which has no release dates",
            id="a cut-off on apt",
        ),
        pytest.param(
            LINUX,
            ruled(approve_after_days=101),
            "approval_rules[0].approve_after_days: 101 is more than the 100 that AWS advises",
            id="more than 100 days",
        ),
        pytest.param(
            LINUX,
            filtered(PRODUCT=["Ubuntu22.04"]),
            "approval_rules[0].filters.PRODUCT: 'Ubuntu22.04' does not look like a product of AMAZON_LINUX_2023",
            id="a product of others",
        ),
        pytest.param(
            LINUX,
            filtered(PRODUCT=["*", "AmazonLinux2023"]),
            "approval_rules[0].filters.PRODUCT: '*' matches everything, so the other values have no effect",
            id="a wildcard among others",
        ),
        pytest.param(
            LINUX,
            {"approved_patches": ["bash"], "rejected_patches": ["bash"]},
            "approved_patches[0]: 'bash' is in rejected_patches too, and rejection wins",
            id="in both lists",
        ),
        pytest.param(
            MACOS,
            {"approval_rules": [{"filters": {"CLASSIFICATION": ["Recommended"]}, "approve_after_days": 0}]},
            "approval_rules[0]: selects what is no security patch, yet enable_non_security is off",
            id="no security patches without their flag",
        ),
        pytest.param(
            LINUX,
            {"sources": [{**SOURCE, "configuration": "baseurl=https://me:hidden@example.org"}]},
            "sources[0].configuration: holds credentials, which everybody who may read the baseline can see",
            id="credentials in a source",
        ),
    ],
)
def test_warned_of(baseline, given, options, warning):
    warned = baseline.converge(**{**given, **options})["warnings"]
    assert [one for one in warned if one.startswith("baseline." + warning)], warned


def test_nothing_to_warn_of(baseline):
    assert baseline.ok(**WHOLE)["warnings"] == []
    assert baseline.ok(**WINDOWS)["warnings"] == []
    undelayed = [{"filters": {"PRIORITY": ["Required"]}}]
    assert baseline.ok(**UBUNTU, approval_rules=undelayed)["warnings"] == []
    assert baseline.ok(**WHICH, state="absent", force=True)["warnings"] == []
