# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever users and vendors write, instants and plain values come out, or the one error that is promised."""

from __future__ import annotations

import datetime
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.patchops.fleet.plugins.module_utils._engine import dates
from ansible_collections.patchops.fleet.plugins.module_utils._plain import plain

fuzz = settings(max_examples=300, derandomize=True, deadline=None)

ALMOST_DATES = st.from_regex(
    r"\A[ ]?[0-9]{0,4}-?[0-9]{1,2}-[0-9]{1,2}([ T][0-9:.,]{0,12})?([ ]?[A-Za-z/_]{0,8})([+-][0-9:]{0,6})?[\n ]?\Z"
)
NEAR_EPOCH_SECONDS = st.integers(-(10**12), 10**12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=5)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(datetime.timezone.utc))
    | st.timedeltas()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@fuzz
@given(ALMOST_DATES | NEAR_EPOCH_SECONDS | NEAR_EPOCH_SECONDS.map(str) | SCALARS)
def test_any_date_is_an_instant_in_utc_or_unknown(written):
    instant = dates.parse_instant(written)
    if instant is not None:
        assert instant.utcoffset() == datetime.timedelta(0)
        assert instant.year >= 1970
        assert dates.parse_instant(dates.text(instant)) == instant


@fuzz
@given(ALMOST_DATES | SCALARS)
def test_any_day_is_a_day_or_none(written):
    day = dates.parse_day(written)
    if day is not None:
        assert day.isoformat() == written


def contains(value, types):
    if isinstance(value, dict):
        return any(contains(inner, types) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains(inner, types) for inner in value)
    return isinstance(value, types)


@fuzz
@given(VALUES)
def test_plain_values_are_json_and_stay_as_they_are(value):
    try:
        made = plain(value)
    except TypeError:
        assert contains(value, (bytes, datetime.timedelta))
    else:
        json.dumps(made)
        assert repr(plain(made)) == repr(made)
