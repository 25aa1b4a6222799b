# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_patch_compliance_info: a record of every node that was asked for, whatever Systems Manager knows of it."""

from __future__ import annotations

import collections
import datetime
import json

import botocore.session
import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.compliance_record import member
from ansible_collections.patchops.fleet.tests.servers.answers import INSTALLED_OTHER, MISSING, baseline, node_id, nodes

IMAGE = "ami-0123456789abcdef0"
GROUP = {"Patch Group": "Production"}
INSTALLED_TIME = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)
STATES = ["INSTALLED", "INSTALLED_PENDING_REBOOT", "INSTALLED_REJECTED", "MISSING", "FAILED"]
LEVELS = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "INFORMATIONAL"]
BAD = STATES[1:]


def package(number, state, **members):
    name = f"package-{number}.x86_64"
    return {**MISSING, "KBId": name, "Title": f"{name}:0:1.{number}-1", "State": state, **members}


# One in each state that Linux lists, each of another level.
EVERY_STATE = [
    *(package(number, state, Level=LEVELS[number]) for number, state in enumerate(STATES)),
    INSTALLED_OTHER,
]


@pytest.fixture
def compliance(module):
    return module("ssm_patch_compliance_info").ok


@pytest.fixture
def refusal(module):
    return module("ssm_patch_compliance_info").failure


@pytest.fixture
def records(compliance):
    """Records by node, each held to the schema."""

    def read(**options):
        found = compliance(**options)["records"]
        for one in found:
            assert list(faults(one, schemas.RECORD)) == []
        assert [one["node"]["id"] for one in found] == sorted(one["node"]["id"] for one in found)
        return {one["node"]["id"]: one for one in found}

    return read


def called(aws, *operations):
    """How often each of these was called, or each of all."""
    counts = collections.Counter(call.operation for call in aws.calls)
    return tuple(counts[one] for one in operations) if operations else dict(counts)


def statuses(found):
    return {identifier: one["status"] for identifier, one in found.items()}


def states(record):
    return sorted(patch["state"] for patch in record["patches"])


def test_every_member_of_a_patch_state_has_a_place():
    """So that a member that AWS adds is noticed; test_compliance_record.py has the places."""
    shape = botocore.session.get_session().get_service_model("ssm").shape_for("InstancePatchState")
    assert {member(name) for name in shape.members if name.endswith("Count")} <= set(schemas.COUNTS)
    others = {"InstanceId", "PatchGroup", "BaselineId", "SnapshotId", "InstallOverrideList", "OwnerInformation",
              "OperationStartTime", "OperationEndTime", "Operation", "LastNoRebootInstallOperationTime",
              "RebootOption"}  # fmt: skip
    assert {name for name in shape.members if not name.endswith("Count")} == others


def test_a_record_tells_all_that_aws_tells(aws, records):
    ssm = aws.client()
    mine = baseline(ssm, OperatingSystem="AMAZON_LINUX_2023")
    ssm.register_patch_baseline_for_patch_group(BaselineId=mine, PatchGroup="Production")
    counts = {"NotApplicableCount": 10_254, "UnreportedNotApplicableCount": 3}
    aws.nodes(*nodes(1, name="web1", tags=GROUP, scanned=True, patches=EVERY_STATE, counts=counts))
    (record,) = records().values()
    (state,) = ssm.describe_instance_patch_states(InstanceIds=[node_id(0)])["InstancePatchStates"]
    assert record["summary"] == {member(name): value for name, value in state.items() if name.endswith("Count")}
    assert (record["status"], record["compliance_level"], record["complete"]) == ("NON_COMPLIANT", "CRITICAL", True)
    named = {name: record["baseline"][name] for name in ("id", "name", "operating_system", "source")}
    assert named == {"id": mine, "name": "production-al2", "operating_system": "AMAZON_LINUX_2023", "source": "aws"}
    assert record["baseline"]["why"] == "the baseline of the node's last report"
    assert (record["node"]["name"], record["node"]["patch_group"]) == ("web1", "Production")
    assert record["ssm"]["snapshot_id"] == record["capture"]["run_id"] == state["SnapshotId"]
    levels = {patch["state"]: patch["compliance_level"] for patch in record["patches"]}
    assert levels == dict(zip(BAD, LEVELS[1:], strict=True))
    assert record["non_compliant_by_level"] == {level: int(level in LEVELS[1:]) for level in schemas.LEVELS}


@pytest.mark.parametrize(
    ("options", "listed", "omitted"),
    [
        pytest.param({"patches": "none"}, [], 4, id="none"),
        pytest.param({}, sorted(BAD), 0, id="what needs attention"),
        pytest.param({"patches": "all"}, sorted([*STATES, "INSTALLED_OTHER"]), 0, id="all"),
        pytest.param({"patches": "all", "patch_states": ["INSTALLED_OTHER", "FAILED"]}, ["FAILED", "INSTALLED_OTHER"],
                     3, id="of two states"),
    ],
)  # fmt: skip
def test_which_patches_are_listed(aws, records, options, listed, omitted):
    aws.nodes(*nodes(1, scanned=True, patches=EVERY_STATE))
    (record,) = records(**options).values()
    assert (states(record), record["patches_omitted"], record["problems"]) == (listed, omitted, [])
    assert (record["summary"]["missing_count"], record["status"]) == (1, "NON_COMPLIANT")


@pytest.mark.parametrize(
    ("options", "patches", "calls"),
    [
        pytest.param({"patches": "none"}, EVERY_STATE, (1, 0, 0), id="no patches"),
        pytest.param({}, [INSTALLED_OTHER], (1, 0, 0), id="nothing needs attention"),
        pytest.param({}, [MISSING, INSTALLED_OTHER], (1, 1, 0), id="all of one level"),
        pytest.param({}, EVERY_STATE, (1, 1, 1), id="levels differ"),
        pytest.param({"summaries": False}, [MISSING], (0, 1, 1), id="levels are not summed up"),
        pytest.param({"instance_ids": [node_id(0)]}, [MISSING], (0, 1, 1), id="of one node there are no sums"),
        pytest.param({"patches": "all"}, [package(number, "INSTALLED") for number in range(250)], (1, 3, 0),
                     id="three pages"),
    ],
)  # fmt: skip
def test_nothing_is_asked_for_in_vain(aws, records, options, patches, calls):
    aws.nodes(*nodes(1, scanned=True, patches=patches))
    (record,) = records(**options).values()
    operations = ("ListResourceComplianceSummaries", "DescribeInstancePatches", "ListComplianceItems")
    assert called(aws, *operations) == calls
    assert called(aws, "DescribeInstanceInformation", "DescribeInstancePatchStates") == (1, 1)
    assert all(patch["compliance_level"] for patch in record["patches"] if patch["status"] == "NON_COMPLIANT")


def test_nodes_are_never_lost(aws, records, compliance):
    """Two that reported, one offline that did, two that did not, and an instance that is not managed."""
    started = aws.client("ec2").run_instances(ImageId=IMAGE, MinCount=2, MaxCount=2)["Instances"]
    stranger, managed = (one["InstanceId"] for one in started)
    good, offline, silent, never = nodes(4)
    aws.nodes(
        {"id": managed, "scanned": True},
        {**good, "scanned": True, "patches": [INSTALLED_OTHER]},
        {**offline, "scanned": True, "patches": [MISSING], "ping": "ConnectionLost"},
        {**silent, "ping": "Inactive"},
        never,
    )
    found = records()
    reasons = {identifier: one["status_reason"] for identifier, one in found.items()}
    assert statuses(found) == {
        **dict.fromkeys([node_id(0), managed], "COMPLIANT"),
        **dict.fromkeys([*map(node_id, (1, 2, 3)), stranger], "UNKNOWN"),
    }
    assert "ConnectionLost" in reasons[node_id(1)]
    assert reasons[node_id(1)].endswith("when it last reported it was NON_COMPLIANT")
    assert found[node_id(1)]["summary"]["missing_count"] == 1
    assert reasons[node_id(2)].startswith(
        "Systems Manager has no report of its patches: it was never scanned; its agent"
    )
    assert reasons[node_id(3)] == "Systems Manager has no report of its patches: it was never scanned"
    assert "Systems Manager does not manage it" in reasons[stranger]
    trusted = records(offline_nodes="reported")[node_id(1)]
    assert (trusted["status"], trusted["status_reason"]) == ("NON_COMPLIANT", None)
    assert "ConnectionLost" in trusted["warnings"][0]
    answer = compliance()
    told = {name: answer["summary"][name] for name in ("nodes", "compliant", "non_compliant", "unknown", "status")}
    assert told == {"nodes": 6, "compliant": 2, "non_compliant": 0, "unknown": 4, "status": "UNKNOWN"}
    assert answer["summary"]["patches"]["missing_count"] == 0
    (warning,) = answer["warnings"]
    assert "The status of 4 nodes is not known" in warning
    assert stranger in warning
    assert stranger not in records(find_unmanaged=False)


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        pytest.param({}, [0, 1, 2, 3], id="all"),
        pytest.param({"instance_ids": [node_id(3), node_id(0), node_id(3)]}, [0, 3], id="ids"),
        pytest.param({"patch_groups": ["Production"]}, [0, 2], id="group"),
        pytest.param({"patch_groups": ["Test", "Production", "Test"]}, [0, 1, 2], id="groups"),
        pytest.param({"targets": {"tag:stage": ["blue", "green"], "tag:role": "web"}}, [1], id="tags"),
    ],
)
def test_which_nodes_are_read(aws, records, options, chosen):
    tags = [GROUP, {"PatchGroup": "Test", "Patch Group": "Production", "stage": "green", "role": "web"},
            {"PatchGroup": "Production", "stage": "blue"}, {}]  # fmt: skip
    aws.nodes(*[{**one, "scanned": True, "tags": tags[number]} for number, one in enumerate(nodes(4))])
    assert list(records(**options)) == [node_id(number) for number in chosen]


def test_a_node_whose_tag_is_late_is_not_called_unmanaged(aws, records):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Patch Group", "Value": "Production"}]}]
    asked = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "TagSpecifications": tags}
    late = aws.client("ec2").run_instances(**asked)["Instances"][0]["InstanceId"]
    aws.nodes({"id": late, "scanned": True})
    record = records(patch_groups=["Production"])[late]
    assert (record["status"], record["ssm"]["reach"]) == ("UNKNOWN", "Untagged")
    assert record["status_reason"].startswith("Systems Manager manages it, and does not know its tag yet")


def test_a_node_of_a_group_that_never_reported_is_in_it(aws, compliance):
    aws.nodes(*nodes(2, tags=GROUP, patches=[MISSING]))
    aws.nodes(
        {"id": node_id(0), "tags": GROUP, "scanned": True, "patches": [MISSING]}, {"id": node_id(1), "tags": GROUP}
    )
    answer = compliance(patch_groups=["Production"])
    assert [one["node"]["patch_group"] for one in answer["records"]] == ["Production", "Production"]
    (state,) = answer["patch_group_states"]
    named = {name: state[name] for name in ("patch_group", "instances", "instances_with_missing_patches")}
    assert named == {"patch_group": "Production", "instances": 1, "instances_with_missing_patches": 1}


def test_an_id_that_nobody_knows(aws, records):
    aws.nodes(*nodes(1, scanned=True))
    hybrid = "mi-0123456789abcdef0"
    found = records(instance_ids=[node_id(0), node_id(9), hybrid])
    assert statuses(found) == {node_id(0): "COMPLIANT", node_id(9): "UNKNOWN", hybrid: "UNKNOWN"}
    assert found[hybrid]["status_reason"] == "Systems Manager does not know it in this account and Region"


REFUSED = {
    "instance_ids": (["web1"], "instance_ids[0]: 'web1' is not allowed"),
    "patch_states": (["MISSING"], "patch_states: is for patches: all alone; attention lists its own"),
    "concurrent_calls": (0, "concurrent_calls: 0 is not allowed; allowed: 1 to 64"),
    "compliance_types": (["Custom: x"], "compliance_types[0]: 'Custom: x' is not allowed"),
}


def test_all_that_is_wrong_is_told_at_once(aws, refusal):
    message = refusal(**{name: value for name, (value, _words) in REFUSED.items()})
    for _value, words in REFUSED.values():
        assert words in message
    assert aws.calls == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"instance_ids": []}, "instance_ids: must have one id or more", id="no id"),
        pytest.param({"patch_groups": []}, "patch_groups: must have one group or more", id="no group"),
        pytest.param({"patch_groups": ["a;b"]}, "patch_group: 'a;b' may hold letters", id="name of a group"),
        pytest.param({"targets": {}}, "targets: must have 1 to 5 keys", id="no target"),
        pytest.param(
            {"targets": {"resource-groups:Name": ["x"]}}, "targets.resource-groups:Name: is no key", id="group"
        ),
        pytest.param({"patches": "all", "patch_states": []}, "patch_states: must have one state", id="no state"),
        pytest.param({"compliance_types": []}, "compliance_types: must have 1 to 20 types", id="no type"),
        pytest.param({"targets": {"tag:a": "b"}, "patch_groups": ["x"]}, "mutually exclusive", id="two ways"),
    ],
)
def test_what_is_refused(aws, refusal, options, words):
    assert words in refusal(**options)
    assert aws.calls == []


@pytest.mark.parametrize(
    ("operation", "options", "words"),
    [
        pytest.param("ListComplianceItems", {"summaries": False}, "ssm:ListComplianceItems", id="levels"),
        pytest.param("DescribePatchBaselines", {}, "Names of baselines cannot be read", id="baselines"),
    ],
)
def test_what_the_caller_may_not_read_is_told_and_the_rest_is_read(aws, compliance, operation, options, words):
    aws.nodes(*nodes(2, scanned=True, patches=[MISSING]))
    aws.fail(operation=operation, error="AccessDeniedException")
    answer = compliance(**options)
    (warning,) = answer["warnings"]
    assert words in warning
    for record in answer["records"]:
        assert list(faults(record, schemas.RECORD)) == []
        assert (record["status"], states(record)) == ("NON_COMPLIANT", ["MISSING"])
        assert record["baseline"]["name"]
        assert (record["patches"][0]["compliance_level"] is None) == (operation == "ListComplianceItems")


@pytest.mark.parametrize(
    "operation", ["DescribeInstanceInformation", "DescribeInstancePatchStates", "ListResourceComplianceSummaries"]
)
def test_what_nothing_can_be_read_without_fails(aws, refusal, operation):
    aws.nodes(*nodes(1, scanned=True))
    aws.fail(operation=operation, error="AccessDeniedException")
    assert f"is not authorized to perform: ssm:{operation}" in refusal()


def test_a_node_that_leaves_meanwhile(aws, records):
    aws.nodes(*nodes(2, scanned=True, patches=[MISSING]))
    aws.fail(operation="DescribeInstancePatches", error="InvalidInstanceId", times=1)
    found = records(concurrent_calls=1)
    assert [one["complete"] for one in found.values()] == [False, True]
    (problem,) = found[node_id(0)]["problems"]
    assert "InvalidInstanceId" in problem["why"]
    assert found[node_id(0)]["summary"]["missing_count"] == found[node_id(0)]["patches_omitted"] == 1


SECURITY = {**MISSING, "State": "AVAILABLE_SECURITY_UPDATE", "KBId": "KB1", "Title": "Update (KB1)"}


@pytest.mark.parametrize("configured", ["COMPLIANT", "NON_COMPLIANT"])
@pytest.mark.parametrize("denied", [pytest.param(False, id="told"), pytest.param(True, id="denied")])
def test_security_updates_that_are_not_approved(aws, records, configured, denied):
    ssm = aws.client()
    given = {"OperatingSystem": "WINDOWS", "AvailableSecurityUpdatesComplianceStatus": configured}
    mine = ssm.create_patch_baseline(Name="windows", **given)["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=mine, PatchGroup="Production")
    windows = {"platform": "Windows", "operating_system": "WINDOWS", "tags": GROUP}
    aws.nodes(*nodes(1, scanned=True, patches=[SECURITY], **windows))
    if denied:
        aws.fail(operation="GetPatchBaseline", error="AccessDeniedException")
    (record,) = records(patch_groups=["Production"]).values()
    expected = None if denied else configured
    assert (record["status"], record["patches"][0]["status"]) == ("UNKNOWN" if denied else configured, expected)
    (summed,) = records(summaries=True).values()
    assert (summed["status"], summed["patches"][0]["status"], summed["problems"]) == (configured, configured, [])


def test_a_baseline_that_is_gone(aws, records):
    ssm = aws.client()
    mine = baseline(ssm, OperatingSystem="AMAZON_LINUX_2023")
    ssm.register_patch_baseline_for_patch_group(BaselineId=mine, PatchGroup="Production")
    aws.nodes(*nodes(1, tags=GROUP, scanned=True))
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=mine, PatchGroup="Production")
    ssm.delete_patch_baseline(BaselineId=mine)
    (record,) = records().values()
    assert (record["baseline"]["name"], record["baseline"]["operating_system"]) == (mine, None)
    assert "it is not among those of this account" in record["baseline"]["why"]


def test_summaries_of_other_types(aws, compliance):
    aws.nodes(*nodes(1, scanned=True, patches=[MISSING]))
    item = {"Id": "a", "Title": "a", "Severity": "HIGH", "Status": "NON_COMPLIANT"}
    aws.client().put_compliance_items(
        ResourceId=node_id(0), ResourceType="ManagedInstance", ComplianceType="Custom:Checks", Items=[item],
        ExecutionSummary={"ExecutionTime": INSTALLED_TIME},
    )  # fmt: skip
    assert [one["compliance_type"] for one in compliance()["compliance_summaries"]] == ["Patch"]
    answer = compliance(compliance_types=["Custom:Checks", "Patch"])
    custom, patch = answer["compliance_summaries"]
    assert (custom["non_compliant_by_level"]["HIGH"], patch["non_compliant_by_level"]["CRITICAL"]) == (1, 1)
    told = answer["records"][0]["ssm"]["resource_summaries"]
    assert [(one["compliance_type"], one["overall_severity"]) for one in told] == [
        ("Custom:Checks", "HIGH"), ("Patch", "CRITICAL"),
    ]  # fmt: skip


def test_pages_that_are_small_or_empty(aws, records):
    aws.nodes(*nodes(23, scanned=True, patches=EVERY_STATE))
    whole = records()
    aws.set(largest_page=10, empty_pages=True)
    assert records() == whole
    assert len(whole) == 23


def test_throttled_calls_are_repeated(aws, records):
    aws.nodes(*nodes(120, scanned=True, patches=[INSTALLED_OTHER]))
    aws.fail(error="ThrottlingException", every=5)
    assert statuses(records(patches="none")) == {node_id(number): "COMPLIANT" for number in range(120)}
    assert [call.error for call in aws.calls].count("ThrottlingException") > 1


def files(folder):
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))
    }


def test_records_in_a_folder(aws, compliance, records, tmp_path):
    aws.set(now="2026-11-21T05:40:00Z")
    aws.nodes(*nodes(2, scanned=True, patches=EVERY_STATE), {"id": node_id(2)})
    folder = tmp_path / "records"
    given = {"records_dir": str(folder)}
    foretold = compliance(True, **given)
    assert (foretold["changed"], foretold["files_changed"], folder.exists()) == (True, 3, False)
    done = compliance(**given)
    assert (done["changed"], done["files_changed"], done["records_dir"]) == (True, 3, str(folder))
    assert "records" not in done
    assert done["summary"] == compliance()["summary"]
    written = files(folder)
    name = "20261121T054000Z-ssm.json"
    assert list(written) == [f"{node_id(0)}/{name}", f"{node_id(1)}/{name}", f"{node_id(2)}/ssm.json"]
    told = records()
    assert {
        one["node"]["id"]: {**one, "capture": told[one["node"]["id"]]["capture"]} for one in written.values()
    } == told
    again = compliance(**given)
    assert (again["changed"], again["files_changed"]) == (False, 0)
    more = compliance(patches="all", **given)
    assert more["files_changed"] == 2
    assert len(files(folder)) == 3
    assert len(files(folder)[f"{node_id(0)}/{name}"]["patches"]) == len(EVERY_STATE)


def test_a_node_that_reports_at_last(aws, compliance, tmp_path):
    aws.set(now="2026-11-21T05:40:00Z")
    aws.nodes(*nodes(1))
    compliance(records_dir=str(tmp_path))
    aws.nodes(*nodes(1, scanned=True))
    assert compliance(records_dir=str(tmp_path))["files_changed"] == 1
    assert list(files(tmp_path)) == [f"{node_id(0)}/20261121T054000Z-ssm.json"]


def test_a_folder_that_cannot_be_written_to(aws, refusal, tmp_path):
    aws.nodes(*nodes(1, scanned=True))
    (tmp_path / "file").write_text("")
    message = refusal(records_dir=str(tmp_path / "file" / "records"))
    assert f"records_dir: the record of {node_id(0)} cannot be written to" in message
