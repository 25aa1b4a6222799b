# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection. Which installed packages the running kernel and its modules are from."""

from __future__ import annotations

import os
import re
import typing as t

from .._engine.versions import rpm_text
from .base import Document, Run

# Image and modules of a release; distributions differ in where the image is, and some of these are links to others.
FILES = ("/boot/vmlinuz-%s", "/lib/modules/%s", "/usr/lib/modules/%s", "/usr/lib/modules/%s/vmlinuz")
RPM_FORMAT = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\n"
RPM_DATABASES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")

_owner = re.compile(r"^(?P<names>[a-z0-9][^\s,]*(?:, [a-z0-9][^\s,]*)*): /", re.MULTILINE)
_image = re.compile(r"^(kernel|linux-image)")


class RunningKernel(t.NamedTuple):
    release: str  # as uname -r tells it
    owners: t.FrozenSet[t.Tuple[str, t.Optional[str]]] = frozenset()  # name and version; None: there is one at a time

    def is_from(self, change: Document) -> bool:
        """Whether what a run brought holds a part of the kernel that runs.

        Where no package owns its files, as in a container, the name tells: Debian has the release in the package's
        name, rpm's distributions in its version.
        """
        if self.owners:
            return (change["name"], change["new"]) in self.owners or (change["name"], None) in self.owners
        if not _image.match(change["name"]):
            return False
        version = (change["new"] or "").rpartition(":")[2]
        return self.release in change["name"] or self.release in (version, "%s.%s" % (version, change["arch"]))


def running_kernel(run: Run, manager: str, root: str = "", release: t.Optional[str] = None) -> RunningKernel:
    """By what the package manager's database says of its files."""
    known = os.uname().release if release is None else release
    files = [path % known for path in FILES]
    return RunningKernel(
        known, frozenset(_of_dpkg(run, files, root) if manager == "apt" else _of_rpm(run, files, root))
    )


def _of_dpkg(run: Run, files: t.Sequence[str], root: str) -> t.Iterator[t.Tuple[str, t.Optional[str]]]:
    """It says what it knows of some, though of others it knows nothing."""
    database = ["--admindir=%s/var/lib/dpkg" % root] if root else []
    _code, output, _errors = run(["dpkg-query", *database, "--search", *files])
    for names in _owner.findall(output):
        for name in names.split(", "):
            yield name.partition(":")[0], None


def _of_rpm(run: Run, files: t.Sequence[str], root: str) -> t.Iterator[t.Tuple[str, t.Optional[str]]]:
    place = next((path for path in RPM_DATABASES if os.path.isdir(root + path)), RPM_DATABASES[0])
    database = ["--dbpath", root + place] if root else []
    _code, output, _errors = run(["rpm", *database, "--query", "--file", "--queryformat", RPM_FORMAT, *files])
    for line in output.splitlines():
        fields = line.split("\t")
        if len(fields) == 4:
            yield fields[0], rpm_text(*fields[1:])
