# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden cases of dnf, from real repositories: dnf supplies the candidates, our parser the advisories."""

from __future__ import annotations

import datetime
import pathlib

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.dates import parse_instant
from ansible_collections.patchops.fleet.plugins.module_utils._engine.operating_systems import default_manager
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, scan
from ansible_collections.patchops.fleet.tests.golden.run_cases import run_of
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    Rpm,
    RpmRoot,
    advisory,
)

CASES = yaml.safe_load((pathlib.Path(__file__).resolve().parent / "golden-cases.yml").read_text(encoding="utf-8"))
SYSTEMS = {
    "ALMA_LINUX": ("almalinux", "9.4"),
    "AMAZON_LINUX_2022": ("amzn", "2022"),
    "AMAZON_LINUX_2023": ("amzn", "2023"),
    "CENTOS": ("centos", "9"),
    "ORACLE_LINUX": ("ol", "9.4"),
    "REDHAT_ENTERPRISE_LINUX": ("rhel", "9.4"),
    "ROCKY_LINUX": ("rocky", "9.4"),
}


def replayable(case):
    """Rpms always say when they were built, and only what is installed is looked at on a host."""
    if case["os"] not in SYSTEMS or case.get("manager", default_manager(case["os"])) != "dnf":
        return False
    return case["installed"] is not None and all(
        offer.get("notices") or offer.get("build_time") for offer in case["available"]
    )


REPLAYED = [case for case in CASES["cases"] if replayable(case)]


def rpm_of(case, version):
    return Rpm(
        case["package"]["name"],
        version["version"],
        version["release"],
        version.get("epoch") or 0,
        case["package"]["arch"],
    )


def root_of(case, path):
    root = RpmRoot(path)
    root.system(*SYSTEMS[case["os"]], "Test Linux")
    root.install(rpm_of(case, case["installed"]))
    repository = root.repository("updates")
    for offer in case["available"]:
        rpm = rpm_of(case, offer)
        repository.add(rpm, when=int(parse_instant(offer.get("build_time") or "2023-11-14").timestamp()))
        for notice in offer.get("notices", ()):
            repository.advise(
                advisory(
                    notice["id"],
                    rpm,
                    kind=notice.get("type"),
                    severity=notice.get("severity"),
                    issued=notice.get("issued"),
                    updated=notice.get("updated"),
                    cves=notice.get("cves", ()),
                    bugs=notice.get("bugzillas", ()),
                )
            )
    repository.publish()
    return root


@pytest.mark.needs("dnf", "python3-dnf", "rpm", "createrepo-c")
@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in REPLAYED])
def test_a_golden_case_from_a_real_repository(case, tmp_path):
    root = root_of(case, tmp_path)
    now = datetime.datetime.now(datetime.timezone.utc)
    inventory = scan.gather("node", None, root.run, lambda: now, base.Options(root=str(root.root))).inventory
    assert inventory["node"]["operating_system"] == case["os"]
    inventory["node"]["product"] = case["product"]
    given = dict(case["baseline"], Name="golden-case", OperatingSystem=case["os"])
    patch = what_if(inventory, [given], now=case["now"], run=run_of(case))["evaluations"][0]
    answer = {
        "decision": patch["decision"],
        "reason": patch["reason_code"],
        "state": patch["state"],
        "status": patch["status"],
        "level": patch["compliance_level"],
    }
    if patch["decision"] == "approved":
        answer["version"] = patch["version"]
    assert answer == case["expect"], case["why"]


def test_most_golden_cases_of_dnf_are_replayed():
    assert len(REPLAYED) > 30
