# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_compliance_items
short_description: Show compliance records of hosts in AWS Systems Manager
version_added: 1.0.0
description:
  - Puts what M(patchops.fleet.patch_scan) and M(patchops.fleet.patch_install) found out about a host on the managed
    node that the host is in AWS Systems Manager, as custom compliance. It is meant for hybrid nodes, V(mi-...), that
    are patched through Ansible.
  - A node has one item for itself, C(patch-compliance), with all counts in its details, and one for each patch.
  - What was put on the node in this type of compliance before is replaced as a whole. A record that is there already is
    not put again, and an older one never replaces a newer one.
  - Where AWS refuses the items of a host, because of what they say or how many there are, the task fails after all
    others are done.
  - The type C(Patch) is never written to. It is what Patch Manager reports, which would take its place.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
options:
  records:
    description:
      - Compliance records, the fact C(patch_compliance) of hosts for example, or what is in files of C(records_dir).
      - Of several of one host the newest counts.
      - A host whose status is C(UNKNOWN) has nothing to put on its node. It is warned of, and what is there stays.
    type: list
    elements: dict
    required: true
  node_id:
    description:
      - Id of the managed node, V(mi-...) or V(i-...). For one record.
      - Without, the record names it, as that of a host on which the agent is registered does.
    type: str
  compliance_type:
    description: The type, V(Custom:) and a name. A node can have ten of them.
    type: str
    default: Custom:PatchLocal
  patches:
    description:
      - Which patches have an item. V(attention) are those that make the node non-compliant, that wait for their date or
        are rejected; V(all) are compliant ones as well. A fact holds no others than the former.
      - A node takes 1 MB at a time, some thousand items, and 5 MB a day. What there is no room for is what matters
        least, and is warned of.
    type: str
    choices: [attention, all]
    default: attention
  unmanaged_nodes:
    description:
      - What hosts do that Systems Manager does not manage. With V(fail) the task fails after all others are done, with
        V(warn) it warns of them.
    type: str
    choices: [fail, warn]
    default: fail
seealso:
  - module: patchops.fleet.patch_scan
    description: Makes the records.
  - module: patchops.fleet.ssm_patch_compliance_info
    description: The other way, what nodes reported to Systems Manager as records.
notes:
  - Needs C(ssm:ListComplianceItems) and C(ssm:PutComplianceItems).
"""

EXAMPLES = r"""
- name: Show the hosts of this play in Systems Manager
  patchops.fleet.ssm_compliance_items:
    records: >-
      {{ ansible_play_hosts | map('extract', hostvars, ['ansible_facts', 'patch_compliance']) }}
    unmanaged_nodes: warn
  run_once: true
  delegate_to: localhost

- name: Show all that is installed on one of them
  patchops.fleet.ssm_compliance_items:
    records: "{{ [lookup('ansible.builtin.file', 'record.json') | from_json] }}"
    node_id: mi-0123456789abcdef0
    patches: all
"""

RETURN = r"""
nodes:
  description:
    - What became of each host, by its id.
    - C(result) is C(published), C(unchanged), C(older) (a newer record is there), C(unknown) (its status is not known),
      C(unmanaged), or C(refused), where AWS does not take what the node is to have. C(message) says why where it is one
      of the last four.
    - C(items) says how many there are then, C(omitted) how many patches there was no room for.
  returned: success, and where a node is not managed or its items are refused
  type: list
  elements: dict
  sample:
    - node_id: mi-0123456789abcdef0
      name: db1.example.com
      result: published
      message: ''
      status: NON_COMPLIANT
      execution_time: '2026-11-21T05:40:00Z'
      items: 4
      omitted: 0
changes:
  description: What was done, in order, up to a failure. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: ["put 4 items of Custom:PatchLocal compliance on mi-0123456789abcdef0"]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import compliance_items, compliance_publishing
from ..module_utils._ssm.parallel import Pool
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "records": {"type": "list", "elements": "dict", "required": True},
    "node_id": {"type": "str"},
    "compliance_type": {"type": "str", "default": "Custom:PatchLocal"},
    "patches": {"type": "str", "choices": ["attention", "all"], "default": "attention"},
    "unmanaged_nodes": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
}
THREADS = 8


def work(module, api):
    params = plain(module.params)
    records = compliance_items.checked(params["records"], params["node_id"], params["compliance_type"])
    publishing = compliance_publishing.Publishing(
        api, params["compliance_type"], params["node_id"], params["patches"] == "all", not module.check_mode
    )
    with Pool(THREADS) as pool:
        outcomes = [publishing.publish(plan) for plan in pool.each(publishing.plan, records)]
    fails = {"no managed node": compliance_publishing.UNMANAGED} if params["unmanaged_nodes"] == "fail" else {}
    fails["items that AWS refuses"] = compliance_publishing.REFUSED
    problems = [one for one in outcomes if one.result in fails.values()]
    for one in outcomes:
        for text in [] if one in problems else one.warnings:
            module.warn(text)
    result = {
        "changed": any(one.result == compliance_publishing.PUBLISHED for one in outcomes),
        "nodes": [one.document() for one in outcomes],
        "diff": {
            "before": {one.node_id: one.before for one in outcomes if one.before},
            "after": {one.node_id: one.after for one in outcomes if one.after},
        },
    }
    if problems:
        of_each = ((have, [one for one in problems if one.result == kind]) for have, kind in fails.items())
        said = [told(have, some, len(outcomes)) for have, some in of_each if some]
        result.update(failed=True, msg=" ".join(said))
    return result


def told(have, outcomes, of):
    named = "; ".join("%s: %s" % (one.name, one.message) for one in outcomes)
    return "%d of %d hosts have %s. %s" % (len(outcomes), of, have, named)


def main():
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
