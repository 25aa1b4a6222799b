# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of the probes for dnf's transactions, on the oldest Python; test_dnf_install.py has the rest."""

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import dnf_solve


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(["hello", "x86_64", 0, "2.0", "1.el8"], "hello-2.0-1.el8.x86_64", id="no epoch"),
        pytest.param(["lib", "noarch", 1, "2.0", "1"], "lib-1:2.0-1.noarch", id="epoch"),
    ],
)
def test_a_package_is_written_as_dnf_does(wanted, expected):
    assert dnf_solve.written(wanted) == expected
