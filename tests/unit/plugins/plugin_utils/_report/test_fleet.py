# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roll-up: what is not known is never compliant, and what is stale says so."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import fleet as fleets
from ansible_collections.patchops.fleet.plugins.plugin_utils._report import loading


def statuses(fleet):
    return {node.name: (node.status, node.stale, node.reason) for node in fleet.nodes}


@pytest.mark.parametrize(
    ("given", "overall"),
    [
        pytest.param(["COMPLIANT", "COMPLIANT"], "COMPLIANT", id="all compliant"),
        pytest.param(["COMPLIANT", "UNKNOWN"], "UNKNOWN", id="one is not known"),
        pytest.param(["UNKNOWN", "NON_COMPLIANT", "COMPLIANT"], "NON_COMPLIANT", id="one is not compliant"),
        pytest.param([], "UNKNOWN", id="none"),
    ],
)
def test_the_status_of_a_fleet(assembled, record, given, overall):
    records = [record(f"node-{index}", status=status) for index, status in enumerate(given)]
    assert fleets.summary(assembled(*records))["status"] == overall


def test_a_record_of_this_run_counts(assembled, record):
    fleet = assembled(record("web-1", run_id="now"), hosts={"web-1": ""}, answered=["web-1"])
    assert statuses(fleet) == {"web-1": ("COMPLIANT", False, "")}


def test_a_record_of_another_run_is_stale_and_unknown(assembled, record):
    fleet = assembled(record("web-1", run_id="before"), hosts={"web-1": ""}, answered=["web-1"])
    assert statuses(fleet) == {"web-1": ("UNKNOWN", True, "stale: captured 2026-11-21 05:40 UTC by another run")}


def test_a_record_of_another_run_of_a_node_that_is_not_in_the_play_keeps_its_status(assembled, record):
    fleet = assembled(record("web-1", run_id="before"), hosts={})
    assert statuses(fleet) == {"web-1": ("COMPLIANT", False, "")}


def test_hosts_that_gave_nothing_are_unknown_and_listed_last(assembled, record):
    fleet = assembled(
        record("web-1"), hosts={"web-1": "", "app-1": "unreachable or failed in this play"}, answered=["web-1"]
    )
    assert statuses(fleet) == {
        "web-1": ("COMPLIANT", False, ""),
        "app-1": ("UNKNOWN", False, "unreachable or failed in this play"),
    }
    assert [node.name for node in fleet.without_record] == ["app-1"]


def test_clones_name_each_other(assembled, record):
    clone = record("clone")
    clone["node"]["id"] = "id-web-1"
    fleet = assembled(record("web-1"), clone, hosts={"web-1": "", "clone": ""}, answered=["web-1", "clone"])
    assert {node.name: node.notes for node in fleet.nodes} == {
        "clone": ("same node id as web-1",),
        "web-1": ("same node id as clone",),
    }


@pytest.mark.parametrize(
    ("statuses", "overall"),
    [
        pytest.param(["COMPLIANT", "COMPLIANT"], "UNKNOWN", id="more may be missing than could be read"),
        pytest.param(["COMPLIANT", "NON_COMPLIANT"], "NON_COMPLIANT", id="what is missing is missing"),
    ],
)
def test_a_fleet_with_an_incomplete_record_is_not_compliant(assembled, record, statuses, overall):
    first, second = statuses
    fleet = assembled(record("a", status=first, complete=False), record("b", status=second))
    told = fleets.summary(fleet)
    assert (told["status"], told["incomplete"]) == (overall, 1)
    assert told["patch_groups"][0]["status"] == overall
    assert fleet.nodes[0].notes == ("incomplete: something could not be read, see its problems",)


@pytest.mark.parametrize(
    ("refreshed_at", "notes"),
    [
        pytest.param("2026-11-20T05:40:00Z", [], id="exactly a day"),
        pytest.param("2026-11-20T05:39:00Z", ["package lists fetched 24 hours before the scan"], id="more"),
        pytest.param("2026-05-21T05:40:00Z", ["package lists fetched 184 days before the scan"], id="months"),
        pytest.param(None, [], id="not known"),
    ],
)
def test_old_package_lists_are_told_and_counted(assembled, record, refreshed_at, notes):
    fleet = assembled(record(refreshed_at=refreshed_at))
    (node,) = fleet.nodes
    assert (node.status, list(node.notes)) == ("COMPLIANT", notes)
    assert fleets.summary(fleet)["old_package_lists"] == len(notes)


def test_the_reason_of_unknown_is_told_once(assembled, record):
    why = "no baseline fits"
    made = record(status="UNKNOWN", status_reason=why, baseline={"name": None, "why": why})
    (node,) = assembled(made).nodes
    assert (node.reason, node.baseline_why) == (why, "")


@pytest.mark.parametrize(
    ("time", "stale", "notes"),
    [
        pytest.param("2026-11-19T06:00:00Z", False, [], id="exactly the limit"),
        pytest.param(
            "2026-11-19T05:59:59Z",
            True,
            ["captured 2026-11-19 05:59 UTC, more than 48 hours before this report"],
            id="older",
        ),
        pytest.param("2026-11-21T06:04:00Z", False, [], id="a clock slightly ahead"),
        pytest.param(
            "2026-11-22T06:00:00Z",
            False,
            ["captured 2026-11-22 06:00 UTC, later than this report was made: check the clocks"],
            id="the future",
        ),
    ],
)
def test_old_data_is_marked_and_keeps_its_status(assembled, record, time, stale, notes):
    (node,) = assembled(record(time=time)).nodes
    assert (node.status, node.stale, list(node.notes)) == ("COMPLIANT", stale, notes)


def test_why_a_node_is_unknown_comes_from_its_record(assembled, record):
    fleet = assembled(record("edge", status="UNKNOWN", status_reason="no baseline fits"))
    assert statuses(fleet) == {"edge": ("UNKNOWN", False, "no baseline fits")}


def test_patches_of_unknown_nodes_are_not_counted(assembled, record, patch):
    counted = record("a", patches=[patch(compliance_level="CRITICAL")], compliance_level="CRITICAL")
    stale = record("b", run_id="before", patches=[patch(), patch()])
    told = fleets.summary(assembled(counted, stale, hosts={"a": "", "b": ""}))
    assert told["patches"]["missing_count"] == 1
    assert told["non_compliant_by_level"] == {
        "CRITICAL": 1,
        "HIGH": 0,
        "MEDIUM": 0,
        "LOW": 0,
        "INFORMATIONAL": 0,
        "UNSPECIFIED": 0,
    }
    assert (told["compliance_level"], told["unknown"], told["stale"]) == ("CRITICAL", 1, 1)


def test_each_patch_group_has_its_own_status(assembled, record):
    def grouped(name, group, status):
        made = record(name, status=status)
        made["node"]["patch_group"] = group
        return made

    fleet = assembled(
        grouped("a", "Blue", "COMPLIANT"),
        grouped("b", "Blue", "NON_COMPLIANT"),
        grouped("c", None, "UNKNOWN"),
        grouped("d", "Amber", "COMPLIANT"),
        hosts={"e": "unreachable"},
    )
    assert [(one["name"], one["status"], one["nodes"]) for one in fleets.summary(fleet)["patch_groups"]] == [
        ("Amber", "COMPLIANT", 1),
        ("Blue", "NON_COMPLIANT", 2),
        ("", "UNKNOWN", 1),
    ]


def test_patches_that_facts_had_no_room_for_are_warned_of(assembled, record, patch):
    fleet = assembled(record("web-1", patches=[patch()], summary={"missing_count": 5}, patches_omitted=4))
    (warning,) = fleet.warnings
    assert warning.startswith("web-1 lists 4 fewer non-compliant patches than it counts")


AWS = {"ssm": {"reach": "Online"}}


def test_counts_that_aws_does_not_have_are_not_told(assembled, record):
    made = record("aws-1", **AWS)
    del made["summary"]["waiting_count"]
    (node,) = assembled(made).nodes
    assert (node.tells("waiting_count"), node.tells("missing_count"), node.count("waiting_count")) == (False, True, 0)


def test_levels_that_aws_does_not_tell_are_warned_of(assembled, record, patch):
    fleet = assembled(record("aws-1", patches=[patch(compliance_level=None), patch()], **AWS))
    (warning,) = fleet.warnings
    assert warning.startswith("aws-1: the compliance levels of 1 non-compliant patch are not in its record")
    assert fleet.nodes[0].non_compliant_by_level()["HIGH"] == 1


def test_levels_that_are_summed_up_count(assembled, record):
    made = record("aws-1", status="NON_COMPLIANT", summary={"missing_count": 3},
                  non_compliant_by_level={"LOW": 2, "CRITICAL": 1}, **AWS)  # fmt: skip
    fleet = assembled(made)
    assert fleet.warnings == ()
    assert fleets.summary(fleet)["non_compliant_by_level"] == {
        "CRITICAL": 1, "HIGH": 0, "MEDIUM": 0, "LOW": 2, "INFORMATIONAL": 0, "UNSPECIFIED": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "status"),
    [pytest.param({}, "UNKNOWN", id="its own of another run"), pytest.param(AWS, "COMPLIANT", id="of Systems Manager")],
)
def test_what_systems_manager_tells_is_of_no_run(assembled, record, members, status):
    fleet = assembled(record("web-1", run_id="another", **members), hosts={"web-1": "no result"})
    assert [node.status for node in fleet.nodes] == [status]


def test_unreadable_records_are_counted(assembled, record):
    fleet = assembled(record(), unreadable=[loading.Unreadable("/x.json", "not JSON")])
    assert fleets.summary(fleet)["unreadable"] == 1


def test_the_summary_of_the_sample_fleet(sample_fleet):
    told = fleets.summary(sample_fleet)
    assert {
        name: told[name] for name in ("status", "nodes", "compliant", "non_compliant", "unknown", "stale", "unreadable")
    } == {
        "status": "NON_COMPLIANT",
        "nodes": 13,
        "compliant": 5,
        "non_compliant": 7,
        "unknown": 1,
        "stale": 1,
        "unreadable": 2,
    }
    assert (told["oldest_capture"], told["newest_capture"]) == ("2026-11-10T02:40:00Z", "2026-11-21T05:37:00Z")
