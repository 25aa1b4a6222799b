# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of the probes for dnf's transactions, on the oldest Python; test_dnf_install.py has the rest."""

import json
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import dnf, dnf_repair, dnf_solve


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(["hello", "x86_64", 0, "2.0", "1.el8"], "hello-2.0-1.el8.x86_64", id="no epoch"),
        pytest.param(["lib", "noarch", 1, "2.0", "1"], "lib-1:2.0-1.noarch", id="epoch"),
    ],
)
def test_a_package_is_written_as_dnf_does(wanted, expected):
    assert dnf_solve.written(wanted) == expected


@pytest.mark.parametrize("probes", [(dnf, dnf_solve), (dnf, dnf_solve, dnf_repair)], ids=["solve", "repair"])
def test_without_bindings_they_say_so_in_one_document(probes):
    """From standard input, after the texts they build on, as a host gets them."""
    texts = []
    for probe in probes:
        with open(probe.__file__, "rb") as stream:
            texts.append(
                "__name__ = '%s'\n%s" % ("library" if probe is not probes[-1] else "__main__", stream.read().decode())
            )
    command = [sys.executable, "-I", "-S", "-", "{}"]
    ended = subprocess.run(
        command, input="\n".join(texts).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    answer = json.loads(ended.stdout.decode())
    assert answer["error"]["kind"] == "bindings"
