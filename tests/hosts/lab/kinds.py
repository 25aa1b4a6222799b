# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of test hosts: which Debian stands in for what, and which systems it can play."""

from __future__ import annotations

import typing as t


class Identity(t.NamedTuple):
    """The system that a host plays: its os-release file, and the rpm that carries its release."""

    os_release: str
    release_package: str
    release: str


class Kind(t.NamedTuple):
    """A kind of host. `packages` are what its root holds beside systemd, sshd and Python."""

    name: str
    manager: str  # apt, dnf, dnf5, zypper
    suite: str  # of Debian
    packages: tuple[str, ...]
    identities: t.Mapping[str, Identity]  # the first is the usual one; none: the host is the Debian that it is


def identity(identifier: str, name: str, release: str, platform: str = "") -> Identity:
    lines = [f'NAME="{name}"', f'ID="{identifier}"', f'VERSION_ID="{release}"', f'PRETTY_NAME="{name} {release}"']
    if platform:
        lines.append(f'PLATFORM_ID="platform:{platform}"')
    return Identity("".join(f"{line}\n" for line in lines), f"{identifier}-release", release)


EL = {
    "rhel9": identity("rhel", "Red Hat Enterprise Linux", "9.4", "el9"),
    "rocky9": identity("rocky", "Rocky Linux", "9.4", "el9"),
    "amzn2023": identity("amzn", "Amazon Linux", "2023", "al2023"),
    "rhel8": identity("rhel", "Red Hat Enterprise Linux", "8.10", "el8"),
}
FEDORA = {"fedora": identity("fedora", "Fedora Linux", "43", "f43")}
SUSE = {"sles15": identity("sles", "SLES", "15.6"), "leap15": identity("opensuse-leap", "openSUSE Leap", "15.6")}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("debian12", "apt", "bookworm", ("python3-apt",), {}),
        Kind("debian13", "apt", "trixie", ("python3-apt",), {}),
        # dnf 4.14, as EL 9 has
        Kind("dnf4", "dnf", "bookworm", ("dnf", "python3-dnf", "dnf-plugins-core", "rpm"), EL),
        Kind("fedora", "dnf5", "forky", ("dnf5", "python3-libdnf5", "rpm"), FEDORA),
        Kind("suse15", "zypper", "trixie", ("zypper", "rpm"), SUSE),
    )
}
