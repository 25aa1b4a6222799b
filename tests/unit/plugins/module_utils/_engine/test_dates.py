# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine import dates


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        pytest.param("2023-02-17", utc(2023, 2, 17), id="day"),
        pytest.param("2023-02-17 20", utc(2023, 2, 17, 20), id="hour"),
        pytest.param("2018-01-11 21:05", utc(2018, 1, 11, 21, 5), id="minute"),
        pytest.param("2023-02-17 20:41:09", utc(2023, 2, 17, 20, 41, 9), id="second"),
        pytest.param("2023-02-17T20:41:09", utc(2023, 2, 17, 20, 41, 9), id="ISO 8601"),
        pytest.param("2023-02-17T20:41:09Z", utc(2023, 2, 17, 20, 41, 9), id="ISO 8601 in UTC"),
        pytest.param("2023-02-17T20:41:09.123456Z", utc(2023, 2, 17, 20, 41, 9), id="fraction dropped"),
        pytest.param("2023-02-17 20:41:09.9", utc(2023, 2, 17, 20, 41, 9), id="fraction dropped, not rounded"),
        pytest.param(" 2023-02-17 20:41:09\n", utc(2023, 2, 17, 20, 41, 9), id="surrounding space"),
        pytest.param("2023-02-17 20:41:09 UTC", utc(2023, 2, 17, 20, 41, 9), id="zone UTC"),
        pytest.param("2023-02-17 20:41:09 EST", utc(2023, 2, 17, 20, 41, 9), id="another zone is UTC too"),
        pytest.param("2023-02-17 20:41:09 America/New_York", utc(2023, 2, 17, 20, 41, 9), id="so is a place"),
        pytest.param("2023-02-17 20:41:09 -0500", utc(2023, 2, 17, 20, 41, 9), id="so is a vendor's offset"),
        pytest.param("2023-02-17T20:41:09+02:00", utc(2023, 2, 17, 18, 41, 9), id="offset of ISO 8601, east"),
        pytest.param("2023-02-17T20:41:09-0530", utc(2023, 2, 18, 2, 11, 9), id="offset of ISO 8601, west"),
        pytest.param("2023-02-17T20:41:09+02", utc(2023, 2, 17, 18, 41, 9), id="offset of ISO 8601, hours only"),
        pytest.param(1723732838, utc(2024, 8, 15, 14, 40, 38), id="epoch seconds"),
        pytest.param("1723732838", utc(2024, 8, 15, 14, 40, 38), id="epoch seconds as text"),
        pytest.param("1970-01-02", utc(1970, 1, 2), id="the first day that is known"),
        pytest.param("2024-02-29", utc(2024, 2, 29), id="leap day"),
        pytest.param("9999-12-31 23:59:59", utc(9999, 12, 31, 23, 59, 59), id="the last instant"),
    ],
)
def test_instants(written, instant):
    assert dates.parse_instant(written) == instant
    assert dates.parse_instant(written).utcoffset() == datetime.timedelta(0)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("soon", id="a word"),
        pytest.param("2023-02-30", id="a day that does not exist"),
        pytest.param("2023-13-01", id="a month that does not exist"),
        pytest.param("2023-02-17 25:00", id="an hour that does not exist"),
        pytest.param("2023-02-17 20:61", id="a minute that does not exist"),
        pytest.param("2023-2-7", id="without zeros"),
        pytest.param("17.02.2023", id="another order"),
        pytest.param("20230217", id="digits of a day, no epoch seconds"),
        pytest.param(20230217, id="the same as a number"),
        pytest.param("2023-02-17 and more 1", id="more behind it"),
        pytest.param("\u0662\u0660\u0662\u0663-02-17", id="digits of another script"),
        pytest.param("1970-01-01", id="the epoch's day"),
        pytest.param("1970-01-01 23:59:59", id="the epoch's day, at its end"),
        pytest.param("1969-12-31", id="before the epoch"),
        pytest.param("0001-01-01T00:00:00Z", id="the first day of all"),
        pytest.param("0000-00-00 00:00:00", id="zeros"),
        pytest.param("0001-01-01T00:00:00+02:00", id="before the first instant"),
        pytest.param("9999-12-31T23:59:59-02:00", id="after the last instant"),
        pytest.param(0, id="epoch 0"),
        pytest.param(86399, id="epoch seconds of the epoch's day"),
        pytest.param(-1723732838, id="negative"),
        pytest.param(1723732838000, id="milliseconds"),
        pytest.param(17237328380, id="tenths"),
        pytest.param("1723732838000", id="milliseconds as text"),
        pytest.param(10**5000, id="an endless number"),
        pytest.param(True, id="a boolean"),
        pytest.param(1723732838.5, id="a fraction"),
        pytest.param(["2023-02-17"], id="a list"),
        pytest.param(b"2023-02-17", id="bytes"),
    ],
)
def test_no_instant(written):
    assert dates.parse_instant(written) is None


@given(st.datetimes(min_value=datetime.datetime(1970, 1, 2), timezones=st.just(datetime.timezone.utc)))
def test_what_we_write_is_read_back(instant):
    assert dates.parse_instant(dates.text(instant)) == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        pytest.param("2026-11-30", datetime.date(2026, 11, 30), id="day"),
        pytest.param("2024-02-29", datetime.date(2024, 2, 29), id="leap day"),
        pytest.param("1970-01-01", datetime.date(1970, 1, 1), id="any day"),
        pytest.param("2026-02-29", None, id="no leap day"),
        pytest.param("2026-11-31", None, id="a day that does not exist"),
        pytest.param("0000-01-01", None, id="a year that does not exist"),
        pytest.param("2026-1-30", None, id="without zeros"),
        pytest.param("20261130", None, id="without dashes"),
        pytest.param("2026-11-30 ", None, id="space"),
        pytest.param("2026-11-30\n", None, id="line end"),
        pytest.param("2026-11-30T00:00:00Z", None, id="an instant"),
        pytest.param("\u0662\u0660\u0662\u0666-11-30", None, id="digits of another script"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
        pytest.param(20261130, None, id="a number"),
        pytest.param(datetime.date(2026, 11, 30), None, id="a date that nobody made plain"),
    ],
)
def test_days(written, day):
    assert dates.parse_day(written) == day


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        pytest.param(utc(2026, 11, 21, 5, 40), "2026-11-21T05:40:00Z", id="UTC"),
        pytest.param(utc(2026, 11, 21, 5, 40, 1, 999999), "2026-11-21T05:40:01Z", id="whole seconds"),
        pytest.param(utc(33, 4, 3), "0033-04-03T00:00:00Z", id="four digits of the year"),
        pytest.param(
            datetime.datetime(2026, 11, 21, 1, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "2026-11-20T23:00:00Z",
            id="another zone",
        ),
    ],
)
def test_text(instant, written):
    assert dates.text(instant) == written
