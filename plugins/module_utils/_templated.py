# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Undoes what ansible-core 2.18 does to a variable that holds an unquoted date.

There, `"{{ patch_baselines }}"` becomes the text of the list, and is made a list again unless it holds what is no
literal, such as `datetime.date(2026, 11, 30)`. From 2.19 on a template keeps the types.
"""

from __future__ import annotations

import ast
import datetime
import typing as t

DATES = {
    "date": datetime.date,
    "datetime": datetime.datetime,
    "timezone": datetime.timezone,  # of an instant, with its distance from UTC
    "timedelta": datetime.timedelta,
}


def structure(value: t.Any) -> t.Any:
    """`value` itself, but for the text of a list or mapping, which becomes that again. Nothing is evaluated."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return _built(ast.parse(value.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        return value


def _built(node: ast.AST) -> t.Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_built(element) for element in node.elts]
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_built(t.cast(ast.AST, key)): _built(inner) for key, inner in zip(node.keys, node.values)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_built(node.operand)
    if isinstance(node, ast.Attribute) and node.attr == "utc" and _member(node.value) is datetime.timezone:
        return datetime.timezone.utc
    if isinstance(node, ast.Call):
        named = {keyword.arg: _built(keyword.value) for keyword in node.keywords if keyword.arg}
        return _member(node.func)(*(_built(argument) for argument in node.args), **named)
    raise ValueError("no literal")


def _member(node: ast.AST) -> t.Any:
    """What `datetime.date` and the like name."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        raise ValueError("no literal")
    if node.value.id != "datetime" or node.attr not in DATES:
        raise ValueError("no literal")
    return DATES[node.attr]
