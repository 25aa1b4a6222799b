# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window_task
short_description: Register tasks with maintenance windows of AWS Systems Manager
version_added: 1.0.0
description:
  - Registers, changes and deregisters tasks of a maintenance window, such as a scan for patches or their installation.
  - Names of tasks are not unique on AWS. Here a task is the one with O(name) in the window, or the one with
    O(window_task_id); several of one name are refused with their ids.
  - In check mode a window or a target that is named and is not there yet gives a warning, because a task before may
    make it. In a real run, and where an id names it, it is refused.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.window
options:
  state:
    description: Whether the task is registered.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the task, 3 to 128 letters, digits, and C(_), C(-), C(.).
      - Given together with O(window_task_id), it is the task's new name.
    type: str
  window_task_id:
    description: Id of a task that exists.
    type: str
  task_type:
    description: What runs. V(RUN_COMMAND) for a new task. It cannot be changed later.
    type: str
    choices: [RUN_COMMAND, AUTOMATION, LAMBDA, STEP_FUNCTIONS]
  task_arn:
    description:
      - Name or ARN of the document, ARN of the function or of the state machine. Needed to register a task.
      - A function whose name does not begin with C(SSM) gives a warning, for the policy that AWS manages for
        maintenance windows does not allow to invoke it.
    type: str
  window_targets:
    description:
      - Targets of the window that the task runs on, by name, or by id where a target has no name or shares it.
      - A task of type V(RUN_COMMAND) needs O(window_targets) or O(instance_ids); others may go without both.
      - Several targets are served one after another. For parallel runs register one task for each.
    type: list
    elements: str
  instance_ids:
    description:
      - Nodes that the task runs on though they are no targets of the window, where the window allows that. At most 50.
    type: list
    elements: str
  priority:
    description: Tasks with a lower number go first, equal ones in parallel. V(1) for a new task.
    type: int
  max_concurrency:
    description:
      - On how many targets the task runs at the same time, a number or a percentage such as V(25%).
      - Needed with targets, and refused for tasks without.
    type: str
  max_errors:
    description:
      - After how many errors the task is sent to no further target, a number or a percentage such as V(10%).
      - Needed with targets, and refused for tasks without.
    type: str
  service_role_arn:
    description:
      - Role that the task runs with. Without, Systems Manager uses its service-linked role. Empty text clears it.
    type: str
  description:
    description: What the task is for, up to 128 characters. Empty text clears it.
    type: str
  cutoff_behavior:
    description: What becomes of the task at the window's cutoff. V(CONTINUE_TASK) for a new task.
    type: str
    choices: [CONTINUE_TASK, CANCEL_TASK]
  alarm_configuration:
    description: Alarm of CloudWatch that stops the task. An empty mapping clears it.
    type: dict
    suboptions:
      alarms:
        description: Name of the alarm, one at most.
        type: list
        elements: str
      ignore_poll_alarm_failure:
        description: Whether the task goes on where the alarm's state cannot be read.
        type: bool
  task_invocation_parameters:
    description:
      - What the task runs with, under the member of its O(task_type). Given, it replaces what was there as a whole; an
        empty mapping clears it.
      - Everybody who may read the task can read it, so it is no place for credentials.
    type: dict
    suboptions:
      run_command:
        description: For O(task_type=RUN_COMMAND).
        type: dict
        suboptions:
          parameters:
            description:
              - Parameters of the document, by its own names, each with a list of texts. A value that stands alone is a
                list of one.
              - What C(AWS-RunPatchBaseline), C(AWS-RunPatchBaselineWithHooks) and C(AWS-RunPatchBaselineAssociation)
                do not take is refused before any call, and so is a C(SnapshotId), which Systems Manager supplies to
                tasks of maintenance windows. Parameters of other documents are not looked at.
            type: dict
          comment:
            description: Shown with the command, up to 100 characters.
            type: str
          document_version:
            description: V($DEFAULT), V($LATEST) or a number.
            type: str
          document_hash:
            description: Hash that the document must have.
            type: str
          document_hash_type:
            description: Kind of O(task_invocation_parameters.run_command.document_hash).
            type: str
            choices: [Sha256, Sha1]
          timeout_seconds:
            description: How long to wait for a node to take the command, 30 to 2592000 seconds.
            type: int
          output_s3_bucket_name:
            description: Bucket for the output.
            type: str
          output_s3_key_prefix:
            description: Where in the bucket.
            type: str
          service_role_arn:
            description: Role that sends the notifications.
            type: str
          cloud_watch_output_config:
            description: Output to CloudWatch Logs.
            type: dict
            suboptions:
              cloud_watch_log_group_name:
                description: Name of the log group.
                type: str
              cloud_watch_output_enabled:
                description: Whether output goes there.
                type: bool
          notification_config:
            description: Notifications through SNS.
            type: dict
            suboptions:
              notification_arn:
                description: ARN of the topic.
                type: str
              notification_events:
                description: What to notify of.
                type: list
                elements: str
                choices: [All, InProgress, Success, TimedOut, Cancelled, Failed]
              notification_type:
                description: Whether once for the command, or for each node.
                type: str
                choices: [Command, Invocation]
      automation:
        description: For O(task_type=AUTOMATION).
        type: dict
        suboptions:
          parameters:
            description: As O(task_invocation_parameters.run_command.parameters).
            type: dict
          document_version:
            description: V($DEFAULT), V($LATEST) or a number.
            type: str
      lambda:
        description: For O(task_type=LAMBDA).
        type: dict
        suboptions:
          payload:
            description:
              - JSON text that the function is called with, up to 4096 bytes. Not shown in results.
              - A mapping becomes JSON text with the filter P(ansible.builtin.to_json#filter). Equal JSON in another
                spelling is no change.
            type: str
          client_context:
            description: Context for the function. Not shown in results.
            type: str
          qualifier:
            description: Version or alias of the function.
            type: str
      step_functions:
        description: For O(task_type=STEP_FUNCTIONS).
        type: dict
        suboptions:
          input:
            description: As O(task_invocation_parameters.lambda.payload), for the state machine.
            type: str
          name:
            description: Name of the execution.
            type: str
  replace:
    description:
      - Whether options that are not given go back to their defaults, as with the API's C(Replace). Else they stay.
      - O(task_arn) stays in any case.
    type: bool
    default: false
notes:
  - The API's deprecated C(TaskParameters) and C(LoggingInfo) are not managed. A task that has them keeps them, with a
    warning.
seealso:
  - module: patchops.fleet.ssm_maintenance_window_task_info
  - module: patchops.fleet.ssm_maintenance_window
  - module: patchops.fleet.ssm_maintenance_window_target
"""

EXAMPLES = r"""
- name: Install patches on production servers, a quarter of them at a time
  patchops.fleet.ssm_maintenance_window_task:
    window: production-sunday
    name: install-patches
    task_arn: AWS-RunPatchBaseline
    window_targets: [production]
    max_concurrency: 25%
    max_errors: 10%
    task_invocation_parameters:
      run_command:
        parameters: {Operation: Install, RebootOption: RebootIfNeeded}
        timeout_seconds: 600

- name: Tell the ticket system before
  patchops.fleet.ssm_maintenance_window_task:
    window: production-sunday
    name: open-change
    task_type: LAMBDA
    task_arn: arn:aws:lambda:eu-central-1:123456789012:function:SSMOpenChange
    priority: 0
    task_invocation_parameters:
      lambda:
        payload: "{{ {'ring': 'production'} | ansible.builtin.to_json }}"

- name: Patch instances of Auto Scaling groups by a runbook
  patchops.fleet.ssm_maintenance_window_task:
    window: production-sunday
    name: patch-groups
    task_type: AUTOMATION
    task_arn: AWS-PatchAsgInstance
    window_targets: [production]
    max_concurrency: 1
    max_errors: 0
    task_invocation_parameters:
      automation:
        parameters: {InstanceId: '{% raw %}{{RESOURCE_ID}}{% endraw %}'}

- name: Deregister a task
  patchops.fleet.ssm_maintenance_window_task:
    window: production-sunday
    name: open-change
    state: absent
"""

RETURN = r"""
maintenance_window_task:
  description:
    - The task as it is now, in the form that this module takes, but for payloads and inputs, which are not shown.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    window_task_id: 01234567-89ab-cdef-0123-456789abcdef
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
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [register task install-patches with maintenance window mw-0123456789abcdef0]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import invocation, maintenance_window, window_target, window_task
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.task import run

RUN_COMMAND = {
    "parameters": {"type": "dict"},
    "comment": {"type": "str"},
    "document_version": {"type": "str"},
    "document_hash": {"type": "str"},
    "document_hash_type": {"type": "str", "choices": ["Sha256", "Sha1"]},
    "timeout_seconds": {"type": "int"},
    "output_s3_bucket_name": {"type": "str"},
    "output_s3_key_prefix": {"type": "str", "no_log": False},
    "service_role_arn": {"type": "str"},
    "cloud_watch_output_config": {
        "type": "dict",
        "options": {"cloud_watch_log_group_name": {"type": "str"}, "cloud_watch_output_enabled": {"type": "bool"}},
    },
    "notification_config": {
        "type": "dict",
        "options": {
            "notification_arn": {"type": "str"},
            "notification_events": {"type": "list", "elements": "str", "choices": list(invocation.EVENTS)},
            "notification_type": {"type": "str", "choices": ["Command", "Invocation"]},
        },
    },
}
INVOCATION = {
    "run_command": {"type": "dict", "options": RUN_COMMAND},
    "automation": {
        "type": "dict",
        "options": {"parameters": {"type": "dict"}, "document_version": {"type": "str"}},
    },
    "lambda": {
        "type": "dict",
        "options": {
            "payload": {"type": "str", "no_log": True},
            "client_context": {"type": "str", "no_log": True},
            "qualifier": {"type": "str"},
        },
    },
    "step_functions": {
        "type": "dict",
        "options": {"input": {"type": "str", "no_log": True}, "name": {"type": "str"}},
    },
}
ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "window": {"type": "str"},
    "window_id": {"type": "str"},
    "name": {"type": "str"},
    "window_task_id": {"type": "str"},
    "task_type": {"type": "str", "choices": ["RUN_COMMAND", "AUTOMATION", "LAMBDA", "STEP_FUNCTIONS"]},
    "task_arn": {"type": "str"},
    "window_targets": {"type": "list", "elements": "str"},
    "instance_ids": {"type": "list", "elements": "str"},
    "priority": {"type": "int"},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "service_role_arn": {"type": "str"},
    "description": {"type": "str"},
    "cutoff_behavior": {"type": "str", "choices": ["CONTINUE_TASK", "CANCEL_TASK"]},
    "alarm_configuration": {
        "type": "dict",
        "options": {
            "alarms": {"type": "list", "elements": "str"},
            "ignore_poll_alarm_failure": {"type": "bool"},
        },
    },
    "task_invocation_parameters": {"type": "dict", "options": INVOCATION},
    "replace": {"type": "bool", "default": False},
}


def described(api, params, window_id, targets):
    """The task that the options name, None where there is none."""
    task_id = params["window_task_id"]
    if not task_id:
        row = window_task.find(maintenance_window.task_rows(api, window_id), params["name"])
        task_id = row["WindowTaskId"] if row else None
    return window_task.read(api, window_id, task_id, targets) if task_id else None


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        return Change(before, None)
    if params["window_task_id"] and before is None:
        raise ResourceError("The maintenance window has no task %s" % params["window_task_id"])
    return window_task.plan(before, params, params["replace"])


def work(module, api):
    params = plain(dict(module.params))
    window_id = maintenance_window.identify(api, params["window"], params["window_id"])
    if window_id is None and params["state"] == "present":
        module.warn(maintenance_window.foretold(params["window"], params["window_id"], module.check_mode))
    targets = window_target.of_window(api, window_id) if window_id else []
    before = described(api, params, window_id, targets) if window_id else None
    if before:
        # those that are given are known to the module already
        module.no_log_values.update(invocation.confidential(before["task_invocation_parameters"]))
    if params["window_targets"] and params["state"] == "present":
        for target in window_task.foretold(params["window_targets"], targets) if module.check_mode else ():
            targets.append(target)
            module.warn(
                "The maintenance window has no target %s yet: in a real run it must be registered first"
                % target["name"]
            )
        params["window_targets"] = window_task.named(params["window_targets"], targets)
    change = planned(params, before)
    result = change.result("maintenance_window_task")
    if change.after and change.needed:
        window_task.target_ids(change.after["window_targets"], targets)  # one may have been deregistered by force
        if window_id:
            window_task.refuse_nodes(api, window_id, change)
    for warning in window_task.warnings(change.after) if change.after else ():
        module.warn(warning)
    if change.needed and not module.check_mode:
        task_id = window_task.apply(api, window_id, change, targets)
        if task_id:
            result["maintenance_window_task"] = window_task.read(api, window_id, task_id, targets)
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("window", "window_id")],
        required_one_of=[("window", "window_id"), ("name", "window_task_id")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
