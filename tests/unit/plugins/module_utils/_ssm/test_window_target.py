# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.change import ResourceError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.window_target import (
    comparable,
    declared,
    find,
    from_api,
    plan,
    to_api,
)

TARGET = {"name": "production", "resource_type": "INSTANCE", "targets": {"tag:Patch Group": ["Production"]}}
ID = "01234567-89ab-cdef-0123-456789abcdef"
READ = {"window_target_id": ID, **TARGET, "owner_information": "platform", "description": "Servers"}
ANSWER = {
    "WindowId": "mw-0123456789abcdef0",
    "WindowTargetId": ID,
    "ResourceType": "INSTANCE",
    "Targets": [{"Key": "tag:Patch Group", "Values": ["Production"]}],
    "OwnerInformation": "platform",
    "Name": "production",
    "Description": "Servers",
}


def test_what_the_api_answers_in_the_form_that_users_write():
    assert from_api(ANSWER) == READ
    assert from_api({**ANSWER, "OwnerInformation": "", "Description": "", "Name": ""}) == {
        name: READ[name] for name in ("window_target_id", "resource_type", "targets")
    }


def test_one_key_twice_is_kept_apart():
    rows = [{"Key": "tag:a", "Values": ["x"]}, {"Key": "tag:a", "Values": ["y"]}]
    read = from_api({**ANSWER, "Targets": rows})["targets"]
    assert read == [{"key": "tag:a", "values": ["x"]}, {"key": "tag:a", "values": ["y"]}]
    assert comparable("targets", read) == read


def test_a_request():
    expected = {name: value for name, value in ANSWER.items() if name not in ("WindowId", "WindowTargetId")}
    del expected["ResourceType"]
    assert to_api(READ) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({}, {}, id="as it is"),
        pytest.param({"resource_type": None, "description": None}, {}, id="nothing"),
        pytest.param({"owner_information": "", "description": ""}, {}, id="cleared"),
        pytest.param({"targets": {"tag:Ring": 1, "tag-key": "Owner"}},
                     {"targets": {"tag:Ring": ["1"], "tag-key": ["Owner"]}}, id="values that stand alone"),
        pytest.param({"targets": {"tag:Überwachung_.:/=-@ 1": ["x"]}}, {"targets": {"tag:Überwachung_.:/=-@ 1": ["x"]}},
                     id="keys of any script"),
        pytest.param({"ResourceType": "INSTANCE"}, {}, id="members as the API writes them"),
    ],
)  # fmt: skip
def test_declared(written, expected):
    given = {name: value for name, value in TARGET.items() if name != "resource_type"}
    assert declared({**given, **written}) == {**TARGET, **expected}


def test_a_name_is_needed_but_for_one_that_exists():
    nameless = {"targets": TARGET["targets"]}
    assert "name" not in declared({**nameless, "window_target_id": ID})
    with pytest.raises(ScheduleError, match=r"window_target\.name: is missing"):
        declared(nameless)


def test_all_that_is_wrong_at_once():
    with pytest.raises(ScheduleError) as caught:
        declared({"name": "a b", "targets": {"x": []}, "resource_type": "NODE", "colour": "blue"}, "targets[2]")
    assert [problem.path for problem in caught.value.problems] == [
        "targets[2].colour",
        "targets[2].name",
        "targets[2].resource_type",
        "targets[2].targets.x",
        "targets[2].targets.x",
    ]


@pytest.mark.parametrize("written", [pytest.param([], id="list"), pytest.param("all", id="text")])
def test_what_is_no_mapping(written):
    with pytest.raises(ScheduleError, match="must be a mapping"):
        declared(written)
    with pytest.raises(ScheduleError, match="must be a mapping of keys to lists of values"):
        declared({**TARGET, "targets": written})


def test_order_and_repetition_count_nowhere():
    one, other = {"tag:a": ["x", "y"], "tag-key": ["z"]}, {"tag-key": ["z"], "tag:a": ["y", "x", "y"]}
    assert comparable("targets", one) == comparable("targets", other)
    assert comparable("targets", one) != comparable("targets", {"tag:a": ["x"], "tag-key": ["z"]})


@pytest.mark.parametrize(
    ("options", "purge", "different"),
    [
        pytest.param({}, False, {}, id="nothing"),
        pytest.param({"description": ""}, False, {"description": None}, id="cleared"),
        pytest.param({"owner_information": "x"}, False, {"owner_information": "x"}, id="one"),
        pytest.param(TARGET, True, {"owner_information": None, "description": None}, id="replaced"),
    ],
)
def test_plan(options, purge, different):
    change = plan(READ, options, purge)
    expected = {name: value for name, value in {**READ, **different}.items() if value is not None}
    assert (change.before, change.after, change.needed) == (READ, expected, bool(different))


def test_the_resource_type_stays():
    group = {"resource_type": "RESOURCE_GROUP", "targets": {"resource-groups:Name": ["fleet"]}}
    with pytest.raises(ResourceError, match="cannot be changed to RESOURCE_GROUP"):
        plan(READ, group)


def test_find():
    other = {**READ, "window_target_id": "another"}
    assert find([READ], "production") == READ
    assert find([READ], "critical") is None
    with pytest.raises(ResourceError, match=ID + ", another"):
        find([READ, other], "production")
