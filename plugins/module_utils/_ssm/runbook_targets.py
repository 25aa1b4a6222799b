# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a runbook is run on, by one of its parameters (operations.md, 6). Pure."""

from __future__ import annotations

import typing as t

from .change import Resource
from .reading import Reader, is_plain, shown

KEYS = ("ParameterValues", "ResourceGroup", "InstanceIds")


def declared(reader: Reader, written: t.Any) -> Resource:
    """Targets as a mapping of one key to its values; the reader notes what is wrong."""
    if not isinstance(written, dict):
        reader.problem("targets", "must be a mapping of a key to a list of values, not %s", shown(written))
        return {}
    if len(written) != 1:
        reader.problem("targets", "must have 1 key for a runbook, not %d", len(written))
    targets = {}
    for key, values in written.items():
        member = "targets.%s" % key
        tag = str(key).startswith("tag:") and len(str(key)) > len("tag:") and is_plain(str(key))
        if str(key) not in KEYS and not tag:
            allowed = ", ".join([*KEYS, "tag: and the key of a tag"])
            reader.problem(member, "is no key for a runbook; allowed: %s", allowed)
        targets[str(key)] = reader.texts(member, values, 50, 1)
    return targets
