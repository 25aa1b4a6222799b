# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._plain import plain


class Text(str):
    """What templating hands over in place of a str."""

    def __str__(self):
        return "not the text itself"


class Number(int):
    pass


class Fraction(float):
    pass


class Mapping(dict):
    pass


class Sequence(list):
    pass


def types_of(value):
    """The types at every level of a value."""
    if isinstance(value, dict):
        return {type(value)}.union(*(types_of(key) | types_of(inner) for key, inner in value.items()))
    if isinstance(value, list):
        return {type(value)}.union(*map(types_of, value))
    return {type(value)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="null"),
        pytest.param(True, True, id="boolean"),
        pytest.param("text", "text", id="text"),
        pytest.param(Text("text"), "text", id="tagged text"),
        pytest.param(Number(3), 3, id="tagged integer"),
        pytest.param(Fraction(0.5), 0.5, id="tagged fraction"),
        pytest.param(datetime.date(2026, 11, 30), "2026-11-30", id="a date that YAML made"),
        pytest.param(datetime.datetime(2026, 11, 30, 4, 5, 6), "2026-11-30T04:05:06", id="an instant that YAML made"),
        pytest.param(
            datetime.datetime(2026, 11, 30, 4, 5, 6, tzinfo=datetime.timezone.utc),
            "2026-11-30T04:05:06+00:00",
            id="an instant with its zone",
        ),
        pytest.param((1, "a"), [1, "a"], id="tuple"),
        pytest.param({"a"}, ["a"], id="set"),
        pytest.param(frozenset(["a"]), ["a"], id="frozen set"),
        pytest.param({7: "a", None: "b"}, {"7": "a", "None": "b"}, id="keys that are no text"),
        pytest.param({datetime.date(2026, 11, 30): 1}, {"2026-11-30": 1}, id="a date as key"),
        pytest.param(
            Mapping({Text("rules"): Sequence([Mapping({Text("until"): datetime.date(2026, 11, 30)}), (Number(7),)])}),
            {"rules": [{"until": "2026-11-30"}, [7]]},
            id="all the way down",
        ),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected
    assert types_of(plain(value)) == types_of(expected)
    assert types_of(plain(value)) <= {dict, list, str, int, float, bool, type(None)}


def test_containers_are_copied():
    given = {"values": ["a"]}
    made = plain(given)
    made["values"].append("b")
    assert given == {"values": ["a"]}


@pytest.mark.parametrize("value", [b"x", object(), 1j, {"a": [object()]}], ids=["bytes", "object", "complex", "deep"])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match=r"^a value of type (bytes|object|complex) cannot be used here$"):
        plain(value)
