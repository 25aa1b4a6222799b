# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and registrations of patch groups."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import BaselineError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm import patch_group

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "ssm"


@pytest.mark.parametrize("name", ["P", "Production Linux", "a_b.c:d/e=f+g-h@i", "Größe", "本番 ½", "x" * 256])
def test_good_names(name):
    patch_group.refuse_name(name)


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        pytest.param("", ["must have 1 to 256 characters, not 0"], id="empty"),
        pytest.param("x" * 257, ["must have 1 to 256 characters, not 257"], id="long"),
        pytest.param("a*", ["'a*' may hold letters, numbers, blanks and _ . : / = + - @ only"], id="star"),
        pytest.param("a\tb", ["'a\tb' may hold letters, numbers, blanks and _ . : / = + - @ only"], id="tabulator"),
        pytest.param("*" * 257, ["must have 1 to 256 characters, not 257", "'**"], id="both"),
    ],
)
def test_bad_names(name, problems):
    with pytest.raises(BaselineError) as caught:
        patch_group.refuse_name(name)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(problems)
    assert all(one.startswith("patch_group: " + words) for one, words in zip(found, problems))


def mappings():
    """Of every answer of DescribePatchGroups that is recorded."""
    for path in sorted(FIXTURES.rglob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        answer = answer.get("data", answer)
        for index, row in enumerate(answer.get("Mappings", [])):
            yield pytest.param(row, id="%s[%d]" % (path.name, index))


MAPPINGS = list(mappings())


def test_recorded_answers_are_found():
    assert len(MAPPINGS) == 3


@pytest.mark.parametrize("row", MAPPINGS)
def test_recorded_registrations(row):
    identity = row["BaselineIdentity"]
    assert patch_group.from_api(row) == {
        "patch_group": row["PatchGroup"],
        "operating_system": identity["OperatingSystem"],
        "baseline_id": identity["BaselineId"],
        "baseline": identity["BaselineName"],
    }


def test_an_operating_system_that_is_left_out_is_windows():
    row = {"PatchGroup": "QA", "BaselineIdentity": {"BaselineId": "pb-1"}}
    assert patch_group.from_api(row)["operating_system"] == "WINDOWS"
