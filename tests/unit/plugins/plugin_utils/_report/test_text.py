# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from strangers, made safe to look at."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.plugin_utils._report import text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param("openssl 3.0~deb12", "openssl 3.0~deb12", id="plain"),
        pytest.param("Zürich 日本", "Zürich 日本", id="letters of any script stay"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="ANSI escape"),
        pytest.param("a\nb\tc\r", "a\\x0ab\\x09c\\x0d", id="line ends and tabs"),
        pytest.param("gpj\u202etxt", "gpj\\u202etxt", id="right-to-left override"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="zero width"),
        pytest.param("\u2028\u2029", "\\u2028\\u2029", id="line and paragraph separator"),
        pytest.param("\ud800", "\\ud800", id="half a surrogate pair"),
        pytest.param("\U000e0041", "\\U000e0041", id="tag character"),
        pytest.param("\x9b2J", "\\x9b2J", id="C1 control sequence introducer"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_visible(given, shown):
    assert text.visible(given) == shown


@pytest.mark.parametrize(
    ("given", "columns", "fitted"),
    [
        pytest.param("web", 5, "web  ", id="padded"),
        pytest.param("web-1", 5, "web-1", id="exact"),
        pytest.param("web-12", 5, "we...", id="cut"),
        pytest.param("日本", 5, "日本 ", id="wide characters count twice"),
        pytest.param("日本語", 5, "日...", id="wide characters cut"),
        pytest.param("e\u0301a", 2, "e\u0301a", id="combining marks count nothing"),
        pytest.param("web", 2, "..", id="no room"),
    ],
)
def test_fit(given, columns, fitted):
    assert text.fit(given, columns) == fitted


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 patches"), (1, "1 patch"), (2, "2 patches"), (1234, "1,234 patches")],
)
def test_quantity(number, words):
    assert text.quantity(number, "patch", "patches") == words
