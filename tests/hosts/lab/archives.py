# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of packages, one for each host: published to by tests, and broken by them."""

from __future__ import annotations

import abc
import datetime
import functools
import pathlib
import shutil
import typing as t

from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import rpm_roots

from . import enclosure
from .enclosure import Enclosure
from .keys import SigningKey
from .packages import Package, build_deb, build_rpm, deb_arch
from .web import WebServer


class Advisory(t.NamedTuple):
    """A notice about the packages it is published with. Dates are written as they are given."""

    identifier: str
    severity: str | None = "Important"
    issued: str | None = "2026-01-01 00:00:00"
    kind: str = "security"
    updated: str | None = None
    cves: tuple[str, ...] = ()


class Workshop:
    """Builds packages, each once in a run."""

    def __init__(self, place: Enclosure) -> None:
        self.folder = place.folder / "packages"
        self.folder.mkdir()
        self._count = 0
        self.deb = functools.lru_cache(maxsize=None)(self._deb)
        self.rpm = functools.lru_cache(maxsize=None)(self._rpm)

    def _next_folder(self) -> pathlib.Path:
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        return folder

    def _deb(self, package: Package) -> pathlib.Path:
        return build_deb(package, self._next_folder())

    def _rpm(self, package: Package, key: SigningKey) -> pathlib.Path:
        made = build_rpm(package, self._next_folder())
        key.sign_rpms(made)
        return made


class Archive(abc.ABC):
    """What a host gets its packages from. Each change is published, and signed, at once."""

    def __init__(self, place: Enclosure, folder: pathlib.Path, workshop: Workshop, key: SigningKey) -> None:
        self.folder = folder
        self.key = key  # another one makes what is published from then on untrusted by the host
        self.workshop = workshop
        folder.mkdir(parents=True)
        self.web = WebServer(place, folder)

    def publish(self, *packages: Package, advisory: Advisory | None = None) -> None:
        """Offer packages. With an advisory of kind `security`, apt has them in its security suite."""
        for package in packages:
            self._add(package, advisory)
        if advisory:
            self._advise(advisory, packages)
        self.index()

    def withdraw(self, *packages: Package) -> None:
        """Take away the files of packages, but not what the index says of them, as a mirror does in the middle."""
        for package in packages:
            for path in self._files(package):
                path.unlink()

    @abc.abstractmethod
    def index(self) -> None:
        """Write and sign the index anew."""

    @abc.abstractmethod
    def corrupt(self) -> None:
        """Change a byte of the index, until it is written anew."""

    @abc.abstractmethod
    def _add(self, package: Package, advisory: Advisory | None) -> None:
        pass

    @abc.abstractmethod
    def _advise(self, advisory: Advisory, packages: t.Sequence[Package]) -> None:
        pass

    @abc.abstractmethod
    def _files(self, package: Package) -> list[pathlib.Path]:
        pass

    def close(self) -> None:
        self.web.close()
        shutil.rmtree(self.folder)


def change_a_byte(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


class AptArchive(Archive):
    """Two suites, `suite` and `suite`-security."""

    def __init__(self, *arguments: t.Any, suite: str) -> None:
        super().__init__(*arguments)
        self.suites = {suite: "Debian", f"{suite}-security": "Debian-Security"}  # with their labels
        self._valid_until: datetime.datetime | None = None
        for name in self.suites:
            (self.folder / "pool" / name).mkdir(parents=True)
            (self.folder / "dists" / name / "main" / f"binary-{deb_arch()}").mkdir(parents=True)
        self.index()

    def expire(self) -> None:
        """Let the Release files have been valid until yesterday."""
        self._valid_until = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        self.index()

    def index(self) -> None:
        for suite, label in self.suites.items():
            packages = f"dists/{suite}/main/binary-{deb_arch()}/Packages"
            listed = enclosure.run("sh", "-c", f"cd {self.folder} && apt-ftparchive packages pool/{suite}")
            (self.folder / packages).write_text(listed)
            self._release(self.folder / "dists" / suite, suite, label)

    def _release(self, folder: pathlib.Path, suite: str, label: str) -> None:
        fields = {"Origin": "Debian", "Label": label, "Suite": suite, "Codename": suite, "Components": "main"}
        fields["Architectures"] = deb_arch()
        options = [f"-o=APT::FTPArchive::Release::{name}={value}" for name, value in fields.items()]
        for name in ("Release", "InRelease"):
            (folder / name).unlink(missing_ok=True)
        text = enclosure.run("apt-ftparchive", *options, "release", folder)
        if self._valid_until:
            text = f"Valid-Until: {self._valid_until:%a, %d %b %Y %H:%M:%S} UTC\n{text}"
        (folder / "Release").write_text(text)
        self.key.clearsign(folder / "Release", folder / "InRelease")

    def corrupt(self) -> None:
        for path in self.folder.glob("dists/*/main/*/Packages"):
            path.write_bytes(path.read_bytes() or b"\n")
            change_a_byte(path)

    def _add(self, package: Package, advisory: Advisory | None) -> None:
        suite, security = self.suites
        chosen = security if advisory and advisory.kind == "security" else suite
        shutil.copy(self.workshop.deb(package), self.folder / "pool" / chosen)

    def _advise(self, advisory: Advisory, packages: t.Sequence[Package]) -> None:
        """The suite says all there is to say."""

    def _files(self, package: Package) -> list[pathlib.Path]:
        return list(self.folder.glob(f"pool/*/{self.workshop.deb(package).name}"))


class RpmArchive(Archive):
    """One repository with advisories in its updateinfo."""

    def __init__(self, *arguments: t.Any) -> None:
        super().__init__(*arguments)
        self._advisories: list[str] = []
        self.index()

    def index(self) -> None:
        metadata = self.folder / "repodata"
        enclosure.run("createrepo_c", "--quiet", "--no-database", self.folder)
        if self._advisories:
            updateinfo = self.folder / "updateinfo.xml"
            updateinfo.write_text(f"<updates>{''.join(self._advisories)}</updates>\n")
            enclosure.run("modifyrepo_c", "--mdtype=updateinfo", updateinfo, metadata)
        self.key.sign(metadata / "repomd.xml", metadata / "repomd.xml.asc")
        (metadata / "repomd.xml.key").write_text(self.key.public)

    def corrupt(self) -> None:
        for path in self.folder.glob("repodata/*-primary.xml*"):
            change_a_byte(path)

    def _add(self, package: Package, advisory: Advisory | None) -> None:
        shutil.copy(self.workshop.rpm(package, self.key), self.folder)

    def _advise(self, advisory: Advisory, packages: t.Sequence[Package]) -> None:
        details = advisory._asdict()
        identifier = details.pop("identifier")
        self._advisories.append(rpm_roots.advisory(identifier, *(package.rpm for package in packages), **details))

    def _files(self, package: Package) -> list[pathlib.Path]:
        return [self.folder / self.workshop.rpm(package, self.key).name]
