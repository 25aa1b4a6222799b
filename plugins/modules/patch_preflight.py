# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_preflight
short_description: See what would keep patches from being installed on a node, before anything is touched
version_added: 1.0.0
description:
  - Looks at what an installation of patches needs of a node, and returns one finding for each check, with what to do
    about it. Does not fail because of a finding; see the role P(patchops.fleet.patch_preflight#role) for that.
  - "C(connection): the module runs, and as root; on Windows as an administrator."
  - "C(operating_system): the package manager is one that this collection works with."
  - "C(disk_space): the package manager's cache, C(/), C(/usr), C(/var) and C(/boot) have room and can be written to.
    On Windows the system drive has room."
  - "C(services): those that updates of Windows need are not disabled (C(wuauserv), C(bits), C(trustedinstaller)). On
    Windows only."
  - "C(lock): no other process works on the packages, or it ends within O(lock_timeout). No lock is taken to see it."
  - "C(interrupted_transaction): no transaction was left unfinished, by this collection or by others."
  - "C(package_manager): its database and metadata can be read, and nothing else installs patches on its own."
  - "C(repositories): each enabled one gives its metadata now. It is the package manager that asks them, as for an
    installation, with its own proxies and signatures. On Windows an online search finds everything."
  - "C(wsus): the WSUS server that a policy names answers. On Windows only."
  - "C(pending_reboot): no reboot is due from before."
  - "C(clock): the node's clock agrees with the controller's."
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - patchops.fleet.windows
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.facts
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details: Repositories are not asked, which is a finding with status V(skipped).
  diff_mode:
    support: none
  facts:
    support: full
  platform:
    support: full
    platforms: debian, ubuntu, fedora, rhel, suse, windows
options:
  baselines:
    description:
      - Patch baselines, as those of M(patchops.fleet.patch_scan). Where the one that holds for the node names
        C(sources), these repositories are asked instead of the node's own.
    type: raw
  patch_group:
    description:
      - Patch group of the node.
    type: str
  name:
    description:
      - Name of the node. By default C(inventory_hostname).
    type: str
  minimum_free_space:
    description:
      - What has to be free, in MiB, on each file system that an installation writes to; of it up to 50 MiB in
        C(/boot).
    type: int
    default: 200
  lock_timeout:
    description:
      - How long to wait, in seconds, for another process that works on the packages.
    type: int
    default: 60
  refresh:
    description:
      - V(always) has the package manager ask each repository now.
      - V(never) leaves them alone, which is a finding with status V(skipped).
    type: str
    choices: [always, never]
    default: always
  clock_tolerance:
    description:
      - How far, in seconds, the node's clock may be from the controller's.
    type: float
    default: 30
  bindings_interpreter:
    description:
      - Path of the Python that has the bindings of the package manager, as in M(patchops.fleet.patch_scan).
    type: str
seealso:
  - module: patchops.fleet.patch_install
  - module: patchops.fleet.ssm_preflight
    description: The same for nodes in AWS, without a connection to them.
  - module: patchops.fleet.patch_scan
notes:
  - C(changed) stays false even though package lists are fetched, because these are not the node's patch state.
"""

EXAMPLES = r"""
- name: See what would keep patches from being installed
  patchops.fleet.patch_preflight:
  register: preflight

- name: Ask the repositories that a baseline names
  patchops.fleet.patch_preflight:
    baselines: "{{ patch_baselines }}"
    patch_group: "{{ patch_group | default(omit) }}"

- name: Show it
  ansible.builtin.debug:
    msg: "{{ preflight.table }}"

- name: Stop where something is wrong
  ansible.builtin.assert:
    that: preflight.status != 'error'
"""

RETURN = r"""
status:
  description: The worst of all findings, V(error), V(warning) or V(ok); a check that was skipped counts as V(ok).
  returned: success
  type: str
  sample: warning
findings:
  description: What each check found.
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
  sample:
    - check: disk_space
      status: error
      finding: /boot has 12 MiB free, less than 50 MiB
      remedy: free some, or lower minimum_free_space
table:
  description: The findings as lines to read.
  returned: success
  type: list
  elements: str
  sample: ['ok       lock                     no other process works on the packages']
ansible_facts:
  description: Facts about the node.
  returned: success
  type: dict
  contains:
    patch_preflight:
      description: RV(status) and RV(findings).
      type: dict
      sample: {status: ok, findings: []}
"""

import datetime
import os
import socket
import time

from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine import dates
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._host.base import ENVIRONMENT, Options
from ..module_utils._host.preflight import ARGUMENTS, Node, examine
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import SERVER_ARGUMENTS


def clock():
    return datetime.datetime.now(dates.UTC)


def main():
    module = BaselineModule(argument_spec={**ARGUMENTS, **SERVER_ARGUMENTS}, supports_check_mode=True)
    began = time.time()
    params = module.given
    name = params["name"] or socket.gethostname()
    options = Options(
        refresh=params["refresh"],
        lock_timeout=params["lock_timeout"],
        interpreter=params["bindings_interpreter"],
        check_mode=module.check_mode,
        privileged=os.geteuid() == 0,
    )

    def run(command, data=None):
        return module.run_command(list(command), data=data, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    try:
        node = Node(name, params["patch_group"], parse_baselines(plain(structure(params["baselines"]))))
    except EngineError as error:
        module.fail_json(msg="%s: %s" % (name, error))
    findings = examine(node, run, clock, options, params["minimum_free_space"])
    documents = [finding.document() for finding in findings]
    module.exit_json(changed=False, findings=documents, began=began, ended=time.time())


if __name__ == "__main__":
    main()
