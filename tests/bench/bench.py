# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ratios of times, each measured in turn with what it is compared with, in this run: a busy machine slows both sides.

    make bench                    everything
    make bench ARGS=engine        one of: engine, gathering, dnf, dnf5, zypper, compliance, fleet

A ratio is the median over rounds; the interquartile range behind it tells how far to trust it.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugins" / "module_utils"))
sys.path.insert(0, str(ROOT / "plugins"))

from module_utils._engine.evaluation import evaluate  # noqa: E402
from module_utils._engine.parse import parse_baseline  # noqa: E402

Act = t.Callable[[], t.Any]

NOW = datetime.datetime(2026, 9, 1, tzinfo=datetime.timezone.utc)
BASELINE = {
    "name": "bench",
    "operating_system": "REDHAT_ENTERPRISE_LINUX",
    "approval_rules": [
        {"filters": {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important"]}, "approve_after_days": 7},
        {"filters": {"CLASSIFICATION": ["Bugfix"]}, "approve_after_days": 30},
    ],
}
LISTS = {"approved_patches": ["openssl*", "CVE-2026-00001"], "rejected_patches": ["kernel*", "package-17-libs"]}


def elapsed(act: Act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def ratios(act: Act, against: Act, rounds: int) -> t.List[float]:
    """One ratio a round; which of the two goes first alternates, so that neither gains from the other's caches."""
    found = []
    for number in range(rounds):
        if number % 2:
            base, one = elapsed(against), elapsed(act)
        else:
            one, base = elapsed(act), elapsed(against)
        found.append(one / base)
    return found


def show(what: str, values: t.Sequence[float], aim: str) -> None:
    low, middle, high = statistics.quantiles(values, n=4)
    print("%-78s %6.2f  (%.2f to %.2f, %d rounds; aim: %s)" % (what, middle, low, high, len(values), aim))


def rpm_inventory(packages: int, advisories: int) -> t.Dict[str, t.Any]:
    """A node with three packages from each source, and none to three newer versions, each in an advisory."""
    chance = random.Random(1)
    notices = {
        "advisory-%d" % number: {
            "id": "RHSA-2026:%05d" % number,
            "type": chance.choice(["security", "bugfix", "enhancement"]),
            "severity": chance.choice(["Critical", "Important", "Moderate", "Low", "None"]),
            "issued": "2025-%02d-%02d 10:11:12" % (chance.randint(1, 12), chance.randint(1, 28)),
            "updated": "2026-%02d-%02d 10:11:12" % (chance.randint(1, 12), chance.randint(1, 28)),
            "cves": ["CVE-2026-%05d" % chance.randint(1, 99999) for _time in range(chance.randint(0, 6))],
            "bugzillas": [str(chance.randint(1000000, 3000000)) for _time in range(chance.randint(0, 4))],
            "title": "Important: security update number %d" % number,
            "repository": "baseos",
        }
        for number in range(advisories)
    }
    found = []
    for number in range(packages):
        if number % 3 == 0:
            minor, release = chance.randint(1, 40), chance.randint(1, 50)
            newer = [(chance.randint(51, 99), chance.randrange(advisories)) for _time in range(chance.randint(0, 3))]
        found.append(
            {
                "name": "package-%d-libs" % number,
                "arch": "x86_64",
                "held": None,
                "installed": [
                    {
                        "epoch": 0,
                        "version": "1.%d.3" % minor,
                        "release": "%d.el9" % release,
                        "installed_time": "2026-03-04T05:06:07Z",
                    }
                ],
                "available": [
                    {
                        "epoch": 0,
                        "version": "1.%d.%d" % (minor, 3 + index),
                        "release": "%d.el9_4" % fresh,
                        "repositories": ["baseos"],
                        "advisories": ["advisory-%d" % advisory],
                        "build_time": "2026-02-02T01:01:01Z",
                        "size": 123456,
                    }
                    for index, (fresh, advisory) in enumerate(newer)
                ],
            }
        )
    return {
        "schema": 1,
        "captured_at": "2026-09-01T00:00:00Z",
        "node": {
            "id": "bench",
            "name": "bench",
            "operating_system": "REDHAT_ENTERPRISE_LINUX",
            "product": "RedhatEnterpriseLinux9.4",
        },
        "manager": "dnf",
        "repositories": {"baseos": {"id": "baseos"}},
        "advisories": notices,
        "packages": found,
    }


def bench_engine() -> None:
    document = rpm_inventory(5000, 2500)
    text = json.dumps(document)
    baseline = parse_baseline(BASELINE)
    reading = ratios(lambda: evaluate(document, baseline, NOW), lambda: json.loads(text), 25)
    show("engine, 5,000 packages x 2,500 advisories, against json.loads of the same", reading, "at most 3")
    listing = parse_baseline(dict(BASELINE, **LISTS))
    reading = ratios(lambda: evaluate(document, listing, NOW), lambda: json.loads(text), 25)
    show("the same with approved and rejected lists", reading, "at most 3")
    small, large = rpm_inventory(1000, 2500), rpm_inventory(10000, 2500)
    growth = ratios(
        lambda: evaluate(large, baseline, NOW), lambda: [evaluate(small, baseline, NOW) for _time in range(10)], 15
    )
    show("engine, 10,000 packages against ten times 1,000, 2,500 advisories each", growth, "linear: at most 1.1")
    small, large = rpm_inventory(1000, 500), rpm_inventory(10000, 5000)
    growth = ratios(
        lambda: evaluate(large, baseline, NOW), lambda: [evaluate(small, baseline, NOW) for _time in range(10)], 15
    )
    show("engine, 10,000 packages x 5,000 advisories against ten times 1,000 x 500", growth, "linear: at most 1.1")


def run(command: t.Sequence[str], data: t.Optional[str] = None) -> t.Tuple[int, str, str]:
    done = subprocess.run(
        command, input=data, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"), check=False
    )
    return done.returncode, done.stdout, done.stderr


def bench_gathering() -> None:
    from module_utils._host.base import Options
    from module_utils._host.scan import gather

    options = Options(refresh="never")

    def clock() -> datetime.datetime:
        return datetime.datetime.now(datetime.timezone.utc)

    def gathering() -> None:
        gather("bench", None, run, clock, options)

    def bare_cache() -> None:
        run(["/usr/bin/python3", "-I", "-c", "import apt_pkg; apt_pkg.init(); apt_pkg.Cache(None)"])

    def simulated_upgrade() -> None:
        run(["apt-get", "-s", "dist-upgrade"])

    gathering()  # so that both sides find the same warm files
    show("gathering on this machine against a bare apt cache load", ratios(gathering, bare_cache, 15), "at most 1.25")
    show(
        "gathering on this machine against apt-get -s dist-upgrade",
        ratios(gathering, simulated_upgrade, 9),
        "at most 0.6",
    )


def bench_zypper() -> None:
    import suse_system
    from module_utils._host.base import Options
    from module_utils._host.scan import gather

    with tempfile.TemporaryDirectory() as folder:
        root = str(suse_system.make(pathlib.Path(folder)))
        listing = ["zypper", "--root", root, "--non-interactive", "--no-refresh", "--xmlout"]
        options = Options(refresh="never", root=root)

        def gathering() -> None:
            gather("bench", None, run, lambda: datetime.datetime.now(datetime.timezone.utc), options)

        def listings() -> None:
            run([*listing, "list-patches"])
            run([*listing, "list-updates"])

        gathering()  # so that both sides find the same warm files
        reading = ratios(gathering, listings, 15)
        show("gathering on a SUSE system against zypper list-patches and list-updates", reading, "at most 1.0")


def fill(root: t.Any, path: pathlib.Path) -> t.Any:
    """A node with 400 packages and a repository of 5,200, with 2,500 advisories for eight packages on three systems."""
    from rpm_roots import Rpm, advisory, built_together

    repository = root.repository("baseos")
    installed = ["package-%d-libs" % number for number in range(400)]
    others = ["other-%d-libs" % number for number in range(800)]
    for version in range(1, 6):
        files = built_together(path / ("built-%d" % version), "%d.0" % version, [*installed, *others])
        if version == 1:
            root.install_files([file for file in files if file.name.startswith("package-")])
        for file in files:
            file.rename(repository.folder / file.name)
    chance = random.Random(1)
    for number in range(2500):
        version = "%d.0" % chance.randint(2, 5)
        names = chance.sample(installed if number % 2 else others, 8)
        listed = [Rpm(name, version, "1", 0, arch) for name in names for arch in ("x86_64", "aarch64", "s390x")]
        cves = ["CVE-2026-%05d" % chance.randint(1, 99999) for _time in range(4)]
        text = advisory("RHSA-2026:%05d" % number, *listed, updated="2026-02-02 03:04:05", cves=cves)
        words = "<description>%s</description><references>" % ("What was wrong, at length. " * 40)
        repository.advise(text.replace("<references>", words))
    repository.publish()
    root.dnf("makecache")
    return root


def bench_dnf() -> None:
    from module_utils._host.base import Options
    from module_utils._host.scan import gather

    if not shutil.which("dnf") or not shutil.which("createrepo_c"):
        print("gathering with dnf: not measured, needs dnf, rpm and createrepo-c (make system-deps)")
        return
    sys.path.insert(0, str(ROOT / "tests/unit/plugins/module_utils/_host"))
    from rpm_roots import RpmRoot

    with tempfile.TemporaryDirectory() as folder:
        root = fill(RpmRoot(pathlib.Path(folder)), pathlib.Path(folder))
        options = Options(refresh="never", root=str(root.root))

        def clock() -> datetime.datetime:
            return datetime.datetime.now(datetime.timezone.utc)

        def gathering() -> None:
            gather("bench", None, root.run, clock, options)

        def listings() -> None:
            for command in (["updateinfo", "list"], ["check-update"]):
                root.run(["dnf", "--installroot=%s" % root.root, "--cacheonly", "--quiet", *command])

        gathering()
        listings()
        reading = ratios(gathering, listings, 15)
        show("gathering with dnf against dnf -C updateinfo list and check-update", reading, "at most 1.0")


def bench_dnf5() -> None:
    from module_utils._host.base import Options
    from module_utils._host.dnf5 import Dnf5

    if not os.environ.get("PATCHOPS_DNF5_ROOT") and shutil.which("dnf5"):
        os.environ["PATCHOPS_DNF5_ROOT"] = "/"
    if not os.environ.get("PATCHOPS_DNF5_ROOT") or not shutil.which("createrepo_c"):
        print("gathering with dnf5: not measured, needs rpm, createrepo-c and dnf5 (on PATH or in PATCHOPS_DNF5_ROOT)")
        return
    sys.path[:0] = [str(ROOT / "tests/unit/plugins/module_utils/_host"), str(ROOT / ".cache/collections")]
    from dnf5_roots import Dnf5Root

    with tempfile.TemporaryDirectory() as folder:
        root = fill(Dnf5Root(pathlib.Path(folder), "bench"), pathlib.Path(folder))
        node = {"operating_system": "FEDORA"}

        def clock() -> datetime.datetime:
            return datetime.datetime.now(datetime.timezone.utc)

        def gathering() -> None:
            Dnf5(root.run, clock, Options(refresh="never", root=str(root.root))).inventory(node)

        def listings() -> None:
            for command in (["advisory", "list"], ["check-upgrade"]):
                root.run(["dnf5", "--installroot=%s" % root.root, "--cacheonly", "--quiet", *command])

        gathering()
        listings()
        reading = ratios(gathering, listings, 15)
        show("gathering with dnf5 against dnf5 -C advisory list and check-upgrade", reading, "at most 1.0")
        root.bindings = False
        gathering()
        reading = ratios(gathering, listings, 15)
        show("the same without libdnf5, by dnf5's commands", reading, "at most 1.0")


def bench_fleet() -> None:
    import fleet

    try:
        with fleet.fleet() as do:
            for task in (fleet.SCAN, fleet.PING, fleet.PACKAGE_FACTS):
                do(task)  # so that all find connections and metadata
            for what, task in (("ping", fleet.PING), ("package_facts", fleet.PACKAGE_FACTS)):
                reading = ratios(lambda: do(fleet.SCAN), lambda task=task: do(task), 5)
                show("patch_scan of %d hosts over SSH against %s" % (fleet.HOSTS, what), reading, "none")
    except fleet.NotPossible as error:
        print("patch_scan of %d hosts over SSH: NOT MEASURED: %s" % (fleet.HOSTS, error))


def bench_compliance() -> None:
    import compliance

    compliance.bench_compliance()


BENCHES: t.Dict[str, Act] = {
    "engine": bench_engine,
    "gathering": bench_gathering,
    "dnf": bench_dnf,
    "dnf5": bench_dnf5,
    "zypper": bench_zypper,
    "compliance": bench_compliance,
    "fleet": bench_fleet,
}


def main(names: t.Sequence[str]) -> None:
    for name in names or BENCHES:
        if name not in BENCHES:
            sys.exit(__doc__)
        BENCHES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
