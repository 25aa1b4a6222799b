# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._ssm.maintenance_window import (
    Purge,
    comparable,
    declared,
    from_api,
    plan,
    to_api,
)

WINDOW = {"name": "production-sunday", "schedule": "cron(0 2 ? * SUN *)", "duration": 4, "cutoff": 1}
DEFAULTS = {"allow_unassociated_targets": False, "enabled": True, "tags": {}}
CREATED = datetime.datetime(2026, 11, 21, 5, 40, tzinfo=datetime.timezone.utc)
ANSWER = {
    "WindowId": "mw-0123456789abcdef0",
    "Name": "production-sunday",
    "Description": "",
    "Schedule": "cron(0 2 ? * SUN *)",
    "ScheduleTimezone": "UTC",
    "EndDate": "2030-01-01T00:00:00Z",
    "Duration": 4,
    "Cutoff": 0,
    "AllowUnassociatedTargets": True,
    "Enabled": False,
    "NextExecutionTime": "2026-11-22T02:00Z",
    "CreatedDate": CREATED,
    "ModifiedDate": CREATED,
}
READ = {
    "window_id": "mw-0123456789abcdef0",
    "name": "production-sunday",
    "schedule": "cron(0 2 ? * SUN *)",
    "schedule_timezone": "UTC",
    "end_date": "2030-01-01T00:00:00Z",
    "duration": 4,
    "cutoff": 0,
    "allow_unassociated_targets": True,
    "enabled": False,
    "tags": {"Owner": "platform"},
    "next_execution_time": "2026-11-22T02:00Z",
    "created_date": "2026-11-21T05:40:00+00:00",
    "modified_date": "2026-11-21T05:40:00+00:00",
}
ASSIGNED = ("window_id", "next_execution_time", "created_date", "modified_date")


def problems_of(written):
    with pytest.raises(ScheduleError) as caught:
        declared(written)
    return [str(problem) for problem in caught.value.problems]


def test_what_the_api_answers_in_the_form_that_users_write():
    assert from_api(ANSWER, {"Owner": "platform"}) == READ


def test_what_is_read_is_declared_as_it_is():
    assert declared(READ) == {name: value for name, value in READ.items() if name not in ASSIGNED}


def test_a_request_has_what_is_set_alone():
    assert to_api(declared(WINDOW)) == {
        "Name": "production-sunday",
        "Schedule": "cron(0 2 ? * SUN *)",
        "Duration": 4,
        "Cutoff": 1,
        "AllowUnassociatedTargets": False,
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({}, {}, id="defaults"),
        pytest.param({"schedule": "rate(7 days)"}, {"schedule": "rate(7 days)"}, id="a rate counts from the creation"),
        pytest.param({"patch_groups": ["x"], "targets": [{}], "task": {}, "tasks": [{}]}, {}, id="of the contract"),
        pytest.param({"description": "", "schedule_offset": 0, "end_date": ""}, {}, id="cleared"),
        pytest.param({"description": None, "start_date": None}, {}, id="nothing"),
        pytest.param({"duration": "5", "cutoff": "0", "enabled": "False", "allow_unassociated_targets": "True"},
                     {"duration": 5, "cutoff": 0, "enabled": False, "allow_unassociated_targets": True},
                     id="text for numbers and flags"),
        pytest.param({"Description": "of the API", "ScheduleOffset": 2},
                     {"description": "of the API", "schedule_offset": 2}, id="members as the API writes them"),
        pytest.param({"schedule": "cron( 0  2 ?\t* SUN * )"}, {}, id="blanks"),
        pytest.param({"tags": {"Cost Centre": 42}}, {"tags": {"Cost Centre": "42"}}, id="tags are text"),
    ],
)  # fmt: skip
def test_declared(written, expected):
    assert declared({**WINDOW, **written}) == {**WINDOW, **DEFAULTS, **expected}


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        pytest.param({"description": "x" * 129, "duration": 0, "colour": "blue"}, [
            "window.colour: unknown; allowed: name, schedule",
            "window.duration: 0 is not allowed",
            "window.description: must have 1 to 128 characters, not 129",
        ], id="all at once"),
        pytest.param({"Duration": 4}, ["window.Duration: given twice"], id="two spellings"),
        pytest.param({"description": 42}, ["window.description: must be text, not 42; put it in quotes"], id="number"),
        pytest.param({"allow_unassociated_targets": "maybe"},
                     ["window.allow_unassociated_targets: must be true or false, not 'maybe'"], id="flag"),
        pytest.param({"tags": ["x"]}, ["window.tags: must be a mapping, not ['x']"], id="tags"),
        pytest.param({"tags": {"Owner": None}},
                     ["window.tags: 'Owner' has no value; empty text is one"], id="no value"),
        pytest.param({"created_date": "today"}, ["window.created_date: 'today' is no instant"], id="creation"),
    ],
)  # fmt: skip
def test_what_is_wrong(written, problems):
    found = problems_of({**WINDOW, **written})
    assert len(found) == len(problems), found
    assert all(one.startswith(problem) for one, problem in zip(found, problems)), found


def test_what_is_no_window():
    assert problems_of("daily") == ["window: must be a maintenance window or a list of them, not 'daily'"]


@pytest.mark.parametrize(
    ("member", "one", "other", "same"),
    [
        pytest.param("start_date", "2026-01-01T00:00:00-08:00", "2026-01-01T08:00:00Z", True, id="instant"),
        pytest.param("end_date", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", False, id="another instant"),
        pytest.param("end_date", "someday", "someday", True, id="what is no instant"),
        pytest.param("schedule", "rate(7  days)", "rate(7 days)", True, id="blanks"),
        pytest.param("schedule", "rate(7 days)", "rate(8 days)", False, id="another schedule"),
        pytest.param("description", "a  b", "a b", False, id="text"),
    ],
)
def test_comparable(member, one, other, same):
    assert (comparable(member, one) == comparable(member, other)) == same


@pytest.mark.parametrize(
    ("options", "purge", "different"),
    [
        pytest.param({}, Purge(), {}, id="nothing"),
        pytest.param({"end_date": "2030-01-01T01:00:00+01:00"}, Purge(), {}, id="same instant"),
        pytest.param({"enabled": True}, Purge(), {"enabled": True}, id="one"),
        pytest.param({"end_date": ""}, Purge(), {"end_date": None}, id="cleared"),
        pytest.param({"tags": {"a": "b"}}, Purge(), {"tags": {"a": "b"}}, id="tags"),
        pytest.param({"tags": {"a": "b"}}, Purge(tags=False), {"tags": {"Owner": "platform", "a": "b"}},
                     id="more tags"),
        pytest.param(WINDOW, Purge(members=True), {
            "cutoff": 1, "end_date": None, "schedule_timezone": None, "allow_unassociated_targets": False,
            "enabled": True,
        }, id="replaced"),
    ],
)  # fmt: skip
def test_plan(options, purge, different):
    change = plan(READ, options, purge)
    expected = {name: value for name, value in {**READ, **different}.items() if value is not None}
    assert (change.before, change.after) == (READ, expected)
    assert change.needed == bool(different)


def test_plan_of_a_new_window():
    assert plan(None, WINDOW, Purge()).after == {**WINDOW, **DEFAULTS}
    with pytest.raises(ScheduleError, match=r"window\.duration: is missing"):
        plan(None, {"name": "production-sunday"}, Purge())
