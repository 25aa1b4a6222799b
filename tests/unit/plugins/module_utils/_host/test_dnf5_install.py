# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnf5's transactions on small file systems: what is solved is what then is installed, and nothing else.

A real dnf5 answers, or its recorded answers do: see dnf5_roots.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import http.server
import multiprocessing
import signal
import threading

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base
from ansible_collections.patchops.fleet.plugins.module_utils._host.dnf import Dnf
from ansible_collections.patchops.fleet.plugins.module_utils._host.dnf5_install import Dnf5Installer
from ansible_collections.patchops.fleet.plugins.module_utils._host.installers import installer_of
from ansible_collections.patchops.fleet.plugins.module_utils._host.node import identify
from ansible_collections.patchops.fleet.plugins.module_utils._host.os_release import read_os_release
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import (
    Change,
    Request,
    StepResult,
    Wanted,
)
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.dnf5_roots import Dnf5Root
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import BUILT, Repository, Rpm

pytestmark = pytest.mark.needs("rpm", "createrepo-c")

UNSIGNED = "gpgcheck=0"
HELLO = Rpm("hello")
HELLO_2 = Rpm("hello", "2.0", content="two")
HELLO_3 = Rpm("hello", "3.0")
LIB = Rpm("lib", epoch=1)
LIB_2 = Rpm("lib", "2.0", epoch=1)
FAILED = 128 + signal.SIGKILL  # of what a shell runs


@pytest.fixture
def root(request, tmp_path):
    return Dnf5Root(tmp_path, "install " + request.node.name)


def scanned(root, **options):
    options = base.Options(root=str(root.root), **options)
    node, _problems = identify("db1", None, read_os_release(options.root), options.root)
    return Dnf(root.run, root.now, options).inventory(node)


def installer(root, **options):
    manager = installer_of("dnf", root.run, base.Options(root=str(root.root), lock_timeout=0, **options))
    assert isinstance(manager, Dnf5Installer)
    return manager


def version(rpm):
    return f"{rpm.epoch}:{rpm.version}-{rpm.release}" if rpm.epoch else f"{rpm.version}-{rpm.release}"


def wanted(*rpms):
    return tuple(Wanted(rpm.name, rpm.arch, version(rpm)) for rpm in rpms)


def request(*rpms, forbidden=(), removals=(), downgrade=False):
    return Request(wanted(*rpms), wanted(*forbidden), wanted(*removals), downgrade)


def carried_out(root, steps):
    """What a worker does with steps, without a lock to wait for."""
    results = []
    for step in steps:
        code, output, _errors = root.run(["/bin/sh", "-c", 'exec 2>&1; "$@"', "sh", *step.command], step.data)
        results.append(StepResult(step.name, step.command, code, output))
    return results


def installed(root):
    form = "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}\\n"
    _code, output, _errors = root.run(["/usr/bin/rpm", "--root", str(root.root), "-qa", "--qf", form])
    return sorted(output.replace("-0:", "-").split())


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
    """Solve, download and install; the plan must be what then is there."""
    manager = installer(root, **options)
    before = installed(root)
    solution = manager.solve(asked)
    assert solution.refusal == ""
    assert installed(root) == before
    results = carried_out(root, [*manager.download(asked), *manager.install(asked)])
    assert [result.code for result in results] == [0] * len(results), results
    assert installed(root) == after(before, solution)
    return solution


@pytest.fixture
def served():
    """Addresses of folders, over HTTP."""
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
    assert sorted(change._replace(size=None) for change in solution.changes) == [
        Change("extra", "x86_64", None, "1.0-1"),
        Change("hello", "x86_64", "1.0-1", "2.0-1"),
        Change("lib", "x86_64", "1:1.0-1", "1:2.0-1"),
    ]
    assert all(change.size > 1000 for change in solution.changes)
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
    reasons = root.dnf("--cacheonly", "repoquery", "--installed", "--queryformat=%{name} %{reason}\n").splitlines()
    assert reasons == ["extra Dependency", "hello External User"]


@pytest.mark.parametrize(
    ("settings", "came"),
    [
        pytest.param([], True, id="as dnf5's own upgrade"),
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


def demand(root):
    """One repository of versions that cannot come, each with its own reason."""
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


@pytest.mark.parametrize(
    ("rpm", "words"),
    [
        pytest.param(Rpm("needs", "9.0"), "No match for argument: needs-0:9.0-1.x86_64", id="not on offer"),
        pytest.param(Rpm("needs", "2.0"), "nothing provides nothing needed by needs-2.0-1.x86_64", id="dependency"),
        pytest.param(Rpm("conflicts", "2.0"), "conflicts with old provided by conflicts-2.0-1.x86_64", id="conflict"),
        pytest.param(Rpm("obsoletes", "2.0"), "old-1.0-1.x86_64 would be obsoleted", id="obsoletes"),
        pytest.param(Rpm("holds", "2.0"), "requires old < 1, but none of the providers", id="downgrade of another"),
        pytest.param(Rpm("older", "0.9"), "older-0.9-1.x86_64 is older than older-1.0-1.x86_64", id="downgrade"),
        pytest.param(Rpm("banning", "2.0"), "package banned-1.0-1.x86_64 from one is filtered", id="forbidden"),
    ],
)
def test_what_cannot_be_is_refused_in_words(root, rpm, words):
    demand(root)
    asked = request(rpm, forbidden=[Rpm("banned")])
    manager = installer(root)
    solution = manager.solve(asked)
    assert solution.changes == ()
    assert words in solution.refusal
    assert "\n" not in solution.refusal
    assert "--skip" not in solution.refusal
    assert manager.install(asked) == []
    assert manager.download(asked) == []


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


@pytest.mark.parametrize(
    ("settings", "locks", "words"),
    [
        pytest.param([], [("hello", "<", "2")], "excluded by versionlock", id="a version lock"),
        pytest.param(["excludepkgs=hello"], [], "excluded packages", id="excludepkgs"),
    ],
)
def test_locks_and_excludes_of_the_node_hold(root, settings, locks, words):
    root.configure(*settings)
    root.lock_versions(*locks)
    root.install(HELLO, LIB)
    newer = LIB_2._replace(lines="Requires: hello >= 2")
    root.repository("one", UNSIGNED).add(HELLO_2, newer).publish()
    scanned(root)
    assert words in installer(root).solve(request(HELLO_2)).refusal
    assert "hello-2.0-1.x86_64" in installer(root).solve(request(newer)).refusal


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
    assert "hello-1.0-1.x86_64 requires extra" in installer(root).solve(request(removals=[Rpm("extra")])).refusal
    forbidden = request(removals=[Rpm("extra")], forbidden=[HELLO_2])
    assert "installed package hello-1.0-1.x86_64" in installer(root).solve(forbidden).refusal
    assert "is not installed, but extra-1.0-1" in installer(root).solve(request(removals=[Rpm("extra", "7")])).refusal
    assert installer(root).solve(request(removals=[Rpm("unknown")])).refusal == ""


@contextlib.contextmanager
def locked(path):
    """As a process that changes packages locks the file; this one and its children are not to be kept out."""

    def hold(ready, done):
        with path.open("r+b") as stream:
            fcntl.lockf(stream, fcntl.LOCK_EX)
            ready.set()
            done.wait(60)

    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=hold, args=(ready, done))
    process.start()
    ready.wait(10)
    try:
        yield
    finally:
        done.set()
        process.join()


def test_another_dnf5_at_work_is_an_exit_code_of_its_own(root):
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_2).publish()
    scanned(root)
    steps = installer(root).install(request(HELLO_2))
    with locked(root.transactions):
        results = carried_out(root, steps)
        with pytest.raises(base.BackendError, match="already locked"):
            installer(root).leftovers()
        with pytest.raises(base.BackendError, match="already locked"):
            installer(root).solve(request(HELLO_2))
    assert [result.code for result in results] == list(steps[0].busy)
    words = installer(root).failures(request(HELLO_2), results)["hello.x86_64"]
    assert words.endswith("var/lib/dnf/system-repo.lock is already locked by another process")


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
    results = carried_out(root, steps)
    assert [result.code for result in results] == [1]
    assert installed(root) == ["hello-1.0-1.x86_64", "lib-1:1.0-1.x86_64"]
    assert "hello-2.0-1.x86_64" in installer(root).failures(asked, results)["hello.x86_64"]


def test_failures_are_told_apart(root):
    """Packages that cannot be unpacked and whose scripts fail, among good ones."""
    names = ("good", "blocked", "before", "post", "late")
    root.install(*(Rpm(name) for name in names))
    newer = [
        Rpm("good", "2.0", content="good"),
        Rpm("blocked", "2.0", content="blocked"),
        Rpm("before", "2.0", lines="%pre -p <lua>\nerror('not me')"),
        Rpm("post", "2.0", lines="%post -p <lua>\nerror('no way')"),
        Rpm("late", "2.0", lines="%posttrans -p <lua>\nerror('too late')"),
    ]
    root.repository("one", UNSIGNED).add(*newer).publish()
    scanned(root)
    (root.root / "opt/blocked/by this").mkdir(parents=True)
    asked = request(*newer)
    results = carried_out(root, installer(root).install(asked))
    versions = {line.split("-")[0]: line.split("-")[1] for line in installed(root)}
    assert versions == {"good": "2.0", "blocked": "1.0", "before": "1.0", "post": "2.0", "late": "2.0"}
    failures = installer(root).failures(asked, results)
    assert set(failures) == {"blocked.x86_64", "before.x86_64", "post.x86_64", "late.x86_64"}  # why, dnf5 may lose
    assert "File from package already exists as a directory" in failures["blocked.x86_64"]
    assert failures["post.x86_64"].startswith("Non-critical error in %post scriptlet; ")
    assert "no way" in failures["post.x86_64"]
    assert "too late" in failures["late.x86_64"]
    assert installer(root).leftovers() == []


def test_a_file_that_is_gone_fails_before_anything_changes(root, served):
    root.install(HELLO, LIB)
    repository = root.repository("one", UNSIGNED, address=served(root.path / "repositories/one/tree"))
    repository.add(HELLO_2, LIB_2).publish()
    scanned(root)
    asked = request(HELLO_2, LIB_2)
    steps = installer(root).download(asked)
    for path in repository.folder.glob("*hello-2*"):
        path.unlink()
    results = carried_out(root, steps)
    failures = installer(root).failures(asked, results)
    assert "Status code: 404" in failures["hello.x86_64"]
    assert failures["lib.x86_64"].startswith("Failed to download packages")
    assert installed(root) == ["hello-1.0-1.x86_64", "lib-1:1.0-1.x86_64"]


def test_a_package_that_is_not_signed_is_not_installed(root):
    root.install(HELLO, LIB)
    root.repository("one", "gpgcheck=1").add(HELLO_2).publish()
    root.repository("two", UNSIGNED).add(LIB_2).publish()
    scanned(root)
    asked = request(HELLO_2, LIB_2)
    results = carried_out(root, installer(root).install(asked))
    assert [result.code for result in results] == [1]
    failures = installer(root).failures(asked, results)
    assert failures["hello.x86_64"].endswith("has failed: The package is not signed.")
    assert failures["lib.x86_64"].startswith("Transaction failed: Signature verification failed.")
    assert installed(root) == ["hello-1.0-1.x86_64", "lib-1:1.0-1.x86_64"]


BOMB = "if posix.access('/bomb-{0}-{1}') then posix.kill(posix.getprocessid('pid'), 9) end"
SCRIPTS = "\n".join(
    "%%%s -p <lua>\n%s" % (script, BOMB.format("{0}", script)) for script in ("pre", "post", "posttrans")
)
KILLED_AT = [
    ("libs", "post", ["libs-2.0-1.x86_64 is installed, and so is libs-1.0-1.x86_64"]),
    ("app", "pre", ["libs-2.0-1.x86_64 is installed, and so is libs-1.0-1.x86_64"]),
    ("extra", "post", ["extra-1.0-1.x86_64 was installed by a transaction that never ended"]),
    ("other", "posttrans", ["other-2.0-1.x86_64 was installed by a transaction that never ended"]),
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
    repository = root.repository("one", UNSIGNED).add(*newer, *lockstep("3.0"), Rpm("other", "3.0"))
    repository.add(Rpm("extra", lines=SCRIPTS.format("extra"))).publish()
    scanned(root)
    asked = request(*newer)
    steps = installer(root).install(asked)
    bomb = root.root / ("bomb-%s-%s" % (name, script))
    bomb.touch()
    assert [result.code for result in carried_out(root, steps)] == [FAILED]
    bomb.unlink()

    manager = installer(root)
    told = manager.leftovers()
    for words in left:
        assert [sentence for sentence in told if sentence.startswith(words)], told
    results = carried_out(root, manager.repair())
    assert [result.code for result in results] == [0], results
    assert manager.leftovers() == []
    assert manager.repair() == []
    names = [line.rsplit("-", 2)[0] for line in installed(root) if not line.startswith("kernel")]
    assert len(names) == len(set(names))
    assert not [line for line in installed(root) if "-3.0-" in line]
    install(root, asked)
    root.dnf("--cacheonly", "check", "--dependencies", "--duplicates")


def test_a_killed_rollback_goes_on_backwards(root):
    newer = HELLO_2._replace(lines=SCRIPTS.format("hello"))
    root.install(newer)
    root.repository("one", UNSIGNED).add(HELLO._replace(lines=SCRIPTS.format("hello")), newer).publish()
    scanned(root)
    steps = installer(root).install(request(HELLO, downgrade=True))
    (root.root / "bomb-hello-post").touch()
    assert [result.code for result in carried_out(root, steps)] == [FAILED]
    (root.root / "bomb-hello-post").unlink()
    assert installer(root).leftovers() == ["hello-1.0-1.x86_64 is installed, and so is hello-2.0-1.x86_64"]
    assert [result.code for result in carried_out(root, installer(root).repair())] == [0]
    assert installed(root) == ["hello-1.0-1.x86_64"]
    assert installer(root).leftovers() == []


def test_twice_installed_packages_that_are_no_longer_on_offer(root):
    root.install(HELLO, Rpm("hello", "2.0"))
    root.repository("one", UNSIGNED).add(LIB).publish()
    scanned(root)
    assert [result.code for result in carried_out(root, installer(root).repair())] == [0]
    assert installed(root) == ["hello-2.0-1.x86_64"]
    assert installer(root).leftovers() == []


@pytest.mark.parametrize("bindings", [True, False], ids=["libdnf5", "commands"])
def test_the_sources_of_a_baseline_take_the_place_of_the_nodes_repositories(root, bindings):
    root.bindings = bindings
    root.install(HELLO)
    root.repository("one", UNSIGNED).add(HELLO_3).publish()
    elsewhere = Repository(root.path / "elsewhere/tree").add(HELLO_2).publish()
    (root.root / "etc/dnf/vars/elsewhere").write_text(elsewhere.folder.as_uri())
    sources = (base.Source("mine", f"[mine]\nname=mine\nbaseurl=$elsewhere\n{UNSIGNED}\n"),)
    configured = sorted(str(path) for path in (root.root / "etc/yum.repos.d").iterdir())
    inventory = scanned(root, sources=sources)
    assert list(inventory["repositories"]) == ["mine"]
    assert "No match for argument" in installer(root, sources=sources).solve(request(HELLO_3)).refusal
    install(root, request(HELLO_2), sources=sources)
    assert sorted(str(path) for path in (root.root / "etc/yum.repos.d").iterdir()) == configured
    assert not root.cache.exists() or list(root.cache.iterdir()) == []
    state = root.root / "var/lib/patchops"
    assert {path.stat().st_mode & 0o77 for path in (state, *state.glob("sources/*"), *state.rglob("*.repo"))} == {0}
