# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON report: the records as they were, and what the report makes of them."""

from __future__ import annotations

import json

from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import RECORD
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.plugin_utils._report import fleet, json_document, loading


def test_the_document(assembled, record):
    stale = record("web-1", run_id="before")
    made = assembled(
        stale,
        hosts={"web-1": "", "app-1": "failed"},
        unreadable=[loading.Unreadable("/x.json", "not JSON")],
        warnings=["look"],
        title="Fleet",
    )
    document = json.loads(json_document.rendered(made))
    assert document == {
        "schema": 1,
        "title": "Fleet",
        "generated_at": "2026-11-21T06:00:00Z",
        "summary": fleet.summary(made),
        "nodes": [
            {
                **stale,
                "report": {
                    "status": "UNKNOWN",
                    "reason": "stale: captured 2026-11-21 05:40 UTC by another run",
                    "stale": True,
                    "notes": [],
                    "source": "facts of web-1",
                },
            }
        ],
        "unknown_hosts": [{"name": "app-1", "reason": "failed"}],
        "unreadable": [{"path": "/x.json", "reason": "not JSON"}],
        "warnings": ["look"],
    }


def test_each_node_is_still_a_compliance_record(sample_fleet):
    for node in json.loads(json_document.rendered(sample_fleet))["nodes"]:
        assert list(faults(node, RECORD)) == []


def test_hostile_text_stays_as_it_was(assembled, record):
    hostile = "\x1b[31m\u202e<script>\ud800=1\u2028"
    (node,) = json.loads(json_document.rendered(assembled(record(hostile))))["nodes"]
    assert node["node"]["name"] == hostile


def test_the_time_of_the_report_is_found_in_the_document_itself_only(assembled, record):
    made = record(activity=['\n "generated_at": "2020-01-01T00:00:00Z"'])
    text = json_document.rendered(assembled(made)).encode()
    assert json_document.MADE_AT.findall(text) == [b' "generated_at": "2026-11-21T06:00:00Z"']
