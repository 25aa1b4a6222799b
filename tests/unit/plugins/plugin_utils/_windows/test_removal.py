# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removal script found or did, and why an update cannot leave."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import InventoryError
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows import removal
from ansible_collections.patchops.fleet.tests.servers.windows import small_scripts
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import WindowsHost

PERMANENT = 0x800F0825


@pytest.fixture
def host():
    return WindowsHost().add(
        Update("u1", "One", ("1",), installed=True),
        Update("u2", "Two", ("2",), installed=True, packaged=False),
        Update("u3", "Three", ("3",), installed=True, removal_fails_with=PERMANENT),
        Update("u11", "Eleven", ("11",), installed=True),
    )


def asked(host, remove):
    return removal.read(small_scripts.remove(host, {"Numbers": ["1", "2", "3"], "Names": [], "Remove": remove}))


def test_a_question_removes_nothing(host):
    answer = asked(host, remove=False)
    assert all(one.installed for one in host.updates)
    assert {number: removal.impossible(one) for number, one in answer.items()} == {
        "1": None, "2": removal.NO_PACKAGE, "3": None,
    }  # fmt: skip


def test_a_removal_tells_what_failed_in_words(host):
    answer = asked(host, remove=True)
    assert [one.installed for one in host.updates] == [False, True, True, True]
    assert removal.failure(answer["1"]) is None
    assert removal.failure(answer["2"]) == removal.NO_PACKAGE
    assert removal.failure(answer["3"]) == "0x800F0825: the package is permanent: nothing removes it"
    assert removal.failure(None) == removal.NO_PACKAGE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Access is denied", id="no JSON"),
        pytest.param(json.dumps({"schema": 1, "removals": [{"number": "1"}]}), id="a member is missing"),
        pytest.param(json.dumps({"schema": 1, "removals": [], "more": 1}), id="a member too many"),
    ],
)
def test_what_is_no_answer(text):
    with pytest.raises(InventoryError, match="the removal script answered"):
        removal.read(text)
