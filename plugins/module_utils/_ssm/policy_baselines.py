# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Baselines that a patch policy chooses, as it wants them written."""

from __future__ import annotations

import re
import typing as t

from .._engine.errors import Problem
from .._engine.predefined import predefined_default
from .._schedule.errors import ScheduleError
from . import patch_baseline
from .change import Resource

DEFAULT = "default"  # stands for what AWS predefines
ARN = re.compile(r"arn:[\w-]+:ssm:[\w-]+:(?P<account>[0-9]{12}):patchbaseline/(?P<id>pb-[0-9a-f]{17})\Z")


def choose(api: t.Any, before: Resource, given: t.Optional[t.Mapping[str, str]]) -> Resource:
    """What a policy is to choose, by operating system. `before`: what it chooses now.

    `given`: ids, ARNs, names or DEFAULT. A policy that chooses none yet has AWS's own for systems that are not given.
    Raises ScheduleError for baselines that are not there, or are for another operating system.
    """
    if before and not given:
        return dict(before)
    rows = patch_baseline.identities(api, {"OWNER": "AWS"})
    of_aws, accounts = _of_aws(rows), {_account(row["BaselineId"]) for row in rows}
    chosen = dict(before or of_aws)
    problems = []
    for system, asked in sorted((given or {}).items()):
        found = of_aws.get(system) if asked == DEFAULT else _look_up(api, system, _known_as(asked, accounts))
        if isinstance(found, dict):
            chosen[system] = found
        else:
            words = found or "AWS predefines no baseline for it in this Region"
            problems.append(Problem("patch_baselines.%s" % system, words))
    if problems:
        raise ScheduleError(problems)
    return chosen


def refuse_two_regions(before: Resource, given: t.Mapping[str, str], of_before: str, region: str) -> None:
    """A policy has one Region for all its baselines. Raises ScheduleError where some would stay of another."""
    kept = sorted(set(before) - set(given))
    if kept and of_before != region:
        words = (
            "those of the policy are of %s, and %s would stay: work in that Region, or name baselines of %s for each"
        )
        raise ScheduleError([Problem("patch_baselines", words % (of_before, ", ".join(kept), region))])


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _known_as(asked: str, accounts: t.Collection[str]) -> str:
    """As AWS knows it: its own baselines, of these accounts, by ARN, and users' by id."""
    found = ARN.match(asked)
    return found.group("id") if found and found.group("account") not in accounts else asked


def _of_aws(rows: t.Sequence[Resource]) -> Resource:
    """The one that AWS uses for each system unless told otherwise; it predefines more."""
    found = {}
    for row in rows:
        system = row.get("OperatingSystem", "WINDOWS")
        usual = predefined_default(system)
        if usual and row["BaselineName"] == usual.name:
            found[system] = _written(row["BaselineId"], row["BaselineName"], row.get("BaselineDescription", ""))
    return found


def _look_up(api: t.Any, system: str, asked: str) -> t.Union[Resource, str]:
    """The baseline, or what is wrong."""
    baseline_id = asked
    if not asked.startswith(("pb-", "arn:")):
        named = patch_baseline.identify_by_name(api, asked, system)
        if named is None:
            return "there is no baseline '%.80s' for it" % asked
        baseline_id = named["baseline_id"]
    raw = api.find("get patch baseline %s" % baseline_id, "get_patch_baseline", BaselineId=baseline_id)
    if raw is None:
        return "there is no baseline %.80s" % asked
    if raw.get("OperatingSystem", "WINDOWS") != system:
        return "baseline %s (%s) is for %s" % (asked, raw["Name"], raw.get("OperatingSystem", "WINDOWS"))
    return _written(baseline_id, raw["Name"], raw.get("Description", ""))


def _written(baseline_id: str, name: str, description: str) -> Resource:
    return {"value": baseline_id, "label": name, "description": description, "disabled": False}
