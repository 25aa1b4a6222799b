# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small Debian systems that the real apt and dpkg install on: this machine's programs, packages and archives made here.

Everything runs in a chroot, maintainer scripts too. A system is a copy of a template, which takes milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import typing as t

PROGRAMS = """
apt-cache apt-config apt-get apt-mark cat chmod cp diff dpkg dpkg-deb dpkg-query dpkg-split dpkg-trigger false ldconfig
ls mkdir mv rm sed sh sleep start-stop-daemon tar touch true
"""
METHODS = "/usr/lib/apt/methods"
SEARCHED = "/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"LC_ALL": "C", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive", "PATH": SEARCHED}
FOLDERS = """
archive dev etc/apt/apt.conf.d etc/apt/preferences.d etc/apt/sources.list.d etc/apt/trusted.gpg.d etc/dpkg/dpkg.cfg.d
run tmp usr/bin usr/lib usr/sbin usr/share var/cache/apt var/lib/apt/lists var/lib/apt/periodic var/lib/dpkg/info
var/lib/dpkg/triggers var/lib/dpkg/updates var/log/apt
"""
CONFIGURATION = """\
APT::Architecture "amd64";
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "0";
Acquire::Check-Valid-Until "false";
"""
DATE = "Fri, 20 Nov 2026 10:00:00 UTC"
_library = re.compile(r"(/\S+) \(0x")


def quietly(command: t.Sequence[str]) -> str:
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def make_template(path: pathlib.Path, origin: str = "/") -> None:
    """The programs of the system at `origin`, with the libraries they load."""
    for name in FOLDERS.split():
        (path / name).mkdir(parents=True)
    for name in ("bin", "sbin", "lib"):
        (path / name).symlink_to("usr/%s" % name)
    (path / "lib64").symlink_to("usr/lib")
    chroot = [] if origin == "/" else ["chroot", origin]
    programs = [
        shutil.which(name, path=":".join(origin + part for part in SEARCHED.split(":"))) for name in PROGRAMS.split()
    ]
    assert None not in programs, programs
    files = ["/" + os.path.relpath(program, origin) for program in t.cast("t.List[str]", programs)]
    files += ["%s/%s" % (METHODS, name) for name in os.listdir(origin + METHODS)]
    # libraries that others load by name only when they need them
    libraries = set(_library.findall(quietly([*chroot, "ldd", *files])))
    for file in [*files, *sorted(libraries)]:
        real = pathlib.Path(origin + file)
        target = path / file.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(real, target)
    shutil.copytree(origin + "/usr/share/dpkg", path / "usr/share/dpkg")
    (path / "etc/apt/apt.conf.d/test").write_text(CONFIGURATION)
    (path / "etc/dpkg/dpkg.cfg").write_text("force-unsafe-io\nno-debsig\n")  # nothing here outlives a crash
    (path / "etc/os-release").write_text('ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n')
    (path / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (path / "etc/group").write_text("root:x:0:\n")
    for name in ("var/lib/dpkg/status", "var/lib/dpkg/available", "etc/apt/sources.list"):
        (path / name).touch()
    try:
        os.mknod(path / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        (path / "dev/null").touch()


class Debs:
    """Builds each package once. `scripts` are maintainer scripts by name, `files` what it holds, by path."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._built: t.Dict[str, pathlib.Path] = {}

    def build(
        self,
        name: str,
        version: str,
        arch: str = "amd64",
        scripts: t.Optional[t.Mapping[str, str]] = None,
        files: t.Optional[t.Mapping[str, str]] = None,
        conffiles: t.Sequence[str] = (),
        **fields: str,
    ) -> pathlib.Path:
        scripts, files = scripts or {}, files or {}
        key = repr((name, version, arch, sorted(scripts.items()), sorted(files.items()), conffiles, fields))
        if key not in self._built:
            tree = self._folder / str(len(self._built))
            control = tree / "DEBIAN"
            control.mkdir(parents=True)
            lines = {
                "Package": name,
                "Version": version,
                "Architecture": arch,
                "Maintainer": "Test <test@example.com>",
                "Section": "net",
                "Priority": "optional",
                "Description": "made for a test",
                **{field.replace("_", "-"): value for field, value in fields.items()},
            }
            (control / "control").write_text("".join("%s: %s\n" % line for line in lines.items()))
            for script, text in scripts.items():
                (control / script).write_text("#!/bin/sh\nset -e\n%s\n" % text)
                (control / script).chmod(0o755)
            for file, text in {"/usr/share/%s/version" % name: version, **files}.items():
                (tree / file.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
                (tree / file.lstrip("/")).write_text(text)
            if conffiles:
                (control / "conffiles").write_text("".join("%s\n" % file for file in conffiles))
            deb = self._folder / ("%d.deb" % len(self._built))
            quietly(["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(deb)])
            self._built[key] = deb
        return self._built[key]


class Suite:
    """A suite of the archive inside a system."""

    def __init__(self, root: AptRoot, name: str, release: t.Mapping[str, str]) -> None:
        self._root = root
        self.name = name
        self._release = {"Origin": "Test", "Label": "Debian", "Suite": name, "Codename": name, "Date": DATE, **release}
        self._stanzas: t.Dict[pathlib.Path, str] = {}
        self.publish()

    def add(self, name: str, version: str, arch: str = "amd64", **details: t.Any) -> pathlib.Path:
        """A package at this version; where its file is in the archive."""
        deb = self._root.debs.build(name, version, arch, **details)
        pool = self._root.path / "archive/pool" / self.name
        pool.mkdir(parents=True, exist_ok=True)
        file = pool / ("%s_%s_%s.deb" % (name, version.replace(":", "%3a"), arch))
        shutil.copy(deb, file)
        content = deb.read_bytes()
        self._stanzas[file] = "%sFilename: %s\nSize: %d\nSHA256: %s\n\n" % (
            quietly(["dpkg-deb", "--field", str(deb)]),
            file.relative_to(self._root.path / "archive"),
            len(content),
            hashlib.sha256(content).hexdigest(),
        )
        self.publish()
        return file

    def drop(self, file: pathlib.Path) -> None:
        """The archive no longer has this package."""
        file.unlink()
        del self._stanzas[file]
        self.publish()

    def publish(self) -> None:
        content = "".join(self._stanzas.values()).encode()
        folder = self._root.path / "archive/dists" / self.name
        checksums = ""
        for arch in ("amd64", "i386"):
            index = "main/binary-%s/Packages" % arch
            (folder / index).parent.mkdir(parents=True, exist_ok=True)
            (folder / index).write_bytes(content)
            checksums += " %s %d %s\n" % (hashlib.sha256(content).hexdigest(), len(content), index)
        fields = {**self._release, "Architectures": "amd64 i386", "Components": "main"}
        text = "".join("%s: %s\n" % line for line in fields.items())
        (folder / "Release").write_text("%sSHA256:\n%s" % (text, checksums))


class AptRoot:
    """A Debian system below `path`."""

    def __init__(self, path: pathlib.Path, template: pathlib.Path, debs: Debs) -> None:
        self.path = path
        self.debs = debs
        self.commands: t.List[t.List[str]] = []
        path.mkdir()
        # nobody writes into the programs, which are most of it
        for part in sorted(template.iterdir()):
            shared = ["--link"] if part.name == "usr" else []
            quietly(["cp", "--archive", *shared, str(part), str(path)])

    def file(self, name: str) -> pathlib.Path:
        return self.path / name.lstrip("/")

    def suite(self, name: str, address: str = "copy:/archive", options: str = "trusted=yes", **release: str) -> Suite:
        """A new suite, configured as a source."""
        line = "deb [%s] %s %s main\n" % (options, address, name)
        with open(self.file("etc/apt/sources.list"), "a", encoding="utf-8") as stream:
            stream.write(line)
        return Suite(self, name, {field.replace("_", "-"): value for field, value in release.items()})

    def pin(self, package: str, pin: str, priority: int) -> None:
        text = "Package: %s\nPin: %s\nPin-Priority: %d\n\n" % (package, pin, priority)
        with open(self.file("etc/apt/preferences.d/test"), "a", encoding="utf-8") as stream:
            stream.write(text)

    def configure(self, text: str) -> None:
        with open(self.file("etc/apt/apt.conf.d/test"), "a", encoding="utf-8") as stream:
            stream.write(text + "\n")

    def command(self, command: t.Sequence[str]) -> t.List[str]:
        """`command` inside the system."""
        enter = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
        return [*enter, "chroot", str(self.path), *command]

    def start(
        self, command: t.Sequence[str], environment: t.Optional[t.Mapping[str, str]] = None, **how: t.Any
    ) -> subprocess.Popen[str]:
        """As the worker runs a step: no terminal, both streams in one."""
        return subprocess.Popen(
            self.command(command),
            env={**ENVIRONMENT, **(environment or {})},
            text=True,
            start_new_session=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **how},
        )

    def run(self, command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]:
        """As a module's runner: exit code, standard output, standard error."""
        self.commands.append(list(command))
        # these systems have no Python: the probe looks at them from outside
        outside = os.path.basename(command[0]).startswith("python")
        ended = subprocess.run(
            list(command) if outside else self.command(command),
            input=data or "",
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def do(self, *command: str) -> str:
        code, output, errors = self.run(command)
        assert code == 0, output + errors
        return output

    def update(self) -> None:
        self.do("apt-get", "update")

    def have(self, name: str, version: str, arch: str = "amd64", **details: t.Any) -> None:
        """Installed, in truth: unpacked and configured by dpkg."""
        target = self.path / "tmp/have.deb"
        shutil.copy(self.debs.build(name, version, arch, **details), target)
        self.do("dpkg", "--force-depends", "--force-confold", "--install", "/tmp/have.deb")
        target.unlink()

    def installed(self) -> t.Dict[str, str]:
        """Version and, where it is not installed properly, dpkg's word for that, by name.arch."""
        form = "${Package}.${Architecture} ${Version} ${db:Status-Status}\n"
        lines = [line.split() for line in self.do("dpkg-query", "--show", "--showformat", form).splitlines()]
        return {
            fields[0]: fields[1] if fields[2] == "installed" else "%s %s" % (fields[1], fields[2])
            for fields in lines
            if fields[2:] and fields[2] not in ("not-installed", "config-files")
        }
