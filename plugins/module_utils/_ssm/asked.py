# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. The nodes that a question is about, in parts that one call takes."""

from __future__ import annotations

import functools
import typing as t

from . import node
from .change import Resource
from .compliance_choice import Choice
from .node import Found
from .parallel import Pool


class Asked:
    """Those of `choice`. All managed ones are never held together; `ec2` makes an Api of that service."""

    def __init__(self, api: t.Any, ec2: t.Callable[[], t.Any], choice: Choice, pool: Pool) -> None:
        self._api = api
        self._ec2 = ec2
        self._choice = choice
        self._pool = pool
        self.warnings: t.Dict[str, None] = {}  # each once

    def parts(self) -> t.Iterator[t.List[Resource]]:
        choice = self._choice
        if choice.everything:
            yield from self._every()
        elif choice.instance_ids:
            by_ids = functools.partial(node.by_ids, self._api, self._ec2)
            for found in self._pool.each(by_ids, node.parts(choice.instance_ids)):
                yield self._told(found)
        else:
            yield from node.parts(self._found())

    def _every(self) -> t.Iterator[t.List[Resource]]:
        managed: t.Set[str] = set()
        for part in node.every(self._api):
            managed.update(one["id"] for one in part)
            yield part
        yield from node.parts(self._told(node.others(self._ec2, managed)))

    def _found(self) -> t.List[Resource]:
        if self._choice.targets:
            return self._told(node.by_targets(self._api, self._ec2, self._choice.targets))
        nodes = {}
        for group in self._choice.patch_groups:
            for one in self._told(node.by_patch_group(self._api, self._ec2, group)):
                nodes[one["id"]] = {**one, "patch_group": group}
        return [nodes[identifier] for identifier in sorted(nodes)]

    def _told(self, found: Found) -> t.List[Resource]:
        self.warnings.update(dict.fromkeys(found.warnings))
        return list(found.nodes.values())
