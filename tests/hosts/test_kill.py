# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of patch_install that are killed at every point: what is left, and what the next run makes of it.

docs/guides/faults.md is written from these tests and those of test_faults.py.
"""

from __future__ import annotations

import signal

import pytest

from ansible_collections.patchops.fleet.tests.hosts.lab import enclosure
from ansible_collections.patchops.fleet.tests.hosts.lab.packages import Package
from ansible_collections.patchops.fleet.tests.hosts.lab.waiting import until
from ansible_collections.patchops.fleet.tests.hosts.patching import (
    EACH_MANAGER,
    GO,
    INSIDE,
    NEW,
    OLD,
    WAITS,
    Patching,
    outcomes,
    states,
)

MODULE = "AnsiballZ_patch_install"
ROLLBACK = "patchops.fleet.patch_rollback"
WORKER = "/worker.py"
PACKAGE_MANAGERS = ("apt-get", "dnf", "zypper", "dpkg", "rpm")  # who starts whom, so that none is started again
NAMES = ("first", "middle", "last")


@pytest.fixture(params=EACH_MANAGER)
def patching(request, boot, controller):
    return Patching(controller, boot(request.param))


def chain():
    """Three patches that can only come in this order, the second of which waits in its script."""
    return (
        Package("first", NEW),
        Package("middle", NEW, requires=(f"first >= {NEW}",), after=WAITS),
        Package("last", NEW, requires=(f"middle >= {NEW}",)),
    )


def interrupted(patching):
    """The one run of the host that installs and has no end on record."""
    (run,) = [run for run in patching.runs() if run["operation"] == "install" and run["state"] == "running"]
    return run


def recovers(patching, run_id, **options):
    """The next run tells of the interrupted one, and both records are kept, on the host and on the controller."""
    answer = patching.patch(**options)
    assert not answer.get("failed"), answer
    assert [earlier["run_id"] for earlier in answer["recovered"]] == [run_id], answer
    (run,) = [run for run in patching.runs() if run["run_id"] == run_id and run["operation"] == "install"]
    assert (run["state"], run["interrupted"], run["record"]["capture"]["run_id"]) == ("ended", True, run_id)
    assert run["record"]["run"]["interrupted"] is True
    assert run["record"]["operation"] == "Install"
    assert patching.kept(run_id) == [run["record"]]
    assert patching.kept(answer["run_id"])
    return answer, run


def kill_package_manager(host):
    assert host.kill(*PACKAGE_MANAGERS) > 0
    until(lambda: not host.processes(*PACKAGE_MANAGERS), "the package manager is gone")


# -- before anything is installed


def test_the_module_is_killed_in_the_download_which_goes_on(patching):
    host = patching.host
    patching.offer(Package("first", NEW))
    stall = host.archive.web.stall("first")
    with patching.started() as run:
        stall.wait_until_asked()
        assert host.kill(MODULE) > 0
        assert "UNREACHABLE" in run.wait() or "FAILED" in run.output
    left = interrupted(patching)
    scanned = patching.scan(refresh="never", lock_timeout=2)
    if host.kind.manager == "zypper":  # whose lock keeps out who only looks
        assert "lock" in scanned["msg"], scanned
    else:
        assert scanned["status"] == "NON_COMPLIANT"
    refused = patching.patch(refresh="never", lock_timeout=2)
    assert refused["failed"]
    assert f"the transaction of run {left['run_id']}" in refused["msg"]
    assert (
        f"is still at work in unit patchops-{host.shell('ls /var/lib/patchops/runs').stdout.strip()}" in refused["msg"]
    )
    assert patching.versions("first") == [OLD]
    stall.let_go()
    answer, run = recovers(patching, left["run_id"])
    assert answer["recovered"][0]["what"] == "the module was interrupted, its transaction ended by itself"
    assert (answer["outcome"], outcomes(run)) == ("nothing_to_do", {"first": "installed"})
    patching.settled("first")


def test_module_worker_and_package_manager_are_killed_in_the_download(patching):
    host = patching.host
    patching.offer(Package("first", NEW))
    stall = host.archive.web.stall("first")
    with patching.started():
        stall.wait_until_asked()
        left = interrupted(patching)
        assert host.kill(WORKER) > 0
        assert host.kill(MODULE) > 0
        kill_package_manager(host)
    stall.let_go()
    host.archive.web.stalls.clear()
    assert patching.versions("first") == [OLD]
    answer, run = recovers(patching, left["run_id"])
    assert outcomes(run) == {"first": "failed"}
    assert "it was interrupted" in run["patches"][0]["reason"]
    assert states(run["record"])["first"] == "FAILED"
    assert outcomes(answer) == {"first": "installed"}
    patching.settled("first")


# -- in the transaction, which goes on


def the_module_is_killed(host, controller):
    assert host.kill(MODULE) > 0


def the_connection_is_cut(host, controller):
    assert controller.kill_ssh() > 0


def the_cable_is_pulled(host, controller):
    host.unplug()
    assert controller.kill_ssh() > 0


def the_worker_is_killed(host, controller):
    assert host.kill(WORKER) > 0
    assert host.kill(MODULE) > 0


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(the_module_is_killed, id="module killed"),
        pytest.param(the_connection_is_cut, id="connection cut"),
        pytest.param(the_cable_is_pulled, id="cable pulled"),
        pytest.param(the_worker_is_killed, id="worker killed"),
    ],
)
def test_a_transaction_that_lost_its_task_goes_on(patching, fault):
    host = patching.host
    patching.offer(*chain())
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        fault(host, patching.controller)
        run.wait()
    host.plug()
    assert run.process.returncode != 0
    left = interrupted(patching)
    host.path(GO).touch()
    if fault is the_cable_is_pulled:  # of which the module does not hear: it may live to write down the end itself
        answer = patching.patch(lock_timeout=60)
        assert [earlier["run_id"] for earlier in answer["recovered"]] in ([], [left["run_id"]]), answer
        (run,) = [run for run in patching.runs() if run["run_id"] == left["run_id"]]
        assert (run["state"], run["record"]["capture"]["run_id"]) == ("ended", left["run_id"])
    else:
        answer, run = recovers(patching, left["run_id"], lock_timeout=60)
    expected = dict.fromkeys(NAMES, "installed")
    assert (answer["outcome"], answer["leftovers"], outcomes(run)) == ("nothing_to_do", [], expected), answer
    assert (answer["status"], run["record"]["status"]) == ("COMPLIANT", "COMPLIANT")
    patching.settled(*NAMES)


def test_what_a_run_did_that_lost_its_connection_is_undone_by_the_next_rollback(patching):
    """And not the run before it, which had ended well."""
    host = patching.host
    patching.offer(Package("first", NEW))
    host.publish(Package("first", OLD))
    assert outcomes(patching.patch()) == {"first": "installed"}
    patching.offer(Package("middle", NEW, after=WAITS))
    host.publish(Package("middle", OLD))
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        (left,) = [run for run in patching.runs() if run["state"] == "running"]
        assert host.kill(MODULE) > 0
        run.wait()
    host.path(GO).touch()
    answer = rolled_back(patching, lock_timeout=60)
    assert (answer["outcome"], answer["of_run"]) == ("restored", left["run_id"]), answer
    assert [earlier["run_id"] for earlier in answer["recovered"]] == [left["run_id"]]
    assert patching.versions("first", "middle") == [NEW, OLD]
    (undone,) = [run for run in patching.runs() if run["run_id"] == left["run_id"]]
    assert undone["rolled_back"] == answer["run_id"]
    assert patching.kept(left["run_id"]) == [undone["record"]]


def test_a_rollback_that_lost_its_connection_is_settled_by_the_next_one(patching):
    """Which installs nothing anew."""
    host = patching.host
    patching.offer(Package("first", NEW))
    host.publish(Package("first", OLD, after=WAITS))
    done = patching.patch()
    assert outcomes(done) == {"first": "installed"}
    with patching.started(module=ROLLBACK) as run:
        host.wait_for_file(INSIDE)
        assert host.kill("AnsiballZ_patch_rollback") > 0
        run.wait()
    host.path(GO).touch()
    answer = rolled_back(patching, lock_timeout=60)
    assert f"run {done['run_id']} was rolled back already" in answer["msg"], answer
    assert patching.versions("first") == [OLD]
    assert [(run["operation"], run["state"]) for run in patching.runs()] == [
        ("install", "ended"),
        ("rollback", "ended"),
    ]


def rolled_back(patching, **options):
    asked = {name: value for name, value in patching.options.items() if name != "refresh"}
    return patching.controller.module([patching.host], ROLLBACK, options={**asked, "refresh": "never", **options})[
        patching.host.name
    ]


def test_a_unit_that_is_stopped_ends_after_its_command(patching):
    """Nothing of the package manager is killed, and the module still tells what came of it."""
    host = patching.host
    patching.offer(*chain())
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        (unit,) = host.shell("systemctl list-units --plain --no-legend 'patchops-*' | cut -d' ' -f1").stdout.split()
        host.shell(f"systemctl stop --no-block {unit}")
        host.path(GO).touch()
        assert outcomes(run.answer) == dict.fromkeys(NAMES, "installed")
    patching.settled(*NAMES)


# -- in the transaction, which ends


def test_the_package_manager_is_killed_in_its_transaction(patching):
    """The module lives, and tells. What is left, apt's installer brings to its end at once, others the next run."""
    host = patching.host
    patching.offer(*chain())
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        assert host.kill(*PACKAGE_MANAGERS) > 0
        host.path(GO).touch()
        answer = run.answer
    if host.kind.manager == "apt":
        assert outcomes(answer) == dict.fromkeys(NAMES, "installed"), answer
        patching.settled(*NAMES)
        return
    assert "FAILED!" in run.output
    assert answer["outcome"] in ("failed", "partial"), answer
    assert outcomes(answer)["last"] == "failed"
    assert patching.versions("last") == [OLD]
    assert states(patching.kept(answer["run_id"])[0])["last"] == "FAILED"
    again = patching.patch()
    assert not again.get("failed"), again
    assert again["leftovers"], again
    assert (again["recovered"], again["changed"]) == ([], True)
    patching.settled(*NAMES)


def test_everything_is_killed_in_the_transaction(patching):
    host = patching.host
    patching.offer(*chain())
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        left = interrupted(patching)
        host.kill(WORKER)
        host.kill(MODULE)
        kill_package_manager(host)
        run.wait()
    check_after_power_loss(patching, left)


def test_the_power_is_lost_in_the_transaction(patching):
    host = patching.host
    patching.offer(*chain())
    with patching.started() as run:
        host.wait_for_file(INSIDE)
        left = interrupted(patching)
        host.machine.stop()
        patching.controller.kill_ssh()
        run.wait()
    host.machine.start()
    host.wait_for_ssh()
    check_after_power_loss(patching, left)


def check_after_power_loss(patching, left):
    patching.host.path(GO).touch()
    scanned = patching.scan(refresh="never")
    assert not scanned.get("failed"), scanned
    answer, run = recovers(patching, left["run_id"])
    assert answer["recovered"][0]["what"] == "its transaction was interrupted"
    assert answer["leftovers"], answer
    assert answer["changed"]
    assert set(outcomes(run).values()) <= {"installed", "failed"}
    patching.settled(*NAMES)


# -- in the reboot


@pytest.mark.parametrize("kind", ["debian12"])
def test_the_play_is_killed_in_the_reboot(boot, controller, kind):
    host = boot(kind)
    patching = Patching(controller, host, reboot_option="RebootIfNeeded", reboot_timeout=120)
    patching.offer(Package("first", NEW))
    host.machine.reboots = False
    with patching.started() as run:
        host.machine.wait_until_off()
        run.process.send_signal(signal.SIGKILL)
        enclosure.send(signal.SIGKILL, enclosure.processes(controller._place.group("controller")))
        run.wait()
    host.machine.reboots = True
    host.machine.start()
    host.wait_for_ssh()
    (ended,) = patching.runs()
    assert (ended["state"], outcomes(ended)) == ("ended", {"first": "installed"})
    assert states(ended["record"])["first"] == "INSTALLED_PENDING_REBOOT"
    assert states(patching.scan(detail="full")["record"])["first"] == "INSTALLED"
    patching.settled("first")
