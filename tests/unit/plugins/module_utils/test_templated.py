# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._templated import structure

EASTERN = datetime.timezone(datetime.timedelta(hours=-5))
VALUES = [
    pytest.param([{"name": "x", "rules": [{"until": datetime.date(2026, 11, 30)}]}], id="a date"),
    pytest.param([datetime.datetime(2026, 11, 30, 5, 40)], id="an instant"),
    pytest.param([datetime.datetime(2026, 11, 30, 5, 40, tzinfo=datetime.timezone.utc)], id="an instant in UTC"),
    pytest.param([datetime.datetime(2026, 11, 30, tzinfo=EASTERN)], id="an instant with an offset"),
    pytest.param({"a": None, "b": True, "c": -1, "d": 1.5, "e": 'it\'s "so"\n'}, id="literals"),
    pytest.param([], id="empty list"),
]


@pytest.mark.parametrize("value", VALUES)
def test_the_text_of_a_structure_becomes_it_again(value):
    assert structure(repr(value)) == value


@pytest.mark.parametrize("value", VALUES)
def test_a_structure_stays_as_it_is(value):
    assert structure(value) is value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("predefined", id="a word"),
        pytest.param("", id="empty"),
        pytest.param("[x", id="cut off"),
        pytest.param("[open('/etc/passwd')]", id="a call"),
        pytest.param("[datetime.timezone(1)]", id="another call"),
        pytest.param("[datetime.date(2026, 13, 30)]", id="no day"),
        pytest.param("[datetime.date(10000000000, 1, 1)]", id="no year"),
        pytest.param("[datetime.date.utc]", id="no time zone"),
        pytest.param("[datetime.date.today()]", id="the clock"),
        pytest.param("[datetime.date(**{'year': 2026})]", id="unpacked arguments"),
        pytest.param("[datetime.date('x')]", id="no number"),
        pytest.param("[-'x']", id="no negative"),
        pytest.param("{**{}}", id="unpacked"),
        pytest.param("{[]: 1}", id="a key that cannot be one"),
        pytest.param("[" * 10000, id="deep"),
        pytest.param("[\0]", id="no text"),
    ],
)
def test_any_other_text_stays_as_it_is(text):
    assert structure(text) is text
