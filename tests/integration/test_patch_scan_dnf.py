# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_scan through Ansible on this machine with the files of another system over its own: one that dnf manages."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.patchops.fleet.tests.integration.conftest import ANSIBLE_BIN
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    Rpm,
    RpmRoot,
    advisory,
)

pytestmark = pytest.mark.needs("dnf", "python3-dnf", "rpm", "createrepo-c")

# In a mount namespace of its own, so that nobody else sees it.
OTHER_SYSTEM = 'mount --bind "$0/etc/os-release" /usr/lib/os-release && mount --bind "$0/etc/dnf" /etc/dnf && exec "$@"'
PLAY = """\
- hosts: all
  gather_facts: false
  roles:
    - role: patchops.fleet.patch_scan
      vars: {patch_scan_baselines: [security-7-days], patch_scan_records_dir: records}
"""
HELLO_2 = Rpm("hello", "2.0")
LIB_2 = Rpm("lib", "2.0")


def test_the_role_records_a_node_that_dnf_manages(ansible, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    root = RpmRoot(tmp_path / "system")
    root.system("rocky", "9.4", "Rocky Linux")
    folders = {
        "reposdir": "etc/yum.repos.d",
        "cachedir": "var/cache/dnf",
        "persistdir": "var/lib/dnf",
        "logdir": "var/log",
    }
    root.configure(*(f"{option}={root.root / folder}" for option, folder in folders.items()))
    root.install(Rpm("hello"), Rpm("lib"))
    root.repository("baseos").add(HELLO_2, LIB_2).advise(
        advisory("OLD", HELLO_2, issued="2018-01-16 01:28"), advisory("NEW", LIB_2, issued="2099-01-01")
    ).publish()
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "hosts").write_text("node1 ansible_connection=local\n")
    playbook = [ANSIBLE_BIN / "ansible-playbook", "-i", "hosts", "play.yml"]
    command = ["--mount", "sh", "-c", OTHER_SYSTEM, root.root, *playbook]
    ended = ansible("/usr/bin/unshare", *command, HOME=str(root.root / "var/lib"))
    assert ended.returncode == 0, ended.stdout
    (path,) = (tmp_path / "records").rglob("*.json")
    record = json.loads(path.read_text())
    assert (record["status"], record["complete"]) == ("NON_COMPLIANT", True)
    assert record["node"]["product"] == "RockyLinux9.4"
    assert {patch["name"]: (patch["state"], patch["release_date"]) for patch in record["patches"]} == {
        "hello": ("MISSING", "2018-01-16T01:28:00Z"),
        "lib": ("INSTALLED_OTHER", "2099-01-01T00:00:00Z"),
    }
