# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_evaluate
short_description: Decide offline what a patch baseline says of a stored inventory
version_added: 1.0.0
description:
  - Takes the inventory of a node as M(patchops.fleet.patch_scan) returns it with
    O(patchops.fleet.patch_scan#module:return_inventory=true), one or more patch baselines and a moment, and answers
    what these baselines would have said of the node at that moment.
  - Use it to try a baseline before it is used, to see what a delay will let through next week, or to explain a
    decision of last month.
  - Reads nothing from the node but O(src), and changes nothing. It decides with the code that
    M(patchops.fleet.patch_scan) uses.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - patchops.fleet.baselines
  - patchops.fleet.supersedence
attributes:
  check_mode:
    description: Can run in check mode, and does the same then.
    support: full
  diff_mode:
    description: Shows what changes. This module changes nothing.
    support: none
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
options:
  inventory:
    description:
      - The inventory itself.
      - Exactly one of O(inventory) and O(src) is needed.
    type: dict
  src:
    description:
      - File that holds the inventory, as JSON (C(.json)) or compressed JSON (C(.json.gz)), on the machine where the
        module runs.
    type: path
  now:
    description:
      - Moment of the decision in UTC, as V(2026-11-28T18:00:00Z) or V(2026-11-28).
      - By default the moment when the inventory was taken.
    type: str
  run:
    description:
      - What happened on the node after the inventory was taken, for the states of patches. By default a scan, which
        changes nothing.
      - Patches are named by C(kb_id), C(name.arch) on Linux and the KB id on Windows.
    type: dict
    suboptions:
      operation:
        description: What ran.
        type: str
        choices: [Scan, Install]
        default: Scan
      reboot_option:
        description: Whether the run rebooted the node.
        type: str
        choices: [RebootIfNeeded, NoReboot, if_required]
      rebooted:
        description: Whether the node has rebooted since. By default true after an installation with V(RebootIfNeeded).
        type: bool
      outcomes:
        description: For each patch that the run tried to install, V(succeeded) or V(failed).
        type: dict
        default: {}
      rejected_dependencies:
        description: For each patch that needs a rejected package, the name of that package.
        type: dict
        default: {}
      partial:
        description: Whether the run was limited to some patches; approved ones it did not try then stay V(MISSING).
        type: bool
        default: false
      external_installs_pending:
        description: Whether what others installed since the last boot counts as pending a reboot.
        type: bool
        default: false
      pending:
        description: Patches that were installed without a reboot, each with the moment of its installation.
        type: dict
        default: {}
seealso:
  - module: patchops.fleet.patch_scan
notes:
  - Windows inventories are decided as well.
"""

EXAMPLES = r"""
- name: Keep the inventory of this machine
  patchops.fleet.patch_scan:
    return_inventory: true
    release_dates: first_seen  # on apt; without dates everything is approved at once, and nothing becomes so later
  register: scan

- name: See what security-7-days will have approved by New Year's Eve
  patchops.fleet.patch_evaluate:
    inventory: "{{ scan.inventory }}"
    baselines: [security-7-days]
    now: '2026-12-31'
  register: later

- name: Name the patches
  ansible.builtin.debug:
    msg: "{{ item.title }}: {{ item.reason }}"
  loop: "{{ later.newly_approved }}"
  loop_control:
    label: "{{ item.kb_id }}"

- name: Try a baseline on a stored inventory
  patchops.fleet.patch_evaluate:
    src: records/3d1219c7/20261121T054000Z.inventory.json.gz
    baselines:
      - name: critical-at-once
        approval_rules:
          - security: true
            approve_after_days: 0
            compliance_level: CRITICAL
        rejected_patches: ['linux-image-*']
        rejected_patches_action: BLOCK
  delegate_to: localhost
"""

RETURN = r"""
record:
  description:
    - The compliance record of the node at that moment, as M(patchops.fleet.patch_scan) returns it.
    - Its run id is V(offline).
  returned: success
  type: dict
  sample:
    status: NON_COMPLIANT
    baseline: {name: security-7-days, why: the only baseline given for DEBIAN}
    summary: {missing_count: 3, installed_count: 742}
evaluations:
  description:
    - Every patch considered, approved or not, with the reason in words.
    - An installed package for which nothing newer is offered is one of them.
  returned: success
  type: list
  elements: dict
  sample:
    - title: openssl.x86_64:1:3.0.7-27.el9
      kb_id: openssl.x86_64
      name: openssl
      arch: x86_64
      installed_version: 1:3.0.7-20.el9
      version: 1:3.0.7-27.el9
      decision: not_approved
      reason_code: delay_pending
      reason: 'waits until 2026-11-28T18:00:00Z: rule 1 approves 7 days after 2026-11-21T18:00:00Z'
      rule: 1
      compliance_level: UNSPECIFIED
      state: INSTALLED_OTHER
      status: COMPLIANT
      classification: Security
      severity: Important
      approved_on: '2026-11-28T18:00:00Z'
      release_date: '2026-11-21T18:00:00Z'
      advisories: ['RHSA-2026:1001']
      cve_ids: [CVE-2026-1111]
newly_approved:
  description:
    - Those of RV(evaluations) that the node could have and has not, and that were not approved, or not at this
      version, when the inventory was taken.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import gzip
import json
import zlib

from ..module_utils._baseline_arguments import BASELINE_ARGUMENTS
from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine.assessment import what_if
from ..module_utils._engine.errors import EngineError, InventoryError
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import SUPERSEDENCE_ARGUMENTS

ARGUMENT_SPEC = {
    **BASELINE_ARGUMENTS,
    **SUPERSEDENCE_ARGUMENTS,
    "inventory": {"type": "dict"},
    "src": {"type": "path"},
    "now": {"type": "str"},
    "run": {
        "type": "dict",
        "options": {
            "operation": {"type": "str", "choices": ["Scan", "Install"], "default": "Scan"},
            "reboot_option": {"type": "str", "choices": ["RebootIfNeeded", "NoReboot", "if_required"]},
            "rebooted": {"type": "bool"},
            "outcomes": {"type": "dict", "default": {}},
            "rejected_dependencies": {"type": "dict", "default": {}},
            "partial": {"type": "bool", "default": False},
            "external_installs_pending": {"type": "bool", "default": False},
            "pending": {"type": "dict", "default": {}},
        },
    },
}


def read_inventory(path):
    """The document in a .json or .json.gz file. Raises InventoryError naming the file and what is wrong with it."""
    try:
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rt", encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InventoryError("%s cannot be read as an inventory: %s" % (path, error)) from error


def main():
    module = BaselineModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("inventory", "src")],
        required_one_of=[("inventory", "src")],
        supports_check_mode=True,
    )
    params = plain(dict(module.given, baselines=structure(module.given["baselines"])))
    try:
        inventory = read_inventory(params["src"]) if params["src"] else params["inventory"]
        answer = what_if(
            inventory,
            params["baselines"],
            params["now"],
            params["patch_group"],
            params["run"],
            params["undated"],
            params["supersedence"],
        )
    except EngineError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
