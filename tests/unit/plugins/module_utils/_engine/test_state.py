# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch states and statuses: the tables of compliance.md, 1 and 3, and of approval-rules.md, 6 and 8."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import RunError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.state import Run, parse_run
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    DEBIAN,
    MACOS,
    RHEL,
    WINDOWS,
    baseline,
    deb,
    decide,
    evaluations,
    inventory,
    notice,
    package,
    rpm,
    rule,
    update,
)

ALLOW = {"rejected_patches_action": "ALLOW_AS_DEPENDENCY"}
BLOCK = {"rejected_patches_action": "BLOCK"}
NEW = notice("RHSA-2026:2")
OLD = notice("RHSA-2026:1", severity="Low")
IMPORTANT = {"SEVERITY": ["Important"]}

BOOT = "2026-11-01T00:00:00Z"
BEFORE_BOOT = "2026-10-31T23:59:59Z"
AFTER_BOOT = "2026-11-01T00:00:01Z"

CURRENT = package(installed=rpm("2.0-1", installed_time=BEFORE_BOOT), available=[rpm("2.0-1", NEW)])
BEHIND = package(installed=rpm("1.0-1"), available=[rpm("2.0-1", NEW)])
ABSENT = package(available=[rpm("2.0-1", NEW)])


def state_of(answer):
    return answer["state"], answer["status"]


INSTALLED = ("INSTALLED", "COMPLIANT")
OTHER = ("INSTALLED_OTHER", "COMPLIANT")
PENDING = ("INSTALLED_PENDING_REBOOT", "NON_COMPLIANT")
BLOCKED = ("INSTALLED_REJECTED", "NON_COMPLIANT")
MISSING = ("MISSING", "NON_COMPLIANT")
FAILED = ("FAILED", "NON_COMPLIANT")
NOT_APPLICABLE = ("NOT_APPLICABLE", None)
UNREPORTED = (None, None)
AVAILABLE = ("AVAILABLE_SECURITY_UPDATE", "COMPLIANT")
AVAILABLE_BAD = ("AVAILABLE_SECURITY_UPDATE", "NON_COMPLIANT")

LINUX = [
    # approved
    pytest.param(CURRENT, [rule()], {}, INSTALLED, id="installed and approved"),
    pytest.param(BEHIND, [rule()], {}, MISSING, id="approved and newer"),
    pytest.param(ABSENT, [rule()], {}, NOT_APPLICABLE, id="approved and not installed"),
    pytest.param(
        package(installed=rpm("2.0-1"), available=[rpm("2.0-1", NEW), rpm("3.0-1", OLD)]),
        [rule(filters=IMPORTANT)],
        {},
        INSTALLED,
        id="installed and the highest that is approved",
    ),
    pytest.param(
        package(installed=rpm("2.0-1"), available=[rpm("1.0-1", NEW), rpm("3.0-1", OLD)]),
        [rule(filters=IMPORTANT)],
        {},
        OTHER,
        id="an approved version lower than the installed one does not count",
    ),
    # not approved
    pytest.param(CURRENT, [], {}, OTHER, id="installed and not approved"),
    pytest.param(BEHIND, [rule(filters={"SEVERITY": ["Low"]})], {}, OTHER, id="newer and not approved"),
    pytest.param(
        package(installed=rpm("1.0-1"), available=[rpm("2.0-1", notice(updated="2026-11-20"))]),
        [rule(7)],
        {},
        OTHER,
        id="newer and waiting",
    ),
    pytest.param(package(installed=rpm("1.0-1")), [rule()], {}, OTHER, id="installed and not offered"),
    pytest.param(ABSENT, [], {}, UNREPORTED, id="not approved and not installed"),
    # rejected
    pytest.param(CURRENT, [rule()], dict(ALLOW, rejected_patches=["dbus"]), OTHER, id="rejected and installed, ALLOW"),
    pytest.param(
        CURRENT, [rule()], dict(BLOCK, rejected_patches=["dbus"]), BLOCKED, id="rejected and installed, BLOCK"
    ),
    pytest.param(BEHIND, [rule()], dict(ALLOW, rejected_patches=["dbus"]), OTHER, id="all versions rejected, ALLOW"),
    pytest.param(BEHIND, [rule()], dict(BLOCK, rejected_patches=["dbus"]), BLOCKED, id="all versions rejected, BLOCK"),
    pytest.param(
        BEHIND, [rule()], dict(BLOCK, rejected_patches=["dbus-2.0-1"]), OTHER, id="the newer version rejected, BLOCK"
    ),
    pytest.param(
        BEHIND, [], dict(BLOCK, rejected_patches=["dbus-1.0-1"]), BLOCKED, id="the installed version rejected, BLOCK"
    ),
    pytest.param(
        BEHIND, [], dict(ALLOW, rejected_patches=["dbus-1.0-1"]), OTHER, id="the installed version rejected, ALLOW"
    ),
    pytest.param(
        BEHIND,
        [rule()],
        dict(BLOCK, rejected_patches=["dbus-1.0-1"]),
        MISSING,
        id="the installed one rejected, a newer one approved",
    ),
    pytest.param(
        package(installed=rpm("1.0-1")),
        [],
        dict(BLOCK, rejected_patches=["dbus"]),
        BLOCKED,
        id="rejected, installed and not offered",
    ),
    pytest.param(
        CURRENT, [rule()], dict(BLOCK, rejected_patches=["RHSA-2026:2"]), BLOCKED, id="rejected by its advisory, BLOCK"
    ),
    pytest.param(
        ABSENT, [rule()], dict(ALLOW, rejected_patches=["dbus"]), UNREPORTED, id="rejected and not installed, ALLOW"
    ),
    pytest.param(
        ABSENT, [rule()], dict(BLOCK, rejected_patches=["dbus"]), UNREPORTED, id="rejected and not installed, BLOCK"
    ),
]


@pytest.mark.parametrize(("patch", "rules", "members", "expected"), LINUX)
def test_linux_after_a_scan(patch, rules, members, expected):
    assert state_of(decide(RHEL, patch, *rules, **members)) == expected


SECURITY_RULE = [rule(filters={"CLASSIFICATION": ["SecurityUpdates"]})]
NON_COMPLIANT = {"available_security_updates_compliance_status": "NON_COMPLIANT"}

ON_WINDOWS = [
    pytest.param(update(installed=True), [rule()], {}, INSTALLED, id="approved and installed"),
    pytest.param(update(), [rule()], {}, MISSING, id="approved and applicable"),
    pytest.param(update(applicable=False), [rule()], {}, NOT_APPLICABLE, id="approved, component absent"),
    pytest.param(update(superseded=True), [rule()], {}, NOT_APPLICABLE, id="approved, superseded"),
    pytest.param(update(installed=True), [], {}, OTHER, id="installed and not approved"),
    pytest.param(
        update(installed=True),
        [rule()],
        dict(ALLOW, rejected_patches=["KB5000001"]),
        OTHER,
        id="rejected, installed, ALLOW",
    ),
    pytest.param(
        update(installed=True),
        [rule()],
        dict(BLOCK, rejected_patches=["KB5000001"]),
        BLOCKED,
        id="rejected, installed, BLOCK",
    ),
    pytest.param(
        update(), [rule()], dict(ALLOW, rejected_patches=["KB5000001"]), UNREPORTED, id="rejected, not installed, ALLOW"
    ),
    pytest.param(
        update(), [rule()], dict(BLOCK, rejected_patches=["KB5000001"]), UNREPORTED, id="rejected, not installed, BLOCK"
    ),
    pytest.param(update(), [], {}, AVAILABLE, id="a security update that is not approved"),
    pytest.param(update(release_date="2026-11-20"), [rule(7)], {}, AVAILABLE, id="a security update that waits"),
    pytest.param(update(), [], NON_COMPLIANT, AVAILABLE_BAD, id="the same, NON_COMPLIANT as configured"),
    pytest.param(
        update(),
        [],
        {"available_security_updates_compliance_status": "COMPLIANT"},
        AVAILABLE,
        id="the same, COMPLIANT as configured",
    ),
    pytest.param(
        update(applicable=False), [], NON_COMPLIANT, UNREPORTED, id="a security update that is not applicable"
    ),
    pytest.param(update(superseded=True), [], NON_COMPLIANT, UNREPORTED, id="a security update that is superseded"),
    pytest.param(
        update(classification="CriticalUpdates"), [], NON_COMPLIANT, UNREPORTED, id="no security update, not approved"
    ),
    pytest.param(
        update(), [], dict(NON_COMPLIANT, rejected_patches=["KB5000001"]), UNREPORTED, id="a rejected security update"
    ),
    pytest.param(update(kb=None), [rule()], NON_COMPLIANT, UNREPORTED, id="a security update without KB id"),
    pytest.param(
        update(kb=None, installed=True), [rule()], NON_COMPLIANT, UNREPORTED, id="installed and without KB id"
    ),
    pytest.param(
        update(),
        SECURITY_RULE,
        {"run": {"operation": "Install"}},
        FAILED,
        id="approved and not installed by an Install",
    ),
    pytest.param(
        update(),
        SECURITY_RULE,
        {"run": {"operation": "Install", "reboot_option": "RebootIfNeeded", "outcomes": {"KB5000001": "succeeded"}}},
        INSTALLED,
        id="installed by an Install that rebooted",
    ),
    pytest.param(
        update(),
        SECURITY_RULE,
        {"run": {"operation": "Install", "reboot_option": "NoReboot", "outcomes": {"KB5000001": "succeeded"}}},
        PENDING,
        id="installed by an Install that did not reboot",
    ),
    pytest.param(
        update(applicable=False),
        [rule()],
        {"run": {"operation": "Install"}},
        NOT_APPLICABLE,
        id="not applicable at an Install",
    ),
]


@pytest.mark.parametrize(("patch", "rules", "members", "expected"), ON_WINDOWS)
def test_windows(patch, rules, members, expected):
    answer = decide(WINDOWS, patch, *rules, **members)
    assert state_of(answer) == expected
    if answer["state"] == "AVAILABLE_SECURITY_UPDATE":
        assert answer["compliance_level"] == "UNSPECIFIED"


SINCE_BOOT = {"installed_time": "2026-11-02", "installed": True}
FAILURE = "its last installation failed on 2026-11-20T03:00:00Z: 0x80070643: the installer of the update failed"


@pytest.mark.parametrize(
    ("patch", "run", "expected", "words"),
    [
        pytest.param(update(installed=True, pending_reboot=True), {}, PENDING, "Windows says that a restart is to",
                     id="Windows says so"),
        pytest.param(update(installed=True, pending_reboot=True), {"rebooted": True}, INSTALLED, "",
                     id="Windows said so before the reboot"),
        pytest.param(update(**SINCE_BOOT), {"external_installs_pending": True}, PENDING, "installed by something else",
                     id="installed since the boot"),
        pytest.param(update(**SINCE_BOOT, classification="DefinitionUpdates"), {"external_installs_pending": True},
                     INSTALLED, "", id="signatures work at once"),
        pytest.param(update(failure=FAILURE), {}, MISSING, FAILURE, id="failed before"),
        pytest.param(update(failure=FAILURE), {"operation": "Install", "outcomes": {"KB5000001": "failed"}}, FAILED,
                     "its installation failed", id="failed in this run"),
        pytest.param(update(kb="KB1", kbs=["KB1", "KB5000001"]), {}, MISSING, "entry 'KB5000001' names it",
                     id="listed by its second KB"),
    ],
)  # fmt: skip
def test_what_windows_knows_of_an_update(patch, run, expected, words):
    listed = ["KB5000001"] if patch["kb"] == "KB1" else []
    answer = decide(WINDOWS, patch, *([] if listed else [rule()]), run=run, approved_patches=listed)
    assert state_of(answer) == expected
    assert words in answer["reason"]


def test_an_update_that_the_node_hides_is_held():
    (answer,) = evaluations(inventory(WINDOWS, update(held="it is hidden")), baseline(WINDOWS, rule()))
    assert (answer["held"], answer["state"]) == ("it is hidden", "MISSING")
    assert "held on the node: it is hidden" in answer["reason"]
    (installed,) = evaluations(
        inventory(WINDOWS, update(held="it is hidden", installed=True)), baseline(WINDOWS, rule())
    )
    assert installed["held"] is None


def install(outcome=None, **members):
    outcomes = {"dbus.x86_64": outcome} if outcome else {}
    return dict({"operation": "Install", "outcomes": outcomes, "reboot_option": "NoReboot"}, **members)


NEEDS_REJECTED = {"rejected_dependencies": {"dbus.x86_64": "libfoo"}}

INSTALLATIONS = [
    pytest.param(
        BEHIND, install("succeeded", reboot_option="RebootIfNeeded"), {}, INSTALLED, id="succeeded and rebooted"
    ),
    pytest.param(BEHIND, install("succeeded"), {}, PENDING, id="succeeded, NoReboot"),
    pytest.param(
        BEHIND, install("succeeded", reboot_option="if_required"), {}, PENDING, id="succeeded, not rebooted yet"
    ),
    pytest.param(
        BEHIND,
        install("succeeded", reboot_option="if_required", rebooted=True),
        {},
        INSTALLED,
        id="succeeded, rebooted as required",
    ),
    pytest.param(
        BEHIND,
        install("succeeded", reboot_option="RebootIfNeeded", rebooted=False),
        {},
        PENDING,
        id="succeeded, the reboot still to come",
    ),
    pytest.param(BEHIND, install("failed"), {}, FAILED, id="failed"),
    pytest.param(BEHIND, install(), {}, FAILED, id="after an Install nothing is Missing"),
    pytest.param(BEHIND, install(partial=True), {}, MISSING, id="outside a partial run"),
    pytest.param(BEHIND, install("failed", partial=True), {}, FAILED, id="failed in a partial run"),
    pytest.param(BEHIND, install("succeeded", partial=True), {}, PENDING, id="succeeded in a partial run"),
    pytest.param(BEHIND, {"operation": "Scan", **NEEDS_REJECTED}, BLOCK, MISSING, id="needs a rejected package, Scan"),
    pytest.param(BEHIND, install(**NEEDS_REJECTED), BLOCK, FAILED, id="needs a rejected package, Install, BLOCK"),
    pytest.param(
        BEHIND, install("failed", **NEEDS_REJECTED), BLOCK, FAILED, id="needs a rejected package, tried, BLOCK"
    ),
    pytest.param(
        BEHIND,
        install("succeeded", reboot_option="RebootIfNeeded", **NEEDS_REJECTED),
        ALLOW,
        INSTALLED,
        id="needs a rejected package, ALLOW",
    ),
    pytest.param(CURRENT, install(), {}, INSTALLED, id="was there before"),
    pytest.param(ABSENT, install(), {}, NOT_APPLICABLE, id="not installed, so not installed by a run either"),
]


@pytest.mark.parametrize(("patch", "run", "members", "expected"), INSTALLATIONS)
def test_after_an_installation(patch, run, members, expected):
    assert state_of(decide(RHEL, patch, rule(), run=run, **members)) == expected


UNFINISHED = dict(CURRENT, unfinished="half-configured")


@pytest.mark.parametrize(
    ("patch", "rules", "run", "expected", "words"),
    [
        pytest.param(UNFINISHED, [rule()], None, MISSING, "left it half-configured", id="after a scan"),
        pytest.param(
            UNFINISHED, [rule()], install("succeeded"), FAILED, "left it half-configured", id="came like that"
        ),
        pytest.param(
            UNFINISHED,
            [rule()],
            install("failed", notes={"dbus.x86_64": "exit status 3"}),
            FAILED,
            "exit status 3",
            id="failed",
        ),
        pytest.param(UNFINISHED, [], None, OTHER, "left it half-configured", id="not approved"),
        pytest.param(
            dict(BEHIND, unfinished="unpacked"), [rule()], install("succeeded"), PENDING, "", id="an older one"
        ),
    ],
)
def test_what_the_package_manager_left_unfinished_is_not_installed(patch, rules, run, expected, words):
    answer = decide(RHEL, patch, *rules, run=run)
    assert state_of(answer) == expected
    assert words in answer["reason"]


def test_the_rejected_dependency_is_named():
    answer = decide(RHEL, BEHIND, rule(), run={"operation": "Scan", **NEEDS_REJECTED}, **BLOCK)
    assert "libfoo" in answer["reason"]


def installed_at(instant, name="dbus"):
    return package(name, installed=rpm("2.0-1", installed_time=instant), available=[rpm("2.0-1", NEW)])


def remembered(instant, name="dbus"):
    return {"pending": {name + ".x86_64": instant}}


EXTERNAL = {"external_installs_pending": True}
REJECTED = dict(BLOCK, rejected_patches=["dbus"])

PENDING_REBOOTS = [
    # (a): our state file
    pytest.param(CURRENT, [rule()], remembered(AFTER_BOOT), {}, PENDING, id="we installed it after the boot"),
    pytest.param(CURRENT, [rule()], remembered(BEFORE_BOOT), {}, INSTALLED, id="rebooted since we installed it"),
    pytest.param(CURRENT, [rule()], remembered(BOOT), {}, INSTALLED, id="booted at that very second"),
    pytest.param(CURRENT, [rule()], remembered(None), {}, PENDING, id="we installed it, nobody knows when"),
    pytest.param(CURRENT, [], remembered(AFTER_BOOT), {}, PENDING, id="it replaces InstalledOther"),
    pytest.param(CURRENT, [rule()], remembered(AFTER_BOOT), REJECTED, PENDING, id="it replaces InstalledRejected"),
    pytest.param(BEHIND, [rule()], remembered(AFTER_BOOT), {}, MISSING, id="it does not replace Missing"),
    pytest.param(
        ABSENT, [rule()], remembered(AFTER_BOOT), {}, NOT_APPLICABLE, id="what is not installed is not pending"
    ),
    pytest.param(CURRENT, [rule()], remembered(AFTER_BOOT, "bash"), {}, INSTALLED, id="we installed another"),
    pytest.param(
        CURRENT,
        [rule()],
        dict(remembered(AFTER_BOOT), operation="Install", reboot_option="RebootIfNeeded"),
        {},
        INSTALLED,
        id="earlier pending, and the run rebooted",
    ),
    pytest.param(
        CURRENT,
        [rule()],
        dict(remembered(AFTER_BOOT), operation="Install", reboot_option="NoReboot"),
        {},
        PENDING,
        id="earlier pending, and the run did not reboot",
    ),
    pytest.param(
        package("kernel-livepatch-5", installed=rpm("1-1"), available=[rpm("1-1", NEW)]),
        [rule()],
        remembered(AFTER_BOOT, "kernel-livepatch-5"),
        {},
        INSTALLED,
        id="kernel live patches are never pending",
    ),
    # (b): installed by others
    pytest.param(installed_at(AFTER_BOOT), [rule()], EXTERNAL, {}, PENDING, id="others installed it after the boot"),
    pytest.param(
        installed_at(BEFORE_BOOT), [rule()], EXTERNAL, {}, INSTALLED, id="others installed it before the boot"
    ),
    pytest.param(
        installed_at(AFTER_BOOT), [rule()], {}, {}, INSTALLED, id="others installed it, and that does not count"
    ),
    pytest.param(installed_at(None), [rule()], EXTERNAL, {}, INSTALLED, id="others installed it, nobody knows when"),
    pytest.param(
        installed_at(AFTER_BOOT), [], EXTERNAL, {}, PENDING, id="others installed it: replaces InstalledOther"
    ),
    pytest.param(
        installed_at(AFTER_BOOT), [], EXTERNAL, REJECTED, PENDING, id="others installed it: replaces InstalledRejected"
    ),
]


@pytest.mark.parametrize(("patch", "rules", "run", "members", "expected"), PENDING_REBOOTS)
def test_pending_reboots(patch, rules, run, members, expected):
    assert state_of(decide(RHEL, patch, *rules, run=run, boot_time=BOOT, **members)) == expected


@pytest.mark.parametrize("boot_time", [None, "a while ago"])
def test_without_a_boot_time_what_we_installed_stays_pending(boot_time):
    assert state_of(decide(RHEL, CURRENT, rule(), run=remembered(BEFORE_BOOT), boot_time=boot_time)) == PENDING


def test_the_reason_of_a_pending_reboot():
    answer = decide(RHEL, CURRENT, rule(), run=remembered(AFTER_BOOT), boot_time=BOOT)
    assert "reboot" in answer["reason"]


def test_pending_reboots_on_windows():
    patch = update(installed=True, installed_time=AFTER_BOOT)
    assert state_of(decide(WINDOWS, patch, rule(), run=EXTERNAL, boot_time=BOOT)) == PENDING
    assert (
        state_of(decide(WINDOWS, patch, rule(), run={"pending": {"KB5000001": AFTER_BOOT}}, boot_time=BOOT)) == PENDING
    )


@pytest.mark.parametrize(
    ("system", "patch", "expected"),
    [
        pytest.param(DEBIAN, package("bash", "amd64", {"version": "5.1"}, [deb("5.2")]), MISSING, id="apt, newer"),
        pytest.param(DEBIAN, package("bash", "amd64", {"version": "5.2"}, [deb("5.2")]), INSTALLED, id="apt, current"),
        pytest.param(
            DEBIAN, package("bash", "amd64", {"version": "1:5.1"}, [deb("5.2")]), OTHER, id="apt, older by its epoch"
        ),
        pytest.param(
            MACOS,
            package("Safari", "arm64", {"version": "16"}, [{"version": "17", "classification": "Security"}]),
            MISSING,
            id="macOS, newer",
        ),
    ],
)
def test_other_families(system, patch, expected):
    assert state_of(decide(system, patch, rule())) == expected


def test_the_installed_time_is_that_of_what_is_installed():
    """compliance.md, 4: InstalledTime is empty unless installed."""
    behind = package(installed=rpm("1.0-1", installed_time=BEFORE_BOOT), available=[rpm("2.0-1", NEW)])
    assert decide(RHEL, CURRENT, rule())["installed_time"] == BEFORE_BOOT
    assert decide(RHEL, behind, rule())["installed_time"] is None


def test_a_scan_is_the_default_run():
    assert parse_run(None) == parse_run({}) == Run.scan()
    assert (Run.scan().operation, Run.scan().rebooted) == ("Scan", False)


def test_a_whole_run():
    run = parse_run(
        {
            "operation": "Install",
            "reboot_option": "NoReboot",
            "rebooted": False,
            "outcomes": {"a.x": "succeeded", "b.x": "failed"},
            "rejected_dependencies": {"b.x": "c"},
            "partial": True,
            "external_installs_pending": True,
            "pending": {"d.x": "2026-11-20T18:00:00Z", "e.x": None},
        }
    )
    instant = datetime.datetime(2026, 11, 20, 18, tzinfo=datetime.timezone.utc)
    assert run.pending == {"d.x": instant, "e.x": None}
    assert run.outcomes == {"a.x": "succeeded", "b.x": "failed"}
    assert run.rejected_dependencies == {"b.x": "c"}
    assert (run.partial, run.external_installs_pending) == (True, True)


@pytest.mark.parametrize(
    ("run", "rebooted"),
    [
        pytest.param({"operation": "Install", "reboot_option": "RebootIfNeeded"}, True, id="RebootIfNeeded"),
        pytest.param(
            {"operation": "Install", "reboot_option": "RebootIfNeeded", "rebooted": False}, False, id="it did not"
        ),
        pytest.param({"operation": "Install", "reboot_option": "NoReboot"}, False, id="NoReboot"),
        pytest.param({"operation": "Install"}, False, id="nothing said"),
        pytest.param({"operation": "Scan", "reboot_option": "RebootIfNeeded"}, False, id="a scan never reboots"),
    ],
)
def test_whether_a_run_rebooted(run, rebooted):
    assert parse_run(run).rebooted is rebooted


@pytest.mark.parametrize(
    ("run", "words"),
    [
        pytest.param({"operation": "Update"}, ["run.operation", "'Update'", "Scan, Install"], id="operation"),
        pytest.param(
            {"reboot_option": "Always"},
            ["run.reboot_option", "'Always'", "RebootIfNeeded", "NoReboot"],
            id="reboot option",
        ),
        pytest.param({"outcomes": {"a.x": "ok"}}, ["run.outcomes.a.x", "'ok'", "succeeded, failed"], id="outcome"),
        pytest.param({"outcome": {}}, ["run.outcome", "outcomes"], id="unknown member"),
        pytest.param(
            {"pending": {"a.x": "yesterday"}}, ["run.pending.a.x", "'yesterday'"], id="an instant that makes no sense"
        ),
        pytest.param({"outcomes": ["a.x"]}, ["run.outcomes"], id="outcomes that are no mapping"),
    ],
)
def test_runs_that_are_refused(run, words):
    with pytest.raises(RunError) as caught:
        parse_run(run)
    for word in words:
        assert word in str(caught.value)


def state_after(reboot_option, patch=None, **run):
    run = dict(run, operation="Install", reboot_option=reboot_option, rebooted=False)
    found = decide(RHEL, patch or CURRENT, rule(filters=IMPORTANT), run=run)
    return found["state"], found["status"]


@pytest.mark.parametrize(
    ("reboot_option", "required", "state"),
    [
        pytest.param("if_required", False, "INSTALLED", id="if_required, the node asks for none"),
        pytest.param("if_required", True, "INSTALLED_PENDING_REBOOT", id="if_required, the node asks for one"),
        pytest.param("if_required", None, "INSTALLED_PENDING_REBOOT", id="if_required, nobody knows"),
        pytest.param("NoReboot", False, "INSTALLED_PENDING_REBOOT", id="NoReboot asks nobody"),
        pytest.param("RebootIfNeeded", False, "INSTALLED_PENDING_REBOOT", id="nor does RebootIfNeeded"),
    ],
)
def test_what_was_installed_waits_for_a_reboot_unless_if_required_needs_none(reboot_option, required, state):
    found, _status = state_after(reboot_option, outcomes={"dbus.x86_64": "succeeded"}, reboot_required=required)
    assert found == state


def test_what_an_earlier_run_installed_still_waits_when_this_one_needs_no_reboot():
    found = state_after(
        "if_required", outcomes={"other.x86_64": "succeeded"}, reboot_required=False, pending={"dbus.x86_64": None}
    )
    assert found == ("INSTALLED_PENDING_REBOOT", "NON_COMPLIANT")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        pytest.param({}, "its installation failed", id="nobody said why"),
        pytest.param({"notes": {"dbus.x86_64": "no space left"}}, "no space left", id="in the package manager's words"),
        pytest.param(
            {"notes": {"dbus.x86_64": "refused"}, "rejected_dependencies": {"dbus.x86_64": "bad"}},
            "it needs bad, which is rejected and blocked",
            id="a rejected dependency goes before them",
        ),
    ],
)
def test_a_failed_patch_says_why(run, words):
    run = dict(run, operation="Install", reboot_option="NoReboot", outcomes={"dbus.x86_64": "failed"})
    found = decide(RHEL, BEHIND, rule(filters=IMPORTANT), rejected_patches=["bad"], run=run, **BLOCK)
    assert found["state"] == "FAILED"
    assert found["reason"].endswith(words)
