# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patch_install
short_description: Install exactly the patches that a baseline approves, and reboot when that is due
version_added: 1.0.0
description:
  - Scans the node as M(patchops.fleet.patch_scan) does, has the package manager install the approved versions of what
    is missing in one transaction, scans again, and returns what became of each patch with the compliance record.
  - Nothing but the approved versions comes, and what they depend on. Nothing that is installed is removed. A package
    that is held or locked on the node is left alone.
  - A patch that cannot be had does not keep the others from being installed. When one failed, the task fails after
    everything else was done, and the result holds all that was.
  - The transaction runs apart from the task, in a systemd unit of its own (C(patchops-...), without systemd in a
    session of its own), so that a lost connection or a killed task does not end it. The next run takes over its
    result, brings an interrupted transaction to an end, and returns what it found as RV(recovered).
  - What was done stands in C(/var/lib/patchops/runs) on the node as well, a folder for each run.
  - On a Windows node M(ansible.windows.win_updates) installs, in rounds. It takes no ids of updates, so each round has
    it search first, and what it would install is compared with what was decided, by ids. An update that it cannot tell
    from one that is not to be installed is refused, and the others are installed.
  - What failed on a Windows node is tried once more after a restart, and what a restart undid is not installed again.
    Where the connection is lost, the node is searched anew. Its runs stand in C(C:\\ProgramData\\patchops\\runs.json).
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
    details:
      - Asks the package manager what it would do. Package lists are not fetched and nothing is noted on the node.
      - A Windows node is searched offline, and M(ansible.windows.win_updates) is not asked, because it accepts the
        licence terms of updates when it searches.
  diff_mode:
    support: full
    details: Every package whose version changes, dependencies included; on Windows every update that comes.
  facts:
    support: full
  platform:
    support: full
    platforms: debian, ubuntu, fedora, rhel, suse, windows
options:
  manifest:
    description:
      - The exact versions to install, as far as they are approved; RV(patchops.fleet.patch_scan#module:plan) is one.
        What the baseline approves beyond it stays missing.
      - On Windows an entry is a KB id, as O(manifest[].kb_id) or O(manifest[].name).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the package, or a KB id.
        type: str
        required: true
      arch:
        description: Its architecture, as text; null on Windows.
        type: raw
        required: true
      version:
        description: The version, as text, as the plan writes it; null on Windows.
        type: raw
        required: true
      kb_id:
        description: The KB id on Windows; elsewhere not looked at, a plan has it.
        type: str
  install_override_list:
    description:
      - Patches to install instead of those that the baseline approves, as Patch Manager's InstallOverrideList, rejected
        ones among them. Compliance is told by the baseline all the same.
      - The highest newer version of each installed package that an entry names is taken, on Windows every update on
        offer.
    type: list
    elements: dict
    suboptions:
      id:
        description: Name, or name.arch, of packages; C(*), C(?) and C([...]) are wildcards. On Windows a KB id or a
          bulletin's, without wildcards.
        type: str
        required: true
      title:
        description: The version as well, in the form C(name.arch:epoch:version-release), on Debian
          C(name.arch:version). On Windows the title of the update.
        type: str
  include:
    description:
      - Install only what one of these names, for this run; names or name.arch, with wildcards. On Windows KB ids or
        titles.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Leave what one of these names alone, for this run; names or name.arch, with wildcards. It stays missing.
    type: list
    elements: str
    default: []
  download_only:
    description:
      - Fetch the files into the package manager's cache and install nothing, so that a maintenance window is not
        spent on downloads.
    type: bool
    default: false
  minimum_free_space:
    description:
      - What must stay free, in MiB, after the download in the package manager's cache, in C(/usr) and in C(/var), and
        up to 50 MiB of it in C(/boot). Checked before anything is fetched. On Windows what has to be free on the
        system drive before.
    type: int
    default: 200
  max_duration:
    description:
      - Seconds after which nothing more is begun, counted from the start of the task on the node. A download that is
        under way is stopped, a transaction is not, because a half-installed package is worse than a late one.
      - On Windows a round that has begun is let end, its download too.
      - V(0) sets no limit.
    type: int
    default: 0
seealso:
  - module: patchops.fleet.patch_scan
  - module: patchops.fleet.patch_rollback
  - module: patchops.fleet.patch_report
notes:
  - Needs root, on Windows an administrator.
  - On Windows it needs the collection C(ansible.windows), and cannot install from O(server_selection=microsoft_update).
    Who approves an update there approves its licence terms, which M(ansible.windows.win_updates) accepts. An update
    that the node hides is left alone.
  - The options O(cache_valid_time), O(apt_pins), O(release_dates), O(install_dependencies) and O(bindings_interpreter)
    are about package managers, and are not looked at on Windows. There O(lock_timeout) is how long an installation that
    is under way is waited for.
  - Fails before it touches the node when none of the given baselines fits it.
  - Nobody is asked anything. A configuration file that was changed on the node is kept, the package's own one lands
    beside it, unless dpkg is configured otherwise.
  - Repositories that the baseline names as C(sources) are used instead of those of the node, whose configuration
    stays as it is.
"""

EXAMPLES = r"""
- name: Install what the baseline approves, and reboot if the node asks for it
  patchops.fleet.patch_install:
    baselines: [security-7-days]
    reboot_option: if_required

- name: See what would be installed
  patchops.fleet.patch_install:
    baselines: "{{ patch_baselines }}"
  check_mode: true
  diff: true

- name: Fetch it in the afternoon
  patchops.fleet.patch_install:
    baselines: "{{ patch_baselines }}"
    download_only: true

- name: Install exactly what was tested in staging, for four hours at most
  patchops.fleet.patch_install:
    baselines: "{{ patch_baselines }}"
    manifest: "{{ tested_patches }}"
    max_duration: 14400
"""

RETURN = r"""
outcome:
  description: What the run came to.
  returned: success or failure of a patch
  type: str
  sample: installed
status:
  description: Whether the node complies with its baseline after the run.
  returned: success or failure of a patch
  type: str
  sample: COMPLIANT
run_id:
  description: The run, as the record and C(/var/lib/patchops/runs) name it.
  returned: success or failure of a patch
  type: str
  sample: 9f0b2c7d41ae
patches:
  description: Every patch that the run considered installing.
  returned: success or failure of a patch
  type: list
  elements: dict
  contains:
    kb_id:
      description: name.arch, or a KB id
      type: str
    name:
      description: Name of the package.
      type: str
    arch:
      description: Its architecture.
      type: str
    old:
      description: The version before.
      type: str
    new:
      description: The approved version.
      type: str
    title:
      description: Of an update of Windows, which has no versions, its title.
      type: str
    update_id:
      description: Its id, because several updates can share a KB id.
      type: str
    outcome:
      description: V(installed), V(failed), V(skipped), V(downloaded), or in check mode V(planned).
      type: str
    reason:
      description: Why it failed, in the package manager's words, or why it was skipped.
      type: str
  sample:
    - {kb_id: openssl.amd64, name: openssl, arch: amd64, old: 3.0.15-1, new: 3.0.17-1, outcome: installed, reason: null}
failed_patches:
  description: Those of them that failed.
  returned: success or failure of a patch
  type: list
  elements: str
dependencies:
  description: What else changed, because a patch depends on it.
  returned: success or failure of a patch
  type: list
  elements: dict
  sample: [{kb_id: libssl3.amd64, name: libssl3, arch: amd64, old: 3.0.15-1, new: 3.0.17-1}]
download_size:
  description: What was to be fetched, in bytes; null where the package manager does not tell, and on Windows.
  returned: success or failure of a patch
  type: int
  sample: 2048576
commands:
  description: The command lines that were run, in check mode those that would be.
  returned: success or failure of a patch
  type: list
  elements: str
steps:
  description: What became of each of them, with the output of those that failed.
  returned: when something was to be installed, not in check mode
  type: list
  elements: dict
  sample: [{name: install, code: 0, why_not: null}]
reboot:
  description: Whether the node asks for a reboot and why, whether one is due by O(reboot_option), and whether it was
    done.
  returned: success or failure of a patch
  type: dict
  sample: {required: false, reasons: [], due: false, why: 'if_required: nothing on the node asks for one', done: false}
services:
  description: Units that still run files which were replaced.
  returned: success or failure of a patch
  type: list
  elements: str
  sample: [ssh.service]
recovered:
  description: Earlier runs that were interrupted, and what became of them.
  returned: success or failure of a patch
  type: list
  elements: dict
  sample: []
leftovers:
  description: What an interrupted transaction had left behind, and this run brought to an end, as far as that removes
    nothing. What the repair brought is among RV(dependencies), and in the difference.
  returned: success or failure of a patch
  type: list
  elements: str
  sample: []
history:
  description: How many seconds so many packages would take by this node's own history, and of how many runs that is
    made.
  returned: success or failure of a patch
  type: dict
  sample: {estimate_seconds: 40, runs: 3}
ansible_facts:
  description: Facts about the node.
  returned: success or failure of a patch
  type: dict
  contains:
    patch_compliance:
      description: The compliance record after the run, with the patches that need attention only.
      type: dict
      sample: {schema: 1, operation: Install, status: COMPLIANT}
record:
  description: The whole compliance record.
  returned: with O(detail=full)
  type: dict
  sample: {schema: 1, operation: Install, status: COMPLIANT}
record_file:
  description: File on the controller that the record was written to.
  returned: with O(records_dir), when not in check mode
  type: str
  sample: records/3d1219c7c4c5404aaa1f6d2a48adfda4/20261121T054000Z.json
inventory:
  description: What the package manager said, after a reboot.
  returned: with O(return_inventory=true)
  type: dict
  sample: {schema: 1, manager: apt, captured_at: '2026-11-21T05:40:00Z'}
"""

import datetime
import socket
import uuid

from ..module_utils._baseline_module import BaselineModule
from ..module_utils._engine import dates
from ..module_utils._engine.choice import parse_baselines
from ..module_utils._engine.errors import EngineError
from ..module_utils._engine.selection import Limits
from ..module_utils._host.arguments import INSTALL_ARGUMENTS, options
from ..module_utils._host.base import ENVIRONMENT, BackendError
from ..module_utils._host.install import install
from ..module_utils._host.installers import installer_of
from ..module_utils._host.presentation import failure, presented
from ..module_utils._host.task import Host, Task
from ..module_utils._plain import plain
from ..module_utils._templated import structure
from ..module_utils._windows_arguments import WINDOWS_ARGUMENTS


def clock():
    return datetime.datetime.now(dates.UTC)


def task(params, name):
    """Raises EngineError when the baselines or the limits make no sense."""
    return Task(
        name=name,
        patch_group=params["patch_group"],
        baselines=parse_baselines(plain(structure(params["baselines"]))),
        run_id=params["run_id"] or uuid.uuid4().hex[:12],
        undated=params["undated"],
        limits=Limits(params["manifest"], params["install_override_list"], params["include"], params["exclude"]),
        reboot_option=params["reboot_option"],
        download_only=params["download_only"],
        minimum_free_space=params["minimum_free_space"],
        max_duration=params["max_duration"],
    )


def main():
    module = BaselineModule(argument_spec={**INSTALL_ARGUMENTS, **WINDOWS_ARGUMENTS}, supports_check_mode=True)
    params = module.given
    name = params["name"] or socket.gethostname()

    def run(command, data=None):
        return module.run_command(list(command), data=data, environ_update=ENVIRONMENT, expand_user_and_vars=False)

    try:
        host = Host(run, clock, options(params, module.check_mode))
        result = install(task(params, name), host, installer_of)
    except (EngineError, BackendError) as error:
        module.fail_json(msg="%s: %s" % (name, error))
    result, warnings = presented(result, params["detail"] == "full", params["return_inventory"])
    for warning in warnings:
        module.warn("%s: %s" % (name, warning))
    if result["failed_patches"] and not module.check_mode:
        module.fail_json(msg=failure(name, result), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
