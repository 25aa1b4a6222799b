# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_rollback
short_description: Undo what a run of patch_install did to a node
version_added: 1.0.0
description:
  - Brings back the versions that a run of M(patchops.fleet.patch_install) replaced, removes what had come with it, in
    one transaction, and compares the node with what it was before that run.
  - Every run stands in C(/var/lib/patchops/runs) on the node, the last 50 of them, with the versions before and after.
  - The package manager must still be able to get the old versions, from a repository or its own cache. What cannot be
    undone is told beforehand, and nothing is changed then, unless O(partial=true).
  - A new kernel came beside the old one, which is still there with its boot entry. The new one is removed, unless it is
    the one that runs.
  - On a Windows node the updates that the run installed leave again, by KB id, through the packages of the servicing
    stack (C(Remove-WindowsPackage)). What has no such package there, as updates of applications and signatures, and
    what is permanent, stays, and so does an update whose KB id another one has that the run did not install.
  - A run that was interrupted is waited for and brought to an end first, as by M(patchops.fleet.patch_install), and is
    then the last one.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - patchops.fleet.baselines
  - patchops.fleet.host
  - patchops.fleet.windows
  - patchops.fleet.supersedence
  - patchops.fleet.records
  - patchops.fleet.reboot
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: partial
    details:
      - Without a reboot. The reboot is the controller's, which a task with C(async) does not wait for.
      - Not on Windows nodes, which are assessed on the controller.
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: Tells what would be undone and what cannot be.
  diff_mode:
    support: full
  facts:
    support: full
  platform:
    support: full
    platforms: debian, ubuntu, fedora, rhel, suse, windows
options:
  of_run:
    description:
      - The run to undo, by the id that its result and record have. By default the last one that installed something.
        A rollback is none that can be undone.
    type: str
  partial:
    description:
      - Whether to undo what can be undone when not everything can.
    type: bool
    default: false
  minimum_free_space:
    description:
      - What must stay free, in MiB, after the download of the old versions. Not looked at on Windows, where nothing is
        downloaded.
    type: int
    default: 200
seealso:
  - module: patchops.fleet.patch_install
notes:
  - Needs root, on Windows an administrator. There O(lock_timeout) is how long an installation that is under way is
    waited for.
  - What packages did when they were installed beyond their files, such as converting a database, is not undone. Only a
    snapshot of the node undoes that.
  - What was rolled back is approved and missing again, so that the next M(patchops.fleet.patch_install) installs it
    once more unless the baseline rejects it.
"""

EXAMPLES = r"""
- name: See what undoing the last run would do
  patchops.fleet.patch_rollback:
  check_mode: true
  diff: true

- name: Undo the last run
  patchops.fleet.patch_rollback:
    reboot_option: if_required

- name: Undo a certain run, as far as the old versions are still to be had
  patchops.fleet.patch_rollback:
    of_run: 9f0b2c7d41ae
    partial: true
"""

RETURN = r"""
outcome:
  description: V(restored), V(partial), V(failed), V(nothing_to_do), or in check mode V(planned).
  returned: success or failure of a package
  type: str
  sample: restored
of_run:
  description: The run that was undone.
  returned: success or failure of a package
  type: str
  sample: 9f0b2c7d41ae
run_id:
  description: The run that undid it.
  returned: success or failure of a package
  type: str
  sample: 1c2b2c7d41ff
patches:
  description: Every package that the run had changed, unless it is as before already.
  returned: success or failure of a package
  type: list
  elements: dict
  contains:
    kb_id:
      description: name.arch
      type: str
    name:
      description: Name of the package.
      type: str
    arch:
      description: Its architecture.
      type: str
    version:
      description: The version that comes back, null when the package leaves.
      type: str
    outcome:
      description: V(restored), V(failed), V(impossible), or in check mode V(planned).
      type: str
    reason:
      description: Why not.
      type: str
  sample: [{kb_id: openssl.amd64, name: openssl, arch: amd64, version: 3.0.15-1, outcome: restored, reason: null}]
failed_patches:
  description: Those that did not come back.
  returned: success or failure of a package
  type: list
  elements: str
recovered:
  description: Runs that were interrupted, and what became of them. What they changed can be undone like any other.
  returned: success or failure of a package
  type: list
  elements: dict
  sample: []
commands:
  description: The command lines that were run, in check mode those that would be.
  returned: success or failure of a package
  type: list
  elements: str
reboot:
  description: Whether the node asks for a reboot and why, whether one is due by O(reboot_option), and whether it was
    done.
  returned: success or failure of a package
  type: dict
  sample: {required: false, reasons: [], due: false, why: 'NoReboot: never by this run', done: false}
status:
  description: Whether the node complies with its baseline now.
  returned: success or failure of a package
  type: str
  sample: NON_COMPLIANT
ansible_facts:
  description: Facts about the node.
  returned: success or failure of a package
  type: dict
  contains:
    patch_compliance:
      description: The compliance record after the rollback, with the patches that need attention only.
      type: dict
      sample: {schema: 1, operation: Scan, status: NON_COMPLIANT}
record_file:
  description: File on the controller that the record was written to.
  returned: with O(records_dir), when not in check mode
  type: str
  sample: records/3d1219c7c4c5404aaa1f6d2a48adfda4/20261121T054000Z.json
"""

import datetime
import socket
import uuid

from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine import dates
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._host.arguments import ROLLBACK_ARGUMENTS, options
from ..module_utils._host.base import ENVIRONMENT, BackendError
from ..module_utils._host.installers import installer_of
from ..module_utils._host.presentation import presented
from ..module_utils._host.rollback import rollback
from ..module_utils._host.task import Host, Task
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS


def clock():
    return datetime.datetime.now(dates.UTC)


def task(params, name):
    """Raises EngineError when the baselines make no sense."""
    return Task(
        name=name,
        patch_group=params["patch_group"],
        baselines=parse_baselines(plain(structure(params["baselines"]))),
        run_id=params["run_id"] or uuid.uuid4().hex[:12],
        undated=params["undated"],
        reboot_option=params["reboot_option"],
        minimum_free_space=params["minimum_free_space"],
    )


def main():
    module = BaselineModule(argument_spec={**ROLLBACK_ARGUMENTS, **WINDOWS_ARGUMENTS}, supports_check_mode=True)
    params = module.given
    name = params["name"] or socket.gethostname()

    def run(command, data=None):
        return module.run_command(list(command), data=data, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    try:
        host = Host(run, clock, options(params, module.check_mode))
        result = rollback(task(params, name), params["of_run"], params["partial"], host, installer_of)
    except (EngineError, BackendError) as error:
        module.fail_json(msg="%s: %s" % (name, error))
    result, warnings = presented(result, params["detail"] == "full", params["return_inventory"])
    for warning in warnings:
        module.warn("%s: %s" % (name, warning))
    failed = result["failed_patches"]
    if failed and not module.check_mode and not params["partial"]:
        module.fail_json(msg="%s: %s did not come back" % (name, ", ".join(failed[:20])), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
