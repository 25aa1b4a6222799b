# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. What Microsoft's categories mean, by their ids: their names are in the node's language.

Ids of classifications: Microsoft, "WSUS Classification GUIDs". Ids of products: what WSUS and wsusscn2.cab call them.
"""

from __future__ import annotations

import re
import typing as t

CLASSIFICATION_TYPE = "UpdateClassification"
FAMILY_TYPE = "ProductFamily"
PRODUCT_TYPE = "Product"

# As a baseline writes them. The four that Patch Manager does not list can be selected by * only.
CLASSIFICATIONS: t.Final = {
    "e6cf1350-c01b-414d-a61f-263d14d133b4": "CriticalUpdates",
    "e0789628-ce08-4437-be74-2495b842f43b": "DefinitionUpdates",
    "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0": "Drivers",
    "b54e7d24-7add-428f-8b75-90a396fa584f": "FeaturePacks",
    "0fa1201d-4330-4fa8-8ae9-b877473b6441": "SecurityUpdates",
    "68c5b0a3-d1a6-4553-ae49-01d3a7827828": "ServicePacks",
    "b4832bd8-e735-4761-8daf-37f882276dab": "Tools",
    "28bc880e-0592-4cbf-8f95-c79b17911d5f": "UpdateRollups",
    "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83": "Updates",
    "3689bdc8-b205-4af4-8d4a-a63924c5e9d5": "Upgrades",
    "5c9376ab-8ce6-464a-b136-22113dd69801": "Applications",
    "434de588-ed14-48f5-8eed-a15e09a991f6": "Connectors",
    "e140075d-8433-45c3-ad87-e72345b36078": "DeveloperKits",
    "9511d615-35b2-47bb-927f-f73d8e9260bb": "Guidance",
}

WINDOWS: t.Final = "Windows"
FAMILIES: t.Final = {
    "6964aab4-c5b5-43bd-a17d-ffb4346a8e1d": WINDOWS,
    "477b856e-65c4-4473-b621-a8b230bb70d9": "Office",
}

# Products of the family Windows, as PRODUCT filters write them. Since 2021 Microsoft names servers by half-years.
PRODUCTS: t.Final = {
    "ba0ae9cc-5f01-40b4-ac3f-50192b5d6aaf": "WindowsServer2008",
    "fdfe8200-9d98-44ba-a12a-772282bf60ef": "WindowsServer2008R2",
    "a105a108-7c9b-4518-bbbe-73f0fe30012b": "WindowsServer2012",
    "d31bd4c3-d872-41c9-a2e7-231f372588cb": "WindowsServer2012R2",
    "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5": "WindowsServer2016",
    "f702a48c-919b-45d6-9aef-ca4248d50397": "WindowsServer2019",
    "71718f13-7324-4b0f-8f9e-2ca9dc978e53": "WindowsServer2022",
    "b256987d-4693-4c87-955d-dbb9341205eb": "WindowsServer2025",
    "bfe5b177-a086-47a0-b102-097e4fa1f807": "Windows7",
    "6407468e-edc7-4ecd-8c32-521f64cee65e": "Windows8.1",
    "a3c2375d-0c8a-42f9-bce0-28333e198407": "Windows10",
    "d2085b71-5f1f-43a9-880d-ed159016d5c6": "Windows10LTSB",
    "72e7624a-5b00-45d2-b92f-e561c0a6a160": "Windows11",
    "8c3fcc84-7410-4a95-8b89-a166a0190486": "MicrosoftDefenderAntivirus",
}

# What Microsoft calls a server by in names and titles, by the half-year of its release.
HALF_YEARS: t.Final = {"21H2": "WindowsServer2022", "24H2": "WindowsServer2025"}

_HALF_YEAR = re.compile(r"microsoft server operating system,?(?: version |-)(\d\dH\d)", re.IGNORECASE)
_WINDOWS = re.compile(r"Windows (?:Server )?(?:\d{4}(?: R2)?|\d+(?:\.\d+)?)(?!\d|\.\d)", re.IGNORECASE)
_NODES: t.Final = {  # by build; a range belongs to the product that it begins with
    "Server": ((6002, "WindowsServer2008"), (7600, "WindowsServer2008R2"), (9200, "WindowsServer2012"),
               (9600, "WindowsServer2012R2"), (14393, "WindowsServer2016"), (17763, "WindowsServer2019"),
               (20348, "WindowsServer2022"), (26100, "WindowsServer2025")),
    "Client": ((7600, "Windows7"), (9200, "Windows8"), (9600, "Windows8.1"), (10240, "Windows10"),
               (22000, "Windows11")),
}  # fmt: skip
_SINGLE_BUILDS = 1  # servers have one build, or a second for a service pack


def product_named(text: str) -> str | None:
    """The product of the family Windows that an English name or title speaks of; None when it speaks of none known."""
    found = _HALF_YEAR.search(text)
    if found:
        return HALF_YEARS.get(found.group(1).upper())
    found = _WINDOWS.search(text)
    if not found:
        return None
    words = found.group().lower()
    return next((name for name in _SPELLED if _SPELLED[name] == words), None)


def product_of_build(installation_type: str | None, build: str | None) -> str | None:
    """The node's own product; None for a build between two that are known, such as one of an annual channel."""
    if not build or not build.isdigit() or not installation_type:
        return None
    kind = "Client" if installation_type == "Client" else "Server"
    known = [(first, name) for first, name in _NODES[kind] if first <= int(build)]
    if not known:
        return None
    first, name = known[-1]
    if kind == "Server" and int(build) > first + _SINGLE_BUILDS:
        return None
    return name


def _spelled(product: str) -> str:
    """WindowsServer2012R2 as Microsoft writes it, in lower case."""
    return re.sub(r"(?<=[a-z])(?=[S\d])|(?<=\d)(?=R2)", " ", product).lower()


_SPELLED: t.Final = {name: _spelled(name) for name in [*PRODUCTS.values(), "Windows8"]}
