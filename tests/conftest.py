# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: no silent skips, and system packages are asked for by name.

Python 3.6 and pytest 7.0, because the tests of the probes run there: no future import, no newer syntax.
"""

import os
import pathlib
import subprocess

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".cache" / "collections"
CI = os.environ.get("CI") == "true"

# Ansible looks here for the collection under test, in this process as in the commands that tests start.
os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(COLLECTIONS))


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*packages): Debian packages of tests/debian-packages.txt the test uses")


def listed_packages():
    lines = (CHECKOUT / "tests" / "debian-packages.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def installed(package):
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:  # no dpkg: not a Debian machine
        return False
    return answer.stdout == b"installed"


def pytest_runtest_setup(item):
    for marker in item.iter_markers("needs"):
        unlisted = set(marker.args) - set(listed_packages())
        if unlisted:
            pytest.fail(f"{', '.join(sorted(unlisted))}: to be listed in tests/debian-packages.txt")
        missing = [package for package in marker.args if not installed(package)]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}: run 'make system-deps' as root on Debian")


def refuse_skip(report):
    """Turn a skip into a failure where nothing may be skipped; an expected failure stays what it is."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"With CI=true nothing may be skipped. {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    refuse_skip(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    outcome = yield
    refuse_skip(outcome.get_result())
