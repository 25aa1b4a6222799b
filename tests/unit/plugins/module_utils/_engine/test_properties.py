# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every inventory and every baseline, whatever they say (approval-rules.md, section 4)."""

from __future__ import annotations

import json

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.record import attention
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import INVENTORY, LEVELS, RECORD
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    AL2,
    AL2023,
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
    update,
)

RPM_SYSTEMS = [RHEL, AL2, AL2023, SUSE, "FEDORA"]
SYSTEMS = (*RPM_SYSTEMS, UBUNTU, MACOS, WINDOWS)

# In rising order, as every package manager here orders them.
VERSIONS = ["1.0", "1.9", "1.10", "2.0"]
DAYS = ["2026-10-01", "2026-11-14", "2026-11-20T18:00:00Z", "2026-12-24", None]
INSTANTS = ["2026-10-15", "2026-11-14", "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z", "2026-12-24", "2027-12-24"]

CLASSIFICATIONS = ["Security", "Bugfix", "Recommended"]
SEVERITIES = ["Critical", "Moderate", "Low"]
PRIORITIES = ["Required", "Optional"]
WINDOWS_CLASSIFICATIONS = ["SecurityUpdates", "CriticalUpdates", "Drivers"]


def some(words):
    return st.sampled_from([*words, None])


@st.composite
def notices(draw, number):
    """Of one version: no, one or two advisories."""
    kinds = draw(st.lists(st.tuples(some(CLASSIFICATIONS), some(SEVERITIES), st.sampled_from(DAYS)), max_size=2))
    return [notice("A-%s-%d" % (number, index), *kind) for index, kind in enumerate(kinds)]


@st.composite
def offers(draw, system, number, version):
    if system == UBUNTU:
        repositories = draw(st.sampled_from([["security"], ["updates"], ["security", "updates"]]))
        priority = draw(some(["required", "optional"]))
        return deb(version, *repositories, priority=priority, released_at=draw(st.sampled_from(DAYS)))
    if system == MACOS:
        return {"version": version, "classification": draw(some(["Security", "Recommended"]))}
    found = draw(notices("%d-%s" % (number, version)))
    return rpm(version + "-1", *found, build_time=draw(st.sampled_from(DAYS)))


@st.composite
def packages(draw, system, number):
    """Any of the versions installed, any of them offered."""
    installed = draw(st.lists(st.sampled_from(VERSIONS), unique=True, max_size=2))
    available = draw(st.lists(st.sampled_from(VERSIONS), unique=True, max_size=4))
    return package(
        "package-%d" % number,
        installed=[rpm(version + "-1") if system in RPM_SYSTEMS else {"version": version} for version in installed],
        available=[draw(offers(system, number, version)) for version in available],
    )


@st.composite
def updates(draw, number):
    return update(
        draw(st.sampled_from(["KB%d" % number] * 5 + [None])),
        installed=draw(st.booleans()),
        classification=draw(some(WINDOWS_CLASSIFICATIONS)),
        msrc_severity=draw(some(SEVERITIES)),
        patch_set=draw(st.sampled_from(["OS", "APPLICATION"])),
        release_date=draw(st.sampled_from(DAYS)),
        applicable=draw(st.booleans()),
        superseded=draw(st.booleans()),
    )


@st.composite
def inventories(draw, systems=SYSTEMS, most=3):
    system = draw(st.sampled_from(systems))
    count = draw(st.integers(1, most))
    patches = [draw(updates(number) if system == WINDOWS else packages(system, number)) for number in range(count)]
    dates = {"release_dates": draw(st.sampled_from(["ignored", "published"]))} if system == UBUNTU else {}
    return inventory(system, *patches, **dates)


@st.composite
def filters(draw, system):
    vocabulary = {
        UBUNTU: {"PRIORITY": PRIORITIES, "SECTION": ["libs", "net"]},
        MACOS: {"CLASSIFICATION": ["Security", "Recommended"]},
        WINDOWS: {
            "CLASSIFICATION": WINDOWS_CLASSIFICATIONS,
            "MSRC_SEVERITY": SEVERITIES,
            "PATCH_SET": ["OS", "APPLICATION"],
        },
    }.get(system, {"CLASSIFICATION": CLASSIFICATIONS, "SEVERITY": SEVERITIES})
    keys = draw(st.lists(st.sampled_from(sorted(vocabulary)), unique=True))
    return {key: draw(st.lists(st.sampled_from([*vocabulary[key], "*"]), min_size=1, max_size=2)) for key in keys}


@st.composite
def rules(draw, system, with_cut_offs=True):
    until = draw(st.sampled_from(["2026-11-14", "2026-12-31"])) if with_cut_offs and draw(st.booleans()) else None
    non_security = {} if system == WINDOWS else {"enable_non_security": draw(st.booleans())}
    return rule(
        draw(st.sampled_from([0, 7, 30])),
        until,
        filters=draw(filters(system)),
        compliance_level=draw(st.sampled_from(LEVELS)),
        **non_security,
    )


def names(system):
    return ["KB0", "KB1"] if system == WINDOWS else ["package-0", "package-1"]


@st.composite
def baselines(draw, system, with_cut_offs=True):
    lists = st.lists(st.sampled_from(names(system)), unique=True, max_size=1)
    non_security = {} if system == WINDOWS else {"approved_patches_enable_non_security": draw(st.booleans())}
    return baseline(
        system,
        *draw(st.lists(rules(system, with_cut_offs), max_size=3)),
        global_filters=draw(st.one_of(st.just({}), filters(system))),
        approved_patches=draw(lists),
        approved_patches_compliance_level=draw(st.sampled_from(LEVELS)),
        rejected_patches=draw(lists),
        rejected_patches_action=draw(st.sampled_from(["ALLOW_AS_DEPENDENCY", "BLOCK"])),
        **non_security,
    )


@st.composite
def situations(draw, with_cut_offs=True, **options):
    """An inventory, a baseline for it, and an instant."""
    document = draw(inventories(**options))
    return (
        document,
        draw(baselines(document["node"]["operating_system"], with_cut_offs)),
        draw(st.sampled_from(INSTANTS)),
    )


def evaluated(document, one_baseline, now):
    return what_if(document, [one_baseline], now=now)["evaluations"]


def height(patch):
    """How far a patch is approved: not at all, or up to which version."""
    if patch["decision"] != "approved":
        return -1
    return VERSIONS.index(patch["version"].partition("-")[0]) if patch["version"] else 0


def assert_never_less(before, after):
    assert [patch["kb_id"] for patch in before] == [patch["kb_id"] for patch in after]
    for one, other in zip(before, after):
        assert height(other) >= height(one), "%s: %s, then %s" % (one["title"], one["reason"], other["reason"])


@settings(deadline=None)
@given(situations())
def test_rejection_always_wins(situation):
    document, one_baseline, now = situation
    everything = [patch["name"] for patch in document.get("packages", ())] + ["KB0", "KB1", "KB2"]
    if document["node"]["operating_system"] == WINDOWS:
        everything = everything[-3:]
    for patch in evaluated(document, dict(one_baseline, rejected_patches=everything), now):
        assert patch["decision"] != "approved"


@settings(deadline=None)
@given(situations(with_cut_offs=False), st.sampled_from(INSTANTS))
def test_with_delays_alone_time_only_adds_approvals(situation, other):
    document, one_baseline, now = situation
    earlier, later = sorted([now, other])
    assert_never_less(evaluated(document, one_baseline, earlier), evaluated(document, one_baseline, later))


@settings(deadline=None)
@given(st.data())
def test_a_further_rule_never_takes_an_approval_back(data):
    document, one_baseline, now = data.draw(situations())
    further = data.draw(rules(document["node"]["operating_system"]))
    more = dict(one_baseline, approval_rules=[*one_baseline["approval_rules"], further])
    assert_never_less(evaluated(document, one_baseline, now), evaluated(document, more, now))


@settings(deadline=None)
@given(situations())
def test_global_filters_never_add_an_approval(situation):
    document, one_baseline, now = situation
    without = dict(one_baseline, global_filters={})
    assert_never_less(evaluated(document, one_baseline, now), evaluated(document, without, now))


DECISIVE = ("kb_id", "decision", "reason_code", "version", "compliance_level", "state", "status", "approved_on")


def decisive(patches):
    return sorted(([patch[name] for name in DECISIVE] for patch in patches), key=repr)


@settings(deadline=None)
@given(st.data())
def test_order_means_nothing(data):
    document, one_baseline, now = data.draw(situations())
    shuffled = dict(document)
    for member in ("packages", "updates"):
        if member in document:
            shuffled[member] = data.draw(st.permutations(document[member]))
    if "packages" in shuffled:
        shuffled["packages"] = [
            dict(
                one,
                installed=data.draw(st.permutations(one["installed"])),
                available=data.draw(st.permutations(one["available"])),
            )
            for one in shuffled["packages"]
        ]
    other = dict(one_baseline, approval_rules=data.draw(st.permutations(one_baseline["approval_rules"])))
    before, after = evaluated(document, one_baseline, now), evaluated(shuffled, other, now)
    assert decisive(before) == decisive(after)


@settings(deadline=None)
@given(st.data())
def test_the_level_is_the_highest_of_the_rules_that_approve(data):
    document = data.draw(inventories(most=1))
    if "packages" in document:
        document["packages"][0]["available"] = document["packages"][0]["available"][:1]
    system = document["node"]["operating_system"]
    several = data.draw(st.lists(rules(system), min_size=1, max_size=4))
    now = data.draw(st.sampled_from(INSTANTS))
    (patch,) = evaluated(document, baseline(system, *several), now)
    alone = [evaluated(document, baseline(system, one), now)[0] for one in several]
    levels = [one["compliance_level"] for one in alone if one["decision"] == "approved"]
    assert (patch["decision"] == "approved") == bool(levels)
    assert patch["compliance_level"] == (min(levels, key=LEVELS.index) if levels else "UNSPECIFIED")


@settings(deadline=None)
@given(situations())
def test_json_changes_nothing(situation):
    document, one_baseline, now = situation
    again = json.loads(json.dumps(document)), json.loads(json.dumps(one_baseline))
    answer = what_if(document, [one_baseline], now=now)
    assert what_if(again[0], [again[1]], now=now) == answer
    assert json.loads(json.dumps(answer)) == answer


SCHEMA = jsonschema.Draft202012Validator(RECORD)

RUNS = st.fixed_dictionaries(
    {
        "operation": st.sampled_from(["Scan", "Install"]),
        "reboot_option": st.sampled_from([None, "NoReboot", "RebootIfNeeded"]),
        "outcomes": st.dictionaries(
            st.sampled_from(["package-0.x86_64", "KB0"]), st.sampled_from(["succeeded", "failed"]), max_size=1
        ),
        "partial": st.booleans(),
        "external_installs_pending": st.booleans(),
        "pending": st.dictionaries(st.sampled_from(["package-1.x86_64", "KB1"]), st.sampled_from(DAYS), max_size=1),
    }
)


@settings(deadline=None)
@given(situations(), RUNS)
def test_every_record_is_sound_and_drops_nothing(situation, run):
    document, one_baseline, now = situation
    assert list(faults(document, INVENTORY)) == []
    answer = what_if(document, [one_baseline], now=now, run=run)
    record, patches = answer["record"], answer["evaluations"]
    for one in (record, attention(record), attention(record, 2500)):
        assert list(faults(one, RECORD)) == []
        SCHEMA.validate(one)
    assert len(patches) == len(document.get("packages", ())) + len(document.get("updates", ()))
    assert all(patch["reason"] for patch in patches)
    assert record["patches"] == [patch for patch in patches if patch in record["patches"]]
    assert (record["status"] == "NON_COMPLIANT") == any(patch["status"] == "NON_COMPLIANT" for patch in patches)
    assert all(patch["compliance_level"] == "UNSPECIFIED" for patch in patches if patch["decision"] != "approved")
    # only the date of a patch that waits says when
    assert all(patch["approved_on"] >= record["capture"]["time"] for patch in patches if patch["approved_on"])
