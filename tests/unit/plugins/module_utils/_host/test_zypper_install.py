# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions that the real zypper and rpm carry out in small systems."""

from __future__ import annotations

import datetime
import os
import select
import signal
import subprocess

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import base, zypper
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import (
    Change,
    Request,
    Solution,
    StepResult,
    Wanted,
)
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_install import ZypperInstaller
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.zypper_root import (
    ENVIRONMENT,
    Rpms,
    ZypperRoot,
    quietly,
)

pytestmark = pytest.mark.needs("zypper", "rpm", "createrepo-c")

FAILS = "%%%s -p <lua>\nerror('no luck with that')\n"
# Says that it runs, then waits: for a writer at its other end that never writes.
WAITS = '%post -p <lua>\nio.open("/begun", "w"):write("yes"):close()\nio.open("/never", "r"):read()\n'


@pytest.fixture(scope="session")
def rpms(tmp_path_factory):
    return Rpms(tmp_path_factory.mktemp("rpms"))


@pytest.fixture
def root(tmp_path, rpms):
    root = ZypperRoot(tmp_path, rpms)
    root.install("base", "1.0")
    return root


def clock():
    return datetime.datetime.now(datetime.timezone.utc)


def options(root, **given):
    return base.Options(root=str(root.path), **given)


def installer(root, **given):
    return ZypperInstaller(root.run, options(root, **given))


def wanted(*texts):
    """Each as `name version-release`."""
    return tuple(Wanted(name, "noarch", version) for name, version in map(str.split, texts))


def carried_out(steps):
    """As the worker does, one after another."""
    results = []
    for step in steps:
        ended = subprocess.run(
            step.command,
            input=step.data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **ENVIRONMENT, **step.environment},
            check=False,
        )
        results.append(StepResult(step.name, step.command, ended.returncode, ended.stdout))
    return results


def installed(root):
    """What rpm itself says."""
    command = ["rpm", "--dbpath", str(root.path / "var/lib/rpm"), "-qa", "--queryformat", "%{NAME} %{EVR}\n"]
    _code, output, _errors = root.run(command)
    return sorted(line.replace(" 0:", " ") for line in output.splitlines() if not line.startswith("base "))


def offer(root, *packages, alias="updates", **settings):
    """A repository with packages given as (name, version, details), fetched."""
    repository = root.repository(alias, **settings)
    for name, version, details in packages:
        repository.add(name, version, **details)
    repository.publish()
    root.refresh()
    return repository


def install(root, request, **given):
    """Solve, install, and see that what came is what was planned."""
    tool = installer(root, **given)
    before = installed(root)
    solution = tool.solve(request)
    assert solution.refusal == ""
    results = carried_out(tool.install(request))
    assert [result.code for result in results] == [0], results
    assert tool.failures(request, results) == {}
    expected = set(before)
    for change in solution.changes:
        expected.discard("%s %s" % (change.name, change.old))
        if change.new:
            expected.add("%s %s" % (change.name, change.new))
    assert installed(root) == sorted(expected)
    return solution


def refusal(root, request, **given):
    """Why zypper will not."""
    solution = installer(root, **given).solve(request)
    assert solution == Solution((), None, solution.refusal)
    return solution.refusal


def system_with_choices(root):
    root.install("lantern", "1.0")
    root.install("rope", "1.0")
    offer(
        root,
        ("lantern", "1.1", {"requires": "wick"}),
        ("lantern", "1.2", {"requires": "wick", "lines": "Recommends: matches"}),
        ("lantern", "1.0", {"epoch": 1, "requires": "wick"}),
        ("wick", "1.0", {}),
        ("wick", "2.0", {}),
        ("matches", "1.0", {}),
        ("rope", "1.1", {}),
    )


def test_exactly_the_version_that_is_wanted_comes_and_what_it_requires(root):
    system_with_choices(root)
    solution = install(root, Request(wanted("lantern 1.1-1")))
    assert solution.changes == (
        Change("lantern", "noarch", "1.0-1", "1.1-1"),
        Change("wick", "noarch", None, "2.0-1"),
    )
    assert solution.download_size > 0


def test_what_is_merely_recommended_stays_away(root):
    system_with_choices(root)
    install(root, Request(wanted("lantern 1.2-1")))
    assert installed(root) == ["lantern 1.2-1", "rope 1.0-1", "wick 2.0-1"]


def test_an_epoch_is_told_from_none(root):
    system_with_choices(root)
    install(root, Request(wanted("lantern 1:1.0-1")))
    assert installed(root) == ["lantern 1:1.0-1", "rope 1.0-1", "wick 2.0-1"]


def test_what_is_there_already_is_no_change_and_no_refusal(root):
    system_with_choices(root)
    assert installer(root).solve(Request(wanted("lantern 1.0-1"))) == Solution((), 0)
    assert installer(root).solve(Request(())) == Solution((), 0)


@pytest.mark.parametrize(
    ("forbidden", "comes"),
    [
        pytest.param(["wick 2.0-1"], "wick 1.0-1", id="the next best comes instead"),
        pytest.param(["wick 9.0-1"], "wick 2.0-1", id="a version that nobody has"),
        pytest.param(["wick 1:2.0-1"], "wick 2.0-1", id="another epoch"),
    ],
)
def test_a_forbidden_version_does_not_come(root, forbidden, comes):
    system_with_choices(root)
    root.zypper("addlock", "rope")
    before = (root.path / "etc/zypp/locks").read_text()
    install(root, Request(wanted("lantern 1.1-1"), forbidden=wanted(*forbidden)))
    assert installed(root) == ["lantern 1.1-1", "rope 1.0-1", comes]
    assert (root.path / "etc/zypp/locks").read_text() == before


def test_a_version_is_forbidden_in_every_architecture(root):
    system_with_choices(root)
    install(root, Request(wanted("lantern 1.1-1"), forbidden=(Wanted("wick", "x86_64", "2.0-1"),)))
    assert "wick 1.0-1" in installed(root)


def test_what_cannot_be_without_a_forbidden_version_is_refused_in_the_solvers_words(root):
    system_with_choices(root)
    words = refusal(root, Request(wanted("lantern 1.1-1"), forbidden=wanted("wick 1.0-1", "wick 2.0-1")))
    assert words.startswith("Problem: lantern-1.1-1.noarch requires wick, but this requirement cannot be provided")
    assert "Solution" not in words


@pytest.mark.parametrize("forbidden", [(), ("wick 1.0-1",)], ids=["alone", "beside ours"])
def test_the_users_locks_hold(root, forbidden):
    system_with_choices(root)
    root.zypper("addlock", "rope")
    words = refusal(root, Request(wanted("lantern 1.1-1", "rope 1.1-1"), forbidden=wanted(*forbidden)))
    assert "conflicting requests" in words
    assert installer(root).solve(Request(wanted("lantern 1.1-1"))).refusal == ""


def test_what_breaks_another_package_is_refused(root):
    root.install("lantern", "1.0")
    root.install("stand", "1.0", requires="lantern = 1.0")
    offer(root, ("lantern", "1.1", {}))
    assert "stand" in refusal(root, Request(wanted("lantern 1.1-1")))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param("Obsoletes: rope", "zypper would remove rope.noarch 1.0-1", id="obsoletes it"),
        pytest.param("Conflicts: rope", "conflicts with rope provided by rope-1.0-1.noarch", id="conflicts with it"),
    ],
)
def test_what_would_take_an_installed_package_away_is_refused(root, lines, words):
    root.install("lantern", "1.0")
    root.install("rope", "1.0")
    offer(root, ("lantern", "1.1", {"lines": lines}))
    assert words in refusal(root, Request(wanted("lantern 1.1-1")))


def test_another_vendor_is_refused_unless_the_node_allows_it(root):
    root.install("lantern", "1.0")
    offer(root, ("lantern", "1.1", {"vendor": "Somebody else"}))
    request = Request(wanted("lantern 1.1-1"))
    assert refusal(root, request) == "zypper would change the vendor of lantern.noarch"
    (root.path / "etc/zypp/zypp.conf").write_text("[main]\nsolver.allowVendorChange = true\n")
    install(root, request)


def test_a_refusal_names_every_problem(root):
    offer(root, ("aa", "1.0", {"requires": "what-nobody-has"}), ("zz", "1.0", {"requires": "neither-this"}))
    words = refusal(root, Request(wanted("aa 1.0-1", "zz 1.0-1")))
    assert "nothing provides what-nobody-has needed by aa" in words
    assert "nothing provides neither-this needed by zz" in words


def test_a_version_that_no_repository_has_is_refused(root):
    system_with_choices(root)
    assert "lantern.noarch=9.9-1" in refusal(root, Request(wanted("lantern 9.9-1")))


def test_a_name_that_another_package_provides_is_not_that_package(root):
    root.install("lantern", "1.0")
    offer(root, ("torch", "3.0", {"lines": "Provides: lantern = 2.0-1"}))
    assert "lantern.noarch=2.0-1" in refusal(root, Request(wanted("lantern 2.0-1")))


def test_a_name_that_zypper_would_take_for_something_else_is_an_error(root):
    with pytest.raises(base.BackendError, match="cannot be asked for a package named '!base'"):
        installer(root).solve(Request(wanted("!base 1.0-1")))


def test_an_older_version_than_the_installed_one_is_refused_but_for_a_rollback(root):
    root.install("lantern", "1.2")
    root.install("wick", "2.0")
    offer(root, ("lantern", "1.1", {}))
    request = Request(wanted("lantern 1.1-1"))
    assert "has lower version than the installed one" in refusal(root, request)
    install(root, request._replace(downgrade=True, removals=wanted("wick 2.0-1")))
    assert installed(root) == ["lantern 1.1-1"]


def test_a_removal_that_takes_others_along_is_refused(root):
    root.install("wick", "2.0")
    root.install("lantern", "1.2", requires="wick")
    assert "lantern" in refusal(root, Request((), removals=wanted("wick 2.0-1"), downgrade=True))
    install(root, Request((), removals=wanted("wick 2.0-1", "lantern 1.2-1"), downgrade=True))


def test_only_the_version_that_is_named_is_removed(root):
    root.install("wick", "2.1")
    assert installer(root).solve(Request((), removals=wanted("wick 2.0-1"))).changes == ()


def test_kernels_stand_beside_each_other(root, monkeypatch):
    settings = root.path / "etc/zypp/zypp.conf"
    settings.write_text("[main]\nmultiversion = provides:multiversion(kernel)\n")
    monkeypatch.setenv("ZYPP_CONF", str(settings))  # with --root, zypper reads that of the machine it runs on
    kernel = {"lines": "Provides: multiversion(kernel)"}
    root.install("kernel-default", "6.4", **kernel)
    offer(root, ("kernel-default", "6.5", kernel), ("kernel-default", "6.6", kernel), ("wick", "1.0", {}))
    solution = install(root, Request(wanted("kernel-default 6.5-1")))
    assert solution.changes == (Change("kernel-default", "noarch", None, "6.5-1"),)
    install(root, Request(wanted("kernel-default 6.6-1"), forbidden=wanted("wick 1.0-1")))
    assert installed(root) == ["kernel-default 6.4-1", "kernel-default 6.5-1", "kernel-default 6.6-1"]
    assert installer(root).leftovers() == []
    install(root, Request((), removals=wanted("kernel-default 6.6-1"), downgrade=True))
    assert installed(root) == ["kernel-default 6.4-1", "kernel-default 6.5-1"]


def test_a_licence_does_not_stop_it(root):
    root.install("lantern", "1.0")
    repository = root.repository("updates").add("lantern", "1.1").publish()
    repository.add_licence("lantern", "1.1", "Whoever installs this, agrees.")
    root.refresh()
    install(root, Request(wanted("lantern 1.1-1")))


def test_what_was_downloaded_is_not_downloaded_again(root):
    system_with_choices(root)
    request = Request(wanted("lantern 1.1-1"))
    tool = installer(root)
    (result,) = carried_out(tool.download(request))
    assert result.code == 0
    assert installed(root) == ["lantern 1.0-1", "rope 1.0-1"]
    kept = {name for _folder, _folders, names in os.walk(tool.download_folder) for name in names}
    assert kept == {"lantern-1.1-1.noarch.rpm", "wick-2.0-1.noarch.rpm"}
    assert tool.solve(request).download_size == 0
    (root.folder / "repositories/updates/lantern-1.1-1.noarch.rpm").unlink()
    install(root, request)


def test_a_failed_script_is_told_of_its_package_among_good_ones(root):
    offer(root, *[(name, "1.0", {}) for name in ("aa", "zz")], ("mid", "1.0", {"scripts": FAILS % "post"}))
    request = Request(wanted("aa 1.0-1", "mid 1.0-1", "zz 1.0-1"))
    tool = installer(root)
    results = carried_out(tool.install(request))
    assert installed(root) == ["aa 1.0-1", "mid 1.0-1", "zz 1.0-1"]
    failures = tool.failures(request, results)
    assert list(failures) == ["mid.noarch"]
    assert "no luck with that" in failures["mid.noarch"]


def test_a_package_that_rpm_refuses_is_told(root):
    offer(root, ("aa", "1.0", {}), ("mid", "1.0", {"scripts": FAILS % "pre"}))
    request = Request(wanted("aa 1.0-1", "mid 1.0-1"))
    tool = installer(root)
    results = carried_out(tool.install(request))
    assert installed(root) == ["aa 1.0-1"]
    failures = tool.failures(request, results)
    assert list(failures) == ["mid.noarch"]
    assert "no luck with that" in failures["mid.noarch"]


def test_a_download_that_fails_leaves_everything_as_it_was(root):
    repository = offer(root, ("aa", "1.0", {}), ("mid", "1.0", {}), ("zz", "1.0", {}))
    (repository.folder / "mid-1.0-1.noarch.rpm").unlink()
    request = Request(wanted("aa 1.0-1", "mid 1.0-1", "zz 1.0-1"))
    tool = installer(root)
    for steps in (tool.download(request), tool.install(request)):
        results = carried_out(steps)
        assert results[0].code != 0
        assert installed(root) == []
        failures = tool.failures(request, results)
        assert list(failures) == ["mid.noarch"]
        assert "not found on medium" in failures["mid.noarch"]


def test_a_damaged_package_is_told_and_not_installed(root):
    repository = offer(root, ("mid", "1.0", {}))
    path = repository.folder / "mid-1.0-1.noarch.rpm"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    request = Request(wanted("mid 1.0-1"))
    tool = installer(root)
    results = carried_out(tool.install(request))
    assert installed(root) == []
    assert "Digest verification failed" in tool.failures(request, results)["mid.noarch"]


def test_an_unsigned_package_is_told_and_not_installed(root):
    offer(root, ("mid", "1.0", {}), gpgcheck=0, pkg_gpgcheck=1)
    request = Request(wanted("mid 1.0-1"))
    tool = installer(root)
    results = carried_out(tool.install(request))
    assert installed(root) == []
    assert "signed" in tool.failures(request, results)["mid.noarch"]


def test_packages_that_would_overwrite_each_other_are_both_told(root):
    def content(text):
        script = "%%install\nmkdir -p %%{buildroot}/usr/share\necho %s > %%{buildroot}/usr/share/thing\n" % text
        return {"scripts": script, "files": "/usr/share/thing"}

    offer(root, ("aa", "1.0", content("a")), ("zz", "1.0", content("z")))
    request = Request(wanted("aa 1.0-1", "zz 1.0-1"))
    tool = installer(root)
    results = carried_out(tool.install(request))
    assert installed(root) == []
    failures = tool.failures(request, results)
    assert set(failures) == {"aa.noarch", "zz.noarch"}
    assert "File /usr/share/thing" in failures["aa.noarch"]


@pytest.fixture
def interrupted(root):
    """A transaction that was killed when a package was there in its new version, and in its old."""
    pair = [("lantern", "1.0", {}), ("stand", "1.0", {"requires": "lantern = 1.0"})]
    newer = [("lantern", "1.1", {"scripts": WAITS}), ("stand", "1.1", {"requires": "lantern = 1.1"})]
    offer(root, *pair, *newer)
    quietly(["zypper", "--root", str(root.path), "--non-interactive", "install", "lantern=1.0", "stand=1.0"])
    for name in ("begun", "never"):
        os.mkfifo(root.path / name)
    (step,) = installer(root).install(Request(wanted("lantern 1.1-1", "stand 1.1-1")))
    begun = os.open(str(root.path / "begun"), os.O_RDONLY | os.O_NONBLOCK)
    process = subprocess.Popen(step.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    assert select.select([begun], [], [], 60)[0] == [begun], process.communicate("")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    os.close(begun)
    for name in ("begun", "never"):
        (root.path / name).unlink()
    assert installed(root) == ["lantern 1.0-1", "lantern 1.1-1", "stand 1.0-1"]
    return root


def test_a_killed_transaction_is_recognised_repaired_and_carried_on(interrupted):
    root = interrupted
    tool = installer(root)
    (said,) = tool.leftovers()
    assert said.startswith("lantern.noarch is installed as 1.0-1 and as 1.1-1: an interrupted transaction")
    results = carried_out(tool.repair())
    assert [result.code for result in results] == [0, 0]
    assert installed(root) == ["lantern 1.1-1", "stand 1.0-1"]
    assert tool.leftovers() == []
    assert tool.repair() == []
    install(root, Request(wanted("lantern 1.1-1", "stand 1.1-1")))


def test_a_killed_transaction_is_repaired_without_its_repository(interrupted):
    root = interrupted
    for path in (root.path / "etc/zypp/repos.d").iterdir():
        path.unlink()
    results = carried_out(installer(root).repair())
    assert [result.code for result in results] == [0]
    assert installed(root) == ["lantern 1.1-1", "stand 1.0-1"]


def test_sources_are_used_instead_of_the_nodes_repositories_and_leave_no_trace_there(root):
    root.install("lantern", "1.0")
    offer(root, ("lantern", "1.1", {}), ("wick", "1.0", {}))
    other = root.repository("other")
    other.add("lantern", "1.2", requires="wick").add("wick", "2.0").publish()
    configuration = root.path / "etc/zypp/repos.d/other.repo"
    source = base.Source("Other, with a strange name/", configuration.read_text())
    configuration.unlink()
    node = tree_of(root)
    given = options(root, sources=(source,), check_mode=True)
    inventory = zypper.Zypper(root.run, clock, given).inventory({})
    assert set(inventory["repositories"]) == {"other"}
    (lantern,) = [package for package in inventory["packages"] if package["name"] == "lantern"]
    assert [version["version"] for version in lantern["available"]] == ["1.2"]
    assert "lantern.noarch=1.1-1" in refusal(root, Request(wanted("lantern 1.1-1")), sources=(source,))
    request = Request(wanted("lantern 1.2-1"), forbidden=wanted("wick 1.0-1"))
    (result,) = carried_out(installer(root, sources=(source,)).download(request))
    assert result.code == 0
    assert installer(root, sources=(source,)).solve(request).download_size == 0
    assert tree_of(root) == node
    install(root, request, sources=(source,))
    assert installed(root) == ["lantern 1.2-1", "wick 2.0-1"]


def tree_of(root):
    """The node's own configuration and caches."""
    found = {}
    for folder in ("etc/zypp", "var/cache/zypp"):
        for path in sorted((root.path / folder).rglob("*")):
            found[str(path)] = path.read_bytes() if path.is_file() else None
    return found


def own(root):
    """Files of ours below the state folder, without what was fetched."""
    folder = root.path / "var/lib/patchops"
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and "/cache/" not in str(path)
    )


def test_check_mode_leaves_neither_bans_nor_the_configuration_of_sources(root):
    """Which may hold credentials; and beside it a run may be at work with other bans."""
    system_with_choices(root)
    configured = next((root.path / "etc/zypp/repos.d").iterdir())
    source = base.Source("secret", configured.read_text())
    request = Request(wanted("lantern 1.1-1"), forbidden=wanted("wick 2.0-1"))
    for given in ({}, {"sources": (source,)}):
        checked = options(root, check_mode=True, **given)
        zypper.Zypper(root.run, clock, checked).inventory({})
        tool = ZypperInstaller(root.run, checked)
        assert Change("wick", "noarch", None, "1.0-1") in tool.solve(request).changes
        assert [step.name for step in (*tool.download(request), *tool.install(request))] == ["download", "install"]
        assert own(root) == []
    install(root, request)
    assert [path.rpartition("/")[2] for path in own(root)] == ["locks", "zypp.conf"]


def test_bans_of_one_request_are_not_in_the_way_of_another_and_do_not_pile_up(root):
    system_with_choices(root)
    tool = installer(root)
    first = Request(wanted("lantern 1.1-1"), forbidden=wanted("wick 2.0-1"))
    second = Request(wanted("lantern 1.1-1"), forbidden=wanted("wick 1.0-1"))
    named = [tool.install(request)[0].command[:2] for request in (first, second, first)]
    assert named[0] == named[2] != named[1]
    assert len(own(root)) == 2
    install(root, second)
    assert "wick 2.0-1" in installed(root)


def test_what_check_mode_shows_is_what_is_run(root):
    system_with_choices(root)
    request = Request(wanted("lantern 1.1-1"), forbidden=wanted("wick 2.0-1"))
    shown = ZypperInstaller(root.run, options(root, check_mode=True)).install(request)
    assert shown == installer(root).install(request)


def test_what_sources_are_kept_in_is_for_root_only(root):
    source = base.Source("secret", "[secret]\nbaseurl=https://user:word@example.com/\n")
    installer(root, sources=(source,)).solve(Request(wanted("lantern 1.2-1")))
    (file,) = (root.path / "var/lib/patchops/zypper").rglob("*.repo")
    assert file.stat().st_mode & 0o777 == 0o600
    for folder in file.relative_to(root.path / "var/lib").parents:
        assert (root.path / "var/lib" / folder).stat().st_mode & 0o077 == 0 or str(folder) == "."


def test_a_repository_that_was_never_fetched_is_not_fetched_now(root):
    root.install("lantern", "1.0")
    offer(root, ("lantern", "1.1", {}))
    root.repository("late").add("torch", "1.0").publish()
    assert "torch.noarch=1.0-1" in refusal(root, Request(wanted("torch 1.0-1")))
    install(root, Request(wanted("lantern 1.1-1")))
    assert not root.raw("late").exists()


def test_without_repositories_it_is_refused(root):
    assert "torch" in refusal(root, Request(wanted("torch 1.0-1")))


@pytest.fixture
def another_zypper(root):
    """Holds the lock, as long as its standard input is open."""
    command = ["zypper", "--root", str(root.path), "--non-interactive", "--no-refresh", "shell"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write("search --installed-only\n")
        process.stdin.flush()
        while "base" not in process.stdout.readline():
            assert process.poll() is None
        yield process
        process.kill()


def test_a_lock_that_stays_is_an_error_for_solving_and_busy_for_the_worker(root, request):
    offer(root, ("lantern", "1.1", {}))
    process = request.getfixturevalue("another_zypper")
    asked = Request(wanted("lantern 1.1-1"))
    tool = installer(root, lock_timeout=0)
    with pytest.raises(base.BackendError, match="locked by the application with pid %d" % process.pid):
        tool.solve(asked)
    process.communicate("quit\n")
    steps = tool.install(asked) + tool.download(asked)
    assert [step.busy for step in steps] == [(7,), (7,)]


@pytest.mark.parametrize(
    ("code", "output", "units"),
    [
        pytest.param(0, "cron\nsshd\nuser@0.service\n", ["cron.service", "sshd.service", "user@0.service"], id="some"),
        pytest.param(102, "sshd\n", ["sshd.service"], id="and a reboot is due"),
        pytest.param(0, "", [], id="none"),
        pytest.param(2, "Unknown option '-s'\n", None, id="an old zypper"),
    ],
)
def test_services(code, output, units):
    assert ZypperInstaller(lambda command: (code, output, ""), base.Options()).services() == units


def test_services_of_this_machine(root):
    units = installer(root).services()
    assert units is not None
    assert all(unit.endswith(".service") for unit in units)
