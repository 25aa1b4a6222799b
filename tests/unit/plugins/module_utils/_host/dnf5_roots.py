# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small file systems that a real dnf5 looks at, or what it answered when the tests were recorded.

PATCHOPS_DNF5_ROOT names the root of a system with dnf5, python3-libdnf5 and /proc ("/" is one such): every command then
runs in it, as root. Set PATCHOPS_DNF5_RECORD as well to keep the answers for everybody else. Without a system the
recorded answers are replayed, each to the very command that was recorded.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import typing as t

from ansible_collections.patchops.fleet.plugins.module_utils._host.advisories import open_updateinfo
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    BUILT,
    ENVIRONMENT,
    Repository,
    Rpm,
    RpmRoot,
)

SYSTEM = os.environ.get("PATCHOPS_DNF5_ROOT")
RECORDING = bool(SYSTEM) and bool(os.environ.get("PATCHOPS_DNF5_RECORD"))
RECORDS = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "dnf5" / "answers.json"
PLACE = "/srv/node"  # stands for the path of the file system in what is recorded
PYTHON = "/srv/python"  # and this for the Python that runs the tests
INTERPRETER = "/usr/bin/python3"


Answer = t.Dict[str, t.Any]


@functools.lru_cache(maxsize=None)
def records() -> t.Dict[str, t.Dict[str, t.Any]]:
    """The answers by `tests`, and by digest the `texts` that they refer to: many answers are alike."""
    return json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {"tests": {}, "texts": {}}


def kept(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    records()["texts"][digest] = text
    return digest


class Unbuilt(Repository):
    """A repository that nobody asks, because the answers are there already."""

    def __init__(self, folder: pathlib.Path, compression: str = "gz") -> None:
        super().__init__(folder, compression)
        (folder / "repodata").mkdir()

    def add(self, *rpms: Rpm, when: int = BUILT) -> Unbuilt:
        return self

    def publish(self) -> Unbuilt:
        return self


class Dnf5Root(RpmRoot):
    """A file system below `path` with dnf5 alone. `bindings` tells whether Python is to find libdnf5."""

    def __init__(self, path: pathlib.Path, test: str, bindings: bool = True) -> None:
        node = path / "node"
        if SYSTEM and SYSTEM != "/":
            real = pathlib.Path(SYSTEM) / node.relative_to("/")
            real.mkdir(parents=True)
            node.symlink_to(real)
        super().__init__(node)
        self.cache = self.root / "var/cache/libdnf5"
        (self.root / "var/lib/rpm").symlink_to(".rpmdb")
        self.transactions = self.root / "var/lib/dnf/system-repo.lock"
        self.transactions.parent.mkdir()
        self.transactions.touch()
        (self.root / "home").mkdir()
        (self.root / "home").chmod(0o777)
        (self.root / "usr/bin").mkdir(parents=True)
        (self.root / "usr/bin/dnf5").touch()
        self.system("fedora", "44", "Fedora Linux")
        self.bindings = bindings
        self._test = test
        self._answers: t.List[t.Dict[str, t.Any]] = [] if SYSTEM else list(records()["tests"][test])
        self._at: t.Optional[float] = None
        self._asking = threading.Lock()  # one thread at a time: the answers, and who this process is

    def now(self) -> datetime.datetime:
        """The moment of the last answer; of the recording, where it is one."""
        return datetime.datetime.fromtimestamp(self._at or 0, datetime.timezone.utc)

    def repository(self, name: str, *lines: str, **options: t.Any) -> Repository:
        if SYSTEM:
            return super().repository(name, *lines, **options)
        return Unbuilt(self.path / "repositories" / name / "tree")

    def install(self, *rpms: Rpm) -> None:
        if SYSTEM:
            super().install(*rpms)

    def lock_versions(self, *packages: t.Tuple[str, str, str]) -> None:
        """As `dnf5 versionlock add` writes it: name, comparator and version."""
        text = 'version = "1.0"\n'
        for name, comparator, version in packages:
            text += (
                f'[[packages]]\nname = "{name}"\n'
                f'[[packages.conditions]]\nkey = "evr"\ncomparator = "{comparator}"\nvalue = "{version}"\n'
            )
        (self.root / "etc/dnf/versionlock.toml").write_text(text)

    def age(self, name: str, instant: float) -> None:
        """The metadata of a repository was last refreshed at `instant`."""
        if SYSTEM:
            super().age(name, int(instant))

    def dnf(self, *arguments: str) -> str:
        code, output, errors = self.run(["dnf5", f"--installroot={self.root}", "--quiet", *arguments])
        assert code == 0, errors
        return output

    def run(self, command: t.Sequence[str], data: str | None = None) -> tuple[int, str, str]:
        with self._asking:
            if not SYSTEM:
                return self._replay(command)
            if os.geteuid() != 0:  # which as_root changes for every thread
                return self._kept(command, *self._ask(command, data))
        answer = self._ask(command, data)
        with self._asking:
            return self._kept(command, *answer)

    def _kept(self, command: t.Sequence[str], code: int, output: str, errors: str) -> tuple[int, str, str]:
        self._at = datetime.datetime.now(datetime.timezone.utc).timestamp()
        if RECORDING:
            self._record(command, code, output, errors)
        return code, output, errors

    def _ask(self, command: t.Sequence[str], data: str | None) -> tuple[int, str, str]:
        command = list(command)
        if command[0] in (INTERPRETER, sys.executable) and not self.bindings:
            command[:1] = [INTERPRETER, "-S"]  # it does not look where Debian keeps them
        user = os.geteuid()
        entering = ["chroot", f"--userspec={user}:{user}"] if user else ["chroot"]
        with as_root():
            done = subprocess.run(
                [*entering, str(SYSTEM), *command],
                input=data,
                capture_output=True,
                text=True,
                check=False,
                env=dict(ENVIRONMENT, HOME="/home" if user else "/root"),
            )
        return done.returncode, done.stdout, done.stderr

    def _record(self, command: t.Sequence[str], code: int, output: str, errors: str) -> None:
        answer = {
            "command": self._placed(command),
            "at": self._at,
            "code": code,
            "output": kept(self._placed([output])[0]),
            "errors": kept(self._placed([errors])[0]),
            "files": {self._placed([path])[0]: kept(text) for path, text in self._files()},
        }
        self._answers.append(answer)
        records()["tests"][self._test] = self._answers
        with as_root():
            RECORDS.parent.mkdir(exist_ok=True)
            RECORDS.write_text(json.dumps(records(), indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def _files(self) -> t.Iterator[t.Tuple[str, str]]:
        """What of the cache is read without dnf5."""
        for path in sorted(self.cache.glob("*/repodata/*")):
            if "updateinfo" in path.name or (path.name == "repomd.xml" and not self.bindings):
                with open_updateinfo(str(path)) as stream:
                    yield str(path), stream.read().decode()

    def _placed(self, texts: t.Sequence[str]) -> t.List[str]:
        here = str(self.path)
        return [
            text.replace(here, PLACE).replace(here.replace("/", "\\/"), PLACE).replace(sys.executable, PYTHON)
            for text in texts
        ]

    def _replay(self, command: t.Sequence[str]) -> tuple[int, str, str]:
        placed = self._placed(command)
        # Commands that run at the same time are asked in any order.
        answer = next((one for one in self._answers if one["command"] == placed), None)
        assert answer is not None, placed
        self._answers.remove(answer)
        self._at = max(self._at or 0, answer["at"])
        texts = records()["texts"]
        for name, digest in answer["files"].items():
            path = pathlib.Path(name.replace(PLACE, str(self.path)))
            with as_root():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(texts[digest], encoding="utf-8")
        output, errors = (texts[answer[stream]].replace(PLACE, str(self.path)) for stream in ("output", "errors"))
        return answer["code"], output, errors


@contextlib.contextmanager
def as_root() -> t.Iterator[None]:
    """Within as_nobody only root may enter another root."""
    user = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(user)
