# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an association may not say, beyond the model (operations.md, 8)."""

from __future__ import annotations

import datetime

from ansible_collections.patchops.fleet.plugins.module_utils._schedule.errors import ScheduleError
from ansible_collections.patchops.fleet.plugins.module_utils._schedule.expressions import (
    Cron,
    Rate,
    Schedule,
    parse_schedule,
)

from . import documents, runbooks
from .errors import SSMError, invalid
from .known_documents import document_type
from .state import Region, Resource

# Rates (the user guide, on schedules of associations).
SHORTEST, TOO_LONG = datetime.timedelta(minutes=30), datetime.timedelta(days=31)
TARGET_KEYS = ("InstanceIds", "tag-key", "resource-groups:Name", "resource-groups:ResourceTypeFilters")


def refuse_impossible(region: Region, association: Resource) -> None:
    kind = document_type(region, association["Name"])
    _refuse_targets(association, kind)
    if "ScheduleExpression" in association or association["ApplyOnlyAtCronInterval"] or "ScheduleOffset" in association:
        refuse_schedule(association)
    _refuse_document(region, association, kind)


def _refuse_targets(association: Resource, kind: str) -> None:
    targets, maps = association.get("Targets"), association.get("TargetMaps")
    if targets and maps:
        raise invalid("Targets and TargetMaps cannot both be given")
    if kind == "Command" and not targets:
        raise SSMError("InvalidTarget", "An association of a Command document needs Targets")
    for one in targets or ():
        key = one.get("Key", "")
        if (key not in TARGET_KEYS and not key.startswith("tag:")) or not one.get("Values"):
            raise SSMError("InvalidTarget", f"Target key {key} is not valid, or has no values")
    if kind == "Automation" and targets and "AutomationTargetParameterName" not in association:
        raise SSMError("InvalidTarget", "Targets of a runbook need AutomationTargetParameterName")


def refuse_schedule(association: Resource) -> Schedule | None:
    """InvalidSchedule, or the schedule as it is read."""
    written, cron_only = association.get("ScheduleExpression"), association["ApplyOnlyAtCronInterval"]
    try:
        schedule = parse_schedule(written) if written else None
    except ScheduleError as error:
        raise SSMError("InvalidSchedule", str(error)) from error
    if isinstance(schedule, Rate) and not SHORTEST <= schedule.interval < TOO_LONG:
        raise SSMError("InvalidSchedule", "A rate is 30 minutes or more, and less than 31 days")
    if cron_only and not isinstance(schedule, Cron):
        raise SSMError("InvalidSchedule", "ApplyOnlyAtCronInterval is for cron expressions")
    if "ScheduleOffset" in association and not cron_only:
        raise SSMError("InvalidSchedule", "ScheduleOffset needs ApplyOnlyAtCronInterval")
    return schedule


def _refuse_document(region: Region, association: Resource, kind: str) -> None:
    asked = {"DocumentName": association["Name"], "DocumentVersion": association["DocumentVersion"]}
    given = association.get("Parameters", {})
    if kind == "Command":
        documents.refuse_parameters(documents.document(region, asked), given)
        return
    if kind != "Automation":
        raise SSMError("InvalidDocument", f"Document {association['Name']} is of type {kind}, which cannot be run")
    try:
        target = association.get("AutomationTargetParameterName")
        runbooks.refuse_parameters(runbooks.runbook(region, asked), given, [target] if target else [])
    except SSMError as error:
        codes = {"AutomationDefinitionVersionNotFoundException": "InvalidDocumentVersion"}
        raise SSMError(codes.get(error.code, "InvalidParameters"), error.message) from error
