# Copyright: (c) 2026, the patchops.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""patch_baseline_lint from its arguments to what it prints."""

from __future__ import annotations

import contextlib
import datetime
import json
import pathlib
import re

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.patchops.fleet.plugins.module_utils._engine import lint as engine
from ansible_collections.patchops.fleet.plugins.modules import patch_baseline_lint
from ansible_collections.patchops.fleet.tests.unit.plugins.module_utils._engine.builders import RHEL, baseline, rule

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args):
        """The same for one process; the next call sets them anew."""
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode("utf-8")
        yield


GOOD = baseline(RHEL, rule(7))
TWICE = baseline(RHEL, rule(7), rule(7), name="twice")
BAD = baseline(RHEL, rule(400), name="bad")
DATED = baseline(RHEL, rule(until="2026-11-27"))


@pytest.fixture
def lint(capsys):
    """Run the module with these arguments and hand back what it answers."""

    def run(**arguments):
        capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            patch_baseline_lint.main()
        answer = json.loads(capsys.readouterr().out)
        answer.pop("invocation", None)
        assert bool(ended.value.code) == bool(answer.get("failed"))
        return answer

    return run


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_answer_is_the_engines(lint, check_mode):
    given = [GOOD, TWICE, "security-7-days"]
    answer = lint(baselines=given, now="2026-11-27", _ansible_check_mode=check_mode)
    assert answer == dict(engine.lint(given, "2026-11-27"), changed=False)
    assert {one["code"] for one in answer["findings"]} > {"rule-duplicated"}


@pytest.mark.parametrize(
    ("given", "options", "failed"),
    [
        pytest.param(GOOD, {}, False, id="nothing"),
        pytest.param(GOOD, {"fail_on": "warning"}, False, id="nothing, warnings fail"),
        pytest.param(TWICE, {}, False, id="a warning"),
        pytest.param(TWICE, {"fail_on": "error"}, False, id="a warning, errors fail"),
        pytest.param(TWICE, {"fail_on": "warning"}, True, id="a warning, warnings fail"),
        pytest.param(TWICE, {"fail_on": "never"}, False, id="a warning, nothing fails"),
        pytest.param(BAD, {}, True, id="an error"),
        pytest.param(BAD, {"fail_on": "warning"}, True, id="an error, warnings fail"),
        pytest.param(BAD, {"fail_on": "never"}, False, id="an error, nothing fails"),
        pytest.param("security-7-days", {"fail_on": "warning"}, False, id="a remark"),
    ],
)
def test_what_fails(lint, given, options, failed):
    answer = lint(baselines=[given], **options)
    assert answer.get("failed", False) is failed
    assert answer["changed"] is False
    assert answer["summary"] == engine.lint([given], "2026-11-27")["summary"]


def test_a_failure_names_all_that_is_fatal_and_returns_the_rest(lint):
    answer = lint(baselines=[TWICE, BAD])
    assert answer["msg"] == (
        "baselines[1].approval_rules[0].approve_after_days: must be from 0 to 360, not 400 (not-allowed)"
    )
    assert [one["level"] for one in answer["findings"]] == ["warning", "error"]


def test_what_only_aws_refuses(lint):
    fedora = [baseline("FEDORA", rule(7))]
    assert not lint(baselines=fedora).get("failed")
    assert "FEDORA is known on hosts only" in lint(baselines=fedora, for_aws=True)["msg"]


def test_a_moment(lint):
    assert [one["code"] for one in lint(baselines=[DATED], now="2026-11-27")["findings"]] == ["cut-off-ahead"]
    assert lint(baselines=[DATED], now="2026-11-28")["findings"] == []


def test_without_one_it_is_the_present(lint):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    ahead, over = ((today + datetime.timedelta(days=days)).isoformat() for days in (1, -2))
    assert [one["code"] for one in lint(baselines=[baseline(RHEL, rule(until=ahead))])["findings"]] == ["cut-off-ahead"]
    assert lint(baselines=[baseline(RHEL, rule(until=over))])["findings"] == []


def test_a_moment_that_is_none(lint):
    answer = lint(baselines=[GOOD], now="soon")
    assert answer["failed"]
    assert "now: 'soon' is no instant" in answer["msg"]


def test_baselines_are_required(lint):
    assert "baselines" in lint()["msg"]


def test_the_text_that_old_templates_make_of_a_list(lint):
    text = (
        "[{'name': 'dated', 'approval_rules': [{'security': True, 'approve_until_date': datetime.date(2026, 9, 1)}]}]"
    )
    given = [{"name": "dated", "approval_rules": [{"security": True, "approve_until_date": "2026-09-01"}]}]
    assert lint(baselines=text, now="2026-11-28") == lint(baselines=given, now="2026-11-28")


CODE = re.compile(r"[a-z]+(-[a-z]+)+")
SOURCES = ("advice", "choice", "lint", "lint_rules", "list_entries", "parse")


def test_every_code_is_documented():
    """Nothing else in these files is written like a code."""
    folder = pathlib.Path(engine.__file__).parent
    text = "\n".join((folder / (name + ".py")).read_text(encoding="utf-8") for name in SOURCES)
    used = {word for word in re.findall(r'"([a-z-]+)"', text) if CODE.fullmatch(word)}
    notes = " ".join(yaml.safe_load(patch_baseline_lint.DOCUMENTATION)["notes"])
    assert used == {word for word in re.findall(r"C\(([a-z-]+)\)", notes) if CODE.fullmatch(word)}
