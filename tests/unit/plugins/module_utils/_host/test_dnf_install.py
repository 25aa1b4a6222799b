# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnf's transactions on small file systems: what is solved is what then is installed, and nothing else."""

from __future__ import annotations

import datetime
import functools
import http.server
import os
import signal
import subprocess
import threading

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base
from ansible_collections.patchops.fleet.plugins.module_utils._host.dnf import Dnf
from ansible_collections.patchops.fleet.plugins.module_utils._host.dnf_install import DnfInstaller
from ansible_collections.patchops.fleet.plugins.module_utils._host.os_release import read_os_release
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import (
    Change,
    Request,
    StepResult,
    Wanted,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    BUILT,
    ENVIRONMENT,
    Repository,
    Rpm,
    RpmRoot,
    run,
)

pytestmark = pytest.mark.needs("dnf", "python3-dnf", "rpm", "createrepo-c")

UNSIGNED = "gpgcheck=0"
HELLO = Rpm("hello")
HELLO_2 = Rpm("hello", "2.0", content="two")
HELLO_3 = Rpm("hello", "3.0")
LIB = Rpm("lib", epoch=1)
LIB_2 = Rpm("lib", "2.0", epoch=1)


@pytest.fixture
def root(tmp_path):
    return RpmRoot(tmp_path)


def scanned(root, **options):
    now = functools.partial(datetime.datetime.now, datetime.timezone.utc)
    node = {"operating_system": read_os_release(str(root.root)).operating_system}
    return Dnf(root.run, now, base.Options(root=str(root.root), **options)).inventory(node)


def installer(root, **options):
    return DnfInstaller(root.run, base.Options(root=str(root.root), lock_timeout=0, **options))


def version(rpm):
    return f"{rpm.epoch}:{rpm.version}-{rpm.release}" if rpm.epoch else f"{rpm.version}-{rpm.release}"


def wanted(*rpms):
    return tuple(Wanted(rpm.name, rpm.arch, version(rpm)) for rpm in rpms)


def request(*rpms, forbidden=(), removals=(), downgrade=False):
    return Request(wanted(*rpms), wanted(*forbidden), wanted(*removals), downgrade)


def carried_out(steps):
    """What a worker does with steps, without a lock to wait for."""
    results = []
    for step in steps:
        done = subprocess.run(
            step.command,
            input=step.data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**ENVIRONMENT, **base.ENVIRONMENT, **step.environment},
        )
        results.append(StepResult(step.name, step.command, done.returncode, done.stdout))
    return results


def installed(root):
    form = "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}\\n"
    lines = run("rpm", "--root", root.root, "-qa", "--qf", form).replace("-0:", "-").split()
    return sorted(line for line in lines if not line.startswith("gpg-pubkey"))


def after(before, solution):
    """What is installed when a solution has been carried out, written as `installed` writes it."""
    found = set(before)
    for change in solution.changes:
        if change.old is not None:
            found.discard(f"{change.name}-{change.old}.{change.arch}")
        if change.new is not None:
            found.add(f"{change.name}-{change.new}.{change.arch}")
    return sorted(found)


def install(root, asked, **options):
    """Solve and install; the plan must be what then is there."""
    manager = installer(root, **options)
    before = installed(root)
    solution = manager.solve(asked)
    assert solution.refusal == ""
    assert installed(root) == before
    results = carried_out(manager.install(asked))
    assert [result.code for result in results] == [0] * len(results), results
    assert installed(root) == after(before, solution)
    return solution


@pytest.fixture
def served():
    """Addresses of folders, over HTTP: a repository on disk is never downloaded from."""
    servers = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    def serve(folder):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return "http://127.0.0.1:%d" % server.server_address[1]

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_exactly_the_version_and_what_it_depends_on(root):
    needy = HELLO_2._replace(lines="Requires: lib >= 1:2\nRequires: extra")
    root.install(HELLO, LIB, Rpm("lonely"))
    repository = root.repository("one", UNSIGNED)
    repository.add(
        needy, HELLO_3, LIB_2, Rpm("extra"), Rpm("lonely", "2.0"), Rpm("goodbye", obsoletes="Obsoletes: hello")
    )
    repository.publish()
    scanned(root)
    solution = install(root, request(needy))
    assert [change._replace(size=None) for change in solution.changes] == [
        Change("extra", "x86_64", None, "1.0-1"),
        Change("hello", "x86_64", "1.0-1", "2.0-1"),
        Change("lib", "x86_64", "1:1.0-1", "1:2.0-1"),
    ]
    assert all(change.size > 1000 for change in solution.changes)
    assert (root.root / "opt/hello").read_text() == "two\n"
    assert installer(root).solve(request(needy)).changes == ()
    assert installer(root).install(request(needy)) == []


def test_a_dependency_is_recorded_as_one_and_an_upgrade_keeps_its_reason(root):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(
        HELLO_2._replace(lines="Requires: extra"), Rpm("extra"), Rpm("extra", "2.0")
    ).publish()
    scanned(root)
    install(root, request(HELLO_2, forbidden=[Rpm("extra", "2.0")]))
    install(root, request(Rpm("extra", "2.0")))
    assert root.dnf("--cacheonly", "history", "userinstalled").split()[4:] == ["hello-2.0-1.x86_64"]


@pytest.mark.parametrize(
    ("settings", "came"),
    [
        pytest.param([], True, id="as dnf's own upgrade"),
        pytest.param(["install_weak_deps=0"], False, id="the node wants none"),
    ],
)
def test_weak_dependencies_come_where_the_nodes_own_upgrade_would_bring_them(root, settings, came):
    root.configure(*settings)
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_2._replace(lines="Recommends: weak"), Rpm("weak")).publish()
    scanned(root)
    install(root, request(HELLO_2))
    assert ("weak-1.0-1.x86_64" in installed(root)) is came


def test_kernels_are_installed_beside_the_others_and_the_oldest_leaves_as_configured(root):
    root.configure("installonly_limit=2")
    root.install(Rpm("kernel", "5.1"), Rpm("kernel", "5.2"))
    root.repository("one", UNSIGNED).add(Rpm("kernel", "5.3"), Rpm("kernel", "5.4")).publish()
    scanned(root)
    solution = install(root, request(Rpm("kernel", "5.3")))
    assert {(change.old, change.new) for change in solution.changes} == {(None, "5.3-1"), ("5.1-1", None)}


def test_the_same_package_of_two_architectures(root):
    both = [Rpm("lib"), Rpm("lib", arch="i686")]
    newer = [rpm._replace(version="2.0") for rpm in both]
    root.install(*both)
    root.repository("one", UNSIGNED).add(*newer).publish()
    scanned(root)
    install(root, request(*newer))
    assert installed(root) == ["lib-2.0-1.i686", "lib-2.0-1.x86_64"]


@pytest.fixture(scope="module")
def demanding(tmp_path_factory):
    """One repository of versions that cannot come, each with its own reason."""
    root = RpmRoot(tmp_path_factory.mktemp("demanding"))
    root.install(*(Rpm(name) for name in ("needs", "conflicts", "obsoletes", "holds", "older", "banning", "old")))
    root.repository("one", UNSIGNED).add(
        Rpm("needs", "2.0", lines="Requires: nothing"),
        Rpm("conflicts", "2.0", lines="Conflicts: old"),
        Rpm("obsoletes", "2.0", lines="Obsoletes: old"),
        Rpm("holds", "2.0", lines="Requires: old < 1"),
        Rpm("old", "0.9"),
        Rpm("older", "0.9"),
        Rpm("banning", "2.0", lines="Requires: banned"),
        Rpm("banned"),
    ).publish()
    scanned(root)
    return root


@pytest.mark.parametrize(
    ("rpm", "words"),
    [
        pytest.param(Rpm("needs", "9.0"), "no enabled repository has needs-9.0-1.x86_64", id="not on offer"),
        pytest.param(Rpm("needs", "2.0"), "nothing provides nothing needed by needs-2.0-1.x86_64", id="dependency"),
        pytest.param(Rpm("conflicts", "2.0"), "conflicts with old provided by old-1.0-1.x86_64", id="conflict"),
        pytest.param(Rpm("obsoletes", "2.0"), "old-1.0-1.x86_64 would be obsoleted", id="obsoletes"),
        pytest.param(Rpm("holds", "2.0"), "old-1.0-1.x86_64 would be downgraded", id="downgrade of another"),
        pytest.param(Rpm("older", "0.9"), "older-0.9-1.x86_64 is older than older-1.0-1.x86_64", id="downgrade"),
        pytest.param(Rpm("banning", "2.0"), "package banned-1.0-1.x86_64 is filtered out", id="forbidden dependency"),
    ],
)
def test_what_cannot_be_is_refused_in_words(demanding, rpm, words):
    asked = request(rpm, forbidden=[Rpm("banned")])
    manager = installer(demanding)
    solution = manager.solve(asked)
    assert solution.changes == ()
    assert words in solution.refusal
    assert "\n" not in solution.refusal
    assert manager.install(asked) == []


def test_another_provider_serves_where_one_would_obsolete_what_is_installed(root):
    root.install(HELLO, Rpm("old"))
    root.repository("one", UNSIGNED).add(
        HELLO_2._replace(lines="Requires: thing"),
        Rpm("a", "9.0", lines="Provides: thing\nObsoletes: old"),
        Rpm("b", lines="Provides: thing"),
    ).publish()
    scanned(root)
    install(root, request(HELLO_2))
    assert installed(root) == ["b-1.0-1.x86_64", "hello-2.0-1.x86_64", "old-1.0-1.x86_64"]


def test_a_package_may_be_split_when_all_of_it_is_asked_for(root):
    root.install(HELLO, Rpm("part"))
    newer = [HELLO_2._replace(lines="Obsoletes: part < 2"), Rpm("part", "2.0")]
    root.repository("one", UNSIGNED).add(*newer).publish()
    scanned(root)
    install(root, request(*newer))


LOCKING = """\
import dnf
class Lock(dnf.Plugin):
    name = 'versionlock'
    def sack(self):
        self.base.sack.add_excludes(self.base.sack.query().available().filter(name='hello'))
"""


@pytest.mark.parametrize(
    ("settings", "plugin"),
    [
        pytest.param([], LOCKING, id="a version lock"),
        pytest.param(["excludepkgs=hello"], "", id="excludepkgs"),
    ],
)
def test_locks_and_excludes_of_the_node_hold(root, settings, plugin):
    root.configure(*settings)
    (root.plugins / "versionlock.py").write_text(plugin)
    root.install(HELLO, LIB)
    newer = LIB_2._replace(lines="Requires: hello >= 2")
    root.repository("one", UNSIGNED).add(HELLO_2, newer).publish()
    scanned(root)
    assert "hello-2.0-1.x86_64 is excluded" in installer(root).solve(request(HELLO_2)).refusal
    assert "hello-2.0-1.x86_64 is filtered out by exclude filtering" in installer(root).solve(request(newer)).refusal


MODULE = """\
---
document: modulemd
version: 2
data:
  {{name: greeting, stream: "{stream}", version: 1, context: aaaa, arch: x86_64, summary: test, description: test,
  license: {{module: [MIT]}}, artifacts: {{rpms: ["hello-0:{stream}.0-1.x86_64"]}}}}
...
"""


def test_only_the_stream_of_a_module_that_is_enabled_comes(root):
    root.install(HELLO)
    repository = root.repository("one", UNSIGNED).add(HELLO_2, HELLO_3)
    repository.modules("".join(MODULE.format(stream=stream) for stream in (2, 3))).publish()
    folder = root.root / "etc/dnf/modules.d"
    folder.mkdir()
    (folder / "greeting.module").write_text("[greeting]\nname=greeting\nstream=2\nprofiles=\nstate=enabled\n")
    scanned(root)
    assert "a module that is not enabled" in installer(root).solve(request(HELLO_3)).refusal
    install(root, request(HELLO_2))


def test_what_is_downloaded_is_found_again(root, served):
    root.install(HELLO)
    repository = root.repository("one", UNSIGNED, address=served(root.path / "repositories/one/tree"))
    repository.add(HELLO_2).publish()
    scanned(root)
    asked = request(HELLO_2)
    manager = installer(root)
    solution = manager.solve(asked)
    assert solution.download_size == solution.changes[0].size > 0
    assert [result.code for result in carried_out(manager.download(asked))] == [0]
    assert installed(root) == ["hello-1.0-1.x86_64"]
    files = [str(path) for path in root.cache.rglob("*.rpm")]
    assert len(files) == 1
    assert files[0].startswith(manager.download_folder)
    for path in repository.folder.glob("*.rpm"):
        path.unlink()
    assert manager.solve(asked).download_size == 0
    install(root, asked)


def test_a_user_without_root_sees_the_plan(root, as_nobody):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_2).publish()
    scanned(root)
    told = as_nobody(lambda: installer(root, privileged=False, check_mode=True).solve(request(HELLO_2)))
    assert told == installer(root).solve(request(HELLO_2))
    assert len(told.changes) == 1
    assert as_nobody(installer(root, privileged=False, check_mode=True).leftovers) == []


def test_it_is_the_metadata_of_the_scan_that_counts(root):
    root.install(HELLO)
    repository = root.repository("one", UNSIGNED, "metadata_expire=1").add(HELLO_2).publish()
    scanned(root)
    root.age("one", BUILT)
    repository.add(HELLO_3._replace(lines="Obsoletes: lib")).publish()
    install(root, request(HELLO_2))
    assert scanned(root, refresh="never")["refreshed_at"] == "2023-11-14T22:13:20Z"


def test_a_repository_that_was_never_reached_is_not_asked(root):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_2).publish()
    root.repository("absent", address="file:///nowhere")
    scanned(root)
    install(root, request(HELLO_2))


def test_a_rollback_takes_back_versions_and_removes_what_came(root):
    root.install(HELLO, LIB)
    newer = [HELLO_2._replace(lines="Requires: extra\nRequires: lib >= 1:2"), LIB_2, Rpm("extra")]
    root.repository("one", UNSIGNED).add(HELLO, LIB, *newer).publish()
    scanned(root)
    before = installed(root)
    install(root, request(*newer[:2]))
    backwards = request(HELLO, LIB, removals=[Rpm("extra")], downgrade=True)
    solution = install(root, backwards)
    assert installed(root) == before
    assert Change("extra", "x86_64", "1.0-1", None) in solution.changes


def test_a_removal_that_something_else_needs_is_refused(root):
    root.install(Rpm("extra"), HELLO._replace(lines="Requires: extra"))
    root.repository("one", UNSIGNED).add(HELLO_2).publish()
    scanned(root)
    assert installer(root).solve(request(removals=[Rpm("extra")])).refusal == "hello-1.0-1.x86_64 would be upgraded"
    forbidden = request(removals=[Rpm("extra")], forbidden=[HELLO_2])
    assert "problem with installed package hello-1.0-1.x86_64" in installer(root).solve(forbidden).refusal
    assert "is not installed, but extra-1.0-1" in installer(root).solve(request(removals=[Rpm("extra", "7")])).refusal
    assert installer(root).solve(request(removals=[Rpm("unknown")])).refusal == ""


def test_another_dnf_at_work_is_an_exit_code_of_its_own(root):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_2).publish()
    scanned(root)
    steps = installer(root).install(request(HELLO_2))
    folder = root.root / "var/lib/dnf"
    folder.mkdir(exist_ok=True)
    (folder / "rpmdb_lock.pid").write_text(str(os.getppid()))
    results = carried_out(steps)
    assert [result.code for result in results] == list(steps[0].busy)
    words = installer(root).failures(request(HELLO_2), results)
    assert words == {"hello.x86_64": "RPMDB already locked by %d" % os.getppid()}
    with pytest.raises(base.BackendError, match="already locked"):
        installer(root).leftovers()


def test_signed_packages_without_any_key_are_refused_before_dnf_prints_its_passwords(root):
    root.install(HELLO)
    root.repository("one", "username=me", "password=secret").add(HELLO_2).publish()
    scanned(root)
    solution = installer(root).solve(request(HELLO_2))
    assert solution.refusal == (
        "repository one has signed packages only, but names no key (gpgkey), and the node has none"
    )


def test_a_plan_that_no_longer_holds_is_not_carried_out(root):
    root.install(HELLO, LIB)
    repository = root.repository("one", UNSIGNED).add(HELLO_2, LIB_2).publish()
    scanned(root)
    asked = request(HELLO_2, LIB_2)
    steps = installer(root).install(asked)
    for path in repository.folder.glob("*hello-2*"):
        path.unlink()
    repository.add(HELLO_3).publish()
    scanned(root, refresh="always")
    results = carried_out(steps)
    assert [result.code for result in results] == [1]
    assert installed(root) == ["hello-1.0-1.x86_64", "lib-1:1.0-1.x86_64"]
    assert installer(root).failures(asked, results)["hello.x86_64"] == 'Cannot find rpm nevra "hello-2.0-1.x86_64"'


def test_failures_are_told_apart(root):
    """One package that cannot be unpacked and two whose scripts fail, among good ones."""
    root.install(*(Rpm(name) for name in ("good", "blocked", "post", "late")))
    newer = [
        Rpm("good", "2.0", content="good"),
        Rpm("blocked", "2.0", content="blocked"),
        Rpm("post", "2.0", lines="%post -p <lua>\nerror('no way')"),
        Rpm("late", "2.0", lines="%posttrans -p <lua>\nerror('too late')"),
    ]
    root.repository("one", UNSIGNED).add(*newer).publish()
    scanned(root)
    (root.root / "opt/blocked/by this").mkdir(parents=True)
    asked = request(*newer)
    results = carried_out(installer(root).install(asked))
    assert installed(root) == ["blocked-1.0-1.x86_64", "good-2.0-1.x86_64", "late-2.0-1.x86_64", "post-2.0-1.x86_64"]
    failures = installer(root).failures(asked, results)
    assert set(failures) == {"blocked.x86_64", "post.x86_64", "late.x86_64"}
    assert "File from package already exists as a directory" in failures["blocked.x86_64"]
    assert failures["post.x86_64"].endswith("Error in POSTIN scriptlet in rpm package post")
    assert "too late" in failures["late.x86_64"]
    assert installer(root).leftovers() == []


def test_a_file_that_is_gone_fails_before_anything_changes(root, served):
    root.install(HELLO, LIB)
    repository = root.repository("one", UNSIGNED, address=served(root.path / "repositories/one/tree"))
    repository.add(HELLO_2, LIB_2).publish()
    scanned(root)
    asked = request(HELLO_2, LIB_2)
    steps = installer(root).download(asked)
    next(repository.folder.glob("*hello-2*")).unlink()
    results = carried_out(steps)
    failures = installer(root).failures(asked, results)
    assert "Status code: 404" in failures["hello.x86_64"]
    assert failures["lib.x86_64"].startswith("Error downloading packages: hello-2.0-1.x86_64")


def test_a_package_that_is_not_signed_is_not_installed(root):
    (root.path / "key").write_text("no key at all\n")
    root.install(HELLO)
    root.repository("one", "gpgkey=file://%s" % (root.path / "key")).add(HELLO_2).publish()
    scanned(root)
    asked = request(HELLO_2)
    results = carried_out(installer(root).install(asked))
    assert [result.code for result in results] == [1]
    assert "is not signed" in installer(root).failures(asked, results)["hello.x86_64"]
    assert installed(root) == ["hello-1.0-1.x86_64"]


BOMB = "if posix.access('/bomb-{0}-{1}') then posix.kill(posix.getprocessid('pid'), 9) end"
SCRIPTS = "\n".join(
    "%%%s -p <lua>\n%s" % (script, BOMB.format("{0}", script)) for script in ("pre", "post", "posttrans")
)
CAME = ("app-2.0-1.x86_64", "extra-1.0-1.x86_64", "kernel-5.2-1.x86_64", "libs-2.0-1.x86_64", "other-2.0-1.x86_64")
KILLED_AT = [
    ("libs", "post", ["libs-2.0-1.x86_64 is installed, and so is libs-1.0-1.x86_64"]),
    ("extra", "posttrans", ["%s was installed by a transaction that never ended" % nevra for nevra in CAME]),
]


@pytest.mark.parametrize(("name", "script", "left"), KILLED_AT, ids=["-".join(row[:2]) for row in KILLED_AT])
def test_a_killed_transaction_is_recognised_and_brought_to_its_end(root, name, script, left):
    def lockstep(version):
        return [
            Rpm("libs", version, content="libs", lines=SCRIPTS.format("libs")),
            Rpm("app", version, lines="Requires: libs = %s\nRequires: extra\n%s" % (version, SCRIPTS.format("app"))),
        ]

    newer = [*lockstep("2.0"), Rpm("other", "2.0", lines=SCRIPTS.format("other")), Rpm("kernel", "5.2")]
    root.install(
        Rpm("libs", content="libs"), Rpm("app", lines="Requires: libs = 1.0"), Rpm("other"), Rpm("kernel", "5.1")
    )
    repository = root.repository("one", UNSIGNED).add(*newer, Rpm("app", "3.0", lines="Requires: libs = 2.0"))
    repository.add(Rpm("extra", lines=SCRIPTS.format("extra"))).publish()
    scanned(root)
    asked = request(*newer)
    steps = installer(root).install(asked)
    bomb = root.root / ("bomb-%s-%s" % (name, script))
    bomb.touch()
    assert [result.code for result in carried_out(steps)] == [-signal.SIGKILL]
    bomb.unlink()

    manager = installer(root)
    told = manager.leftovers()
    for words in left:
        assert [sentence for sentence in told if sentence.startswith(words)], told
    results = carried_out(manager.repair())
    assert [result.code for result in results] == [0], results
    assert manager.leftovers() == []
    assert manager.repair() == []
    names = [line.rsplit("-", 2)[0] for line in installed(root) if not line.startswith("kernel")]
    assert len(names) == len(set(names))
    assert not [line for line in installed(root) if "-3.0-" in line]
    install(root, asked)
    run("dnf", f"--installroot={root.root}", "--cacheonly", "--quiet", "check", "--dependencies", "--duplicates")


def test_a_killed_rollback_goes_on_backwards(root):
    newer = HELLO_2._replace(lines=SCRIPTS.format("hello"))
    root.install(newer)
    root.repository("one", UNSIGNED).add(HELLO._replace(lines=SCRIPTS.format("hello")), newer).publish()
    scanned(root)
    steps = installer(root).install(request(HELLO, downgrade=True))
    (root.root / "bomb-hello-post").touch()
    assert [result.code for result in carried_out(steps)] == [-signal.SIGKILL]
    (root.root / "bomb-hello-post").unlink()
    assert installer(root).leftovers() == ["hello-1.0-1.x86_64 is installed, and so is hello-2.0-1.x86_64"]
    assert [result.code for result in carried_out(installer(root).repair())] == [0]
    assert installed(root) == ["hello-1.0-1.x86_64"]
    assert installer(root).leftovers() == []


def test_twice_installed_packages_that_are_no_longer_on_offer(root):
    root.install(HELLO, Rpm("hello", "2.0"))
    root.repository("one", UNSIGNED).add(LIB).publish()
    scanned(root)
    assert [result.code for result in carried_out(installer(root).repair())] == [0]
    assert installed(root) == ["hello-2.0-1.x86_64"]
    assert installer(root).leftovers() == []


def sourced(address):
    return base.Source("mine", f"[mine]\nname=mine\nbaseurl={address}\n{UNSIGNED}\n")


def test_the_sources_of_a_baseline_take_the_place_of_the_nodes_repositories(root, served):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_3).publish()
    elsewhere = Repository(root.path / "elsewhere/tree").add(HELLO_2).publish()
    sources = (sourced(served(elsewhere.folder)),)
    configured = sorted(str(path) for path in (root.root / "etc/yum.repos.d").iterdir())
    inventory = scanned(root, sources=sources)
    assert list(inventory["repositories"]) == ["mine"]
    assert "no enabled repository has hello-3.0-1" in installer(root, sources=sources).solve(request(HELLO_3)).refusal
    install(root, request(HELLO_2), sources=sources)
    assert sorted(str(path) for path in (root.root / "etc/yum.repos.d").iterdir()) == configured
    assert list(root.cache.iterdir()) == []
    state = root.root / "var/lib/patchops"
    assert {path.stat().st_mode & 0o77 for path in (state, *state.glob("sources/*"), *state.rglob("*.repo"))} == {0}


def test_sources_in_check_mode_leave_nothing_behind(root):
    root.install(HELLO)
    elsewhere = Repository(root.path / "elsewhere/tree").add(HELLO_2).publish()
    sources = (sourced(elsewhere.folder.as_uri()),)
    inventory = scanned(root, sources=sources, check_mode=True)
    assert list(inventory["repositories"]) == ["mine"]
    assert not (root.root / "var/lib/patchops").exists()


def test_amazon_linux_installs_from_its_latest_repositories(root):
    root.system("amzn", "2023", "Amazon Linux")
    root.install(HELLO)
    Repository(root.path / "repositories/latest/tree").add(HELLO_3).publish()
    core = f"[core]\nname=core\nbaseurl=file://{root.path}/repositories/$releasever/tree\n{UNSIGNED}\n"
    (root.root / "etc/yum.repos.d/core.repo").write_text(core)
    scanned(root)
    install(root, request(HELLO_3))


NEEDS_RESTARTING = """\
import dnf, dnf.cli
@dnf.plugin.register_command
class Command(dnf.cli.Command):
    aliases = ('needs-restarting',)
    @staticmethod
    def set_argparser(parser):
        parser.add_argument('-s', '--services', action='store_true')
    def run(self):
        print('sshd.service\\ncrond.service')
"""


def test_services_that_run_replaced_files_are_asked_of_dnfs_plugin(root):
    root.install(HELLO)
    assert installer(root).services() is None
    (root.plugins / "needs_restarting.py").write_text(NEEDS_RESTARTING)
    assert installer(root).services() == ["crond.service", "sshd.service"]
