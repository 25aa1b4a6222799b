# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_association
short_description: Manage associations of AWS Systems Manager State Manager, such as recurring scans
version_added: 1.0.0
description:
  - Creates, changes and deletes associations, which run a document on nodes by a schedule, and on nodes that join
    later.
  - AWS runs an association B(at once) when it is created or changed, whatever its schedule says, unless
    O(apply_only_at_cron_interval) is set. RV(runs_at_once) tells whether that is so; check mode warns of it.
  - AWS erases all that an update does not repeat. What is not given here stays as it is, O(replace) aside.
  - Each update is another version of the association, of which there can be 1000. Where nothing differs there is none.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
  - patchops.fleet.ssm.tags
options:
  state:
    description: Whether the association exists.
    type: str
    choices: [present, absent]
    default: present
  association_name:
    description:
      - Name of the association, 3 to 128 letters, digits, and C(_), C(-), C(.). Needed to create one.
      - Names are not unique on AWS. Where several associations have it, O(association_id) names the one that is meant.
    type: str
  association_id:
    description: Id of an association that exists. With another O(association_name) it is renamed.
    type: str
  name:
    description:
      - Name of the document that is run, a Command document or a runbook; the ARN of one that another account shares.
        Needed to create an association.
    type: str
    aliases: [document_name]
  document_version:
    description: V($DEFAULT), V($LATEST) or a number. V($DEFAULT) for a new association.
    type: str
  parameters:
    description:
      - Parameters of the document, each with a list of values. A single value is a list of one.
      - They are held to what the document takes before anything is changed.
    type: dict
  targets:
    description:
      - Nodes by keys and values, such as V(tag:Environment), V(InstanceIds) (V(*) for all nodes) or
        V(resource-groups:Name). A node has to fit all keys, each by one of its values.
      - With O(automation_target_parameter_name) one key, V(ParameterValues), V(ResourceGroup), V(InstanceIds) or a tag.
    type: dict
  automation_target_parameter_name:
    description: The parameter of a runbook that is filled with the targets, so that it is run for each of them.
    type: str
  schedule_expression:
    description:
      - When it is run, in UTC, V(cron(...\)), V(rate(...\)) of 30 minutes to less than 31 days, or V(at(...\)).
      - Without one it is run once for each node.
    type: str
  schedule_offset:
    description: Days after the one that V(cron(...\)) names, 1 to 6. Needs O(apply_only_at_cron_interval). V(0) clears.
    type: int
  apply_only_at_cron_interval:
    description:
      - Whether it is run by its schedule alone, not when it is created or changed. For V(cron(...\)) only.
      - V(false) for a new association.
    type: bool
  max_concurrency:
    description: On how many nodes it is run at the same time, a number or a percentage. AWS takes all unless given.
    type: str
  max_errors:
    description: How many nodes may fail before no further one is told, a number or a percentage.
    type: str
  compliance_severity:
    description: How much it matters that a node does not comply. V(UNSPECIFIED) for a new association.
    type: str
    choices: [CRITICAL, HIGH, MEDIUM, LOW, UNSPECIFIED]
  sync_compliance:
    description:
      - Whether the association's compliance is told by its runs, or by calls of one's own. V(AUTO) for a new one.
    type: str
    choices: [AUTO, MANUAL]
  calendar_names:
    description: Change calendars, by name or ARN, of which all have to be open for it to run.
    type: list
    elements: str
  duration:
    description:
      - Hours after which a run is cancelled, 1 to 24. AWS holds to it with O(apply_only_at_cron_interval) alone. V(0)
        clears.
    type: int
  output_location:
    description: Where in S3 the nodes' output is kept.
    type: dict
    suboptions:
      output_s3_bucket_name:
        description: The bucket.
        type: str
      output_s3_key_prefix:
        description: Where in the bucket.
        type: str
      output_s3_region:
        description: Region of the bucket.
        type: str
  alarm_configuration:
    description: An alarm of CloudWatch that stops it.
    type: dict
    suboptions:
      alarms:
        description: Name of the alarm, one.
        type: list
        elements: str
      ignore_poll_alarm_failure:
        description: Whether it goes on where the alarm's state cannot be read.
        type: bool
  association_dispatch_assume_role:
    description: ARN of the role by which State Manager tells nodes. AWS takes its service-linked role unless given.
    type: str
  replace:
    description:
      - Whether what is not given goes back to its default. Name, document and tags stay.
      - Otherwise it stays as it is, and empty values clear.
    type: bool
    default: false
  apply_now:
    description:
      - Whether the association runs now, once, whatever its schedule says. This is a change each time.
      - What runs at once anyway, because it was created or changed, is not started twice.
    type: bool
    default: false
seealso:
  - module: patchops.fleet.ssm_association_info
  - module: patchops.fleet.ssm_patch_run
    description: One scan or installation now, watched to its end.
notes:
  - Targets in other accounts (C(TargetLocations)) and C(TargetMaps) are not managed. An association that has some keeps
    them.
  - Associations by C(InstanceId), which the API deprecates, are read; they have no targets.
  - C(CreateAssociation) has no client token, so it is repeated only where AWS says that nothing was done; where an
    answer is lost, the association is looked for by its name. So it is with C(StartAssociationsOnce), by an execution
    that was not there before.
  - Needs C(ssm:CreateAssociation), C(ssm:UpdateAssociation), C(ssm:DescribeAssociation), C(ssm:ListAssociations),
    C(ssm:DeleteAssociation), C(ssm:DescribeDocument), C(ssm:StartAssociationsOnce) and
    C(ssm:DescribeAssociationExecutions) for O(apply_now), and C(ssm:ListTagsForResource), C(ssm:AddTagsToResource),
    C(ssm:RemoveTagsFromResource).
"""

EXAMPLES = r"""
- name: Scan production every day at six
  patchops.fleet.ssm_association:
    association_name: scan-production
    name: AWS-RunPatchBaseline
    parameters:
      Operation: Scan
    targets:
      tag:Patch Group: [Production]
    schedule_expression: cron(0 6 ? * * *)
    apply_only_at_cron_interval: true
    max_concurrency: 25%
    compliance_severity: HIGH
    tags:
      Owner: platform

- name: Scan every node twice a day, and now
  patchops.fleet.ssm_association:
    association_name: scan-all
    name: AWS-RunPatchBaseline
    parameters: {Operation: Scan}
    targets:
      InstanceIds: ['*']
    schedule_expression: rate(12 hours)

- name: Have the agent updated two days after the second Tuesday
  patchops.fleet.ssm_association:
    association_name: update-agents
    name: AWS-UpdateSSMAgent
    targets:
      InstanceIds: ['*']
    schedule_expression: cron(0 4 ? * TUE#2 *)
    schedule_offset: 2
    apply_only_at_cron_interval: true

- name: Run an association that is there, now
  patchops.fleet.ssm_association:
    association_name: scan-production
    apply_now: true

- name: Delete an association
  patchops.fleet.ssm_association:
    association_name: scan-all
    state: absent
"""

RETURN = r"""
association:
  description:
    - The association as it is now, in the form that this module takes. C(overview) tells how its latest run went.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    association_id: 01234567-89ab-cdef-0123-456789abcdef
    association_version: '1'
    association_name: scan-production
    name: AWS-RunPatchBaseline
    document_version: $DEFAULT
    parameters: {Operation: [Scan]}
    targets: {'tag:Patch Group': [Production]}
    schedule_expression: cron(0 6 ? * * *)
    apply_only_at_cron_interval: true
    max_concurrency: 25%
    compliance_severity: HIGH
    sync_compliance: AUTO
    calendar_names: []
    tags: {Owner: platform}
    created_date: '2026-11-21T05:40:00+00:00'
    modified_date: '2026-11-21T05:40:00+00:00'
    last_execution_date: '2026-11-22T06:00:00+00:00'
    overview: {status: Success, targets: {Success: 12}}
runs_at_once:
  description: Whether the association runs now, because it was created or changed or because of O(apply_now).
  returned: success
  type: bool
  sample: false
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create association scan-production as association 01234567-89ab-cdef-0123-456789abcdef]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import association, association_form, document_parameters
from ..module_utils._ssm.api import THROTTLED, Api
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run
from ..module_utils._ssm.unrepeatable import CLIENT, Once

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "association_name": {"type": "str"},
    "association_id": {"type": "str"},
    "name": {"type": "str", "aliases": ["document_name"]},
    "document_version": {"type": "str"},
    "parameters": {"type": "dict"},
    "targets": {"type": "dict"},
    "automation_target_parameter_name": {"type": "str"},
    "schedule_expression": {"type": "str"},
    "schedule_offset": {"type": "int"},
    "apply_only_at_cron_interval": {"type": "bool"},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "compliance_severity": {"type": "str", "choices": list(association_form.SEVERITIES)},
    "sync_compliance": {"type": "str", "choices": list(association_form.SYNCS)},
    "calendar_names": {"type": "list", "elements": "str"},
    "duration": {"type": "int"},
    "output_location": {
        "type": "dict",
        "options": {
            "output_s3_bucket_name": {"type": "str"},
            "output_s3_key_prefix": {"type": "str", "no_log": False},
            "output_s3_region": {"type": "str"},
        },
    },
    "alarm_configuration": {
        "type": "dict",
        "options": {
            "alarms": {"type": "list", "elements": "str"},
            "ignore_poll_alarm_failure": {"type": "bool"},
        },
    },
    "association_dispatch_assume_role": {"type": "str"},
    "replace": {"type": "bool", "default": False},
    "apply_now": {"type": "bool", "default": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
PAUSE = 1  # seconds, where a call that is sent once is throttled


def described(api, params):
    """The association that the options name, None where there is none."""
    association_id = params["association_id"] or association.identify(api, params["association_name"])
    return association.read(api, association_id) if association_id else None


def planned(params, before):
    """The change that the options ask for, before any call that changes something."""
    if params["state"] == "absent":
        return Change(before, None)
    if params["association_id"] and before is None:
        raise ResourceError(
            "There is no association %s in this account and Region: leave association_id out to create one"
            % params["association_id"]
        )
    return association_form.plan(before, params, association_form.Purge(params["replace"], params["purge_tags"]))


def hold_to_document(module, api, change):
    """What the document does not take is refused; it is asked where something of it changes."""
    if not change.after or (change.before and not change.altered(*association_form.UPDATED)):
        return
    wanted = change.after
    named = (wanted["name"], wanted["document_version"])
    found = document_parameters.read_if_allowed(api, *named, module.check_mode, module.warn)
    if found:
        targeted = bool((change.before or {}).get("unmanaged"))
        association_form.refuse_for_document(wanted, found, targeted)


def work(module, api):
    params = plain(dict(module.params))
    change = planned(params, described(api, params))
    hold_to_document(module, api, change)
    for text in association_form.warnings(change.after) if change.after else ():
        module.warn(text)
    at_once = association.runs_at_once(change)
    start = params["apply_now"] and change.after is not None and not at_once
    result = {**change.result("association"), "runs_at_once": at_once or start}
    result["changed"] = change.needed or start
    if module.check_mode:
        if at_once:
            module.warn(
                "Association %s would run at once: apply_only_at_cron_interval keeps it to its schedule"
                % change.after.get("association_name", params["association_id"])
            )
        return result
    association_id = (change.before or {}).get("association_id")
    once = Once(api, Api(module.client("ssm", config=CLIENT)), Patience(PAUSE).pause, THROTTLED)
    if change.needed:
        association_id = association.apply(api, change, once)
    if start:
        association.start(api, association_id, once)
    if association_id and result["changed"]:
        result["association"] = association.read(api, association_id)
    return result


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        required_one_of=[("association_name", "association_id")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
