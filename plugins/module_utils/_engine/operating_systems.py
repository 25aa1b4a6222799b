# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

The operating systems of Patch Manager: family, filter keys and value vocabularies (approval-rules.md, 2 and 3).
"""

from __future__ import annotations

import typing as t

RPM_KEYS = ("PRODUCT", "CLASSIFICATION", "SEVERITY")
APT_KEYS = ("PRODUCT", "PRIORITY", "SECTION")
MACOS_KEYS = ("PRODUCT", "CLASSIFICATION")
WINDOWS_KEYS = ("PATCH_SET", "PRODUCT_FAMILY", "PRODUCT", "CLASSIFICATION", "MSRC_SEVERITY")

KEYS_BY_FAMILY: t.Dict[str, t.Tuple[str, ...]] = {
    "rpm": RPM_KEYS,
    "zypper": RPM_KEYS,
    "apt": APT_KEYS,
    "macos": MACOS_KEYS,
    "windows": WINDOWS_KEYS,
}

# yum or dnf depends on the release for CENTOS, REDHAT_ENTERPRISE_LINUX and ORACLE_LINUX: the inventory's manager tells.
FAMILIES: t.Dict[str, str] = {
    "ALMA_LINUX": "rpm",
    "AMAZON_LINUX": "rpm",
    "AMAZON_LINUX_2": "rpm",
    "AMAZON_LINUX_2022": "rpm",
    "AMAZON_LINUX_2023": "rpm",
    "CENTOS": "rpm",
    "DEBIAN": "apt",
    "MACOS": "macos",
    "ORACLE_LINUX": "rpm",
    "RASPBIAN": "apt",
    "REDHAT_ENTERPRISE_LINUX": "rpm",
    "ROCKY_LINUX": "rpm",
    "SUSE": "zypper",
    "UBUNTU": "apt",
    "WINDOWS": "windows",
}
API_OPERATING_SYSTEMS = tuple(FAMILIES)

# Known on hosts only; the AWS side refuses them by name.
HOST_ONLY: t.Dict[str, str] = {"FEDORA": "rpm", "OPENSUSE": "zypper"}
FAMILIES.update(HOST_ONLY)
OPERATING_SYSTEMS = tuple(sorted(FAMILIES))

# Their default manager where the inventory does not say.
DEFAULT_MANAGERS: t.Dict[str, str] = {
    "apt": "apt",
    "zypper": "zypper",
    "macos": "macos",
    "windows": "windows",
    "rpm": "dnf",
}
YUM_ONLY = ("AMAZON_LINUX", "AMAZON_LINUX_2")
MANAGERS_BY_FAMILY: t.Dict[str, t.Tuple[str, ...]] = {
    "rpm": ("dnf", "yum"),
    "apt": ("apt",),
    "zypper": ("zypper",),
    "macos": ("macos",),
    "windows": ("windows",),
}

# Their vendors say Moderate only (approval-rules.md, 3).
NEVER_MEDIUM = ("ALMA_LINUX", "ORACLE_LINUX", "ROCKY_LINUX")

# Here Medium and Moderate select each other (os-behaviour.md, 1.1).
MEDIUM_IS_MODERATE = ("AMAZON_LINUX_2022", "AMAZON_LINUX_2023")

_RPM_CLASSIFICATIONS = ("Security", "Bugfix", "Enhancement", "Recommended", "Newpackage")
_SUSE_CLASSIFICATIONS = ("Security", "Recommended", "Optional", "Feature", "Document", "Yast")
_WINDOWS_CLASSIFICATIONS = (
    "CriticalUpdates",
    "DefinitionUpdates",
    "Drivers",
    "FeaturePacks",
    "SecurityUpdates",
    "ServicePacks",
    "Tools",
    "UpdateRollups",
    "Updates",
    "Upgrades",
)
_PRIORITIES = ("Required", "Important", "Standard", "Optional", "Extra")

# By family; values outside are legal but select nothing, so they are warned about. PRODUCT and SECTION are open.
VOCABULARIES: t.Dict[str, t.Dict[str, t.Tuple[str, ...]]] = {
    "rpm": {
        "CLASSIFICATION": _RPM_CLASSIFICATIONS,
        "SEVERITY": ("Critical", "Important", "Medium", "Moderate", "Low", "None"),
    },
    "zypper": {
        "CLASSIFICATION": _SUSE_CLASSIFICATIONS,
        "SEVERITY": ("Critical", "Important", "Moderate", "Low", "Unspecified"),
    },
    "apt": {"PRIORITY": _PRIORITIES},
    "macos": {},
    "windows": {
        "CLASSIFICATION": _WINDOWS_CLASSIFICATIONS,
        "MSRC_SEVERITY": ("Critical", "Important", "Moderate", "Low", "Unspecified"),
        "PATCH_SET": ("OS", "APPLICATION"),
    },
}

# How product strings begin, for a warning about a PRODUCT that cannot fit (approval-rules.md, 3).
PRODUCT_PREFIXES: t.Dict[str, t.Tuple[str, ...]] = {
    "AMAZON_LINUX": ("AmazonLinux20",),
    "AMAZON_LINUX_2": ("AmazonLinux2",),
    "AMAZON_LINUX_2022": ("AmazonLinux2022",),
    "AMAZON_LINUX_2023": ("AmazonLinux2023",),
    "CENTOS": ("CentOS",),
    "REDHAT_ENTERPRISE_LINUX": ("RedhatEnterpriseLinux",),
    "SUSE": ("Suse",),
    "UBUNTU": ("Ubuntu",),
}


def filter_keys(operating_system: t.Optional[str]) -> t.Tuple[str, ...]:
    """Keys usable in rules and global filters; for a portable baseline (None) those of any operating system."""
    if operating_system is not None:
        return KEYS_BY_FAMILY[FAMILIES[operating_system]]
    return tuple(dict.fromkeys(key for keys in KEYS_BY_FAMILY.values() for key in keys))


def vocabulary(operating_system: str) -> t.Dict[str, t.Tuple[str, ...]]:
    """By filter key, the values that select something."""
    words = dict(VOCABULARIES[FAMILIES[operating_system]])
    if operating_system in NEVER_MEDIUM:
        words["SEVERITY"] = tuple(word for word in words["SEVERITY"] if word != "Medium")
    return words


def known(key: str, value: str, operating_system: str) -> bool:
    """Whether a patch (for PRODUCT: a node) can have this value, as far as the words of the key are documented."""
    value = value.lower()
    if key == "PRODUCT":
        prefixes = PRODUCT_PREFIXES.get(operating_system, ("",))
        return value.startswith(tuple(prefix.lower() for prefix in prefixes))
    words = vocabulary(operating_system).get(key)
    return words is None or value in [word.lower() for word in words]


def synonyms(operating_system: str) -> t.Dict[str, t.Tuple[str, ...]]:
    """By value of a filter in lower case, further values that it selects."""
    if operating_system in MEDIUM_IS_MODERATE:
        return {"medium": ("moderate",), "moderate": ("medium",)}
    return {}


def default_manager(operating_system: str) -> str:
    return "yum" if operating_system in YUM_ONLY else DEFAULT_MANAGERS[FAMILIES[operating_system]]
