# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused in a baseline (approval-rules.md, sections 1 and 11), and the forms that are read."""

from __future__ import annotations

import copy
import json
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.baseline import canonical, fingerprint
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import BaselineError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    AL2023,
    DEBIAN,
    MACOS,
    RHEL,
    SUSE,
    UBUNTU,
    WINDOWS,
    baseline,
    rule,
)

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "ssm"
LEVELS = "CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED"
RPM_KEYS = ("PRODUCT", "CLASSIFICATION", "SEVERITY")
APT_KEYS = ("PRODUCT", "PRIORITY", "SECTION")
WINDOWS_KEYS = ("PATCH_SET", "PRODUCT_FAMILY", "PRODUCT", "CLASSIFICATION", "MSRC_SEVERITY")
RPM_SYSTEMS = (
    "AMAZON_LINUX",
    "AMAZON_LINUX_2",
    "AMAZON_LINUX_2022",
    "AMAZON_LINUX_2023",
    "CENTOS",
    "REDHAT_ENTERPRISE_LINUX",
    "ROCKY_LINUX",
    "ALMA_LINUX",
    "ORACLE_LINUX",
    "SUSE",
    "FEDORA",
    "OPENSUSE",
)
KEYS = dict(
    dict.fromkeys(RPM_SYSTEMS, RPM_KEYS),
    UBUNTU=APT_KEYS,
    DEBIAN=APT_KEYS,
    RASPBIAN=APT_KEYS,
    MACOS=("PRODUCT", "CLASSIFICATION"),
    WINDOWS=WINDOWS_KEYS,
)
# Every member of the API's PatchFilterKey.
ALL_KEYS = (
    "ARCH",
    "ADVISORY_ID",
    "BUGZILLA_ID",
    "CLASSIFICATION",
    "CVE_ID",
    "EPOCH",
    "MSRC_SEVERITY",
    "NAME",
    "PATCH_ID",
    "PATCH_SET",
    "PRIORITY",
    "PRODUCT",
    "PRODUCT_FAMILY",
    "RELEASE",
    "REPOSITORY",
    "SECTION",
    "SECURITY",
    "SEVERITY",
    "VERSION",
)


def problems(*given):
    """(path, message) of everything wrong with these baselines."""
    try:
        parse_baselines(list(given))
    except BaselineError as error:
        return [(problem.path, problem.message) for problem in error.problems]
    return []


def source(**members):
    return dict({"name": "extra", "products": ["*"], "configuration": "[extra]"}, **members)


RULE = "baselines[0].approval_rules[0]"


def filtered(system, **filters):
    return baseline(system, rule(filters=filters))


# Each row: what is wrong, where it is reported, and what the message must name.
REFUSED = [
    # section 1: the limits
    pytest.param(baseline(RHEL, *[rule()] * 11), "baselines[0].approval_rules", ["10", "11"], id="11 rules"),
    pytest.param(
        filtered(WINDOWS, **{key: ["*"] for key in WINDOWS_KEYS}),
        RULE + ".filters",
        ["4", "5"],
        id="5 filters in a rule",
    ),
    pytest.param(
        baseline(WINDOWS, global_filters={key: ["*"] for key in WINDOWS_KEYS}),
        "baselines[0].global_filters",
        ["4", "5"],
        id="5 global filters",
    ),
    pytest.param(
        filtered(RHEL, PRODUCT=["p%d" % number for number in range(21)]),
        RULE + ".filters.PRODUCT",
        ["1", "20", "21"],
        id="21 values",
    ),
    pytest.param(filtered(RHEL, PRODUCT=[]), RULE + ".filters.PRODUCT", ["1", "20", "0"], id="no values"),
    pytest.param(
        filtered(RHEL, PRODUCT=["x" * 65]), RULE + ".filters.PRODUCT[0]", ["64", "65"], id="value of 65 characters"
    ),
    pytest.param(filtered(RHEL, PRODUCT=[""]), RULE + ".filters.PRODUCT[0]", ["1", "64"], id="empty value"),
    pytest.param(
        filtered(UBUNTU, SECTION=["x" * 65]), RULE + ".filters.SECTION[0]", ["64", "65"], id="section of 65 characters"
    ),
    pytest.param(filtered(RHEL, PRODUCT="RHEL"), RULE + ".filters.PRODUCT", ["list"], id="values that are no list"),
    pytest.param(
        baseline(RHEL, approved_patches=["p%d" % number for number in range(51)]),
        "baselines[0].approved_patches",
        ["50", "51"],
        id="51 approved patches",
    ),
    pytest.param(
        baseline(RHEL, rejected_patches=["p%d" % number for number in range(51)]),
        "baselines[0].rejected_patches",
        ["50", "51"],
        id="51 rejected patches",
    ),
    pytest.param(
        baseline(RHEL, approved_patches=["ok", "x" * 101]),
        "baselines[0].approved_patches[1]",
        ["100", "101"],
        id="entry of 101",
    ),
    pytest.param(
        baseline(RHEL, rejected_patches=["x" * 101]),
        "baselines[0].rejected_patches[0]",
        ["100", "101"],
        id="rejected entry of 101",
    ),
    pytest.param(
        baseline(RHEL, approved_patches=[""]), "baselines[0].approved_patches[0]", ["1", "100"], id="empty entry"
    ),
    pytest.param(
        baseline(RHEL, approved_patches="kernel"), "baselines[0].approved_patches", ["list"], id="entries no list"
    ),
    pytest.param(baseline(RHEL, description=""), "baselines[0].description", ["1", "1024"], id="empty description"),
    pytest.param(
        baseline(RHEL, description="x" * 1025), "baselines[0].description", ["1024", "1025"], id="description of 1025"
    ),
    pytest.param(baseline(RHEL, name="ab"), "baselines[0].name", ["3", "128"], id="name of 2"),
    pytest.param(baseline(RHEL, name="x" * 129), "baselines[0].name", ["128", "129"], id="name of 129"),
    pytest.param(baseline(RHEL, name="no spaces"), "baselines[0].name", ["letters", "digits"], id="name with a space"),
    pytest.param(baseline(RHEL, name="line\n"), "baselines[0].name", ["letters", "digits"], id="name with a line end"),
    pytest.param({"approval_rules": []}, "baselines[0].name", [], id="no name"),
    pytest.param(baseline(RHEL, sources=[source()] * 21), "baselines[0].sources", ["20", "21"], id="21 sources"),
    pytest.param(
        baseline(RHEL, sources=[source(name="ab")]), "baselines[0].sources[0].name", ["3", "50"], id="source name"
    ),
    pytest.param(
        baseline(RHEL, sources=[source(name="a b c")]),
        "baselines[0].sources[0].name",
        ["letters"],
        id="source name's letters",
    ),
    pytest.param(
        baseline(RHEL, sources=[source(products=[])]),
        "baselines[0].sources[0].products",
        ["1", "20"],
        id="source without product",
    ),
    pytest.param(
        baseline(RHEL, sources=[source(products=["x" * 129])]),
        "baselines[0].sources[0].products[0]",
        ["128", "129"],
        id="source with a long product",
    ),
    pytest.param(
        baseline(RHEL, sources=[source(configuration="")]),
        "baselines[0].sources[0].configuration",
        ["1", "1024"],
        id="source without configuration",
    ),
    pytest.param(
        baseline(RHEL, sources=[source(configuration="x" * 1025)]),
        "baselines[0].sources[0].configuration",
        ["1024", "1025"],
        id="source with a long configuration",
    ),
    pytest.param(
        baseline(RHEL, sources=[source(url="x")]),
        "baselines[0].sources[0].url",
        ["name, products, configuration"],
        id="source member",
    ),
    pytest.param(
        baseline(RHEL, patch_groups=["g%d" % number for number in range(26)]),
        "baselines[0].patch_groups",
        ["25", "26"],
        id="26 patch groups",
    ),
    # enumerations
    pytest.param(
        baseline("Debian"), "baselines[0].operating_system", ["'Debian'", "DEBIAN", "WINDOWS"], id="operating system"
    ),
    pytest.param(
        baseline("GENTOO"), "baselines[0].operating_system", ["FEDORA", "OPENSUSE"], id="unknown operating system"
    ),
    pytest.param(
        baseline(RHEL, rule(compliance_level="SEVERE")),
        RULE + ".compliance_level",
        ["'SEVERE'", LEVELS],
        id="level of a rule",
    ),
    pytest.param(
        baseline(RHEL, approved_patches_compliance_level="critical"),
        "baselines[0].approved_patches_compliance_level",
        ["'critical'", LEVELS],
        id="level of the list",
    ),
    pytest.param(
        baseline(RHEL, rejected_patches_action="DENY"),
        "baselines[0].rejected_patches_action",
        ["'DENY'", "ALLOW_AS_DEPENDENCY, BLOCK"],
        id="action",
    ),
    pytest.param(
        baseline(WINDOWS, available_security_updates_compliance_status="FINE"),
        "baselines[0].available_security_updates_compliance_status",
        ["'FINE'", "COMPLIANT, NON_COMPLIANT"],
        id="status of available security updates",
    ),
    # dates
    pytest.param(baseline(RHEL, rule(7, approve_until_date="2026-11-30")), RULE, ["not both"], id="both date fields"),
    pytest.param(
        baseline(UBUNTU, rule(7, approve_until_date="2026-11-30")), RULE, ["not both"], id="both date fields on apt"
    ),
    pytest.param(
        baseline(RHEL, rule(None)),
        RULE,
        ["approve_after_days", "0 to 360", "approve_until_date", "YYYY-MM-DD"],
        id="no date field",
    ),
    pytest.param(baseline(WINDOWS, rule(None)), RULE, ["approve_after_days"], id="no date field on Windows"),
    pytest.param(baseline(SUSE, rule(None)), RULE, ["approve_after_days"], id="no date field on SUSE"),
    pytest.param(
        baseline(None, rule(None, security=True)), RULE, ["approve_after_days"], id="no date field in a portable rule"
    ),
    pytest.param(baseline(RHEL, rule(-1)), RULE + ".approve_after_days", ["0 to 360", "-1"], id="-1 days"),
    pytest.param(baseline(RHEL, rule(361)), RULE + ".approve_after_days", ["0 to 360", "361"], id="361 days"),
    pytest.param(
        baseline(RHEL, rule(True)), RULE + ".approve_after_days", ["0 to 360", "True"], id="days that are a boolean"
    ),
    pytest.param(
        baseline(RHEL, rule("seven")), RULE + ".approve_after_days", ["0 to 360", "'seven'"], id="days in words"
    ),
    pytest.param(baseline(RHEL, rule("²")), RULE + ".approve_after_days", ["0 to 360"], id="a digit that is no number"),
    pytest.param(baseline(RHEL, rule(7.5)), RULE + ".approve_after_days", ["0 to 360", "7.5"], id="half days"),
    pytest.param(baseline(RHEL, rule([7])), RULE + ".approve_after_days", ["0 to 360"], id="days that are a list"),
    pytest.param(
        baseline(RHEL, rule(until="30.11.2026")),
        RULE + ".approve_until_date",
        ["YYYY-MM-DD", "'30.11.2026'"],
        id="date shape",
    ),
    pytest.param(
        baseline(RHEL, rule(until="2026-02-30")), RULE + ".approve_until_date", ["YYYY-MM-DD"], id="no such day"
    ),
    pytest.param(
        baseline(RHEL, rule(until="2026-1-5")), RULE + ".approve_until_date", ["YYYY-MM-DD"], id="date without zeros"
    ),
    pytest.param(
        baseline(RHEL, rule(until="2026-11-30T00:00:00Z")),
        RULE + ".approve_until_date",
        ["YYYY-MM-DD"],
        id="an instant",
    ),
    pytest.param(
        baseline(RHEL, rule(until=20261130)), RULE + ".approve_until_date", ["YYYY-MM-DD"], id="date as a number"
    ),
    # values that are no text
    pytest.param(
        filtered(RHEL, SEVERITY=[5]), RULE + ".filters.SEVERITY[0]", ["text", "5"], id="value that is a number"
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=[True]), RULE + ".filters.SEVERITY[0]", ["text", "True"], id="value that is a boolean"
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=[None]), RULE + ".filters.SEVERITY[0]", ["text", "nothing"], id="value that is null"
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=[{"a": "b"}]), RULE + ".filters.SEVERITY[0]", ["text", "mapping"], id="value, a mapping"
    ),
    pytest.param(
        filtered(RHEL, SEVERITY=None), RULE + ".filters.SEVERITY", ["list", "nothing"], id="values that are null"
    ),
    pytest.param(
        baseline(RHEL, approved_patches=[1463241]),
        "baselines[0].approved_patches[0]",
        ["text", "1463241", "quotes"],
        id="bare id",
    ),
    pytest.param(
        baseline(RHEL, rejected_patches=[None]),
        "baselines[0].rejected_patches[0]",
        ["text", "nothing"],
        id="entry that is null",
    ),
    pytest.param(
        baseline(RHEL, patch_groups=[7]),
        "baselines[0].patch_groups[0]",
        ["text", "7"],
        id="patch group that is a number",
    ),
    pytest.param(baseline(RHEL, name=123), "baselines[0].name", ["text", "123"], id="name that is a number"),
    pytest.param(
        baseline(RHEL, rule(enable_non_security="maybe")),
        RULE + ".enable_non_security",
        ["true or false", "'maybe'"],
        id="flag",
    ),
    pytest.param(
        baseline(RHEL, rule(enable_non_security=1)), RULE + ".enable_non_security", ["true or false"], id="flag 1"
    ),
    # of one operating system only
    pytest.param(
        baseline(WINDOWS, rule(enable_non_security=True)),
        RULE + ".enable_non_security",
        ["WINDOWS"],
        id="non-security, Windows",
    ),
    pytest.param(
        baseline(WINDOWS, approved_patches_enable_non_security=True),
        "baselines[0].approved_patches_enable_non_security",
        ["WINDOWS"],
        id="non-security list, Windows",
    ),
    pytest.param(baseline(WINDOWS, sources=[source()]), "baselines[0].sources", ["WINDOWS"], id="sources, Windows"),
    pytest.param(
        baseline(DEBIAN, available_security_updates_compliance_status="COMPLIANT"),
        "baselines[0].available_security_updates_compliance_status",
        ["WINDOWS", "DEBIAN"],
        id="available security updates, Debian",
    ),
    pytest.param(
        baseline(WINDOWS, approved_patches=["2032276"]),
        "baselines[0].approved_patches[0]",
        ["KB", "MS10-048"],
        id="KB id, digits",
    ),
    pytest.param(
        baseline(WINDOWS, rejected_patches=["KB2032276,MS10-048"]),
        "baselines[0].rejected_patches[0]",
        ["KB", "MS10-048"],
        id="KB ids in one text",
    ),
    pytest.param(
        baseline(RHEL, rule(security=True)), RULE + ".security", ["operating_system"], id="security: true with an OS"
    ),
    # members
    pytest.param(
        baseline(RHEL, approval_rule=[]), "baselines[0].approval_rule", ["approval_rules"], id="unknown member"
    ),
    pytest.param(
        baseline(RHEL, dict(rule(7), delay=7)), RULE + ".delay", ["approve_after_days"], id="unknown member of a rule"
    ),
    pytest.param(
        dict(baseline(RHEL), Name="again"), "baselines[0].Name", ["name", "twice"], id="a member in both spellings"
    ),
    pytest.param(
        baseline(RHEL, approval_rules="all"), "baselines[0].approval_rules", ["list"], id="rules that are no list"
    ),
    pytest.param(baseline(RHEL, rule(filters="*")), RULE + ".filters", ["mapping"], id="filters that are no mapping"),
    pytest.param(["tested"], "baselines[0]", ["mapping"], id="a baseline that is no mapping"),
    pytest.param("no-such-baseline", "baselines[0]", ["'no-such-baseline'", "security-now"], id="unknown name"),
]


@pytest.mark.parametrize(("given", "path", "words"), REFUSED)
def test_refused(given, path, words):
    ((found, message),) = problems(given)
    assert found == path
    for word in words:
        assert word in message


def test_a_rule_that_is_no_mapping():
    path, message = problems(baseline(RHEL, "all"))[0]
    assert path == RULE
    assert "mapping" in message


@pytest.mark.parametrize("key", ALL_KEYS)
@pytest.mark.parametrize("system", sorted(KEYS))
def test_filter_keys(system, key):
    """Section 2, for rules and for global filters; the other members of the API's enumeration serve other calls."""
    in_rule = problems(filtered(system, **{key: ["*"]}))
    in_globals = problems(baseline(system, global_filters={key: ["*"]}))
    if key in KEYS[system]:
        assert (in_rule, in_globals) == ([], [])
        return
    ((rule_path, message),) = in_rule
    ((globals_path, _message),) = in_globals
    assert (rule_path, globals_path) == (RULE + ".filters." + key, "baselines[0].global_filters." + key)
    assert system in message
    assert ", ".join(KEYS[system]) in message


@pytest.mark.parametrize("key", ["classification", "Severity", "SEVERITIES", ""])
def test_filter_keys_that_do_not_exist(key):
    ((path, message),) = problems(filtered(RHEL, **{key: ["*"]}))
    assert path == RULE + ".filters." + key
    assert ", ".join(RPM_KEYS) in message


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param(
            [{"Key": "SEVERITY", "Values": ["Low"]}, {"Key": "SEVERITY", "Values": ["Critical"]}], id="CamelCase"
        ),
        pytest.param([{"key": "SEVERITY", "values": ["Low"]}, {"key": "SEVERITY", "values": ["Low"]}], id="snake_case"),
        pytest.param({"PatchFilters": [{"Key": "SEVERITY", "Values": ["*"]}] * 2}, id="in a group"),
    ],
)
def test_a_key_twice_in_a_group_is_refused(filters):
    for given, path in (
        (baseline(RHEL, rule(filters=filters)), RULE + ".filters.SEVERITY"),
        (baseline(RHEL, global_filters=filters), "baselines[0].global_filters.SEVERITY"),
    ):
        ((found, message),) = problems(given)
        assert found == path
        assert "twice" in message


def test_the_error_says_all_of_it():
    with pytest.raises(BaselineError) as caught:
        parse_baselines([baseline(RHEL, name="x", description="")])
    assert str(caught.value) == "\n".join("%s: %s" % problem[:2] for problem in caught.value.problems)
    assert len(caught.value.problems) == 2


def test_every_problem_is_reported_at_once():
    bad_rule = rule("seven", filters={"PRIORITY": ["*"], "SEVERITY": [1]}, compliance_level="high")
    first = baseline(RHEL, rule(), bad_rule, description="", rejected_patches_action="DENY")
    second = baseline(WINDOWS, rule(enable_non_security=True), name="x")
    assert sorted(path for path, message in problems(first, baseline(RHEL, name="fine"), second, "unknown-name")) == [
        "baselines[0].approval_rules[1].approve_after_days",
        "baselines[0].approval_rules[1].compliance_level",
        "baselines[0].approval_rules[1].filters.PRIORITY",
        "baselines[0].approval_rules[1].filters.SEVERITY[0]",
        "baselines[0].description",
        "baselines[0].rejected_patches_action",
        "baselines[2].approval_rules[0].enable_non_security",
        "baselines[2].name",
        "baselines[3]",
    ]


ACCEPTED = [
    pytest.param(baseline(RHEL), id="a baseline without rules"),
    pytest.param(baseline(RHEL, *[rule()] * 10), id="10 rules"),
    pytest.param(filtered(WINDOWS, **{key: ["*"] for key in WINDOWS_KEYS[:4]}), id="4 filters"),
    pytest.param(filtered(RHEL, PRODUCT=["x" * 64] * 20), id="20 values of 64 characters"),
    pytest.param(
        baseline(RHEL, approved_patches=["x" * 100] * 50, rejected_patches=["y" * 100] * 50), id="50 entries of 100"
    ),
    pytest.param(baseline(RHEL, rule(0), rule(360)), id="0 and 360 days"),
    pytest.param(baseline(RHEL, rule("7")), id="days as text, as templates make them"),
    pytest.param(baseline(RHEL, rule(until="2028-02-29")), id="a leap day"),
    pytest.param(baseline(RHEL, rule(7, approve_until_date=None)), id="the other date field given as null"),
    pytest.param(baseline(UBUNTU, rule(None)), id="apt without date fields"),
    pytest.param(baseline(DEBIAN, rule(7)), id="apt with a delay"),
    pytest.param(baseline(RHEL, name="a.b"), id="name of 3"),
    pytest.param(baseline(RHEL, name="A_z-0." + "x" * 122), id="name of 128"),
    pytest.param(baseline(RHEL, description="x" * 1024), id="description of 1024"),
    pytest.param(baseline(RHEL, rule(enable_non_security="True")), id="flag as text, as templates make it"),
    pytest.param(
        baseline(WINDOWS, rule(enable_non_security=False), sources=[]), id="what Windows has not, not asked for"
    ),
    pytest.param(baseline(WINDOWS, approved_patches=["KB2032276", "ms10-048"]), id="KB and bulletin ids"),
    pytest.param(
        baseline(WINDOWS, available_security_updates_compliance_status="NON_COMPLIANT"), id="status on Windows"
    ),
    pytest.param(baseline(MACOS, rule(enable_non_security=True)), id="macOS with non-security"),
    pytest.param(filtered(RHEL, PRODUCT=["RedhatEnterpriseLinux99"]), id="a product nobody knows yet"),
    pytest.param(filtered(AL2023, SEVERITY=["None", "*"]), id="the severity None, and a wildcard beside it"),
    pytest.param(filtered(UBUNTU, SECTION=["universe/net"]), id="a section with its component"),
    pytest.param(baseline(RHEL, sources=[source(configuration="x" * 1024)] * 20), id="20 sources"),
    pytest.param(baseline("FEDORA", rule()), id="Fedora"),
    pytest.param(baseline("OPENSUSE", rule()), id="openSUSE"),
    pytest.param(baseline(None, rule(security=True)), id="portable: security"),
    pytest.param(
        baseline(None, rule(filters={"PRIORITY": ["*"]}), rule(filters={"MSRC_SEVERITY": ["*"]})),
        id="portable: any system's keys",
    ),
]


@pytest.mark.parametrize("given", ACCEPTED)
def test_accepted(given):
    assert problems(given) == []


def test_defaults():
    """Section 1, column default."""
    parsed = parse_baseline({"Name": "tested", "OperatingSystem": RHEL, "ApprovalRules": {"PatchRules": [API_RULE]}})
    document = canonical(parsed)
    (only,) = document.pop("approval_rules")
    assert (only["compliance_level"], only["enable_non_security"]) == ("UNSPECIFIED", False)
    assert document == {
        "operating_system": RHEL,
        "global_filters": {},
        "approved_patches": [],
        "approved_patches_compliance_level": "UNSPECIFIED",
        "approved_patches_enable_non_security": False,
        "rejected_patches": [],
        "rejected_patches_action": "ALLOW_AS_DEPENDENCY",
        "sources": [],
        "available_security_updates_compliance_status": None,
    }


API_RULE = {"PatchFilterGroup": {"PatchFilters": [{"Key": "SEVERITY", "Values": ["Low"]}]}, "ApproveAfterDays": 7}

OURS = {
    "name": "tested",
    "operating_system": RHEL,
    "global_filters": {"PRODUCT": ["RedhatEnterpriseLinux9", "RedhatEnterpriseLinux8"]},
    "approval_rules": [
        {
            "filters": {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important"]},
            "approve_after_days": 7,
            "compliance_level": "HIGH",
            "enable_non_security": True,
        },
        {"filters": {}, "approve_until_date": "2026-11-30"},
    ],
    "approved_patches": ["openssl*", "bash"],
    "approved_patches_compliance_level": "LOW",
    "approved_patches_enable_non_security": True,
    "rejected_patches": ["kernel*"],
    "rejected_patches_action": "BLOCK",
    "sources": [{"name": "extra", "products": ["*"], "configuration": "[extra]"}],
}
API = {
    "Name": "tested",
    "OperatingSystem": RHEL,
    "GlobalFilters": {
        "PatchFilters": [{"Key": "PRODUCT", "Values": ["RedhatEnterpriseLinux9", "RedhatEnterpriseLinux8"]}],
    },
    "ApprovalRules": {
        "PatchRules": [
            {
                "PatchFilterGroup": {
                    "PatchFilters": [
                        {"Key": "CLASSIFICATION", "Values": ["Security"]},
                        {"Key": "SEVERITY", "Values": ["Critical", "Important"]},
                    ]
                },
                "ApproveAfterDays": 7,
                "ComplianceLevel": "HIGH",
                "EnableNonSecurity": True,
            },
            {"PatchFilterGroup": {"PatchFilters": []}, "ApproveUntilDate": "2026-11-30"},
        ]
    },
    "ApprovedPatches": ["openssl*", "bash"],
    "ApprovedPatchesComplianceLevel": "LOW",
    "ApprovedPatchesEnableNonSecurity": True,
    "RejectedPatches": ["kernel*"],
    "RejectedPatchesAction": "BLOCK",
    "Sources": [{"Name": "extra", "Products": ["*"], "Configuration": "[extra]"}],
}


def changed(document, *path, value):
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def test_both_forms_mean_the_same():
    assert canonical(parse_baseline(API)) == canonical(parse_baseline(OURS))
    assert fingerprint(parse_baseline(API)) == fingerprint(parse_baseline(OURS))


@pytest.mark.parametrize("name", ["get-patch-baseline.json", "get-patch-baseline.snake-case.json"])
def test_an_answer_of_get_patch_baseline_is_read_as_it_is(name):
    answer = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    (parsed,) = parse_baselines([answer])
    ours = baseline(WINDOWS, rule(0, filters={"PRODUCT": ["WindowsServer2016"]}, compliance_level="CRITICAL"))
    assert (parsed.name, parsed.baseline_id, parsed.source) == ("WindowsPatching", "pb-0123456789abcdef0", "aws")
    assert parsed.patch_groups == ("QA", "DEV")
    assert parsed.description == "Patches for Windows Servers"
    assert fingerprint(parsed) == fingerprint(parse_baseline(ours))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            changed(OURS, "global_filters", "PRODUCT", value=["RedhatEnterpriseLinux8", "RedhatEnterpriseLinux9"]),
            id="values",
        ),
        pytest.param(changed(OURS, "approved_patches", value=["bash", "openssl*"]), id="entries"),
        pytest.param(changed(OURS, "name", value="renamed"), id="name"),
        pytest.param(changed(OURS, "description", value="described"), id="description"),
        pytest.param(changed(OURS, "patch_groups", value=["web"]), id="patch groups"),
        pytest.param(changed(OURS, "tags", value={"team": "web"}), id="tags"),
    ],
)
def test_the_fingerprint_leaves_out_what_decides_nothing(other):
    assert fingerprint(parse_baseline(other)) == fingerprint(parse_baseline(OURS))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed(OURS, "operating_system", value="ROCKY_LINUX"), id="operating system"),
        pytest.param(changed(OURS, "global_filters", value={}), id="global filters"),
        pytest.param(changed(OURS, "approval_rules", 0, "approve_after_days", value=8), id="days"),
        pytest.param(changed(OURS, "approval_rules", 1, "approve_until_date", value="2026-12-01"), id="date"),
        pytest.param(changed(OURS, "approval_rules", 0, "compliance_level", value="LOW"), id="level"),
        pytest.param(changed(OURS, "approval_rules", 0, "enable_non_security", value=False), id="non-security"),
        pytest.param(changed(OURS, "approval_rules", 0, "filters", "SEVERITY", value=["Critical"]), id="filter"),
        pytest.param(changed(OURS, "approved_patches", value=["bash"]), id="approved patches"),
        pytest.param(changed(OURS, "approved_patches_compliance_level", value="HIGH"), id="level of the list"),
        pytest.param(changed(OURS, "approved_patches_enable_non_security", value=False), id="non-security list"),
        pytest.param(changed(OURS, "rejected_patches", value=[]), id="rejected patches"),
        pytest.param(changed(OURS, "rejected_patches_action", value="ALLOW_AS_DEPENDENCY"), id="action"),
        pytest.param(changed(OURS, "sources", value=[]), id="sources"),
    ],
)
def test_the_fingerprint_tells_what_decides(other):
    assert fingerprint(parse_baseline(other)) != fingerprint(parse_baseline(OURS))


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"team": "web"}, id="a mapping"),
        pytest.param([{"Key": "team", "Value": "web"}], id="the API's list"),
        pytest.param([{"key": "team", "value": "web"}], id="the same in snake_case"),
    ],
)
def test_tags(tags):
    assert parse_baseline(baseline(RHEL, tags=tags)).tags == {"team": "web"}
