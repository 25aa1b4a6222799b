# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instants are UTC, whatever zone or none the text names."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import instants


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-11-21T05:40:00Z", "2026-11-21T05:40:00Z", id="Z"),
        pytest.param("2026-11-21T05:40:00.25+00:00", "2026-11-21T05:40:00Z", id="fraction"),
        pytest.param("2026-11-21T00:40:00-05:00", "2026-11-21T05:40:00Z", id="another zone"),
        pytest.param("2026-11-21T05:40:00", "2026-11-21T05:40:00Z", id="no zone"),
        pytest.param("2026-11-21", "2026-11-21T00:00:00Z", id="a date"),
    ],
)
def test_parsed(text, utc):
    assert instants.written(instants.parsed(text)) == utc


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_other_text_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".+"):
        instants.parsed(text)


@pytest.mark.parametrize("text", [None, "", "soon"])
def test_none_for_what_is_no_instant(text):
    assert instants.parsed_or_none(text) is None
