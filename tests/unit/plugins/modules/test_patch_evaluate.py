# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_evaluate from its arguments to what it prints."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib

import pytest
from ansible.module_utils import basic

from ansible_collections.patchops.fleet.plugins.module_utils._engine.assessment import what_if
from ansible_collections.patchops.fleet.plugins.module_utils._engine.schemas import RECORD
from ansible_collections.patchops.fleet.plugins.module_utils._engine.shape import faults
from ansible_collections.patchops.fleet.plugins.modules import patch_evaluate
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import (
    RHEL,
    WINDOWS,
    baseline,
    inventory,
    notice,
    package,
    rpm,
    rule,
    update,
)

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args):
        """The same for one process; the next call sets them anew."""
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode("utf-8")
        yield


INVENTORY = inventory(RHEL, package(installed=rpm("1.0-1"), available=[rpm("2.0-1", notice(updated="2026-11-20"))]))
BASELINE = baseline(RHEL, rule(7))
LATER = "2026-12-31"


@pytest.fixture
def evaluate(capsys):
    """Run the module with these arguments and hand back what it answers."""

    def run(**arguments):
        capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            patch_evaluate.main()
        answer = json.loads(capsys.readouterr().out)
        answer.pop("invocation", None)
        assert bool(ended.value.code) == bool(answer.get("failed"))
        return answer

    return run


def decision_of(answer):
    assert not answer.get("failed"), answer
    return answer["evaluations"][0]["decision"]


def refusal_of(answer):
    assert answer.get("failed"), answer
    return answer["msg"]


def test_an_inventory(evaluate):
    answer = evaluate(inventory=INVENTORY, baselines=[BASELINE])
    assert answer["changed"] is False
    assert {name: answer[name] for name in ("record", "evaluations", "newly_approved")} == what_if(
        INVENTORY, [BASELINE]
    )
    assert list(faults(answer["record"], RECORD)) == []
    assert decision_of(answer) == "not_approved"


@pytest.mark.parametrize("check_mode", [False, True])
def test_another_moment(evaluate, check_mode):
    answer = evaluate(inventory=INVENTORY, baselines=[BASELINE], now=LATER, _ansible_check_mode=check_mode)
    assert (answer["changed"], decision_of(answer)) == (False, "approved")
    assert [patch["name"] for patch in answer["newly_approved"]] == ["dbus"]


def test_a_windows_inventory(evaluate):
    assert decision_of(evaluate(inventory=inventory(WINDOWS, update()), baselines=["security-now"])) == "approved"


def test_the_newest_update_that_is_old_enough(evaluate):
    old, new = update("KB1", id="1"), update("KB2", id="2", release_date="2026-11-20", supersedes=["1"])
    given = {"inventory": inventory(WINDOWS, old, new), "baselines": ["security-7-days"]}
    assert states_of(evaluate(**given)) == ["NOT_APPLICABLE", "AVAILABLE_SECURITY_UPDATE"]
    kept = evaluate(**given, supersedence="newest_approved")
    assert states_of(kept) == ["MISSING", "AVAILABLE_SECURITY_UPDATE"]


def states_of(answer):
    return [one["state"] for one in answer["evaluations"]]


@pytest.mark.parametrize("given", [{}, {"baselines": None}, {"baselines": "predefined"}])
def test_no_baselines_stand_for_those_of_aws(evaluate, given):
    answer = evaluate(inventory=INVENTORY, **given)
    assert answer["record"]["baseline"]["name"] == "AWS-RedHatDefaultPatchBaseline"


def test_the_patch_group_chooses(evaluate):
    given = [dict(BASELINE, name="web", patch_groups=["web"]), dict(BASELINE, name="other", default=True)]
    assert evaluate(inventory=INVENTORY, baselines=given, patch_group="web")["record"]["baseline"]["name"] == "web"
    assert evaluate(inventory=INVENTORY, baselines=given)["record"]["baseline"]["name"] == "other"


def test_a_node_that_no_baseline_fits_is_unknown(evaluate):
    answer = evaluate(inventory=INVENTORY, baselines=[baseline(WINDOWS)])
    assert not answer.get("failed")
    assert answer["record"]["status"] == "UNKNOWN"


def test_undated_patches_can_be_held(evaluate):
    undated = inventory(RHEL, package(installed=rpm("1.0-1"), available=[rpm("2.0-1", notice(updated=None))]))
    assert decision_of(evaluate(inventory=undated, baselines=[BASELINE])) == "approved"
    assert decision_of(evaluate(inventory=undated, baselines=[BASELINE], undated="hold")) == "not_approved"


@pytest.mark.parametrize(
    ("run", "state"),
    [
        pytest.param({}, "MISSING", id="a scan"),
        pytest.param({"operation": "Install", "outcomes": {"dbus.x86_64": "failed"}}, "FAILED", id="failed"),
        pytest.param(
            {"operation": "Install", "outcomes": {"dbus.x86_64": "succeeded"}, "reboot_option": "NoReboot"},
            "INSTALLED_PENDING_REBOOT",
            id="no reboot",
        ),
        pytest.param(
            {"operation": "Install", "outcomes": {"dbus.x86_64": "succeeded"}, "reboot_option": "RebootIfNeeded"},
            "INSTALLED",
            id="rebooted",
        ),
        pytest.param({"operation": "Install", "partial": True}, "MISSING", id="partial"),
    ],
)
def test_a_run(evaluate, run, state):
    answer = evaluate(inventory=INVENTORY, baselines=[BASELINE], now=LATER, run=run)
    assert answer["evaluations"][0]["state"] == state


# Files.
@pytest.mark.parametrize("name", ["stored.json", "stored.json.gz"])
def test_a_file(evaluate, tmp_path, name):
    path = tmp_path / name
    text = json.dumps(INVENTORY).encode("utf-8")
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert evaluate(src=str(path), baselines=[BASELINE]) == evaluate(inventory=INVENTORY, baselines=[BASELINE])


COMPRESSED = gzip.compress(json.dumps(INVENTORY).encode("utf-8"))


def damaged(data):
    """Sound gzip header and length, nonsense in between."""
    broken = data[:20] + bytes(255 - byte for byte in data[20:60]) + data[60:]
    with pytest.raises(zlib.error):
        gzip.decompress(broken)
    return broken


BAD_FILES = [
    pytest.param("empty.json", b"", id="empty"),
    pytest.param("half.json", json.dumps(INVENTORY).encode("utf-8")[:100], id="cut off"),
    pytest.param("text.json", b"no JSON", id="no JSON"),
    pytest.param("latin.json", b'{"name": "\xfc"}', id="no UTF-8"),
    pytest.param("plain.json.gz", json.dumps(INVENTORY).encode("utf-8"), id="not compressed"),
    pytest.param("half.json.gz", COMPRESSED[:100], id="compressed and cut off"),
    pytest.param("damaged.json.gz", damaged(COMPRESSED), id="compressed and damaged"),
    pytest.param("empty.json.gz", b"", id="empty, said to be compressed"),
]


@pytest.mark.parametrize(("name", "content"), BAD_FILES)
def test_files_that_cannot_be_read(evaluate, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    message = refusal_of(evaluate(src=str(path), baselines=[BASELINE]))
    assert str(path) in message
    assert "inventory" in message


def test_a_file_that_is_not_there(evaluate, tmp_path):
    message = refusal_of(evaluate(src=str(tmp_path / "nowhere.json")))
    assert "nowhere.json" in message
    assert "No such file" in message


def test_a_folder(evaluate, tmp_path):
    assert str(tmp_path) in refusal_of(evaluate(src=str(tmp_path)))


@pytest.mark.parametrize("content", ["[]", "{}", "null", '"text"', "7"])
def test_a_file_that_holds_something_else(evaluate, tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    assert "inventory" in refusal_of(evaluate(src=str(path)))


# Refused arguments.
REFUSED = [
    pytest.param({"baselines": [BASELINE]}, ["inventory", "src"], id="neither inventory nor src"),
    pytest.param({"inventory": INVENTORY, "src": "x.json"}, ["inventory", "src", "mutually exclusive"], id="both"),
    pytest.param(
        {"inventory": dict(INVENTORY, schema=99)}, ["schema 99", "update the collection"], id="a newer schema"
    ),
    pytest.param({"inventory": {}}, ["schema is missing"], id="an empty inventory"),
    pytest.param({"inventory": INVENTORY, "now": "soon"}, ["now", "'soon'", "2026-11-21"], id="no moment"),
    pytest.param({"inventory": INVENTORY, "baselines": []}, ["empty", "predefined"], id="an empty list of baselines"),
    pytest.param({"inventory": INVENTORY, "baselines": ["mine"]}, ["'mine'", "security-now"], id="an unknown baseline"),
    pytest.param(
        {"inventory": INVENTORY, "baselines": [dict(BASELINE, description="", name="x")]},
        ["baselines[0].description", "baselines[0].name"],
        id="two problems at once",
    ),
    pytest.param(
        {"inventory": INVENTORY, "baselines": [baseline(None, rule(filters={"PRIORITY": ["*"]}))]},
        ["tested", RHEL],
        id="a portable baseline without a rule for the node",
    ),
    pytest.param({"inventory": INVENTORY, "undated": "guess"}, ["undated", "approve", "hold"], id="undated"),
    pytest.param(
        {"inventory": INVENTORY, "run": {"operation": "Update"}}, ["operation", "Scan", "Install"], id="operation"
    ),
    pytest.param(
        {"inventory": INVENTORY, "run": {"outcomes": {"a": "ok"}}}, ["run.outcomes.a", "succeeded"], id="outcome"
    ),
    pytest.param(
        {"inventory": INVENTORY, "run": {"pending": {"a": "late"}}}, ["run.pending.a", "'late'"], id="pending"
    ),
    pytest.param(
        {"inventory": dict(INVENTORY, manager="apt")}, ["apt", RHEL], id="an inventory that contradicts itself"
    ),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED)
def test_refused(evaluate, arguments, words):
    message = refusal_of(evaluate(**arguments))
    for word in words:
        assert word in message
    assert "Traceback" not in message
