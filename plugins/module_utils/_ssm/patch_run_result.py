# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What a patch run came to, or would come to, as ssm_patch_run answers. Pure."""

from __future__ import annotations

import typing as t

from . import node, run_outcome
from .account import TAG_KEYS
from .change import Resource
from .patch_run import Request


def _result(request: Request, nodes: t.List[Resource], commands: t.Iterable[t.Any] = ()) -> Resource:
    return {
        "operation": request.operation,
        "document": request.document,
        "snapshot_id": request.snapshot_id,
        "nodes": nodes,
        "commands": [one.document() for one in commands],
        "override_files": [],
    }


def nobody(request: Request) -> str:
    """That no node was asked for, in words."""
    named = ", ".join(request.targets)
    if request.patch_group is not None:
        named = "patch group %s (tag %s)" % (request.patch_group, " or ".join(TAG_KEYS))
    return "There is no managed node of %s in this account and Region; nothing was sent" % named


def empty(request: Request) -> Resource:
    """Of a run on nobody."""
    return {"changed": False, **_result(request, []), "progress": run_outcome.count([])._asdict()}


def planned(request: Request, found: node.Found) -> Resource:
    """Who would be told: with targets AWS tells nodes that are offline as well."""
    nodes = []
    for one in found.nodes.values():
        plain_node = {name: value for name, value in one.items() if name not in ("reach", "reason")}
        outcome = {"status": one["reach"], "message": one["reason"]}
        if one["reach"] == node.ONLINE:
            outcome = {"status": "Planned", "message": "it would be told"}
        nodes.append({**plain_node, "command_id": None, **outcome})
    return {"changed": request.installs and bool(found.online), **_result(request, nodes)}


def has_all_output(params: t.Mapping[str, t.Any], request: Request) -> bool:
    """Whether the output of nodes that succeeded is wanted too: with an override nothing else tells what they found."""
    if params["return_output"] is None:
        return "BaselineOverride" in request.parameters
    return params["return_output"] == "all"


def concluded(
    params: t.Mapping[str, t.Any],
    request: Request,
    nodes: t.List[Resource],
    sent: t.Sequence[t.Any],
    why: t.Optional[str],
) -> t.Tuple[Resource, t.List[str]]:
    """The result, and warnings.

    `params`: the module's. `nodes`, `sent`: what became of each node, and the commands. `why`: why waiting ended
    before the nodes had, if so.
    """
    statuses = [one["status"] for one in nodes]
    result = _result(request, nodes, sent)
    result["progress"] = run_outcome.count(statuses)._asdict()
    result["changed"] = request.installs and (
        any(one in run_outcome.STARTED for one in statuses) or (not params["wait"] and bool(sent))
    )
    failed = run_outcome.unsuccessful(nodes, params["unreached_nodes"] == "fail")
    if not params["wait"]:
        failed = [one for one in failed if run_outcome.ended(one["status"])]
    problems = [why] if why else []
    problems += [
        "command %s: %s" % (one.id, run_outcome.COMMAND_MEANINGS[one.status])
        for one in sent
        if one.status in run_outcome.NO_INVOCATIONS
    ]
    if failed:
        problems.append(run_outcome.message(failed, len(nodes)))
    if problems:
        result.update(failed=True, msg=". ".join(problems))
    if params["return_nodes"] == "unsuccessful":
        result["nodes"] = [one for one in nodes if one["status"] != run_outcome.SUCCESS]
    return result, _warnings(nodes) if params["unreached_nodes"] == "warn" else []


def _warnings(nodes: t.Iterable[Resource]) -> t.List[str]:
    unreached = (one for one in nodes if one["status"] in run_outcome.UNREACHED)
    return ["%s (%s): %s" % (one["name"], one["status"], one["message"]) for one in unreached]
