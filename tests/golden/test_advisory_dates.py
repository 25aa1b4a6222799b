# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dates and severities that vendors write, published in real repositories, are those that decisions count with.

The advisories of tests/fixtures/updateinfo are published as they stand there; of each one package is built and offered.
"""

from __future__ import annotations

import datetime
import functools
import pathlib
import re
import typing as t

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.tests.golden.real_systems import inventory_of
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.dnf5_roots import Dnf5Root
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    Repository,
    Rpm,
    RpmRoot,
    built,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.zypper_root import Rpms, ZypperRoot

pytestmark = pytest.mark.needs("dnf", "python3-dnf", "zypper", "rpm", "createrepo-c")

FILES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "updateinfo"
BUILT = datetime.datetime(2015, 10, 21, 7, 28, tzinfo=datetime.timezone.utc)
DELAY = 7  # days
SECOND = datetime.timedelta(seconds=1)


class Form(t.NamedTuple):
    """A package in an advisory of a file, and the instant and severity that the advisory means."""

    file: str
    rpm: Rpm
    instant: str
    severity: str


ALMA = "almalinux9-baseos"
ROCKY = "rocky9-baseos"
MADE = "made-date-and-severity-forms"
XZ = Rpm("xz", "5.2.5", "8.el9_0")
CURL = Rpm("curl", "7.76.1", "23.el9")
FORMS = {
    "to the second": Form(ALMA, XZ, "2023-03-07T17:32:16Z", "Important"),
    "midnight, severity None": Form(ALMA, CURL, "2023-01-10T00:00:00Z", "None"),
    "to the second, issued earlier": Form(ROCKY, XZ, "2023-02-02T12:53:50Z", "Important"),
    "midnight, severity None, Rocky": Form(ROCKY, CURL, "2023-01-10T00:00:00Z", "None"),
    "to the minute, lower-case severity": Form(
        "amazonlinux2-core", Rpm("kernel", "4.9.76", "38.79.amzn2"), "2018-01-16T01:28:00Z", "Critical"
    ),
    "space before the end of the tag": Form(
        "amazonlinux2023-core",
        Rpm("rsyslog-openssl-debuginfo", "8.2204.0", "3.amzn2023.0.2"),
        "2023-02-22T23:22:00Z",
        "Important",
    ),
    "severity Low": Form(
        "fedora43-everything", Rpm("python3-boto3", "1.42.0", "1.fc43", arch="noarch"), "2025-12-03T00:52:00Z", "Low"
    ),
    "epoch seconds": Form("made-suse-epoch-dates", Rpm("lantern", "309", "6.1"), "2024-06-10T06:13:20Z", "Moderate"),
    "issued alone": Form(MADE, Rpm("anvil", "2.0"), "2016-05-09T13:38:13Z", "Critical"),
    "text of the element": Form(MADE, Rpm("bellows", "2.0"), "2024-06-07T08:09:10Z", "Moderate"),
    "to the minute, severity medium": Form(MADE, Rpm("chisel", "2.0"), "2019-03-01T00:00:00Z", "Medium"),
    "epoch seconds of a security patch": Form(MADE, Rpm("drill", "2.0"), "2024-02-28T23:59:59Z", "Important"),
}
UNRATED = Form(MADE, Rpm("easel", "2.0"), "2020-02-29T23:59:59Z", "")
ALL = [*FORMS.values(), UNRATED]


def publish(forms: t.Iterable[Form], repository: t.Callable[[str], Repository]) -> None:
    """One repository for each file, with what the forms name of it."""
    by_file: t.Dict[str, t.List[Rpm]] = {}
    for form in forms:
        by_file.setdefault(form.file, []).append(form.rpm)
    for file, rpms in by_file.items():
        text = (FILES / ("%s.xml" % file)).read_text(encoding="utf-8")
        advisories = re.findall("<update .*?</update>", text, re.DOTALL)
        repository(file).add(*rpms, when=int(BUILT.timestamp())).advise(*advisories).publish()


def older(forms: t.Iterable[Form]) -> t.List[Rpm]:
    return [form.rpm._replace(version="0.1") for form in forms]


def seen_by_dnf(forms: t.Sequence[Form], path: pathlib.Path) -> t.Any:
    root = RpmRoot(path)
    root.install(*older(forms))
    publish(forms, root.repository)
    return inventory_of(root.root, root.run)


def seen_by_dnf5(bindings: bool, forms: t.Sequence[Form], path: pathlib.Path) -> t.Any:
    files = " ".join(sorted({form.file for form in forms}))
    root = Dnf5Root(path, "advisory dates of %s, %s" % (files, "libdnf5" if bindings else "commands"), bindings)
    root.install(*older(forms))
    publish(forms, root.repository)
    return inventory_of(root.root, root.run, root.now)


def seen_by_zypper(forms: t.Sequence[Form], path: pathlib.Path) -> t.Any:
    root = ZypperRoot(path, Rpms(path))
    for rpm in older(forms):
        root.install_file(built(rpm, int(BUILT.timestamp())))

    def repository(name: str) -> Repository:
        folder = path / "repositories" / name
        root.configure(name, folder, {})
        return Repository(folder)

    publish(forms, repository)
    return inventory_of(root.path, root.run)


MANAGERS = {
    "dnf": seen_by_dnf,
    "dnf5, libdnf5": functools.partial(seen_by_dnf5, True),
    "dnf5, commands": functools.partial(seen_by_dnf5, False),
    "zypper": seen_by_zypper,
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The inventory of a package manager that has the repository of a form: one for Rocky's, one for all others."""

    @functools.lru_cache(maxsize=None)
    def inventory(manager: str, rocky: bool) -> t.Any:
        # Rocky's and AlmaLinux's files advise of the very same versions
        forms = [form for form in ALL if (form.file == ROCKY) == rocky]
        found = MANAGERS[manager](forms, tmp_path_factory.mktemp("system"))
        assert found["manager"] == ("zypper" if manager == "zypper" else "dnf")
        assert found["problems"] == []
        return found

    return lambda manager, form: inventory(manager, form.file == ROCKY)


def decided(inventory, rpm, now):
    rule = {"filters": {"CLASSIFICATION": ["*"]}, "approve_after_days": DELAY, "enable_non_security": True}
    baseline = {
        "name": "dates",
        "operating_system": inventory["node"]["operating_system"],
        "approval_rules": [rule],
    }
    found = what_if(inventory, [baseline], now=now.strftime("%Y-%m-%dT%H:%M:%SZ"))["evaluations"]
    (patch,) = [patch for patch in found if patch["name"] == rpm.name]
    return patch


def instant(written):
    return datetime.datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def assert_dated(inventory, form, released):
    """The delay counts from `released`, to the second."""
    due = released + datetime.timedelta(days=DELAY)
    before = decided(inventory, form.rpm, due - SECOND)
    after = decided(inventory, form.rpm, due + SECOND)
    assert (before["decision"], before["reason_code"]) == ("not_approved", "delay_pending")
    assert (after["decision"], after["version"]) == ("approved", "%s-%s" % (form.rpm.version, form.rpm.release))
    assert instant(before["release_date"]) == instant(after["release_date"]) == released
    assert instant(before["approved_on"]) == due
    assert after["severity"] == form.severity


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in FORMS.items()])
def test_the_date_and_severity_of_an_advisory_reach_the_decision(seen, manager, form):
    assert_dated(seen(manager, form), form, instant(form.instant))


def test_without_a_severity_zypper_has_the_date_of_the_advisory(seen):
    assert_dated(seen("zypper", UNRATED), UNRATED, instant(UNRATED.instant))


@pytest.mark.parametrize("manager", [manager for manager in MANAGERS if manager != "zypper"])
def test_without_a_severity_it_is_no_notice_to_dnf_and_the_build_time_counts(seen, manager):
    assert_dated(seen(manager, UNRATED), UNRATED, BUILT)
