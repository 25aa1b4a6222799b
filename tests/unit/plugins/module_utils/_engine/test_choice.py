# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which baseline a node gets (approval-rules.md, section 9), and when none."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.baseline import for_operating_system
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import choose, parse_baselines, sources_for
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import BaselineError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    RHEL,
    UBUNTU,
    WINDOWS,
    baseline,
    inventory,
    rule,
)


def one(name, system=UBUNTU, **members):
    return baseline(system, name=name, **members)


def portable(name, **members):
    return one(name, None, **members)


WEB, DB = {"patch_groups": ["web", "front"]}, {"patch_groups": ["db"]}
DEFAULT = {"default": True}

# The node runs Ubuntu.
CHOICES = [
    pytest.param([one("only")], None, "only", ["UBUNTU", "only"], id="only one"),
    pytest.param([one("only")], "web", "only", ["web"], id="only one, and it is not bound to the group"),
    pytest.param(
        [one("rhel", RHEL), one("ubuntu")], None, "ubuntu", ["UBUNTU"], id="only one for the operating system"
    ),
    pytest.param([one("a", **WEB), one("b", **DB)], "web", "a", ["web"], id="by patch group"),
    pytest.param([one("a", **WEB), one("b", **DB)], "front", "a", ["front"], id="by the second patch group"),
    pytest.param([one("a", **WEB), one("d", **DEFAULT)], "web", "a", ["web"], id="group before default"),
    pytest.param(
        [one("a", **WEB), one("d", **DEFAULT)], "mail", "d", ["default", "mail"], id="group bound to nothing: default"
    ),
    pytest.param([one("a", **WEB), one("d", **DEFAULT)], None, "d", ["default"], id="no group: default"),
    pytest.param([one("a", **WEB), one("d", **DEFAULT)], "Web", "d", ["Web"], id="groups are case-sensitive"),
    pytest.param([one("a"), one("d", **DEFAULT), one("c")], None, "d", ["default"], id="default of several"),
    pytest.param(
        [one("r", RHEL, **WEB), one("d", **DEFAULT)],
        "web",
        "d",
        ["default"],
        id="the group of another operating system",
    ),
    pytest.param(
        [one("r", RHEL, **DEFAULT), one("u")], None, "u", ["UBUNTU"], id="the default of another operating system"
    ),
    pytest.param(
        [one("r", RHEL, **WEB), one("u", **WEB)], "web", "u", ["web"], id="one group, an operating system each"
    ),
    pytest.param([one("a", **WEB), one("left")], None, "left", ["only"], id="the only one that is bound to no group"),
    pytest.param([portable("p")], None, "p", ["UBUNTU"], id="portable"),
    pytest.param([portable("p"), one("u")], None, "u", ["UBUNTU"], id="the operating system's before a portable one"),
    pytest.param(
        [portable("p"), one("r", RHEL)], None, "p", ["UBUNTU"], id="portable, as the other is for another system"
    ),
    pytest.param([portable("p", **WEB), one("u")], "web", "p", ["web"], id="portable, by patch group"),
    pytest.param([portable("p", **WEB), one("u", **WEB)], "web", "u", ["web"], id="both by patch group"),
    pytest.param([portable("p", **DEFAULT), one("u", **DEFAULT)], None, "u", ["default"], id="both default"),
    pytest.param(
        [one("d", patch_groups=["web"], default=True)], "mail", "d", ["default"], id="default and bound to a group"
    ),
    # none fits
    pytest.param([one("rhel", RHEL)], None, None, ["UBUNTU", RHEL], id="none for the operating system"),
    pytest.param([one("a"), one("b")], None, None, ["a", "b", "default"], id="two fit"),
    pytest.param([portable("a"), portable("b")], None, None, ["a", "b", "default"], id="two portable ones fit"),
    pytest.param([one("a", **WEB)], None, None, ["web", "no patch group"], id="no group, all bound"),
    pytest.param([one("a", **WEB)], "mail", None, ["mail", "web"], id="another group, all bound"),
    pytest.param([one("a", **WEB)], "WEB", None, ["WEB", "web"], id="the group in another case"),
    pytest.param([one("a", **WEB)], "", None, ["web"], id="an empty group is none"),
]


@pytest.mark.parametrize(("given", "group", "name", "words"), CHOICES)
def test_choice(given, group, name, words):
    for order in (given, given[::-1]):
        choice = choose(parse_baselines([dict(entry, name="aaa" + entry["name"]) for entry in order]), UBUNTU, group)
        assert (choice.baseline.name if choice.baseline else None) == (name and "aaa" + name)
        for word in words:
            assert word in choice.why


@pytest.mark.parametrize(("given", "group", "name", "words"), [case for case in CHOICES if case.values[2] is None])
def test_a_node_that_none_fits_is_unknown(given, group, name, words):
    given = [dict(entry, name="aaa" + entry["name"]) for entry in given]
    answer = what_if(inventory(UBUNTU), given, patch_group=group)
    record = answer["record"]
    assert (record["status"], record["baseline"]["name"], record["patches"]) == ("UNKNOWN", None, [])
    assert record["status_reason"] == record["baseline"]["why"]
    for word in words:
        assert word in record["status_reason"]
    assert (answer["evaluations"], answer["newly_approved"]) == ([], [])


def test_the_patch_group_is_the_nodes():
    given = [one("bound", **WEB), one("other", **DEFAULT)]
    in_group = inventory(UBUNTU, node={"patch_group": "web"})
    assert what_if(in_group, given)["record"]["baseline"]["name"] == "bound"
    assert what_if(in_group, given, patch_group="db")["record"]["baseline"]["name"] == "other"
    assert what_if(in_group, given, patch_group="db")["record"]["node"]["patch_group"] == "db"
    assert in_group["node"]["patch_group"] == "web"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(
            [one("one", **WEB), one("two", patch_groups=["web"])], ["'web'", "one", "two", UBUNTU], id="a group twice"
        ),
        pytest.param(
            [portable("one", **WEB), portable("two", **WEB)], ["'web'", "one", "two"], id="a group twice, portable"
        ),
        pytest.param(
            [one("one", **DEFAULT), one("two", **DEFAULT)], ["one", "two", "default", UBUNTU], id="two defaults"
        ),
        pytest.param([], ["empty", "predefined"], id="an empty list"),
        pytest.param({}, ["list", "predefined"], id="a mapping"),
        pytest.param({"name": "tested"}, ["list", "predefined"], id="a baseline outside a list"),
        pytest.param(7, ["list", "predefined"], id="a number"),
        pytest.param("security-tomorrow", ["'security-tomorrow'", "security-7-days"], id="a name nobody knows"),
        pytest.param("", ["security-7-days"], id="an empty name"),
        pytest.param([None], ["baselines[0]", "mapping"], id="nothing in a list"),
        pytest.param(
            "[{'until': datetime.date(2026, 11, 20)}]", ["text", "list", "quotes"], id="a list that became text"
        ),
    ],
)
def test_baselines_that_are_refused(given, words):
    with pytest.raises(BaselineError) as caught:
        parse_baselines(given)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("given", [None, "predefined"])
@pytest.mark.parametrize(
    ("system", "name"),
    [
        pytest.param(UBUNTU, "AWS-UbuntuDefaultPatchBaseline", id="Ubuntu"),
        pytest.param(DEBIAN, "AWS-DebianDefaultPatchBaseline", id="Debian"),
        pytest.param(WINDOWS, "AWS-DefaultPatchBaseline", id="Windows"),
    ],
)
def test_without_baselines_the_predefined_one_is_used_and_the_record_says_so(given, system, name):
    described = what_if(inventory(system), given)["record"]["baseline"]
    assert (described["name"], described["source"]) == (name, "predefined")
    assert "AWS" in described["why"]


@pytest.mark.parametrize("system", ["FEDORA", "OPENSUSE"])
def test_host_only_systems_have_no_predefined_baseline(system):
    record = what_if(inventory(system), None)["record"]
    assert record["status"] == "UNKNOWN"
    assert system in record["status_reason"]
    assert what_if(inventory(system), [portable("any")])["record"]["status"] == "COMPLIANT"


@pytest.mark.parametrize("given", [None, ["security-now"]])
def test_an_operating_system_nobody_knows(given):
    record = what_if(inventory(UBUNTU, node={"operating_system": "GENTOO"}), given)["record"]
    assert record["status"] == "UNKNOWN"
    assert "GENTOO" in record["status_reason"]


@pytest.mark.parametrize("given", ["security-7-days", ["security-7-days"]])
def test_baselines_by_name(given):
    described = what_if(inventory(UBUNTU), given)["record"]["baseline"]
    assert (described["name"], described["source"]) == ("security-7-days", "shipped")


def test_names_and_mappings_in_one_list():
    given = ["AWS-RedHatDefaultPatchBaseline", one("ours"), "security-now"]
    assert choose(parse_baselines(given), UBUNTU, None).baseline.name == "ours"
    assert choose(parse_baselines(given), RHEL, None).baseline.name == "AWS-RedHatDefaultPatchBaseline"
    assert choose(parse_baselines(given), DEBIAN, None).baseline.name == "security-now"


def test_a_portable_baseline_without_a_rule_for_the_node_is_an_error_naming_both():
    rules = [rule(filters={"PRIORITY": ["*"]}), rule(filters={"MSRC_SEVERITY": ["*"]})]
    with pytest.raises(BaselineError) as caught:
        what_if(inventory(RHEL), [portable("for-others", approval_rules=rules)])
    for word in ("for-others", RHEL, "SEVERITY", "security: true"):
        assert word in str(caught.value)


def test_a_portable_baseline_without_any_rule_is_legal():
    given = portable("lists-only", rejected_patches=["kernel*"])
    assert what_if(inventory(RHEL), [given])["record"]["status"] == "COMPLIANT"


def test_a_baseline_of_an_operating_system_stays_as_it_is():
    parsed = parse_baseline(baseline(RHEL, rule(filters={"SEVERITY": ["Low"]})))
    assert for_operating_system(parsed, RHEL) == parsed


def test_a_portable_baseline_keeps_the_numbers_of_its_rules():
    parsed = parse_baseline(
        portable("mixed", approval_rules=[rule(filters={"MSRC_SEVERITY": ["*"]}), rule(filters={"SEVERITY": ["*"]})])
    )
    here = for_operating_system(parsed, RHEL)
    assert (here.operating_system, [entry.number for entry in here.rules]) == (RHEL, [2])


def with_sources(*sources):
    return parse_baseline(
        one(
            "own",
            sources=[
                {"name": name, "products": list(products), "configuration": "deb http://%s.example stable main" % name}
                for name, products in sources
            ],
        )
    )


@pytest.mark.parametrize(
    ("given", "product", "names"),
    [
        pytest.param(None, "Ubuntu22.04", [], id="no baseline"),
        pytest.param(with_sources(), "Ubuntu22.04", [], id="none named: those of the node"),
        pytest.param(
            with_sources(("one", ["Ubuntu22.04"]), ("two", ["Ubuntu24.04"])), "Ubuntu24.04", ["two"], id="its"
        ),
        pytest.param(
            with_sources(("one", ["*"]), ("two", ["Ubuntu24.04"])), "Ubuntu24.04", ["one", "two"], id="all of them"
        ),
        pytest.param(with_sources(("one", ["*"])), None, ["one"], id="any product, even an unknown one"),
    ],
)
def test_sources_for(given, product, names):
    assert [source.name for source in sources_for(given, product)] == names


@pytest.mark.parametrize("product", ["Ubuntu20.04", None])
def test_sources_for_other_products_only_are_an_error_with_the_remedy(product):
    with pytest.raises(BaselineError) as error:
        sources_for(with_sources(("one", ["Ubuntu24.04"]), ("two", ["Ubuntu22.04"])), product)
    for words in ("own.sources", str(product), "Ubuntu22.04, Ubuntu24.04", "'*'"):
        assert words in str(error.value)
