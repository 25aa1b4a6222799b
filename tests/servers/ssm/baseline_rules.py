# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patch baseline may not say, beyond the model (approval-rules.md, 1, 2 and 11)."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import FAMILIES, filter_keys

from .errors import invalid
from .state import Resource


def refuse_impossible(baseline: Resource) -> None:
    """`baseline` is whole: in the shape of GetPatchBaseline."""
    found = list(problems(baseline))
    if found:
        raise invalid("; ".join(found))


def problems(baseline: Resource) -> t.Iterator[str]:
    system = baseline["OperatingSystem"]
    yield from _filter_problems(baseline["GlobalFilters"], system, "globalFilters")
    for number, rule in enumerate(baseline["ApprovalRules"]["PatchRules"], 1):
        where = f"approvalRules.patchRules.{number}.member"
        yield from _filter_problems(rule["PatchFilterGroup"], system, where)
        yield from _date_problems(rule, system, where)
    if system == "WINDOWS":
        yield from _not_for_windows(baseline)
    elif "AvailableSecurityUpdatesComplianceStatus" in baseline:
        yield "AvailableSecurityUpdatesComplianceStatus is for WINDOWS alone"


def _filter_problems(group: Resource, system: str, where: str) -> t.Iterator[str]:
    keys = [one["Key"] for one in group["PatchFilters"]]
    for key in dict.fromkeys(keys):
        if key not in filter_keys(system):
            yield f"{where}: filter key {key} is not valid for {system}"
        if keys.count(key) > 1:
            yield f"{where}: filter key {key} is given more than once"


def _date_problems(rule: Resource, system: str, where: str) -> t.Iterator[str]:
    """Of the two exactly one; apt has no release dates, and may do without (approval-rules.md, 1)."""
    given = [member for member in ("ApproveAfterDays", "ApproveUntilDate") if member in rule]
    if len(given) == 2 or (not given and FAMILIES[system] != "apt"):
        yield f"{where}: give one of ApproveAfterDays and ApproveUntilDate"
    if "ApproveUntilDate" in rule and not _is_date(rule["ApproveUntilDate"]):
        yield f"{where}: ApproveUntilDate {rule['ApproveUntilDate']} is no date in the form YYYY-MM-DD"


def _is_date(written: str) -> bool:
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", written) and datetime.date.fromisoformat(written))
    except ValueError:
        return False


def _not_for_windows(baseline: Resource) -> t.Iterator[str]:
    if baseline["Sources"]:
        yield "Sources are for Linux alone"
    if baseline["ApprovedPatchesEnableNonSecurity"]:
        yield "ApprovedPatchesEnableNonSecurity is for Linux alone"
    if any(rule["EnableNonSecurity"] for rule in baseline["ApprovalRules"]["PatchRules"]):
        yield "EnableNonSecurity is for Linux alone"
