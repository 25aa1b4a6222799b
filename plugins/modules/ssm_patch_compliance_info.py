# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_compliance_info
short_description: Read which nodes AWS Systems Manager counts as patched, as compliance records
version_added: 1.0.0
description:
  - Reads what nodes reported to Patch Manager when they were last scanned or patched, and answers with one compliance
    record for each node, the same that M(patchops.fleet.patch_scan) makes of a host. So M(patchops.fleet.patch_report)
    shows both in one report.
  - A node that was asked for is never left out. One that never reported, that is not managed or that is offline has a
    record with status C(UNKNOWN) and the reason.
  - AWS tells no reasons and no decisions, so these are empty in the patches of such a record.
  - Scans nothing. M(patchops.fleet.ssm_patch_run) has nodes scanned now.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
attributes:
  check_mode:
    details: Files in O(records_dir) are compared then, and not written.
  diff_mode:
    description: Shows what changes. On AWS nothing does, and files of records have no diff.
options:
  instance_ids:
    description:
      - Ids of nodes, V(i-...) of EC2 instances and V(mi-...) of others. One that is given twice counts once.
      - Without this, O(patch_groups) and O(targets) all managed nodes of the account and Region are read.
    type: list
    elements: str
  patch_groups:
    description:
      - Nodes of these patch groups, whichever of the tags C(PatchGroup) and C(Patch Group) they carry. Of a node that
        carries both the first counts.
      - What AWS counts for each group as a whole is in RV(patch_group_states) then.
    type: list
    elements: str
  targets:
    description:
      - Nodes by keys and values, as M(patchops.fleet.ssm_patch_run) takes them; V(tag:Environment), for example. A node
        has to fit all keys, each by one of its values.
    type: dict
  patches:
    description:
      - Which patches records list. All are counted in any case.
      - V(attention) lists those that make a node non-compliant, and security updates that are available and not
        approved. It asks only nodes that have some.
      - V(all) lists what is installed as well. That takes a call for each hundred patches of each node.
    type: str
    choices: [none, attention, all]
    default: attention
  patch_states:
    description: Only patches in these states. For O(patches=all).
    type: list
    elements: str
    choices:
      - INSTALLED
      - INSTALLED_OTHER
      - INSTALLED_PENDING_REBOOT
      - INSTALLED_REJECTED
      - MISSING
      - FAILED
      - NOT_APPLICABLE
      - AVAILABLE_SECURITY_UPDATE
  summaries:
    description:
      - Whether to read how many items are non-compliant at each compliance level, of the account and of each node. The
        records have them in C(ssm.resource_summaries), and their levels even without their patches.
      - AWS cannot list them of some nodes only. So they are read by default where all managed nodes are.
    type: bool
  compliance_types:
    description: Types of compliance that O(summaries) are read of, such as V(Association) or V(Custom:PatchLocal).
    type: list
    elements: str
    default: [Patch]
  offline_nodes:
    description:
      - What the status of a node is that has reported and that Systems Manager does not hear from now.
      - V(unknown) has it C(UNKNOWN), with what it last was in the reason. V(reported) has it as it was, with a warning
        in the record.
    type: str
    choices: [unknown, reported]
    default: unknown
  find_unmanaged:
    description:
      - Whether EC2 is asked for instances that were asked for and that Systems Manager does not manage. Needs
        C(ec2:DescribeInstances); a caller without gets a warning.
    type: bool
    default: true
  records_dir:
    description:
      - Folder to write the records to, where the module runs, as C(NODE ID/TIME OF THE REPORT-ssm.json), for
        M(patchops.fleet.patch_report). It may be the folder that M(patchops.fleet.patch_scan) writes to.
      - The result has no RV(records) then, so that any number of nodes can be read.
      - A report that is read again takes its own place. A node that never reported has one file, C(ssm.json).
    type: path
    aliases: [path]
  concurrent_calls:
    description:
      - How many calls are made at the same time, 1 to 64. When AWS throttles them, all of them slow down.
    type: int
    default: 8
seealso:
  - module: patchops.fleet.patch_report
    description: Makes a report of the records.
  - module: patchops.fleet.ssm_patch_run
    description: Has nodes scanned or patched.
  - module: patchops.fleet.ssm_compliance_items
    description: The other way, records of hosts to Systems Manager.
notes:
  - Patch Manager keeps the last report of a node alone. Its patch group is the one that it had then.
  - Needs C(ssm:DescribeInstanceInformation), C(ssm:DescribeInstancePatchStates), C(ssm:DescribePatchBaselines);
    C(ssm:DescribeInstancePatches) and C(ssm:ListComplianceItems) for O(patches), C(ssm:GetPatchBaseline) where there
    are security updates that are not approved, C(ssm:DescribePatchGroupState) for O(patch_groups),
    C(ssm:ListComplianceSummaries) and C(ssm:ListResourceComplianceSummaries) for O(summaries).
"""

EXAMPLES = r"""
- name: See who of production is not compliant
  patchops.fleet.ssm_patch_compliance_info:
    patch_groups: [Production]
  register: production

- name: Name them
  ansible.builtin.debug:
    msg: "{{ production.records | selectattr('status', 'eq', 'NON_COMPLIANT') | map(attribute='node.name') }}"

- name: Read all managed nodes into the folder that hosts are in as well
  patchops.fleet.ssm_patch_compliance_info:
    records_dir: "{{ playbook_dir }}/records"

- name: Make one report of both
  patchops.fleet.patch_report:
    records_dir: "{{ playbook_dir }}/records"
    html: reports/patch-compliance.html
    csv: reports/patch-compliance.csv

- name: List all that is installed on one node
  patchops.fleet.ssm_patch_compliance_info:
    instance_ids: [i-0123456789abcdef0]
    patches: all
    patch_states: [INSTALLED, INSTALLED_OTHER]
"""

RETURN = r"""
records:
  description:
    - One compliance record for each node, by id. Members are those of M(patchops.fleet.patch_scan).
    - C(ssm) has what Systems Manager alone tells. C(decision), C(reason_code), and C(compliance_level) of patches that
      are compliant or whose level is not told, are null.
  returned: success, without O(records_dir)
  type: list
  elements: dict
  sample:
    - schema: 1
      capture: {time: '2026-11-21T05:40:00Z', run_id: 01234567-89ab-cdef-0123-456789abcdef}
      operation: Scan
      node:
        id: i-0123456789abcdef0
        name: web1.example.com
        operating_system: AMAZON_LINUX_2023
        patch_group: Production
      baseline:
        name: production-al2023
        id: pb-0123456789abcdef0
        source: aws
        why: the baseline of the node's last report
      status: NON_COMPLIANT
      compliance_level: CRITICAL
      complete: true
      summary: {installed_count: 310, missing_count: 1, failed_count: 0}
      patches:
        - title: openssl.x86_64:1:3.0.8-1.amzn2023.0.1
          kb_id: openssl.x86_64
          state: MISSING
          status: NON_COMPLIANT
          compliance_level: CRITICAL
          classification: Security
          severity: Important
          cve_ids: [CVE-2026-0001]
      patches_omitted: 0
      ssm: {reach: Online, snapshot_id: 01234567-89ab-cdef-0123-456789abcdef}
summary:
  description:
    - The records in numbers. C(status) is C(COMPLIANT) only where all nodes are known to be.
    - Patches of nodes whose status is C(UNKNOWN) are not counted.
  returned: success
  type: dict
  sample:
    status: NON_COMPLIANT
    compliance_level: CRITICAL
    nodes: 60
    compliant: 51
    non_compliant: 6
    unknown: 3
    incomplete: 0
    oldest_capture: '2026-11-20T05:40:00Z'
    newest_capture: '2026-11-21T05:40:00Z'
    patches: {installed_count: 18600, missing_count: 9}
    non_compliant_by_level: {CRITICAL: 4, HIGH: 0, MEDIUM: 5, LOW: 0, INFORMATIONAL: 0, UNSPECIFIED: 0}
compliance_summaries:
  description: How many nodes of the account are compliant, and the others at which level, by type of compliance.
  returned: success, with O(summaries)
  type: list
  elements: dict
  sample:
    - compliance_type: Patch
      compliant_count: 51
      compliant_by_level: {CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0, UNSPECIFIED: 51}
      non_compliant_count: 6
      non_compliant_by_level: {CRITICAL: 4, HIGH: 0, MEDIUM: 2, LOW: 0, INFORMATIONAL: 0, UNSPECIFIED: 0}
patch_group_states:
  description: How many nodes of each group have patches in which states. Nodes that never reported are not counted.
  returned: success, with O(patch_groups)
  type: list
  elements: dict
  sample:
    - patch_group: Production
      instances: 21
      instances_with_missing_patches: 3
      instances_with_failed_patches: 2
records_dir:
  description: The folder that the records are in.
  returned: success, with O(records_dir)
  type: str
  sample: /home/ansible/records
files_changed:
  description: How many files say something new, or would in check mode.
  returned: success, with O(records_dir)
  type: int
  sample: 3
"""

import datetime
import functools

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._engine.schemas import STATES
from ..module_utils._plain import plain
from ..module_utils._records import keep_report
from ..module_utils._ssm import compliance, compliance_choice, node
from ..module_utils._ssm.api import Api
from ..module_utils._ssm.asked import Asked
from ..module_utils._ssm.change import ResourceError
from ..module_utils._ssm.parallel import Pool
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "instance_ids": {"type": "list", "elements": "str"},
    "patch_groups": {"type": "list", "elements": "str"},
    "targets": {"type": "dict"},
    "patches": {"type": "str", "choices": ["none", "attention", "all"], "default": "attention"},
    "patch_states": {"type": "list", "elements": "str", "choices": list(STATES)},
    "summaries": {"type": "bool"},
    "compliance_types": {"type": "list", "elements": "str", "default": ["Patch"]},
    "offline_nodes": {"type": "str", "choices": ["unknown", "reported"], "default": "unknown"},
    "find_unmanaged": {"type": "bool", "default": True},
    "records_dir": {"type": "path", "aliases": ["path"]},
    "concurrent_calls": {"type": "int", "default": 8},
}


def read(module, api, choice, keep):
    """The records in numbers; each goes to `keep` as it comes."""
    params = module.params
    ec2 = functools.lru_cache(maxsize=None)(
        lambda: Api(module.client("ec2")) if params["find_unmanaged"] else node.Nobody()
    )
    sums = compliance.ResourceSummaries(api, choice.types) if choice.summaries else compliance.NoSummaries()
    now = datetime.datetime.now(datetime.timezone.utc)
    reading = compliance.Reading(api, now, choice, params["offline_nodes"] == "reported", sums)
    tally = compliance_choice.Tally()
    with Pool(params["concurrent_calls"]) as pool:
        asked = Asked(api, ec2, choice, pool)
        reported = (one for part in pool.each(reading.states, asked.parts()) for one in part)
        for record in pool.each(reading.record, reported):
            tally.add(record)
            keep(record)
    for text in [*asked.warnings, *reading.warnings, *tally.warnings]:
        module.warn(text)
    return tally.summary()


class Files:
    """Records in the folder."""

    def __init__(self, folder, write):
        self._folder = folder
        self._write = write
        self.changed = 0

    def keep(self, record):
        try:
            self.changed += keep_report(self._folder, record, self._write)
        except OSError as error:
            words = "records_dir: the record of %s cannot be written to %s: %s"
            raise ResourceError(words % (record["node"]["id"], self._folder, error)) from error


def work(module, api):
    choice = compliance_choice.declared(plain(module.params))
    folder = module.params["records_dir"]
    result = {}
    if folder is None:
        records = []
        result["summary"] = read(module, api, choice, records.append)
        result["records"] = sorted(records, key=lambda one: one["node"]["id"])
    else:
        files = Files(folder, not module.check_mode)
        result["summary"] = read(module, api, choice, files.keep)
        result.update(records_dir=folder, files_changed=files.changed)
    if choice.summaries:
        result["compliance_summaries"] = compliance.summaries(api, choice.types)
    if choice.patch_groups:
        result["patch_group_states"] = [compliance.group_state(api, group) for group in choice.patch_groups]
    return {"changed": bool(result.get("files_changed")), **result}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("instance_ids", "patch_groups", "targets")],
        supports_check_mode=True,
    )
    # slows down for all threads where AWS throttles one
    config = {
        "retries": {"mode": "adaptive", "total_max_attempts": 8},
        "max_pool_connections": max(10, module.params["concurrent_calls"]),
    }
    run(module, lambda api: work(module, api), config=config)


if __name__ == "__main__":
    main()
