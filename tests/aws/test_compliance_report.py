# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS nodes and hosts side by side: the examples of ssm_patch_compliance_info, run as they stand."""

from __future__ import annotations

import csv
import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.tests.aws.conftest import MODULES
from ansible_collections.patchops.fleet.tests.servers.answers import INSTALLED_OTHER, MISSING, node_id

ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "records"
NODE = "i-0123456789abcdef0"
PENDING = {**MISSING, "KBId": "kernel.x86_64", "Title": "kernel.x86_64:0:6.1-1", "State": "INSTALLED_PENDING_REBOOT",
           "Level": "LOW"}  # fmt: skip
FORMATS = {"csv_detail": "reports/detail.csv", "json": "reports/report.json", "facts": False, "stale_after": 1_000_000}


def host_record():
    """A record that a host made, with patches that are missing."""
    for path in sorted(FIXTURES.rglob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if record.get("schema") == 1 and record.get("summary", {}).get("missing_count"):
            return path, record
    raise AssertionError("no fixture has missing patches")


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_report_of_aws_nodes_and_hosts(aws, tmp_path):
    group = {"Patch Group": "Production"}
    aws.nodes(
        {"id": NODE, "name": "aws-1", "tags": group, "scanned": True, "patches": [MISSING, PENDING, INSTALLED_OTHER]},
        {"id": node_id(1), "name": "aws-2", "tags": group},
    )
    path, host = host_record()
    folder = tmp_path / "records"
    shutil.copytree(path.parent, folder / path.parent.name)
    tasks = yaml.safe_load(importlib.import_module(MODULES + "ssm_patch_compliance_info").EXAMPLES)
    defaults = {"group/patchops.fleet.aws": {"region": "eu-central-1"}, "patchops.fleet.patch_report": FORMATS}
    play = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    environment = {**os.environ, **aws.environment(), "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "200"}
    ended = subprocess.run(
        [ANSIBLE_BIN / "ansible-playbook", "play.yml"], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert '"msg": ["aws-1"]' in " ".join(ended.stdout.split()).replace("[ ", "[").replace(" ]", "]")

    reports = tmp_path / "reports"
    rows = {row["Instance name"]: row for row in table(reports / "patch-compliance.csv")}
    assert set(rows) == {"aws-1", "aws-2", host["node"]["name"]}
    told = rows["aws-1"]
    assert (told["Instance ID"], told["Compliance status"], told["Compliance severity"]) == (
        NODE, "NON_COMPLIANT", "CRITICAL",
    )  # fmt: skip
    levels = [told[f"Noncompliant {level} severity patch count"] for level in ("Critical", "High", "Low")]
    assert levels == ["1", "0", "1"]
    assert (told["Patch baseline"], told["Patch group"]) == ("AWS-AmazonLinux2023DefaultPatchBaseline", "Production")
    assert rows["aws-2"]["Compliance status"] == "UNKNOWN"
    assert rows[host["node"]["name"]]["Compliance status"] == host["status"]

    detail = table(reports / "detail.csv")
    mine = {row["KB ID/Patch ID"]: row for row in detail if row["Instance ID"] == NODE}
    assert set(mine) == {"openssl.x86_64", "kernel.x86_64"}
    openssl = mine["openssl.x86_64"]
    assert (openssl["Patch state"], openssl["Compliance level"]) == ("MISSING", "CRITICAL")
    assert openssl["CVE ID"] == MISSING["CVEIds"]
    assert len(detail) == 2 + sum(1 for patch in host["patches"] if patch["state"])

    document = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    assert document["unreadable"] == []
    assert sorted(node["node"]["name"] for node in document["nodes"]) == sorted(rows)
    for node in document["nodes"]:
        assert list(faults(node, schemas.RECORD)) == []
    summary = document["summary"]
    assert (summary["nodes"], summary["unknown"]) == (3, 1)
    assert summary["patches"]["missing_count"] == 1 + host["summary"]["missing_count"]
    assert summary["patches"]["waiting_count"] == host["summary"]["waiting_count"]

    page = (reports / "patch-compliance.html").read_text(encoding="utf-8")
    assert "AWS Systems Manager, to which the node was online then" in page
    assert page.count('role="row" data-node=') == 3
    (row,) = [line for line in ended.stdout.splitlines() if line.startswith("aws-1 ")]
    assert row.split()[1:8] == ["NON_COMPLIANT", "1", "0", "-", "0", "-", "1"]
