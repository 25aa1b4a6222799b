# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnf and its probe on small file systems: what dnf itself would upgrade is what the inventory offers."""

from __future__ import annotations

import datetime
import importlib.util
import os
import pathlib
import sys
import time

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import assess
from ansible_collections.patchops.fleet.plugins.module_utils._engine.dates import parse_instant
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import INVENTORY
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.module_utils._host import base, scan
from ansible_collections.patchops.fleet.plugins.module_utils._host.advisories import read_updateinfo
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._host.rpm_roots import (
    BUILT,
    Rpm,
    RpmRoot,
    advisory,
)

pytestmark = pytest.mark.needs("dnf", "python3-dnf", "rpm", "createrepo-c")

OLD = 1700000000
HELLO = Rpm("hello")
HELLO_2 = Rpm("hello", "2.0")
HELLO_3 = Rpm("hello", "3.0")


@pytest.fixture
def root(tmp_path):
    return RpmRoot(tmp_path)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def gather(root, **options):
    inventory = scan.gather("db1", None, root.run, now, base.Options(root=str(root.root), **options)).inventory
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
    """The advisories of one version, by id, in the order of the inventory."""
    entry = next(entry for entry in package(inventory, name)["available"] if entry["version"] == version)
    return [inventory["advisories"][key] for key in entry["advisories"]]


def newest(inventory):
    """What an upgrade of everything would bring: as `dnf list --upgrades` shows it."""
    found = {}
    for entry in inventory["packages"]:
        installed = entry["installed"][-1]
        newer = [version for version in entry["available"] if not version["excluded"]]
        if newer and newer[-1]["version"] != installed["version"] and not entry["held"]:
            found["%s.%s" % (entry["name"], entry["arch"])] = "%s-%s" % (newer[-1]["version"], newer[-1]["release"])
    return found


def upgrades(root):
    lines = [line.split() for line in root.dnf("--cacheonly", "list", "--upgrades").splitlines()]
    return {fields[0]: fields[1].split(":")[-1] for fields in lines if len(fields) == 3}


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
    query = ("repoquery", "--cacheonly", "--available", "--showduplicates", "--qf", "%{evr}", "hello")
    assert root.dnf(*query).split() == ["1.0-1", "2.0-1", "3.0-1", "4.0-1"]


def test_install_times_build_times_and_architecture(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2, Rpm("hello", "5.0", arch="i686")).publish()
    began = time.time() - 60
    entry = package(gather(root), "hello")
    assert parse_instant(entry["installed"][0]["installed_time"]).timestamp() > began
    assert [(version["version"], version["build_time"]) for version in entry["available"]] == [
        ("2.0", datetime.datetime.fromtimestamp(BUILT, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    ]
    assert entry["available"][0]["size"] > 1000


def test_all_installed_kernels_are_there_and_only_newer_ones_on_offer(root):
    root.install(Rpm("kernel", "5.10"), Rpm("kernel", "5.9"))
    root.repository("one").add(*(Rpm("kernel", version) for version in ("5.8", "5.9", "5.10", "5.11"))).publish()
    inventory = gather(root)
    assert [version["version"] for version in package(inventory, "kernel")["installed"]] == ["5.9", "5.10"]
    assert offers(inventory, "kernel") == ["0:5.10-1", "0:5.11-1"]
    assert inventory["reboot"]["required"] is True
    assert inventory["reboot"]["packages"] == ["kernel"]


def test_what_obsoletes_a_package_is_no_version_of_it(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2, Rpm("goodbye", "9.0", obsoletes="Obsoletes: hello")).publish()
    assert newest(gather(root)) == {"hello.x86_64": "2.0-1"}


def test_a_disabled_repository_offers_nothing(root):
    root.install(HELLO)
    root.repository("one", "enabled=0").add(HELLO_2).publish()
    inventory = gather(root)
    assert inventory["repositories"] == {}
    record = assess(inventory, None, now(), "r1")
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
        folder = root.root / "etc/dnf/modules.d"
        folder.mkdir()
        text = "[greeting]\nname=greeting\nstream=%s\nprofiles=\nstate=enabled\n" % enabled
        (folder / "greeting.module").write_text(text)
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
        pytest.param(["excludepkgs=hello", "disable_excludes=all"], [], None, id="excludes disabled"),
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
    ("patterns", "offered", "held"),
    [
        pytest.param(["hello-0:1.0-1.*"], ["0:2.0-1", "0:3.0-1"], "hello-0:1.0-1.*", id="at the installed version"),
        pytest.param(["hello-1.0"], ["0:2.0-1", "0:3.0-1"], "hello-1.0", id="without epoch and release"),
        pytest.param(["hello-0:2.0-1.*"], ["0:2.0-1"], None, id="at a newer version: the others are excluded"),
        pytest.param(["!hello-0:3.0-1.*"], ["0:2.0-1"], None, id="exclusion of one version"),
        pytest.param(["hello-2.*"], ["0:2.0-1"], None, id="glob"),
        pytest.param(["help-0:1.0-1.*", "# hello-1.0-1"], ["0:2.0-1", "0:3.0-1"], None, id="another package"),
    ],
)
def test_version_locks(root, patterns, offered, held):
    root.lock(*patterns)
    root.install(HELLO)
    root.repository("one").add(HELLO_2, HELLO_3).publish()
    inventory = gather(root)
    assert offers(inventory, "hello") == offered
    assert package(inventory, "hello")["held"] == (held and "locked by dnf versionlock (%s)" % held)


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


FIXTURES = pathlib.Path(__file__).resolve().parents[4] / "fixtures" / "updateinfo"


@pytest.mark.parametrize(
    "name", ["almalinux9-baseos", "amazonlinux2-core", "amazonlinux2023-core", "fedora43-everything", "rocky9-baseos"]
)
def test_what_a_vendor_says_of_its_packages_arrives_unchanged(root, name):
    path = FIXTURES / f"{name}.xml"
    expected = {}
    rpms = {}
    for entry in read_updateinfo(str(path), []):
        for listed in [listed for listed in entry["packages"] if listed.arch in ("x86_64", "noarch")][:3]:
            rpm = Rpm(listed.name, listed.version, listed.release, listed.epoch, listed.arch)
            rpms[rpm.name] = rpm
            members = ("type", "severity", "issued", "updated", "title", "cves", "bugzillas")
            expected[entry["id"]] = {member: entry[member] for member in members}
    root.install(*(rpm._replace(version="0", release="0", epoch=0) for rpm in rpms.values()))
    repository = root.repository("one").add(*rpms.values()).publish()
    repository.publish_file("updateinfo", path.read_text(encoding="utf-8"))
    inventory = gather(root)
    answer = {entry["id"]: entry for entry in inventory["advisories"].values()}
    assert {key: {member: answer[key][member] for member in value} for key, value in expected.items()} == expected
    assert {entry["name"] for entry in inventory["packages"] if entry["available"][0]["advisories"]} == set(rpms)


def test_one_version_in_several_advisories_and_repositories(root):
    root.install(HELLO)
    same = advisory("A-1", HELLO_2, issued="2026-01-01", cves=["CVE-2026-1"])
    root.repository("one").add(HELLO_2).advise(same, advisory("A-2", HELLO_2, kind="bugfix")).publish()
    also = advisory("A-1", HELLO_2, issued="2026-01-01", cves=["CVE-2026-2"], bugs=["7"])
    other = advisory("A-1", HELLO_2, issued="2026-01-01", severity="Low")
    root.repository("two").add(HELLO_2).advise(also, other).publish()
    inventory = gather(root)
    assert [(entry["id"], entry["severity"], entry["cves"]) for entry in advised(inventory, "hello", "2.0")] == [
        ("A-1", "Important", ["CVE-2026-1", "CVE-2026-2"]),
        ("A-2", "Important", []),
        ("A-1", "Low", []),
    ]


def test_advisories_that_do_not_count(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).advise(
        advisory("RETRACTED", HELLO_2, status="retracted"),
        advisory("NOT-OFFERED", HELLO_3),
        advisory("NOT-INSTALLED", Rpm("other")),
        advisory("KEPT", HELLO_2, status="stable"),
    ).publish()
    assert list(gather(root)["advisories"]) == ["KEPT"]


def test_a_damaged_file_of_advisories_is_a_problem(root):
    root.install(HELLO)
    repository = root.repository("one").add(HELLO_2).advise(advisory("A-1", HELLO_2))
    repository.updates.append("<update")
    repository.publish()
    inventory = gather(root)
    assert inventory["complete"] is False
    assert [problem["what"] for problem in inventory["problems"]] == ["advisories of repository one"]
    assert [entry["id"] for entry in advised(inventory, "hello", "2.0")] == ["A-1"]


@pytest.mark.needs("zstd")
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads zstd")
def test_without_a_decoder_dnf_gives_the_advisories_and_its_lost_dates_are_unknown(root, tmp_path, monkeypatch):
    root.install(HELLO, Rpm("lib"))
    dated = advisory("DATED", HELLO_2, updated="2026-01-02 03:04:05", cves=["CVE-2026-1"])
    repository = root.repository("one").add(HELLO_2, Rpm("lib", "2.0")).publish()
    lost = advisory("LOST", Rpm("lib", "2.0"), updated="2026-01-02 03:04")
    repository.publish_zstd("updateinfo", f"<updates>{dated}{lost}</updates>")
    with_decoder = gather(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    without = gather(root)
    assert [parse_instant(advised(with_decoder, name, "2.0")[0]["updated"]).year for name in ("hello", "lib")] == [
        2026,
        2026,
    ]
    found = advised(without, "hello", "2.0")[0]
    assert (found["id"], found["type"], found["severity"]) == ("DATED", "security", "Important")
    assert found["cves"] == ["CVE-2026-1"]
    assert parse_instant(found["updated"]).isoformat() == "2026-01-02T03:04:05+00:00"
    assert parse_instant(advised(without, "lib", "2.0")[0]["updated"]) is None
    assert without["warnings"] == [
        "the advisories of repository one come from dnf, which loses some of their dates: install zstd"
    ]
    assert without["complete"] is True


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
    aged = int(time.time()) - 50000
    root.age("one", aged)
    repository.add(HELLO_3).publish()
    inventory = gather(root, **options)
    assert offers(inventory, "hello")[-1] == ("0:3.0-1" if refreshed else "0:2.0-1")
    stated = parse_instant(inventory["repositories"]["one"]["refreshed_at"]).timestamp()
    assert (stated > aged) is refreshed


def test_metadata_of_another_day_is_a_warning_of_its_own(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    gather(root)
    root.age("one", OLD)
    assert gather(root, refresh="never")["warnings"] == [
        "the metadata of repository one was last refreshed 2023-11-14T22:13:20Z, more than 24 hours before this scan"
    ]


def test_a_refresh_that_finds_nothing_new_makes_the_metadata_fresh(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    gather(root)
    root.age("one", OLD)
    inventory = gather(root)
    assert parse_instant(inventory["refreshed_at"]).timestamp() > time.time() - 600


def test_a_repository_that_fails_is_named_and_the_others_serve(root):
    root.install(HELLO)
    broken = root.repository("broken").add(HELLO_2).publish()
    root.repository("sound").add(HELLO_3).publish()
    root.repository("absent", address="file:///nowhere")
    gather(root)
    root.age("broken", int(time.time()) - 50000)
    (broken.folder / "repodata/repomd.xml").write_text("<broken")
    inventory = gather(root)
    assert offers(inventory, "hello") == ["0:2.0-1", "0:3.0-1"]
    assert [problem["what"] for problem in inventory["problems"]] == ["repository absent"]
    assert "nothing of it is cached" in inventory["problems"][0]["why"]
    assert inventory["complete"] is False
    assert [words.partition(":")[0] for words in inventory["warnings"]] == ["repository broken was not refreshed"]
    assert inventory["refreshed_at"] is None


def test_without_root_the_cache_of_root_serves(root, as_nobody):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).advise(advisory("A-1", HELLO_2)).publish()
    gather(root)
    root.age("one", int(time.time()) - 50000)
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
    hidden = root.root / "etc/yum.repos.d/hidden.repo"
    hidden.write_text("[hidden]\nbaseurl=file:///nowhere\n")
    hidden.chmod(0)
    inventory = as_nobody(lambda: gather(root, privileged=False))
    assert inventory["complete"] is False
    named = [problem["what"] for problem in inventory["problems"]]
    assert named[:2] == [str(hidden), "repository one"]
    assert "/var/tmp/dnf-" in named[2]
    assert offers(inventory, "hello") == []


@pytest.mark.parametrize("privileged", [True, False], ids=["root", "a user"])
def test_a_cache_elsewhere_is_no_problem(root, as_nobody, privileged):
    root.configure("cachedir=/elsewhere")
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    inventory = gather(root)
    if not privileged:
        inventory = as_nobody(lambda: gather(root, privileged=False))
    assert (root.root / "elsewhere").is_dir()
    assert inventory["problems"] == []
    assert offers(inventory, "hello") == ["0:2.0-1"]


def test_another_dnf_at_work_is_named(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    gather(root)
    (root.cache / "metadata_lock.pid").write_text(str(os.getppid()))
    with pytest.raises(base.BackendError, match="already locked by %d.*raise lock_timeout" % os.getppid()):
        gather(root, lock_timeout=0)


def test_a_configuration_that_dnf_cannot_read_is_named(root):
    root.install(HELLO)
    root.configuration.write_text("no section")
    with pytest.raises(base.BackendError, match=r"dnf\.conf"):
        gather(root)


def test_a_file_of_repositories_that_dnf_leaves_out_is_a_problem(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    (root.root / "etc/yum.repos.d/bad.repo").write_text("[bad\nbaseurl=x\n")
    inventory = gather(root)
    assert offers(inventory, "hello") == ["0:2.0-1"]
    assert [problem["what"] for problem in inventory["problems"]] == ["dnf's repositories"]
    assert "bad.repo" in inventory["problems"][0]["why"]


def test_what_plugins_print_is_not_in_the_answer(root):
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    plugin = (
        "import os, dnf\nclass Loud(dnf.Plugin):\n    name = 'loud'\n    def sack(self):\n        os.write(1, b'!')\n"
    )
    (root.plugins / "loud.py").write_text(plugin)
    assert offers(gather(root), "hello") == ["0:2.0-1"]


def test_credentials_do_not_leave_the_node(root):
    root.install(HELLO)
    root.repository("one", address="http://user:secret@127.0.0.1:9/tree")
    inventory = gather(root)
    assert inventory["repositories"]["one"]["uri"] == "http://127.0.0.1:9/tree"
    assert "secret" not in str(inventory)


def test_trust_is_what_gpgcheck_says(root):
    root.install(HELLO)
    root.repository("checked").add(HELLO_2).publish()
    root.repository("unchecked", "gpgcheck=0").add(HELLO_2).publish()
    repositories = gather(root)["repositories"]
    assert {name: entry["trusted"] for name, entry in repositories.items()} == {"checked": True, "unchecked": False}


def test_a_node_whose_release_is_unknown_is_asked_all_the_same(root):
    (root.root / "etc/dnf/vars/releasever").unlink()
    root.install(HELLO)
    root.repository("one").add(HELLO_2).publish()
    assert offers(gather(root), "hello") == ["0:2.0-1"]


def test_amazon_linux_is_asked_for_its_latest_repositories(root):
    root.system("amzn", "2023", "Amazon Linux")
    root.install(HELLO)
    root.repository("latest").add(HELLO_3).publish()
    root.repository("9").add(HELLO_2).publish()
    for name in ("latest", "9"):
        (root.root / "etc/yum.repos.d" / f"{name}.repo").unlink()
    folder = root.path / "repositories"
    core = f"[core]\nname=core\nbaseurl=file://{folder}/$releasever/tree\n"
    (root.root / "etc/yum.repos.d/core.repo").write_text(core)
    inventory = gather(root)
    assert offers(inventory, "hello") == ["0:3.0-1"]
    assert [words.partition(";")[0] for words in inventory["warnings"]] == [
        "the repositories of release latest were asked, as Patch Manager does"
    ]


def test_an_interpreter_without_bindings_is_refused(root):
    with pytest.raises(base.BackendError) as error:
        gather(root, interpreter=sys.executable)
    assert "bindings_interpreter cannot be used" in str(error.value)
    assert "No module named 'dnf'" in str(error.value)


def test_a_module_on_a_python_without_bindings_asks_the_one_that_has_them(root):
    assert importlib.util.find_spec("dnf") is None
    root.install(HELLO)
    assert package(gather(root), "hello")
