# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_preflight
short_description: See what would keep nodes in AWS from being patched, before anything is sent to them
version_added: 1.0.0
description:
  - Looks at what Patch Manager of AWS Systems Manager needs of nodes and of what surrounds them, and returns what
    was found, with what to do about it, in the form of M(patchops.fleet.patch_preflight). Changes nothing, and
    does not fail because of a finding; see the role P(patchops.fleet.patch_preflight#role) for that.
  - "C(managed): Systems Manager manages the node, and its agent answers. Instances that run and are not managed,
    those that are stopped, and nodes whose tag Systems Manager does not know yet, are named."
  - "C(agent): its version is O(minimum_agent_version) or newer, and the latest."
  - "C(permissions): the role of its instance profile has C(AmazonSSMManagedInstanceCore), or default host
    management is set up."
  - "C(endpoints): from its subnet there is a way to Systems Manager and S3, by VPC endpoints or through a
    gateway. Only routes of IPv4 count. Security groups, network ACLs and proxies are not looked at."
  - "C(patch_group): it has a tag C(Patch Group) or C(PatchGroup)."
  - "C(baseline): the group is registered with a baseline for its operating system. A node without a group has the
    default one, which is told and not judged."
  - "C(maintenance_window): a window that is enabled has a task that installs patches on it. Associations of State
    Manager and patch policies are not looked at. Of runbooks those of AWS that patch and C(PatchWithHealthCheck), that
    of the role P(patchops.fleet.aws_patch_runbook#role), count."
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  instance_ids:
    description: Ids of nodes, V(i-...) of EC2 instances and V(mi-...) of others.
    type: list
    elements: str
  targets:
    description:
      - Nodes by keys and values, such as V(tag:Environment). A node has to fit all keys, each by one of its
        values.
      - Resource groups are refused, because AWS alone knows their members.
    type: dict
  patch_group:
    description: Nodes of this patch group, whichever of its two tags they carry.
    type: str
  minimum_agent_version:
    description:
      - Oldest version of the agent that will do. AWS-RunPatchBaseline needs V(2.0.834.0), hooks need
        V(3.0.502.0).
    type: str
    default: 2.0.834.0
seealso:
  - module: patchops.fleet.patch_preflight
    description: The same for hosts that Ansible reaches.
  - plugin: patchops.fleet.preflight_summary
    plugin_type: filter
    description: Findings as a table, together with those of hosts.
notes:
  - Without O(instance_ids), O(targets) and O(patch_group) all nodes of the account and Region are looked at, EC2
    instances that are not managed among them.
  - Needs C(ssm:DescribeInstanceInformation). A check for which a permission is lacking has the status V(skipped),
    and names it.
  - Tags of hybrid nodes take one call for each of them.
"""

EXAMPLES = r"""
- name: See what would keep production from being patched
  patchops.fleet.ssm_preflight:
    patch_group: Production
  register: preflight

- name: Show it
  ansible.builtin.debug:
    msg: "{{ (preflight.findings | patchops.fleet.preflight_summary).table }}"

- name: Stop where something is wrong
  ansible.builtin.assert:
    that: preflight.status != 'error'
"""

RETURN = r"""
status:
  description: The worst of all findings, V(error), V(warning) or V(ok); a check that was skipped counts as V(ok).
  returned: success
  type: str
  sample: error
findings:
  description: What was found. What several nodes have alike is one finding.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description: Name of the check, as above.
      type: str
    status:
      description: V(ok), V(warning), V(error), or V(skipped) where it could not be made.
      type: str
    finding:
      description: What is so.
      type: str
    remedy:
      description: What to do about it; null where nothing is to be done.
      type: str
    nodes:
      description: Ids of the nodes that it is about.
      type: list
      elements: str
  sample:
    - check: managed
      status: error
      finding: the instance runs, and Systems Manager does not manage it
      remedy: install and start the agent; see the findings on permissions and endpoints
      nodes: [i-0123456789abcdef0]
nodes:
  description: The nodes that were looked at, each with the worst that was found of it.
  returned: success
  type: list
  elements: dict
  sample:
    - {id: i-0123456789abcdef0, name: i-0123456789abcdef0, status: error}
region:
  description: The Region.
  returned: success
  type: str
  sample: eu-central-1
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._finding import ERROR, Finding, worst
from ..module_utils._plain import plain
from ..module_utils._ssm import node, patch_group, preflight
from ..module_utils._ssm.api import Api
from ..module_utils._ssm.preflight_look import Look, Selection, Services
from ..module_utils._ssm.reading import Reader
from ..module_utils._ssm.task import run
from ..module_utils._ssm.window_target import declared_node_targets

ARGUMENT_SPEC = {
    "instance_ids": {"type": "list", "elements": "str"},
    "targets": {"type": "dict"},
    "patch_group": {"type": "str"},
    "minimum_agent_version": {"type": "str", "default": "2.0.834.0"},
}
REMEDY = "look at the account and Region, and at what was asked for"
NOBODY = Finding("managed", ERROR, "there is no such node", REMEDY)
NO_MANAGED = Finding("managed", ERROR, "Systems Manager manages no such node", REMEDY)


def selection(params):
    """Whom to look at. Raises what is wrong in the options."""
    reader = Reader("")
    given = {name: value for name, value in params.items() if value is not None}
    identifiers = node.declared_ids(reader, given.get("instance_ids"))
    targets = declared_node_targets(reader, given["targets"]) if "targets" in given else {}
    words = "numbers with dots, such as 2.0.834.0"
    reader.matching("minimum_agent_version", params["minimum_agent_version"], preflight.VERSION, words)
    reader.finish()
    if "patch_group" in given:
        patch_group.refuse_name(given["patch_group"])
    return Selection(identifiers, targets, given.get("patch_group"))


def work(module, api):
    chosen = selection(plain(dict(module.params)))
    look = Look(Services(api, Api(module.client("ec2")), Api(module.client("iam"))), chosen)
    subjects = look.subjects()
    facts = look.facts(subjects, module.params["minimum_agent_version"])
    findings, nodes = preflight.examine(subjects, facts)
    if not nodes:
        nobody = [NO_MANAGED, preflight.unmanaged_unasked(facts)] if "managed" in facts.denied else [NOBODY]
        findings = [{**finding.document(), "nodes": []} for finding in nobody]
    return {"changed": False, "status": worst(findings), "findings": findings, "nodes": nodes, "region": module.region}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("instance_ids", "targets", "patch_group")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
