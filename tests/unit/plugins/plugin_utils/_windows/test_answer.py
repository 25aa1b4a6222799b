# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the search script: read, or refused with what is wrong."""

from __future__ import annotations

import json

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import InventoryError
from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.answer import read
from ansible_collections.patchops.fleet.tests.servers.windows import search_script
from ansible_collections.patchops.fleet.tests.servers.windows.catalogue import Update
from ansible_collections.patchops.fleet.tests.servers.windows.host import Attempt, WindowsHost

HOST = WindowsHost().add(Update("u1", "One", ("5031364",)))
HOST.history.append(Attempt("u1", HOST.now))


def printed(**changes):
    document = json.loads(search_script.printed(HOST, {}))
    return json.dumps({**document, **changes})


def test_an_answer_is_read():
    assert [one["title"] for one in read(printed())["updates"]] == ["One"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("", ["no JSON"], id="nothing"),
        pytest.param("Exception calling Search", ["Exception calling Search", "no JSON"], id="an error's text"),
        pytest.param(printed()[:-40], ["no JSON"], id="cut off"),
        pytest.param("[]", ["not of type object"], id="a list"),
        pytest.param(printed(schema=2), ["schema: 2 is not 1"], id="of another version"),
        pytest.param(
            printed(updates=[{"id": "u1"}]), ["updates[0]", "bulletin_ids is missing"], id="an update without members"
        ),
        pytest.param(printed(uses_wsus="0"), ["uses_wsus", "'0'"], id="another type"),
        pytest.param(printed(more=1), ["more: not a known member"], id="a member more"),
        pytest.param(printed(boot_time={}), ["boot_time"], id="what PowerShell 5.1 makes of no output"),
    ],
)
def test_what_is_no_answer_is_refused(written, words):
    with pytest.raises(InventoryError) as caught:
        read(written)
    for word in words:
        assert word in str(caught.value)
