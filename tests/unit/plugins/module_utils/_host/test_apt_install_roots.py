# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real apt and dpkg make of requests, on small systems of their own."""

from __future__ import annotations

import fcntl
import functools
import http.server
import os
import signal
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._host import apt_install, base
from ansible_collections.patchops.fleet.plugins.module_utils._host.transaction import (
    Change,
    Request,
    Step,
    StepResult,
    Wanted,
)

SIZE = 20672
FAILS = {"postinst": "echo something went wrong >&2; exit 3"}


@pytest.fixture
def root(apt_system):
    return apt_system


@pytest.fixture
def stable(root):
    return root.suite("stable")


def installer(root, **options):
    return apt_install.AptInstaller(root.run, base.Options(root=str(root.path), **options))


def wanted(*names):
    """From `name version` or `name:arch version`."""
    found = []
    for text in names:
        name, version = text.split()
        name, _colon, arch = name.partition(":")
        found.append(Wanted(name, arch or "amd64", version))
    return tuple(found)


def request(*names, **details):
    return Request(wanted(*names), **details)


def carry_out(root, steps: t.Sequence[Step]) -> t.List[StepResult]:
    """As the worker does, but for its patience."""
    results: t.List[StepResult] = []
    for step in steps:
        if any(result.code != 0 for result in results) and not step.always:
            results.append(StepResult(step.name, step.command, None, "", "a step before it failed"))
            continue
        process = root.start(step.command, step.environment)
        output, _nothing = process.communicate()
        results.append(StepResult(step.name, step.command, process.returncode, output))
    return results


def install(root, wish, **options):
    """Download and install; the results, and what the installer says failed."""
    backend = installer(root, **options)
    results = carry_out(root, [*backend.download(wish), *backend.install(wish)])
    return results, backend.failures(wish, results)


def said(results):
    return "".join(result.output for result in results)


def kill_when(root, steps, marker):
    """Start the steps and kill the one at work, with all it started, once `marker` exists in the system."""
    file = root.file(marker)
    for step in steps:
        process = root.start(step.command, step.environment, stdout=subprocess.DEVNULL)
        while process.poll() is None and not file.exists():
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
        if file.exists():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return
    raise AssertionError("%s never came" % marker)


def simple(root, suite, *names):
    for name in names:
        root.have(name, "1.0")
        suite.add(name, "2.0")
    root.update()


def test_just_what_was_asked_with_what_it_depends_on(root, stable):
    root.have("foo", "1.0", Depends="libx")
    root.have("libx", "1.0")
    simple(root, stable, "bar", "left")
    stable.add("foo", "2.0", Depends="libx (>= 2.0), newdep", Recommends="rec", Suggests="rec")
    stable.add("foo", "3.0")
    stable.add("libx", "2.0")
    stable.add("newdep", "1:1.0+b", arch="all")
    stable.add("rec", "1.0")
    root.update()
    wish = request("foo 2.0", "bar 2.0")
    solution = installer(root).solve(wish)
    assert sorted(solution.changes) == [
        Change("bar", "amd64", "1.0", "2.0", SIZE),
        Change("foo", "amd64", "1.0", "2.0", SIZE),
        Change("libx", "amd64", "1.0", "2.0", SIZE),
        Change("newdep", "all", None, "1:1.0+b", SIZE),
    ]
    assert (solution.refusal, solution.download_size) == ("", 4 * SIZE)
    results, failures = install(root, wish)
    assert [result.code for result in results] == [0] * 4, said(results)
    assert failures == {}
    assert root.installed() == {
        "bar.amd64": "2.0",
        "foo.amd64": "2.0",
        "left.amd64": "1.0",
        "libx.amd64": "2.0",
        "newdep.all": "1:1.0+b",
    }
    assert installer(root).solve(wish).changes == ()


@pytest.mark.parametrize(
    ("names", "fields", "words"),
    [
        pytest.param(["foo 9.0"], {}, ["Version '9.0' for 'foo'"], id="a version that nobody offers"),
        pytest.param(["nix 1.0"], {}, ["Unable to locate package nix"], id="a package that nobody knows"),
        pytest.param(["foo 2.0"], {"Depends": "newdep (>= 7)"}, ["Depends: newdep (>= 7)"], id="dependency"),
        pytest.param(["foo 2.0"], {"Conflicts": "bar"}, ["remove bar"], id="a removal"),
        pytest.param(["foo 2.0"], {"Breaks": "bar"}, ["remove bar"], id="a removal of what it breaks"),
        pytest.param(["held 2.0"], {}, ["on hold: held"], id="a held package"),
        pytest.param(["foo 2.0"], {"Depends": "held (>= 2.0)"}, ["held"], id="a held package as dependency"),
        pytest.param(["bar 0.5"], {}, ["downgrade bar"], id="a downgrade"),
    ],
)
def test_refusals_name_the_reason(root, stable, names, fields, words):
    simple(root, stable, "bar", "held")
    root.have("foo", "1.0")
    stable.add("foo", "2.0", **fields)
    stable.add("bar", "0.5")
    stable.add("newdep", "1.0")
    root.update()
    root.do("apt-mark", "hold", "held")
    solution = installer(root).solve(request(*names))
    assert solution.changes == ()
    for part in words:
        assert part in solution.refusal
    assert "\n" not in solution.refusal
    assert len(solution.refusal) < 300


def test_what_was_refused_is_not_done_either(root, stable):
    simple(root, stable, "bar", "held")
    root.have("foo", "1.0")
    stable.add("foo", "2.0", Conflicts="bar")
    root.update()
    root.do("apt-mark", "hold", "held")
    before = root.installed()
    for name, words in (("foo", "it would remove bar"), ("held", "on hold: held")):
        results, failures = install(root, request("%s 2.0" % name))
        assert results[0].code == 100
        assert failures == {"%s.amd64" % name: words}
        assert root.installed() == before


@pytest.mark.parametrize(
    ("forbidden", "words"),
    [
        pytest.param("libx 2.0", "Depends: libx (>= 2.0)", id="an update of what is installed"),
        pytest.param("newdep:all 1:1.0", "Depends: newdep", id="what is not installed"),
    ],
)
def test_forbidden_versions_do_not_come_as_dependency(root, stable, forbidden, words):
    root.have("libx", "1.0")
    simple(root, stable, "bar", "foo")
    stable.add("foo", "2.1", Depends="libx (>= 2.0), newdep")
    stable.add("libx", "2.0")
    stable.add("newdep", "1:1.0", arch="all")
    root.update()
    root.do("apt-mark", "auto", "libx")
    (ban,) = wanted(forbidden)
    assert words in installer(root).solve(request("foo 2.1", forbidden=(ban,))).refusal
    others = request("bar 2.0", "foo 2.0", forbidden=(ban,))
    solution = installer(root).solve(others)
    assert sorted(change.kb_id for change in solution.changes) == ["bar.amd64", "foo.amd64"]
    assert install(root, others)[1] == {}
    assert root.installed()["libx.amd64"] == "1.0"
    assert root.do("apt-mark", "showauto").split() == ["libx"]


@pytest.mark.parametrize("gone", [False, True], ids=["on offer", "gone"])
def test_a_dependency_comes_as_planned_or_nothing_does(root, stable, gone):
    """Though a newer one came out after the plan, and somebody fetched the lists."""
    root.have("app", "1.0")
    root.have("base", "1.0")
    stable.add("app", "2.0", Depends="lib, base (>= 2.0)")
    planned = stable.add("lib", "1.0")
    stable.add("base", "2.0")
    root.update()
    wish = request("app 2.0")
    manager = installer(root)
    solution = manager.solve(wish)
    assert {change.name: change.new for change in solution.changes} == {"app": "2.0", "base": "2.0", "lib": "1.0"}
    steps = manager.install(wish)
    stable.add("lib", "9.0")
    stable.add("base", "9.0")
    if gone:
        stable.drop(planned)
    root.update()
    results = carry_out(root, steps)
    if gone:
        assert root.installed() == {"app.amd64": "1.0", "base.amd64": "1.0"}
        assert "Version '1.0' for 'lib' was not found" in manager.failures(wish, results)["app.amd64"]
        return
    assert root.installed() == {"app.amd64": "2.0", "base.amd64": "2.0", "lib.amd64": "1.0"}
    assert root.do("apt-mark", "showauto").split() == ["lib"]


def test_another_way_to_meet_a_dependency_is_taken_when_one_is_forbidden(root, stable):
    root.have("foo", "1.0")
    stable.add("foo", "2.0", Depends="one | other")
    stable.add("one", "1.0")
    stable.add("other", "1.0")
    root.update()
    solution = installer(root).solve(request("foo 2.0", forbidden=wanted("one 1.0")))
    assert sorted(change.kb_id for change in solution.changes) == ["foo.amd64", "other.amd64"]


def test_what_came_as_dependency_stays_marked_so_and_the_rest_manual(root, stable):
    simple(root, stable, "auto", "manual")
    root.do("apt-mark", "auto", "auto")
    assert install(root, request("auto 2.0", "manual 2.0"))[1] == {}
    assert root.do("apt-mark", "showauto").split() == ["auto"]
    assert root.installed() == {"auto.amd64": "2.0", "manual.amd64": "2.0"}


@pytest.mark.parametrize("priority", [100, -1])
def test_pins_do_not_stand_in_the_way_of_an_exact_version(root, stable, priority):
    simple(root, stable, "foo")
    root.pin("foo", "version 2.0", priority)
    assert installer(root).solve(request("foo 2.0")).refusal == ""
    assert install(root, request("foo 2.0"))[1] == {}
    assert root.installed() == {"foo.amd64": "2.0"}


def test_phased_updates_come_when_they_are_asked_for(root, stable):
    for name in ("foo", "lib"):
        root.have(name, "1.0")
        stable.add(name, "2.0", Phased_Update_Percentage="0", **({"Depends": "lib (= 2.0)"} if name == "foo" else {}))
    root.update()
    solution = installer(root).solve(request("foo 2.0"))
    assert sorted((change.name, change.new) for change in solution.changes) == [("foo", "2.0"), ("lib", "2.0")]


def test_a_file_of_this_node_needs_no_download(root):
    simple(root, root.suite("stable", address="file:/archive"), "foo")
    assert installer(root).solve(request("foo 2.0")).download_size == 0
    assert install(root, request("foo 2.0"))[1] == {}
    assert root.installed() == {"foo.amd64": "2.0"}


@pytest.fixture
def locked(root):
    """dpkg's lock, held by this process; a call releases it."""
    with open(root.file("var/lib/dpkg/lock-frontend"), "w", encoding="utf-8") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield functools.partial(fcntl.lockf, lock, fcntl.LOCK_UN)


def test_a_lock_that_is_never_released(root, stable, locked):
    stable.add("foo", "2.0")
    root.update()
    wish = request("foo 2.0")
    assert installer(root).solve(wish).refusal == ""
    results, failures = install(root, wish, lock_timeout=0)
    assert [(result.name, result.code) for result in results] == [
        ("download", 100),
        ("install", None),
        ("configure", apt_install.LOCKED),
        ("clean", None),
    ]
    assert "dpkg frontend lock" in failures["foo.amd64"]
    assert installer(root).install(wish)[1].busy == (apt_install.LOCKED,)


def test_a_lock_is_waited_for(root, stable, locked):
    stable.add("foo", "2.0")
    root.update()
    step = installer(root).install(request("foo 2.0"))[0]
    process = root.start(step.command, step.environment)
    for line in process.stdout:
        if "Waiting for cache lock" in line:
            locked()
            break
    process.communicate()
    assert process.returncode == 0
    assert root.installed() == {"foo.amd64": "2.0"}


def test_versions_that_end_in_a_plus(root, stable):
    root.have("foo", "1.0")
    for version in ("2.0", "2.0+"):
        stable.add("foo", version)
    root.have("g++", "1.0")
    stable.add("g++", "2.0+")
    root.update()
    solution = installer(root).solve(request("foo 2.0+", "g++ 2.0+"))
    assert sorted((change.name, change.new) for change in solution.changes) == [("foo", "2.0+"), ("g++", "2.0+")]
    stable.drop(root.path / "archive/pool/stable/foo_2.0+_amd64.deb")
    root.update()
    assert "2.0+" in installer(root).solve(request("foo 2.0+")).refusal


def test_a_package_of_another_architecture(root, stable):
    root.do("dpkg", "--add-architecture", "i386")
    for arch in ("amd64", "i386"):
        root.have("lib", "1.0", arch=arch, Multi_Arch="same", files={"/usr/share/lib/version": "same"})
        stable.add("lib", "2.0", arch=arch, Multi_Arch="same", files={"/usr/share/lib/version": "same"})
    root.have("tool", "1.0", arch="i386")
    stable.add("tool", "2.0", arch="i386")
    root.update()
    solution = installer(root).solve(request("tool:i386 2.0", "lib:i386 2.0"))
    assert sorted(change.kb_id for change in solution.changes) == ["lib.amd64", "lib.i386", "tool.i386"]
    assert install(root, request("tool:i386 2.0", "lib:i386 2.0"))[1] == {}
    assert set(root.installed().values()) == {"2.0"}


def test_a_package_that_is_no_longer_of_arch_all(root, stable):
    root.have("foo", "1.0", arch="all")
    stable.add("foo", "2.0")
    root.update()
    wish = request("foo:all 2.0")
    assert installer(root).solve(wish).changes == (Change("foo", "all", "1.0", "2.0", SIZE),)
    assert install(root, wish)[1] == {}
    assert root.installed() == {"foo.amd64": "2.0"}


def test_what_is_downloaded_needs_no_download(root, stable):
    simple(root, stable, "foo", "bar")
    backend = installer(root)
    wish = request("foo 2.0", "bar 2.0")
    assert [result.code for result in carry_out(root, backend.download(request("foo 2.0")))] == [0]
    assert backend.solve(wish).download_size == SIZE
    assert [change.size for change in backend.solve(wish).changes] == [SIZE, SIZE]
    assert [result.code for result in carry_out(root, backend.download(wish))] == [0, 0]
    assert backend.solve(wish).download_size == 0
    assert root.installed() == {"bar.amd64": "1.0", "foo.amd64": "1.0"}
    for file in (root.path / "archive/pool/stable").iterdir():
        file.unlink()
    assert [result.code for result in carry_out(root, backend.install(wish))] == [0, 0, 0]
    assert root.installed() == {"bar.amd64": "2.0", "foo.amd64": "2.0"}
    assert sorted(os.listdir(backend.download_folder)) == ["lock", "partial"]


def test_downloads_that_nobody_offers_any_more_are_tidied_away(root, stable):
    simple(root, stable, "foo")
    backend = installer(root)
    carry_out(root, backend.download(request("foo 2.0")))
    stable.drop(root.path / "archive/pool/stable/foo_2.0_amd64.deb")
    stable.add("foo", "3.0")
    root.update()
    carry_out(root, backend.download(request("foo 3.0")))
    assert [name for name in os.listdir(backend.download_folder) if name.endswith(".deb")] == ["foo_3.0_amd64.deb"]


def test_a_script_that_fails_among_good_packages(root, stable):
    simple(root, stable, "a", "z")
    for name in ("bad", "needs"):
        root.have(name, "1.0")
    stable.add("bad", "2.0", scripts=FAILS)
    stable.add("needs", "2.0", Depends="bad (>= 2.0)")
    root.update()
    _results, failures = install(root, request("a 2.0", "bad 2.0", "needs 2.0", "z 2.0"))
    assert set(failures) == {"bad.amd64", "needs.amd64"}
    assert failures["bad.amd64"].startswith(
        "dpkg left it half-configured: installed bad package post-installation script"
    )
    assert failures["bad.amd64"].endswith("exit status 3")
    assert "Package bad is not configured yet" in failures["needs.amd64"]
    assert (root.installed()["a.amd64"], root.installed()["z.amd64"]) == ("2.0", "2.0")


def test_a_package_that_cannot_be_unpacked_leaves_the_others_configured(root, stable):
    simple(root, stable, "a", "z")
    root.have("bad", "1.0")
    stable.add("bad", "2.0", scripts={"preinst": "echo no >&2; exit 1"})
    root.update()
    _results, failures = install(root, request("a 2.0", "bad 2.0", "z 2.0"))
    installed = root.installed()
    assert installed["bad.amd64"] == "1.0"
    assert "new bad package pre-installation script" in failures["bad.amd64"]
    assert set(installed.values()) <= {"1.0", "2.0"}  # nothing is left unpacked
    assert {kb_id for kb_id, version in installed.items() if version == "1.0"} == set(failures)


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        pytest.param("", "mine", id="none of its own"),
        pytest.param('DPkg::Options { "--force-unsafe-io"; };', "mine", id="own ones about other things"),
        pytest.param('DPkg::Options:: "--force-confmiss";', "mine", id="own ones that leave a question"),
        pytest.param('Dpkg::Options { "--force-confnew"; };', "theirs", id="of apt"),
        pytest.param("dpkg.cfg.d", "theirs", id="of dpkg"),
    ],
)
def test_conffiles_are_kept_unless_the_node_has_options_of_its_own(root, stable, own, kept):
    files, conffiles = {"/etc/foo.conf": "old"}, ["/etc/foo.conf"]
    root.have("foo", "1.0", files=files, conffiles=conffiles)
    stable.add("foo", "2.0", files={"/etc/foo.conf": "theirs"}, conffiles=conffiles)
    root.update()
    root.file("etc/foo.conf").write_text("mine")
    if own == "dpkg.cfg.d":
        root.file("etc/dpkg/dpkg.cfg.d/own").write_text("# force-confold\nforce-confnew\n")
        root.file("etc/dpkg/dpkg.cfg.d/own.disabled").write_text("force-confold\n")
    else:
        root.configure(own)
    results, failures = install(root, request("foo 2.0"))
    assert ([result.code for result in results], failures) == ([0] * 4, {}), said(results)
    assert root.file("etc/foo.conf").read_text() == kept


def test_hooks_and_scripts_find_nobody_to_ask(root, stable):
    root.configure(
        'DPkg::Post-Invoke { "echo hook $DEBIAN_FRONTEND $NEEDRESTART_SUSPEND $APT_LISTCHANGES_FRONTEND"; };'
    )
    root.have("foo", "1.0")
    stable.add("foo", "2.0", scripts={"postinst": "if read answer; then exit 1; fi; echo nobody there"})
    root.update()
    # with a terminal of apt's own a script could ask there; these systems have none that it could open
    assert "Dpkg::Use-Pty=false" in installer(root).install(request("foo 2.0"))[0].command
    results, failures = install(root, request("foo 2.0"))
    assert failures == {}
    assert "nobody there" in said(results)
    assert "hook noninteractive 1 none" in said(results)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture
def archive(root):
    """The archive, served over http to a user with a password."""
    handler = functools.partial(Quiet, directory=str(root.path / "archive"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield "http://user:secret@127.0.0.1:%d" % server.server_port
        server.shutdown()
        thread.join()


def test_what_vanished_or_changed_between_scan_and_install(root, archive):
    suite = root.suite("stable", address=archive)
    for name in ("foo", "gone", "other"):
        root.have(name, "1.0")
    suite.add("foo", "2.0")
    gone = suite.add("gone", "2.0", Depends="newdep")
    other = suite.add("other", "2.0")
    suite.add("newdep", "1.0")
    root.update()
    wish = request("foo 2.0", "gone 2.0", "other 2.0")
    assert installer(root).solve(wish).refusal == ""
    gone.unlink()
    other.write_bytes(b"x" * SIZE)
    _results, failures = install(root, wish)
    assert failures["gone.amd64"].startswith("404 ")
    assert failures["other.amd64"] == "Hash Sum mismatch"
    assert "gone.amd64: 404" in failures["foo.amd64"]
    assert "secret" not in str(failures)
    assert set(root.installed().values()) == {"1.0"}
    # without them the rest comes, and what is there already is not fetched again
    assert installer(root).solve(request("foo 2.0")).download_size == 0
    assert install(root, request("foo 2.0"))[1] == {}
    assert root.installed()["foo.amd64"] == "2.0"


def test_packages_that_cannot_be_authenticated_are_not_installed(root):
    suite = root.suite("stable", options="allow-insecure=yes")
    simple(root, suite, "foo")
    results, failures = install(root, request("foo 2.0"))
    assert results[0].code == 100
    assert failures == {"foo.amd64": "its origin cannot be authenticated"}
    assert root.installed() == {"foo.amd64": "1.0"}


def test_going_back(root, stable):
    root.have("foo", "1.0")
    root.have("user", "1.0")
    stable.add("foo", "1.0")
    stable.add("foo", "2.0", Depends="newdep")
    stable.add("newdep", "1.0", arch="all")
    root.update()
    assert install(root, request("foo 2.0"))[1] == {}
    back = request("foo 1.0", removals=wanted("newdep:all 1.0"), downgrade=True)
    assert sorted(installer(root).solve(back).changes) == [
        Change("foo", "amd64", "2.0", "1.0", SIZE),
        Change("newdep", "all", "1.0", None),
    ]
    assert install(root, back)[1] == {}
    assert root.installed() == {"foo.amd64": "1.0", "user.amd64": "1.0"}


@pytest.mark.parametrize(
    ("back", "words"),
    [
        pytest.param({"removals": "newdep 1.0"}, "remove needs.amd64", id="somebody needs it"),
        pytest.param({"packages": "lib 1.0", "downgrade": True}, "needs", id="somebody needs the newer one"),
    ],
)
def test_going_back_takes_nothing_else_along(root, stable, back, words):
    root.have("newdep", "1.0")
    root.have("lib", "2.0")
    root.have("needs", "1.0", Depends="newdep, lib (>= 2.0)")
    stable.add("lib", "1.0")
    root.update()
    details = {**back, "removals": wanted(back["removals"]) if "removals" in back else ()}
    packages = wanted(details.pop("packages")) if "packages" in details else ()
    solution = installer(root).solve(Request(packages, **details))
    assert words in solution.refusal
    assert solution.changes == ()


@pytest.mark.parametrize("script", ["preinst", "postinst"])
def test_a_transaction_that_was_killed_is_recognised_and_repaired(root, stable, script):
    root.have("slow", "1.0")
    root.have("needs", "1.0")
    stable.add("slow", "1.0")
    stable.add("slow", "2.0", scripts={script: "if ! test -e /tmp/here; then touch /tmp/here; sleep 30; fi"})
    stable.add("needs", "2.0", Depends="slow (>= 2.0)")
    root.update()
    assert installer(root).leftovers() == []
    wish = request("slow 2.0", "needs 2.0")
    backend = installer(root)
    kill_when(root, [*backend.download(wish), *backend.install(wish)], "tmp/here")
    left = installer(root).leftovers()
    assert "dpkg was interrupted" in left[0]
    assert any("slow.amd64" in text for text in left)
    failures = installer(root).failures(wish, [])
    assert failures["slow.amd64"].startswith("dpkg left it half-") or script == "preinst"
    results = carry_out(root, installer(root).repair())
    assert [result.code for result in results] == [0] * len(results), said(results)
    assert installer(root).leftovers() == []
    assert root.installed()["slow.amd64"] == ("1.0" if script == "preinst" else "2.0")
    assert install(root, wish)[1] == {}
    assert root.installed() == {"needs.amd64": "2.0", "slow.amd64": "2.0"}


def test_repair_takes_what_there_is_when_the_old_version_cannot_be_had(root, stable):
    root.have("slow", "1.0")
    stable.add("slow", "2.0", scripts={"preinst": "if ! test -e /tmp/here; then touch /tmp/here; sleep 30; fi"})
    root.update()
    backend = installer(root)
    kill_when(root, backend.install(request("slow 2.0")), "tmp/here")
    carry_out(root, installer(root).repair())
    assert installer(root).leftovers() == []
    assert root.installed() == {"slow.amd64": "2.0"}


def test_dependencies_that_lack_are_left_over_and_repaired(root, stable):
    root.have("needs", "1.0", Depends="lib")
    stable.add("lib", "1.0")
    simple(root, stable, "other")
    (left,) = installer(root).leftovers()
    assert "needs: Depends: lib" in left
    with pytest.raises(base.BackendError, match="needs: Depends: lib"):
        installer(root).solve(request("other 2.0"))
    carry_out(root, installer(root).repair())
    assert installer(root).leftovers() == []
    assert root.installed() == {"lib.amd64": "1.0", "needs.amd64": "1.0", "other.amd64": "1.0"}


@pytest.mark.parametrize(
    ("lib", "unwelcome", "words"),
    [
        pytest.param(None, None, "apt's repair would remove needs.amd64 1.0", id="nobody has it"),
        pytest.param({}, "it is rejected", "would bring lib.amd64 1.0, but it is rejected", id="it is rejected"),
        pytest.param(
            {"Depends": "tool (>= 2.0)"}, None, "would bring tool.amd64 from 1.0 to 2.0", id="it needs another update"
        ),
        pytest.param({"Conflicts": "tool"}, None, "would remove", id="it is not compatible"),
    ],
)
def test_a_repair_takes_nothing_away_and_brings_nothing_that_must_not_come(root, stable, lib, unwelcome, words):
    root.have("tool", "1.0")
    root.have("needs", "1.0", Depends="lib")
    stable.add("tool", "2.0")
    if lib is not None:
        stable.add("lib", "1.0", **lib)
    root.update()
    before = root.installed()
    manager = installer(root)
    steps = manager.repair(lambda name, arch, version: unwelcome if name == "lib" else None)
    assert words in manager.reluctant
    carry_out(root, steps)
    assert root.installed() == before
    assert manager.leftovers() != []


@pytest.fixture
def needrestart(root):
    """A stand-in for the real one, which has no place in these systems: it prints what that prints."""
    tool = root.file(apt_install.NEEDRESTART)

    def write(script):
        tool.write_text("#!/bin/sh\n%s\n" % script)
        tool.chmod(0o755)

    return write


def test_services_without_needrestart(root):
    assert installer(root).services() is None


def test_services_with_needrestart(root, needrestart):
    needrestart('test "$*" = "-b -r l" || exit 9; echo NEEDRESTART-VER: 3.6; echo NEEDRESTART-SVC: ssh.service')
    assert installer(root).services() == ["ssh.service"]


def test_services_when_needrestart_fails(root, needrestart):
    needrestart("echo broken >&2; exit 1")
    with pytest.raises(base.BackendError, match="exit code 1: broken"):
        installer(root).services()
