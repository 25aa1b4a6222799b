# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnf says about failures. The texts are what dnf 4.14.0 printed, without its tables."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.dnf_output import parse_failures, refusal

LABELS = {"%s-2.0-1.x86_64" % name: "%s.x86_64" % name for name in "abc"}
BEFORE = "Dependencies resolved.\nDownloading Packages:\n"
BEGUN = BEFORE + "Running transaction test\nTransaction test succeeded.\nRunning transaction\n"

NOT_FOUND = (
    BEFORE
    + """\
(1/2): a-2.0-1.x86_64.rpm                       2.6 MB/s | 5.9 kB     00:00
[MIRROR] b-2.0-1.x86_64.rpm: Status code: 404 for http://me:secret@127.0.0.1/b-2.0-1.x86_64.rpm (IP: 127.0.0.1)
[MIRROR] b-2.0-1.x86_64.rpm: Status code: 404 for http://me:secret@127.0.0.1/b-2.0-1.x86_64.rpm (IP: 127.0.0.1)
[FAILED] b-2.0-1.x86_64.rpm: No more mirrors to try - All mirrors were already tried without success

The downloaded packages were saved in cache until the next successful transaction.
You can remove cached packages by executing 'dnf clean packages'.
Error: Error downloading packages:
  b-2.0-1.x86_64: Cannot download, all mirrors were already tried without success

"""
)
VANISHED = (
    BEFORE
    + """\
Error opening /srv/tree/b-2.0-1.x86_64.rpm: No such file or directory
Package "b-2.0-1.x86_64" from local repository "one" has incorrect checksum
Error: Some packages from local repository have incorrect checksum
"""
)
WRONG_KEY = (
    BEFORE
    + """\
Importing GPG key 0x80FEDE7A:
 Userid     : "u@example.com"
Key imported successfully
Import of key(s) didn't help, wrong key(s)?
Public key for 0-a-2.0-1.x86_64.rpm is not installed. Failing package is: a-2.0-1.x86_64
 GPG Keys are configured as: file:///etc/pki/rpm-gpg/key
Error: GPG check FAILED
"""
)
UNSIGNED = BEFORE + "Package 0-a-2.0-1.x86_64.rpm is not signed\nError: GPG check FAILED\n"
SCRIPTS = (
    BEGUN
    + """\
  Preparing        :                                                        1/1
  Upgrading        : b-2.0-1.x86_64                                         2/6
  Running scriptlet: b-2.0-1.x86_64                                         2/6
warning: %post(b-2.0-1.x86_64) scriptlet failed, exit status 3

Error in POSTIN scriptlet in rpm package b
  Running scriptlet: other-1:5-2.noarch                                     6/6
error: lua script failed: [string "%posttrans(other-1:5-2.noarch)"]:1: late

Error in POSTTRANS scriptlet in rpm package other

Upgraded:
  a-2.0-1.x86_64            b-2.0-1.x86_64            other-1:5-2.noarch

Complete!
"""
)
UNPACKING = (
    BEGUN
    + """\
  Upgrading        : b-2.0-1.x86_64                                         1/4
Error unpacking rpm package b-2.0-1.x86_64
  Upgrading        : a-2.0-1.x86_64                                         2/4
error: unpacking of archive failed on file /opt/b;6b016143: cpio: File from package already exists as a directory
error: b-0:2.0-1.x86_64: install failed

Upgraded:
  a-2.0-1.x86_64
Failed:
  b-1.0-1.x86_64                         c-2.0-1.x86_64

Error: Transaction failed
"""
)
FULL = (
    BEFORE
    + """\
Running transaction test
Error: Transaction test error:
  installing package b-2.0-1.x86_64 needs 14MB more space on the / filesystem

Error Summary
-------------
Disk Requirements:
   At least 14MB more space needed on the / filesystem.

"""
)
CONFLICT = (
    BEFORE
    + """\
Running transaction test
Error: Transaction test error:
  file /opt/b from install of b-2.0-1.x86_64 conflicts with file from package old-1.0-1.x86_64

"""
)
REPLAY = """\
Error: The following problems occurred while replaying the transaction from file "/dev/stdin":
  Cannot find rpm nevra "b-2.0-1.x86_64".
  Package nevra "c-2.0-1.x86_64", which is not present in the transaction file, was pulled into the transaction.
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            NOT_FOUND,
            {
                "b.x86_64": "Status code: 404 for http://127.0.0.1/b-2.0-1.x86_64.rpm (IP: 127.0.0.1); "
                "Cannot download, all mirrors were already tried without success"
            },
            id="not on the server",
        ),
        pytest.param(
            VANISHED,
            {"b.x86_64": 'Package "b-2.0-1.x86_64" from local repository "one" has incorrect checksum'},
            id="not on the disk",
        ),
        pytest.param(
            WRONG_KEY,
            {"a.x86_64": "Public key for 0-a-2.0-1.x86_64.rpm is not installed. Failing package is: a-2.0-1.x86_64"},
            id="wrong key",
        ),
        pytest.param(UNSIGNED, {"a.x86_64": "Package 0-a-2.0-1.x86_64.rpm is not signed"}, id="not signed"),
        pytest.param(
            SCRIPTS,
            {
                "b.x86_64": "warning: %post(b-2.0-1.x86_64) scriptlet failed, exit status 3; "
                "Error in POSTIN scriptlet in rpm package b",
                "other.noarch": 'error: lua script failed: [string "%posttrans(other-1:5-2.noarch)"]:1: late; '
                "Error in POSTTRANS scriptlet in rpm package other",
            },
            id="scripts",
        ),
        pytest.param(
            UNPACKING,
            {
                "b.x86_64": "Error unpacking rpm package b-2.0-1.x86_64; unpacking of archive failed on file "
                "/opt/b;6b016143: cpio: File from package already exists as a directory",
                "c.x86_64": "dnf lists it as failed",
            },
            id="unpacking",
        ),
        pytest.param(
            FULL,
            {"b.x86_64": "installing package b-2.0-1.x86_64 needs 14MB more space on the / filesystem"},
            id="disk full",
        ),
        pytest.param(
            CONFLICT,
            {
                "b.x86_64": "file /opt/b from install of b-2.0-1.x86_64 conflicts with file from package "
                "old-1.0-1.x86_64"
            },
            id="file conflict",
        ),
        pytest.param(
            REPLAY,
            {
                "b.x86_64": 'Cannot find rpm nevra "b-2.0-1.x86_64"',
                "c.x86_64": 'Package nevra "c-2.0-1.x86_64", which is not present in the transaction file, was pulled '
                "into the transaction.",
            },
            id="the plan does not hold",
        ),
        pytest.param(BEGUN + "Complete!\n", {}, id="nothing"),
    ],
)
def test_each_failure_is_told_of_the_package_it_is_about(output, expected):
    assert parse_failures(output, LABELS) == expected


@pytest.mark.parametrize(
    ("output", "words"),
    [
        pytest.param(UNSIGNED, "GPG check FAILED", id="the last error"),
        pytest.param(
            NOT_FOUND,
            "Error downloading packages: b-2.0-1.x86_64: Cannot download, all mirrors were already tried"
            " without success",
            id="with what it lists",
        ),
        pytest.param(
            "RPMDB already locked by 27631\n  The application\n", "RPMDB already locked by 27631", id="locked"
        ),
        pytest.param(REPLAY, REPLAY.partition("Error: ")[2].replace("\n ", "").strip(), id="from the beginning"),
        pytest.param(
            FULL,
            "Transaction test error: installing package b-2.0-1.x86_64 needs 14MB more space on the / filesystem",
            id="without the summary",
        ),
        pytest.param(UNPACKING, "", id="it had begun"),
        pytest.param("Killed\n", "", id="nothing said"),
    ],
)
def test_why_nothing_was_begun(output, words):
    assert refusal(output) == words
