# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error codes in words."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._windows.hresult import described


@pytest.mark.parametrize(
    ("hresult", "message", "expected"),
    [
        pytest.param(0x8024402C, "Exception from HRESULT: 0x8024402C",
                     "0x8024402C: the name of the update server or of the proxy cannot be resolved", id="known"),
        pytest.param(-2145107924, "", "0x8024402C: the name of the update server or of the proxy cannot be resolved",
                     id="signed, as COM passes it"),
        pytest.param(-2147467259, " Unspecified error ", "0x80004005: Unspecified error", id="its own message"),
        pytest.param(0x80004005, "", "0x80004005", id="no words at all"),
    ],
)  # fmt: skip
def test_described(hresult, message, expected):
    assert described(hresult, message) == expected
