# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as modules start them and later runs find them; what the worker itself does stands in probes/test_worker.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base, job
from ansible_collections.patchops.fleet.plugins.module_utils._host.probes import worker
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import Step
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.waiting import until, until_there

INTERRUPTED = "it was interrupted: the process that ran it was killed, or the node went down"
WAITS = "touch {0}/begun; until test -e {0}/go; do sleep 0.02; done; echo whole"


def shell(script, name="install", **members):
    return Step(name, ("/bin/sh", "-c", script), **members)


def run(command, data=None):
    """As a module's runner: exit code, standard output, standard error."""
    ended = subprocess.run(command, input=data, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def start(folder, *steps, deadline=None, lock_timeout=0, **options):
    job.start(str(folder), "patchops-test", steps, deadline, lock_timeout, options.pop("run", run), **options)


@pytest.fixture(autouse=True)
def without_systemd(monkeypatch, tmp_path):
    """The same way wherever the tests run."""
    monkeypatch.setattr(job, "SYSTEMD", str(tmp_path / "no-systemd"))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "run"
    made.mkdir()
    yield made
    (made / "go").write_text("")
    assert job.wait(str(made), time.time() + 30)


def worker_of(folder):
    """The worker's process id: the one process that was started with this folder."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as stream:
                words = stream.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if words[-2:-1] == [str(folder)] and str(folder / "worker.py") in words:
            return int(name)
    return None


def killed(folder):
    """The worker of `folder`, once its command has begun, without a chance to clean up."""
    until_there(folder / "begun")
    os.kill(worker_of(folder), signal.SIGKILL)
    until(lambda: not job._locked(str(folder)))


def test_results_are_those_of_the_steps(folder):
    start(folder, shell("echo a", "download"), shell("echo b; exit 4"), shell("exit 0", "tidy"), lock_timeout=7)
    assert job.wait(str(folder))
    assert job.ended(str(folder))
    assert [(result.name, result.code, result.output, result.why_not) for result in job.results(str(folder))] == [
        ("download", 0, "a\n", ""),
        ("install", 4, "b\n", ""),
        ("tidy", None, "", "'install' failed before"),
    ]
    assert job.results(str(folder))[0].command == ("/bin/sh", "-c", "echo a")
    assert job.seconds(str(folder)) > 0
    assert json.loads((folder / "job.json").read_text())["lock_timeout"] == 7


def test_a_step_travels_whole(folder):
    start(folder, shell('cat; echo "$WHERE"', data="told\n", environment={"WHERE": "here"}))
    job.wait(str(folder))
    assert job.results(str(folder))[0].output == "told\nhere\n"


def test_commands_get_the_locale_the_path_and_of_the_task_only_the_proxies(folder, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.delenv("PATH")
    start(folder, shell("env"), extra={"MINE": "yes"})
    job.wait(str(folder))
    found = dict(line.split("=", 1) for line in (folder / "0.log").read_text().splitlines())
    assert "https_proxy=http://proxy.example:3128" in job.results(str(folder))[0].output  # results are shown
    assert found["https_proxy"] == "http://user:secret@proxy.example:3128"
    assert (found["LC_ALL"], found["DEBIAN_FRONTEND"], found["MINE"]) == ("C", "noninteractive", "yes")
    assert found["PATH"] == job.PATH
    assert "TOKEN" not in found


def test_no_command_line_and_no_open_file_tells_a_proxys_password(folder, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    start(folder, shell(WAITS.format(folder)))
    until_there(folder / "begun")
    with open("/proc/%d/cmdline" % worker_of(folder), "rb") as stream:
        assert b"secret" not in stream.read()
    assert (folder / "job.json").stat().st_mode & 0o077 == 0


def test_a_job_outlives_who_started_it(folder):
    pid = os.fork()
    if not pid:
        try:
            start(folder, shell(WAITS.format(folder)))
        finally:
            os.kill(os.getpid(), signal.SIGKILL)  # and not Python's own end, which is pytest's
    os.waitpid(pid, 0)
    until_there(folder / "begun")
    assert job.alive(str(folder))
    assert os.getsid(worker_of(folder)) != os.getsid(0)
    (folder / "go").write_text("")
    assert job.wait(str(folder))
    assert job.results(str(folder))[0].output == "whole\n"


def test_waiting_ends_at_the_deadline(folder):
    start(folder, shell(WAITS.format(folder)))
    assert not job.wait(str(folder), time.time())
    assert job.alive(str(folder))
    (folder / "go").write_text("")
    assert job.wait(str(folder), time.time() + 30)


def test_a_killed_worker_leaves_its_command_running_and_it_is_waited_for(folder):
    start(folder, shell(WAITS.format(folder)), shell("exit 0", "tidy", always=True))
    killed(folder)
    assert job.alive(str(folder))
    assert not job.wait(str(folder), time.time())
    (folder / "go").write_text("")
    assert job.wait(str(folder), time.time() + 30)
    (result,) = job.results(str(folder))
    assert (result.code, result.output, result.why_not) == (None, "whole\n", INTERRUPTED)
    assert not job.ended(str(folder))


def test_the_second_try_of_a_killed_worker_is_waited_for(folder):
    script = f"test -e {folder}/first || {{ touch {folder}/first; exit 100; }}; " + WAITS.format(folder)
    start(folder, shell(script, busy=(100,)), lock_timeout=60)
    killed(folder)
    assert job.alive(str(folder))
    (result,) = job.results(str(folder))
    assert (result.code, result.why_not) == (None, INTERRUPTED)


def test_another_process_with_the_number_of_the_command_is_not_taken_for_it(folder):
    start(folder, shell(WAITS.format(folder)))
    killed(folder)
    progress = json.loads((folder / "steps.json").read_text())
    left = progress["steps"][-1]
    (folder / "go").write_text("")
    until(lambda: worker.born(left["pid"]) is None)
    left["pid"] = os.getpid()  # whose start is another
    (folder / "steps.json").write_text(json.dumps(progress))
    assert not job.alive(str(folder))


def test_a_command_that_ended_and_that_nobody_asked_for_its_end_is_not_alive(folder):
    ended = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    born = worker.born(ended.pid)
    step = {"name": "install", "command": ["cat"], "code": None, "pid": ended.pid, "born": born}
    (folder / "steps.json").write_text(json.dumps({"ended": False, "steps": [step]}))
    assert job.alive(str(folder))
    ended.stdin.close()
    until(lambda: not job.alive(str(folder)))
    ended.wait()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="the worker never began"),
        pytest.param("", id="empty"),
        pytest.param('{"ended": tr', id="cut off"),
    ],
)
def test_a_folder_without_progress_has_no_results_and_nobody_at_work(folder, content):
    if content is not None:
        (folder / "steps.json").write_text(content)
    assert (job.results(str(folder)), job.ended(str(folder)), job.alive(str(folder))) == ([], False, False)
    assert job.seconds(str(folder)) == 0


def test_the_end_of_a_long_log_counts_and_what_is_no_text_is_shown_all_the_same(folder):
    start(folder, shell("head -c %d /dev/zero | tr '\\0' x; printf 'the \\377nd'" % job.MOST_OUTPUT))
    job.wait(str(folder))
    output = job.results(str(folder))[0].output
    assert output.endswith("xthe \ufffdnd")
    assert len(output.encode("utf-8", "replace")) == job.MOST_OUTPUT + 2  # three bytes for the one that is no text


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(base.BackendError, match="file/run: "):
        start(tmp_path / "file" / "run", shell("exit 0"))


# What systemd-run is asked, carried out without it: these options are the contract with its manual.
OPTIONS = (
    "--quiet",
    "--collect",
    "--unit=patchops-test",
    "--property=KillMode=process",
    "--property=TimeoutStopSec=15min",
)


def with_systemd(monkeypatch, tmp_path):
    monkeypatch.setattr(job, "SYSTEMD", str(tmp_path))


def test_with_systemd_the_worker_is_a_unit_of_its_own(folder, monkeypatch, tmp_path):
    asked = []

    def systemd_run(command, data=None):
        asked.append(tuple(command[:6]))
        subprocess.Popen(command[6:], start_new_session=True)
        return 0, "", ""

    with_systemd(monkeypatch, tmp_path)
    start(folder, shell("echo unit"), run=systemd_run)
    assert job.wait(str(folder))
    assert asked == [("systemd-run", *OPTIONS)]
    assert job.results(str(folder))[0].output == "unit\n"


@pytest.mark.parametrize("refusal", [pytest.param((1, "", "Failed to connect to bus"), id="no bus")])
def test_what_systemd_does_not_take_is_started_without_it(folder, monkeypatch, tmp_path, refusal):
    with_systemd(monkeypatch, tmp_path)
    start(folder, shell("echo session"), run=lambda command, data=None: refusal)
    assert job.wait(str(folder))
    assert job.results(str(folder))[0].output == "session\n"
