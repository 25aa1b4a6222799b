# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of host tests: `boot`, `host`, `controller`. README.md says how to use them."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
from ansible_collections.patchops.fleet.tests.hosts.lab.laboratory import Laboratory


@pytest.fixture(scope="session")
def laboratory():
    if os.geteuid() != 0 or not pathlib.Path("/usr/bin/systemd-nspawn").exists():
        pytest.fail("host tests need root and the packages of tests/hosts/debian-packages.txt: run 'make test-hosts'")
    opened = Laboratory()
    try:
        yield opened.open()
    finally:
        opened.close()


@pytest.fixture
def boot(laboratory):
    """Boots hosts: boot(kind, identity=None, name=None). They are gone after the test."""
    booted = []

    def boot_host(*arguments, **options):
        booted.append(laboratory.boot(*arguments, **options))
        return booted[-1]

    yield boot_host
    for host in booted:
        laboratory.remove(host)


@pytest.fixture(params=list(KINDS))
def host(request, boot):
    """A host as new, of each kind in turn."""
    return boot(request.param)


@pytest.fixture
def controller(laboratory, tmp_path):
    """Runs Ansible on hosts."""
    return laboratory.controller(tmp_path)
