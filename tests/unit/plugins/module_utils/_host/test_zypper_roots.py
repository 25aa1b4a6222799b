# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory that the real zypper gives of small systems, each with one thing that matters."""

from __future__ import annotations

import datetime
import os
import subprocess

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape
from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, scan, zypper_command
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_inventory import ANOTHER_VENDOR
from ansible_collections.patchops.fleet.plugins.module_utils._host.zypper_output import parse_answer
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.zypper_root import (
    Rpms,
    ZypperRoot,
    patch,
)

pytestmark = pytest.mark.needs("zypper", "rpm", "createrepo-c")

HOUR = 3600
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="session")
def rpms(tmp_path_factory):
    return Rpms(tmp_path_factory.mktemp("rpms"))


@pytest.fixture
def root(tmp_path, rpms):
    return ZypperRoot(tmp_path, rpms)


def clock():
    return datetime.datetime.now(datetime.timezone.utc)


def take(root, now=clock, **options):
    options = {"refresh": "never", "root": str(root.path), **options}
    inventory, changed, _options = scan.gather("suse1", None, root.run, now, base.Options(**options))
    assert changed is False
    assert list(shape.faults(inventory, schemas.INVENTORY)) == []
    return inventory


def versions(inventory, name):
    """The versions on offer of a package, and why one is no candidate."""
    (package,) = [package for package in inventory["packages"] if package["name"] == name]
    return {version["version"]: version["excluded"] for version in package["available"]}


def candidates(inventory):
    """What the inventory lets through: the newest version that is neither excluded nor held, by package."""
    chosen = {}
    for package in inventory["packages"]:
        newest = max((entry["version"] for entry in package["available"] if not entry["excluded"]), default=None)
        if newest and newest != package["installed"][0]["version"] and not package["held"]:
            chosen[package["name"]] = newest
    return chosen


def offered_by_zypper(root):
    """What `zypper list-updates` would update, and to which version."""
    command = "list-updates --type package"
    _code, output, _errors = root.run(
        ["zypper", "--root", str(root.path), "--non-interactive", "--no-refresh", "--xmlout", "shell"],
        "search -x nothing\nlocks\n%s\n%s\nquit\n" % (command, command),
    )
    answer = parse_answer(output)
    return {name: update.edition[1] for (name, _arch), update in answer.updates.items()}


def decisions(inventory, **rule):
    baseline = {
        "name": "suse",
        "operating_system": inventory["node"]["operating_system"],
        "approval_rules": [{"filters": {"CLASSIFICATION": ["Security"]}, "approve_after_days": 7, **rule}],
    }
    record = assess(inventory, parse_baselines([baseline]), NOW, "r1")
    return {patch["name"]: (patch["state"], patch["reason"]) for patch in record["patches"]}


def system_with_everything(root):
    """Packages of all kinds: updatable twice, current, from elsewhere, with an epoch, and one that is on no offer."""
    root.install("lantern", "1.0")
    root.install("rope", "2.0", epoch=1)
    root.install("tent", "3.0")
    root.install("local", "4.0")
    pool = root.repository("pool").add("lantern", "0.9").add("lantern", "1.0").add("tent", "3.0").add("stove", "1.0")
    pool.publish()
    updates = root.repository("updates").add("lantern", "1.1").add("lantern", "1.2").add("rope", "2.1", epoch=1)
    updates.publish(
        patch("SUSE-2026-1", "lantern 1.1", issued=1780000000, cves=["CVE-2026-0001"]),
        patch("SUSE-2026-2", "lantern 1.2", type="recommended", severity="moderate"),
        patch("SUSE-2026-3", "stove 1.1"),
    )
    root.refresh()


def test_every_version_from_the_installed_one_on_is_there_and_the_newest_are_those_of_zypper(root):
    system_with_everything(root)
    inventory = take(root)
    assert versions(inventory, "lantern") == {"1.0": None, "1.1": None, "1.2": None}
    assert versions(inventory, "tent") == {"3.0": None}
    assert versions(inventory, "local") == {}
    assert candidates(inventory) == offered_by_zypper(root) == {"lantern": "1.2", "rope": "2.1"}


def test_epoch_and_times_are_those_of_rpm(root):
    system_with_everything(root)
    (rope,) = [package for package in take(root)["packages"] if package["name"] == "rope"]
    assert (rope["arch"], rope["held"]) == ("noarch", None)
    (installed,) = rope["installed"]
    assert (installed["epoch"], installed["version"], installed["release"]) == (1, "2.0", "1")
    age = clock() - datetime.datetime.strptime(installed["installed_time"] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    assert datetime.timedelta(0) <= age < datetime.timedelta(hours=1)


def test_it_takes_three_processes_and_leaves_no_history_of_the_shell(root, monkeypatch):
    system_with_everything(root)
    home = root.folder / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    root.commands.clear()
    take(root)
    assert len(root.commands) == 3
    assert not (home / ".zypper_history").exists()


def test_patches_are_those_of_the_repositories_own_updateinfo(root):
    system_with_everything(root)
    inventory = take(root)
    assert inventory["advisories"] == {
        "updates/SUSE-2026-1": {
            "id": "SUSE-2026-1",
            "type": "security",
            "severity": "important",
            "issued": 1780000000,
            "updated": None,
            "cves": ["CVE-2026-0001"],
            "bugzillas": [],
            "title": "Update",
            "repository": "updates",
        },
        "updates/SUSE-2026-2": {
            **inventory["advisories"]["updates/SUSE-2026-2"],
            "type": "recommended",
            "severity": "moderate",
        },
    }


@pytest.mark.parametrize("compression", ["gz", "xz"])
@pytest.mark.parametrize(
    ("issued", "release"),
    [
        pytest.param(1516066080, "2018-01-16T01:28:00Z", id="seconds since the epoch"),
        pytest.param("2018-01-16 01:28", "2018-01-16T01:28:00Z", id="without seconds"),
        pytest.param("2018-01-16 01:28:11", "2018-01-16T01:28:11Z", id="with seconds"),
    ],
)
def test_dates_reach_the_decision_unchanged(root, issued, release, compression):
    root.install("lantern", "1.0")
    repository = root.repository("updates").add("lantern", "1.1")
    repository.publish(patch("SUSE-1", "lantern 1.1", issued=issued), compression=compression)
    root.refresh()
    inventory = take(root)
    record = assess(inventory, parse_baselines(["all-14-days"]), NOW, "r1")
    (found,) = record["patches"]
    assert (found["state"], found["release_date"], inventory["problems"]) == ("MISSING", release, [])


def test_decisions(root):
    """The security patch of 2026-05-28 is approved after 7 days; after 200 it waits, and says until when."""
    system_with_everything(root)
    inventory = take(root)
    assert decisions(inventory)["lantern"][0] == "MISSING"
    assert decisions(inventory)["local"][0] == "INSTALLED_OTHER"
    state, reason = decisions(inventory, approve_after_days=200)["lantern"]
    assert (state, "waits until 2026-12-14T20:26:40Z" in reason) == ("INSTALLED_OTHER", True)


def test_a_retracted_patch_is_dropped_and_the_version_it_brought_is_no_candidate(root):
    root.install("lantern", "1.0")
    root.install("rope", "1.0")
    repository = root.repository("updates").add("lantern", "1.1").add("lantern", "1.2").add("rope", "1.1")
    repository.publish(
        patch("SUSE-1", "lantern 1.1", "rope 1.1"),
        patch("SUSE-2", "lantern 1.2", "rope 1.1", status="retracted"),
    )
    root.refresh()
    inventory = take(root)
    assert list(inventory["advisories"]) == ["updates/SUSE-1"]
    assert versions(inventory, "lantern") == {
        "1.1": None,
        "1.2": "its vendor retracted patch SUSE-2, which brought it",
    }
    assert versions(inventory, "rope") == {"1.1": None}


def test_patches_without_severity_and_date_are_said_to_be_and_not_guessed(root):
    """As the generation of SLES 11 has them."""
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish(
        patch("slessp2-lantern", "lantern 1.1", severity=None, issued=None)
    )
    root.refresh()
    inventory = take(root)
    assert inventory["warnings"] == [
        "1 of 1 patches from repository updates have no severity: only rules that ask for none can approve them",
        "1 of 1 patches from repository updates have no date: option 'undated' says what delays make of them",
    ]
    filters = {"CLASSIFICATION": ["Security"], "SEVERITY": ["Critical", "Important", "Moderate", "Low"]}
    assert decisions(inventory)["lantern"][0] == "MISSING"
    assert decisions(inventory, filters=filters)["lantern"][0] == "INSTALLED_OTHER"


def test_a_lock_holds_a_package_or_excludes_the_versions_it_names(root):
    for name in ("lantern", "rope", "tent"):
        root.install(name, "1.0")
    root.repository("updates").add("lantern", "1.1").add("rope", "1.1").add("rope", "1.2").add("tent", "1.1").publish()
    root.refresh()
    for lock in (["lan*"], ["rope = 1.2"], ["-r", "updates", "tent"]):
        assert root.zypper("addlock", *lock)[0] == 0
    inventory = take(root)
    assert [package["held"] for package in inventory["packages"]] == ["locked by zypper's lock 'lan*'", None, None]
    assert versions(inventory, "lantern") == {"1.1": None}
    assert versions(inventory, "rope") == {"1.1": None, "1.2": "locked by zypper's lock 'rope == 1.2'"}
    assert versions(inventory, "tent") == {"1.1": "locked by zypper's lock 'tent of repository updates'"}
    assert candidates(inventory) == offered_by_zypper(root) == {"rope": "1.1"}
    assert decisions(inventory, filters={"CLASSIFICATION": ["*"]})["lantern"][0] == "MISSING"


def test_a_version_of_another_vendor_is_no_candidate_and_one_with_broken_dependencies_is(root):
    for name in ("lantern", "rope"):
        root.install(name, "1.0")
    root.repository("updates").add("lantern", "1.1").add("rope", "1.1", requires="what-nobody-has").publish()
    root.repository("elsewhere").add("lantern", "2.0", vendor="Packman").publish()
    root.refresh()
    inventory = take(root)
    assert versions(inventory, "lantern") == {"1.1": None, "2.0": ANOTHER_VENDOR}
    assert versions(inventory, "rope") == {"1.1": None}
    assert offered_by_zypper(root) == {"lantern": "1.1"}


def test_disabled_repositories_are_ignored_and_trust_is_that_of_the_packages(root):
    root.install("lantern", "1.0")
    root.repository("on", gpgcheck=1, repo_gpgcheck=0, pkg_gpgcheck=0).add("lantern", "1.1").publish()
    root.repository("off", enabled=0).add("lantern", "1.2").publish(patch("SUSE-1", "lantern 1.2"))
    root.refresh()
    inventory = take(root)
    assert list(inventory["repositories"]) == ["on"]
    assert inventory["repositories"]["on"]["trusted"] is True
    assert inventory["repositories"]["on"]["released_at"] == "2026-05-28T20:26:39Z"
    assert versions(inventory, "lantern") == {"1.1": None}


@pytest.mark.parametrize(
    "alias",
    [
        pytest.param("SLES:15 Updates & <more>", id="signs"),
        pytest.param("a/b", id="slash"),
        pytest.param('say "hi" it\'s', id="quotes"),
    ],
)
def test_an_alias_of_any_kind(root, alias):
    root.install("libstdc++6", "1.0")
    root.repository(alias, name="Same name").add("libstdc++6", "1.1").publish(patch("SUSE-1", "libstdc++6 1.1"))
    root.repository("other", name="Same name").add("libstdc++6", "1.1").publish()
    root.refresh()
    inventory = take(root)
    (package,) = inventory["packages"]
    (version,) = package["available"]
    assert sorted(version["repositories"]) == sorted([alias, "other"])
    assert version["advisories"] == ["%s/SUSE-1" % alias]
    assert inventory["warnings"] == []


def test_several_installed_versions_are_one_package(root):
    root.install("kernel-default", "5.14", requires="multiversion")
    root.install("kernel-default", "6.4", requires="multiversion")
    root.repository("updates").add("kernel-default", "5.14.1").add("kernel-default", "6.4.1").publish()
    root.refresh()
    inventory = take(root)
    (package,) = inventory["packages"]
    assert sorted(version["version"] for version in package["installed"]) == ["5.14", "6.4"]
    assert versions(inventory, "kernel-default") == {"6.4.1": None}


def age(root, alias, seconds):
    """As if zypper had looked that long ago."""
    moment = clock().timestamp() - seconds
    for path in (root.raw(alias) / "repodata/repomd.xml", root.raw(alias) / "repodata"):
        os.utime(path, (moment, moment))


@pytest.mark.parametrize(
    ("refresh", "hours", "check_mode", "refreshed"),
    [
        pytest.param("auto", 5, False, False, id="auto, young enough"),
        pytest.param("auto", 7, False, True, id="auto, too old"),
        pytest.param("auto", 7, True, False, id="auto, too old, check mode"),
        pytest.param("always", 1, False, True, id="always"),
        pytest.param("always", 1, True, False, id="always, check mode"),
        pytest.param("never", 99, False, False, id="never"),
    ],
)
def test_refresh(root, refresh, hours, check_mode, refreshed):
    root.install("lantern", "1.0")
    repository = root.repository("updates").add("lantern", "1.1")
    repository.publish()
    root.refresh()
    age(root, "updates", hours * HOUR)
    repository.add("lantern", "1.2").publish()
    inventory = take(root, refresh=refresh, check_mode=check_mode)
    assert ("1.2" in versions(inventory, "lantern")) is refreshed


def test_a_refresh_that_finds_nothing_new_is_one(root):
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish()
    root.refresh()
    age(root, "updates", 7 * HOUR)
    for _time in range(2):
        root.commands.clear()
        inventory = take(root, refresh="auto")
    assert not any("refresh" in command for command in root.commands)
    assert inventory["refreshed_at"][:13] == clock().strftime("%Y-%m-%dT%H")


def test_old_metadata_is_a_warning_with_its_instant(root):
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish()
    root.refresh()
    moment = 1780000000
    for name in ("repodata/repomd.xml", "repodata"):
        os.utime(root.raw("updates") / name, (moment, moment))
    inventory = take(root)
    (warning,) = inventory["warnings"]
    assert warning.startswith("the metadata of repository updates was last refreshed 2026-05-28T20:26:40Z, more than")
    assert inventory["refreshed_at"] == "2026-05-28T20:26:40Z"


def test_a_repository_that_fails_is_a_warning_and_the_others_are_read(root):
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish()
    root.repository("gone", baseurl="file:///nonexistent/here")
    (root.folder / "repositories/gone").rmdir()
    inventory = take(root, refresh="auto")
    (failed,) = inventory["warnings"]
    assert failed.startswith("zypper refresh: Repository 'Repository gone' is invalid.")
    assert inventory["problems"] == [
        {"what": "the metadata of repository gone", "why": "it was never fetched: run 'zypper refresh'"}
    ]
    assert inventory["unusable"] is None
    assert versions(inventory, "lantern") == {"1.1": None}
    assert inventory["refreshed_at"] is None


def test_what_was_never_fetched_is_not_fetched_behind_our_back(root):
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish()
    inventory = take(root, refresh="auto", check_mode=True)
    assert (inventory["complete"], inventory["warnings"]) == (False, [])
    assert assess(inventory, None, NOW, "r1")["status"] == "UNKNOWN"
    assert versions(inventory, "lantern") == {}
    assert not root.raw("updates").exists()


def test_without_root_a_due_refresh_is_a_warning(root):
    root.install("lantern", "1.0")
    root.repository("updates").add("lantern", "1.1").publish()
    root.refresh()
    age(root, "updates", 7 * HOUR)
    inventory = take(root, refresh="auto", privileged=False)
    assert inventory["warnings"] == [
        "the metadata of repositories was due for a refresh, which needs root: run with become: true"
    ]
    assert versions(inventory, "lantern") == {"1.1": None}


def test_damaged_advisories_make_the_inventory_incomplete(root):
    system_with_everything(root)
    (updateinfo,) = root.raw("updates").glob("repodata/*updateinfo*")
    updateinfo.write_bytes(updateinfo.read_bytes()[:-20])
    inventory = take(root)
    assert inventory["complete"] is False
    (problem,) = inventory["problems"]
    assert problem["what"] == "patches of repository updates"
    assert "damaged or cut short" in problem["why"]


def test_a_reboot_that_is_due(root):
    root.install("lantern", "1.0")
    assert take(root)["reboot"]["required"] is False
    (root.path / "run").mkdir(exist_ok=True)
    (root.path / "run/reboot-needed").touch()
    reboot = take(root)["reboot"]
    assert reboot["required"] is True
    assert "Reboot is required" in reboot["reason"]


@pytest.fixture
def another_zypper(root):
    """Holds the lock, as long as its standard input is open."""
    command = ["zypper", "--root", str(root.path), "--non-interactive", "--no-refresh", "shell"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write("search --installed-only\n")
        process.stdin.flush()
        while "lantern" not in process.stdout.readline():
            assert process.poll() is None
        yield process
        process.kill()


def test_a_lock_that_stays_is_an_error_with_the_holder_and_the_remedy(root, request):
    root.install("lantern", "1.0")
    process = request.getfixturevalue("another_zypper")
    with pytest.raises(base.BackendError) as error:
        take(root, lock_timeout=0)
    for words in ("System management is locked", "pid %d" % process.pid, "lock_timeout"):
        assert words in str(error.value)


def test_a_lock_that_goes_is_waited_for(root, request, monkeypatch):
    root.install("lantern", "1.0")
    process = request.getfixturevalue("another_zypper")
    monkeypatch.setattr(zypper_command, "LOCK_RETRY", 0.05)
    refused = []

    def run(command, data=None):
        answer = root.run(command, data)
        if answer[0] == 7:
            refused.append(command)
            process.communicate("quit\n")
        return answer

    options = base.Options(refresh="never", root=str(root.path), lock_timeout=60)
    inventory, _changed, _options = scan.gather("suse1", None, run, clock, options)
    assert [package["name"] for package in inventory["packages"]] == ["lantern"]
    assert len(refused) == 1


def test_no_packages_at_all_is_an_error(root):
    subprocess.run(["rpm", "--dbpath", str(root.path / "var/lib/rpm"), "--initdb"], check=True)
    with pytest.raises(base.BackendError, match="names no installed package"):
        take(root)


def test_no_repositories_at_all_leave_the_node_unknown(root):
    root.install("lantern", "1.0")
    record = assess(take(root, refresh="auto"), None, NOW, "r1")
    assert record["status"] == "UNKNOWN"
    assert "no repositories are enabled" in record["status_reason"]
