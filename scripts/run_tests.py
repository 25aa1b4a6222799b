# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every test on everything it has to work on, and end with one line of counts for all.

The controller runs all tests on one Python with ansible-core 2.19; the integration tests run again with the other
releases of ansible-core; what runs on managed nodes is tested again on every Python they may have.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import time
import typing as t
import xml.etree.ElementTree

import environment
import interpreters
import system_deps

CI = os.environ.get("CI") == "true"
RESULTS = environment.CACHE / "test-results"

TARGET_PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
TARGET_TESTS = ("tests/unit/plugins/module_utils", "tests/unit/plugins/modules")
# What these install for real, a package manager does, whatever Python asks it: once is enough, on the controller's.
INSTALLING = ("test_apt_install_roots.py", "test_apt_sources.py", "test_dnf_install.py", "test_zypper_install.py")
PROBE_PYTHON = "3.6"
PROBE_TESTS = (
    "tests/unit/plugins/module_utils/_host/probes",
    "tests/unit/plugins/module_utils/_host/test_advisories.py",
)
# Each release of ansible-core beside the one in requirements/test.txt, and the Pythons it runs on.
OTHER_CORES = {"2.18": ("3.11", "3.12", "3.13"), "2.20": ("3.12", "3.13"), "2.21": ("3.12", "3.13")}
# Continuous integration covers both ends of the targets and of ansible-core, the probes, and a Python for each core.
# What lies between is left to whoever runs `make test`: all of it takes longer than a change can wait for.
PYTHONS_OF_CI = (PROBE_PYTHON, "3.8", "3.11", "3.13")
CORES_OF_CI = ("2.18", "2.21")


Venv = tuple[str, str, pathlib.Path]  # name, requirements, Python: what environment.make_venv takes


@dataclasses.dataclass(frozen=True)
class Run:
    """One pytest run: the virtual environment it runs in, what it runs, the ansible-core its tests start."""

    name: str
    venv: Venv
    paths: tuple[str, ...]
    options: tuple[str, ...] = ()
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    core: Venv | None = None  # the one in `venv` where there is no other

    @property
    def slug(self) -> str:
        return self.name.replace(",", "").replace(" ", "-")


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run came to; `failed` is never 0 for a run that pytest did not end well."""

    run: Run
    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str


def controller() -> Venv:
    return ("test", "test", environment.controller_python())


def controller_runs() -> list[Run]:
    return [Run("controller", controller(), ("tests",), options=("--ignore=tests/integration",))]


def integration_runs() -> list[Run]:
    runs = [Run("integration, ansible-core 2.19", controller(), ("tests/integration",))]
    for core, pythons in OTHER_CORES.items():
        if CI and core not in CORES_OF_CI:
            continue
        if python := next(filter(None, map(interpreters.find, pythons)), None):
            other = (f"core-{core}", f"core-{core}", python)
            runs.append(Run(f"integration, ansible-core {core}", controller(), ("tests/integration",), core=other))
    return runs


def target_runs() -> list[Run]:
    """The controller's own Python has run these tests already."""
    runs = []
    left_out = tuple(f"--ignore=tests/unit/plugins/module_utils/_host/{name}" for name in INSTALLING)
    for version in TARGET_PYTHONS:
        if CI and version not in PYTHONS_OF_CI:
            continue
        python = interpreters.find(version)
        if python and python != environment.controller_python():
            venv = (f"target-{version}", f"target-{version if version in ('3.8', '3.9') else '3.10'}", python)
            modules = {"PYTHONPATH": str(module_utils_of_ansible())}
            runs.append(Run(f"target, Python {version}", venv, TARGET_TESTS, left_out, modules))
    return runs


def probe_runs() -> list[Run]:
    python = interpreters.find(PROBE_PYTHON)
    venv = f"target-{PROBE_PYTHON}"
    return [Run(f"probes, Python {PROBE_PYTHON}", (venv, venv, python), PROBE_TESTS)] if python else []


def module_utils_of_ansible() -> pathlib.Path:
    """A folder with the controller's `ansible` package alone: its module_utils run on Pythons its installer refuses."""
    package = next((environment.VENVS / "test" / "lib").glob("python3.*/site-packages/ansible"))
    link = environment.CACHE / "target" / "ansible"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(package, link.parent))
    return link.parent


def _listed(versions: t.Iterable[str]) -> str:
    return ", ".join(sorted(versions, key=lambda one: [int(part) for part in one.split(".")]))


def missing_pythons() -> list[str]:
    return [version for version in (PROBE_PYTHON, *TARGET_PYTHONS) if not interpreters.find(version)]


def perform(run: Run) -> Result:
    """Set up, run, count."""
    started = time.monotonic()
    report = RESULTS / f"{run.slug}.xml"
    try:
        venv = environment.make_venv(*run.venv)
        variables = environment.variables(venv) | run.variables
        if run.core:
            variables["PATCHOPS_ANSIBLE_BIN"] = str(environment.make_venv(*run.core) / "bin")
    except (system_deps.NotPossible, subprocess.CalledProcessError) as error:
        return Result(run, 0, 1, 0, time.monotonic() - started, f"No virtual environment: {error}")
    # Runs go on side by side: each has its own folders.
    temporary, cache = environment.CACHE / "tmp" / run.slug, environment.CACHE / "pytest" / run.slug
    own = (f"--junit-xml={report}", f"--basetemp={temporary}", f"--override-ini=cache_dir={cache}")
    command = [venv / "bin" / "python", "-m", "pytest", *own, *run.options, *run.paths]
    ended = subprocess.run(
        command,
        cwd=environment.CHECKOUT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed, failed, skipped = counts(report)
    if ended.returncode != 0:  # also pytest's answers to no tests at all, and to paths that do not exist
        failed = max(failed, 1)
    return Result(run, passed, failed, skipped, time.monotonic() - started, ended.stdout)


def counts(report: pathlib.Path) -> tuple[int, int, int]:
    """How many tests passed, failed and were skipped according to a JUnit report.

    An error is a failure; a test that failed as it was expected to has passed.
    """
    passed = failed = skipped = 0
    if report.is_file():
        for test in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            if test.find("failure") is not None or test.find("error") is not None:
                failed += 1
            elif test.find("skipped[@type='pytest.skip']") is not None:
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def closing_line(results: t.Iterable[Result]) -> str:
    results = list(results)
    passed, failed, skipped = (sum(getattr(one, what) for one in results) for what in ("passed", "failed", "skipped"))
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def show(result: Result) -> None:
    """The whole output of a run with a failure or a skip, one line for any other."""
    if result.failed or result.skipped:
        print(f"\n===== {result.run.name}\n{result.output}")
    print(f"{result.run.name}: {closing_line([result])} in {result.seconds:.0f} s", flush=True)


def perform_in_turn(runs: list[Run]) -> list[Result]:
    results = []
    for run in runs:
        results.append(perform(run))
        show(results[-1])
    return results


def perform_all() -> list[Result]:
    """As many runs at a time as there are processors; those that share the machine's package manager take turns."""
    lanes = [integration_runs(), controller_runs(), *([run] for run in target_runs()), probe_runs()]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [result for results in pool.map(perform_in_turn, lanes) for result in results]


def install_system_packages() -> None:
    """Tests that need a missing package skip themselves by name; where nothing may be skipped, that is an error now."""
    try:
        system_deps.main()
    except system_deps.NotPossible as error:
        if CI:
            sys.exit(f"make test: {error}")
        print(f"Some tests will be skipped. {error}", flush=True)


def main() -> int:
    missing = missing_pythons()
    if CI and set(missing) & set(PYTHONS_OF_CI):
        sys.exit(f"make test: with CI=true these Pythons must exist: {', '.join(PYTHONS_OF_CI)}")
    install_system_packages()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for stale in RESULTS.glob("*.xml"):
        stale.unlink()
    environment.link_collection()
    interpreters.link_all([PROBE_PYTHON, *TARGET_PYTHONS], environment.PYTHONS)
    environment.unpack_dependencies(environment.make_venv("test"))
    results = perform_all()
    if CI:
        cores, pythons = set(OTHER_CORES) - set(CORES_OF_CI), set(TARGET_PYTHONS) - set(PYTHONS_OF_CI)
        print(f"With CI=true left to make test: ansible-core {_listed(cores)}; targets of Python {_listed(pythons)}")
    for version in missing:
        print(f"WARNING: no Python {version} on this machine: nothing was tested on it.")
    print(closing_line(results))
    return 1 if any(result.failed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
