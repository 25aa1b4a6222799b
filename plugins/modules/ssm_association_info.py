# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_association_info
short_description: Read associations of AWS Systems Manager State Manager, and how they ran
version_added: 1.0.0
description:
  - Reads associations with their tags, and if asked their latest runs with what became of each target.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  association_name:
    description: Only associations of this name, of which there may be several.
    type: str
  association_id:
    description: Only this association.
    type: str
  name:
    description: Only associations that run this document.
    type: str
    aliases: [document_name]
  executions:
    description: How many of the latest runs of each to read. Each costs a call.
    type: int
    default: 0
seealso:
  - module: patchops.fleet.ssm_association
"""

EXAMPLES = r"""
- name: See whether the last scans of production succeeded
  patchops.fleet.ssm_association_info:
    association_name: scan-production
    executions: 3
  register: scans

- name: Show nodes where the last one did not
  ansible.builtin.debug:
    msg: "{{ last.targets | rejectattr('status', 'eq', 'Success') | map(attribute='id') }}"
  vars:
    last: "{{ scans.associations[0].executions[0] }}"
  when: scans.associations[0].executions | length > 0
"""

RETURN = r"""
associations:
  description:
    - The associations, by name, as M(patchops.fleet.ssm_association) returns them.
    - With O(executions) each has C(executions), the latest first. C(source_id) of a target is the id of the command,
      or of the automation, that was sent to it.
  returned: success
  type: list
  elements: dict
  sample:
    - association_id: 01234567-89ab-cdef-0123-456789abcdef
      association_name: scan-production
      name: AWS-RunPatchBaseline
      parameters: {Operation: [Scan]}
      overview: {status: Success, targets: {Success: 1}}
      executions:
        - execution_id: 11234567-89ab-cdef-0123-456789abcdef
          association_version: '1'
          status: Success
          created_date: '2026-11-22T06:00:00+00:00'
          targets:
            - id: i-0123456789abcdef0
              status: Success
              source_type: RunCommand
              source_id: 21234567-89ab-cdef-0123-456789abcdef
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import association
from ..module_utils._ssm.change import ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "association_name": {"type": "str"},
    "association_id": {"type": "str"},
    "name": {"type": "str", "aliases": ["document_name"]},
    "executions": {"type": "int", "default": 0},
}
FILTERS = {"association_name": "AssociationName", "name": "Name"}


def ids(params, api):
    """Of the associations that the options name."""
    if params["association_id"]:
        return [params["association_id"]]
    key, value = next(((FILTERS[name], params[name]) for name in FILTERS if params[name]), (None, None))
    return [row["AssociationId"] for row in association.rows(api, key, value)]


def work(params, api):
    if params["executions"] < 0:
        raise ResourceError("executions: must not be negative")
    found = [association.read(api, one) for one in ids(params, api)]
    there = [one for one in found if one]  # one may have been deleted meanwhile
    for one in there if params["executions"] > 0 else ():
        one["executions"] = association.executions(api, one["association_id"], params["executions"])
    order = sorted(there, key=lambda one: (one.get("association_name", ""), one["association_id"]))
    return {"changed": False, "associations": order}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("association_name", "association_id", "name")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
