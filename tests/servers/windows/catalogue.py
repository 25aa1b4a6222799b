# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's catalogue: categories with their names in several languages, and updates."""

from __future__ import annotations

import dataclasses
import datetime

ENGLISH, GERMAN = "en", "de"


@dataclasses.dataclass(frozen=True)
class Category:
    id: str
    type: str  # Company, ProductFamily, Product, UpdateClassification
    name: str
    parent: str | None = None
    german: str | None = None  # where it differs

    def called(self, language: str) -> str:
        return self.german if language == GERMAN and self.german else self.name


MICROSOFT = "56309036-4c77-4dd9-951a-99ee9c246a94"
WINDOWS = "6964aab4-c5b5-43bd-a17d-ffb4346a8e1d"
OFFICE = "477b856e-65c4-4473-b621-a8b230bb70d9"
SECURITY_UPDATES = "0fa1201d-4330-4fa8-8ae9-b877473b6441"
CRITICAL_UPDATES = "e6cf1350-c01b-414d-a61f-263d14d133b4"
DEFINITION_UPDATES = "e0789628-ce08-4437-be74-2495b842f43b"
UPDATE_ROLLUPS = "28bc880e-0592-4cbf-8f95-c79b17911d5f"
UPDATES = "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83"
DRIVERS = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0"
SERVER_2016 = "569e8e8f-c6cd-42c8-92a3-efbb20a0f6f5"
SERVER_2019 = "f702a48c-919b-45d6-9aef-ca4248d50397"
SERVER_2022 = "71718f13-7324-4b0f-8f9e-2ca9dc978e53"
SERVER_2025 = "b256987d-4693-4c87-955d-dbb9341205eb"
WINDOWS_11 = "72e7624a-5b00-45d2-b92f-e561c0a6a160"
DEFENDER = "8c3fcc84-7410-4a95-8b89-a166a0190486"
OFFICE_2016 = "25aed893-7c2d-4a31-ae22-28ff8ac150ed"
UNHEARD_OF = "00000000-0000-4000-8000-000000000001"
UNHEARD_OF_CLASS = "00000000-0000-4000-8000-000000000002"

CATEGORIES = {
    category.id: category
    for category in (
        Category(MICROSOFT, "Company", "Microsoft"),
        Category(WINDOWS, "ProductFamily", "Windows", MICROSOFT),
        Category(OFFICE, "ProductFamily", "Office", MICROSOFT),
        Category(SECURITY_UPDATES, "UpdateClassification", "Security Updates", german="Sicherheitsupdates"),
        Category(CRITICAL_UPDATES, "UpdateClassification", "Critical Updates", german="Wichtige Updates"),
        Category(DEFINITION_UPDATES, "UpdateClassification", "Definition Updates", german="Definitionsupdates"),
        Category(UPDATE_ROLLUPS, "UpdateClassification", "Update Rollups", german="Updaterollups"),
        Category(UPDATES, "UpdateClassification", "Updates", german="Updates"),
        Category(DRIVERS, "UpdateClassification", "Drivers", german="Treiber"),
        Category(SERVER_2016, "Product", "Windows Server 2016", WINDOWS),
        Category(SERVER_2019, "Product", "Windows Server 2019", WINDOWS),
        Category(SERVER_2022, "Product", "Microsoft Server operating system-21H2", WINDOWS),
        Category(SERVER_2025, "Product", "Microsoft Server Operating System-24H2", WINDOWS),
        Category(WINDOWS_11, "Product", "Windows 11", WINDOWS),
        Category(DEFENDER, "Product", "Microsoft Defender Antivirus", WINDOWS),
        Category(OFFICE_2016, "Product", "Office 2016", OFFICE),
        Category(UNHEARD_OF, "Product", "Windows Server 2031", WINDOWS),
        Category(UNHEARD_OF_CLASS, "UpdateClassification", "Quantum Updates", german="Quantenupdates"),
    )
}
BY_NAME = {category.name: category for category in CATEGORIES.values()}


@dataclasses.dataclass
class Update:
    """One update as the catalogue has it, what is true of it on one host, and what goes wrong with it there."""

    id: str
    title: str
    kbs: tuple[str, ...] = ()  # digits
    categories: tuple[str, ...] = (SECURITY_UPDATES, SERVER_2022)
    severity: str = ""
    released: datetime.datetime | None = None
    cves: tuple[str, ...] = ()
    bulletins: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    revision: int = 200
    browse_only: bool = False
    driver: bool = False
    exclusive: bool = False
    needs_reboot: bool = True

    applicable: bool = True
    from_boot: int = 1  # it applies once the host has booted so often
    installed: bool = False
    hidden: bool = False
    downloaded: bool = False
    pending: bool = False  # installed or removed, and not complete before a restart

    fails_with: int = 0  # HRESULT of its installation
    removal_fails_with: int = 0  # HRESULT
    packaged: bool = True  # the servicing stack has a package of it, that can be removed
    rolled_back: bool = False  # its installation succeeds, and the next boot undoes it
