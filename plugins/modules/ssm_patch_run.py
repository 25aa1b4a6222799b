# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_run
short_description: Have AWS Systems Manager scan or patch nodes now, and watch it
version_added: 1.0.0
description:
  - Runs Patch Manager's document C(AWS-RunPatchBaseline), or C(AWS-RunPatchBaselineWithHooks), on managed nodes through
    Run Command, waits for it, and tells what became of each node.
  - Every node that was asked for is in RV(nodes), those as well that are offline, not managed or unknown. The status of
    the command as a whole is not what counts, because it can be C(Success) although nodes were not reached, and
    although no node fitted the targets.
  - One snapshot of the baselines holds for all nodes, so that all get the same patches.
  - While it waits it shows how many nodes are pending, running, done and failed, where it runs on the controller
    itself.
  - Which nodes are patched by which baseline says Patch Manager, by their patch groups
    (M(patchops.fleet.ssm_patch_group)).
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm.followed
attributes:
  check_mode:
    details: Says which nodes would be told, and which cannot be reached. Nothing is sent or uploaded.
  diff_mode:
    details: What patches a node lacks is known after a scan.
  idempotent:
    details: It sends the command each time.
options:
  operation:
    description:
      - V(Scan) finds out what is missing, and changes nothing on nodes but what they have reported.
      - V(Install) installs it, and reboots as O(reboot_option) says.
    type: str
    choices: [Scan, Install]
    required: true
  instance_ids:
    description:
      - Ids of nodes, V(i-...) of EC2 instances and V(mi-...) of others. One that is given twice counts once.
      - Nodes that cannot be reached are left out of the command, which would be refused as a whole otherwise.
      - A command takes 50. For more there are several, one after another so that O(max_concurrency) and O(max_errors)
        hold for all of them together; with O(wait=false) all at once, with their share of both.
    type: list
    elements: str
  targets:
    description:
      - Nodes by keys and values, as M(patchops.fleet.ssm_maintenance_window_target) takes them; V(tag:Environment), for
        example. A node has to fit all keys, each by one of its values.
      - What becomes of those that are offline says O(offline_nodes).
    type: dict
  patch_group:
    description:
      - Nodes of this patch group, whichever of the tags C(PatchGroup) and C(Patch Group) they carry. Of a node that
        carries both the first counts.
    type: str
  no_nodes:
    description:
      - What happens where O(targets) or O(patch_group) fit no node. V(fail) fails, V(warn) warns and sends nothing.
    type: str
    choices: [fail, warn]
    default: fail
  offline_nodes:
    description:
      - With V(wait) Systems Manager sends the command to nodes of O(targets) and O(patch_group) that are offline as
        well, and they carry it out if they are heard of in time. So the run ends no sooner than O(timeout_seconds) and
        the time that a step may take have passed, which without O(timeout_seconds) are three hours.
      - With V(skip) the command goes to those that are online, as with O(instance_ids).
    type: str
    choices: [wait, skip]
    default: wait
  reboot_option:
    description:
      - Whether nodes reboot once something was installed. For O(operation=Install) alone, a scan never reboots.
    type: str
    choices: [RebootIfNeeded, NoReboot]
    default: RebootIfNeeded
  snapshot_id:
    description:
      - GUID of the snapshot of the baselines, to have the nodes of several runs get the same patches. AWS keeps one for
        three days.
      - Without, each run has one of its own.
    type: str
  pre_install_hook:
    description: Command document that runs before the installation. With a hook, the document with hooks is run.
    type: str
  post_install_hook:
    description: Command document that runs after the installation, before the reboot.
    type: str
  on_exit_hook:
    description: Command document that runs at the end, whatever happened.
    type: str
  baseline_override:
    description:
      - Baselines that hold for this run in place of the nodes' own, one for each operating system, written as for
        M(patchops.fleet.ssm_patch_baseline). They need no name.
      - Nodes print what they find, and report nothing, so their compliance on record stays as it was. The output of all
        nodes is therefore returned, unless O(return_output) says otherwise.
    type: list
    elements: dict
  baseline_override_url:
    description: Address of such a file that is there already, V(https://...) or V(s3://bucket/key).
    type: str
  install_override_list:
    description:
      - Patches to install in place of what the baseline approves. For O(operation=Install) alone.
      - Compliance is reported against the baseline all the same.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - Of Linux packages C(name) or C(name.arch), with C(*) for anything; of Windows the KB, of macOS C(name) or
            C(name.version).
        type: str
        required: true
      title:
        description: On Linux, what the title has to fit as well, such as V(*:1:3.0.7-27.el9*).
        type: str
  install_override_list_url:
    description: Address of such a list that is there already, V(https://...) or V(s3://bucket/key).
    type: str
  override_s3_bucket_name:
    description:
      - Bucket that O(baseline_override) or O(install_override_list) is uploaded to, which nodes have to be allowed to
        read. Needed for them.
      - The file is removed when the run has ended. It stays, with a warning, where nodes may still need it, as with
        O(wait=false).
    type: str
  override_s3_key_prefix:
    description: Where in the bucket.
    type: str
    default: patchops
  max_concurrency:
    description: On how many nodes it runs at the same time, a number or a percentage. V(50) unless given.
    type: str
  max_errors:
    description:
      - How many nodes may fail before no further one is told, a number or a percentage. V(0) unless given.
      - Nodes that could not be reached are no errors in this sense. Those that work on it already go on.
    type: str
  timeout_seconds:
    description:
      - How long to wait for a node to take the command, 30 to 2592000 seconds. AWS waits an hour unless given.
      - When this and the time that a step may take have passed since the command was sent, it expires for all nodes,
        those that wait for their turn as well. With a low O(max_concurrency) it has to be long enough.
    type: int
  step_timeout_seconds:
    description: How long a node may work on it, 1 to 36000 seconds. AWS lets it be unless given.
    type: int
  comment:
    description: Shown with the command, up to 100 characters.
    type: str
  document_version:
    description: V($DEFAULT), V($LATEST) or a number.
    type: str
  output_s3_bucket_name:
    description: Bucket for the nodes' output.
    type: str
  output_s3_key_prefix:
    description: Where in the bucket.
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
    description: Notifications through SNS. They need O(service_role_arn).
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
  service_role_arn:
    description: Role that sends the notifications.
    type: str
  wait:
    description:
      - Whether to wait until all nodes have ended, and to fail where one did not succeed.
      - Otherwise the commands are sent, and RV(nodes) says who was told.
    type: bool
    default: true
  wait_delay:
    description: Seconds between two looks.
    type: float
    default: 15
  wait_timeout:
    description:
      - Seconds after which to wait no longer. The task fails then, and the nodes go on unless O(cancel_on_timeout) is
        set.
      - Without, it waits for as long as AWS does, which ends each command.
    type: int
  cancel_on_timeout:
    description: Whether the nodes are told to stop when O(wait_timeout) has passed.
    type: bool
    default: false
  cancel_on_interrupt:
    description:
      - Whether the nodes are told to stop when the task is interrupted, by Ctrl-C or because it is killed.
      - A signal reaches the task where it runs on the controller itself (C(connection) V(local)).
    type: bool
    default: false
  unreached_nodes:
    description:
      - What nodes do that are offline, not managed or unknown, so that no command went to them.
      - With V(fail) the task fails after all others have ended, with V(warn) it warns of them.
    type: str
    choices: [fail, warn]
    default: fail
  find_unmanaged:
    description:
      - Whether EC2 is asked for instances that were asked for and that Systems Manager does not manage. Needs
        C(ec2:DescribeInstances); a caller without gets a warning.
    type: bool
    default: true
  return_output:
    description:
      - Whose output is returned. V(failed) unless given, V(all) with O(baseline_override) or O(baseline_override_url).
      - AWS keeps the first 24,000 characters. O(output_s3_bucket_name) has all.
    type: str
    choices: [failed, all]
  return_nodes:
    description:
      - Whether RV(nodes) has all nodes, or those alone that did not succeed. Ansible shows all of it when the task
        fails.
    type: str
    choices: [all, unsuccessful]
    default: all
  progress_file:
    description:
      - A file, on the machine where the module runs, to which a line is added whenever the numbers of nodes change.
      - Given, the lines are not shown by the task.
    type: path
seealso:
  - module: patchops.fleet.patch_install
    description: The same on hosts that Ansible reaches, without Systems Manager.
  - module: patchops.fleet.ssm_maintenance_window_task
    description: The same again and again, in a maintenance window.
notes:
  - Calls that AWS throttles are repeated. C(SendCommand) runs again each time it is called, so it is repeated only
    where AWS says that nothing was done; where an answer is lost the command is looked for by its snapshot.
  - Needs C(ssm:SendCommand), C(ssm:DescribeInstanceInformation), C(ssm:ListCommands), C(ssm:ListCommandInvocations),
    C(ssm:GetCommandInvocation), and C(ssm:CancelCommand) to cancel; C(s3:PutObject) and C(s3:DeleteObject) for
    overrides; C(iam:PassRole) for O(service_role_arn).
"""

EXAMPLES = r"""
- name: See which nodes of production would be patched
  patchops.fleet.ssm_patch_run:
    operation: Install
    patch_group: Production
  check_mode: true
  register: planned

- name: Scan two nodes
  patchops.fleet.ssm_patch_run:
    operation: Scan
    instance_ids: [i-0123456789abcdef0, mi-0123456789abcdef0]

- name: Patch production now, a quarter of it at a time, and stop when a tenth has failed
  patchops.fleet.ssm_patch_run:
    operation: Install
    patch_group: Production
    max_concurrency: 25%
    max_errors: 10%
    timeout_seconds: 600
    cancel_on_interrupt: true
    unreached_nodes: warn

- name: Install one update everywhere, whatever baselines say
  patchops.fleet.ssm_patch_run:
    operation: Install
    targets:
      tag:Environment: [production]
    install_override_list:
      - id: openssl*
        title: '*:1:3.0.7-27.el9*'
    override_s3_bucket_name: patch-overrides
    reboot_option: NoReboot

- name: See what another baseline would find missing
  patchops.fleet.ssm_patch_run:
    operation: Scan
    patch_group: Production
    baseline_override:
      - operating_system: AMAZON_LINUX_2023
        approval_rules:
          - filters: {CLASSIFICATION: [Security], SEVERITY: [Critical]}
            approve_after_days: 0
    override_s3_bucket_name: patch-overrides
"""

RETURN = r"""
nodes:
  description:
    - Every node that was asked for, with what became of it.
    - C(status) is that of Run Command without blanks (C(Success), C(Failed), C(DeliveryTimedOut), C(Terminated), ...),
      or C(Offline), C(Unmanaged), C(Untagged), C(Unknown), C(NotSent), C(Refused), C(Omitted) of nodes that no command
      went to; C(Planned) in check mode. C(message) says what that means.
    - C(step), C(exit_code), C(output), C(error_output) and C(output_url) are there where a node failed, and of all with
      O(return_output=all).
  returned: always, but where options are refused
  type: list
  elements: dict
  sample:
    - id: i-0123456789abcdef0
      name: web1.example.com
      platform_type: Linux
      platform_name: Amazon Linux
      platform_version: '2023'
      agent_version: 3.3.1230.0
      ip_address: 10.0.0.1
      command_id: 01234567-89ab-cdef-0123-456789abcdef
      status: Failed
      message: 'step PatchLinux ended with exit code 146: the operating system is not supported'
      step: PatchLinux
      exit_code: 146
      output: ''
      error_output: 'failed to run commands: exit status 146'
      output_url: null
progress:
  description: How many nodes are pending, running, done and failed.
  returned: always, but where options are refused, and in check mode
  type: dict
  sample: {pending: 0, running: 0, done: 37, failed: 1}
commands:
  description: The commands that were sent, each with its own status.
  returned: always, but where options are refused
  type: list
  elements: dict
  sample:
    - command_id: 01234567-89ab-cdef-0123-456789abcdef
      status: Failed
      message: a step failed on the node
      nodes: 38
operation:
  description: The operation.
  returned: always, but where options are refused
  type: str
  sample: Install
document:
  description: The document that was run.
  returned: always, but where options are refused
  type: str
  sample: AWS-RunPatchBaseline
snapshot_id:
  description: The snapshot that held for all nodes.
  returned: always, but where options are refused
  type: str
  sample: 01234567-89ab-cdef-0123-456789abcdef
override_files:
  description: Addresses of files that were uploaded and are still there. Remove them once the run has ended.
  returned: always, but where options are refused
  type: list
  elements: str
  sample: []
changes:
  description: What was done, in order, up to a failure. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [send AWS-RunPatchBaseline (Install) to the targets as command 01234567-89ab-cdef-0123-456789abcdef]
"""

import uuid

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import (
    command,
    invocation,
    node,
    override_files,
    patch_run,
    patch_run_result,
    progress,
    run_outcome,
)
from ..module_utils._ssm.api import THROTTLED, Api
from ..module_utils._ssm.change import ResourceError
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run
from ..module_utils._ssm.unrepeatable import CLIENT, Once
from ..module_utils._ssm.watch import Watch

ARGUMENT_SPEC = {
    "operation": {"type": "str", "choices": ["Scan", "Install"], "required": True},
    "instance_ids": {"type": "list", "elements": "str"},
    "targets": {"type": "dict"},
    "patch_group": {"type": "str"},
    "no_nodes": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "offline_nodes": {"type": "str", "choices": ["wait", "skip"], "default": "wait"},
    "reboot_option": {"type": "str", "choices": ["RebootIfNeeded", "NoReboot"], "default": "RebootIfNeeded"},
    "snapshot_id": {"type": "str"},
    "pre_install_hook": {"type": "str"},
    "post_install_hook": {"type": "str"},
    "on_exit_hook": {"type": "str"},
    "baseline_override": {"type": "list", "elements": "dict"},
    "baseline_override_url": {"type": "str"},
    "install_override_list": {
        "type": "list",
        "elements": "dict",
        "options": {"id": {"type": "str", "required": True}, "title": {"type": "str"}},
    },
    "install_override_list_url": {"type": "str"},
    "override_s3_bucket_name": {"type": "str"},
    "override_s3_key_prefix": {"type": "str", "default": "patchops", "no_log": False},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "timeout_seconds": {"type": "int"},
    "step_timeout_seconds": {"type": "int"},
    "comment": {"type": "str"},
    "document_version": {"type": "str"},
    "output_s3_bucket_name": {"type": "str"},
    "output_s3_key_prefix": {"type": "str", "no_log": False},
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
    "service_role_arn": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_delay": {"type": "float", "default": 15},
    "wait_timeout": {"type": "int"},
    "cancel_on_timeout": {"type": "bool", "default": False},
    "cancel_on_interrupt": {"type": "bool", "default": False},
    "unreached_nodes": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "find_unmanaged": {"type": "bool", "default": True},
    "return_output": {"type": "str", "choices": ["failed", "all"]},
    "return_nodes": {"type": "str", "choices": ["all", "unsuccessful"], "default": "all"},
    "progress_file": {"type": "path"},
}


def find_nodes(module, api, request):
    def ec2():
        return Api(module.client("ec2")) if module.params["find_unmanaged"] else node.Nobody()

    if request.instance_ids:
        return node.by_ids(api, ec2, request.instance_ids)
    if request.patch_group is not None:
        found = node.by_patch_group(api, ec2, request.patch_group)
    else:
        found = node.by_targets(api, ec2, request.targets)
    return found._replace(target=None) if module.params["offline_nodes"] == "skip" else found


def see_through(module, watch, patience):
    """Wait as far as asked. Returns why it ended before the nodes had, if so."""
    if not module.params["wait"]:
        return None
    watch.wait()
    if watch.ended:
        return None
    if patience.interrupted:
        reason, cancel = "interrupted by %s" % patience.interrupted, module.params["cancel_on_interrupt"]
    else:
        reason = "not all nodes had ended after %d seconds" % module.params["wait_timeout"]
        cancel = module.params["cancel_on_timeout"]
    if cancel:
        watch.cancel(reason)
        return "%s; nodes were told to stop" % reason
    watch.drop(run_outcome.NOT_SENT, reason)
    return "%s; nodes that work on it go on" % reason


def work(module, api):
    request = patch_run.declared(plain(module.params), str(uuid.uuid4()))
    for text in request.warnings:
        module.warn(text)
    found = find_nodes(module, api, request)
    for text in found.warnings:
        module.warn(text)
    if found.complete and not found.nodes:  # only of a resource group does nobody but AWS know it
        if module.params["no_nodes"] == "fail":
            raise ResourceError(patch_run_result.nobody(request))
        module.warn(patch_run_result.nobody(request))
        return patch_run_result.empty(request)
    if module.check_mode:
        return patch_run_result.planned(request, found)
    patience = Patience(module.params["wait_delay"], module.params["wait_timeout"])
    s3 = Api(module.client("s3"), api.changes) if request.files else None
    for one in request.files:
        override_files.upload(s3, one)
    request = request.with_files({one.parameter: one.url for one in request.files})
    once = Once(api, Api(module.client("ssm", config=CLIENT)), patience.pause, THROTTLED)
    sender = command.Sender(api, once)
    show = progress.writer(module.params["progress_file"], module.warn)
    watch = Watch(api, sender, request, found, patience, show)
    try:
        with patience.listening():
            if found.target is None or found.managed or not found.complete:
                watch.start(module.params["wait"])
            why = see_through(module, watch, patience)
            nodes = watch.outcomes(patch_run_result.has_all_output(module.params, request))
        result, warnings = patch_run_result.concluded(module.params, request, nodes, watch.sent, why)
        for text in warnings:
            module.warn(text)
    finally:
        left = []
        for one in request.files:
            if watch.ended:
                override_files.remove(s3, one)
            else:
                left.append(one.url)
        if left:
            module.warn("Nodes may still need %s: remove what is left of the run when it has ended" % ", ".join(left))
    result["override_files"] = left
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[
            ("instance_ids", "targets", "patch_group"),
            ("baseline_override", "baseline_override_url"),
            ("install_override_list", "install_override_list_url"),
        ],
        required_one_of=[("instance_ids", "targets", "patch_group")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
