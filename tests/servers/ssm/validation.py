# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests held to botocore's model: types, required members, lengths, ranges, enumerations, patterns.

botocore checks no maximum, enumeration or pattern; the service does (test-servers.md, A3), in these words. Members that
the model does not know are refused, where AWS ignores them: a misspelt one should show.
"""

from __future__ import annotations

import base64
import functools
import typing as t

import regex  # not re: patterns of the model use \p{L}
from botocore.model import Shape

from .errors import SSMError, invalid

TYPES = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": bytes,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float),
}
MEASURED = {
    "string": "length",
    "blob": "length",
    "list": "length",
    "map": "length",
    "integer": "value",
    "long": "value",
}


def decoded(shape: Shape | None, request: t.Any) -> t.Any:
    """The request with the bytes that blobs are in JSON as base64. What has a wrong type is left to validate."""
    if shape is None:
        return request
    if shape.type_name == "structure" and isinstance(request, dict):
        return {name: decoded(shape.members.get(name), value) for name, value in request.items()}
    if shape.type_name == "blob" and isinstance(request, str):
        try:
            return base64.b64decode(request, validate=True)
        except ValueError as error:
            raise SSMError("SerializationException", "A blob is no base64") from error
    return request


def validate(shape: Shape | None, request: t.Any) -> None:
    """Raises ValidationException with all that is wrong, or SerializationException for a wrong type."""
    found = list(violations(shape, request, "")) if shape is not None else []
    if found:
        raise invalid(f"{len(found)} validation error{'s'[: len(found) > 1]} detected: {'; '.join(found)}")


def violations(shape: Shape, value: t.Any, path: str) -> t.Iterator[str]:
    _check_type(shape, value, path)
    shown = "***" if shape.metadata.get("sensitive") else value
    for constraint in _broken(shape, value):
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: Member must {constraint}"
    yield from _inside(shape, value, path)


def _check_type(shape: Shape, value: t.Any, path: str) -> None:
    expected = TYPES[shape.type_name]
    if not isinstance(value, expected) or (expected is not bool and isinstance(value, bool)):
        raise SSMError("SerializationException", f"{path or 'the request'} is no {shape.type_name}")


def _broken(shape: Shape, value: t.Any) -> t.Iterator[str]:
    limits = shape.metadata
    if shape.type_name in MEASURED:
        size, measured = (value, "value") if MEASURED[shape.type_name] == "value" else (len(value), "length")
        if "min" in limits and size < limits["min"]:
            yield f"have {measured} greater than or equal to {limits['min']}"
        if "max" in limits and size > limits["max"]:
            yield f"have {measured} less than or equal to {limits['max']}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
    if "pattern" in limits and not _compiled(limits["pattern"]).fullmatch(value):
        yield f"satisfy regular expression pattern: {limits['pattern']}"


def _inside(shape: Shape, value: t.Any, path: str) -> t.Iterator[str]:
    if shape.type_name == "structure":
        yield from _members(shape, value, f"{path}." if path else "")
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from violations(shape.key, key, f"{path}.key")
            yield from violations(shape.value, item, f"{path}.{key}.member")


def _members(shape: Shape, value: dict, prefix: str) -> t.Iterator[str]:
    for name in value:
        if name not in shape.members:
            yield f"Value at '{prefix}{_spelt(name)}' failed to satisfy constraint: Member must be known to the API"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from violations(member, value[name], prefix + _spelt(name))
        elif name in shape.required_members:
            where = prefix + _spelt(name)
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _spelt(name: str) -> str:
    """AWS names members by the fields of its own code."""
    return name[:1].lower() + name[1:]


@functools.cache
def _compiled(pattern: str) -> regex.Pattern:
    return regex.compile(pattern)
