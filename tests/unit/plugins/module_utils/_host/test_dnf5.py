# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnf5 and its probe on small file systems: what dnf5 itself would upgrade is what the inventory offers.

A real dnf5 answers, or its recorded answers do: see dnf5_roots.py.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess
from ansible_collections.patchops.fleet.plugins.module_utils._engine.choice import parse_baselines
from ansible_collections.patchops.fleet.plugins.module_utils._engine.dates import parse_instant
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import INVENTORY
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, dnf5_commands, dnf_family, scan
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.dnf5_roots import INTERPRETER, Dnf5Root
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    BUILT,
    Rpm,
    advisory,
)

pytestmark = pytest.mark.needs("rpm", "createrepo-c")

HELLO = Rpm("hello")
HELLO_2 = Rpm("hello", "2.0")
HELLO_3 = Rpm("hello", "3.0")


@pytest.fixture(params=[True, False], ids=["libdnf5", "commands"])
def root(request, tmp_path):
    return Dnf5Root(tmp_path, request.node.name, bindings=request.param)


def gather(root, **options):
    inventory = scan.gather("db1", None, root.run, root.now, base.Options(root=str(root.root), **options)).inventory
    assert list(faults(inventory, INVENTORY)) == []
    return inventory


def package(inventory, name):
    return next(entry for entry in inventory["packages"] if entry["name"] == name)


def offers(inventory, name, excluded=False):
    """The versions on offer, without or with those that something excludes."""
    return [
        "{epoch}:{version}-{release}".format(**version)
        for version in package(inventory, name)["available"]
        if excluded or not version["excluded"]
    ]


def advised(inventory, name, version):
    entry = next(entry for entry in package(inventory, name)["available"] if entry["version"] == version)
    return [inventory["advisories"][key] for key in entry["advisories"]]


def newest(inventory):
    """What an upgrade of everything would bring: as `dnf5 check-upgrade` shows it."""
    found = {}
    for entry in inventory["packages"]:
        installed = entry["installed"][-1]
        newer = [version for version in entry["available"] if not version["excluded"]]
        if newer and newer[-1]["version"] != installed["version"] and not entry["held"]:
            found["%s.%s" % (entry["name"], entry["arch"])] = "%s-%s" % (newer[-1]["version"], newer[-1]["release"])
    return found


def upgrades(root):
    _code, output, _errors = root.run(
        ["dnf5", f"--installroot={root.root}", "--quiet", "--cacheonly", "check-upgrade", "--json"]
    )
    listed = json.loads(output or "{}").get("upgrades", [])
    return {"%s.%s" % (entry["name"], entry["arch"]): entry["evr"].split(":")[-1] for entry in listed}


def test_every_version_that_is_not_older_is_on_offer(root):
    root.install(HELLO_2, Rpm("lib", epoch=1), Rpm("lonely"))
    root.repository("one").add(HELLO, HELLO_2, HELLO_3, Rpm("lib", "0.9", epoch=1), Rpm("lib", "9.0")).publish()
    root.repository("two").add(HELLO_3, Rpm("hello", "4.0"), Rpm("lib", "1.1", epoch=1), Rpm("other")).publish()
    inventory = gather(root)
    assert [entry["name"] for entry in inventory["packages"]] == ["hello", "lib", "lonely"]
    assert offers(inventory, "hello") == ["0:2.0-1", "0:3.0-1", "0:4.0-1"]
    assert offers(inventory, "lib") == ["1:1.1-1"]
    assert offers(inventory, "lonely") == []
    assert [entry["repositories"] for entry in package(inventory, "hello")["available"]] == [
        ["one"],
        ["one", "two"],
        ["two"],
    ]
    assert newest(inventory) == upgrades(root) == {"hello.x86_64": "4.0-1", "lib.x86_64": "1.1-1"}


def test_install_times_build_times_and_architecture(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2, Rpm("hello", "5.0", arch="i686")).publish()
    entry = package(gather(root), "hello")
    assert 0 <= root.now().timestamp() - parse_instant(entry["installed"][0]["installed_time"]).timestamp() < 60
    assert [version["version"] for version in entry["available"]] == ["2.0"]
    assert parse_instant(entry["available"][0]["build_time"]).timestamp() == BUILT
    assert entry["available"][0]["size"] > 1000


def test_all_installed_kernels_are_there_and_only_newer_ones_on_offer(root):
    root.install(Rpm("kernel", "5.10"), Rpm("kernel", "5.9"))
    root.repository("one").add(*[Rpm("kernel", version) for version in ("5.8", "5.9", "5.10", "5.11")]).publish()
    inventory = gather(root)
    assert [version["version"] for version in package(inventory, "kernel")["installed"]] == ["5.9", "5.10"]
    assert offers(inventory, "kernel") == ["0:5.10-1", "0:5.11-1"]
    assert newest(inventory) == upgrades(root)


def test_a_package_that_obsoletes_another_is_no_candidate_for_it(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2, Rpm("goodbye", "9.0", obsoletes="Obsoletes: hello")).publish()
    assert newest(gather(root)) == {"hello.x86_64": "2.0-1"}


def test_a_disabled_repository_offers_nothing(root):
    root.install(HELLO)
    root.repository("one", "enabled=0").add(HELLO_2).publish()
    inventory = gather(root)
    assert inventory["repositories"] == {}
    record = assess(inventory, None, root.now(), "r1")
    assert record["status"] == "UNKNOWN"
    assert "no repository is enabled" in record["status_reason"]


MODULES = """\
---
document: modulemd
version: 2
data:
  name: greeting
  stream: "{stream}"
  version: {number}
  context: aaaa
  arch: x86_64
  summary: test
  description: test
  license: {{module: [MIT]}}
  profiles: {{common: {{rpms: [hello]}}}}
  artifacts: {{rpms: ["hello-0:{version}-1.x86_64"]}}
...
"""


@pytest.mark.parametrize(
    ("enabled", "expected"),
    [
        pytest.param(None, ["0:1.5-1"], id="no stream enabled"),
        pytest.param("2", ["0:2.0-1"], id="stream 2 enabled: it alone provides the package"),
    ],
)
def test_module_streams_that_are_not_enabled_offer_nothing(root, enabled, expected):
    root.install(HELLO)
    repository = root.repository("one").add(Rpm("hello", "1.5"), HELLO_2, HELLO_3)
    repository.modules(
        MODULES.format(stream=2, number=20, version="2.0") + MODULES.format(stream=3, number=30, version="3.0")
    ).publish()
    if enabled:
        root.dnf("--assumeyes", "module", "enable", "greeting:%s" % enabled)
    inventory = gather(root)
    assert offers(inventory, "hello", excluded=True) == expected
    assert newest(inventory) == upgrades(root)


@pytest.mark.parametrize(
    ("main", "of_repository", "reason"),
    [
        pytest.param(["excludepkgs=hel*"], [], "excludepkgs of dnf.conf names it (hel*)", id="main, by glob"),
        pytest.param(["excludepkgs=hello-2.0"], [], "excludepkgs of dnf.conf names it (hello-2.0)", id="one version"),
        pytest.param([], ["excludepkgs=hello"], "excludepkgs of repository one names it (hello)", id="repository"),
        pytest.param([], ["includepkgs=other"], "includepkgs of repository one does not name it", id="includepkgs"),
        pytest.param(["includepkgs=other"], [], "includepkgs of dnf.conf does not name it", id="main includepkgs"),
        pytest.param(["excludepkgs=hello", "disable_excludes=*"], [], None, id="excludes disabled"),
        pytest.param(["excludepkgs=other"], [], None, id="something else"),
    ],
)
def test_an_excluded_version_is_no_candidate_and_says_why(root, main, of_repository, reason):
    root.configure(*main)
    root.install(HELLO)
    root.repository("one", *of_repository).add(HELLO_2).publish()
    inventory = gather(root)
    assert [version["excluded"] for version in package(inventory, "hello")["available"]] == [reason]
    assert newest(inventory) == upgrades(root)


def test_a_version_that_another_repository_may_offer_is_a_candidate(root):
    root.install(HELLO)
    root.repository("one", "excludepkgs=hello").add(HELLO_2).publish()
    root.repository("two").add(HELLO_2).publish()
    assert offers(gather(root), "hello") == ["0:2.0-1"]


@pytest.mark.parametrize(
    ("locks", "offered", "held"),
    [
        pytest.param([("hello", "=", "1.0-1")], ["0:2.0-1", "0:3.0-1"], "hello evr = 1.0-1", id="installed version"),
        pytest.param([("hello", "<", "2.0")], ["0:2.0-1", "0:3.0-1"], "hello evr < 2.0", id="below every offer"),
        pytest.param([("hello", "<", "3.0")], ["0:2.0-1"], None, id="below one offer: the others are excluded"),
        pytest.param([("hello", "!=", "3.0-1")], ["0:2.0-1"], None, id="exclusion of one version"),
        pytest.param(
            [("hello", "=", "1.0-1"), ("hello", "=", "3.0-1")], ["0:3.0-1"], None, id="either of two versions"
        ),
        pytest.param([("hello", "=", "2.0")], ["0:2.0-1", "0:3.0-1"], "hello evr = 2.0", id="without release"),
        pytest.param([("help", "=", "1.0-1")], ["0:2.0-1", "0:3.0-1"], None, id="another package"),
    ],
)
def test_version_locks(root, locks, offered, held):
    root.lock_versions(*locks)
    root.install(HELLO)
    root.repository("one").add(HELLO_2, HELLO_3).publish()
    inventory = gather(root)
    assert offers(inventory, "hello") == offered
    assert package(inventory, "hello")["held"] == (held and "locked by dnf versionlock (%s)" % held)
    assert newest(inventory) == upgrades(root)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        pytest.param("2018-01-16 01:28", "2018-01-16T01:28:00+00:00", id="without seconds"),
        pytest.param("2018-01-16 01:28:14", "2018-01-16T01:28:14+00:00", id="with seconds"),
        pytest.param("2018-01-16", "2018-01-16T00:00:00+00:00", id="a day"),
        pytest.param("1516066080", "2018-01-16T01:28:00+00:00", id="epoch seconds"),
        pytest.param("2018-01-16T01:28:00Z", "2018-01-16T01:28:00+00:00", id="ISO 8601"),
    ],
)
def test_a_date_of_an_advisory_survives(root, written, instant):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).advise(advisory("A-1", HELLO_2, issued=written, updated=written)).publish()
    found = advised(gather(root), "hello", "2.0")[0]
    assert parse_instant(found["issued"]).isoformat() == parse_instant(found["updated"]).isoformat() == instant


def test_a_date_that_dnf5_itself_loses_decides(root):
    root.install(HELLO)
    written = advisory("A-1", HELLO_2, issued="2018-01-16 01:28", updated="2018-01-16 01:28")
    root.repository("one").add(HELLO_2).advise(written).publish()
    inventory = gather(root)
    assert "Issued      : 1970-01-01" in root.dnf("--cacheonly", "advisory", "info", "A-1")
    states = {}
    for day in ("2018-01-15", "2018-01-16"):
        rule = {"filters": {"CLASSIFICATION": ["Security"]}, "approve_until_date": day}
        baseline = {"name": "until", "operating_system": "FEDORA", "approval_rules": [rule]}
        record = assess(inventory, parse_baselines([baseline]), root.now(), "r1")
        states[day] = {patch["name"]: patch["state"] for patch in record["patches"]}
    assert states["2018-01-16"] == {"hello": "MISSING"}
    assert states["2018-01-15"].get("hello") != "MISSING"


def test_advisories_that_do_not_count(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).advise(
        advisory("RETRACTED", HELLO_2, status="retracted"),
        advisory("NOT-OFFERED", HELLO_3),
        advisory("NOT-INSTALLED", Rpm("other")),
        advisory("KEPT", HELLO_2, status="stable"),
    ).publish()
    assert list(gather(root)["advisories"]) == ["KEPT"]


@pytest.mark.parametrize(
    ("options", "refreshed"),
    [
        pytest.param({"refresh": "never"}, False, id="never"),
        pytest.param({"refresh": "auto"}, True, id="auto, too old"),
        pytest.param({"refresh": "auto", "cache_valid_time": 10**9}, False, id="auto, not too old"),
        pytest.param({"refresh": "always", "cache_valid_time": 10**9}, True, id="always"),
        pytest.param({"refresh": "always", "check_mode": True}, False, id="check mode"),
    ],
)
def test_metadata_is_refreshed_when_it_is_due(root, options, refreshed):
    root.install(HELLO)
    repository = root.repository("one").add(HELLO_2).publish()
    gather(root)
    aged = root.now().timestamp() - 50000
    root.age("one", aged)
    repository.add(HELLO_3).publish()
    inventory = gather(root, **options)
    assert offers(inventory, "hello")[-1] == ("0:3.0-1" if refreshed else "0:2.0-1")
    assert (parse_instant(inventory["repositories"]["one"]["refreshed_at"]).timestamp() > aged) is refreshed


def test_a_refresh_that_finds_nothing_new_makes_the_metadata_fresh(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    gather(root)
    root.age("one", BUILT)
    inventory = gather(root)
    assert parse_instant(inventory["refreshed_at"]).timestamp() > root.now().timestamp() - 600


def test_a_repository_that_fails_is_named_and_the_others_serve(root):
    root.install(HELLO)
    broken = root.repository("broken").add(HELLO_2).publish()
    root.repository("sound").add(HELLO_3).publish()
    root.repository("absent", address="http://user:secret@127.0.0.1:9/tree")
    gather(root)
    root.age("broken", root.now().timestamp() - 50000)
    (broken.folder / "repodata/repomd.xml").write_text("<broken")
    inventory = gather(root)
    assert offers(inventory, "hello") == ["0:2.0-1", "0:3.0-1"]
    assert [problem["what"] for problem in inventory["problems"]] == ["repository absent"]
    assert "nothing of it is cached" in inventory["problems"][0]["why"]
    assert "127.0.0.1:9" in inventory["problems"][0]["why"]
    assert inventory["complete"] is False
    assert [words.partition(":")[0] for words in inventory["warnings"]] == ["repository broken was not refreshed"]
    assert inventory["refreshed_at"] is None
    assert inventory["repositories"]["absent"]["uri"] == "http://127.0.0.1:9/tree"
    assert "secret" not in str(inventory)


def test_trust_is_what_gpgcheck_says(root):
    root.install(HELLO)
    root.repository("checked").add(HELLO_2).publish()
    root.repository("unchecked", "gpgcheck=0").add(HELLO_2).publish()
    repositories = gather(root)["repositories"]
    assert {name: entry["trusted"] for name, entry in repositories.items()} == {"checked": True, "unchecked": False}


def test_without_root_the_cache_of_root_serves(root, as_nobody):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).advise(advisory("A-1", HELLO_2)).publish()
    gather(root)
    root.age("one", root.now().timestamp() - 50000)
    inventory = as_nobody(lambda: gather(root, privileged=False))
    assert offers(inventory, "hello") == ["0:2.0-1"]
    assert list(inventory["advisories"]) == ["A-1"]
    assert inventory["complete"] is True
    assert inventory["warnings"] == [
        "the repositories' metadata was due for a refresh, which needs root: run with become: true"
    ]


def test_without_root_and_without_a_cache_the_answer_is_not_complete(root, as_nobody):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    inventory = as_nobody(lambda: gather(root, privileged=False))
    assert inventory["complete"] is False
    assert inventory["problems"][0]["what"] == "repository one"
    assert offers(inventory, "hello") == []


HOLDER = """
import fcntl, sys
stream = open(sys.argv[1], "w")
fcntl.lockf(stream, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_transaction_at_work_is_named(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    command = [sys.executable, "-c", HOLDER, str(root.transactions)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(base.BackendError, match=r"dnf5 cannot start: .*already locked.*raise lock_timeout"):
            gather(root, lock_timeout=0)
        holder.stdin.close()


@pytest.mark.parametrize(
    ("path", "named"),
    [
        pytest.param("etc/dnf/dnf.conf", r"dnf\.conf", id="main"),
        pytest.param("etc/yum.repos.d/bad.repo", r"bad\.repo", id="repository"),
    ],
)
def test_a_configuration_that_dnf5_cannot_read_is_named(root, path, named):
    root.install(HELLO)
    (root.root / path).write_text("[bad\nno section")
    with pytest.raises(base.BackendError, match=named):
        gather(root)


def test_a_reboot_is_due_when_the_kernel_came_after_the_boot(root, monkeypatch):
    # before the recorded answers were given: this machine may have booted since
    monkeypatch.setattr(dnf_family, "boot_time", lambda: 1767225600)
    root.install(Rpm("kernel-core"))
    root.repository("one").add(HELLO_2).publish()
    reboot = gather(root)["reboot"]
    assert reboot == {
        "required": True,
        "reason": "installed since the node booted: kernel-core",
        "packages": ["kernel-core"],
    }


@pytest.mark.parametrize(
    ("prepare", "repoqueries", "locks"),
    [
        pytest.param(lambda root: root.repository("one"), 1, 0, id="neither"),
        pytest.param(lambda root: root.repository("one", "excludepkgs=hello"), 2, 0, id="excludes of a repository"),
        pytest.param(lambda root: root.repository("one", "includepkgs=x*"), 2, 0, id="includes of a repository"),
        pytest.param(
            lambda root: (root.configure("excludepkgs=hello"), root.repository("one"))[1], 2, 0, id="excludes of all"
        ),
        pytest.param(
            lambda root: (root.lock_versions(("hello", "=", "1.0")), root.repository("one"))[1],
            1,
            1,
            id="version locks",
        ),
    ],
)
def test_commands_are_asked_for_excludes_and_locks_only_where_there_are_some(
    prepare, repoqueries, locks, request, tmp_path
):
    root = Dnf5Root(tmp_path, request.node.name, bindings=False)
    root.install(HELLO)
    prepare(root).add(HELLO_2).publish()
    asked = []

    def run(command, data=None):
        asked.append(command)
        return root.run(command, data)

    inventory = scan.gather("db1", None, run, root.now, base.Options(root=str(root.root))).inventory
    assert len(offers(inventory, "hello", excluded=True)) == 1
    assert sum("repoquery" in command for command in asked) == repoqueries
    assert sum("versionlock" in command for command in asked) == locks


@pytest.mark.parametrize("failing", ["info", "--installed", "versionlock"])
def test_a_command_that_fails_while_others_run_is_told_of_in_its_words(failing, tmp_path):
    (tmp_path / "etc/dnf").mkdir(parents=True)
    (tmp_path / "etc/dnf/versionlock.toml").touch()
    asked = []

    def run(command, data=None):
        asked.append(command)
        if "--dump-main-config" in command:
            return 0, "cachedir = /cache\nsystem_cachedir = /cache\n", ""
        return (1, "", "cannot\nbe done") if failing in command else (0, "", "")

    options = {"rootdir": str(tmp_path), "refresh": "never"}
    with pytest.raises(base.CacheUnusable, match=r"^cannot be done$"):
        dnf5_commands.Commands("dnf5", run, now, options).found()
    assert len(asked) == 4


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def test_an_interpreter_without_bindings_is_refused(root):
    root.bindings = False
    with pytest.raises(base.BackendError) as error:
        gather(root, interpreter=INTERPRETER)
    assert "bindings_interpreter cannot be used" in str(error.value)
    assert "python3-libdnf5" in str(error.value)
