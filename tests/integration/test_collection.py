# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as each ansible-core sees it: found by name, its content loadable and documented."""

from __future__ import annotations

import json
import pathlib

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def names(folder, pattern):
    return sorted(path.stem for path in (CHECKOUT / folder).glob(pattern))


def test_it_is_found_by_its_name(ansible):
    answer = ansible("ansible-galaxy", "collection", "list", "patchops.fleet", "--format", "json")
    assert answer.returncode == 0, answer.stdout
    assert {"version": "1.0.0"} in [found.get("patchops.fleet") for found in json.loads(answer.stdout).values()]


@pytest.mark.parametrize("module", names("plugins/modules", "*.py"))
def test_modules_are_documented(ansible, module):
    # amazon.aws imports what newer releases of ansible-core deprecate, and its doc fragments are read with ours
    quiet = {"ANSIBLE_DEPRECATION_WARNINGS": "False"}
    answer = ansible("ansible-doc", "--json", f"patchops.fleet.{module}", **quiet)
    assert answer.returncode == 0, answer.stdout
    document = json.loads(answer.stdout)[f"patchops.fleet.{module}"]
    assert document["doc"]["version_added"]
    assert document["examples"]
    assert document["return"]


@pytest.mark.parametrize("playbook", names("playbooks", "*.yml"))
def test_playbooks_are_found_by_name_and_parsed(ansible, playbook):
    answer = ansible("ansible-playbook", "--syntax-check", "--inventory", "localhost,", f"patchops.fleet.{playbook}")
    assert answer.returncode == 0, answer.stdout
