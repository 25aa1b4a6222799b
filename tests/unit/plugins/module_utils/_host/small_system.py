# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small apt system that runs of the collection change, in real processes."""

from __future__ import annotations

import copy
import datetime
import hashlib
import os
import pathlib
import re
import signal

from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, install, job, rollback, runs, state
from ansible_collections.patchops.fleet.plugins.module_utils._host.task import Host, Task
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import DEBIAN, baseline, rule
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.small_installer import Small
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.waiting import until, until_there

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
EVERYTHING = baseline(DEBIAN, rule(days=None, enable_non_security=True))


class System:
    """A node with foo and bar behind, lib a dependency, and a transaction of its own."""

    def __init__(self, fake_root):
        self.fake_root = fake_root
        self.root = fake_root.root
        self.suite = fake_root.suite("stable")
        for name in ("bar", "foo", "lib"):
            self.suite.add(name, "1.0")
            fake_root.install(name, "1.0")
        self.offer("1.1", "bar", "foo")
        (self.root / "failing").mkdir()
        self.installer = type("Small", (Small,), {})

    def offer(self, version, *names):
        for name in names:
            self.suite.add(name, version)
        # apt tells by size and time, in seconds, whether dpkg's status is another than the one in its cache
        os.utime(str(self.root / "var/lib/dpkg/status"), (1750000000, 1750000000))
        self.fake_root.update()

    def run(self, run_id="r1", given=None, options=None, **task):
        return install.install(self.task(run_id, given, **task), self.host(options), self.installer_of)

    def roll_back(self, run_id="r2", of_run=None, partial=False, options=None, **task):
        return rollback.rollback(
            self.task(run_id, None, **task), of_run, partial, self.host(options), self.installer_of
        )

    def task(self, run_id, given, **task):
        task = {"minimum_free_space": 0, **task}
        return Task("db1", None, parse_baselines(copy.deepcopy([given or EVERYTHING])), run_id, **task)

    def host(self, options):
        options = base.Options(refresh="never", root=str(self.root), lock_timeout=60)._replace(**(options or {}))
        return Host(self.fake_root.run, lambda: NOW, options)

    def installer_of(self, manager, run, options):
        return self.installer(run, options)

    def versions(self):
        text = (self.root / "var/lib/dpkg/status").read_text()
        return dict(re.findall(r"(?ms)^Package: (\S+)$.*?^Version: (\S+)$", text))

    def state(self, *names):
        return pathlib.Path(str(self.root) + state.STATE_FOLDER, *names)

    def runs(self):
        return runs.known(str(self.root))

    def fail(self, name, words):
        (self.root / "failing" / name).write_text(words)

    def ask_for_a_reboot(self):
        for folder in ("run", "var/run"):
            (self.root / folder / "reboot-required").write_text("*** System restart required ***\n")
            (self.root / folder / "reboot-required.pkgs").write_text("foo\n")

    def files(self):
        """Everything on the node, with a sum of what is in it."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            for path in self.root.rglob("*")
        }


def interrupted(system, call=None, **task):
    """A module that is killed while its transaction is under way, in a process of its own."""
    for name in ("begun", "go"):
        (system.root / name).unlink(missing_ok=True)
    (system.root / "waits").write_text("")
    pid = os.fork()
    if not pid:
        try:
            (call or system.run)("lost", **task)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    until_there(system.root / "begun")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    (run,) = [run for run in system.runs() if run.document["state"] == "running"]
    return run


def ends(system, run):
    (system.root / "go").write_text("")
    until(lambda: not job.alive(run.path))
    (system.root / "waits").unlink()
