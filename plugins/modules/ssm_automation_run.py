# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_automation_run
short_description: Have AWS Systems Manager run a runbook now, and watch it
version_added: 1.0.0
description:
  - Starts a runbook, AWS's own such as C(AWS-PatchInstanceWithRollback) or C(AWS-PatchAsgInstance), or one of the
    account's (M(patchops.fleet.ssm_document)), waits for it, and tells what became of each step.
  - With O(targets) the runbook is run once for each of them, and RV(targets) tells what became of each.
  - Parameters are held to what the runbook takes before it is started.
  - While it waits it shows how far the runbook is, where it runs on the controller itself.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.followed
attributes:
  check_mode:
    details: Says what would be started, with the steps of the runbook. Nothing is started.
  diff_mode:
    details: What a runbook changes is known to it alone.
  idempotent:
    details: It starts the runbook each time.
options:
  document_name:
    description: Name of the runbook; the ARN of one that another account shares.
    type: str
    required: true
  document_version:
    description: V($DEFAULT), V($LATEST) or a number.
    type: str
    default: $DEFAULT
  parameters:
    description:
      - Parameters of the runbook, each with a list of values. A single value is a list of one.
      - Booleans are sent as V(true) and V(false), mappings as JSON.
    type: dict
  targets:
    description:
      - What the runbook is run on, one key with its values, V(ParameterValues), V(InstanceIds) (V(*) for all nodes),
        V(ResourceGroup), or a tag such as V(tag:Patch Group). Needs O(target_parameter_name).
    type: dict
  target_parameter_name:
    description: The parameter that is filled with one target after another, such as V(InstanceId).
    type: str
  max_concurrency:
    description: On how many targets it is run at the same time, a number or a percentage. AWS takes 10 unless given.
    type: str
  max_errors:
    description:
      - How many targets may fail before no further one is begun with, a number or a percentage. AWS takes 0 unless
        given.
    type: str
  mode:
    description: V(Interactive) waits before each step until somebody starts it in Systems Manager.
    type: str
    choices: [Auto, Interactive]
    default: Auto
  tags:
    description: Tags of the automation, five at most.
    type: dict
    aliases: [resource_tags]
  wait:
    description:
      - Whether to wait until it has ended, and to fail where it, or one of its targets, did not succeed.
      - Otherwise it is started, and M(patchops.fleet.ssm_automation_info) tells how far it is.
    type: bool
    default: true
  wait_delay:
    description: Seconds between two looks.
    type: float
    default: 15
  wait_timeout:
    description:
      - Seconds after which to wait no longer. The task fails then, and the runbook goes on unless O(stop_on_timeout) is
        set.
      - Without, it waits for as long as the runbook runs, which may be long where somebody has to approve a step.
    type: int
  stop_on_timeout:
    description: Whether the runbook is told to stop when O(wait_timeout) has passed.
    type: bool
    default: false
  stop_on_interrupt:
    description:
      - Whether the runbook is told to stop when the task is interrupted, by Ctrl-C or because it is killed.
      - A signal reaches the task where it runs on the controller itself (C(connection) V(local)).
    type: bool
    default: false
  stop_type:
    description:
      - How it is told to stop. V(Cancel) breaks off the step that is under way, V(Complete) lets it come to its end.
      - A runbook that was stopped has not put back what it had changed.
    type: str
    choices: [Cancel, Complete]
    default: Cancel
  progress_file:
    description:
      - A file, on the machine where the module runs, to which a line is added whenever the runbook is further.
      - Given, the lines are not shown by the task.
    type: path
seealso:
  - module: patchops.fleet.ssm_automation_info
  - module: patchops.fleet.ssm_document
    description: Runbooks of one's own.
  - module: patchops.fleet.ssm_patch_run
    description: Patching alone, by Run Command, on any number of nodes.
notes:
  - Calls that AWS throttles are repeated. Each run has one client token, so a call that is repeated starts one
    automation.
  - C(AWS-PatchInstanceWithRollback) restores the root volume alone. The tag C(AutoPatchInstanceInASG) that
    C(AWS-PatchAsgInstance) leaves is its lock, and no proof that patches were installed.
  - Needs C(ssm:StartAutomationExecution), C(ssm:GetAutomationExecution), C(ssm:DescribeAutomationStepExecutions),
    C(ssm:DescribeDocument), C(ssm:DescribeAutomationExecutions) for O(targets), C(ssm:StopAutomationExecution) to stop,
    C(ssm:GetDocument) in check mode, and C(iam:PassRole) for the role that the runbook assumes; without such a role,
    what the runbook itself does.
"""

EXAMPLES = r"""
- name: See which steps a runbook would go through
  patchops.fleet.ssm_automation_run:
    document_name: AWS-PatchInstanceWithRollback
    parameters:
      InstanceId: i-0123456789abcdef0
  check_mode: true
  register: planned

- name: Patch an instance, and have its root volume restored where that fails
  patchops.fleet.ssm_automation_run:
    document_name: AWS-PatchInstanceWithRollback
    parameters:
      InstanceId: i-0123456789abcdef0
      AutomationAssumeRole: arn:aws:iam::123456789012:role/automation
    stop_on_interrupt: true
    stop_type: Complete

- name: Patch instances of an Auto Scaling group, one after another
  patchops.fleet.ssm_automation_run:
    document_name: AWS-PatchAsgInstance
    parameters:
      WaitForReboot: PT10M
    targets:
      tag:aws:autoscaling:groupName: [web]
    target_parameter_name: InstanceId
    max_concurrency: 1
    max_errors: 0

- name: Start a runbook of one's own, and do not wait
  patchops.fleet.ssm_automation_run:
    document_name: PatchWithHealthCheck
    parameters:
      InstanceId: i-0123456789abcdef0
    wait: false
"""

RETURN = r"""
execution:
  description:
    - The automation, with its steps. C(message) says what C(status) means, and which step is to blame.
    - In check mode the C(status) is C(Planned), and steps have a name and an action.
  returned: always, but where options are refused
  type: dict
  sample:
    execution_id: 01234567-89ab-cdef-0123-456789abcdef
    document_name: AWS-PatchInstanceWithRollback
    document_version: '1'
    status: Failed
    message: 'a step failed: step installMissingUpdates (aws:runCommand) Failed: Step fails when ...'
    started: '2026-11-21T05:40:00+00:00'
    ended: '2026-11-21T05:52:00+00:00'
    current_step: null
    failure_message: Step fails when ...
    outputs: {}
    target: null
    steps:
      - name: installMissingUpdates
        action: aws:runCommand
        status: Failed
        started: '2026-11-21T05:41:00+00:00'
        ended: '2026-11-21T05:52:00+00:00'
        response_code: '1'
        failure_message: Step fails when ...
        outputs: {}
targets:
  description:
    - With O(targets), every target with what became of it, and the steps of those that did not succeed. Targets that
      nothing was begun with are C(NotStarted).
    - Empty otherwise.
  returned: always, but where options are refused
  type: list
  elements: dict
  sample:
    - target: i-0123456789abcdef0
      execution_id: 01234567-89ab-cdef-0123-456789abcdef
      status: Success
      message: done
      steps: []
changes:
  description: What was done, in order, up to a failure. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [start runbook AWS-PatchInstanceWithRollback as automation 01234567-89ab-cdef-0123-456789abcdef]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import automation, automation_outcome, automation_run, document_parameters, progress
from ..module_utils._ssm.automation_watch import Watch
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run

ARGUMENT_SPEC = {
    "document_name": {"type": "str", "required": True},
    "document_version": {"type": "str", "default": "$DEFAULT"},
    "parameters": {"type": "dict"},
    "targets": {"type": "dict"},
    "target_parameter_name": {"type": "str"},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "mode": {"type": "str", "choices": list(automation_run.MODES), "default": "Auto"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "wait": {"type": "bool", "default": True},
    "wait_delay": {"type": "float", "default": 15},
    "wait_timeout": {"type": "int"},
    "stop_on_timeout": {"type": "bool", "default": False},
    "stop_on_interrupt": {"type": "bool", "default": False},
    "stop_type": {"type": "str", "choices": list(automation_run.STOPS), "default": "Cancel"},
    "progress_file": {"type": "path"},
}


def planned(module, api, request, document):
    """What would be started; the steps as far as the caller may read them."""
    steps = []
    if document:
        try:
            steps = automation.outline(api, request.document, request.version)
        except Exception as error:
            if getattr(error, "code", None) not in document_parameters.DENIED:
                raise
            module.warn("The steps of %s are not shown: that is not allowed (ssm:GetDocument)" % request.document)
    execution = {
        "execution_id": None,
        "document_name": request.document,
        "document_version": request.version,
        "status": "Planned",
        "message": "it would be started",
        "steps": steps,
    }
    return {"changed": True, "execution": execution, "targets": []}


def see_through(module, watch, patience):
    """Wait as far as asked. Returns why it ended before the runbook had, if so."""
    params = module.params
    if not params["wait"]:
        return None
    watch.wait()
    if watch.ended:
        return None
    if patience.interrupted:
        reason, stop = "interrupted by %s" % patience.interrupted, params["stop_on_interrupt"]
    else:
        reason, stop = "it had not ended after %d seconds" % params["wait_timeout"], params["stop_on_timeout"]
    if stop:
        watch.stop(params["stop_type"])
        return "%s; it was told to stop" % reason
    return "%s; it goes on" % reason


def concluded(module, request, watch, why):
    execution, targets = watch.execution(request.document), watch.targets()
    result = {"changed": True, "execution": execution, "targets": targets}
    succeeded = automation_outcome.SUCCEEDED
    if execution["status"] in succeeded:
        for step in automation_outcome.failures(execution["steps"]):
            module.warn("%s. The runbook went on" % automation_outcome.step_words(step))
    if not module.params["wait"]:
        return result
    named = "Runbook %s (automation %s)" % (request.document, watch.id)
    failed = [one for one in targets if one["status"] not in succeeded]
    problems = ["%s: %s" % (named, why)] if why else []
    if failed:
        problems.append("%s: %s" % (named, automation_outcome.target_message(failed, len(targets))))
    elif request.targets and not targets and watch.ended:
        problems.append("%s: nothing fits the targets; it was run on nothing" % named)
    elif execution["status"] not in succeeded:
        problems.append("%s %s: %s" % (named, execution["status"], execution["message"]))
    if problems:
        result.update(failed=True, msg=". ".join(problems))
    return result


def work(module, api):
    params = plain(dict(module.params))
    request = automation_run.declared(params)
    named = (request.document, request.version)
    document = document_parameters.read_if_allowed(api, *named, module.check_mode, module.warn)
    if document:
        automation_run.refuse_for_document(request, document)
    if module.check_mode:
        return planned(module, api, request, document)
    patience = Patience(params["wait_delay"], params["wait_timeout"])
    with patience.listening():
        identifier = automation.start(api, request.to_api())
        watch = Watch(api, identifier, patience, progress.writer(params["progress_file"], module.warn))
        return concluded(module, request, watch, see_through(module, watch, patience))


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        required_together=[("targets", "target_parameter_name")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
