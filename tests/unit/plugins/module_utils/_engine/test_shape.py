# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults

NODE = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": ["string", "null"]}},
    "additionalProperties": False,
}
LIST_OF_NODES = {"type": "array", "items": NODE}
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}
OPEN = {"type": "object", "required": ["level"], "properties": {"level": {"enum": ["HIGH", "LOW", None]}}}
VERSIONED = {"type": "object", "properties": {"schema": {"const": 1}, "nodes": LIST_OF_NODES, "counts": COUNTS}}


@pytest.mark.parametrize(
    ("document", "schema", "expected"),
    [
        pytest.param({"id": "a", "name": "b"}, NODE, [], id="sound"),
        pytest.param({"id": "a", "name": None}, NODE, [], id="one of several types"),
        pytest.param({"id": "a"}, NODE, ["document: name is missing"], id="missing"),
        pytest.param({"id": "a", "name": None, "x": 1}, NODE, ["x: not a known member"], id="unknown"),
        pytest.param({"id": 1, "name": None}, NODE, ["id: 1 is not of type string"], id="type"),
        pytest.param({"id": "a", "name": 1}, NODE, ["name: 1 is not of type string or null"], id="none of the types"),
        pytest.param("a", NODE, ["document: 'a' is not of type object"], id="the document itself"),
        pytest.param(
            {"x": 1},
            NODE,
            ["document: id is missing", "document: name is missing", "x: not a known member"],
            id="every fault, not the first",
        ),
        pytest.param(
            [{"id": "a", "name": "b"}, {"id": "a"}, 3],
            LIST_OF_NODES,
            ["[1]: name is missing", "[2]: 3 is not of type object"],
            id="items by number",
        ),
        pytest.param({"a": 1, "b": 0}, COUNTS, [], id="any names"),
        pytest.param({"a": 1, "b": "0"}, COUNTS, ["b: '0' is not of type integer"], id="any names of one type"),
        pytest.param({"level": "LOW", "more": [1]}, OPEN, [], id="unknown members where allowed"),
        pytest.param({"level": None}, OPEN, [], id="null among the values"),
        pytest.param({"level": "low"}, OPEN, ["level: 'low' is none of HIGH, LOW, None"], id="none of the values"),
        pytest.param({"schema": 2}, VERSIONED, ["schema: 2 is not 1"], id="another constant"),
        pytest.param(
            {"nodes": [{"id": "a", "name": "b"}, {"id": [], "name": "b"}], "counts": {"x": None}},
            VERSIONED,
            ["nodes[1].id: [] is not of type string", "counts.x: None is not of type integer"],
            id="the path to the fault",
        ),
        pytest.param(True, {"type": "integer"}, ["document: True is not of type integer"], id="a boolean is no number"),
        pytest.param(1, {"type": "boolean"}, ["document: 1 is not of type boolean"], id="a number is no boolean"),
        pytest.param(1, {"type": "number"}, [], id="an integer is a number"),
        pytest.param(1.5, {"type": "integer"}, ["document: 1.5 is not of type integer"], id="a fraction is no integer"),
        pytest.param({"x": object}, {}, [], id="no demands"),
    ],
)
def test_faults(document, schema, expected):
    assert list(faults(document, schema)) == expected


def test_long_values_are_quoted_in_part():
    (fault,) = faults("x" * 10000, {"type": "integer"})
    assert len(fault) < 150


# Whole numbers written as fractions (1.0) are left out: JSON Schema calls them integers, our documents hold none.
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["HIGH", "LOW", "a", 0.5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "level", "nodes", "counts", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("schema", [NODE, LIST_OF_NODES, COUNTS, OPEN, VERSIONED])
def test_faults_are_found_exactly_where_json_schema_finds_some(schema):
    validator = jsonschema.Draft202012Validator(schema)

    @given(PLAIN)
    def agrees(document):
        assert (list(faults(document, schema)) == []) == validator.is_valid(document)

    agrees()
