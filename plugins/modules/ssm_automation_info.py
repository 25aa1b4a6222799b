# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_automation_info
short_description: Read how runbooks of AWS Systems Manager ran, or how far they are
version_added: 1.0.0
description:
  - Reads automations with their steps, one by its id, or the latest ones.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
options:
  execution_id:
    description: Only this automation.
    type: str
  document_name_prefix:
    description: Only automations of runbooks whose names begin so.
    type: str
  status:
    description: Only automations with this status.
    type: str
    choices:
      - Pending
      - InProgress
      - Waiting
      - Success
      - TimedOut
      - Cancelling
      - Cancelled
      - Failed
      - PendingApproval
      - Approved
      - Rejected
      - Scheduled
      - RunbookInProgress
      - PendingChangeCalendarOverride
      - ChangeCalendarOverrideApproved
      - ChangeCalendarOverrideRejected
      - CompletedWithSuccess
      - CompletedWithFailure
      - Exited
  parent_execution_id:
    description: The automations of the targets of this one.
    type: str
  most:
    description: How many to read, the latest first. The steps of each cost a call.
    type: int
    default: 50
seealso:
  - module: patchops.fleet.ssm_automation_run
"""

EXAMPLES = r"""
- name: See how far a runbook is that was started without waiting
  patchops.fleet.ssm_automation_info:
    execution_id: 01234567-89ab-cdef-0123-456789abcdef
  register: rollback

- name: Find runbooks that wait for an approval
  patchops.fleet.ssm_automation_info:
    status: Waiting
  register: waiting
"""

RETURN = r"""
executions:
  description: The automations, the latest first, as M(patchops.fleet.ssm_automation_run) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - execution_id: 01234567-89ab-cdef-0123-456789abcdef
      document_name: PatchWithHealthCheck
      document_version: '1'
      status: Waiting
      message: 'step approve waits for an approval: approve or reject it in Systems Manager, or by ...'
      started: '2026-11-21T05:40:00+00:00'
      ended: null
      current_step: approve
      failure_message: null
      outputs: {}
      target: null
      steps: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import automation, automation_outcome
from ..module_utils._ssm.change import ResourceError
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "execution_id": {"type": "str"},
    "document_name_prefix": {"type": "str"},
    "status": {"type": "str", "choices": list(automation_outcome.STATUSES)},
    "parent_execution_id": {"type": "str"},
    "most": {"type": "int", "default": 50},
}
FILTERS = {
    "document_name_prefix": "DocumentNamePrefix",
    "status": "ExecutionStatus",
    "parent_execution_id": "ParentExecutionId",
}


def rows(params, api):
    """Of the automations that the options name, as many as asked for."""
    if params["execution_id"]:
        found = automation.look(api, params["execution_id"])
        return [found] if found else []
    filters = [(key, params[name]) for name, key in FILTERS.items() if params[name]]
    found = []
    for row in automation.executions(api, filters):
        if len(found) == params["most"]:
            break
        found.append(row)
    return found


def work(params, api):
    if params["most"] < 1:
        raise ResourceError("most: must be 1 or more")
    found = [
        automation.described(one, automation.steps(api, one["AutomationExecutionId"])) for one in rows(params, api)
    ]
    return {"changed": False, "executions": found}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[
            ("execution_id", "document_name_prefix"),
            ("execution_id", "status"),
            ("execution_id", "parent_execution_id"),
        ],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
