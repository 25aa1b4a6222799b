# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from the output of apt-get, dpkg and needrestart; what they do stands in test_apt_install_roots.py."""

from __future__ import annotations

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import apt_output
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import Change

SIMULATED = """\
NOTE: This is only a simulation!
      apt-get needs root privileges for real execution.
Reading package lists...
Inst libx [1.0] (2.0 Debian:12.11/stable, Debian-Security:12/stable-security [amd64]) [foo:amd64 ]
Inst newdep (1:1.0+b Debian:stable [all])
Inst lib:i386 [1.0] (2.0 Debian:stable [i386])
Inst g++ [4:12.2.0-3] (4:12.2.0-4 [amd64])
Remv old [1.0]
Purg older:i386 [1.0-1]
Conf libx (2.0 Debian:stable [amd64])
"""


def test_simulation():
    assert apt_output.parse_simulation(SIMULATED, "amd64") == [
        Change("libx", "amd64", "1.0", "2.0"),
        Change("newdep", "all", None, "1:1.0+b"),
        Change("lib", "i386", "1.0", "2.0"),
        Change("g++", "amd64", "4:12.2.0-3", "4:12.2.0-4"),
        Change("old", "amd64", "1.0", None),
        Change("older", "i386", "1.0-1", None),
    ]


URIS = """\
Need to get 62.0 kB of archives.
'http://u:p@deb.example.org/pool/libx_2.0_amd64.deb' libx_2.0_amd64.deb 20672 SHA256:00ff
'copy:/archive/pool/stable/newdep_1%253a1.0%2b_all.deb' newdep_1%3a1.0+_all.deb 20673
'http://deb.example.org/dists/stable/InRelease' deb.example.org_dists_stable_InRelease 0
"""


def test_uris():
    found = apt_output.parse_uris(URIS)
    assert [(file.key, file.size) for file in found[:2]] == [
        (("libx", "amd64", "2.0"), 20672),
        (("newdep", "all", "1:1.0+"), 20673),
    ]


UNMET_2 = """\
Reading package lists...
Some packages could not be installed. This may mean that you have
requested an impossible situation or if you are using the unstable
distribution that some required packages have not yet been created
or been moved out of Incoming.
The following information may help to resolve the situation:

The following packages have unmet dependencies:
 foo : Depends: libx (>= 2.0) but 1.0 is to be installed
       Depends: liby (>= 2.0) but it is not installable
       Recommends: rec but it is not going to be installed
 bar : Breaks: foo (>= 2.0)
"""
HELD = """\
The following packages were automatically installed and are no longer required:
  bar foo libx
Use 'apt autoremove' to remove them.
The following held packages will be changed:
  held other
The following packages will be upgraded:
  held
1 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.
"""
REMOVED = """\
The following packages will be REMOVED:
  foo
  libx
0 upgraded, 0 newly installed, 2 to remove and 2 not upgraded.
"""


@pytest.mark.parametrize(
    ("output", "errors", "expected"),
    [
        pytest.param(
            UNMET_2,
            "E: Unable to correct problems, you have held broken packages.\n",
            "foo: Depends: libx (>= 2.0) but 1.0 is to be installed;"
            " foo: Depends: liby (>= 2.0) but it is not installable; bar: Breaks: foo (>= 2.0)",
            id="unmet dependencies, apt 2",
        ),
        pytest.param(
            UNMET_2,
            "E: Unable to correct problems, you have held broken packages.\n"
            "E: The following information from --solver 3.0 may provide additional context:\n"
            "   Unable to satisfy dependencies. Reached two conflicting assignments:\n   1. foo is selected\n",
            "foo: Depends: libx (>= 2.0) but 1.0 is to be installed;"
            " foo: Depends: liby (>= 2.0) but it is not installable; bar: Breaks: foo (>= 2.0)",
            id="unmet dependencies, apt 3",
        ),
        pytest.param(
            "",
            "E: Unable to satisfy dependencies. Reached two conflicting assignments:\n"
            "   1. foo:amd64=2.0 is selected for install\n   2. foo:amd64 Depends bar but none is installable\n",
            "Unable to satisfy dependencies. Reached two conflicting assignments: 1. foo:amd64=2.0 is selected for"
            " install 2. foo:amd64 Depends bar but none is installable",
            id="the newer solver alone",
        ),
        pytest.param(
            HELD,
            "E: Held packages were changed and -y was used without --allow-change-held-packages.\n",
            "on hold: held, other",
            id="held",
        ),
        pytest.param(
            REMOVED,
            "E: Packages need to be removed but remove is disabled.\n",
            "it would remove foo, libx",
            id="removals",
        ),
        pytest.param(
            "", "E: Version '2.1' for 'foo' was not found\n", "Version '2.1' for 'foo' was not found", id="vanished"
        ),
        pytest.param("", "E: Sub-process x returned an error code (1)\n", "Sub-process x returned an error code (1)"),
        pytest.param("", "E: Bad http://u:p@host/x\n", "Bad http://host/x", id="without a password"),
        pytest.param("", "", "", id="nothing said"),
    ],
)
def test_refusal(output, errors, expected):
    assert apt_output.refusal(output, errors) == expected


FETCH = """\
Ign:1 http://127.0.0.1:34131 stable/main amd64 bar amd64 2.0
Get:2 http://127.0.0.1:34131 stable/main amd64 baz amd64 1:2.0 [20.7 kB]
Err:2 http://127.0.0.1:34131 stable/main amd64 baz amd64 1:2.0
  Hash Sum mismatch
  Hashes of expected file:
   - Filesize:20672 [weak]
Err:1 http://127.0.0.1:34131 stable/main amd64 bar all 2.0
  404  File not found [IP: 127.0.0.1 34131]
E: Failed to fetch http://127.0.0.1:34131/pool/stable/bar_2.0_amd64.deb  404  File not found [IP: 127.0.0.1 34131]
E: Some files failed to download
"""
FULL = """\
Preparing to unpack .../apt/patchops/foo_2.0_amd64.deb ...
Unpacking foo (2.0) over (1.0) ...
dpkg: error processing archive /var/cache/apt/patchops/foo_2.0_amd64.deb (--unpack):
 cannot copy extracted data for './usr/x' to '/usr/x.dpkg-new': failed to write (No space left on device)
dpkg-deb: error: paste subprocess was killed by signal (Broken pipe)
Errors were encountered while processing:
 /var/cache/apt/patchops/foo_2.0_amd64.deb
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
SCRIPTS = """\
Setting up bad (2.0) ...
something went wrong
dpkg: error processing package bad (--configure):
 installed bad package post-installation script subprocess returned error exit status 3
dpkg: dependency problems prevent configuration of needs:i386:
 needs:i386 depends on bad (>= 2.0); however:
  Package bad is not configured yet.

dpkg: error processing package needs:i386 (--configure):
 dependency problems - leaving unconfigured
Errors were encountered while processing:
 bad
"""
DIRECTORY = """\
dpkg: error processing archive /tmp/apt-dpkg-install-3zXk/07-foo_1%3a2.0_amd64.deb (--unpack):
 new foo package pre-installation script subprocess returned error exit status 1
"""
UNAUTHENTICATED = """\
WARNING: The following packages cannot be authenticated!
  foo lib:i386
E: There were unauthenticated packages and -y was used without --allow-unauthenticated
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            FETCH,
            [("baz", "amd64", "Hash Sum mismatch"), ("bar", "all", "404 File not found [IP: 127.0.0.1 34131]")],
            id="downloads",
        ),
        pytest.param(
            FULL,
            [
                (
                    "foo",
                    "amd64",
                    "cannot copy extracted data for './usr/x' to '/usr/x.dpkg-new':"
                    " failed to write (No space left on device)",
                )
            ],
            id="a full disk",
        ),
        pytest.param(
            SCRIPTS,
            [
                ("bad", None, "installed bad package post-installation script subprocess returned error exit status 3"),
                ("needs", "i386", "needs:i386 depends on bad (>= 2.0); however: Package bad is not configured yet."),
            ],
            id="a script, and what depends on it",
        ),
        pytest.param(
            DIRECTORY,
            [("foo", "amd64", "new foo package pre-installation script subprocess returned error exit status 1")],
            id="a file that apt numbered",
        ),
        pytest.param(
            UNAUTHENTICATED,
            [
                ("foo", None, "its origin cannot be authenticated"),
                ("lib", "i386", "its origin cannot be authenticated"),
            ],
            id="unauthenticated",
        ),
        pytest.param(
            "E: Version '2.1' for 'foo' was not found\nE: Unable to locate package nix\n",
            [
                ("foo", None, "Version '2.1' for 'foo' was not found"),
                ("nix", None, "Unable to locate package nix"),
            ],
            id="vanished from the lists",
        ),
        pytest.param("Setting up foo (2.0) ...\n", [], id="all well"),
    ],
)
def test_failed(output, expected):
    assert [tuple(failed) for failed in apt_output.parse_failed(output)] == expected


NEEDRESTART = """\
NEEDRESTART-VER: 3.6
NEEDRESTART-KCUR: 6.1.0-9-amd64
NEEDRESTART-KSTA: 1
NEEDRESTART-SVC: ssh.service
NEEDRESTART-SVC: cron.service
NEEDRESTART-SVC: ssh.service
NEEDRESTART-SESS: admin @ session #2
"""


def test_services():
    assert apt_output.parse_services(NEEDRESTART) == ["cron.service", "ssh.service"]
