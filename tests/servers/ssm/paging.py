# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of what list operations answer, and their filters."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t

from .errors import SSMError, invalid

Row = t.TypeVar("Row")
USUAL = 50  # without MaxResults; the API does not say


class Pages(t.NamedTuple):
    """How list operations answer. AWS may answer fewer than MaxResults, even none, with a token (operations.md, 0)."""

    largest: int | None = None
    empty_first: bool = False


def page(rows: t.Sequence[Row], request: dict, member: str, pages: Pages, refusal: str = "ValidationException") -> dict:
    """One page of `rows`. The token holds for the request it came from: operation and filters.

    `refusal`: what a wrong token is answered with, InvalidNextToken where the operation declares that.
    """
    start = _start(request, member, len(rows), refusal)
    if start is None:
        start = 0
        if pages.empty_first and rows:
            return {member: [], "NextToken": _token(0, request, member)}
    size = min(request.get("MaxResults", USUAL), pages.largest or USUAL * 2)
    end = start + size
    answer: dict[str, t.Any] = {member: list(rows[start:end])}
    if end < len(rows):
        answer["NextToken"] = _token(end, request, member)
    return answer


def _origin(request: dict, member: str) -> list:
    return [member, {name: value for name, value in request.items() if name not in ("NextToken", "MaxResults")}]


def _token(start: int, request: dict, member: str) -> str:
    return base64.b64encode(json.dumps([start, _origin(request, member)], sort_keys=True).encode()).decode()


def _start(request: dict, member: str, count: int, refusal: str) -> int | None:
    """Where the page begins; None without a token."""
    token = request.get("NextToken")
    if token is None:
        return None
    try:
        start, origin = json.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError, TypeError):
        start, origin = None, None
    if not isinstance(start, int) or not 0 <= start <= count or origin != _origin(request, member):
        raise SSMError(refusal, "The specified token is not valid.")
    return start


def matching(rows: t.Iterable[Row], request: dict, tests: dict[str, t.Callable[[Row, str], bool]]) -> list[Row]:
    """Rows that pass every filter, each by one of its values. `tests` names the keys that the API reference lists."""
    rows = list(rows)
    for one in request.get("Filters", ()):
        key = one.get("Key")
        if key not in tests:
            raise invalid(f"Filter key {key} is not valid; valid keys: {', '.join(tests)}")
        values = one.get("Values") or ()
        rows = [row for row in rows if any(tests[key](row, value) for value in values)]
    return rows
