# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker as a process of its own, as job.py starts it: real commands, real signals."""

import fcntl
import inspect
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import worker
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.waiting import until, until_there

SOURCE = inspect.getsource(worker)
SHELL = "/bin/sh"


def step(script, name="step", **members):
    """A step that runs a shell script."""
    document = {
        "name": name,
        "command": [SHELL, "-c", script],
        "environment": {},
        "data": "",
        "interruptible": False,
        "always": False,
        "busy": [],
        "fine": [0],
    }
    document.update(members)
    return document


class Job:
    def __init__(self, folder):
        self.folder = folder
        self.process = None

    def start(self, *steps, **members):
        job = {"steps": steps, "deadline": None, "lock_timeout": 0, "environment": {"PATH": "/usr/bin:/bin"}}
        job.update(members)
        (self.folder / "job.json").write_text(json.dumps(job))
        (self.folder / "worker.py").write_text(SOURCE)
        command = [sys.executable, "-I", "-B", str(self.folder / "worker.py"), str(self.folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        return self

    def wait(self):
        _output, errors = self.process.communicate()
        assert (self.process.returncode, errors) == (0, b"")
        document = json.loads((self.folder / "steps.json").read_text())
        assert document["ended"] is True
        return document["steps"]

    def run(self, *steps, **members):
        return self.start(*steps, **members).wait()

    def log(self, number=0):
        return (self.folder / ("%d.log" % number)).read_text()

    def signal(self, number):
        self.process.send_signal(number)


@pytest.fixture
def job(tmp_path):
    started = Job(tmp_path)
    yield started
    if started.process is not None and started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def outcomes(steps):
    return [(result["code"], result["why_not"]) for result in steps]


def test_steps_run_one_after_another_and_both_streams_are_kept_in_order(job):
    steps = job.run(
        step("echo one; echo two >&2; echo three", "download"), step("cat %s/0.log" % job.folder, "install")
    )
    assert outcomes(steps) == [(0, ""), (0, "")]
    assert [result["name"] for result in steps] == ["download", "install"]
    assert (job.log(0), job.log(1)) == ("one\ntwo\nthree\n", "one\ntwo\nthree\n")


def test_a_step_has_its_own_environment_on_top_of_that_of_the_job_and_nothing_else(job):
    job.run(
        step("env", environment={"A": "step", "C": "step"}),
        environment={"PATH": "/usr/bin:/bin", "A": "job", "B": "job"},
    )
    found = dict(line.split("=", 1) for line in job.log().splitlines())
    assert {name: found.get(name) for name in ("A", "B", "C", "HOME")} == {
        "A": "step",
        "B": "job",
        "C": "step",
        "HOME": None,
    }


@pytest.mark.parametrize(
    ("script", "data", "code", "said"),
    [
        pytest.param("cat", "install foo\nrun \u2713\n", 0, "install foo\nrun \u2713\n", id="data"),
        pytest.param("cat", "", 0, "", id="without data it is at its end at once"),
        pytest.param("tty", "", 1, "not a tty\n", id="no terminal"),
        pytest.param("wc -c", "x" * 1000000, 0, "1000000\n", id="more than a pipe holds"),
        pytest.param("exec <&-; exit 3", "x" * 1000000, 3, "", id="nobody reads it"),
    ],
)
def test_standard_input(job, script, data, code, said):
    assert outcomes(job.run(step(script, data=data))) == [(code, "")]
    assert (job.folder / "0.log").read_bytes().decode("utf-8") == said


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        pytest.param("exit 0", [(0, ""), (0, ""), (0, "")], id="all well"),
        pytest.param("exit 7", [(7, ""), (None, "'download' failed before"), (0, "")], id="failed"),
        pytest.param("kill -9 $$", [(-9, ""), (None, "'download' failed before"), (0, "")], id="killed"),
    ],
)
def test_after_a_failure_only_what_is_always_run_is_run(job, first, expected):
    steps = [step(first, "download"), step("exit 0", "install"), step("exit 0", "tidy", always=True)]
    assert outcomes(job.run(*steps)) == expected


def test_a_command_that_cannot_be_started_has_failed(job):
    missing = step("", command=["/nonexistent/tool"])
    first, second = job.run(missing, step("exit 0"))
    assert first["code"] == 127
    assert "No such file" in first["why_not"]
    assert second["code"] is None


def test_a_step_whose_lock_is_held_is_tried_again_until_it_is_free(job):
    script = f"echo try; test -e {job.folder}/free && exit 0; touch {job.folder}/free; exit 100"
    assert outcomes(job.run(step(script, busy=[100]), lock_timeout=60)) == [(0, "")]
    assert job.log() == "try\n"  # of the last try alone


@pytest.mark.parametrize(
    ("busy", "lock_timeout"),
    [pytest.param([100], 0, id="no patience"), pytest.param([99], 60, id="another exit code")],
)
def test_a_step_is_not_tried_again(job, busy, lock_timeout):
    steps = job.run(step("echo try >>%s/tries; exit 100" % job.folder, busy=busy), lock_timeout=lock_timeout)
    assert outcomes(steps) == [(100, "")]
    assert (job.folder / "tries").read_text() == "try\n"


def test_nothing_is_started_after_the_deadline(job):
    steps = job.run(step("exit 0"), step("exit 0", always=True), deadline=time.time() - 1)
    assert outcomes(steps) == [(None, "max_duration was over")] * 2
    assert sorted(os.listdir(str(job.folder))) == ["job.json", "steps.json", "worker.lock", "worker.py"]


def test_what_was_begun_is_brought_to_its_end_after_the_deadline(job):
    """Packages that are unpacked are configured, and marks put back, however long the transaction took."""
    deadline = time.time() + 1
    slow = step('while [ "$(date +%s)" -lt "$END" ]; do sleep 0.05; done; exit 1', "install")
    environment = {"PATH": "/usr/bin:/bin", "END": str(int(deadline) + 1)}
    steps = job.run(slow, step("exit 0", always=True), step("exit 0"), deadline=deadline, environment=environment)
    assert outcomes(steps) == [(1, ""), (0, ""), (None, "max_duration was over")]


def test_a_download_that_was_stopped_has_begun_nothing(job):
    slow = step("while :; do sleep 0.05; done", interruptible=True)
    steps = job.run(slow, step("exit 0", always=True), deadline=time.time() + 1)
    assert outcomes(steps)[1] == (None, "max_duration was over")


def test_a_second_worker_does_nothing(job):
    """Where systemd-run fails and yet started one."""
    script = "echo again >>%s/times; " % job.folder + WAITS.format(job.folder)
    job.start(step(script))
    until_there(job.folder / "begun")
    second = subprocess.Popen([sys.executable, "-I", "-B", str(job.folder / "worker.py"), str(job.folder)])
    (job.folder / "go").write_text("")
    job.wait()
    assert second.wait() == 0
    assert (job.folder / "times").read_text() == "again\n"
    assert json.loads((job.folder / "steps.json").read_text())["ended"] is True


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.call(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(folder)]) != 0:
        pytest.skip("a file system can be mounted by root only")
    yield folder
    subprocess.check_call(["umount", str(folder)])


@pytest.mark.parametrize("room", [pytest.param(worker.ROOM, id="with a reserve"), pytest.param(0, id="without")])
def test_a_disk_that_is_full_ends_nothing(small_disk, monkeypatch, room):
    """Which a transaction may well leave; what comes after it brings it to its end, and is written down."""
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", SOURCE.replace("ROOM = 256 * 1024 ", "ROOM = %d " % room))
    full = Job(small_disk)
    fill = f"cat /dev/zero >{small_disk}/filler; touch {small_disk.parent}/filled; exit 0"
    after = step(f"touch {small_disk.parent}/configured; exit 0", "configure", always=True)
    tidy = step("rm %s/filler" % small_disk, always=True)
    assert outcomes(full.run(step(fill), after, tidy)) == [(0, ""), (0, ""), (0, "")]
    assert (small_disk.parent / "filled").exists()
    assert (small_disk.parent / "configured").exists()
    assert not (small_disk / "reserve").exists()


def test_the_deadline_stops_what_may_be_interrupted(job):
    slow = step("trap 'echo told; exit 3' TERM; while :; do sleep 0.05; done", interruptible=True)
    steps = job.run(slow, step("exit 0"), deadline=time.time() + 1)
    assert outcomes(steps) == [(3, "stopped: max_duration was over"), (None, "max_duration was over")]
    assert "told" in job.log()


def test_what_is_interruptible_and_does_not_listen_is_killed(job, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", SOURCE.replace("MERCY = 20 ", "MERCY = 0.1 "))
    deaf = step("trap '' TERM; while :; do sleep 0.05; done", interruptible=True)
    steps = job.run(deaf, deadline=time.time() + 1)
    assert outcomes(steps) == [(-signal.SIGKILL, "stopped: max_duration was over")]


def test_the_deadline_lets_a_transaction_end(job):
    # the script ends by itself once the deadline, which is read from its environment, is over
    deadline = time.time() + 1
    slow = step('while [ "$(date +%s)" -lt "$END" ]; do sleep 0.05; done; echo whole')
    steps = job.run(
        slow, step("exit 0"), deadline=deadline, environment={"PATH": "/usr/bin:/bin", "END": str(int(deadline) + 1)}
    )
    assert outcomes(steps) == [(0, ""), (None, "max_duration was over")]
    assert job.log() == "whole\n"


def test_what_is_interruptible_takes_its_children_along(job):
    script = f"sh -c 'echo $$ >{job.folder}/child; exec sleep 1000' & wait"
    job.start(step(script, interruptible=True))
    child = int(until(lambda: (job.folder / "child").exists() and (job.folder / "child").read_text()))
    job.signal(signal.SIGTERM)
    job.wait()
    until(lambda: worker.born(child) is None)


WAITS = "echo begun >{0}/begun; until test -e {0}/go; do sleep 0.02; done; echo whole"


def test_a_stopped_worker_lets_its_command_end_and_starts_no_other(job):
    job.start(step(WAITS.format(job.folder)), step("exit 0", always=True))
    until_there(job.folder / "begun")
    job.signal(signal.SIGTERM)
    (job.folder / "go").write_text("")
    why = "the node is being shut down, or somebody stopped the run"
    assert outcomes(job.wait()) == [(0, ""), (None, why)]
    assert job.log() == "whole\n"


def test_a_stopped_worker_does_not_try_again(job):
    script = f"echo try >>{job.folder}/tries; until test -e {job.folder}/go; do sleep 0.02; done; exit 100"
    job.start(step(script, busy=[100]), lock_timeout=60)
    until_there(job.folder / "tries")
    job.signal(signal.SIGTERM)
    (job.folder / "go").write_text("")
    assert outcomes(job.wait()) == [(100, "")]
    assert (job.folder / "tries").read_text() == "try\n"


def test_hanging_up_does_not_matter(job):
    job.start(step(WAITS.format(job.folder)))
    until_there(job.folder / "begun")
    job.signal(signal.SIGHUP)
    (job.folder / "go").write_text("")
    assert outcomes(job.wait()) == [(0, "")]


def test_commands_start_with_the_usual_signals(job):
    job.run(step("sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status"))
    assert int(job.log(), 16) & (1 << (signal.SIGHUP - 1)) == 0


def test_a_step_under_way_is_written_down_with_who_runs_it(job):
    job.start(step(f"echo $$ >{job.folder}/pid; " + WAITS.format(job.folder)))
    until_there(job.folder / "begun")
    (under_way,) = json.loads((job.folder / "steps.json").read_text())["steps"]
    assert (under_way["code"], under_way["pid"]) == (None, int((job.folder / "pid").read_text()))
    assert under_way["born"] == worker.born(under_way["pid"])
    (job.folder / "go").write_text("")
    job.wait()


def test_a_second_try_is_written_down_as_under_way(job):
    """Else a worker killed during it would leave a command behind that nobody knows of."""
    script = f"test -e {job.folder}/first || {{ touch {job.folder}/first; exit 100; }}; " + WAITS.format(job.folder)
    job.start(step(script, busy=[100]), lock_timeout=60)
    until_there(job.folder / "begun")
    (under_way,) = json.loads((job.folder / "steps.json").read_text())["steps"]
    assert under_way["code"] is None
    (job.folder / "go").write_text("")
    job.wait()


def test_the_lock_is_held_as_long_as_the_worker_lives_and_not_by_its_command(job):
    job.start(step(WAITS.format(job.folder)))
    until_there(job.folder / "begun")
    with open(str(job.folder / "worker.lock"), "r+") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        job.process.kill()
        job.process.wait()
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (under_way,) = json.loads((job.folder / "steps.json").read_text())["steps"]
    (job.folder / "go").write_text("")
    until(lambda: worker.born(under_way["pid"]) is None)
    assert job.log() == "whole\n"


def test_what_the_worker_writes_is_for_its_owner_only_and_what_commands_make_is_not(job):
    job.run(step("mkdir %s/made" % job.folder))
    modes = {path.name: path.stat().st_mode & 0o777 for path in job.folder.iterdir()}
    assert (modes["0.log"], modes["steps.json"], modes["worker.lock"], modes["made"]) == (0o600, 0o600, 0o600, 0o755)


def test_born_of_a_process_that_ended_and_of_one_that_nobody_asked_for_its_end():
    ended = subprocess.Popen(["true"])
    until(lambda: worker.born(ended.pid) is None)  # a zombie: not waited for
    ended.wait()
    assert worker.born(ended.pid) is None
    assert worker.born(os.getpid()) is not None
    assert worker.born(os.getpid()) == worker.born(os.getpid())
