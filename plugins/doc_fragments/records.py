# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that makes a compliance record."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  detail:
    description:
      - V(full) adds the whole record to the result, with every package considered.
      - The fact holds the patches that need attention in any case, up to 256 KiB.
    type: str
    choices: [summary, full]
    default: summary
  return_inventory:
    description:
      - Whether to add what the package manager said to the result, for M(patchops.fleet.patch_evaluate).
    type: bool
    default: false
  records_dir:
    description:
      - Folder on the controller to keep the whole record in, as C(NODE ID/CAPTURE TIME.json), for
        M(patchops.fleet.patch_report).
      - A second record of the same node id and second, as of two nodes cloned with one machine id, becomes
        C(CAPTURE TIME.NAME.json). No record is overwritten.
      - Nothing is written in check mode. Cannot be used with C(async).
    type: path
  keep_inventory:
    description:
      - Whether to keep the inventory beside the record, as C(NODE ID/CAPTURE TIME.inventory.json.gz). Needs
        O(records_dir).
    type: bool
    default: false
"""
