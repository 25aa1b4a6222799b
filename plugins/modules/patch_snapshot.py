# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_snapshot
short_description: Make a snapshot of a node before it is patched
version_added: 1.0.0
description:
  - Has snapper, or LVM, make a snapshot of the file systems that an installation writes to, and tells how to go back to
    it. Going back is left to a person.
author:
  - patchops.fleet contributors (@patchops)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
    platforms: linux
options:
  kind:
    description:
      - V(snapper) makes one with each configuration of snapper that is for one of O(mounts).
      - V(lvm) makes one of each of O(mounts) that is a logical volume. The one that this module made before is removed
        first.
      - V(auto) takes snapper where it is set up, else LVM, else makes none and does not fail.
    type: str
    choices: [auto, snapper, lvm]
    default: auto
  mounts:
    description:
      - Mount points to make a snapshot of. Those that are none are left out.
    type: list
    elements: str
    default: [/, /usr, /var]
  label:
    description:
      - Stands in the description of a snapshot of snapper, and in the name of one of LVM.
    type: str
    default: patches
  size:
    description:
      - Room for a snapshot of LVM, in per cent of its volume. One of a thin volume needs none.
    type: int
    default: 20
seealso:
  - module: patchops.fleet.patch_rollback
notes:
  - Needs root.
  - A snapshot of LVM costs writing speed, and is lost when it is full. Remove it when it is no longer wanted.
  - Snapshots of several file systems are made one after another.
  - That of snapper is tested on a real btrfs. That of LVM follows the manual of lvm2, and has not been tested on a real
    volume group.
"""

EXAMPLES = r"""
- name: Make a snapshot if the node can
  patchops.fleet.patch_snapshot:
    label: before-november
  register: snapshot

- name: Say how to go back
  ansible.builtin.debug:
    msg: "{{ snapshot.snapshots | map(attribute='way_back') }}"
"""

RETURN = r"""
snapshots:
  description: What was made; in check mode, what would be.
  returned: success
  type: list
  elements: dict
  contains:
    of:
      description: The mount point.
      type: str
    name:
      description: Snapper's number, or the name of the logical volume; empty in check mode where it is not known yet.
      type: str
    way_back:
      description: The command that goes back.
      type: str
  sample: [{of: /, name: vg0/root_patchops_r1, way_back: 'lvconvert --merge vg0/root_patchops_r1, and a reboot'}]
commands:
  description: The command lines.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host.base import ENVIRONMENT, BackendError
from ..module_utils._host.snapshots import document, make, plan
from ..module_utils._plain import plain

ARGUMENTS = {
    "kind": {"type": "str", "choices": ["auto", "snapper", "lvm"], "default": "auto"},
    "mounts": {"type": "list", "elements": "str", "default": ["/", "/usr", "/var"]},
    "label": {"type": "str", "default": "patches"},
    "size": {"type": "int", "default": 20},
}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = plain(module.params)

    def run(command, data=None):
        return module.run_command(list(command), data=data, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    try:
        steps = plan(params["kind"], params["mounts"], params["label"], params["size"], run, module.get_bin_path)
        planned = [document(step, step.name) for step in steps if step.of]
        snapshots = planned if module.check_mode else make(steps, run)
    except BackendError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(steps), snapshots=snapshots, commands=[" ".join(step.command) for step in steps])


if __name__ == "__main__":
    main()
