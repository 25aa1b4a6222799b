# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that decides with patch baselines."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  baselines:
    description:
      - Patch baselines to choose from. The node gets the one bound to its O(patch_group); else the one that is
        default for its operating system; else the only one left that is bound to no group. A baseline for the node's
        operating system goes before a portable one. If none fits, nothing is guessed.
      - Each entry is a mapping in the form below, an answer of the API's C(GetPatchBaseline) as it is, or the name of
        a baseline that ships with this collection (V(security-now), V(security-7-days), V(all-14-days)) or that AWS
        predefines (such as V(AWS-UbuntuDefaultPatchBaseline)).
      - V(predefined), and the default, stand for the baseline that AWS predefines for the node's operating system. An
        empty list is an error.
      - "Members of a baseline: C(name) (required), C(operating_system), C(description), C(default), C(patch_groups),
        C(global_filters), C(approval_rules), C(approved_patches), C(approved_patches_compliance_level),
        C(approved_patches_enable_non_security), C(rejected_patches), C(rejected_patches_action)
        (V(ALLOW_AS_DEPENDENCY) or V(BLOCK)), C(sources), C(available_security_updates_compliance_status), C(tags)."
      - "Members of a rule: C(filters) (filter key to list of values, V(*) for any), C(approve_after_days) (0 to 360)
        or C(approve_until_date) (V('YYYY-MM-DD')), C(compliance_level), C(enable_non_security), and, in a baseline
        without C(operating_system), C(security) which selects security patches whatever the operating system calls
        them."
      - A baseline without C(operating_system) is portable. It holds everywhere, each rule where its filter keys are
        valid.
      - Everything is checked by the rules of Patch Manager, and all that is wrong is reported at once.
    type: raw
  patch_group:
    description:
      - Patch group of the node. Group names are compared exactly.
    type: str
  undated:
    description:
      - What a rule with a delay or a cut-off does with a patch whose release date is unknown.
      - V(approve) counts it as old, as AWS does. V(hold) does not approve it; with advisories of rpm, a rule with
        C(enable_non_security) does all the same, as AWS documents.
      - By default V(approve), but V(hold) on apt when release dates were asked for.
    type: str
    choices: [approve, hold]
"""
