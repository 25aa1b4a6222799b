# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults

NODE = {"id": "0f3c", "name": "web1", "operating_system": "DEBIAN", "platform": {"name": "Debian", "version": "12"}}

INVENTORY = {
    "schema": 1,
    "captured_at": "2026-11-21T05:40:00Z",
    "node": NODE,
    "manager": "apt",
    "complete": True,
    "problems": [{"what": "/etc/apt/preferences", "why": "no root"}],
    "reboot": {"required": None},
    "repositories": {"security": {"id": "security", "label": "Debian-Security", "trusted": True}},
    "advisories": {"DSA-1": {"id": "DSA-1", "type": "security", "issued": 1718000000, "cves": ["CVE-2024-1"]}},
    "packages": [
        {
            "name": "openssl",
            "arch": "amd64",
            "installed": [{"version": "3.0.14-1", "epoch": None}],
            "available": [{"version": "3.0.15-1", "repositories": ["security"], "policy_priority": 500}],
            "held": None,
        }
    ],
    "updates": [{"title": "Update", "installed": False, "kb": "KB1"}],
}

RECORD = {
    "schema": 1,
    "capture": {"time": "2026-11-21T05:40:00Z", "run_id": "1"},
    "operation": "Scan",
    "node": NODE,
    "baseline": {"name": None, "why": "none was given", "source": "predefined"},
    "status": "NON_COMPLIANT",
    "compliance_level": "HIGH",
    "complete": True,
    "summary": dict.fromkeys(schemas.COUNTS, 0),
    "patches": [
        {
            "title": "openssl.amd64:3.0.15-1",
            "kb_id": "openssl.amd64",
            "state": "MISSING",
            "status": "NON_COMPLIANT",
            "decision": "approved",
            "reason_code": "rule",
            "reason": "rule 1",
            "compliance_level": "HIGH",
            "classification": "",
            "severity": "optional",
            "installed_time": None,
            "cve_ids": [],
            "rule": 1,
        }
    ],
    "patches_omitted": 0,
}

DOCUMENTS = [
    pytest.param(schemas.INVENTORY, INVENTORY, id="inventory"),
    pytest.param(schemas.RECORD, RECORD, id="record"),
]


def paths(document, path=()):
    """Where something stands in a document: the keys and numbers that lead to it."""
    if isinstance(document, dict):
        inner = document.items()
    elif isinstance(document, list):
        inner = enumerate(document)
    else:
        return
    for key, value in inner:
        yield (*path, key)
        yield from paths(value, (*path, key))


def parent_of(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


def keywords(schema):
    """Every JSON Schema keyword in use."""
    for keyword, value in schema.items():
        yield keyword
        inner = value.values() if keyword == "properties" else [value]
        for each in inner:
            if isinstance(each, dict):
                yield from keywords(each)


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_the_schema_is_json_schema_in_the_words_that_shape_knows(schema, document):
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(schema)))
    known = {"type", "enum", "const", "required", "properties", "additionalProperties", "items"}
    assert set(keywords(schema)) <= known


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_a_sound_document(schema, document):
    assert list(faults(document, schema)) == []


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_a_newer_schema_is_refused(schema, document):
    assert list(faults(dict(document, schema=2), schema)) == ["schema: 2 is not 1"]


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_members_of_later_versions_are_allowed(schema, document):
    later = copy.deepcopy(document)
    later["later"] = later["node"]["later"] = {"anything": 1}
    assert list(faults(later, schema)) == []


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_every_required_member_is_missed(schema, document):
    for name in schema["required"]:
        without = {member: value for member, value in document.items() if member != name}
        assert list(faults(without, schema)) == ["document: %s is missing" % name]


OTHER_VALUES = st.sampled_from([None, True, -1, 0.5, "", "COMPLIANT", [], ["x"], [None], {}, {"id": "x"}, {"x": 1}])


@pytest.mark.parametrize(("schema", "document"), DOCUMENTS)
def test_a_changed_document_holds_exactly_when_json_schema_says_so(schema, document):
    validator = jsonschema.Draft202012Validator(schema)
    places = [path for path in paths(document) if path != ("schema",)]

    @given(st.sampled_from(places), OTHER_VALUES)
    def agrees(path, value):
        changed = copy.deepcopy(document)
        parent_of(changed, path)[path[-1]] = value
        assert (list(faults(changed, schema)) == []) == validator.is_valid(changed)

    agrees()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(schemas.STATUSES, id="statuses"),
        pytest.param(schemas.STATES, id="states"),
        pytest.param(schemas.LEVELS, id="levels"),
        pytest.param(schemas.DECISIONS, id="decisions"),
        pytest.param(schemas.REASON_CODES, id="reason codes"),
        pytest.param(schemas.MANAGERS, id="package managers"),
        pytest.param(schemas.COUNTS, id="counts"),
    ],
)
def test_no_name_twice(names):
    assert len(set(names)) == len(names)
