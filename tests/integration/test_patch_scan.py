# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_scan through Ansible on this machine, with its own apt, its own packages and its own pins."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from ansible_collections.patchops.fleet.plugins.module_utils._engine import schemas, shape

pytestmark = pytest.mark.needs("python3-apt")

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
KEEP = """\
    - ansible.builtin.copy:
        content: '{{ scan | to_json }}'
        dest: %s/{{ inventory_hostname }}.result
      delegate_to: localhost
      check_mode: false
      vars: {ansible_connection: local, ansible_shell_type: sh, ansible_become: false}
"""
HEAD = """\
- hosts: all
  gather_facts: false
  tasks:
"""
SECURITY = "[{name: given, approval_rules: [{security: true, approve_until_date: 2026-11-30}]}]"  # the date is unquoted


class Answer:
    def __init__(self, ended, results):
        self.output = ended.stdout
        self.results = results

    def __getitem__(self, host):
        assert host in self.results, self.output
        return self.results[host]


@pytest.fixture
def play(ansible, tmp_path):
    """Runs tasks; answers what they registered as `scan` on each host."""

    def run(tasks, *arguments, hosts=("node1",), **variables):
        inventory = tmp_path / "hosts.json"
        variables = {"ansible_connection": "local", "ansible_python_interpreter": PYTHON, **variables}
        inventory.write_text(
            json.dumps(
                {
                    "all": {
                        "hosts": {host: {} for host in hosts} if not isinstance(hosts, dict) else hosts,
                        "vars": variables,
                    }
                }
            )
        )
        playbook = tmp_path / "play.yml"
        playbook.write_text(HEAD + "".join("    %s\n" % line for line in tasks.splitlines()) + KEEP % tmp_path)
        for old in tmp_path.glob("*.result"):
            old.unlink()
        ended = ansible("ansible-playbook", "-i", str(inventory), str(playbook), *arguments)
        return Answer(ended, {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.result")})

    return run


def task(options="{}", more=""):
    return "- patchops.fleet.patch_scan: %s\n  register: scan\n%s" % (options, more)


def full(**options):
    return task(json.dumps({"refresh": "never", "detail": "full", "return_inventory": True, **options}))


def scanned(answer, host="node1"):
    result = answer[host]
    assert not result.get("failed"), result.get("msg")
    assert result["changed"] is False
    return result


def installed_version(package):
    return package["installed"][0]["version"]


def candidates(inventory):
    chosen = {}
    for package in inventory["packages"]:
        offered = [version["version"] for version in package["available"] if not version["excluded"]]
        if offered and offered[0] != installed_version(package):
            chosen[package["name"]] = offered[0]
    return chosen


def of_apt(*command):
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


def test_what_could_be_installed_is_what_apt_lists(play):
    inventory = scanned(play(full()))["inventory"]
    listed = {}
    for line in of_apt("apt", "list", "--upgradable").splitlines():
        if "/" in line:
            name, version = line.split()[:2]
            listed[name.partition("/")[0]] = version
    assert candidates(inventory) == listed
    assert list(shape.faults(inventory, schemas.INVENTORY)) == []


def test_security_patches_are_those_that_apt_would_upgrade_from_the_security_archive(play):
    """Every installed package with a newer version in Debian-Security, whichever version apt prefers in the end."""
    result = scanned(play(full(baselines=["security-now"])))
    installed = {package["name"] for package in result["inventory"]["packages"]}
    upgrades = re.findall(
        r"^Inst (\S+) \[\S+\] \((.*?)\)", of_apt("apt-get", "--simulate", "dist-upgrade"), re.MULTILINE
    )
    expected = {name for name, origins in upgrades if "Debian-Security" in origins and name in installed}
    assert expected <= {patch["name"] for patch in result["plan"]}
    newest_elsewhere = {patch["name"] for patch in result["plan"]} - expected
    security = {
        identifier
        for identifier, repository in result["inventory"]["repositories"].items()
        if repository["label"] == "Debian-Security"
    }
    for package in result["inventory"]["packages"]:
        if package["name"] in newest_elsewhere:
            offered = [version for version in package["available"] if security & set(version["repositories"])]
            assert offered
            assert offered[0]["version"] != installed_version(package)


def test_two_scans_differ_in_their_capture_only(play):
    records = []
    for arguments in ((), (), ("--check",)):
        result = scanned(play(full(baselines=["security-7-days"]), *arguments))
        assert list(shape.faults(result["record"], schemas.RECORD)) == []
        capture = result["record"].pop("capture")
        records.append((result["record"], result["plan"]))
        assert capture["run_id"]
    assert records[0] == records[1] == records[2]


def test_the_fact_is_the_record_of_what_needs_attention(play):
    result = scanned(play(full(baselines=["security-now"])))
    fact = result["ansible_facts"]["patch_compliance"]
    assert list(shape.faults(fact, schemas.RECORD)) == []
    assert fact["node"]["name"] == "node1"
    assert fact["summary"] == result["record"]["summary"]
    assert len(json.dumps(fact)) <= 256 * 1024
    assert {patch["title"] for patch in fact["patches"]} <= {patch["title"] for patch in result["record"]["patches"]}


def test_nodes_of_one_run_share_its_id(play):
    answer = play(task("{refresh: never}"), hosts=("node1", "node2"))
    ids = {
        scanned(answer, host)["ansible_facts"]["patch_compliance"]["capture"]["run_id"] for host in ("node1", "node2")
    }
    assert len(ids) == 1


@pytest.fixture
def open_folder():
    """A folder that every user may write to, wherever the checkout is."""
    folder = tempfile.mkdtemp(dir="/tmp", prefix="patchops-test-")
    os.chmod(folder, 0o1777)
    yield folder
    shutil.rmtree(folder)


def test_without_root_the_answer_is_the_same(play, open_folder):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    nobody = {
        "ansible_remote_tmp": open_folder,
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_method": "su",
        "ansible_become_flags": "-s /bin/sh",
    }
    root = scanned(play(full(baselines=["security-now"])))
    other = scanned(play(full(baselines=["security-now"]), **nobody))
    assert other["plan"] == root["plan"]
    due = scanned(play(task("{cache_valid_time: 0}"), **nobody))
    warnings = due["ansible_facts"]["patch_compliance"]["warnings"]
    assert any("needs root" in warning for warning in warnings)


def test_async(play, tmp_path):
    more = "  async: 120\n  poll: 1\n"
    # its default is below the home of the user database, which need not be HOME
    folder = {"ansible_async_dir": str(tmp_path / "async")}
    result = scanned(play(task("{refresh: never, baselines: [security-now]}", more), **folder))
    assert result["ansible_facts"]["patch_compliance"]["baseline"]["name"] == "security-now"


def test_async_cannot_keep_a_record(play):
    answer = play(task("{refresh: never, records_dir: records}", "  async: 120\n  poll: 1\n  ignore_errors: true\n"))
    assert answer["node1"]["failed"]
    assert "records_dir" in answer["node1"]["msg"]


def test_an_unquoted_date_in_a_playbook(play):
    result = scanned(play(task("{refresh: never, baselines: %s}" % SECURITY)))
    assert result["ansible_facts"]["patch_compliance"]["baseline"]["name"] == "given"


def test_an_unquoted_date_in_a_file_for_the_command_line(ansible, tmp_path):
    (tmp_path / "baselines.yml").write_text("baselines: %s\n" % SECURITY)
    options = json.dumps({"refresh": "never", "baselines": "{{ baselines }}"})
    variables = ["-e", "@baselines.yml", "-e", "ansible_python_interpreter=%s" % PYTHON]
    ended = ansible("ansible", "localhost", "-m", "patchops.fleet.patch_scan", "-a", options, *variables)
    assert "localhost | SUCCESS" in ended.stdout, ended.stdout
    assert '"name": "given"' in ended.stdout


def test_an_unquoted_date_in_a_variable(play):
    variables = "{baselines: [{name: given, approval_rules: [{security: true, approve_until_date: 2026-11-30}]}]}"
    tasks = task("{refresh: never, baselines: '{{ baselines }}'}", "  vars: %s\n" % variables)
    assert scanned(play(tasks))["ansible_facts"]["patch_compliance"]["baseline"]["name"] == "given"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param("{baselines: []}", ["baselines", "the list is empty"], id="empty list"),
        pytest.param(
            "{baselines: [{name: abc, operating_system: DEBIAN, approval_rules: [{filters: {SEVERTY: [x]}}]}]}",
            ["baselines[0].approval_rules[0].filters.SEVERTY", "SECTION"],
            id="unknown filter key",
        ),
        pytest.param(
            "{baselines: [{name: abc, approval_rules: [{security: true, approve_after_days: 1,"
            " approve_until_date: 2026-11-30}]}]}",
            ["approve_after_days", "approve_until_date"],
            id="both date fields",
        ),
        pytest.param("{baseline: [security-now]}", ["baseline"], id="unknown option"),
        pytest.param("{refresh: sometimes}", ["refresh", "auto"], id="unknown choice"),
    ],
)
def test_bad_options_are_refused_before_a_host_is_asked(play, options, words):
    answer = play(task(options, "  ignore_errors: true\n"), ansible_python_interpreter="/nonexistent")
    assert answer["node1"]["failed"]
    for part in words:
        assert part in answer["node1"]["msg"]


def test_a_node_that_no_baseline_fits_is_unknown(play):
    rules = "[{filters: {}, approve_after_days: 1}]"
    baselines = "[{name: abc, operating_system: SUSE, approval_rules: %s}]" % rules
    result = scanned(play(task("{refresh: never, baselines: %s}" % baselines)))
    assert result["status"] == "UNKNOWN"
    assert "DEBIAN" in result["ansible_facts"]["patch_compliance"]["status_reason"]
    assert result["plan"] == []


def test_a_windows_node_that_cannot_be_searched_fails_alone(play):
    """It is none: nothing there runs PowerShell. What a real one tells stands in test_patch_scan_windows.py."""
    hosts = {"node1": {}, "win1": {"ansible_shell_type": "powershell"}}
    more = "  ignore_errors: true\n  ignore_unreachable: true\n"
    answer = play(task("{refresh: never, patch_group: Production}", more), hosts=hosts)
    assert scanned(answer)["status"] in ("COMPLIANT", "NON_COMPLIANT")
    # which of both depends on the release of ansible-core
    assert answer["win1"].get("failed") or answer["win1"].get("unreachable")


def test_an_inventory_needs_a_folder(play):
    answer = play(task("{refresh: never, keep_inventory: true}", "  ignore_errors: true\n"))
    assert answer["node1"]["failed"]
    assert "records_dir" in answer["node1"]["msg"]


@pytest.mark.parametrize("option", ["cache_valid_time", "lock_timeout"])
def test_negative_seconds_are_refused(play, option):
    answer = play(task("{%s: -1}" % option, "  ignore_errors: true\n"))
    assert answer["node1"]["failed"]
    assert "%s: -1 is not allowed" % option in answer["node1"]["msg"]


def test_records_and_inventories_are_kept_on_the_controller(play, tmp_path):
    result = scanned(play(task("{refresh: never, records_dir: %s/records, keep_inventory: true}" % tmp_path)))
    assert {"record", "inventory"}.isdisjoint(result)
    kept = pathlib.Path(result["record_file"])
    assert kept.parent.parent == tmp_path / "records"
    record = json.loads(kept.read_text())
    assert list(shape.faults(record, schemas.RECORD)) == []
    assert record["node"]["id"] == kept.parent.name
    inventory = json.loads(gzip.decompress(kept.with_suffix(".inventory.json.gz").read_bytes()))
    assert list(shape.faults(inventory, schemas.INVENTORY)) == []


def test_check_mode_keeps_nothing(play, tmp_path):
    scanned(play(task("{records_dir: %s/records}" % tmp_path), "--check"))
    assert not (tmp_path / "records").exists()


def test_the_role_takes_what_hosts_share(play, tmp_path):
    tasks = (
        "- ansible.builtin.include_role: {name: patchops.fleet.patch_scan}\n"
        "- ansible.builtin.set_fact: {scan: '{{ ansible_facts.patch_compliance }}'}\n"
    )
    shared = {
        "patch_baselines": [
            {"name": "dev", "patch_groups": ["Dev"], "approval_rules": [{"security": True, "approve_after_days": 0}]},
            {
                "name": "production",
                "patch_groups": ["Production"],
                "approval_rules": [{"security": True, "approve_after_days": 7}],
            },
        ],
        "patch_group": "Production",
        "patch_records_dir": str(tmp_path / "records"),
        "patch_scan_refresh": "never",
    }
    record = play(tasks, **shared)["node1"]
    assert record["baseline"]["name"] == "production"
    assert record["node"]["patch_group"] == "Production"
    (kept,) = (tmp_path / "records" / record["node"]["id"]).iterdir()
    assert kept.suffix == ".json"


def test_the_role_without_any_variable(play):
    tasks = (
        "- ansible.builtin.include_role: {name: patchops.fleet.patch_scan}\n"
        "- ansible.builtin.set_fact: {scan: '{{ ansible_facts.patch_compliance }}'}\n"
    )
    record = play(tasks, patch_scan_refresh="never")["node1"]
    assert record["baseline"]["name"] == "AWS-DebianDefaultPatchBaseline"


def test_the_example_inventory(ansible, tmp_path):
    """Every host has a patch group, and exactly one portable baseline for it."""
    ended = ansible("ansible-inventory", "-i", CHECKOUT / "inventories/example", "--list", "--output", "hosts.json")
    assert ended.returncode == 0, ended.stdout
    hosts = json.loads((tmp_path / "hosts.json").read_text())["_meta"]["hostvars"]
    delays = {}
    for variables in hosts.values():
        group = variables["patch_group"]
        (baseline,) = (
            baseline
            for baseline in variables["patch_baselines"]
            if group in baseline["patch_groups"] and "operating_system" not in baseline
        )
        delays[group] = baseline["approval_rules"][0]["approve_after_days"]
    assert delays == {"Dev": 0, "Staging": 3, "Production": 7}
