# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_compliance_items: records of hosts on their managed nodes, and nothing of AWS's own written over."""

from __future__ import annotations

import copy
import importlib
import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._ssm import compliance_items
from ansible_collections.patchops.fleet.tests.aws.conftest import MODULES
from ansible_collections.patchops.fleet.tests.servers.answers import MISSING, node_id

ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "records"
NODE = "mi-0f3d2c1b4a5968770"
TYPE = "Custom:PatchLocal"
(PATH,) = (FIXTURES / NODE).glob("*.json")
RECORD = json.loads(PATH.read_text(encoding="utf-8"))
PATCH = {**RECORD["patches"][0], "title": "openssl.amd64:3.0.17-2", "kb_id": "openssl.amd64", "state": "MISSING",
         "status": "NON_COMPLIANT", "compliance_level": "HIGH", "decision": "approved", "approved_on": None,
         "installed_time": None, "cve_ids": ["CVE-2026-1", "CVE-2026-2"], "advisories": ["DSA-1"]}  # fmt: skip
GOOD = {**PATCH, "title": "zlib.amd64:1-1", "kb_id": "zlib.amd64", "state": "INSTALLED", "status": "COMPLIANT",
        "compliance_level": "LOW", "cve_ids": []}  # fmt: skip


def record(*patches, time="2026-11-21T05:40:00Z", node=None, **changes):
    made = copy.deepcopy(RECORD)
    status = "NON_COMPLIANT" if any(patch["status"] == "NON_COMPLIANT" for patch in patches) else "COMPLIANT"
    made.update(capture={"time": time, "run_id": "run-1"}, patches=list(patches), status=status, **changes)
    made["summary"].update(missing_count=sum(patch["state"] == "MISSING" for patch in patches))
    made["node"].update(node or {})
    return made


@pytest.fixture
def items(module):
    return module("ssm_compliance_items")


@pytest.fixture
def managed(aws):
    aws.nodes({"id": NODE, "name": "db1", "scanned": True, "patches": [MISSING]}, {"id": node_id(1)})
    return aws


def put_calls(aws):
    return [call.request for call in aws.calls if call.operation == "PutComplianceItems" and call.status == 200]


def stored(aws, kind=TYPE, node=NODE):
    """Items of one type by id, over all pages."""
    pages = aws.client().get_paginator("list_compliance_items").paginate(ResourceIds=[node])
    return {one["Id"]: one for page in pages for one in page["ComplianceItems"] if one["ComplianceType"] == kind}


def results(answer):
    return {one["name"]: one["result"] for one in answer["nodes"]}


def test_a_record_becomes_items(managed, items):
    foretold = items.ok(True, records=[record(PATCH, GOOD)])
    assert (foretold["changed"], foretold["changes"], put_calls(managed)) == (True, [], [])
    patch_items = stored(managed, "Patch")
    done = items.ok(records=[record(PATCH, GOOD)])
    assert (done["changed"], done["diff"], done["nodes"]) == (True, foretold["diff"], foretold["nodes"])
    assert done["changes"] == [f"put 2 items of {TYPE} compliance on {NODE}"]
    found = stored(managed)
    assert set(found) == {"patch-compliance", "openssl.amd64"}
    assert done["diff"] == {"before": {}, "after": {NODE: done["diff"]["after"][NODE]}}
    assert [one["Id"] for one in done["diff"]["after"][NODE]["items"]] == sorted(found)
    patch = found["openssl.amd64"]
    assert {name: patch[name] for name in ("Title", "Severity", "Status")} == {
        "Title": "openssl.amd64:3.0.17-2", "Severity": "HIGH", "Status": "NON_COMPLIANT",
    }  # fmt: skip
    told = {name: patch["Details"][name] for name in ("PatchState", "CVEIds", "Advisories", "Reason")}
    assert told == {"PatchState": "MISSING", "CVEIds": "CVE-2026-1,CVE-2026-2", "Advisories": "DSA-1",
                    "Reason": PATCH["reason"]}  # fmt: skip
    execution = patch["ExecutionSummary"]
    assert (execution["ExecutionId"], execution["ExecutionType"]) == ("run-1", "patchops.fleet")
    assert execution["ExecutionTime"].isoformat().startswith("2026-11-21T")
    node = found["patch-compliance"]
    assert (node["Status"], node["Severity"], node["Details"]["MissingCount"]) == ("NON_COMPLIANT", "UNSPECIFIED", "1")
    assert stored(managed, "Patch") == patch_items
    again = items.ok(records=[record(PATCH, GOOD)])
    assert (again["changed"], again["changes"], results(again)) == (False, [], {RECORD["node"]["name"]: "unchanged"})
    assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    assert len(put_calls(managed)) == 1


def test_what_is_there_is_replaced(managed, items):
    items.ok(records=[record(PATCH, GOOD)], patches="all")
    assert set(stored(managed)) == {"patch-compliance", "openssl.amd64", "zlib.amd64"}
    later = items.ok(records=[record(GOOD, time="2026-11-22T05:40:00Z")])
    assert results(later) == {RECORD["node"]["name"]: "published"}
    (node,) = stored(managed).values()
    assert (node["Id"], node["Status"]) == ("patch-compliance", "COMPLIANT")


def test_the_same_found_again_later_is_of_the_later_time(managed, items):
    """AWS ignores the same hash, with which the time would stay."""
    items.ok(records=[record(PATCH)])
    later = items.ok(records=[record(PATCH, time="2026-11-22T05:40:00Z")])
    assert later["changed"]
    times = {one["ExecutionSummary"]["ExecutionTime"].day for one in stored(managed).values()}
    assert times == {22}
    first, second = put_calls(managed)
    assert first["ItemContentHash"] != second["ItemContentHash"]
    assert {request["UploadType"] for request in (first, second)} == {"COMPLETE"}


def test_an_older_record_never_replaces_a_newer_one(managed, items):
    items.ok(records=[record(PATCH)])
    older = items.ok(records=[record(GOOD, time="2026-11-20T05:40:00Z")])
    assert (older["changed"], results(older)) == (False, {RECORD["node"]["name"]: "older"})
    assert "newer than its record of 2026-11-20T05:40:00Z" in older["warnings"][0]
    assert len(put_calls(managed)) == 1


def test_what_somebody_else_put_in_its_place_is_put_right(managed, items):
    items.ok(records=[record(PATCH)])
    (request,) = put_calls(managed)
    managed.client().put_compliance_items(**{**request, "Items": request["Items"][:1], "ItemContentHash": "other"})
    assert items.ok(records=[record(PATCH)])["changed"]


def test_of_several_records_of_a_host_the_newest_counts(managed, items):
    answer = items.ok(records=[record(GOOD, time="2026-11-22T05:40:00Z"), record(PATCH)])
    assert [one["status"] for one in answer["nodes"]] == ["COMPLIANT"]


def test_many_records(managed, items):
    other = {"id": "0123", "machine_id": "0123", "instance_id": node_id(1), "mi_id": None, "name": "web1"}
    nobody = {"id": "4567", "machine_id": "4567", "instance_id": None, "mi_id": None, "name": "web2"}
    strange = {"id": "mi-0123456789abcdef0", "mi_id": "mi-0123456789abcdef0", "name": "web3"}
    unknown = record(
        node={"id": "mi-0000000000000000a", "mi_id": None, "name": "web4"}, status_reason="no package list"
    )
    unknown["status"] = "UNKNOWN"
    given = [record(PATCH), record(GOOD, node=other), record(PATCH, node=nobody), record(PATCH, node=strange), unknown]
    answer = items(records=given)
    assert results(answer) == {
        RECORD["node"]["name"]: "published", "web1": "published", "web2": "unmanaged", "web3": "unmanaged",
        "web4": "unknown",
    }  # fmt: skip
    assert answer["msg"].startswith("2 of 5 hosts have no managed node. web2: its record names no managed node")
    assert "web3: Systems Manager does not manage mi-0123456789abcdef0" in answer["msg"]
    assert answer["warnings"] == ["web4: its status is not known: no package list"]
    assert set(stored(managed, node=node_id(1))) == {"patch-compliance"}
    warned = items.ok(records=given, unmanaged_nodes="warn")
    assert len(warned["warnings"]) == 3
    assert not warned["changed"]


def test_a_given_node(managed, items):
    nobody = {"id": "4567", "machine_id": "4567", "instance_id": None, "mi_id": None}
    answer = items.ok(records=[record(PATCH, node=nobody)], node_id=NODE)
    assert [one["node_id"] for one in answer["nodes"]] == [NODE]
    assert len(stored(managed)) == 2


REFUSED = [
    pytest.param({"compliance_type": "Patch"}, "compliance_type: 'Patch' is not allowed", id="AWS's own type"),
    pytest.param({"compliance_type": "Association"}, "compliance_type: 'Association'", id="another of AWS's own"),
    pytest.param({"compliance_type": "Custom:" + "x" * 94}, "compliance_type: ", id="too long"),
    pytest.param({"node_id": "db1"}, "node_id: 'db1' is not allowed", id="no id"),
    pytest.param({"node_id": NODE, "records": [record(), record(node={"id": "other"})]},
                 "node_id: is for one record alone, not for 2", id="an id for two"),
    pytest.param({"records": [{}]}, "records[0]: is no compliance record: document: ", id="no record"),
    pytest.param({"records": [{"schema": 99}]}, "records[0]: has schema 99, newer than 1", id="newer"),
    pytest.param({"records": [record(ssm={"reach": "Online"})]}, "records[0]: is Systems Manager's own", id="of AWS"),
    pytest.param({"records": [record(time="yesterday")]}, "capture.time 'yesterday' is no instant", id="time"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_what_is_refused(aws, items, options, words):
    assert words in items.failure(**{"records": [record()], **options})
    assert aws.calls == []


def test_all_that_is_wrong_is_told_at_once(aws, items):
    message = items.failure(records=[{}, {"schema": 99}], compliance_type="Patch", node_id="x")
    assert message.count("\n") == 4


def published(*patches, everything=True, **changes):
    return compliance_items.publication(record(*patches, **changes), NODE, TYPE, everything)


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        pytest.param({**PATCH, "title": "t" * 600}, {"Title": "t" * 497 + "..."}, id="long title"),
        pytest.param({**PATCH, "kb_id": ""}, {"Id": PATCH["title"]}, id="no id"),
        pytest.param({**PATCH, "compliance_level": None}, {"Severity": "UNSPECIFIED"}, id="no level"),
        pytest.param({**PATCH, "compliance_level": "INFORMATIONAL"}, {"Severity": "INFORMATIONAL"}, id="level"),
        pytest.param({**PATCH, "status": "COMPLIANT"}, {"Status": "COMPLIANT"}, id="compliant"),
    ],
)
def test_the_item_of_a_patch(patch, expected):
    _node, item = published(patch).items
    assert expected.items() <= item.items()


def test_patches_with_one_id_are_two_items():
    one = published(PATCH, {**PATCH, "title": "openssl.amd64:4"})
    assert [item["Id"] for item in one.items[1:]] == ["openssl.amd64", "openssl.amd64 openssl.amd64:4"]


def test_patches_that_are_not_reported_have_no_item():
    hidden = {**GOOD, "state": None, "status": None}
    assert len(published(hidden).items) == 1
    assert [item["Id"] for item in published(GOOD, PATCH, everything=False).items[1:]] == ["openssl.amd64"]


def many(count, **members):
    return [{**GOOD, "kb_id": f"package-{number}.amd64", **members} for number in range(count)]


@pytest.mark.parametrize(
    ("patches", "kept", "omitted"),
    [
        pytest.param([*many(400, reason="x" * 9_000, compliance_level="CRITICAL"), PATCH], None, None, id="too large"),
        pytest.param([*many(50), PATCH], 51, 0, id="as many as there is room for"),
    ],
)
def test_what_there_is_no_room_for_matters_least(managed, items, patches, kept, omitted):
    answer = items.ok(records=[record(*patches)], patches="all")
    (node,) = answer["nodes"]
    (request,) = put_calls(managed)
    assert len(json.dumps(request)) < 1_000_000
    assert request["Items"][1]["Id"] == "openssl.amd64"
    if kept is None:
        assert 0 < node["omitted"] == len(patches) - (node["items"] - 1)
        assert answer["warnings"] == [
            f"{RECORD['node']['name']}: there was no room for items of {node['omitted']} patches"
        ]
        assert request["Items"][0]["Details"]["ItemsOmitted"] == str(node["omitted"])
    else:
        assert (node["items"] - 1, node["omitted"], answer["warnings"]) == (kept, omitted, [])
    assert len(stored(managed)) == node["items"]


def test_patches_that_a_fact_leaves_out_are_warned_of(managed, items):
    answer = items.ok(records=[record(PATCH, patches_omitted=7)])
    assert "its record leaves out 7 patches" in answer["warnings"][0]


def test_a_caller_who_may_not_put_items(managed, items):
    managed.fail(operation="PutComplianceItems", error="AccessDeniedException")
    message = items.failure(records=[record(PATCH)])
    assert message.startswith(f"Failed to put 2 items of {TYPE} compliance on {NODE}: ")


@pytest.mark.parametrize("error", ["TotalSizeLimitExceededException", "InvalidItemContentException"])
def test_a_host_that_is_refused_stops_no_other(managed, items, error):
    first, second = nodes = [node_id(1), NODE]
    records = [record(PATCH, node={"id": one, "mi_id": one, "name": one}) for one in nodes]
    items.ok(records=[record(GOOD, time="2026-11-20T05:40:00Z", node=records[0]["node"])])
    managed.fail(operation="PutComplianceItems", error=error, times=1)
    answer = items(records=records)
    assert answer["msg"].startswith(f"1 of 2 hosts have items that AWS refuses. {first}: Failed to put 2 items of ")
    assert (results(answer), answer["changed"]) == ({first: "refused", second: "published"}, True)
    assert answer["changes"] == [f"put 2 items of {TYPE} compliance on {second}"]
    assert answer["diff"]["after"][first] == answer["diff"]["before"][first]
    assert len(answer["diff"]["before"][first]["items"]) == answer["nodes"][0]["items"] == 1
    again = items.ok(records=records)
    assert results(again) == {first: "published", second: "unchanged"}


def test_unmanaged_and_refused_hosts_are_told_apart(managed, items):
    nodes = [NODE, node_id(7)]
    managed.fail(operation="PutComplianceItems", error="ItemSizeLimitExceededException")
    records = [record(PATCH, node={"id": one, "mi_id": one, "name": one}) for one in nodes]
    message = items.failure(records=records)
    assert f"1 of 2 hosts have no managed node. {node_id(7)}: " in message
    assert f"1 of 2 hosts have items that AWS refuses. {NODE}: " in message
    answer = items(records=records, unmanaged_nodes="warn")
    assert answer["msg"].startswith("1 of 2 hosts have items that AWS refuses. ")
    assert [one for one in answer["warnings"] if one.startswith(node_id(7))]


def test_a_throttled_call_is_repeated(managed, items):
    managed.fail(operation="PutComplianceItems", error="ThrottlingException", times=1)
    assert items.ok(records=[record(PATCH)])["changed"]


def test_the_examples_can_be_pasted(managed, tmp_path):
    tasks = yaml.safe_load(importlib.import_module(MODULES + "ssm_compliance_items").EXAMPLES)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "record.json").write_text(json.dumps(record(PATCH, GOOD)), encoding="utf-8")
    managed.nodes({"id": NODE}, {"id": "mi-0123456789abcdef0"})
    scanned = {"patch_compliance": record(PATCH), "cacheable": True}
    defaults = {"group/patchops.fleet.aws": {"region": "eu-central-1"}}
    play = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults,
             "tasks": [{"ansible.builtin.set_fact": scanned}, *tasks]}]  # fmt: skip
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    environment = {**os.environ, **managed.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
    command = [ANSIBLE_BIN / "ansible-playbook", "play.yml"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert set(stored(managed)) == {"patch-compliance", "openssl.amd64"}
    assert set(stored(managed, node="mi-0123456789abcdef0")) == {"patch-compliance", "openssl.amd64", "zlib.amd64"}
