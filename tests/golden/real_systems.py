# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden cases as real systems: the package manager supplies the candidates, the case only what it decides on."""

from __future__ import annotations

import datetime
import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._engine.dates import parse_instant
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import default_manager
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, scan
from ansible_collections.patchops.fleet.tests.golden.run_cases import decided
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    Repository,
    Rpm,
    advisory,
)

Document = t.Dict[str, t.Any]

CASES: t.List[Document] = yaml.safe_load(
    (pathlib.Path(__file__).resolve().parent / "golden-cases.yml").read_text(encoding="utf-8")
)["cases"]

# ID of os-release by the operating system of a case.
IDENTIFIERS = {
    "ALMA_LINUX": "almalinux",
    "AMAZON_LINUX_2": "amzn",
    "AMAZON_LINUX_2023": "amzn",
    "CENTOS": "centos",
    "DEBIAN": "debian",
    "ORACLE_LINUX": "ol",
    "RASPBIAN": "raspbian",
    "REDHAT_ENTERPRISE_LINUX": "rhel",
    "ROCKY_LINUX": "rocky",
    "SUSE": "sles",
    "UBUNTU": "ubuntu",
}
UNBUILT = 0  # seconds since the epoch: what rpm's build time is when there is none
WITH_NOTICE = 1700000000  # of packages in a notice, where it does not count


def manager_of(case: Document) -> str:
    return case.get("manager") or default_manager(case["os"])


def cases_of(manager: str, beside: t.Collection[str] = ()) -> t.List[Document]:
    """All cases of a package manager but those whose ids are listed, which have tests of their own."""
    return [case for case in CASES if manager_of(case) == manager and case["id"] not in beside]


def cases_named(names: t.Iterable[str]) -> t.List[Document]:
    known = {case["id"]: case for case in CASES}
    return [known[name] for name in names]


def parameters(cases: t.Iterable[Document]) -> t.List[t.Any]:
    return [pytest.param(case, id=case["id"]) for case in cases]


def write_os_release(case: Document, root: pathlib.Path) -> None:
    """The release is what the case's product ends with."""
    version = re.search(r"[0-9.]+$", case["product"])
    assert version is not None
    text = 'ID=%s\nNAME="Test Linux"\nVERSION_ID="%s"\n' % (IDENTIFIERS[case["os"]], version.group())
    (root / "etc/os-release").write_text(text, encoding="utf-8")


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def inventory_of(root: pathlib.Path, run: base.Run, clock: base.Clock = now, **options: t.Any) -> Document:
    return scan.gather("node", None, run, clock, base.Options(root=str(root), **options)).inventory


def check(case: Document, inventory: Document) -> None:
    """The node is the case's, and what is decided of what it has and could get is what the case expects."""
    node = inventory["node"]
    assert (node["operating_system"], node["product"]) == (case["os"], case["product"])
    assert inventory["problems"] == []
    assert decided(case, inventory) == case["expect"], case["why"]


def rpm_of(case: Document, version: Document) -> Rpm:
    package = case["package"]
    return Rpm(package["name"], version["version"], version["release"], version.get("epoch") or 0, package["arch"])


def seconds(written: t.Optional[str]) -> int:
    """A case's date as rpm and SUSE write it."""
    instant = parse_instant(written)
    return int(instant.timestamp()) if instant else UNBUILT


def fill(repository: Repository, case: Document) -> None:
    """Publish what the case has on offer, with its notices in the vendor's form, in a repository of rpms."""
    for offer in case["available"]:
        rpm = rpm_of(case, offer)
        repository.add(rpm, when=WITH_NOTICE if offer.get("notices") else seconds(offer.get("build_time")))
        repository.advise(*(_notice(notice, rpm) for notice in offer.get("notices", ())))
        repository.advise(*(_patch(patch, rpm) for patch in offer.get("patches", ())))
    repository.publish()


def _notice(notice: Document, rpm: Rpm) -> str:
    return advisory(
        notice["id"],
        rpm,
        kind=notice.get("type"),
        severity=notice.get("severity"),
        issued=notice.get("issued"),
        updated=notice.get("updated"),
        cves=notice.get("cves", ()),
        bugs=notice.get("bugzillas", ()),
    )


def _patch(patch: Document, rpm: Rpm) -> str:
    issued = str(seconds(patch["created"])) if patch["created"] else None
    kind, severity = patch["category"], patch["severity"]
    return advisory(patch["name"], rpm, kind=kind, severity=severity, issued=issued, status="stable")
