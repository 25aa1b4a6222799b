# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window_task_info
short_description: Read tasks of maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Reads the tasks of one maintenance window, in the form that M(patchops.fleet.ssm_maintenance_window_task) takes.
  - Payloads and inputs of tasks are shown as they are. Set C(no_log) where they hold secrets.
  - What a task has of the API's deprecated C(TaskParameters) and C(LoggingInfo) is shown under C(deprecated).
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.info
  - patchops.fleet.window
options:
  name:
    description: Only tasks of this name.
    type: str
  window_task_id:
    description: Only this task.
    type: str
seealso:
  - module: patchops.fleet.ssm_maintenance_window_task
"""

EXAMPLES = r"""
- name: See what runs on Sundays
  patchops.fleet.ssm_maintenance_window_task_info:
    window: production-sunday
  register: sunday
"""

RETURN = r"""
maintenance_window_tasks:
  description: The tasks, by name. None where there is no such window.
  returned: success
  type: list
  elements: dict
  sample:
    - window_task_id: 01234567-89ab-cdef-0123-456789abcdef
      name: install-patches
      task_type: RUN_COMMAND
      task_arn: AWS-RunPatchBaseline
      window_targets: [production]
      instance_ids: []
      priority: 1
      max_concurrency: 25%
      max_errors: 10%
      cutoff_behavior: CONTINUE_TASK
      task_invocation_parameters:
        run_command:
          parameters: {Operation: [Install], RebootOption: [RebootIfNeeded]}
          timeout_seconds: 600
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._ssm import maintenance_window, window_target, window_task
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "window": {"type": "str"},
    "window_id": {"type": "str"},
    "name": {"type": "str"},
    "window_task_id": {"type": "str"},
}


def ids(api, params, window_id):
    """Of the tasks that the options name."""
    if params["window_task_id"]:
        return [params["window_task_id"]]
    rows = maintenance_window.task_rows(api, window_id)
    return [row["WindowTaskId"] for row in rows if params["name"] in (None, row.get("Name"))]


def work(params, api):
    window_id = maintenance_window.identify(api, params["window"], params["window_id"])
    found = []
    if window_id:
        targets = window_target.of_window(api, window_id)
        found = [window_task.read(api, window_id, one, targets) for one in ids(api, params, window_id)]
    there = [task for task in found if task]  # one may have been deregistered meanwhile
    order = sorted(there, key=lambda one: (one.get("name", ""), one["window_task_id"]))
    return {"changed": False, "maintenance_window_tasks": order}


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("window", "window_id"), ("name", "window_task_id")],
        required_one_of=[("window", "window_id")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module.params, api))


if __name__ == "__main__":
    main()
