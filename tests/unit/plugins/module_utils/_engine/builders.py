# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories and baselines for tests, each in as few words as the test is about."""

from __future__ import annotations

import re

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import default_manager

NOW = "2026-11-21T12:00:00Z"
LONG_AGO = "2026-01-01"

RHEL, AL2023, AL2, SUSE, UBUNTU, DEBIAN, MACOS, WINDOWS = (
    "REDHAT_ENTERPRISE_LINUX",
    "AMAZON_LINUX_2023",
    "AMAZON_LINUX_2",
    "SUSE",
    "UBUNTU",
    "DEBIAN",
    "MACOS",
    "WINDOWS",
)

PRODUCTS = {
    RHEL: "RedhatEnterpriseLinux9.4",
    AL2023: "AmazonLinux2023",
    AL2: "AmazonLinux2",
    SUSE: "Suse15.5",
    UBUNTU: "Ubuntu22.04",
    DEBIAN: "Debian12",
    MACOS: "macOS14.0",
}

# What apt's versions come from, see deb().
REPOSITORIES = {
    "security": {"id": "security", "archive": "jammy-security", "label": "Ubuntu", "trusted": True},
    "updates": {"id": "updates", "archive": "jammy-updates", "label": "Ubuntu", "trusted": True},
}

_EVR = re.compile(r"(?:([0-9]+):)?([^-]+)(?:-(.+))?\Z")


def notice(identifier="RHSA-2026:1", type="security", severity="Important", updated=LONG_AGO, **members):
    """An advisory, with whatever a test sets to None left out."""
    members.update(id=identifier, type=type, severity=severity, updated=updated)
    return {name: value for name, value in members.items() if value is not None}


def rpm(evr, *notices, **members):
    """A version of a package in rpm form, on offer and in these advisories."""
    epoch, version, release = _EVR.match(evr).groups()
    return dict(epoch=int(epoch or 0), version=version, release=release, advisories=list(notices), **members)


def deb(version, *repositories, **members):
    """A version that apt offers from `repositories` (default: the security one)."""
    members = dict({"priority": "optional", "section": "libs"}, **members)
    return dict(version=version, repositories=list(repositories or ["security"]), **members)


def package(name="dbus", arch="x86_64", installed=None, available=(), **members):
    """`installed`: a version document, or several, or None."""
    if installed is None:
        installed = []
    elif isinstance(installed, dict):
        installed = [installed]
    without = [{name: value for name, value in one.items() if name != "advisories"} for one in installed]
    return dict(name=name, arch=arch, installed=without, available=list(available), **members)


def update(kb="KB5000001", installed=False, **members):
    """A Windows update: by default a critical security update of the operating system, wanted and not installed."""
    default = {
        "title": "Update %s" % kb,
        "kb": kb,
        "installed": installed,
        "patch_set": "OS",
        "product_family": "Windows",
        "product": "WindowsServer2019",
        "classification": "SecurityUpdates",
        "msrc_severity": "Critical",
        "release_date": LONG_AGO,
        "applicable": True,
    }
    return dict(default, **members)


def inventory(system, *patches, **members):
    """The inventory of a node of this operating system that has these packages, or on Windows these updates."""
    patches = [dict(patch) for patch in patches]
    document = {
        "schema": 1,
        "captured_at": NOW,
        "node": {"id": "i-1", "name": "web1", "operating_system": system, "product": PRODUCTS.get(system)},
        "manager": members.pop("manager", None) or default_manager(system),
        "boot_time": "2026-11-01T00:00:00Z",
        "repositories": REPOSITORIES,
        "advisories": {},
    }
    if system == WINDOWS:
        document["updates"] = patches
    else:
        document["packages"] = [_with_references(patch, document["advisories"]) for patch in patches]
    document["node"].update(members.pop("node", {}))
    document.update(members)
    return document


def _with_references(patch, table):
    """The package with its advisories moved into the inventory's table."""
    offers = []
    for offer in patch["available"]:
        for one in offer.get("advisories", ()):
            assert table.setdefault(one["id"], one) == one, "two different advisories %s" % one["id"]
        offers.append(dict(offer, advisories=[one["id"] for one in offer.get("advisories", ())]))
    return dict(patch, available=offers)


def rule(days=0, until=None, **members):
    """A rule that approves everything at once; `days` None and `until` None: without date fields."""
    if until is not None:
        members["approve_until_date"] = until
    elif days is not None:
        members["approve_after_days"] = days
    return dict({"filters": {}}, **members)


def baseline(system=None, *rules, **members):
    """A baseline with these rules; `system` None makes it portable."""
    document = dict({"name": "tested", "approval_rules": list(rules)}, **members)
    return dict(document, operating_system=system) if system else document


def evaluations(document, given, now=NOW, **options):
    return what_if(document, [given], now=now, **options)["evaluations"]


def decide(system, patch, *rules, **members):
    """What a baseline of these rules and members says of one patch; members of the question are allowed as well."""
    options = {name: members.pop(name) for name in ("now", "run", "undated") if name in members}
    about = {name: members.pop(name) for name in ("manager", "node", "release_dates", "boot_time") if name in members}
    (evaluation,) = evaluations(inventory(system, patch, **about), baseline(system, *rules, **members), **options)
    return evaluation
