# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten booted hosts of tests/hosts for plays to work on over SSH."""

from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIND = "debian12"  # package_facts has what it needs on it
HOSTS = 10
PLAY = "- hosts: all\n  gather_facts: false\n  tasks:\n    - %s\n"
SCAN = "patchops.fleet.patch_scan: {baselines: [security-7-days]}"
PING = "ansible.builtin.ping:"
PACKAGE_FACTS = "ansible.builtin.package_facts:"


class NotPossible(Exception):
    """This machine cannot boot the hosts; says what is missing."""


@contextlib.contextmanager
def fleet() -> t.Iterator[t.Callable[[str], None]]:
    """Ten hosts with an update each, and what runs a task on all of them; they are gone at the end."""
    prepare()
    from ansible_collections.patchops.fleet.tests.hosts.lab import enclosure, mirror, roots
    from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
    from ansible_collections.patchops.fleet.tests.hosts.lab.laboratory import Laboratory
    from ansible_collections.patchops.fleet.tests.hosts.lab.standing import offer

    try:
        roots.root(KINDS[KIND])
        laboratory = Laboratory()
    except (enclosure.NotPossible, mirror.NoMirror, roots.NoRoot) as error:
        raise NotPossible(str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        try:
            laboratory.open()
            hosts = [laboratory.boot(KIND) for _number in range(HOSTS)]
            for host in hosts:
                offer(host)
            controller = laboratory.controller(pathlib.Path(folder))
            check(controller, hosts)

            def do(task: str) -> None:
                controller.play(hosts, PLAY % task, "--forks=%d" % HOSTS)

            yield do
        finally:
            laboratory.close()


def prepare() -> None:
    """Install what the hosts need. Raises NotPossible."""
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / ".cache" / "collections")]
    import run_host_tests
    import system_deps

    try:
        run_host_tests.refuse_where_impossible()
        system_deps.main(run_host_tests.TESTS / "debian-packages.txt")
    except system_deps.NotPossible as error:
        raise NotPossible(str(error)) from error


def check(controller: t.Any, hosts: t.Sequence[t.Any]) -> None:
    """A scan that finds nothing would be fast."""
    options = {"baselines": ["security-7-days"]}
    answers = controller.module(hosts, "patchops.fleet.patch_scan", options=options)
    for name, answer in answers.items():
        found = [patch["name"] for patch in answer.get("plan", ())]
        if found != ["fixed"]:
            raise RuntimeError("the scan of %s found %s instead of its one update: %s" % (name, found, answer))
