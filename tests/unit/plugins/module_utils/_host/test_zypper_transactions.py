# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What zypper's words about a transaction are read as: what tests on small systems leave out."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import zypper_transactions
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_output import OutputError
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_transactions import parse_failures, parse_plan

FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "zypper"
LONGEST = zypper_transactions._LONGEST_REASON


def test_scripts_that_fail_and_yet_leave_their_package_installed():
    found = parse_failures((FIXTURES / "zypper-1.14.42-scripts.txt").read_text(encoding="utf-8"), True)
    assert set(found) == {"badpost.noarch", "posttrans.noarch"}
    ending = "oh dear; warning: %post(badpost-0:1.0-1.noarch) scriptlet failed, exit status 3"
    assert found["badpost.noarch"].endswith(ending)
    assert found["posttrans.noarch"] == (
        "late trouble; Warning: posttrans-1.0-1.noarch.rpm %posttrans script failed (returned 4)"
    )


def test_a_complaint_about_the_last_download_is_none_when_all_went_well():
    output = "Retrieving package aa-1.0-1.noarch (1/1), 5.4 KiB\nWarning: something failed elsewhere\n"
    assert parse_failures(output, True) == {}
    assert parse_failures(output, False) == {"aa.noarch": "Warning: something failed elsewhere"}


# zypper 1.14.42 on file systems without room, one where packages are kept and one where they unpack.
NO_ROOM_TO_FETCH = """\
Retrieving package aa-1.0-1.noarch (1/2),   5.4 KiB (    0   B unpacked)
Retrieving package big-1.0-1.noarch (2/2),   4.0 MiB (  4.0 MiB unpacked)
Failed to provide Package big-1.0-1.noarch (Repository web). Do you want to retry retrieval?

[web|file:/srv/web] Can't provide file './big-1.0-1.noarch.rpm' from repository 'web'
History:
 - Can't hardlink/copy /srv/web/big-1.0-1.noarch.rpm to /var/cache/zypp/packages/web
 - Can't provide ./big-1.0-1.noarch.rpm

Abort, retry, ignore? [a/r/i] (a): a
Problem occurred during or after installation or removal of packages:
Installation has been aborted as directed.
Please see the above error message for a hint.
"""
NO_ROOM_TO_UNPACK = """\
Retrieving package big-1.0-1.noarch (1/1),   4.0 MiB (  4.0 MiB unpacked)

Checking for file conflicts: [......done]
(1/1) Installing: big-1.0-1.noarch [..error]
Installation of big-1.0-1.noarch failed:
Error: Subprocess failed. Error: RPM failed:
\tinstalling package big-0:1.0-1.noarch needs 3MB more space on the /usr filesystem

Abort, retry, ignore? [a/r/i] (a): a
Problem occurred during or after installation or removal of packages:
"""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        pytest.param(NO_ROOM_TO_FETCH, "Can't hardlink/copy /srv/web/big-1.0-1.noarch.rpm", id="to fetch"),
        pytest.param(NO_ROOM_TO_UNPACK, "needs 3MB more space on the /usr filesystem", id="to unpack"),
    ],
)
def test_a_full_disk_is_told_of_the_package_that_found_no_room(output, words):
    found = parse_failures(output, False)
    assert list(found) == ["big.noarch"]
    assert words in found["big.noarch"]


def test_reasons_are_short_and_without_passwords():
    output = (
        "(1/1) Installing: aa-1.0-1.noarch [error]\nInstallation of aa-1.0-1.noarch failed:\n"
        "Error: Subprocess failed. Error: RPM failed: %sno https://user:secret@example.com\n\n"
    )
    reason = "".join(parse_failures(output % ("word " * 1000), False).values())
    assert len(reason) <= LONGEST + len("... ")
    assert reason.endswith("word no https://example.com")


@pytest.mark.parametrize(
    ("section", "attributes", "change"),
    [
        pytest.param("to-install", 'edition="1-1"', (None, "1-1"), id="install"),
        pytest.param("to-upgrade", 'edition="2-1" edition-old="1-1"', ("1-1", "2-1"), id="upgrade"),
        pytest.param("to-downgrade", 'edition="1-1" edition-old="3:1-1"', ("3:1-1", "1-1"), id="downgrade"),
        pytest.param("to-reinstall", 'edition="0:1-1"', ("1-1", "1-1"), id="reinstall"),
        pytest.param("to-remove", 'edition="1-1"', ("1-1", None), id="remove"),
        pytest.param("to-change-arch", 'edition="1-1" edition-old="1-1" arch-old="i586"', ("1-1", "1-1"), id="arch"),
    ],
)
def test_changes(section, attributes, change):
    summary = (
        '<stream><install-summary download-size="17"><%s><solvable type="package" name="aa" arch="noarch" %s/></%s>'
    )
    plan = parse_plan(summary % (section, attributes, section) + "</install-summary></stream>")
    assert [(found.old, found.new) for found in plan.changes] == [change]
    assert plan.download_size == 17
    assert plan.downgrades == (("aa.noarch",) if section == "to-downgrade" else ())


def test_patches_and_products_that_come_along_are_no_packages():
    plan = parse_plan(
        '<stream><install-summary><to-install><solvable type="patch" name="SUSE-1" edition="1" arch="noarch"/>'
        "</to-install></install-summary></stream>"
    )
    assert (plan.changes, plan.download_size) == ((), None)


def test_what_is_no_answer_is_an_error():
    with pytest.raises(OutputError):
        parse_plan("Segmentation fault")
