# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.reading import MEMBERS, parse_windows
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.zones import ZoneError, zone
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._schedule.builders import ZONES, instant

WINDOW = {"name": "production-sunday", "schedule": "cron(0 2 ? * SUN *)", "duration": 4, "cutoff": 1}
FORM = "allowed: YYYY-MM-DDTHH:MM:SS with Z or an offset such as -08:00 behind, in quotes"
EVERY_OTHER_MEMBER = {
    "schedule_offset": 2,
    "start_date": "2026-01-01T00:00:00Z",
    "end_date": "2027-01-01T00:00:00Z",
    "created_date": "2025-01-01T00:00:00Z",
    "enabled": True,
    "description": "Sundays",
    "patch_groups": ["Production-Linux"],
    "task": {"operation": "Install"},
    "allow_unassociated_targets": False,
}


def problems_of(written):
    with pytest.raises(ScheduleError) as caught:
        parse_windows(written)
    return [str(problem) for problem in caught.value.problems]


def test_a_window_and_a_list_of_windows():
    (window,) = parse_windows(WINDOW)
    assert parse_windows([WINDOW, dict(WINDOW, name="other")])[0] == window
    assert (window.name, window.timezone) == ("production-sunday", "UTC")
    assert (window.duration, window.cutoff) == (datetime.timedelta(hours=4), datetime.timedelta(hours=1))
    assert parse_windows([]) == []


def test_every_member():
    (window,) = parse_windows(dict(WINDOW, **EVERY_OTHER_MEMBER))
    timing = window.timing
    assert (timing.offset, timing.enabled) == (2, True)
    assert (timing.start, timing.end) == (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"))
    assert timing.created == instant("2025-01-01T00:00:00Z")


def test_members_as_the_api_writes_them():
    answer = {
        "WindowId": "mw-0c50858d01EXAMPLE",
        "Name": "production-sunday",
        "Schedule": "cron(0 2 ? * SUN *)",
        "Duration": 4,
        "Cutoff": 1,
        "ScheduleOffset": None,
        "AllowUnassociatedTargets": False,
        "Enabled": True,
        "NextExecutionTime": "2026-11-22T02:00Z",
    }
    assert parse_windows(answer) == parse_windows(WINDOW)


def test_numbers_and_flags_that_a_template_made_text():
    as_text = dict(WINDOW, duration="4", cutoff="1", enabled="True")
    assert parse_windows(as_text) == parse_windows(WINDOW)
    assert not parse_windows(dict(WINDOW, enabled="False"))[0].timing.enabled


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param({"name": None}, "name: is missing", id="no name"),
        pytest.param({"name": "a b c"}, "name: 'a b c' is no name; allowed: 3 to 128 of letters, digits, _ - .",
                     id="name"),
        pytest.param({"duration": None}, "duration: is missing", id="no duration"),
        pytest.param({"duration": 25}, "duration: 25 is not allowed; allowed: a whole number from 1 to 24",
                     id="duration"),
        pytest.param({"duration": True}, "duration: True is not allowed; allowed: a whole number from 1 to 24",
                     id="duration is a flag"),
        pytest.param({"duration": 4.5}, "duration: 4.5 is not allowed; allowed: a whole number from 1 to 24",
                     id="duration is a fraction"),
        pytest.param({"cutoff": -1}, "cutoff: -1 is not allowed; allowed: a whole number from 0 to 23", id="cutoff"),
        pytest.param({"cutoff": 4}, "cutoff: 4 is not less than duration, 4", id="cutoff as long as the duration"),
        pytest.param({"schedule": 5}, "schedule: must be text, not 5", id="schedule is a number"),
        pytest.param({"schedule": "cron(60 2 ? * SUN *)"},
                     "schedule: minutes: 60 is out of range; allowed: 0-59 with , - * /", id="field of the schedule"),
        pytest.param({"schedule_offset": 7}, "schedule_offset: 7 is not allowed; allowed: a whole number from 1 to 6",
                     id="offset"),
        pytest.param({"schedule": "at(2026-07-07T15:55:00)", "schedule_offset": 1},
                     "schedule_offset: is for cron() schedules alone", id="offset of at()"),
        pytest.param({"schedule": "rate(7 days)"},
                     "schedule: rate() counts from start_date, or from created_date: give one of them", id="no anchor"),
        pytest.param({"start_date": "2026-11-30"}, "start_date: '2026-11-30' is no instant; " + FORM, id="a day"),
        pytest.param({"end_date": "2026-11-30T00:00:00"}, "end_date: '2026-11-30T00:00:00' is no instant; " + FORM,
                     id="no offset"),
        pytest.param({"end_date": "2026-11-31T00:00:00Z"},
                     "end_date: '2026-11-31T00:00:00Z' is no instant: day is out of range for month", id="no such day"),
        pytest.param({"start_date": 20261130}, "start_date: 20261130 is no instant; " + FORM, id="a number"),
        pytest.param({"start_date": "2026-12-01T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
                     "end_date: is before start_date", id="end before start"),
        pytest.param({"enabled": "perhaps"}, "enabled: must be true or false, not 'perhaps'", id="flag"),
        pytest.param({"schedule_timezone": 1}, "schedule_timezone: 1 is no time zone; allowed: an IANA name",
                     id="zone"),
    ],
)  # fmt: skip
def test_problems(changed, problem):
    assert problems_of([dict(WINDOW, **changed)]) == ["windows[0]." + problem]


def test_an_unknown_member_is_refused():
    (problem,) = problems_of(dict(WINDOW, schedule_time_zone="Europe/Berlin"))
    assert problem.startswith("windows.schedule_time_zone: unknown; allowed: %s" % ", ".join(MEMBERS))


def test_a_member_in_two_spellings():
    assert problems_of(dict(WINDOW, Duration=3)) == [
        "windows.Duration: given twice, as duration and in another spelling"
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param("production-sunday", "windows: must be a maintenance window or a list of them, not "
                     "'production-sunday'", id="text"),
        pytest.param(None, "windows: must be a maintenance window or a list of them, not None", id="nothing"),
        pytest.param(["x"], "windows[0]: must be a maintenance window (a mapping), not 'x'", id="list of text"),
    ],
)  # fmt: skip
def test_what_is_no_window(written, problem):
    assert problems_of(written) == [problem]


def test_an_empty_mapping_lacks_all_that_is_required():
    assert problems_of([{}]) == [
        "windows[0].%s: is missing" % member for member in ("name", "schedule", "duration", "cutoff")
    ]


def test_all_that_is_wrong_in_all_windows_is_reported_at_once():
    found = problems_of([dict(WINDOW, duration=0), WINDOW, dict(WINDOW, cutoff=9, schedule="rate(2 weeks)")])
    assert [problem.split(":")[0] for problem in found] == [
        "windows[0].duration",
        "windows[2].cutoff",
        "windows[2].schedule",
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2026-11-21T05:40:00Z", "2026-11-21T05:40:00Z", id="UTC"),
        pytest.param("2026-11-21T05:40Z", "2026-11-21T05:40:00Z", id="without seconds"),
        pytest.param("2026-11-21T05:40:00.999999+00:00", "2026-11-21T05:40:00Z", id="fraction"),
        pytest.param("2021-01-01T00:00:00-08:00", "2021-01-01T08:00:00Z", id="west"),
        pytest.param("2021-01-01T00:00:00+0930", "2020-12-31T14:30:00Z", id="east, without colon"),
    ],
)
def test_instants(written, expected):
    assert instant(written) == instant(expected)
    assert instant(written).utcoffset() == datetime.timedelta()


@pytest.mark.parametrize("written", ["2026-11-21T05:40:00+24:00", "0001-01-01T00:00:00+01:00", "2026-11-21 05:40:00Z"])
def test_what_is_no_instant(written):
    with pytest.raises(ScheduleError, match=r"^instant: '.*' is no instant"):
        instant(written)


def test_utc_is_known_everywhere(monkeypatch):
    monkeypatch.setitem(sys.modules, "zoneinfo", None)
    assert zone("UTC") is zone("Etc/UTC") is datetime.timezone.utc


def test_without_zoneinfo_the_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "zoneinfo", None)
    with pytest.raises(ZoneError, match=r"^Europe/Berlin: time zones other than UTC need Python 3\.9 or newer$"):
        zone("Europe/Berlin")


@pytest.mark.needs("tzdata")
@pytest.mark.parametrize(
    "name",
    ["Europe/Atlantis", "europe berlin", "", "/etc/passwd", "../zoneinfo/UTC", "America", "right/Europe/Berlin",
     "localtime", "Europe/Berlin\0", "Z\u00fcrich", "\ud800"],
    ids=ascii,
)  # fmt: skip
def test_names_that_are_no_zone(name):
    expected = "is no time zone; allowed: an IANA name such as Europe/Berlin, or UTC$" if ZONES else "need Python 3.9"
    with pytest.raises(ZoneError, match=expected):
        zone(name)
