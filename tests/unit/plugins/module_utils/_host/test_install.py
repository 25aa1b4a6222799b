# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs on small apt systems: real probes, real workers, and an installer that rewrites dpkg's status."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._engine.errors import EngineError
from ansible_collections.patchops.fleet.plugins.module_utils._engine.selection import Limits
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, boot, job, pending, runs
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import Step
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    RHEL,
    baseline,
    rule,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.small_installer import (
    SIZE,
    TRANSACTION,
    Small,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.small_system import (
    EVERYTHING,
    NOW,
    System,
    ends,
    interrupted,
)

pytestmark = pytest.mark.needs("python3-apt")


@pytest.fixture(autouse=True)
def without_systemd(monkeypatch, tmp_path):
    """The same way wherever the tests run."""
    monkeypatch.setattr(job, "SYSTEMD", str(tmp_path / "no-systemd"))


@pytest.fixture
def system(fake_root):
    return System(fake_root)


def outcomes(result):
    return {patch["kb_id"]: (patch["outcome"], patch["reason"]) for patch in result["patches"]}


def states(record):
    assert list(shape.faults(record, schemas.RECORD)) == []
    return {patch["kb_id"]: patch["state"] for patch in record["patches"]}


PATCH_BAR = {"kb_id": "bar.amd64", "name": "bar", "arch": "amd64", "old": "1.0", "new": "1.1"}
PATCH_FOO = {"kb_id": "foo.amd64", "name": "foo", "arch": "amd64", "old": "1.0", "new": "1.1"}
DEPENDENCY = {"kb_id": "new.amd64", "name": "new", "arch": "amd64", "old": None, "new": "0.1"}


def test_a_whole_run_and_a_second_one(system):
    system.installer.needs = {"foo": ("new", "0.1")}
    planned = system.run(options={"check_mode": True})
    before = system.files()
    result = system.run()
    assert system.versions() == {"bar": "1.1", "foo": "1.1", "lib": "1.0", "new": "0.1"}
    record = result.pop("record")
    inventory = result.pop("inventory_after")
    (commands, steps) = (result.pop("commands"), result.pop("steps"))
    assert result == {
        "run_id": "r1",
        "changed": True,
        "outcome": "installed",
        "patches": [
            {**PATCH_BAR, "outcome": "installed", "reason": None},
            {**PATCH_FOO, "outcome": "installed", "reason": None},
        ],
        "failed_patches": [],
        "dependencies": [DEPENDENCY],
        "download_size": 3 * SIZE,
        "diff": {
            "before": "bar.amd64 1.0\nfoo.amd64 1.0\n",
            "after": "bar.amd64 1.1\nfoo.amd64 1.1\nnew.amd64 0.1\n",
        },
        "reboot": {"required": False, "reasons": [], "due": False, "why": "NoReboot: never by this run", "done": False},
        "services": ["foo.service"],
        "warnings": [],
        "history": {"estimate_seconds": None, "runs": 0},
        "recovered": [],
        "leftovers": [],
        "conclusion": {
            "operation": "Install",
            "reboot_option": "NoReboot",
            "rebooted": True,
            "outcomes": {"bar.amd64": "succeeded", "foo.amd64": "succeeded"},
            "rejected_dependencies": {},
            "partial": False,
            "notes": {},
        },
    }
    assert steps == [{"name": name, "code": 0, "why_not": None} for name in ("download", "install")]
    assert [command.split()[0] for command in commands] == ["touch", sys.executable]
    # what check mode foretold
    for member in ("dependencies", "diff", "download_size", "commands", "changed"):
        assert planned[member] == {**result, "commands": commands}[member], member
    assert outcomes(planned) == {"bar.amd64": ("planned", None), "foo.amd64": ("planned", None)}
    # the record, here and on the node
    assert states(record) == {
        "bar.amd64": "INSTALLED_PENDING_REBOOT",
        "foo.amd64": "INSTALLED_PENDING_REBOOT",
        "lib.amd64": "INSTALLED",
        "new.amd64": "INSTALLED_PENDING_REBOOT",
    }
    assert record["run"] == {**NO_LIMITS, "interrupted": False, "download_only": False}
    assert record["last_no_reboot_install_operation_time"] == "2026-11-21T12:00:00Z"
    assert (record["operation"], record["reboot_option"], record["services"]) == (
        "Install",
        "NoReboot",
        ["foo.service"],
    )
    assert inventory["services"] == ["foo.service"]
    (run,) = system.runs()
    assert json.loads((system.state("runs", os.path.basename(run.path), "record.json")).read_text()) == record
    kept = {name: run.document[name] for name in ("state", "operation", "outcome", "patches", "commands", "ended")}
    assert kept == {
        "state": "ended",
        "operation": "install",
        "outcome": "installed",
        "patches": result["patches"],
        "commands": commands,
        "ended": "2026-11-21T12:00:00Z",
    }
    assert {change["kb_id"] for change in run.document["changed"]} == {"bar.amd64", "foo.amd64", "new.amd64"}
    assert set(pending.load(str(system.root)).since) == {"bar.amd64", "foo.amd64", "new.amd64"}
    changed = {path for path, content in system.files().items() if before.get(path, "") != content}
    assert {
        path for path in changed if not path.startswith((str(system.state()), str(system.root / "var/cache/apt")))
    } == {str(system.root / "var/lib/dpkg/status")}
    # and again
    again = system.run("r2")
    assert (again["changed"], again["outcome"], again["patches"], again["commands"]) == (False, "nothing_to_do", [], [])
    assert (again["diff"], again["history"]["runs"], len(system.runs())) == ({"before": "", "after": ""}, 1, 1)
    assert states(again["record"]) == states(record)


NO_LIMITS = {"manifest": None, "override_list": None, "include": [], "exclude": []}


def test_one_failure_hides_no_other_and_no_success(system):
    for name in ("bad", "held", "needy"):
        system.fake_root.install(name, "1.0", state="hold ok installed" if name == "held" else "install ok installed")
    system.offer("2.0", "bad", "held", "needy")
    system.installer.refused = {"bad": "bad depends on what is not there"}
    system.installer.needs = {"needy": ("evil", "6.6")}
    system.fail("foo", "post-installation script returned 1")
    given = {**EVERYTHING, "rejected_patches": ["evil"], "rejected_patches_action": "BLOCK"}
    result = system.run(given=given)
    assert outcomes(result) == {
        "bad.amd64": ("failed", "bad depends on what is not there"),
        "bar.amd64": ("installed", None),
        "foo.amd64": ("failed", "post-installation script returned 1"),
        "held.amd64": ("skipped", "held on the node: on hold in dpkg (apt-mark hold)"),
        "needy.amd64": ("failed", "it needs evil.amd64 6.6, but rejected_patches entry 'evil' names it"),
    }
    assert (result["outcome"], result["changed"]) == ("partial", True)
    assert result["failed_patches"] == ["bad.amd64", "foo.amd64", "needy.amd64"]
    assert [step["code"] for step in result["steps"]] == [0, 1]
    assert "failed foo: post-installation" in result["steps"][1]["output"]
    found = states(result["record"])
    assert {name: found[name] for name in outcomes(result)} == {
        "bad.amd64": "FAILED",
        "bar.amd64": "INSTALLED_PENDING_REBOOT",
        "foo.amd64": "FAILED",
        "held.amd64": "FAILED",
        "needy.amd64": "FAILED",
    }
    assert "evil" not in system.versions()


def test_check_mode_writes_nothing(system):
    before = system.files()
    result = system.run(options={"check_mode": True, "privileged": False}, reboot_option="RebootIfNeeded")
    assert system.files() == before
    assert (result["outcome"], result["changed"], result["reboot"]["due"]) == ("planned", True, True)
    assert states(result["record"])["foo.amd64"] == "MISSING"


def test_download_only_fetches_and_installs_nothing(system):
    first = system.run(download_only=True)
    assert system.versions()["foo"] == "1.0"
    assert set(outcomes(first).values()) == {("downloaded", None)}
    assert (first["outcome"], first["changed"], first["diff"]) == ("downloaded", True, {"before": "", "after": ""})
    assert [step["name"] for step in first["steps"]] == ["download"]
    assert states(first["record"])["foo.amd64"] == "MISSING"
    assert (first["reboot"]["due"], first["services"]) == (False, [])
    assert not system.state("pending.json").exists()
    again = system.run("r2", download_only=True)
    assert (again["changed"], again["download_size"]) == (False, 0)


@pytest.mark.parametrize(
    ("reboot_option", "asks", "due", "found", "last"),
    [
        pytest.param("if_required", False, False, "INSTALLED", None, id="if_required, not asked for"),
        pytest.param("if_required", True, True, "INSTALLED_PENDING_REBOOT", None, id="if_required, asked for"),
        pytest.param("RebootIfNeeded", False, True, "INSTALLED_PENDING_REBOOT", None, id="RebootIfNeeded"),
    ],
)
def test_when_a_reboot_is_due(system, reboot_option, asks, due, found, last):
    if asks:
        system.ask_for_a_reboot()
    result = system.run(reboot_option=reboot_option)
    assert (result["reboot"]["due"], result["reboot"]["required"], result["reboot"]["done"]) == (due, asks, False)
    assert states(result["record"])["foo.amd64"] == found
    assert result["record"]["last_no_reboot_install_operation_time"] == last
    assert bool(pending.load(str(system.root)).since) is due


def test_what_a_run_was_told_to_leave_alone_stays_missing(system):
    result = system.run(limits=Limits(exclude=["bar"]))
    assert outcomes(result) == {
        "bar.amd64": ("skipped", "excluded from this run by 'bar'"),
        "foo.amd64": ("installed", None),
    }
    assert states(result["record"])["bar.amd64"] == "MISSING"
    assert result["record"]["run"]["exclude"] == ["bar"]


@pytest.mark.parametrize(
    ("installer", "reason"),
    [
        pytest.param({"refused": {"bar": "no", "foo": "no"}}, "no", id="all refused"),
        pytest.param({"sleepy": True}, "it is still not at this version", id="a solver with nothing to do"),
    ],
)
def test_a_run_that_can_install_nothing_has_failed_and_begins_nothing(system, installer, reason):
    system.installer = type("Small", (Small,), installer)
    result = system.run()
    assert all(outcome == "failed" and reason in words for outcome, words in outcomes(result).values())
    assert (result["outcome"], result["changed"], system.runs()) == ("failed", False, [])
    assert states(result["record"])["foo.amd64"] == "FAILED"
    foreseen = system.run(options={"check_mode": True})
    assert (foreseen["outcome"], outcomes(foreseen)) == ("failed", outcomes(result))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"options": {"privileged": False}}, "become: true", id="without root"),
        pytest.param({"given": baseline(RHEL, rule())}, "Nothing was touched", id="no baseline for this node"),
        pytest.param({"limits": Limits([], [])}, "give one of them", id="contradicting limits"),
        pytest.param({"minimum_free_space": 1 << 40}, "minimum_free_space", id="no room"),
    ],
)
def test_a_run_that_is_refused_as_a_whole_touches_nothing(system, arguments, words):
    before = system.files()
    with pytest.raises((base.BackendError, EngineError), match=words):
        system.run(**arguments)
    after = {path: content for path, content in system.files().items() if not path.startswith(str(system.state()))}
    assert {path: content for path, content in after.items() if before.get(path) != content} == {}
    assert system.runs() == []


def test_leftovers_of_somebody_elses_transaction_are_brought_to_an_end_first(system):
    (system.root / "leftover").write_text("")
    result = system.run(limits=Limits(include=["nothing"]))
    assert (result["leftovers"], result["changed"]) == (["foo is half-configured"], True)
    (run,) = system.runs()
    assert (run.document["operation"], run.document["outcome"]) == ("repair", "repaired")
    assert run.document["commands"] == ["rm %s/leftover" % system.root]


def test_leftovers_that_stay_are_named_and_what_is_approved_comes_all_the_same(system):
    """What cannot be configured may be what the next version cures."""
    (system.root / "leftover").mkdir()  # which rm refuses
    result = system.run()
    (warning,) = [words for words in result["warnings"] if "could not be brought to an end" in words]
    assert "foo is half-configured" in warning
    assert "Is a directory" in warning
    assert [run.document["outcome"] for run in system.runs()] == ["failed", "installed"]
    assert system.versions()["foo"] == "1.1"


def test_check_mode_tells_the_repair_and_what_comes_after_it_as_far_as_it_can(system):
    (system.root / "leftover").write_text("")
    repair = "rm %s/leftover" % system.root
    foreseen = system.run(options={"check_mode": True})
    assert (foreseen["outcome"], foreseen["commands"][0], len(foreseen["commands"])) == ("planned", repair, 3)

    def solve(self, request):
        if self.leftovers():
            raise base.BackendError("dpkg was interrupted")
        return Small.solve(self, request)

    system.installer.solve = solve
    foreseen = system.run(options={"check_mode": True})
    assert (foreseen["changed"], foreseen["commands"], foreseen["patches"]) == (True, [repair], [])
    assert "only after the repair: dpkg was interrupted" in " ".join(foreseen["warnings"])
    assert system.run()["commands"] != []


def test_what_a_repair_brings_is_told_and_must_not_be_rejected(system):
    (system.root / "leftover").write_text("")
    asked = []

    def repair(self, unwelcome):
        asked.append(unwelcome("evil", "amd64", "6.6"))
        command = (sys.executable, "-c", TRANSACTION, str(system.root))
        return [Step("repair", command, data=json.dumps([["lib", "1.0.1"]])), *Small.repair(self)]

    system.installer.repair = repair
    given = {**EVERYTHING, "rejected_patches": ["evil"], "rejected_patches_action": "BLOCK"}
    result = system.run(given=given)
    assert asked == ["rejected_patches entry 'evil' names it"]
    assert [(change["name"], change["old"], change["new"]) for change in result["dependencies"]] == [
        ("lib", "1.0", "1.0.1")
    ]
    assert "lib.amd64 1.0.1\n" in result["diff"]["after"]
    assert "foo.amd64 1.1\n" in result["diff"]["after"]
    assert "the repair of an interrupted transaction brought lib.amd64 from 1.0 to 1.0.1" in result["warnings"]
    assert [change["name"] for change in system.runs()[0].document["changed"]] == ["lib"]


def test_leftovers_that_nobody_knows_how_to_repair_are_named_and_block_nothing(system):
    (system.root / "leftover").write_text("")

    def repair(self, unwelcome=None):
        raise base.BackendError("it finds nothing to do")

    system.installer.repair = repair
    result = system.run()
    assert "it finds nothing to do" in " ".join(result["warnings"])
    assert (result["outcome"], result["leftovers"]) == ("installed", ["foo is half-configured"])
    assert system.versions()["foo"] == "1.1"


def test_the_tool_that_tells_services_fails_and_nothing_else_does(system):
    def services(self):
        raise base.BackendError("needrestart ended with exit code 1: broken")

    system.installer.services = services
    result = system.run(reboot_option="RebootIfNeeded")
    assert (result["outcome"], result["reboot"]["due"]) == ("installed", True)
    assert "needrestart ended with exit code 1: broken" in " ".join(result["warnings"])
    assert [run.document["outcome"] for run in system.runs()] == ["installed"]
    assert result["record"]["services"] == result["services"]


@pytest.mark.parametrize(
    ("words", "outcome"),
    [pytest.param(None, "installed", id="all went well"), pytest.param("no", "failed", id="one failed")],
)
def test_a_node_that_cannot_be_looked_at_afterwards_keeps_its_result(system, words, outcome):
    """What is known is told, a reboot stays due, and the next run tells the rest."""
    if words:
        system.fail("foo", words)
    system.offer("2.0", "foo")
    broken = system.root / "etc/apt/sources.list.d/broken.list"

    def install(self, request):
        command = "import pathlib; pathlib.Path(%r).write_text('no source')" % str(broken)
        steps = Small.install(self, request)
        return [*steps, Step("break", (sys.executable, "-c", command), always=True)]

    system.installer.install = install
    result = system.run(reboot_option="RebootIfNeeded", limits=Limits(include=["foo"]))
    assert "could not be looked at after the transaction" in " ".join(result["warnings"])
    assert outcomes(result)["foo.amd64"][0] == outcome
    assert (result["changed"], result["reboot"]["due"]) == (True, not words)
    assert result["record"]["complete"] is False
    broken.unlink()
    system.installer.install = Small.install
    (recovered,) = system.run("r2", limits=Limits(include=["nothing"]))["recovered"]
    assert outcomes(recovered)["foo.amd64"][0] == outcome


def kill_worker(run):
    (step,) = [
        step for step in json.loads(pathlib.Path(run.path, "steps.json").read_text())["steps"] if step["code"] is None
    ]
    parent = pathlib.Path("/proc/%d/stat" % step["pid"]).read_text().rpartition(")")[2].split()[1]
    os.kill(int(parent), signal.SIGKILL)
    return step


def test_a_run_waits_for_the_transaction_of_a_killed_one_and_adopts_its_result(system):
    system.fail("bar", "no space left on device")
    run = interrupted(system)
    with pytest.raises(base.BackendError, match="run lost"):
        system.run("early", options={"lock_timeout": 0})
    foreseen = system.run("look", options={"check_mode": True})
    assert [left["run_id"] for left in foreseen["recovered"]] == ["lost"]
    ends(system, run)
    result = system.run("next", limits=Limits(exclude=["*"]))
    (recovered,) = result["recovered"]
    assert recovered["what"] == "the module was interrupted, its transaction ended by itself"
    assert outcomes(recovered) == {
        "bar.amd64": ("failed", "no space left on device"),
        "foo.amd64": ("installed", None),
    }
    assert states(recovered["record"]) == {
        "bar.amd64": "FAILED",
        "foo.amd64": "INSTALLED_PENDING_REBOOT",
        "lib.amd64": "INSTALLED",
    }
    assert recovered["record"]["capture"]["run_id"] == "lost"
    assert recovered["record"]["run"] == {**NO_LIMITS, "interrupted": True, "download_only": False}
    assert json.loads(pathlib.Path(run.path, "record.json").read_text()) == recovered["record"]
    assert states(result["record"]) == {
        "bar.amd64": "MISSING",
        "foo.amd64": "INSTALLED_PENDING_REBOOT",
        "lib.amd64": "INSTALLED",
    }
    assert runs.unfinished(str(system.root)) == []
    assert system.run("after")["recovered"] == []


def test_a_killed_worker_is_settled_by_what_the_node_has(system):
    run = interrupted(system, limits=Limits(exclude=["bar"]))
    step = kill_worker(run)
    with pytest.raises(base.BackendError, match="run lost"):
        system.run("early", options={"lock_timeout": 0})
    os.kill(step["pid"], signal.SIGKILL)
    ends(system, run)
    result = system.run("next")
    (recovered,) = result["recovered"]
    assert recovered["what"] == "its transaction was interrupted"
    assert outcomes(recovered) == {
        "bar.amd64": ("skipped", "excluded from this run by 'bar'"),
        "foo.amd64": ("failed", "install: " + INTERRUPTED),
    }
    # by the limits of the run itself
    assert states(recovered["record"])["bar.amd64"] == "MISSING"
    assert states(recovered["record"])["foo.amd64"] == "FAILED"
    assert set(outcomes(result).values()) == {("installed", None)}
    assert system.versions()["foo"] == "1.1"


INTERRUPTED = "it was interrupted: the process that ran it was killed, or the node went down"


@pytest.mark.parametrize(
    ("reboot_option", "rebooted", "found"),
    [
        pytest.param("NoReboot", True, "INSTALLED", id="rebooted since"),
        pytest.param("if_required", False, "INSTALLED", id="needs no reboot"),
    ],
)
def test_what_an_interrupted_run_installed_waits_for_a_reboot_only_if_it_must(system, reboot_option, rebooted, found):
    run = interrupted(system, reboot_option=reboot_option)
    ends(system, run)
    if rebooted:
        run.update(boot_id="another")
    result = system.run("next")
    (recovered,) = result["recovered"]
    assert states(recovered["record"])["foo.amd64"] == found
    assert states(result["record"])["foo.amd64"] == found
    assert pending.load(str(system.root)).since == {}
    assert run.document["boot_id"] == ("another" if rebooted else boot.boot_id())


def test_an_interrupted_run_that_does_not_say_what_it_was_to_bring_is_only_noted(system):
    runs.begin("lost", NOW, {"operation": "install"}, str(system.root))
    result = system.run("next")
    assert [(run["run_id"], run["what"]) for run in result["recovered"]] == [("lost", "interrupted during its install")]
    assert runs.unfinished(str(system.root)) == []


def test_a_download_that_was_interrupted_is_only_noted(system):
    runs.begin("lost", NOW, {"operation": "download"}, str(system.root))
    (recovered,) = system.run("next")["recovered"]
    assert recovered["what"] == "interrupted during its download"
    assert runs.unfinished(str(system.root)) == []


def test_a_run_that_has_no_time_left_begins_nothing(system):
    with pytest.raises(base.BackendError, match=r"max_duration \(-1 s\) was over before anything was downloaded"):
        system.run(max_duration=-1)
    assert system.runs() == []
