# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SUSE system of usual size for zypper to work on: 900 packages installed, 33,000 on offer, 2,500 patches."""

from __future__ import annotations

import pathlib
import random
import subprocess
import typing as t

INSTALLED = 900
ON_OFFER = 30000
PATCHES = 2500

SUBPACKAGE = "%%package -n package-%(n)d\nSummary: x\n%%description -n package-%(n)d\nx\n%%files -n package-%(n)d\n"
SPEC = (
    "Name: made\nVersion: 1.0\nRelease: 1\nSummary: x\nLicense: MIT\nVendor: SUSE\nBuildArch: noarch\n%description\nx\n"
)
PACKAGE = """<package type="rpm"><name>%(name)s</name><arch>noarch</arch><version epoch="0" ver="%(version)s" rel="1"/>
<checksum type="sha256" pkgid="YES">%(number)064x</checksum><summary>One of many packages</summary>
<description>%(words)s</description><packager>x</packager><url>https://example.org</url>
<time file="1780000000" build="1780000000"/><size package="1000" installed="1000" archive="1000"/>
<location href="%(name)s-%(version)s.rpm"/><format><rpm:license>MIT</rpm:license><rpm:vendor>SUSE</rpm:vendor>
<rpm:header-range start="1" end="2"/>
<rpm:provides><rpm:entry name="%(name)s" flags="EQ" epoch="0" ver="%(version)s" rel="1"/></rpm:provides></format>
</package>
"""
PATCH = """<update from="maint-coord@example.org" status="stable" type="%(type)s" version="1">
<id>SUSE-2026-%(number)d</id><title>Update for some packages</title>
<severity>%(severity)s</severity><release>SLES</release>
<issued date="%(issued)d"/><references>%(references)s</references><description>%(words)s</description>
<pkglist><collection>%(packages)s</collection></pkglist></update>
"""
LISTED = '<package name="%s" epoch="0" version="%s" release="1" arch="noarch"><filename>x</filename></package>'
REFERENCE = '<reference href="https://example.org/x" id="CVE-2026-%d" title="x" type="cve"/>'
REPOMD = 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"'
REPOSITORY = "[updates]\nname=Updates\nenabled=1\nautorefresh=1\ngpgcheck=0\nbaseurl=file://%s\n"


def quietly(command: t.Sequence[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def make(folder: pathlib.Path) -> pathlib.Path:
    """The root of the system, its metadata fetched. Needs zypper, rpm and createrepo-c, and root."""
    root, repository = folder / "root", folder / "repository"
    for path in (root / "etc/zypp/repos.d", root / "var/lib/rpm", repository, folder / "rpms"):
        path.mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=sles\nNAME=SLES\nVERSION_ID="15.6"\n')
    (root / "etc/zypp/repos.d/updates.repo").write_text(REPOSITORY % repository)
    install(folder, root)
    publish(folder, repository)
    quietly(["zypper", "--root", root, "--non-interactive", "refresh"])
    return root


def install(folder: pathlib.Path, root: pathlib.Path) -> None:
    spec = folder / "made.spec"
    spec.write_text(SPEC + "".join(SUBPACKAGE % {"n": number} for number in range(INSTALLED)))
    places = ("_topdir %s/top" % folder, "_rpmdir %s/rpms" % folder, "_build_name_fmt %%{NAME}.rpm")
    quietly(["rpmbuild", "-bb", "--quiet", *[part for place in places for part in ("--define", place)], spec])
    database = ["--dbpath", root / "var/lib/rpm", "--force-debian"]
    quietly(["rpm", *database, "--install", "--justdb", "--nodeps", *sorted((folder / "rpms").iterdir())])


def publish(folder: pathlib.Path, repository: pathlib.Path) -> None:
    chance = random.Random(1)
    offers = []
    for number in range(ON_OFFER):
        newer = chance.randint(0, 6) if number < INSTALLED else 0
        offers += [("package-%d" % number, "1.%d" % minor) for minor in range(newer + 1)]
    words = "word " * 40
    primary = "".join(
        PACKAGE % {"name": name, "version": version, "number": number, "words": words}
        for number, (name, version) in enumerate(offers)
    )
    document = '<?xml version="1.0"?>\n<metadata %s packages="%d">%s</metadata>\n' % (REPOMD, len(offers), primary)
    (folder / "primary.xml").write_text(document)
    newer_ones = [offer for offer in offers if offer[1] != "1.0"]
    patches = "".join(one_patch(number, newer_ones, chance) for number in range(PATCHES))
    (folder / "updateinfo.xml").write_text('<?xml version="1.0"?>\n<updates>%s</updates>\n' % patches)
    quietly(["createrepo_c", "--quiet", repository])
    quietly(["modifyrepo_c", "--remove", "primary", repository / "repodata"])
    for kind in ("primary", "updateinfo"):
        quietly(["modifyrepo_c", "--mdtype=%s" % kind, folder / ("%s.xml" % kind), repository / "repodata"])


def one_patch(number: int, newer: t.Sequence[t.Tuple[str, str]], chance: random.Random) -> str:
    """Three packages that the system has, eight that it does not, as most of a real patch are."""
    first = number % len(newer)
    elsewhere = [("other-%d" % chance.randint(0, 9999), "1.0") for _time in range(8)]
    return PATCH % {
        "type": chance.choice(["security", "recommended", "optional"]),
        "severity": chance.choice(["critical", "important", "moderate", "low"]),
        "number": number,
        "issued": 1718000000 + number * 10000,
        "references": "".join(REFERENCE % chance.randint(1, 9999) for _time in range(4)),
        "words": "text " * 100,
        "packages": "".join(LISTED % package for package in [*newer[first : first + 3], *elsewhere]),
    }
