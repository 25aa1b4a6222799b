# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which of Patch Manager's operating systems a Linux host is: os-release(5)."""

from __future__ import annotations

import re
import shlex
import typing as t

UNKNOWN = "UNKNOWN"

# How much of VERSION_ID the product string carries (approval-rules.md, section 3).
WHOLE = "whole"
MAJOR = "major"


class Distribution(t.NamedTuple):
    operating_system: str  # the API's enum, or FEDORA or OPENSUSE
    product: str  # what the product string begins with
    version: str = WHOLE


# By ID of os-release. Derivatives that Patch Manager does not know stay unknown, whatever their ID_LIKE.
DISTRIBUTIONS: t.Dict[str, Distribution] = {
    "almalinux": Distribution("ALMA_LINUX", "AlmaLinux"),
    "amzn": Distribution("AMAZON_LINUX", "AmazonLinux"),
    "centos": Distribution("CENTOS", "CentOS"),
    "debian": Distribution("DEBIAN", "Debian", MAJOR),
    "fedora": Distribution("FEDORA", "Fedora", MAJOR),
    "ol": Distribution("ORACLE_LINUX", "OracleLinux"),
    "opensuse-leap": Distribution("OPENSUSE", "OpenSUSE"),
    "opensuse-tumbleweed": Distribution("OPENSUSE", "OpenSUSE"),
    "raspbian": Distribution("RASPBIAN", "Raspbian", MAJOR),
    "rhel": Distribution("REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux"),
    "rocky": Distribution("ROCKY_LINUX", "RockyLinux"),
    "sled": Distribution("SUSE", "Suse"),
    "sles": Distribution("SUSE", "Suse"),
    "sles_sap": Distribution("SUSE", "Suse"),
    "ubuntu": Distribution("UBUNTU", "Ubuntu"),
}

# Amazon's releases are operating systems of their own; before the second they were named by year and month.
AMAZON_LINUX: t.Dict[str, str] = {"2": "AMAZON_LINUX_2", "2022": "AMAZON_LINUX_2022", "2023": "AMAZON_LINUX_2023"}

MANAGERS: t.Dict[str, str] = {
    "ALMA_LINUX": "dnf",
    "AMAZON_LINUX": "yum",
    "AMAZON_LINUX_2": "yum",
    "AMAZON_LINUX_2022": "dnf",
    "AMAZON_LINUX_2023": "dnf",
    "CENTOS": "dnf",
    "DEBIAN": "apt",
    "FEDORA": "dnf",
    "OPENSUSE": "zypper",
    "ORACLE_LINUX": "dnf",
    "RASPBIAN": "apt",
    "REDHAT_ENTERPRISE_LINUX": "dnf",
    "ROCKY_LINUX": "dnf",
    "SUSE": "zypper",
    "UBUNTU": "apt",
}
LAST_YUM_RELEASE = 7  # of CENTOS, REDHAT_ENTERPRISE_LINUX and ORACLE_LINUX
YUM_THEN_DNF = ("CENTOS", "REDHAT_ENTERPRISE_LINUX", "ORACLE_LINUX")


class OperatingSystem(t.NamedTuple):
    operating_system: str  # UNKNOWN for what Patch Manager does not know
    product: t.Optional[str]  # such as Ubuntu22.04
    name: t.Optional[str]
    version: t.Optional[str]
    manager: t.Optional[str]


def parse_os_release(text: str) -> t.Dict[str, str]:
    """The assignments of an os-release file. Lines that are none are passed over, as os-release(5) asks of readers."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            values[name] = " ".join(shlex.split(value))
        except ValueError:
            continue
    return values


def identify(values: t.Dict[str, str]) -> OperatingSystem:
    """The operating system that the assignments of an os-release file name."""
    name = values.get("NAME")
    version = values.get("VERSION_ID")
    distribution = DISTRIBUTIONS.get(values.get("ID", "").lower())
    if distribution is None:
        return OperatingSystem(UNKNOWN, None, values.get("PRETTY_NAME") or name, version, None)
    system = distribution.operating_system
    if system == "AMAZON_LINUX":
        system = AMAZON_LINUX.get(version or "", system)
    shown = version or ""
    if distribution.version == MAJOR:
        shown = shown.partition(".")[0]
    return OperatingSystem(system, distribution.product + shown, name, version, _manager(system, version))


def _manager(operating_system: str, version: t.Optional[str]) -> str:
    major = re.match(r"\d+", version or "")
    if operating_system in YUM_THEN_DNF and major and int(major.group()) <= LAST_YUM_RELEASE:
        return "yum"
    return MANAGERS[operating_system]


def read_os_release(root: str = "") -> OperatingSystem:
    """The operating system below `root`; unknown when it has no os-release file."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(root + path, encoding="utf-8", errors="replace") as stream:
                return identify(parse_os_release(stream.read()))
        except OSError:
            continue
    return OperatingSystem(UNKNOWN, None, None, None, None)
