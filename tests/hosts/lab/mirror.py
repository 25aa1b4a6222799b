# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this machine gets Debian from: its own mirror, proxy and certificates, as apt knows them."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t


class Mirror(t.NamedTuple):
    address: str
    keyring: str | None  # a file


class NoMirror(Exception):
    """apt of this machine has no source of Debian packages."""


def mirror() -> Mirror:
    """The first of apt's sources that is Debian's own archive, as far as apt knows; else the first that may be."""
    form = "$(LABEL)|$(RELEASE)|$(REPO_URI)|$(SIGNED_BY)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    sources = [line.split("|", 3) for line in listed]
    debian = [source for source in sources if source[0] == "Debian"]
    unlabelled = [source for source in sources if not source[0] and "security" not in source[1]]
    for _label, _release, address, signed_by in debian + unlabelled:
        return Mirror(address, signed_by if pathlib.Path(signed_by).is_file() else None)
    raise NoMirror("apt of this machine knows no archive of Debian; name one in /etc/apt/sources.list")


def variables(folder: pathlib.Path) -> dict[str, str]:
    """The environment in which wget, and so debootstrap, asks the mirror as apt would. May write a file to `folder`."""
    options = {
        "http_proxy": "Acquire::http::Proxy",
        "https_proxy": "Acquire::https::Proxy",
        "ca_certificate": "Acquire::https::CAInfo",
    }
    found = {}
    for name, option in options.items():
        command = ["apt-config", "shell", "value", option]
        assignment = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        found[name] = assignment.partition("=")[2].strip("'")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    environment.update({name: found[name] for name in ("http_proxy", "https_proxy") if found[name]})
    if found["ca_certificate"]:
        (folder / "wgetrc").write_text(f"ca_certificate = {found['ca_certificate']}\n")
        environment["WGETRC"] = str(folder / "wgetrc")
    return environment
