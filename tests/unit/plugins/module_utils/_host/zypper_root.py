# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small SUSE systems that the real zypper works on: rpms built here, repositories with patches in SUSE's form."""

from __future__ import annotations

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import typing as t
from xml.sax.saxutils import quoteattr

SPEC = """\
Name: %(name)s
Version: %(version)s
Release: %(release)s
Epoch: %(epoch)s
Summary: made for a test
License: MIT
Vendor: %(vendor)s
BuildArch: noarch
%(requires)s
%(lines)s
%%description
Less than < in a description.
%(scripts)s
%%files
%(files)s
"""
OS_RELEASE = 'ID=sles\nNAME=SLES\nVERSION_ID="15.6"\n'
SUSEDATA = """\
<?xml version="1.0" encoding="UTF-8"?>
<susedata xmlns="http://linux.duke.edu/metadata/susedata" packages="1">
<package pkgid="%(id)s" name="%(name)s" arch="noarch"><version epoch="0" ver="%(version)s" rel="1"/>
<eula>%(text)s</eula></package></susedata>
"""
ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C"}


def quietly(command: t.Sequence[str]) -> None:
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


class Rpms:
    """Builds each rpm once, which takes a twentieth of a second."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._built: t.Dict[t.Any, pathlib.Path] = {}

    def build(
        self,
        name: str,
        version: str,
        release: str = "1",
        epoch: int = 0,
        vendor: str = "SUSE",
        requires: str = "",
        lines: str = "",
        scripts: str = "",
        files: str = "",
    ) -> pathlib.Path:
        """`lines`, `scripts` and `files` go into the spec file as they are: what else the package says, and does."""
        wanted = (name, version, release, epoch, vendor, requires, lines, scripts, files)
        if wanted not in self._built:
            folder = self._folder / str(len(self._built))
            folder.mkdir()
            spec = folder / "made.spec"
            spec.write_text(
                SPEC
                % {
                    "name": name,
                    "version": version,
                    "release": release,
                    "epoch": epoch,
                    "vendor": vendor,
                    "requires": "Requires: %s" % requires if requires else "",
                    "lines": lines,
                    "scripts": scripts,
                    "files": files,
                }
            )
            defines = ["_topdir %s/top" % folder, "_rpmdir %s" % folder, "_build_name_fmt made.rpm"]
            quietly(
                [
                    "rpmbuild",
                    "-bb",
                    "--quiet",
                    *[part for define in defines for part in ("--define", define)],
                    str(spec),
                ]
            )
            (self._built[wanted],) = folder.glob("*.rpm")
        return self._built[wanted]


def patch(identifier: str, *packages: str, **members: t.Any) -> str:
    """A patch as SUSE writes it. Packages are `name version` or `name version release`; members replace the usual."""
    given = {
        "type": "security",
        "severity": "important",
        "issued": 1780000000,
        "status": "stable",
        "cves": (),
        **members,
    }
    severity = "<severity>%s</severity>" % given["severity"] if given["severity"] else ""
    issued = "<issued date=%s/>" % quoteattr(str(given["issued"])) if given["issued"] else ""
    references = "".join('<reference href="x" id="%s" title="x" type="cve"/>' % cve for cve in given["cves"])
    listed = ""
    for package in packages:
        name, version, *release = package.split()
        listed += (
            '<package name="%s" epoch="0" version="%s" release="%s" arch="noarch"><filename>x</filename></package>'
            % (
                name,
                version,
                release[0] if release else "1",
            )
        )
    return (
        '<update from="maint-coord@example.org" status="%s" type="%s" version="1"><id>%s</id><title>Update</title>%s'
        "<release>SLES</release>%s<references>%s</references><description>x</description>"
        "<pkglist><collection>%s</collection></pkglist></update>"
    ) % (given["status"], given["type"], identifier, severity, issued, references, listed)


class Repository:
    def __init__(self, root: ZypperRoot, alias: str, settings: t.Mapping[str, t.Any]) -> None:
        self._root = root
        self.alias = alias
        self.folder = root.folder / "repositories" / re.sub("[^a-z]", "_", alias)
        self.folder.mkdir(parents=True)
        root.configure(alias, self.folder, settings)

    def add(self, name: str, version: str, **details: t.Any) -> Repository:
        rpm = self._root.rpms.build(name, version, **details)
        named = "%s-%s-%s" % (name, version, details.get("release", "1"))
        place = self.folder / ("%s.noarch.rpm" % named)
        if place.exists():  # another epoch or vendor
            place = self.folder / ("%s-%d.rpm" % (named, len(list(self.folder.iterdir()))))
        shutil.copy(str(rpm), str(place))
        return self

    def publish(self, *patches: str, **compression: str) -> Repository:
        quietly(["createrepo_c", "--quiet", "--revision", "1779999999", str(self.folder)])
        if patches:
            updateinfo = self._root.folder / "updateinfo.xml"
            updateinfo.write_text('<?xml version="1.0" encoding="UTF-8"?>\n<updates>%s</updates>\n' % "".join(patches))
            kind = compression.get("compression", "gz")
            repodata = str(self.folder / "repodata")
            quietly(["modifyrepo_c", "--mdtype=updateinfo", "--compress-type", kind, str(updateinfo), repodata])
        return self

    def add_licence(self, name: str, version: str, text: str) -> None:
        """As SUSE's repositories carry them: beside the list of packages."""
        (primary,) = (self.folder / "repodata").glob("*primary.xml.gz")
        found = re.search(
            '<name>%s</name>.*?pkgid="YES">([0-9a-f]+)' % name,
            gzip.decompress(primary.read_bytes()).decode(),
            re.DOTALL,
        )
        assert found is not None
        susedata = self._root.folder / "susedata.xml"
        susedata.write_text(SUSEDATA % {"id": found.group(1), "name": name, "version": version, "text": text})
        quietly(["modifyrepo_c", "--mdtype=susedata", str(susedata), str(self.folder / "repodata")])


class ZypperRoot:
    """A file system with rpm's database and zypper's configuration on it."""

    def __init__(self, folder: pathlib.Path, rpms: Rpms) -> None:
        self.folder = folder
        self.rpms = rpms
        self.path = folder / "root"
        for name in ("etc/zypp/repos.d", "var/lib/rpm"):
            (self.path / name).mkdir(parents=True)
        (self.path / "etc/os-release").write_text(OS_RELEASE)
        self.commands: t.List[t.List[str]] = []

    def run(self, command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]:
        self.commands.append(list(command))
        ended = subprocess.run(
            command, input=data, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}, check=False
        )
        return ended.returncode, ended.stdout, ended.stderr

    def install(self, name: str, version: str, **details: t.Any) -> None:
        self.install_file(self.rpms.build(name, version, **details))

    def install_file(self, rpm: pathlib.Path) -> None:
        database = ["--dbpath", str(self.path / "var/lib/rpm"), "--force-debian"]
        quietly(["rpm", *database, "--install", "--justdb", "--nodeps", "--oldpackage", "--force", str(rpm)])

    def configure(self, alias: str, folder: pathlib.Path, settings: t.Mapping[str, t.Any]) -> None:
        """Use the repository in `folder`."""
        lines = {"name": "Repository %s" % alias, "enabled": 1, "autorefresh": 1, "gpgcheck": 0, **settings}
        text = "".join("%s=%s\n" % line for line in {**lines, "baseurl": "file://%s" % folder}.items())
        (self.path / "etc/zypp/repos.d" / ("%s.repo" % folder.name)).write_text("[%s]\n%s" % (alias, text))

    def repository(self, alias: str, **settings: t.Any) -> Repository:
        return Repository(self, alias, settings)

    def zypper(self, *arguments: str) -> t.Tuple[int, str]:
        code, output, _errors = self.run(["zypper", "--root", str(self.path), "--non-interactive", *arguments])
        return code, output

    def refresh(self) -> None:
        code, output = self.zypper("refresh")
        assert code == 0, output

    def raw(self, alias: str) -> pathlib.Path:
        return self.path / "var/cache/zypp/raw" / alias
