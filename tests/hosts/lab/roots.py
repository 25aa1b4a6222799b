# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file systems that hosts start from: made once by debootstrap, kept by the content of their recipe.

    python -m ansible_collections.patchops.fleet.tests.hosts.lab.roots [KIND...]

makes those that are missing.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from .kinds import KINDS, Kind
from .locks import exclusive
from .mirror import NoMirror, mirror, variables
from .mounts import unmount_below

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
# PATCHOPS_HOSTS_CACHE lets several checkouts share their roots.
CACHE = pathlib.Path(os.environ.get("PATCHOPS_HOSTS_CACHE") or CHECKOUT / ".cache" / "hosts")

PACKAGES = ("systemd", "systemd-sysv", "dbus", "iproute2", "openssh-server", "python3")
# In the new root. Timers that would take the package manager's lock at a moment of their own are none of our tests'.
FINISH = r"""
set -e
systemctl --quiet enable systemd-networkd.service systemd-networkd-wait-online.service ssh.service
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dnf-makecache.timer dpkg-db-backup.timer \
    systemd-resolved.service systemd-firstboot.service
apt-get clean
rm -rf /var/lib/apt/lists/* /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/machine-id /var/log/*.log
: > /etc/resolv.conf
if command -v rpm > /dev/null; then
    # Debian's rpm keeps its database in the home of the user; every other system has it here.
    mkdir -p /etc/rpm /var/lib/rpm
    echo '%_dbpath /var/lib/rpm' > /etc/rpm/macros
    rpm --initdb
fi
# Debian's dnf comes with a plugin that keeps every package in a local repository, other systems' dnf does not.
for file in /etc/dnf/plugins/local.conf /etc/dnf/libdnf5-plugins/local.conf; do
    if [ -e "$file" ]; then sed -i '0,/^enabled.*/s//enabled = false/' "$file"; fi
done
"""


class NoRoot(Exception):
    """A root could not be made; says where the output of debootstrap is."""


def recipe(kind: Kind) -> str:
    """Whatever a root depends on."""
    return repr((kind.suite, sorted(PACKAGES + kind.packages), FINISH))


def location(kind: Kind) -> pathlib.Path:
    return CACHE / "roots" / f"{kind.name}-{hashlib.sha256(recipe(kind).encode()).hexdigest()[:12]}"


def root(kind: Kind) -> pathlib.Path:
    """The root of a kind, made now if there is none yet. Nobody may write to it."""
    place = location(kind)
    place.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(place.parent / f"{kind.name}.lock"):
        if not place.is_dir():
            make(kind, place)
            remove_others(kind, place)
    return place


def make(kind: Kind, place: pathlib.Path) -> None:
    unfinished = place.with_name(place.name + ".unfinished")
    unmount_below(unfinished)
    shutil.rmtree(unfinished, ignore_errors=True)
    started = time.monotonic()
    print(f"Making the root of {kind.name} (Debian {kind.suite} with {', '.join(kind.packages)})", file=sys.stderr)
    source = mirror()
    # Releases younger than this machine's debootstrap are made as unstable is.
    script = [] if pathlib.Path("/usr/share/debootstrap/scripts", kind.suite).exists() else ["sid"]
    keyring = [f"--keyring={source.keyring}"] if source.keyring else []
    include = ",".join(PACKAGES + kind.packages)
    command = ["debootstrap", "--variant=minbase", f"--include={include}", *keyring]
    log = place.with_name(f"{kind.name}.log")
    with log.open("wb") as output:
        for step in (
            [*command, kind.suite, str(unfinished), source.address, *script],
            ["chroot", str(unfinished), "sh", "-c", FINISH],
        ):
            ended = subprocess.run(
                step, env=variables(log.parent), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
            )
            if ended.returncode != 0:
                raise NoRoot(f"No root of {kind.name}: {step[0]} ended with {ended.returncode}, see {log}")
    unfinished.rename(place)
    print(f"Made {place} in {time.monotonic() - started:.0f} s", file=sys.stderr)


def remove_others(kind: Kind, place: pathlib.Path) -> None:
    """Remove what older recipes of this kind made, unless a running host stands on it."""
    mounts = pathlib.Path("/proc/mounts").read_text()
    for other in place.parent.glob(f"{kind.name}-*"):
        if other != place and str(other) not in mounts:
            shutil.rmtree(other)


if __name__ == "__main__":
    try:
        for name in sys.argv[1:] or KINDS:
            root(KINDS[name])
    except (NoRoot, NoMirror) as error:
        sys.exit(str(error))
