# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Text from strangers, made safe to look at: names and reasons are data."""

from __future__ import annotations

import unicodedata

# Controls, formats (U+202E turns a name round), lone surrogates, line and paragraph separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NO_WIDTH = {"Mn", "Me"}


def visible(text: str) -> str:
    """`text` with every character that acts instead of showing written as its escape, such as \\x1b or \\u202e."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Columns that visible text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """`text` padded to exactly `columns`, or cut so that "..." ends it."""
    if width(text) <= columns:
        return text + " " * (columns - width(text))
    kept = ""
    for char in text:
        if width(kept + char) > columns - 3:
            break
        kept += char
    return fit(kept + "...", columns) if columns > 3 else "." * columns


def quantity(number: int, singular: str, plural: str | None = None) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
