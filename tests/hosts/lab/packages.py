# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages made for tests: described once, built as deb or as rpm."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import typing as t

from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host import rpm_roots

from . import enclosure

VERSION_FILE = "usr/share/made/%s"
SPEC = """\
Name: {name}
{epoch_line}Version: {version}
Release: {release}
Summary: made for a test
License: MIT
Vendor: {vendor}
AutoReqProv: no
{relations}
%description
made for a test
%install
cp -a {content}/. %{{buildroot}}/
%files
{files}
"""
CONTROL = """\
Package: {name}
Version: {version}
Architecture: {arch}
Maintainer: Lab <lab@example.com>
Section: {section}
Priority: optional
{relations}Description: made for a test
"""


class Package(t.NamedTuple):
    """A package that holds a file with its version in /usr/share/made, and what is asked for besides.

    `version` is [epoch:]version-release. `requires` and its like are written as rpm does: "lib >= 2.0".
    `before` and `after` are shell code that runs as root before and after installation.
    """

    name: str
    version: str = "1.0-1"
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    files: tuple[tuple[str, str], ...] = ()  # path, content
    configuration: tuple[tuple[str, str], ...] = ()  # the same, kept if the administrator changed it
    size: int = 0  # bytes that do not compress
    section: str = "misc"  # of Debian
    vendor: str = "SUSE LLC <https://www.suse.com/>"  # of rpms; zypper does not change it

    @property
    def rpm(self) -> rpm_roots.Rpm:
        epoch, _colon, rest = self.version.rpartition(":")
        version, _dash, release = rest.partition("-")
        return rpm_roots.Rpm(self.name, version, release or "1", int(epoch or 0), rpm_arch())

    @property
    def evr(self) -> str:
        """The version as rpm's tools write it."""
        rpm = self.rpm
        return f"{rpm.epoch}:{rpm.version}-{rpm.release}" if rpm.epoch else f"{rpm.version}-{rpm.release}"


def rpm_arch() -> str:
    return os.uname().machine


@functools.cache
def deb_arch() -> str:
    return enclosure.run("dpkg", "--print-architecture").strip()


def content(package: Package, folder: pathlib.Path) -> list[str]:
    """Write the files of a package below a folder; their paths."""
    texts = {VERSION_FILE % package.name: package.version + "\n"}
    texts.update((path.lstrip("/"), text) for path, text in (*package.files, *package.configuration))
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    paths = list(texts)
    if package.size:
        paths.append(VERSION_FILE % package.name + ".ballast")
        (folder / paths[-1]).write_bytes(os.urandom(package.size))
    return [f"/{path}" for path in paths]


def build_deb(package: Package, folder: pathlib.Path) -> pathlib.Path:
    """The package as a file in a folder."""
    tree = folder / "tree"
    content(package, tree)
    control = tree / "DEBIAN"
    control.mkdir()
    relations = {
        "Depends": package.requires,
        "Conflicts": package.conflicts,
        "Provides": package.provides,
        "Replaces": package.obsoletes,
    }
    lines = "".join(f"{name}: {', '.join(map(debian, values))}\n" for name, values in relations.items() if values)
    (control / "control").write_text(CONTROL.format(**{**package._asdict(), "arch": deb_arch(), "relations": lines}))
    (control / "conffiles").write_text("".join(f"{path}\n" for path, _text in package.configuration))
    for name, code in (("preinst", package.before), ("postinst", package.after)):
        if code:
            # maintainer scripts also run for other acts, which tests mean nothing by
            when = "install|upgrade" if name == "preinst" else "configure"
            (control / name).write_text(f'#!/bin/sh\nset -e\ncase "$1" in {when})\n{code}\n;; esac\n')
            (control / name).chmod(0o755)
    version = package.version.replace(":", "%3a")
    made = folder / f"{package.name}_{version}_{deb_arch()}.deb"
    enclosure.run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, made)
    shutil.rmtree(tree)
    return made


def debian(relation: str) -> str:
    """A relation of rpm's form in Debian's."""
    name, _space, condition = relation.partition(" ")
    operator, _space, version = condition.partition(" ")
    strict = {"<": "<<", ">": ">>"}
    return f"{name} ({strict.get(operator, operator)} {version})" if condition else name


def build_rpm(package: Package, folder: pathlib.Path) -> pathlib.Path:
    """The package as a file below a folder, unsigned."""
    tree = folder / "tree"
    configuration = {path for path, _text in package.configuration}
    files = [f"%config(noreplace) {path}" if path in configuration else path for path in content(package, tree)]
    tags = {
        "Requires": package.requires,
        "Conflicts": package.conflicts,
        "Provides": package.provides,
        "Obsoletes": package.obsoletes,
    }
    lines = "".join(f"{tag}: {value}\n" for tag, values in tags.items() for value in values)
    rpm = package.rpm
    spec = SPEC.format(
        **{**rpm._asdict(), "content": tree},
        epoch_line=f"Epoch: {rpm.epoch}\n" if rpm.epoch else "",
        relations=lines,
        vendor=package.vendor,
        files="\n".join(files),
    )
    for section, code in (("%pre", package.before), ("%post", package.after)):
        if code:
            spec += f"{section}\nset -e\n{code}\n"
    (made,) = rpm_roots.build(folder, spec, rpm.arch, rpm_roots.BUILT)
    shutil.rmtree(tree)
    return made
