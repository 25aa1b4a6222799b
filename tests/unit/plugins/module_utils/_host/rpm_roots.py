# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small file systems with an rpm database on them, and the repositories that dnf gets their packages from."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import typing as t
import xml.sax.saxutils

BUILT = 1700000000  # 2023-11-14T22:13:20Z
SPEC = """\
Name: {name}
Epoch: {epoch}
Version: {version}
Release: {release}
Summary: test
License: MIT
{obsoletes}
{lines}
%description
test
%install
{install}
%files
{files}
"""
# Debian's rpm keeps its database in the home of the user.
DATABASE = "var/lib/.rpmdb"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
ENVIRONMENT.update(HOME="/var/lib", LC_ALL="C")


def run(*command: t.Any, **variables: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**ENVIRONMENT, **variables},
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


class Rpm(t.NamedTuple):
    name: str
    version: str = "1.0"
    release: str = "1"
    epoch: int = 0
    arch: str = "x86_64"
    obsoletes: str = ""  # line of a spec file
    lines: str = ""  # more of them, and scriptlets
    content: str | None = None  # of its one file, /opt/NAME

    @property
    def entry(self) -> str:
        """As updateinfo lists it."""
        return '<package name="%s" epoch="%d" version="%s" release="%s" arch="%s"/>' % (
            self.name,
            self.epoch,
            self.version,
            self.release,
            self.arch,
        )


@functools.lru_cache(maxsize=None)
def workshop() -> pathlib.Path:
    """Where packages are built; each once for all tests."""
    folder = tempfile.mkdtemp(prefix="rpm-roots-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pathlib.Path(folder)


@functools.lru_cache(maxsize=None)
def built(rpm: Rpm, when: int) -> pathlib.Path:
    """The file of a package without content, made by rpmbuild."""
    file = f"/opt/{rpm.name}"
    install = "" if rpm.content is None else f"mkdir -p %{{buildroot}}/opt; echo '{rpm.content}' > %{{buildroot}}{file}"
    text = SPEC.format(**rpm._asdict(), install=install, files="" if rpm.content is None else file)
    return build(pathlib.Path(tempfile.mkdtemp(dir=workshop())), text, rpm.arch, when)[0]


def built_together(folder: pathlib.Path, version: str, names: t.Sequence[str]) -> list[pathlib.Path]:
    """Many packages of one version, from one run of rpmbuild."""
    folder.mkdir()
    spec = SPEC.format(
        name="together", epoch=0, version=version, release=1, obsoletes="", lines="", install="", files=""
    ).replace("%files\n", "")
    for name in names:
        spec += f"%package -n {name}\nSummary: test\n%description -n {name}\ntest\n%files -n {name}\n"
    return build(folder, spec, "x86_64", BUILT)


def build(folder: pathlib.Path, text: str, arch: str, when: int) -> list[pathlib.Path]:
    spec = folder / "package.spec"
    spec.write_text(text)
    defines = {"_topdir": folder, "_rpmdir": folder, "use_source_date_epoch_as_buildtime": 1}
    options = [part for name, value in defines.items() for part in ("--define", f"{name} {value}")]
    run("rpmbuild", "-bb", "--quiet", "--target", arch, *options, spec, SOURCE_DATE_EPOCH=str(when))
    return sorted(folder.rglob("*.rpm"))


def advisory(identifier: str, *rpms: Rpm, kind: str | None = "security", severity: str | None = "Important",
             issued: str | None = None, updated: str | None = None, status: str = "final",
             cves: t.Sequence[str] = (), bugs: t.Sequence[str] = ()) -> str:  # fmt: skip
    """One advisory as updateinfo.xml writes it."""
    dates = "".join(
        f'<{member} date="{value}"/>' for member, value in (("issued", issued), ("updated", updated)) if value
    )
    references = "".join(
        f'<reference type="{name}" id="{value}" href="https://example.com"/>'
        for name, values in (("cve", cves), ("bugzilla", bugs))
        for value in values
    )
    severe = f"<severity>{severity}</severity>" if severity else ""
    typed = f' type="{kind}"' if kind else ""
    packages = "".join(rpm.entry for rpm in rpms)
    return (
        f'<update from="test" status="{status}"{typed} version="1"><id>{identifier}</id>'
        f"<title>{xml.sax.saxutils.escape(identifier)}</title>{dates}{severe}<references>{references}</references>"
        f'<pkglist><collection short="c"><name>c</name>{packages}</collection></pkglist></update>'
    )


class Repository:
    """A repository on disk. Each change is published at once."""

    def __init__(self, folder: pathlib.Path, compression: str = "gz") -> None:
        self.folder = folder
        self.updates: list[str] = []
        self._compression = compression
        self._modules: str | None = None
        folder.mkdir(parents=True)

    def add(self, *rpms: Rpm, when: int = BUILT) -> Repository:
        for rpm in rpms:
            path = built(rpm, when)
            shutil.copy(path, self.folder / f"{rpm.epoch}-{path.name}")
        return self

    def advise(self, *updates: str) -> Repository:
        self.updates += updates
        return self

    def modules(self, text: str) -> Repository:
        self._modules = text
        return self

    def publish(self) -> Repository:
        run("createrepo_c", "--quiet", "--no-database", self.folder)
        if self.updates:
            self.publish_file("updateinfo", "<updates>%s</updates>" % "".join(self.updates))
        if self._modules:
            self.publish_file("modules", self._modules)
        return self

    def publish_file(self, kind: str, text: str) -> None:
        path = self.folder.parent / f"{kind}.xml"
        path.write_text(text)
        run("modifyrepo_c", f"--mdtype={kind}", f"--compress-type={self._compression}", path, self.folder / "repodata")

    def publish_zstd(self, kind: str, text: str) -> None:
        """As Fedora does; createrepo_c of Debian 12 does not know zstd."""
        path = self.folder / "repodata" / f"{kind}.xml.zst"
        path.write_bytes(subprocess.run(["zstd", "-cq"], input=text.encode(), capture_output=True, check=True).stdout)
        entry = (
            f'<data type="{kind}"><checksum type="sha256">{hashlib.sha256(path.read_bytes()).hexdigest()}</checksum>'
            f'<location href="repodata/{path.name}"/><timestamp>{BUILT}</timestamp></data></repomd>'
        )
        repomd = self.folder / "repodata/repomd.xml"
        repomd.write_text(repomd.read_text().replace("</repomd>", entry))


class RpmRoot:
    """A file system below `path` that dnf takes for its own."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.root = path / "root"
        self.cache = self.root / "var/cache/dnf"
        self.plugins = path / "plugins"
        self.configuration = self.root / "etc/dnf/dnf.conf"
        for folder in ("etc/dnf/vars", "etc/yum.repos.d", DATABASE, "var/log", "var/cache/dnf"):
            (self.root / folder).mkdir(parents=True)
        self.plugins.mkdir()
        self.configure()
        self.system("rhel", "9.4", "Red Hat Enterprise Linux")
        (self.root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        (self.root / "etc/dnf/vars/releasever").write_text("9\n")
        run("rpm", "--root", self.root, "--initdb")

    def configure(self, *lines: str) -> None:
        fixed = ["[main]", "gpgcheck=1", f"pluginpath={self.plugins}", f"pluginconfpath={self.plugins}", "retries=1"]
        self.configuration.write_text("\n".join([*fixed, *lines]) + "\n")

    def system(self, identifier: str, version: str, name: str) -> None:
        text = f'ID={identifier}\nNAME="{name}"\nVERSION_ID="{version}"\nPLATFORM_ID="platform:el9"\n'
        (self.root / "etc/os-release").write_text(text)

    def repository(self, name: str, *lines: str, address: str | None = None, compression: str = "gz") -> Repository:
        """A new repository, configured and enabled."""
        repository = Repository(self.path / "repositories" / name / "tree", compression)
        options = [f"[{name}]", f"name={name}", f"baseurl={address or repository.folder.as_uri()}", *lines]
        (self.root / "etc/yum.repos.d" / f"{name}.repo").write_text("\n".join(options) + "\n")
        return repository

    def install(self, *rpms: Rpm) -> None:
        self.install_files([built(rpm, BUILT) for rpm in rpms])

    def install_files(self, files: t.Sequence[pathlib.Path]) -> None:
        run("rpm", "--root", self.root, "-i", "--justdb", "--nodeps", "--noscripts", "--ignorearch", "--force", *files)

    def lock(self, *patterns: str) -> None:
        """As `dnf versionlock add` writes it; the plugin itself only needs to be there."""
        (self.plugins / "versionlock.py").write_text("raise ImportError('not to be loaded')\n")
        locklist = self.plugins / "versionlock.list"
        locklist.write_text("".join(f"{pattern}\n" for pattern in patterns))
        (self.plugins / "versionlock.conf").write_text(f"[main]\nenabled=1\nlocklist={locklist}\n")

    def dnf(self, *arguments: str) -> str:
        """What dnf's own command answers for this file system."""
        return run("dnf", f"--installroot={self.root}", "--quiet", *arguments)

    def run(self, command: t.Sequence[str], data: str | None = None) -> tuple[int, str, str]:
        """As a module's runner: exit code, standard output, standard error."""
        command = list(command)
        if os.getuid() != os.geteuid():  # within as_nobody
            user = str(os.geteuid())
            command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *command]
        done = subprocess.run(command, input=data, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        return done.returncode, done.stdout, done.stderr

    def primary(self, name: str) -> pathlib.Path:
        """The cached list of packages of a repository, whose time of modification says when it was last refreshed."""
        return next(self.cache.glob(f"{name}-*/repodata/*primary*"))

    def age(self, name: str, instant: int) -> None:
        os.utime(self.primary(name), (instant, instant))
