# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of AWS as compliance records: recorded ones and those of the aws CLI's examples, none of whose counts and
states may be lost."""

from __future__ import annotations

import datetime
import json
import pathlib
import re

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import compliance, compliance_record, node
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.compliance_record import Baseline, Levels

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "ssm"
UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 11, 21, 6, tzinfo=UTC)
BASELINE = Baseline("pb-0123456789abcdef0", "production", "WINDOWS", "the baseline of the node's last report")
NODE = {"id": "i-0123456789abcdef0", "name": "web-1", "reach": "Online", "reason": None}
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ].*")


def as_botocore_reads(value, name=""):
    """Instants, which JSON has as text, as a number, or as placebo writes them."""
    if isinstance(value, dict) and value.get("__class__") == "datetime":
        parts = ("year", "month", "day", "hour", "minute", "second")
        return datetime.datetime(*(value[part] for part in parts), tzinfo=UTC)
    if isinstance(value, dict):
        return {inner: as_botocore_reads(one, inner) for inner, one in value.items()}
    if isinstance(value, list):
        return [as_botocore_reads(one) for one in value]
    if name.endswith("Time") and isinstance(value, float):
        return datetime.datetime.fromtimestamp(value, UTC)
    if isinstance(value, str) and TIMES.fullmatch(value):
        return datetime.datetime.fromisoformat(value)
    return value


def recorded(name):
    document = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return as_botocore_reads(document.get("data", document))


def rows(name):
    """What a list answers, whatever its member is called."""
    return next(value for value in recorded(name).values() if isinstance(value, list))


def named_rows(*names):
    return [pytest.param(row, id=f"{name} {index}") for name in names for index, row in enumerate(rows(name))]


def state(**counts):
    """An InstancePatchState with these counts, all others 0."""
    names = [count for count in ROW if count.endswith("Count")]
    return {**ROW, **dict.fromkeys(names, 0), "AvailableSecurityUpdateCount": 0, **counts}


(ROW,) = rows("cli-examples/describe-instance-patch-states.1")
STATES = named_rows(
    "cli-examples/describe-instance-patch-states.1",
    "cli-examples/describe-instance-patch-states-for-patch-group.1",
    "cli-examples/describe-instance-patch-states-for-patch-group.2",
)
PATCHES = named_rows(*(f"cli-examples/describe-instance-patches.{number}" for number in (1, 2, 3)))
SUMMARIES = named_rows("recorded-ListResourceComplianceSummaries", "cli-examples/list-resource-compliance-summaries.1")
# Where a record has members of InstancePatchState other than counts.
PLACES = {
    "InstanceId": ("node", "id"),
    "PatchGroup": ("node", "patch_group"),
    "BaselineId": ("baseline", "id"),
    "SnapshotId": ("ssm", "snapshot_id"),
    "InstallOverrideList": ("ssm", "install_override_list"),
    "OwnerInformation": ("ssm", "owner_information"),
    "OperationStartTime": ("ssm", "operation_start_time"),
    "OperationEndTime": ("capture", "time"),
    "Operation": ("operation",),
    "LastNoRebootInstallOperationTime": ("last_no_reboot_install_operation_time",),
    "RebootOption": ("reboot_option",),
}


def at(document, path):
    for step in path:
        document = document[step]
    return document


def told(value):
    """As a record writes it: instants as text in UTC without fractions, nothing as null."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if value == "" else value


def made(raw, **changes):
    record = compliance_record.reported(
        {**NODE, "id": raw["InstanceId"]}, raw, BASELINE._replace(id=raw["BaselineId"]), **changes
    )
    assert list(faults(record, schemas.RECORD)) == []
    return record


@pytest.mark.parametrize("raw", STATES)
def test_no_member_of_a_patch_state_is_lost(raw):
    record = made(raw)
    for name, value in raw.items():
        if name.endswith("Count"):
            assert record["summary"][compliance_record.member(name)] == value, name
        else:
            assert at(record, PLACES[name]) == told(value), name
    assert record["status"] == "NON_COMPLIANT"


def test_counts_that_aws_leaves_out_are_left_out():
    raw = {name: value for name, value in ROW.items() if not name.endswith("NonCompliantCount")}
    summary = made(raw)["summary"]
    assert "critical_non_compliant_count" not in summary
    assert "available_security_update_count" not in summary
    assert not {"waiting_count", "considered_count", "held_count", "rejected_count"} & set(summary)


@pytest.mark.parametrize("raw", PATCHES)
def test_no_member_of_a_patch_is_lost(raw):
    patch = compliance_record.patch(raw, Levels(), None)
    assert list(faults(patch, schemas.PATCH)) == []
    assert (patch["title"], patch["kb_id"]) == (raw["Title"], raw["KBId"])
    assert (patch["classification"], patch["severity"]) == (raw["Classification"], raw["Severity"])
    known = raw["InstalledTime"].year > 1970
    assert patch["installed_time"] == (told(raw["InstalledTime"]) if known else None)
    assert patch["state"].replace("_", "") == raw["State"].upper()
    assert patch["cve_ids"] == []  # the examples name none
    assert [patch[name] for name in ("decision", "reason_code", "reason", "compliance_level")] == [None, None, "", None]


@pytest.mark.parametrize("raw", SUMMARIES)
def test_no_member_of_a_resource_summary_is_lost(raw):
    summary = compliance_record.resource_summary(raw)
    assert list(faults(summary, schemas.RESOURCE_SUMMARY)) == []
    for side, name in (("CompliantSummary", "compliant"), ("NonCompliantSummary", "non_compliant")):
        assert summary[f"{name}_count"] == raw[side][side.replace("Summary", "Count")]
        severities = {level.replace("Count", "").upper(): n for level, n in raw[side]["SeveritySummary"].items()}
        assert summary[f"{name}_by_level"] == severities
    execution = raw["ExecutionSummary"]
    assert summary["execution_time"] == told(execution["ExecutionTime"])
    assert summary["execution_id"] == execution.get("ExecutionId")
    assert summary["execution_type"] == execution.get("ExecutionType")
    names = ("compliance_type", "status", "overall_severity")
    assert [summary[name] for name in names] == [raw[name] for name in ("ComplianceType", "Status", "OverallSeverity")]


def test_recorded_nodes_with_their_recorded_summaries():
    """Recorded at different times; what a summary says of patches holds if it fits what the node reported."""
    (information, other) = rows("recorded-DescribeInstanceInformation")
    found = node.from_api(information)
    summaries = [compliance_record.resource_summary(row.values[0]) for row in SUMMARIES]
    mine = summaries[2:4]
    raw = state(InstanceId=found["id"], InstalledCount=310, MissingCount=36)
    record = compliance_record.reported(found, raw, BASELINE, mine)
    assert record["node"]["platform"] == {
        "name": "Ubuntu",
        "version": "18.04",
        "architecture": None,
        "ip_address": "172.31.10.93",
        "agent_version": "2.3.274.0",
    }
    assert (record["node"]["name"], other["InstanceId"]) == ("ip-172-31-10-93", "i-0dea82d960d56dc1d")
    assert record["ssm"]["resource_summaries"] == mine
    assert (record["compliance_level"], record["complete"]) == ("UNSPECIFIED", True)
    assert record["non_compliant_by_level"]["UNSPECIFIED"] == 36
    assert compliance_record.uniform_level(record) == "UNSPECIFIED"


@pytest.mark.parametrize(
    ("count", "status"),
    [
        pytest.param("InstalledCount", "COMPLIANT", id="installed"),
        pytest.param("InstalledOtherCount", "COMPLIANT", id="installed other"),
        pytest.param("InstalledPendingRebootCount", "NON_COMPLIANT", id="pending reboot"),
        pytest.param("InstalledRejectedCount", "NON_COMPLIANT", id="rejected"),
        pytest.param("MissingCount", "NON_COMPLIANT", id="missing"),
        pytest.param("FailedCount", "NON_COMPLIANT", id="failed"),
        pytest.param("NotApplicableCount", "COMPLIANT", id="not applicable"),
        pytest.param("UnreportedNotApplicableCount", "COMPLIANT", id="unreported"),
        pytest.param("AvailableSecurityUpdateCount", "UNKNOWN", id="available, and the baseline cannot be read"),
    ],
)
def test_one_patch_in_this_state_alone(count, status):
    assert made(state(**{count: 1}))["status"] == status


def patch_summary(bad, **by_level):
    return {
        "compliance_type": "Patch",
        "status": "NON_COMPLIANT" if bad else "COMPLIANT",
        "compliant_count": 5,
        "non_compliant_count": bad,
        "non_compliant_by_level": {**dict.fromkeys(schemas.LEVELS, 0), **by_level},
    }


@pytest.mark.parametrize(
    ("missing", "configured", "bad", "status", "settled"),
    [
        pytest.param(0, "COMPLIANT", None, "COMPLIANT", "COMPLIANT", id="compliant by the baseline"),
        pytest.param(0, "NON_COMPLIANT", None, "NON_COMPLIANT", "NON_COMPLIANT", id="not by the baseline"),
        pytest.param(0, "COMPLIANT", 2, "NON_COMPLIANT", "NON_COMPLIANT", id="summed up as not, as it was configured"),
        pytest.param(1, None, 3, "NON_COMPLIANT", "NON_COMPLIANT", id="beside a missing one"),
        pytest.param(1, None, 1, "NON_COMPLIANT", "COMPLIANT", id="a missing one alone counts"),
        pytest.param(0, "NON_COMPLIANT", 0, "COMPLIANT", "COMPLIANT", id="not summed up"),
        pytest.param(1, None, None, "NON_COMPLIANT", None, id="missing ones settle the status"),
    ],
)
def test_available_security_updates(missing, configured, bad, status, settled):
    raw = state(MissingCount=missing, AvailableSecurityUpdateCount=2)
    summaries = [] if bad is None else [patch_summary(bad, HIGH=bad)]
    record = compliance_record.reported(NODE, raw, BASELINE._replace(available_security=configured), summaries)
    assert (record["status"], record["problems"]) == (status, [])
    assert record["ssm"]["available_security_updates_compliance_status"] == settled
    assert record["patches_omitted"] == missing + 2


def test_a_summary_of_another_moment_gives_no_levels():
    record = made(state(MissingCount=2), summaries=[patch_summary(5, CRITICAL=5)])
    assert (record["status"], record["compliance_level"], record["complete"]) == ("NON_COMPLIANT", None, False)
    assert "non_compliant_by_level" not in record
    (problem,) = record["problems"]
    assert "sums up 5 non-compliant patches, and the node's report has 2" in problem["why"]


@pytest.mark.parametrize(
    ("levels", "uniform"),
    [
        pytest.param({"LOW": 2}, "LOW", id="one"),
        pytest.param({"LOW": 1, "HIGH": 1}, None, id="two"),
        pytest.param({}, None, id="none"),
    ],
)
def test_one_level_is_that_of_all(levels, uniform):
    bad = sum(levels.values())
    record = made(state(MissingCount=bad), summaries=[patch_summary(bad, **levels)])
    assert compliance_record.uniform_level(record) == uniform


MISSING = {"Title": "openssl.x86_64:1:3.0.8-1", "KBId": "openssl.x86_64", "Classification": "Security",
           "Severity": "Important", "State": "MISSING", "CVEIds": "CVE-2026-1, CVE-2026-2"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, ("openssl", "x86_64", None, "1:3.0.8-1"), id="missing on Linux"),
        pytest.param({"State": "InstalledOther"}, ("openssl", "x86_64", "1:3.0.8-1", None), id="installed on Linux"),
        pytest.param({"Title": "zlib:1.2", "KBId": "zlib"}, ("zlib", None, None, "1.2"), id="no architecture"),
        pytest.param({"Title": "2026-11 Update (KB1)", "KBId": "KB1"}, ("KB1", None, None, None), id="Windows"),
        pytest.param({"Title": "", "KBId": "KB1"}, ("KB1", None, None, None), id="no title"),
        pytest.param({"Title": "Safari.17.1", "KBId": "Safari"}, ("Safari", None, None, None), id="macOS"),
        pytest.param({"KBId": ""}, (MISSING["Title"], None, None, None), id="no id"),
    ],
)
def test_names_and_versions(changes, expected):
    patch = compliance_record.patch({**MISSING, **changes}, Levels(), None)
    assert tuple(patch[name] for name in ("name", "arch", "installed_version", "version")) == expected
    assert patch["cve_ids"] == ["CVE-2026-1", "CVE-2026-2"]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param(Levels(every="LOW"), "LOW", id="all alike"),
        pytest.param(Levels({("openssl.x86_64", MISSING["Title"]): "HIGH"}), "HIGH", id="of the patch"),
        pytest.param(Levels({("openssl.x86_64", "another version"): "HIGH"}), None, id="of another version"),
        pytest.param(Levels(), None, id="not told"),
    ],
)
def test_levels_of_patches(levels, expected):
    record = compliance_record.with_patches(made(state(MissingCount=1)), [MISSING], levels, None, False)
    (patch,) = record["patches"]
    assert (patch["compliance_level"], record["compliance_level"]) == (expected, expected)
    good = compliance_record.patch({**MISSING, "State": "INSTALLED"}, levels, None)
    assert good["compliance_level"] is None


@pytest.mark.parametrize(
    ("counts", "states", "asked", "counted_all", "problems", "omitted"),
    [
        pytest.param({"MissingCount": 1}, ["MISSING"], None, False, [], 0, id="all accounted for"),
        pytest.param({"MissingCount": 2}, ["MISSING"], None, False, ["MISSING patches"], 1, id="fewer listed"),
        pytest.param({}, ["FAILED"], None, False, ["FAILED patches"], 0, id="more listed"),
        pytest.param({"NotApplicableCount": 9}, [], None, False, [], 0, id="Linux lists none that is not applicable"),
        pytest.param({"NotApplicableCount": 9}, [], None, True, ["NOT_APPLICABLE patches"], 0, id="Windows does"),
        pytest.param({"InstalledCount": 9, "FailedCount": 1}, ["FAILED"], ["FAILED"], False, [], 0,
                     id="what was not asked for"),
        pytest.param({"MissingCount": 3}, [], ["FAILED"], False, [], 3, id="needs attention, and was not asked for"),
    ],
)  # fmt: skip
def test_what_is_counted_is_listed(counts, states, asked, counted_all, problems, omitted):
    listed = [{**MISSING, "State": one} for one in states]
    record = compliance_record.with_patches(made(state(**counts)), listed, Levels(), asked, counted_all)
    assert [one["what"] for one in record["problems"]] == problems
    assert (record["complete"], record["patches_omitted"]) == (not problems, omitted)
    assert list(faults(record, schemas.RECORD)) == []


OFFLINE = {**NODE, "reach": "Offline", "reason": "its agent was last heard of at noon (ConnectionLost)"}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(NODE, "it was never scanned", id="never scanned"),
        pytest.param(OFFLINE, "never scanned; its agent was last heard of at noon", id="offline as well"),
        pytest.param({**NODE, "reach": "Unmanaged", "reason": "EC2 knows it"}, "EC2 knows it", id="not managed"),
        pytest.param({**NODE, "id": "mi-0123456789abcdef0", "reach": "Unknown", "reason": "nobody knows it"},
                     "nobody knows it", id="unknown"),
    ],
)  # fmt: skip
def test_a_node_without_a_report(found, words):
    record = compliance_record.unreported(found, NOW)
    assert list(faults(record, schemas.RECORD)) == []
    assert (record["status"], record["capture"]["time"]) == ("UNKNOWN", "2026-11-21T06:00:00Z")
    assert words in record["status_reason"]
    assert record["ssm"]["reach"] == found["reach"]
    hybrid = found["id"].startswith("mi-")
    assert record["node"]["mi_id" if hybrid else "instance_id"] == record["node"]["id"] == found["id"]


@pytest.mark.parametrize(
    ("trusted", "status"),
    [pytest.param(False, "UNKNOWN", id="unknown"), pytest.param(True, "NON_COMPLIANT", id="as it was")],
)
def test_an_offline_node_that_reported(trusted, status):
    record = compliance_record.reported(OFFLINE, state(MissingCount=1), BASELINE, trusted=trusted)
    words = "its agent was last heard of at noon (ConnectionLost); when it last reported it was NON_COMPLIANT"
    assert record["status"] == status
    assert (record["warnings"] == [words]) == trusted
    assert record["status_reason"] == (None if trusted else words)
    assert record["summary"]["missing_count"] == 1


class Answering:
    """In the place of an Api: one answer to whatever is asked."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, _doing, _operation, **_request):
        return self.answer

    def each(self, _doing, _operation, member, **_request):
        return iter(self.answer[member])

    def rows(self, doing, operation, member, **request):
        return list(self.each(doing, operation, member, **request))


AWS_OWN = "arn:aws:ssm:eu-central-1:416089608788:patchbaseline/pb-0123456789abcdef0"


@pytest.mark.parametrize(
    ("listed", "named"),
    [
        pytest.param(AWS_OWN, "pb-0123456789abcdef0", id="its id alone"),
        pytest.param(AWS_OWN, AWS_OWN, id="its ARN"),
        pytest.param("pb-0123456789abcdef0", "pb-0123456789abcdef0", id="one's own"),
    ],
)
def test_baselines_are_known_by_what_reports_have_of_them(listed, named):
    row = {"BaselineId": listed, "BaselineName": "security", "OperatingSystem": "UBUNTU"}
    found = compliance.Baselines(Answering({"BaselineIdentities": [row]})).of(state(BaselineId=named))
    assert (found.id, found.name, found.operating_system) == (named, "security", "UBUNTU")


def test_no_member_of_a_group_state_is_lost():
    raw = recorded("cli-examples/describe-patch-group-state.1")
    state_of_group = compliance.group_state(Answering(raw), "Production")
    assert state_of_group == {
        "patch_group": "Production",
        **{compliance_record.member(name): value for name, value in raw.items()},
    }
    assert state_of_group["instances_with_installed_pending_reboot_patches"] == 2


def test_no_member_of_a_compliance_summary_is_lost():
    raw = recorded("cli-examples/list-compliance-summaries.1")
    association, patch = compliance.summaries(Answering(raw), ["Association", "Patch"])
    assert (association["compliant_count"], association["compliant_by_level"]["UNSPECIFIED"]) == (2, 2)
    assert (patch["compliant_count"], patch["non_compliant_count"]) == (1, 1)
    assert patch["non_compliant_by_level"]["CRITICAL"] == 1
