# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compliance records to report on: small ones made here, and the sample fleet of tests/fixtures/records."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import COUNTS, RECORD
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.plugin_utils._report import fleet, loading

NOW = datetime.datetime(2026, 11, 21, 6, 0, tzinfo=datetime.timezone.utc)
TWO_DAYS = datetime.timedelta(hours=48)
SAMPLES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "records"


def make_patch(title="openssl.amd64:3.0.17-2", **changes):
    patch = {
        "title": title,
        "kb_id": "openssl.amd64",
        "name": "openssl",
        "state": "MISSING",
        "status": "NON_COMPLIANT",
        "decision": "approved",
        "reason_code": "rule",
        "reason": "rule 1 approves it",
        "compliance_level": "HIGH",
        "classification": "Security",
        "severity": "important",
        "installed_time": None,
        "cve_ids": [],
    }
    return {**patch, **changes}


def make_record(name="web-1", time="2026-11-21T05:40:00Z", run_id="now", patches=(), summary=(), **changes):
    record = {
        "schema": 1,
        "capture": {"time": time, "run_id": run_id},
        "operation": "Scan",
        "node": {"id": f"id-{name}", "name": name, "operating_system": "DEBIAN", "patch_group": "Production"},
        "baseline": {"name": "production", "why": "patch group Production names it"},
        "status": "NON_COMPLIANT" if patches else "COMPLIANT",
        "compliance_level": "HIGH" if patches else None,
        "complete": True,
        "summary": {**dict.fromkeys(COUNTS, 0), "missing_count": len(patches), **dict(summary)},
        "patches": list(patches),
        "patches_omitted": 0,
    }
    record.update(changes)
    assert not list(faults(record, RECORD)), "the test's own record must be one"
    return record


@pytest.fixture
def patch():
    return make_patch


@pytest.fixture
def record():
    return make_record


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def assembled():
    """A fleet of these records, as one run of the play saw it when `hosts` is given."""

    def assemble(*records, hosts=None, answered=(), unreadable=(), warnings=(), title=""):
        found = [loading.Found(record, f"facts of {record['node']['name']}") for record in records]
        loaded = loading.Loaded(loading.newest_per_node(found), list(unreadable), list(warnings))
        run = fleet.Run(id="now", hosts=hosts, answered=answered) if hosts is not None else None
        return fleet.assembled(loaded, NOW, TWO_DAYS, run, title)

    return assemble


@pytest.fixture
def sample_fleet():
    return fleet.assembled(loading.from_folder(SAMPLES), NOW, TWO_DAYS)


@pytest.fixture
def written(tmp_path):
    """Write a document below `tmp_path` and hand back its path."""

    def write(name, document):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write
