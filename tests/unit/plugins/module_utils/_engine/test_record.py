# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compliance record: counts, status and level, what facts keep of it, the plan (compliance.md, 2, 4 and 7)."""

from __future__ import annotations

import datetime
import json

import jsonschema
import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess, what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._engine.record import attention, plan, unknown
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import COUNTS, RECORD
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.module_utils._engine.state import parse_run
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    NOW,
    RHEL,
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

MOMENT = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)

CRITICAL = notice("RHSA-2026:1", severity="Critical")
LOW = notice("RHSA-2026:2", severity="Low")
BUGFIX = notice("RHBA-2026:3", "bugfix", "Critical")
LATE = notice("RHSA-2026:4", severity="Critical", updated="2026-11-20T18:00:00Z")
ODD = notice("RHEA-2026:5", "enhancement", "Low")

RULES = (
    rule(7, filters={"SEVERITY": ["Critical"]}, compliance_level="CRITICAL"),
    rule(filters={"SEVERITY": ["Low"]}, compliance_level="MEDIUM"),
)
BASELINE = baseline(RHEL, *RULES, rejected_patches=["rejected*"], rejected_patches_action="BLOCK")


def behind(name, one_notice, **members):
    return package(name, installed=rpm("1.0-1"), available=[rpm("2.0-1", one_notice)], **members)


def current(name, one_notice=CRITICAL):
    return package(name, installed=rpm("2.0-1"), available=[rpm("2.0-1", one_notice)])


def record_of(document, *given, **options):
    record = what_if(document, list(given) or [BASELINE], **options)["record"]
    assert list(faults(record, RECORD)) == []
    jsonschema.validate(record, RECORD)
    return record


def counts_of(document, *given, **options):
    """The counts that are not zero."""
    summary = record_of(document, *given, **options)["summary"]
    assert list(summary) == COUNTS
    return {name: count for name, count in summary.items() if count}


EVERY_LINUX_STATE = (
    current("installed"),
    package("other", installed=rpm("1.0-1")),
    current("pending"),
    current("rejected"),
    behind("missing-critical-security", CRITICAL),
    behind("missing-security", LOW),
    behind("missing-critical-bugfix", BUGFIX),
    behind("missing-enhancement", ODD),
    behind("waiting", LATE),
    package("absent", available=[rpm("1.0-1", CRITICAL)]),
    package("absent-rejected", available=[rpm("1.0-1", LATE)]),
)
PENDING = {"pending": {"pending.x86_64": NOW}}


def test_counts():
    counts = counts_of(inventory(RHEL, *EVERY_LINUX_STATE), run=PENDING)
    assert counts == {
        "installed_count": 1,
        "installed_other_count": 2,  # other, waiting
        "installed_pending_reboot_count": 1,
        "installed_rejected_count": 1,
        "missing_count": 4,
        "not_applicable_count": 1,
        "critical_non_compliant_count": 3,  # two missing, and the pending one
        "security_non_compliant_count": 4,  # two missing, the pending one, the rejected one
        "other_non_compliant_count": 1,  # the enhancement
        "waiting_count": 1,
        "rejected_count": 1,
        "considered_count": 11,
    }


def test_a_patch_that_is_critical_and_security_counts_twice():
    """compliance.md, 4: the three can add up to more than the number of items."""
    counts = counts_of(inventory(RHEL, behind("a", CRITICAL)))
    assert (
        counts["missing_count"],
        counts["critical_non_compliant_count"],
        counts["security_non_compliant_count"],
    ) == (1, 1, 1)
    assert "other_non_compliant_count" not in counts


def test_what_failed_is_counted():
    counts = counts_of(inventory(RHEL, behind("a", CRITICAL), current("b")), run={"operation": "Install"})
    assert (counts["failed_count"], counts["installed_count"]) == (1, 1)


def test_counts_on_windows():
    given = baseline(
        WINDOWS,
        rule(filters={"MSRC_SEVERITY": ["Critical"]}, compliance_level="CRITICAL"),
        available_security_updates_compliance_status="NON_COMPLIANT",
    )
    document = inventory(
        WINDOWS,
        update("KB1"),
        update("KB2", classification="CriticalUpdates"),
        update("KB3", msrc_severity="Low"),
        update("KB4", applicable=False),
        update("KB5", installed=True),
    )
    record = record_of(document, given)
    assert {name: count for name, count in record["summary"].items() if count} == {
        "installed_count": 1,
        "missing_count": 2,
        "not_applicable_count": 1,
        "available_security_update_count": 1,
        "critical_non_compliant_count": 2,
        "security_non_compliant_count": 2,  # KB1 missing, KB3 available
        "considered_count": 5,
    }
    assert record["status"] == "NON_COMPLIANT"


@pytest.mark.parametrize(
    ("configured", "status", "security"),
    [
        pytest.param(None, "COMPLIANT", 0, id="unset"),
        pytest.param("COMPLIANT", "COMPLIANT", 0, id="compliant"),
        pytest.param("NON_COMPLIANT", "NON_COMPLIANT", 1, id="non-compliant"),
    ],
)
def test_available_security_updates(configured, status, security):
    """approval-rules.md, 8."""
    given = baseline(WINDOWS, available_security_updates_compliance_status=configured)
    record = record_of(inventory(WINDOWS, update()), given)
    summary = record["summary"]
    assert (record["status"], summary["available_security_update_count"]) == (status, 1)
    assert (summary["security_non_compliant_count"], summary["critical_non_compliant_count"]) == (security, 0)


def test_an_update_that_waits_is_counted_on_windows():
    document = inventory(
        WINDOWS, update("KB1", release_date="2026-11-20"), update("KB2", installed=True, release_date="2026-11-20")
    )
    assert counts_of(document, baseline(WINDOWS, rule(7)))["waiting_count"] == 1


def test_an_approved_version_and_a_newer_one_that_waits():
    patch = package(installed=rpm("1.0-1"), available=[rpm("2.0-1", LOW), rpm("3.0-1", LATE)])
    counts = counts_of(inventory(RHEL, patch))
    assert (counts["missing_count"], counts["waiting_count"]) == (1, 1)


def test_a_newer_version_waits_even_if_the_installed_one_would():
    installed = notice("RHSA-2026:6", severity="Critical", updated="2026-11-18")
    patch = package(installed=rpm("1.0-1"), available=[rpm("1.0-1", installed), rpm("2.0-1", LATE)])
    assert counts_of(inventory(RHEL, patch))["waiting_count"] == 1


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(package(installed=rpm("2.0-1"), available=[rpm("2.0-1", LATE)]), id="installed already"),
        pytest.param(package(available=[rpm("2.0-1", LATE)]), id="not installed"),
    ],
)
def test_nothing_waits_where_no_update_is_offered(patch):
    assert "waiting_count" not in counts_of(inventory(RHEL, patch))


def test_held_counts_what_a_hold_keeps_back():
    document = inventory(
        RHEL,
        behind("a", CRITICAL, held="versionlock"),
        behind("b", LATE, held="versionlock"),
        dict(current("c"), held="versionlock"),
    )
    assert counts_of(document)["held_count"] == 2


STATES_OF_NODES = [
    pytest.param([current("a")], {}, "COMPLIANT", None, id="installed"),
    pytest.param([package("a", installed=rpm("1.0-1"))], {}, "COMPLIANT", None, id="other"),
    pytest.param([behind("a", LATE)], {}, "COMPLIANT", None, id="waiting"),
    pytest.param([package("a", available=[rpm("1.0-1", CRITICAL)])], {}, "COMPLIANT", None, id="not applicable"),
    pytest.param([], {}, "COMPLIANT", None, id="nothing at all"),
    pytest.param([current("a"), behind("b", LOW)], {}, "NON_COMPLIANT", "MEDIUM", id="missing"),
    pytest.param([behind("a", LOW), behind("b", CRITICAL)], {}, "NON_COMPLIANT", "CRITICAL", id="the highest level"),
    pytest.param(
        [behind("a", LOW), current("b", CRITICAL)],
        {},
        "NON_COMPLIANT",
        "MEDIUM",
        id="levels of compliant patches do not count",
    ),
    pytest.param([current("rejected")], {}, "NON_COMPLIANT", "UNSPECIFIED", id="rejected"),
    pytest.param([current("pending")], PENDING, "NON_COMPLIANT", "CRITICAL", id="pending"),
    pytest.param([behind("a", LOW)], {"operation": "Install"}, "NON_COMPLIANT", "MEDIUM", id="failed"),
]


@pytest.mark.parametrize(("patches", "run", "status", "level"), STATES_OF_NODES)
def test_status_and_level_of_the_node(patches, run, status, level):
    record = record_of(inventory(RHEL, *patches), run=run)
    assert (record["status"], record["compliance_level"]) == (status, level)


def test_unspecified_levels_stay_unspecified():
    """compliance.md, 2: not the agent's INFORMATIONAL."""
    assert record_of(inventory(RHEL, behind("a", LOW)), baseline(RHEL, rule()))["compliance_level"] == "UNSPECIFIED"


def test_linux_does_not_list_what_is_not_applicable():
    """compliance.md, 1: counted, never listed; on Windows counted and listed."""
    linux = record_of(inventory(RHEL, *EVERY_LINUX_STATE), run=PENDING)
    assert "NOT_APPLICABLE" not in [patch["state"] for patch in linux["patches"]]
    windows = record_of(inventory(WINDOWS, update(applicable=False)), baseline(WINDOWS, rule()))
    assert [patch["state"] for patch in windows["patches"]] == ["NOT_APPLICABLE"]


def test_the_baseline_is_described():
    record = record_of(inventory(RHEL), dict(BASELINE, baseline_id="pb-0123456789abcdef0"))
    described = record["baseline"]
    assert (described["name"], described["id"], described["source"]) == ("tested", "pb-0123456789abcdef0", "aws")
    assert len(described["hash"]) == 64
    assert described["why"]


def test_what_the_inventory_knows_is_kept():
    repositories = {"r": {"id": "r", "label": "Debian"}}
    document = inventory(
        DEBIAN,
        package("bash", "amd64", {"version": "1"}, [deb("2", "r")]),
        repositories=repositories,
        complete=False,
        problems=[{"what": "/etc/shadow", "why": "no root"}],
        warnings=["the lists are old"],
        refreshed_at="2026-11-20T00:00:00Z",
        reboot={"required": True, "packages": ["linux"]},
        activity=["unattended-upgrades"],
    )
    record = record_of(document, baseline(DEBIAN, rule(None)))
    for name in ("repositories", "problems", "refreshed_at", "reboot", "activity", "node", "complete"):
        assert record[name] == document[name]
    assert record["warnings"] == ["the lists are old"]


def test_a_record_says_when_and_by_which_run():
    record = assess(inventory(RHEL), parse_baselines([BASELINE]), MOMENT, "run-7", parse_run({"operation": "Install"}))
    assert record["capture"] == {"time": NOW, "run_id": "run-7"}
    assert record["operation"] == "Install"


def test_unknown():
    record = unknown({"node": inventory(RHEL)["node"]}, "no baseline fits", MOMENT, "run-7")
    assert list(faults(record, RECORD)) == []
    jsonschema.validate(record, RECORD)
    assert (record["status"], record["status_reason"], record["compliance_level"]) == (
        "UNKNOWN",
        "no baseline fits",
        None,
    )
    assert (record["patches"], set(record["summary"].values())) == ([], {0})


# What facts keep.
def size(document):
    return len(json.dumps(document).encode("utf-8"))


def test_attention_keeps_the_worst_first():
    record = record_of(inventory(RHEL, *EVERY_LINUX_STATE), run=PENDING)
    kept = attention(record)
    assert [(patch["name"], patch["compliance_level"]) for patch in kept["patches"]] == [
        ("missing-critical-bugfix", "CRITICAL"),
        ("missing-critical-security", "CRITICAL"),
        ("pending", "CRITICAL"),
        ("missing-enhancement", "MEDIUM"),
        ("missing-security", "MEDIUM"),
        ("rejected", "UNSPECIFIED"),
        ("waiting", "UNSPECIFIED"),
    ]
    assert kept["patches_omitted"] == 0
    assert {name: kept[name] for name in kept if name != "patches"} == {
        name: record[name] for name in record if name != "patches"
    }


def test_attention_keeps_security_updates_that_are_not_approved():
    record = record_of(inventory(WINDOWS, update()), baseline(WINDOWS))
    assert [patch["state"] for patch in attention(record)["patches"]] == ["AVAILABLE_SECURITY_UPDATE"]


def test_attention_leaves_the_record_alone():
    record = record_of(inventory(RHEL, *EVERY_LINUX_STATE), run=PENDING)
    before = json.dumps(record)
    attention(record, 4000)
    assert json.dumps(record) == before


MANY = record_of(inventory(RHEL, *(behind("missing-%05d" % number, CRITICAL) for number in range(2000))))


def test_facts_stay_under_256_kb():
    """And say how many patches they leave out."""
    assert size(MANY) > 256 * 1024
    kept = attention(MANY)
    assert 200 * 1024 < size(kept) <= 256 * 1024
    assert kept["patches_omitted"] == 2000 - len(kept["patches"]) > 0
    assert kept["summary"]["missing_count"] == 2000
    assert list(faults(kept, RECORD)) == []


@pytest.mark.parametrize("limit", [3000, 3001, 4000, 10000, 100000])
def test_any_limit_is_kept(limit):
    kept = attention(MANY, limit)
    assert size(kept) <= limit
    assert len(kept["patches"]) + kept["patches_omitted"] == 2000


def test_a_small_record_is_not_cut():
    record = record_of(inventory(RHEL, behind("a", CRITICAL)))
    assert attention(record, size(record) + 100)["patches"] == record["patches"]


def test_text_outside_ascii_counts_as_it_is_written():
    record = record_of(inventory(RHEL, *(behind("paket-ü-%d" % number, CRITICAL) for number in range(50))))
    assert size(attention(record, 8000)) <= 8000


# The plan.
def test_the_plan_names_exact_versions():
    record = record_of(inventory(RHEL, *EVERY_LINUX_STATE), run=PENDING)
    assert plan(record)[0] == {
        "name": "missing-critical-security",
        "arch": "x86_64",
        "version": "2.0-1",
        "kb_id": "missing-critical-security.x86_64",
    }
    assert [patch["name"] for patch in plan(record)] == [
        "missing-critical-security",
        "missing-security",
        "missing-critical-bugfix",
        "missing-enhancement",
    ]


def test_the_plan_takes_the_approved_version_not_the_newest():
    patch = package(installed=rpm("1.0-1"), available=[rpm("2:1.0-1", LOW), rpm("2:3.0-1", LATE)])
    assert [entry["version"] for entry in plan(record_of(inventory(RHEL, patch)))] == ["2:1.0-1"]


def test_what_failed_is_planned_again():
    record = record_of(inventory(RHEL, behind("a", CRITICAL)), run={"operation": "Install"})
    assert [entry["name"] for entry in plan(record)] == ["a"]


def test_the_plan_on_windows():
    record = record_of(inventory(WINDOWS, update("KB1"), update("KB2", installed=True)), baseline(WINDOWS, rule()))
    assert [entry["kb_id"] for entry in plan(record)] == ["KB1"]
