# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of dnf5's probe, on the oldest Python a probe runs on. What needs dnf5 is in test_dnf5.py."""

import collections
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import dnf5 as probe

HOLDER = """
import fcntl, sys
stream = open(sys.argv[1], "w")
fcntl.lockf(stream, fcntl.LOCK_EX)
print("held")
sys.stdout.flush()
sys.stdin.read()
"""

Condition = collections.namedtuple("Condition", "get_key_str get_comparator_str get_value")
Entry = collections.namedtuple("Entry", "get_name get_conditions")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param([], "hello", id="every version"),
        pytest.param([("evr", "<", "2.0")], "hello evr < 2.0", id="one condition"),
        pytest.param([("evr", "<", "2.0"), ("arch", "=", "i686")], "hello evr < 2.0 and arch = i686", id="two"),
    ],
)
def test_a_lock_is_named_as_its_file_does(conditions, expected):
    answers = [Condition(*[lambda part=part: part for part in condition]) for condition in conditions]
    assert probe.written_lock(Entry(lambda: "hello", lambda: answers)) == expected


def test_without_a_lock_file_nobody_is_waited_for(tmp_path):
    assert probe.wait_for_transactions(str(tmp_path), 0) is None


def test_a_lock_that_is_held_is_named(tmp_path):
    path = tmp_path / "system-repo.lock"
    path.touch()
    probe.wait_for_transactions(str(tmp_path), 0).close()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(probe.Locked, match=r"system-repo\.lock is already locked"):
            probe.wait_for_transactions(str(tmp_path), 0)
        holder.stdin.close()
