# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Checks a document against the part of JSON Schema that our schemas use."""

from __future__ import annotations

import typing as t

Schema = t.Dict[str, t.Any]

_TYPES: t.Dict[str, t.Tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def _is_a(value: t.Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def faults(document: t.Any, schema: Schema, path: str = "") -> t.Iterator[str]:
    """Each place where `document` breaks `schema`, as 'path: what is wrong'; nothing when it holds.

    Knows type, enum, const, required, properties, additionalProperties and items; these mean what JSON Schema says.
    """
    where = path or "document"
    if "const" in schema and (
        document != schema["const"] or isinstance(document, bool) != isinstance(schema["const"], bool)
    ):
        yield "%s: %r is not %r" % (where, document, schema["const"])
        return
    if "enum" in schema and document not in schema["enum"]:
        yield "%s: %.80r is none of %s" % (where, document, ", ".join(str(value) for value in schema["enum"]))
        return
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is_a(document, name) for name in types):
        yield "%s: %.80r is not of type %s" % (where, document, " or ".join(types))
        return
    if isinstance(document, dict):
        for name in schema.get("required", []):
            if name not in document:
                yield "%s: %s is missing" % (where, name)
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, value in document.items():
            inner = "%s.%s" % (path, name) if path else str(name)
            if name in known:
                yield from faults(value, known[name], inner)
            elif others is False:
                yield "%s: not a known member" % inner
            elif isinstance(others, dict):
                yield from faults(value, others, inner)
    elif isinstance(document, list) and "items" in schema:
        for index, value in enumerate(document):
            yield from faults(value, schema["items"], "%s[%d]" % (path, index))
