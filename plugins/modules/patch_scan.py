# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_scan
short_description: See which patches of a node are approved, missing, waiting or rejected, and why
version_added: 1.0.0
description:
  - Asks the node's package manager what is installed and what is on offer, decides with a patch baseline of AWS Systems
    Manager's Patch Manager, and returns the compliance record as fact C(patch_compliance). Nobody needs AWS for it.
  - Installs nothing, and changes no patch of the node. C(changed) stays false even when package lists were fetched,
    because these are not its patch state; it is true only when O(install_dependencies=true) had to install something.
  - A node whose operating system Patch Manager does not know, or that none of the given baselines fits, gets status
    V(UNKNOWN) with the reason.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - patchops.fleet.baselines
  - patchops.fleet.host
  - patchops.fleet.windows
  - patchops.fleet.supersedence
  - patchops.fleet.records
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: partial
    details: Not on Windows nodes, which are assessed on the controller.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: Package lists are not fetched and nothing is noted on the node. A Windows node searches offline.
  diff_mode:
    support: none
  facts:
    support: full
  platform:
    support: full
    platforms: debian, ubuntu, fedora, rhel, suse, windows
seealso:
  - module: patchops.fleet.patch_evaluate
  - module: patchops.fleet.patch_report
notes:
  - Works without root. What could not be read then is named in the record, which is marked as not complete.
  - On Debian and Ubuntu it needs C(python3-apt) of the system's own Python, whatever Python runs the module.
  - On Amazon Linux 2022 and later, EL 8 and later, and Fedora it needs C(python3-dnf), the bindings of dnf 4, in the
    same way. A node with dnf5 alone, such as Fedora 41 and later, is asked through C(python3-libdnf5), or through
    dnf5's own commands where that is missing. Advisories that are compressed with zstd or zchunk are best read with
    the command C(zstd) or C(unzck) on the node; without it dnf 4 gives them, and some of their dates are lost, which is
    a warning; with dnf5 the record is then not complete.
  - Amazon Linux 2022 and later is asked for its latest repositories, as Patch Manager does, whatever release the node
    is locked to.
  - On SUSE and openSUSE it needs C(zypper) alone. A version that C(zypper) locks exclude, for which the package would
    change its vendor, or whose patch was retracted is no candidate, and the record says so.
  - A Windows node runs one script through M(ansible.windows.win_powershell), which asks its Windows Update Agent and
    changes nothing. Everything else happens on the controller, so the node needs nothing installed. Of the options of
    package managers only O(refresh=never) has a meaning there, the search is then not online. Connections are C(psrp)
    or C(winrm), whose Python packages C(pypsrp) and C(pywinrm) belong on the controller. The user has to be an
    administrator; where a search is refused to a network logon, C(become) with C(become_method=runas) and
    C(become_user=SYSTEM) is the remedy.
  - On Windows, what was installed since the last boot, by whomever, waits for a reboot, but for definition updates. An
    update that does not apply is not told of by the agent, so V(NOT_APPLICABLE) is there what another one supersedes.
  - The script has not been run on a Windows node yet; see the guide on Windows in the collection's documentation.
"""

EXAMPLES = r"""
- name: See the patch state by the rules that AWS predefines for the operating system
  patchops.fleet.patch_scan:

- name: See it by a baseline that ships with this collection
  patchops.fleet.patch_scan:
    baselines: [security-7-days]

- name: See it by a baseline of one's own, with a delay that counts on Debian and Ubuntu too
  patchops.fleet.patch_scan:
    baselines:
      - name: production
        patch_groups: [Production]
        approval_rules:
          - security: true
            approve_after_days: 7
            compliance_level: CRITICAL
        rejected_patches: ['linux-image-*']
    patch_group: Production
    release_dates: first_seen

- name: See what WSUS offers a Windows node, and do not let a new cumulative update end the wait for the last one
  patchops.fleet.patch_scan:
    baselines: [security-7-days]
    server_selection: managed_server
    supersedence: newest_approved

- name: Keep the whole record and the inventory on the controller
  patchops.fleet.patch_scan:
    baselines: "{{ patch_baselines }}"
    patch_group: "{{ patch_group | default(omit) }}"
    records_dir: records
    keep_inventory: true

- name: Stop when something approved is missing
  ansible.builtin.assert:
    that: ansible_facts.patch_compliance.summary.missing_count == 0
"""

RETURN = r"""
status:
  description: Whether the node complies with its baseline; V(UNKNOWN) when that could not be decided.
  returned: success
  type: str
  sample: NON_COMPLIANT
plan:
  description: What an installation would bring, the exact versions that are approved and missing, as a manifest.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: openssl, arch: amd64, version: 3.0.17-1~deb12u3, kb_id: openssl.amd64}
ansible_facts:
  description: Facts about the node.
  returned: success
  type: dict
  contains:
    patch_compliance:
      description:
        - The compliance record, with the patches that need attention only.
        - C(capture) holds all that differs between two scans of an unchanged node.
      type: dict
      sample:
        schema: 1
        capture: {time: '2026-11-21T05:40:00Z', run_id: 9f0b2c7d41ae}
        status: NON_COMPLIANT
        baseline: {name: security-7-days, why: the only baseline given for DEBIAN}
        summary: {missing_count: 81, installed_count: 12, waiting_count: 0}
        complete: true
record:
  description: The whole compliance record, with every package considered and the reason for each decision.
  returned: with O(detail=full)
  type: dict
  sample: {schema: 1, status: NON_COMPLIANT}
inventory:
  description: What the package manager said, on Windows the Windows Update Agent.
  returned: with O(return_inventory=true), unless Patch Manager does not know the operating system
  type: dict
  sample: {schema: 1, manager: apt, captured_at: '2026-11-21T05:40:00Z'}
record_file:
  description: File on the controller that the record was written to.
  returned: with O(records_dir), when not in check mode
  type: str
  sample: records/3d1219c7c4c5404aaa1f6d2a48adfda4/20261121T054000Z.json
"""

import datetime
import socket
import uuid

from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine import dates
from ..module_utils._engine.assessment import assess
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.record import attention, plan
from ..module_utils._host.arguments import SCAN_ARGUMENTS, options
from ..module_utils._host.base import ENVIRONMENT, BackendError
from ..module_utils._host.scan import gather, remembered
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS


def clock():
    return datetime.datetime.now(dates.UTC)


def main():
    module = BaselineModule(argument_spec={**SCAN_ARGUMENTS, **WINDOWS_ARGUMENTS}, supports_check_mode=True)
    params = module.given
    name = params["name"] or socket.gethostname()

    def run(command, data=None):
        return module.run_command(list(command), data=data, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    try:
        baselines = parse_baselines(plain(structure(params["baselines"])))
        gathered = gather(name, params["patch_group"], run, clock, options(params, module.check_mode), baselines)
        inventory, memory = gathered.inventory, remembered()
        run_id = params["run_id"] or uuid.uuid4().hex[:12]
        record = assess(inventory, baselines, clock(), run_id, run=memory.run, undated=params["undated"])
    except (EngineError, BackendError) as error:
        module.fail_json(msg="%s: %s" % (name, error))
    record["warnings"] += memory.warnings
    record["last_no_reboot_install_operation_time"] = memory.last_install
    result = {
        "changed": gathered.changed,
        "status": record["status"],
        "plan": plan(record),
        "ansible_facts": {"patch_compliance": attention(record)},
    }
    if params["detail"] == "full":
        result["record"] = record
    if params["return_inventory"] and "manager" in inventory:
        result["inventory"] = inventory
    about_node = (*inventory.get("warnings", ()), *memory.warnings)
    for warning in record["warnings"]:  # those of a baseline are the same on every node, and shown once
        module.warn("%s: %s" % (name, warning) if warning in about_node else warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
