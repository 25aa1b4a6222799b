# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_scan on booted hosts over SSH, beside what their package managers say themselves."""

from __future__ import annotations

import json
import xml.etree.ElementTree

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package

ROLE = """\
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_scan
      vars: {patch_scan_baselines: [security-7-days], patch_scan_records_dir: records}
"""
# As on EL 8: bindings for the system's own Python alone, which is not the one on PATH.
PYTHON_WITHOUT_BINDINGS = """
system=$(readlink -f /usr/bin/python3)
"$system" -m venv --without-pip /opt/python
mkdir -p /usr/libexec
ln -s "$system" /usr/libexec/platform-python
sed -i '1s,/usr/bin/python3,/usr/libexec/platform-python,' /usr/bin/dnf-3
rm /usr/bin/python3
printf '#!/bin/sh\\nexec /opt/python/bin/python3 "$@"\\n' > /usr/bin/python3
chmod +x /usr/bin/python3
"""


def offer_updates(host):
    """Five packages: two with security updates, one with another update, one with both, one with none."""
    names = ("fixed", "fixed-long-ago", "improved", "both", "same")
    host.install(*(Package(name) for name in names))
    host.publish(Package("fixed", "1.1-1"), Package("both", "1.1-1"), advisory=Advisory("SEC-1", cves=("CVE-2026-1",)))
    host.publish(
        Package("fixed-long-ago", "1:0.9-1"),
        advisory=Advisory("SEC-2", severity="Moderate", issued="2018-01-16 01:28"),
    )
    host.publish(Package("improved", "1.1-1"), advisory=Advisory("BUG-1", kind="bugfix", severity=None))
    host.publish(Package("same"))


def security_updates_of_apt(host):
    host.shell("apt-get update")
    lines = [line.split() for line in host.shell("apt list --upgradable").stdout.splitlines() if "-security" in line]
    return {(name.partition("/")[0], version) for name, version, *_more in lines}


def security_updates_of_dnf(host):
    listed = host.shell("dnf --quiet updateinfo list --updates --security").stdout.splitlines()
    nevras = [line.split()[-1] for line in listed]
    names_and_versions = [nevra.rpartition(".")[0].rsplit("-", 2) for nevra in nevras]
    return {(name, f"{version}-{release}") for name, version, release in names_and_versions}


def security_updates_of_dnf5(host):
    listed = json.loads(host.shell("dnf5 advisory list --updates --security --json").stdout)
    names_and_versions = [entry["nevra"].rpartition(".")[0].rsplit("-", 2) for entry in listed]
    return {(name, f"{version}-{release}") for name, version, release in names_and_versions}


def security_updates_of_zypper(host):
    host.shell("zypper --non-interactive refresh")
    answer = host.shell("zypper --non-interactive --xmlout patch --dry-run --category security").stdout
    solvables = xml.etree.ElementTree.fromstring(answer).iterfind(".//to-upgrade/solvable[@type='package']")
    return {(solvable.get("name"), solvable.get("edition")) for solvable in solvables}


SECURITY_UPDATES = {
    "apt": security_updates_of_apt,
    "dnf": security_updates_of_dnf,
    "dnf5": security_updates_of_dnf5,
    "zypper": security_updates_of_zypper,
}


@pytest.mark.parametrize(
    ("kind", "identity", "product"),
    [
        pytest.param("debian12", None, "Debian12", id="debian12"),
        pytest.param("debian13", None, "Debian13", id="debian13"),
        pytest.param("dnf4", "rhel9", "RedhatEnterpriseLinux9.4", id="rhel9"),
        pytest.param("dnf4", "rocky9", "RockyLinux9.4", id="rocky9"),
        pytest.param("dnf4", "amzn2023", "AmazonLinux2023", id="amzn2023"),
        pytest.param("fedora", "fedora", "Fedora43", id="fedora"),
        pytest.param("suse15", "sles15", "Suse15.6", id="sles15"),
        pytest.param("suse15", "leap15", "OpenSUSE15.6", id="leap15"),
    ],
)
def test_the_role_finds_what_the_package_manager_lists(boot, controller, kind, identity, product):
    host = boot(kind, identity)
    offer_updates(host)
    controller.play([host], ROLE)
    (path,) = controller.folder.glob("records/*/*.json")
    record = json.loads(path.read_text())
    assert (record["status"], record["complete"], record["problems"]) == ("NON_COMPLIANT", True, [])
    assert record["node"]["product"] == product
    missing = {(patch["name"], patch["version"]) for patch in record["patches"] if patch["state"] == "MISSING"}
    assert missing == {("fixed", "1.1-1"), ("both", "1.1-1"), ("fixed-long-ago", "1:0.9-1")}
    assert missing == SECURITY_UPDATES[host.kind.manager](host)


def updates_of_apt(host):
    host.shell("apt-get update")
    lines = [line.split() for line in host.shell("apt list --upgradable").stdout.splitlines() if "/" in line]
    return {(name.partition("/")[0], version) for name, version, *_more in lines}


def updates_of_dnf(host):
    listed = host.shell("dnf --quiet check-update", check=False)
    assert listed.returncode == 100, listed  # updates are available
    lines = [line.split() for line in listed.stdout.splitlines() if line]
    return {(name.rpartition(".")[0], version) for name, version, _repository in lines}


def updates_of_dnf5(host):
    listed = json.loads(host.shell("dnf5 check-upgrade --json", check=False).stdout)
    return {(entry["name"], entry["evr"]) for entry in listed["upgrades"]}


def updates_of_zypper(host):
    host.shell("zypper --non-interactive refresh")
    answer = host.shell("zypper --non-interactive --xmlout list-updates").stdout
    found = xml.etree.ElementTree.fromstring(answer).iterfind(".//update[@kind='package']")
    return {(update.get("name"), update.get("edition")) for update in found}


UPDATES = {"apt": updates_of_apt, "dnf": updates_of_dnf, "dnf5": updates_of_dnf5, "zypper": updates_of_zypper}
EVERYTHING = {
    "name": "everything",
    "approval_rules": [{"filters": {}, "approve_after_days": 0, "enable_non_security": True}],
}


def test_a_baseline_of_everything_misses_all_that_the_package_manager_lists(host, controller):
    offer_updates(host)
    options = {"baselines": [EVERYTHING], "undated": "approve"}
    answer = controller.module([host], "patchops.fleet.patch_scan", options=options)[host.name]
    missing = {(entry["name"], entry["version"]) for entry in answer["plan"]}
    assert missing == {("fixed", "1.1-1"), ("both", "1.1-1"), ("fixed-long-ago", "1:0.9-1"), ("improved", "1.1-1")}
    assert missing == UPDATES[host.kind.manager](host)


def test_a_module_without_bindings_asks_the_python_that_has_them(boot, controller):
    host = boot("dnf4", "rhel8")
    host.shell(PYTHON_WITHOUT_BINDINGS)
    offer_updates(host)
    python = "/opt/python/bin/python3"
    assert host.shell(f"{python} -c 'import dnf'", check=False).returncode != 0
    answer = controller.module(
        [host],
        "patchops.fleet.patch_scan",
        options={"baselines": ["security-7-days"]},
        ansible_python_interpreter=python,
    )[host.name]
    assert [patch["name"] for patch in answer["plan"]] == ["both", "fixed", "fixed-long-ago"], answer
    assert answer["ansible_facts"]["patch_compliance"]["node"]["product"] == "RedhatEnterpriseLinux8.10"
