# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What users write in YAML, as plain JSON types: the one place where values enter."""

from __future__ import annotations

import datetime
import typing as t

if t.TYPE_CHECKING:
    Plain = t.Union[None, bool, int, float, str, t.List[t.Any], t.Dict[str, t.Any]]


def plain(value: t.Any) -> Plain:
    """`value` with exact built-in types all the way down.

    Templating hands over subclasses of str, dict and list, and YAML turns an unquoted 2026-11-30 into a date, which
    JSON does not know: a date becomes the text the user wrote. Tuples and sets become lists, keys become text.
    Raises TypeError for anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {plain(key) if isinstance(key, str) else str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    raise TypeError("a value of type %s cannot be used here" % type(value).__name__)
