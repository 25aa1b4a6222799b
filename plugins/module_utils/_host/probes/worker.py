# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection.

Runs the commands of one transaction, apart from whoever started it: a lost connection or a killed module ends nothing.
Python 3.6, the standard library, and one file: its text is put into the folder of the run, whose files are

    job.json      what to run, written before the start
    worker.lock   locked as long as this process lives
    N.log         what command number N said, both streams
    steps.json    what became of each command so far, replaced whole after every change
    reserve       room on the disk, while this process lives
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

UMASK = 0o022  # of the commands: what they make is the system's
ENDED = ("Z", "X")  # states of a process: zombie, dead
MERCY = 20  # seconds in which a command that is told to stop may do so
POLL = 0.2  # seconds between two looks at a command that may be stopped
RESERVE = "reserve"
ROOM = 256 * 1024  # bytes
RETRY = 1  # seconds between two tries of a command that finds a lock held


class Worker:
    def __init__(self, folder, job):
        self.folder = folder
        self.job = job
        self.results = []
        self.stopping = ""  # why nothing more is started
        self.begun = False  # whether a command was started that changes the node

    def run(self):
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        failed = ""
        self.save(False)
        for number, step in enumerate(self.job["steps"]):
            why_not = self.why_not(step) or (failed if not step["always"] else "")
            result = {"name": step["name"], "command": step["command"], "code": None, "why_not": why_not, "pid": None}
            result["fine"] = step["fine"]
            self.results.append(result)
            if not why_not:
                self.begun = self.begun or not step["interruptible"]
                self.carry_out(number, step, result)
                if result["code"] not in step["fine"]:
                    failed = failed or "'%s' failed before" % step["name"]
            self.save(False)
        self.save(True)

    def stop(self, *_signal):
        self.stopping = "the node is being shut down, or somebody stopped the run"

    def why_not(self, step):
        """Why a step is not started, whatever came of those before. What brings to its end what was begun always is."""
        return self.stopping or ("" if step["always"] and self.begun else self.over())

    def over(self):
        deadline = self.job["deadline"]
        return "max_duration was over" if deadline is not None and time.time() >= deadline else ""

    def carry_out(self, number, step, result):
        """Run one command, again while another process holds the package manager's lock."""
        patience = time.monotonic() + self.job["lock_timeout"]
        result["started"] = time.time()
        while True:
            self.once(number, step, result)
            if result["code"] not in step["busy"] or time.monotonic() >= patience:
                break
            time.sleep(RETRY)
            if self.stopping or self.over():
                break
        result["ended"] = time.time()

    def once(self, number, step, result):
        environment = dict(self.job["environment"])
        environment.update(step["environment"])
        with self.log(number) as log:
            try:
                process = subprocess.Popen(
                    step["command"],
                    stdin=subprocess.PIPE if step["data"] else subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd="/",
                    start_new_session=True,
                    preexec_fn=lambda: self.begin(result),
                )
            except (OSError, subprocess.SubprocessError) as error:
                result.update(code=127, why_not=str(error))
                return
            result["pid"] = process.pid
            if step["data"]:
                feed(process, step["data"])
            result["code"] = self.wait(process, step, result)

    def begin(self, result):
        """In the new process, before it becomes the command.

        It shares the lock until then, so that there is no moment in which a killed worker leaves an unknown command.
        """
        os.umask(UMASK)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # services that the command starts want to be told to reload
        result.update(pid=os.getpid(), born=born(os.getpid()), code=None)  # None again: it may be another try
        self.save(False)

    def wait(self, process, step, result):
        if not step["interruptible"]:
            return process.wait()
        while True:
            try:
                return process.wait(POLL)
            except subprocess.TimeoutExpired:
                why = self.stopping or self.over()
            if why:
                result["why_not"] = "stopped: %s" % why
                return end(process)

    def log(self, number):
        """Where a command's words go. Without room for them it is run all the same."""
        try:
            return open(os.path.join(self.folder, "%d.log" % number), "wb")
        except OSError:
            return open(os.devnull, "wb")

    def save(self, ended):
        """Write down what is known. A full disk, which may be what a command left, ends nothing that was begun."""
        try:
            self.write(ended)
        except OSError:
            forget(os.path.join(self.folder, RESERVE))
            try:
                self.write(ended)
            except OSError:
                forget(os.path.join(self.folder, "steps.json.new"))  # what was written before stands

    def write(self, ended):
        path = os.path.join(self.folder, "steps.json")
        with open(path + ".new", "w") as stream:
            json.dump({"ended": ended, "steps": self.results}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(path + ".new", path)


def reserve(folder):
    """Room for the end to be written down in, given back when the disk is full."""
    with contextlib.suppress(OSError), open(os.path.join(folder, RESERVE), "wb") as stream:
        stream.write(b"\0" * ROOM)


def forget(path):
    with contextlib.suppress(OSError):
        os.unlink(path)


def feed(process, data):
    try:
        process.stdin.write(data.encode("utf-8"))
        process.stdin.close()
    except BrokenPipeError:
        pass  # the command did not want to hear it; its exit code tells the rest


def end(process):
    """Stop a command that changes nothing on the node, whatever it does about it; its exit code."""
    for number, patience in ((signal.SIGTERM, MERCY), (signal.SIGKILL, None)):
        os.killpg(process.pid, number)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            pass


def born(pid):
    """When a process that runs was started, so that a later one with its number is not taken for it."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            fields = stream.read().rpartition(")")[2].split()
    except OSError:
        return None
    # one that ended stays listed until its parent asks for its end, which in a container may be never
    return fields[19] if len(fields) > 19 and fields[0] not in ENDED else None


def begun(folder):
    return any(os.path.exists(os.path.join(folder, name)) for name in ("steps.json", "0.log"))


def main():
    folder = sys.argv[1]
    os.umask(0o077)
    with open(os.path.join(folder, "worker.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if begun(folder):
            return  # two were started, as where systemd says no and means yes: nothing is done twice
        with open(os.path.join(folder, "job.json")) as stream:
            job = json.load(stream)
        reserve(folder)
        Worker(folder, job).run()
        forget(os.path.join(folder, RESERVE))


if __name__ == "__main__":
    main()
