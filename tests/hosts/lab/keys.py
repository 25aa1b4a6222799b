# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throw-away keys: one pair for SSH, and signing keys for archives. They live as long as the run."""

from __future__ import annotations

import pathlib
import typing as t

from . import enclosure
from .enclosure import Enclosure

BATCH = """\
%%no-protection
Key-Type: RSA
Key-Length: 2048
Name-Email: %s
%%commit
"""


class SshKey(t.NamedTuple):
    private: pathlib.Path
    public: str


def ssh_key(place: Enclosure) -> SshKey:
    private = place.folder / "id_ed25519"
    enclosure.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", private)
    return SshKey(private, private.with_suffix(".pub").read_text())


class SigningKey:
    """One key of OpenPGP in a keyring of its own."""

    def __init__(self, place: Enclosure, name: str) -> None:
        self.email = f"{name}@example.com"
        self.home = place.folder / f"gpg-{name}"
        self._place = place
        self.home.mkdir(mode=0o700)
        batch = self.home / "batch"
        batch.write_text(BATCH % self.email)
        self._gpg("--generate-key", batch)
        self.public = self._gpg("--armor", "--export", self.email)

    def _gpg(self, *arguments: t.Any) -> str:
        # inside, because the agent that gpg starts has to end with the run
        return self._place.inside("gpg", "--homedir", self.home, "--batch", "--quiet", "--yes", *arguments)

    def sign(self, path: pathlib.Path, signature: pathlib.Path) -> None:
        """A signature beside a file."""
        self._gpg("--local-user", self.email, "--armor", "--output", signature, "--detach-sign", path)

    def clearsign(self, path: pathlib.Path, signed: pathlib.Path) -> None:
        """A copy of a text file with its signature inside."""
        self._gpg("--local-user", self.email, "--output", signed, "--clearsign", path)

    def sign_rpms(self, *paths: pathlib.Path) -> None:
        defines = {"_gpg_name": self.email, "_gpg_path": self.home, "__gpg": "/usr/bin/gpg"}
        options = [part for name, value in defines.items() for part in ("--define", f"{name} {value}")]
        self._place.inside("rpmsign", "--addsign", *options, *paths)
