# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lint says can go, can go: no decision and no level changes, whatever the baseline and the patches.

Patches have values from the vocabularies or none at all, and nodes a product of their operating system: what lint says
of values outside of them rests on that.
"""

from __future__ import annotations

import re

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import BaselineError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.lint import lint
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import filter_keys, vocabulary
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import LEVELS
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
    update,
)

SYSTEMS = [RHEL, AL2, AL2023, "ROCKY_LINUX", SUSE, UBUNTU, DEBIAN, MACOS, WINDOWS]
# Lint is asked at the first of these moments, and what it says is to hold at each.
MOMENTS = ["2026-11-21T12:00:00Z", "2026-11-22T00:00:00Z", "2026-11-28T00:00:01Z", "2027-06-01T00:00:00Z"]
REFERENCES = [
    *("2026-09-01", "2026-11-13T23:59:59Z", "2026-11-14", "2026-11-14T12:00:00Z", "2026-11-14T23:59:59Z"),
    *("2026-11-20T18:00:00Z", "2026-11-21T00:00:00Z", "2026-11-21T12:00:00Z", "2026-12-24", None),
]
CUT_OFFS = ["2026-11-13", "2026-11-14", "2026-11-20", "2026-11-21", "2026-12-31", "9999-12-31"]
DELAYS = [0, 1, 7, 8, 30]

PRODUCTS = {
    RHEL: ["RedhatEnterpriseLinux9.4", "RedhatEnterpriseLinux8.10"],
    AL2: ["AmazonLinux2"],
    AL2023: ["AmazonLinux2023"],
    "ROCKY_LINUX": ["RockyLinux9.4"],
    SUSE: ["Suse15.5"],
    UBUNTU: ["Ubuntu22.04", "Ubuntu24.04"],
    DEBIAN: ["Debian12"],
    MACOS: ["macOS14.0"],
    WINDOWS: ["WindowsServer2019", "WindowsServer2022", "Office 2016"],
}
# Where the vocabulary of a key is open, and what no patch has.
OPEN = {"SECTION": ["libs", "net"], "PRODUCT_FAMILY": ["Windows", "Office"], "CLASSIFICATION": ["Security", "Other"]}
STRANGE = ["Strange", "Secur*"]


def words(system, key):
    if key == "PRODUCT":
        return PRODUCTS[system]
    return list(vocabulary(system).get(key, OPEN.get(key, ())))


def like_of(system, key):
    """The operating system itself, or for a portable rule one that has the key."""
    return system or next(one for one in SYSTEMS if key in filter_keys(one))


def few(system, key):
    """So few that filters often meet; of each vocabulary the first three, and what a synonym is about."""
    known = words(system, key)
    return [*known[:3], *(word for word in known[3:] if word == "Moderate")]


@st.composite
def filters(draw, system, most=2):
    systems = SYSTEMS if system is None else [system]
    like = draw(st.sampled_from(systems))
    keys = draw(st.lists(st.sampled_from(filter_keys(like)), unique=True, max_size=most))
    chosen = {}
    for key in keys:
        values = st.sampled_from([*few(like, key), *few(like, key), "*", draw(st.sampled_from(STRANGE))])
        chosen[key] = draw(st.lists(values, min_size=1, max_size=3))
    return chosen


@st.composite
def rules(draw, system):
    members = {"filters": draw(filters(system)), "compliance_level": draw(st.sampled_from(LEVELS[:2]))}
    if system is None and "CLASSIFICATION" not in members["filters"]:
        members["security"] = draw(st.booleans())
    if system != WINDOWS and not members.get("security"):
        members["enable_non_security"] = draw(st.booleans())
    if draw(st.integers(0, 2)) == 0:
        return rule(until=draw(st.sampled_from(CUT_OFFS)), **members)
    return rule(draw(st.sampled_from(DELAYS)), **members)


@st.composite
def variants(draw, system, one):
    """A rule much like another one: so that often one covers the other."""
    other = dict(one, filters={key: list(values) for key, values in one["filters"].items()})
    for change in draw(st.sets(st.sampled_from(["level", "flag", "dates", "values", "narrow", "widen"]), max_size=2)):
        fresh = draw(rules(system))
        if change == "level":
            other["compliance_level"] = fresh["compliance_level"]
        elif change == "flag" and not other.get("security") and system != WINDOWS:
            other["enable_non_security"] = draw(st.booleans())
        elif change == "dates":
            for member in ("approve_after_days", "approve_until_date"):
                other.pop(member, None)
                if member in fresh:
                    other[member] = fresh[member]
        elif change == "values":
            for key in other["filters"]:
                other["filters"][key] = draw(
                    st.lists(st.sampled_from(few(like_of(system, key), key)), min_size=1, max_size=2)
                )
        elif change == "narrow" and not (other.get("security") and "CLASSIFICATION" in fresh["filters"]):
            other["filters"].update(fresh["filters"])
        elif change == "widen" and other["filters"]:
            del other["filters"][draw(st.sampled_from(sorted(other["filters"])))]
    return other


@st.composite
def doomed(draw, system):
    """A rule that asks for what no patch has, unless it is undone: most others match something."""
    one = draw(rules(system))
    key = draw(st.sampled_from(list(one["filters"]) or filter_keys(system)))
    one["filters"][key] = draw(st.lists(st.sampled_from(STRANGE), min_size=1, max_size=2))
    return {name: value for name, value in one.items() if name != "security" or key != "CLASSIFICATION"}


@st.composite
def baselines(draw, system, most=3, of=rules):
    several = [draw(of(system))]
    for _more in range(draw(st.integers(1, most))):
        several.append(draw(st.one_of(of(system), variants(system, draw(st.sampled_from(several))))))
    narrow = draw(st.integers(0, 3)) == 0
    return baseline(
        system,
        *draw(st.permutations(several)),
        global_filters=draw(filters(system, 1)) if narrow else {},
        approved_patches=["KB7" if system == WINDOWS else "package-7"],
    )


def some(draw, system, key, like):
    """A value of a patch, or None; rather one that the rule `like` asks for than another."""
    asked = [value for value in like["filters"].get(key, ()) if value in words(system, key)]
    return draw(st.sampled_from([*(asked * 4), *few(system, key), None]))


@st.composite
def versions(draw, system, number, like):
    reference = draw(st.sampled_from(REFERENCES))
    if system in (UBUNTU, DEBIAN):
        repositories = draw(st.sampled_from([["security"], ["updates"]]))
        priority, section = some(draw, system, "PRIORITY", like), some(draw, system, "SECTION", like)
        return deb("2.0", *repositories, priority=priority, section=section, released_at=reference)
    if system == MACOS:
        return {"version": "2.0", "classification": some(draw, system, "CLASSIFICATION", like)}
    classification, severity = some(draw, system, "CLASSIFICATION", like), some(draw, system, "SEVERITY", like)
    notices = [notice("A-%d" % number, classification, severity, reference)] if draw(st.integers(0, 3)) else []
    return rpm("2.0-1", *notices, build_time=reference)


@st.composite
def updates(draw, number, like):
    patch_set = draw(st.sampled_from(["OS", "APPLICATION"]))
    family = "Windows" if patch_set == "OS" else draw(st.sampled_from(["Office", "Exchange Server"]))
    return update(
        "KB%d" % number,
        patch_set=patch_set,
        product_family=family,
        product=draw(st.sampled_from(PRODUCTS[WINDOWS])),
        classification=some(draw, WINDOWS, "CLASSIFICATION", like),
        msrc_severity=some(draw, WINDOWS, "MSRC_SEVERITY", like),
        release_date=draw(st.sampled_from(REFERENCES)),
    )


@st.composite
def inventories(draw, system, one_baseline, positions):
    """Of a node with patches much like the ones that the rules at these positions ask for."""
    patches = []
    for number in range(8):
        like = one_baseline["approval_rules"][draw(st.sampled_from(positions))]
        if system == WINDOWS:
            patches.append(draw(updates(number, like)))
        else:
            installed = rpm("1.0-1") if system in (RHEL, AL2, AL2023, "ROCKY_LINUX", SUSE) else {"version": "1.0"}
            offer = draw(versions(system, number, like))
            patches.append(package("package-%d" % number, installed=installed, available=[offer]))
    dates = {"release_dates": draw(st.sampled_from(["ignored", "published"]))} if system in (UBUNTU, DEBIAN) else {}
    managers = {"manager": draw(st.sampled_from(["dnf", "yum"]))} if system == RHEL else {}
    node = {"product": draw(st.sampled_from(PRODUCTS[system]))} if system != WINDOWS else {}
    return inventory(system, *patches, node=node, **dates, **managers)


def baseline_and_system(data, **options):
    system = data.draw(st.sampled_from(SYSTEMS))
    portable = data.draw(st.integers(0, 3)) == 0
    return data.draw(baselines(None if portable else system, **options)), system


RULE = re.compile(r"baselines\[0\]\.approval_rules\[(\d+)\]")
COVERED = ("rule-shadowed", "rule-duplicated")
NEVER = ("rule-never-matches", "rule-applies-nowhere")


def found(one_baseline, wanted):
    """Positions of the rules that lint says this of."""
    said = lint([one_baseline], MOMENTS[0])["findings"]
    return sorted({int(RULE.match(one["path"]).group(1)) for one in said if one["code"] in wanted})


def codes(one_baseline):
    return [one["code"] for one in lint([one_baseline], MOMENTS[0])["findings"]]


def without(one_baseline, positions):
    left = [one for index, one in enumerate(one_baseline["approval_rules"]) if index not in positions]
    return dict(one_baseline, approval_rules=left)


DECISIVE = ("kb_id", "decision", "compliance_level", "version", "state", "status", "approved_on")


def decisions(document, one_baseline):
    """At every moment, and however undated patches are treated; None where the baseline does not hold for the node."""
    try:
        return [
            [{name: patch.get(name) for name in DECISIVE} for patch in evaluations]
            for moment in MOMENTS
            for undated in ("approve", "hold")
            for evaluations in [what_if(document, [one_baseline], now=moment, undated=undated)["evaluations"]]
        ]
    except BaselineError:
        return None


def approving_rules(document, one_baseline):
    evaluations = [
        patch
        for moment in MOMENTS
        for undated in ("approve", "hold")
        for patch in what_if(document, [one_baseline], now=moment, undated=undated)["evaluations"]
    ]
    return {patch["rule"] for patch in evaluations if patch["decision"] == "approved"}


SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@SETTINGS
@given(st.data())
def test_without_a_shadowed_rule_every_decision_is_the_same(data):
    one_baseline, system = baseline_and_system(data)
    shadowed = found(one_baseline, COVERED)
    assume(shadowed)
    document = data.draw(inventories(system, one_baseline, shadowed))
    event("%s, %s" % (system, one_baseline.get("operating_system") or "portable"))
    before = decisions(document, one_baseline)
    for position in shadowed:
        assert decisions(document, without(one_baseline, [position])) == before
    assert decisions(document, without(one_baseline, shadowed)) == before


@SETTINGS
@given(st.data())
def test_without_a_rule_that_never_matches_every_decision_is_the_same(data):
    one_baseline, system = baseline_and_system(data, most=1, of=lambda system: st.one_of(rules(system), doomed(system)))
    never = found(one_baseline, NEVER)
    assume(never)
    document = data.draw(inventories(system, one_baseline, never))
    before = decisions(document, one_baseline)
    assume(before is not None)
    assert not approving_rules(document, one_baseline) & {position + 1 for position in never}
    after = decisions(document, without(one_baseline, never))
    if after is None:  # of a portable baseline no rule is left for this operating system
        assert not one_baseline.get("operating_system")
    else:
        assert after == before


@SETTINGS
@given(st.data())
def test_what_approves_nothing_approves_nothing(data):
    one_baseline, system = baseline_and_system(data, most=1, of=doomed)
    one_baseline["approved_patches"] = []
    assume("approves-nothing" in codes(one_baseline))
    document = data.draw(inventories(system, one_baseline, range(len(one_baseline["approval_rules"]))))
    for patches in decisions(document, one_baseline) or []:
        assert all(patch["decision"] != "approved" for patch in patches)
