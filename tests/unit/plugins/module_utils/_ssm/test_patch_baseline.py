# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch baselines between the form of users and that of the API, and what is to be changed."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import BaselineError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import (
    API_OPERATING_SYSTEMS,
    FAMILIES,
    filter_keys,
)
from ansible_collections.patchops.fleet.plugins.module_utils._engine.parse import parse_baseline
from ansible_collections.patchops.fleet.plugins.module_utils._engine.predefined import PREDEFINED
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import LEVELS
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import patch_baseline, patch_baseline_form
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import Change, ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.patch_baseline import (
    Purge,
    comparable,
    declared,
    from_api,
    plan,
    to_api,
)

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "ssm"
RULE = {"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 7}
LINUX = {"name": "tested", "operating_system": "AMAZON_LINUX_2023", "approval_rules": [RULE]}
WINDOWS = {
    "name": "tested",
    "operating_system": "WINDOWS",
    "available_security_updates_compliance_status": "COMPLIANT",
}


def answered(resource):
    """What GetPatchBaseline would answer of it."""
    other = {"OperatingSystem": resource["operating_system"], "PatchGroups": resource["patch_groups"]}
    return {**to_api(resource), **other, "BaselineId": "pb-1"}


def there_and_back(resource):
    read = from_api(answered(resource), resource["default"], resource["tags"])
    assert read.pop("baseline_id") == "pb-1"
    return read


# Any baseline that is valid.

WORDS = st.text("abcXYZ019 .-*", min_size=1, max_size=8)
NAMES = st.text("abcXYZ019._-", min_size=3, max_size=12)
DATES = st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)).map(str)


def lists(strategy, **sizes):
    return st.lists(strategy, unique=True, **sizes)


@st.composite
def filters(draw, system, without=(), most=4):
    keys = [key for key in filter_keys(system) if key not in without]
    chosen = draw(lists(st.sampled_from(keys), max_size=most))
    return {key: draw(lists(WORDS, min_size=1, max_size=3)) for key in chosen}


@st.composite
def rules(draw, system):
    rule = {"compliance_level": draw(st.sampled_from(LEVELS))} if draw(st.booleans()) else {}
    dates = [{"approve_after_days": draw(st.integers(0, 360))}, {"approve_until_date": draw(DATES)}]
    rule.update(draw(st.sampled_from([*dates, {}] if FAMILIES[system] == "apt" else dates)))
    if draw(st.booleans()):
        return {**rule, "security": True, "filters": draw(filters(system, ("CLASSIFICATION",), 3))}
    if system != "WINDOWS":
        rule["enable_non_security"] = draw(st.booleans())
    return {**rule, "filters": draw(filters(system))}


@st.composite
def members(draw, system):
    """Of a baseline for the system, any of which may be left out."""
    entries = lists(st.sampled_from(["KB1", "KB2", "MS10-001"]) if system == "WINDOWS" else WORDS, max_size=3)
    found = {
        "description": draw(WORDS),
        "global_filters": draw(filters(system)),
        "approval_rules": draw(st.lists(rules(system), max_size=3)),
        "approved_patches": draw(entries),
        "approved_patches_compliance_level": draw(st.sampled_from(LEVELS)),
        "rejected_patches": draw(entries),
        "rejected_patches_action": draw(st.sampled_from(["ALLOW_AS_DEPENDENCY", "BLOCK"])),
        "default": draw(st.booleans()),
        "patch_groups": draw(st.lists(st.sampled_from(["Dev", "Staging", "Größe 4"]), max_size=3)),
        "tags": draw(st.dictionaries(NAMES, NAMES, max_size=2)),
    }
    if system == "WINDOWS":
        found["available_security_updates_compliance_status"] = draw(st.sampled_from(["COMPLIANT", "NON_COMPLIANT"]))
    else:
        source = st.fixed_dictionaries(
            {"name": NAMES, "products": lists(WORDS, min_size=1, max_size=2), "configuration": WORDS}
        )
        found["sources"] = draw(st.lists(source, max_size=2))
        found["approved_patches_enable_non_security"] = draw(st.booleans())
    return {name: found[name] for name in draw(lists(st.sampled_from(sorted(found))))}


@st.composite
def baselines(draw, system=None):
    system = system or draw(st.sampled_from(API_OPERATING_SYSTEMS))
    return {**draw(members(system)), "name": draw(NAMES), "operating_system": system}


@settings(deadline=None, max_examples=40)
@given(baselines())
def test_there_and_back_is_the_same(written):
    resource = declared(written)
    assert there_and_back(resource) == resource
    assert json.loads(json.dumps(resource)) == resource


@settings(deadline=None, max_examples=40)
@given(baselines())
def test_what_is_declared_declares_itself(written):
    resource = declared(written)
    assert declared(resource) == resource


def test_security_counts_as_the_filter_that_it_stands_for():
    """AWS takes four of a rule, and would refuse the fifth."""
    keys = ("PATCH_SET", "PRODUCT_FAMILY", "PRODUCT", "MSRC_SEVERITY")
    rule = {"security": True, "approve_after_days": 0, "filters": {key: ["x"] for key in keys}}
    with pytest.raises(
        BaselineError, match=r"baseline.approval_rules\[0\].filters: at most 4 filters, not 5: security"
    ):
        declared({"name": "tested", "operating_system": "WINDOWS", "approval_rules": [rule]})
    del rule["filters"]["PRODUCT"]
    declared({"name": "tested", "operating_system": "WINDOWS", "approval_rules": [rule]})


@settings(deadline=None, max_examples=40)
@given(baselines())
def test_a_second_plan_changes_nothing(written):
    resource = plan(None, written, Purge()).after
    for purge in (Purge(), Purge(members=True), Purge(tags=False, patch_groups=False)):
        assert plan({**resource, "baseline_id": "pb-1"}, written, purge).needed is False


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_members_that_are_not_given_stay(data):
    system = data.draw(st.sampled_from(API_OPERATING_SYSTEMS))
    before = {**declared(data.draw(baselines(system))), "baseline_id": "pb-1"}
    asked = data.draw(members(system))
    after = plan(before, asked, Purge()).after
    assert {name: after.get(name) for name in before if name not in asked} == {
        name: before[name] for name in before if name not in asked
    }
    whole = declared({**{name: before[name] for name in before if name != "baseline_id"}, **asked})
    assert all(comparable(name, after[name]) == comparable(name, whole[name]) for name in asked)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_replace_leaves_of_a_baseline_what_is_given(data):
    system = data.draw(st.sampled_from(API_OPERATING_SYSTEMS))
    before = {**declared(data.draw(baselines(system))), "baseline_id": "pb-1"}
    asked = data.draw(members(system))
    after = plan(before, asked, Purge(members=True)).after
    kept = {name: before[name] for name in ("name", "operating_system", "default", "patch_groups", "tags")}
    whole = declared({**kept, **asked})
    assert {name: comparable(name, after[name]) for name in whole} == {
        name: comparable(name, whole[name]) for name in whole
    }
    assert set(after) == {*whole, "baseline_id"}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_order_means_nothing(data):
    resource = declared(data.draw(baselines()))
    shuffled = {
        name: data.draw(st.permutations(value)) if isinstance(value, list) else value
        for name, value in resource.items()
    }
    assert all(comparable(name, shuffled[name]) == comparable(name, resource[name]) for name in resource)
    assert plan(resource, shuffled, Purge()) == Change(resource, resource)


# Single cases.


def test_defaults():
    assert declared({"name": "tested", "operating_system": "SUSE"}) == {
        "name": "tested",
        "operating_system": "SUSE",
        "global_filters": {},
        "approval_rules": [],
        "approved_patches": [],
        "approved_patches_compliance_level": "UNSPECIFIED",
        "approved_patches_enable_non_security": False,
        "rejected_patches": [],
        "rejected_patches_action": "ALLOW_AS_DEPENDENCY",
        "sources": [],
        "default": False,
        "patch_groups": [],
        "tags": {},
    }


def test_a_rule_without_dates_on_apt_is_approved_at_once():
    (rule,) = declared({"name": "tested", "operating_system": "UBUNTU", "approval_rules": [{"filters": {}}]})[
        "approval_rules"
    ]
    assert rule["approve_after_days"] == 0


def test_windows_is_told_nothing_of_linux():
    request = to_api(declared({**WINDOWS, "approval_rules": [RULE]}))
    assert "Sources" not in request
    assert "ApprovedPatchesEnableNonSecurity" not in request
    assert "EnableNonSecurity" not in request["ApprovalRules"]["PatchRules"][0]
    assert request["AvailableSecurityUpdatesComplianceStatus"] == "COMPLIANT"


@pytest.mark.parametrize(
    ("system", "words"),
    [
        pytest.param("FEDORA", "FEDORA is known on hosts only; Patch Manager knows ALMA_LINUX,", id="host only"),
        pytest.param(
            "OPENSUSE", "OPENSUSE is known on hosts only; Patch Manager knows ALMA_LINUX,", id="host only too"
        ),
        pytest.param("LINUX", "'LINUX' is not allowed; allowed: ALMA_LINUX, AMAZON_LINUX,", id="unknown"),
        pytest.param(None, "is needed on AWS, where a baseline is for one operating system; one of ALMA_", id="none"),
    ],
)
def test_operating_systems_that_aws_does_not_know(system, words):
    with pytest.raises(BaselineError) as caught:
        declared({**LINUX, "operating_system": system}, "here")
    (problem,) = caught.value.problems
    assert (problem.path, problem.message[: len(words)]) == ("here.operating_system", words)


def test_problems_of_patch_groups_come_with_the_others():
    with pytest.raises(BaselineError) as caught:
        declared({**LINUX, "approved_patches": [""], "patch_groups": ["good", "a?"]}, "here")
    assert [problem.path for problem in caught.value.problems] == ["here.approved_patches[0]", "here.patch_groups[1]"]


def test_empty_text_clears_the_description_and_nothing_else():
    before = declared({**LINUX, "description": "Servers"})
    assert "description" not in plan(before, {"description": ""}, Purge()).after
    with pytest.raises(BaselineError, match="approval_rules: must be a list"):
        plan(before, {"approval_rules": ""}, Purge())


def test_a_group_that_is_given_twice_is_registered_once():
    assert declared({**LINUX, "patch_groups": ["B", "A", "B"]})["patch_groups"] == ["A", "B"]


def test_groups_without_purge():
    before = declared({**LINUX, "patch_groups": ["A", "B"]})
    after = plan(before, {"patch_groups": ["C", "A"]}, Purge(patch_groups=False)).after
    assert after["patch_groups"] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        pytest.param({"default": True, "patch_groups": ["A"]}, False, id="what one may do with it"),
        pytest.param({"description": "Mine"}, True, id="description"),
        pytest.param({"tags": {"a": "b"}}, True, id="tags"),
    ],
)
def test_what_aws_predefines(asked, refused):
    before = {**declared(LINUX), "baseline_id": "arn:aws:ssm:eu-central-1:1:patchbaseline/pb-1"}
    change = plan(before, asked, Purge())
    if refused:
        with pytest.raises(ResourceError, match="AWS's own"):
            patch_baseline.refuse_predefined(change)
    else:
        patch_baseline.refuse_predefined(change)
    with pytest.raises(ResourceError, match="AWS's own"):
        patch_baseline.refuse_predefined(Change(before, None))
    patch_baseline.refuse_predefined(Change({**before, "baseline_id": "pb-1"}, None))


@pytest.mark.parametrize("predefined", [pytest.param(one, id=one["name"]) for one in PREDEFINED])
def test_baselines_of_aws_can_be_declared(predefined):
    resource = declared(predefined)
    assert there_and_back(resource) == resource
    assert patch_baseline_form.warnings(resource) == (
        ["baseline.approval_rules[0]: the delay or cut-off has no effect on UBUNTU, which has no release dates"]
        if predefined["operating_system"] == "UBUNTU"
        else []
    )


def test_a_key_that_is_there_twice_is_shown_as_the_api_has_it():
    twice = [{"Key": "PRODUCT", "Values": ["A"]}, {"Key": "PRODUCT", "Values": ["B"]}]
    raw = {"BaselineId": "pb-1", "Name": "tested", "GlobalFilters": {"PatchFilters": twice}}
    read = from_api(raw, False, {})
    assert read["global_filters"] == [{"key": "PRODUCT", "values": ["A"]}, {"key": "PRODUCT", "values": ["B"]}]
    assert read["operating_system"] == "WINDOWS"
    assert comparable("global_filters", read["global_filters"]) != comparable("global_filters", {"PRODUCT": ["B"]})


# Answers of AWS.


def recorded():
    for path in sorted(FIXTURES.rglob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        answer = answer.get("data", answer)
        if "ApprovalRules" in answer:
            yield pytest.param(answer, id=path.name)


RECORDED = list(recorded())


def test_recorded_answers_are_found():
    assert len(RECORDED) == 1


@pytest.mark.parametrize("answer", RECORDED)
def test_recorded_answers_lose_nothing(answer):
    dates = {
        name: datetime.datetime.fromtimestamp(answer[name], datetime.timezone.utc)
        for name in ("CreatedDate", "ModifiedDate")
    }
    resource = from_api({**answer, **dates}, False, {})
    assert [resource["created_date"], resource["modified_date"]] == [date.isoformat() for date in dates.values()]
    assert sorted(answer["PatchGroups"]) == resource["patch_groups"]
    written = {name: value for name, value in resource.items() if not name.endswith("_date")}
    assert {**declared(written), "baseline_id": answer["BaselineId"]} == written
    back = {**to_api(resource), "BaselineId": resource["baseline_id"], "OperatingSystem": resource["operating_system"]}
    # the flags that the API fills in for Windows are not sent for it
    filled = {"ApprovedPatchesEnableNonSecurity": False, "Sources": [], "PatchGroups": answer["PatchGroups"]}
    rules = [{"EnableNonSecurity": False, **rule} for rule in back["ApprovalRules"]["PatchRules"]]
    assert {**filled, **back, "ApprovalRules": {"PatchRules": rules}} == {
        name: value for name, value in answer.items() if name not in dates
    }


@pytest.mark.parametrize("answer", RECORDED)
def test_recorded_answers_decide_the_same(answer):
    ours = from_api({name: value for name, value in answer.items() if not name.endswith("Date")}, False, {})
    assert parse_baseline(ours)._replace(patch_groups=()) == parse_baseline(answer)._replace(patch_groups=())
