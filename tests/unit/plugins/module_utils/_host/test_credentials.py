# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User and password of an address get into nobody's words, whatever characters the password has."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import (
    apt,
    apt_output,
    dnf5_output,
    dnf_output,
    job,
    zypper_output,
)
from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import dnf as dnf_probe


def logged(words, folder):
    (folder / "0.log").write_text(words)
    return job._log(str(folder), 0)


SPEAKERS = {
    "apt-get update": lambda words, folder: str(apt.parse_update(100, "E: %s" % words)),
    "apt-get": lambda words, folder: str(apt_output.parse_errors("E: %s" % words)),
    "dnf": lambda words, folder: dnf_output.refusal("\nError: %s" % words),
    "dnf5": lambda words, folder: dnf5_output.unresolved("Failed to resolve the transaction:\n%s" % words),
    "dnf's bindings": lambda words, folder: dnf_probe.clean(words),
    "zypper": lambda words, folder: zypper_output.without_passwords(words),
    "log": logged,
}


@pytest.mark.parametrize("speaker", list(SPEAKERS))
@pytest.mark.parametrize("userinfo", ["user:secret@", "user:secret@secret@", "secret@", "user@example.com:secret@"])
def test_nobody_repeats_credentials(speaker, userinfo, tmp_path):
    said = SPEAKERS[speaker]("no answer of https://%shost.example/a@b c@d" % userinfo, tmp_path)
    assert "https://host.example/a@b c@d" in said
    assert "secret" not in said
