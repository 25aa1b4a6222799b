# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_activation
short_description: Manage activations, with which nodes outside EC2 register with AWS Systems Manager
version_added: 1.0.0
description:
  - Creates activations of AWS Systems Manager, whose id and code an agent registers with, and deletes them.
  - AWS cannot change an activation. One that still serves (not expired, with registrations left) and is as asked for
    stays; where none is, another one is created, and those that are there are left alone.
  - AWS tells the code once, when the activation is created. This module returns it only to tasks with C(no_log), or
    writes it to a file that only its owner may read; it is in no fact, no diff and no message.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - patchops.fleet.ssm
options:
  state:
    description:
      - Whether there is such an activation.
      - V(absent) deletes the one of O(activation_id), or all that O(default_instance_name) and O(iam_role) name,
        expired ones too. Nodes that registered with them stay registered.
    type: str
    choices: [present, absent]
    default: present
  activation_id:
    description: Id of the activation to delete. Only for O(state=absent).
    type: str
  default_instance_name:
    description: Name that nodes which register get, up to 256 characters. It tells activations apart, with O(iam_role).
    type: str
  iam_role:
    description:
      - Name of the IAM role that nodes work with, which C(ssm.amazonaws.com) must be allowed to assume. Not its ARN.
      - Needed to create one.
    type: str
  description:
    description:
      - What the activation is for, up to 256 characters.
      - Where given, only an activation with this description is as asked for.
    type: str
  registration_limit:
    description:
      - How many nodes may register, 1 to 1000. V(1) for a new one.
      - Where given, only an activation with this limit is as asked for.
    type: int
  expires_after_hours:
    description: Hours after which a new activation expires, 1 to 720. AWS's own default is 24.
    type: int
  expiration_date:
    description:
      - When a new activation expires, within 30 days, such as V('2026-12-24T00:00:00Z').
      - One that is there is kept whenever it expires.
    type: str
  reuse:
    description:
      - Whether an activation that is there and as asked for is kept. Its code is not known any more.
      - V(false) creates another one each time, for a code.
    type: bool
    default: true
  code_file:
    description:
      - File on the host that runs the module, for id, code and Region as JSON, with mode C(0600). One that is there is
        replaced.
      - The code is not returned then, so that the task needs no C(no_log), and tells its errors.
    type: path
  tags:
    description:
      - Tags that nodes which register get. They cannot be changed on the activation.
      - Where given, only an activation with these tags is as asked for.
    type: dict
    aliases: [resource_tags]
  wait_timeout:
    description: How long to wait for AWS to see O(iam_role), in seconds, which takes a moment after it was created.
    type: int
    default: 30
seealso:
  - module: patchops.fleet.ssm_activation_info
notes:
  - C(CreateActivation) has no client token. Where its answer is lost, and the code with it, activations of the same
    options that were not there before, and that no node has registered with, are deleted (C(ssm:DeleteActivation)), and
    another one is created.
"""

EXAMPLES = r"""
- name: Let ten hosts of the data centre register within a week
  patchops.fleet.ssm_activation:
    default_instance_name: datacentre-1
    iam_role: service-role/HybridNodes
    registration_limit: 10
    expires_after_hours: 168
    tags: {'Patch Group': Production}
  register: activation
  no_log: true

- name: Keep the code in a file of its own
  patchops.fleet.ssm_activation:
    default_instance_name: datacentre-1
    iam_role: service-role/HybridNodes
    code_file: ~/datacentre-1.activation

- name: Delete all activations of a name
  patchops.fleet.ssm_activation:
    default_instance_name: datacentre-1
    state: absent
"""

RETURN = r"""
activation:
  description:
    - The activation as it is now.
    - In check mode as it would be, without what AWS assigns. Empty where there is none.
  returned: success
  type: dict
  sample:
    activation_id: 01234567-89ab-cdef-0123-456789abcdef
    default_instance_name: datacentre-1
    iam_role: service-role/HybridNodes
    registration_limit: 10
    registrations_count: 0
    expiration_date: '2026-12-04T05:40:00+00:00'
    expired: false
    created_date: '2026-11-27T05:40:00+00:00'
    tags: {'Patch Group': Production}
activation_code:
  description: The code. Keep it secret; it cannot be had again.
  returned: when an activation was created, and O(code_file) is not given
  type: str
msg:
  description: Where the code is, or why there is none.
  returned: when O(state=present)
  type: str
  sample: Activation 01234567-89ab-cdef-0123-456789abcdef is there already, and AWS told its code when it was created
changes:
  description: What was changed, in order; after a failure, what had been changed by then. Empty in check mode.
  returned: always
  type: list
  elements: str
  sample: [create an activation for role service-role/HybridNodes]
"""

import datetime

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._plain import plain
from ..module_utils._ssm import activation, code_file
from ..module_utils._ssm.api import THROTTLED, Api
from ..module_utils._ssm.change import Change, ResourceError
from ..module_utils._ssm.patience import Patience
from ..module_utils._ssm.task import run
from ..module_utils._ssm.unrepeatable import CLIENT, Once

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "activation_id": {"type": "str"},
    "default_instance_name": {"type": "str"},
    "iam_role": {"type": "str"},
    "description": {"type": "str"},
    "registration_limit": {"type": "int"},
    "expires_after_hours": {"type": "int"},
    "expiration_date": {"type": "str"},
    "reuse": {"type": "bool", "default": True},
    "code_file": {"type": "path"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "wait_timeout": {"type": "int", "default": 30},
}
POLL_SECONDS = 1


def absent(module, api, params):
    named = {name: params[name] for name in ("activation_id", "default_instance_name", "iam_role")}
    found = activation.listed(api, **named)
    if not module.check_mode:
        for one in found:
            activation.delete(api, one["activation_id"])
    return activation.removal(found).result("activation")


def present(module, api, params):
    if params["activation_id"]:
        raise ResourceError("activation_id: AWS gives ids; only with state absent it names what to delete")
    wanted, expires = activation.declared(params, datetime.datetime.now(datetime.timezone.utc))
    path = params["code_file"]
    if path:
        code_file.refuse_unwritable(path)
    names = {name: wanted.get(name) for name in ("default_instance_name", "iam_role")}
    before = activation.fitting(activation.listed(api, **names), wanted, params) if params["reuse"] else None
    if before:
        return {**Change(before, before, activation.ASSIGNED).result("activation"), "msg": kept_words(before, path)}
    if not path and not module.no_log:
        raise ResourceError(
            "The code of a new activation is a secret, and would be in this task's result: set no_log on the task, or "
            "give code_file"
        )
    result = Change(None, wanted, activation.ASSIGNED).result("activation")
    if module.check_mode:
        return {**result, "msg": "An activation would be created"}
    patience = Patience(POLL_SECONDS, params["wait_timeout"])
    once = Once(api, Api(module.client("ssm", config=CLIENT)), patience.pause, THROTTLED)
    if not path:
        made = activation.create(api, wanted, expires, patience.until, once)
        result.update(activation_code=made.code, msg="Activation %s was created" % made.activation_id)
    else:
        with code_file.opened(path) as write:
            made = activation.create(api, wanted, expires, patience.until, once)
            write_code(write, path, made, module.region)
        result["msg"] = "Activation %s was created, and its code is in %s" % (made.activation_id, path)
    created = activation.listed(api, activation_id=made.activation_id)
    result["activation"] = created[0] if created else {**wanted, "activation_id": made.activation_id}
    return result


def write_code(write, path, made, region):
    try:
        write({"activation_id": made.activation_id, "activation_code": made.code, "region": region})
    except OSError as error:
        raise ResourceError(
            "Activation %s was created, and its code could not be written to %s, so it is lost: %s. Delete that "
            "activation, and create another one" % (made.activation_id, path, error)
        ) from error


def kept_words(before, path):
    identifier = before["activation_id"]
    if path and code_file.holds(path, identifier):
        return "Activation %s is there already, and its code is in %s" % (identifier, path)
    words = "Activation %s is there already, and AWS told its code when it was created, only then; for a code, have "
    return (words + "another one created with reuse: false") % identifier


def work(module, api):
    params = plain(dict(module.params))
    return (absent if params["state"] == "absent" else present)(module, api, params)


def main():
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[
            ("state", "present", ["iam_role"]),
            ("state", "absent", ["activation_id", "default_instance_name"], True),
        ],
        mutually_exclusive=[("expires_after_hours", "expiration_date")],
        supports_check_mode=True,
    )
    run(module, lambda api: work(module, api))


if __name__ == "__main__":
    main()
