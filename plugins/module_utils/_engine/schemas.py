# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

The two documents that leave this machine: inventory and compliance record, as JSON Schema.

Instants are ISO 8601 text in UTC (`2026-11-21T05:40:00Z`). A reader refuses a newer `schema` number than its own.
"""

from __future__ import annotations

import typing as t

INVENTORY_SCHEMA = 1
RECORD_SCHEMA = 1

Schema = t.Dict[str, t.Any]

STATUSES = ["COMPLIANT", "NON_COMPLIANT", "UNKNOWN"]
STATES = [
    "INSTALLED",
    "INSTALLED_OTHER",
    "INSTALLED_PENDING_REBOOT",
    "INSTALLED_REJECTED",
    "MISSING",
    "FAILED",
    "NOT_APPLICABLE",
    "AVAILABLE_SECURITY_UPDATE",
]
# High to low (approval-rules.md, section 1).
LEVELS = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"]
DECISIONS = ["approved", "rejected", "not_approved"]
REASON_CODES = [
    "rule",
    "approved_list",
    "rule_and_list",
    "rejected_list",
    "delay_pending",
    "after_cutoff",
    "undated_held",
    "nonsecurity_excluded",
    "global_filter",
    "no_matching_rule",
    "no_candidate",
    "no_kb_id",
]
MANAGERS = ["apt", "dnf", "yum", "zypper", "macos", "windows"]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def _object(
    required: t.Dict[str, Schema], optional: t.Optional[t.Dict[str, Schema]] = None, closed: bool = False
) -> Schema:
    """Unknown members are allowed unless `closed`, so that a later version can add some without a new schema number."""
    properties = dict(required)
    properties.update(optional or {})
    return {
        "type": "object",
        "required": sorted(required),
        "properties": properties,
        "additionalProperties": not closed,
    }


NODE = _object(
    {
        "id": TEXT,  # instance_id, else mi_id, else machine_id: the merge key everywhere
        "name": TEXT,  # inventory_hostname
        "operating_system": TEXT,  # the API's enum, or FEDORA or OPENSUSE
    },
    {
        "machine_id": TEXT_OR_NULL,
        "instance_id": TEXT_OR_NULL,
        "mi_id": TEXT_OR_NULL,
        "patch_group": TEXT_OR_NULL,
        "product": TEXT_OR_NULL,  # the node's product string, such as Ubuntu22.04
        "platform": _object(
            {},
            {
                "name": TEXT_OR_NULL,
                "version": TEXT_OR_NULL,
                "architecture": TEXT_OR_NULL,
                "ip_address": TEXT_OR_NULL,
                "agent_version": TEXT_OR_NULL,
            },
        ),
    },
)

REPOSITORY = _object(
    {"id": TEXT},
    {
        "uri": TEXT_OR_NULL,
        "archive": TEXT_OR_NULL,  # apt: Suite of the Release file
        "codename": TEXT_OR_NULL,
        "component": TEXT_OR_NULL,
        "label": TEXT_OR_NULL,  # apt: Label of the Release file
        "origin": TEXT_OR_NULL,
        "trusted": FLAG,
        "released_at": TEXT_OR_NULL,  # apt: Date of the Release file
        "valid_until": TEXT_OR_NULL,
        "refreshed_at": TEXT_OR_NULL,  # when this node last fetched it: the age of the metadata
    },
)

REPOSITORIES: Schema = {"type": "object", "additionalProperties": REPOSITORY}  # by id

PROBLEM = _object({"what": TEXT, "why": TEXT})  # something that could not be read

REBOOT = _object({"required": {"type": ["boolean", "null"]}}, {"reason": TEXT_OR_NULL, "packages": TEXTS})

ADVISORY = _object(
    {"id": TEXT},
    {
        "type": TEXT_OR_NULL,  # as the vendor writes it; on SUSE the category of the patch
        "severity": TEXT_OR_NULL,
        "issued": {"type": ["string", "integer", "null"]},
        "updated": {"type": ["string", "integer", "null"]},  # on SUSE the creation date of the patch
        "cves": TEXTS,
        "bugzillas": TEXTS,
        "title": TEXT_OR_NULL,
        "repository": TEXT_OR_NULL,
    },
)

_VERSION: t.Dict[str, Schema] = {
    "epoch": {"type": ["integer", "null"]},  # rpm only; apt keeps the whole [epoch:]upstream[-revision] in version
    "release": TEXT_OR_NULL,  # rpm only
}

INSTALLED = _object({"version": TEXT}, dict(_VERSION, installed_time=TEXT_OR_NULL))

AVAILABLE = _object(
    {"version": TEXT},
    dict(
        _VERSION,
        repositories=TEXTS,  # ids of the repositories that offer it
        advisories=TEXTS,  # keys of the advisories that list it
        build_time=TEXT_OR_NULL,  # rpm
        released_at=TEXT_OR_NULL,  # apt with release_dates
        priority=TEXT_OR_NULL,  # apt
        section=TEXT_OR_NULL,  # apt, component prefix included
        classification=TEXT_OR_NULL,  # macOS
        policy_priority={"type": ["integer", "null"]},  # apt: what pins make of it
        excluded=TEXT_OR_NULL,  # why the package manager's configuration makes it no candidate
        size={"type": ["integer", "null"]},  # bytes to download
    ),
)

PACKAGE = _object(
    {"name": TEXT, "arch": TEXT},
    {
        "installed": {"type": "array", "items": INSTALLED},  # empty or absent: not installed; several: kernels
        "available": {"type": "array", "items": AVAILABLE},  # in any order; older ones are ignored
        "held": TEXT_OR_NULL,  # the package manager's hold or lock, named
        "unfinished": TEXT_OR_NULL,  # how the package manager left what it did not install properly, in its word
    },
)

UPDATE = _object(
    {"title": TEXT, "installed": FLAG},
    {
        "kb": TEXT_OR_NULL,
        "bulletin": TEXT_OR_NULL,
        "id": TEXT_OR_NULL,
        "patch_set": TEXT_OR_NULL,  # OS or APPLICATION
        "product_family": TEXT_OR_NULL,
        "product": TEXT_OR_NULL,
        "classification": TEXT_OR_NULL,
        "msrc_severity": TEXT_OR_NULL,
        "release_date": TEXT_OR_NULL,
        "applicable": FLAG,
        "superseded": FLAG,  # by an installed update, where `supersedes` of the others does not tell
        "supersedes": TEXTS,  # ids of the updates that it takes the place of
        "optional": FLAG,  # only offered to who looks for it, such as a preview
        "exclusive": FLAG,  # it can only be installed in a call of its own
        "pending_reboot": FLAG,  # installed, and Windows says that only a restart completes that
        "live": FLAG,  # a run of this collection installed it, and the node asked for no restart
        "held": TEXT_OR_NULL,  # why the node does not want it, such as hidden
        "failure": TEXT_OR_NULL,  # how its last installation failed, in words
        "kbs": TEXTS,  # all its KB ids, where it has several
        "installed_time": TEXT_OR_NULL,
        "cves": TEXTS,
    },
)

INVENTORY: Schema = _object(
    {
        "schema": {"const": INVENTORY_SCHEMA},
        "captured_at": TEXT,
        "node": NODE,
        "manager": {"enum": MANAGERS},
    },
    {
        "complete": FLAG,
        "unusable": TEXT_OR_NULL,  # why nothing can be decided, such as no package list at all
        "problems": {"type": "array", "items": PROBLEM},
        "warnings": TEXTS,
        "refreshed_at": TEXT_OR_NULL,  # last time the package lists were fetched
        "release_dates": {"enum": ["ignored", "published", "first_seen"]},  # apt
        "boot_time": TEXT_OR_NULL,
        "reboot": REBOOT,
        "activity": TEXTS,  # what else works on this node's packages, such as unattended-upgrades
        "services": TEXTS,  # units that still run files which were replaced; after an installation
        "repositories": REPOSITORIES,
        "advisories": {"type": "object", "additionalProperties": ADVISORY},
        "packages": {"type": "array", "items": PACKAGE},
        "updates": {"type": "array", "items": UPDATE},
    },
)

PATCH = _object(
    {
        "title": TEXT,  # name.arch:epoch:version-release, name.arch:version, name.version, or the update's title
        "kb_id": TEXT,  # name.arch, or KB123
        "state": {"enum": STATES + [None]},  # null: considered, but Patch Manager does not report it
        "status": {"enum": ["COMPLIANT", "NON_COMPLIANT", None]},
        "decision": {"enum": DECISIONS + [None]},  # null, as the next: AWS tells no decisions
        "reason_code": {"enum": REASON_CODES + [None]},
        "reason": TEXT,
        "compliance_level": {"enum": LEVELS + [None]},  # null: not told
        "classification": TEXT,
        "severity": TEXT,  # the vendor's; on apt the Priority
        "installed_time": TEXT_OR_NULL,
        "cve_ids": TEXTS,
    },
    {
        "name": TEXT,
        "arch": TEXT_OR_NULL,
        "installed_version": TEXT_OR_NULL,
        "version": TEXT_OR_NULL,  # the version decided on
        "rule": {"type": ["integer", "null"]},  # number of the rule that decided, from 1
        "approved_on": TEXT_OR_NULL,  # instant from which a waiting patch is approved
        "release_date": TEXT_OR_NULL,
        "advisories": TEXTS,
        "held": TEXT_OR_NULL,
    },
)

# Counts: InstancePatchState's in snake_case; the last four are ours.
_ALWAYS_COUNTED = [
    "installed_count",
    "installed_other_count",
    "installed_pending_reboot_count",
    "installed_rejected_count",
    "missing_count",
    "failed_count",
    "not_applicable_count",
]
# A host counts all of them; what AWS does not tell is left out.
_NOT_ALWAYS_COUNTED = [
    "unreported_not_applicable_count",
    "available_security_update_count",
    "critical_non_compliant_count",
    "security_non_compliant_count",
    "other_non_compliant_count",
    "waiting_count",  # an update is offered and only its date keeps it from being approved
    "rejected_count",  # decided rejected
    "held_count",  # missing or waiting, and held by the package manager
    "considered_count",  # everything evaluated
]
COUNTS = _ALWAYS_COUNTED + _NOT_ALWAYS_COUNTED

BASELINE = _object(
    {
        "name": TEXT_OR_NULL,
        "why": TEXT,  # why this baseline was chosen, or none
    },
    {
        "id": TEXT_OR_NULL,  # pb-... when it came from AWS
        "hash": TEXT_OR_NULL,  # sha256 of its canonical form
        "operating_system": TEXT_OR_NULL,
        "source": {"enum": ["given", "shipped", "predefined", "aws", None]},
    },
)

BY_LEVEL = _object({}, dict.fromkeys(LEVELS, COUNT))

# ListResourceComplianceSummaries: one node's items of one compliance type.
RESOURCE_SUMMARY = _object(
    {"compliance_type": TEXT, "status": TEXT},
    {
        "overall_severity": TEXT_OR_NULL,
        "compliant_count": COUNT,
        "compliant_by_level": BY_LEVEL,
        "non_compliant_count": COUNT,
        "non_compliant_by_level": BY_LEVEL,
        "execution_time": TEXT_OR_NULL,
        "execution_id": TEXT_OR_NULL,
        "execution_type": TEXT_OR_NULL,
    },
)

# What Systems Manager tells of a node beside what hosts tell: in records that it is the source of, and in no others.
SSM = _object(
    {"reach": {"enum": ["Online", "Offline", "Unmanaged", "Unknown"]}},  # when it was asked
    {
        "snapshot_id": TEXT_OR_NULL,
        "operation_start_time": TEXT_OR_NULL,
        "install_override_list": TEXT_OR_NULL,
        "owner_information": TEXT_OR_NULL,
        "available_security_updates_compliance_status": TEXT_OR_NULL,  # of the baseline; null: not known
        "resource_summaries": {"type": "array", "items": RESOURCE_SUMMARY},
    },
)

RECORD: Schema = _object(
    {
        "schema": {"const": RECORD_SCHEMA},
        "capture": _object({"time": TEXT, "run_id": TEXT}),  # all that differs between two scans of an unchanged node
        "operation": {"enum": ["Scan", "Install"]},
        "node": NODE,
        "baseline": BASELINE,
        "status": {"enum": STATUSES},
        "compliance_level": {"enum": LEVELS + [None]},  # highest of the NON_COMPLIANT patches, null when compliant
        "complete": FLAG,
        "summary": _object(dict.fromkeys(_ALWAYS_COUNTED, COUNT), dict.fromkeys(_NOT_ALWAYS_COUNTED, COUNT)),
        "patches": {"type": "array", "items": PATCH},
        "patches_omitted": COUNT,  # left out of `patches`: facts keep what needs attention, under 256 KB
    },
    {
        "status_reason": TEXT_OR_NULL,  # for UNKNOWN
        "problems": {"type": "array", "items": PROBLEM},
        "warnings": TEXTS,
        "refreshed_at": TEXT_OR_NULL,
        "repositories": REPOSITORIES,
        "reboot": REBOOT,
        "reboot_option": TEXT_OR_NULL,
        "last_no_reboot_install_operation_time": TEXT_OR_NULL,
        "activity": TEXTS,
        "services": TEXTS,
        "non_compliant_by_level": BY_LEVEL,  # where more is known than `patches` tells
        "ssm": SSM,
        "run": {"type": "object"},  # of an installation: what the user limited it to, and whether it was interrupted
    },
)
