# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_report in real plays: whose records it takes, what it writes, and when it says that something changed."""

from __future__ import annotations

import csv
import datetime
import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.patchops.fleet.plugins.action import patch_report as action
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import COUNTS
from ansible_collections.patchops.fleet.plugins.modules import patch_report as documentation

CHECKOUT = pathlib.Path(__file__).resolve().parents[4]
SAMPLES = CHECKOUT / "tests" / "fixtures" / "records"
# The commands of the ansible-core under test: not always the one that is installed beside pytest.
ANSIBLE_BIN = pathlib.Path(os.environ.get("PATCHOPS_ANSIBLE_BIN") or pathlib.Path(sys.executable).parent)
RESULT = "result.json"

# What set_fact with cacheable leaves on a host is what patch_scan leaves: a member of ansible_facts.
LEAVE_A_RECORD = {
    "ansible.builtin.set_fact": {"patch_compliance": "{{ records[inventory_hostname] }}", "cacheable": True},
    "when": "inventory_hostname in records",
}
KEEP_THE_RESULT = {
    "ansible.builtin.copy": {"content": "{{ report | to_json }}", "dest": f"{{{{ playbook_dir }}}}/{RESULT}"}
}


def record(name, run_id="this", status="COMPLIANT", time="2026-11-21T05:40:00Z", **changes):
    return {
        "schema": 1,
        "capture": {"time": time, "run_id": run_id},
        "operation": "Scan",
        "node": {"id": f"id-{name}", "name": name, "operating_system": "DEBIAN"},
        "baseline": {"name": "production", "why": "it is the only one given"},
        "status": status,
        "compliance_level": None,
        "complete": True,
        "summary": dict.fromkeys(COUNTS, 0),
        "patches": [],
        "patches_omitted": 0,
        **changes,
    }


@pytest.fixture
def playbook(tmp_path):
    """Run plays over hosts of a local connection; hand back what ansible-playbook said."""

    def run(plays, hosts=("web-1",), options=(), **variables):
        (tmp_path / "site.yml").write_text(json.dumps(plays))
        inventory = "".join(f"{host} ansible_connection=local\n" for host in hosts)
        (tmp_path / "hosts").write_text(inventory + f"[all:vars]\nansible_python_interpreter={sys.executable}\n")
        return subprocess.run(
            [str(ANSIBLE_BIN / "ansible-playbook"), "-i", "hosts", "site.yml", *options],
            cwd=tmp_path,
            env={**os.environ, "ANSIBLE_HOME": str(tmp_path / ".ansible"), "COLUMNS": "79", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def report(playbook, tmp_path):
    """Leave these records as facts, report with these options; hand back the result and what was printed."""

    def make(records=None, hosts=("web-1",), arguments=(), options=(), before=(), expect=0):
        (tmp_path / RESULT).unlink(missing_ok=True)
        task = {
            "patchops.fleet.patch_report": {"run_id": "this", **dict(arguments)},
            "register": "report",
            "ignore_errors": True,
        }
        plays = [
            {
                "hosts": "all",
                "gather_facts": False,
                "vars": {"records": records or {}},
                "tasks": [
                    LEAVE_A_RECORD,
                    *before,
                    task,
                    {**KEEP_THE_RESULT, "run_once": True, "check_mode": False, "diff": False},
                ],
            }
        ]
        answer = playbook(plays, hosts, options)
        assert answer.returncode == expect, answer.stdout
        return json.loads((tmp_path / RESULT).read_text()), answer.stdout

    return make


def folder_arguments(folder, **arguments):
    return {"facts": False, "records_dir": str(folder), **arguments}


def test_the_options_are_those_of_the_documentation():
    documented = yaml.safe_load(documentation.DOCUMENTATION)["options"]
    told = {
        name: {key: option[key] for key in ("type", "default", "elements") if key in option}
        for name, option in documented.items()
    }
    assert told == action.ARGUMENT_SPEC


def test_facts_of_this_run_count_and_all_others_are_unknown(report):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    records = {
        "web-1": record("web-1", time=now),
        "web-2": record("web-2", status="NON_COMPLIANT", time=now),
        "web-3": record("web-3", run_id="another"),
        "web-4": record("web-4", schema=2),
    }
    before = [{"ansible.builtin.fail": {"msg": "no connection"}, "when": "inventory_hostname == 'web-6'"}]
    hosts = [f"web-{number}" for number in range(1, 7)]
    result, _printed = report(records, hosts, before=before, expect=2)
    summary = result["summary"]
    assert {name: summary[name] for name in ("status", "nodes", "compliant", "non_compliant", "unknown", "stale")} == {
        "status": "NON_COMPLIANT",
        "nodes": 6,
        "compliant": 1,
        "non_compliant": 1,
        "unknown": 4,
        "stale": 1,
    }
    assert [one["path"] for one in result["unreadable"]] == ["facts of web-4"]
    table = " ".join(" ".join(result["table"]).split())
    assert "stale: captured 2026-11-21 05:40 UTC by another run" in table
    assert "no scan result in this run" in table
    assert "unreachable or failed in this play" in table


def test_the_table_is_printed_as_it_is_returned(report):
    result, printed = report({"web-1": record("web-1")})
    assert "\n".join(result["table"]) in printed


def test_no_table_when_none_is_asked_for(report):
    result, printed = report({"web-1": record("web-1")}, arguments={"table": False})
    assert result["table"][-1] not in printed


def test_it_runs_once_for_a_play_with_many_hosts(report):
    _result, printed = report({"web-1": record("web-1")}, hosts=["web-1", "web-2", "web-3"])
    assert printed.count("Fleet: ") == 1


def test_hosts_of_another_play_are_accounted_for(playbook, tmp_path):
    scan = {
        "hosts": "web",
        "gather_facts": False,
        "vars": {"records": {"web-1": record("web-1")}},
        "tasks": [LEAVE_A_RECORD],
    }
    task = {"patchops.fleet.patch_report": {"run_id": "this", "hosts": "{{ groups['web'] }}"}, "register": "report"}
    summed = {"hosts": "localhost", "gather_facts": False, "tasks": [task, KEEP_THE_RESULT]}
    answer = playbook([scan, summed], hosts=["[web]\nweb-1", "web-2"])
    assert answer.returncode == 0, answer.stdout
    summary = json.loads((tmp_path / RESULT).read_text())["summary"]
    assert (summary["nodes"], summary["compliant"], summary["unknown"]) == (2, 1, 1)


@pytest.fixture
def report_after(playbook, tmp_path):
    """Leave these records in one play, report on the controller in the next; hand back the result."""

    def make(records, hosts, arguments=(), options=()):
        scan = {"hosts": "all", "gather_facts": False, "vars": {"records": records}, "tasks": [LEAVE_A_RECORD]}
        task = {"patchops.fleet.patch_report": {"run_id": "this", **dict(arguments)}, "register": "report"}
        summed = {"hosts": "localhost", "gather_facts": False, "tasks": [task, KEEP_THE_RESULT]}
        answer = playbook([scan, summed], hosts, options)
        assert answer.returncode == 0, answer.stdout
        return json.loads((tmp_path / RESULT).read_text())

    return make


def nodes_of(result):
    told = result["summary"]
    return {name: told[name] for name in ("nodes", "compliant", "unknown")}


@pytest.mark.parametrize("hosts", [["web-1", "web-2"], ["localhost", "web-1", "web-2"]], ids=["implicit", "listed"])
def test_a_play_on_the_controller_reports_on_the_play_before(report_after, hosts):
    result = report_after({"web-1": record("web-1"), "web-2": record("web-2")}, hosts)
    assert nodes_of(result) == {"nodes": 2, "compliant": 2, "unknown": 0}
    assert result["remarks"] == []


def test_a_controller_that_was_scanned_is_a_node(report_after):
    result = report_after({"web-1": record("web-1"), "localhost": record("localhost")}, ["localhost", "web-1"])
    assert nodes_of(result) == {"nodes": 2, "compliant": 2, "unknown": 0}


def test_hosts_that_gave_the_play_before_nothing_are_remarked_on(report_after):
    records = {"web-1": record("web-1"), "web-3": record("web-3", run_id="another")}
    result = report_after(records, ["web-1", "web-2", "web-3"])
    assert nodes_of(result) == {"nodes": 1, "compliant": 1, "unknown": 0}
    (remark,) = result["remarks"]
    assert remark.startswith("left out for want of a record in this run: 2 inventory hosts outside this play")
    assert "(web-2, web-3). Name the hosts to account for with the option hosts" in remark


def test_a_report_on_nobody_says_how_to_name_somebody(report_after):
    result = report_after({}, ["web-1"])
    assert (result["summary"]["nodes"], result["summary"]["status"]) == (0, "UNKNOWN")
    (remark,) = result["remarks"]
    assert "option hosts" in remark
    assert "records_dir" in remark


@pytest.mark.parametrize(
    ("patterns", "limit", "names"),
    [
        pytest.param("all", None, ["db-1", "web-1", "web-2"], id="all"),
        pytest.param(["web"], None, ["web-1", "web-2"], id="a group"),
        pytest.param("web*:!web-2", None, ["web-1"], id="all but"),
        pytest.param(["web*", "!web-2", "db-1"], None, ["db-1", "web-1"], id="a list of patterns"),
        pytest.param("all:&web", None, ["web-1", "web-2"], id="also in"),
        pytest.param("all", "localhost,web-2", ["web-2"], id="within the limit"),
        pytest.param([], None, [], id="none"),
    ],
)
def test_hosts_are_patterns_of_the_inventory(report_after, patterns, limit, names):
    inventory = ["db-1", "[web]\nweb-1", "web-2"]
    options = ["--limit", limit] if limit else []
    result = report_after({}, inventory, {"hosts": patterns}, options)
    assert [line.split()[0] for line in result["table"] if " UNKNOWN " in line] == names


def test_clones_are_nodes_of_their_own(report):
    clones = {name: record(name) for name in ("web-1", "web-2")}
    for one in clones.values():
        one["node"]["id"] = "cloned"
    result, _printed = report(clones, ["web-1", "web-2"])
    assert nodes_of(result) == {"nodes": 2, "compliant": 2, "unknown": 0}
    (remark,) = result["remarks"]
    assert remark.startswith("web-1 and web-2 have the same node id cloned")


def test_a_folder_of_records_becomes_four_files(report, tmp_path):
    paths = {kind: str(tmp_path / "out" / kind) for kind in ("html", "csv", "csv_detail", "json")}
    result, _printed = report(arguments=folder_arguments(SAMPLES, **paths))
    assert result["changed"] is True
    assert result["files"] == [{"kind": kind, "path": path, "status": "created"} for kind, path in paths.items()]
    assert result["summary"]["nodes"] == 13
    assert len(result["unreadable"]) == 2
    with open(paths["csv"], newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 14
    assert json.loads(pathlib.Path(paths["json"]).read_text())["summary"] == result["summary"]
    assert {pathlib.Path(path).stat().st_mode & 0o777 for path in paths.values()} == {0o640}


def test_a_second_report_of_the_same_records_changes_nothing(report, tmp_path):
    arguments = folder_arguments(SAMPLES, html="r.html", csv="r.csv", csv_detail="d.csv", json="r.json", mode="0600")
    report(arguments=arguments)
    second, _printed = report(arguments=arguments)
    assert (second["changed"], {one["status"] for one in second["files"]}) == (False, {"unchanged"})
    assert second["files"][0]["path"] == str(tmp_path / "r.html")  # relative to where ansible-playbook was started


def test_new_records_change_the_report(report, tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    arguments = folder_arguments(folder, html="r.html", json="r.json")
    for time in ("2026-11-21T05:40:00Z", "2026-11-21T05:40:01Z"):
        (folder / "a.json").write_text(json.dumps(record("web-1", time=time)))
        result, _printed = report(arguments=arguments)
        assert result["changed"] is True


def test_check_mode_tells_and_writes_nothing(report, tmp_path):
    arguments = folder_arguments(SAMPLES, html="new/r.html", csv="new/r.csv")
    result, printed = report(arguments=arguments, options=["--check", "--diff"])
    assert (result["changed"], [one["status"] for one in result["files"]]) == (True, ["created", "created"])
    assert not (tmp_path / "new").exists()
    assert f"html {tmp_path}/new/r.html: created (13 nodes: 5 compliant, 7 non-compliant, 1 unknown)" in printed
    assert "+Index,Instance ID,Instance name" in printed


def test_check_mode_has_no_folder_yet(report, tmp_path):
    """Whoever writes the records has written none either."""
    result, _printed = report(arguments=folder_arguments(tmp_path / "records"), options=["--check"])
    assert result["summary"]["nodes"] == 0
    assert result["remarks"] == [f"there is no folder {tmp_path}/records yet, and check mode makes none"]


def test_a_report_within_the_folder_of_records_is_no_record(report, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(record("web-1")))
    arguments = folder_arguments(tmp_path, json="report.json")
    for _time in range(2):
        result, _printed = report(arguments=arguments)
        (tmp_path / RESULT).unlink()
        assert result["unreadable"] == [], "of the files that are no records, this task's own is left out"


def test_an_empty_folder_is_an_empty_report(report, tmp_path):
    (tmp_path / "records").mkdir()
    result, _printed = report(arguments=folder_arguments(tmp_path / "records", html="r.html"))
    assert (result["summary"]["nodes"], result["summary"]["status"]) == (0, "UNKNOWN")
    assert result["remarks"] == [f"there is no compliance record in {tmp_path}/records"]
    assert (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"records_dir": "gone"}, "records_dir: {cwd}/gone is no folder.", id="no such folder"),
        pytest.param({"facts": False}, "nothing to report on: facts is false", id="no source"),
        pytest.param({"html": "a", "json": "./a"}, "html and json name the same file {cwd}/a", id="one file for two"),
        pytest.param({"mode": "u+x"}, "mode: 'u+x' is no octal mode", id="symbolic mode"),
        pytest.param({"mode": "0999"}, "mode: '0999' is no octal mode", id="no octal digits"),
        pytest.param({"stale_after": 0}, "stale_after: 0 is no number of hours above 0", id="no time at all"),
        pytest.param({"hosts": ["gone"]}, "hosts: gone matches no host of the inventory", id="unknown host"),
        pytest.param(
            {"html": "/proc/nowhere/r.html"}, "cannot write html /proc/nowhere/r.html: ", id="cannot be written"
        ),
        pytest.param({"htlm": "a"}, "Unsupported parameters", id="misspelt option"),
    ],
)
def test_errors_name_the_option(report, tmp_path, arguments, message):
    result, _printed = report({"web-1": record("web-1")}, arguments=arguments)
    assert result["failed"] is True
    assert message.format(cwd=tmp_path) in result["msg"]


@pytest.mark.parametrize("mode", ["0604", 0o604], ids=["text", "number"])
def test_modes_are_octal(mode):
    assert action._mode(mode) == 0o604
