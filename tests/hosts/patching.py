# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is patched time and again: what tests of faults ask of it between one run and the next."""

from __future__ import annotations

import json
import threading
import typing as t

from ansible_collections.patchops.fleet.tests.hosts.lab.archives import Advisory
from ansible_collections.patchops.fleet.tests.hosts.lab.controller import Controller
from ansible_collections.patchops.fleet.tests.hosts.lab.host import Host
from ansible_collections.patchops.fleet.tests.hosts.lab.kinds import KINDS
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import VERSION_FILE, Package
from ansible_collections.patchops.fleet.tests.hosts.lab.waiting import finished

INSTALL = "patchops.fleet.patch_install"
SCAN = "patchops.fleet.patch_scan"
SECURITY = {"name": "security", "approval_rules": [{"security": True, "approve_after_days": 0}]}
DURATION = 300  # seconds of one run at most, on a machine with much else to do

EACH_MANAGER = list(KINDS)

OLD, NEW = "1.0-1", "1.1-1"
INSIDE, GO = "/var/tmp/inside", "/var/tmp/go"
WAITS = f"touch {INSIDE}; while [ ! -e {GO} ]; do sleep 0.05; done"  # in the middle of a transaction


class Patching:
    """`patch` runs patch_install on the host; the rest is what one looks at."""

    def __init__(self, controller: Controller, host: Host, **options: t.Any) -> None:
        self.controller = controller
        self.host = host
        self.records = controller.folder / "records"
        self.options = {
            "baselines": [SECURITY],
            "undated": "approve",
            "refresh": "always",
            "reboot_option": "if_required",
            "lock_timeout": 30,
            "records_dir": str(self.records),
            "minimum_free_space": 0,  # of a machine whose memory others fill
            **options,
        }

    def offer(self, *packages: Package) -> None:
        """Have the old versions of packages installed, and these published as security patches."""
        self.host.install(
            *(package._replace(version=OLD, requires=(), before="", after="", size=0) for package in packages)
        )
        self.host.publish(*packages, advisory=Advisory("SEC-1"))

    def republish(self, package: Package) -> None:
        """Publish again what was published as a security patch. The advisory of an rpm repository still stands."""
        apt = self.host.kind.manager == "apt"
        self.host.publish(package, advisory=Advisory("SEC-1") if apt else None)

    def patch(self, *arguments: str, module: str = INSTALL, **options: t.Any) -> dict[str, t.Any]:
        asked = {**self.options, **options}
        return self.controller.module([self.host], module, *arguments, options=asked)[self.host.name]

    def scan(self, **options: t.Any) -> dict[str, t.Any]:
        known = {name: value for name, value in self.options.items() if name in ("baselines", "undated", "refresh")}
        return self.controller.module([self.host], SCAN, options={**known, **options})[self.host.name]

    def started(self, module: str = INSTALL, **options: t.Any) -> Started:
        return Started(self, module, {**self.options, **options})

    def versions(self, *names: str) -> list[str | None]:
        return [self.host.version(name) for name in names]

    def runs(self) -> list[dict[str, t.Any]]:
        """run.json of each run of the host, the oldest first; with its compliance record as `record`."""
        found = []
        for path in sorted(self.host.path("/var/lib/patchops/runs").glob("*/run.json")):
            record = path.parent / "record.json"
            document = json.loads(path.read_text())
            found.append({**document, "record": json.loads(record.read_text()) if record.exists() else None})
        return found

    def kept(self, run_id: str) -> list[dict[str, t.Any]]:
        """The records of a run in records_dir of the controller."""
        found = [json.loads(path.read_text()) for path in sorted(self.records.glob("*/*.json"))]
        return [record for record in found if record["capture"]["run_id"] == run_id]

    def settled(self, *names: str, version: str = NEW) -> dict[str, t.Any]:
        """One run more finds nothing to do, on a host that is consistent and complies. Its answer."""
        assert self.versions(*names) == [version] * len(names)
        for name in names:  # what the database says is what is on the disk
            assert self.host.path("/" + VERSION_FILE % name).read_text() == f"{version}\n", name
        self.consistent()
        again = self.patch()
        assert not again.get("failed"), again
        assert (again["changed"], again["outcome"], again["status"]) == (False, "nothing_to_do", "COMPLIANT"), again
        assert (again["recovered"], again["leftovers"]) == ([], []), again
        return again

    def consistent(self) -> None:
        """The package manager finds nothing wrong with what is installed."""
        if self.host.kind.manager == "apt":
            self.host.shell("apt-get check")
            assert self.host.shell("dpkg --audit").stdout == ""
        else:
            assert self.host.shell("rpm -qa --queryformat '%{NAME}\\n' | sort | uniq -d").stdout == ""
            unmet = self.host.shell("rpm --verify --all --nofiles --nodigest --nosignature", check=False)
            assert "Unsatisfied" not in unmet.stdout, unmet.stdout


class Started:
    """A run that goes on beside the test: `with patching.started() as run`. Its output is there once it has ended."""

    def __init__(self, patching: Patching, module: str, options: dict[str, t.Any]) -> None:
        self._patching = patching
        self._module = module
        self._options = options
        self.output = ""

    def __enter__(self) -> Started:
        controller, host = self._patching.controller, self._patching.host
        inventory = controller.inventory([host])
        self.process = controller.start(
            "ansible", "all", "-i", inventory, "-m", self._module, "-a", json.dumps(self._options)
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        self.output, _none = finished(self.process, DURATION)

    def wait(self) -> str:
        self._reader.join()
        return self.output

    @property
    def answer(self) -> dict[str, t.Any]:
        """What the run returned, once it has ended."""
        _before, brace, rest = self.wait().partition("=> {")
        assert brace, self.output
        return json.loads("{" + rest)

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is not None:  # nobody is left to let it go on
            self.process.kill()
        self._reader.join()


def outcomes(answer: t.Mapping[str, t.Any]) -> dict[str, str]:
    assert "patches" in answer, answer
    return {patch["name"]: patch["outcome"] for patch in answer["patches"]}


def reason(answer: t.Mapping[str, t.Any], name: str) -> str:
    return next(patch["reason"] for patch in answer["patches"] if patch["name"] == name)


def states(record: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {patch["name"]: patch["state"] for patch in record["patches"]}
