# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units that run replaced code, on a made /proc; its lines are those of Linux 6.1 (Debian 12)."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import services

CODE = "7f1f0c828000-7f1f0c97d000 r-xp 00026000 fe:00 131184                     "
DATA = "7f1f0c9d2000-7f1f0c9d6000 r--p 001cf000 fe:00 131184                     "
LIBC = "/usr/lib/x86_64-linux-gnu/libc.so.6"


class Proc:
    def __init__(self, path):
        self.path = path
        for name in ("self", "sys", "meminfo"):
            (path / name).mkdir()

    def add(self, pid, *maps, cgroup="0::/system.slice/ssh.service\n"):
        folder = self.path / str(pid)
        folder.mkdir()
        (folder / "maps").write_text("".join(line + "\n" for line in maps))
        (folder / "cgroup").write_text(cgroup)
        return folder

    def units(self):
        return services.outdated_units(str(self.path))


@pytest.fixture
def proc(tmp_path):
    return Proc(tmp_path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(CODE + LIBC + " (deleted)", ["ssh.service"], id="replaced library"),
        pytest.param(CODE + "/usr/sbin/sshd;673f1a2b (deleted)", ["ssh.service"], id="as rpm renames it"),
        pytest.param(CODE + "/opt/my app/bin/daemon (deleted)", ["ssh.service"], id="a space in its name"),
        pytest.param(CODE + LIBC, [], id="still there"),
        pytest.param(DATA + LIBC + " (deleted)", [], id="data alone"),
        pytest.param(CODE + "/memfd:jit (deleted)", [], id="made in memory"),
        pytest.param(CODE + "/dev/zero (deleted)", [], id="shared memory"),
        pytest.param(CODE + "/tmp/plugin.so (deleted)", [], id="a temporary file"),
        pytest.param("7ffd0a9f7000-7ffd0aa18000 rw-p 00000000 00:00 0    [stack]", [], id="stack"),
        pytest.param("7f1f0c9d2000-7f1f0c9d6000 rw-p 00000000 00:00 0 ", [], id="no name"),
        pytest.param("odd (deleted)", [], id="no line of maps"),
    ],
)
def test_outdated_units(proc, line, expected):
    proc.add(10, CODE + "/usr/bin/true", line)
    assert proc.units() == expected


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        pytest.param("0::/system.slice/ssh.service\n", "ssh.service", id="service"),
        pytest.param("0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service", id="instance"),
        pytest.param("0::/system.slice/docker.service/supervised\n", "docker.service", id="below its unit"),
        pytest.param(
            "0::/user.slice/user-0.slice/user@0.service/app.slice/agent.service\n", "agent.service", id="of a user"
        ),
        pytest.param("0::/a.service/b.service\n", "b.service", id="one right below another"),
        pytest.param("0::/user.slice/user-0.slice/session-3.scope\n", None, id="a session"),
        pytest.param("0::/\n", None, id="no unit"),
        pytest.param("", None, id="empty"),
        pytest.param("0::/system.slice/x.services\n", None, id="only begins like one"),
        pytest.param(
            "12:pids:/system.slice/cron.service\n1:name=systemd:/system.slice/cron.service\n0::/\n",
            "cron.service",
            id="cgroup 1",
        ),
    ],
)
def test_unit_of(cgroup, expected):
    assert services.unit_of(cgroup) == expected


def test_units_are_named_once_and_in_order(proc):
    for pid, unit in ((10, "z.service"), (9, "a.service"), (11, "z.service"), (12, None)):
        proc.add(pid, CODE + LIBC + " (deleted)", cgroup="0::/%s\n" % (unit or ""))
    assert proc.units() == ["a.service", "z.service"]


@pytest.mark.parametrize("name", ["maps", "cgroup"])
def test_a_process_that_ends_meanwhile_is_left_out(proc, name):
    (proc.add(10, CODE + LIBC + " (deleted)") / name).unlink()
    proc.add(11, CODE + LIBC + " (deleted)", cgroup="0::/system.slice/cron.service\n")
    assert proc.units() == ["cron.service"]


def test_the_kernel_writes_it_like_that(tmp_path, monkeypatch):
    """A process that runs a file which is deleted meanwhile."""
    copy = tmp_path / "cat"
    with open("/bin/cat", "rb") as stream:
        copy.write_bytes(stream.read())
    copy.chmod(0o755)
    monkeypatch.setattr(services, "CODE", (str(tmp_path),))
    with subprocess.Popen([str(copy)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        # The kernel lets the parent go on before it maps the new program: only its answer proves that it runs.
        process.stdin.write(b"up\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"up\n"
        maps = "/proc/%d/maps" % process.pid
        assert not services._maps_deleted_code(maps)
        copy.unlink()
        assert services._maps_deleted_code(maps)
        process.stdin.close()
    assert not os.path.exists(maps)
