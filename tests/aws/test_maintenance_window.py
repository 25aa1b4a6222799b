# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssm_maintenance_window and ssm_maintenance_window_info."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.tests.aws.conftest import READING, written

LITTLE = {"name": "production-sunday", "schedule": "cron(0 2 ? * SUN *)", "duration": 4, "cutoff": 1}
DEFAULTS = {"allow_unassociated_targets": False, "enabled": True, "tags": {}}
WHOLE = {
    **LITTLE,
    "description": "Production servers",
    "schedule_timezone": "America/New_York",
    "schedule_offset": 2,
    "start_date": "2026-01-01T00:00:00-08:00",
    "end_date": "2030-01-01T00:00:00Z",
    "allow_unassociated_targets": True,
    "enabled": False,
    "tags": {"Owner": "platform", "Cost Centre": "42"},
}
NOWHERE = "mw-00000000000000000"


@pytest.fixture
def window(module):
    return module("ssm_maintenance_window", "maintenance_window")


@pytest.fixture
def info(module):
    return module("ssm_maintenance_window_info")


def writes(aws):
    """What was called that changes something."""
    return [call.operation for call in aws.calls if not call.operation.startswith(READING)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(LITTLE, {**LITTLE, **DEFAULTS}, id="little"),
        pytest.param(WHOLE, WHOLE, id="whole"),
        pytest.param(
            {**LITTLE, "schedule": "rate(7 days)"}, {**LITTLE, **DEFAULTS, "schedule": "rate(7 days)"}, id="rate"
        ),
    ],
)
def test_create_and_delete(window, aws, options, expected):
    created = window.converge(**options)
    assert created["diff"] == {"before": {}, "after": expected}
    assert created["maintenance_window"]["window_id"].startswith("mw-")
    gone = window.converge(name=options["name"], state="absent")
    assert (gone["maintenance_window"], gone["diff"]) == ({}, {"before": expected, "after": {}})
    (region,) = aws.application.service.regions.values()
    assert (region.windows, region.tags) == ({}, {})


def test_what_is_created_is_what_the_aws_cli_reads(window, aws_cli):
    created = window.converge(**WHOLE)["maintenance_window"]
    read = aws_cli("ssm", "get-maintenance-window", "--window-id", created["window_id"])
    assert read.pop("CreatedDate")
    assert read.pop("ModifiedDate")
    assert read == {
        "WindowId": created["window_id"],
        "Name": "production-sunday",
        "Description": "Production servers",
        "StartDate": "2026-01-01T00:00:00-08:00",
        "EndDate": "2030-01-01T00:00:00Z",
        "Schedule": "cron(0 2 ? * SUN *)",
        "ScheduleTimezone": "America/New_York",
        "ScheduleOffset": 2,
        "Duration": 4,
        "Cutoff": 1,
        "AllowUnassociatedTargets": True,
        "Enabled": False,
    }
    resource = ("--resource-type", "MaintenanceWindow", "--resource-id", created["window_id"])
    listed = aws_cli("ssm", "list-tags-for-resource", *resource)["TagList"]
    assert {one["Key"]: one["Value"] for one in listed} == WHOLE["tags"]


CHANGED = {
    "description": "Databases",
    "schedule": "cron(0 3 ? * SAT *)",
    "schedule_timezone": "Europe/Berlin",
    "schedule_offset": 3,
    "start_date": "2026-02-01T00:00:00Z",
    "end_date": "2031-01-01T00:00:00Z",
    "duration": 6,
    "cutoff": 0,
    "allow_unassociated_targets": False,
    "enabled": True,
    "tags": {"Owner": "databases"},
}


@pytest.mark.parametrize("option", CHANGED)
def test_each_option_changed_alone(window, option):
    window.ok(**WHOLE)
    changed = window.converge(name=WHOLE["name"], **{option: CHANGED[option]})
    assert changed["diff"] == {"before": WHOLE, "after": {**WHOLE, option: CHANGED[option]}}


@pytest.mark.parametrize("option", CHANGED)
def test_each_option_added_alone(window, option):
    """Where little is there, and what the call repeats is only that."""
    window.ok(**LITTLE)
    added = window.converge(name=LITTLE["name"], **{option: CHANGED[option]})
    assert added["diff"]["after"] == {**LITTLE, **DEFAULTS, option: CHANGED[option]}
    assert added["changed"] == (CHANGED[option] != {**LITTLE, **DEFAULTS}.get(option))


@pytest.mark.parametrize("option", ["description", "schedule_timezone", "schedule_offset", "start_date", "end_date"])
def test_each_option_cleared(window, option):
    window.ok(**WHOLE)
    cleared = window.converge(name=WHOLE["name"], **{option: 0 if option == "schedule_offset" else ""})
    assert cleared["diff"]["after"] == {name: value for name, value in WHOLE.items() if name != option}


def test_replace_takes_back_what_is_not_given(window):
    window.ok(**WHOLE)
    replaced = window.converge(**LITTLE, replace=True)
    assert replaced["diff"]["after"] == {**LITTLE, **DEFAULTS, "tags": WHOLE["tags"]}
    assert "schedule: is missing" in window.failure(name=LITTLE["name"], replace=True)


@pytest.mark.parametrize(
    ("purge", "expected"),
    [pytest.param(True, {"Owner": "x"}, id="purged"), pytest.param(False, {**WHOLE["tags"], "Owner": "x"}, id="kept")],
)
def test_tags(window, aws, purge, expected):
    window.ok(**WHOLE)
    aws.application.calls.clear()
    changed = window.converge(name=WHOLE["name"], tags={"Owner": "x"}, purge_tags=purge)
    assert changed["maintenance_window"]["tags"] == expected
    assert writes(aws) == ["RemoveTagsFromResource"] * purge + ["AddTagsToResource"]
    assert window.converge(name=WHOLE["name"], tags={}, purge_tags=purge)["changed"] == purge


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param({"start_date": "2026-01-01T08:00:00Z"}, id="start in UTC"),
        pytest.param({"start_date": "2026-01-01T09:00+01:00"}, id="start without seconds"),
        pytest.param({"end_date": "2030-01-01T01:00:00+01:00"}, id="end in another zone"),
        pytest.param({"schedule": " cron(0  2 ? *  SUN *) "}, id="schedule with more blanks"),
    ],
)
def test_another_spelling_is_no_change(window, aws, spelling):
    window.ok(**WHOLE)
    aws.application.calls.clear()
    again = window.converge(**{**WHOLE, **spelling})
    assert not again["changed"]
    assert writes(aws) == []
    assert written(again["maintenance_window"]) == WHOLE


def test_a_schedule_goes_to_aws_with_single_blanks(window):
    created = window.converge(**{**LITTLE, "schedule": "cron( 0  2 ? * SUN * )"})
    assert created["maintenance_window"]["schedule"] == LITTLE["schedule"]


def test_by_id_the_name_can_change(window, aws):
    window_id = window.ok(**LITTLE)["maintenance_window"]["window_id"]
    renamed = window.converge(window_id=window_id, name="production-saturday")
    assert renamed["diff"]["after"]["name"] == "production-saturday"
    assert window.converge(window_id=window_id, state="absent")["changed"]
    assert not window.converge(window_id=window_id, state="absent")["changed"]
    words = f"There is no maintenance window {NOWHERE} in this account and Region: leave window_id out to create one"
    assert window.failure(window_id=NOWHERE, name="other-window") == words
    words = "window_id: 'mw-1' is no id, such as mw-0123456789abcdef0"
    assert window.failure(window_id="mw-1", name="other-window") == words


def test_two_of_one_name(window, aws):
    window.ok(**LITTLE)
    request = {"Name": LITTLE["name"], "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1}
    second = aws.client().create_maintenance_window(**request, AllowUnassociatedTargets=False)["WindowId"]
    aws.application.calls.clear()
    for state in ("present", "absent"):
        message = window.failure(name=LITTLE["name"], state=state)
        assert f"There are 2 maintenance windows named {LITTLE['name']}: mw-" in message
        assert second in message
        assert "window_id" in message
    assert writes(aws) == []
    assert window.converge(window_id=second, duration=3)["maintenance_window"]["duration"] == 3


INVALID = [
    pytest.param({"name": "a b c"}, "window.name: 'a b c' is no name", id="name"),
    pytest.param({"name": "ab"}, "window.name", id="short name"),
    pytest.param({"description": "x" * 129}, "window.description: must have 1 to 128 characters", id="description"),
    pytest.param({"schedule": "x" * 257}, "window.schedule: must have 1 to 256 characters", id="long schedule"),
    pytest.param({"schedule": "daily"}, "window.schedule: 'daily' is no schedule", id="no schedule"),
    pytest.param({"schedule": "0 2 ? * SUN *"}, "window.schedule", id="without cron()"),
    pytest.param({"schedule": "cron(0 2 * * * *)"}, "exactly one of them must be ?", id="both days"),
    pytest.param({"schedule": "cron(0 2 ? * ? *)"}, "exactly one of them must be ?", id="no day"),
    pytest.param({"schedule": "cron(0 2 ? * 0 *)"}, "day-of-week", id="day of week 0"),
    pytest.param({"schedule": "cron(60 2 ? * SUN *)"}, "minutes", id="minute 60"),
    pytest.param({"schedule": "cron(0 2 ? * SUN)"}, "cron() has 5 fields", id="five fields"),
    pytest.param({"schedule": "rate(0 days)"}, "rate() needs", id="rate of 0"),
    pytest.param({"schedule": "rate(1 days)"}, "singular", id="one days"),
    pytest.param({"schedule": "rate(2 day)"}, "plural", id="two day"),
    pytest.param({"schedule": "rate(2 weeks)"}, "is no unit", id="weeks"),
    pytest.param({"schedule": "at(2026-07-07)"}, "is no moment", id="at without time"),
    pytest.param({"schedule": "cron(0/2 * * * ? *)"}, "every 5 minutes", id="too fast"),
    pytest.param({"schedule_timezone": "Mars/Olympus"}, "window.schedule_timezone", id="zone"),
    pytest.param({"schedule_offset": 7}, "window.schedule_offset", id="offset"),
    pytest.param({"schedule": "rate(7 days)", "schedule_offset": 2}, "for cron() schedules alone", id="rate, offset"),
    pytest.param({"start_date": "2026-01-01"}, "window.start_date: '2026-01-01' is no instant", id="start"),
    pytest.param({"end_date": "2026-01-01T00:00:00"}, "window.end_date", id="end without offset"),
    pytest.param(
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, "before start_date", id="order"
    ),
    pytest.param({"duration": 0}, "window.duration", id="duration 0"),
    pytest.param({"duration": 25}, "window.duration", id="duration 25"),
    pytest.param({"cutoff": 24}, "window.cutoff", id="cutoff 24"),
    pytest.param({"cutoff": 4}, "window.cutoff: 4 is not less than duration, 4", id="cutoff as long as duration"),
    pytest.param({"duration": None}, "window.duration: is missing", id="no duration"),
    pytest.param({"tags": {"k" * 129: "v"}}, "window.tags", id="tag"),
    pytest.param({"tags": {str(number): "" for number in range(51)}}, "window.tags: must be 50 at most", id="tags"),
]


@pytest.mark.parametrize(("options", "message"), INVALID)
def test_what_is_refused_before_any_call(window, aws, options, message):
    assert message in window.failure(**{**LITTLE, **options})
    assert message in window.failure(True, **{**LITTLE, **options})
    assert None in options.values() or aws.calls == []  # what is missing may be there already
    assert writes(aws) == []


def test_all_that_is_wrong_is_said_at_once(window):
    message = window.failure(name="x y", schedule="daily", duration=30, cutoff=30, description="d" * 200, end_date="no")
    for member in ("name", "schedule", "duration", "cutoff", "description", "end_date"):
        assert f"window.{member}: " in message


def test_a_tag_of_aws_hides_no_other_problem(window, aws):
    given = {**LITTLE, "description": "d" * 129, "schedule_timezone": "Europe/ Berlin", "tags": {"aws:owner": "me"}}
    message = window.failure(**given)
    for member in ("description", "schedule_timezone", "tags"):
        assert f"window.{member}: " in message
    assert "cannot be set: aws:owner" in window.failure(**LITTLE, tags={"aws:owner": "me"})
    assert writes(aws) == []


def test_info(window, info, aws):
    aws.set(now="2026-11-21T12:00:00Z")
    first = window.ok(**LITTLE)["maintenance_window"]
    second = window.ok(**{**WHOLE, "name": "another"})["maintenance_window"]
    assert first["next_execution_time"] == "2026-11-22T02:00Z"
    read = info.ok()
    assert (read["changed"], read["maintenance_windows"]) == (False, [second, first])
    assert info.ok(name=LITTLE["name"])["maintenance_windows"] == [first]
    assert info.ok(window_id=second["window_id"])["maintenance_windows"] == [second]
    assert info.ok(window_id=NOWHERE)["maintenance_windows"] == info.ok(name="production")["maintenance_windows"] == []


def test_info_is_what_the_module_takes(window, info):
    window.ok(**WHOLE)
    (read,) = info.ok()["maintenance_windows"]
    known = {name: value for name, value in read.items() if name not in ("window_id", "created_date", "modified_date")}
    assert not window.converge(**known)["changed"]


def test_many_pages(window, info, aws):
    client = aws.client()
    for number in range(25):
        request = {"Name": f"window-{number:02}", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1}
        client.create_maintenance_window(**request, AllowUnassociatedTargets=False)
    aws.set(largest_page=10, empty_pages=True)
    assert [one["name"] for one in info.ok()["maintenance_windows"]] == [f"window-{number:02}" for number in range(25)]
    assert window.converge(name="window-24", duration=3)["changed"]


def test_with_a_fifth_of_all_calls_throttled(window, aws):
    aws.fail(error="ThrottlingException", every=5)
    window.converge(**WHOLE)
    window.converge(**LITTLE, replace=True)
    window.converge(name=WHOLE["name"], state="absent")
    assert [call.error for call in aws.calls].count("ThrottlingException") > 3


@pytest.mark.parametrize(
    ("operation", "done"),
    [
        pytest.param("CreateMaintenanceWindow", [], id="at once"),
        pytest.param("UpdateMaintenanceWindow", ["create maintenance window production-sunday"], id="in the middle"),
    ],
)
def test_denied_access_names_what_was_done(window, aws, operation, done):
    aws.fail(operation=operation, error="AccessDeniedException")
    answer = window(**WHOLE)
    assert "is not authorized to perform" in answer["msg"]
    assert (answer["changes"], answer["changed"]) == (done, bool(done))
    aws.application.service.faults = []
    window.converge(**WHOLE)
    assert len(aws.client().describe_maintenance_windows()["WindowIdentities"]) == 1


def test_an_answer_that_is_lost_creates_no_second_window(window, aws):
    aws.fail(operation="CreateMaintenanceWindow", error="InternalServerError", answered=False, times=1)
    window.ok(**LITTLE)
    assert len(aws.client().describe_maintenance_windows()["WindowIdentities"]) == 1


def test_calls_of_an_unchanged_window(window, aws):
    window.ok(**WHOLE)
    aws.application.calls.clear()
    window.ok(**WHOLE)
    assert aws.actions == ["ssm:DescribeMaintenanceWindows", "ssm:GetMaintenanceWindow", "ssm:ListTagsForResource"]
